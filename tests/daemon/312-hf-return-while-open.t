#!/bin/sh
# A machine is given back while its provision is still open: the provision ends
# complete with machineCount machines that succeed. M11 M38
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 9
pg_start
hf_instance hostqinst
hf_templates "$(unit slow 10 '"readyAfter":2.5')"
daemon_start d1

hf requestMachines '{"template":{"templateId":"slow","machineCount":3}}'
req=$(hf_value .requestId)
known() {
    hf getRequestStatus "{\"requests\":[\"$req\"]}"
    [ "$(hf_value '.requests[0].machines | length')" = 3 ]
}
ok "three machines are known while it runs" wait_for 10 known
shows "... none is ready" "$hf_out" 'status_answer and (.requests[0] | .status == "running" and all(.machines[]; .result == "executing"))'
one=$(hf_value '.requests[0].machines[1].machineId')
hf requestReturnMachines "{\"machines\":[{\"name\":\"$one\",\"machineId\":\"$one\"}]}"
shows "one of them is given back" "$hf_out" 'request_answer and .message == "Delete VM success."'
ret=$(hf_value .requestId)
hf_ends "$ret" complete 10
shows "... it is gone" "$hf_out" '[.requests[0].machines[] | .machineId, .result, .status] == ["'"$one"'", "succeed", "terminated"]'
hf_ends "$req" complete 20
shows "... three succeed" "$hf_out" '[.requests[0].machines[] | select(.result == "succeed" and .status == "running")] | length == 3'
shows "... the one given back is told as gone" "$hf_out" '.requests[0].machines[] | select(.machineId == "'"$one"'") | .result == "fail" and .status == "terminated"'
is "three processes" "$(machine_pids | wc -l)" 3
