#!/bin/sh
# design 3.7: a request whose daemon dies each time fails after max_crashes,
# and no innocent one with it; a suspect runs alone.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 16
pg_start
sql "UPDATE hostq.queues SET audit = 'full' WHERE name = 'noop'"
for n in 1 2 3 4; do
    daemon_start "d$n" --slots=20 --metrics_listen=127.0.0.1:0
    eval "pid$n=$daemon_pid"
done
settled_daemons
poison=job-poison
sql "SELECT hostq.submit('{\"kind\":\"noop\",\"duration_ms\":60000,\"requestId\":\"$poison\"}')
    UNION ALL SELECT hostq.submit('{\"kind\":\"noop\",\"duration_ms\":1000}') FROM generate_series(1, 3)" >/dev/null

# Whoever works the poison is killed.
killed=
for crash in 1 2 3; do
    ok "crash $crash: somebody works it" wait_for 5 in_state "$poison" processing
    [ "$crash" = 1 ] && wait_for 5 count_is processing 4
    owner=$(field "$poison" daemon_id)
    killed="$killed $owner"
    eval "kill -9 \$pid$(echo "$owner" | sed 's/^d\(.\)#.*/\1/')"
    if [ "$crash" -lt 3 ]; then
        ok "crash $crash: it goes on elsewhere" wait_for 3 says "(SELECT crashes = $crash AND daemon_id IS DISTINCT FROM '$owner'
            FROM hostq.requests WHERE request_id = '$poison')"
    fi
done
expect_state "$poison" failed 5
is "why" "$(field "$poison" "failure_reason, error_code, crashes, retry_attempt")" "task_terminated|INTERNAL_ERROR|3|0"
is "in words" "$(field "$poison" error_message)" "its daemon died 3 times while working it"
is "three daemons died" "$(echo "$killed" | wc -w)" 3
is "that it ended is in the audit" "$(sql "SELECT type, from_state, to_state, reason FROM hostq.events
    WHERE request_id = '$poison' ORDER BY at DESC, seq DESC LIMIT 1")" "crash|processing|failed|task_terminated"
ok "no innocent one fails" wait_for 15 count_is completed 3
like "though they were in hand as well" "$(sql "SELECT max(crashes) FROM hostq.requests WHERE state = 'completed'")" '^[12]$'
left=$(sql "SELECT name FROM hostq.daemons WHERE state = 'alive'")
is "one daemon is left" "$(echo "$left" | wc -w)" 1

# Suspects run one at a time, and their daemon rests between its claims.
sql "INSERT INTO hostq.queues (name, paused) VALUES ('suspects', true)"
noops 3 '"queue":"suspects","duration_ms":700'
sql "UPDATE hostq.queue SET lane_id = lane_id + 2, crashes = 2 WHERE state = 'pending'"
suspects() { # EXPRESSION
    sql "SELECT $1 FROM hostq.requests WHERE queue = 'suspects'"
}
claims=$(metric "$left" hostq_claims_total)
hostq resume suspects >/dev/null
ok "suspects: all complete" wait_for 8 says "(SELECT every(state = 'completed') FROM hostq.requests WHERE queue = 'suspects')"
claims=$(($(metric "$left" hostq_claims_total) - claims))
like "suspects: one after the other, at once" \
    "$(suspects "max(claimed_at) - min(claimed_at)")" '^00:00:01\.[4-9]'
like "suspects: with few claims" "$claims" '^[0-9]{1,2}$'
