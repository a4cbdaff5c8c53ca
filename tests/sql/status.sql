-- What is known about one request: status (M2 M13 M18), show, result, history (M1), wait.
BEGIN;
\ir helpers.inc
SELECT plan(58);
SELECT pg_temp.template('default', 'T', 1000);
SELECT pg_temp.provision('p', 2);

-- M13: eleven keys, always; seven per machine.
CREATE FUNCTION pg_temp.status_is(rid text, word text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    s jsonb := hostq.status(rid);
BEGIN
    RETURN NEXT is(s->>'status', word, rid || ' is ' || word);
    RETURN NEXT ok((SELECT array_agg(k ORDER BY k) FROM jsonb_object_keys(s) k)
        = '{completedAt,createdAt,errorMessage,machineCount,machines,metadata,requestId,status,tags,templateId,updatedAt}'
        AND s->>'createdAt' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$' AND s->>'updatedAt' ~ 'Z$' AND s->>'updatedAt' >= s->>'createdAt'
        AND (s->>'completedAt' IS NULL) = (word IN ('PENDING', 'IN_PROGRESS')), rid || ' ' || word || ' has the eleven keys');
END $$;

SELECT pg_temp.status_is('p', 'PENDING');
SELECT is(s - '{createdAt,updatedAt}'::text[], '{"requestId":"p","status":"PENDING","templateId":"T","machineCount":2,"machines":[],
    "completedAt":null,"errorMessage":null,"tags":null,"metadata":null}', 'nulls where empty') FROM hostq.status('p') s;
SELECT pg_temp.claim('p');
SELECT pg_temp.status_is('p', 'PENDING');
SELECT pg_temp.start('p');
SELECT pg_temp.status_is('p', 'IN_PROGRESS');
SELECT pg_temp.machine('p', 'i-1');
SELECT pg_temp.machine('p', 'i-2', 'pending');
SELECT is(hostq.status('p')->'machines', '[
    {"machineId":"i-1","status":"running","privateIpAddress":"127.0.0.1","publicIpAddress":null,"instanceType":null,"availabilityZone":null,"launchTime":"2025-06-01T12:00:00.700Z"},
    {"machineId":"i-2","status":"pending","privateIpAddress":"127.0.0.1","publicIpAddress":null,"instanceType":null,"availabilityZone":null,"launchTime":"2025-06-01T12:00:00.700Z"}]',
    'machines with their seven keys');
SELECT pg_temp.rest('p', 'waiting', '5 s');
SELECT pg_temp.status_is('p', 'IN_PROGRESS');
SELECT pg_temp.rest('p', 'pending', '5 s', NULL, 1);
SELECT pg_temp.status_is('p', 'IN_PROGRESS');
SELECT pg_temp.claim('p');
SELECT pg_temp.status_is('p', 'IN_PROGRESS');
SELECT pg_temp.start('p');
SELECT pg_temp.ends('p', 'completed');
SELECT pg_temp.status_is('p', 'COMPLETED');

SELECT pg_temp.provision('f'), pg_temp.provision('partial'), pg_temp.provision('t'), pg_temp.provision('c');
SELECT pg_temp.start('f'), pg_temp.ends('f', 'failed', 'config', 'no such image');
SELECT pg_temp.status_is('f', 'FAILED');
SELECT is(hostq.status('f')->>'errorMessage', 'no such image', 'the error is told (M5)');
SELECT pg_temp.start('partial'), pg_temp.ends('partial', 'failed', 'partial', 'only 2 of 5');
SELECT pg_temp.status_is('partial', 'PARTIAL_SUCCESS');
SELECT pg_temp.ends('t', 'timeout', 'timeout', 'the request did not finish within 600 seconds');
SELECT pg_temp.status_is('t', 'TIMEOUT');
SELECT is(hostq.cancel('c'), '{"requestId":"c","state":"canceled"}', 'cancel');
SELECT pg_temp.status_is('c', 'CANCELLED');

-- M18: a return has the same keys.
SELECT pg_temp.submit('{"kind":"return","requestId":"ret","machineIds":["i-1","i-2"],"tags":{"a":"b"},"timeout":60,"metadata":{"m":1}}');
SELECT pg_temp.status_is('ret', 'PENDING');
SELECT is(s - '{createdAt,updatedAt,machines}'::text[], '{"requestId":"ret","status":"PENDING","templateId":null,"machineCount":2,
    "completedAt":null,"errorMessage":null,"tags":{"a":"b"},"metadata":{"m":1}}', 'a return with tags, metadata and number of ids') FROM hostq.status('ret') s;
SELECT is(jsonb_path_query_array(hostq.status('ret'), '$.machines[*].machineId'), '["i-1","i-2"]', 'and its machines');

