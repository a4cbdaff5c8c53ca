#!/bin/sh
# design 3.10: a transaction that only reads, for long (pg_dump), holds up
# neither submits nor claims, also while a daemon wants to make partitions.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 4
pg_start
psql -XAtq -c "BEGIN ISOLATION LEVEL REPEATABLE READ" -c "SELECT count(*) FROM hostq.requests" \
    -c "SELECT count(*) FROM hostq.event" -c "SELECT pg_sleep(30)" >/dev/null 2>&1 &
reader=$!
pids="$pids $reader"
wait_for 5 says "(SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname IN ('request_body', 'finished', 'event')) >= 3"
# It waits for 40 ms only: who looks has to look often.
psql -XAtq -c "DO \$\$BEGIN FOR i IN 1..5000 LOOP
    IF EXISTS (SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted) THEN RETURN; END IF;
    PERFORM pg_sleep(0.002); END LOOP; RAISE 'not seen'; END\$\$" >/dev/null 2>&1 &
watcher=$!
wait_for 5 says "EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'DO %not seen%' AND pid <> pg_backend_pid())"
daemon_start d1
ok "it is tried" wait "$watcher"
t0=$(now)
noops 200
ok "all complete" wait_for 10 count_is completed 200
spans "at once" "$((($(now) - t0) / 1000))" 2500
is "the reader reads on" "$(kill -0 "$reader" && echo alive)" alive
