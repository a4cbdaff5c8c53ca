-- Row security: tenant A sees and changes nothing of tenant B, through every
-- function, view and table, by id too; what each role may do.
BEGIN;
\ir helpers.inc
SELECT plan(99);

CREATE FUNCTION pg_temp.who(x text) RETURNS name LANGUAGE sql AS $$ SELECT format('hostq_test_%s_%s', x, pg_backend_pid())::name $$;
DO $$
BEGIN
    EXECUTE format('CREATE ROLE %I LOGIN IN ROLE hostq_client', pg_temp.who('a'));
    EXECUTE format('CREATE ROLE %I LOGIN IN ROLE hostq_client', pg_temp.who('b'));
    EXECUTE format('CREATE ROLE %I LOGIN IN ROLE hostq_operator', pg_temp.who('op'));
    EXECUTE format('CREATE ROLE %I LOGIN IN ROLE hostq_daemon', pg_temp.who('dm'));
    EXECUTE format('CREATE ROLE %I LOGIN IN ROLE hostq_admin', pg_temp.who('ad'));
END $$;
INSERT INTO hostq.tenants VALUES ('a', pg_temp.who('a')), ('b', pg_temp.who('b')), ('a', pg_temp.who('op')), ('a', 'no_such_role');

-- Runs one query that gives one value as somebody else; the SQLSTATE where it fails.
CREATE FUNCTION pg_temp.as(who text, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r text;
BEGIN
    BEGIN
        EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', pg_temp.who(who));
        EXECUTE query INTO r;
        RESET SESSION AUTHORIZATION;
        RETURN r;
    EXCEPTION WHEN OTHERS THEN
        RESET SESSION AUTHORIZATION;
        RETURN SQLSTATE;
    END;
END $$;

-- Two tenants with the same things; ids and names tell whose.
SELECT pg_temp.template(ns, 'T', 100) FROM unnest('{a,b}'::text[]) ns;
SELECT pg_temp.provision('prov-' || ns, 2, ns), pg_temp.provision('done-' || ns, 1, ns), pg_temp.machine('prov-' || ns, 'i-' || ns, 'running', 'same', 'succeed'),
    pg_temp.submit(jsonb_build_object('kind', 'return', 'requestId', 'ret-' || ns, 'namespace', ns, 'machineIds', jsonb_build_array('i-' || ns))),
    pg_temp.start('done-' || ns), pg_temp.ends('done-' || ns, 'failed', 'config', 'secret of ' || ns)
FROM unnest('{a,b}'::text[]) ns;
INSERT INTO hostq.resources (id, resource_id, request_id, namespace, provider_api) SELECT pg_temp.id('prov-' || ns), 'res-' || ns, 'prov-' || ns, ns, 'process' FROM unnest('{a,b}'::text[]) ns;
INSERT INTO hostq.intents (id, token, body, lease) SELECT pg_temp.id('prov-' || ns), 't', '{}', 1 FROM unnest('{a,b}'::text[]) ns;
INSERT INTO hostq.providers (namespace, files_hash) VALUES ('a', 'h'), ('b', 'h');
SELECT hostq.wait_begin('prov-b', 'hostq_wb');

SELECT is(pg_temp.as('a', $$SELECT hostq.status('prov-b')->>'status'$$), 'PENDING', 'while row security is off everybody sees all');
SELECT is(pg_temp.as('ad', $$SELECT hostq.set('row_security', 'on')$$), '{"was": "off", "name": "row_security", "value": "on"}', 'an administrator turns it on');
SELECT is(pg_temp.as('ad', $$SELECT hostq.set('row_security', 'maybe')#>>'{error,code}'$$), 'VALIDATION_ERROR', 'on or off');
SELECT bag_hasnt($$SELECT relname::text FROM pg_class WHERE relnamespace = 'hostq'::regnamespace AND relkind IN ('r', 'p') AND relrowsecurity$$,
    $$SELECT unnest('{settings,queues,lanes}'::text[])$$, 'tables without a namespace have no policies');
SELECT is_empty($$SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('namespace', 'id') AND a.attnum > 0
    WHERE c.relnamespace = 'hostq'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT c.relrowsecurity
    AND c.relname <> 'deployment'$$, 'every table about requests has them');

-- Tenant A by B's ids: as if they did not exist.
SELECT is(pg_temp.as('a', format('SELECT hostq.%s', f)), hostq.not_found(rid)::text, 'A: ' || f)
FROM unnest('{prov-b,done-b,ret-b}'::text[]) rid, unnest('{status,show,result,history,cancel,retry}'::text[]) fn, LATERAL (SELECT format('%s(%L)', fn, rid) AS f) x;
SELECT is(pg_temp.as('a', $$SELECT hostq.why_not('prov-b')$$), 'there is no request ''prov-b''', 'A: why_not');
SELECT is(pg_temp.as('a', $$SELECT hostq.wait_begin('prov-b', 'hostq_wa')#>>'{error,code}'$$), 'REQUEST_NOT_FOUND', 'A: wait_begin');
SELECT pg_temp.as('a', $$SELECT hostq.wait_end('hostq_wb')$$);
SELECT isnt_empty($$SELECT * FROM hostq.waiters WHERE channel = 'hostq_wb'$$, 'A: wait_end of B''s channel does nothing');
SELECT is(pg_temp.as('a', format('SELECT hostq.call(%L, %L, %L)#>>''{error,code}''', m, jsonb_build_object('requestId', 'ret-b'), 'a')), 'REQUEST_NOT_FOUND', 'A: call ' || m)
FROM unnest('{getRequestStatus,getReturnRequests,cancelRequest}'::text[]) m;
SELECT is(pg_temp.as('a', format('SELECT hostq.call(%L, %L, ''b'')#>>''{error,details,field}''', m, p)), 'namespace', 'A: call in B''s namespace: ' || m)
FROM (VALUES ('getAvailableTemplates', '{}'), ('getReturnRequests', '{}'), ('requestMachines', '{"templateId":"T","machineCount":1}'), ('requestReturnMachines', '{"machineIds":["i-b"]}')) v (m, p);
SELECT is(pg_temp.as('a', $$SELECT hostq.call('requestReturnMachines', '{"machineIds":["i-b"]}', 'a')#>>'{error,message}'$$), 'Machine ''i-b'' not found', 'A: B''s machine is unknown');
SELECT is(pg_temp.as('a', $$SELECT hostq.call('getAvailableTemplates', '{}')#>>'{error,details,field}'$$), 'namespace', 'A: the default namespace is not A''s either');
SELECT is(pg_temp.as('a', format('SELECT hostq.hf(%L, ''b'', NULL, %L)->>''exit''', m, p)), '1', 'A: hf in B''s namespace: ' || m)
FROM (VALUES ('getAvailableTemplates', '{}'), ('requestMachines', '{"templateId":"T","machineCount":1}'), ('requestReturnMachines', '{"machines":["same"]}'),
    ('getRequestStatus', '{"requestId":"prov-b"}'), ('getReturnRequests', '{}')) v (m, p);
SELECT is(pg_temp.as('a', $$SELECT hostq.hf('getRequestStatus', 'a', NULL, '{"requestId":"prov-b"}')#>>'{out,requests,0,status}'$$), 'complete_with_error', 'A: hf with B''s id');
SELECT is(pg_temp.as('a', $$SELECT hostq.hf('requestReturnMachines', 'a', NULL, '{"machines":[{"machineId":"i-b"}]}')#>>'{out,message}'$$),
    'No Active VM. Unknown machines were skipped: i-b', 'A: hf with B''s machine');
SELECT is(pg_temp.as('a', $$SELECT hostq.templates_list('b')#>>'{error,details,field}'$$), 'namespace', 'A: templates_list');
SELECT is(pg_temp.as('a', $$SELECT hostq.store_templates('b', 'x', '{}', '[]', '')#>>'{error,details,field}'$$), 'namespace', 'A: store_templates');
SELECT is(pg_temp.as('a', $$SELECT hostq.submit('{"kind":"noop","namespace":"b"}')#>>'{error,details,field}'$$), 'namespace', 'A: submit');
SELECT is(pg_temp.as('a', $$SELECT hostq.submit('{"kind":"noop","namespace":"a","requestId":"prov-b"}')#>>'{error,code}'$$), 'CONFLICT', 'A: an id that B has taken');
-- Lists.
SELECT is(pg_temp.as('a', $$SELECT string_agg(DISTINCT e->>'namespace', ',') FROM jsonb_array_elements(hostq.list('{}')) e$$), 'a', 'A: list');
SELECT is(pg_temp.as('a', format('SELECT hostq.list(%L)', f)), '[]', 'A: list with filter ' || f) FROM unnest('{"{\"namespace\":\"b\"}","{\"namespace\":\"b\",\"state\":\"open\"}"}'::text[]) f;
SELECT is(pg_temp.as('a', $$SELECT string_agg(e->>'instance_id', ',') FROM jsonb_array_elements(hostq.machines_list('{}')) e$$), 'i-a', 'A: machines_list');
SELECT is(pg_temp.as('a', $$SELECT jsonb_path_query_array(hostq.queues_list(), '$[*] ? (@.queue == "provision").pending')$$), '[1]', 'A: queues_list counts A''s');
SELECT is(pg_temp.as('a', $$SELECT jsonb_array_length(hostq.call('getReturnRequests', '{}', 'a')#>'{result,requests}')$$), '1', 'A: open returns');
-- A sees A.
SELECT is(pg_temp.as('a', $$SELECT hostq.status('prov-a')->>'status'$$), 'PENDING', 'A sees A''s');
SELECT is(pg_temp.as('a', $$SELECT hostq.hf('getRequestStatus', 'a', NULL, '{"requestId":"prov-a"}')#>>'{out,requests,0,status}'$$), 'running', 'A''s scripts work');
SELECT matches(pg_temp.as('a', $$SELECT hostq.call('requestMachines', '{"templateId":"T","machineCount":1}', 'a')#>>'{result,requestId}'$$), '^req-', 'A submits');
-- Nothing of B was changed.
SELECT is_empty($$SELECT * FROM hostq.event WHERE namespace = 'b' AND actor <> session_user$$, 'nothing of A''s attempts is in B''s namespace');
SELECT is((SELECT array_agg(state::text ORDER BY request_id) FROM hostq.requests WHERE namespace = 'b'), '{failed,pending,pending}', 'B''s requests are as they were');

-- Clients: functions only.
SELECT is(pg_temp.as('a', q), '42501', 'client: ' || q) FROM unnest(ARRAY['SELECT 1 FROM hostq.requests', 'SELECT 1 FROM hostq.machines', 'SELECT 1 FROM hostq.intents',
    'SELECT hostq.set(''account_limit'', ''5'')', 'SELECT hostq.pause(''noop'')', 'SELECT hostq.status_of(1)', 'SELECT hostq.finish(NULL, ''failed'', ''x'', ''x'', ''x'', ''x'', NULL)',
    'INSERT INTO hostq.tenants VALUES (''b'', session_user)']) q;
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'hostq'::regnamespace
    AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x WHERE x.grantee = 0)$$, 'no function is open to everybody');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'hostq'::regnamespace AND p.prosecdef
    AND NOT coalesce(array_to_string(p.proconfig, ' ') LIKE '%search_path=pg_catalog, pg_temp%', false)$$, 'every security definer function has a fixed search_path');

-- Operators: views and their tables, not intents, no writing.
SELECT is(pg_temp.as('op', format('SELECT string_agg(DISTINCT namespace, '','') FROM hostq.%s WHERE namespace <> ''''', v)), 'a', 'operator: ' || v || ' shows A''s')
FROM unnest('{requests,request_overview,machine_overview,events,failures_by_reason,performance,request_body,machines,event,finished,resources,templates,providers,request_machines}'::text[]) v;
SELECT is(pg_temp.as('op', 'SELECT count(*) FROM hostq.queue'), (SELECT count(*)::text FROM hostq.queue q JOIN hostq.request_body b USING (id) WHERE namespace = 'a'), 'operator: queue');
SELECT is(pg_temp.as('op', 'SELECT pending FROM hostq.queue_status WHERE queue = ''return'''), '1', 'operator: queue_status');
SELECT is(pg_temp.as('op', 'SELECT count(*) FROM hostq.daemon_health'), (SELECT count(*)::text FROM hostq.daemons), 'operator: daemon_health');
SELECT is(pg_temp.as('op', 'SELECT count(*) FROM hostq.stuck_requests'), '0', 'operator: stuck_requests');
SELECT is(pg_temp.as('op', q), '42501', 'operator: ' || q) FROM unnest(ARRAY['SELECT 1 FROM hostq.intents', 'DELETE FROM hostq.queue', 'SELECT hostq.cancel(''prov-a'')',
    'SELECT hostq.submit(''{}'')']) q;

-- The daemon sees all, through its own policy, and writes.
SELECT is(pg_temp.as('dm', 'SELECT count(DISTINCT namespace) FROM hostq.requests WHERE namespace IN (''a'', ''b'')'), '2', 'daemon: all namespaces');
SELECT is(pg_temp.as('dm', 'WITH u AS (UPDATE hostq.queue SET retry_attempt = 1 WHERE state = ''pending'' RETURNING 1) SELECT count(*) > 2 FROM u'), 'true', 'daemon: writes');
SELECT is(pg_temp.as('dm', 'SELECT count(*) FROM hostq.intents'), '2', 'daemon: intents');
SELECT is(pg_temp.as('dm', 'SELECT hostq.set(''account_limit'', ''5'')'), '42501', 'daemon: changes no settings');
SELECT is(pg_temp.as('dm', 'SELECT hostq.adopt()'), '42501', 'daemon: does not adopt');
SELECT is(pg_temp.as('ad', 'SELECT count(DISTINCT namespace) FROM hostq.requests WHERE namespace IN (''a'', ''b'')'), '2', 'administrator: all namespaces');
SELECT is(pg_temp.as('ad', 'SELECT 1 FROM hostq.intents'), '42501', 'administrator: not the intents');

SELECT is(pg_temp.as('ad', $$SELECT hostq.set('row_security', 'off')->>'was'$$), 'on', 'and off again');
SELECT is_empty($$SELECT relname FROM pg_class WHERE relnamespace = 'hostq'::regnamespace AND relrowsecurity$$, 'no table keeps it');
SELECT is(pg_temp.as('a', $$SELECT hostq.status('prov-b')->>'status'$$), 'PENDING', 'everybody sees all again');

SELECT * FROM finish();
ROLLBACK;
