-- submit of provisions and returns.

CREATE OR REPLACE FUNCTION hostq.owed_units(p_namespace text, p_template text, p_account text, p_region text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(sum(greatest(b.machine_count
        - (SELECT coalesce(sum(m.units) FILTER (WHERE m.ended_at IS NULL), 0) FROM hostq.machines m WHERE m.id = b.id), 0)), 0)::bigint
    FROM hostq.queue q JOIN hostq.request_body b ON b.id = q.id
    WHERE q.lane_id = ANY (ARRAY(SELECT l.base * 4 + r FROM hostq.lanes l JOIN hostq.queues k ON k.name = l.queue,
            generate_series(0, 2) r WHERE coalesce(k.kind, 'provision') = 'provision'))
      AND b.kind = 'provision'
      AND CASE WHEN p_template IS NOT NULL THEN b.namespace = p_namespace AND b.template_id = p_template
          ELSE b.account IS NOT DISTINCT FROM p_account AND b.region IS NOT DISTINCT FROM p_region END
$$;
COMMENT ON FUNCTION hostq.owed_units IS 'Units that open provisions still owe: of a template, or (template null) of an account and region.';

CREATE OR REPLACE FUNCTION hostq.template_usage(p_namespace text, p_template text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (SELECT coalesce(sum(units), 0) FROM hostq.machines
            WHERE namespace = p_namespace AND template_id = p_template AND ended_at IS NULL)::bigint
         + hostq.owed_units(p_namespace, p_template, NULL, NULL)
$$;
COMMENT ON FUNCTION hostq.template_usage IS 'Units of a template in use or owed.';

CREATE OR REPLACE FUNCTION hostq.type_usage(p_region text, p_type text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (SELECT coalesce(sum(units), 0) FROM hostq.machines
            WHERE region = p_region AND instance_type = p_type AND ended_at IS NULL)::bigint
        + (SELECT coalesce(sum(greatest(b.machine_count
                - (SELECT coalesce(sum(m.units), 0) FROM hostq.machines m WHERE m.id = b.id AND m.ended_at IS NULL), 0)), 0)::bigint
            FROM hostq.queue q JOIN hostq.request_body b ON b.id = q.id
            WHERE q.lane_id = ANY (ARRAY(SELECT l.base * 4 + r FROM hostq.lanes l JOIN hostq.queues k ON k.name = l.queue,
                    generate_series(0, 2) r WHERE coalesce(k.kind, 'provision') = 'provision'))
              AND b.kind = 'provision' AND b.region = p_region AND b.template->>'vmType' = p_type)
$$;
COMMENT ON FUNCTION hostq.type_usage IS 'Units of an instance type in a region, in use or owed.';

CREATE OR REPLACE FUNCTION hostq.account_usage(p_account text, p_region text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (SELECT coalesce(sum(units), 0) FROM hostq.machines WHERE account IS NOT DISTINCT FROM p_account
            AND region IS NOT DISTINCT FROM p_region AND ended_at IS NULL)::bigint
        + hostq.owed_units(NULL, NULL, p_account, p_region)
$$;
COMMENT ON FUNCTION hostq.account_usage IS 'Units of an account and region in use or owed.';

CREATE OR REPLACE FUNCTION hostq.max_units(p_max_number int) RETURNS int
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN p_max_number < 0 THEN 10000 ELSE p_max_number END
$$;
COMMENT ON FUNCTION hostq.max_units IS 'maxNumber as a number: -1 is 10000.';

CREATE OR REPLACE FUNCTION hostq.check_template(p_namespace text, p_template text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t hostq.templates;
BEGIN
    SELECT * INTO t FROM hostq.templates WHERE namespace = p_namespace AND template_id = p_template;
    IF NOT FOUND THEN
        RETURN hostq.error('TEMPLATE_NOT_FOUND', format('Template ''%s'' not found', p_template),
            jsonb_build_object('templateId', p_template, 'availableTemplates', coalesce(
                (SELECT jsonb_agg(template_id ORDER BY ordinal) FROM hostq.templates WHERE namespace = p_namespace AND valid), '[]')));
    ELSIF NOT t.valid AND t.problem LIKE 'providerApi % is unknown, allowed: %' THEN
        RETURN hostq.invalid('providerApi', t.definition->'providerApi', split_part(t.problem, 'allowed: ', 2),
            format('Template ''%s'' cannot be served: %s', p_template, t.problem));
    ELSIF NOT t.valid THEN
        RETURN hostq.error('PROVIDER_INCOMPATIBLE', format('Template ''%s'' cannot be served by provider %s: %s',
            p_template, coalesce(t.provider_api, 'unknown'), t.problem),
            jsonb_build_object('templateId', p_template, 'providerType', t.provider_api, 'key', rtrim(regexp_replace(split_part(t.problem, ' ', 1), '^template\.', ''), ':')));
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_template IS 'Refusal for a template that is unknown or invalid, or null.';

CREATE OR REPLACE FUNCTION hostq.check_room(t hostq.templates, p_count int, p_account text, p_region text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    free bigint;
    lim bigint := hostq.setting('account_limit');
    used bigint;
    cap bigint := (hostq.setting('regional_capacity')::jsonb #>> ARRAY[p_region, t.definition->>'vmType'])::bigint;
    details jsonb;
BEGIN
    -- Two callers must not both find the last place free.
    PERFORM pg_advisory_xact_lock(1751544690, hashtext(t.namespace || '/' || t.template_id));
    free := greatest(hostq.max_units(t.max_number) - hostq.template_usage(t.namespace, t.template_id), 0);
    details := jsonb_build_object('requestedCount', p_count, 'availableCapacity', free, 'instanceType',
        t.definition->'vmType', 'region', p_region, 'templateId', t.template_id, 'maxNumber', t.max_number);
    IF p_count > free THEN
        RETURN hostq.error('INSUFFICIENT_CAPACITY', format('Requested %s, maximum %s', p_count, free), details);
    ELSIF lim = 0 AND cap IS NULL THEN
        RETURN NULL;
    END IF;
    IF cap IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(1751544691, hashtext('/' || p_region));
        free := greatest(cap - hostq.type_usage(p_region, t.definition->>'vmType'), 0);
        IF p_count > free THEN
            RETURN hostq.error('INSUFFICIENT_CAPACITY', CASE free WHEN 0 THEN 'Insufficient regional capacity'
                ELSE 'Insufficient capacity for requested instance type' END,
                details || jsonb_build_object('availableCapacity', free));
        END IF;
    END IF;
    IF lim = 0 THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(1751544691, hashtext(coalesce(p_account, '') || '/' || coalesce(p_region, '')));
    used := hostq.account_usage(p_account, p_region);
    IF used + p_count > lim THEN
        RETURN hostq.error('QUOTA_EXCEEDED', CASE WHEN used >= lim THEN 'Account resource limit exceeded'
            ELSE 'Account quota would be exceeded' END, jsonb_build_object('currentUsage', used,
            'requestedAdditional', p_count, 'accountLimit', lim));
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_room IS 'Refusal for want of room (template, region, account), or null; holds a lock until commit.';

CREATE OR REPLACE FUNCTION hostq.check_provision(p_req jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    n jsonb := coalesce(p_req->'machineCount', 'null');
    most bigint := CASE WHEN p_req->'unbounded' = 'true' THEN 2147483647 ELSE hostq.setting('max_machine_count')::bigint END;
    lim text := CASE WHEN p_req->'unbounded' = 'true' THEN '1..maxNumber' ELSE '1..' || most END;
    r jsonb;
BEGIN
    r := hostq.check_keys(p_req, '{kind,queue,requestId,namespace,templateId,machineCount,timeout,priority,tags,metadata,'
        'placement,networking,partialPolicy,policy,delay,traceparent,unbounded,rc_account}');
    IF r IS NOT NULL THEN
        RETURN r;
    ELSIF jsonb_typeof(p_req->'templateId') IS DISTINCT FROM 'string' OR p_req->>'templateId' = '' THEN
        RETURN hostq.invalid('templateId', p_req->'templateId', 'a template''s id', 'Template ID is required');
    ELSIF jsonb_typeof(n) <> 'number' OR n::numeric <= 0 THEN
        RETURN hostq.invalid('machineCount', n, lim, 'Machine count must be positive');
    ELSIF n::numeric > most THEN
        RETURN hostq.invalid('machineCount', n, lim, format('Machine count cannot exceed %s', most));
    ELSIF n::numeric <> trunc(n::numeric) THEN
        RETURN hostq.invalid('machineCount', n, lim, 'Machine count must be a whole number');
    ELSIF lower(coalesce(p_req->>'partialPolicy', 'keep')) NOT IN ('keep', 'clean') THEN
        RETURN hostq.invalid('partialPolicy', p_req->'partialPolicy', 'keep, clean', 'Partial policy must be keep or clean');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_provision IS 'Refusal for bad parameters of a provision, or null. unbounded: the scripts'' form, bound by the template only.';

CREATE OR REPLACE FUNCTION hostq.check_lists(p_name text, p_value jsonb, p_lists text[], p_flags text[]) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k text;
    v jsonb;
BEGIN
    IF coalesce(p_value, 'null') = 'null' THEN
        RETURN NULL;
    ELSIF jsonb_typeof(p_value) <> 'object' THEN
        RETURN hostq.invalid(p_name, p_value, 'object', format('%s must be an object', initcap(p_name)));
    END IF;
    FOR k, v IN SELECT * FROM jsonb_each(p_value) WHERE value <> 'null' LOOP
        IF k = ANY (p_flags) AND jsonb_typeof(v) <> 'boolean' THEN
            RETURN hostq.invalid(p_name || '.' || k, v, 'true, false', format('%s must be true or false', k));
        ELSIF k = ANY (p_lists) AND (jsonb_typeof(v) <> 'array' OR v @? '$[*] ? (@.type() != "string" || @ == "")') THEN
            RETURN hostq.invalid(p_name || '.' || k, v, 'list of strings', format('%s must be a list of strings', k));
        ELSIF NOT k = ANY (p_lists || p_flags) THEN
            RETURN hostq.invalid(p_name || '.' || k, v, array_to_string(p_lists || p_flags, ', '), format('Unknown field ''%s'' in %s', k, p_name));
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_lists IS 'Refusal for an object whose members are lists of strings and flags, or null. JSON null counts as absent.';

CREATE OR REPLACE FUNCTION hostq.check_where(p_req jsonb, p_region text, p_price_type text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    regions jsonb := p_req#>'{placement,regions}';
    price jsonb := p_req#>'{metadata,max-spot-price}';
    r jsonb := coalesce(hostq.check_lists('placement', p_req->'placement', '{availabilityZones,regions}', '{}'),
        hostq.check_lists('networking', p_req->'networking', '{subnetIds,securityGroupIds}', '{associatePublicIp}'));
BEGIN
    IF r IS NOT NULL THEN
        RETURN r;
    ELSIF coalesce(regions, '[]') NOT IN ('[]', 'null') AND p_region IS NOT NULL AND NOT regions ? p_region THEN
        RETURN hostq.invalid('placement.regions', regions, p_region, format('The provider serves region %s only', p_region));
    ELSIF p_price_type = 'spot' AND coalesce(price, 'null') <> 'null' AND (price #>> '{}' !~ '^\d{1,9}(\.\d{1,9})?$' OR (price #>> '{}')::numeric = 0) THEN
        RETURN hostq.invalid('metadata.max-spot-price', price, 'a decimal above 0', 'Spot price must be a decimal above 0');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_where IS 'Refusal for a placement, networking or spot price that a cloud provider cannot obey, or null.';

CREATE OR REPLACE FUNCTION hostq.submit_provision(p_req jsonb, p_namespace text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b hostq.request_body;
    t hostq.templates;
    r jsonb;
    k text;
BEGIN
    r := coalesce(hostq.check_provision(p_req), hostq.check_template(p_namespace, p_req->>'templateId'));
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    SELECT * INTO t FROM hostq.templates WHERE namespace = p_namespace AND template_id = p_req->>'templateId';
    SELECT x INTO k FROM unnest('{placement,networking}'::text[]) x
    WHERE t.provider_api = 'process' AND coalesce(p_req->x, 'null') <> 'null';
    IF k IS NOT NULL THEN
        RETURN hostq.invalid(k, p_req->k, 'not with provider process', format('%s does not apply to provider process', initcap(k)));
    END IF;
    r := CASE WHEN t.provider_api = 'process' THEN hostq.check_tags(p_req->'tags', t.definition->'instanceTags')
        ELSE coalesce(hostq.check_tags(p_req->'tags', t.definition->'instanceTags', 2),
            hostq.check_where(p_req, hostq.aws_region(p_namespace), coalesce(t.definition->>'priceType',
                CASE WHEN t.definition->'spotPrice' <> 'null' THEN 'spot' END, 'ondemand'))) END;
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    b := hostq.new_body(p_req, p_namespace);
    b.template_id := t.template_id;
    b.template := t.definition;
    b.provider_api := t.provider_api;
    b.machine_count := (p_req->>'machineCount')::numeric::int;
    IF t.provider_api <> 'process' THEN
        b.account := hostq.aws_account(p_namespace);
        b.region := hostq.aws_region(p_namespace);
        b.policy := coalesce(hostq.aws_policy(p_namespace) || coalesce(b.policy, '{}'), b.policy);
    END IF;
    IF NOT b.payload ? 'timeout' THEN
        b.timeout := greatest(b.timeout, (hostq.number_of(t.definition->'readyAfter') + 60) * interval '1 s');
    END IF;
    r := hostq.check_room(t, b.machine_count, b.account, b.region);
    IF p_req ? 'requestId' THEN
        -- The place may be taken by the same request, submitted at once.
        r := CASE WHEN r IS NULL THEN hostq.claim_id(b, p_req) ELSE coalesce(hostq.known_request(p_req, p_namespace), r) END;
    END IF;
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    PERFORM hostq.insert_request(b, NULL, hostq.delay_of(p_req));
    RETURN jsonb_build_object('requestId', b.request_id, 'created', true);
END $$;
COMMENT ON FUNCTION hostq.submit_provision IS 'submit for kind provision.';

CREATE OR REPLACE FUNCTION hostq.next_route(p_id bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.host_route(m.host, m.boot_id)
    FROM hostq.request_machines r JOIN hostq.machines m USING (machine_id)
    WHERE r.id = p_id AND m.ended_at IS NULL
    GROUP BY 1
    ORDER BY hostq.route_is_served(hostq.host_route(m.host, m.boot_id)) DESC, count(*) DESC, 1
    LIMIT 1
$$;
COMMENT ON FUNCTION hostq.next_route IS 'Route that a return works next: one with a living daemon first; null when no machine is left.';

CREATE OR REPLACE FUNCTION hostq.insert_return(b hostq.request_body, p_machines bigint[], p_delay_ms bigint DEFAULT 0) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO hostq.request_machines (id, machine_id, request_id, namespace)
    SELECT b.id, x, b.request_id, b.namespace FROM unnest(p_machines) x ON CONFLICT DO NOTHING;
    b.machine_count := coalesce(cardinality(p_machines), 0);
    SELECT provider_api, account, region INTO b.provider_api, b.account, b.region FROM hostq.machines
    WHERE machine_id = ANY (p_machines) ORDER BY ended_at IS NULL DESC LIMIT 1;
    IF b.cleanup_of IS NULL THEN
        -- Asked for by the caller, so no longer to be reported as taken.
        UPDATE hostq.machines SET given_back_at = now()
        WHERE machine_id = ANY (p_machines) AND taken_at IS NOT NULL AND given_back_at IS NULL;
    ELSE
        UPDATE hostq.machines m SET taken_at = now()
        WHERE machine_id = ANY (p_machines) AND result = 'succeed' AND taken_at IS NULL AND ended_at IS NULL
          -- Who has given it back does not want to hear of it.
          AND NOT EXISTS (SELECT FROM hostq.request_machines x JOIN hostq.request_body y ON y.id = x.id AND y.cleanup_of IS NULL
            WHERE x.machine_id = m.machine_id);
    END IF;
    IF NOT b.payload ? 'timeout' AND b.payload->'force' IS DISTINCT FROM 'true' THEN
        -- Room for the longest drain and the end behind it.
        b.timeout := greatest(b.timeout, (coalesce(hostq.number_of(b.payload->'drainTimeout'), (SELECT max(hostq.number_of(o.template->'drainTimeout'))
            FROM hostq.machines m JOIN hostq.request_body o ON o.id = m.id WHERE m.machine_id = ANY (p_machines))) + 60) * interval '1 s');
    END IF;
    IF EXISTS (SELECT FROM hostq.machines WHERE machine_id = ANY (p_machines) AND ended_at IS NULL) THEN
        PERFORM hostq.insert_request(b, hostq.next_route(b.id), p_delay_ms);
        PERFORM hostq.need_aws_watch(b.namespace, m.account, m.region) FROM (SELECT DISTINCT account, region FROM hostq.machines
            WHERE machine_id = ANY (p_machines) AND ended_at IS NULL AND account IS NOT NULL) m;
        RETURN;
    END IF;
    -- Nothing lives: complete at once, with or without a daemon.
    INSERT INTO hostq.request_body VALUES (b.*);
    INSERT INTO hostq.finished (id, deadline, claimed_at, started_at, first_started_at, lane_id, state,
        retry_attempt, intent, crashes, namespace)
    VALUES (b.id, b.created_at + b.timeout, now(), now(), now(), hostq.find_lane(b.queue, b.priority, NULL, NULL, NULL, NULL, NULL, false), 'completed',
        0, 0, 0, b.namespace);
    UPDATE hostq.request_machines SET result = 'succeed' WHERE id = b.id;
    INSERT INTO hostq.event (request_id, namespace, type, to_state)
    VALUES (b.request_id, b.namespace, 'submit', 'pending'), (b.request_id, b.namespace, 'complete', 'completed');
END $$;
COMMENT ON FUNCTION hostq.insert_return IS 'Writes a return over these machines; complete at once when none of them lives.';

CREATE OR REPLACE FUNCTION hostq.check_return(p_req jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ids jsonb := p_req->'machineIds';
    r jsonb;
BEGIN
    r := coalesce(hostq.check_keys(p_req, '{kind,queue,requestId,namespace,machineIds,timeout,priority,tags,metadata,force,drainTimeout,policy,delay,traceparent}'),
        hostq.check_tags(p_req->'tags'));
    IF r IS NOT NULL THEN
        RETURN r;
    ELSIF jsonb_typeof(ids) IS DISTINCT FROM 'array' OR ids = '[]' THEN
        RETURN hostq.invalid('machineIds', ids, 'list of machine ids', 'Machine IDs are required');
    ELSIF coalesce(jsonb_typeof(nullif(p_req->'force', 'null')), 'boolean') <> 'boolean' THEN
        RETURN hostq.invalid('force', p_req->'force', 'true, false', 'Force must be true or false');
    ELSIF nullif(p_req->'drainTimeout', 'null') IS NOT NULL AND NOT hostq.check_whole(p_req->'drainTimeout', 0, 3600) THEN
        RETURN hostq.invalid('drainTimeout', p_req->'drainTimeout', '0..3600 s', 'Drain timeout must be 0 to 3600 seconds');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_return IS 'Refusal for bad parameters of a return, or null.';

CREATE OR REPLACE FUNCTION hostq.submit_return(p_req jsonb, p_namespace text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b hostq.request_body;
    r jsonb;
    machines bigint[];
    bad record;
BEGIN
    r := hostq.check_return(p_req);
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    SELECT e.v, e.n - 1 AS i INTO bad
    FROM jsonb_array_elements(p_req->'machineIds') WITH ORDINALITY e (v, n)
    LEFT JOIN hostq.machines m ON m.instance_id = e.v #>> '{}' AND m.namespace = p_namespace AND jsonb_typeof(e.v) = 'string'
    WHERE m.machine_id IS NULL ORDER BY e.n LIMIT 1;
    IF FOUND THEN
        RETURN hostq.invalid(format('machineIds[%s]', bad.i), bad.v, 'a known machine', format('Machine ''%s'' not found', bad.v #>> '{}'));
    END IF;
    SELECT array_agg(machine_id ORDER BY machine_id) INTO machines FROM hostq.machines
    WHERE instance_id IN (SELECT jsonb_array_elements_text(p_req->'machineIds'));
    b := hostq.new_body(p_req, p_namespace);
    r := hostq.claim_id(b, p_req);
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    PERFORM hostq.insert_return(b, machines, hostq.delay_of(p_req));
    RETURN jsonb_build_object('requestId', b.request_id, 'created', true);
END $$;
COMMENT ON FUNCTION hostq.submit_return IS 'submit for kind return.';
