-- submit_many is submit for each, whatever it writes together: of the same
-- list the same answers, rows and events.
BEGIN;
\ir helpers.inc
SELECT plan(11);
INSERT INTO hostq.queues (name, kind, audit, timeout_s) VALUES ('loud', 'noop', 'full', 77);
INSERT INTO hostq.queues (name, kind, claim_order) VALUES ('sorted', 'noop', 'deadline');
INSERT INTO hostq.queues (name, kind, fair_by) VALUES ('fair', 'noop', 'namespace');
CREATE TEMP TABLE list (nr int GENERATED ALWAYS AS IDENTITY, r jsonb);
INSERT INTO list (r) SELECT j::jsonb FROM unnest(ARRAY[
    '{"kind":"noop"}', '{"kind":"noop","requestId":null,"queue":null,"priority":null,"timeout":null,"delay":null,"tags":null,"metadata":null,"policy":null}',
    '{"kind":"noop","timeout":60,"priority":"high","delay":5000,"tags":{"a":"b"},"metadata":{"m":[1.50,null]},"policy":{"max_retries":1},"traceparent":"t"}',
    '{"kind":"noop","result":{"x":0.1},"waits":2,"wait_ms":5,"duration_ms":1,"fail_times":1,"fail":"quota","interval_ms":7}',
    '{"kind":"noop","queue":"loud"}', '{"kind":"noop","queue":"loud","requestId":"l","priority":"low"}', '{"kind":"noop","queue":"sorted","timeout":5}',
    '{"kind":"noop","queue":"fair","namespace":"n1"}', '{"kind":"noop","namespace":"n2"}', '{"kind":"noop","namespace":""}', '{"kind":"noop","namespace":7}',
    '{"kind":"noop","requestId":"i1"}', '{"kind":"noop","requestId":"i1"}', '{"kind":"noop","requestId":"i1","result":1}', '{"kind":"noop","requestId":"i1","namespace":"n2"}',
    '{"kind":"noop","requestId":""}', '{"kind":"noop","requestId":"a b"}', '{"kind":"noop","requestId":7}', '{"kind":"noop","requestId":"sched:x"}', '{"kind":"noop","requestId":"watch:x"}',
    '{"kind":"noop","requestId":"job-00000000-0001-8133-af98-c2c23037b85b"}',
    '{"kind":"noop","key":"k"}', '{"kind":"noop","orderingKey":"o"}', '{"kind":"noop","orderingKey":"o"}', '{"kind":"noop","unique":{"key":"u"},"requestId":"u1"}',
    '{"kind":"noop","unique":{"key":"u"},"requestId":"u2"}', '{"kind":"noop","unique":{"key":"u","mode":"refuse"},"requestId":"u3"}', '{"kind":"noop","unique":null}',
    '{"kind":"nop"}', '{}', '7', 'null', '[]', '"x"', '{"kind":"noop","what":1}', '{"kind":"noop","tags":{"hf:x":"y"}}', '{"kind":"noop","tags":7}',
    '{"kind":"noop","timeout":0}', '{"kind":"noop","timeout":1.5}', '{"kind":"noop","delay":-1}', '{"kind":"noop","priority":"top"}', '{"kind":"noop","policy":{"x":1}}',
    '{"kind":"noop","metadata":[]}', '{"kind":"noop","queue":"none"}', '{"kind":"noop","queue":"provision"}', '{"kind":"provision","templateId":"none","machineCount":1}', '{"kind":"return"}'
    ]) j;
-- What there is, without what differs from run to run.
CREATE FUNCTION pg_temp.plainly(t text) RETURNS text LANGUAGE sql AS $$ SELECT regexp_replace(t, 'job-[0-9a-f]{8}(?!-0001-8133)-[-0-9a-f]{27}', 'JOB', 'g') $$;
CREATE FUNCTION pg_temp.rows() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT pg_temp.plainly((to_jsonb(b) - '{id,created_at}'::text[])::text) || (to_jsonb(q) - '{id,run_at,deadline,lane_id}'::text[])::text || (to_jsonb(l) - '{base,used_at,due}'::text[])::text || (l.due IS NULL)
        || round(extract(epoch FROM q.deadline - b.created_at)) || ' ' || (q.run_at > now() + interval '4 s') || (q.run_at = 'infinity') || (i.id IS NOT NULL)
    FROM hostq.request_body b JOIN hostq.queue q USING (id) JOIN hostq.lanes l ON l.base = q.lane_id / 4 LEFT JOIN hostq.ids i ON i.request_id = b.request_id AND i.id = b.id
