-- Settings, paused queues, stored templates, lists.
BEGIN;
\ir helpers.inc
SELECT plan(67);

SELECT is(hostq.set('max_machine_count', '50'), '{"name":"max_machine_count","value":"50","was":"100"}', 'set');
SELECT is(hostq.setting('max_machine_count'), '50', 'is in force');
SELECT is((SELECT details FROM hostq.event WHERE type = 'setting' ORDER BY seq DESC LIMIT 1), '{"name":"max_machine_count","value":"50","was":"100"}', 'and leaves an event');
SELECT is(hostq.set(n, v)#>>'{error,code}', 'VALIDATION_ERROR', format('%s = %s is refused', n, v)) FROM (VALUES ('max_machine_count', '0'), ('max_machine_count', '10001'),
    ('max_machine_count', '5.5'), ('max_machine_count', 'x'), ('max_machine_count', ''), ('max_machine_count', NULL), ('max_machine_count', '99999999999999999999'),
    ('hf_partial_complete', 'yes'), ('callback_allow', '{'), ('callback_allow', '{}'), ('callback_allow', '[1]'), ('regional_capacity', '[]'), ('regional_capacity', '{"r":5}'),
    ('regional_capacity', '{"r":{"t":1.5}}'), ('regional_capacity', '{"r":{"t":"5"}}'), ('row_security', 'true'), ('min_timeout', '3601'), ('max_timeout', '59'), ('nosuch', '1')) t (n, v);
