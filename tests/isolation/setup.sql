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
