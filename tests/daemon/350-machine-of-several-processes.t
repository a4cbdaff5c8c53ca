#!/bin/sh
# A machine is all processes of its group: a worker that outlives its shell
# gets its drain and its SIGKILL, and what a crashed shell left is returned.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 15
pg_start
mkdir -m 777 "$tmp/said"
said="\"environment\":{\"SAID\":\"$tmp/said\"}"
# The shell ends at SIGTERM. One worker ignores it, the other needs a second.
cat >"$tmp/said/stubborn.sh" <<'END'
trap '' TERM
echo $$ >"$SAID/$HOSTQ_REQUEST"
exec sleep 1000
END
cat >"$tmp/said/slow.sh" <<'END'
trap 'sleep 1; echo ended >"$SAID/ended"; exit 0' TERM
echo $$ >"$SAID/$HOSTQ_REQUEST"
while :; do sleep 0.05; done
END
template stubborn '"sh $SAID/stubborn.sh | cat >/dev/null"' "$said"
template slow '"sh $SAID/slow.sh & wait"' "$said"
daemon_start d1
for r in drained forced crashed; do
    hostq submit provision stubborn 1 --request-id "$r" --wait 10 >/dev/null
done
hostq submit provision slow 1 --request-id slow --wait 10 >/dev/null
workers_run() {
    [ "$(cat "$tmp/said/drained" "$tmp/said/forced" "$tmp/said/crashed" "$tmp/said/slow" 2>/dev/null | wc -l)" = 4 ]
}
ok "four workers run" wait_for 10 workers_run
worker() { # REQUEST
    cat "$tmp/said/$1"
}
lives() { # PID; a zombie does not
    grep -q '^State:[[:space:]]*[RSDTtI]' "/proc/$1/status" 2>/dev/null
}
leader() { # REQUEST
    sql "SELECT details->>'pid' FROM hostq.machines WHERE request_id = '$1'"
}
back() { # REQUEST OPTION...
    back_r=$1
    shift
    hostq submit return --request-id "back-$back_r" --param "machineIds=$(sql "SELECT jsonb_agg(instance_id) FROM hostq.machines WHERE request_id = '$back_r'")" "$@" >/dev/null
}
took() { # REQUEST
    sql "SELECT (extract(epoch FROM finished_at - created_at) * 1000)::int FROM hostq.requests WHERE request_id = 'back-$1'"
}

kill -9 "$(leader crashed)"
lives_on() {
    ! lives "$(leader crashed)" && lives "$(worker crashed)"
}
ok "a shell is killed, its worker lives on" wait_for 5 lives_on
sleep 2.5 # the watch looks twice
is "... the machine is not told as taken" "$(sql "SELECT status, taken_at FROM hostq.machines WHERE request_id = 'crashed'")" "running|"

back drained --param drainTimeout=2
back slow --param drainTimeout=30
back forced --force
back crashed --param drainTimeout=1
shell_ended() {
    ! lives "$(leader drained)"
}
ok "the shell ends at SIGTERM" wait_for 5 shell_ended
leaves() {
    [ "$(sql "SELECT status FROM hostq.machines WHERE request_id = 'drained'")" = shutting-down ]
}
ok "... its machine is leaving" wait_for 2 leaves
ok "... its worker has time to drain" lives "$(worker drained)"
for r in drained slow forced crashed; do
    ok "return of $r ends" wait_for 15 word_is "back-$r" COMPLETED
done
ok "the drain was waited for ($(took drained) ms)" [ "$(took drained)" -ge 1900 ]
ok "a worker that drains is not killed" [ -e "$tmp/said/ended" ]
ok "force waits for nothing ($(took forced) ms)" [ "$(took forced)" -le 1900 ]
left=
for r in drained slow forced crashed; do
    lives "$(worker $r)" && left="$left $r"
done
is "no worker is left" "$left" ""
is "all are terminated" "$(sql "SELECT DISTINCT status FROM hostq.machines")" terminated
