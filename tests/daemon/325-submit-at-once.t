#!/bin/sh
# Submit answers at once whatever the provider does; others look later. M8 M31
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 10
pg_start
hf_instance default
hf_templates "$(unit T 10000)"
hf getAvailableTemplates
daemon_start d1
asked requestMachines '{"templateId":"T","machineCount":2}'
ok "two run" wait_for 10 word_is "$id" COMPLETED
machine=$(status_of "$id" | jq -r '.result.machines[0].machineId')

# The provider hangs: its daemon is stopped in mid air, but holds its lock.
kill -STOP "$daemon_pid"

fastest() { # CMD...: best of ten, in milliseconds
    best=100000
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        t0=$(date +%s%N)
        "$@" >"$tmp/fastest.out" 2>&1 || return 1
        t=$((($(date +%s%N) - t0) / 1000000))
        [ "$t" -ge "$best" ] || best=$t
    done
}
under() { # NAME CMD...
    under_name=$1
    shift
    fastest "$@"
    ok "$under_name: under 0.1 s ($best ms)" [ "$best" -lt 100 ]
}
under "requestMachines" hostq call '{"method":"requestMachines","params":{"templateId":"T","machineCount":3,"timeout":1800}}'
shows "... prints the id" "$(cat "$tmp/fastest.out")" '.result.requestId | request_id'
id=$(jq -r .result.requestId "$tmp/fastest.out")
under "requestReturnMachines" hostq call "{\"method\":\"requestReturnMachines\",\"params\":{\"machineIds\":[\"$machine\"]}}"
under "getRequestStatus, from another process" hostq call "{\"method\":\"getRequestStatus\",\"params\":{\"requestId\":\"$id\"}}"
shows "... says that it waits" "$(cat "$tmp/fastest.out")" '.result | call_status and .status == "PENDING" and .machines == []'
printf '{"template":{"templateId":"T","machineCount":1}}' >"$tmp/in"
under "requestMachines.sh" "$scripts/requestMachines.sh" -f "$tmp/in"
shows "... prints the id" "$(cat "$tmp/fastest.out")" request_answer
printf '{"requests":[{"requestId":"%s"}]}' "$id" >"$tmp/in"
under "getRequestStatus.sh" "$scripts/getRequestStatus.sh" -f "$tmp/in"
kill -CONT "$daemon_pid"
ok "later it completes" wait_for 30 word_is "$id" COMPLETED
