#!/bin/sh
# requestReturnMachines: what HostFactory may name, and how. machineId decides,
# unknown machines are skipped by name, every ret- id ends. M11 M18 M38
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 62
pg_start
hf_instance hostqinst
hf_templates "$(unit basic 20)"
daemon_start d1

hf requestMachines '{"template":{"templateId":"basic","machineCount":11}}'
req=$(hf_value .requestId)
hf_ends "$req" complete 10
# shellcheck disable=SC2046 # one word each
set -- $(hf_value '.requests[0].machines[].machineId')

back() { # INPUT: a return that is expected to be accepted
    hf requestReturnMachines "$1"
    shows "$2" "$hf_out" "request_answer and (.requestId | startswith(\"ret-\")) and $3"
    ret=$(hf_value .requestId)
}

lives() { # MACHINE
    grep -qzxF "HOSTQ_UNIT=$1" /proc/[0-9]*/environ 2>/dev/null
}

back "{\"machines\":[{\"name\":\"nosuch\",\"machineId\":\"$1\"}]}" "by machineId, whatever the name" '.message == "Delete VM success."'
hf_ends "$ret" complete 10
shows "... that machine" "$hf_out" '[.requests[0].machines[] | .machineId, .result] == ["'"$1"'", "succeed"]'
ok "... is gone" wait_for 2 eval "! lives $1"

back "{\"machines\":[{\"machineId\":\"$2\"}]}" "machineId without a name" '.message == "Delete VM success."'
hf_ends "$ret" complete 10

back "{\"machines\":[{\"name\":\"$3\"}]}" "by name only" '.message == "Delete VM success."'
hf_ends "$ret" complete 10
shows "... that machine" "$hf_out" '[.requests[0].machines[].name] == ["'"$3"'"]'

back "{\"machines\":[{\"name\":\"$4\",\"machineId\":\"$5\"}]}" "name and machineId in conflict" '.message == "Delete VM success."'
hf_ends "$ret" complete 10
shows "... machineId decides" "$hf_out" '[.requests[0].machines[].machineId] == ["'"$5"'"]'
ok "... the machine of that name lives" lives "$4"

shift 9
back "{\"machines\":[{\"name\":\"$1\",\"machineId\":\"$2\"},{\"name\":\"nosuch\"}]}" "... beside one that has only a name" '(.message | startswith("Delete VM success.") and contains("nosuch"))'
hf_ends "$ret" complete 10
shows "... machineId decides as well" "$hf_out" '[.requests[0].machines[].machineId] == ["'"$2"'"]'
ok "... the machine of that name lives" lives "$1"
hf requestReturnMachines "{\"machines\":[\"$1\"]}"
# shellcheck disable=SC2046 # one word each
set -- $(sql "SELECT instance_id FROM hostq.machines ORDER BY machine_id LIMIT 9")

back "{\"machines\":{\"name\":\"$4\",\"machineId\":\"$4\"}}" "a single object instead of a list" '.message == "Delete VM success."'
hf_ends "$ret" complete 10
back "{\"machines\":[\"$6\"]}" "a bare string is a name" '.message == "Delete VM success."'
hf_ends "$ret" complete 10
shows "... that machine" "$hf_out" '[.requests[0].machines[].name] == ["'"$6"'"]'

back "{\"machines\":[{\"name\":\"n1\",\"machineId\":\"i-0000\"},{\"name\":\"$7\",\"machineId\":\"$7\"},{\"name\":\"n2\"}]}" \
    "unknown ones beside a known one: the unknown are named" '(.message | startswith("Delete VM success.") and contains("n1") and contains("n2"))'
is "... exit 0" "$hf_status" 0
hf_ends "$ret" complete 10
shows "... and the known one is returned" "$hf_out" '[.requests[0].machines[].machineId] == ["'"$7"'"]'

back "{\"machines\":[{\"name\":\"$8\",\"machineId\":\"i-0000\"}]}" "a known name beside an unknown machineId: skipped" \
    '(.message | startswith("No Active VM.") and contains("'"$8"'"))'
hf getRequestStatus "{\"requests\":[{\"requestId\":\"$ret\"}]}"
shows "... complete at once, with no machine" "$hf_out" 'status_answer and (.requests[0] | .status == "complete" and .machines == [])'
back "{\"machines\":[{\"name\":\"$8\",\"machineId\":\"i-0000\"},{\"name\":\"n2\"}]}" "... beside one that has only a name as well" \
    '(.message | startswith("No Active VM.") and contains("'"$8"'") and contains("n2"))'
hf getRequestStatus "{\"requests\":[{\"requestId\":\"$ret\"}]}"
shows "... complete at once, with no machine" "$hf_out" 'status_answer and (.requests[0] | .status == "complete" and .machines == [])'
ok "... the machine of that name lives" lives "$8"

