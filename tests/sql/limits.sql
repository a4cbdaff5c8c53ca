-- Limits per key: what is refused, what daemons may take, what why_not says,
-- and requests that were there before the limit. F9.
BEGIN;
\ir helpers.inc
SELECT plan(46);
CREATE FUNCTION pg_temp.field(r jsonb) RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', r#>>'{error,code}', r#>>'{error,details,field}', r#>>'{error,details,value}', r#>>'{error,details,limit}') $$;

-- refusals
SELECT is(pg_temp.field(hostq.limit_key('k', '{"maxRunning":-1}')), 'VALIDATION_ERROR maxRunning -1 0..1000000', 'maxRunning below 0');
SELECT is(pg_temp.field(hostq.limit_key('k', '{"maxRunning":1.5}')), 'VALIDATION_ERROR maxRunning 1.5 0..1000000', 'half a request');
SELECT is(pg_temp.field(hostq.limit_key('k', '{"maxRunning":"3"}')), 'VALIDATION_ERROR maxRunning 3 0..1000000', 'a text');
SELECT is(pg_temp.field(hostq.limit_key('k', '{"ratePerSecond":0}')), 'VALIDATION_ERROR ratePerSecond 0 0.0001..1000000', 'a rate of 0');
SELECT is(pg_temp.field(hostq.limit_key('k', '{"burst":0}')), 'VALIDATION_ERROR burst 0 1..1000000', 'a burst of 0');
SELECT is(pg_temp.field(hostq.limit_key('k', '{"most":1}')), 'VALIDATION_ERROR most 1 maxRunning, ratePerSecond, burst', 'an unknown field');
SELECT is(pg_temp.field(hostq.limit_key('k', '{}')), 'VALIDATION_ERROR limit {} {maxRunning, ratePerSecond, burst}', 'no limit');
SELECT is(pg_temp.field(hostq.limit_key('k', NULL)), 'VALIDATION_ERROR limit {maxRunning, ratePerSecond, burst}', 'none at all');
SELECT is(pg_temp.field(hostq.limit_key('', '{"maxRunning":1}')), 'VALIDATION_ERROR key  1..200 characters', 'an empty key');
SELECT is(pg_temp.field(hostq.limit_key(E'a\nb', '{"maxRunning":1}')), E'VALIDATION_ERROR key a\nb 1..200 characters', 'a key of two lines');
SELECT is((SELECT count(*) FROM hostq.keys), 0::bigint, 'nothing was stored');
SELECT is(pg_temp.field(hostq.submit('{"kind":"noop","key":7}')), 'VALIDATION_ERROR key 7 1..200 characters', 'submit: a key is a text');
SELECT is(pg_temp.field(hostq.submit('{"kind":"noop","key":""}')), 'VALIDATION_ERROR key  1..200 characters', 'submit: not an empty one');

-- limits
SELECT pg_temp.submit('{"kind":"noop","key":"k","requestId":"before"}'), pg_temp.submit('{"kind":"noop","key":"other","requestId":"other"}'),
    pg_temp.submit('{"kind":"noop","requestId":"plain"}');
CREATE FUNCTION pg_temp.lane(rid text) RETURNS text LANGUAGE sql AS $$ SELECT l.key FROM hostq.queue q JOIN hostq.lanes l ON l.base = q.lane_id / 4 WHERE q.id = pg_temp.id(rid) $$;
SELECT is(pg_temp.lane('before'), NULL, 'a key without a limit has no lane of its own');
SELECT is(hostq.limit_key('k', '{"maxRunning":3}'), '{"key":"k","maxRunning":3,"ratePerSecond":null,"burst":null,"held":0}', 'a limit');
SELECT is(pg_temp.lane('before'), 'k', 'what waits already goes into the lane of the key');
SELECT is(pg_temp.lane('other'), NULL, 'another key does not');
SELECT is(pg_temp.lane('plain'), NULL, 'nor what has none');
SELECT pg_temp.submit('{"kind":"noop","key":"k","requestId":"after"}');
SELECT is(pg_temp.lane('after'), 'k', 'what comes later is there at once');
SELECT is(hostq.limit_key('k', '{"ratePerSecond":12.5}')->>'maxRunning', '3', 'what is not named stays');
SELECT is(hostq.limit_key('k', '{"ratePerSecond":null}')->>'ratePerSecond', NULL, 'null takes a limit away');
SELECT is((SELECT jsonb_agg(x->'key') FROM jsonb_array_elements(hostq.limits_list()) x), '["k"]', 'the list');
SELECT is((SELECT count(*) FROM hostq.event WHERE type = 'limit'), 3::bigint, 'each change is an event');

