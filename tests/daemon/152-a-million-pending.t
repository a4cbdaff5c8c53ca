#!/bin/sh
# design 3.7, 3.10: a million requests wait in the lane. A daemon is killed:
# its rows run elsewhere within a second. A due poll, a retry that is due and
# a suspect do not wait behind the million.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 9
pg_start
sql "INSERT INTO hostq.queues (name, paused, audit) VALUES ('big', true, 'full')"
daemon_start d1 --slots=4
victim=$daemon_pid
daemon_start d2 --slots=4 --metrics_listen=127.0.0.1:0
poll=$(submit '{"kind":"noop","queue":"big","waits":1,"wait_ms":1500}')
# Only the first ones are reached, so only they need a body; and the last one.
sql "WITH b AS (INSERT INTO hostq.request_body (id, created_at, request_id, namespace, kind, queue, priority, payload, submitted_by)
        SELECT n, now(), 'job-m-' || n, 'default', 'noop', 'big', 'normal', '{\"duration_ms\":20}', 'test'
        FROM generate_series(10, 1000009) n WHERE n < 20010 OR n = 1000009)
    INSERT INTO hostq.queue (id, lane_id, run_at) SELECT n, q.lane_id, clock_timestamp()
    FROM hostq.queue q, generate_series(10, 1000009) n"
settled_daemons
hostq resume big >/dev/null
wait_for 5 says "(SELECT count(*) FROM hostq.finished) > 50"

# The last of all becomes one whose daemon died twice.
sql "UPDATE hostq.queue SET lane_id = lane_id + 2, crashes = 2 WHERE id = 1000009"
began=$(now)
ok "a suspect is done" wait_for 5 says "EXISTS (SELECT FROM hostq.finished WHERE id = 1000009 AND state = 'completed')"
spans "within two seconds" "$(sql "SELECT ((extract(epoch FROM finished_at) * 1000000 - $began) / 1000)::int FROM hostq.finished WHERE id = 1000009")" 2500
expect_state "$poll" completed 5
spans "a due poll is not behind the million" "$(sql "SELECT (extract(epoch FROM c.at - (w.details->>'not_before')::timestamptz) * 1000)::int
    FROM hostq.event w, hostq.event c WHERE w.request_id = '$poll' AND w.type = 'wait'
        AND c.request_id = '$poll' AND c.type = 'claim' AND c.at > w.at")" 200
killed=$(now)
kill -9 "$victim"
reclaimed() {
    sql "SELECT $1 FROM hostq.event r JOIN hostq.event s USING (request_id)
        WHERE r.type = 'reclaim' AND r.daemon = 2 AND s.type = 'start' AND s.at > r.at"
}
ok "its rows are taken over" wait_for 5 says "(SELECT count(*) FROM hostq.event WHERE type = 'reclaim' AND daemon = 2) > 0"
n=$(sql "SELECT count(*) FROM hostq.event WHERE type = 'reclaim' AND daemon = 2")
wait_for 5 says "(SELECT count(*) FROM hostq.event r JOIN hostq.event s USING (request_id)
        WHERE r.type = 'reclaim' AND r.daemon = 2 AND s.type = 'start' AND s.at > r.at) = $n"
is "and all begun elsewhere" "$(reclaimed "count(*), min(s.daemon)")" "$n|2"
spans "within a second" "$(reclaimed "((extract(epoch FROM max(s.at)) * 1000000 - $killed) / 1000)::int")" 1100
like "of the million most still wait" "$(sql "SELECT count(*) FROM hostq.queue")" '^99[0-9]{4}$'
is "and no write missed its row" "$(metric d2 hostq_lost_ownership_total)" 0
