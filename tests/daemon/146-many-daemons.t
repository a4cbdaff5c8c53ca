#!/bin/sh
# design 3.7: among a hundred living daemons a dead one is noticed, too.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 4
pg_start
daemon_start d1
# A hundred that live (one session holds their locks), and one that does not,
# the last to be looked at.
first=$(($(sql "SELECT max(epoch) FROM hostq.daemons") + 1))
psql -XAtqc "SELECT count(pg_advisory_lock(1751544692, e)) FROM generate_series($first, $first + 99) e" -c "SELECT pg_sleep(60)" >/dev/null 2>&1 &
pids="$pids $!"
ok "the locks are held" wait_for 10 says "(SELECT count(*) FROM hostq.life_locks()) = 101"
register() { # NAME COUNT
    sql "INSERT INTO hostq.daemons (name, host, boot_id, pid, version, routes, slots, lease_until)
        SELECT '$1', 'elsewhere', 'b', 1, '0', '{}', 1, clock_timestamp() + interval '1 h' FROM generate_series(1, $2)"
}
register living 100
register gone 1
ok "the dead one is noticed" wait_for 8 says "EXISTS (SELECT FROM hostq.daemons WHERE name = 'gone' AND state = 'dead' AND ended_why = 'lock free')"
is "... nobody else" "$(sql "SELECT count(*) FROM hostq.daemons WHERE state = 'dead'")" 1
is "... and the daemon works" "$(id=$(submit '{"kind":"noop"}') && wait_for 5 in_state "$id" completed && echo yes)" yes
