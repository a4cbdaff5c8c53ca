-- The JSON method calls: {"method","params"} -> {"result"} or {"error"}.

CREATE OR REPLACE FUNCTION hostq.call_request_id(p_params jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN coalesce(p_params->'requestId', 'null') = 'null'
            THEN hostq.invalid('requestId', NULL, 'id of a request', 'Request ID is required')
        WHEN jsonb_typeof(p_params->'requestId') <> 'string'
            THEN hostq.invalid('requestId', p_params->'requestId', 'a text', 'Request ID must be a text') END
$$;
COMMENT ON FUNCTION hostq.call_request_id IS 'Refusal for a call without a usable requestId, or null.';

CREATE OR REPLACE FUNCTION hostq.call_submit(p_method text, p_kind text, p_params jsonb, p_namespace text, p_allowed text[], OUT answer jsonb, OUT told boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    answer := hostq.check_keys(p_params, p_allowed);
    told := answer IS NULL;
    IF told THEN
        answer := hostq.submit_by(p_method, p_params || jsonb_build_object('kind', p_kind, 'namespace', p_namespace));
    END IF;
    IF NOT answer ? 'error' THEN
        answer := jsonb_build_object('requestId', answer->'requestId');
    END IF;
END $$;
COMMENT ON FUNCTION hostq.call_submit IS 'requestMachines and requestReturnMachines. told: submit has judged it, and written the event of a refusal.';

CREATE OR REPLACE FUNCTION hostq.call_returns(p_params jsonb, p_namespace text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k bigint;
    list jsonb;
BEGIN
    IF coalesce(p_params->'requestId', 'null') <> 'null' THEN
        k := hostq.request_key(p_params->>'requestId');
        IF (SELECT kind FROM hostq.request_body WHERE id = k) = 'return' THEN
            RETURN hostq.status_of(k);
        END IF;
        RETURN coalesce(hostq.call_request_id(p_params), hostq.not_found(p_params->>'requestId'));
    END IF;
    SELECT jsonb_agg(hostq.status_of(b.id) ORDER BY b.id) INTO list
    FROM hostq.lanes l JOIN hostq.queue q ON q.lane_id BETWEEN l.base * 4 AND l.base * 4 + 2
    JOIN hostq.request_body b ON b.id = q.id
    WHERE b.kind = 'return' AND b.namespace = p_namespace
      AND l.queue IN (SELECT name FROM hostq.queues WHERE coalesce(kind, 'return') = 'return');
    RETURN jsonb_build_object('requests', coalesce(list, '[]'));
END $$;
COMMENT ON FUNCTION hostq.call_returns IS 'getReturnRequests of the method calls: one return, or all open ones of the namespace.';

CREATE OR REPLACE FUNCTION hostq.call_cancel(p_request_id text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r jsonb := hostq.cancel(p_request_id);
BEGIN
    IF r ? 'error' THEN
        RETURN r;
    END IF;
    RETURN jsonb_build_object('requestId', p_request_id, 'status', hostq.json_word((r->>'state')::hostq.state, true, NULL));
END $$;
COMMENT ON FUNCTION hostq.call_cancel IS 'cancelRequest of the method calls.';

CREATE OR REPLACE FUNCTION hostq.call(p_method text, p_params jsonb, p_namespace text DEFAULT 'default') RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
    p jsonb := coalesce(nullif(p_params, 'null'), '{}');
    ns text := coalesce(p_namespace, 'default');
    r jsonb;
    told boolean := false;
    only_id constant text[] := '{requestId}';
BEGIN
    IF p_method IS NULL AND jsonb_typeof(p) = 'string' THEN
        -- What the client found wrong with a call that is no JSON object.
        r := hostq.invalid('call', NULL, 'one JSON object with method and params', p #>> '{}');
    ELSIF jsonb_typeof(p) <> 'object' THEN
        r := hostq.invalid('params', p, 'object', 'Params must be an object');
    ELSIF NOT hostq.may(ns) THEN
        r := hostq.invalid('namespace', to_jsonb(ns), 'a namespace of yours', format('Namespace ''%s'' is not yours', ns));
    ELSIF p_method = 'requestMachines' THEN
        SELECT * INTO r, told FROM hostq.call_submit(p_method, 'provision', p, ns,
            '{templateId,machineCount,requestId,timeout,priority,tags,metadata,placement,networking,partialPolicy}');
    ELSIF p_method = 'requestReturnMachines' THEN
        SELECT * INTO r, told FROM hostq.call_submit(p_method, 'return', p, ns,
            '{machineIds,requestId,timeout,tags,metadata,force,drainTimeout}');
    ELSIF p_method = 'getRequestStatus' THEN
        r := coalesce(hostq.check_keys(p, only_id), hostq.call_request_id(p), hostq.status(p->>'requestId'));
    ELSIF p_method = 'getReturnRequests' THEN
        r := coalesce(hostq.check_keys(p, only_id), hostq.call_returns(p, ns));
    ELSIF p_method = 'getAvailableTemplates' THEN
        r := coalesce(hostq.check_keys(p, '{}'), jsonb_build_object('templates', hostq.hf_template_list(ns, false)));
    ELSIF p_method = 'cancelRequest' THEN
        r := coalesce(hostq.check_keys(p, only_id), hostq.call_request_id(p), hostq.call_cancel(p->>'requestId'));
    ELSE
        r := hostq.invalid('method', to_jsonb(p_method), 'requestMachines, requestReturnMachines, getRequestStatus, '
            'getReturnRequests, getAvailableTemplates, cancelRequest', format('Unknown method ''%s''', coalesce(p_method, '')));
    END IF;
    IF NOT r ? 'error' THEN
        RETURN jsonb_build_object('result', r);
    ELSIF NOT told THEN
        PERFORM hostq.rejected(ns, coalesce(p_method, ''), p, r);
    END IF;
    RETURN r;
END $$;
COMMENT ON FUNCTION hostq.call(text, jsonb, text) IS 'One JSON method call: requestMachines, requestReturnMachines, getRequestStatus, getReturnRequests, getAvailableTemplates, cancelRequest. Answers {result} or {error:{code,message,details}}, never both; a refused call leaves one event `rejected`.';

CREATE OR REPLACE FUNCTION hostq.call_json(p_call jsonb, p_namespace text DEFAULT 'default') RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r jsonb;
BEGIN
    IF jsonb_typeof(p_call) IS DISTINCT FROM 'object' THEN
        r := hostq.invalid('call', p_call, 'one JSON object with method and params', 'A call must be an object');
    ELSE
        r := hostq.check_keys(p_call, '{method,params}');
    END IF;
    IF r IS NULL THEN
        RETURN hostq.call(p_call->>'method', p_call->'params', p_namespace);
    END IF;
    PERFORM hostq.rejected(coalesce(p_namespace, 'default'), '', p_call, r);
    RETURN r;
END $$;
COMMENT ON FUNCTION hostq.call_json(jsonb, text) IS 'One JSON method call as one object {method, params}: hostq.call of its parts.';
