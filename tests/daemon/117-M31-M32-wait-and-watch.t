#!/bin/sh
# M31, M32: submit answers at once and anybody can ask later; wait has its
# time and its exit status; watch prints every change and ends by itself.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 22
pg_start
timed() { # CMD... : $out, $status, $ms
    t0=$(date +%s%N)
    out=$("$@" 2>&1)
    status=$?
    ms=$((($(date +%s%N) - t0) / 1000000))
}

# Nobody works: submit does not wait.
printf '{"kind":"noop","duration_ms":700,"timeout":1800}' >"$tmp/r.json"
timed hostq submit -f "$tmp/r.json"
id=$out
is "M31: submit, exit 0" "$status" 0
spans "M31: at once" "$ms" 300
like "M31: with the id" "$id" '^job-[0-9a-f-]{36}$'
is "M31: another process can ask for it" "$(cd / && hostq status "$id" --json | grep -c PENDING)" 1

timed hostq wait "$id" --timeout 1
is "M32: the text" "$out" "hostq: Request $id did not complete within 1 seconds"
is "M32: an exit status of its own" "$status" 5
spans "M32: in time" "$((ms > 950 ? ms : 99999))" 1500
is "M32: the request is unharmed" "$(state "$id")" pending
is "M32: and the waiter is gone" "$(sql "SELECT count(*) FROM hostq.waiters")" 0

# watch sees each change.
hostq watch "$id" >"$tmp/watch.out" 2>&1 &
watcher=$!
pids="$pids $watcher"
wait_for 5 grep -q pending "$tmp/watch.out"
hostq wait "$id" >"$tmp/wait.out" 2>&1 &
waiter=$!
pids="$pids $waiter"
wait_for 5 says "EXISTS (SELECT FROM hostq.waiters)"
daemon_start d1
wait "$waiter"
is "wait: exit 0" $? 0
late=$(($(now) - $(field "$id" "(extract(epoch FROM completed_at) * 1000000)::bigint")))
is "wait: says the state" "$(cat "$tmp/wait.out")" "$id completed"
spans "wait: told when it ended, not at the next look" "$((late / 1000))" 400
ok "watch ends by itself" wait_for 2 gone "$watcher"
wait "$watcher"
is "watch: exit 0" $? 0
is "watch: one line per change" "$(awk '{ printf "%s ", $2 }' "$tmp/watch.out")" "pending processing completed "

timed hostq wait "$id"
is "wait: what has ended answers at once" "$status $out" "0 $id completed"
id=$(submit '{"kind":"noop","fail":"permanent"}')
timed hostq wait "$id"
is "wait: a request that failed, exit 1" "$status" 1
like "wait: with the reason" "$out" "request $id ended as failed: failed as its payload asks"
timed hostq watch "$id"
is "watch: one that failed, exit 1" "$status" 1
timed hostq wait nobody
is "wait: unknown, exit 3" "$status" 3
id=$(submit '{"kind":"noop","delay":60000}')
(sleep 0.3; hostq cancel "$id" >/dev/null) &
timed hostq wait "$id"
is "wait: canceled, exit 1" "$status" 1
spans "wait: told at once" "$ms" 1200
