-- The HostFactory scripts: what each of the five prints, by the contract of
-- their documents. One call of hostq.hf is one call of a script. Kept lean,
-- because each call comes from a new process with a new connection. Return
-- and its report are in 57.

CREATE OR REPLACE FUNCTION hostq.hf_fail(p_message text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN jsonb_build_object('exit', 1, 'out', jsonb_build_object('message', p_message), 'log', jsonb_build_array(p_message));
COMMENT ON FUNCTION hostq.hf_fail IS 'Answer of a script that failed.';

CREATE OR REPLACE FUNCTION hostq.hf_done(p_out jsonb, p_log text DEFAULT NULL) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN jsonb_build_object('exit', 0, 'out', p_out, 'log', CASE WHEN p_log IS NULL THEN '[]' ELSE jsonb_build_array(p_log) END);
COMMENT ON FUNCTION hostq.hf_done IS 'Answer of a script that did its work.';

CREATE OR REPLACE FUNCTION hostq.hf_items(p_input jsonb, p_key text, p_flat text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE jsonb_typeof(p_input->p_key)
    WHEN 'array' THEN p_input->p_key
    WHEN 'object' THEN jsonb_build_array(p_input->p_key)
    WHEN 'string' THEN jsonb_build_array(p_input->p_key)
    ELSE CASE WHEN coalesce(p_input->p_key, 'null') = 'null' AND p_input ?| p_flat THEN jsonb_build_array(p_input) END END;
COMMENT ON FUNCTION hostq.hf_items IS 'List under a key: lists, single objects and bare texts are all accepted, and the flat form; null: there is none.';

CREATE OR REPLACE FUNCTION hostq.hf_usage(p_namespace text) RETURNS TABLE (template_id text, used bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT x.t, sum(x.n)::bigint FROM (
        SELECT m.template_id, m.units FROM hostq.machines m WHERE m.namespace = p_namespace AND m.ended_at IS NULL
        UNION ALL
        -- FILTER, so that no partial index of living machines looks tempting.
        SELECT b.template_id, greatest(b.machine_count - (SELECT coalesce(sum(m.units) FILTER (WHERE m.ended_at IS NULL), 0)
            FROM hostq.machines m WHERE m.id = b.id), 0)
        FROM hostq.lanes l JOIN hostq.queues k ON k.name = l.queue AND coalesce(k.kind, 'provision') = 'provision'
        JOIN hostq.queue q ON q.lane_id BETWEEN l.base * 4 AND l.base * 4 + 2
        JOIN hostq.request_body b ON b.id = q.id
        WHERE b.namespace = p_namespace AND b.kind = 'provision') x (t, n)
    GROUP BY x.t
$$;
COMMENT ON FUNCTION hostq.hf_usage IS 'hostq.template_usage of all templates of a namespace at once.';

CREATE OR REPLACE FUNCTION hostq.hf_pair(p_key text, p_value jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE jsonb_typeof(p_value)
    WHEN 'array' THEN jsonb_build_array(p_value->>0, p_value->>1)
    WHEN 'number' THEN jsonb_build_array('Numeric', trim_scale(p_value::numeric)::text)
    WHEN 'boolean' THEN jsonb_build_array('Boolean', p_value #>> '{}')
    ELSE jsonb_build_array(CASE WHEN p_key IN ('ncpus', 'nram', 'ncores', 'mem', 'rank') AND p_value #>> '{}' ~ '^\d+(\.\d+)?$'
        THEN 'Numeric' ELSE 'String' END, p_value #>> '{}') END;
COMMENT ON FUNCTION hostq.hf_pair IS 'Value of an attribute as the pair of texts [kind, value] that HostFactory wants.';

CREATE OR REPLACE FUNCTION hostq.hf_attributes(p_attributes jsonb, p_ncores boolean, p_lsf boolean) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(jsonb_object_agg(CASE WHEN p_lsf AND k = 'nram' THEN 'mem' ELSE k END, hostq.hf_pair(k, v)), '{}')
    FROM jsonb_each(p_attributes) a (k, v) WHERE k <> 'ncores' OR p_ncores OR p_lsf
$$;
COMMENT ON FUNCTION hostq.hf_attributes IS 'Attributes of a template as told to HostFactory; LSF calls nram mem and wants ncores.';

CREATE OR REPLACE FUNCTION hostq.hf_tags(p_tags jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE jsonb_typeof(p_tags) WHEN 'string' THEN p_tags #>> '{}'
        WHEN 'object' THEN coalesce((SELECT string_agg(k || '=' || v, ';' ORDER BY k) FROM jsonb_each_text(p_tags) t (k, v)), '')
        ELSE '' END
$$;
COMMENT ON FUNCTION hostq.hf_tags IS 'Tags as the text k=v;k2=v2.';

CREATE OR REPLACE FUNCTION hostq.hf_limits(OUT ncores boolean, OUT room bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    lim bigint;
BEGIN
    SELECT max(value) FILTER (WHERE name = 'hf_pass_ncores') = 'true', max(value) FILTER (WHERE name = 'account_limit')
    INTO ncores, lim FROM hostq.settings WHERE name IN ('hf_pass_ncores', 'account_limit');
    IF lim > 0 THEN
        room := lim - hostq.account_usage(NULL, NULL);
    END IF;
END $$;
COMMENT ON FUNCTION hostq.hf_limits IS 'ncores: setting hf_pass_ncores; room: units that account_limit leaves to machines without account, null: no limit.';

CREATE OR REPLACE FUNCTION hostq.hf_cloud_room(p_namespace text, p_type text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    region text := hostq.aws_region(p_namespace);
    lim bigint := hostq.setting('account_limit');
    cap bigint := (hostq.setting('regional_capacity')::jsonb #>> ARRAY[region, p_type])::bigint;
BEGIN
    RETURN least(CASE WHEN lim > 0 THEN lim - hostq.account_usage(hostq.aws_account(p_namespace), region) END,
        CASE WHEN cap IS NOT NULL THEN cap - hostq.type_usage(region, p_type) END);
END $$;
COMMENT ON FUNCTION hostq.hf_cloud_room IS 'Units that account_limit and regional_capacity leave to machines of a cloud, by type; null: no limit.';

-- plpgsql: a pooled session keeps its plan.
CREATE OR REPLACE FUNCTION hostq.hf_template_list(p_namespace text, p_lsf boolean) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(
        CASE WHEN lower(coalesce(t.definition->>'priceType', CASE WHEN t.definition ? 'spotPrice' THEN 'spot' END, 'ondemand')) = 'ondemand'
             THEN t.definition - '{maxSpotPrice,vmTypesOnDemand,vmTypesPriority,percentOnDemand,allocationStrategyOnDemand,fleetRole}'::text[]
             ELSE t.definition END - 'availableNumber'
        || jsonb_build_object('templateId', t.template_id, 'maxNumber', t.max_number)
        || CASE WHEN t.max_number < 0 AND l.room IS NULL THEN '{}'
           ELSE jsonb_build_object('availableNumber', greatest(least(hostq.max_units(t.max_number) - coalesce(u.used, 0), l.room), 0)) END
        || CASE jsonb_typeof(t.definition->'attributes') WHEN 'object' THEN jsonb_build_object('attributes',
               hostq.hf_attributes(t.definition->'attributes', s.ncores, p_lsf)) ELSE '{}' END
        || CASE WHEN t.definition ? 'instanceTags' THEN jsonb_build_object('instanceTags',
               hostq.hf_tags(t.definition->'instanceTags')) ELSE '{}' END
        ORDER BY CASE WHEN NOT p_lsf THEN 0 WHEN jsonb_typeof(t.definition->'priority') = 'number'
                THEN -(t.definition->>'priority')::numeric ELSE 0 END,
            CASE WHEN p_lsf THEN t.template_id COLLATE "C" END, t.ordinal), '[]')
    FROM hostq.templates t LEFT JOIN hostq.hf_usage(p_namespace) u ON u.template_id = t.template_id,
        hostq.hf_limits() s, LATERAL (SELECT CASE t.provider_api WHEN 'process' THEN s.room
            ELSE hostq.hf_cloud_room(p_namespace, t.definition->>'vmType') END AS room OFFSET 0) l
    WHERE t.namespace = p_namespace AND t.valid);
END $$;
COMMENT ON FUNCTION hostq.hf_template_list IS 'Valid templates as told by getAvailableTemplates, in the order of the file (LSF: priority, then id).';

CREATE OR REPLACE FUNCTION hostq.hf_templates(p_namespace text, p_input jsonb, p_mode text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    left_out text := coalesce((SELECT message FROM hostq.providers WHERE namespace = p_namespace), '');
    r jsonb;
BEGIN
    r := hostq.hf_done(jsonb_build_object(
        'message', 'Get available templates success.' || CASE WHEN left_out <> '' THEN ' ' || left_out ELSE '' END,
        'templates', hostq.hf_template_list(p_namespace, p_mode = 'lsf')), nullif(left_out, ''));
    IF p_input ? 'templates' THEN
        -- A push of HostFactory's REST call, not a filter. Judging templates
        -- is C's; the caller does it when told that the setting is on.
        r := jsonb_set(r, '{log}', r->'log' || to_jsonb('templates were pushed by HostFactory'::text))
            || CASE WHEN hostq.setting('hf_store_pushed') = 'true' THEN '{"pushed":true}'::jsonb ELSE '{}' END;
    END IF;
    RETURN r;
END $$;
COMMENT ON FUNCTION hostq.hf_templates IS 'getAvailableTemplates. "pushed":true beside the answer: the input''s templates are to be judged and stored (setting hf_store_pushed).';

CREATE OR REPLACE FUNCTION hostq.hf_request(p_namespace text, p_input jsonb, p_mode text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t jsonb := hostq.hf_items(p_input, 'template', '{templateId,machineCount}');
    at text := CASE WHEN p_input ? 'template' THEN 'template.' ELSE '' END;
    r jsonb;
    e jsonb;
    k text;
BEGIN
    IF jsonb_array_length(t) <> 1 OR jsonb_typeof(t->0) IS DISTINCT FROM 'object' THEN
        RETURN hostq.hf_refuse(p_namespace, 'requestMachines', p_input, 'template must be one object with templateId and machineCount');
    END IF;
    t := t->0;
    FOREACH k IN ARRAY '{templateId,machineCount}'::text[] LOOP
        IF NOT t ? k THEN
            RETURN hostq.hf_refuse(p_namespace, 'requestMachines', p_input, at || k || ' is missing');
        END IF;
    END LOOP;
    r := jsonb_build_object('kind', 'provision', 'namespace', p_namespace, 'unbounded', true,
        'templateId', t->'templateId', 'machineCount', t->'machineCount');
    IF p_mode = 'lsf' THEN
        r := r || jsonb_build_object('rc_account', coalesce(p_input->>'rc_account', 'default'),
            'tags', jsonb_build_object('RC_ACCOUNT', coalesce(p_input->>'rc_account', 'default')));
    END IF;
    r := hostq.submit_by('requestMachines', r);
    IF NOT r ? 'error' THEN
        RETURN hostq.hf_done(jsonb_build_object('message', 'Request VM success from AWS.', 'requestId', r->'requestId'));
    END IF;
    e := r#>'{error,details}';
    RETURN hostq.hf_fail((r#>>'{error,message}') || CASE r#>>'{error,code}'
        WHEN 'INSUFFICIENT_CAPACITY' THEN format(': template ''%s'' was asked for %s, has %s free, maxNumber %s',
            e->>'templateId', e->>'requestedCount', e->>'availableCapacity', e->>'maxNumber')
        WHEN 'QUOTA_EXCEEDED' THEN format(': asked for %s, in use %s, limit %s', e->>'requestedAdditional', e->>'currentUsage', e->>'accountLimit')
        WHEN 'VALIDATION_ERROR' THEN format(': %s%s is %s, allowed: %s', CASE WHEN t ? (e->>'field') THEN at END, e->>'field',
            coalesce(e->'value', 'null'), e->>'limit')
        ELSE '' END);
END $$;
COMMENT ON FUNCTION hostq.hf_request IS 'requestMachines.';

CREATE OR REPLACE FUNCTION hostq.hf_machine(m hostq.machines, p_result text, p_why text, p_lsf boolean) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object('machineId', m.instance_id, 'name', coalesce(m.name, m.instance_id), 'result', p_result,
        'status', CASE WHEN m.status = 'pending' AND p_result <> 'executing' THEN 'shutting-down' ELSE m.status END,
        'privateIpAddress', nullif(m.private_ip, ''), 'publicIpAddress', nullif(m.public_ip, ''),
        'priceType', coalesce(m.price_type, 'ondemand'), 'instanceType', coalesce(m.instance_type, ''),
        'instanceTags', CASE WHEN m.tags IS NULL THEN '' ELSE hostq.hf_tags(m.tags) END, 'cloudHostId', NULL,
        'launchtime', coalesce(floor(extract(epoch FROM m.launch_time)), 0)::bigint,
        'message', CASE p_result WHEN 'succeed' THEN '' WHEN 'fail' THEN coalesce(nullif(p_why, ''), 'the machine is ' || m.status)
            ELSE coalesce(p_why, '') END)
    || CASE WHEN p_lsf THEN jsonb_build_object('publicDnsName', m.details->>'public_dns', 'rcAccount', coalesce(m.tags->>'RC_ACCOUNT', 'default'),
        'lifeCycleType', CASE m.price_type WHEN 'spot' THEN 'Spot' ELSE 'OnDemand' END) ELSE '{}' END;
COMMENT ON FUNCTION hostq.hf_machine IS 'One machine as told by getRequestStatus. pending is told only with executing, and fail never without a message.';

CREATE OR REPLACE FUNCTION hostq.hf_machines(p_id bigint, p_kind text, p_lsf boolean) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_kind = 'provision' THEN
        RETURN (SELECT jsonb_agg(hostq.hf_machine(m, hostq.machine_result('provision', m.result, m.status, m.name, m.private_ip),
                m.message, p_lsf) ORDER BY m.machine_id)
            FROM hostq.machines m WHERE m.id = p_id);
    ELSIF p_kind = 'return' THEN
        RETURN (SELECT jsonb_agg(hostq.hf_machine(m, hostq.machine_result('return', r.result, m.status, m.name, m.private_ip),
                coalesce(r.message, m.message), p_lsf) ORDER BY m.machine_id)
            FROM hostq.request_machines r JOIN hostq.machines m USING (machine_id) WHERE r.id = p_id);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.hf_machines IS 'Machines of a request as told by getRequestStatus; null: none.';

CREATE OR REPLACE FUNCTION hostq.hf_entry(p_namespace text, p_request_id text, p_mode text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b record;
    s record;
    list jsonb;
BEGIN
    -- A generated id carries its number; the index of custom ids is asked
    -- only for others.
    SELECT x.id, x.kind, x.account, x.region INTO b FROM hostq.request_body x
    WHERE x.id = coalesce(hostq.id_in(p_request_id), -1) AND x.request_id = p_request_id AND x.namespace = p_namespace;
    IF NOT FOUND THEN
        SELECT x.id, x.kind, x.account, x.region INTO b FROM hostq.ids i JOIN hostq.request_body x ON x.id = i.id
        WHERE i.request_id = p_request_id AND x.namespace = p_namespace;
    END IF;
    IF b.id IS NULL THEN
        RETURN jsonb_build_object('requestId', p_request_id, 'status', 'complete_with_error', 'machines', '[]'::jsonb,
            'message', format('Request ''%s'' is not known in namespace ''%s''', p_request_id, p_namespace));
    END IF;
    SELECT q.state, q.first_started_at, NULL::text AS reason, q.note->>'message' AS message INTO s
    FROM hostq.queue q WHERE q.id = b.id;
    IF NOT FOUND THEN
        SELECT f.state, f.first_started_at, f.failure_reason AS reason, f.error_message AS message INTO s
        FROM hostq.finished f WHERE f.id = b.id;
    END IF;
    list := coalesce(hostq.hf_machines(b.id, b.kind, p_mode = 'lsf'), '[]');
    RETURN jsonb_build_object('requestId', p_request_id, 'machines', list,
        'status', hostq.hf_word(s.state, s.reason, s.reason = 'partial' AND hostq.setting('hf_partial_complete') = 'true'),
        'message', concat_ws('; ', CASE WHEN s.message <> '' THEN s.message
            WHEN list = '[]' AND b.kind = 'provision' AND s.state IN ('pending', 'claimed', 'processing', 'waiting') AND s.first_started_at IS NOT NULL
            THEN 'No machines discovered yet for ' || coalesce((SELECT string_agg(resource_id, ', ' ORDER BY resource_id)
                FROM hostq.resources WHERE id = b.id), p_request_id) END,
            CASE WHEN b.account IS NOT NULL THEN hostq.aws_trouble(b.account, b.region) END));
END $$;
COMMENT ON FUNCTION hostq.hf_entry IS 'Entry of one request in getRequestStatus; unknown ones answer complete_with_error.';

CREATE OR REPLACE FUNCTION hostq.hf_status(p_namespace text, p_input jsonb, p_mode text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    items jsonb := hostq.hf_items(p_input, 'requests', '{requestId}');
    list jsonb := '[]';
    v jsonb;
BEGIN
    IF items IS NULL THEN
        RETURN hostq.hf_refuse(p_namespace, 'getRequestStatus', p_input, 'requests is missing, it must be a list of {"requestId"}');
    END IF;
    FOR v IN SELECT jsonb_array_elements(items) LOOP
        v := CASE jsonb_typeof(v) WHEN 'object' THEN v->'requestId' ELSE v END;
        list := list || CASE jsonb_typeof(v) WHEN 'string' THEN hostq.hf_entry(p_namespace, v #>> '{}', p_mode)
            ELSE jsonb_build_object('requestId', coalesce(v #>> '{}', ''), 'status', 'complete_with_error', 'machines', '[]'::jsonb,
                'message', 'requestId is not a text') END;
    END LOOP;
    RETURN hostq.hf_done(jsonb_build_object('requests', list));
END $$;
COMMENT ON FUNCTION hostq.hf_status IS 'getRequestStatus: one entry per asked entry, in their order.';
