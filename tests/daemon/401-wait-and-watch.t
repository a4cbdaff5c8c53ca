#!/bin/sh
# wait: the end, or its own exit status and text; watch: one line per change.
# Neither harms the request. M32 M87 M88
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 36
pg_start
template slow '["sleep","1000"]' '"readyAfter":1.5'
template some '["/bin/sh","-c","case $HOSTQ_UNIT in *-0) exec sleep 1000 ;; esac; exit 78"]' '"readyAfter":0.5,"partialPolicy":"keep"'
daemon_start d1

held=$(hostq submit noop --param duration_ms=600000)
in_progress() {
    [ "$(state "$held")" = processing ]
}
ok "a request is held" wait_for 5 in_progress
t0=$(date +%s%N)
out=$(hostq wait "$held" --timeout 2 2>"$tmp/err")
is "wait --timeout 2: exit 5" $? 5
ms=$((($(date +%s%N) - t0) / 1000000))
is "... this text" "$(cat "$tmp/err")" "hostq: Request $held did not complete within 2 seconds"
is "... nothing on stdout" "$out" ""
ok "... after two seconds ($ms ms)" [ "$ms" -ge 1990 ] && [ "$ms" -lt 4000 ]
is "... the request is unharmed" "$(state "$held")" processing
is "... nobody waits any more" "$(sql "SELECT count(*) FROM hostq.waiters")" 0
for t in 0 0.5 100ms; do
    hostq wait "$held" --timeout $t >"$tmp/out" 2>"$tmp/err"
    is "wait --timeout $t: exit 5" $? 5
    like "... a text" "$(cat "$tmp/err")" "^hostq: Request $held did not complete within [0-9.]+ seconds$"
done
hostq watch "$held" --timeout 0.4 >"$tmp/out" 2>"$tmp/err"
is "watch --timeout 0.4: exit 5" $? 5
is "... one line" "$(wc -l <"$tmp/out")" 1
like "... the same text" "$(cat "$tmp/err")" "^hostq: Request $held did not complete within 0.4 seconds$"

# Five wait, one is killed; the others are told at once when it ends.
for n in 1 2 3 4 5; do
    (
        hostq wait "$held" >"$tmp/wait.$n" 2>&1
        echo "exit $?" >>"$tmp/wait.$n"
        date +%s%N >"$tmp/wait.$n.at"
    ) &
    eval "waiter$n=$!"
done
hostq wait "$held" >/dev/null 2>&1 &
victim=$!
all_wait() {
    [ "$(sql "SELECT count(*) FROM hostq.waiters")" = 6 ]
}
ok "six wait" wait_for 5 all_wait
kill -9 "$victim"
wait "$victim" 2>/dev/null
t0=$(date +%s%N)
hostq cancel "$held" >/dev/null
# shellcheck disable=SC2154 # set by eval
wait "$waiter1" "$waiter2" "$waiter3" "$waiter4" "$waiter5"
is "all are told the same" "$(cat "$tmp"/wait.[1-5] | sort | uniq -c | awk '{$1=$1};1')" \
    "5 exit 1
5 hostq: request $held ended as canceled: canceled by postgres
5 $held canceled"
ms=$((($(sort -n "$tmp"/wait.*.at | tail -n 1) - t0) / 1000000))
ok "... at once ($ms ms)" [ "$ms" -lt 2000 ]

# A database that restarts in between.
held=$(hostq submit noop --param duration_ms=600000)
hostq wait "$held" --timeout 30 >"$tmp/out" 2>&1 &
waiter=$!
hostq watch "$held" --timeout 30 >"$tmp/watched" 2>&1 &
watcher=$!
one_waits() {
    [ "$(sql "SELECT count(*) FROM hostq.waiters WHERE id = (SELECT max(id) FROM hostq.request_body WHERE kind = 'noop')")" = 1 ]
}
ok "one waits" wait_for 5 one_waits
ok "watch has seen it" wait_for 5 test -s "$tmp/watched"
pg_stop immediate
pg_go
ok "the database was restarted: one waits again" wait_for 10 one_waits
hostq cancel "$held" >/dev/null
wait "$waiter"
is "... and is told: exit 1" $? 1
like "... how it ended" "$(cat "$tmp/out")" "^$held canceled"
wait "$watcher"
is "watch, too: exit 1" $? 1
like "... its last line" "$(tail -n 1 "$tmp/watched")" 'canceled +CANCELLED'

# watch: a line for each change, and an end.
hostq submit provision slow 2 --request-id slow >/dev/null
hostq watch slow >"$tmp/out" 2>"$tmp/err"
is "watch of one that completes: exit 0" $? 0
ok "... $(wc -l <"$tmp/out") lines, each a change" [ "$(wc -l <"$tmp/out")" -ge 2 ] && [ -z "$(cut -d' ' -f2- "$tmp/out" | uniq -d)" ]
ok "... each with its time" [ "$(grep -cE '^20[0-9-]+T[0-9:.]+Z [a-z]+ +[A-Z_]+ +attempt 0' "$tmp/out")" = "$(wc -l <"$tmp/out")" ]
like "... states in order" "$(awk '{print $2}' "$tmp/out" | uniq | tr '\n' ' ')" '^(pending )?(processing )?waiting (processing )?completed $'
like "... with the provider's message" "$(cat "$tmp/out")" '0 of 2 machines are ready'
like "... the last one" "$(tail -n 1 "$tmp/out")" 'completed +COMPLETED +attempt 0 machines 2/2$'
hostq submit provision some 2 --request-id some >/dev/null
hostq watch some --json >"$tmp/out" 2>"$tmp/err"
is "watch --json of one that is partly made: exit 1" $? 1
shows "... each line an object" "$(jq -cs . "$tmp/out")" 'length >= 1 and all(.[]; .request.request_id == "some") and .[-1].request.status == "PARTIAL_SUCCESS"'
hostq watch some >"$tmp/out"
is "watch of one that has ended: exit 1" $? 1
is "... one line" "$(wc -l <"$tmp/out")" 1