$$;
CREATE FUNCTION pg_temp.events() RETURNS SETOF text LANGUAGE sql AS $$ SELECT pg_temp.plainly((to_jsonb(e) - '{seq,at}'::text[])::text) FROM hostq.event e $$;

SAVEPOINT one;
CREATE TEMP TABLE alone AS SELECT nr, pg_temp.plainly(hostq.submit(r)::text) AS answer FROM (SELECT * FROM list ORDER BY nr) x;
CREATE TEMP TABLE kept AS SELECT 'row' AS what, r FROM pg_temp.rows() r UNION ALL SELECT 'event', replace(r, '"method": "submit"', '"method": "submit_many"') FROM pg_temp.events() r;
-- Undone but for what was read.
SELECT coalesce(json_agg(a ORDER BY nr), '[]') AS answers FROM alone a \gset
SELECT json_agg(k) AS kept FROM kept k \gset
ROLLBACK TO one;
CREATE TEMP TABLE together AS SELECT nr, pg_temp.plainly(a::text) AS answer
    FROM (SELECT hostq.submit_many((SELECT jsonb_agg(r ORDER BY nr) FROM list)) AS m) x, jsonb_array_elements(m->'answers') WITH ORDINALITY y (a, nr);
SELECT is((SELECT count(*) FROM together), (SELECT count(*) FROM list), 'an answer to each');
SELECT results_eq('SELECT answer FROM together ORDER BY nr', format('SELECT a->>''answer'' FROM json_array_elements(%L) a ORDER BY (a->>''nr'')::int', :'answers'), 'the same');
SELECT bag_eq('SELECT * FROM pg_temp.rows()', format('SELECT k->>''r'' FROM json_array_elements(%L) k WHERE k->>''what'' = ''row''', :'kept'), 'the same rows');
SELECT bag_eq('SELECT * FROM pg_temp.events()', format('SELECT k->>''r'' FROM json_array_elements(%L) k WHERE k->>''what'' = ''event''', :'kept'), 'the same events');
SELECT cmp_ok((SELECT count(*) FROM list WHERE hostq.is_simple(r)), '>=', 10::bigint, 'some of them are written together');
SELECT cmp_ok((SELECT count(*) FROM list WHERE NOT hostq.is_simple(r)), '>=', 25::bigint, 'others are not');
-- The order of a list is the order of what is written together.
SELECT hostq.submit_many((SELECT jsonb_agg(jsonb_build_object('kind', 'noop', 'requestId', 'o' || 1000 - n) ORDER BY n) FROM generate_series(1, 500) n))->'accepted';
SELECT is((SELECT count(*) FROM (SELECT substr(request_id, 2)::int AS n, lag(substr(request_id, 2)::int) OVER (ORDER BY q.run_at, b.id) AS before
    FROM hostq.request_body b JOIN hostq.queue q USING (id) WHERE request_id ~ '^o\d+$') x WHERE n <> before - 1), 0::bigint, 'in the order of the list');
SELECT is(hostq.submit_many((SELECT jsonb_agg(jsonb_build_object('kind', 'noop', 'requestId', 'o' || 1000 - n) ORDER BY n) FROM generate_series(0, 500) n))->'answers' @> '[{"created":true}]', true, 'one more');
SELECT is((SELECT count(*) FROM hostq.request_body WHERE request_id ~ '^o\d+$'), 501::bigint, 'the others were there');
SELECT is(hostq.submit_many('[{"kind":"noop","requestId":"at1"},{"kind":"nop"}]', true)->>'accepted' || (SELECT count(*) FROM hostq.ids WHERE request_id = 'at1'), '00', 'atomic: its id is free');
SELECT hostq.submit('{"kind":"noop"}')->>'requestId' AS made \gset
SELECT is(hostq.submit_many(jsonb_build_array(jsonb_build_object('kind', 'noop', 'requestId', :'made')))#>>'{answers,0,created}', 'false', 'a made id is known, too');
SELECT * FROM finish();
ROLLBACK;
