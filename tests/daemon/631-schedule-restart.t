#!/bin/sh
# The database is restarted, fast and in the middle of a crash, under a schedule
# of one second: each second has exactly one request.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 6
pg_start
daemon_start d1
sql "SELECT hostq.schedule_set('{\"name\":\"tick\",\"cron\":\"* * * * * *\",\"request\":{\"kind\":\"noop\"}}')" >/dev/null
made_are() {
    [ "$(sql "SELECT count(*) FROM hostq.request_body")" -ge "$1" ]
}
runs="(SELECT split_part(request_id, ':', 3)::bigint AS run, created_at FROM hostq.request_body)"
ok "runs are made" wait_for 6 made_are 2
for mode in fast immediate; do
    pg_stop $mode
    sleep 2.2 # so that several runs are late at once
    # shellcheck disable=SC2119 # no options
    pg_go
    n=$(sql "SELECT count(*) FROM hostq.request_body")
    ok "and go on after a restart ($mode)" wait_for 10 made_are $((n + 3))
done
is "none twice" "$(sql "SELECT count(*) - count(DISTINCT run) FROM $runs r")" 0
is "none left out" "$(sql "SELECT max(run) - min(run) + 1 - count(*) FROM $runs r")" 0
ok "all complete" wait_for 5 says "NOT EXISTS (SELECT FROM hostq.requests WHERE state <> 'completed' AND created_at < clock_timestamp() - interval '0.5 s')"
