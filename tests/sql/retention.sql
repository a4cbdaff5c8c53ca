-- Retention: partitions made ahead, what is over removed with all that belongs
-- to it, by drop where a range is narrow, by rows where it is wide; nothing
-- open, living or being cleaned up is touched.
-- Without a transaction around it: plans outlive a partition only in that of its drop.
\ir helpers.inc
SELECT plan(43);
SELECT pg_temp.template('default', 'T', 1000);
UPDATE hostq.queues SET retention_s = 86400 * 30;
UPDATE hostq.settings SET value = '1000' WHERE name = 'partition_rows';

CREATE FUNCTION pg_temp.ranges() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(format('%s-%s', lo, hi), ' ' ORDER BY lo) FROM hostq.id_partitions() WHERE body IS NOT NULL AND ends IS NOT NULL $$;
-- sets the clock of a request back
CREATE FUNCTION pg_temp.aged(rid text, days int) RETURNS void LANGUAGE sql AS $$
    UPDATE hostq.request_body SET created_at = now() - days * interval '1 day' - interval '1 h' WHERE id = pg_temp.id(rid);
    UPDATE hostq.finished SET finished_at = now() - days * interval '1 day' WHERE id = pg_temp.id(rid);
$$;
CREATE FUNCTION pg_temp.old(rid text, days int, req jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.submit('{"kind":"noop"}'::jsonb || req || jsonb_build_object('requestId', rid));
    PERFORM pg_temp.start(rid);
    PERFORM pg_temp.ends(rid, 'completed');
    PERFORM pg_temp.aged(rid, days);
    RETURN rid;
END $$;
CREATE FUNCTION pg_temp.known(OUT text) LANGUAGE sql AS $$ SELECT coalesce(string_agg(request_id, ' ' ORDER BY id), '') FROM hostq.request_rows $$;
CREATE FUNCTION pg_temp.sweep(n int DEFAULT 20) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- A whole pass, and its start again.
    FOR i IN 1..n LOOP
        PERFORM hostq.sweep_retention(1000);
    END LOOP;
END $$;
CREATE FUNCTION pg_temp.ahead() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WHILE hostq.sweep_partitions() > 0 LOOP
    END LOOP;
END $$;

-- Made ahead.
SELECT is(pg_temp.ranges(), '0-10000000', 'a new schema has the first range');
SELECT pg_temp.ahead();
SELECT is(pg_temp.ranges(), '0-10000000 10000000-12500000', 'the next one is ahead, wider than asked where much is kept');
SELECT pg_temp.ahead();
SELECT is(pg_temp.ranges(), '0-10000000 10000000-12500000', 'one is enough');
SELECT setval('hostq.request_seq', 10000500);
SELECT pg_temp.old('in-second', 0);
SELECT is((SELECT tableoid::regclass::text FROM hostq.request_body WHERE request_id = 'in-second'), 'hostq.request_body_10000000', 'a request lies in its range');
-- Everybody queues behind such a lock: none is waited for while another is held.
BEGIN;
SELECT hostq.sweep_partitions();
SELECT is((SELECT string_agg(c.relname, ' ') FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE l.pid = pg_backend_pid() AND l.mode = 'AccessExclusiveLock' AND c.relkind = 'p'),
    'request_body', 'one lock at a time');
COMMIT;
SELECT pg_temp.ahead();
SELECT is(pg_temp.ranges(), '0-10000000 10000000-12500000 12500000-15625000', 'the sequence is in the last one: another is made, contiguous');
SELECT setval('hostq.request_seq', 500000000);
SELECT pg_temp.submit('{"kind":"noop","requestId":"jumped"}');
SELECT is((SELECT tableoid::regclass::text FROM hostq.request_body WHERE request_id = 'jumped'), 'hostq.request_body_default', 'the sequence jumped: DEFAULT takes it');
SELECT pg_temp.ahead();
SELECT alike(pg_temp.ranges(), '% 12500000-15625000 500001000-%', 'a gap is no matter, nor are rows of DEFAULT');
DROP TABLE hostq.finished_500001000;
SELECT pg_temp.ahead();
SELECT alike(pg_temp.ranges(), '% 12500000-15625000 500001000-%', 'one that was made for one table only is made for the other');
SELECT pg_temp.ends('jumped', 'canceled');

-- The rest in one narrow range of its own.
DO $$
DECLARE
    p record;
BEGIN
    FOR p IN SELECT * FROM hostq.id_partitions() LOOP
        EXECUTE format('DROP TABLE hostq.%I, hostq.%I', p.body, p.ends);
    END LOOP;
    TRUNCATE hostq.request_body, hostq.finished, hostq.queue, hostq.ids;
    PERFORM setval('hostq.request_seq', 600000000);
    PERFORM pg_temp.ahead();
END $$;
SELECT setval('hostq.request_seq', 600001000);
SELECT pg_temp.ahead();
SELECT is(pg_temp.ranges(), '600001000-600002000 600002000-600003000', 'two narrow ranges');

-- Rows of a wide range (in time): the one in use.
SELECT pg_temp.submit('{"kind":"noop","requestId":"open"}');
UPDATE hostq.request_body SET created_at = now() - interval '50 days' WHERE request_id = 'open';
SELECT pg_temp.old('r40', 40), pg_temp.old('r31', 31), pg_temp.old('r29', 29), pg_temp.old('r1', 1);
SELECT is(hostq.retry('r40')#>>'{error,code}', 'CONFLICT', 'completed: no retry');
SELECT is(hostq.how_to_remove(600001000, 600002000, 'b', 'f', now()), 'rows', 'a range in use that began long ago: rows');
SELECT pg_temp.sweep(1);
SELECT is(pg_temp.known(), 'open r29 r1', 'what is over is removed, what is open or younger stays');
SELECT is((SELECT count(*) FROM hostq.ids WHERE request_id IN ('r40', 'r31')), 0::bigint, 'its id is free');
SELECT is((SELECT count(*) FROM hostq.ids), 3::bigint, 'the others are not');
SELECT is(hostq.why_not('r40'), 'there is no request ''r40''', 'it is gone');
SELECT is(hostq.submit('{"kind":"noop","requestId":"r40"}')->>'created', 'true', 'the id may be used anew');
SELECT hostq.cancel('r40');

-- A queue with a shorter retention of its own.
INSERT INTO hostq.queues (name, kind, retention_s) VALUES ('short', 'noop', 3600);
SELECT pg_temp.old('s1', 1, '{"queue":"short"}'), pg_temp.old('s0', 0, '{"queue":"short"}');
SELECT pg_temp.sweep();
SELECT is(pg_temp.known(), 'open r29 r1 r40 s0', 'a queue''s own retention');
SELECT pg_temp.old('s2', 0, '{"queue":"short"}'), pg_temp.ends('open', 'failed', 'internal', 'x');
UPDATE hostq.finished SET state = 'failed', failure_reason = 'internal', error_message = 'x', finished_at = now() - interval '2 h' WHERE id = pg_temp.id('s2');
SELECT is(hostq.retry('s2')#>>'{error,details,field}', 'retention', 'what is past its retention is not opened again');
SELECT is(hostq.retry('open')->>'state', 'pending', 'what is not, is');
DELETE FROM hostq.queues WHERE name = 'short';

-- Machines.
SELECT pg_temp.provision(r) FROM unnest('{living,fresh,returning,over}'::text[]) r;
SELECT pg_temp.start(r), pg_temp.machine(r, 'i-' || r), pg_temp.ends(r, 'completed') FROM unnest('{living,fresh,returning,over}'::text[]) r;
SELECT pg_temp.submit('{"kind":"return","requestId":"ret","machineIds":["i-returning"]}');
SELECT pg_temp.aged(r, 40) FROM unnest('{living,fresh,returning,over}'::text[]) r;
UPDATE hostq.machines SET status = 'terminated', ended_at = now() - CASE request_id WHEN 'fresh' THEN interval '2 days' ELSE interval '35 days' END
WHERE request_id IN ('fresh', 'returning', 'over');
SELECT pg_temp.sweep();
SELECT is((SELECT string_agg(request_id, ' ' ORDER BY id) FROM hostq.request_body WHERE kind = 'provision'), 'living fresh returning', 'machines that live, ended lately or are in an open return keep their request');
SELECT is((SELECT string_agg(instance_id, ' ' ORDER BY machine_id) FROM hostq.machines), 'i-living i-fresh i-returning', 'the others go with it');
-- The return ends and is younger than the provision.
SELECT pg_temp.start('ret'), pg_temp.ends('ret', 'completed');
SELECT pg_temp.sweep();
SELECT is((SELECT count(*) FROM hostq.request_body WHERE request_id = 'returning'), 0::bigint, 'the provision is forgotten');
SELECT is((SELECT count(*) FROM hostq.machines WHERE instance_id = 'i-returning'), 1::bigint, 'its machine is known while a return about it is');
SELECT pg_temp.aged('ret', 31);
SELECT pg_temp.sweep();
SELECT is((SELECT count(*) FROM hostq.machines WHERE instance_id = 'i-returning') + (SELECT count(*) FROM hostq.request_machines), 0::bigint, 'and goes with it');
INSERT INTO hostq.intents (id, token, body, lease) SELECT id, 't', '{}', 1 FROM hostq.request_body WHERE request_id = 'r29';
SELECT pg_temp.aged('r29', 31);
SELECT pg_temp.sweep();
SELECT ok(pg_temp.id('r29') IS NOT NULL, 'an open intent keeps its request');
DELETE FROM hostq.intents;

-- A drop.
SELECT pg_temp.aged(request_id, 60) FROM hostq.request_body;
SELECT is(hostq.how_to_remove(600001000, 600002000, 'b', 'f', now()), 'rows', 'a range in use is not dropped');
SELECT setval('hostq.request_seq', 600002001);
SELECT pg_temp.ahead();
SELECT is(hostq.how_to_remove(600001000, 600002000, 'b', 'f', now()), 'drop', 'one that is full and over is');
SELECT is(hostq.how_to_remove(600001000, 600002000, 'b', NULL, now()), 'rows', 'not where one of the two is missing');
SELECT pg_temp.old('young', 0);
INSERT INTO hostq.results (id, queue, namespace) VALUES (pg_temp.id('r1'), 'noop', 'default');
UPDATE hostq.finished SET finished_at = now() - interval '1 day' WHERE id = pg_temp.id('s0');
SELECT pg_temp.sweep();
SELECT alike(pg_temp.ranges(), '600002000-%', 'it is dropped');
SELECT is(pg_temp.known(), 'open s0 living fresh young', 'open, of living machines, and those that ended late stay');
SELECT is((SELECT string_agg(DISTINCT tableoid::regclass::text, ' ') FROM hostq.request_body WHERE request_id <> 'young'), 'hostq.request_body_default', 'in the DEFAULT partition');
SELECT is((SELECT string_agg(request_id, ' ' ORDER BY id) FROM hostq.ids), 'open s0 living fresh young', 'ids of the others are free');
SELECT is((SELECT count(*) FROM hostq.results), 0::bigint, 'and their results');
SELECT hostq.cancel('open');
SELECT pg_temp.aged('open', 31), pg_temp.aged('s0', 31);
UPDATE hostq.machines SET status = 'terminated', ended_at = now() - interval '31 days' WHERE request_id = 'living';
SELECT pg_temp.sweep();
SELECT is(pg_temp.known(), 'fresh young', 'and go from there when they are over');

-- A watch outlives its retention while its host is served.
SELECT hostq.need_watch('host:h1/boot1'), hostq.need_watch('host:h9/boot9');
SELECT pg_temp.ends(request_id, 'failed', 'internal', 'x'), pg_temp.aged(request_id, 60) FROM hostq.request_body WHERE kind = 'watch';
SELECT setval('hostq.request_seq', 600003100);
SELECT pg_temp.aged('young', 60);
SELECT pg_temp.ahead();
SELECT pg_temp.sweep();
SELECT is(pg_temp.known(), 'fresh watch:host:h1/boot1', 'the watch of a served host stays');
SELECT is(hostq.retry('watch:host:h1/boot1')->>'state', 'pending', 'and can be opened again');

-- Events.
SELECT is((SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE inhparent = 'hostq.event'::regclass AND c.relname ~ '^event_\d+$'), 3::bigint, 'today and two days ahead');
SELECT hostq.make_partition('event', 'event_20200101', '2020-01-01', '2020-01-02');
INSERT INTO hostq.event (at, request_id, namespace, type) SELECT '2020-01-01 12:00:00+00', r, 'default', 'submit' FROM unnest('{forgotten,watch:host:h1/boot1}'::text[]) r;
INSERT INTO hostq.event (at, request_id, namespace, type) VALUES ('2020-06-01', 'forgotten', 'default', 'submit'), (now() - interval '29 days', 'forgotten', 'default', 'submit');
UPDATE hostq.request_body SET created_at = '2020-01-01' WHERE kind = 'watch';
SELECT pg_temp.sweep(2);
SELECT is(to_regclass('hostq.event_20200101'), NULL, 'an old day is dropped');
SELECT is((SELECT string_agg(concat(request_id, ' ', at::date), ', ' ORDER BY at) FROM hostq.event WHERE at < now() - interval '1 day' AND type = 'submit'),
    'watch:host:h1/boot1 2020-01-01, forgotten ' || (now() - interval '29 days')::date, 'what belongs to the open stays, and so does what is young');
SELECT is((SELECT next_id FROM hostq.retention_pass), 0::bigint, 'a pass begins anew');

-- Twins of lanes: those that are empty are retired, those that are not are walked.
SELECT pg_temp.submit('{"kind":"noop","requestId":"twin"}');
INSERT INTO hostq.lanes (queue, priority, twin, used_at) SELECT 'noop', 'low', n, now() - n * interval '6 min' FROM generate_series(1, 3) n;
CREATE FUNCTION pg_temp.in_twin(n int) RETURNS text LANGUAGE sql AS $$
    UPDATE hostq.queue SET lane_id = 4 * (SELECT base FROM hostq.lanes WHERE priority = 'low' AND twin = n) + 1 WHERE id = pg_temp.id('twin');
    SELECT hostq.sweep_house();
    SELECT string_agg(twin::text, ' ' ORDER BY twin) FROM hostq.lanes WHERE priority = 'low' AND retired_at IS NOT NULL $$;
SELECT is(pg_temp.in_twin(3), '2', 'an empty twin is retired after ten minutes');
SELECT is(pg_temp.in_twin(2), '3', 'and taken back when something is in it');
SELECT * FROM finish();
