#!/bin/sh
# design 3.6: a daemon holds a fixed small number of connections, idle and with
# thousands of requests in flight, alone and among others.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 8
most=4 # lock, ledgers, sweep

connections() { # whatever they call themselves
    sql "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'psql'"
}
are() {
    [ "$(connections)" = "$1" ]
}

pg_start
daemon_start d1 --slots=3000
wait_for 5 says "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'hostqd sweep')"
each=$(connections)
ok "$each of at most $most connections" [ "$each" -le $most ]

noops 3000 '"duration_ms":3000'
ok "thousands are in flight" wait_for 10 count_is processing 3000
is "with as many connections" "$(connections)" "$each"
ok "they end" wait_for 20 count_is completed 3000
is "with as many connections" "$(connections)" "$each"
for name in d2 d3 d4; do
    daemon_start $name --slots=3000
done
ok "four daemons: four times as many" wait_for 5 are $((4 * each))
noops 9000 '"duration_ms":2000'
ok "they share the work" wait_for 10 says "(SELECT count(DISTINCT owner) FROM hostq.queue WHERE state = 'processing') > 1"
is "and under load" "$(connections)" $((4 * each))
