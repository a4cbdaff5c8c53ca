-- Ordering keys: who is due, what each way to end does, delays, namespaces.
BEGIN;
\ir helpers.inc
SELECT plan(26);
CREATE FUNCTION pg_temp.s(rid text, k text DEFAULT 'k', more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.submit('{"kind":"noop"}'::jsonb || jsonb_build_object('requestId', rid, 'orderingKey', k) || more) $$;
CREATE FUNCTION pg_temp.held() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(b.request_id, ' ' ORDER BY o.position), '') FROM hostq.queue q JOIN hostq.ordered o USING (id) JOIN hostq.request_body b USING (id)
    WHERE q.run_at = 'infinity' $$;
SELECT pg_temp.s('a'), pg_temp.s('b'), pg_temp.s('c'), pg_temp.s('d'), pg_temp.s('x', 'other'), pg_temp.submit('{"kind":"noop","requestId":"plain"}');
SELECT is(pg_temp.held(), 'b c d', 'the first of each key is due');
SELECT is((SELECT not_before FROM hostq.requests WHERE request_id = 'b'), NULL, 'the view shows no time that never comes');
SELECT is((SELECT next_us FROM hostq.beat(pg_temp.epoch(), 10000, 0, 4, false, ARRAY(SELECT q.lane_id FROM hostq.queue q WHERE id = pg_temp.id('b')), ARRAY[4102444800000000])),
    NULL, 'nor does the heartbeat');
SELECT is(hostq.why_not('c'), 'an earlier request of its ordering key k has not ended: a (pending); 2 before it', 'why_not');
SELECT is(hostq.submit('{"kind":"noop","orderingKey":""}')#>>'{error,details,field}', 'orderingKey', 'an empty key is refused');
SELECT is(hostq.submit('{"kind":"noop","orderingKey":7}')#>>'{error,details,limit}', '1..200 characters', 'and a number');
SELECT is((SELECT count(DISTINCT lane_id) FROM hostq.queue WHERE id = ANY (ARRAY[pg_temp.id('a'), pg_temp.id('x')])), 1::bigint, 'two keys, one lane');
SELECT isnt((SELECT lane_id FROM hostq.queue WHERE id = pg_temp.id('a')), (SELECT lane_id FROM hostq.queue WHERE id = pg_temp.id('plain')), 'which is not that of others');

SELECT hostq.cancel('c');
SELECT is(pg_temp.held(), 'b d', 'one in the middle goes, nobody comes');
SELECT hostq.cancel('a');
SELECT is(pg_temp.held(), 'd', 'canceled: the next one');
UPDATE hostq.queue SET deadline = now() - interval '1 s' WHERE id = pg_temp.id('b');
UPDATE hostq.request_body SET timeout = interval '1 s' WHERE id = pg_temp.id('b');
SELECT hostq.sweep_deadlines(100);
SELECT is((SELECT state FROM hostq.finished WHERE id = pg_temp.id('b')), 'timeout', 'b ran out of time');
SELECT is(pg_temp.held(), '', 'and d goes on');
SELECT hostq.retry('a');
SELECT is(pg_temp.held(), 'a', 'what a person tries again is the last of its key');
SELECT pg_temp.start('d');
SELECT pg_temp.ends('d', 'completed');
SELECT hostq.order_goes_on(ARRAY[pg_temp.id('d'), pg_temp.id('plain')]);
SELECT is(pg_temp.held(), '', 'settled by a daemon');
SELECT hostq.order_goes_on(ARRAY[pg_temp.id('a')]);
SELECT is((SELECT count(*) FROM hostq.ordered WHERE id = pg_temp.id('a')), 1::bigint, 'what has not ended stays, whoever asks');

SELECT pg_temp.s('late', 'k', '{"delay":60000}'), pg_temp.s('last');
SELECT hostq.cancel('a');
SELECT ok((SELECT run_at BETWEEN now() + interval '50 s' AND now() + interval '70 s' FROM hostq.queue WHERE id = pg_temp.id('late')), 'a delay of its own is kept');
SELECT is(pg_temp.held(), 'last', 'and holds those behind it');
SELECT pg_temp.rest('late', 'pending', '1 h', '{"last_reason":"throttled"}', 1);
SELECT is(pg_temp.held(), 'last', 'so does a retry');

SELECT pg_temp.s('n1', 'k', '{"namespace":"n"}');
SELECT is(pg_temp.held(), 'last', 'a key is one of its namespace');

-- nets
DELETE FROM hostq.ordered WHERE id = pg_temp.id('late');
SELECT is(hostq.why_not('last'), 'it is the next of ordering key k and about to be let go', 'why_not of one that was forgotten');
SELECT is(hostq.find_stopped_orders(), 1, 'which is found');
SELECT is((SELECT deadline_us FROM hostq.beat(pg_temp.epoch(), 10000, 0, 4, false, NULL, NULL)), 0::bigint, 'the sweeper is told');
SELECT is(hostq.let_late_go(), 1, 'and lets it go');
SELECT is(pg_temp.held() || (SELECT count(*) FROM hostq.order_late), '0', 'once');
SELECT is(hostq.find_stopped_orders(), 0, 'nothing else is');

-- An advisory lock for each would fill the lock table of the server.
CREATE TEMP TABLE locks AS SELECT count(*) AS n FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory';
SELECT pg_temp.s('many' || n, 'many' || n) FROM generate_series(1, 300) n \g /dev/null
SELECT hostq.cancel('many' || n) FROM generate_series(1, 300) n \g /dev/null
SELECT is((SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'), (SELECT n FROM locks), 'many keys in one transaction take no lock of the server each');
SELECT * FROM finish();
ROLLBACK;
