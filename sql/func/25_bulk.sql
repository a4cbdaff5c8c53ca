-- Many requests in one call. Most of them are simple and are written together;
-- what is to be judged beside others (keys, machines, an id that is known) or
-- refused goes through submit one by one after them.

CREATE OR REPLACE FUNCTION hostq.is_simple(p_req jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ns text;
BEGIN
    -- A field that is missing here makes it slower, not wrong.
    IF jsonb_typeof(p_req) IS DISTINCT FROM 'object' OR p_req->>'kind' IN ('provision', 'return')
        OR p_req - '{kind,queue,requestId,namespace,timeout,priority,tags,metadata,delay,policy,traceparent,duration_ms,fail,fail_times,result,'
            'waits,wait_ms,interval_ms}'::text[] <> '{}' THEN
        RETURN false;
    END IF;
    ns := coalesce(p_req->>'namespace', 'default');
    IF ns !~ '^[[:graph:]]{1,128}$' OR jsonb_typeof(p_req->'namespace') NOT IN ('string', 'null') OR NOT hostq.may(ns)
        OR hostq.check_common(p_req) IS NOT NULL OR p_req ? 'tags' AND hostq.check_tags(p_req->'tags') IS NOT NULL
        OR starts_with(p_req->>'requestId', 'sched:') OR hostq.id_in(p_req->>'requestId') IS NOT NULL THEN
        RETURN false;
    END IF;
    RETURN (SELECT claim_order = 'time' AND fair_by IS NULL FROM hostq.queues WHERE name = coalesce(p_req->>'queue', p_req->>'kind'));
END $$;
COMMENT ON FUNCTION hostq.is_simple IS 'Would submit take it without a look at other requests, unless its id is known?';

CREATE OR REPLACE FUNCTION hostq.insert_simple(p_reqs jsonb, OUT nrs bigint[], OUT ids text[]) RETURNS record
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    queues text[];
BEGIN
    -- Ids in order of their text, so that two calls do not wait for each other.
    WITH b AS MATERIALIZED (SELECT x.nr, r->>'requestId' IS NOT NULL AS own, hostq.delay_of(r) * interval '1 ms' AS delay, b.*
        FROM jsonb_array_elements(p_reqs) WITH ORDINALITY x (r, nr) CROSS JOIN LATERAL hostq.new_body(r, coalesce(r->>'namespace', 'default')) b
        WHERE hostq.is_simple(r)),
    own AS (INSERT INTO hostq.ids (request_id, id) SELECT request_id, id FROM b WHERE own ORDER BY request_id, id ON CONFLICT DO NOTHING RETURNING id),
    f AS MATERIALIZED (SELECT * FROM b WHERE NOT own OR id IN (SELECT id FROM own)),
    l AS MATERIALIZED (SELECT queue, priority, k.audit, hostq.find_lane(queue, priority, NULL, NULL, NULL, NULL, NULL, false) AS lane_id
        FROM (SELECT DISTINCT queue, priority FROM f ORDER BY queue, priority) x JOIN hostq.queues k ON k.name = x.queue),
    body AS (INSERT INTO hostq.request_body (id, created_at, request_id, namespace, kind, queue, priority, timeout, payload, policy, submitted_by, traceparent)
        SELECT id, created_at, request_id, namespace, kind, queue, priority, timeout, payload, policy, submitted_by, traceparent FROM f ORDER BY id),
    open AS (INSERT INTO hostq.queue (id, lane_id, run_at, deadline)
        SELECT f.id, l.lane_id, clock_timestamp() + f.delay, f.created_at + f.timeout FROM f JOIN l USING (queue, priority) ORDER BY f.id),
    said AS (INSERT INTO hostq.event (request_id, namespace, type, to_state)
        SELECT f.request_id, f.namespace, 'submit', 'pending' FROM f JOIN l USING (queue, priority) WHERE l.audit = 'full' ORDER BY f.id)
    SELECT array_agg(nr), array_agg(request_id), array_agg(DISTINCT queue) INTO nrs, ids, queues FROM f;
    PERFORM hostq.notify_work(q) FROM unnest(queues) q;
END $$;
COMMENT ON FUNCTION hostq.insert_simple IS 'Writes the simple ones of a list whose ids are new, as insert_request does one: their places in the list and ids.';

CREATE OR REPLACE FUNCTION hostq.submit_each(p_method text, p_reqs jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made record;
BEGIN
    made := hostq.insert_simple(p_reqs);
    RETURN (SELECT coalesce(jsonb_agg(a ORDER BY nr), '[]') FROM (
        SELECT x.nr, CASE WHEN m.id IS NULL THEN hostq.submit_by(p_method, x.r) ELSE jsonb_build_object('requestId', m.id, 'created', true) END AS a
        FROM jsonb_array_elements(p_reqs) WITH ORDINALITY x (r, nr) LEFT JOIN unnest(made.nrs, made.ids) m (nr, id) USING (nr) ORDER BY x.nr) y);
END $$;
COMMENT ON FUNCTION hostq.submit_each IS 'The answers of submit to each of a list, in order.';

CREATE OR REPLACE FUNCTION hostq.submit_many(p_reqs jsonb, p_atomic boolean DEFAULT false) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    answers jsonb;
    n int;
BEGIN
    IF jsonb_typeof(p_reqs) IS DISTINCT FROM 'array' THEN
        RETURN hostq.invalid('requests', p_reqs, 'list of requests', 'Requests must be a list');
    ELSIF jsonb_array_length(p_reqs) > 10000 THEN
        RETURN hostq.invalid('requests', to_jsonb(jsonb_array_length(p_reqs)), '10000', 'One call takes at most 10000 requests');
    END IF;
    BEGIN
        answers := hostq.submit_each('submit_many', p_reqs);
        SELECT count(*) INTO n FROM jsonb_array_elements(answers) a WHERE a ? 'error';
        IF n > 0 AND p_atomic THEN
            RAISE EXCEPTION 'undone' USING ERRCODE = 'HQ001';
        END IF;
    EXCEPTION WHEN SQLSTATE 'HQ001' THEN
        -- The refused ones say why; of the others nothing is left.
        SELECT jsonb_agg(CASE WHEN a ? 'error' THEN a
            ELSE hostq.error('CONFLICT', 'Nothing was submitted: another request of the call was refused',
                '{"field":"atomic","value":true}') END ORDER BY nr)
        INTO answers FROM jsonb_array_elements(answers) WITH ORDINALITY x (a, nr);
        -- Their events were undone, too.
        PERFORM hostq.rejected(coalesce(r->>'namespace', 'default'), 'submit_many', r, a)
        FROM jsonb_array_elements(answers) WITH ORDINALITY x (a, nr) JOIN jsonb_array_elements(p_reqs) WITH ORDINALITY y (r, nr) USING (nr)
        WHERE a#>>'{error,details,field}' IS DISTINCT FROM 'atomic';
        n := jsonb_array_length(answers);
    END;
    RETURN jsonb_build_object('accepted', jsonb_array_length(p_reqs) - n, 'refused', n, 'answers', answers);
END $$;
COMMENT ON FUNCTION hostq.submit_many(jsonb, boolean) IS 'Submits a list of at most 10,000 requests: {accepted, refused, answers}, the answers of submit in order. One that is refused refuses itself only; with p_atomic all are, and nothing is left.';

CREATE OR REPLACE FUNCTION hostq.submit_staged(p_batch text, p_limit int DEFAULT 10000) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    lines bigint[];
    reqs jsonb;
    answers jsonb;
    refused int;
BEGIN
    IF p_limit IS NULL OR p_limit NOT BETWEEN 1 AND 10000 THEN
        RETURN hostq.invalid('limit', to_jsonb(p_limit), '1..10000', 'One call takes 1 to 10000 requests');
    END IF;
    SELECT array_agg(line ORDER BY line), coalesce(jsonb_agg(request ORDER BY line), '[]') INTO lines, reqs FROM (
        SELECT line, request FROM hostq.staging x WHERE x.batch = p_batch AND x.refused IS NULL AND x.staged_by = session_user
        ORDER BY line LIMIT p_limit FOR UPDATE SKIP LOCKED) y;
    answers := hostq.submit_each('submit_staged', reqs);
    UPDATE hostq.staging x SET refused = a->'error' FROM jsonb_array_elements(answers) WITH ORDINALITY y (a, nr)
    WHERE a ? 'error' AND x.batch = p_batch AND x.line = lines[nr];
    GET DIAGNOSTICS refused = ROW_COUNT;
    DELETE FROM hostq.staging x WHERE x.batch = p_batch AND x.line = ANY (lines) AND x.refused IS NULL;
    RETURN jsonb_build_object('accepted', jsonb_array_length(reqs) - refused, 'refused', refused, 'left',
        (SELECT count(*) FROM hostq.staging x WHERE x.batch = p_batch AND x.refused IS NULL AND x.staged_by = session_user));
END $$;
COMMENT ON FUNCTION hostq.submit_staged(text, int) IS 'Submits the requests of a batch that this role has copied into hostq.staging, in order, at most p_limit (10,000): {accepted, refused, left}; call again while some are left. Refused ones stay there with the reason, the others go.';

CREATE OR REPLACE FUNCTION hostq.staged_refused(p_batch text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('line', line, 'request', request, 'error', refused) ORDER BY line), '[]')
    FROM hostq.staging WHERE batch = p_batch AND refused IS NOT NULL AND staged_by = session_user
$$;
COMMENT ON FUNCTION hostq.staged_refused(text) IS 'What submit_staged has refused of a batch of this role: a list of {line, request, error}.';
