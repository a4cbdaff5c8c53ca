-- submit: the only way in. It enforces every limit and refuses by value.

CREATE OR REPLACE FUNCTION hostq.check_whole(p_value jsonb, p_min bigint, p_max bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN jsonb_typeof(p_value) = 'number'
        THEN p_value::numeric = trunc(p_value::numeric) AND p_value::numeric BETWEEN p_min AND p_max
        ELSE false END
$$;
COMMENT ON FUNCTION hostq.check_whole IS 'Is it a whole number within the limits (3.0 is 3, "3" is not)?';

CREATE OR REPLACE FUNCTION hostq.check_keys(p_req jsonb, p_allowed text[]) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_req - p_allowed = '{}' THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT hostq.invalid(k, p_req->k, coalesce(nullif(array_to_string(p_allowed, ', '), ''), 'no fields'), format('Unknown field ''%s''', k))
        FROM jsonb_object_keys(p_req - p_allowed) k ORDER BY k LIMIT 1);
END $$;
COMMENT ON FUNCTION hostq.check_keys IS 'Refusal that names the first key that is not allowed, or null.';

CREATE OR REPLACE FUNCTION hostq.check_tags(p_tags jsonb, p_template_tags jsonb DEFAULT NULL, p_own int DEFAULT 0) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k text;
    v jsonb;
    n int;
