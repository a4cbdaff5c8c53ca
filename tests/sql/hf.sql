-- The HostFactory scripts, first part: getAvailableTemplates, requestMachines,
-- getRequestStatus (spec hostfactory.md 2; M38 M48 M50).
BEGIN;
\ir helpers.inc
SELECT plan(71);

CREATE FUNCTION pg_temp.hf(action text, input jsonb, mode text DEFAULT 'symphony', ns text DEFAULT 'inst') RETURNS jsonb LANGUAGE sql AS $$
    SELECT hostq.hf(action, ns, NULL, input, mode)
$$;
CREATE FUNCTION pg_temp.fails(action text, input jsonb, message text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    e0 bigint := (SELECT count(*) FROM hostq.event);
    b0 bigint := (SELECT count(*) FROM hostq.request_body);
    r jsonb := pg_temp.hf(action, input);
BEGIN
    RETURN NEXT ok(r->'exit' = '1' AND (SELECT array_agg(k) FROM jsonb_object_keys(r->'out') k) = '{message}'
        AND r#>>'{out,message}' ~ message, format('%s %s: exit 1, %s', action, left(input::text, 50), r#>>'{out,message}'));
    RETURN NEXT ok((SELECT count(*) FROM hostq.request_body) = b0 AND (SELECT count(*) FROM hostq.event) = e0 + 1
        AND (SELECT type FROM hostq.event ORDER BY seq DESC LIMIT 1) = 'rejected', '... nothing stored but the event `rejected`');
END $$;

-- Files and their hash.
SELECT is(hostq.hf('getAvailableTemplates', 'inst', 'h1', '{}'), '{"stale":true}', 'files never stored: stale');
SELECT is(hostq.store_templates('inst', 'h1', '{"AWS_REGION":"r"}', '[
    {"templateId":"Z","valid":true,"providerApi":"process","maxNumber":10,"definition":{"templateId":"Z","maxNumber":10.0,"command":["x"],"maxSpotPrice":1,
        "attributes":{"type":["String","X86_64"],"ncpus":1,"nram":["Numeric",1024],"ncores":["Numeric","2"],"rank":"5","gpu":true,"zone":"a"},
        "vmTypes":{"m3.medium":1},"instanceTags":{"b":"2","a":"1=1"},"pgrpName":null,"onDemandCapacity":0,"priority":1}},
    {"templateId":"Bad","valid":false,"problem":"maxNumber is missing","definition":{"templateId":"Bad"}},
    {"templateId":"A","valid":true,"providerApi":"process","maxNumber":-1,"definition":{"templateId":"A","maxNumber":-1,"priceType":"spot","maxSpotPrice":0.5,
        "attributes":{"type":["String","X86_64"],"ncpus":["Numeric","1"],"nram":["Numeric","1024"]},"instanceTags":"x=y","priority":9}}]',
    'Left out: Bad (maxNumber is missing).'), '{"stored":3}', 'templates stored');
SELECT is(hostq.hf('getAvailableTemplates', 'inst', 'h2', '{}'), '{"stale":true}', 'other files: stale');
SELECT is(hostq.hf('requestMachines', 'inst', 'h2', '{}'), '{"stale":true}', 'for every script that names a hash');
SELECT is(hostq.hf('getAvailableTemplates', 'inst', 'h1', '{}')->'exit', '0', 'the same files: an answer');

-- getAvailableTemplates
SELECT is(pg_temp.hf('getAvailableTemplates', '{}')->'out', '{"message":"Get available templates success. Left out: Bad (maxNumber is missing).","templates":[
    {"templateId":"Z","maxNumber":10,"availableNumber":10,"command":["x"],"attributes":{"type":["String","X86_64"],"ncpus":["Numeric","1"],"nram":["Numeric","1024"],
     "rank":["Numeric","5"],"gpu":["Boolean","true"],"zone":["String","a"]},"vmTypes":{"m3.medium":1},"instanceTags":"a=1=1;b=2","pgrpName":null,"onDemandCapacity":0,"priority":1},
    {"templateId":"A","maxNumber":-1,"priceType":"spot","maxSpotPrice":0.5,"attributes":{"type":["String","X86_64"],"ncpus":["Numeric","1"],"nram":["Numeric","1024"]},"instanceTags":"x=y","priority":9}]}',
    'templates in the order of the file, pairs of texts, no spot keys on demand, the bad one named');
