#!/bin/sh
# F11, M89: a daemon is killed with -9 half way: another one takes its work
# over within a second, nothing is lost, nothing ends twice.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 12
pg_start
sql "UPDATE hostq.queues SET audit = 'full' WHERE name = 'noop'"
daemon_start d1 --slots=50 --metrics_listen=127.0.0.1:0
victim=$daemon_pid
daemon_start d2 --slots=50 --metrics_listen=127.0.0.1:0
settled_daemons
noops 1000 '"duration_ms":50'
wait_for 5 says "(SELECT count(*) FROM hostq.finished) >= 300"
killed=$(now)
kill -9 "$victim"
ok "all 1,000 complete" wait_for 10 count_is completed 1000
is "nothing is left, nothing ended twice" \
    "$(sql "SELECT (SELECT count(*) FROM hostq.queue), (SELECT count(*) FROM hostq.finished),
        count(*), count(DISTINCT request_id) FROM hostq.events WHERE type = 'complete'")" "0|1000|1000|1000"
spans "taken over within a second" "$(sql "SELECT ((extract(epoch FROM max(at)) * 1000000 - $killed) / 1000)::int
    FROM hostq.events WHERE type = 'reclaim'")" 1000
ok "and not before it could be known" test "$(sql "SELECT ((extract(epoch FROM min(at)) * 1000000 - $killed) / 1000)::int
    FROM hostq.events WHERE type = 'reclaim'")" -ge 450
like "the log names it" "$(grep daemon.taken_over "$tmp/d2.log")" 'epoch=1 why=lock_free rows=[1-9][0-9]*'
held=$(sql "SELECT count(*) FROM hostq.events WHERE type = 'reclaim'")
like "what it held, and no more" "$held" '^([1-9]|[1-4][0-9]|50)$'
is "taken back once each, from it, by the other" \
    "$(sql "SELECT count(DISTINCT request_id), min((details->>'owner')::int), max((details->>'owner')::int), min(daemon_id)
        FROM hostq.events WHERE type = 'reclaim'")" "$held|1|1|d2#2"
is "a crash is no attempt" "$(sql "SELECT max(retry_attempt), max(crashes) FROM hostq.requests")" "0|1"
is "only those were begun twice" \
    "$(sql "SELECT count(*) FROM (SELECT FROM hostq.events WHERE type = 'start' GROUP BY request_id HAVING count(*) > 1) x")" "$held"
is "the dead one is told as dead" "$(sql "SELECT state, ended_why, in_flight FROM hostq.daemons WHERE epoch = 1")" "dead|lock free|0"
is "counted" "$(metric d2 hostq_takeovers_total) $(metric d2 hostq_reclaimed_total)" "1 $held"
is "the living one lost nothing" "$(metric d2 hostq_lost_ownership_total)" 0
