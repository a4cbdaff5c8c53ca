#!/bin/sh
# sql/stmt/claim.sql: the mark of a row may be the number of a group of lockers
# (multixact), which is no transaction and may look like one to come.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 2
pg_start
pg_stop fast
as_pg dd if=/dev/zero of="$PGHOST/data/pg_multixact/offsets/0000" bs=8k count=32 2>/dev/null
as_pg "$PGBIN/pg_resetwal" -m 60000,1 -D "$PGHOST/data" >/dev/null
pg_go
id=$(submit '{"kind":"noop"}')
sql "BEGIN; SAVEPOINT a; SELECT FROM hostq.queue FOR SHARE; RELEASE a; SAVEPOINT b; UPDATE hostq.queue SET note = NULL; ROLLBACK TO b; COMMIT"
is "a free row with such a mark" "$(sql "SELECT xmax::text::bigint >= 60000 FROM hostq.queue")" t
daemon_start d
expect_state "$id" completed 5
