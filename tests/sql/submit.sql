-- submit: limits, texts, details (M3 M9 M15-M18 M21 M22 M24 M25 M26).
BEGIN;
SELECT plan(64);

INSERT INTO hostq.templates (namespace, template_id, ordinal, definition, provider_api, max_number, valid, problem) VALUES
 ('default', 'B', 1, '{"templateId":"B","vmType":"t3.medium"}', 'process', 10, true, NULL),
 ('default', 'A', 2, '{"templateId":"A"}', 'process', -1, true, NULL),
 ('default', 'Bad', 3, '{"templateId":"Bad"}', NULL, 1, false, 'template.providerApi: "Foo" is not one of process');

-- One refusal: code, message, details, one event `rejected`, no row.
CREATE TEMP TABLE before AS SELECT 0::bigint AS events, 0::bigint AS rows;
CREATE FUNCTION pg_temp.refused(req jsonb, code text, message text, details jsonb) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    r jsonb;
    e0 bigint := (SELECT count(*) FROM hostq.event);
    b0 bigint := (SELECT count(*) FROM hostq.request_body);
BEGIN
    r := hostq.submit(req);
    RETURN NEXT is(r, jsonb_build_object('error', jsonb_build_object('code', code, 'message', message, 'details', details)), message);
    RETURN NEXT ok((SELECT count(*) FROM hostq.event) = e0 + 1 AND (SELECT count(*) FROM hostq.request_body) = b0
        AND (SELECT type = 'rejected' AND event.code = refused.code AND actor = session_user FROM hostq.event ORDER BY seq DESC LIMIT 1),
        message || ': one event `rejected`, no row');
END $$;

-- M15
SELECT pg_temp.refused('{"kind":"provision","templateId":"A","machineCount":0}', 'VALIDATION_ERROR', 'Machine count must be positive', '{"field":"machineCount","value":0,"limit":"1..100"}');
SELECT pg_temp.refused('{"kind":"provision","templateId":"A","machineCount":-1}', 'VALIDATION_ERROR', 'Machine count must be positive', '{"field":"machineCount","value":-1,"limit":"1..100"}');
SELECT pg_temp.refused('{"kind":"provision","templateId":"A","machineCount":101}', 'VALIDATION_ERROR', 'Machine count cannot exceed 100', '{"field":"machineCount","value":101,"limit":"1..100"}');
SELECT pg_temp.refused('{"kind":"provision","templateId":"A","machineCount":"x"}', 'VALIDATION_ERROR', 'Machine count must be positive', '{"field":"machineCount","value":"x","limit":"1..100"}');
SELECT pg_temp.refused('{"kind":"provision","templateId":"A"}', 'VALIDATION_ERROR', 'Machine count must be positive', '{"field":"machineCount","value":null,"limit":"1..100"}');
SELECT pg_temp.refused('{"kind":"provision","templateId":"A","machineCount":2.5}', 'VALIDATION_ERROR', 'Machine count must be a whole number', '{"field":"machineCount","value":2.5,"limit":"1..100"}');
SELECT ok(hostq.submit('{"kind":"provision","templateId":"A","machineCount":100}') ? 'requestId', '100 machines are accepted');
SELECT ok(hostq.submit('{"kind":"provision","templateId":"A","machineCount":3.0,"requestId":"three"}') ? 'requestId', '3.0 machines are 3');
SELECT is((SELECT machine_count FROM hostq.requests WHERE request_id = 'three'), 3, 'and stored so');

-- M16, M18
SELECT pg_temp.refused('{"kind":"provision","templateId":"A","machineCount":1,"timeout":59}', 'VALIDATION_ERROR', 'Timeout must be at least 60 seconds', '{"field":"timeout","value":59,"limit":"60..3600 s"}');
SELECT pg_temp.refused('{"kind":"provision","templateId":"A","machineCount":1,"timeout":3601}', 'VALIDATION_ERROR', 'Timeout cannot exceed 3600 seconds', '{"field":"timeout","value":3601,"limit":"60..3600 s"}');
SELECT pg_temp.refused('{"kind":"provision","templateId":"A","machineCount":1,"timeout":"60"}', 'VALIDATION_ERROR', 'Timeout must be a whole number of seconds', '{"field":"timeout","value":"60","limit":"60..3600 s"}');
SELECT ok(hostq.submit('{"kind":"provision","templateId":"A","machineCount":1,"timeout":60}') ? 'requestId', '60 s are accepted');
SELECT ok(hostq.submit('{"kind":"provision","templateId":"A","machineCount":1,"timeout":3600}') ? 'requestId', '3600 s are accepted');
SELECT is((SELECT deadline - created_at FROM hostq.requests WHERE request_id = 'three'), interval '10 min', 'without a timeout: 600 s');

-- M17: characters, not bytes.
SELECT ok(hostq.submit(jsonb_build_object('kind', 'provision', 'templateId', 'A', 'machineCount', 1, 'tags',
    jsonb_build_object(repeat('ä', 128), repeat('ß', 256)))) ? 'requestId', 'a key of 128 and a value of 256 characters pass');
