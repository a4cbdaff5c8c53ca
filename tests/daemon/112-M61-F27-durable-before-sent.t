#!/bin/sh
# M61, F27: nothing is sent before processing is durable; what is canceled
# before is never sent.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 16
pg_start
template T '["sleep","1000"]'
provision='{"kind":"provision","templateId":"T","machineCount":2}'
block_updates
daemon_start d1 --slots=1 --prefetch=1

# The claim's own write.
hold_lock
id=$(submit "$provision")
ok "the claim waits" wait_for 5 is_blocked
is "and nothing is sent" "$(machine_pids | wc -l)" 0
like "cancel is not held up" "$(hostq cancel "$id" 2>&1)" "$id"
let_go
probe=$(submit '{"kind":"noop"}')
expect_state "$probe" completed 5
is "canceled while blocked: never sent" \
    "$(machine_pids | wc -l) $(sql "SELECT count(*) FROM hostq.intents") $(field "$id" state)" "0 0 canceled"

# The mark of a row that was claimed ahead.
ahead() { # -> $id, claimed, whose mark is blocked
    slot=$(submit '{"kind":"noop","duration_ms":60000}')
    wait_for 5 in_state "$slot" processing
    id=$(submit "$provision")
    wait_for 5 in_state "$id" claimed
    hold_lock
    hostq cancel "$slot" >/dev/null
    wait_for 5 is_blocked
}
ok "the mark waits" ahead
is "and nothing is sent" "$(machine_pids | wc -l) $(field "$id" "state, started_at IS NULL")" "0 claimed|t"
hostq cancel "$id" >/dev/null
let_go
probe=$(submit '{"kind":"noop"}')
expect_state "$probe" completed 5
is "canceled while blocked: never sent" \
    "$(machine_pids | wc -l) $(sql "SELECT count(*) FROM hostq.intents") $(field "$id" state)" "0 0 canceled"
is "nor begun in the audit" \
    "$(sql "SELECT count(*) FROM hostq.events WHERE request_id = '$id' AND type IN ('start', 'intent')")" 0

ok "once more" ahead
is "nothing is sent" "$(machine_pids | wc -l)" 0
# shellcheck disable=SC2034 # used by the query below
free=$(now)
let_go
expect_state "$id" completed 5
is "sent after the write" "$(machine_pids | wc -l)" 2
is "not before" "$(sql "SELECT count(*) FROM hostq.machines WHERE request_id = '$id'
    AND first_seen > to_timestamp($free / 1000000.0)")" 2
is "its start is in the audit, once" "$(sql "SELECT string_agg(type, ' ' ORDER BY seq) FROM hostq.event
    WHERE request_id = '$id' AND type <> 'submit'")" "claim start intent complete"
