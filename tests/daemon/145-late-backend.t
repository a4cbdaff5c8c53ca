#!/bin/sh
# F28, design 3.7: the backend of a lost connection that goes on late (it was
# stopped, or in a long fsync) leaves no row claimed in nobody's hand.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 4
pg_start
# statement_timeout 1 s of the lease's 3, so that the daemon gives up soon.
daemon_start d1 --lease=3s
backend() {
    sed -n 's/.*db.connected .*backend=\([0-9]*\).*/\1/p' "$tmp/d1.log" | tail -n 1
}
old=$(backend)
is "the ledger's backend is known" "$(sql "SELECT application_name FROM pg_stat_activity WHERE pid = $old")" "hostqd ledger 1"
kill -STOP "$old"
id=$(submit '{"kind":"noop"}')
connected_again() {
    [ "$(backend)" != "$old" ]
}
# What was sent to the old one waits in its socket meanwhile.
wait_for 20 connected_again || diagnose
kill -CONT "$old"
ok "the old backend is ended" wait_for 10 says "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $old)"
expect_state "$id" completed 15
is "... and nothing is held by nobody" "$(sql "SELECT count(*) FROM hostq.queue WHERE owner IS NOT NULL AND id = (SELECT max(id) FROM hostq.request_body WHERE kind = 'noop')")" 0
