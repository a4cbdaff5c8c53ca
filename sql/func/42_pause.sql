-- Pauses by account, region and host, and the drain of a host. Daemons see
-- them where they read their lanes (sql/stmt/lanes.sql), within a second.

CREATE OR REPLACE FUNCTION hostq.pause_scope(p_scope text, p_value text, p_on boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_scope IS NULL OR p_scope NOT IN ('account', 'region', 'host', 'drain') THEN
        RETURN hostq.invalid('scope', to_jsonb(p_scope), 'account, region, host, drain', format('Unknown scope ''%s''', p_scope));
    ELSIF p_value IS NULL OR p_value !~ '^[^[:cntrl:]]{1,253}$' THEN
        RETURN hostq.invalid(p_scope, to_jsonb(p_value), '1..253 characters', format('%s must be 1 to 253 characters', p_scope));
    ELSIF p_on AND p_scope IN ('host', 'drain') AND NOT EXISTS (SELECT FROM hostq.daemons WHERE host = p_value) THEN
        RETURN hostq.invalid(p_scope, to_jsonb(p_value), (SELECT string_agg(DISTINCT host, ', ') FROM hostq.daemons WHERE state <> 'dead'),
            format('No daemon has been seen on host ''%s''', p_value));
    END IF;
    IF p_on THEN
        INSERT INTO hostq.pauses (scope, value) VALUES (p_scope, p_value) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM hostq.pauses WHERE scope = p_scope AND value = p_value;
    END IF;
    IF FOUND THEN
        PERFORM hostq.say_change(CASE WHEN p_on THEN 'pause' ELSE 'resume' END, jsonb_build_object(p_scope, p_value));
        PERFORM pg_notify('hostq_work', '+lane');
    END IF;
    RETURN jsonb_build_object(p_scope, p_value, 'paused', p_on,
        'inFlight', CASE WHEN p_scope = 'drain' THEN (SELECT coalesce(sum(in_flight), 0) FROM hostq.daemons WHERE host = p_value AND state <> 'dead') END);
END $$;
COMMENT ON FUNCTION hostq.pause_scope(text, text, boolean) IS 'Stops (or with false resumes) claiming of requests of an account, a region or a host; scope drain: the daemons of a host take only what is bound to it, and give back what they have not started. What runs runs on. {SCOPE: value, paused, inFlight} or {error}.';

CREATE OR REPLACE FUNCTION hostq.pauses_list() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(x) ORDER BY x.since), '[]') FROM (
        SELECT scope, value, since, paused_by AS "by" FROM hostq.pauses
        UNION ALL SELECT 'queue', k.name, max(e.at), (array_agg(e.actor ORDER BY e.at DESC))[1] FROM hostq.queues k
            LEFT JOIN hostq.event e ON e.type = 'pause' AND e.details->>'queue' = k.name AND e.at > now() - interval '30 days'
            WHERE k.paused GROUP BY k.name) x
$$;
COMMENT ON FUNCTION hostq.pauses_list() IS 'All that is paused or drained, queues too: scope, value, since, by.';

CREATE OR REPLACE FUNCTION hostq.is_paused(l hostq.lanes) RETURNS hostq.pauses
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p FROM hostq.pauses p WHERE CASE p.scope WHEN 'account' THEN p.value = l.account WHEN 'region' THEN p.value = l.region
        WHEN 'host' THEN starts_with(l.route, 'host:' || p.value || '/') ELSE false END LIMIT 1
$$;
COMMENT ON FUNCTION hostq.is_paused IS 'The pause that holds a lane, or null.';
