#!/bin/sh
# Programs that hide what they were started with, and helpers that carry it
# on: the watch goes by pid and start time.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 7
pg_start
template hides '["/usr/bin/env","-i","sleep","1000"]'
# The helper outlives its machine, in a session of its own, with the marks.
template leaves '["/bin/sh","-c","setsid sleep 1000 & exec sleep 1000"]'
daemon_start d1
for t in hides leaves; do
    hostq submit provision $t 1 --request-id $t --wait 10 >/dev/null
done
daemon_stop "$daemon_pid" KILL # a child of ours is known to us anyway
daemon_start d2
leader() { # REQUEST
    sql "SELECT details->>'pid' FROM hostq.machines WHERE request_id = '$1'"
}
lives() { # PID; a zombie does not
    grep -q '^State:[[:space:]]*[RSDTtI]' "/proc/$1/status" 2>/dev/null
}
sleep 2.5 # the watch looks twice
status() {
    sql "SELECT status, taken_at IS NULL FROM hostq.machines WHERE request_id = '$1'"
}
is "a machine without marks runs" "$(status hides)" "running|t"
ok "... and lives" lives "$(leader hides)"
is "so does one with a helper" "$(status leaves)" "running|t"
helper=$(machine_pids | grep -vx "$(leader leaves)")
kill -9 "$(leader hides)" "$(leader leaves)"
both_taken() {
    [ "$(sql "SELECT count(*) FROM hostq.machines WHERE status = 'terminated' AND taken_at IS NOT NULL")" = 2 ]
}
ok "both are killed, and told as taken" wait_for 10 both_taken
sleep 2.5
is "... the helper is no machine" "$(status leaves)" "terminated|f"
ok "... and is left alone" lives "$helper"
is "nothing is cleaned up" "$(sql "SELECT count(*) FROM hostq.requests WHERE kind = 'return'")" 0
kill -9 "$helper"
