-- The JSON method calls (M3 M8 M9 M11 M14 M15 M18 M26, spec calls.md).
BEGIN;
\ir helpers.inc
SELECT plan(63);
SELECT pg_temp.template('default', 'T', 100), pg_temp.template('other', 'O', 5);
SELECT pg_temp.provision('mine', 3), pg_temp.provision('theirs', 1, 'other', 'O');
SELECT pg_temp.start('mine'), pg_temp.machine('mine', 'i-1'), pg_temp.machine('mine', 'i-2'), pg_temp.machine('mine', 'i-3', 'terminated'), pg_temp.machine('theirs', 'o-1');

-- A refusal: only `error`, one event `rejected`, no row.
CREATE FUNCTION pg_temp.refused(method text, params jsonb, code text, message text, details jsonb DEFAULT NULL) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    e0 bigint := (SELECT count(*) FROM hostq.event);
    b0 bigint := (SELECT count(*) FROM hostq.request_body);
    r jsonb := hostq.call(method, params);
    says text := format('%s %s', method, left(params::text, 60));
BEGIN
    RETURN NEXT is(r, jsonb_build_object('error', jsonb_build_object('code', code, 'message', message, 'details',
        coalesce(details, r#>'{error,details}'))), says || ': ' || message);
    RETURN NEXT ok((SELECT count(*) FROM hostq.event) = e0 + 1 AND (SELECT count(*) FROM hostq.request_body) = b0
        AND (SELECT e.type = 'rejected' AND e.code = refused.code AND e.actor = session_user
             AND e.details->>'method' IS NOT NULL AND e.details->>'message' = refused.message FROM hostq.event e ORDER BY seq DESC LIMIT 1),
        says || ': one event `rejected`, no row');
END $$;

-- requestMachines
SELECT is(array_agg(k), '{result}', 'requestMachines answers only a result (M8)') FROM jsonb_object_keys(hostq.call('requestMachines',
    '{"templateId":"T","machineCount":3,"timeout":600,"requestId":"custom-req-12345","priority":"high","tags":{"project":"x"},"metadata":{"m":1},"partialPolicy":"keep"}')) k;
SELECT is(hostq.call('requestMachines', '{"templateId":"T","machineCount":3,"timeout":600,"requestId":"custom-req-12345","priority":"high","tags":{"project":"x"},"metadata":{"m":1},"partialPolicy":"keep"}'),
    '{"result":{"requestId":"custom-req-12345"}}', 'the same id and parameters: the same request (M9)');
SELECT matches(hostq.call('requestMachines', '{"templateId":"T","machineCount":1}')#>>'{result,requestId}', '^req-[0-9a-f-]{36}$', 'a generated id');
SELECT pg_temp.refused('requestMachines', '{"templateId":"T","machineCount":4,"timeout":600,"requestId":"custom-req-12345"}', 'CONFLICT',
    'Request ''custom-req-12345'' exists with another machineCount', '{"requestId":"custom-req-12345","field":"machineCount"}');
SELECT pg_temp.refused('requestMachines', '{"templateId":"T","machineCount":0}', 'VALIDATION_ERROR', 'Machine count must be positive',
    '{"field":"machineCount","value":0,"limit":"1..100"}');
SELECT pg_temp.refused('requestMachines', '{"templateId":"T","machineCount":101}', 'VALIDATION_ERROR', 'Machine count cannot exceed 100');
SELECT pg_temp.refused('requestMachines', '{"machineCount":1}', 'VALIDATION_ERROR', 'Template ID is required');
SELECT pg_temp.refused('requestMachines', '{"templateId":"nosuch","machineCount":1}', 'TEMPLATE_NOT_FOUND', 'Template ''nosuch'' not found',
    '{"templateId":"nosuch","availableTemplates":["T"]}');
-- What submit takes and the calls do not.
SELECT pg_temp.refused('requestMachines', jsonb_build_object('templateId', 'T', 'machineCount', 1, k, true), 'VALIDATION_ERROR', format('Unknown field ''%s''', k))
FROM unnest('{unbounded,kind,namespace,queue,policy,delay}'::text[]) k;

-- requestReturnMachines
SELECT is(hostq.call('requestReturnMachines', '{"machineIds":["i-1","i-3"],"requestId":"ret-1","force":true,"drainTimeout":0,"tags":{"a":"b"},"timeout":60}'),
    '{"result":{"requestId":"ret-1"}}', 'requestReturnMachines, a terminated machine among them (M11)');
SELECT pg_temp.refused('requestReturnMachines', '{"machineIds":["i-1","nosuch"]}', 'VALIDATION_ERROR', 'Machine ''nosuch'' not found',
    '{"field":"machineIds[1]","value":"nosuch","limit":"a known machine"}');
SELECT pg_temp.refused('requestReturnMachines', '{"machineIds":["o-1"]}', 'VALIDATION_ERROR', 'Machine ''o-1'' not found',
    '{"field":"machineIds[0]","value":"o-1","limit":"a known machine"}');
SELECT pg_temp.refused('requestReturnMachines', '{"machineIds":[]}', 'VALIDATION_ERROR', 'Machine IDs are required');
SELECT pg_temp.refused('requestReturnMachines', '{"machineIds":["i-1"],"drainTimeout":3601}', 'VALIDATION_ERROR', 'Drain timeout must be 0 to 3600 seconds',
    '{"field":"drainTimeout","value":3601,"limit":"0..3600 s"}');
SELECT pg_temp.refused('requestReturnMachines', '{"machineIds":["i-1"],"timeout":59}', 'VALIDATION_ERROR', 'Timeout must be at least 60 seconds');

-- getRequestStatus
SELECT is(hostq.call('getRequestStatus', '{"requestId":"mine"}'), jsonb_build_object('result', hostq.status('mine')), 'getRequestStatus is hostq.status');
SELECT is(hostq.call('getRequestStatus', '{"requestId":"ret-1"}')#>>'{result,machineCount}', '2', 'the kind is read from the row');
SELECT pg_temp.refused('getRequestStatus', '{"requestId":"nosuch"}', 'REQUEST_NOT_FOUND', 'Request ''nosuch'' not found', '{"requestId":"nosuch"}');
SELECT pg_temp.refused('getRequestStatus', '{}', 'VALIDATION_ERROR', 'Request ID is required', '{"field":"requestId","value":null,"limit":"id of a request"}');
SELECT pg_temp.refused('getRequestStatus', '{"requestId":5}', 'VALIDATION_ERROR', 'Request ID must be a text', '{"field":"requestId","value":5,"limit":"a text"}');

-- getReturnRequests
SELECT is(hostq.call('getReturnRequests', '{"requestId":"ret-1"}'), jsonb_build_object('result', hostq.status('ret-1')), 'getReturnRequests of one return (M14)');
SELECT is(jsonb_path_query_array(hostq.call('getReturnRequests', NULL), '$.result.requests[*].requestId'), '["ret-1"]', 'without an id: the open ones');
SELECT is(hostq.call('getReturnRequests', '{}', 'other'), '{"result":{"requests":[]}}', 'of the namespace');
SELECT pg_temp.refused('getReturnRequests', '{"requestId":"mine"}', 'REQUEST_NOT_FOUND', 'Request ''mine'' not found');

-- getAvailableTemplates
SELECT is(jsonb_path_query_array(hostq.call('getAvailableTemplates', '{}'), '$.result.templates[*].templateId'), '["T"]', 'getAvailableTemplates');
SELECT is(jsonb_path_query_array(hostq.call('getAvailableTemplates', '{}', 'other'), '$.result.templates[*].templateId'), '["O"]', 'of the namespace');

-- cancelRequest
SELECT is(hostq.call('cancelRequest', '{"requestId":"mine"}'), '{"result":{"requestId":"mine","status":"CANCELLED"}}', 'cancelRequest (M7)');
SELECT is(hostq.call('cancelRequest', '{"requestId":"mine"}'), '{"result":{"requestId":"mine","status":"CANCELLED"}}', 'twice is no error');
SELECT pg_temp.submit('{"kind":"noop","requestId":"done"}');
SELECT pg_temp.start('done'), pg_temp.ends('done', 'completed');
SELECT is(hostq.call('cancelRequest', '{"requestId":"done"}')#>>'{error,code}', 'CONFLICT', 'what has ended otherwise is not canceled');
SELECT is(hostq.call('cancelRequest', '{"requestId":"nosuch"}')#>>'{error,code}', 'REQUEST_NOT_FOUND', 'unknown');

-- Garbage (M26).
SELECT pg_temp.refused('flyToTheMoon', '{}', 'VALIDATION_ERROR', 'Unknown method ''flyToTheMoon''');
SELECT pg_temp.refused(NULL, '{}', 'VALIDATION_ERROR', 'Unknown method ''''');
SELECT pg_temp.refused('requestMachines', '[1]', 'VALIDATION_ERROR', 'Params must be an object', '{"field":"params","value":[1],"limit":"object"}');
SELECT pg_temp.refused('getRequestStatus', '"x"', 'VALIDATION_ERROR', 'Params must be an object');

SELECT * FROM finish();
ROLLBACK;
