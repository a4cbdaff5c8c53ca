-- setup.sql - what the race specifications share.

CREATE PROCEDURE public.fresh(p_daemons int, p_requests int) LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE hostq.request_body, hostq.queue, hostq.finished, hostq.event, hostq.ids, hostq.daemons, hostq.aborts, hostq.unique_keys,
        hostq.lanes, hostq.machines, hostq.request_machines, hostq.templates, hostq.providers, hostq.intents, hostq.resources RESTART IDENTITY;
    ALTER SEQUENCE hostq.request_seq RESTART;
    INSERT INTO hostq.daemons (name, host, boot_id, pid, version, routes, slots, lease_until)
    SELECT 'd' || n, 'h' || n, 'b', 1, '0', '{}', 10, clock_timestamp() + interval '1 h' FROM generate_series(1, p_daemons) n;
    -- Lane 4 is the main scan of the noops, 5 its resumed, 6 its suspect one.
    PERFORM hostq.submit(jsonb_build_object('kind', 'noop', 'requestId', 'r' || n)) FROM generate_series(1, p_requests) n;
END $$;
COMMENT ON PROCEDURE public.fresh IS 'An empty queue with daemons 1.. (no life lock held) and requests r1.. with the numbers 1..';

CREATE PROCEDURE public.held(p_request bigint, p_owner int, p_lease bigint, p_state text) LANGUAGE sql AS $$
    UPDATE hostq.queue SET state = p_state::hostq.state, owner = p_owner, lease = p_lease, claimed_at = clock_timestamp(),
        started_at = CASE p_state WHEN 'processing' THEN clock_timestamp() END, first_started_at = clock_timestamp() WHERE id = p_request
$$;
COMMENT ON PROCEDURE public.held IS 'A request is in a daemon''s hand.';

CREATE VIEW public.rows AS
SELECT request_id, state, daemon_id AS owner, lease, retry_attempt AS retries, crashes FROM hostq.requests
ORDER BY request_id;
COMMENT ON VIEW public.rows IS 'Where every request is.';

CREATE FUNCTION public.one(p_request text, p_key text, p_mode text DEFAULT 'keep') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('kind', 'noop', 'requestId', p_request, 'unique', jsonb_build_object('key', p_key, 'mode', p_mode))
$$;
COMMENT ON FUNCTION public.one IS 'A request with a unique key, as submit takes it.';

CREATE PROCEDURE public.launched() LANGUAGE plpgsql AS $$
BEGIN
    CALL public.fresh(1, 0);
    INSERT INTO hostq.providers (namespace, files_hash, config) VALUES ('default', 'x', '{"AWS_REGION":"us-east-1"}');
    PERFORM hostq.store_templates('default', 'x', '{"AWS_REGION":"us-east-1"}', '[{"n":0,"templateId":"A","definition":{"templateId":"A"},
        "valid":true,"providerApi":"RunInstances","maxNumber":9}]', '');
    PERFORM hostq.submit('{"kind":"provision","requestId":"p","templateId":"A","machineCount":1}');
    PERFORM hostq.need_aws_watch('default', 'default', 'us-east-1');
    CALL public.held(1, 1, 11, 'processing');
    CALL public.held(2, 1, 12, 'processing');
END $$;
COMMENT ON PROCEDURE public.launched IS 'A provision p and the watch of its account, both in the hand of daemon 1.';

CREATE FUNCTION public.look() RETURNS int LANGUAGE sql AS $$
    SELECT hostq.store_watch(2, 12, 'h', 'b', '[{"instance_id":"i-1","request_id":"p","provider_api":"RunInstances","status":"running",
        "account":"default","region":"us-east-1"}]')
$$;
COMMENT ON FUNCTION public.look IS 'What that watch tells: a machine of p lives.';

CREATE PROCEDURE public.ready() LANGUAGE plpgsql AS $$
BEGIN
    CALL public.launched();
    PERFORM hostq.store_machines(jsonb_build_array(public.instance('i-0', 'running')));
END $$;
COMMENT ON PROCEDURE public.ready IS 'As launched, and machine i-0 of p runs, which p knows.';

