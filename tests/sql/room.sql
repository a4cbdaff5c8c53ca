-- Limits that nobody gets round: queues of any kind, a person's retry, an id
-- given twice; what else submit must not let through (M22 M24 M29).
BEGIN;
\ir helpers.inc
SELECT plan(24);
SELECT pg_temp.template('default', 'T', 10), pg_temp.template('default', 'slow', -1);
UPDATE hostq.templates SET definition = definition || '{"drainTimeout":1200,"readyAfter":900}' WHERE template_id = 'slow';
INSERT INTO hostq.queues (name) VALUES ('any');

-- A queue that takes any kind is no way round.
SELECT is(hostq.submit('{"kind":"provision","queue":"any","templateId":"T","machineCount":8,"requestId":"a1"}')->>'requestId', 'a1', '8 of 10 through a queue of any kind');
SELECT is(hostq.submit('{"kind":"provision","templateId":"T","machineCount":3}')#>>'{error,message}', 'Requested 3, maximum 2', 'they count in the usual one');
SELECT is(hostq.submit('{"kind":"provision","queue":"any","templateId":"T","machineCount":3}')#>>'{error,message}', 'Requested 3, maximum 2', 'and in their own');
SELECT is((SELECT used FROM hostq.hf_usage('default') WHERE template_id = 'T'), 8::bigint, 'and are told to HostFactory');
SELECT is(hostq.submit('{"kind":"provision","templateId":"T","machineCount":8,"requestId":"a1"}')#>>'{error,details,field}', 'queue', 'the same id for another queue is a CONFLICT');

-- An id given again when its own request took the last place.
SELECT is(hostq.submit('{"kind":"provision","templateId":"T","machineCount":2,"requestId":"a2"}')->>'created', 'true', 'the last 2');
SELECT is(hostq.submit_provision('{"kind":"provision","templateId":"T","machineCount":2,"requestId":"a2"}', 'default'),
    '{"requestId":"a2","created":false}', 'the same at once, past the first look: the same request, no refusal');

-- A person's retry needs room, for what is missing only.
SELECT hostq.cancel('a2');
SELECT is(hostq.submit('{"kind":"provision","templateId":"T","machineCount":2,"requestId":"a3"}')->>'requestId', 'a3', 'its place is taken by another');
SELECT is(hostq.retry('a2')#>>'{error,message}', 'Requested 2, maximum 0', 'no room to retry');
SELECT is((SELECT state FROM hostq.requests WHERE request_id = 'a2'), 'canceled', 'it stays as it ended');
SELECT hostq.cancel('a3');
SELECT is(hostq.retry('a2')->>'state', 'pending', 'with room it is opened again');

-- HostFactory is told what the account's limit leaves.
SELECT hostq.set('account_limit', '14');
SELECT is((SELECT t->>'availableNumber' FROM jsonb_array_elements(hostq.hf_template_list('default', false)) t WHERE t->>'templateId' = 'slow'), '4',
    'availableNumber of a template without a limit: what the account has left');
SELECT is(hostq.hf('requestMachines', 'default', NULL, '{"template":{"templateId":"slow","machineCount":5}}')#>>'{out,message}',
    'Account quota would be exceeded: asked for 5, in use 10, limit 14', 'and the refusal names asked, used and limit');
SELECT hostq.set('account_limit', '0');

-- Time enough for what the template says itself.
CREATE FUNCTION pg_temp.time_of(req jsonb) RETURNS interval LANGUAGE plpgsql AS $$
DECLARE
    rid text := pg_temp.submit(req);
BEGIN
    RETURN (SELECT deadline - created_at FROM hostq.requests WHERE request_id = rid);
END $$;
SELECT is(pg_temp.time_of('{"kind":"provision","templateId":"slow","machineCount":1,"requestId":"s"}'),
    interval '16 min', 'a provision has the time that its readyAfter needs');
SELECT pg_temp.machine('s', 's-1', 'running', 's-1', 'succeed');
SELECT is(pg_temp.time_of('{"kind":"return","machineIds":["s-1"]}'),
    interval '21 min', 'a return has the time that its drain needs');
SELECT is(pg_temp.time_of('{"kind":"return","machineIds":["s-1"],"timeout":60}'),
    interval '1 min', 'a timeout that was asked for stays');
SELECT is(pg_temp.time_of('{"kind":"return","machineIds":["s-1"],"force":true}'),
    interval '10 min', 'without a drain: 600 s (M16)');
SELECT pg_temp.submit('{"kind":"return","requestId":"later","machineIds":["s-1"],"delay":600000}');
SELECT ok((SELECT not_before > now() + interval '8 min' FROM hostq.requests WHERE request_id = 'later'),
    'delay of a return is kept');
SELECT ok(hostq.submit('{"kind":"noop","delay":null}') ? 'requestId', 'delay null is as good as absent');

-- The watch of a host is not for callers.
SELECT is(hostq.submit('{"kind":"watch"}')#>>'{error,details,field}', 'kind', 'nobody submits a watch');
SELECT is(hostq.submit('{"kind":"noop","requestId":"watch:host:h1/boot1"}')#>>'{error,details,limit}', 'not watch:*', 'nor takes its id');
SELECT hostq.need_watch('host:h1/boot1');
SELECT is(hostq.cancel('watch:host:h1/boot1')#>>'{error,code}', 'CONFLICT', 'nor cancels it');
SELECT pg_temp.start('watch:host:h1/boot1');
SELECT pg_temp.ends('watch:host:h1/boot1', 'failed', 'task_terminated', 'died');
SELECT hostq.need_watch('host:h1/boot1');
SELECT is((SELECT format('%s %s', state, route) FROM hostq.requests WHERE request_id = 'watch:host:h1/boot1'), 'pending host:h1/boot1', 'one that ended is opened again when it is needed');

-- The event of a refusal names the method.
SELECT hostq.call('requestMachines', '{"templateId":"none","machineCount":1}');
SELECT is((SELECT details->>'method' FROM hostq.event WHERE type = 'rejected' ORDER BY seq DESC LIMIT 1), 'requestMachines', 'rejected: the method that was called');

SELECT * FROM finish();
ROLLBACK;
