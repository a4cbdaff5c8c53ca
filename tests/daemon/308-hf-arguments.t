#!/bin/sh
# The scripts with words instead of a file, for people. M38
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 55
pg_start
hf_instance hostqinst
hf_templates "$(unit basic-template 5)"
daemon_start d1

hf requestMachines -- basic-template 2
is "requestMachines.sh TEMPLATE COUNT: exit 0" "$hf_status" 0
shows "... the same answer as with a file" "$hf_out" request_answer
req=$(hf_value .requestId)
hf_ends "$req" complete 10
hf getRequestStatus -- "$req"
is "getRequestStatus.sh ID: exit 0" "$hf_status" 0
shows "... the full status" "$hf_out" 'status_answer and (.requests | length == 1) and (.requests[0] | .status == "complete" and (.machines | length == 2))'
hf requestMachines -- basic-template 1
two=$(hf_value .requestId)
hf getRequestStatus -- "$req" "$two" req-12345
shows "getRequestStatus.sh ID ID ID" "$hf_out" 'status_answer and [.requests[].requestId] == ["'"$req"'","'"$two"'","req-12345"]
    and .requests[2].status == "complete_with_error"'
hf_ends "$two" complete 10
hf getReturnRequests --
shows "getReturnRequests.sh needs -f" "$hf_out" 'failure and (.message | contains("-f"))'
is "... exit 1" "$hf_status" 1
hf getReturnRequests -- nosuch
shows "getReturnRequests.sh NAME" "$hf_out" 'returns_answer and .requests == [{"machine":"nosuch","gracePeriod":0}]'
hf getAvailableTemplates --
shows "getAvailableTemplates.sh" "$hf_out" templates_answer

# shellcheck disable=SC2046 # ids
hf requestReturnMachines -- $(sql "SELECT instance_id FROM hostq.machines")
is "requestReturnMachines.sh MACHINEID...: exit 0" "$hf_status" 0
shows "... the same answer as with a file" "$hf_out" 'request_answer and .message == "Delete VM success."'
hf_ends "$(hf_value .requestId)" complete 10
shows "... all three" "$hf_out" '.requests[0].machines | length == 3 and all(.result == "succeed")'
is "no process is left" "$(machine_pids | wc -l)" 0

bad() { # NAME ERE
    is "$1: exit 1" "$hf_status" 1
    shows "$1: a message" "$hf_out" failure
    like "$1: it says what is wrong" "$(hf_value .message)" "$2"
}
hf requestMachines -- basic-template
bad "no count" "COUNT"
hf requestMachines -- basic-template 2 3
bad "one word too many" "COUNT"
for n in 0 -1 two 2.5 ''; do
    hf requestMachines -- basic-template "$n"
    bad "count '$n'" "machineCount"
done
hf requestMachines -- nosuch 2
bad "unknown template" "Template 'nosuch' not found"
hf requestReturnMachines --
bad "nothing to return" "-f FILE"
hf getRequestStatus --
bad "no id" "-f FILE"
hf getAvailableTemplates -- basic-template
bad "getAvailableTemplates takes none" "basic-template"
hf getRequestStatus -- "$req" -f /dev/null
bad "a file and words" "not both"
hf requestMachines -- basic-template "$(printf '\377')"
bad "no UTF-8" "UTF-8"
