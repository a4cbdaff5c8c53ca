-- Lists for people and programs: requests, machines, daemons, queues, templates.

CREATE OR REPLACE FUNCTION hostq.check_filter(p_filter jsonb, p_allowed text[]) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k text;
    v jsonb;
    r jsonb;
BEGIN
    IF p_filter IS NULL OR p_filter = 'null' THEN
        RETURN NULL;
    ELSIF jsonb_typeof(p_filter) <> 'object' THEN
        RETURN hostq.invalid('filter', p_filter, 'object', 'A filter must be an object');
    END IF;
    r := hostq.check_keys(p_filter, p_allowed);
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    FOR k, v IN SELECT * FROM jsonb_each(p_filter) LOOP
        IF k = 'limit' AND NOT hostq.check_whole(v, 1, 100000) THEN
            RETURN hostq.invalid(k, v, '1..100000', 'Limit must be a whole number from 1 to 100000');
        ELSIF k <> 'limit' AND jsonb_typeof(v) NOT IN ('string', 'null') THEN
            RETURN hostq.invalid(k, v, 'a text', format('Filter ''%s'' must be a text', k));
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_filter IS 'Refusal for a bad filter of a list, or null.';

CREATE OR REPLACE FUNCTION hostq.list_ids(f jsonb, p_states hostq.state[], p_open boolean, p_limit int) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_sort = off
SET enable_hashjoin = off AS $$
DECLARE
    everything boolean := hostq.may(NULL);
    mine text[] := ARRAY(SELECT hostq.my_namespaces());
BEGIN
    -- Open requests are found through the small table, dead ones through the
    -- ends, others through the body, newest first: one query over the union
    -- would read all history. The planner settings make it walk the
    -- primary keys backwards instead of sorting everything.
    IF p_open THEN
        RETURN ARRAY(SELECT b.id FROM hostq.queue q JOIN hostq.request_body b ON b.id = q.id
            WHERE q.state = ANY (p_states) AND (everything OR b.namespace = ANY (mine))
              AND b.namespace = coalesce(f->>'namespace', b.namespace) AND b.kind = coalesce(f->>'kind', b.kind)
              AND b.queue = coalesce(f->>'queue', b.queue)
              AND (f->>'template' IS NULL OR b.template_id = f->>'template')
            ORDER BY b.id DESC LIMIT p_limit);
    END IF;
    IF p_states <@ '{failed,timeout}' THEN
        RETURN ARRAY(SELECT b.id FROM hostq.finished x JOIN hostq.request_body b ON b.id = x.id
            WHERE x.state IN ('failed', 'timeout') AND x.state = ANY (p_states) AND (everything OR b.namespace = ANY (mine))
              AND b.namespace = coalesce(f->>'namespace', b.namespace) AND b.kind = coalesce(f->>'kind', b.kind)
              AND b.queue = coalesce(f->>'queue', b.queue)
              AND (f->>'template' IS NULL OR b.template_id = f->>'template')
            ORDER BY x.id DESC LIMIT p_limit);
    END IF;
    RETURN ARRAY(SELECT b.id FROM hostq.request_body b
        WHERE (everything OR b.namespace = ANY (mine))
          AND (p_states IS NULL OR (SELECT x.state = ANY (p_states) FROM hostq.finished x WHERE x.id = b.id))
          AND b.namespace = coalesce(f->>'namespace', b.namespace) AND b.kind = coalesce(f->>'kind', b.kind)
          AND b.queue = coalesce(f->>'queue', b.queue)
          AND (f->>'template' IS NULL OR b.template_id = f->>'template')
        ORDER BY b.id DESC LIMIT p_limit);
END $$;
COMMENT ON FUNCTION hostq.list_ids IS 'Internal numbers for hostq.list, newest first, of what the session may see.';

