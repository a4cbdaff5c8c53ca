#!/bin/sh
# A request that is open longer than its timeout: TIMEOUT on time, and what it
# made is removed, or stays and is told. M6
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 20
pg_start
template T '["sleep","1000"]' '"readyAfter":60'
template soon '["sleep","1000"]' '"readyAfter":4,"partialPolicy":"keep"'
sql "SELECT hostq.set('min_timeout', '1')" >/dev/null

asked requestMachines '{"requestId":"nobody","templateId":"T","machineCount":2,"timeout":1}'
daemon_start d1
asked requestMachines '{"requestId":"clean","templateId":"T","machineCount":2,"timeout":2}'
asked requestMachines '{"requestId":"keep","templateId":"T","machineCount":2,"timeout":2,"partialPolicy":"keep"}'
asked requestMachines '{"requestId":"soon","templateId":"soon","machineCount":1,"timeout":1}'
for i in nobody soon clean keep; do
    ok "$i: TIMEOUT" wait_for 10 word_is $i TIMEOUT
    shows "... with a message" "$(status_of $i)" '.result | call_status and (.errorMessage | contains("deadline") or contains("seconds"))'
done
is "on time: never before, within a second after" \
    "$(sql "SELECT string_agg(request_id, ' ') FROM hostq.requests WHERE state = 'timeout'
        AND NOT finished_at - deadline BETWEEN '0' AND '1.5 s' AND request_id <> 'nobody'")" ""
is "reason and code" "$(sql "SELECT DISTINCT failure_reason, error_code FROM hostq.requests WHERE state = 'timeout'")" "timeout|TIMEOUT"

cleaned() {
    [ "$(sql "SELECT string_agg(DISTINCT status, ' ') FROM hostq.machines WHERE request_id = 'clean'")" = terminated ]
}
ok "clean: its machines end" wait_for 10 cleaned
is "... by a return of its own" "$(sql "SELECT kind, state FROM hostq.requests WHERE cleanup_of = 'clean'")" "return|completed"
is "keep: its machines live" "$(sql "SELECT count(*) FROM hostq.machines WHERE request_id = 'keep' AND ended_at IS NULL")" 2
ok "... and one that will be ready" wait_for 10 pids_are 3
shows "... listed in the message" "$(status_of keep)" '.result | . as $r | [.machines[].machineId] | length == 2 and all(. as $m | $r.errorMessage | contains($m))'
shows "HostFactory: complete_with_error" "$(hostq hf getRequestStatus clean keep 2>/dev/null)" 'status_answer and all(.requests[]; .status == "complete_with_error")'

ready() {
    status_of soon | jq -e '.result.machines[0].status == "running"' >/dev/null
}
ok "what was kept and gets ready later is told as running" wait_for 10 ready
shows "... its request stays as it ended" "$(status_of soon)" '.result.status == "TIMEOUT"'
asked requestReturnMachines "{\"requestId\":\"back\",\"machineIds\":$(printf '%s' "$(status_of keep)$(status_of soon)" | jq -cs '[.[].result.machines[].machineId]')}"
ok "what was kept can be returned" wait_for 10 word_is back COMPLETED
ok "no process is left" wait_for 5 pids_are 0
