#!/bin/sh
# An idle system costs nothing worth mentioning: one statement a second from each
# daemon, one more from the one that sweeps, little WAL, and nobody looks into
# pg_locks; that begins when a daemon owns requests, five times a second.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 10

seconds=8
wal_bytes=500 # per second and daemon
pg_start
sql VACUUM # of the catalog: pages that the migration has left are pruned by whoever reads them
sql "ALTER SYSTEM SET log_statement = 'all'"
sql "ALTER SYSTEM SET log_line_prefix = '%a '"
sql "SELECT pg_reload_conf()" >/dev/null
daemon_start d1
daemon_start d2
# A lane of each class, so that there is something to look at.
for priority in low normal high; do
    noops 1 "\"priority\":\"$priority\""
done
wait_for 5 count_is completed 3
settled_daemons

# What daemons say from now on: "CONNECTION STATEMENT"; a ledger's has its epoch.
mark() {
    from=$(wc -l <"$tmp/pg/log")
}
said() {
    tail -n "+$((from + 1))" "$tmp/pg/log" | sed -n 's/^hostqd \([a-z]*\)\( [0-9]*\)\{0,1\} LOG:  execute \([a-z_]*\):.*/\1\2 \3/p; s/^hostqd \([a-z]*\).* LOG:  statement: /\1 /p'
}
how_often() { # PATTERN: how often was it said
    said | grep -Ec "$1"
}
between() { # NAME N LEAST MOST
    report "$([ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; echo $?)" "$1" || echo "#   is $2, not $3 to $4"
}
at_rest() { # nobody has said anything but heartbeats and sweeps for a second
    grep -q sweep_house "$tmp/pg/log" || return 1
    mark
    sql "SELECT pg_sleep(1.1)" >/dev/null
    ! said | grep -Evq '^(ledger [0-9]+ heartbeat|sweep sweep_[a-z]+)$'
}

# What is done once at the start, too, is over then.
ok "they come to rest" wait_for 20 at_rest
before=$(sql "SELECT pg_current_wal_insert_lsn() - '0/0'")
mark
sql "SELECT pg_sleep($seconds)" >/dev/null
after=$(sql "SELECT pg_current_wal_insert_lsn() - '0/0'")
said | sort | uniq -c | sort -rn >"$tmp/idle.log"
for daemon in 1 2; do
    between "daemon $daemon: one statement a second" "$(how_often "^ledger $daemon ")" $((seconds - 1)) $((seconds + 1))
done
between "the sweeper: not more" "$(how_often '^sweep ')" 1 $seconds
is "nobody else said anything" "$(how_often '^(lock|ledger 0)')" 0
ok "nobody looked at the locks of others" [ "$(how_often ' peers')" = 0 ]
each=$(((after - before) / seconds / 2))
between "bytes of WAL per second and daemon" $each 1 $wal_bytes

# One of them owns a request: the other one looks at its lock.
mark
id=$(submit '{"kind":"noop","duration_ms":6000}')
wait_for 5 in_state "$id" processing
sql "SELECT pg_sleep(2.5)" >/dev/null # a wake-up makes both look for 2 s
mark
sql "SELECT pg_sleep(2)" >/dev/null
between "while one works the other looks every 200 ms" "$(how_often '^sweep peers')" 8 11
expect_state "$id" completed 8
ok "and they come to rest again" wait_for 15 at_rest
