#!/bin/sh
# A schedule of one second in real time: the daemon that makes its runs is
# killed with -9, another one goes on. Each second has exactly one request, and
# each is made on time while a daemon lives.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 8
pg_start
daemon_start d1
victim=$daemon_pid
daemon_start d2
sql "SELECT hostq.schedule_set('{\"name\":\"tick\",\"cron\":\"* * * * * *\",\"request\":{\"kind\":\"noop\"}}')" >/dev/null
made() {
    sql "SELECT count(*) FROM hostq.request_body"
}
made_are() {
    [ "$(made)" -ge "$1" ]
}
# Time of a run, from its id.
runs="(SELECT split_part(request_id, ':', 3)::bigint AS run, request_id, created_at FROM hostq.request_body)"
settled_daemons
ok "runs are made" wait_for 6 made_are 3
killed=$(now)
kill -9 "$victim"
ok "and go on after the kill" wait_for 10 says "(SELECT count(*) >= 2 FROM $runs r WHERE run * 1000000 > $killed + 3000000)"
is "none twice" "$(sql "SELECT count(*) - count(DISTINCT run) FROM $runs r")" 0
is "none left out" "$(sql "SELECT max(run) - min(run) + 1 - count(*) FROM $runs r")" 0
is "all completed or about to" "$(sql "SELECT count(*) FROM hostq.requests WHERE state NOT IN ('completed', 'pending', 'claimed', 'processing')")" 0
late="(extract(epoch FROM created_at) - run) * 1000"
spans "on time before the kill" "$(sql "SELECT max($late)::int FROM $runs r WHERE run * 1000000 < $killed - 1000000
    AND run > (SELECT min(run) FROM $runs x)")" 400
spans "on time when the other one has taken over" "$(sql "SELECT max($late)::int FROM $runs r WHERE run * 1000000 > $killed + 3000000")" 400
is "the schedule knows the last one" "$(sql "SELECT last_request_id = (SELECT request_id FROM $runs r ORDER BY run DESC LIMIT 1), last_error IS NULL FROM hostq.schedules")" "t|t"