back '{"machines":[{"name":"n1","machineId":"i-0000"}]}' "all unknown" '(.message | startswith("No Active VM.") and contains("n1"))'
is "... exit 0" "$hf_status" 0
hf getRequestStatus "{\"requests\":[{\"requestId\":\"$ret\"}]}"
shows "... complete at once, with no machine" "$hf_out" 'status_answer and (.requests[0] | .status == "complete" and .machines == [])'

back '{"machines":[]}' "an empty list" '.message == "No Active VM."'
is "... exit 0" "$hf_status" 0
hf getRequestStatus "{\"requests\":[{\"requestId\":\"$ret\"}]}"
shows "... complete at once, with no machine" "$hf_out" 'status_answer and (.requests[0] | .status == "complete" and .machines == [])'

back "{\"machines\":[{\"name\":\"$1\",\"machineId\":\"$1\"}]}" "one that was returned before" '.message == "No Active VM."'
hf getRequestStatus "{\"requests\":[{\"requestId\":\"$ret\"}]}"
shows "... complete at once, the machine ends as succeed" "$hf_out" '.requests[0] | .status == "complete"
    and (.machines | length == 1 and all(.result == "succeed" and .status == "terminated"))'

back "{\"machines\":[{\"name\":\"$8\",\"machineId\":\"$8\"},{\"name\":\"$8\"},\"$8\"]}" "the same machine three times" '.message == "Delete VM success."'
hf_ends "$ret" complete 10
shows "... is one machine" "$hf_out" '.requests[0].machines | length == 1'

# Twice the same while the first is under way: both end, one process dies.
daemon_stop "$daemon_pid"
back "{\"machines\":[{\"name\":\"$9\",\"machineId\":\"$9\"}]}" "a return that is held" '.message == "Delete VM success."'
held=$ret
hf getRequestStatus "{\"requests\":[{\"requestId\":\"$held\"}]}"
shows "... is running, its machine executing" "$hf_out" 'status_answer and (.requests[0] | .status == "running"
    and (.machines | all(.result == "executing" and .status == "running")))'
hf getReturnRequests "{\"machines\":[{\"name\":\"$9\",\"machineId\":\"$9\"}]}"
shows "... getReturnRequests does not list it: its return is asked for" "$hf_out" 'returns_answer and .requests == []'
back "{\"machines\":[{\"name\":\"$9\",\"machineId\":\"$9\"}]}" "the same again joins" '.message == "Delete VM success."'
daemon_start d2
hf_ends "$held" complete 10
hf_ends "$ret" complete 10
shows "... and ends as succeed" "$hf_out" '.requests[0].machines | all(.result == "succeed")'
is "nothing is left" "$(machine_pids | wc -l)" 0

# Two living machines of one name, as AWS can have them: the newest goes.
hf requestMachines '{"template":{"templateId":"basic","machineCount":3}}'
req=$(hf_value .requestId)
hf_ends "$req" complete 10
# shellcheck disable=SC2046 # one word each
set -- $(sql "SELECT instance_id FROM hostq.machines WHERE ended_at IS NULL ORDER BY machine_id")
sql "UPDATE hostq.machines SET name = 'twice' WHERE ended_at IS NULL AND instance_id <> '$3'"
back '{"machines":[{"name":"twice"}]}' "a name that two living machines have" '.message == "Delete VM success."'
hf_ends "$ret" complete 10
shows "... the newest goes" "$hf_out" '[.requests[0].machines[].machineId] == ["'"$2"'"]'
ok "... the other one lives" lives "$1"

# What another instance has is unknown here, and never terminated.
hf requestMachines '{"template":{"templateId":"basic","machineCount":1}}'
req=$(hf_value .requestId)
hf_ends "$req" complete 10
other=$(hf_value '.requests[0].machines[0].machineId')
hf_instance otherinst
hf_templates "$(unit basic 20)"
back "{\"machines\":[{\"name\":\"$other\",\"machineId\":\"$other\"},\"$other\"]}" "a machine of another instance is unknown" \
    '(.message | startswith("No Active VM.") and contains("'"$other"'"))'
hf getRequestStatus "{\"requests\":[{\"requestId\":\"$ret\"},{\"requestId\":\"$req\"}]}"
shows "... the return is complete with nothing, the other's request unknown" "$hf_out" 'status_answer
    and (.requests[0] | .status == "complete" and .machines == [])
    and (.requests[1] | .status == "complete_with_error" and .machines == [] and .message != "")'
ok "... the machine lives" lives "$other"
is "all returns are stored" "$(sql "SELECT count(*) FROM hostq.requests WHERE kind = 'return' AND state = 'completed'")" 19
is "no daemon met an error" "$(cat "$tmp"/d*.log | grep -c ' error ')" 0