SELECT pg_temp.refused(jsonb_build_object('kind', 'provision', 'templateId', 'A', 'machineCount', 1, 'tags', jsonb_build_object(repeat('ä', 129), 'v')),
    'VALIDATION_ERROR', 'Tag key ''' || repeat('ä', 129) || ''' exceeds 128 characters', jsonb_build_object('field', 'tags', 'value', repeat('ä', 129), 'limit', '128 characters'));
SELECT pg_temp.refused(jsonb_build_object('kind', 'provision', 'templateId', 'A', 'machineCount', 1, 'tags', jsonb_build_object('k', repeat('ß', 257))),
    'VALIDATION_ERROR', 'Tag value ''' || repeat('ß', 257) || ''' exceeds 256 characters', jsonb_build_object('field', 'tags.k', 'value', repeat('ß', 257), 'limit', '256 characters'));
SELECT pg_temp.refused('{"kind":"provision","templateId":"A","machineCount":1,"tags":{"aws:x":"1"}}', 'VALIDATION_ERROR', 'Tag key ''aws:x'' is reserved', '{"field":"tags","value":"aws:x","limit":"not hf:* or aws:*"}');

-- M21, and a template that cannot be served.
SELECT pg_temp.refused('{"kind":"provision","templateId":"invalid-template","machineCount":1}', 'TEMPLATE_NOT_FOUND', 'Template ''invalid-template'' not found', '{"templateId":"invalid-template","availableTemplates":["B","A"]}');
SELECT is(hostq.submit('{"kind":"provision","templateId":"Bad","machineCount":1}')#>>'{error,code}', 'PROVIDER_INCOMPATIBLE', 'a template judged invalid is refused');

-- Unknown things.
SELECT pg_temp.refused('{"kind":"provision","templateId":"A","machineCount":1,"colour":"red"}', 'VALIDATION_ERROR', 'Unknown field ''colour''',
    '{"field":"colour","value":"red","limit":"kind, queue, requestId, namespace, templateId, machineCount, timeout, priority, tags, metadata, placement, networking, partialPolicy, policy, delay, traceparent, unbounded, rc_account"}');
SELECT pg_temp.refused('{"kind":"fly"}', 'VALIDATION_ERROR', 'Unknown kind ''fly''', '{"field":"kind","value":"fly","limit":"provision, return, noop"}');
SELECT pg_temp.refused('{"kind":"noop","priority":"urgent"}', 'VALIDATION_ERROR', 'Priority must be low, normal or high', '{"field":"priority","value":"urgent","limit":"low, normal, high"}');
SELECT pg_temp.refused('{"kind":"noop","requestId":"with space"}', 'VALIDATION_ERROR', 'Request ID must be 1 to 128 visible characters', '{"field":"requestId","value":"with space","limit":"1..128 visible characters"}');
SELECT pg_temp.refused('[1]', 'VALIDATION_ERROR', 'A request must be an object', '{"field":"request","value":[1],"limit":"object"}');

-- M22: more than the template has; all or nothing.
SELECT pg_temp.refused('{"kind":"provision","templateId":"B","machineCount":11}', 'INSUFFICIENT_CAPACITY', 'Requested 11, maximum 10',
    '{"requestedCount":11,"availableCapacity":10,"instanceType":"t3.medium","region":null,"templateId":"B","maxNumber":10}');
SELECT ok(hostq.submit('{"kind":"provision","templateId":"B","machineCount":6}') ? 'requestId', '6 of 10 are given');
SELECT is(hostq.submit('{"kind":"provision","templateId":"B","machineCount":5}')#>>'{error,message}', 'Requested 5, maximum 4', 'what is owed counts');

-- M24: 95 in use of 100; the lock of two callers at once is tested with two sessions elsewhere.
SELECT is(hostq.set('account_limit', (hostq.owed_units(NULL, NULL, NULL, NULL) + 5)::text)->>'name', 'account_limit', 'limit set so that 5 are left');
SELECT unnest(ARRAY[is(r#>>'{error,code}', 'QUOTA_EXCEEDED', 'the account''s limit holds'), is(r#>>'{error,message}', 'Account quota would be exceeded', 'its text'),
    is((r#>>'{error,details,accountLimit}')::int - (r#>>'{error,details,currentUsage}')::int, 5, 'usage and limit are told'),
    is(r#>>'{error,details,requestedAdditional}', '10', 'and what was asked')])
FROM hostq.submit('{"kind":"provision","templateId":"A","machineCount":10}') r;
SELECT ok(hostq.submit('{"kind":"provision","templateId":"A","machineCount":5}') ? 'requestId', 'the last 5 are given');
SELECT is(hostq.submit('{"kind":"provision","templateId":"A","machineCount":1}')#>>'{error,message}', 'Account resource limit exceeded', 'none is left');
SELECT ok(hostq.set('account_limit', '0') ? 'was', 'limit off');

-- M9: the caller's own id.
SELECT is(hostq.submit('{"kind":"provision","templateId":"A","machineCount":1,"requestId":"custom-req-12345","timeout":1200,"tags":{"a":"b"},"metadata":{"x":[1]}}'),
    '{"requestId":"custom-req-12345","created":true}', 'a custom id');
SELECT is(hostq.submit('{"kind":"provision","templateId":"A","machineCount":1,"requestId":"custom-req-12345","timeout":1200,"tags":{"a":"b"},"metadata":{"x":[1]}}'),
    '{"requestId":"custom-req-12345","created":false}', 'the same again answers the same request');
SELECT pg_temp.refused('{"kind":"provision","templateId":"A","machineCount":2,"requestId":"custom-req-12345","timeout":1200,"tags":{"a":"b"},"metadata":{"x":[1]}}',
    'CONFLICT', 'Request ''custom-req-12345'' exists with another machineCount', '{"requestId":"custom-req-12345","field":"machineCount"}');
SELECT is(hostq.submit('{"kind":"noop","requestId":"custom-req-12345"}')#>>'{error,details,field}', 'kind', 'with another kind: CONFLICT');
SELECT unnest(ARRAY[is(s->'tags', '{"a":"b"}', 'tags come back'), is(s->'metadata', '{"x":[1]}', 'metadata comes back')]) FROM hostq.status('custom-req-12345') s;
SELECT matches(hostq.submit('{"kind":"provision","templateId":"A","machineCount":1}')->>'requestId',
    '^req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$', 'a generated id');

SELECT * FROM finish();
ROLLBACK;