-- permits; lane of the key
SELECT q.lane_id AS lane FROM hostq.queue q WHERE id = pg_temp.id('after') \gset
SELECT number FROM hostq.keys WHERE key = 'k' \gset
SET hostq.lane = :lane;
SET hostq.number = :number;
CREATE FUNCTION pg_temp.take(e int, held int, used int, want int, unspent int DEFAULT 0, b bigint DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', coalesce(t.held::text, '-'), t.starts, t.work) FROM hostq.take_permits(e, ARRAY[current_setting('hostq.number')::int], ARRAY[held], ARRAY[used],
        ARRAY[want], ARRAY[unspent], ARRAY[current_setting('hostq.number')::int], ARRAY[current_setting('hostq.lane')::int], ARRAY[b]) t $$;
INSERT INTO hostq.daemons (name, host, boot_id, pid, version, routes, slots, lease_until)
VALUES ('e', 'h1', 'boot1', 1, '0', '{}', 4, clock_timestamp() + interval '1 h') RETURNING epoch AS other \gset
SELECT is(pg_temp.take(:epoch, 0, 0, 2), '2 0 t', 'two of three');
SELECT is(pg_temp.take(:other, 0, 0, 9), '1 0 t', 'the other daemon gets the third');
SELECT is(pg_temp.take(:epoch, 2, 2, 9), '2 0 t', 'there are no more');
SELECT hostq.limit_key('k', '{"maxRunning":1}');
SELECT is(pg_temp.take(:epoch, 2, 2, 9), '0 0 t', 'lowered: it may begin none');
SELECT is((SELECT sum(held) FROM hostq.key_permits), 3::bigint, 'what runs counts on');
SELECT is(pg_temp.take(:epoch, 2, 1, 9), '0 0 t', 'nor when one has ended');
SELECT is(pg_temp.take(:epoch, 1, 0, 9), '0 0 t', 'the other one has the one that is left');
SELECT is(pg_temp.take(:other, 1, 0, 0), '0 0 t', 'given back');
SELECT is((SELECT count(*) FROM hostq.key_permits), 0::bigint, 'without a trace');
SELECT hostq.limit_key('k', '{"maxRunning":3}');
SELECT pg_temp.take(:other, 0, 0, 3);
UPDATE hostq.daemons SET state = 'dead', ended_at = now(), ended_why = 'test' WHERE epoch = :other;
SELECT is(pg_temp.take(:epoch, 0, 0, 3), '3 0 t', 'of a dead daemon no permit counts');
SELECT is(pg_temp.take(:epoch, 3, 0, 3, 0, 4102444800000000), '0 0 f', 'where nothing is due, all of them go back');
SELECT is(pg_temp.take(:epoch, 0, 0, 3, 0, 4102444800000000), '- 0 f', 'and the key is not even locked');

-- starts
SELECT hostq.limit_key('k', '{"maxRunning":null,"ratePerSecond":10}');
UPDATE hostq.key_tokens SET tokens = 0, filled_at = clock_timestamp() - interval '100 ms';
SELECT is(pg_temp.take(:epoch, 0, 0, 9), '0 1 t', 'a tenth of a second is one start');
UPDATE hostq.key_tokens SET tokens = 0, filled_at = clock_timestamp() - interval '1 h';
SELECT is(pg_temp.take(:epoch, 0, 0, 9), '0 2 t', 'an hour is no more than the burst');
SELECT is(pg_temp.take(:epoch, 0, 0, 9), '0 0 t', 'which is spent');
SELECT is(pg_temp.take(:epoch, 0, 0, 0, 2), '0 0 t', 'what was not used goes back');
SELECT is(pg_temp.take(:epoch, 0, 0, 9), '0 2 t', 'and can be taken again');
UPDATE hostq.key_tokens SET tokens = 0, filled_at = clock_timestamp() + interval '1 h';
SELECT is(pg_temp.take(:epoch, 0, 0, 9), '0 0 t', 'a clock that went back gives nothing');
SELECT ok((SELECT filled_at <= clock_timestamp() FROM hostq.key_tokens), 'and is right again from then on');

-- limits that are gone
SELECT hostq.limit_key('k', '{"ratePerSecond":null,"maxRunning":5}');
SELECT pg_temp.take(:epoch, 0, 0, 3);
SELECT hostq.limit_key('k', '{"maxRunning":null}');
SELECT is(pg_temp.take(:epoch, 3, 1, 0, 2), '1 0 t', 'what was held of a limit that is gone goes back');
SELECT is((SELECT count(*) FROM hostq.key_permits WHERE epoch = :epoch), 0::bigint, 'all of it');

-- why_not
SELECT hostq.limit_key('k', '{"maxRunning":0,"ratePerSecond":null}');
SELECT is(hostq.why_not('after'), 'key k has reached its limit: 0 of 0 run', 'a limit of 0');
SELECT hostq.limit_key('k', '{"maxRunning":1}'), pg_temp.start('before');
SELECT is(hostq.why_not('after'), 'key k has reached its limit: 1 of 1 run (before)', 'who has the permits');
SELECT * FROM finish();
ROLLBACK;
