#!/bin/sh
# design 3.9, 3.10: somebody else's transaction holds rows that are to be
# settled: the others settle, new work is claimed, the daemon lives, and the
# rows end when they are free.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 8
pg_start
daemon_start d1 --slots=200 --max_statement_errors=2
noops 100 '"duration_ms":500'
wait_for 5 count_is processing 100
psql -XAtq -c "BEGIN" -c "SELECT count(hostq.cancel(request_id)) FROM hostq.request_body WHERE id = 40" \
    -c "SELECT count(*) FROM (SELECT FROM hostq.queue WHERE id IN (50, 60, 70) FOR UPDATE) x" -c "SELECT pg_sleep(30)" >/dev/null 2>&1 &
holder=$!
pids="$pids $holder"
ok "the others settle" wait_for 6 count_is completed 96
t0=$(now)
noops 50
ok "new work is done" wait_for 6 count_is completed 146
spans "without waiting for the locked ones" "$((($(now) - t0) / 1000))" 2500
# Nothing happening has no event: the time of two looks, a second apart.
wait_for 3 says "pg_sleep(2) IS NOT NULL"
is "they stay processing" "$(count processing)" 4
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()" >/dev/null
ok "and end when they are free" wait_for 5 count_is completed 150
is "none failed" "$(count failed)" 0
# A whole table, as ALTER TABLE does: everything waits, and goes on.
psql -XAtq -c "BEGIN" -c "LOCK TABLE hostq.finished" -c "SELECT pg_sleep(3.5)" >/dev/null 2>&1 &
holder=$!
pids="$pids $holder"
wait_for 3 says "EXISTS (SELECT FROM pg_locks WHERE relation = 'hostq.finished'::regclass AND mode = 'AccessExclusiveLock')"
noops 10
wait_for 6 gone "$holder"
ok "a table locked for long: all end" wait_for 5 count_is completed 160
is "the daemon lives" "$(kill -0 "$daemon_pid" && echo alive)" alive
