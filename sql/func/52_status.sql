-- What is known about one request: status, show, result, history, wait.

CREATE OR REPLACE FUNCTION hostq.not_found(p_request_id text) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.error('REQUEST_NOT_FOUND', format('Request ''%s'' not found', p_request_id),
        jsonb_build_object('requestId', p_request_id))
$$;
COMMENT ON FUNCTION hostq.not_found IS 'The error of an id that the session does not know.';

CREATE OR REPLACE FUNCTION hostq.status_of(p_id bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b hostq.request_body;
    s record;
    list jsonb;
    seen timestamptz;
BEGIN
    SELECT * INTO b FROM hostq.request_body WHERE id = p_id;
    SELECT * INTO s FROM (
        SELECT q.state, q.first_started_at, NULL::timestamptz AS finished_at, NULL::text AS failure_reason,
            NULL::text AS error_message, greatest(q.first_started_at, q.claimed_at, q.started_at, q.settled_at,
                CASE WHEN q.run_at <= statement_timestamp() THEN q.run_at END) AS updated_at
        FROM hostq.queue q WHERE q.id = p_id
        UNION ALL
        SELECT f.state, f.first_started_at, f.finished_at, f.failure_reason, f.error_message, f.finished_at
        FROM hostq.finished f WHERE f.id = p_id) x;
    IF b.kind IN ('provision', 'return') THEN
        SELECT jsonb_agg(jsonb_build_object('machineId', m.instance_id, 'status', m.status,
                'privateIpAddress', m.private_ip, 'publicIpAddress', m.public_ip, 'instanceType', m.instance_type,
                'availabilityZone', m.availability_zone, 'launchTime', hostq.utc(m.launch_time)) ORDER BY m.machine_id),
            max(m.last_seen) INTO list, seen
        FROM hostq.machines m
        WHERE m.machine_id = ANY (CASE b.kind
            WHEN 'provision' THEN ARRAY(SELECT o.machine_id FROM hostq.machines o WHERE o.id = p_id)
            ELSE ARRAY(SELECT r.machine_id FROM hostq.request_machines r WHERE r.id = p_id) END);
    END IF;
    RETURN jsonb_build_object('requestId', b.request_id,
        'status', hostq.json_word(s.state, s.first_started_at IS NOT NULL, s.failure_reason),
        'templateId', b.template_id, 'machineCount', b.machine_count, 'machines', coalesce(list, '[]'),
        'createdAt', hostq.utc(b.created_at),
        'updatedAt', hostq.utc(greatest(b.created_at, s.updated_at, CASE WHEN s.finished_at IS NULL THEN seen END)),
        'completedAt', hostq.utc(s.finished_at), 'errorMessage', s.error_message,
        'tags', b.payload->'tags', 'metadata', b.payload->'metadata');
END $$;
COMMENT ON FUNCTION hostq.status_of IS 'The getRequestStatus result of the method calls, by internal number.';

CREATE OR REPLACE FUNCTION hostq.status(p_request_id text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k bigint := hostq.request_key(p_request_id);
BEGIN
    IF k IS NULL THEN
        RETURN hostq.not_found(p_request_id);
    END IF;
    RETURN hostq.status_of(k) || coalesce((SELECT jsonb_build_object('progress', note->'message') FROM hostq.queue
        WHERE id = k AND note ? 'progress'), '{}');
END $$;
COMMENT ON FUNCTION hostq.status(text) IS 'The getRequestStatus result: requestId, status (JSON word), templateId, machineCount, machines, createdAt, updatedAt, completedAt, errorMessage, tags, metadata; progress, where its handler reported some; or {error}.';

CREATE OR REPLACE FUNCTION hostq.overview_of(p_id bigint) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT to_jsonb(r) - '{id,response_body}'::text[] FROM hostq.request_rows r WHERE r.id = p_id
$$;
COMMENT ON FUNCTION hostq.overview_of IS 'Row of request_overview as an object, without response_body.';

CREATE OR REPLACE FUNCTION hostq.show(p_request_id text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    k bigint := hostq.request_key(p_request_id);
    o jsonb;
    list jsonb;
BEGIN
    IF k IS NULL THEN
        RETURN hostq.not_found(p_request_id);
    END IF;
    o := hostq.overview_of(k);
    SELECT jsonb_agg(to_jsonb(m) ORDER BY m.first_seen, m.instance_id) INTO list FROM hostq.machine_overview m
    WHERE m.instance_id = ANY (ARRAY(SELECT jsonb_array_elements_text(o->'machine_ids')));
    RETURN jsonb_build_object('request', o, 'machines', coalesce(list, '[]'), 'why_not', hostq.why_not(p_request_id));
END $$;
COMMENT ON FUNCTION hostq.show(text) IS 'All that is known about a request: {request: its row of request_overview without response_body, machines: rows of machine_overview, why_not}; or {error}.';

CREATE OR REPLACE FUNCTION hostq.body_as_json(p_body bytea) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t text;
BEGIN
    BEGIN
        t := convert_from(p_body, 'UTF8');
    EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
        RETURN to_jsonb(encode(p_body, 'escape'));
    END;
    BEGIN
        RETURN t::jsonb;
    EXCEPTION WHEN data_exception THEN
        RETURN to_jsonb(t);
    END;
END $$;
COMMENT ON FUNCTION hostq.body_as_json IS 'A stored reply: as JSON where it is JSON, else as text (bytes that are no UTF-8 escaped).';

CREATE OR REPLACE FUNCTION hostq.result(p_request_id text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k bigint := hostq.request_key(p_request_id);
    f hostq.finished;
    q hostq.queue;
BEGIN
    IF k IS NULL THEN
        RETURN hostq.not_found(p_request_id);
    END IF;
    SELECT * INTO f FROM hostq.finished WHERE id = k;
    IF NOT FOUND THEN
        SELECT * INTO q FROM hostq.queue WHERE id = k;
    END IF;
    RETURN jsonb_build_object('requestId', p_request_id, 'state', coalesce(f.state, q.state),
        'status', hostq.json_word(coalesce(f.state, q.state), coalesce(f.first_started_at, q.first_started_at) IS NOT NULL, f.failure_reason),
        'responseStatus', f.response_status, 'result', hostq.body_as_json(f.response_body), 'errorCode', f.error_code,
        'errorMessage', f.error_message, 'errorDetails', f.error_details);
END $$;
COMMENT ON FUNCTION hostq.result(text) IS 'How a request ended: {requestId, state, status, responseStatus, result, errorCode, errorMessage, errorDetails}, nulls while it is open; or {error}. May be asked any number of times.';

CREATE OR REPLACE FUNCTION hostq.history(p_request_id text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    k bigint := hostq.request_key(p_request_id);
    r jsonb;
BEGIN
    IF k IS NULL THEN
        RETURN hostq.not_found(p_request_id);
    END IF;
    SELECT jsonb_agg(jsonb_build_object('at', x.at, 'type', x.type, 'from_state', x.from_state, 'to_state', x.to_state,
        'actor', x.actor, 'daemon_id', x.daemon_id, 'attempt', x.attempt, 'reason', x.reason, 'code', x.code,
        'details', x.details, 'namespace', x.namespace, 'request_id', x.request_id) ORDER BY x.at, x.ord)
    INTO r FROM (
        SELECT e.at, e.seq AS ord, e.type, e.from_state, e.to_state, e.actor, coalesce(d.name, '') || '#' || e.daemon AS daemon_id,
            e.attempt, e.reason, e.code, e.details, e.namespace, e.request_id
        FROM hostq.event e LEFT JOIN hostq.daemons d ON d.epoch = e.daemon
        WHERE e.request_id = p_request_id AND e.type <> 'rejected'
        UNION ALL
        SELECT s.at, s.rank, s.type, s.from_state, s.to_state, s.actor, s.daemon_id, s.attempt, s.reason, s.code, NULL,
            s.namespace, s.request_id
        FROM hostq.stamp_events s WHERE s.id = k) x;
    RETURN coalesce(r, '[]');
END $$;
COMMENT ON FUNCTION hostq.history(text) IS 'The audit of a request in order, as an array: stored events and those that its stamps tell; or {error}.';

CREATE OR REPLACE FUNCTION hostq.wait_begin(p_request_id text, p_channel text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k bigint := hostq.request_key(p_request_id);
    s record;
BEGIN
    IF k IS NULL THEN
        RETURN hostq.not_found(p_request_id);
    ELSIF p_channel IS NULL OR p_channel !~ '^[[:graph:]]{1,63}$' OR p_channel ~ '^hostq_(work|d[0-9]+)$' THEN
        RETURN hostq.invalid('channel', to_jsonb(p_channel), '1..63 visible characters, not a daemon''s', 'Not a channel to wait on');
    END IF;
    -- No lock on the row: a claim would skip it and come back a second later.
    -- So an end that is being written at this very moment may miss us.
    INSERT INTO hostq.waiters (id, channel) SELECT k, p_channel FROM hostq.queue WHERE id = k ON CONFLICT DO NOTHING;
    SELECT q.state, q.first_started_at, NULL::text AS failure_reason INTO s FROM hostq.queue q WHERE q.id = k;
    IF NOT FOUND THEN
        SELECT f.state, f.first_started_at, f.failure_reason INTO s FROM hostq.finished f WHERE f.id = k;
    END IF;
    RETURN jsonb_build_object('requestId', p_request_id, 'state', s.state,
        'final', s.state NOT IN ('pending', 'claimed', 'processing', 'waiting'),
        'status', hostq.json_word(s.state, s.first_started_at IS NOT NULL, s.failure_reason));
END $$;
COMMENT ON FUNCTION hostq.wait_begin(text, text) IS 'Has the end of a request told to this channel (LISTEN first): {requestId, state, final, status} as it is now; registers only while it is open. The notice is a hint: look again now and then.';

CREATE OR REPLACE FUNCTION hostq.wait_end(p_channel text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM hostq.waiters w WHERE w.channel = p_channel
        AND EXISTS (SELECT FROM hostq.request_body b WHERE b.id = w.id AND hostq.may(b.namespace))
$$;
COMMENT ON FUNCTION hostq.wait_end(text) IS 'Ends all waiting on this channel.';
