#!/bin/sh
# design 3.8, spec/queues.md 5.4: two idle daemons with one slot each: two
# submits in a row both start promptly, whoever holds the idle gate; and idle
# daemons rest.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 5
pg_start
# A lane of each class, so that there is something to walk.
for priority in low normal high; do
    noops 1 "\"priority\":\"$priority\""
done
daemon_start d1 --slots=1 --metrics_listen=127.0.0.1:0
daemon_start d2 --slots=1 --metrics_listen=127.0.0.1:0
wait_for 5 count_is completed 3

# Ten times two submits 20 ms apart, each working 300 ms; no poll may help.
sql "CREATE PROCEDURE public.pairs() LANGUAGE plpgsql AS \$\$ BEGIN
        FOR i IN 1..10 LOOP
            PERFORM hostq.submit('{\"kind\":\"noop\",\"duration_ms\":200}');
            COMMIT;
            PERFORM pg_sleep(0.02);
            COMMIT;
            PERFORM hostq.submit('{\"kind\":\"noop\",\"duration_ms\":200}');
            COMMIT;
            PERFORM pg_sleep(0.45);
            COMMIT;
        END LOOP;
    END \$\$"
sql "CALL public.pairs()"
ok "all complete" wait_for 5 count_is completed 23
late=$(sql "SELECT (extract(epoch FROM max(started_at - created_at)) * 1000)::int FROM hostq.requests WHERE payload ? 'duration_ms'")
spans "every one started promptly" "$late" 150
is "both daemons worked" "$(sql "SELECT count(DISTINCT daemon_id) FROM hostq.requests WHERE payload ? 'duration_ms'")" 2

# At rest, with one that never had work.
claims() {
    echo $(($(metric d1 hostq_claims_total) + $(metric d2 hostq_claims_total) + $(metric d3 hostq_claims_total)))
}
daemon_start d3 --metrics_listen=127.0.0.1:0
wait_for 5 says "pg_sleep(1.5) IS NOT NULL"
began=$(claims)
wait_for 5 says "pg_sleep(2) IS NOT NULL"
like "idle daemons rest" "$(($(claims) - began))" '^([0-9]|[1-4][0-9])$'
sql "NOTIFY hostq_work, ''"
wait_for 5 says "pg_sleep(1) IS NOT NULL"
like "also after a wake-up for nothing" "$(($(claims) - began))" '^[0-9]{1,2}$'