BEGIN
    IF coalesce(p_tags, 'null') = 'null' AND p_own = 0 THEN
        RETURN NULL;
    ELSIF coalesce(p_tags, 'null') <> 'null' AND jsonb_typeof(p_tags) <> 'object' THEN
        RETURN hostq.invalid('tags', p_tags, 'object of texts', 'Tags must be an object of texts');
    END IF;
    p_tags := coalesce(nullif(p_tags, 'null'), '{}');
    FOR k, v IN SELECT * FROM jsonb_each(p_tags) LOOP
        IF k = '' THEN
            RETURN hostq.invalid('tags', p_tags, '1..128 characters', 'Tag key must not be empty');
        ELSIF length(k) > 128 THEN
            RETURN hostq.invalid('tags', to_jsonb(k), '128 characters', format('Tag key ''%s'' exceeds 128 characters', k));
        ELSIF k ~* '^(hf|aws):' THEN
            RETURN hostq.invalid('tags', to_jsonb(k), 'not hf:* or aws:*', format('Tag key ''%s'' is reserved', k));
        ELSIF jsonb_typeof(v) <> 'string' THEN
            RETURN hostq.invalid('tags.' || k, v, 'text', format('Tag value of ''%s'' must be a text', k));
        ELSIF length(v #>> '{}') > 256 THEN
            RETURN hostq.invalid('tags.' || k, v, '256 characters', format('Tag value ''%s'' exceeds 256 characters', v #>> '{}'));
        END IF;
    END LOOP;
    SELECT count(DISTINCT x) INTO n FROM (SELECT jsonb_object_keys(p_tags)
        UNION ALL SELECT split_part(p, '=', 1) FROM unnest(string_to_array(p_template_tags #>> '{}', ';')) p
            WHERE p <> '' AND jsonb_typeof(p_template_tags) = 'string'
        UNION ALL SELECT jsonb_object_keys(CASE jsonb_typeof(p_template_tags) WHEN 'object' THEN p_template_tags ELSE '{}' END)) t (x);
    IF n > 50 - p_own THEN
        RETURN hostq.invalid('tags', to_jsonb(n), format('%s tags', 50 - p_own), format('%s tags exceed the limit of %s', n, 50 - p_own));
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_tags IS 'Refusal for bad tags, or null. Lengths are in characters. p_own: how many of the 50 that a resource can have are ours.';

CREATE OR REPLACE FUNCTION hostq.check_timeout(p_req jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v jsonb := p_req->'timeout';
    lo bigint := 1;
    hi bigint := 31536000;
    lim text;
BEGIN
    IF v IS NULL OR v = 'null' THEN
        RETURN NULL;
    ELSIF p_req->>'kind' IN ('provision', 'return') THEN
        lo := hostq.setting('min_timeout');
        hi := hostq.setting('max_timeout');
    END IF;
    lim := format('%s..%s s', lo, hi);
    IF jsonb_typeof(v) <> 'number' OR v::numeric <> trunc(v::numeric) THEN
        RETURN hostq.invalid('timeout', v, lim, 'Timeout must be a whole number of seconds');
    ELSIF v::numeric < lo THEN
        RETURN hostq.invalid('timeout', v, lim, format('Timeout must be at least %s seconds', lo));
    ELSIF v::numeric > hi THEN
        RETURN hostq.invalid('timeout', v, lim, format('Timeout cannot exceed %s seconds', hi));
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_timeout IS 'Refusal for a bad timeout, or null.';

CREATE OR REPLACE FUNCTION hostq.check_policy(p_policy jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k text;
    v jsonb;
    r jsonb;
BEGIN
    IF p_policy IS NULL OR p_policy = 'null' THEN
        RETURN NULL;
    ELSIF jsonb_typeof(p_policy) <> 'object' THEN
        RETURN hostq.invalid('policy', p_policy, 'object', 'Policy must be an object');
    END IF;
    r := hostq.check_keys(p_policy, '{max_retries,stop_before_deadline_ms,backoff_ms,backoff_factor,max_backoff_ms}');
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    FOR k, v IN SELECT * FROM jsonb_each(p_policy) LOOP
        IF k = 'backoff_factor' THEN
            IF jsonb_typeof(v) <> 'number' OR v::numeric NOT BETWEEN 1 AND 1000 THEN
                RETURN hostq.invalid('policy.' || k, v, '1..1000', format('%s must be a number from 1 to 1000', k));
            END IF;
        ELSIF v = 'null' AND k IN ('max_retries', 'stop_before_deadline_ms') THEN
            CONTINUE;
        ELSIF NOT hostq.check_whole(v, CASE k WHEN 'stop_before_deadline_ms' THEN -31536000000 ELSE 0 END,
                CASE k WHEN 'max_retries' THEN 1000000 ELSE 31536000000 END) THEN
            RETURN hostq.invalid('policy.' || k, v, 'whole number', format('%s must be a whole number within its limits', k));
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_policy IS 'Refusal for bad retry settings of a request, or null.';

CREATE OR REPLACE FUNCTION hostq.check_metadata(p_meta jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    url text;
BEGIN
    IF p_meta IS NULL OR p_meta = 'null' THEN
        RETURN NULL;
    ELSIF jsonb_typeof(p_meta) <> 'object' THEN
        RETURN hostq.invalid('metadata', p_meta, 'object', 'Metadata must be an object');
    END IF;
    url := p_meta->>'callback_url';
    IF url IS NOT NULL AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(hostq.setting('callback_allow')::jsonb) a
            WHERE starts_with(url, a)) THEN
        RETURN hostq.invalid('metadata.callback_url', to_jsonb(url), hostq.setting('callback_allow'),
            format('Callback URL ''%s'' is not on the list of allowed targets', url));
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_metadata IS 'Refusal for bad metadata, or null.';

CREATE OR REPLACE FUNCTION hostq.check_common(p_req jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rid jsonb := p_req->'requestId';
    q text := coalesce(p_req->>'queue', p_req->>'kind');
    k text;
BEGIN
    IF p_req->>'kind' IS NULL OR p_req->>'kind' NOT IN ('provision', 'return', 'noop') THEN
        RETURN hostq.invalid('kind', p_req->'kind', 'provision, return, noop', format('Unknown kind ''%s''', p_req->>'kind'));
    ELSIF rid IS NOT NULL AND rid <> 'null' AND (jsonb_typeof(rid) <> 'string'
            OR rid #>> '{}' !~ '^[^[:space:][:cntrl:]]{1,128}$') THEN
        RETURN hostq.invalid('requestId', rid, '1..128 visible characters', 'Request ID must be 1 to 128 visible characters');
    ELSIF starts_with(rid #>> '{}', 'watch:') THEN
        RETURN hostq.invalid('requestId', rid, 'not watch:*', 'Request IDs that begin with watch: are reserved');
    ELSIF coalesce(p_req->'priority', '"normal"') NOT IN ('"high"', '"normal"', '"low"', 'null') THEN
        RETURN hostq.invalid('priority', p_req->'priority', 'low, normal, high', 'Priority must be low, normal or high');
    ELSIF coalesce(p_req->'delay', 'null') <> 'null' AND NOT hostq.check_whole(p_req->'delay', 0, 31536000000) THEN
        RETURN hostq.invalid('delay', p_req->'delay', '0..31536000000 ms', 'Delay must be a whole number of milliseconds');
    END IF;
    SELECT kind INTO k FROM hostq.queues WHERE name = q;
    IF NOT FOUND THEN
        RETURN hostq.invalid('queue', to_jsonb(q), 'a row of hostq.queues', format('Unknown queue ''%s''', q));
    ELSIF k IS NOT NULL AND k <> p_req->>'kind' THEN
        RETURN hostq.invalid('queue', to_jsonb(q), 'queue of kind ' || k, format('Queue ''%s'' takes only kind %s', q, k));
    END IF;
    -- A function costs a new session its compilation: not called for nothing.
    IF p_req ?| '{timeout,metadata,policy}' THEN
        RETURN coalesce(hostq.check_timeout(p_req), hostq.check_metadata(p_req->'metadata'),
            hostq.check_policy(p_req->'policy'));
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_common IS 'Refusal for what is common to all kinds, or null.';

CREATE OR REPLACE FUNCTION hostq.known_request(p_req jsonb, p_namespace text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b hostq.request_body;
    rid text := p_req->>'requestId';
    field text;
BEGIN
    SELECT y.* INTO b FROM hostq.ids i JOIN hostq.request_body y ON y.id = i.id WHERE i.request_id = rid;
    IF NOT FOUND THEN
        SELECT y.* INTO b FROM hostq.request_body y WHERE y.id = hostq.id_in(rid) AND y.request_id = rid;
    END IF;
    IF b.id IS NULL THEN
        RETURN NULL;
    ELSIF NOT hostq.may(b.namespace) THEN
        RETURN hostq.error('CONFLICT', format('Request ''%s'' exists', rid), jsonb_build_object('requestId', rid, 'field', 'requestId'));
    ELSIF b.namespace <> p_namespace THEN
        field := 'namespace';
    ELSIF b.kind <> p_req->>'kind' THEN
        field := 'kind';
    ELSIF b.queue <> coalesce(p_req->>'queue', b.kind) THEN
        field := 'queue';
    ELSE
        SELECT k INTO field FROM (SELECT jsonb_object_keys(b.payload) UNION SELECT jsonb_object_keys(hostq.payload_of(p_req))) x (k)
        WHERE b.payload->k IS DISTINCT FROM nullif(p_req->k, 'null') ORDER BY k LIMIT 1;
    END IF;
    IF field IS NOT NULL THEN
        RETURN hostq.error('CONFLICT', format('Request ''%s'' exists with another %s', rid, field),
            jsonb_build_object('requestId', rid, 'field', field));
    END IF;
    RETURN jsonb_build_object('requestId', rid, 'created', false);
END $$;
COMMENT ON FUNCTION hostq.known_request IS 'Answer for an id that is known: the same request, or CONFLICT; null for a new id.';

CREATE OR REPLACE FUNCTION hostq.payload_of(p_req jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r jsonb := p_req - '{requestId,namespace,kind,queue,traceparent}'::text[];
BEGIN
    IF jsonb_path_exists(r, '$.* ? (@ == null)') THEN
        r := (SELECT coalesce(jsonb_object_agg(k, v), '{}') FROM jsonb_each(r) e (k, v) WHERE v <> 'null');
    END IF;
    RETURN r;
END $$;
COMMENT ON FUNCTION hostq.payload_of IS 'The part of a submit that is kept as payload; null is as good as absent.';

CREATE OR REPLACE FUNCTION hostq.insert_request(b hostq.request_body, p_route text, p_delay_ms bigint DEFAULT 0) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k record;
    due constant timestamptz := clock_timestamp() + p_delay_ms * interval '1 ms';
BEGIN
    -- Field by field: b.* would build the whole row anew for each of them.
    INSERT INTO hostq.request_body (id, created_at, request_id, namespace, kind, queue, priority, provider_api, template_id,
        template, machine_count, timeout, payload, policy, submitted_by, account, region, key, ordering_key, group_id, race_of,
        cleanup_of, traceparent)
    VALUES (b.id, b.created_at, b.request_id, b.namespace, b.kind, b.queue, b.priority, b.provider_api, b.template_id, b.template,
        b.machine_count, b.timeout, b.payload, b.policy, b.submitted_by, b.account, b.region, b.key, b.ordering_key, b.group_id,
        b.race_of, b.cleanup_of, b.traceparent);
    SELECT audit = 'full' AS audited, claim_order <> 'time' OR fair_by IS NOT NULL AS sorted INTO k FROM hostq.queues WHERE name = b.queue;
    INSERT INTO hostq.queue (id, lane_id, run_at, deadline)
    VALUES (b.id, CASE WHEN b.key IS NULL AND b.ordering_key IS NULL AND NOT k.sorted
            THEN hostq.find_lane(b.queue, b.priority, p_route, b.account, b.region, b.group_id, NULL, false)
            ELSE hostq.lane_of(b, p_route) END,
        CASE WHEN b.ordering_key IS NULL THEN due ELSE hostq.enter_order(b, due) END, b.created_at + b.timeout);
    IF k.audited THEN
        INSERT INTO hostq.event (request_id, namespace, type, to_state, details)
        VALUES (b.request_id, b.namespace, 'submit', 'pending',
            CASE WHEN b.cleanup_of IS NOT NULL THEN jsonb_build_object('cleanup_of', b.cleanup_of) END);
    END IF;
    PERFORM hostq.notify_work(b.queue);
END $$;
COMMENT ON FUNCTION hostq.insert_request IS 'Writes a checked request: body, queue row, event, wake-up.';

CREATE OR REPLACE FUNCTION hostq.delay_of(p_req jsonb) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((p_req->>'delay')::numeric::bigint, 0);
COMMENT ON FUNCTION hostq.delay_of IS 'delay of a checked submit, ms.';

CREATE OR REPLACE FUNCTION hostq.new_body(p_req jsonb, p_namespace text) RETURNS hostq.request_body
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b hostq.request_body;
BEGIN
    b.id := nextval('hostq.request_seq');
    b.created_at := now();
    b.kind := p_req->>'kind';
    b.request_id := coalesce(p_req->>'requestId', hostq.make_request_id(b.kind, b.id));
    b.namespace := p_namespace;
    b.queue := coalesce(p_req->>'queue', b.kind);
    b.priority := coalesce(p_req->>'priority', 'normal');
    b.timeout := coalesce((p_req->>'timeout')::numeric::int,
        (SELECT timeout_s FROM hostq.queues WHERE name = b.queue),
        CASE WHEN b.kind IN ('provision', 'return') THEN hostq.setting('default_timeout')::int END) * interval '1 s';
    b.payload := hostq.payload_of(p_req);
    b.policy := nullif(p_req->'policy', 'null');
    b.submitted_by := session_user;
    b.key := p_req->>'key';
    b.ordering_key := p_req->>'orderingKey';
    b.traceparent := p_req->>'traceparent';
    RETURN b;
END $$;
COMMENT ON FUNCTION hostq.new_body IS 'The row of a new request, from what was asked.';

CREATE OR REPLACE FUNCTION hostq.claim_id(b hostq.request_body, p_req jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r jsonb;
BEGIN
    IF p_req->>'requestId' IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO hostq.ids (request_id, id) VALUES (b.request_id, b.id) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        RETURN NULL;
    END IF;
    r := hostq.known_request(p_req, b.namespace);
    RETURN coalesce(r, hostq.error('CONFLICT', format('Request ''%s'' exists', b.request_id),
        jsonb_build_object('requestId', b.request_id, 'field', 'requestId')));
END $$;
COMMENT ON FUNCTION hostq.claim_id IS 'Takes a custom id for a new request; where a concurrent submit was first, the answer it gets.';

CREATE OR REPLACE FUNCTION hostq.check_key_names(p_req jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    field text;
BEGIN
    FOREACH field IN ARRAY '{key,orderingKey}'::text[] LOOP
        IF p_req ? field AND (jsonb_typeof(p_req->field) NOT IN ('string', 'null') OR p_req->>field !~ '^[^[:cntrl:]]{1,200}$') THEN
            RETURN hostq.invalid(field, p_req->field, '1..200 characters', format('%s must be a text of 1 to 200 characters', field));
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_key_names IS 'Refusal for a bad key or ordering key, or null.';

CREATE OR REPLACE FUNCTION hostq.submit_plain(p_req jsonb, p_namespace text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b hostq.request_body;
    r jsonb;
BEGIN
    r := coalesce(hostq.check_keys(p_req, '{kind,queue,requestId,namespace,timeout,priority,tags,metadata,delay,policy,traceparent,'
        'key,orderingKey,unique,duration_ms,fail,fail_times,result,waits,wait_ms,interval_ms}'), hostq.check_tags(p_req->'tags'));
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    IF p_req ?| '{key,orderingKey}' THEN
        r := hostq.check_key_names(p_req);
        IF r IS NOT NULL THEN
            RETURN r;
        END IF;
    END IF;
    b := hostq.new_body(p_req, p_namespace);
    r := hostq.claim_id(b, p_req);
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    IF p_req->'unique' <> 'null' THEN
        r := coalesce(hostq.check_unique(p_req->'unique'), hostq.claim_unique(b, p_req->'unique'));
        IF r IS NOT NULL THEN
            DELETE FROM hostq.ids WHERE request_id = b.request_id AND id = b.id; -- its own id is free again
            IF p_req->>'requestId' IS NOT NULL AND NOT r ? 'error' THEN
                INSERT INTO hostq.event (request_id, namespace, type, details)
                VALUES (b.request_id, p_namespace, 'kept', jsonb_build_object('requestId', r->'requestId', 'key', p_req#>'{unique,key}'));
            END IF;
            RETURN r;
        END IF;
    END IF;
    PERFORM hostq.insert_request(b, NULL, hostq.delay_of(p_req));
    RETURN jsonb_build_object('requestId', b.request_id, 'created', true);
END $$;
COMMENT ON FUNCTION hostq.submit_plain IS 'submit for kinds without machines.';

CREATE OR REPLACE FUNCTION hostq.submit_by(p_method text, p_req jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ns text := coalesce(p_req->>'namespace', 'default');
    r jsonb;
BEGIN
    IF jsonb_typeof(p_req) IS DISTINCT FROM 'object' THEN
        r := hostq.invalid('request', p_req, 'object', 'A request must be an object');
    ELSIF ns !~ '^[[:graph:]]{1,128}$' OR jsonb_typeof(p_req->'namespace') NOT IN ('string', 'null') THEN
        r := hostq.invalid('namespace', p_req->'namespace', '1..128 visible characters', 'Namespace must be 1 to 128 visible characters');
    ELSIF NOT hostq.may(ns) THEN
        r := hostq.invalid('namespace', to_jsonb(ns), 'a namespace of yours', format('Namespace ''%s'' is not yours', ns));
    ELSE
        r := hostq.check_common(p_req);
    END IF;
    IF r IS NULL AND p_req->>'requestId' IS NOT NULL THEN
        IF starts_with(p_req->>'requestId', 'sched:') AND p_method <> 'schedule' THEN
            r := hostq.invalid('requestId', p_req->'requestId', 'not sched:*', 'Request IDs that begin with sched: are reserved');
        ELSE
            r := hostq.known_request(p_req, ns);
        END IF;
    END IF;
    IF r IS NULL THEN
        r := CASE p_req->>'kind'
            WHEN 'provision' THEN hostq.submit_provision(p_req, ns)
            WHEN 'return' THEN hostq.submit_return(p_req, ns)
            ELSE hostq.submit_plain(p_req, ns) END;
    END IF;
    IF r ? 'error' THEN
        PERFORM hostq.rejected(ns, p_method, p_req, r);
    END IF;
    RETURN r;
END $$;
COMMENT ON FUNCTION hostq.submit_by IS 'submit; p_method: how the event of a refusal names the call.';

CREATE OR REPLACE FUNCTION hostq.submit(p_req jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN hostq.submit_by('submit', p_req);
END $$;
COMMENT ON FUNCTION hostq.submit(jsonb) IS 'Submits one request: {kind, requestId?, namespace?, queue?, timeout?, priority?, tags?, metadata?, policy?, delay? (ms), and what the kind takes}. Answers {requestId, created} or {error:{code,message,details}}; a refusal leaves one event `rejected` and no row.';

CREATE OR REPLACE FUNCTION hostq.rejected(p_namespace text, p_method text, p_req jsonb, p_answer jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    -- A stranger's attempt is not written into the namespace it was aimed at.
    INSERT INTO hostq.event (request_id, namespace, type, code, details)
    VALUES (left(p_req->>'requestId', 200), CASE WHEN hostq.may(p_namespace) THEN p_namespace ELSE '' END, 'rejected',
        p_answer#>>'{error,code}', jsonb_build_object('method', p_method, 'message', p_answer#>'{error,message}',
            'details', p_answer#>'{error,details}'))
$$;
COMMENT ON FUNCTION hostq.rejected IS 'Writes the event of a refused call; in namespace '''' where the asked one is not the caller''s.';
