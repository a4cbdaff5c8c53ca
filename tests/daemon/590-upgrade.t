#!/bin/sh
# The schema of every release (tests/upgrade/VERSION.sql, a pg_dump of it) is
# brought up by `hostq migrate`, keeps its rows and works.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
set -- "$top_srcdir"/tests/upgrade/*.sql
plan $(($# * 4))
pg_start
now=$(sql "SELECT max(version) FROM hostq.schema_version")
for dump in "$@"; do
    release=$(basename "$dump" .sql)
    PGDATABASE=hostq
    "$PGBIN/createdb" "old_$release"
    PGDATABASE=old_$release
    psql -XAtq -v ON_ERROR_STOP=1 -f "$dump" >"$tmp/restore.out" 2>&1 || cat "$tmp/restore.out"
    ok "$release: migrate" hostq migrate
    is "$release: is the present version" "$(sql "SELECT max(version) FROM hostq.schema_version")" "$now"
    daemon_start "d_$release"
    is "$release: a request of the release is still there" \
        "$(sql "SELECT state FROM hostq.requests WHERE request_id = 'kept'")" completed
    expect_state "$(submit '{"kind":"noop"}')" completed 5
    daemon_stop "$daemon_pid"
done