CREATE FUNCTION public.instance(p_id text, p_status text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('instance_id', p_id, 'request_id', 'p', 'provider_api', 'RunInstances', 'status', p_status, 'name', 'n' || p_id,
        'private_ip', CASE p_id WHEN 'i-0' THEN '10.0.0.1' END, 'account', 'default', 'region', 'us-east-1')
$$;
COMMENT ON FUNCTION public.instance IS 'A machine as the provider tells of it.';

CREATE FUNCTION public.look(p_other text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    RETURN hostq.store_watch(2, 12, 'h', 'b', jsonb_build_array(public.instance('i-0', 'running'), public.instance('i-1', p_other)));
END $$;
COMMENT ON FUNCTION public.look(text) IS 'The watch tells that i-0 runs, and how i-1 is.';

CREATE PROCEDURE public.canceled() LANGUAGE plpgsql AS $$
BEGIN
    CALL public.fresh(1, 0);
    UPDATE hostq.daemons SET routes = '{host:h1/b}';
    PERFORM hostq.store_templates('default', 'x', '{}', '[{"n":0,"templateId":"A","definition":{"templateId":"A"},"valid":true,
        "providerApi":"process","maxNumber":9}]', '');
    PERFORM hostq.submit('{"kind":"provision","requestId":"p","templateId":"A","machineCount":1}');
    CALL public.held(1, 1, 11, 'processing');
    PERFORM hostq.open_intent(1, 11, 't', '{"units":[{"instance_id":"u1"},{"instance_id":"u2"}],"host":"h1","boot_id":"b","resource_id":"h1"}',
        'host:h1/b', 'h1');
    PERFORM hostq.cancel('p');
    CALL public.ended('u1');
    CALL public.held(2, 1, 12, 'processing');
    CALL public.held(3, 1, 13, 'processing');
    CALL public.later('0');
END $$;
COMMENT ON PROCEDURE public.canceled IS 'A launch of processes u1 and u2, canceled: p (1), the watch (2) and the clean-up (3), which took u1 for ended.';

CREATE FUNCTION public.late_start() RETURNS int LANGUAGE sql AS $$
    SELECT hostq.store_watch(2, 12, 'h1', 'b', '[{"instance_id":"u1","request_id":"p","pid":101,"start_time":5}]')
$$;
COMMENT ON FUNCTION public.late_start IS 'The watch of the host tells that u1 lives.';

CREATE PROCEDURE public.ended(p_id text) LANGUAGE sql AS $$
    UPDATE hostq.machines SET status = 'terminated', ended_at = clock_timestamp(), last_seen = clock_timestamp() WHERE instance_id = p_id
$$;
COMMENT ON PROCEDURE public.ended IS 'A machine is taken for ended.';

CREATE PROCEDURE public.later(p_age interval) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hostq.finished SET finished_at = finished_at - p_age;
    PERFORM pg_sleep(0.001);
    UPDATE hostq.queue SET claimed_at = clock_timestamp() WHERE id = 2 AND lease = 12;
END $$;
COMMENT ON PROCEDURE public.later IS 'What has ended did so longer ago; the next look of the watch begins now.';

CREATE PROCEDURE public.died() LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hostq.queue SET crashes = 2 WHERE id = 2;
    UPDATE hostq.daemons SET state = 'dead', ended_at = now(), counters = counters || '{"blame":"all"}' WHERE epoch = 1;
    PERFORM hostq.give_back_rows(ARRAY[2]::int8[], 1, NULL, 'all');
END $$;
COMMENT ON PROCEDURE public.died IS 'The daemon died, and with it, for the third time, the watch.';

CREATE VIEW public.machines AS
SELECT instance_id, status, result, ended_at IS NULL AS lives,
    (SELECT count(*) FROM hostq.request_machines r JOIN hostq.queue q USING (id) WHERE r.machine_id = m.machine_id) AS returns
FROM hostq.machines m ORDER BY instance_id;
COMMENT ON VIEW public.machines IS 'How each machine is, and how many open returns are about it.';
