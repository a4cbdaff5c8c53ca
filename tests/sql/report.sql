-- Progress that the handler of a running request reports.
BEGIN;
\ir helpers.inc
SELECT plan(33);
SELECT pg_temp.submit('{"kind":"noop","requestId":"r"}');
CREATE FUNCTION pg_temp.message() RETURNS text LANGUAGE sql AS $$ SELECT message FROM hostq.request_overview WHERE request_id = 'r' $$;
SELECT is(hostq.report('nosuch', '{"progress":1}')#>>'{error,code}', 'REQUEST_NOT_FOUND', 'unknown request');
SELECT is(hostq.report('r', '{"progress":1}')#>'{error,details}', '{"requestId":"r","field":"state","value":"pending"}', 'pending: refused');
SELECT pg_temp.claim('r');
SELECT is(hostq.report('r', '{"progress":1}')#>>'{error,message}', 'Request ''r'' is claimed; only one that is processing has progress', 'claimed: refused');
SELECT pg_temp.start('r');
SELECT is(hostq.report('r', p)#>>'{error,details,field}', f, p::text || ' is refused') FROM (VALUES
    ('{}'::jsonb, 'report'), ('[]', 'report'), ('{"colour":1}', 'colour'), ('{"progress":-1}', 'progress'), ('{"progress":100.1}', 'progress'), ('{"progress":"5"}', 'progress'),
    ('{"done":1}', 'done'), ('{"total":1}', 'done'), ('{"done":2,"total":1}', 'done'), ('{"done":0,"total":0}', 'total'), ('{"done":1.5,"total":2}', 'done'), ('{"progress":1,"done":1,"total":2}', 'done'),
    ('{"message":5}', 'message'), ('{"lease":"7"}', 'lease'), ('{"message":null}', 'report')) v (p, f);
SELECT is(hostq.report('r', jsonb_build_object('message', repeat('x', 501)))#>>'{error,details,limit}', '500 characters', 'a long message');
SELECT is(hostq.report('r', NULL)#>>'{error,details,field}', 'report', 'null');
SELECT is(pg_temp.message(), NULL, 'refused ones changed nothing');
UPDATE hostq.queue SET note = '{"poll_count":3}' WHERE id = pg_temp.id('r');
SELECT is(hostq.report('r', '{"progress":42.4,"message":"copies"}'), '{"requestId":"r","message":"42 %: copies"}', 'progress and text');
SELECT is(pg_temp.message(), '42 %: copies', 'is the message of the request');
SELECT is(hostq.status('r')->>'progress', '42 %: copies', 'and told by status');
SELECT is((SELECT note FROM hostq.queue WHERE id = pg_temp.id('r')), '{"poll_count":3,"progress":{"progress":42.4,"message":"copies"},"message":"42 %: copies"}', 'beside what else the note holds');
SELECT is(hostq.report('r', '{"done":3,"total":4}')->>'message', '75 % (3 of 4)', 'done and total');
SELECT is(hostq.report('r', '{"message":"rests"}')->>'message', 'rests', 'a text alone');
SELECT is(hostq.report('r', '{"progress":50,"lease":7}')->>'message', '50 %', 'with its lease');
SELECT is(hostq.report('r', '{"progress":60,"lease":8}')#>'{error,details}', '{"requestId":"r","field":"lease","value":8}', 'under another lease: refused');
SELECT is(pg_temp.message(), '50 %', 'and nothing changed');
SELECT pg_temp.ends('r', 'completed');
SELECT is(hostq.report('r', '{"progress":1}')#>>'{error,details,value}', 'completed', 'ended: refused');
SELECT is((SELECT array_agg(a.attname::text) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) WHERE i.indrelid = 'hostq.queue'::regclass AND a.attname = 'note'), NULL, 'the note is in no index');
SELECT ok(has_function_privilege('hostq_client', 'hostq.report(text, jsonb)', 'EXECUTE'), 'clients may report');
SELECT * FROM finish();
ROLLBACK;
