#!/bin/sh
# What a request costs the server, as a budget: bytes of WAL, rows written, and
# every update of the queue HOT. doc/PERFORMANCE.md has the figures; a change that
# is worth its bytes changes them here and there.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"

# Per request of kind noop with audit = stamps, about 5 % above what was measured.
SUBMIT_BYTES=500
LIFE_BYTES=480
SUBMIT_ROWS=2
LIFE_ROWS=3

requests=20000
plan 6
# Page images depend on when checkpoints come, vacuum on its naps: neither here.
PG_OPTIONS="-c full_page_writes=off -c autovacuum=off -c checkpoint_timeout=1h -c max_wal_size=10GB"
pg_start

wal() {
    sql "SELECT pg_current_wal_insert_lsn() - '0/0'"
}

# Rows inserted, updated and deleted; sessions report theirs when they end.
rows() {
    sql "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables WHERE schemaname = 'hostq'"
}

settle_stats() {
    wait_for 5 says "NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())"
}

within() { # NAME TOTAL BUDGET
    each=$(sql "SELECT round($2 / $requests.0, 3)")
    ok "$1: $each, budget $3" says "$each <= $3 AND $each > 0"
}

noops 1 # lanes and the first page of everything
settle_stats
wal_0=$(wal) rows_0=$(rows)
noops $requests
settle_stats
within "WAL bytes of a submit" "($(wal) - $wal_0)" $SUBMIT_BYTES
within "rows written by a submit" "($(rows) - $rows_0)" $SUBMIT_ROWS

sql CHECKPOINT
wal_0=$(wal) rows_0=$(rows)
daemon_start d1
wait_for 60 says "NOT EXISTS (SELECT FROM hostq.queue)"
wal_1=$(wal)
daemon_stop "$daemon_pid"
settle_stats
within "WAL bytes from claim to end" "($wal_1 - $wal_0)" $LIFE_BYTES
within "rows written from claim to end" "($(rows) - $rows_0)" $LIFE_ROWS
is "every update of the queue was HOT" "$(sql "SELECT n_tup_hot_upd, n_tup_upd - n_tup_hot_upd FROM pg_stat_user_tables
    WHERE schemaname = 'hostq' AND relname = 'queue'")" "$((requests + 1))|0"
is "all completed" "$(count completed)" $((requests + 1))