SELECT is(hostq.set('max_machine_count', '0')#>'{error,details}', '{"field":"value","value":"0","limit":"1..10000"}', 'field, value and limit are named');
SELECT is(hostq.setting('max_machine_count'), '50', 'a refusal changes nothing');
SELECT is(hostq.set(n, v)->>'value', v, format('%s = %s', n, v)) FROM (VALUES ('hf_partial_complete', 'true'), ('callback_allow', '["https://a/"]'), ('callback_allow', '[]'),
    ('regional_capacity', '{"r":{"t":5},"s":{}}'), ('regional_capacity', '{}'), ('min_timeout', '1'), ('max_timeout', '86400')) t (n, v);
SELECT is(jsonb_array_length(hostq.settings_list()), (SELECT count(*)::int FROM hostq.settings), 'settings_list');
SELECT is(e, '{"name":"max_machine_count","value":"50","default":"100","type":"int","min":1,"max":10000,"help":"Most machines in one requestMachines of the call form."}', 'with default, limits, meaning')
FROM jsonb_array_elements(hostq.settings_list()) e WHERE e->>'name' = 'max_machine_count';
SELECT pg_temp.template('default', 'T', 1000);
SELECT is(hostq.submit('{"kind":"provision","templateId":"T","machineCount":51}')#>>'{error,message}', 'Machine count cannot exceed 50', 'submit obeys');

-- Queues.
SELECT is(hostq.pause('noop'), '{"queue":"noop","paused":true}', 'pause');
SELECT ok((SELECT paused FROM hostq.queues WHERE name = 'noop'), 'is paused');
SELECT is(hostq.pause('noop'), '{"queue":"noop","paused":true}', 'twice is no error');
SELECT is(hostq.resume('noop'), '{"queue":"noop","paused":false}', 'resume');
SELECT is((SELECT array_agg(type ORDER BY seq) FROM hostq.event WHERE type IN ('pause', 'resume')), '{pause,resume}', 'events');
SELECT is(hostq.pause('nosuch')#>>'{error,code}', 'VALIDATION_ERROR', 'unknown queue');
SELECT ok(e @> '{"queue":"http","max_retries":1000,"stop_before_deadline_ms":900000,"backoff_ms":1000,"backoff_factor":2,"max_backoff_ms":60000}', 'queues_list tells the policy (M70)')
FROM jsonb_array_elements(hostq.queues_list()) e WHERE e->>'queue' = 'http';

-- Templates.
SELECT is(hostq.store_templates('ns', 'h1', '{"A":1}', '[{"templateId":"B","valid":true,"providerApi":"process","maxNumber":5,"definition":{"templateId":"B"},"userData":"#!"},
    {"templateId":"A","valid":true,"providerApi":"process","maxNumber":7.0,"definition":{"templateId":"A"}},
    {"templateId":"B","valid":false,"problem":"twice"},{"valid":false,"problem":"no id"},{"templateId":"C","valid":false,"definition":{"templateId":"C"}}]', 'C left out'), '{"stored":3}', 'stored, the first of a name counts');
SELECT is(array_agg(format('%s %s %s %s %s', template_id, max_number, valid, problem, user_data) ORDER BY ordinal), '{"B 5 t  #!","A 7 t  ","C 0 f not valid "}', 'in the order of the file')
FROM hostq.templates WHERE namespace = 'ns';
SELECT is((SELECT format('%s %s %s', files_hash, config, message) FROM hostq.providers WHERE namespace = 'ns'), 'h1 {"A": 1} C left out', 'and the provider');
SELECT is(hostq.store_templates('ns', 'h2', NULL, '[{"templateId":"A","valid":true,"providerApi":"process","maxNumber":-1,"definition":{"templateId":"A","x":1}}]', NULL), '{"stored":1}', 'stored again');
SELECT is(array_agg(format('%s %s %s', template_id, max_number, definition)), '{"A -1 {\"x\": 1, \"templateId\": \"A\"}"}', 'what is no longer in the file is gone') FROM hostq.templates WHERE namespace = 'ns';
SELECT is(hostq.store_templates('ns', 'h3', NULL, '{}', NULL)#>>'{error,code}', 'VALIDATION_ERROR', 'no list: refused');
SELECT pg_temp.provision('u', 3);
SELECT is(jsonb_path_query_array(hostq.templates_list('default'), '$[*].used'), '[3]', 'templates_list tells use');
SELECT is(jsonb_path_query_array(hostq.templates_list('default'), '$[*].available'), '[997]', 'and room');
SELECT is((SELECT used FROM hostq.hf_usage('default') WHERE template_id = 'T'), hostq.template_usage('default', 'T'), 'by the same count as submit');

-- Lists.
SELECT pg_temp.submit(jsonb_build_object('kind', 'noop', 'requestId', 'n' || i)) FROM generate_series(1, 3) i;
SELECT pg_temp.start('n1'), pg_temp.ends('n1', 'completed'), pg_temp.start('n2'), pg_temp.ends('n2', 'failed', 'internal', 'x');
CREATE FUNCTION pg_temp.ids(f jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_path_query_array(hostq.list(f), '$[*].request_id') $$;
SELECT is(pg_temp.ids('{"kind":"noop"}'), '["n3","n2","n1"]', 'newest first');
SELECT is(pg_temp.ids('{"kind":"noop","state":"open"}'), '["n3"]', 'open');
SELECT is(pg_temp.ids('{"state":"dead"}'), '["n2"]', 'dead');
SELECT is(pg_temp.ids('{"queue":"noop","state":"completed"}'), '["n1"]', 'one state');
SELECT is(pg_temp.ids('{"template":"T"}'), '["u"]', 'template');
SELECT is(pg_temp.ids('{"kind":"noop","limit":2}'), '["n3","n2"]', 'limit');
SELECT is(hostq.list(f)#>>'{error,code}', 'VALIDATION_ERROR', f::text || ' is refused') FROM unnest('{"{\"state\":\"dead?\"}","{\"colour\":\"red\"}","{\"limit\":0}","{\"kind\":5}","[]"}'::jsonb[]) f;
SELECT ok(NOT hostq.list('{}')->0 ?| '{id,template,response_body}', 'without bulk and without the internal number');
SELECT pg_temp.machine('u', 'i-1'), pg_temp.machine('u', 'i-2', 'terminated');
SELECT is(jsonb_path_query_array(hostq.machines_list('{"status":"living","request":"u"}'), '$[*].instance_id'), '["i-1"]', 'machines_list');
SELECT is(hostq.machines_list('{"state":"x"}')#>>'{error,code}', 'VALIDATION_ERROR', 'unknown filter');
SELECT is(jsonb_path_query_array(hostq.daemons_list(), format('$[*] ? (@.daemon_id == "d#%s").name', :epoch)::jsonpath), '["d"]', 'daemons_list');

-- Whoever stores templates: a list of them never fails for one that is none.
SELECT is(hostq.store_templates('odd', 'h', '{}', '[{"templateId":"a","definition":7,"valid":true,"maxNumber":1},{"templateId":"b","definition":{"templateId":"b"},"valid":true,"maxNumber":1}]', '')->>'stored', '2', 'a definition that is no object is stored');
SELECT is((SELECT string_agg(template_id || ' ' || valid || ' ' || coalesce(problem, '') || (SELECT count(*) FROM jsonb_array_elements(hostq.hf_template_list('odd', false))), ', ' ORDER BY template_id)
    FROM hostq.templates WHERE namespace = 'odd'), 'a false definition is not an object1, b true 1', '... as one that is not valid, and the others are listed');

SELECT * FROM finish();
ROLLBACK;