SELECT is(pg_temp.hf('getAvailableTemplates', '{}')#>>'{out,templates,0,maxNumber}', '10', 'numbers print as integers');
SELECT is(pg_temp.hf('getAvailableTemplates', NULL)->'exit', '0', 'an empty file is {}');
SELECT is(hostq.hf('getAvailableTemplates', 'nosuch', NULL, '{}')->'out', '{"message":"Get available templates success.","templates":[]}', 'none: an empty list, exit 0');
SELECT is(jsonb_array_length(r#>'{out,templates}'), 2, 'a push is not a filter') FROM pg_temp.hf('getAvailableTemplates', '{"templates":[{"templateId":"X"}]}') r;
SELECT ok(NOT r ? 'pushed', 'and not stored by default') FROM pg_temp.hf('getAvailableTemplates', '{"templates":[]}') r;
SELECT hostq.set('hf_store_pushed', 'true');
SELECT is(r->'pushed', 'true', 'with the setting the caller is told to judge and store it') FROM pg_temp.hf('getAvailableTemplates', '{"templates":[]}') r;
SELECT is(jsonb_path_query_array(r, '$.out.templates[*].templateId'), '["A","Z"]', 'LSF: by priority') FROM pg_temp.hf('getAvailableTemplates', '{}', 'lsf') r;
SELECT is(r#>'{out,templates,1,attributes}', '{"type":["String","X86_64"],"ncpus":["Numeric","1"],"mem":["Numeric","1024"],"ncores":["Numeric","2"],
    "rank":["Numeric","5"],"gpu":["Boolean","true"],"zone":["String","a"]}', 'LSF: mem for nram, ncores passed') FROM pg_temp.hf('getAvailableTemplates', '{}', 'lsf') r;
SELECT hostq.set('hf_pass_ncores', 'true');
SELECT ok(pg_temp.hf('getAvailableTemplates', '{}')#>'{out,templates,0,attributes}' ? 'ncores', 'a setting passes ncores');
SELECT pg_temp.fails('getAvailableTemplates', '[]', 'not a JSON object');

-- requestMachines
SELECT matches(r::text, '^{"exit": 0, "log": \[\], "out": {"message": "Request VM success from AWS.", "requestId": "req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}}$|^{"log": \[\], "out": {"message": "Request VM success from AWS.", "requestId": "req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"}, "exit": 0}$',
    'requestMachines: message and requestId, no other key') FROM pg_temp.hf('requestMachines', '{"template":{"templateId":"Z","machineCount":3.0},"unknown":1}') r;
SELECT is(pg_temp.hf('requestMachines', '{"templateId":"Z","machineCount":1}')->'exit', '0', 'the flat form');
SELECT is(pg_temp.hf('requestMachines', '{"template":[{"templateId":"Z","machineCount":1}]}')->'exit', '0', 'a list of one');
SELECT is((SELECT array_agg(format('%s %s %s %s', namespace, template_id, machine_count, deadline - created_at) ORDER BY created_at, request_id) FROM hostq.requests),
    '{inst Z 3 00:10:00,inst Z 1 00:10:00,inst Z 1 00:10:00}', 'the requests');
SELECT is(pg_temp.hf('getAvailableTemplates', '{}')#>>'{out,templates,0,availableNumber}', '5', 'availableNumber: what is owed is not free');
SELECT pg_temp.fails('requestMachines', '{"template":{"templateId":"Z","machineCount":6}}', '^Requested 6, maximum 5: template ''Z'' was asked for 6, has 5 free, maxNumber 10$');
SELECT pg_temp.fails('requestMachines', '{"template":{"templateId":"Z","machineCount":20000}}', 'asked for 20000, has 5 free, maxNumber 10');
SELECT pg_temp.fails('requestMachines', format('{"template":{"templateId":"Z","machineCount":%s}}', n)::jsonb, 'machineCount is ')
FROM unnest('{2.5,0,-1,"\"3\"",null}'::text[]) x, LATERAL (SELECT coalesce(x, 'null') AS n) y;
SELECT pg_temp.fails('requestMachines', '{"template":{"templateId":"Z"}}', 'template.machineCount is missing');
SELECT pg_temp.fails('requestMachines', '{"template":{"machineCount":1}}', 'template.templateId is missing');
SELECT pg_temp.fails('requestMachines', '{}', 'template must be');
SELECT pg_temp.fails('requestMachines', '{"template":{"templateId":"nosuch","machineCount":1}}', 'nosuch');
SELECT pg_temp.fails('requestMachines', '{"template":{"templateId":"Bad","machineCount":1}}', 'maxNumber is missing');
SELECT is(hostq.hf('requestMachines', 'inst', NULL, '{"rc_account":"acc","template":{"templateId":"A","machineCount":200}}', 'lsf')->'exit', '0',
    'more than 100: scripts are bound by the template only');
SELECT is((SELECT tags FROM hostq.requests WHERE template_id = 'A'), '{"RC_ACCOUNT":"acc"}', 'LSF: rc_account becomes a tag');
SELECT pg_temp.fails('makeCoffee', '{}', 'no such script');

-- getRequestStatus
SELECT pg_temp.provision('r', 2, 'inst', 'A'), pg_temp.provision('foreign', 1, 'inst', 'A');
SELECT is(pg_temp.hf('getRequestStatus', '{"requests":[{"requestId":"r"}]}')->'out', '{"requests":[{"requestId":"r","status":"running","message":"","machines":[]}]}', 'pending is running');
SELECT pg_temp.start('r');
SELECT is(r#>'{out,requests,0}', '{"requestId":"r","status":"running","message":"No machines discovered yet for r","machines":[]}', 'nothing discovered: a message says so (M48)')
FROM pg_temp.hf('getRequestStatus', '{"requests":[{"requestId":"r"}]}') r;
SELECT pg_temp.rest('r', 'waiting', '1 s', '{"message":"DescribeInstances: HTTP 500"}');
SELECT pg_temp.machine('r', 'i-1'), pg_temp.machine('r', 'i-2', 'pending', NULL);
SELECT is(r->'out', '{"requests":[{"requestId":"r","status":"running","message":"DescribeInstances: HTTP 500","machines":[
    {"machineId":"i-1","name":"name-i-1","result":"succeed","status":"running","privateIpAddress":"127.0.0.1","publicIpAddress":null,"priceType":"ondemand",
     "instanceType":"","instanceTags":"","cloudHostId":null,"launchtime":1748779200,"message":""},
    {"machineId":"i-2","name":"i-2","result":"executing","status":"pending","privateIpAddress":"127.0.0.1","publicIpAddress":null,"priceType":"ondemand",
     "instanceType":"","instanceTags":"","cloudHostId":null,"launchtime":1748779200,"message":""}]}]}', 'machines as soon as known, with the provider''s trouble (M50)')
FROM pg_temp.hf('getRequestStatus', '{"requests":[{"requestId":"r"}]}') r;
UPDATE hostq.machines SET tags = '{"k":"v","a":"b"}', price_type = 'spot', public_ip = '1.2.3.4', launch_time = NULL, private_ip = NULL WHERE instance_id = 'i-1';
SELECT is(r - '{machineId,name,message,instanceType,cloudHostId,status}'::text[], '{"result":"executing","privateIpAddress":null,"publicIpAddress":"1.2.3.4",
    "priceType":"spot","instanceTags":"a=b;k=v","launchtime":0}', 'running without an address is not yet a success')
FROM (SELECT pg_temp.hf('getRequestStatus', '{"requestId":"r"}')#>'{out,requests,0,machines,0}') x (r);
SELECT ok(r#>'{out,requests,0,machines,0}' ?& '{publicDnsName,rcAccount,lifeCycleType}', 'LSF: three more keys') FROM pg_temp.hf('getRequestStatus', '{"requestId":"r"}', 'lsf') r;
-- Ended short: results are fixed, fail has a message and is never pending.
UPDATE hostq.machines SET result = CASE instance_id WHEN 'i-1' THEN 'succeed' ELSE 'fail' END, private_ip = '127.0.0.1' WHERE request_id = 'r';
SELECT pg_temp.start('r'), pg_temp.ends('r', 'failed', 'partial', 'only 1 of 2 machines');
SELECT is(jsonb_path_query_array(r, '$.out.requests[0].machines[*].result'), '["succeed","fail"]', 'fixed results') FROM pg_temp.hf('getRequestStatus', '{"requestId":"r"}') r;
SELECT is(format('%s/%s/%s', r#>>'{machines,1,status}', r#>>'{machines,1,message}', r->>'message'), 'shutting-down/the machine is pending/only 1 of 2 machines', 'pending only with executing')
FROM (SELECT pg_temp.hf('getRequestStatus', '{"requestId":"r"}')#>'{out,requests,0}') x (r);
SELECT is(pg_temp.hf('getRequestStatus', '{"requestId":"r"}')#>>'{out,requests,0,status}', 'complete_with_error', 'partial success');
SELECT hostq.set('hf_partial_complete', 'true');
SELECT is(pg_temp.hf('getRequestStatus', '{"requestId":"r"}')#>>'{out,requests,0,status}', 'complete', 'told as complete by a setting');
SELECT pg_temp.hf('getRequestStatus', '{"requestId":"r"}') AS was \gset
UPDATE hostq.machines SET status = 'terminated', ended_at = now(), taken_at = now(), message = 'the process is gone' WHERE instance_id = 'i-1';
SELECT is(jsonb_set(:'was', '{out,requests,0,machines,0,status}', '"terminated"'), pg_temp.hf('getRequestStatus', '{"requestId":"r"}'),
    'a final answer never changes but for the machine''s own status');
-- Both kinds mixed, order and repeats kept, unknown and malformed ones answered.
SELECT pg_temp.submit('{"kind":"return","requestId":"ret","namespace":"inst","machineIds":["i-2"]}');
SELECT is(jsonb_path_query_array(r, '$.out.requests[*].requestId'), '["ret","r","nosuch","r",""]', 'one entry per asked entry, in their order')
FROM pg_temp.hf('getRequestStatus', '{"requests":[{"requestId":"ret"},{"requestId":"r"},{"requestId":"nosuch"},"r",{}]}') r;
SELECT is(r#>'{out,requests,0}', '{"requestId":"nosuch","status":"complete_with_error","machines":[],"message":"Request ''nosuch'' is not known in namespace ''inst''"}', 'unknown')
FROM pg_temp.hf('getRequestStatus', '{"requests":{"requestId":"nosuch"}}') r;
SELECT is(r#>>'{out,requests,0,status}', 'complete_with_error', 'of another namespace: unknown') FROM pg_temp.hf('getRequestStatus', '{"requestId":"r"}', 'symphony', 'default') r;
SELECT is(pg_temp.hf('getRequestStatus', '{"requests":[]}')->'out', '{"requests":[]}', 'nothing asked');
SELECT pg_temp.fails('getRequestStatus', '{}', 'requests is missing');
SELECT pg_temp.fails('getRequestStatus', '[]', 'not a JSON object');
-- A return: gone is success, alive at the end is failure.
SELECT is(pg_temp.hf('getRequestStatus', '{"requestId":"ret"}')#>>'{out,requests,0,machines,0,result}', 'executing', 'a return that goes on');
UPDATE hostq.machines SET status = 'terminated', ended_at = now() WHERE instance_id = 'i-2';
SELECT is(pg_temp.hf('getRequestStatus', '{"requestId":"ret"}')#>>'{out,requests,0,machines,0,result}', 'succeed', 'terminated');
SELECT is(pg_temp.hf('getRequestStatus', '{"requestId":"ret"}')#>>'{out,requests,0,status}', 'running', 'until the request itself has ended');

SELECT * FROM finish();
ROLLBACK;
