#!/bin/sh
# Issue 6: 20 submits of one unique key at once: one row, the same id told to
# all; also when the first of them rolls back. And the client's options.
# shellcheck disable=SC2154 # variables of lib.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"

plan 14
pg_start
at_once() { # KEY: 20 clients that wait for one moment
    hold_lock
    for n in $(seq 20); do
        psql -XAtq -c "SELECT pg_advisory_lock_shared(4242)" \
            -c "SELECT (hostq.submit('{\"kind\":\"noop\",\"unique\":{\"key\":\"$1\"}}'))->>'requestId'" >"$tmp/id.$n" 2>&1 &
        clients="${clients:-} $!"
    done
    wait_for 10 says "(SELECT count(*) FROM pg_locks WHERE objid = 4242 AND NOT granted) = 20"
    let_go
    for n in $clients; do
        wait "$n"
    done
    clients=
}
at_once one
is "one row" "$(sql "SELECT count(*) FROM hostq.requests")" 1
is "one id" "$(cat "$tmp"/id.* | grep job- | sort -u | wc -l)" 1
is "told to all" "$(cat "$tmp"/id.* | grep -c "^$(sql "SELECT request_id FROM hostq.requests")\$")" 20

# The first has not committed, and then rolls back.
psql -XAtq -c BEGIN -c "SELECT hostq.submit('{\"kind\":\"noop\",\"unique\":{\"key\":\"two\"}}')" \
    -c "SELECT pg_advisory_lock(4343), pg_sleep(60)" >/dev/null 2>&1 &
first=$!
wait_for 5 says "EXISTS (SELECT FROM pg_locks WHERE objid = 4343 AND granted)"
at_once two &
others=$!
wait_for 10 says "(SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted) = 20"
sql "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE objid = 4343 AND granted" >/dev/null
wait "$first"
wait "$others"
is "rolled back: one row of another" "$(sql "SELECT count(*) FROM hostq.requests WHERE payload->'unique'->>'key' = 'two'")" 1
is "and one id for all" "$(cat "$tmp"/id.* | grep job- | sort | uniq -c | awk '{print $1}')" 20

# The client.
a=$(hostq submit noop --unique k)
is "kept" "$(hostq submit noop --unique k)" "$a"
b=$(hostq submit noop --unique k --unique-mode replace)
is "replaced" "$(state "$a") $(state "$b")" "canceled pending"
like "which it says" "$(hostq explain "$a")" "replaced by $b"
like "refused" "$(hostq submit noop --unique k --unique-mode refuse 2>&1)" "Unique key 'k' is taken by request $b"
hostq submit noop --unique k --unique-mode refuse >/dev/null 2>&1
is "with exit 4" "$?" 4
daemon_start d
expect_state "$b" completed 5
isnt() { if [ "$2" != "$3" ]; then report 0 "$1"; else report 1 "$1"; fi; }
isnt "when it has ended the key is free" "$(hostq submit noop --unique k)" "$b"
c=$(hostq submit noop --unique w --unique-window 1h)
expect_state "$c" completed 5
is "but within a window" "$(hostq submit noop --unique w --unique-window 1h)" "$c"
