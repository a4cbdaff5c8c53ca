-- setup.sql - what the race specifications share.

CREATE PROCEDURE public.fresh(p_daemons int, p_requests int) LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE hostq.request_body, hostq.queue, hostq.finished, hostq.event, hostq.ids, hostq.daemons, hostq.aborts, hostq.unique_keys,
        hostq.lanes RESTART IDENTITY;
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
    TRUNCATE hostq.machines, hostq.request_machines, hostq.templates, hostq.providers;
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
