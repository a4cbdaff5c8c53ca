#!/bin/sh
# M88, D20, F28: PostgreSQL is away for 5 s: daemons keep their calls and come
# back by themselves, one that is late is not taken for dead; clients say that
# the database is unavailable and never wait longer than they were told.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 23
pg_start
sql "UPDATE hostq.queues SET audit = 'full' WHERE name = 'noop'"
daemon_start d1 --slots=20
slow=$daemon_pid
daemon_start d2 --slots=20
settled_daemons
timed() { # CMD... : $out, $status, $ms
    t0=$(date +%s%N)
    out=$("$@" 2>&1)
    status=$?
    ms=$((($(date +%s%N) - t0) / 1000000))
}
away() { # NAME: what a client command must say while there is no database
    is "$1: exit 6" "$status" 6
    like "$1: one clear line" "$(printf '%s\n' "$out" | grep -c .) $out" '^1 hostq: database unavailable: '
}

long=$(submit '{"kind":"noop","duration_ms":5000,"result":"long"}')
noops 19 '"duration_ms":500'
wait_for 5 count_is processing 20
hostq wait "$long" >"$tmp/long.out" 2>&1 &
waiter=$!
hostq wait "$long" --timeout 2 >"$tmp/short.out" 2>&1 &
short=$!
pids="$pids $waiter $short"
wait_for 5 says "(SELECT count(*) FROM hostq.waiters) = 2"
began=$(date +%s%N)
pg_stop fast

timed hostq submit -f - <<'END'
{"kind":"noop"}
END
away submit
spans "submit: at once" "$ms" 1500
timed hostq status "$long"
away status
timed hostq wait "$long" --timeout 1
away wait
spans "wait: in its time" "$ms" 1500
timed hostq cancel "$long"
away cancel
wait "$short"
is "a wait that was cut off: exit 6" $? 6
spans "within its own limit" "$((($(date +%s%N) - began) / 1000000))" 2500
like "says why" "$(cat "$tmp/short.out")" '^hostq: database unavailable: '
ok "the daemons live" kill -0 "$slow" "$daemon_pid"

over() {
    [ "$(date +%s%N)" -gt "$((began + 5000000000))" ]
}
wait_for 6 over
# One daemon is late: its lock is free for longer than half a second.
kill -STOP "$slow"
# shellcheck disable=SC2119 # no options
pg_go
ok "one daemon is back" wait_for 5 says "(SELECT count(*) FROM pg_locks WHERE classid = 1751544692 AND granted) = 1"
# Nothing happening has no event: longer than a lock must be seen free.
is "and leaves the late one alone" "$(sql "SELECT pg_sleep(1.2), count(*) FROM hostq.daemons WHERE state = 'alive'")" "|2"
kill -CONT "$slow"
ok "both are back" wait_for 5 says "(SELECT count(*) FROM pg_locks WHERE classid = 1751544692 AND granted) = 2"
nothing_lost "5 s away" 20
wait "$waiter"
is "D20: a wait from before goes on to its answer" "$? $(cat "$tmp/long.out")" "0 $long completed"
