-- The retry budget: retries beyond it are put off, in order, before their
-- deadline; first tries, polls and queues without one are left alone.
BEGIN;
\ir helpers.inc
SELECT plan(21);
INSERT INTO hostq.queues (name, kind) VALUES ('free', 'noop');
CREATE FUNCTION pg_temp.told() RETURNS bigint LANGUAGE sql AS $$ SELECT deadline_us FROM hostq.beat(pg_temp.epoch(), 10000, 0, 4, false, NULL, NULL) $$;
SELECT is(pg_temp.told(), NULL, 'without a budget the sweeper sleeps');
UPDATE hostq.queues SET retry_budget = 60 WHERE name = 'noop';
SELECT is(pg_temp.told(), 0::bigint, 'with one it looks every second');
CREATE FUNCTION pg_temp.retry(rid text, delay interval, attempt int DEFAULT 1, req jsonb DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.submit('{"kind":"noop"}'::jsonb || req || jsonb_build_object('requestId', rid));
    PERFORM pg_temp.rest(rid, 'pending', delay, '{"last_reason":"throttled"}', attempt);
END $$;
CREATE FUNCTION pg_temp.after(rid text) RETURNS float8 LANGUAGE sql AS $$ SELECT extract(epoch FROM run_at - clock_timestamp()) FROM hostq.queue WHERE id = pg_temp.id(rid) $$;
CREATE FUNCTION pg_temp.put_off() RETURNS text LANGUAGE sql AS $$ SELECT coalesce(string_agg(b.request_id, ' ' ORDER BY q.run_at), '') FROM hostq.queue q JOIN hostq.request_body b USING (id) WHERE note ? 'put_off' $$;

SELECT is(hostq.put_off_retries(100), 0, 'nothing to do');
SELECT pg_temp.retry('r' || i, i * interval '10 ms') FROM generate_series(1, 12) i;
SELECT pg_temp.retry('free' || i, i * interval '10 ms', 1, '{"queue":"free"}') FROM generate_series(1, 12) i;
SELECT pg_temp.submit('{"kind":"noop","requestId":"first"}'), pg_temp.submit('{"kind":"noop","requestId":"poll"}');
SELECT pg_temp.rest('poll', 'waiting', '0 s', '{}', 1);
SELECT pg_temp.retry('far', '10 s');
SELECT is(hostq.put_off_retries(100), 6, 'six a minute''s tenth, the other six later');
SELECT is(pg_temp.put_off(), 'r7 r8 r9 r10 r11 r12', 'in the order in which they were due');
SELECT ok(pg_temp.after('r6') < 0.2, 'the sixth is due at once');
SELECT ok(pg_temp.after('r7') BETWEEN 0.1 AND 1.2, 'the seventh in a second');
SELECT ok(pg_temp.after('r12') BETWEEN 5.1 AND 6.2, 'the twelfth in six');
SELECT is((SELECT count(*) FROM hostq.queue q JOIN hostq.request_body b USING (id) WHERE b.queue = 'free' AND (run_at > clock_timestamp() + interval '0.3 s' OR note ? 'budget')), 0::bigint, 'a queue without a budget: as they were');
SELECT ok(pg_temp.after('first') < 0.1 AND pg_temp.after('poll') < 0.1, 'a first try and a poll: as they were');
SELECT ok(pg_temp.after('far') > 9, 'a retry that is not near: later');
SELECT is(hostq.put_off_retries(100), 0, 'nobody is put off twice');
SELECT is(pg_temp.put_off(), 'r7 r8 r9 r10 r11 r12', 'nor moved');
SELECT matches(hostq.why_not('r12'), '^attempt 1 failed \(throttled\); the retry budget of queue noop, 60 a minute, puts it off to ', 'why_not');
SELECT pg_temp.retry('again', '0.5 s', 2);
UPDATE hostq.queue SET note = '{"budget":1,"put_off":1}' WHERE id = pg_temp.id('again');
SELECT is(hostq.put_off_retries(100), 1, 'the next attempt counts anew');
SELECT ok(pg_temp.after('again') BETWEEN 6.1 AND 7.2, 'behind the others');
-- The deadline is stronger than the budget.
SELECT pg_temp.retry('urgent', '0.5 s', 1, '{"timeout":4}');
SELECT pg_temp.retry('policy', '0.5 s', 1, '{"timeout":5,"policy":{"stop_before_deadline_ms":2000}}');
SELECT hostq.put_off_retries(100);
SELECT ok(pg_temp.after('urgent') BETWEEN 2 AND 3, 'before its deadline');
SELECT ok(pg_temp.after('policy') BETWEEN 1 AND 2, 'before its deadline less stop_before_deadline_ms');
-- The setting, for queues without one of their own.
SELECT hostq.set('retry_budget', '1');
SELECT pg_temp.retry('late' || i, '1 s', 1, '{"queue":"free"}') FROM generate_series(1, 2) i;
SELECT is(hostq.put_off_retries(100), 14, 'the setting is for every queue'); -- one a minute: all of them
UPDATE hostq.queues SET retry_budget = 0 WHERE name = 'free';
SELECT pg_temp.retry('none', '1 s', 1, '{"queue":"free"}');
SELECT is(hostq.put_off_retries(100), 0, '0: none, whatever the setting says');
SELECT is((SELECT count(*) FROM hostq.queue WHERE state <> 'pending' AND id <> pg_temp.id('poll')), 0::bigint, 'nothing ended by it');
SELECT * FROM finish();
ROLLBACK;
