-- The HostFactory scripts, second part: requestReturnMachines,
-- getReturnRequests, and hostq.hf, which is all that the client calls.

CREATE OR REPLACE FUNCTION hostq.hf_refuse(p_namespace text, p_action text, p_input jsonb, p_message text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM hostq.rejected(p_namespace, p_action, p_input, hostq.error('VALIDATION_ERROR', p_message));
    RETURN hostq.hf_fail(p_action || ': ' || p_message);
END $$;
COMMENT ON FUNCTION hostq.hf_refuse IS 'Answer of a script whose input is malformed; stores the event.';

CREATE OR REPLACE FUNCTION hostq.hf_find(p_namespace text, p_items jsonb)
RETURNS TABLE (ord bigint, label text, machine_id bigint, instance_id text, ended_at timestamptz, taken_at timestamptz,
    given_back_at timestamptz, grace_until timestamptz, result text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The usual list, every item with a machineId, has a plan of its own. In
    -- the sub-selects no other index than the meant one fits: a plan kept from
    -- when the table was small would read it all for each name.
    IF NOT jsonb_path_exists(p_items, '$[*] ? (!(@.machineId > ""))') THEN
        RETURN QUERY SELECT e.n, coalesce(nullif(e.v->>'name', ''), e.v->>'machineId'), m.machine_id, e.v->>'machineId', m.ended_at,
            m.taken_at, m.given_back_at, m.grace_until, m.result
        FROM jsonb_array_elements(p_items) WITH ORDINALITY e (v, n)
        LEFT JOIN LATERAL (SELECT * FROM hostq.machines o WHERE o.instance_id = e.v->>'machineId' LIMIT 1) m ON m.namespace = p_namespace;
        RETURN;
    END IF;
    RETURN QUERY SELECT a.n, coalesce(a.name, a.id), m.machine_id, coalesce(m.instance_id, a.id), m.ended_at, m.taken_at,
        m.given_back_at, m.grace_until, m.result
    FROM (SELECT e.n, e.v, CASE jsonb_typeof(e.v) WHEN 'object' THEN nullif(e.v->>'machineId', '') END AS id,
              CASE jsonb_typeof(e.v) WHEN 'object' THEN nullif(e.v->>'name', '') WHEN 'string' THEN nullif(e.v #>> '{}', '') END AS name
          FROM jsonb_array_elements(p_items) WITH ORDINALITY e (v, n) OFFSET 0) a
    LEFT JOIN LATERAL (
        (SELECT o.* FROM hostq.machines o WHERE o.instance_id = a.id)
        UNION ALL
        (SELECT o.* FROM hostq.machines o WHERE a.id IS NULL AND o.namespace = p_namespace AND o.name = a.name
         ORDER BY o.ended_at IS NOT NULL, o.machine_id DESC LIMIT 1)
        UNION ALL
        (SELECT o.* FROM hostq.machines o WHERE a.id IS NULL AND o.instance_id = a.name)
        LIMIT 1) m ON m.namespace = p_namespace AND (a.id IS NOT NULL OR m.name IS NULL OR m.name = a.name);
END $$;
COMMENT ON FUNCTION hostq.hf_find IS 'Machines that a list names, in its order: by machineId, else the newest of that name, living before ended; machine_id null: unknown, label null: an item that names nothing.';

CREATE OR REPLACE FUNCTION hostq.hf_listed(p_namespace text, p_items jsonb, p_lsf boolean, p_unknown boolean) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
    found jsonb[] := '{}';
    machines bigint[] := '{}';
    cleaning boolean[] := '{}';
    asked bigint[];
    ours bigint[];
BEGIN
    FOR r IN SELECT f.*, f.ended_at IS NOT NULL OR f.taken_at IS NOT NULL AND f.given_back_at IS NULL AS lost
            FROM hostq.hf_find(p_namespace, p_items) f
            WHERE CASE WHEN f.machine_id IS NULL THEN p_unknown AND f.label IS NOT NULL
                ELSE f.ended_at IS NOT NULL OR f.taken_at IS NOT NULL AND f.given_back_at IS NULL OR f.result = 'fail' END
            ORDER BY f.ord LOOP
        found := found || (jsonb_build_object('machine', r.label, 'gracePeriod', CASE WHEN r.ended_at IS NULL
                THEN coalesce(greatest(floor(extract(epoch FROM r.grace_until - now())), 0), 0) ELSE 0 END::int)
            || CASE WHEN p_lsf THEN jsonb_build_object('machineId', coalesce(r.instance_id, r.label)) ELSE '{}' END);
        machines := machines || coalesce(r.machine_id, 0);
        cleaning := cleaning || NOT coalesce(r.lost, false);
    END LOOP;
    IF machines <> '{}' AND 0 <> ANY (machines) THEN
        -- Open returns about them: asked for by the caller, or our own clean-up.
        SELECT array_agg(x.machine_id) FILTER (WHERE b.cleanup_of IS NULL), array_agg(x.machine_id) INTO asked, ours
        FROM hostq.request_machines x JOIN hostq.queue q ON q.id = x.id JOIN hostq.request_body b ON b.id = x.id
        WHERE x.machine_id = ANY (machines);
    END IF;
    RETURN (SELECT jsonb_agg(u.f ORDER BY u.n) FROM unnest(found, machines, cleaning) WITH ORDINALITY u (f, m, c, n)
        WHERE u.m <> ALL (coalesce(asked, '{}')) AND (u.m = 0 OR NOT u.c OR u.m = ANY (ours)));
END $$;
COMMENT ON FUNCTION hostq.hf_listed IS 'Entries of getReturnRequests for the machines that a list names; null: none.';

CREATE OR REPLACE FUNCTION hostq.hf_return(p_namespace text, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    items jsonb := hostq.hf_items(p_input, 'machines', '{machineId,name}');
    b hostq.request_body;
    machines bigint[];
    ids jsonb;
    living bigint;
    unknown text[];
    text text;
BEGIN
    IF items IS NULL THEN
        RETURN hostq.hf_refuse(p_namespace, 'requestReturnMachines', p_input, 'machines is missing, it must be a list of {"name","machineId"}');
    END IF;
    SELECT array_agg(DISTINCT f.machine_id ORDER BY f.machine_id) FILTER (WHERE f.machine_id IS NOT NULL),
        coalesce(jsonb_agg(DISTINCT f.instance_id) FILTER (WHERE f.machine_id IS NOT NULL), '[]'),
        count(*) FILTER (WHERE f.machine_id IS NOT NULL AND f.ended_at IS NULL),
        array_agg(coalesce(f.label, (items->(f.ord::int - 1))::text) ORDER BY f.ord) FILTER (WHERE f.machine_id IS NULL)
    INTO machines, ids, living, unknown FROM hostq.hf_find(p_namespace, items) f;
    b := hostq.new_body(jsonb_build_object('kind', 'return', 'namespace', p_namespace, 'machineIds', ids), p_namespace);
    PERFORM hostq.insert_return(b, machines);
    text := CASE WHEN living > 0 THEN 'Delete VM success.' ELSE 'No Active VM.' END;
    IF unknown IS NOT NULL THEN
        text := format('%s Unknown machines were skipped: %s%s', text, array_to_string(unknown[1:1000], ', '),
            CASE WHEN cardinality(unknown) > 1000 THEN format(' and %s more', cardinality(unknown) - 1000) END);
    END IF;
    RETURN hostq.hf_done(jsonb_build_object('message', text, 'requestId', b.request_id), CASE WHEN unknown IS NOT NULL THEN text END);
END $$;
COMMENT ON FUNCTION hostq.hf_return IS 'requestReturnMachines: always a stored return, complete at once when nothing of it lives.';

CREATE OR REPLACE FUNCTION hostq.hf_returns(p_namespace text, p_input jsonb, p_mode text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    items jsonb := hostq.hf_items(p_input, 'machines', '{machineId,name}');
    list jsonb;
BEGIN
    IF items IS NULL AND coalesce(p_input->'machines', 'null') <> 'null' THEN
        RETURN hostq.hf_refuse(p_namespace, 'getReturnRequests', p_input, 'machines must be a list of {"name","machineId"}');
    ELSIF items IS NULL THEN
        SELECT jsonb_agg(jsonb_build_object('machine', coalesce(m.name, m.instance_id),
                'gracePeriod', coalesce(greatest(floor(extract(epoch FROM m.grace_until - now())), 0), 0)::int)
            || CASE p_mode WHEN 'lsf' THEN jsonb_build_object('machineId', m.instance_id) ELSE '{}' END ORDER BY m.machine_id) INTO list
        FROM hostq.machines m WHERE m.namespace = p_namespace AND m.taken_at IS NOT NULL AND m.given_back_at IS NULL;
    ELSE
        list := hostq.hf_listed(p_namespace, items, p_mode = 'lsf', hostq.setting('hf_report_unknown') = 'true');
    END IF;
    RETURN hostq.hf_done(jsonb_build_object('status', 'complete', 'requests', coalesce(list, '[]'),
        'message', 'Instances marked for termination retrieved successfully.'));
END $$;
COMMENT ON FUNCTION hostq.hf_returns IS 'getReturnRequests: machines that were taken, or asked about and gone or unknown; without a list all taken ones. Not those whose return is asked for and open.';

-- The planner settings: nested loops over indexes, whatever the statistics of
-- a table that was just filled, or a plan kept from when it was empty, say.
CREATE OR REPLACE FUNCTION hostq.hf(p_action text, p_namespace text, p_files_hash text, p_input jsonb, p_mode text DEFAULT 'symphony') RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET max_parallel_workers_per_gather = 0 SET lock_timeout = '8s' AS $$
DECLARE
    r jsonb;
BEGIN
    IF NOT hostq.may(p_namespace) THEN
        RETURN hostq.hf_refuse(p_namespace, p_action, p_input, format('namespace ''%s'' is not yours', p_namespace));
    ELSIF p_files_hash IS NOT NULL AND NOT EXISTS (SELECT FROM hostq.providers
            WHERE namespace = p_namespace AND files_hash = p_files_hash) THEN
        RETURN '{"stale":true}';
    ELSIF p_action = 'getAvailableTemplates' AND coalesce(p_input, 'null') = 'null' THEN
        RETURN hostq.hf_templates(p_namespace, '{}', p_mode);
    ELSIF jsonb_typeof(p_input) IS DISTINCT FROM 'object' THEN
        -- A text is what the client found wrong with an input that is no JSON.
        RETURN hostq.hf_refuse(p_namespace, p_action, p_input, CASE jsonb_typeof(p_input) WHEN 'string' THEN p_input #>> '{}'
            ELSE 'the input is not a JSON object' END);
    ELSIF p_action = 'getRequestStatus' THEN
        RETURN hostq.hf_status(p_namespace, p_input, p_mode);
    ELSIF p_action = 'getReturnRequests' THEN
        RETURN hostq.hf_returns(p_namespace, p_input, p_mode);
    ELSIF p_action = 'requestMachines' THEN
        r := hostq.hf_request(p_namespace, p_input, p_mode);
        -- The caller has given up and asks again: twice the machines.
        IF clock_timestamp() > statement_timestamp() + interval '9 s' THEN
            RAISE 'requestMachines took longer than its caller waits' USING ERRCODE = 'query_canceled';
        END IF;
        RETURN r;
    ELSIF p_action = 'requestReturnMachines' THEN
        RETURN hostq.hf_return(p_namespace, p_input);
    ELSIF p_action = 'getAvailableTemplates' THEN
        RETURN hostq.hf_templates(p_namespace, p_input, p_mode);
    END IF;
    RETURN hostq.hf_refuse(p_namespace, p_action, p_input, 'no such script');
END $$;
COMMENT ON FUNCTION hostq.hf(text, text, text, jsonb, text) IS 'One call of a HostFactory script: {exit, out (the one object for stdout), log (texts for stderr)}, or {stale:true} when the files with this hash are not stored yet (null: not needed). mode: symphony or lsf.';
