#!/bin/sh
# getRequestStatus: one entry per asked entry, whatever it is. M38 M48
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 25
pg_start
hf_instance hostqinst
hf_templates "$(unit basic 20)"

ask() { # INPUT NAME FILTER
    hf getRequestStatus "$1"
    is "$2: exit 0" "$hf_status" 0
    shows "$2" "$hf_out" "status_answer and $3"
}

hf requestMachines '{"template":{"templateId":"basic","machineCount":2}}'
req=$(hf_value .requestId)
hf requestReturnMachines '{"machines":[]}'
ret=$(hf_value .requestId)
nosuch="req-00000000-0000-8000-8000-000000000000"

ask "{\"requests\":[{\"requestId\":\"$req\"}]}" "no daemon: running, with no machine" \
    '(.requests | length == 1) and (.requests[0] | .requestId == "'"$req"'" and .status == "running" and .machines == [])'
ask "{\"requests\":[{\"requestId\":\"$nosuch\"},{\"requestId\":\"$req\"},{\"requestId\":\"$ret\"}]}" "an unknown id beside known ones" \
    '([.requests[].status] == ["complete_with_error","running","complete"]) and .requests[0].machines == [] and .requests[0].message != ""'
ask "{\"requests\":{\"requestId\":\"$req\"}}" "a single object" '[.requests[].status] == ["running"]'
ask "{\"requestId\":\"$ret\"}" "the flat form" '[.requests[].status] == ["complete"]'
ask "{\"requests\":[\"$ret\"]}" "a bare string" '[.requests[].status] == ["complete"]'
ask '{"requests":[]}' "an empty list" '.requests == []'
ask "{\"requests\":[{\"requestId\":17},{\"requestId\":null},{},7,null,[],\"\",{\"requestId\":\"$req\"},{\"requestId\":\"' OR 1=1\"}]}" \
    "malformed ids have their own entries" '(.requests | length == 9)
     and ([.requests[].status] == ["complete_with_error","complete_with_error","complete_with_error","complete_with_error",
          "complete_with_error","complete_with_error","complete_with_error","running","complete_with_error"])
     and all(.requests[]; .status == "running" or .message != "") and .requests[8].requestId == "'"' OR 1=1"'"'
ask "{\"requests\":[{\"requestId\":\"$req\",\"unknown\":1}],\"more\":{}}" "unknown keys are ignored" '[.requests[].status] == ["running"]'

# The last entry of a long list counts as much as the first.
many=$(jq -nc --arg n "$nosuch" --arg r "$req" '{requests: ([range(999) | {requestId: $n}] + [{requestId: $r}])}')
ask "$many" "1000 entries" '(.requests | length == 1000) and .requests[999].status == "running"'

# An upper case copy, or one with another number in it, is another id.
up=req$(printf '%s' "${req#req}" | tr a-f A-F)
last=$(printf '%s' "$req" | sed 's/.*\(.\)$/\1/' | tr 0-9a-f 1-9a-f0)
ask "{\"requests\":[\"${req%?}\",\"$req \",\"${up}x\",\"${req%?}$last\",\"ret${req#req}\"]}" "the whole id counts" \
    '(.requests | length == 5) and all(.requests[]; .status == "complete_with_error")'

daemon_start d1
hf_ends "$req" complete 10
sql "SELECT hostq.cancel('$(submit '{"kind":"provision","templateId":"basic","machineCount":1,"namespace":"hostqinst","requestId":"own id"}')')" >/dev/null 2>&1
asked=$(submit '{"kind":"provision","templateId":"basic","machineCount":1,"namespace":"hostqinst","requestId":"own-id"}')
hf_ends "$asked" complete 10
ask '{"requests":["own-id"]}' "an id of the caller's own" '(.requests[0] | .requestId == "own-id" and .status == "complete")'
hf requestReturnMachines '{"machines":'"$(sql "SELECT jsonb_agg(instance_id) FROM hostq.machines")"'}'
hf_ends "$(hf_value .requestId)" complete 10
