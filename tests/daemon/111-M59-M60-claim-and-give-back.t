#!/bin/sh
# M59, M60, F3: what a claim writes and keeps, and that claims which have not
# started go back untouched at SIGTERM.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 12
pg_start
sql "UPDATE hostq.queues SET audit = 'full' WHERE name = 'noop'"

first=$(submit '{"kind":"noop","duration_ms":60000,"timeout":600}')
second=$(submit '{"kind":"noop","timeout":700}')
third=$(submit '{"kind":"noop"}')
fourth=$(submit '{"kind":"noop"}')
sql "UPDATE hostq.queue SET retry_attempt = 2 WHERE id = hostq.request_key('$second')"
deadline=$(field "$second" deadline)

daemon_start d1 --slots=1 --prefetch=2 --stop_grace=1s
ok "one for the slot, two ahead" wait_for 5 says "(SELECT string_agg(state::text, ' ' ORDER BY created_at)
    FROM hostq.requests) = 'processing claimed claimed pending'"
is "M59: the claimed row" \
    "$(field "$second" "daemon_id, claimed_at >= created_at, started_at IS NULL, retry_attempt, lease > 0")" "d1#1|t|t|2|t"
is "M59: it keeps its deadline" "$(field "$second" deadline)" "$deadline"
is "M59: the processing row" \
    "$(field "$first" "daemon_id, started_at = claimed_at, retry_attempt, deadline = created_at + interval '600 s'")" "d1#1|t|0|t"
is "M59: a row without a deadline" "$(field "$third" "daemon_id, claimed_at IS NOT NULL, deadline IS NULL")" "d1#1|t|t"

kill "$daemon_pid"
ok "M60: the claimed ones are pending again" wait_for 5 count_is pending 3
is "M60: at once, same attempt, same deadline" \
    "$(field "$second" "state, not_before IS NULL, retry_attempt, daemon_id IS NULL, claimed_at IS NULL, lease IS NULL, deadline = '$deadline'")" \
    "pending|t|2|t|t|t|t"
is "F3: the step is in the audit" \
    "$(sql "SELECT string_agg(type, ' ' ORDER BY at, seq) FROM hostq.events WHERE request_id = '$second'")" \
    "submit claim unclaim"
daemon_stop "$daemon_pid"
is "exit 0" "$daemon_status" 0

sql "UPDATE hostq.queue SET run_at = now() + interval '1 h' WHERE id = hostq.request_key('$first') AND state = 'pending'"
daemon_start d2
ok "M60: the next daemon takes them" wait_for 5 says "(SELECT count(*) FROM hostq.requests
    WHERE state = 'completed' AND daemon_id = 'd2#2') = 3"
is "with the attempt they had" "$(field "$second" retry_attempt)" 2
is "all in one life" \
    "$(sql "SELECT string_agg(type, ' ' ORDER BY at, seq) FROM hostq.events WHERE request_id = '$fourth'")" \
    "submit claim start complete"
