-- Unique keys, submit of many, cancel and retry by filter: what is refused,
-- what counts, and what a chunk does.
BEGIN;
\ir helpers.inc
SELECT plan(73);
CREATE FUNCTION pg_temp.u(u jsonb, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$ SELECT hostq.submit('{"kind":"noop"}'::jsonb || jsonb_build_object('unique', u) || more) $$;
CREATE FUNCTION pg_temp.field(r jsonb) RETURNS text LANGUAGE sql AS $$ SELECT concat_ws(' ', r#>>'{error,code}', r#>>'{error,details,field}', r#>>'{error,details,value}', r#>>'{error,details,limit}') $$;

-- unique
SELECT is(pg_temp.field(pg_temp.u('"k"')), 'VALIDATION_ERROR unique k {key, mode, window}', 'no object');
SELECT is(pg_temp.field(pg_temp.u('{"mode":"keep"}')), 'VALIDATION_ERROR unique.key 1..200 characters', 'no key');
SELECT is(pg_temp.field(pg_temp.u('{"key":""}')), 'VALIDATION_ERROR unique.key  1..200 characters', 'an empty key');
SELECT is(pg_temp.field(pg_temp.u('{"key":"k","mode":"drop"}')), 'VALIDATION_ERROR unique.mode drop keep, replace, refuse', 'an unknown mode');
SELECT is(pg_temp.field(pg_temp.u('{"key":"k","window":0}')), 'VALIDATION_ERROR unique.window 0 1..31536000 s', 'no window');
SELECT is(pg_temp.field(pg_temp.u('{"key":"k","windw":1}')), 'VALIDATION_ERROR windw 1 key, mode, window', 'an unknown field');
SELECT is((SELECT count(*) FROM hostq.queue) + (SELECT count(*) FROM hostq.unique_keys), 0::bigint, 'nothing of these is left');
SELECT is(pg_temp.u('{"key":"k"}', '{"requestId":"a"}'), '{"requestId":"a","created":true}', 'the first');
SELECT is(pg_temp.u('{"key":"k"}', '{"requestId":"b"}'), '{"requestId":"a","created":false}', 'the second is the first');
SELECT is(hostq.submit('{"kind":"noop","requestId":"b"}')->>'created', 'true', 'whose own id was not used up');
SELECT is(pg_temp.u('{"key":"k"}', '{"requestId":"n","namespace":"n"}')->>'requestId', 'n', 'another namespace');
INSERT INTO hostq.queues (name, kind) VALUES ('other', 'noop');
SELECT is(pg_temp.u('{"key":"k"}', '{"requestId":"q","queue":"other"}')->>'requestId', 'q', 'another queue');
SELECT is(pg_temp.field(pg_temp.u('{"key":"k","mode":"refuse"}')), 'CONFLICT unique.key k', 'refused');
SELECT is(pg_temp.u('{"key":"k","mode":"replace","window":60}', '{"requestId":"c"}'), '{"requestId":"c","created":true}', 'replaced');
SELECT is((SELECT error_message FROM hostq.finished WHERE id = pg_temp.id('a')), 'replaced by c', 'which the first says');
SELECT pg_temp.start('c');
SELECT is(pg_temp.u('{"key":"k","mode":"replace"}')->>'requestId', 'c', 'what runs is not replaced');
SELECT pg_temp.ends('c', 'completed');
SELECT is(pg_temp.u('{"key":"k","window":60}')->>'requestId', 'c', 'completed within the window');
UPDATE hostq.unique_keys SET created_at = now() - interval '61 s' WHERE id = pg_temp.id('c');
SELECT is(pg_temp.u('{"key":"k","window":60}', '{"requestId":"d"}')->>'requestId', 'd', 'no longer');
SELECT pg_temp.start('d'), pg_temp.ends('d', 'failed', 'quota', 'no');
SELECT is(pg_temp.u('{"key":"k","window":60}', '{"requestId":"e"}')->>'requestId', 'e', 'one that failed does not count');
SELECT is(hostq.retry('d')#>>'{error,message}', 'Request ''d'' cannot be tried again: its unique key ''k'' is taken by request e', 'a second of one key is not opened');
SELECT is((SELECT count(*) FROM hostq.queue q JOIN hostq.request_body b USING (id) WHERE b.queue = 'noop' AND b.namespace = 'default' AND b.payload->'unique'->>'key' = 'k'), 1::bigint, 'one is open');
SELECT is(hostq.retry('c')#>>'{error,details,value}', 'completed', 'nor one that completed');
SELECT hostq.cancel('e');
SELECT is(hostq.retry('d')->>'state', 'pending', 'it is, when the other has ended');
SELECT is(pg_temp.u('{"key":"k"}')->>'requestId', 'd', 'and has the key again');
SELECT hostq.cancel('d');
SELECT hostq.retry('e');
SELECT is(pg_temp.u('{"key":"k","mode":null,"window":null}')->>'requestId', 'e', 'null is as good as absent');
SELECT pg_temp.start('e'), pg_temp.ends('e', 'completed');
SELECT is(pg_temp.u('{"key":"k","window":60}', '{"requestId":"g"}')->>'requestId', 'e', 'the window it was opened again with');
UPDATE hostq.unique_keys SET expires_at = NULL WHERE id = pg_temp.id('e');
SELECT is(pg_temp.u('{"key":"k","window":60}', '{"requestId":"h"}')->>'requestId', 'h', 'one without a window is free when it has ended, swept or not');
SELECT hostq.cancel('h'), hostq.cancel('n');
SELECT is(regexp_replace(hostq.why_not('g'), '20[-0-9: ]+UTC', 'T'), 'there is no request ''g'': its submit was answered at T with e, which had its unique key ''k''', 'why there is none: kept');
SELECT pg_temp.u('{"key":"k","mode":"refuse","window":60}', '{"requestId":"i"}');
SELECT pg_temp.u('{"key":"k","mode":"refuse"}', '{"requestId":"j"}');
SELECT is(regexp_replace(hostq.why_not('j'), '20[-0-9: ]+UTC', 'T'), 'there is no request ''j'': its submit was refused at T: Unique key ''k'' is taken by request i', 'refused');
SELECT hostq.cancel('i');
SELECT hostq.forget_unique_keys(100);
SELECT is((SELECT string_agg(b.request_id, ' ' ORDER BY b.request_id) FROM hostq.unique_keys u JOIN hostq.request_body b USING (id)), 'i q', 'forgotten: ended and out of the window');

-- many
SELECT is(pg_temp.field(hostq.submit_many('{}')), 'VALIDATION_ERROR requests {} list of requests', 'no list');
SELECT is(pg_temp.field(hostq.submit_many((SELECT jsonb_agg('{}'::jsonb) FROM generate_series(1, 10001)))), 'VALIDATION_ERROR requests 10001 10000', 'too many');
SELECT is(hostq.submit_many('[]'), '{"accepted":0,"refused":0,"answers":[]}', 'none');
SELECT is(hostq.submit_many('[{"kind":"noop","requestId":"m1"},{"kind":"nop"},{"kind":"noop","requestId":"m2"}]') #- '{answers,1}',
    '{"accepted":2,"refused":1,"answers":[{"requestId":"m1","created":true},{"requestId":"m2","created":true}]}', 'a refused one refuses itself');
SELECT is(hostq.submit_many('[{"kind":"noop","requestId":"m3"},{"kind":"nop"}]', true)->>'accepted', '0', 'all or none');
SELECT is(hostq.request_key('m3'), NULL, 'nothing is left of them');
SELECT is(hostq.submit_many('[{"kind":"noop","requestId":"m3"},{"kind":"nop","requestId":"m4"}]', true)#>>'{answers,0,error,details,field}', 'atomic', 'the others say that it was not they');
SELECT is((SELECT count(*) FROM hostq.event WHERE request_id IN ('m3', 'm4') AND type = 'rejected' AND details->>'method' = 'submit_many'), 1::bigint, 'the refused one has its event');
SELECT is(hostq.submit_many('[{"kind":"noop","requestId":"m3"},{"kind":"nop"}]', true)#>>'{answers,1,error,message}', 'Unknown kind ''nop''', 'and the refused one says why');

-- staged
INSERT INTO hostq.staging (batch, request) VALUES ('b', '{"kind":"noop","requestId":"s1"}'), ('b', '{"kind":"nop"}'), ('b', '{"kind":"noop","requestId":"s2"}'),
    ('other', '{"kind":"noop","requestId":"s3"}');
SELECT is(pg_temp.field(hostq.submit_staged('b', 0)) || pg_temp.field(hostq.submit_staged('b', 10001)), 'VALIDATION_ERROR limit 0 1..10000VALIDATION_ERROR limit 10001 1..10000', 'so many at once');
SELECT is(hostq.submit_staged('b', 2), '{"accepted":1,"refused":1,"left":1}', 'staged: a part');
SELECT is(hostq.submit_staged('b'), '{"accepted":1,"refused":0,"left":0}', 'the rest');
SELECT is(hostq.staged_refused('b') #>> '{0,error,message}', 'Unknown kind ''nop''', 'a refused one stays, with the reason');
SELECT is((SELECT array_agg(request_id ORDER BY id) FROM hostq.request_body WHERE request_id LIKE 's_'), '{s1,s2}', 'in order, and no other batch');
UPDATE hostq.staging SET staged_by = 'another' WHERE batch = 'other';
SELECT is(hostq.submit_staged('other'), '{"accepted":0,"refused":0,"left":0}', 'what another role has copied in is not ours');

-- filters
SELECT is(pg_temp.field(hostq.cancel_where('{}', false)), 'VALIDATION_ERROR where {} at least one condition, or all=true', 'no condition');
SELECT is(pg_temp.field(hostq.cancel_where('{"all":"no"}', false)), 'VALIDATION_ERROR all no true', 'all=no');
SELECT is(pg_temp.field(hostq.cancel_where('{"state":"done"}', false)), 'VALIDATION_ERROR state done pending, claimed, processing, waiting, failed, timeout, canceled', 'an unknown state');
SELECT is(pg_temp.field(hostq.retry_where('{"state":"pending"}', false)), 'VALIDATION_ERROR state pending failed, timeout, canceled', 'an open one cannot be retried');
SELECT is(pg_temp.field(hostq.cancel_where('{"createdBefore":"soon"}', false)), 'VALIDATION_ERROR createdBefore soon a time', 'no time');
SELECT is(pg_temp.field(hostq.cancel_where('{"tag":"x"}', false)), 'VALIDATION_ERROR tag x KEY=VALUE', 'no tag');
SELECT hostq.cancel_where('{"all":"true"}', false);
SELECT is((SELECT count(*) FROM hostq.queue), 0::bigint, 'everything');
SELECT pg_temp.submit(jsonb_build_object('kind', 'noop', 'requestId', 'w' || n, 'priority', CASE WHEN n % 2 = 0 THEN 'low' ELSE 'high' END,
    'tags', jsonb_build_object('t', n::text), 'key', 'k' || n % 3)) FROM generate_series(1, 10) n;
SELECT is(hostq.cancel_where('{"priority":"low"}', true) - '{next,states}'::text[], '{"matched":5,"changed":0,"skipped":0,"examples":["w2","w4","w6"]}', 'a dry run');
SELECT is(hostq.cancel_where('{"priority":"low","tag":"t=4"}', false)->>'changed', '1', 'all conditions hold');
SELECT is(hostq.cancel_where('{"key":"k0"}', false, 0, 4) - '{next,states,examples}'::text[], '{"matched":1,"changed":1,"skipped":0}', 'a chunk looks at so many');
SELECT is((hostq.cancel_where('{"key":"k0"}', false, 0, 2)->>'next')::bigint, pg_temp.id('w2'), 'and says where to go on');
SELECT is(hostq.cancel_where('{"all":"true"}', false, (SELECT max(id) FROM hostq.queue))->'next', 'null', 'until there is none');
SELECT is(hostq.cancel_where('{"createdAfter":"2100-01-01"}', false)->>'matched', '0', 'none so young');
SELECT pg_temp.start('w1'), pg_temp.ends('w1', 'failed', 'quota', 'no'), pg_temp.start('w2'), pg_temp.ends('w2', 'failed', 'auth', 'no');
SELECT is(hostq.retry_where('{"reason":"quota","key":"k1"}', false) - '{next,states}'::text[], '{"matched":1,"changed":1,"skipped":0,"examples":["w1"]}', 'by reason');
SELECT is(hostq.retry_where('{"state":"canceled","tag":"t=4"}', false)->>'changed', '1', 'canceled ones where asked for');
SELECT is((SELECT state FROM hostq.queue WHERE id = pg_temp.id('w4')), 'pending', 'it is open again');

-- put aside
SELECT hostq.cancel_where('{"all":"true"}', false);
SELECT pg_temp.submit('{"kind":"noop","requestId":"h1"}'), pg_temp.submit('{"kind":"noop","requestId":"h2","delay":60000}'),
    pg_temp.submit('{"kind":"noop","requestId":"o1","orderingKey":"o"}'), pg_temp.submit('{"kind":"noop","requestId":"o2","orderingKey":"o"}'), pg_temp.submit('{"kind":"noop","requestId":"h3"}');
SELECT pg_temp.start('h3');
SELECT is(hostq.pause_where('{"queue":"noop"}', true)->>'matched', '4', 'what has not begun');
SELECT is(hostq.pause_where('{"queue":"noop"}', false)->>'changed', '4', 'put aside');
SELECT is(hostq.pause_where('{"queue":"noop"}', false)->>'matched', '0', 'once');
SELECT is((SELECT count(*) FROM hostq.queue WHERE state = 'pending' AND run_at < 'infinity'), 0::bigint, 'nothing of it is due');
SELECT matches(hostq.why_not('h1'), '^it was put aside by postgres at 20.* UTC; hostq resume --where lets it go on$', 'why_not');
SELECT is(hostq.find_stopped_orders(), 0, 'a key that is put aside does not stand still');
SELECT hostq.cancel('o1');
SELECT is((SELECT run_at FROM hostq.queue WHERE id = pg_temp.id('o2')), 'infinity', 'nor does it go on when the first one ends');
SELECT is(hostq.resume_where('{"queue":"noop"}', false)->>'changed', '3', 'resumed');
SELECT ok((SELECT run_at <= clock_timestamp() FROM hostq.queue WHERE id = pg_temp.id('h1')), 'due');
SELECT ok((SELECT run_at > now() + interval '50 s' FROM hostq.queue WHERE id = pg_temp.id('h2')), 'as it was');
SELECT hostq.let_late_go();
SELECT ok((SELECT run_at <= clock_timestamp() AND note IS NULL FROM hostq.queue WHERE id = pg_temp.id('o2')), 'in its turn');
SELECT is((SELECT count(*) FROM hostq.event WHERE type IN ('pause', 'resume') AND request_id LIKE 'h_'), 4::bigint, 'each with an event');
SELECT * FROM finish();
ROLLBACK;