CREATE OR REPLACE FUNCTION hostq.list(p_filter jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off AS $$
DECLARE
    f jsonb := coalesce(nullif(p_filter, 'null'), '{}');
    r jsonb := hostq.check_filter(p_filter, '{namespace,state,kind,queue,template,limit}');
    open constant hostq.state[] := '{pending,claimed,processing,waiting}';
    final constant hostq.state[] := '{completed,failed,timeout,canceled,superseded}';
    s text := f->>'state';
    states hostq.state[];
    lim int;
BEGIN
    IF r IS NOT NULL THEN
        RETURN r;
    ELSIF s = ANY (open::text[] || final::text[]) THEN
        states := ARRAY[s];
    ELSIF s IN ('open', 'dead') THEN
        states := CASE s WHEN 'open' THEN open ELSE '{failed}' END;
    ELSIF s IS NOT NULL THEN
        RETURN hostq.invalid('state', to_jsonb(s), 'open, dead, ' || array_to_string(open || final, ', '), format('Unknown state ''%s''', s));
    END IF;
    lim := coalesce((f->>'limit')::numeric::int, 100);
    SELECT jsonb_agg(hostq.overview_of(x.id) - 'template' ORDER BY x.ord) INTO r
    FROM unnest(hostq.list_ids(f, states, coalesce(states <@ open, false), lim)) WITH ORDINALITY x (id, ord);
    RETURN coalesce(r, '[]');
END $$;
COMMENT ON FUNCTION hostq.list(jsonb) IS 'Requests, newest first: rows of request_overview without template and response_body. Filter keys: namespace, state (also open, dead), kind, queue, template, limit (100).';

CREATE OR REPLACE FUNCTION hostq.machines_list(p_filter jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET jit = off AS $$
DECLARE
    f jsonb := coalesce(nullif(p_filter, 'null'), '{}');
    r jsonb := hostq.check_filter(p_filter, '{namespace,status,template,request,host,name,machine,limit}');
BEGIN
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    SELECT jsonb_agg(to_jsonb(x) ORDER BY x.first_seen DESC, x.instance_id) INTO r FROM (
        SELECT m.* FROM hostq.machine_overview m
        WHERE (f->>'namespace' IS NULL OR m.namespace = f->>'namespace')
          AND (f->>'status' IS NULL OR m.status = f->>'status' OR f->>'status' = 'living' AND m.ended_at IS NULL)
          AND (f->>'template' IS NULL OR m.template_id = f->>'template')
          AND (f->>'request' IS NULL OR m.request_id = f->>'request' OR f->>'request' = ANY (m.return_ids))
          AND (f->>'host' IS NULL OR m.host = f->>'host') AND (f->>'name' IS NULL OR m.name = f->>'name')
          AND (f->>'machine' IS NULL OR m.instance_id = f->>'machine')
        ORDER BY m.first_seen DESC, m.instance_id LIMIT coalesce((f->>'limit')::numeric::int, 100)) x;
    RETURN coalesce(r, '[]');
END $$;
COMMENT ON FUNCTION hostq.machines_list(jsonb) IS 'Machines, newest first: rows of machine_overview. Filter keys: namespace, status (also living), template, request, host, name, machine, limit (100).';

CREATE OR REPLACE FUNCTION hostq.daemons_list() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.started_at DESC), '[]') FROM hostq.daemon_health d
$$;
COMMENT ON FUNCTION hostq.daemons_list() IS 'Daemons, newest first: rows of daemon_health.';

CREATE OR REPLACE FUNCTION hostq.horizon_list() RETURNS jsonb
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(h)), '[]') FROM hostq.xmin_holders h
$$;
COMMENT ON FUNCTION hostq.horizon_list() IS 'Who holds the xmin horizon back: rows of xmin_holders.';

CREATE OR REPLACE FUNCTION hostq.queues_list() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(q) || jsonb_build_object('max_retries', k.max_retries,
        'stop_before_deadline_ms', k.stop_before_deadline_ms, 'backoff_ms', k.backoff_ms, 'backoff_factor', k.backoff_factor,
        'max_backoff_ms', k.max_backoff_ms, 'timeout_s', k.timeout_s, 'retention_s', k.retention_s, 'retry_budget', hostq.retry_budget(k)) ORDER BY q.queue), '[]')
    FROM hostq.queue_status q JOIN hostq.queues k ON k.name = q.queue
$$;
COMMENT ON FUNCTION hostq.queues_list() IS 'Queues: rows of queue_status with the policy of each.';

CREATE OR REPLACE FUNCTION hostq.templates_list(p_namespace text DEFAULT 'default') RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    r jsonb;
BEGIN
    IF NOT hostq.may(p_namespace) THEN
        RETURN hostq.invalid('namespace', to_jsonb(p_namespace), 'a namespace of yours', format('Namespace ''%s'' is not yours', p_namespace));
    END IF;
    SELECT jsonb_agg(jsonb_build_object('templateId', t.template_id, 'providerApi', t.provider_api, 'maxNumber', t.max_number,
        'used', coalesce(u.used, 0), 'available', greatest(hostq.max_units(t.max_number) - coalesce(u.used, 0), 0),
        'valid', t.valid, 'problem', t.problem, 'definition', t.definition, 'storedAt', t.stored_at) ORDER BY t.ordinal) INTO r
    FROM hostq.templates t LEFT JOIN hostq.hf_usage(p_namespace) u ON u.template_id = t.template_id
    WHERE t.namespace = p_namespace;
    RETURN coalesce(r, '[]');
END $$;
COMMENT ON FUNCTION hostq.templates_list(text) IS 'Templates of a namespace in the order of the file, invalid ones too, with units in use or owed.';
