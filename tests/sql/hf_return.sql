-- The HostFactory scripts, second part: requestReturnMachines,
-- getReturnRequests.
BEGIN;
\ir helpers.inc
SELECT plan(39);
SELECT pg_temp.template('inst', 'T', 100), pg_temp.template('other', 'T', 100);
SELECT pg_temp.provision('r', 6, 'inst'), pg_temp.provision('o', 1, 'other');
SELECT pg_temp.machine('r', 'old', 'terminated', 'host-a', 'succeed'), pg_temp.machine('r', 'i-1', 'running', 'host-a', 'succeed'),
    pg_temp.machine('r', 'i-2', 'running', 'host-b', 'succeed'), pg_temp.machine('r', 'i-3', 'running', 'host-c', 'succeed'),
    pg_temp.machine('r', 'i-4', 'pending', NULL), pg_temp.machine('r', 'gone', 'terminated', 'host-d', 'succeed'), pg_temp.machine('o', 'x-1', 'running', 'host-x', 'succeed');

CREATE FUNCTION pg_temp.ret(machines jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT hostq.hf('requestReturnMachines', 'inst', NULL, jsonb_build_object('machines', machines))
$$;
CREATE FUNCTION pg_temp.of(r jsonb) RETURNS text[] LANGUAGE sql AS $$
    SELECT machine_ids FROM hostq.request_overview WHERE request_id = r#>>'{out,requestId}'
$$;
CREATE FUNCTION pg_temp.asked(machines jsonb, mode text DEFAULT 'symphony') RETURNS jsonb LANGUAGE sql AS $$
    SELECT hostq.hf('getReturnRequests', 'inst', NULL, CASE WHEN machines IS NULL THEN '{}' ELSE jsonb_build_object('machines', machines) END, mode)#>'{out,requests}'
$$;

-- requestReturnMachines
SELECT pg_temp.ret('[{"name":"host-b","machineId":"i-1"}]') AS r \gset
SELECT is((:'r'::jsonb->'out') - 'requestId'::text, '{"message":"Delete VM success."}', 'message and requestId');
SELECT matches(:'r'::jsonb#>>'{out,requestId}', '^ret-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$', 'the id');
SELECT is(pg_temp.of(:'r'), '{i-1}', 'machineId decides where both are given');
SELECT is((SELECT format('%s %s %s %s', kind, state, namespace, route) FROM hostq.requests WHERE request_id = :'r'::jsonb#>>'{out,requestId}'),
    'return pending inst host:h1/boot1', 'a stored return, routed to the machine''s host');
SELECT is(pg_temp.of(pg_temp.ret('["host-a"]')), '{i-1}', 'a bare name: the newest living one; again in another return');
SELECT is(pg_temp.of(pg_temp.ret('{"name":"host-b"}')), '{i-2}', 'a single object');
SELECT is(pg_temp.of(hostq.hf('requestReturnMachines', 'inst', NULL, '{"machineId":"i-2"}')), '{i-2}', 'the flat form');
SELECT is(pg_temp.of(pg_temp.ret('["i-4"]')), '{i-4}', 'a machine without a name is known by its id');
SELECT is(pg_temp.of(pg_temp.ret('["host-b",{"machineId":"i-2"},"host-b"]')), '{i-2}', 'twice the same is one machine');
SELECT is(pg_temp.of(pg_temp.ret('[{"machineId":"gone"},"host-c"]')), '{i-3,gone}', 'machines that are gone join the return');

-- Nothing to do: an id all the same, complete at once.
CREATE FUNCTION pg_temp.idle(machines jsonb, message text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    r jsonb := pg_temp.ret(machines);
    s jsonb := hostq.hf('getRequestStatus', 'inst', NULL, jsonb_build_object('requests', jsonb_build_array(r->'out')))#>'{out,requests,0}';
BEGIN
    RETURN NEXT is((r->'out') - 'requestId'::text, jsonb_build_object('message', message), message);
    RETURN NEXT ok(r->'exit' = '0' AND r#>>'{out,requestId}' ~ '^ret-' AND s->>'status' = 'complete'
        AND NOT jsonb_path_exists(s, '$.machines[*] ? (@.result != "succeed")'), '... exit 0, complete at once');
END $$;
SELECT pg_temp.idle('[]', 'No Active VM.');
SELECT pg_temp.idle('[{"machineId":"gone"}]', 'No Active VM.');
SELECT pg_temp.idle('["nosuch",{"name":"n","machineId":"i-0"}]', 'No Active VM. Unknown machines were skipped: nosuch, n');
SELECT pg_temp.idle('[{"name":"host-x","machineId":"x-1"}]', 'No Active VM. Unknown machines were skipped: host-x');
SELECT is(hostq.hf('requestReturnMachines', 'inst', NULL, r)->'exit', '1', 'no list: exit 1') FROM unnest('{"{}","{\"machines\":null}","[]","{\"machines\":5}"}'::jsonb[]) r;
SELECT is((SELECT count(*) FROM hostq.event WHERE type = 'rejected'), 4::bigint, 'each leaves its event');

-- getReturnRequests
SELECT is(hostq.hf('getReturnRequests', 'inst', NULL, '{}'), '{"exit":0,"log":[],"out":{"status":"complete","message":"Instances marked for termination retrieved successfully.","requests":[]}}', 'nothing taken');
SELECT pg_temp.provision('q', 5, 'inst');
SELECT pg_temp.machine('q', 'ok', 'running', 'h-ok', 'succeed'), pg_temp.machine('q', 'lost', 'terminated', 'h-lost', 'succeed'), pg_temp.machine('q', 'spot', 'running', 'h-spot', 'succeed'),
    pg_temp.machine('q', 'asked', 'running', 'h-asked', 'succeed'), pg_temp.machine('q', 'orphan', 'running', 'h-orphan', 'fail');
UPDATE hostq.machines SET taken_at = now(), grace_until = CASE instance_id WHEN 'spot' THEN now() + interval '95.5 s' END WHERE instance_id IN ('lost', 'spot', 'asked');
SELECT is(pg_temp.asked(NULL), '[{"machine":"h-lost","gracePeriod":0},{"machine":"h-spot","gracePeriod":95},{"machine":"h-asked","gracePeriod":0}]', 'with {}: all that were taken');
SELECT is(pg_temp.asked(NULL), pg_temp.asked(NULL), 'told each time');
SELECT pg_temp.ret('["h-asked"]');
SELECT is(pg_temp.asked(NULL), '[{"machine":"h-lost","gracePeriod":0},{"machine":"h-spot","gracePeriod":95}]', 'until it is given back');
SELECT is(pg_temp.asked('["h-ok",{"name":"H-LOST.example","machineId":"lost"},{"name":"h-asked"},"h-orphan","never",{"machineId":"spot"},"h-lost"]'),
    '[{"machine":"H-LOST.example","gracePeriod":0},{"machine":"never","gracePeriod":0},{"machine":"spot","gracePeriod":95},{"machine":"h-lost","gracePeriod":0}]',
    'with a list: taken, gone and unknown ones of it, by the names given, not healthy ones nor those whose return is open');
SELECT is(pg_temp.asked('[]'), '[]', 'an empty list');
SELECT is(pg_temp.asked('[{"name":"h-ok","machineId":"ok"},{"name":"a","machineId":"lost"},{"name":"b","machineId":"zzz"}]', 'lsf'),
    '[{"machine":"a","gracePeriod":0,"machineId":"lost"},{"machine":"b","gracePeriod":0,"machineId":"zzz"}]', 'LSF: with machineId');
SELECT is(pg_temp.asked('[{"name":"host-x","machineId":"x-1"}]'), '[{"machine":"host-x","gracePeriod":0}]', 'of another namespace: unknown');
-- Our own clean-up takes a machine: told; the caller's return of it: not.
SELECT hostq.make_cleanup(pg_temp.id('q'), ARRAY(SELECT machine_id FROM hostq.machines WHERE id = pg_temp.id('q')));
SELECT is(pg_temp.asked('["h-orphan"]'), '[{"machine":"h-orphan","gracePeriod":0}]', 'a machine that our own clean-up is ending');
SELECT pg_temp.ret('["h-orphan"]');
SELECT is(pg_temp.asked('["h-orphan"]'), '[]', 'not once its return is asked for');
-- A terminated machine whose return has ended, still asked about.
SELECT is(pg_temp.asked('["host-d"]'), '[]', 'while its return is open');
SELECT pg_temp.ends(request_id, 'canceled') FROM hostq.requests WHERE kind = 'return' AND state = 'pending';
SELECT is(pg_temp.asked('["host-d"]'), '[{"machine":"host-d","gracePeriod":0}]', 'asked about and gone: told');
SELECT hostq.set('hf_report_unknown', 'false');
SELECT is(pg_temp.asked('["never","host-d"]'), '[{"machine":"host-d","gracePeriod":0}]', 'a setting turns the unknown off');
SELECT is(hostq.hf('getReturnRequests', 'inst', NULL, '{"machines":5}')->'exit', '1', 'machines that are no list: exit 1');

-- 10,000 names: tens of ms, but not quadratic, whatever was planned before.
INSERT INTO hostq.machines (instance_id, request_id, id, namespace, provider_api, status, name, result)
SELECT 'm-' || i, 'q', pg_temp.id('q'), 'inst', 'process', 'running', 'mass-' || i, 'succeed' FROM generate_series(1, 10000) i;
SELECT jsonb_agg(jsonb_build_object('name', 'mass-' || i)) AS many FROM generate_series(1, 10001) i \gset
SELECT is(pg_temp.asked(:'many'), '[{"machine":"mass-10001","gracePeriod":0}]', '10,000 healthy machines and an unknown one')
FROM hostq.set('hf_report_unknown', 'true');
SELECT performs_ok(format('SELECT pg_temp.asked(%L)', :'many'), 2000, 'in far less than 2 s');

SELECT * FROM finish();
ROLLBACK;
