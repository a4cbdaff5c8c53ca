-- What is written when requests end, fail, die or are found late: each step
-- may be repeated, and none undoes what was told (design.md 3).
BEGIN;
\ir helpers.inc
SELECT plan(47);
SELECT pg_temp.template('default', 'T', 1000);
\set mark `cat "$top_srcdir/sql/stmt/mark.sql"`
\set settle_open `cat "$top_srcdir/sql/stmt/settle_open.sql"`
PREPARE mark (int8[], int8[], int8[]) AS :mark;
PREPARE settle_open (int8[], int8[], text[], int8[], int[], text[], int[], bool[], int2[], text[], text[], text[], text[]) AS :settle_open;
CREATE FUNCTION pg_temp.st(rid text) RETURNS text LANGUAGE sql AS $$ SELECT state::text FROM hostq.requests WHERE request_id = rid $$;
CREATE FUNCTION pg_temp.told(rid text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT hostq.hf('getRequestStatus', 'default', NULL, jsonb_build_object('requests', jsonb_build_array(jsonb_build_object('requestId', rid))))#>'{out,requests,0}'
$$;

-- A mark whose answer was lost is repeated.
SELECT pg_temp.submit('{"kind":"noop","requestId":"m"}');
SELECT pg_temp.claim('m');
SELECT pg_temp.id('m') AS m \gset
CREATE TEMP TABLE marked (id bigint);
SELECT format('EXECUTE mark (''{%s}'', ''{7}'', ''{%s}'')', :m, :m) AS q \gset
:q \g (format=unaligned) /dev/null
SELECT is(pg_temp.st('m'), 'processing', 'marked');
CREATE TEMP TABLE first AS SELECT started_at FROM hostq.queue WHERE id = :m;
SELECT results_eq(:'q', format('VALUES (%s::bigint)', :m), 'a repeated mark is ours still');
SELECT is((SELECT count(*) FROM hostq.event WHERE request_id = 'm' AND type = 'start'), 1::bigint, '... and one event');
SELECT is((SELECT started_at FROM hostq.queue WHERE id = :m), (SELECT started_at FROM first), '... and one start');
SELECT is_empty(format('EXECUTE mark (''{%s}'', ''{8}'', ''{}'')', :m), 'another lease marks nothing');

-- updatedAt never goes back: a wait of a minute is later than the start.
CREATE TEMP TABLE seen AS SELECT hostq.status('m')->>'updatedAt' AS at;
SELECT pg_sleep(0.01);
SELECT format('EXECUTE settle_open (''{%s}'', ''{7}'', ''{waiting}'', ''{60000000}'', ''{0}'', ''{NULL}'', ''{0}'', ''{f}'', ''{0}'', ''{default}'', ''{m}'', ''{wait}'', ''{""}'')', :m) AS q \gset
SELECT results_eq(:'q', format('VALUES (%s::bigint)', :m), 'a wait is settled');
SELECT ok(hostq.status('m')->>'updatedAt' > (SELECT at FROM seen), 'updatedAt goes on');
SELECT is((SELECT from_state::text FROM hostq.event WHERE request_id = 'm' AND type = 'wait'), 'processing', 'the event says from where');
SELECT pg_temp.claim('m');
SELECT format('EXECUTE settle_open (''{%s}'', ''{7}'', ''{pending}'', ''{0}'', ''{0}'', ''{NULL}'', ''{0}'', ''{f}'', ''{0}'', ''{default}'', ''{m}'', ''{unclaim}'', ''{""}'')', :m) AS q \gset
:q \g (format=unaligned) /dev/null
SELECT is((SELECT from_state::text FROM hostq.event WHERE request_id = 'm' AND type = 'unclaim'), 'claimed', 'also of a row that was only claimed');

-- An intent whose answer was lost is repeated.
SELECT pg_temp.provision('p', 2);
SELECT pg_temp.start('p');
CREATE FUNCTION pg_temp.intent(rid text, lease bigint, token text) RETURNS boolean LANGUAGE sql AS $$
    SELECT hostq.open_intent(pg_temp.id(rid), lease, token, '{"host":"h1","boot_id":"boot1","units":[{"instance_id":"u-0"},{"instance_id":"u-1"}]}', 'host:h1/boot1', 'h1')
$$;
SELECT ok(pg_temp.intent('p', 7, 'tok'), 'an intent');
SELECT ok(pg_temp.intent('p', 7, 'tok'), 'the same again, for the answer was lost');
SELECT ok(NOT pg_temp.intent('p', 8, 'tok'), 'not under another lease');
SELECT is((SELECT count(*) FROM hostq.intents WHERE id = pg_temp.id('p')), 1::bigint, 'one intent');

-- A late writer wakes no machine of an ended request; the watch does.
SELECT hostq.cancel('p');
SELECT is((SELECT count(*) FROM hostq.requests WHERE cleanup_of = 'p'), 1::bigint, 'cancel with an open intent: a clean-up');
SELECT ok((SELECT deadline IS NULL FROM hostq.requests WHERE cleanup_of = 'p'), '... which stays open until it is settled');
SELECT request_id AS c FROM hostq.requests WHERE cleanup_of = 'p' \gset
UPDATE hostq.machines SET status = 'terminated', ended_at = clock_timestamp() WHERE request_id = 'p';
SELECT pg_temp.start(:'c');
SELECT pg_temp.ends(:'c', 'completed');
SELECT hostq.store_machines('[{"instance_id":"u-1","request_id":"p","provider_api":"process","status":"running","name":"u-1","private_ip":"127.0.0.1","host":"h1","boot_id":"boot1"}]');
SELECT is((SELECT status FROM hostq.machines WHERE instance_id = 'u-1'), 'terminated', 'a late writer says running: it is not believed');
SELECT pg_temp.start('watch:host:h1/boot1');
SELECT pg_sleep(0.01);
UPDATE hostq.queue SET claimed_at = clock_timestamp() WHERE id = pg_temp.id('watch:host:h1/boot1');
SELECT hostq.store_watch(pg_temp.id('watch:host:h1/boot1'), 7, 'h1', 'boot1', '[{"instance_id":"u-1","request_id":"p","pid":11,"start_time":5}]');
SELECT is((SELECT status FROM hostq.machines WHERE instance_id = 'u-1'), 'running', 'the watch sees it: it lives');
SELECT is((SELECT count(*) FROM hostq.requests WHERE cleanup_of = 'p' AND state = 'pending'), 1::bigint, '... and is cleaned up');
SELECT is(pg_temp.told('p')->>'status', 'complete_with_error', 'what was told stays told');

-- A machine told as succeed that was thought gone: told as it was, and taken.
SELECT pg_temp.provision('k', 1);
SELECT pg_temp.machine('k', 'k-0', 'terminated', 'k-0', 'succeed');
SELECT pg_temp.start('k');
SELECT pg_temp.ends('k', 'completed');
CREATE TEMP TABLE was AS SELECT pg_temp.told('k')#>>'{machines,0,result}' AS result, pg_temp.told('k')->>'status' AS status;
SELECT hostq.store_watch(pg_temp.id('watch:host:h1/boot1'), 7, 'h1', 'boot1', '[{"instance_id":"u-1","request_id":"p","pid":11,"start_time":5},{"instance_id":"k-0","request_id":"k","pid":12,"start_time":5}]');
UPDATE hostq.queue SET claimed_at = clock_timestamp() WHERE id = pg_temp.id('watch:host:h1/boot1');
SELECT hostq.store_watch(pg_temp.id('watch:host:h1/boot1'), 7, 'h1', 'boot1', '[{"instance_id":"u-1","request_id":"p","pid":11,"start_time":5},{"instance_id":"k-0","request_id":"k","pid":12,"start_time":5}]');
SELECT is((SELECT count(*) FROM hostq.requests WHERE cleanup_of = 'k'), 1::bigint, 'ended, told as succeed, and alive: cleaned up');
SELECT is(pg_temp.told('k')#>>'{machines,0,result}', (SELECT result FROM was), '... its result is as it was told');
SELECT is(pg_temp.told('k')->>'status', (SELECT status FROM was), '... and its request''s status');
SELECT ok(hostq.hf('getReturnRequests', 'default', NULL, '{}')#>'{out,requests}' @> '[{"machine":"k-0"}]', '... and HostFactory is told, also without a list');

-- A helper that a machine left behind carries its marks, but is not it.
SELECT pg_temp.provision('h', 1);
SELECT pg_temp.machine('h', 'h-0', 'running', 'h-0', 'succeed');
UPDATE hostq.machines SET details = '{"pid":20,"start_time":9}', last_seen = now() - interval '1 min' WHERE instance_id = 'h-0';
SELECT pg_temp.start('h');
SELECT pg_temp.ends('h', 'completed');
SELECT hostq.store_watch(pg_temp.id('watch:host:h1/boot1'), 7, 'h1', 'boot1', '[{"instance_id":"h-0","request_id":"h","pid":20,"start_time":9}]');
SELECT is((SELECT status FROM hostq.machines WHERE instance_id = 'h-0'), 'running', 'the process of the machine is seen');
SELECT hostq.store_watch(pg_temp.id('watch:host:h1/boot1'), 7, 'h1', 'boot1', '[{"instance_id":"h-0","request_id":"h","pid":21,"start_time":10}]');
SELECT is((SELECT status FROM hostq.machines WHERE instance_id = 'h-0'), 'terminated', 'another process with its marks is not it');

-- A person's retry of a return forgets what had failed.
SELECT pg_temp.provision('w', 1);
SELECT pg_temp.machine('w', 'w-0', 'running', 'w-0', 'succeed');
SELECT pg_temp.start('w');
SELECT pg_temp.ends('w', 'completed');
SELECT pg_temp.submit('{"kind":"return","requestId":"rw","machineIds":["w-0"]}');
UPDATE hostq.queue SET deadline = now() - interval '1 s' WHERE id = pg_temp.id('rw');
SELECT is(hostq.sweep_deadlines(10), 1, 'the deadline of a return passes');
SELECT is(pg_temp.told('rw')#>>'{machines,0,result}', 'fail', '... its machine lives: fail');
SELECT matches((SELECT error_message FROM hostq.requests WHERE request_id = 'rw'), 'not ended: w-0$', '... and is named');
SELECT hostq.after_final(ARRAY[pg_temp.id('rw')]);
SELECT matches((SELECT error_message FROM hostq.requests WHERE request_id = 'rw'), 'seconds; not ended: w-0$', '... once, also when the end is written again');
SELECT hostq.retry('rw');
UPDATE hostq.machines SET status = 'terminated', ended_at = now() WHERE instance_id = 'w-0';
SELECT pg_temp.start('rw');
SELECT pg_temp.ends('rw', 'completed');
SELECT hostq.after_final(ARRAY[pg_temp.id('rw')], '{8}');
SELECT is((SELECT result FROM hostq.request_machines WHERE request_id = 'rw'), NULL, 'an end under another lease fixes nothing');
SELECT hostq.after_final(ARRAY[pg_temp.id('rw')], '{7}');
SELECT is(pg_temp.told('rw')#>>'{machines,0,result}', 'succeed', 'after a retry that worked: succeed');

-- Deadlines that a policy puts off do not stand in the way of others.
SELECT pg_temp.submit(jsonb_build_object('kind', 'noop', 'requestId', 'late-' || i, 'timeout', 1, 'policy', '{"stop_before_deadline_ms":-3600000}'::jsonb)) FROM generate_series(1, 5) i;
SELECT pg_temp.submit('{"kind":"noop","requestId":"due","timeout":1}');
UPDATE hostq.queue SET deadline = now() - interval '1 min' WHERE id = ANY (SELECT pg_temp.id('late-' || i) FROM generate_series(1, 5) i);
UPDATE hostq.queue SET deadline = now() - interval '1 s' WHERE id = pg_temp.id('due');
SELECT is(hostq.sweep_deadlines(2), 1, 'five that are put off, and one that is due, at most two a pass');
SELECT is(pg_temp.st('due'), 'timeout', '... the due one ends');

-- max_crashes with machines that are kept.
SELECT pg_temp.submit('{"kind":"provision","requestId":"cr","templateId":"T","machineCount":2,"partialPolicy":"keep"}');
SELECT pg_temp.machine('cr', 'cr-0', 'running', 'cr-0');
SELECT pg_temp.start('cr');
UPDATE hostq.queue SET crashes = 2 WHERE id = pg_temp.id('cr');
SELECT hostq.give_back_rows(ARRAY[pg_temp.id('cr')], pg_temp.epoch(), 0, 'all');
SELECT is((SELECT format('%s %s %s', status, failure_reason, last_reason) FROM hostq.request_overview WHERE request_id = 'cr'),
    'PARTIAL_SUCCESS partial task_terminated', 'a poison request that keeps its machines: PARTIAL_SUCCESS');

-- A daemon that was declared dead and says that it lives takes the blame back.
SELECT pg_temp.submit('{"kind":"noop","requestId":"b"}');
SELECT pg_temp.start('b');
SELECT hostq.give_back_rows(ARRAY[pg_temp.id('b')], pg_temp.epoch(), 0, 'all');
SELECT is((SELECT crashes FROM hostq.requests WHERE request_id = 'b'), 1::smallint, 'a dead daemon''s request counts a crash');
UPDATE hostq.daemons SET state = 'dead', ended_at = now() WHERE epoch = pg_temp.epoch();
SELECT ok(NOT hostq.relock_daemon(pg_temp.epoch(), 1000), 'it comes back: its epoch is dead');
SELECT is((SELECT crashes FROM hostq.requests WHERE request_id = 'b'), 0::smallint, '... and the crash was none');
SELECT is((SELECT count(*) FROM hostq.daemons WHERE counters ? 'blamed'), 0::bigint, '... once');

-- A row that the takeover missed counts as those that it found, whoever finds it.
CREATE FUNCTION pg_temp.dies() RETURNS int LANGUAGE sql AS $$
    INSERT INTO hostq.daemons (name, host, boot_id, pid, version, routes, slots, lease_until)
    VALUES ('d3', 'h3', 'boot3', 1, '0', '{}', 4, clock_timestamp() + interval '1 h');
    SELECT pg_temp.start('b'), pg_temp.start('b2');
    SELECT hostq.take_over(pg_temp.epoch(), 0, '{}', '{}')
$$;
CREATE FUNCTION pg_temp.crashes() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', request_id, state, crashes), ', ' ORDER BY request_id) FROM hostq.requests WHERE request_id IN ('b', 'b2')
$$;
SELECT pg_temp.submit('{"kind":"noop","requestId":"b2"}');
SELECT hostq.sweep_stale(10);
SELECT is(pg_temp.dies(), 0, 'a takeover that misses two rows');
SELECT is(hostq.sweep_stale(10), 2, '... they are found later');
SELECT is(pg_temp.crashes(), 'b pending 1, b2 pending 1', '... and count a crash');
SELECT hostq.relock_daemon(pg_temp.epoch(), 1000);
SELECT is(pg_temp.crashes(), 'b pending 0, b2 pending 0', '... which is taken back');
SELECT pg_temp.dies();
SELECT hostq.relock_daemon(pg_temp.epoch(), 1000);
SELECT hostq.sweep_stale(10);
SELECT is(pg_temp.crashes(), 'b pending 0, b2 pending 0', 'found after its daemon said that it lives: no crash');
SELECT pg_temp.dies();
UPDATE hostq.daemons SET counters = '{}' WHERE epoch = pg_temp.epoch();
SELECT hostq.sweep_stale(10);
SELECT is(pg_temp.crashes(), 'b pending 0, b2 pending 0', 'of one that said that it ends: no crash');
UPDATE hostq.queue SET crashes = 2, lane_id = (lane_id & ~3) | 2 WHERE id = pg_temp.id('b2');
SELECT pg_temp.dies();
UPDATE hostq.daemons SET counters = '{"blame":"suspects"}' WHERE epoch = pg_temp.epoch();
SELECT is(hostq.sweep_stale(10), 1, 'with a suspect in hand: the other one goes on');
SELECT is(pg_temp.crashes(), 'b pending 0, b2 failed 3', '... and only the suspect is blamed');

-- A living host of the same name is no earlier boot.
INSERT INTO hostq.daemons (name, host, boot_id, pid, version, routes, slots, lease_until)
VALUES ('d2', 'h1', 'boot2', 1, '0', '{host:h1/boot2}', 4, clock_timestamp() + interval '1 h');
SELECT pg_temp.machine('cr', 'cr-2', 'running', 'cr-2', 'succeed');
UPDATE hostq.machines SET boot_id = 'boot2' WHERE instance_id = 'cr-2';
SELECT hostq.forget_older_boots('h1', 'boot3');
SELECT is((SELECT string_agg(instance_id || ' ' || status, ', ' ORDER BY instance_id) FROM hostq.machines WHERE instance_id IN ('cr-0', 'cr-2')),
    'cr-0 terminated, cr-2 running', 'machines of boots that nobody serves end, those of a living daemon stay');

SELECT * FROM finish();
ROLLBACK;