SELECT is(hostq.status('nosuch'), '{"error":{"code":"REQUEST_NOT_FOUND","message":"Request ''nosuch'' not found","details":{"requestId":"nosuch"}}}', 'an unknown id');
SELECT is(hostq.status(NULL)#>>'{error,code}', 'REQUEST_NOT_FOUND', 'no id');
SELECT pg_temp.submit('{"kind":"noop","result":1}') AS job \gset
SELECT is(hostq.status(:'job')->>'status', 'PENDING', 'a generated id leads to its row');
SELECT is(hostq.status(overlay(:'job' placing 'f' from length(:'job')))#>>'{error,code}',
    CASE WHEN :'job' LIKE '%f' THEN NULL ELSE 'REQUEST_NOT_FOUND' END, 'the whole id is compared, not only the number in it');

-- show
SELECT is((SELECT array_agg(k ORDER BY k) FROM jsonb_object_keys(hostq.show('p')) k), '{machines,request,why_not}', 'show has three parts');
SELECT is(hostq.show('p')#>>'{request,status}', 'COMPLETED', 'show: row of the overview');
SELECT ok(NOT hostq.show('p')->'request' ?| '{id,response_body}', 'show: no internal number');
SELECT is(jsonb_path_query_array(hostq.show('p'), '$.machines[*].instance_id'), '["i-1","i-2"]', 'show: machines');
SELECT is(hostq.show('nosuch')#>>'{error,code}', 'REQUEST_NOT_FOUND', 'show: unknown');

-- result
SELECT is(hostq.result(:'job'), jsonb_build_object('requestId', :'job', 'state', 'pending', 'status', 'PENDING', 'responseStatus', NULL,
    'result', NULL, 'errorCode', NULL, 'errorMessage', NULL, 'errorDetails', NULL), 'result while open');
SELECT pg_temp.start(:'job'), pg_temp.ends(:'job', 'completed', NULL, NULL, '{"a":[1,2]}');
SELECT is(hostq.result(:'job')->'result', '{"a":[1,2]}', 'result: JSON as JSON');
SELECT pg_temp.submit('{"kind":"noop","requestId":"text"}'), pg_temp.submit('{"kind":"noop","requestId":"bytes"}');
SELECT pg_temp.start('text'), pg_temp.ends('text', 'completed', NULL, NULL, 'not {json');
SELECT pg_temp.start('bytes'), pg_temp.ends('bytes', 'completed', NULL, NULL, '\xff00');
SELECT is(hostq.result('text')->'result', '"not {json"', 'result: text as text');
SELECT is(hostq.result('bytes')->'result', '"\\377\\000"', 'result: bytes escaped');
SELECT is(r->>'errorMessage', 'no such image', 'result: error') FROM hostq.result('f') r;

-- history: stored events, and what the stamps tell where they are not stored.
SELECT is(jsonb_path_query_array(hostq.history('text'), '$[*].type'), '["submit","claim","start","complete"]', 'history of a queue that keeps stamps only (M1)');
SELECT is(jsonb_path_query_array(hostq.history('text'), '$[*].daemon_id'), format('[null,"d#%s","d#%s","d#%s"]', :epoch, :epoch, :epoch)::jsonb, 'with its daemon');
SELECT is(jsonb_path_query_array(hostq.history('p'), '$[*].type')->>0, 'submit', 'history of a queue that stores events begins with submit');
SELECT is((SELECT count(*) FROM jsonb_array_elements(hostq.history('p')) e WHERE e->>'type' = 'submit'), 1::bigint, 'and tells it once');
SELECT is(jsonb_path_query_array(hostq.history('c'), '$[*].type'), '["submit","cancel"]', 'history of a canceled one');
SELECT is(hostq.history('nosuch')#>>'{error,code}', 'REQUEST_NOT_FOUND', 'history: unknown');

-- wait
SELECT pg_temp.submit('{"kind":"noop","requestId":"w"}');
SELECT is(hostq.wait_begin('w', 'hostq_w1'), '{"requestId":"w","state":"pending","final":false,"status":"PENDING"}', 'wait: open');
SELECT is(hostq.wait_begin('w', 'hostq_w1')->>'final', 'false', 'wait: twice is no error');
SELECT is((SELECT count(*) FROM hostq.waiters WHERE channel = 'hostq_w1'), 1::bigint, 'registered once');
SELECT is(hostq.wait_begin('p', 'hostq_w1')->>'final', 'true', 'wait: ended');
SELECT is((SELECT count(*) FROM hostq.waiters), 1::bigint, 'which is not registered');
SELECT is(hostq.wait_begin('w', 'hostq_work')#>>'{error,code}', 'VALIDATION_ERROR', 'not on a channel of the daemons');
SELECT hostq.wait_end('hostq_w1');
SELECT is_empty('SELECT * FROM hostq.waiters', 'wait ended');
SELECT is(hostq.wait_begin('nosuch', 'hostq_w1')#>>'{error,code}', 'REQUEST_NOT_FOUND', 'wait: unknown');

SELECT * FROM finish();
ROLLBACK;
