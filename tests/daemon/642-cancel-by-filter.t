#!/bin/sh
# Issue 6: a great many requests canceled by one command, while a daemon works
# others of the same queue and no claim waits for it longer than 50 ms; retry by
# filter, redrive. ROWS=1000000 makes it a million.
# shellcheck disable=SC2154 # variables of lib.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"

plan 19
pg_start
rows=${ROWS:-20000}
# A server that has run for a while has old WAL files to use again; a new one
# writes 16 MB of zeros for each, and every commit waits for that.
sql "ALTER SYSTEM SET wal_init_zero = off"
sql "SELECT pg_reload_conf()" >/dev/null
sql "CREATE TABLE waits (ms float8); CREATE TABLE stop ();
    WITH b AS (INSERT INTO hostq.request_body (id, created_at, request_id, namespace, kind, queue, priority, payload, submitted_by)
        SELECT id, now(), hostq.make_request_id('noop', id), 'default', 'noop', 'noop', 'normal', '{\"tags\":{\"batch\":\"7\"}}', session_user
        FROM (SELECT nextval('hostq.request_seq') AS id FROM generate_series(1, $rows)) x RETURNING id)
    INSERT INTO hostq.queue (id, lane_id, run_at) SELECT id, hostq.find_lane('noop', 'low', NULL, NULL, NULL, NULL, NULL, false), now() + interval '1 h' FROM b"
like "a dry run counts" "$(hostq cancel --where queue=noop --where tag=batch=7 --dry-run)" "^$rows would be canceled \\{\"pending\": *$rows\\}, such as \\[\"job-"
is "and changes nothing" "$(count pending)" "$rows"
daemon_start d --slots=50
# A stream of others, and one who looks for what waits for a lock.
psql -XAtq -c "DO \$\$BEGIN LOOP PERFORM hostq.submit('{\"kind\":\"noop\",\"tags\":{\"batch\":\"8\"}}'); COMMIT; PERFORM pg_sleep(0.002); EXIT WHEN EXISTS (SELECT FROM stop); END LOOP; END\$\$" >/dev/null 2>&1 &
stream=$!
psql -XAtq -c "DO \$\$BEGIN LOOP INSERT INTO waits SELECT extract(epoch FROM clock_timestamp() - l.waitstart) * 1000 FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE NOT l.granted AND a.application_name LIKE 'hostqd%'; COMMIT; PERFORM pg_sleep(0.004);
    EXIT WHEN NOT EXISTS (SELECT FROM hostq.queue); END LOOP; END\$\$" >/dev/null 2>&1 &
watcher=$!
wait_for 5 says "(SELECT count(*) FROM hostq.finished WHERE state = 'completed') > 50"
at=$(now)
like "canceled" "$(hostq cancel --where queue=noop --where tag=batch=7)" "^$rows canceled, 0 left alone"
took=$((($(now) - at) / 1000))
while_it_ran=$(sql "SELECT count(*) FROM hostq.finished WHERE state = 'completed' AND claimed_at BETWEEN 'epoch'::timestamptz + $at * interval '1 us' AND 'epoch'::timestamptz + $at * interval '1 us' + $took * interval '1 ms'")
sql "INSERT INTO stop DEFAULT VALUES"
wait "$stream"
others=$(sql "SELECT count(*) FROM hostq.request_body WHERE payload @> '{\"tags\":{\"batch\":\"8\"}}'")
ok "all the others are done" wait_for 20 count_is completed "$others"
wait "$watcher"
is "and all of the filter's" "$(count canceled)" "$rows"
ok "they were worked in the meantime, too" [ "$while_it_ran" -gt $((took / 50)) ]
spans "no daemon waited longer for a lock" "$(sql "SELECT coalesce(ceil(max(ms)), 0)::int FROM waits")" 50
latency=$(sql "SELECT string_agg(p || ' ' || round(ms::numeric, 1), ', ') FROM (SELECT unnest(ARRAY['p50', 'p99', 'max']) AS p,
        unnest(percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY extract(epoch FROM f.claimed_at - b.created_at) * 1000)) AS ms
    FROM hostq.finished f JOIN hostq.request_body b USING (id) WHERE f.state = 'completed') x")
echo "# submit to claim of the others: $latency ms"
echo "# $rows canceled in $took ms, $while_it_ran others worked meanwhile, longest wait $(sql "SELECT coalesce(round(max(ms)), 0) FROM waits") ms"

# What runs is canceled, too, and its daemon told.
long=$(hostq submit noop --tag batch=9 --param duration_ms=60000)
expect_state "$long" processing 5
hostq cancel --where tag=batch=9 --where state=pending >/dev/null
is "not another state" "$(state "$long")" processing
hostq cancel --where tag=batch=9 >/dev/null
is "what runs" "$(state "$long")" canceled
ok "its slot is free" wait_for 5 says "(SELECT in_flight FROM hostq.daemons WHERE name = 'd') = 0"

# retry and redrive
noops 5 '"fail":"permanent","tags":{"batch":"f"}'
noops 3 '"fail":"permanent","queue":"noop"'
ok "eight have failed" wait_for 5 count_is failed 8
hostq pause noop >/dev/null
like "a dry run of those that fit" "$(hostq retry --where tag=batch=f --dry-run)" '^5 would be tried again'
like "those are tried again" "$(hostq retry --where tag=batch=f)" '^5 tried again, 0 left alone'
is "and nothing else" "$(count failed) $(count pending)" "3 5"
like "redrive takes the rest" "$(hostq redrive noop --json)" '"changed": *3'

# Bad filters change nothing.
like "no condition" "$(hostq cancel 2>&1)" 'an id or --where is missing'
like "an unknown one is named" "$(hostq cancel --where queu=noop 2>&1)" "queu"
like "a bad time" "$(hostq cancel --where createdBefore=soon 2>&1)" 'createdBefore.*soon'
