#!/bin/sh
# M2, M6, design 2: the deadline in each state, a start that was put off, and
# what late ends leave behind.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 31
pg_start
sql "UPDATE hostq.settings SET value = '1' WHERE name = 'min_timeout'"
template T '["sleep","1000"]' '"readyAfter":1000'
template K '["sleep","1000"]' '"readyAfter":1000,"partialPolicy":"keep"'
late() { # ID -> ms from deadline to end
    field "$1" "(extract(epoch FROM finished_at - deadline) * 1000)::int"
}
timed_out() { # NAME ID [EXTRA_MS]
    wait_for 6 in_state "$2" timeout
    is "$1" "$(field "$2" "state, failure_reason, error_code, error_message <> ''")" "timeout|timeout|TIMEOUT|t"
    spans "$1: within a second of its deadline" "$(late "$2")" $((1250 + ${3:-0}))
    ok "$1: not before" test "$(late "$2")" -ge "${3:-0}"
}

# Nobody is there when it passes.
early=$(submit '{"kind":"noop","timeout":1}')
wait_for 3 says "(SELECT deadline < clock_timestamp() FROM hostq.requests WHERE request_id = '$early')"
daemon_start d1 --slots=5 --prefetch=2
ok "passed before there was a daemon" wait_for 3 in_state "$early" timeout

delayed=$(submit '{"kind":"noop","delay":1500}')
is "not_before of a delayed one" "$(field "$delayed" "state, not_before - created_at BETWEEN interval '1.5 s' AND interval '1.6 s'")" "pending|t"
pending=$(submit '{"kind":"noop","delay":60000,"timeout":1}')
more=$(submit '{"kind":"noop","delay":60000,"timeout":1,"policy":{"stop_before_deadline_ms":-700}}')
waiting=$(submit '{"kind":"noop","waits":9,"wait_ms":60000,"timeout":1}')
polling=$(submit '{"kind":"noop","waits":9999,"wait_ms":50,"timeout":1}')
counts=$(submit '{"kind":"noop","duration_ms":1800,"timeout":1,"result":"late"}')
made=$(submit '{"kind":"provision","templateId":"T","machineCount":2,"timeout":1}')
kept=$(submit '{"kind":"provision","templateId":"K","machineCount":1,"timeout":1}')
wait_for 5 in_state "$made" waiting
timed_out "pending" "$pending"
timed_out "waiting, its poll far away" "$waiting"
timed_out "waiting, polled all the time" "$polling"
timed_out "pending, with a stop past the deadline" "$more" 700
timed_out "M6: a provision" "$made"
is "M6: in the JSON word" "$(sql "SELECT status FROM hostq.request_overview WHERE request_id = '$made'")" TIMEOUT
ok "M6: what it had made is removed" wait_for 5 says "(SELECT count(*) = 2 FROM hostq.machines WHERE request_id = '$made' AND status = 'terminated')"
expect_state "$counts" completed 5
is "processing: the result of the round in hand counts" "$(field "$counts" "completed_at > deadline, convert_from(response_body, 'UTF8')")" 't|"late"'
delay=$(field "$delayed" "(extract(epoch FROM started_at - created_at) * 1000)::int")
ok "delayed: not started before its time" test "$delay" -ge 1500
spans "delayed: but then" "$delay" 2750
like "M6: policy keep: the machine that is left is named" "$(field "$kept" "state, error_message")" \
    "timeout.*$(sql "SELECT instance_id FROM hostq.machines WHERE request_id = '$kept'")"

# A provision that is being begun when it passes: the round ends, then it is over.
block_updates
hold_lock
made=$(submit '{"kind":"provision","templateId":"T","machineCount":1,"timeout":1}')
wait_for 3 says "(SELECT deadline < clock_timestamp() FROM hostq.requests WHERE request_id = '$made')"
let_go
timed_out "begun late" "$made"
ok "nothing of it is left" wait_for 5 says "NOT EXISTS (SELECT FROM hostq.machines WHERE request_id = '$made' AND ended_at IS NULL)
    AND NOT EXISTS (SELECT FROM hostq.intents)"

# Claimed, behind a slot that stays taken.
daemon_stop "$daemon_pid"
daemon_start d2 --slots=1 --prefetch=1
sql "DROP TRIGGER block ON hostq.queue"
slot=$(submit '{"kind":"noop","duration_ms":60000}')
wait_for 5 in_state "$slot" processing
claimed=$(submit '{"kind":"noop","timeout":1}')
wait_for 5 in_state "$claimed" claimed
timed_out "claimed" "$claimed"
