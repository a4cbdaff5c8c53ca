#!/bin/sh
# M88, F28, design 3.7: PostgreSQL is restarted (fast, immediate, with a killed
# backend) under work: daemons come back by themselves, nobody takes living
# work over, nothing is lost or doubled.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 18
pg_start
sql "UPDATE hostq.queues SET audit = 'full' WHERE name = 'noop'"
daemon_start d1 --slots=10
daemon_start d2 --slots=10
settled_daemons
up() {
    sql "SELECT 1"
}
work() { # more requests, and wait until some of them are done
    n=$(sql "SELECT count(*) FROM hostq.finished")
    noops 100 '"duration_ms":40'
    wait_for 5 says "(SELECT count(*) FROM hostq.finished) > $n + 10"
}

long=$(submit '{"kind":"noop","duration_ms":4000}')
wait_for 5 in_state "$long" processing
started=$(field "$long" started_at)
work
pg_stop fast
# shellcheck disable=SC2119 # no options
pg_go
nothing_lost fast 101
work
pg_stop immediate
# shellcheck disable=SC2119 # no options
pg_go
nothing_lost immediate 201
work
kill -9 "$(sql "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'hostqd ledger%' LIMIT 1")"
wait_for 10 up
nothing_lost "backend killed" 301

is "a long call went on through it" "$(field "$long" "started_at = '$started', state")" "t|completed"
is "and was begun once" "$(sql "SELECT count(*) FROM hostq.events WHERE request_id = '$long' AND type = 'start'")" 1
is "no daemon counts as taken over" "$(cat "$tmp"/d?.log | grep -c daemon.taken_over)" 0
