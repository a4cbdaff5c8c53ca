#!/bin/sh
# design.md 4, spec/queues.md 3.13: a range of requests that is past its
# retention is dropped while work goes on; a long reader puts the drop off and
# holds up nobody; what is open moves out of the way and is worked later.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 13
pg_start
sql "UPDATE hostq.settings SET value = '1000' WHERE name = 'partition_rows';
     UPDATE hostq.queues SET retention_s = 86400;
     INSERT INTO hostq.queues (name, kind, paused, retention_s) VALUES ('aside', 'noop', true, 86400);
     DROP TABLE hostq.request_body_0, hostq.finished_0;
     SELECT setval('hostq.request_seq', 2000000)" >/dev/null
# As the daemon's role, which owns nothing. In steps of 1000 rows: a range fits exactly.
sweep() {
    sql "SET ROLE hostq_daemon; SELECT count(hostq.sweep_retention(100)) FROM generate_series(1, ${1:-5})" >/dev/null
}
ranges() { # those that are full
    sql "SELECT string_agg(((lo - 2000000) / 1000)::text, ' ' ORDER BY lo) FROM hostq.id_partitions() WHERE hi <= (SELECT last_value FROM hostq.request_seq)"
}
fill() { # the range in use, to its end
    sql "SELECT hostq.sweep_partitions() FROM generate_series(1, 9)" >/dev/null
    noops "$(sql "SELECT 1001 - (last_value - 2000000) % 1000 FROM hostq.request_seq")"
}
age() { # all that is there
    sql "UPDATE hostq.request_body SET created_at = created_at - interval '2 days';
         UPDATE hostq.finished SET finished_at = finished_at - interval '2 days'"
}
is_idle() {
    says "NOT EXISTS (SELECT FROM hostq.queue q JOIN hostq.request_body b USING (id) WHERE b.queue = 'noop')"
}
fill
fill
open=$(submit '{"kind":"noop","queue":"aside"}')
sql "UPDATE hostq.queues SET paused = true WHERE name = 'provision'"
template T '["sleep","60"]'
machines=$(submit '{"kind":"provision","templateId":"T","machineCount":1}')
fill
fill
is "partitions are made ahead" "$(ranges)" "1 2 3"
daemon_start d1 --metrics_listen=127.0.0.1:0 --slots=500
ok "the work is done" wait_for 20 is_idle
sweep
is "nothing is over yet" "$(ranges)" "1 2 3"
age

# Somebody reads the whole table.
psql -XAtq -c "BEGIN ISOLATION LEVEL REPEATABLE READ" -c "SELECT count(*) FROM hostq.requests" -c "SELECT pg_sleep(60)" >/dev/null 2>&1 &
reader=$!
pids="$pids $reader"
wait_for 5 says "EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid())"
settled=$(metric d1 'hostq_settled_total{state="completed"}')
(
    while [ ! -e "$tmp/enough" ]; do
        sweep 1
    done
) &
sweeper=$!
pids="$pids $sweeper"
wait_for 5 says "EXISTS (SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted)"
t0=$(now)
noops 200
ok "behind a long reader work goes on" wait_for 10 metric_is d1 'hostq_settled_total{state="completed"}' $((settled + 200))
spans "... at once" "$((($(now) - t0) / 1000))" 3000
is "... and nothing is dropped" "$(ranges)" "1 2 3"
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()" >/dev/null
wait "$reader"
dropped() {
    [ "$(ranges)" = "$1" ]
}
# With work that never pauses.
for _ in 1 2 3 4 5 6 7 8 9 10; do
    noops 20
done
ok "without the reader the ranges that are over go" wait_for 20 dropped ""
touch "$tmp/enough"
wait "$sweeper"
ok "no request is lost meanwhile" wait_for 10 metric_is d1 'hostq_settled_total{state="completed"}' $((settled + 400))
is "... and none is lost of ownership" "$(metric d1 hostq_lost_ownership_total)" 0
is "what is open is in the way of nobody" "$(sql "SELECT string_agg(request_id || ' ' || tableoid::regclass, ', ' ORDER BY id)
    FROM hostq.request_body WHERE created_at < now() - interval '1 day'")" "$open hostq.request_body_default, $machines hostq.request_body_default"
sql "SELECT hostq.resume('aside'), hostq.resume('provision')" >/dev/null
expect_state "$open" completed 5
expect_state "$machines" completed 10
# Later the daemon's own sweep does it, at its start.
fill
wait_for 10 is_idle
age
daemon_stop "$daemon_pid"
daemon_start d2
gone_but() {
    [ "$(sql "SELECT string_agg(request_id, ' ') FROM hostq.request_body WHERE created_at < now() - interval '1 day' AND kind <> 'watch'")" = "$1" ]
}
ok "only the request of a living machine is left" wait_for 20 gone_but "$machines"
