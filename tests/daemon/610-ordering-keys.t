#!/bin/sh
# Issue 6: 1,000 requests over 20 ordering keys, four daemons of which two are
# killed, some attempts that fail: each key runs one at a time and in the order
# of its submits, and nobody else is held up.
# shellcheck disable=SC2154 # variables of lib.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"

plan 12
pg_start
sql "UPDATE hostq.queues SET backoff_ms = 20 WHERE name = 'noop'"
completed() { # CONDITION N
    says "(SELECT count(*) FROM hostq.requests WHERE state = 'completed' AND $1) = $2"
}
daemon_start a
first=$daemon_pid
daemon_start b
second=$daemon_pid
daemon_start c
daemon_start d
settled_daemons

# A head that runs long holds up its own key only; what is behind it says so.
head=$(hostq submit noop --ordering-key long --param duration_ms=60000)
behind=$(hostq submit noop --ordering-key long)
expect_state "$head" processing 5
like "why_not names the one before it" "$(hostq explain "$behind")" "^an earlier request of its ordering key long has not ended: $head \\(processing\\); 1 before it$"

# Ten of each key in turn; every seventh fails once.
sql "SELECT count(hostq.submit(jsonb_build_object('kind', 'noop', 'orderingKey', 'k' || k, 'duration_ms', 2, 'requestId', format('k%s-%s', k, n))
    || CASE WHEN n % 7 = 0 THEN '{\"fail\":\"retry\",\"fail_times\":1}'::jsonb ELSE '{}' END)) FROM generate_series(1, 50) n, generate_series(1, 20) k" >/dev/null
wait_for 20 says "(SELECT count(*) FROM hostq.requests WHERE state = 'completed' AND ordering_key LIKE 'k%') > 100"
kill -9 "$first"
# Others come through in the meantime.
noops 200 '"tags":{"free":"1"}'
ok "200 without an ordering key are done" wait_for 5 completed "tags ? 'free'" 200
ok "while those with one are still at work" says "(SELECT count(*) FROM hostq.queue q JOIN hostq.request_body b USING (id) WHERE ordering_key LIKE 'k%') > 0"
wait_for 20 says "(SELECT count(*) FROM hostq.requests WHERE state = 'completed' AND ordering_key LIKE 'k%') > 500"
kill -9 "$second"
ok "all 1,000 complete" wait_for 60 completed "ordering_key LIKE 'k%'" 1000
is "of each key one at a time: none starts before the one before has ended" "$(sql "SELECT count(*) FROM (
    SELECT f.first_started_at AS s, lag(f.finished_at) OVER (PARTITION BY b.ordering_key ORDER BY b.id) AS e
    FROM hostq.finished f JOIN hostq.request_body b USING (id) WHERE b.ordering_key LIKE 'k%') x WHERE s < e")" 0
is "and in the order of their submits" "$(sql "SELECT count(*) FROM (
    SELECT split_part(b.request_id, '-', 2)::int AS n, row_number() OVER (PARTITION BY b.ordering_key ORDER BY f.finished_at) AS nr
    FROM hostq.finished f JOIN hostq.request_body b USING (id) WHERE b.ordering_key LIKE 'k%') x WHERE n <> nr")" 0
is "nothing is left of them" "$(sql "SELECT count(*) FROM hostq.ordered WHERE ordering_key LIKE 'k%'")" 0
is "the long one ran all the time, alone" "$(state "$behind")" pending
hostq cancel "$head" >/dev/null
expect_state "$behind" completed 5
# A submit that has not committed has the key, and holds up nobody.
x=$(hostq submit noop --ordering-key tx --param duration_ms=1000)
y=$(hostq submit noop --ordering-key tx)
psql -XAtq -c BEGIN -c "SELECT hostq.submit('{\"kind\":\"noop\",\"orderingKey\":\"tx\"}')" -c "SELECT pg_sleep(3)" -c COMMIT >/dev/null 2>&1 &
blocker=$!
expect_state "$x" completed 5
wait "$blocker"
ok "when it is over the next one goes" wait_for 5 in_state "$y" completed
