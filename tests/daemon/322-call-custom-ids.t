#!/bin/sh
# Ids of the caller's own: the same call again is the same request, also from
# many at once and after it ended. M9 M18 M29
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 23
pg_start
template T '["sleep","1000"]'

body='"templateId":"T","machineCount":1,"timeout":1200,"priority":"high","tags":{"project":"Größe","n":"1"},"metadata":{"deep":{"list":[1,2.5,null,true,"ü"]},"empty":{}}'
asked requestMachines "{\"requestId\":\"custom-req-12345\",$body}"
is "the id that was given" "$id" custom-req-12345
is "exit 0" "$call_status" 0
asked requestMachines "{\"requestId\":\"custom-req-12345\",$body}"
is "the same call again: the same id" "$id" custom-req-12345
is "... exit 0" "$call_status" 0
asked requestMachines "{\"metadata\":{\"empty\":{},\"deep\":{\"list\":[1.0,2.50,null,true,\"\\u00fc\"]}},\"tags\":{\"n\":\"1\",\"project\":\"Gr\\u00f6\\u00dfe\"},\"priority\":\"high\",\"timeout\":1200.0,\"machineCount\":1e0,\"templateId\":\"T\",\"requestId\":\"custom-req-12345\"}"
is "the same parameters written in another way, too" "$id" custom-req-12345
is "one request" "$(sql "SELECT count(*) FROM hostq.requests")" 1
shows "tags and metadata come back unchanged" "$(status_of custom-req-12345)" '.result | call_status and .requestId == "custom-req-12345"
    and .tags == {"project":"Größe","n":"1"} and .metadata == {"deep":{"list":[1,2.5,null,true,"ü"]},"empty":{}}'
is "timeout and priority are kept" "$(sql "SELECT deadline - created_at, priority FROM hostq.requests")" "00:20:00|high"

# Twenty at once.
begun=
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    hostq call "{\"method\":\"requestMachines\",\"params\":{\"requestId\":\"together\",\"templateId\":\"T\",\"machineCount\":$((n % 2 + 1))}}" >"$tmp/together.$n" 2>"$tmp/err.$n" &
    begun="$begun $!"
done
# shellcheck disable=SC2086 # pids
wait $begun
is "twenty at once with two bodies: one request" "$(sql "SELECT count(*) FROM hostq.requests WHERE request_id = 'together'")" 1
shows "... ten get it, ten CONFLICT" "$(cat "$tmp"/together.* | jq -cs .)" '([.[] | select(. == {"result":{"requestId":"together"}})] | length == 10)
    and ([.[] | select(call_error and .error.code == "CONFLICT" and .error.details.field == "machineCount")] | length == 10)'

# The kind is read from the row, not from the prefix.
asked requestMachines '{"requestId":"ret-looks-like-a-return","templateId":"T","machineCount":1}'
daemon_start d1
for i in custom-req-12345 together ret-looks-like-a-return; do
    ok "$i completes" wait_for 10 word_is "$i" COMPLETED
done
asked requestMachines "{\"requestId\":\"custom-req-12345\",$body}"
is "the same call after the end: the same id" "$id" custom-req-12345
is "... and no second life" "$(sql "SELECT count(*) FROM hostq.machines WHERE request_id = 'custom-req-12345'")" 1
machine=$(status_of custom-req-12345 | jq -r '.result.machines[0].machineId')
asked requestReturnMachines "{\"requestId\":\"req-back\",\"machineIds\":[\"$machine\"],\"tags\":{\"a\":\"b\"},\"timeout\":60}"
ok "a return with an id of its own" wait_for 10 word_is req-back COMPLETED
asked requestReturnMachines "{\"requestId\":\"req-back\",\"machineIds\":[\"$machine\"],\"tags\":{\"a\":\"b\"},\"timeout\":60}"
is "... again: the same" "$id" req-back
call requestReturnMachines "{\"requestId\":\"req-back\",\"machineIds\":[\"$machine\"],\"tags\":{\"a\":\"b\"},\"timeout\":61}"
shows "... with another timeout: CONFLICT" "$call_out" '.error.code == "CONFLICT" and .error.details == {"requestId":"req-back","field":"timeout"}'
asked requestReturnMachines "{\"machineIds\":[\"$machine\"]}"
shows "one that is terminated already succeeds" "$(status_of "$id")" '.result | call_status and .status == "COMPLETED" and .machines[0].status == "terminated"'

# M29: five requests of 20, each its own.
template broken '["/nonexistent/program"]'
for n in 1 2 3 4 5; do
    t=T
    [ $n = 3 ] && t=broken
    asked requestMachines "{\"requestId\":\"batch-$n\",\"templateId\":\"$t\",\"machineCount\":20,\"tags\":{\"batch\":\"$n\"}}"
done
ended() {
    [ "$(sql "SELECT count(*) FROM hostq.requests WHERE tags ? 'batch' AND state IN ('completed', 'failed')")" = 5 ]
}
ok "the five end" wait_for 30 ended
is "each on its own" "$(sql "SELECT request_id, state FROM hostq.requests WHERE tags ? 'batch' ORDER BY 1" | tr '\n' ' ')" \
    "batch-1|completed batch-2|completed batch-3|failed batch-4|completed batch-5|completed "
is "80 machines with the tag of their request" "$(sql "SELECT count(*) FROM hostq.machines m JOIN hostq.requests r USING (request_id)
    WHERE m.status = 'running' AND m.tags->>'batch' = substr(r.request_id, 7)")" 80
left=$((81 + $(status_of together | jq .result.machineCount)))
ok "$left processes" pids_are "$left"
