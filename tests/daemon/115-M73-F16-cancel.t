#!/bin/sh
# M73, F16: cancel in every state; the owner aborts within about a second,
# also when its notification is lost.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 24
pg_start
daemon_start d1 --slots=1 --prefetch=1 --metrics_listen=127.0.0.1:0
long='{"kind":"noop","duration_ms":60000}'
canceled() { # NAME ID FIRST_STATE
    is "$1: is $3" "$(state "$2")" "$3"
    like "$1: cancel" "$(hostq cancel "$2" 2>&1)" "$2"
    is "$1: canceled_at and by whom" \
        "$(field "$2" "state, canceled_at IS NOT NULL, error_code, error_message LIKE 'canceled by postgres%'")" "canceled|t|CANCELLED|t"
}
# ms from the end of one request to the start of the one that waited for its slot
gap() {
    sql "SELECT (extract(epoch FROM n.started_at - e.canceled_at) * 1000)::int
        FROM hostq.requests e, hostq.requests n WHERE e.request_id = '$1' AND n.request_id = '$2'"
}

later=$(submit '{"kind":"noop","delay":60000}')
canceled pending "$later" pending
poll=$(submit '{"kind":"noop","waits":1,"wait_ms":60000}')
wait_for 5 in_state "$poll" waiting
canceled waiting "$poll" waiting

run=$(submit "$long")
wait_for 5 in_state "$run" processing
ahead=$(submit "$long")
wait_for 5 in_state "$ahead" claimed
canceled claimed "$ahead" claimed
next=$(submit "$long")
canceled processing "$run" processing
expect_state "$next" processing 3
spans "F16: its slot was free within 1.1 s" "$(gap "$run" "$next")" 1100
is "its call was aborted" "$(grep -c "wire.aborted .*$run" "$tmp/d1.log")" 1
is "nothing was written for it" "$(field "$run" "response_body IS NULL, failure_reason IS NULL")" "t|t"
is "and no abort is left over" "$(sql "SELECT count(*) FROM hostq.aborts")" 0
out=$(hostq cancel "$run" 2>&1)
is "canceling twice is no error" $? 0

# The same without any notification: what hostq.finish() writes, by hand.
last=$(submit '{"kind":"noop","duration_ms":1000}')
wait_for 5 in_state "$last" claimed
sql "WITH d AS (DELETE FROM hostq.queue WHERE id = hostq.request_key('$next') RETURNING *),
    a AS (INSERT INTO hostq.aborts (owner, id, lease) SELECT owner, id, lease FROM d)
    INSERT INTO hostq.finished (id, lease, deadline, claimed_at, started_at, first_started_at, lane_id, owner, state,
        retry_attempt, intent, crashes, namespace)
    SELECT id, lease, deadline, claimed_at, started_at, first_started_at, lane_id, owner, 'canceled', retry_attempt, intent,
        crashes, 'default' FROM d"
wait_for 5 in_state "$last" processing
spans "a lost notification costs a heartbeat" "$(gap "$next" "$last")" 1300
expect_state "$last" completed 5

# Ended ones, and unknown ones.
out=$(hostq cancel "$last" 2>&1)
is "F16: completed is refused" $? 4
like "and says why" "$out" 'has ended: completed'
is "and is untouched" "$(state "$last")" completed
out=$(hostq cancel nobody 2>&1)
is "unknown: exit 3" $? 3
