--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: hostq; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA hostq;


--
-- Name: SCHEMA hostq; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON SCHEMA hostq IS 'hostq: a durable job queue. Views for people: requests, request_overview, machine_overview, queue_status, stuck_requests, failures_by_reason, daemon_health, performance, events. Functions for programs: submit, call, status, show, result, history, list, cancel, retry, why_not.';


--
-- Name: priority; Type: TYPE; Schema: hostq; Owner: -
--

CREATE TYPE hostq.priority AS ENUM (
    'high',
    'normal',
    'low'
);


--
-- Name: TYPE priority; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TYPE hostq.priority IS 'Class of a request; sorts in the order of claiming.';


--
-- Name: state; Type: TYPE; Schema: hostq; Owner: -
--

CREATE TYPE hostq.state AS ENUM (
    'pending',
    'claimed',
    'processing',
    'waiting',
    'completed',
    'failed',
    'timeout',
    'canceled',
    'superseded'
);


--
-- Name: TYPE state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TYPE hostq.state IS 'Where a request is; the first four are open. Legal moves: hostq.edges.';


--
-- Name: account_usage(text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.account_usage(p_account text, p_region text) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT (SELECT coalesce(sum(units), 0) FROM hostq.machines WHERE account IS NOT DISTINCT FROM p_account
            AND region IS NOT DISTINCT FROM p_region AND ended_at IS NULL)::bigint
        + hostq.owed_units(NULL, NULL, p_account, p_region)
$$;


--
-- Name: FUNCTION account_usage(p_account text, p_region text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.account_usage(p_account text, p_region text) IS 'Units of an account and region in use or owed.';


--
-- Name: after_final(bigint[], bigint[]); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.after_final(p_ids bigint[], p_leases bigint[] DEFAULT NULL::bigint[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT f.id, f.state, f.failure_reason, b.kind, b.request_id, b.cleanup_of, hostq.partial_policy(b.payload, b.template) AS policy,
            EXISTS (SELECT FROM hostq.intents i WHERE i.id = f.id) AS open_intent
        FROM hostq.finished f JOIN hostq.request_body b USING (id) WHERE f.id = ANY (p_ids)
          AND (p_leases IS NULL OR f.lease = p_leases[array_position(p_ids, f.id)]) ORDER BY f.id LOOP
        IF r.kind = 'return' THEN
            UPDATE hostq.request_machines x SET
                result = CASE WHEN m.status IN ('terminated', 'stopped') THEN 'succeed' ELSE 'fail' END,
                message = CASE WHEN m.status NOT IN ('terminated', 'stopped') THEN coalesce(m.message, 'still alive when the return ended') END
            FROM hostq.machines m WHERE x.id = r.id AND x.machine_id = m.machine_id AND x.result IS NULL;
            IF r.state <> 'completed' THEN
                PERFORM hostq.name_living(r.id, 'not ended', ARRAY(SELECT machine_id FROM hostq.request_machines WHERE id = r.id));
            END IF;
        ELSIF r.kind = 'provision' THEN
            IF r.open_intent AND r.state <> 'completed' THEN
                PERFORM hostq.intent_machines(r.id);
            END IF;
            IF r.state = 'canceled' OR r.state IN ('failed', 'timeout') AND r.failure_reason <> 'partial' AND r.policy = 'clean' THEN
                UPDATE hostq.machines SET result = 'fail', message = coalesce(message, 'removed with its request')
                WHERE id = r.id AND result IS NULL;
                PERFORM hostq.make_cleanup(r.id, ARRAY(SELECT machine_id FROM hostq.machines WHERE id = r.id));
            ELSE
                UPDATE hostq.machines SET result = CASE WHEN status = 'running' AND name <> '' AND private_ip <> '' THEN 'succeed' ELSE 'fail' END,
                    message = CASE WHEN status = 'running' THEN message ELSE coalesce(message, 'not running when the request ended') END
                WHERE id = r.id AND result IS NULL;
                IF r.state <> 'completed' THEN
                    PERFORM hostq.name_living(r.id, 'kept', ARRAY(SELECT machine_id FROM hostq.machines WHERE id = r.id));
                END IF;
            END IF;
        END IF;
    END LOOP;
END $$;


--
-- Name: FUNCTION after_final(p_ids bigint[], p_leases bigint[]); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.after_final(p_ids bigint[], p_leases bigint[]) IS 'In the transaction that ends provisions or returns: fixes the results of their machines and makes the clean-up that the policy asks for. p_leases: only those that these claims ended.';


--
-- Name: body_as_json(bytea); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.body_as_json(p_body bytea) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION body_as_json(p_body bytea); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.body_as_json(p_body bytea) IS 'A stored reply: as JSON where it is JSON, else as text (bytes that are no UTF-8 escaped).';


--
-- Name: call(text, jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.call(p_method text, p_params jsonb, p_namespace text DEFAULT 'default'::text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
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


--
-- Name: FUNCTION call(p_method text, p_params jsonb, p_namespace text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.call(p_method text, p_params jsonb, p_namespace text) IS 'One JSON method call: requestMachines, requestReturnMachines, getRequestStatus, getReturnRequests, getAvailableTemplates, cancelRequest. Answers {result} or {error:{code,message,details}}, never both; a refused call leaves one event `rejected`.';


--
-- Name: call_cancel(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.call_cancel(p_request_id text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    r jsonb := hostq.cancel(p_request_id);
BEGIN
    IF r ? 'error' THEN
        RETURN r;
    END IF;
    RETURN jsonb_build_object('requestId', p_request_id, 'status', hostq.json_word((r->>'state')::hostq.state, true, NULL));
END $$;


--
-- Name: FUNCTION call_cancel(p_request_id text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.call_cancel(p_request_id text) IS 'cancelRequest of the method calls.';


--
-- Name: call_json(jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.call_json(p_call jsonb, p_namespace text DEFAULT 'default'::text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION call_json(p_call jsonb, p_namespace text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.call_json(p_call jsonb, p_namespace text) IS 'One JSON method call as one object {method, params}: hostq.call of its parts.';


--
-- Name: call_request_id(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.call_request_id(p_params jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT CASE WHEN coalesce(p_params->'requestId', 'null') = 'null'
            THEN hostq.invalid('requestId', NULL, 'id of a request', 'Request ID is required')
        WHEN jsonb_typeof(p_params->'requestId') <> 'string'
            THEN hostq.invalid('requestId', p_params->'requestId', 'a text', 'Request ID must be a text') END
$$;


--
-- Name: FUNCTION call_request_id(p_params jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.call_request_id(p_params jsonb) IS 'Refusal for a call without a usable requestId, or null.';


--
-- Name: call_returns(jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.call_returns(p_params jsonb, p_namespace text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION call_returns(p_params jsonb, p_namespace text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.call_returns(p_params jsonb, p_namespace text) IS 'getReturnRequests of the method calls: one return, or all open ones of the namespace.';


--
-- Name: call_submit(text, text, jsonb, text, text[]); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.call_submit(p_method text, p_kind text, p_params jsonb, p_namespace text, p_allowed text[], OUT answer jsonb, OUT told boolean) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION call_submit(p_method text, p_kind text, p_params jsonb, p_namespace text, p_allowed text[], OUT answer jsonb, OUT told boolean); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.call_submit(p_method text, p_kind text, p_params jsonb, p_namespace text, p_allowed text[], OUT answer jsonb, OUT told boolean) IS 'requestMachines and requestReturnMachines. told: submit has judged it, and written the event of a refusal.';


--
-- Name: cancel(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.cancel(p_request_id text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    k bigint := hostq.request_key(p_request_id);
    s hostq.state;
BEGIN
    IF k IS NULL THEN
        RETURN hostq.error('REQUEST_NOT_FOUND', format('Request ''%s'' not found', p_request_id),
            jsonb_build_object('requestId', p_request_id));
    ELSIF starts_with(p_request_id, 'watch:') THEN
        RETURN hostq.error('CONFLICT', format('Request ''%s'' watches a host and ends with its boot', p_request_id),
            jsonb_build_object('requestId', p_request_id, 'field', 'kind', 'value', 'watch'));
    ELSIF hostq.finish(ARRAY[k], 'canceled', 'cancel', NULL, 'CANCELLED', format('canceled by %s', session_user),
            '{pending,claimed,processing,waiting}') = 1 THEN
        RETURN jsonb_build_object('requestId', p_request_id, 'state', 'canceled');
    END IF;
    SELECT state INTO s FROM hostq.finished WHERE id = k;
    IF s = 'canceled' THEN
        RETURN jsonb_build_object('requestId', p_request_id, 'state', 'canceled');
    END IF;
    RETURN hostq.error('CONFLICT', format('Request ''%s'' has ended: %s', p_request_id, s),
        jsonb_build_object('requestId', p_request_id, 'field', 'state', 'value', s));
END $$;


--
-- Name: FUNCTION cancel(p_request_id text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.cancel(p_request_id text) IS 'Ends an open request as canceled; its owner aborts the call within about a second, what it made is removed by a return of its own. Answers {requestId, state} or {error}; canceling twice is no error.';


--
-- Name: check_common(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.check_common(p_req jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
END $_$;


--
-- Name: FUNCTION check_common(p_req jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.check_common(p_req jsonb) IS 'Refusal for what is common to all kinds, or null.';


--
-- Name: check_filter(jsonb, text[]); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.check_filter(p_filter jsonb, p_allowed text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION check_filter(p_filter jsonb, p_allowed text[]); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.check_filter(p_filter jsonb, p_allowed text[]) IS 'Refusal for a bad filter of a list, or null.';


--
-- Name: check_keys(jsonb, text[]); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.check_keys(p_req jsonb, p_allowed text[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF p_req - p_allowed = '{}' THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT hostq.invalid(k, p_req->k, coalesce(nullif(array_to_string(p_allowed, ', '), ''), 'no fields'), format('Unknown field ''%s''', k))
        FROM jsonb_object_keys(p_req - p_allowed) k ORDER BY k LIMIT 1);
END $$;


--
-- Name: FUNCTION check_keys(p_req jsonb, p_allowed text[]); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.check_keys(p_req jsonb, p_allowed text[]) IS 'Refusal that names the first key that is not allowed, or null.';


--
-- Name: check_metadata(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.check_metadata(p_meta jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION check_metadata(p_meta jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.check_metadata(p_meta jsonb) IS 'Refusal for bad metadata, or null.';


--
-- Name: check_policy(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.check_policy(p_policy jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION check_policy(p_policy jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.check_policy(p_policy jsonb) IS 'Refusal for bad retry settings of a request, or null.';


--
-- Name: check_provision(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.check_provision(p_req jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION check_provision(p_req jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.check_provision(p_req jsonb) IS 'Refusal for bad parameters of a provision, or null. unbounded: the scripts'' form, bound by the template only.';


--
-- Name: check_return(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.check_return(p_req jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION check_return(p_req jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.check_return(p_req jsonb) IS 'Refusal for bad parameters of a return, or null.';


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: templates; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.templates (
    namespace text NOT NULL,
    template_id text NOT NULL,
    ordinal integer NOT NULL,
    definition jsonb NOT NULL,
    provider_api text,
    max_number integer NOT NULL,
    valid boolean NOT NULL,
    problem text,
    user_data text,
    stored_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT templates_check CHECK ((valid OR (problem <> ''::text)))
);


--
-- Name: TABLE templates; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.templates IS 'Templates in force, as the client read and judged them.';


--
-- Name: COLUMN templates.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.templates.namespace IS 'Provider instance.';


--
-- Name: COLUMN templates.template_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.templates.template_id IS 'Id, unique in the namespace.';


--
-- Name: COLUMN templates.ordinal; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.templates.ordinal IS 'Place in the file: the order is preference.';


--
-- Name: COLUMN templates.definition; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.templates.definition IS 'As in the file.';


--
-- Name: COLUMN templates.provider_api; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.templates.provider_api IS 'Handler that serves it.';


--
-- Name: COLUMN templates.max_number; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.templates.max_number IS 'Most units; -1: 10000.';


--
-- Name: COLUMN templates.valid; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.templates.valid IS 'False: submit refuses it.';


--
-- Name: COLUMN templates.problem; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.templates.problem IS 'What is wrong with it: key, value, limit.';


--
-- Name: COLUMN templates.user_data; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.templates.user_data IS 'Text of userDataScript.';


--
-- Name: COLUMN templates.stored_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.templates.stored_at IS 'When it was stored.';


--
-- Name: check_room(hostq.templates, integer, text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.check_room(t hostq.templates, p_count integer, p_account text, p_region text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION check_room(t hostq.templates, p_count integer, p_account text, p_region text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.check_room(t hostq.templates, p_count integer, p_account text, p_region text) IS 'Refusal for want of room (template, region, account), or null; holds a lock until commit.';


--
-- Name: check_tags(jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.check_tags(p_tags jsonb, p_template_tags text DEFAULT NULL::text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    k text;
    v jsonb;
    n int;
BEGIN
    IF p_tags IS NULL OR p_tags = 'null' THEN
        RETURN NULL;
    ELSIF jsonb_typeof(p_tags) <> 'object' THEN
        RETURN hostq.invalid('tags', p_tags, 'object of texts', 'Tags must be an object of texts');
    END IF;
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
        UNION ALL SELECT split_part(p, '=', 1) FROM unnest(string_to_array(p_template_tags, ';')) p WHERE p <> '') t (x);
    IF n > 50 THEN
        RETURN hostq.invalid('tags', to_jsonb(n), '50 tags', format('%s tags exceed the limit of 50', n));
    END IF;
    RETURN NULL;
END $$;


--
-- Name: FUNCTION check_tags(p_tags jsonb, p_template_tags text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.check_tags(p_tags jsonb, p_template_tags text) IS 'Refusal for bad tags, or null. Lengths are in characters.';


--
-- Name: check_template(text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.check_template(p_namespace text, p_template text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION check_template(p_namespace text, p_template text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.check_template(p_namespace text, p_template text) IS 'Refusal for a template that is unknown or invalid, or null.';


--
-- Name: check_timeout(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.check_timeout(p_req jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION check_timeout(p_req jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.check_timeout(p_req jsonb) IS 'Refusal for a bad timeout, or null.';


--
-- Name: settings; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.settings (
    name text NOT NULL,
    value text NOT NULL,
    dflt text NOT NULL,
    type text NOT NULL,
    min bigint,
    max bigint,
    help text NOT NULL,
    CONSTRAINT settings_type_check CHECK ((type = ANY (ARRAY['int'::text, 'bool'::text, 'text'::text, 'json'::text])))
);


--
-- Name: TABLE settings; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.settings IS 'What submit enforces and sweeps obey; changed by `hostq set NAME VALUE`.';


--
-- Name: COLUMN settings.name; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.settings.name IS 'Name of the setting.';


--
-- Name: COLUMN settings.value; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.settings.value IS 'Value in force, as text.';


--
-- Name: COLUMN settings.dflt; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.settings.dflt IS 'Value as shipped.';


--
-- Name: COLUMN settings.type; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.settings.type IS 'int, bool, text or json.';


--
-- Name: COLUMN settings.min; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.settings.min IS 'Least value of an int.';


--
-- Name: COLUMN settings.max; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.settings.max IS 'Greatest value of an int.';


--
-- Name: COLUMN settings.help; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.settings.help IS 'Meaning and unit.';


--
-- Name: check_value(hostq.settings, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.check_value(s hostq.settings, p_value text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    v jsonb := to_jsonb(p_value);
    lim text := CASE s.type WHEN 'int' THEN format('%s..%s', s.min, s.max) WHEN 'bool' THEN 'true, false' ELSE s.type END;
    j jsonb;
BEGIN
    IF p_value IS NULL THEN
        RETURN hostq.invalid('value', v, lim, format('Setting %s needs a value', s.name));
    ELSIF s.type = 'int' AND (CASE WHEN p_value ~ '^-?\d{1,18}$' THEN p_value::bigint NOT BETWEEN s.min AND s.max ELSE true END) THEN
        RETURN hostq.invalid('value', v, lim, format('Setting %s must be a whole number from %s to %s', s.name, s.min, s.max));
    ELSIF s.type = 'bool' AND p_value NOT IN ('true', 'false') THEN
        RETURN hostq.invalid('value', v, lim, format('Setting %s must be true or false', s.name));
    ELSIF s.name = 'row_security' AND p_value NOT IN ('on', 'off') THEN
        RETURN hostq.invalid('value', v, 'on, off', format('Setting %s must be on or off', s.name));
    ELSIF s.name = 'min_timeout' AND p_value::bigint > hostq.setting('max_timeout')::bigint
       OR s.name = 'max_timeout' AND p_value::bigint < hostq.setting('min_timeout')::bigint THEN
        RETURN hostq.invalid('value', v, 'min_timeout <= max_timeout', 'min_timeout must not be above max_timeout');
    ELSIF s.type = 'json' THEN
        BEGIN
            j := p_value;
        EXCEPTION WHEN data_exception THEN
            RETURN hostq.invalid('value', v, 'JSON', format('Setting %s must be JSON', s.name));
        END;
        IF s.name = 'callback_allow' AND (jsonb_typeof(j) <> 'array' OR jsonb_path_exists(j, 'strict $[*] ? (@.type() != "string")')) THEN
            RETURN hostq.invalid('value', v, 'list of texts', 'Setting callback_allow must be a list of texts');
        ELSIF s.name = 'regional_capacity' AND (jsonb_typeof(j) <> 'object' OR jsonb_path_exists(j, 'strict $.* ? (@.type() != "object")')
                OR jsonb_path_exists(j, 'lax $.*.* ? (@.type() != "number" || @ < 0 || @.floor() != @ || @ > 2147483647)')) THEN
            RETURN hostq.invalid('value', v, '{"region":{"type":n}}', 'Setting regional_capacity must be {"region":{"type":n}} with whole numbers');
        END IF;
    END IF;
    RETURN NULL;
END $_$;


--
-- Name: FUNCTION check_value(s hostq.settings, p_value text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.check_value(s hostq.settings, p_value text) IS 'Refusal for a value that a setting cannot have, or null.';


--
-- Name: check_whole(jsonb, bigint, bigint); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.check_whole(p_value jsonb, p_min bigint, p_max bigint) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT CASE WHEN jsonb_typeof(p_value) = 'number'
        THEN p_value::numeric = trunc(p_value::numeric) AND p_value::numeric BETWEEN p_min AND p_max
        ELSE false END
$$;


--
-- Name: FUNCTION check_whole(p_value jsonb, p_min bigint, p_max bigint); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.check_whole(p_value jsonb, p_min bigint, p_max bigint) IS 'Is it a whole number within the limits (3.0 is 3, "3" is not)?';


--
-- Name: claim_context(text, bigint, integer); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.claim_context(p_kind text, p_id bigint, p_lane integer) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    here text;
BEGIN
    IF p_kind = 'provision' THEN
        RETURN jsonb_strip_nulls(jsonb_build_object(
            'intent', (SELECT jsonb_build_object('token', token, 'body', body) FROM hostq.intents WHERE id = p_id),
            'machines', (SELECT jsonb_agg(jsonb_build_object('instance_id', instance_id, 'request_id', request_id, 'status', status,
                'host', host, 'boot_id', boot_id, 'details', details) ORDER BY machine_id) FROM hostq.machines
                WHERE id = p_id AND (ended_at IS NULL OR instance_id IN (SELECT u->>'instance_id'
                    FROM hostq.intents i, jsonb_array_elements(i.body->'units') u WHERE i.id = p_id)))));
    ELSIF p_kind = 'watch' THEN
        RETURN (SELECT jsonb_build_object('machines', coalesce(jsonb_agg(jsonb_build_object('instance_id', m.instance_id,
                'request_id', m.request_id, 'status', m.status, 'host', m.host, 'boot_id', m.boot_id, 'details', m.details)
                ORDER BY machine_id), '[]'))
            FROM hostq.lanes l JOIN hostq.machines m ON hostq.host_route(m.host, m.boot_id) = l.route
                AND m.host = substr(split_part(l.route, '/', 1), 6)
            WHERE l.base = p_lane >> 2 AND m.ended_at IS NULL AND m.provider_api = 'process');
    ELSIF p_kind = 'return' THEN
        here := (SELECT route FROM hostq.lanes WHERE base = p_lane >> 2);
        RETURN (SELECT jsonb_build_object(
            'machines', coalesce(jsonb_agg(jsonb_build_object('instance_id', m.instance_id, 'request_id', m.request_id,
                'status', m.status, 'details', m.details, 'provider_api', m.provider_api) ORDER BY machine_id)
                FILTER (WHERE hostq.host_route(m.host, m.boot_id) IS NOT DISTINCT FROM here), '[]'),
            'elsewhere', count(*) FILTER (WHERE hostq.host_route(m.host, m.boot_id) IS DISTINCT FROM here),
            'drainTimeout', max(hostq.number_of(b.template->'drainTimeout')))
            FROM hostq.request_machines r JOIN hostq.machines m USING (machine_id) JOIN hostq.request_body b ON b.id = m.id
            WHERE r.id = p_id AND m.ended_at IS NULL);
    END IF;
    RETURN NULL;
END $$;


--
-- Name: FUNCTION claim_context(p_kind text, p_id bigint, p_lane integer); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.claim_context(p_kind text, p_id bigint, p_lane integer) IS 'What a kind needs beside its row: the open intent of a provision and its machines, those that ended only where the intent names them; the machines of a return on this route; the living ones that a watch is to find.';


--
-- Name: request_body; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.request_body (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    request_id text NOT NULL,
    namespace text NOT NULL,
    kind text NOT NULL,
    queue text NOT NULL,
    priority hostq.priority NOT NULL,
    provider_api text,
    template_id text,
    template jsonb,
    machine_count integer,
    timeout interval,
    payload jsonb NOT NULL,
    policy jsonb,
    submitted_by text NOT NULL,
    account text,
    region text,
    key text,
    ordering_key text,
    group_id bigint,
    race_of bigint,
    cleanup_of text,
    traceparent text
)
PARTITION BY RANGE (id);


--
-- Name: TABLE request_body; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.request_body IS 'What was asked: inserted once, never updated.';


--
-- Name: COLUMN request_body.id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.id IS 'Internal number; not shown outside.';


--
-- Name: COLUMN request_body.created_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.created_at IS 'When it was submitted (database clock).';


--
-- Name: COLUMN request_body.request_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.request_id IS 'The id that users know. Generated ones carry id; custom ones are in hostq.ids.';


--
-- Name: COLUMN request_body.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.namespace IS 'Provider instance or tenant; default without one.';


--
-- Name: COLUMN request_body.kind; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.kind IS 'provision, return, watch, noop, ...';


--
-- Name: COLUMN request_body.queue; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.queue IS 'Queue it was submitted to.';


--
-- Name: COLUMN request_body.priority; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.priority IS 'Class.';


--
-- Name: COLUMN request_body.provider_api; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.provider_api IS 'Which handler works it (process, ...).';


--
-- Name: COLUMN request_body.template_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.template_id IS 'Template asked for.';


--
-- Name: COLUMN request_body.template; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.template IS 'Copy of the template at submit.';


--
-- Name: COLUMN request_body.machine_count; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.machine_count IS 'Units asked for; of a return: number of machines.';


--
-- Name: COLUMN request_body.timeout; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.timeout IS 'deadline - created_at; null: none.';


--
-- Name: COLUMN request_body.payload; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.payload IS 'All parameters as given, tags and metadata among them, without requestId.';


--
-- Name: COLUMN request_body.policy; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.policy IS 'Retry settings of its own, under their names.';


--
-- Name: COLUMN request_body.submitted_by; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.submitted_by IS 'Database role that submitted it.';


--
-- Name: COLUMN request_body.account; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.account IS 'Provider account.';


--
-- Name: COLUMN request_body.region; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.region IS 'Provider region.';


--
-- Name: COLUMN request_body.key; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.key IS 'Concurrency key.';


--
-- Name: COLUMN request_body.ordering_key; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.ordering_key IS 'Requests of one ordering key run one at a time, in order.';


--
-- Name: COLUMN request_body.group_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.group_id IS 'Batch it belongs to.';


--
-- Name: COLUMN request_body.race_of; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.race_of IS 'Internal number of the request it races.';


--
-- Name: COLUMN request_body.cleanup_of; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.cleanup_of IS 'request_id of the ended request whose machines this return removes.';


--
-- Name: COLUMN request_body.traceparent; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_body.traceparent IS 'W3C trace context of the submitter.';


--
-- Name: claim_id(hostq.request_body, jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.claim_id(b hostq.request_body, p_req jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION claim_id(b hostq.request_body, p_req jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.claim_id(b hostq.request_body, p_req jsonb) IS 'Takes a custom id for a new request; where a concurrent submit was first, the answer it gets.';


--
-- Name: daemon_ends(integer, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.daemon_ends(p_epoch integer, p_state text) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    UPDATE hostq.daemons SET state = p_state,
        ended_at = CASE WHEN p_state = 'dead' THEN clock_timestamp() END,
        ended_why = CASE WHEN p_state = 'dead' THEN 'stopped' END,
        in_flight = CASE WHEN p_state = 'dead' THEN 0 ELSE in_flight END
    WHERE epoch = p_epoch AND state <> 'dead';
    SELECT pg_notify('hostq_work', '-daemon') WHERE p_state = 'dead'
$$;


--
-- Name: FUNCTION daemon_ends(p_epoch integer, p_state text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.daemon_ends(p_epoch integer, p_state text) IS 'A daemon says that it is stopping, or (dead) that it has stopped.';


--
-- Name: daemons_list(); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.daemons_list() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.started_at DESC), '[]') FROM hostq.daemon_health d
$$;


--
-- Name: FUNCTION daemons_list(); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.daemons_list() IS 'Daemons, newest first: rows of daemon_health.';


--
-- Name: delay_of(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.delay_of(p_req jsonb) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN COALESCE((((p_req ->> 'delay'::text))::numeric)::bigint, (0)::bigint);


--
-- Name: FUNCTION delay_of(p_req jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.delay_of(p_req jsonb) IS 'delay of a checked submit, ms.';


--
-- Name: error(text, text, jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.error(p_code text, p_message text, p_details jsonb DEFAULT '{}'::jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT jsonb_build_object('error', jsonb_build_object(
        'code', p_code, 'message', p_message, 'details', p_details))
$$;


--
-- Name: FUNCTION error(p_code text, p_message text, p_details jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.error(p_code text, p_message text, p_details jsonb) IS 'A refusal as a value: {"error":{code,message,details}}.';


--
-- Name: finish(bigint[], hostq.state, text, text, text, text, hostq.state[]); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.finish(p_ids bigint[], p_state hostq.state, p_verb text, p_reason text, p_code text, p_message text, p_from hostq.state[]) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    done bigint[];
    owners int[];
    o int;
BEGIN
    IF p_ids IS NULL THEN
        RETURN 0;
    END IF;
    WITH k AS MATERIALIZED (SELECT id FROM hostq.queue WHERE id = ANY (p_ids) AND state = ANY (p_from) ORDER BY id FOR UPDATE),
    o AS (DELETE FROM hostq.queue q USING k WHERE q.id = k.id RETURNING q.*),
    d AS (SELECT o.*, b.request_id, b.namespace, p_state = 'failed' AND b.kind = 'provision'
            AND hostq.partial_policy(b.payload, b.template) = 'keep'
            AND EXISTS (SELECT FROM hostq.machines m WHERE m.id = o.id AND m.ended_at IS NULL) AS kept
        FROM o JOIN hostq.request_body b USING (id)),
    f AS (INSERT INTO hostq.finished (id, lease, deadline, claimed_at, started_at, first_started_at, lane_id, owner, state,
            retry_attempt, intent, crashes, namespace, failure_reason, error_code, error_message, note)
        SELECT d.id, d.lease, d.deadline, d.claimed_at, d.started_at, d.first_started_at, d.lane_id, d.owner, p_state,
            d.retry_attempt, d.intent, d.crashes, d.namespace, CASE WHEN d.kept THEN 'partial' ELSE p_reason END, p_code,
            CASE WHEN d.note ? 'message' THEN p_message || ': ' || (d.note->>'message') ELSE p_message END,
            CASE WHEN d.kept THEN coalesce(d.note, '{}') || jsonb_build_object('last_reason', p_reason) ELSE d.note END
        FROM d),
    e AS (INSERT INTO hostq.event (request_id, namespace, type, from_state, to_state, attempt, reason, code)
        SELECT d.request_id, d.namespace, p_verb, d.state, p_state, d.retry_attempt, p_reason, p_code FROM d),
    a AS (INSERT INTO hostq.aborts (owner, id, lease) SELECT owner, id, lease FROM d WHERE owner IS NOT NULL
        ON CONFLICT DO NOTHING)
    SELECT array_agg(id ORDER BY id), array_agg(DISTINCT owner) FILTER (WHERE owner IS NOT NULL) INTO done, owners FROM d;
    IF done IS NULL THEN
        RETURN 0;
    END IF;
    FOREACH o IN ARRAY coalesce(owners, '{}') LOOP
        PERFORM pg_notify('hostq_d' || o, 'abort');
    END LOOP;
    PERFORM hostq.after_final(done);
    PERFORM hostq.wake_waiters(done);
    RETURN cardinality(done);
END $$;


--
-- Name: FUNCTION finish(p_ids bigint[], p_state hostq.state, p_verb text, p_reason text, p_code text, p_message text, p_from hostq.state[]); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.finish(p_ids bigint[], p_state hostq.state, p_verb text, p_reason text, p_code text, p_message text, p_from hostq.state[]) IS 'Ends open requests that are in one of p_from; their owners are told to drop them. How many ended.';


--
-- Name: forget_older_boots(text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.forget_older_boots(p_host text, p_boot text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    l hostq.lanes;
    w bigint[];
BEGIN
    UPDATE hostq.machines m SET status = 'terminated', ended_at = clock_timestamp(), last_seen = clock_timestamp(),
        message = CASE WHEN m.result = 'fail' THEN m.message ELSE 'its host was started again' END,
        taken_at = CASE WHEN m.result IS DISTINCT FROM 'succeed' OR hostq.is_being_returned(m.machine_id) THEN taken_at ELSE clock_timestamp() END
    WHERE host = p_host AND boot_id <> p_boot AND ended_at IS NULL
      -- Another host of that name is no earlier boot.
      AND NOT hostq.route_is_served(hostq.host_route(host, boot_id));
    FOR l IN SELECT * FROM hostq.lanes WHERE starts_with(route, 'host:' || p_host || '/') AND retired_at IS NULL
            AND route <> hostq.host_route(p_host, p_boot) AND NOT hostq.route_is_served(route) LOOP
        SELECT array_agg(q.id) INTO w FROM hostq.queue q JOIN hostq.request_body b USING (id)
        WHERE q.lane_id BETWEEN l.base * 4 AND l.base * 4 + 2 AND b.kind = 'watch';
        PERFORM hostq.finish(w, 'canceled', 'cancel', NULL, NULL, 'its host was started again', '{pending,waiting}');
        -- What was being started there is gone, which is a definite answer.
        WITH k AS MATERIALIZED (SELECT id FROM hostq.queue
                WHERE lane_id BETWEEN l.base * 4 AND l.base * 4 + 2 AND state IN ('pending', 'waiting') ORDER BY id FOR UPDATE SKIP LOCKED),
            moved AS (UPDATE hostq.queue q SET intent = intent + 1, run_at = clock_timestamp(),
                lane_id = hostq.lane(l.queue, l.priority, hostq.next_route(q.id), l.account, l.region, l.group_id) + 1
            FROM k WHERE q.id = k.id RETURNING q.id)
        DELETE FROM hostq.intents WHERE id IN (SELECT id FROM moved);
        UPDATE hostq.lanes SET retired_at = now() WHERE base = l.base
            AND NOT EXISTS (SELECT FROM hostq.queue WHERE lane_id BETWEEN l.base * 4 AND l.base * 4 + 2);
    END LOOP;
END $$;


--
-- Name: FUNCTION forget_older_boots(p_host text, p_boot text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.forget_older_boots(p_host text, p_boot text) IS 'Processes of earlier boots of a host are gone: their machines end, and open requests go on without them.';


--
-- Name: give_back_rows(bigint[], integer, integer, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.give_back_rows(p_ids bigint[], p_dead integer, p_by integer, p_blame text) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    lim int := hostq.setting('max_crashes');
    suspect int := greatest(lim - 1, 1);
    poison bigint[];
    n int;
BEGIN
    -- blame: none (announced end), suspects (rows one crash short of the limit,
    -- of which a daemon works one at a time) or all.
    SELECT array_agg(id ORDER BY id) INTO poison FROM (SELECT id FROM hostq.queue
        WHERE id = ANY (p_ids) AND owner = p_dead AND state = 'processing' AND p_blame <> 'none'
          AND (p_blame = 'all' OR crashes >= suspect) AND crashes + 1 >= lim
        ORDER BY id FOR UPDATE SKIP LOCKED) x;
    IF poison IS NOT NULL THEN
        UPDATE hostq.queue SET crashes = crashes + 1 WHERE id = ANY (poison);
        PERFORM hostq.finish(poison, 'failed', 'crash', 'task_terminated', 'INTERNAL_ERROR',
            format('its daemon died %s times while working it', lim), '{processing}');
    END IF;
    WITH k AS MATERIALIZED (
        SELECT id, state AS was, crashes AS had,
            crashes + (state = 'processing' AND (p_blame = 'all' OR p_blame = 'suspects' AND crashes >= suspect))::int AS now_crashes
        FROM hostq.queue WHERE id = ANY (p_ids) AND owner = p_dead ORDER BY id FOR UPDATE SKIP LOCKED),
    u AS (UPDATE hostq.queue q SET state = 'pending', owner = NULL, lease = NULL, claimed_at = NULL, started_at = NULL,
            run_at = clock_timestamp(), crashes = k.now_crashes,
            lane_id = (q.lane_id & ~3) | CASE WHEN k.now_crashes >= suspect THEN 2 ELSE 1 END
        FROM k WHERE q.id = k.id RETURNING q.id, q.retry_attempt, q.crashes, k.was, k.had),
    b AS (UPDATE hostq.daemons SET counters = counters || jsonb_build_object('blamed', coalesce(counters->'blamed', '[]') || x.ids)
        FROM (SELECT jsonb_agg(id) AS ids FROM u WHERE crashes > had) x WHERE epoch = p_dead AND x.ids IS NOT NULL),
    e AS (INSERT INTO hostq.event (request_id, namespace, type, from_state, to_state, daemon, attempt, details)
        SELECT b.request_id, b.namespace, 'reclaim', u.was, 'pending', p_by, u.retry_attempt,
            jsonb_build_object('owner', p_dead, 'crashes', u.crashes)
        FROM u JOIN hostq.request_body b USING (id))
    SELECT count(*) INTO n FROM u;
    RETURN n;
END $$;


--
-- Name: FUNCTION give_back_rows(p_ids bigint[], p_dead integer, p_by integer, p_blame text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.give_back_rows(p_ids bigint[], p_dead integer, p_by integer, p_blame text) IS 'Rows of a dead daemon become pending again in their resumed or suspect lane, or fail after max_crashes.';


--
-- Name: give_back_unknown(integer, bigint[], bigint[]); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.give_back_unknown(p_epoch integer, p_ids bigint[], p_leases bigint[]) RETURNS integer
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT hostq.give_back_rows(array_agg(q.id), p_epoch, p_epoch, 'none') FROM hostq.queue q
    WHERE q.owner = p_epoch AND NOT EXISTS (SELECT FROM unnest(p_ids, p_leases) h (id, lease) WHERE h.id = q.id AND h.lease = q.lease)
$$;


--
-- Name: FUNCTION give_back_unknown(p_epoch integer, p_ids bigint[], p_leases bigint[]); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.give_back_unknown(p_epoch integer, p_ids bigint[], p_leases bigint[]) IS 'Rows that a daemon owns without knowing it: the answer of the claim was lost with the connection.';


--
-- Name: heartbeat(integer, bigint, integer, integer); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.heartbeat(p_epoch integer, p_lease_ms bigint, p_in_flight integer, p_slots integer, OUT alive boolean, OUT sweeper boolean, OUT abort_ids bigint[], OUT abort_leases bigint[]) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    UPDATE hostq.daemons SET heartbeat_at = clock_timestamp(), in_flight = p_in_flight, slots = p_slots,
        lease_until = clock_timestamp() + p_lease_ms * interval '1 ms'
    WHERE epoch = p_epoch AND state <> 'dead';
    alive := FOUND;
    IF NOT alive THEN
        PERFORM hostq.take_back_blame(p_epoch);
    END IF;
    sweeper := p_epoch = (SELECT min(epoch) FROM hostq.daemons WHERE state = 'alive' AND lease_until > clock_timestamp());
    WITH d AS (DELETE FROM hostq.aborts WHERE ctid = ANY (ARRAY(SELECT ctid FROM hostq.aborts WHERE owner = p_epoch LIMIT 4096))
        RETURNING id, lease)
    SELECT array_agg(id), array_agg(lease) INTO abort_ids, abort_leases FROM d;
END $$;


--
-- Name: FUNCTION heartbeat(p_epoch integer, p_lease_ms bigint, p_in_flight integer, p_slots integer, OUT alive boolean, OUT sweeper boolean, OUT abort_ids bigint[], OUT abort_leases bigint[]); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.heartbeat(p_epoch integer, p_lease_ms bigint, p_in_flight integer, p_slots integer, OUT alive boolean, OUT sweeper boolean, OUT abort_ids bigint[], OUT abort_leases bigint[]) IS 'Renews a daemon''s lease and hands it the claims it must drop. sweeper: this daemon does the periodic work for all.';


--
-- Name: hf(text, text, text, jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf(p_action text, p_namespace text, p_files_hash text, p_input jsonb, p_mode text DEFAULT 'symphony'::text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET max_parallel_workers_per_gather TO '0'
    SET lock_timeout TO '8s'
    AS $$
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


--
-- Name: FUNCTION hf(p_action text, p_namespace text, p_files_hash text, p_input jsonb, p_mode text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf(p_action text, p_namespace text, p_files_hash text, p_input jsonb, p_mode text) IS 'One call of a HostFactory script: {exit, out (the one object for stdout), log (texts for stderr)}, or {stale:true} when the files with this hash are not stored yet (null: not needed). mode: symphony or lsf.';


--
-- Name: hf_attributes(jsonb, boolean, boolean); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_attributes(p_attributes jsonb, p_ncores boolean, p_lsf boolean) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT coalesce(jsonb_object_agg(CASE WHEN p_lsf AND k = 'nram' THEN 'mem' ELSE k END, hostq.hf_pair(k, v)), '{}')
    FROM jsonb_each(p_attributes) a (k, v) WHERE k <> 'ncores' OR p_ncores OR p_lsf
$$;


--
-- Name: FUNCTION hf_attributes(p_attributes jsonb, p_ncores boolean, p_lsf boolean); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_attributes(p_attributes jsonb, p_ncores boolean, p_lsf boolean) IS 'Attributes of a template as told to HostFactory; LSF calls nram mem and wants ncores.';


--
-- Name: hf_done(jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_done(p_out jsonb, p_log text DEFAULT NULL::text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('exit', 0, 'out', p_out, 'log', CASE WHEN (p_log IS NULL) THEN '[]'::jsonb ELSE jsonb_build_array(p_log) END);


--
-- Name: FUNCTION hf_done(p_out jsonb, p_log text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_done(p_out jsonb, p_log text) IS 'Answer of a script that did its work.';


--
-- Name: hf_entry(text, text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_entry(p_namespace text, p_request_id text, p_mode text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    b record;
    s record;
    list jsonb;
BEGIN
    -- A generated id carries its number; the index of custom ids is asked
    -- only for others.
    SELECT x.id, x.kind INTO b FROM hostq.request_body x
    WHERE x.id = coalesce(hostq.id_in(p_request_id), -1) AND x.request_id = p_request_id AND x.namespace = p_namespace;
    IF NOT FOUND THEN
        SELECT x.id, x.kind INTO b FROM hostq.ids i JOIN hostq.request_body x ON x.id = i.id
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
        'message', CASE WHEN s.message IS NOT NULL THEN s.message
            WHEN list = '[]' AND b.kind = 'provision' AND s.state IN ('pending', 'claimed', 'processing', 'waiting') AND s.first_started_at IS NOT NULL
            THEN 'No machines discovered yet for ' || coalesce((SELECT string_agg(resource_id, ', ' ORDER BY resource_id)
                FROM hostq.resources WHERE id = b.id), p_request_id)
            ELSE '' END);
END $$;


--
-- Name: FUNCTION hf_entry(p_namespace text, p_request_id text, p_mode text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_entry(p_namespace text, p_request_id text, p_mode text) IS 'Entry of one request in getRequestStatus; unknown ones answer complete_with_error.';


--
-- Name: hf_fail(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_fail(p_message text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_object('exit', 1, 'out', jsonb_build_object('message', p_message), 'log', jsonb_build_array(p_message));


--
-- Name: FUNCTION hf_fail(p_message text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_fail(p_message text) IS 'Answer of a script that failed.';


--
-- Name: hf_find(text, jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_find(p_namespace text, p_items jsonb) RETURNS TABLE(ord bigint, label text, machine_id bigint, instance_id text, ended_at timestamp with time zone, taken_at timestamp with time zone, given_back_at timestamp with time zone, grace_until timestamp with time zone, result text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
END $_$;


--
-- Name: FUNCTION hf_find(p_namespace text, p_items jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_find(p_namespace text, p_items jsonb) IS 'Machines that a list names, in its order: by machineId, else the newest of that name, living before ended; machine_id null: unknown, label null: an item that names nothing.';


--
-- Name: hf_items(jsonb, text, text[]); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_items(p_input jsonb, p_key text, p_flat text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE jsonb_typeof((p_input -> p_key)) WHEN 'array'::text THEN (p_input -> p_key) WHEN 'object'::text THEN jsonb_build_array((p_input -> p_key)) WHEN 'string'::text THEN jsonb_build_array((p_input -> p_key)) ELSE CASE WHEN ((COALESCE((p_input -> p_key), 'null'::jsonb) = 'null'::jsonb) AND (p_input ?| p_flat)) THEN jsonb_build_array(p_input) ELSE NULL::jsonb END END;


--
-- Name: FUNCTION hf_items(p_input jsonb, p_key text, p_flat text[]); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_items(p_input jsonb, p_key text, p_flat text[]) IS 'List under a key: lists, single objects and bare texts are all accepted, and the flat form; null: there is none.';


--
-- Name: hf_limits(); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_limits(OUT ncores boolean, OUT room bigint) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    lim bigint;
BEGIN
    SELECT max(value) FILTER (WHERE name = 'hf_pass_ncores') = 'true', max(value) FILTER (WHERE name = 'account_limit')
    INTO ncores, lim FROM hostq.settings WHERE name IN ('hf_pass_ncores', 'account_limit');
    IF lim > 0 THEN
        room := lim - hostq.account_usage(NULL, NULL);
    END IF;
END $$;


--
-- Name: FUNCTION hf_limits(OUT ncores boolean, OUT room bigint); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_limits(OUT ncores boolean, OUT room bigint) IS 'ncores: setting hf_pass_ncores; room: units that account_limit leaves to machines without account, null: no limit.';


--
-- Name: hf_listed(text, jsonb, boolean, boolean); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_listed(p_namespace text, p_items jsonb, p_lsf boolean, p_unknown boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION hf_listed(p_namespace text, p_items jsonb, p_lsf boolean, p_unknown boolean); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_listed(p_namespace text, p_items jsonb, p_lsf boolean, p_unknown boolean) IS 'Entries of getReturnRequests for the machines that a list names; null: none.';


--
-- Name: hf_tags(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_tags(p_tags jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT CASE jsonb_typeof(p_tags) WHEN 'string' THEN p_tags #>> '{}'
        WHEN 'object' THEN coalesce((SELECT string_agg(k || '=' || v, ';' ORDER BY k) FROM jsonb_each_text(p_tags) t (k, v)), '')
        ELSE '' END
$$;


--
-- Name: FUNCTION hf_tags(p_tags jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_tags(p_tags jsonb) IS 'Tags as the text k=v;k2=v2.';


--
-- Name: machines; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.machines (
    machine_id bigint NOT NULL,
    instance_id text NOT NULL,
    request_id text NOT NULL,
    id bigint NOT NULL,
    resource_id text,
    namespace text NOT NULL,
    provider_api text NOT NULL,
    template_id text,
    status text NOT NULL,
    result text,
    name text,
    private_ip text,
    public_ip text,
    private_dns text,
    instance_type text,
    availability_zone text,
    launch_time timestamp with time zone,
    tags jsonb,
    message text,
    price_type text,
    units integer DEFAULT 1 NOT NULL,
    account text,
    region text,
    host text,
    boot_id text,
    details jsonb,
    first_seen timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    last_seen timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    taken_at timestamp with time zone,
    given_back_at timestamp with time zone,
    grace_until timestamp with time zone,
    CONSTRAINT machines_ended CHECK (((status = 'terminated'::text) = (ended_at IS NOT NULL))),
    CONSTRAINT machines_name_check CHECK ((name <> ''::text)),
    CONSTRAINT machines_result_check CHECK ((result = ANY (ARRAY['succeed'::text, 'fail'::text]))),
    CONSTRAINT machines_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'stopping'::text, 'stopped'::text, 'shutting-down'::text, 'terminated'::text])))
);


--
-- Name: TABLE machines; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.machines IS 'Every machine a request made, for as long as history is kept.';


--
-- Name: COLUMN machines.machine_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.machine_id IS 'Internal number.';


--
-- Name: COLUMN machines.instance_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.instance_id IS 'The provider''s id; machineId of the scripts.';


--
-- Name: COLUMN machines.request_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.request_id IS 'Request that made it.';


--
-- Name: COLUMN machines.id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.id IS 'Internal number of that request.';


--
-- Name: COLUMN machines.resource_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.resource_id IS 'Fleet, group or call it came from.';


--
-- Name: COLUMN machines.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.namespace IS 'As in request_body.';


--
-- Name: COLUMN machines.provider_api; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.provider_api IS 'Handler that made it.';


--
-- Name: COLUMN machines.template_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.template_id IS 'Template it was made from.';


--
-- Name: COLUMN machines.status; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.status IS 'The provider''s word: pending running stopping stopped shutting-down terminated.';


--
-- Name: COLUMN machines.result; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.result IS 'Result told by getRequestStatus, fixed when its request ended; null before.';


--
-- Name: COLUMN machines.name; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.name IS 'Host name in the cluster; fixed after succeed.';


--
-- Name: COLUMN machines.private_ip; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.private_ip IS 'Private address.';


--
-- Name: COLUMN machines.public_ip; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.public_ip IS 'Public address.';


--
-- Name: COLUMN machines.private_dns; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.private_dns IS 'Private DNS name.';


--
-- Name: COLUMN machines.instance_type; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.instance_type IS 'Type.';


--
-- Name: COLUMN machines.availability_zone; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.availability_zone IS 'Zone; of a process: the host.';


--
-- Name: COLUMN machines.launch_time; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.launch_time IS 'When the provider started it.';


--
-- Name: COLUMN machines.tags; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.tags IS 'Tags it carries.';


--
-- Name: COLUMN machines.message; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.message IS 'Trouble with it, for people.';


--
-- Name: COLUMN machines.price_type; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.price_type IS 'ondemand or spot.';


--
-- Name: COLUMN machines.units; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.units IS 'Units it counts for.';


--
-- Name: COLUMN machines.account; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.account IS 'Provider account.';


--
-- Name: COLUMN machines.region; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.region IS 'Provider region.';


--
-- Name: COLUMN machines.host; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.host IS 'Host of a process.';


--
-- Name: COLUMN machines.boot_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.boot_id IS 'Boot of that host it lives in.';


--
-- Name: COLUMN machines.details; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.details IS 'What its handler needs: pid and start_time of a process.';


--
-- Name: COLUMN machines.first_seen; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.first_seen IS 'When it was first stored.';


--
-- Name: COLUMN machines.last_seen; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.last_seen IS 'When a change of it was last stored.';


--
-- Name: COLUMN machines.ended_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.ended_at IS 'When it was found terminated.';


--
-- Name: COLUMN machines.taken_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.taken_at IS 'When the provider took it, without a return asked by the caller.';


--
-- Name: COLUMN machines.given_back_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.given_back_at IS 'When the caller returned a taken machine.';


--
-- Name: COLUMN machines.grace_until; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machines.grace_until IS 'Until when a machine that is being taken lives.';


--
-- Name: hf_machine(hostq.machines, text, text, boolean); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_machine(m hostq.machines, p_result text, p_why text, p_lsf boolean) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (jsonb_build_object('machineId', (m).instance_id, 'name', COALESCE((m).name, (m).instance_id), 'result', p_result, 'status', CASE WHEN (((m).status = 'pending'::text) AND (p_result <> 'executing'::text)) THEN 'shutting-down'::text ELSE (m).status END, 'privateIpAddress', NULLIF((m).private_ip, ''::text), 'publicIpAddress', NULLIF((m).public_ip, ''::text), 'priceType', COALESCE((m).price_type, 'ondemand'::text), 'instanceType', COALESCE((m).instance_type, ''::text), 'instanceTags', CASE WHEN ((m).tags IS NULL) THEN ''::text ELSE hostq.hf_tags((m).tags) END, 'cloudHostId', NULL::unknown, 'launchtime', (COALESCE(floor(EXTRACT(epoch FROM (m).launch_time)), (0)::numeric))::bigint, 'message', CASE p_result WHEN 'succeed'::text THEN ''::text WHEN 'fail'::text THEN COALESCE(NULLIF(p_why, ''::text), ('the machine is '::text || (m).status)) ELSE COALESCE(p_why, ''::text) END) || CASE WHEN p_lsf THEN jsonb_build_object('publicDnsName', ((m).details ->> 'public_dns'::text), 'rcAccount', COALESCE(((m).tags ->> 'RC_ACCOUNT'::text), 'default'::text), 'lifeCycleType', CASE (m).price_type WHEN 'spot'::text THEN 'Spot'::text ELSE 'OnDemand'::text END) ELSE '{}'::jsonb END);


--
-- Name: FUNCTION hf_machine(m hostq.machines, p_result text, p_why text, p_lsf boolean); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_machine(m hostq.machines, p_result text, p_why text, p_lsf boolean) IS 'One machine as told by getRequestStatus. pending is told only with executing, and fail never without a message.';


--
-- Name: hf_machines(bigint, text, boolean); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_machines(p_id bigint, p_kind text, p_lsf boolean) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION hf_machines(p_id bigint, p_kind text, p_lsf boolean); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_machines(p_id bigint, p_kind text, p_lsf boolean) IS 'Machines of a request as told by getRequestStatus; null: none.';


--
-- Name: hf_pair(text, jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_pair(p_key text, p_value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE jsonb_typeof(p_value) WHEN 'array'::text THEN jsonb_build_array((p_value ->> 0), (p_value ->> 1)) WHEN 'number'::text THEN jsonb_build_array('Numeric', (trim_scale((p_value)::numeric))::text) WHEN 'boolean'::text THEN jsonb_build_array('Boolean', (p_value #>> '{}'::text[])) ELSE jsonb_build_array(CASE WHEN ((p_key = ANY (ARRAY['ncpus'::text, 'nram'::text, 'ncores'::text, 'mem'::text, 'rank'::text])) AND ((p_value #>> '{}'::text[]) ~ '^\d+(\.\d+)?$'::text)) THEN 'Numeric'::text ELSE 'String'::text END, (p_value #>> '{}'::text[])) END;


--
-- Name: FUNCTION hf_pair(p_key text, p_value jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_pair(p_key text, p_value jsonb) IS 'Value of an attribute as the pair of texts [kind, value] that HostFactory wants.';


--
-- Name: hf_refuse(text, text, jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_refuse(p_namespace text, p_action text, p_input jsonb, p_message text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    PERFORM hostq.rejected(p_namespace, p_action, p_input, hostq.error('VALIDATION_ERROR', p_message));
    RETURN hostq.hf_fail(p_action || ': ' || p_message);
END $$;


--
-- Name: FUNCTION hf_refuse(p_namespace text, p_action text, p_input jsonb, p_message text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_refuse(p_namespace text, p_action text, p_input jsonb, p_message text) IS 'Answer of a script whose input is malformed; stores the event.';


--
-- Name: hf_request(text, jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_request(p_namespace text, p_input jsonb, p_mode text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION hf_request(p_namespace text, p_input jsonb, p_mode text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_request(p_namespace text, p_input jsonb, p_mode text) IS 'requestMachines.';


--
-- Name: hf_return(text, jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_return(p_namespace text, p_input jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION hf_return(p_namespace text, p_input jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_return(p_namespace text, p_input jsonb) IS 'requestReturnMachines: always a stored return, complete at once when nothing of it lives.';


--
-- Name: hf_returns(text, jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_returns(p_namespace text, p_input jsonb, p_mode text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION hf_returns(p_namespace text, p_input jsonb, p_mode text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_returns(p_namespace text, p_input jsonb, p_mode text) IS 'getReturnRequests: machines that were taken, or asked about and gone or unknown; without a list all taken ones. Not those whose return is asked for and open.';


--
-- Name: hf_status(text, jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_status(p_namespace text, p_input jsonb, p_mode text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION hf_status(p_namespace text, p_input jsonb, p_mode text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_status(p_namespace text, p_input jsonb, p_mode text) IS 'getRequestStatus: one entry per asked entry, in their order.';


--
-- Name: hf_template_list(text, boolean); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_template_list(p_namespace text, p_lsf boolean) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT coalesce(jsonb_agg(
        CASE WHEN lower(coalesce(t.definition->>'priceType', CASE WHEN t.definition ? 'spotPrice' THEN 'spot' END, 'ondemand')) = 'ondemand'
             THEN t.definition - '{maxSpotPrice,vmTypesOnDemand,vmTypesPriority,percentOnDemand,allocationStrategyOnDemand,fleetRole}'::text[]
             ELSE t.definition END - 'availableNumber'
        || jsonb_build_object('templateId', t.template_id, 'maxNumber', t.max_number)
        || CASE WHEN t.max_number < 0 AND s.room IS NULL THEN '{}'
           ELSE jsonb_build_object('availableNumber', greatest(least(hostq.max_units(t.max_number) - coalesce(u.used, 0), s.room), 0)) END
        || CASE jsonb_typeof(t.definition->'attributes') WHEN 'object' THEN jsonb_build_object('attributes',
               hostq.hf_attributes(t.definition->'attributes', s.ncores, p_lsf)) ELSE '{}' END
        || CASE WHEN t.definition ? 'instanceTags' THEN jsonb_build_object('instanceTags',
               hostq.hf_tags(t.definition->'instanceTags')) ELSE '{}' END
        ORDER BY CASE WHEN NOT p_lsf THEN 0 WHEN jsonb_typeof(t.definition->'priority') = 'number'
                THEN -(t.definition->>'priority')::numeric ELSE 0 END,
            CASE WHEN p_lsf THEN t.template_id COLLATE "C" END, t.ordinal), '[]')
    FROM hostq.templates t LEFT JOIN hostq.hf_usage(p_namespace) u ON u.template_id = t.template_id,
        hostq.hf_limits() s
    WHERE t.namespace = p_namespace AND t.valid
$$;


--
-- Name: FUNCTION hf_template_list(p_namespace text, p_lsf boolean); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_template_list(p_namespace text, p_lsf boolean) IS 'Valid templates as told by getAvailableTemplates, in the order of the file (LSF: priority, then id).';


--
-- Name: hf_templates(text, jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_templates(p_namespace text, p_input jsonb, p_mode text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION hf_templates(p_namespace text, p_input jsonb, p_mode text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_templates(p_namespace text, p_input jsonb, p_mode text) IS 'getAvailableTemplates. "pushed":true beside the answer: the input''s templates are to be judged and stored (setting hf_store_pushed).';


--
-- Name: hf_usage(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_usage(p_namespace text) RETURNS TABLE(template_id text, used bigint)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION hf_usage(p_namespace text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_usage(p_namespace text) IS 'hostq.template_usage of all templates of a namespace at once.';


--
-- Name: hf_word(hostq.state, text, boolean); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hf_word(p_state hostq.state, p_reason text, p_partial_complete boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (p_state = ANY (ARRAY['pending'::hostq.state, 'claimed'::hostq.state, 'processing'::hostq.state, 'waiting'::hostq.state])) THEN 'running'::text WHEN ((p_state = 'completed'::hostq.state) OR (p_partial_complete AND (p_state = 'failed'::hostq.state) AND (p_reason = 'partial'::text))) THEN 'complete'::text ELSE 'complete_with_error'::text END;


--
-- Name: FUNCTION hf_word(p_state hostq.state, p_reason text, p_partial_complete boolean); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hf_word(p_state hostq.state, p_reason text, p_partial_complete boolean) IS 'State -> word of the HostFactory scripts. p_partial_complete: setting hf_partial_complete.';


--
-- Name: history(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.history(p_request_id text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
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


--
-- Name: FUNCTION history(p_request_id text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.history(p_request_id text) IS 'The audit of a request in order, as an array: stored events and those that its stamps tell; or {error}.';


--
-- Name: hold_life(integer); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.hold_life(p_epoch integer) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    -- A backend that has not noticed yet that our connection is gone would
    -- hold the lock on.
    FOR i IN 1..100 LOOP
        EXIT WHEN pg_try_advisory_lock(1751544692, p_epoch);
        PERFORM pg_terminate_backend(pid) FROM hostq.life_locks() WHERE epoch = p_epoch;
        PERFORM pg_sleep(0.02);
    END LOOP;
    IF NOT EXISTS (SELECT FROM hostq.life_locks() WHERE epoch = p_epoch AND pid = pg_backend_pid()) THEN
        RAISE 'another session holds the life lock of daemon %', p_epoch USING ERRCODE = 'lock_not_available';
    END IF;
    LISTEN hostq_work;
    EXECUTE format('LISTEN hostq_d%s', p_epoch);
END $$;


--
-- Name: FUNCTION hold_life(p_epoch integer); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.hold_life(p_epoch integer) IS 'Takes the session lock that says this epoch lives, and listens for work and for this daemon.';


--
-- Name: host_route(text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.host_route(p_host text, p_boot text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT 'host:' || p_host || '/' || p_boot
$$;


--
-- Name: FUNCTION host_route(p_host text, p_boot text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.host_route(p_host text, p_boot text) IS 'Route of what lives on a host during one boot.';


--
-- Name: id_in(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.id_in(p_request_id text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (p_request_id ~ '^[a-z]{3}-[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'::text) THEN (((('x'::text || substr(p_request_id, 5, 8)) || substr(p_request_id, 14, 4)))::bit(48))::bigint ELSE NULL::bigint END;


--
-- Name: FUNCTION id_in(p_request_id text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.id_in(p_request_id text) IS 'Internal number carried by a generated id; null for any other text.';


--
-- Name: insert_request(hostq.request_body, text, bigint); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.insert_request(b hostq.request_body, p_route text, p_delay_ms bigint DEFAULT 0) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO hostq.request_body VALUES (b.*);
    INSERT INTO hostq.queue (id, lane_id, run_at, deadline)
    VALUES (b.id, hostq.lane(b.queue, b.priority, p_route, b.account, b.region, b.group_id),
        clock_timestamp() + p_delay_ms * interval '1 ms', b.created_at + b.timeout);
    INSERT INTO hostq.event (request_id, namespace, type, to_state, details)
    SELECT b.request_id, b.namespace, 'submit', 'pending',
        CASE WHEN b.cleanup_of IS NOT NULL THEN jsonb_build_object('cleanup_of', b.cleanup_of) END
    FROM hostq.queues WHERE name = b.queue AND audit = 'full';
    PERFORM hostq.notify_work(b.queue);
END $$;


--
-- Name: FUNCTION insert_request(b hostq.request_body, p_route text, p_delay_ms bigint); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.insert_request(b hostq.request_body, p_route text, p_delay_ms bigint) IS 'Writes a checked request: body, queue row, event, wake-up.';


--
-- Name: insert_return(hostq.request_body, bigint[], bigint); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.insert_return(b hostq.request_body, p_machines bigint[], p_delay_ms bigint DEFAULT 0) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO hostq.request_machines (id, machine_id, request_id, namespace)
    SELECT b.id, x, b.request_id, b.namespace FROM unnest(p_machines) x ON CONFLICT DO NOTHING;
    b.machine_count := coalesce(cardinality(p_machines), 0);
    b.provider_api := (SELECT provider_api FROM hostq.machines WHERE machine_id = ANY (p_machines)
        ORDER BY ended_at IS NULL DESC LIMIT 1);
    IF b.cleanup_of IS NULL THEN
        -- Asked for by the caller, so no longer to be reported as taken.
        UPDATE hostq.machines SET given_back_at = now()
        WHERE machine_id = ANY (p_machines) AND taken_at IS NOT NULL AND given_back_at IS NULL;
    ELSE
        UPDATE hostq.machines SET taken_at = now()
        WHERE machine_id = ANY (p_machines) AND result = 'succeed' AND taken_at IS NULL AND ended_at IS NULL;
    END IF;
    IF NOT b.payload ? 'timeout' AND b.payload->'force' IS DISTINCT FROM 'true' THEN
        -- Room for the longest drain and the end behind it.
        b.timeout := greatest(b.timeout, (coalesce(hostq.number_of(b.payload->'drainTimeout'), (SELECT max(hostq.number_of(o.template->'drainTimeout'))
            FROM hostq.machines m JOIN hostq.request_body o ON o.id = m.id WHERE m.machine_id = ANY (p_machines))) + 60) * interval '1 s');
    END IF;
    IF EXISTS (SELECT FROM hostq.machines WHERE machine_id = ANY (p_machines) AND ended_at IS NULL) THEN
        PERFORM hostq.insert_request(b, hostq.next_route(b.id), p_delay_ms);
        RETURN;
    END IF;
    -- Nothing lives: complete at once, with or without a daemon.
    INSERT INTO hostq.request_body VALUES (b.*);
    INSERT INTO hostq.finished (id, deadline, claimed_at, started_at, first_started_at, lane_id, state,
        retry_attempt, intent, crashes, namespace)
    VALUES (b.id, b.created_at + b.timeout, now(), now(), now(), hostq.lane(b.queue, b.priority, NULL), 'completed',
        0, 0, 0, b.namespace);
    UPDATE hostq.request_machines SET result = 'succeed' WHERE id = b.id;
    INSERT INTO hostq.event (request_id, namespace, type, to_state)
    VALUES (b.request_id, b.namespace, 'submit', 'pending'), (b.request_id, b.namespace, 'complete', 'completed');
END $$;


--
-- Name: FUNCTION insert_return(b hostq.request_body, p_machines bigint[], p_delay_ms bigint); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.insert_return(b hostq.request_body, p_machines bigint[], p_delay_ms bigint) IS 'Writes a return over these machines; complete at once when none of them lives.';


--
-- Name: intent_machines(bigint); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.intent_machines(p_id bigint) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH i AS (DELETE FROM hostq.intents WHERE id = p_id RETURNING body)
    INSERT INTO hostq.machines (instance_id, request_id, id, resource_id, namespace, provider_api, template_id, status, host, boot_id)
    SELECT u->>'instance_id', b.request_id, b.id, i.body->>'resource_id', b.namespace, b.provider_api, b.template_id, 'pending',
        i.body->>'host', i.body->>'boot_id'
    FROM i, jsonb_array_elements(i.body->'units') u, hostq.request_body b WHERE b.id = p_id
    ON CONFLICT DO NOTHING
$$;


--
-- Name: FUNCTION intent_machines(p_id bigint); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.intent_machines(p_id bigint) IS 'Units of an open intent of an ended request become machines, so that its clean-up looks for them and ends them.';


--
-- Name: invalid(text, jsonb, text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.invalid(p_field text, p_value jsonb, p_limit text, p_message text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT hostq.error('VALIDATION_ERROR', p_message,
        jsonb_build_object('field', p_field, 'value', p_value, 'limit', p_limit))
$$;


--
-- Name: FUNCTION invalid(p_field text, p_value jsonb, p_limit text, p_message text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.invalid(p_field text, p_value jsonb, p_limit text, p_message text) IS 'A VALIDATION_ERROR that names field, value and limit.';


--
-- Name: is_being_returned(bigint); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.is_being_returned(p_machine bigint) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT EXISTS (SELECT FROM hostq.request_machines r JOIN hostq.queue q USING (id) WHERE r.machine_id = p_machine)
$$;


--
-- Name: FUNCTION is_being_returned(p_machine bigint); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.is_being_returned(p_machine bigint) IS 'Is an open return about this machine?';


--
-- Name: is_process(jsonb, jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.is_process(p_details jsonb, p_seen jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN COALESCE((((p_details -> 'pid'::text) = (p_seen -> 'pid'::text)) AND ((p_details -> 'start_time'::text) = (p_seen -> 'start_time'::text))), true);


--
-- Name: FUNCTION is_process(p_details jsonb, p_seen jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.is_process(p_details jsonb, p_seen jsonb) IS 'Is the process that a watch saw the one of the machine? A helper that it left behind carries its marks, too. Unknown counts as yes.';


--
-- Name: json_word(hostq.state, boolean, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.json_word(p_state hostq.state, p_started boolean, p_reason text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE p_state WHEN 'completed'::hostq.state THEN 'COMPLETED'::text WHEN 'failed'::hostq.state THEN CASE WHEN (p_reason = 'partial'::text) THEN 'PARTIAL_SUCCESS'::text ELSE 'FAILED'::text END WHEN 'timeout'::hostq.state THEN 'TIMEOUT'::text WHEN 'canceled'::hostq.state THEN 'CANCELLED'::text WHEN 'superseded'::hostq.state THEN 'CANCELLED'::text WHEN 'pending'::hostq.state THEN CASE WHEN p_started THEN 'IN_PROGRESS'::text ELSE 'PENDING'::text END WHEN 'claimed'::hostq.state THEN CASE WHEN p_started THEN 'IN_PROGRESS'::text ELSE 'PENDING'::text END ELSE 'IN_PROGRESS'::text END;


--
-- Name: FUNCTION json_word(p_state hostq.state, p_started boolean, p_reason text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.json_word(p_state hostq.state, p_started boolean, p_reason text) IS 'State -> word of the JSON method calls. p_started: it was started once (first_started_at is set); p_reason: failure_reason.';


--
-- Name: known_request(jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.known_request(p_req jsonb, p_namespace text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION known_request(p_req jsonb, p_namespace text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.known_request(p_req jsonb, p_namespace text) IS 'Answer for an id that is known: the same request, or CONFLICT; null for a new id.';


--
-- Name: lane(text, hostq.priority, text, text, text, bigint); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.lane(p_queue text, p_priority hostq.priority, p_route text, p_account text DEFAULT NULL::text, p_region text DEFAULT NULL::text, p_group bigint DEFAULT NULL::bigint) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    l record;
BEGIN
    LOOP
        SELECT base, retired_at INTO l FROM hostq.lanes
        WHERE queue = p_queue AND priority = p_priority
          AND route IS NOT DISTINCT FROM p_route AND account IS NOT DISTINCT FROM p_account
          AND region IS NOT DISTINCT FROM p_region AND group_id IS NOT DISTINCT FROM p_group;
        IF FOUND AND l.retired_at IS NULL THEN
            RETURN l.base * 4;
        ELSIF FOUND THEN
            UPDATE hostq.lanes SET retired_at = NULL, used_at = now() WHERE base = l.base;
        ELSE
            INSERT INTO hostq.lanes (queue, priority, route, account, region, group_id)
            VALUES (p_queue, p_priority, p_route, p_account, p_region, p_group)
            ON CONFLICT DO NOTHING;
        END IF;
        PERFORM pg_notify('hostq_work', '+lane');
    END LOOP;
END $$;


--
-- Name: FUNCTION lane(p_queue text, p_priority hostq.priority, p_route text, p_account text, p_region text, p_group bigint); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.lane(p_queue text, p_priority hostq.priority, p_route text, p_account text, p_region text, p_group bigint) IS 'Main lane of a queue, class, route...; made at first use, which always notifies.';


--
-- Name: late_machines(bigint[]); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.late_machines(p_ids bigint[]) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    n int := 0;
    r record;
    late bigint[];
BEGIN
    FOR r IN SELECT f.id FROM hostq.finished f JOIN hostq.request_body b USING (id)
        WHERE f.id = ANY (p_ids) AND b.kind = 'provision' AND EXISTS (SELECT FROM hostq.machines m
            WHERE m.id = f.id AND m.ended_at IS NULL AND m.result IS NULL) ORDER BY f.id LOOP
        -- Only these: what the request kept, or had made before, stays.
        WITH u AS (UPDATE hostq.machines SET result = 'fail', message = 'appeared after its request had ended'
            WHERE id = r.id AND ended_at IS NULL AND result IS NULL RETURNING machine_id)
        SELECT array_agg(machine_id) INTO late FROM u;
        n := n + (hostq.make_cleanup(r.id, late) IS NOT NULL)::int;
    END LOOP;
    -- Who wrote late may have started late, too.
    PERFORM hostq.need_watch(x.route) FROM (SELECT DISTINCT hostq.host_route(host, boot_id) AS route FROM hostq.machines
        WHERE id = ANY (p_ids) AND provider_api = 'process') x WHERE hostq.route_is_served(x.route) AND x.route IS NOT NULL;
    RETURN n;
END $$;


--
-- Name: FUNCTION late_machines(p_ids bigint[]); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.late_machines(p_ids bigint[]) IS 'Machines that appeared under an ended request join its clean-up; how many clean-ups were made.';


--
-- Name: life_locks(); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.life_locks() RETURNS TABLE(epoch integer, pid integer)
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT l.objid::int8::int, l.pid FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = 1751544692 AND l.objsubid = 2
        AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;


--
-- Name: FUNCTION life_locks(); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.life_locks() IS 'Which daemons hold the lock that says they live, and their backends. Looked at, never taken.';


--
-- Name: list(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.list(p_filter jsonb DEFAULT '{}'::jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET jit TO 'off'
    AS $$
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


--
-- Name: FUNCTION list(p_filter jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.list(p_filter jsonb) IS 'Requests, newest first: rows of request_overview without template and response_body. Filter keys: namespace, state (also open, dead), kind, queue, template, limit (100).';


--
-- Name: list_ids(jsonb, hostq.state[], boolean, integer); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.list_ids(f jsonb, p_states hostq.state[], p_open boolean, p_limit integer) RETURNS bigint[]
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    SET enable_hashjoin TO 'off'
    AS $$
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


--
-- Name: FUNCTION list_ids(f jsonb, p_states hostq.state[], p_open boolean, p_limit integer); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.list_ids(f jsonb, p_states hostq.state[], p_open boolean, p_limit integer) IS 'Internal numbers for hostq.list, newest first, of what the session may see.';


--
-- Name: lock_is_free(integer); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.lock_is_free(p_epoch integer) RETURNS boolean
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT NOT EXISTS (SELECT FROM hostq.life_locks() WHERE epoch = p_epoch)
$$;


--
-- Name: FUNCTION lock_is_free(p_epoch integer); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.lock_is_free(p_epoch integer) IS 'Is the life lock of this daemon free? Looked at, never taken.';


--
-- Name: machine_result(text, text, text, text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.machine_result(p_kind text, p_fixed text, p_status text, p_name text, p_ip text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (p_fixed IS NOT NULL) THEN p_fixed WHEN (p_kind = 'return'::text) THEN CASE WHEN (p_status = ANY (ARRAY['terminated'::text, 'stopped'::text])) THEN 'succeed'::text ELSE 'executing'::text END WHEN (p_status = 'running'::text) THEN CASE WHEN ((p_name <> ''::text) AND (p_ip <> ''::text)) THEN 'succeed'::text ELSE 'executing'::text END WHEN (p_status = 'pending'::text) THEN 'executing'::text ELSE 'fail'::text END;


--
-- Name: FUNCTION machine_result(p_kind text, p_fixed text, p_status text, p_name text, p_ip text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.machine_result(p_kind text, p_fixed text, p_status text, p_name text, p_ip text) IS 'Machine -> result of the HostFactory scripts: executing, succeed, fail; p_fixed: the result stored when its request ended.';


--
-- Name: machines_list(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.machines_list(p_filter jsonb DEFAULT '{}'::jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET jit TO 'off'
    AS $$
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


--
-- Name: FUNCTION machines_list(p_filter jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.machines_list(p_filter jsonb) IS 'Machines, newest first: rows of machine_overview. Filter keys: namespace, status (also living), template, request, host, name, machine, limit (100).';


--
-- Name: make_cleanup(bigint, bigint[]); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.make_cleanup(p_id bigint, p_machines bigint[]) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    o hostq.request_body;
    b hostq.request_body;
    alive bigint[];
BEGIN
    SELECT * INTO o FROM hostq.request_body WHERE id = p_id;
    SELECT array_agg(machine_id ORDER BY machine_id) INTO alive FROM hostq.machines m
    WHERE m.machine_id = ANY (p_machines) AND m.ended_at IS NULL AND NOT hostq.is_being_returned(m.machine_id);
    IF alive IS NULL THEN
        RETURN NULL;
    END IF;
    b := hostq.new_body(jsonb_build_object('kind', 'return', 'machineIds', (SELECT jsonb_agg(instance_id ORDER BY machine_id)
        FROM hostq.machines WHERE machine_id = ANY (alive))), o.namespace);
    b.cleanup_of := o.request_id;
    b.timeout := NULL; -- it stays open until it is settled
    b.priority := o.priority;
    PERFORM hostq.insert_return(b, alive);
    INSERT INTO hostq.event (request_id, namespace, type, details)
    VALUES (o.request_id, o.namespace, 'cleanup', jsonb_build_object('return', b.request_id, 'machines', cardinality(alive)));
    RETURN b.request_id;
END $$;


--
-- Name: FUNCTION make_cleanup(p_id bigint, p_machines bigint[]); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.make_cleanup(p_id bigint, p_machines bigint[]) IS 'A return over those of these machines of an ended request that live and that no other return is about; null when there are none.';


--
-- Name: make_partition(text, text, text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.make_partition(p_table text, p_name text, p_from text, p_to text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET lock_timeout TO '200ms'
    AS $$
BEGIN
    IF to_regclass('hostq.' || p_name) IS NULL THEN
        EXECUTE format('CREATE TABLE hostq.%I PARTITION OF hostq.%I FOR VALUES FROM (%L) TO (%L) WITH (autovacuum_vacuum_insert_threshold = -1)',
            p_name, p_table, p_from, p_to);
    END IF;
EXCEPTION WHEN lock_not_available OR check_violation OR invalid_object_definition THEN
    -- Somebody reads for long, and everybody would queue behind us: next
    -- time. Or the DEFAULT partition has rows of this one: they stay there.
    -- Or it overlaps with one that was made otherwise.
    NULL;
END $$;


--
-- Name: FUNCTION make_partition(p_table text, p_name text, p_from text, p_to text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.make_partition(p_table text, p_name text, p_from text, p_to text) IS 'Makes a partition, where that takes no long wait for a lock.';


--
-- Name: make_request_id(text, bigint); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.make_request_id(p_kind text, p_id bigint) RETURNS text
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT CASE p_kind WHEN 'provision' THEN 'req-' WHEN 'return' THEN 'ret-' ELSE 'job-' END
        || substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-8' || substr(u, 16, 3) || '-' || substr(u, 20)
    FROM (SELECT lpad(to_hex(p_id), 12, '0') AS h, gen_random_uuid()::text AS u) x
$$;


--
-- Name: FUNCTION make_request_id(p_kind text, p_id bigint); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.make_request_id(p_kind text, p_id bigint) IS 'Prefix and a UUID of version 8: 48 bits of internal number, 74 random bits.';


--
-- Name: max_units(integer); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.max_units(p_max_number integer) RETURNS integer
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT CASE WHEN p_max_number < 0 THEN 10000 ELSE p_max_number END
$$;


--
-- Name: FUNCTION max_units(p_max_number integer); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.max_units(p_max_number integer) IS 'maxNumber as a number: -1 is 10000.';


--
-- Name: may(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.may(p_namespace text) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF (SELECT value FROM hostq.settings WHERE name = 'row_security') <> 'on' THEN
        RETURN true;
    END IF;
    -- current_user is the owner here.
    RETURN session_user = current_user
        OR pg_has_role(session_user, 'hostq_admin', 'member')
        OR pg_has_role(session_user, 'hostq_daemon', 'member')
        OR EXISTS (SELECT FROM hostq.tenants t
                   WHERE t.namespace = p_namespace
                     AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = t.member)
                     AND pg_has_role(session_user, t.member, 'member'));
END $$;


--
-- Name: FUNCTION may(p_namespace text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.may(p_namespace text) IS 'May the session''s user see and change this namespace? Always, while row security is off. null: all namespaces?';


--
-- Name: my_namespaces(); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.my_namespaces() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT namespace FROM (SELECT DISTINCT namespace FROM hostq.tenants) t WHERE hostq.may(namespace)
$$;


--
-- Name: FUNCTION my_namespaces(); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.my_namespaces() IS 'Namespaces given to the session''s user. Who may see all of them is told by hostq.may(null).';


--
-- Name: name_living(bigint, text, bigint[]); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.name_living(p_id bigint, p_word text, p_machines bigint[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    UPDATE hostq.finished f SET error_message = f.error_message || format('; %s: %s%s', p_word, array_to_string(k.ids[1:20], ', '),
        CASE WHEN cardinality(k.ids) > 20 THEN format(' and %s more', cardinality(k.ids) - 20) END)
    FROM (SELECT array_agg(instance_id ORDER BY machine_id) AS ids FROM hostq.machines
        WHERE machine_id = ANY (p_machines) AND ended_at IS NULL) k
    -- Once, also where the group that ended it is repeated.
    WHERE f.id = p_id AND k.ids IS NOT NULL AND position(format('; %s: ', p_word) IN f.error_message) = 0
$$;


--
-- Name: FUNCTION name_living(p_id bigint, p_word text, p_machines bigint[]); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.name_living(p_id bigint, p_word text, p_machines bigint[]) IS 'Names, in the message of a request that did not end well, those of these machines that live on: somebody must know of them.';


--
-- Name: need_watch(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.need_watch(p_route text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    b hostq.request_body;
    known bigint := hostq.request_key('watch:' || p_route);
BEGIN
    -- A watch with nothing to watch looks once a minute: it is called back.
    IF known IS NOT NULL THEN
        UPDATE hostq.queue SET run_at = clock_timestamp() + interval '1 s'
        WHERE id = known AND state IN ('pending', 'waiting') AND run_at > clock_timestamp() + interval '2 s';
        IF FOUND THEN
            PERFORM hostq.notify_work('watch');
        ELSIF NOT EXISTS (SELECT FROM hostq.queue WHERE id = known) THEN
            PERFORM hostq.retry('watch:' || p_route); -- its daemons died too often
        END IF;
        RETURN;
    END IF;
    b := hostq.new_body(jsonb_build_object('kind', 'watch', 'requestId', 'watch:' || p_route), 'default');
    b.provider_api := 'process';
    INSERT INTO hostq.ids (request_id, id) VALUES (b.request_id, b.id) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        PERFORM hostq.insert_request(b, p_route, 1000);
    END IF;
END $$;


--
-- Name: FUNCTION need_watch(p_route text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.need_watch(p_route text) IS 'Makes sure that the machines of a host are watched.';


--
-- Name: new_body(jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.new_body(p_req jsonb, p_namespace text) RETURNS hostq.request_body
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION new_body(p_req jsonb, p_namespace text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.new_body(p_req jsonb, p_namespace text) IS 'The row of a new request, from what was asked.';


--
-- Name: newer_details(jsonb, jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.newer_details(p_old jsonb, p_new jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (((p_new -> 'start_time'::text) = '0'::jsonb) AND ((p_new -> 'pid'::text) = (p_old -> 'pid'::text))) THEN p_old ELSE p_new END;


--
-- Name: FUNCTION newer_details(p_old jsonb, p_new jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.newer_details(p_old jsonb, p_new jsonb) IS 'Details to keep: a process group whose leader is gone (start_time 0) does not make a known leader unknown.';


--
-- Name: next_route(bigint); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.next_route(p_id bigint) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT hostq.host_route(m.host, m.boot_id)
    FROM hostq.request_machines r JOIN hostq.machines m USING (machine_id)
    WHERE r.id = p_id AND m.ended_at IS NULL
    GROUP BY 1
    ORDER BY hostq.route_is_served(hostq.host_route(m.host, m.boot_id)) DESC, count(*) DESC, 1
    LIMIT 1
$$;


--
-- Name: FUNCTION next_route(p_id bigint); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.next_route(p_id bigint) IS 'Route that a return works next: one with a living daemon first; null when no machine is left.';


--
-- Name: not_found(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.not_found(p_request_id text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT hostq.error('REQUEST_NOT_FOUND', format('Request ''%s'' not found', p_request_id),
        jsonb_build_object('requestId', p_request_id))
$$;


--
-- Name: FUNCTION not_found(p_request_id text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.not_found(p_request_id text) IS 'The error of an id that the session does not know.';


--
-- Name: notify_work(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.notify_work(p_queue text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    -- The idle gate (doc/ARCHITECTURE.md): a daemon that is idle holds this
    -- lock. Taken shared here, nobody can become idle before our commit.
    IF NOT pg_try_advisory_xact_lock_shared(1751544689, 1) THEN
        PERFORM pg_notify('hostq_work', p_queue);
    END IF;
END $$;


--
-- Name: FUNCTION notify_work(p_queue text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.notify_work(p_queue text) IS 'Wakes an idle daemon, only where there is one.';


--
-- Name: number_of(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.number_of(p_value jsonb) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN ((jsonb_typeof(p_value) = 'number'::text) AND (abs((p_value)::numeric) < '1000000000000000'::numeric)) THEN ((p_value)::numeric)::double precision ELSE NULL::double precision END;


--
-- Name: FUNCTION number_of(p_value jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.number_of(p_value jsonb) IS 'A number of a template, or null: never an error, whoever stored it.';


--
-- Name: open_intent(bigint, bigint, text, jsonb, text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.open_intent(p_id bigint, p_lease bigint, p_token text, p_body jsonb, p_route text, p_resource text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    b hostq.request_body;
BEGIN
    SELECT * INTO b FROM hostq.request_body WHERE id = p_id;
    UPDATE hostq.queue SET
        state = 'processing', started_at = coalesce(started_at, clock_timestamp()),
        first_started_at = coalesce(first_started_at, clock_timestamp()),
        lane_id = CASE WHEN p_route IS NULL THEN lane_id
            ELSE hostq.lane(b.queue, b.priority, p_route, b.account, b.region, b.group_id) | (lane_id & 3) END
    WHERE id = p_id AND lease = p_lease;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- Written once already, where the answer to that was lost.
    INSERT INTO hostq.intents (id, token, body, lease) VALUES (p_id, p_token, p_body, p_lease)
    ON CONFLICT (id) DO UPDATE SET lease = excluded.lease WHERE intents.token = excluded.token;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF p_resource IS NOT NULL THEN
        INSERT INTO hostq.resources (id, resource_id, request_id, namespace, provider_api, account, region)
        VALUES (p_id, p_resource, b.request_id, b.namespace, b.provider_api, b.account, b.region) ON CONFLICT DO NOTHING;
    END IF;
    INSERT INTO hostq.event (request_id, namespace, type, daemon, details)
    VALUES (b.request_id, b.namespace, 'intent', (p_lease >> 38)::int, jsonb_build_object('token', p_token, 'route', p_route));
    IF p_route LIKE 'host:%' THEN
        PERFORM hostq.need_watch(p_route);
    END IF;
    RETURN true;
END $$;


--
-- Name: FUNCTION open_intent(p_id bigint, p_lease bigint, p_token text, p_body jsonb, p_route text, p_resource text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.open_intent(p_id bigint, p_lease bigint, p_token text, p_body jsonb, p_route text, p_resource text) IS 'Commits what is about to be created outside, under the lease; false: ownership lost, nothing written.';


--
-- Name: overview_of(bigint); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.overview_of(p_id bigint) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT to_jsonb(r) - '{id,response_body}'::text[] FROM hostq.request_rows r WHERE r.id = p_id
$$;


--
-- Name: FUNCTION overview_of(p_id bigint); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.overview_of(p_id bigint) IS 'Row of request_overview as an object, without response_body.';


--
-- Name: owed_units(text, text, text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.owed_units(p_namespace text, p_template text, p_account text, p_region text) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT coalesce(sum(greatest(b.machine_count
        - (SELECT coalesce(sum(m.units) FILTER (WHERE m.ended_at IS NULL), 0) FROM hostq.machines m WHERE m.id = b.id), 0)), 0)::bigint
    FROM hostq.queue q JOIN hostq.request_body b ON b.id = q.id
    WHERE q.lane_id = ANY (ARRAY(SELECT l.base * 4 + r FROM hostq.lanes l JOIN hostq.queues k ON k.name = l.queue,
            generate_series(0, 2) r WHERE coalesce(k.kind, 'provision') = 'provision'))
      AND b.kind = 'provision'
      AND CASE WHEN p_template IS NOT NULL THEN b.namespace = p_namespace AND b.template_id = p_template
          ELSE b.account IS NOT DISTINCT FROM p_account AND b.region IS NOT DISTINCT FROM p_region END
$$;


--
-- Name: FUNCTION owed_units(p_namespace text, p_template text, p_account text, p_region text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.owed_units(p_namespace text, p_template text, p_account text, p_region text) IS 'Units that open provisions still owe: of a template, or (template null) of an account and region.';


--
-- Name: partial_policy(jsonb, jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.partial_policy(p_payload jsonb, p_template jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT lower(coalesce(p_payload->>'partialPolicy', p_template->>'partialPolicy', 'clean'))
$$;


--
-- Name: FUNCTION partial_policy(p_payload jsonb, p_template jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.partial_policy(p_payload jsonb, p_template jsonb) IS 'keep or clean: what happens to the machines of a provision that ends short.';


--
-- Name: pause(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.pause(p_queue text) RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT hostq.set_paused(p_queue, true)
$$;


--
-- Name: FUNCTION pause(p_queue text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.pause(p_queue text) IS 'Nothing more is claimed from the queue; what runs runs on. {queue, paused} or {error}.';


--
-- Name: payload_of(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.payload_of(p_req jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT coalesce(jsonb_object_agg(k, v), '{}') FROM jsonb_each(p_req) e (k, v)
    WHERE v <> 'null' AND k <> ALL ('{requestId,namespace,kind,queue,traceparent}')
$$;


--
-- Name: FUNCTION payload_of(p_req jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.payload_of(p_req jsonb) IS 'The part of a submit that is kept as payload; null is as good as absent.';


--
-- Name: queues_list(); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.queues_list() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(q) || jsonb_build_object('max_retries', k.max_retries,
        'stop_before_deadline_ms', k.stop_before_deadline_ms, 'backoff_ms', k.backoff_ms, 'backoff_factor', k.backoff_factor,
        'max_backoff_ms', k.max_backoff_ms, 'timeout_s', k.timeout_s, 'retention_s', k.retention_s) ORDER BY q.queue), '[]')
    FROM hostq.queue_status q JOIN hostq.queues k ON k.name = q.queue
$$;


--
-- Name: FUNCTION queues_list(); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.queues_list() IS 'Queues: rows of queue_status with the policy of each.';


--
-- Name: register_daemon(text, text, text, integer, text, text[], integer, bigint); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.register_daemon(p_name text, p_host text, p_boot text, p_pid integer, p_version text, p_routes text[], p_slots integer, p_lease_ms bigint) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    e int;
BEGIN
    INSERT INTO hostq.daemons (name, host, boot_id, pid, version, routes, slots, lease_until)
    VALUES (p_name, p_host, p_boot, p_pid, p_version, p_routes, p_slots,
        clock_timestamp() + p_lease_ms * interval '1 ms') RETURNING epoch INTO e;
    PERFORM hostq.hold_life(e);
    PERFORM hostq.forget_older_boots(p_host, p_boot);
    RETURN e;
END $$;


--
-- Name: FUNCTION register_daemon(p_name text, p_host text, p_boot text, p_pid integer, p_version text, p_routes text[], p_slots integer, p_lease_ms bigint); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.register_daemon(p_name text, p_host text, p_boot text, p_pid integer, p_version text, p_routes text[], p_slots integer, p_lease_ms bigint) IS 'A daemon''s first statement on its lock connection: makes its epoch and takes the lock that says it lives.';


--
-- Name: rejected(text, text, jsonb, jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.rejected(p_namespace text, p_method text, p_req jsonb, p_answer jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    -- A stranger's attempt is not written into the namespace it was aimed at.
    INSERT INTO hostq.event (request_id, namespace, type, code, details)
    VALUES (left(p_req->>'requestId', 200), CASE WHEN hostq.may(p_namespace) THEN p_namespace ELSE '' END, 'rejected',
        p_answer#>>'{error,code}', jsonb_build_object('method', p_method, 'message', p_answer#>'{error,message}',
            'details', p_answer#>'{error,details}'))
$$;


--
-- Name: FUNCTION rejected(p_namespace text, p_method text, p_req jsonb, p_answer jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.rejected(p_namespace text, p_method text, p_req jsonb, p_answer jsonb) IS 'Writes the event of a refused call; in namespace '''' where the asked one is not the caller''s.';


--
-- Name: relock_daemon(integer, bigint); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.relock_daemon(p_epoch integer, p_lease_ms bigint) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    -- The lock before the row: waiting for it must not hold up our heartbeat.
    IF EXISTS (SELECT FROM hostq.daemons WHERE epoch = p_epoch AND state <> 'dead') THEN
        PERFORM hostq.hold_life(p_epoch);
        UPDATE hostq.daemons SET lease_until = clock_timestamp() + p_lease_ms * interval '1 ms'
        WHERE epoch = p_epoch AND state <> 'dead';
        IF FOUND THEN
            RETURN true;
        END IF;
        PERFORM pg_advisory_unlock(1751544692, p_epoch);
    END IF;
    PERFORM hostq.take_back_blame(p_epoch);
    RETURN false;
END $$;


--
-- Name: FUNCTION relock_daemon(p_epoch integer, p_lease_ms bigint); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.relock_daemon(p_epoch integer, p_lease_ms bigint) IS 'After a lost connection: takes the lock again under the same epoch; false: that epoch was declared dead.';


--
-- Name: request_key(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.request_key(p_request_id text) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT coalesce(
        (SELECT b.id FROM hostq.request_body b
         WHERE b.id = hostq.id_in(p_request_id) AND b.request_id = p_request_id AND hostq.may(b.namespace)),
        (SELECT b.id FROM hostq.ids i JOIN hostq.request_body b ON b.id = i.id
         WHERE i.request_id = p_request_id AND hostq.may(b.namespace)))
$$;


--
-- Name: FUNCTION request_key(p_request_id text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.request_key(p_request_id text) IS 'Internal number of a request that the session may see, or null.';


--
-- Name: reroute(bigint[]); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.reroute(p_ids bigint[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH k AS MATERIALIZED (SELECT id FROM hostq.queue WHERE id = ANY (p_ids) AND state IN ('pending', 'waiting')
        ORDER BY id FOR UPDATE SKIP LOCKED)
    UPDATE hostq.queue q SET lane_id = hostq.lane(b.queue, b.priority, hostq.next_route(b.id), b.account, b.region, b.group_id) + 1,
        run_at = clock_timestamp()
    FROM k JOIN hostq.request_body b USING (id) WHERE q.id = k.id AND b.kind = 'return';
    SELECT pg_notify('hostq_work', 'return')
$$;


--
-- Name: FUNCTION reroute(p_ids bigint[]); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.reroute(p_ids bigint[]) IS 'A return goes on where machines of it are left, hosts with a living daemon first.';


--
-- Name: reroute_unserved(); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.reroute_unserved() RETURNS integer
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH x AS (SELECT q.id FROM hostq.lanes l JOIN hostq.queues k ON k.name = l.queue AND coalesce(k.kind, 'return') = 'return'
        JOIN hostq.queue q ON q.lane_id BETWEEN l.base * 4 AND l.base * 4 + 2
        WHERE l.route IS NOT NULL AND l.retired_at IS NULL AND q.state IN ('pending', 'waiting')
          AND NOT hostq.route_is_served(l.route)
          AND hostq.next_route(q.id) IS DISTINCT FROM l.route),
    r AS (SELECT hostq.reroute(array_agg(id)) FROM x HAVING count(*) > 0)
    SELECT count(*)::int FROM r
$$;


--
-- Name: FUNCTION reroute_unserved(); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.reroute_unserved() IS 'Returns that wait for a host without a daemon go on with their other hosts first.';


--
-- Name: result(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.result(p_request_id text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION result(p_request_id text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.result(p_request_id text) IS 'How a request ended: {requestId, state, status, responseStatus, result, errorCode, errorMessage, errorDetails}, nulls while it is open; or {error}. May be asked any number of times.';


--
-- Name: resume(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.resume(p_queue text) RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT hostq.set_paused(p_queue, false)
$$;


--
-- Name: FUNCTION resume(p_queue text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.resume(p_queue text) IS 'The queue is claimed from again. {queue, paused} or {error}.';


--
-- Name: retry(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.retry(p_request_id text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    k bigint := hostq.request_key(p_request_id);
    b hostq.request_body;
    f hostq.finished;
    q_state hostq.state;
    c text;
    t hostq.templates;
    n int;
    r jsonb;
BEGIN
    IF k IS NULL THEN
        RETURN hostq.error('REQUEST_NOT_FOUND', format('Request ''%s'' not found', p_request_id),
            jsonb_build_object('requestId', p_request_id));
    END IF;
    SELECT * INTO b FROM hostq.request_body WHERE id = k;
    SELECT r.request_id INTO c FROM hostq.machines m JOIN hostq.request_machines r USING (machine_id)
        JOIN hostq.queue q ON q.id = r.id
    WHERE m.id = k LIMIT 1;
    IF c IS NOT NULL THEN
        RETURN hostq.error('CONFLICT', format('Request ''%s'' is still being cleaned up by ''%s''', p_request_id, c),
            jsonb_build_object('requestId', p_request_id, 'field', 'cleanup', 'value', c));
    END IF;
    IF b.kind = 'provision' THEN
        SELECT * INTO t FROM hostq.templates WHERE namespace = b.namespace AND template_id = b.template_id;
        n := b.machine_count - (SELECT coalesce(sum(units), 0) FROM hostq.machines WHERE id = k AND ended_at IS NULL);
        r := CASE WHEN t.template_id IS NOT NULL AND EXISTS (SELECT FROM hostq.finished WHERE id = k AND state <> 'completed')
            THEN hostq.check_room(t, n, b.account, b.region) END;
        IF r IS NOT NULL THEN
            RETURN r;
        END IF;
    END IF;
    DELETE FROM hostq.finished WHERE id = k AND state IN ('failed', 'timeout', 'canceled') RETURNING * INTO f;
    IF NOT FOUND THEN
        SELECT state INTO q_state FROM (SELECT state FROM hostq.queue WHERE id = k
            UNION ALL SELECT state FROM hostq.finished WHERE id = k) x;
        RETURN hostq.error('CONFLICT', format('Request ''%s'' is %s; only failed, timeout or canceled can be retried', p_request_id, q_state),
            jsonb_build_object('requestId', p_request_id, 'field', 'state', 'value', q_state));
    END IF;
    -- What the row's stamps said stays readable as events.
    INSERT INTO hostq.event (at, request_id, namespace, type, actor, from_state, to_state, daemon, attempt, reason, code, details)
    SELECT coalesce(f.finished_at, now()), b.request_id, b.namespace, 'ended', '', NULL, f.state, f.owner, f.retry_attempt,
        f.failure_reason, f.error_code, jsonb_build_object('error_message', f.error_message, 'error_details', f.error_details,
            'response_status', f.response_status, 'claimed_at', f.claimed_at, 'started_at', f.started_at,
            'first_started_at', f.first_started_at, 'deadline', f.deadline, 'note', f.note);
    INSERT INTO hostq.event (request_id, namespace, type, from_state, to_state, attempt)
    VALUES (b.request_id, b.namespace, 'reopen', f.state, 'pending', 0);
    DELETE FROM hostq.results WHERE id = k;
    DELETE FROM hostq.intents WHERE id = k;
    UPDATE hostq.machines SET result = NULL WHERE id = k AND ended_at IS NULL;
    UPDATE hostq.request_machines SET result = NULL, message = NULL WHERE id = k AND result = 'fail';
    INSERT INTO hostq.queue (id, lane_id, deadline, first_started_at, intent)
    VALUES (k, hostq.lane(b.queue, b.priority, CASE b.kind WHEN 'return' THEN hostq.next_route(k)
            WHEN 'watch' THEN substr(b.request_id, 7) END, b.account, b.region, b.group_id),
        now() + b.timeout, f.first_started_at, f.intent + 1);
    PERFORM hostq.notify_work(b.queue);
    RETURN jsonb_build_object('requestId', p_request_id, 'state', 'pending');
END $$;


--
-- Name: FUNCTION retry(p_request_id text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.retry(p_request_id text) IS 'Opens a failed, timed-out or canceled request again with a new deadline (now + the same timeout), attempts from 0 and its history kept. CONFLICT while its clean-up is open; a provision needs room for the machines that it lacks.';


--
-- Name: route_is_served(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.route_is_served(p_route text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT p_route IS NULL OR EXISTS (SELECT FROM hostq.daemons d
        WHERE d.state = 'alive' AND d.lease_until > clock_timestamp() AND p_route = ANY (d.routes))
$$;


--
-- Name: FUNCTION route_is_served(p_route text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.route_is_served(p_route text) IS 'Is there a living daemon that announces this route?';


--
-- Name: say(timestamp with time zone); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.say(p_at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (to_char((p_at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD HH24:MI:SS'::text) || ' UTC'::text);


--
-- Name: FUNCTION say(p_at timestamp with time zone); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.say(p_at timestamp with time zone) IS 'A time for people.';


--
-- Name: say_change(text, jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.say_change(p_type text, p_details jsonb) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    INSERT INTO hostq.event (namespace, type, details) VALUES ('', p_type, p_details)
$$;


--
-- Name: FUNCTION say_change(p_type text, p_details jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.say_change(p_type text, p_details jsonb) IS 'Event about the house, not about a request.';


--
-- Name: set(text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.set(p_name text, p_value text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    s hostq.settings;
    r jsonb;
BEGIN
    SELECT * INTO s FROM hostq.settings WHERE name = p_name FOR UPDATE;
    IF NOT FOUND THEN
        RETURN hostq.invalid('name', to_jsonb(p_name), (SELECT string_agg(name, ', ' ORDER BY name) FROM hostq.settings),
            format('Unknown setting ''%s''', p_name));
    END IF;
    r := hostq.check_value(s, p_value);
    IF r IS NULL AND p_name = 'row_security' THEN
        r := hostq.switch_row_security(p_value = 'on');
    END IF;
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    UPDATE hostq.settings SET value = p_value WHERE name = p_name;
    PERFORM hostq.say_change('setting', jsonb_build_object('name', p_name, 'value', p_value, 'was', s.value));
    RETURN jsonb_build_object('name', p_name, 'value', p_value, 'was', s.value);
END $$;


--
-- Name: FUNCTION set(p_name text, p_value text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.set(p_name text, p_value text) IS 'Changes a setting: {name, value, was} or {error}. row_security on|off also switches the policies.';


--
-- Name: set_paused(text, boolean); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.set_paused(p_queue text, p_paused boolean) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    UPDATE hostq.queues SET paused = p_paused WHERE name = p_queue AND paused <> p_paused;
    IF FOUND THEN
        PERFORM hostq.say_change(CASE WHEN p_paused THEN 'pause' ELSE 'resume' END, jsonb_build_object('queue', p_queue));
        PERFORM pg_notify('hostq_work', '+lane');
    ELSIF NOT EXISTS (SELECT FROM hostq.queues WHERE name = p_queue) THEN
        RETURN hostq.invalid('queue', to_jsonb(p_queue), (SELECT string_agg(name, ', ' ORDER BY name) FROM hostq.queues),
            format('Unknown queue ''%s''', p_queue));
    END IF;
    RETURN jsonb_build_object('queue', p_queue, 'paused', p_paused);
END $$;


--
-- Name: FUNCTION set_paused(p_queue text, p_paused boolean); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.set_paused(p_queue text, p_paused boolean) IS 'pause and resume.';


--
-- Name: setting(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.setting(p_name text) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RETURN (SELECT value FROM hostq.settings WHERE name = p_name);
END $$;


--
-- Name: FUNCTION setting(p_name text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.setting(p_name text) IS 'Value of a setting, as text.';


--
-- Name: settings_list(); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.settings_list() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT jsonb_agg(jsonb_build_object('name', name, 'value', value, 'default', dflt, 'type', type, 'min', min, 'max', max,
        'help', help) ORDER BY name) FROM hostq.settings
$$;


--
-- Name: FUNCTION settings_list(); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.settings_list() IS 'All settings with default, type, limits and meaning.';


--
-- Name: show(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.show(p_request_id text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
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


--
-- Name: FUNCTION show(p_request_id text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.show(p_request_id text) IS 'All that is known about a request: {request: its row of request_overview without response_body, machines: rows of machine_overview, why_not}; or {error}.';


--
-- Name: status(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.status(p_request_id text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    k bigint := hostq.request_key(p_request_id);
BEGIN
    IF k IS NULL THEN
        RETURN hostq.not_found(p_request_id);
    END IF;
    RETURN hostq.status_of(k);
END $$;


--
-- Name: FUNCTION status(p_request_id text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.status(p_request_id text) IS 'The getRequestStatus result: requestId, status (JSON word), templateId, machineCount, machines, createdAt, updatedAt, completedAt, errorMessage, tags, metadata; or {error}.';


--
-- Name: status_of(bigint); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.status_of(p_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION status_of(p_id bigint); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.status_of(p_id bigint) IS 'The getRequestStatus result of the method calls, by internal number.';


--
-- Name: store_machines(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.store_machines(p_machines jsonb) RETURNS integer
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    -- Two returns of one machine in one group both tell how it is.
    WITH s AS (
        SELECT DISTINCT ON (r.instance_id) r.*, b.id, b.namespace, b.template_id,
            -- A machine that is being ended is not running again.
            CASE WHEN m.status = 'shutting-down' AND r.status IN ('pending', 'running') THEN m.status ELSE r.status END AS now_status
        FROM jsonb_to_recordset(p_machines) r (instance_id text, request_id text, resource_id text, provider_api text,
            status text, name text, private_ip text, public_ip text, private_dns text, instance_type text,
            availability_zone text, launch_time bigint, price_type text, units int, account text, region text,
            host text, boot_id text, message text, details jsonb, tags jsonb)
        JOIN hostq.request_body b ON b.id = hostq.request_key(r.request_id)
        LEFT JOIN hostq.machines m ON m.instance_id = r.instance_id
        -- Nor is one that has ended, when its request has ended, too: that
        -- is a late writer, and only the watch can tell (store_watch).
        WHERE m.ended_at IS NULL OR r.status = 'terminated' OR EXISTS (SELECT FROM hostq.queue q WHERE q.id = m.id)
        ORDER BY r.instance_id, r.status = 'terminated' DESC, r.status = 'shutting-down' DESC),
    i AS (
        INSERT INTO hostq.machines AS m (instance_id, request_id, id, resource_id, namespace, provider_api, template_id,
            status, name, private_ip, public_ip, private_dns, instance_type, availability_zone, launch_time, tags, message,
            price_type, units, account, region, host, boot_id, details, ended_at)
        SELECT instance_id, request_id, id, resource_id, namespace, provider_api, template_id, now_status, name, private_ip,
            public_ip, private_dns, instance_type, availability_zone, to_timestamp(launch_time), tags, message, price_type,
            coalesce(units, 1), account, region, host, boot_id, details,
            CASE WHEN status = 'terminated' THEN clock_timestamp() END
        FROM s
        ON CONFLICT (instance_id) DO UPDATE SET
            status = excluded.status,
            name = CASE WHEN m.result = 'succeed' THEN m.name ELSE coalesce(excluded.name, m.name) END,
            private_ip = coalesce(excluded.private_ip, m.private_ip), public_ip = coalesce(excluded.public_ip, m.public_ip),
            private_dns = coalesce(excluded.private_dns, m.private_dns),
            instance_type = coalesce(excluded.instance_type, m.instance_type),
            availability_zone = coalesce(excluded.availability_zone, m.availability_zone),
            launch_time = coalesce(excluded.launch_time, m.launch_time), tags = coalesce(excluded.tags, m.tags),
            message = coalesce(excluded.message, m.message), price_type = coalesce(excluded.price_type, m.price_type),
            resource_id = coalesce(excluded.resource_id, m.resource_id),
            host = coalesce(excluded.host, m.host), boot_id = coalesce(excluded.boot_id, m.boot_id),
            details = coalesce(hostq.newer_details(m.details, excluded.details), m.details), last_seen = clock_timestamp(),
            ended_at = CASE WHEN excluded.status = 'terminated' THEN coalesce(m.ended_at, clock_timestamp()) END
        WHERE (m.status, m.name, m.private_ip, m.public_ip, m.private_dns, m.message, m.details, m.launch_time, m.tags)
            IS DISTINCT FROM (excluded.status,
                CASE WHEN m.result = 'succeed' THEN m.name ELSE coalesce(excluded.name, m.name) END,
                coalesce(excluded.private_ip, m.private_ip), coalesce(excluded.public_ip, m.public_ip),
                coalesce(excluded.private_dns, m.private_dns), coalesce(excluded.message, m.message),
                coalesce(hostq.newer_details(m.details, excluded.details), m.details), coalesce(excluded.launch_time, m.launch_time),
                coalesce(excluded.tags, m.tags))
        RETURNING 1)
    SELECT count(*)::int FROM i
$$;


--
-- Name: FUNCTION store_machines(p_machines jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.store_machines(p_machines jsonb) IS 'Stores machines that a provider saw (src/provider/machine.h) in one statement; only what changed is written.';


--
-- Name: store_templates(text, text, jsonb, jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.store_templates(p_namespace text, p_files_hash text, p_config jsonb, p_templates jsonb, p_message text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    n int;
BEGIN
    IF NOT hostq.may(p_namespace) THEN
        RETURN hostq.invalid('namespace', to_jsonb(p_namespace), 'a namespace of yours', format('Namespace ''%s'' is not yours', p_namespace));
    ELSIF jsonb_typeof(p_templates) IS DISTINCT FROM 'array' THEN
        RETURN hostq.invalid('templates', p_templates, 'list of templates', 'Templates must be a list');
    END IF;
    -- First, because its lock makes two callers store one after the other.
    INSERT INTO hostq.providers (namespace, files_hash, config, message)
    VALUES (p_namespace, p_files_hash, coalesce(nullif(p_config, 'null'), '{}'), coalesce(p_message, ''))
    ON CONFLICT (namespace) DO UPDATE SET files_hash = excluded.files_hash, config = excluded.config,
        message = excluded.message, stored_at = now();
    DELETE FROM hostq.templates WHERE namespace = p_namespace
        AND template_id NOT IN (SELECT t->>'templateId' FROM jsonb_array_elements(p_templates) t WHERE t->>'templateId' IS NOT NULL);
    INSERT INTO hostq.templates (namespace, template_id, ordinal, definition, provider_api, max_number, valid, problem, user_data)
    SELECT DISTINCT ON (t->>'templateId') p_namespace, t->>'templateId', ord, CASE WHEN d.fits THEN t->'definition' ELSE '{}' END, t->>'providerApi',
        CASE jsonb_typeof(t->'maxNumber') WHEN 'number' THEN least(greatest((t->>'maxNumber')::numeric, -1), 10000) ELSE 0 END,
        d.valid, CASE WHEN d.valid THEN NULL WHEN NOT d.fits THEN 'definition is not an object' ELSE coalesce(nullif(t->>'problem', ''), 'not valid') END,
        t->>'userData'
    FROM jsonb_array_elements(p_templates) WITH ORDINALITY x (t, ord)
    CROSS JOIN LATERAL (SELECT jsonb_typeof(coalesce(t->'definition', '{}')) = 'object' AS fits,
        t->'valid' = 'true' AND jsonb_typeof(coalesce(t->'definition', '{}')) = 'object' AS valid) d
    WHERE t->>'templateId' IS NOT NULL
    ORDER BY t->>'templateId', ord
    ON CONFLICT (namespace, template_id) DO UPDATE SET ordinal = excluded.ordinal, definition = excluded.definition,
        provider_api = excluded.provider_api, max_number = excluded.max_number, valid = excluded.valid,
        problem = excluded.problem, user_data = excluded.user_data, stored_at = now();
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN jsonb_build_object('stored', n);
END $$;


--
-- Name: FUNCTION store_templates(p_namespace text, p_files_hash text, p_config jsonb, p_templates jsonb, p_message text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.store_templates(p_namespace text, p_files_hash text, p_config jsonb, p_templates jsonb, p_message text) IS 'Stores what a client read from the files of a provider instance and judged: {stored} or {error}. Templates that are not in the list are deleted.';


--
-- Name: store_watch(bigint, bigint, text, text, jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.store_watch(p_id bigint, p_lease bigint, p_host text, p_boot text, p_seen jsonb) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    n int;
    r record;
    looked timestamptz := (SELECT claimed_at FROM hostq.queue WHERE id = p_id AND lease = p_lease);
    seen jsonb; -- by instance_id: with thousands on both sides a list would be searched for each
BEGIN
    IF looked IS NULL THEN
        RETURN 0;
    END IF;
    SELECT coalesce(jsonb_object_agg(s->>'instance_id', s), '{}') INTO seen FROM jsonb_array_elements(p_seen) s;
    -- Gone: was running, is not there. What an open request is still working
    -- on is that request's own affair.
    WITH gone AS (
        UPDATE hostq.machines m SET status = 'terminated', ended_at = clock_timestamp(), last_seen = clock_timestamp(),
            message = CASE WHEN m.result = 'succeed' AND NOT hostq.is_being_returned(m.machine_id) THEN 'the process is gone' ELSE m.message END,
            taken_at = CASE WHEN hostq.is_being_returned(m.machine_id) OR m.result IS DISTINCT FROM 'succeed' THEN m.taken_at ELSE clock_timestamp() END
        WHERE m.host = p_host AND m.boot_id = p_boot AND m.ended_at IS NULL AND m.provider_api = 'process'
          AND m.result IS NOT NULL AND m.last_seen < looked
          AND NOT (seen ? m.instance_id AND hostq.is_process(m.details, seen->m.instance_id))
        RETURNING m.request_id, m.namespace, m.instance_id)
    INSERT INTO hostq.event (request_id, namespace, type, daemon, details)
    SELECT request_id, namespace, 'machine', (p_lease >> 38)::int, jsonb_build_object('instance_id', instance_id, 'status', 'terminated')
    FROM gone;
    GET DIAGNOSTICS n = ROW_COUNT;
    -- Kept by a request that ended before they were ready.
    UPDATE hostq.machines m SET status = 'running', last_seen = clock_timestamp() FROM hostq.request_body b
    WHERE m.host = p_host AND m.boot_id = p_boot AND m.ended_at IS NULL AND m.provider_api = 'process'
      AND m.status = 'pending' AND m.result IS NOT NULL AND b.id = m.id
      AND coalesce(m.launch_time, m.first_seen) + coalesce(hostq.number_of(b.template->'readyAfter'), 0) * interval '1 s' <= clock_timestamp()
      AND seen ? m.instance_id;
    -- Unknown, or ended but alive: a late start under an ended request.
    FOR r IN WITH odd AS MATERIALIZED (
            SELECT s.value AS s FROM jsonb_each(seen) s LEFT JOIN hostq.machines m ON m.instance_id = s.key
            WHERE m.machine_id IS NULL OR m.ended_at < looked OR m.ended_at IS NULL AND m.result IS NULL)
        SELECT f.id, array_agg(s->>'instance_id') AS instances, jsonb_agg(jsonb_build_object('instance_id', s->'instance_id', 'request_id', s->'request_id',
            'provider_api', 'process', 'status', 'running', 'host', p_host, 'boot_id', p_boot,
            'details', jsonb_build_object('pid', s->'pid', 'start_time', s->'start_time'))) AS machines
        FROM odd JOIN hostq.finished f ON f.id = hostq.request_key(s->>'request_id')
        GROUP BY f.id ORDER BY f.id LOOP
        UPDATE hostq.machines SET ended_at = NULL, status = 'running', last_seen = clock_timestamp()
        WHERE instance_id = ANY (r.instances) AND ended_at IS NOT NULL;
        PERFORM hostq.store_machines(r.machines);
        n := n + hostq.late_machines(ARRAY[r.id]);
        -- What was told of a known one stays told.
        n := n + (hostq.make_cleanup(r.id, ARRAY(SELECT machine_id FROM hostq.machines WHERE instance_id = ANY (r.instances))) IS NOT NULL)::int;
    END LOOP;
    RETURN n;
END $$;


--
-- Name: FUNCTION store_watch(p_id bigint, p_lease bigint, p_host text, p_boot text, p_seen jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.store_watch(p_id bigint, p_lease bigint, p_host text, p_boot text, p_seen jsonb) IS 'Compares what lives on a host with what the table says, both ways.';


--
-- Name: submit(jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.submit(p_req jsonb) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RETURN hostq.submit_by('submit', p_req);
END $$;


--
-- Name: FUNCTION submit(p_req jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.submit(p_req jsonb) IS 'Submits one request: {kind, requestId?, namespace?, queue?, timeout?, priority?, tags?, metadata?, policy?, delay? (ms), and what the kind takes}. Answers {requestId, created} or {error:{code,message,details}}; a refusal leaves one event `rejected` and no row.';


--
-- Name: submit_by(text, jsonb); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.submit_by(p_method text, p_req jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
        r := hostq.known_request(p_req, ns);
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
END $_$;


--
-- Name: FUNCTION submit_by(p_method text, p_req jsonb); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.submit_by(p_method text, p_req jsonb) IS 'submit; p_method: how the event of a refusal names the call.';


--
-- Name: submit_plain(jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.submit_plain(p_req jsonb, p_namespace text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    b hostq.request_body;
    r jsonb;
BEGIN
    r := coalesce(hostq.check_keys(p_req, '{kind,queue,requestId,namespace,timeout,priority,tags,metadata,delay,policy,traceparent,'
        'key,orderingKey,duration_ms,fail,fail_times,result,waits,wait_ms,interval_ms}'), hostq.check_tags(p_req->'tags'));
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    b := hostq.new_body(p_req, p_namespace);
    r := hostq.claim_id(b, p_req);
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    PERFORM hostq.insert_request(b, NULL, hostq.delay_of(p_req));
    RETURN jsonb_build_object('requestId', b.request_id, 'created', true);
END $$;


--
-- Name: FUNCTION submit_plain(p_req jsonb, p_namespace text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.submit_plain(p_req jsonb, p_namespace text) IS 'submit for kinds without machines.';


--
-- Name: submit_provision(jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.submit_provision(p_req jsonb, p_namespace text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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
    IF p_req ? 'tags' THEN
        r := hostq.check_tags(p_req->'tags', CASE jsonb_typeof(t.definition->'instanceTags') WHEN 'string' THEN t.definition->>'instanceTags' END);
        IF r IS NOT NULL THEN
            RETURN r;
        END IF;
    END IF;
    b := hostq.new_body(p_req, p_namespace);
    b.template_id := t.template_id;
    b.template := t.definition;
    b.provider_api := t.provider_api;
    b.machine_count := (p_req->>'machineCount')::numeric::int;
    IF t.provider_api <> 'process' THEN
        b.region := (SELECT config->>'AWS_REGION' FROM hostq.providers WHERE namespace = p_namespace);
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


--
-- Name: FUNCTION submit_provision(p_req jsonb, p_namespace text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.submit_provision(p_req jsonb, p_namespace text) IS 'submit for kind provision.';


--
-- Name: submit_return(jsonb, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.submit_return(p_req jsonb, p_namespace text) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


--
-- Name: FUNCTION submit_return(p_req jsonb, p_namespace text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.submit_return(p_req jsonb, p_namespace text) IS 'submit for kind return.';


--
-- Name: sweep_deadlines(integer); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.sweep_deadlines(p_limit integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    r record;
    n int := 0;
BEGIN
    FOR r IN SELECT array_agg(id) AS ids, s FROM (
            SELECT q.id, extract(epoch FROM b.timeout)::bigint AS s FROM hostq.queue q
            JOIN hostq.request_body b USING (id) LEFT JOIN hostq.queues k ON k.name = b.queue
            WHERE q.deadline <= now() AND q.state <> 'processing'
              AND q.deadline + greatest(0, -coalesce((b.policy->>'stop_before_deadline_ms')::bigint,
                k.stop_before_deadline_ms, 0)) * interval '1 ms' <= now()
            ORDER BY q.deadline LIMIT p_limit FOR UPDATE OF q SKIP LOCKED) x GROUP BY s LOOP
        n := n + hostq.finish(r.ids, 'timeout', 'timeout', 'timeout', 'TIMEOUT',
            format('the request did not finish within %s seconds', r.s), '{pending,claimed,waiting}');
    END LOOP;
    RETURN n;
END $$;


--
-- Name: FUNCTION sweep_deadlines(p_limit integer); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.sweep_deadlines(p_limit integer) IS 'Requests whose deadline passed while nobody worked them end as timeout.';


--
-- Name: sweep_house(timestamp with time zone); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.sweep_house(p_now timestamp with time zone DEFAULT now()) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
DECLARE
    width bigint := 10000000;
    lo bigint := ((SELECT last_value FROM hostq.request_seq) / width + 1) * width;
    day date := p_now::date + 1;
    t text;
BEGIN
    DELETE FROM hostq.waiters WHERE created_at < p_now - interval '1 day';
    DELETE FROM hostq.aborts a WHERE NOT EXISTS (SELECT FROM hostq.daemons d WHERE d.epoch = a.owner AND d.state <> 'dead');
    DELETE FROM hostq.daemons d WHERE state = 'dead' AND ended_at < p_now - interval '7 days'
        AND NOT EXISTS (SELECT FROM hostq.queue q WHERE q.owner = d.epoch);
    -- The next partitions, while the DEFAULT ones have nothing of theirs.
    FOREACH t IN ARRAY '{request_body,finished}'::text[] LOOP
        PERFORM hostq.make_partition(t, t || '_' || lo / width, lo::text, (lo + width)::text);
    END LOOP;
    FOR i IN 0..1 LOOP
        PERFORM hostq.make_partition('event', 'event_' || to_char(day + i, 'YYYYMMDD'), (day + i)::text, (day + i + 1)::text);
    END LOOP;
END $$;


--
-- Name: FUNCTION sweep_house(p_now timestamp with time zone); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.sweep_house(p_now timestamp with time zone) IS 'Removes what nobody needs any more and makes the coming partitions.';


--
-- Name: sweep_stale(integer); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.sweep_stale(p_limit integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    r record;
    n int := 0;
    c interval := hostq.setting('claim_timeout_ms')::bigint * interval '1 ms';
    p interval := hostq.setting('processing_timeout_ms')::bigint * interval '1 ms';
BEGIN
    -- Owned rows are few; the lanes' heads hold them. Dead owners' rows too.
    FOR r IN SELECT owner, array_agg(id) AS ids, bool_or(dead) AS dead FROM (
            SELECT q.id, q.owner, d.state = 'dead' AS dead FROM hostq.queue q JOIN hostq.daemons d ON d.epoch = q.owner
            WHERE q.owner IS NOT NULL AND (d.state = 'dead'
                OR q.state = 'claimed' AND q.claimed_at < now() - c OR q.state = 'processing' AND q.started_at < now() - p)
            LIMIT p_limit) x GROUP BY owner LOOP
        IF NOT r.dead THEN
            INSERT INTO hostq.aborts (owner, id, lease) SELECT owner, id, lease FROM hostq.queue WHERE id = ANY (r.ids) AND owner = r.owner
            ON CONFLICT DO NOTHING;
            PERFORM pg_notify('hostq_d' || r.owner, 'abort');
        END IF;
        n := n + hostq.give_back_rows(r.ids, r.owner, NULL, 'none');
    END LOOP;
    IF n > 0 THEN
        PERFORM pg_notify('hostq_work', '');
    END IF;
    RETURN n;
END $$;


--
-- Name: FUNCTION sweep_stale(p_limit integer); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.sweep_stale(p_limit integer) IS 'The nets behind the locks: rows claimed or processing for too long, and rows of dead daemons, become claimable.';


--
-- Name: switch_row_security(boolean); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.switch_row_security(p_on boolean) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '5s'
    AS $$
DECLARE
    t name;
BEGIN
    IF p_on AND (SELECT count(*) FROM pg_roles WHERE rolname IN ('hostq_daemon', 'hostq_client', 'hostq_operator', 'hostq_admin')) < 4 THEN
        RETURN hostq.invalid('value', '"on"', 'needs the four roles', 'Row security needs the roles hostq_daemon, hostq_client, hostq_operator and hostq_admin; create them and run `hostq migrate` again');
    END IF;
    FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'hostq'::regnamespace AND c.relkind IN ('r', 'p')
            AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) ORDER BY 1 LOOP
        EXECUTE format('ALTER TABLE hostq.%I %s ROW LEVEL SECURITY', t, CASE WHEN p_on THEN 'ENABLE' ELSE 'DISABLE' END);
    END LOOP;
    RETURN NULL;
EXCEPTION WHEN lock_not_available THEN
    RETURN hostq.error('SERVICE_UNAVAILABLE', 'A table is in use by a long transaction; nothing was changed, try again', '{}');
END $$;


--
-- Name: FUNCTION switch_row_security(p_on boolean); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.switch_row_security(p_on boolean) IS 'Turns the policies (80_security.sql) on or off on every table that has them; a refusal, or null.';


--
-- Name: take_back_blame(integer); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.take_back_blame(p_epoch integer) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    suspect int := greatest(hostq.setting('max_crashes')::int - 1, 1);
    list jsonb;
    ids bigint[];
BEGIN
    SELECT counters->'blamed' INTO list FROM hostq.daemons WHERE epoch = p_epoch FOR UPDATE;
    IF list IS NULL THEN
        RETURN;
    END IF;
    ids := ARRAY(SELECT jsonb_array_elements_text(list)::bigint);
    WITH k AS MATERIALIZED (SELECT id FROM hostq.queue WHERE id = ANY (ids) AND crashes > 0 ORDER BY id FOR UPDATE SKIP LOCKED)
    UPDATE hostq.queue q SET crashes = crashes - 1,
        lane_id = CASE WHEN lane_id & 3 = 2 AND crashes - 1 < suspect AND owner IS NULL THEN lane_id - 1 ELSE lane_id END
    FROM k WHERE q.id = k.id;
    UPDATE hostq.daemons SET counters = counters - 'blamed' WHERE epoch = p_epoch;
END $$;


--
-- Name: FUNCTION take_back_blame(p_epoch integer); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.take_back_blame(p_epoch integer) IS 'A daemon that was declared dead says that it lives: it had lost the database, and no request made it crash.';


--
-- Name: take_over(integer, integer, integer[], timestamp with time zone[]); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.take_over(p_dead integer, p_by integer, p_lanes integer[], p_bounds timestamp with time zone[]) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    d hostq.daemons;
    ids bigint[];
    blame text;
    free boolean;
    n int;
BEGIN
    SELECT * INTO d FROM hostq.daemons WHERE epoch = p_dead FOR UPDATE;
    free := hostq.lock_is_free(p_dead);
    IF d.state = 'dead' AND d.counters ? 'blame' AND p_lanes IS NOT NULL
        OR d.state <> 'dead' AND NOT free AND d.lease_until > clock_timestamp() THEN
        RETURN -1;
    END IF;
    IF p_lanes IS NULL THEN
        SELECT array_agg(id) INTO ids FROM hostq.queue WHERE owner = p_dead;
    ELSE
        -- Work in flight lies below the bound of its lane, or just above. The
        -- queue is never analyzed: no statistics may choose to read all of it.
        PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true);
        SELECT array_agg(id) INTO ids FROM unnest(p_lanes, p_bounds) w (lane, t), LATERAL (
            (SELECT id, owner FROM hostq.queue WHERE lane_id = w.lane AND run_at <= w.t)
            UNION ALL
            (SELECT id, owner FROM hostq.queue WHERE lane_id = w.lane AND run_at > w.t ORDER BY run_at LIMIT 5000)) x
        WHERE x.owner = p_dead;
        PERFORM set_config('enable_seqscan', 'on', true), set_config('enable_bitmapscan', 'on', true);
    END IF;
    blame := d.counters->>'blame';
    IF blame IS NULL THEN
        blame := CASE WHEN d.state <> 'alive' THEN 'none'
            WHEN EXISTS (SELECT FROM hostq.queue WHERE id = ANY (ids) AND lane_id & 3 = 2 AND state = 'processing') THEN 'suspects'
            ELSE 'all' END;
    END IF;
    UPDATE hostq.daemons SET state = 'dead', ended_at = coalesce(ended_at, clock_timestamp()),
        ended_why = coalesce(ended_why, CASE WHEN free THEN 'lock free' ELSE 'lease expired' END),
        counters = counters || jsonb_build_object('blame', blame), in_flight = 0
    WHERE epoch = p_dead;
    n := hostq.give_back_rows(ids, p_dead, p_by, blame);
    -- Its host may have been started again meanwhile.
    PERFORM hostq.forget_older_boots(d.host, x.boot_id) FROM (SELECT boot_id FROM hostq.daemons WHERE host = d.host AND boot_id <> d.boot_id
        AND state = 'alive' AND lease_until > clock_timestamp() ORDER BY epoch DESC LIMIT 1) x;
    PERFORM hostq.reroute_unserved();
    IF n > 0 THEN
        PERFORM pg_notify('hostq_work', '');
    END IF;
    RETURN n;
END $$;


--
-- Name: FUNCTION take_over(p_dead integer, p_by integer, p_lanes integer[], p_bounds timestamp with time zone[]); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.take_over(p_dead integer, p_by integer, p_lanes integer[], p_bounds timestamp with time zone[]) IS 'Declares a daemon dead (if its lock is free or its lease expired) and gives its rows to the living. With lanes and lower bounds: the fast pass; without: the whole queue. -1: it is not dead.';


--
-- Name: template_usage(text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.template_usage(p_namespace text, p_template text) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT (SELECT coalesce(sum(units), 0) FROM hostq.machines
            WHERE namespace = p_namespace AND template_id = p_template AND ended_at IS NULL)::bigint
         + hostq.owed_units(p_namespace, p_template, NULL, NULL)
$$;


--
-- Name: FUNCTION template_usage(p_namespace text, p_template text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.template_usage(p_namespace text, p_template text) IS 'Units of a template in use or owed.';


--
-- Name: templates_list(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.templates_list(p_namespace text DEFAULT 'default'::text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
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


--
-- Name: FUNCTION templates_list(p_namespace text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.templates_list(p_namespace text) IS 'Templates of a namespace in the order of the file, invalid ones too, with units in use or owed.';


--
-- Name: type_usage(text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.type_usage(p_region text, p_type text) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT (SELECT coalesce(sum(units), 0) FROM hostq.machines
            WHERE region = p_region AND instance_type = p_type AND ended_at IS NULL)::bigint
        + (SELECT coalesce(sum(greatest(b.machine_count
                - (SELECT coalesce(sum(m.units), 0) FROM hostq.machines m WHERE m.id = b.id AND m.ended_at IS NULL), 0)), 0)::bigint
            FROM hostq.queue q JOIN hostq.request_body b ON b.id = q.id
            WHERE q.lane_id = ANY (ARRAY(SELECT l.base * 4 + r FROM hostq.lanes l JOIN hostq.queues k ON k.name = l.queue,
                    generate_series(0, 2) r WHERE coalesce(k.kind, 'provision') = 'provision'))
              AND b.kind = 'provision' AND b.region = p_region AND b.template->>'vmType' = p_type)
$$;


--
-- Name: FUNCTION type_usage(p_region text, p_type text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.type_usage(p_region text, p_type text) IS 'Units of an instance type in a region, in use or owed.';


--
-- Name: utc(timestamp with time zone); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.utc(p_at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN to_char((p_at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text);


--
-- Name: FUNCTION utc(p_at timestamp with time zone); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.utc(p_at timestamp with time zone) IS 'A time as RFC 3339 text, UTC with Z.';


--
-- Name: wait_begin(text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.wait_begin(p_request_id text, p_channel text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
END $_$;


--
-- Name: FUNCTION wait_begin(p_request_id text, p_channel text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.wait_begin(p_request_id text, p_channel text) IS 'Has the end of a request told to this channel (LISTEN first): {requestId, state, final, status} as it is now; registers only while it is open. The notice is a hint: look again now and then.';


--
-- Name: wait_end(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.wait_end(p_channel text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    DELETE FROM hostq.waiters w WHERE w.channel = p_channel
        AND EXISTS (SELECT FROM hostq.request_body b WHERE b.id = w.id AND hostq.may(b.namespace))
$$;


--
-- Name: FUNCTION wait_end(p_channel text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.wait_end(p_channel text) IS 'Ends all waiting on this channel.';


--
-- Name: wake_waiters(bigint[]); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.wake_waiters(p_ids bigint[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH w AS (DELETE FROM hostq.waiters WHERE id = ANY (p_ids) RETURNING channel)
    SELECT pg_notify(channel, 'ended') FROM (SELECT DISTINCT channel FROM w) x
$$;


--
-- Name: FUNCTION wake_waiters(p_ids bigint[]); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.wake_waiters(p_ids bigint[]) IS 'Tells those who wait for the end of these requests, each channel once.';


--
-- Name: watch_is_idle(text, text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.watch_is_idle(p_host text, p_boot text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT NOT EXISTS (SELECT FROM hostq.machines WHERE host = p_host AND boot_id = p_boot AND ended_at IS NULL)
       AND NOT EXISTS (SELECT FROM hostq.intents WHERE body->>'host' = p_host)
$$;


--
-- Name: FUNCTION watch_is_idle(p_host text, p_boot text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.watch_is_idle(p_host text, p_boot text) IS 'Is there nothing on this host to watch?';


--
-- Name: why_not(text); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.why_not(p_request_id text) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    k bigint := hostq.request_key(p_request_id);
    q hostq.queue;
    l hostq.lanes;
    last text;
    why text;
BEGIN
    IF k IS NULL THEN
        RETURN format('there is no request ''%s''', p_request_id);
    END IF;
    SELECT * INTO q FROM hostq.queue WHERE id = k;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF q.state IN ('claimed', 'processing') THEN
        RETURN hostq.why_owned(q);
    ELSIF q.deadline < statement_timestamp() THEN
        RETURN format('its deadline passed at %s; it ends as timeout with the next sweep', hostq.say(q.deadline));
    END IF;
    SELECT * INTO l FROM hostq.lanes WHERE base = q.lane_id / 4;
    why := hostq.why_unserved(l, q);
    IF why IS NOT NULL THEN
        RETURN why;
    ELSIF q.run_at <= statement_timestamp() THEN
        RETURN hostq.why_queued(l, q);
    END IF;
    last := coalesce(nullif(concat_ws(': ', q.note->>'last_reason', q.note->>'message'), ''), '');
    IF q.state = 'waiting' THEN
        RETURN format('the outside is at work; it is looked at again at %s%s', hostq.say(q.run_at),
            CASE WHEN last <> '' THEN ' (' || last || ')' END);
    ELSIF q.retry_attempt > 0 THEN
        RETURN format('attempt %s failed%s; it is tried again at %s', q.retry_attempt,
            CASE WHEN last <> '' THEN ' (' || last || ')' END, hostq.say(q.run_at));
    END IF;
    RETURN format('it was submitted to run not before %s', hostq.say(q.run_at));
END $$;


--
-- Name: FUNCTION why_not(p_request_id text); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.why_not(p_request_id text) IS 'One sentence: why this request is not running; null when it runs or has ended.';


--
-- Name: queue; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.queue (
    id bigint NOT NULL,
    run_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease bigint,
    deadline timestamp with time zone,
    claimed_at timestamp with time zone,
    started_at timestamp with time zone,
    first_started_at timestamp with time zone,
    settled_at timestamp with time zone,
    lane_id integer NOT NULL,
    owner integer,
    state hostq.state DEFAULT 'pending'::hostq.state NOT NULL,
    retry_attempt integer DEFAULT 0 NOT NULL,
    intent integer DEFAULT 0 NOT NULL,
    crashes smallint DEFAULT 0 NOT NULL,
    note jsonb,
    CONSTRAINT queue_retry_attempt_check CHECK ((retry_attempt >= 0)),
    CONSTRAINT queue_state_open CHECK ((state = ANY (ARRAY['pending'::hostq.state, 'claimed'::hostq.state, 'processing'::hostq.state, 'waiting'::hostq.state]))),
    CONSTRAINT queue_state_shape CHECK (
CASE
    WHEN (state = ANY (ARRAY['pending'::hostq.state, 'waiting'::hostq.state])) THEN ((owner IS NULL) AND (lease IS NULL) AND (claimed_at IS NULL) AND (started_at IS NULL))
    WHEN (state = 'claimed'::hostq.state) THEN ((owner IS NOT NULL) AND (lease IS NOT NULL) AND (claimed_at IS NOT NULL) AND (started_at IS NULL))
    ELSE ((owner IS NOT NULL) AND (lease IS NOT NULL) AND (claimed_at IS NOT NULL) AND (started_at IS NOT NULL) AND (first_started_at IS NOT NULL))
END),
    CONSTRAINT queue_waiting_started CHECK (((state <> 'waiting'::hostq.state) OR (first_started_at IS NOT NULL)))
)
WITH (fillfactor='45', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='200000', autovacuum_vacuum_insert_threshold='-1', autovacuum_analyze_threshold='2000000000');


--
-- Name: TABLE queue; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.queue IS 'Exactly the open requests. Narrow, because it is the only table that is updated for every request.';


--
-- Name: COLUMN queue.id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.id IS 'Internal number.';


--
-- Name: COLUMN queue.run_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.run_at IS 'When it may be claimed: shown as not_before of a pending row while in the future, as next_poll_at of a waiting one.';


--
-- Name: COLUMN queue.lease; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.lease IS 'Fence token of the claim; every later write of that claim names it.';


--
-- Name: COLUMN queue.deadline; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.deadline IS 'When it ends as timeout; null: never.';


--
-- Name: COLUMN queue.claimed_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.claimed_at IS 'When this claim was made.';


--
-- Name: COLUMN queue.started_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.started_at IS 'When this claim became processing.';


--
-- Name: COLUMN queue.first_started_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.first_started_at IS 'When any claim first became processing.';


--
-- Name: COLUMN queue.settled_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.settled_at IS 'When its last round was settled as a wait, a retry or given back.';


--
-- Name: COLUMN queue.lane_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.lane_id IS 'hostq.lanes.base * 4 + role.';


--
-- Name: COLUMN queue.owner; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.owner IS 'Epoch of the daemon that holds it.';


--
-- Name: COLUMN queue.state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.state IS 'One of the open states.';


--
-- Name: COLUMN queue.retry_attempt; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.retry_attempt IS 'Attempts that failed; the first try is 0.';


--
-- Name: COLUMN queue.intent; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.intent IS 'Number of the intent; grows when a definite answer is settled and at a person''s retry.';


--
-- Name: COLUMN queue.crashes; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.crashes IS 'How often its daemon died unannounced while working it, since the last settled round.';


--
-- Name: COLUMN queue.note; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue.note IS 'cursor, poll_count, poll_errors, last_reason, message of earlier rounds.';


--
-- Name: why_owned(hostq.queue); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.why_owned(q hostq.queue) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    d hostq.daemons;
    who text;
BEGIN
    SELECT * INTO d FROM hostq.daemons WHERE epoch = q.owner;
    who := coalesce(d.name, '') || '#' || q.owner;
    IF d.epoch IS NULL OR d.state = 'dead' THEN
        RETURN format('its daemon %s is dead; another one is about to take it over', who);
    ELSIF d.lease_until < clock_timestamp() THEN
        RETURN format('its daemon %s has not been heard of since %s; another one is about to take it over', who, hostq.say(d.heartbeat_at));
    ELSIF q.state = 'claimed' THEN
        RETURN format('daemon %s holds it and starts it when one of its %s slots is free', who, d.slots);
    END IF;
    RETURN NULL;
END $$;


--
-- Name: FUNCTION why_owned(q hostq.queue); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.why_owned(q hostq.queue) IS 'why_not of a claimed or processing request.';


--
-- Name: lanes; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.lanes (
    base integer NOT NULL,
    queue text NOT NULL,
    priority hostq.priority NOT NULL,
    route text,
    account text,
    region text,
    group_id bigint,
    used_at timestamp with time zone DEFAULT now() NOT NULL,
    retired_at timestamp with time zone
);


--
-- Name: TABLE lanes; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.lanes IS 'What one claim scan walks. A lane has three scans, told apart by queue.lane_id: base*4 main, +1 resumed (waiting, given back, taken over), +2 suspect (its daemon crashed).';


--
-- Name: COLUMN lanes.base; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.lanes.base IS 'queue.lane_id / 4.';


--
-- Name: COLUMN lanes.queue; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.lanes.queue IS 'Name in hostq.queues.';


--
-- Name: COLUMN lanes.priority; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.lanes.priority IS 'Class.';


--
-- Name: COLUMN lanes.route; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.lanes.route IS 'What a daemon must announce to claim from it (host:NAME/BOOT); null: any daemon.';


--
-- Name: COLUMN lanes.account; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.lanes.account IS 'Provider account, where the kind has one.';


--
-- Name: COLUMN lanes.region; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.lanes.region IS 'Region, where the kind has one.';


--
-- Name: COLUMN lanes.group_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.lanes.group_id IS 'Batch, if any.';


--
-- Name: COLUMN lanes.used_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.lanes.used_at IS 'When it was made or taken into use again.';


--
-- Name: COLUMN lanes.retired_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.lanes.retired_at IS 'Set when it was long empty: daemons do not walk it; the next submit takes it back.';


--
-- Name: why_queued(hostq.lanes, hostq.queue); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.why_queued(l hostq.lanes, q hostq.queue) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    ahead bigint;
    slots bigint;
    busy bigint;
BEGIN
    SELECT coalesce(sum(d.slots), 0), coalesce(sum(d.in_flight), 0) INTO slots, busy FROM hostq.daemons d
    WHERE d.state = 'alive' AND d.lease_until > clock_timestamp() AND (l.route IS NULL OR l.route = ANY (d.routes));
    IF q.crashes > 0 THEN
        RETURN format('its daemon died %s times while working it; a daemon works one such request at a time', q.crashes);
    END IF;
    -- Only so far as a number still says something.
    SELECT count(*) INTO ahead FROM (SELECT FROM hostq.lanes o JOIN hostq.queue x ON x.lane_id BETWEEN o.base * 4 AND o.base * 4 + 2
        WHERE o.queue = l.queue AND o.route IS NOT DISTINCT FROM l.route AND o.priority <= l.priority
          AND x.state IN ('pending', 'waiting') AND x.run_at <= statement_timestamp() AND x.id <> q.id
          AND (o.priority < l.priority OR x.run_at < q.run_at)
        LIMIT 10000) y;
    IF ahead > 0 AND NOT hostq.may(NULL) THEN
        RETURN format('other requests of queue %s are ahead of it', l.queue); -- how many is others' business
    ELSIF ahead > 0 THEN
        RETURN format('%s requests of queue %s are ahead of it (%s of %s slots are busy)',
            CASE WHEN ahead = 10000 THEN '10000 or more' ELSE ahead::text END, l.queue, busy, slots);
    ELSIF busy >= slots THEN
        RETURN format('all %s slots are busy; it is next in queue %s', slots, l.queue);
    END IF;
    RETURN format('it is due since %s and about to be claimed', hostq.say(q.run_at));
END $$;


--
-- Name: FUNCTION why_queued(l hostq.lanes, q hostq.queue); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.why_queued(l hostq.lanes, q hostq.queue) IS 'why_not of a due request that is served: who is ahead of it.';


--
-- Name: why_unserved(hostq.lanes, hostq.queue); Type: FUNCTION; Schema: hostq; Owner: -
--

CREATE FUNCTION hostq.why_unserved(l hostq.lanes, q hostq.queue) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    until text := CASE WHEN q.deadline IS NULL THEN '' ELSE '; it waits until its deadline ' || hostq.say(q.deadline) END;
    alive int;
    stopping int;
BEGIN
    IF (SELECT paused FROM hostq.queues WHERE name = l.queue) THEN
        RETURN format('queue %s is paused', l.queue);
    END IF;
    SELECT count(*) FILTER (WHERE state = 'alive'), count(*) FILTER (WHERE state = 'stopping') INTO alive, stopping
    FROM hostq.daemons WHERE state <> 'dead' AND lease_until > clock_timestamp();
    IF l.route IS NOT NULL AND NOT hostq.route_is_served(l.route) THEN
        RETURN format('no living daemon serves %s%s', CASE WHEN l.route LIKE 'host:%'
            THEN 'host ' || split_part(substr(l.route, 6), '/', 1) || ' (boot ' || split_part(l.route, '/', 2) || ')'
            ELSE l.route END, until);
    ELSIF alive = 0 AND stopping > 0 THEN
        RETURN 'every daemon is stopping' || until;
    ELSIF alive = 0 THEN
        RETURN 'no daemon is running' || until;
    END IF;
    RETURN NULL;
END $$;


--
-- Name: FUNCTION why_unserved(l hostq.lanes, q hostq.queue); Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON FUNCTION hostq.why_unserved(l hostq.lanes, q hostq.queue) IS 'why_not of a due request that nobody serves: paused, no daemon.';


--
-- Name: aborts; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.aborts (
    owner integer NOT NULL,
    id bigint NOT NULL,
    lease bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: TABLE aborts; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.aborts IS 'Claims that a daemon must drop, because the request was canceled or superseded; taken by its heartbeat.';


--
-- Name: COLUMN aborts.owner; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.aborts.owner IS 'Epoch of the daemon.';


--
-- Name: COLUMN aborts.id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.aborts.id IS 'Internal number of the request.';


--
-- Name: COLUMN aborts.lease; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.aborts.lease IS 'The claim to drop.';


--
-- Name: COLUMN aborts.created_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.aborts.created_at IS 'When it was asked.';


--
-- Name: daemons; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.daemons (
    epoch integer NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    boot_id text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL,
    routes text[] NOT NULL,
    state text DEFAULT 'alive'::text NOT NULL,
    slots integer NOT NULL,
    in_flight integer DEFAULT 0 NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    heartbeat_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease_until timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_why text,
    counters jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT daemons_ended CHECK (((state = 'dead'::text) = (ended_at IS NOT NULL))),
    CONSTRAINT daemons_state_check CHECK ((state = ANY (ARRAY['alive'::text, 'stopping'::text, 'dead'::text])))
)
WITH (fillfactor='50');


--
-- Name: TABLE daemons; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.daemons IS 'One row per daemon process (epoch). While it lives it also holds a session advisory lock.';


--
-- Name: COLUMN daemons.epoch; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.epoch IS 'Owner number; never used twice.';


--
-- Name: COLUMN daemons.name; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.name IS 'Configured name; only for people.';


--
-- Name: COLUMN daemons.host; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.host IS 'Host name.';


--
-- Name: COLUMN daemons.boot_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.boot_id IS 'Boot of the host.';


--
-- Name: COLUMN daemons.pid; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.pid IS 'Process id on the host.';


--
-- Name: COLUMN daemons.version; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.version IS 'Version of hostqd.';


--
-- Name: COLUMN daemons.routes; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.routes IS 'Routes it serves.';


--
-- Name: COLUMN daemons.state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.state IS 'alive, stopping, dead.';


--
-- Name: COLUMN daemons.slots; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.slots IS 'Requests it works at a time.';


--
-- Name: COLUMN daemons.in_flight; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.in_flight IS 'Requests it holds, at the last heartbeat.';


--
-- Name: COLUMN daemons.started_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.started_at IS 'When it registered.';


--
-- Name: COLUMN daemons.heartbeat_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.heartbeat_at IS 'Last heartbeat.';


--
-- Name: COLUMN daemons.lease_until; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.lease_until IS 'When it counts as gone although its lock is held.';


--
-- Name: COLUMN daemons.ended_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.ended_at IS 'When it stopped or was declared dead.';


--
-- Name: COLUMN daemons.ended_why; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.ended_why IS 'stopped, lock free, lease expired.';


--
-- Name: COLUMN daemons.counters; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemons.counters IS 'Counters at the last heartbeat that carried them.';


--
-- Name: daemon_health; Type: VIEW; Schema: hostq; Owner: -
--

CREATE VIEW hostq.daemon_health WITH (security_invoker='true') AS
 SELECT ((d.name || '#'::text) || d.epoch) AS daemon_id,
    d.name,
    d.host,
    d.pid,
    d.version,
    d.state,
        CASE
            WHEN (d.state = 'dead'::text) THEN 'dead'::text
            WHEN (d.lease_until < statement_timestamp()) THEN 'lease expired'::text
            WHEN hostq.lock_is_free(d.epoch) THEN 'lock free'::text
            WHEN (d.heartbeat_at < (statement_timestamp() - '00:00:05'::interval)) THEN 'late'::text
            WHEN (d.in_flight >= d.slots) THEN 'full'::text
            ELSE 'ok'::text
        END AS health,
    d.slots,
    d.in_flight,
    (statement_timestamp() - d.heartbeat_at) AS heartbeat_age,
    d.lease_until,
    d.started_at,
    (COALESCE(d.ended_at, statement_timestamp()) - d.started_at) AS uptime,
    d.ended_at,
    d.ended_why,
    d.routes,
    d.boot_id,
    d.counters
   FROM hostq.daemons d;


--
-- Name: VIEW daemon_health; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON VIEW hostq.daemon_health IS 'Daemons, living and recently ended.';


--
-- Name: COLUMN daemon_health.daemon_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.daemon_id IS 'Name and epoch: what hostq.requests.daemon_id shows.';


--
-- Name: COLUMN daemon_health.name; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.name IS 'Configured name; only for people.';


--
-- Name: COLUMN daemon_health.host; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.host IS 'Host name.';


--
-- Name: COLUMN daemon_health.pid; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.pid IS 'Process id on the host.';


--
-- Name: COLUMN daemon_health.version; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.version IS 'Version of hostqd.';


--
-- Name: COLUMN daemon_health.state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.state IS 'alive, stopping, dead.';


--
-- Name: COLUMN daemon_health.health; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.health IS 'ok; full: all slots busy; late: no heartbeat for 5 s; lock free or lease expired: about to be declared dead; dead.';


--
-- Name: COLUMN daemon_health.slots; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.slots IS 'Requests it works at a time.';


--
-- Name: COLUMN daemon_health.in_flight; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.in_flight IS 'Requests it holds, at the last heartbeat.';


--
-- Name: COLUMN daemon_health.lease_until; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.lease_until IS 'When it counts as gone although its lock is held.';


--
-- Name: COLUMN daemon_health.started_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.started_at IS 'When it registered.';


--
-- Name: COLUMN daemon_health.ended_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.ended_at IS 'When it stopped or was declared dead.';


--
-- Name: COLUMN daemon_health.ended_why; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.ended_why IS 'stopped, lock free, lease expired.';


--
-- Name: COLUMN daemon_health.routes; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.routes IS 'Routes it serves.';


--
-- Name: COLUMN daemon_health.boot_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.boot_id IS 'Boot of the host.';


--
-- Name: COLUMN daemon_health.counters; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.daemon_health.counters IS 'Counters at the last heartbeat that carried them.';


--
-- Name: daemons_epoch_seq; Type: SEQUENCE; Schema: hostq; Owner: -
--

ALTER TABLE hostq.daemons ALTER COLUMN epoch ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hostq.daemons_epoch_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: deliveries; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.deliveries (
    seq bigint NOT NULL,
    request_id text NOT NULL,
    namespace text NOT NULL,
    event text NOT NULL,
    url text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    delivered_at timestamp with time zone
);


--
-- Name: TABLE deliveries; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.deliveries IS 'Callbacks to make.';


--
-- Name: COLUMN deliveries.seq; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.deliveries.seq IS 'Number.';


--
-- Name: COLUMN deliveries.request_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.deliveries.request_id IS 'Request it is about.';


--
-- Name: COLUMN deliveries.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.deliveries.namespace IS 'As in request_body.';


--
-- Name: COLUMN deliveries.event; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.deliveries.event IS 'COMPLETED, FAILED, TIMEOUT, CANCELLED.';


--
-- Name: COLUMN deliveries.url; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.deliveries.url IS 'Where to.';


--
-- Name: COLUMN deliveries.created_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.deliveries.created_at IS 'When it came up.';


--
-- Name: COLUMN deliveries.delivered_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.deliveries.delivered_at IS 'When the other side said 2xx.';


--
-- Name: deliveries_seq_seq; Type: SEQUENCE; Schema: hostq; Owner: -
--

ALTER TABLE hostq.deliveries ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hostq.deliveries_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: deployment; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.deployment (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    system_identifier bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: TABLE deployment; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.deployment IS 'One row: which deployment this database is. A system_identifier other than the server''s own means a copy or a restore; sweeps that terminate stay off until hostq adopt.';


--
-- Name: COLUMN deployment.id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.deployment.id IS 'Part of every idempotency token and owner tag.';


--
-- Name: COLUMN deployment.system_identifier; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.deployment.system_identifier IS 'pg_control_system().system_identifier when the schema was made or adopted.';


--
-- Name: COLUMN deployment.created_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.deployment.created_at IS 'When the schema was made.';


--
-- Name: edges; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.edges (
    from_state hostq.state NOT NULL,
    verb text NOT NULL,
    to_state hostq.state NOT NULL,
    sentence text NOT NULL
);


--
-- Name: TABLE edges; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.edges IS 'Every legal move of a request, with the sentence for it; equal to src/core/states.def.';


--
-- Name: COLUMN edges.from_state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.edges.from_state IS 'State before.';


--
-- Name: COLUMN edges.verb; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.edges.verb IS 'What happens; also the type of the event.';


--
-- Name: COLUMN edges.to_state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.edges.to_state IS 'State after.';


--
-- Name: COLUMN edges.sentence; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.edges.sentence IS 'When and why, for people.';


--
-- Name: event; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.event (
    seq bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    request_id text,
    namespace text NOT NULL,
    type text NOT NULL,
    from_state hostq.state,
    to_state hostq.state,
    actor text DEFAULT SESSION_USER NOT NULL,
    daemon integer,
    attempt integer,
    reason text,
    code text,
    details jsonb
)
PARTITION BY RANGE (at);


--
-- Name: TABLE event; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.event IS 'Append-only audit. Read it through the view hostq.events, which adds what the stamps of the rows say.';


--
-- Name: COLUMN event.seq; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.event.seq IS 'Order of writing.';


--
-- Name: COLUMN event.at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.event.at IS 'When it happened (database clock).';


--
-- Name: COLUMN event.request_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.event.request_id IS 'Which request; null for a refused submit without an id.';


--
-- Name: COLUMN event.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.event.namespace IS 'As in request_body.';


--
-- Name: COLUMN event.type; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.event.type IS 'Verb of hostq.edges, or submit, rejected, intent, cleanup, lost, machine.';


--
-- Name: COLUMN event.from_state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.event.from_state IS 'State before, where it changed.';


--
-- Name: COLUMN event.to_state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.event.to_state IS 'State after, where it changed.';


--
-- Name: COLUMN event.actor; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.event.actor IS 'Database role that did it.';


--
-- Name: COLUMN event.daemon; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.event.daemon IS 'Epoch of the daemon that did it.';


--
-- Name: COLUMN event.attempt; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.event.attempt IS 'retry_attempt at that time.';


--
-- Name: COLUMN event.reason; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.event.reason IS 'Reason (doc/STATES.md).';


--
-- Name: COLUMN event.code; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.event.code IS 'Error code.';


--
-- Name: COLUMN event.details; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.event.details IS 'More, for programs.';


--
-- Name: event_20261125; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.event_20261125 (
    seq bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    request_id text,
    namespace text NOT NULL,
    type text NOT NULL,
    from_state hostq.state,
    to_state hostq.state,
    actor text DEFAULT SESSION_USER NOT NULL,
    daemon integer,
    attempt integer,
    reason text,
    code text,
    details jsonb
)
WITH (autovacuum_vacuum_insert_threshold='-1');


--
-- Name: event_20261126; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.event_20261126 (
    seq bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    request_id text,
    namespace text NOT NULL,
    type text NOT NULL,
    from_state hostq.state,
    to_state hostq.state,
    actor text DEFAULT SESSION_USER NOT NULL,
    daemon integer,
    attempt integer,
    reason text,
    code text,
    details jsonb
)
WITH (autovacuum_vacuum_insert_threshold='-1');


--
-- Name: event_20261127; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.event_20261127 (
    seq bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    request_id text,
    namespace text NOT NULL,
    type text NOT NULL,
    from_state hostq.state,
    to_state hostq.state,
    actor text DEFAULT SESSION_USER NOT NULL,
    daemon integer,
    attempt integer,
    reason text,
    code text,
    details jsonb
)
WITH (autovacuum_vacuum_insert_threshold='-1');


--
-- Name: event_default; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.event_default (
    seq bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    request_id text,
    namespace text NOT NULL,
    type text NOT NULL,
    from_state hostq.state,
    to_state hostq.state,
    actor text DEFAULT SESSION_USER NOT NULL,
    daemon integer,
    attempt integer,
    reason text,
    code text,
    details jsonb
)
WITH (autovacuum_vacuum_insert_threshold='-1');


--
-- Name: event_seq_seq; Type: SEQUENCE; Schema: hostq; Owner: -
--

ALTER TABLE hostq.event ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hostq.event_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: finished; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.finished (
    id bigint NOT NULL,
    finished_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease bigint,
    deadline timestamp with time zone,
    claimed_at timestamp with time zone,
    started_at timestamp with time zone,
    first_started_at timestamp with time zone,
    lane_id integer NOT NULL,
    owner integer,
    state hostq.state NOT NULL,
    retry_attempt integer NOT NULL,
    intent integer NOT NULL,
    response_status integer,
    crashes smallint NOT NULL,
    namespace text NOT NULL,
    failure_reason text,
    error_code text,
    error_message text,
    error_details jsonb,
    response_body bytea,
    note jsonb,
    CONSTRAINT finished_reason_known CHECK ((failure_reason = ANY (ARRAY['retriable_http_status'::text, 'non_retriable_http_status'::text, 'network_error'::text, 'timeout'::text, 'task_terminated'::text, 'builder_error'::text, 'deadline'::text, 'poll_deadline'::text, 'max_retries'::text, 'partial'::text, 'throttled'::text, 'capacity'::text, 'quota'::text, 'auth'::text, 'config'::text, 'unavailable'::text, 'internal'::text]))),
    CONSTRAINT finished_state_final CHECK ((state = ANY (ARRAY['completed'::hostq.state, 'failed'::hostq.state, 'timeout'::hostq.state, 'canceled'::hostq.state, 'superseded'::hostq.state]))),
    CONSTRAINT finished_state_shape CHECK (
CASE state
    WHEN 'completed'::hostq.state THEN ((claimed_at IS NOT NULL) AND (started_at IS NOT NULL) AND (failure_reason IS NULL))
    WHEN 'failed'::hostq.state THEN ((failure_reason IS NOT NULL) AND (error_message <> ''::text) AND (error_message IS NOT NULL))
    WHEN 'timeout'::hostq.state THEN ((failure_reason IS NOT NULL) AND (error_message <> ''::text) AND (error_message IS NOT NULL))
    ELSE true
END)
)
PARTITION BY RANGE (id);


--
-- Name: TABLE finished; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.finished IS 'How requests ended: appended, never updated; the primary key allows one end at a time.';


--
-- Name: COLUMN finished.id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.id IS 'Internal number.';


--
-- Name: COLUMN finished.finished_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.finished_at IS 'When it ended: completed_at, failed_at or canceled_at of the view.';


--
-- Name: COLUMN finished.lease; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.lease IS 'Fence token of the claim that ended it.';


--
-- Name: COLUMN finished.deadline; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.deadline IS 'Deadline it had.';


--
-- Name: COLUMN finished.claimed_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.claimed_at IS 'When its last claim was made.';


--
-- Name: COLUMN finished.started_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.started_at IS 'When its last claim became processing.';


--
-- Name: COLUMN finished.first_started_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.first_started_at IS 'When any claim first became processing.';


--
-- Name: COLUMN finished.lane_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.lane_id IS 'Lane it was in; a person''s retry puts it back there.';


--
-- Name: COLUMN finished.owner; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.owner IS 'Epoch of the daemon that held it.';


--
-- Name: COLUMN finished.state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.state IS 'One of the final states.';


--
-- Name: COLUMN finished.retry_attempt; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.retry_attempt IS 'Attempts that failed before the last one.';


--
-- Name: COLUMN finished.intent; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.intent IS 'Number of the last intent.';


--
-- Name: COLUMN finished.response_status; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.response_status IS 'HTTP status or exit status.';


--
-- Name: COLUMN finished.crashes; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.crashes IS 'Unannounced deaths of its daemons.';


--
-- Name: COLUMN finished.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.namespace IS 'As in request_body.';


--
-- Name: COLUMN finished.failure_reason; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.failure_reason IS 'Why it ended (doc/STATES.md); last_reason of the note is the last attempt''s.';


--
-- Name: COLUMN finished.error_code; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.error_code IS 'Code of the method calls (INSUFFICIENT_CAPACITY, ...) or the provider''s own.';


--
-- Name: COLUMN finished.error_message; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.error_message IS 'What happened, for people.';


--
-- Name: COLUMN finished.error_details; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.error_details IS 'What happened, for programs; SQLSTATE where the database refused the result.';


--
-- Name: COLUMN finished.response_body; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.response_body IS 'Result or reply.';


--
-- Name: COLUMN finished.note; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.finished.note IS 'Note of the row when it ended.';


--
-- Name: request_machines; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.request_machines (
    id bigint NOT NULL,
    machine_id bigint NOT NULL,
    request_id text NOT NULL,
    namespace text NOT NULL,
    role text DEFAULT 'return'::text NOT NULL,
    result text,
    message text,
    CONSTRAINT request_machines_result_check CHECK ((result = ANY (ARRAY['succeed'::text, 'fail'::text]))),
    CONSTRAINT request_machines_role_check CHECK ((role = 'return'::text))
);


--
-- Name: TABLE request_machines; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.request_machines IS 'Machines a return is about; a machine may be in several returns.';


--
-- Name: COLUMN request_machines.id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_machines.id IS 'Internal number of the return.';


--
-- Name: COLUMN request_machines.machine_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_machines.machine_id IS 'Machine.';


--
-- Name: COLUMN request_machines.request_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_machines.request_id IS 'The return''s id.';


--
-- Name: COLUMN request_machines.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_machines.namespace IS 'As in request_body.';


--
-- Name: COLUMN request_machines.role; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_machines.role IS 'What the request does with it.';


--
-- Name: COLUMN request_machines.result; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_machines.result IS 'Fixed when the return ended; null before.';


--
-- Name: COLUMN request_machines.message; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_machines.message IS 'Why it failed.';


--
-- Name: resources; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.resources (
    id bigint NOT NULL,
    resource_id text NOT NULL,
    request_id text NOT NULL,
    namespace text NOT NULL,
    provider_api text NOT NULL,
    account text,
    region text,
    details jsonb,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    gone_at timestamp with time zone
);


--
-- Name: TABLE resources; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.resources IS 'What was created outside for a request: fleets, groups, launch templates; of a process provision, the host it runs on.';


--
-- Name: COLUMN resources.id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.resources.id IS 'Internal number of the request.';


--
-- Name: COLUMN resources.resource_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.resources.resource_id IS 'The provider''s id.';


--
-- Name: COLUMN resources.request_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.resources.request_id IS 'Request it belongs to.';


--
-- Name: COLUMN resources.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.resources.namespace IS 'As in request_body.';


--
-- Name: COLUMN resources.provider_api; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.resources.provider_api IS 'Handler.';


--
-- Name: COLUMN resources.account; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.resources.account IS 'Provider account.';


--
-- Name: COLUMN resources.region; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.resources.region IS 'Provider region.';


--
-- Name: COLUMN resources.details; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.resources.details IS 'What its handler needs.';


--
-- Name: COLUMN resources.created_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.resources.created_at IS 'When it was stored.';


--
-- Name: COLUMN resources.gone_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.resources.gone_at IS 'When it was deleted.';


--
-- Name: request_rows; Type: VIEW; Schema: hostq; Owner: -
--

CREATE VIEW hostq.request_rows WITH (security_invoker='true') AS
 SELECT x.id,
    x.request_id,
    x.namespace,
    x.kind,
    x.queue,
    x.provider_api,
    x.template_id,
    x.template,
    x.state,
    x.priority,
    x.retry_attempt,
    x.not_before,
    x.next_poll_at,
    x.deadline,
    ((COALESCE(d.name, ''::text) || '#'::text) || x.owner) AS daemon_id,
    x.lease,
    x.created_at,
    x.first_started_at,
    x.claimed_at,
    x.started_at,
    x.updated_at,
        CASE
            WHEN (x.state = 'completed'::hostq.state) THEN x.finished_at
            ELSE NULL::timestamp with time zone
        END AS completed_at,
        CASE
            WHEN (x.state = 'failed'::hostq.state) THEN x.finished_at
            ELSE NULL::timestamp with time zone
        END AS failed_at,
        CASE
            WHEN (x.state = 'canceled'::hostq.state) THEN x.finished_at
            ELSE NULL::timestamp with time zone
        END AS canceled_at,
    x.finished_at,
    x.response_status,
    x.response_body,
    x.failure_reason,
    (x.note ->> 'last_reason'::text) AS last_reason,
    x.error_code,
    x.error_message,
    x.error_details,
        CASE
            WHEN (x.finished_at IS NULL) THEN (x.note ->> 'message'::text)
            ELSE NULL::text
        END AS message,
    ARRAY( SELECT r.resource_id
           FROM hostq.resources r
          WHERE (r.id = x.id)
          ORDER BY r.created_at, r.resource_id) AS resource_ids,
    x.machine_count,
    NULLIF((x.payload -> 'tags'::text), 'null'::jsonb) AS tags,
    NULLIF((x.payload -> 'metadata'::text), 'null'::jsonb) AS metadata,
    x.payload,
    x.policy,
    x.submitted_by,
    x.account,
    x.region,
    x.key,
    x.ordering_key,
    x.route,
    x.group_id,
    ( SELECT o.request_id
           FROM hostq.request_body o
          WHERE (o.id = x.race_of)) AS race_of,
    x.cleanup_of,
    x.intent,
    x.crashes,
    COALESCE(((x.note ->> 'poll_count'::text))::bigint, (0)::bigint) AS poll_count,
    COALESCE(((x.note ->> 'poll_errors'::text))::bigint, (0)::bigint) AS poll_errors,
    encode(sha256(convert_to((x.payload)::text, 'UTF8'::name)), 'hex'::text) AS params_hash,
    x.traceparent,
    hostq.json_word(x.state, (x.first_started_at IS NOT NULL), x.failure_reason) AS status,
        CASE x.kind
            WHEN 'provision'::text THEN ARRAY( SELECT m.instance_id
               FROM hostq.machines m
              WHERE (m.id = x.id)
              ORDER BY m.machine_id)
            WHEN 'return'::text THEN ARRAY( SELECT m.instance_id
               FROM (hostq.request_machines r
                 JOIN hostq.machines m USING (machine_id))
              WHERE (r.id = x.id)
              ORDER BY m.machine_id)
            ELSE '{}'::text[]
        END AS machine_ids
   FROM (( SELECT b.id,
            b.request_id,
            b.namespace,
            b.kind,
            b.queue,
            b.provider_api,
            b.template_id,
            b.template,
            q.state,
            b.priority,
            q.retry_attempt,
                CASE
                    WHEN ((q.state = 'pending'::hostq.state) AND (q.run_at > statement_timestamp())) THEN q.run_at
                    ELSE NULL::timestamp with time zone
                END AS not_before,
                CASE
                    WHEN (q.state = 'waiting'::hostq.state) THEN q.run_at
                    ELSE NULL::timestamp with time zone
                END AS next_poll_at,
            q.deadline,
            q.owner,
            q.lease,
            b.created_at,
            q.first_started_at,
            q.claimed_at,
            q.started_at,
            GREATEST(b.created_at, q.first_started_at, q.claimed_at, q.started_at, q.settled_at,
                CASE
                    WHEN (q.run_at <= statement_timestamp()) THEN q.run_at
                    ELSE NULL::timestamp with time zone
                END) AS updated_at,
            NULL::timestamp with time zone AS finished_at,
            NULL::integer AS response_status,
            NULL::bytea AS response_body,
            NULL::text AS failure_reason,
            NULL::text AS error_code,
            NULL::text AS error_message,
            NULL::jsonb AS error_details,
            q.note,
            b.machine_count,
            b.payload,
            b.policy,
            b.submitted_by,
            b.account,
            b.region,
            b.key,
            b.ordering_key,
            l.route,
            b.group_id,
            b.race_of,
            b.cleanup_of,
            q.intent,
            q.crashes,
            b.traceparent
           FROM ((hostq.queue q
             JOIN hostq.request_body b ON ((b.id = q.id)))
             LEFT JOIN hostq.lanes l ON ((l.base = (q.lane_id / 4))))
          WHERE (( SELECT hostq.may(NULL::text) AS may) OR (b.namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces))))
        UNION ALL
         SELECT b.id,
            b.request_id,
            b.namespace,
            b.kind,
            b.queue,
            b.provider_api,
            b.template_id,
            b.template,
            f.state,
            b.priority,
            f.retry_attempt,
            NULL::timestamp with time zone,
            NULL::timestamp with time zone,
            f.deadline,
            f.owner,
            f.lease,
            b.created_at,
            f.first_started_at,
            f.claimed_at,
            f.started_at,
            f.finished_at,
            f.finished_at,
            f.response_status,
            f.response_body,
            f.failure_reason,
            f.error_code,
            f.error_message,
            f.error_details,
            f.note,
            b.machine_count,
            b.payload,
            b.policy,
            b.submitted_by,
            b.account,
            b.region,
            b.key,
            b.ordering_key,
            l.route,
            b.group_id,
            b.race_of,
            b.cleanup_of,
            f.intent,
            f.crashes,
            b.traceparent
           FROM ((hostq.finished f
             JOIN hostq.request_body b ON ((b.id = f.id)))
             LEFT JOIN hostq.lanes l ON ((l.base = (f.lane_id / 4))))
          WHERE (( SELECT hostq.may(NULL::text) AS may) OR (b.namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces))))) x
     LEFT JOIN hostq.daemons d ON ((d.epoch = x.owner)));


--
-- Name: VIEW request_rows; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON VIEW hostq.request_rows IS 'What requests and request_overview show, with the internal number, for functions that look up by it.';


--
-- Name: COLUMN request_rows.id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.id IS 'Internal number; not shown outside.';


--
-- Name: COLUMN request_rows.request_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.request_id IS 'The id that users know. Generated ones carry id; custom ones are in hostq.ids.';


--
-- Name: COLUMN request_rows.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.namespace IS 'Provider instance or tenant; default without one.';


--
-- Name: COLUMN request_rows.kind; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.kind IS 'provision, return, watch, noop, ...';


--
-- Name: COLUMN request_rows.queue; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.queue IS 'Queue it was submitted to.';


--
-- Name: COLUMN request_rows.provider_api; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.provider_api IS 'Which handler works it (process, ...).';


--
-- Name: COLUMN request_rows.template_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.template_id IS 'Template asked for.';


--
-- Name: COLUMN request_rows.template; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.template IS 'Copy of the template at submit.';


--
-- Name: COLUMN request_rows.state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.state IS 'One of the open states.';


--
-- Name: COLUMN request_rows.priority; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.priority IS 'Class.';


--
-- Name: COLUMN request_rows.retry_attempt; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.retry_attempt IS 'Attempts that failed; the first try is 0.';


--
-- Name: COLUMN request_rows.not_before; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.not_before IS 'When a pending request may be claimed, while that is in the future.';


--
-- Name: COLUMN request_rows.next_poll_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.next_poll_at IS 'When a waiting request is looked at again.';


--
-- Name: COLUMN request_rows.deadline; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.deadline IS 'When it ends as timeout; null: never.';


--
-- Name: COLUMN request_rows.daemon_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.daemon_id IS 'Name and epoch of the daemon that holds it, or held it when it ended.';


--
-- Name: COLUMN request_rows.lease; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.lease IS 'Fence token of the claim; every later write of that claim names it.';


--
-- Name: COLUMN request_rows.created_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.created_at IS 'When it was submitted (database clock).';


--
-- Name: COLUMN request_rows.first_started_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.first_started_at IS 'When any claim first became processing.';


--
-- Name: COLUMN request_rows.claimed_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.claimed_at IS 'When this claim was made.';


--
-- Name: COLUMN request_rows.started_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.started_at IS 'When this claim became processing.';


--
-- Name: COLUMN request_rows.updated_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.updated_at IS 'Last change that its stamps tell.';


--
-- Name: COLUMN request_rows.completed_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.completed_at IS 'finished_at of a completed one.';


--
-- Name: COLUMN request_rows.failed_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.failed_at IS 'finished_at of a failed one.';


--
-- Name: COLUMN request_rows.canceled_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.canceled_at IS 'finished_at of a canceled one.';


--
-- Name: COLUMN request_rows.finished_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.finished_at IS 'When it ended: completed_at, failed_at or canceled_at of the view.';


--
-- Name: COLUMN request_rows.response_status; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.response_status IS 'HTTP status or exit status.';


--
-- Name: COLUMN request_rows.response_body; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.response_body IS 'Result or reply.';


--
-- Name: COLUMN request_rows.failure_reason; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.failure_reason IS 'Why it ended (doc/STATES.md); last_reason of the note is the last attempt''s.';


--
-- Name: COLUMN request_rows.last_reason; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.last_reason IS 'Reason of the last failed attempt.';


--
-- Name: COLUMN request_rows.error_code; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.error_code IS 'Code of the method calls (INSUFFICIENT_CAPACITY, ...) or the provider''s own.';


--
-- Name: COLUMN request_rows.error_message; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.error_message IS 'What happened, for people.';


--
-- Name: COLUMN request_rows.error_details; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.error_details IS 'What happened, for programs; SQLSTATE where the database refused the result.';


--
-- Name: COLUMN request_rows.message; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.message IS 'Of an open request: the provider''s last message.';


--
-- Name: COLUMN request_rows.resource_ids; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.resource_ids IS 'What was created outside for it.';


--
-- Name: COLUMN request_rows.machine_count; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.machine_count IS 'Units asked for; of a return: number of machines.';


--
-- Name: COLUMN request_rows.tags; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.tags IS 'Tags as given.';


--
-- Name: COLUMN request_rows.metadata; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.metadata IS 'Metadata as given.';


--
-- Name: COLUMN request_rows.payload; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.payload IS 'All parameters as given, tags and metadata among them, without requestId.';


--
-- Name: COLUMN request_rows.policy; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.policy IS 'Retry settings of its own, under their names.';


--
-- Name: COLUMN request_rows.submitted_by; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.submitted_by IS 'Database role that submitted it.';


--
-- Name: COLUMN request_rows.account; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.account IS 'Provider account.';


--
-- Name: COLUMN request_rows.region; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.region IS 'Provider region.';


--
-- Name: COLUMN request_rows.key; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.key IS 'Concurrency key.';


--
-- Name: COLUMN request_rows.ordering_key; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.ordering_key IS 'Requests of one ordering key run one at a time, in order.';


--
-- Name: COLUMN request_rows.route; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.route IS 'What a daemon must announce to claim it; null: any daemon.';


--
-- Name: COLUMN request_rows.group_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.group_id IS 'Batch it belongs to.';


--
-- Name: COLUMN request_rows.race_of; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.race_of IS 'request_id of the request it races.';


--
-- Name: COLUMN request_rows.cleanup_of; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.cleanup_of IS 'request_id of the ended request whose machines this return removes.';


--
-- Name: COLUMN request_rows.intent; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.intent IS 'Number of the last intent.';


--
-- Name: COLUMN request_rows.crashes; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.crashes IS 'Unannounced deaths of its daemons.';


--
-- Name: COLUMN request_rows.poll_count; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.poll_count IS 'Polls that found it still going on.';


--
-- Name: COLUMN request_rows.poll_errors; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.poll_errors IS 'Polls that failed.';


--
-- Name: COLUMN request_rows.params_hash; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.params_hash IS 'SHA-256 of the payload.';


--
-- Name: COLUMN request_rows.traceparent; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.traceparent IS 'W3C trace context of the submitter.';


--
-- Name: COLUMN request_rows.status; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.status IS 'JSON word of the state.';


--
-- Name: COLUMN request_rows.machine_ids; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_rows.machine_ids IS 'instance_id of its machines; of a return: of those it is about.';


--
-- Name: stamp_events; Type: VIEW; Schema: hostq; Owner: -
--

CREATE VIEW hostq.stamp_events WITH (security_invoker='true') AS
 SELECT r.id,
    r.request_id,
    v.at,
    v.rank,
    r.namespace,
    v.type,
    v.from_state,
    v.to_state,
        CASE
            WHEN (v.rank = 0) THEN r.submitted_by
            ELSE NULL::text
        END AS actor,
        CASE
            WHEN (v.rank > 0) THEN r.daemon_id
            ELSE NULL::text
        END AS daemon_id,
        CASE
            WHEN (v.rank > 0) THEN r.retry_attempt
            ELSE NULL::integer
        END AS attempt,
        CASE
            WHEN (v.rank = 3) THEN r.failure_reason
            ELSE NULL::text
        END AS reason,
        CASE
            WHEN (v.rank = 3) THEN r.error_code
            ELSE NULL::text
        END AS code
   FROM (hostq.request_rows r
     CROSS JOIN LATERAL ( VALUES (r.created_at,0,'submit'::text,NULL::hostq.state,'pending'::hostq.state), (
                CASE
                    WHEN (r.daemon_id IS NOT NULL) THEN r.claimed_at
                    ELSE NULL::timestamp with time zone
                END,1,'claim'::text,'pending'::hostq.state,'claimed'::hostq.state), (
                CASE
                    WHEN (r.daemon_id IS NOT NULL) THEN r.started_at
                    ELSE NULL::timestamp with time zone
                END,2,'start'::text,'claimed'::hostq.state,'processing'::hostq.state), (r.finished_at,3,
                CASE r.state
                    WHEN 'completed'::hostq.state THEN 'complete'::text
                    WHEN 'failed'::hostq.state THEN 'fail'::text
                    WHEN 'timeout'::hostq.state THEN 'timeout'::text
                    WHEN 'canceled'::hostq.state THEN 'cancel'::text
                    ELSE 'supersede'::text
                END,
                CASE
                    WHEN (r.started_at IS NOT NULL) THEN 'processing'::hostq.state
                    WHEN (r.claimed_at IS NOT NULL) THEN 'claimed'::hostq.state
                    ELSE 'pending'::hostq.state
                END,r.state)) v(at, rank, type, from_state, to_state))
  WHERE ((v.at IS NOT NULL) AND (NOT (EXISTS ( SELECT
           FROM hostq.event e
          WHERE ((e.request_id = r.request_id) AND (((v.rank = 0) AND (e.type = 'submit'::text)) OR ((v.rank = ANY (ARRAY[1, 2])) AND (e.type = v.type) AND ((e.at >= (v.at - '00:00:05'::interval)) AND (e.at <= (v.at + '00:00:05'::interval)))) OR ((v.rank = 3) AND (e.to_state = v.to_state) AND ((e.at >= (v.at - '00:00:05'::interval)) AND (e.at <= (v.at + '00:00:05'::interval))))))))));


--
-- Name: VIEW stamp_events; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON VIEW hostq.stamp_events IS 'Steps of requests that only their stamps tell (queues with audit = stamps).';


--
-- Name: events; Type: VIEW; Schema: hostq; Owner: -
--

CREATE VIEW hostq.events WITH (security_invoker='true') AS
 SELECT e.at,
    e.request_id,
    e.namespace,
    e.type,
    e.from_state,
    e.to_state,
    e.actor,
    ((COALESCE(d.name, ''::text) || '#'::text) || e.daemon) AS daemon_id,
    e.attempt,
    e.reason,
    e.code,
    e.details,
    e.seq
   FROM (hostq.event e
     LEFT JOIN hostq.daemons d ON ((d.epoch = e.daemon)))
  WHERE (( SELECT hostq.may(NULL::text) AS may) OR (e.namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces))))
UNION ALL
 SELECT stamp_events.at,
    stamp_events.request_id,
    stamp_events.namespace,
    stamp_events.type,
    stamp_events.from_state,
    stamp_events.to_state,
    stamp_events.actor,
    stamp_events.daemon_id,
    stamp_events.attempt,
    stamp_events.reason,
    stamp_events.code,
    NULL::jsonb AS details,
    NULL::bigint AS seq
   FROM hostq.stamp_events;


--
-- Name: VIEW events; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON VIEW hostq.events IS 'The audit: stored events and those that the stamps of the rows tell (seq null). Order by at, seq.';


--
-- Name: COLUMN events.at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.events.at IS 'When it happened (database clock).';


--
-- Name: COLUMN events.request_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.events.request_id IS 'Which request; null for a refused submit without an id.';


--
-- Name: COLUMN events.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.events.namespace IS 'As in request_body.';


--
-- Name: COLUMN events.type; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.events.type IS 'Verb of hostq.edges, or submit, rejected, ended, intent, cleanup, lost, machine, setting, pause, resume.';


--
-- Name: COLUMN events.from_state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.events.from_state IS 'State before, where it changed.';


--
-- Name: COLUMN events.to_state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.events.to_state IS 'State after, where it changed.';


--
-- Name: COLUMN events.actor; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.events.actor IS 'Database role that did it.';


--
-- Name: COLUMN events.daemon_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.events.daemon_id IS 'Daemon that did it: its name and epoch.';


--
-- Name: COLUMN events.attempt; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.events.attempt IS 'retry_attempt at that time.';


--
-- Name: COLUMN events.reason; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.events.reason IS 'Reason (doc/STATES.md).';


--
-- Name: COLUMN events.code; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.events.code IS 'Error code.';


--
-- Name: COLUMN events.details; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.events.details IS 'More, for programs.';


--
-- Name: COLUMN events.seq; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.events.seq IS 'Order of writing.';


--
-- Name: failures_by_reason; Type: VIEW; Schema: hostq; Owner: -
--

CREATE VIEW hostq.failures_by_reason WITH (security_invoker='true') AS
 SELECT request_rows.namespace,
    request_rows.kind,
    request_rows.provider_api,
    request_rows.failure_reason,
    request_rows.last_reason,
    request_rows.error_code,
    count(*) AS failures,
    count(*) FILTER (WHERE (request_rows.finished_at > (statement_timestamp() - '24:00:00'::interval))) AS failures_24h,
    min(request_rows.finished_at) AS first_at,
    max(request_rows.finished_at) AS last_at,
    (array_agg(request_rows.request_id ORDER BY request_rows.finished_at DESC))[1] AS last_request_id,
    (array_agg(request_rows.error_message ORDER BY request_rows.finished_at DESC))[1] AS last_error
   FROM hostq.request_rows
  WHERE (request_rows.state = ANY (ARRAY['failed'::hostq.state, 'timeout'::hostq.state]))
  GROUP BY request_rows.namespace, request_rows.kind, request_rows.provider_api, request_rows.failure_reason, request_rows.last_reason, request_rows.error_code;


--
-- Name: VIEW failures_by_reason; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON VIEW hostq.failures_by_reason IS 'Requests that ended failed or timeout and that nobody has retried, by reason.';


--
-- Name: COLUMN failures_by_reason.failure_reason; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.failures_by_reason.failure_reason IS 'Why they ended (max_retries or deadline where a retry was refused).';


--
-- Name: COLUMN failures_by_reason.last_reason; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.failures_by_reason.last_reason IS 'What went wrong at the last attempt.';


--
-- Name: COLUMN failures_by_reason.failures_24h; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.failures_by_reason.failures_24h IS 'Of these, in the last 24 hours.';


--
-- Name: finished_0; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.finished_0 (
    id bigint NOT NULL,
    finished_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease bigint,
    deadline timestamp with time zone,
    claimed_at timestamp with time zone,
    started_at timestamp with time zone,
    first_started_at timestamp with time zone,
    lane_id integer NOT NULL,
    owner integer,
    state hostq.state NOT NULL,
    retry_attempt integer NOT NULL,
    intent integer NOT NULL,
    response_status integer,
    crashes smallint NOT NULL,
    namespace text NOT NULL,
    failure_reason text,
    error_code text,
    error_message text,
    error_details jsonb,
    response_body bytea,
    note jsonb,
    CONSTRAINT finished_reason_known CHECK ((failure_reason = ANY (ARRAY['retriable_http_status'::text, 'non_retriable_http_status'::text, 'network_error'::text, 'timeout'::text, 'task_terminated'::text, 'builder_error'::text, 'deadline'::text, 'poll_deadline'::text, 'max_retries'::text, 'partial'::text, 'throttled'::text, 'capacity'::text, 'quota'::text, 'auth'::text, 'config'::text, 'unavailable'::text, 'internal'::text]))),
    CONSTRAINT finished_state_final CHECK ((state = ANY (ARRAY['completed'::hostq.state, 'failed'::hostq.state, 'timeout'::hostq.state, 'canceled'::hostq.state, 'superseded'::hostq.state]))),
    CONSTRAINT finished_state_shape CHECK (
CASE state
    WHEN 'completed'::hostq.state THEN ((claimed_at IS NOT NULL) AND (started_at IS NOT NULL) AND (failure_reason IS NULL))
    WHEN 'failed'::hostq.state THEN ((failure_reason IS NOT NULL) AND (error_message <> ''::text) AND (error_message IS NOT NULL))
    WHEN 'timeout'::hostq.state THEN ((failure_reason IS NOT NULL) AND (error_message <> ''::text) AND (error_message IS NOT NULL))
    ELSE true
END)
)
WITH (autovacuum_vacuum_insert_threshold='-1');


--
-- Name: finished_1; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.finished_1 (
    id bigint NOT NULL,
    finished_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease bigint,
    deadline timestamp with time zone,
    claimed_at timestamp with time zone,
    started_at timestamp with time zone,
    first_started_at timestamp with time zone,
    lane_id integer NOT NULL,
    owner integer,
    state hostq.state NOT NULL,
    retry_attempt integer NOT NULL,
    intent integer NOT NULL,
    response_status integer,
    crashes smallint NOT NULL,
    namespace text NOT NULL,
    failure_reason text,
    error_code text,
    error_message text,
    error_details jsonb,
    response_body bytea,
    note jsonb,
    CONSTRAINT finished_reason_known CHECK ((failure_reason = ANY (ARRAY['retriable_http_status'::text, 'non_retriable_http_status'::text, 'network_error'::text, 'timeout'::text, 'task_terminated'::text, 'builder_error'::text, 'deadline'::text, 'poll_deadline'::text, 'max_retries'::text, 'partial'::text, 'throttled'::text, 'capacity'::text, 'quota'::text, 'auth'::text, 'config'::text, 'unavailable'::text, 'internal'::text]))),
    CONSTRAINT finished_state_final CHECK ((state = ANY (ARRAY['completed'::hostq.state, 'failed'::hostq.state, 'timeout'::hostq.state, 'canceled'::hostq.state, 'superseded'::hostq.state]))),
    CONSTRAINT finished_state_shape CHECK (
CASE state
    WHEN 'completed'::hostq.state THEN ((claimed_at IS NOT NULL) AND (started_at IS NOT NULL) AND (failure_reason IS NULL))
    WHEN 'failed'::hostq.state THEN ((failure_reason IS NOT NULL) AND (error_message <> ''::text) AND (error_message IS NOT NULL))
    WHEN 'timeout'::hostq.state THEN ((failure_reason IS NOT NULL) AND (error_message <> ''::text) AND (error_message IS NOT NULL))
    ELSE true
END)
)
WITH (autovacuum_vacuum_insert_threshold='-1');


--
-- Name: finished_default; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.finished_default (
    id bigint NOT NULL,
    finished_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease bigint,
    deadline timestamp with time zone,
    claimed_at timestamp with time zone,
    started_at timestamp with time zone,
    first_started_at timestamp with time zone,
    lane_id integer NOT NULL,
    owner integer,
    state hostq.state NOT NULL,
    retry_attempt integer NOT NULL,
    intent integer NOT NULL,
    response_status integer,
    crashes smallint NOT NULL,
    namespace text NOT NULL,
    failure_reason text,
    error_code text,
    error_message text,
    error_details jsonb,
    response_body bytea,
    note jsonb,
    CONSTRAINT finished_reason_known CHECK ((failure_reason = ANY (ARRAY['retriable_http_status'::text, 'non_retriable_http_status'::text, 'network_error'::text, 'timeout'::text, 'task_terminated'::text, 'builder_error'::text, 'deadline'::text, 'poll_deadline'::text, 'max_retries'::text, 'partial'::text, 'throttled'::text, 'capacity'::text, 'quota'::text, 'auth'::text, 'config'::text, 'unavailable'::text, 'internal'::text]))),
    CONSTRAINT finished_state_final CHECK ((state = ANY (ARRAY['completed'::hostq.state, 'failed'::hostq.state, 'timeout'::hostq.state, 'canceled'::hostq.state, 'superseded'::hostq.state]))),
    CONSTRAINT finished_state_shape CHECK (
CASE state
    WHEN 'completed'::hostq.state THEN ((claimed_at IS NOT NULL) AND (started_at IS NOT NULL) AND (failure_reason IS NULL))
    WHEN 'failed'::hostq.state THEN ((failure_reason IS NOT NULL) AND (error_message <> ''::text) AND (error_message IS NOT NULL))
    WHEN 'timeout'::hostq.state THEN ((failure_reason IS NOT NULL) AND (error_message <> ''::text) AND (error_message IS NOT NULL))
    ELSE true
END)
)
WITH (autovacuum_vacuum_insert_threshold='-1');


--
-- Name: groups; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.groups (
    group_id bigint NOT NULL,
    namespace text DEFAULT 'default'::text NOT NULL,
    name text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    canceled_at timestamp with time zone
);


--
-- Name: TABLE groups; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.groups IS 'Batches of requests.';


--
-- Name: COLUMN groups.group_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.groups.group_id IS 'Number of the batch.';


--
-- Name: COLUMN groups.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.groups.namespace IS 'As in request_body.';


--
-- Name: COLUMN groups.name; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.groups.name IS 'Name given by the submitter.';


--
-- Name: COLUMN groups.created_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.groups.created_at IS 'When it was made.';


--
-- Name: COLUMN groups.canceled_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.groups.canceled_at IS 'When it was canceled.';


--
-- Name: groups_group_id_seq; Type: SEQUENCE; Schema: hostq; Owner: -
--

ALTER TABLE hostq.groups ALTER COLUMN group_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hostq.groups_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: ids; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.ids (
    request_id text NOT NULL,
    id bigint NOT NULL,
    created timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: TABLE ids; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.ids IS 'Ids chosen by callers, kept as long as the queue''s retention.';


--
-- Name: COLUMN ids.request_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.ids.request_id IS 'The id.';


--
-- Name: COLUMN ids.id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.ids.id IS 'Internal number of the request.';


--
-- Name: COLUMN ids.created; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.ids.created IS 'When it was first used.';


--
-- Name: instances; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.instances (
    instance_id text NOT NULL,
    namespace text DEFAULT 'default'::text NOT NULL,
    name text NOT NULL,
    description text,
    platform text NOT NULL,
    config jsonb NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    status text DEFAULT 'Created'::text NOT NULL,
    runtime jsonb,
    host text,
    boot_id text
);


--
-- Name: TABLE instances; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.instances IS 'Instances that commands create, start, stop, restart and delete.';


--
-- Name: COLUMN instances.instance_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.instances.instance_id IS 'Id.';


--
-- Name: COLUMN instances.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.instances.namespace IS 'As in request_body.';


--
-- Name: COLUMN instances.name; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.instances.name IS 'Name.';


--
-- Name: COLUMN instances.description; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.instances.description IS 'Description.';


--
-- Name: COLUMN instances.platform; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.instances.platform IS 'process, docker, aks, ...';


--
-- Name: COLUMN instances.config; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.instances.config IS 'Configuration.';


--
-- Name: COLUMN instances.version; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.instances.version IS 'Counts changes of the configuration.';


--
-- Name: COLUMN instances.status; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.instances.status IS 'What it is doing.';


--
-- Name: COLUMN instances.runtime; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.instances.runtime IS 'Runtime information of the platform.';


--
-- Name: COLUMN instances.host; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.instances.host IS 'Host it lives on.';


--
-- Name: COLUMN instances.boot_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.instances.boot_id IS 'Boot of that host.';


--
-- Name: intents; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.intents (
    id bigint NOT NULL,
    token text NOT NULL,
    body jsonb NOT NULL,
    lease bigint NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: TABLE intents; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.intents IS 'Calls that create something outside and have no definite answer yet: committed before the call, removed when settled. Only hostq_daemon reads it (user data may hold secrets).';


--
-- Name: COLUMN intents.id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.intents.id IS 'Internal number of the request.';


--
-- Name: COLUMN intents.token; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.intents.token IS 'Idempotency token.';


--
-- Name: COLUMN intents.body; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.intents.body IS 'What is sent, replayed unchanged while the intent is open.';


--
-- Name: COLUMN intents.lease; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.intents.lease IS 'Claim that committed it.';


--
-- Name: COLUMN intents.created_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.intents.created_at IS 'When it was committed.';


--
-- Name: keys; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.keys (
    key text NOT NULL,
    max_running integer,
    rate_per_s double precision,
    CONSTRAINT keys_max_running_check CHECK ((max_running >= 0)),
    CONSTRAINT keys_rate_per_s_check CHECK ((rate_per_s > (0)::double precision))
);


--
-- Name: TABLE keys; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.keys IS 'Limits per key.';


--
-- Name: COLUMN keys.key; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.keys.key IS 'Key that requests carry.';


--
-- Name: COLUMN keys.max_running; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.keys.max_running IS 'Most requests of the key worked at a time.';


--
-- Name: COLUMN keys.rate_per_s; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.keys.rate_per_s IS 'Most starts per second.';


--
-- Name: lanes_base_seq; Type: SEQUENCE; Schema: hostq; Owner: -
--

ALTER TABLE hostq.lanes ALTER COLUMN base ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hostq.lanes_base_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: machine_overview; Type: VIEW; Schema: hostq; Owner: -
--

CREATE VIEW hostq.machine_overview WITH (security_invoker='true') AS
 SELECT m.instance_id,
    COALESCE(m.name, m.instance_id) AS name,
    m.namespace,
    m.request_id,
    m.template_id,
    m.provider_api,
    m.status,
    hostq.machine_result('provision'::text, m.result, m.status, m.name, m.private_ip) AS result,
    m.resource_id,
    m.private_ip,
    m.public_ip,
    m.private_dns,
    m.instance_type,
    m.availability_zone,
    m.host,
    m.launch_time,
    (COALESCE(m.ended_at, statement_timestamp()) - COALESCE(m.launch_time, m.first_seen)) AS age,
    m.price_type,
    m.units,
    m.account,
    m.region,
    m.tags,
    m.message,
    m.first_seen,
    m.last_seen,
    m.ended_at,
    m.taken_at,
    m.given_back_at,
    m.grace_until,
    m.details,
    ARRAY( SELECT r.request_id
           FROM hostq.request_machines r
          WHERE (r.machine_id = m.machine_id)
          ORDER BY r.id) AS return_ids
   FROM hostq.machines m
  WHERE (( SELECT hostq.may(NULL::text) AS may) OR (m.namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces))));


--
-- Name: VIEW machine_overview; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON VIEW hostq.machine_overview IS 'Every machine, living or gone, with the returns that are or were about it.';


--
-- Name: COLUMN machine_overview.instance_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.instance_id IS 'The provider''s id; machineId of the scripts.';


--
-- Name: COLUMN machine_overview.name; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.name IS 'Host name in the cluster; fixed after succeed.';


--
-- Name: COLUMN machine_overview.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.namespace IS 'As in request_body.';


--
-- Name: COLUMN machine_overview.request_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.request_id IS 'Request that made it.';


--
-- Name: COLUMN machine_overview.template_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.template_id IS 'Template it was made from.';


--
-- Name: COLUMN machine_overview.provider_api; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.provider_api IS 'Handler that made it.';


--
-- Name: COLUMN machine_overview.status; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.status IS 'The provider''s word: pending running stopping stopped shutting-down terminated.';


--
-- Name: COLUMN machine_overview.result; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.result IS 'Result told by getRequestStatus, fixed when its request ended; null before.';


--
-- Name: COLUMN machine_overview.resource_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.resource_id IS 'Fleet, group or call it came from.';


--
-- Name: COLUMN machine_overview.private_ip; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.private_ip IS 'Private address.';


--
-- Name: COLUMN machine_overview.public_ip; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.public_ip IS 'Public address.';


--
-- Name: COLUMN machine_overview.private_dns; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.private_dns IS 'Private DNS name.';


--
-- Name: COLUMN machine_overview.instance_type; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.instance_type IS 'Type.';


--
-- Name: COLUMN machine_overview.availability_zone; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.availability_zone IS 'Zone; of a process: the host.';


--
-- Name: COLUMN machine_overview.host; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.host IS 'Host of a process.';


--
-- Name: COLUMN machine_overview.launch_time; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.launch_time IS 'When the provider started it.';


--
-- Name: COLUMN machine_overview.price_type; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.price_type IS 'ondemand or spot.';


--
-- Name: COLUMN machine_overview.units; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.units IS 'Units it counts for.';


--
-- Name: COLUMN machine_overview.account; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.account IS 'Provider account.';


--
-- Name: COLUMN machine_overview.region; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.region IS 'Provider region.';


--
-- Name: COLUMN machine_overview.tags; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.tags IS 'Tags it carries.';


--
-- Name: COLUMN machine_overview.message; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.message IS 'Trouble with it, for people.';


--
-- Name: COLUMN machine_overview.first_seen; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.first_seen IS 'When it was first stored.';


--
-- Name: COLUMN machine_overview.last_seen; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.last_seen IS 'When a change of it was last stored.';


--
-- Name: COLUMN machine_overview.ended_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.ended_at IS 'When it was found terminated.';


--
-- Name: COLUMN machine_overview.taken_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.taken_at IS 'When the provider took it, without a return asked by the caller.';


--
-- Name: COLUMN machine_overview.given_back_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.given_back_at IS 'When the caller returned a taken machine.';


--
-- Name: COLUMN machine_overview.grace_until; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.grace_until IS 'Until when a machine that is being taken lives.';


--
-- Name: COLUMN machine_overview.details; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.machine_overview.details IS 'What its handler needs: pid and start_time of a process.';


--
-- Name: machines_machine_id_seq; Type: SEQUENCE; Schema: hostq; Owner: -
--

ALTER TABLE hostq.machines ALTER COLUMN machine_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hostq.machines_machine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: performance; Type: VIEW; Schema: hostq; Owner: -
--

CREATE VIEW hostq.performance WITH (security_invoker='true') AS
 SELECT request_rows.namespace,
    request_rows.kind,
    count(*) AS ended,
    count(*) FILTER (WHERE (request_rows.state = 'completed'::hostq.state)) AS completed,
    count(*) FILTER (WHERE (request_rows.state = 'failed'::hostq.state)) AS failed,
    count(*) FILTER (WHERE (request_rows.state = 'timeout'::hostq.state)) AS timed_out,
    count(*) FILTER (WHERE (request_rows.state = 'canceled'::hostq.state)) AS canceled,
    round(((count(*) FILTER (WHERE (request_rows.state = 'completed'::hostq.state)))::numeric / (NULLIF(count(*) FILTER (WHERE (request_rows.state = ANY (ARRAY['completed'::hostq.state, 'failed'::hostq.state, 'timeout'::hostq.state]))), 0))::numeric), 4) AS success_rate,
    avg((request_rows.finished_at - request_rows.created_at)) AS average_duration,
    percentile_disc((0.5)::double precision) WITHIN GROUP (ORDER BY (request_rows.finished_at - request_rows.created_at)) AS p50_duration,
    percentile_disc((0.95)::double precision) WITHIN GROUP (ORDER BY (request_rows.finished_at - request_rows.created_at)) AS p95_duration,
    avg((request_rows.first_started_at - request_rows.created_at)) AS average_wait,
    round(avg(request_rows.retry_attempt), 3) AS average_retries,
    sum(request_rows.crashes) AS crashes
   FROM hostq.request_rows
  WHERE ((request_rows.state = ANY (ARRAY['completed'::hostq.state, 'failed'::hostq.state, 'timeout'::hostq.state, 'canceled'::hostq.state, 'superseded'::hostq.state])) AND (request_rows.finished_at > (statement_timestamp() - '24:00:00'::interval)))
  GROUP BY request_rows.namespace, request_rows.kind;


--
-- Name: VIEW performance; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON VIEW hostq.performance IS 'Requests that ended in the last 24 hours, by namespace and kind.';


--
-- Name: COLUMN performance.success_rate; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.performance.success_rate IS 'completed / (completed + failed + timed_out).';


--
-- Name: COLUMN performance.average_duration; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.performance.average_duration IS 'From submit to end.';


--
-- Name: COLUMN performance.average_wait; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.performance.average_wait IS 'From submit to the first start.';


--
-- Name: providers; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.providers (
    namespace text NOT NULL,
    files_hash text NOT NULL,
    config jsonb DEFAULT '{}'::jsonb NOT NULL,
    message text DEFAULT ''::text NOT NULL,
    stored_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: TABLE providers; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.providers IS 'Provider instances: which template and config files are in force.';


--
-- Name: COLUMN providers.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.providers.namespace IS 'HF_PROVIDER_NAME.';


--
-- Name: COLUMN providers.files_hash; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.providers.files_hash IS 'SHA-256 over the files; another one makes the next script call store them anew.';


--
-- Name: COLUMN providers.config; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.providers.config IS 'The config file.';


--
-- Name: COLUMN providers.message; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.providers.message IS 'Templates that were left out and why.';


--
-- Name: COLUMN providers.stored_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.providers.stored_at IS 'When it was stored.';


--
-- Name: queue_status; Type: VIEW; Schema: hostq; Owner: -
--

CREATE VIEW hostq.queue_status AS
SELECT
    NULL::text AS queue,
    NULL::text AS kind,
    NULL::boolean AS paused,
    NULL::bigint AS pending,
    NULL::bigint AS claimed,
    NULL::bigint AS processing,
    NULL::bigint AS waiting,
    NULL::bigint AS delayed,
    NULL::bigint AS ready,
    NULL::bigint AS crashed,
    NULL::interval AS oldest_ready,
    NULL::text AS audit,
    NULL::text AS results;


--
-- Name: VIEW queue_status; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON VIEW hostq.queue_status IS 'Open requests per queue and state.';


--
-- Name: COLUMN queue_status.kind; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue_status.kind IS 'Only requests of this kind; null: any.';


--
-- Name: COLUMN queue_status.paused; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue_status.paused IS 'True: nothing is claimed from it.';


--
-- Name: COLUMN queue_status.pending; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue_status.pending IS 'Not claimed, delayed ones included: the backlog.';


--
-- Name: COLUMN queue_status.delayed; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue_status.delayed IS 'Of the pending ones, those not due yet.';


--
-- Name: COLUMN queue_status.ready; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue_status.ready IS 'Pending or waiting, and due: could be claimed now.';


--
-- Name: COLUMN queue_status.crashed; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue_status.crashed IS 'Open requests during whose work a daemon died.';


--
-- Name: COLUMN queue_status.oldest_ready; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue_status.oldest_ready IS 'How long the oldest of the ready ones has been due.';


--
-- Name: COLUMN queue_status.audit; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue_status.audit IS 'full: each step is an event; stamps: what the row''s own times say is not stored twice (a retry always is).';


--
-- Name: COLUMN queue_status.results; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queue_status.results IS 'consume: an ended request leaves a row in hostq.results.';


--
-- Name: queues; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.queues (
    name text NOT NULL,
    kind text,
    paused boolean DEFAULT false NOT NULL,
    max_retries integer,
    stop_before_deadline_ms bigint,
    backoff_ms bigint DEFAULT 1000 NOT NULL,
    backoff_factor double precision DEFAULT 2 NOT NULL,
    max_backoff_ms bigint DEFAULT 60000 NOT NULL,
    timeout_s integer,
    audit text DEFAULT 'full'::text NOT NULL,
    results text DEFAULT 'none'::text NOT NULL,
    retention_s bigint DEFAULT 2592000 NOT NULL,
    CONSTRAINT queues_audit_check CHECK ((audit = ANY (ARRAY['full'::text, 'stamps'::text]))),
    CONSTRAINT queues_backoff_factor_check CHECK ((backoff_factor >= (1)::double precision)),
    CONSTRAINT queues_backoff_ms_check CHECK ((backoff_ms >= 0)),
    CONSTRAINT queues_max_backoff_ms_check CHECK ((max_backoff_ms >= 0)),
    CONSTRAINT queues_max_retries_check CHECK ((max_retries >= 0)),
    CONSTRAINT queues_results_check CHECK ((results = ANY (ARRAY['none'::text, 'consume'::text]))),
    CONSTRAINT queues_retention_s_check CHECK ((retention_s > 0)),
    CONSTRAINT queues_timeout_s_check CHECK ((timeout_s > 0))
);


--
-- Name: TABLE queues; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.queues IS 'Named queues and their policy; a request may override the retry settings.';


--
-- Name: COLUMN queues.name; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queues.name IS 'Name of the queue.';


--
-- Name: COLUMN queues.kind; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queues.kind IS 'Only requests of this kind; null: any.';


--
-- Name: COLUMN queues.paused; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queues.paused IS 'True: nothing is claimed from it.';


--
-- Name: COLUMN queues.max_retries; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queues.max_retries IS 'Retries after the first try; null: no cap.';


--
-- Name: COLUMN queues.stop_before_deadline_ms; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queues.stop_before_deadline_ms IS 'A retry must start this many ms before the deadline; null: the deadline itself; may be negative.';


--
-- Name: COLUMN queues.backoff_ms; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queues.backoff_ms IS 'Delay before the first retry, ms.';


--
-- Name: COLUMN queues.backoff_factor; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queues.backoff_factor IS 'Each later delay is this many times the one before.';


--
-- Name: COLUMN queues.max_backoff_ms; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queues.max_backoff_ms IS 'Longest delay, ms.';


--
-- Name: COLUMN queues.timeout_s; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queues.timeout_s IS 'Deadline of a request that names none, seconds after submit; null: none.';


--
-- Name: COLUMN queues.audit; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queues.audit IS 'full: each step is an event; stamps: what the row''s own times say is not stored twice (a retry always is).';


--
-- Name: COLUMN queues.results; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queues.results IS 'consume: an ended request leaves a row in hostq.results.';


--
-- Name: COLUMN queues.retention_s; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.queues.retention_s IS 'How long an ended request is kept, seconds.';


--
-- Name: request_body_0; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.request_body_0 (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    request_id text NOT NULL,
    namespace text NOT NULL,
    kind text NOT NULL,
    queue text NOT NULL,
    priority hostq.priority NOT NULL,
    provider_api text,
    template_id text,
    template jsonb,
    machine_count integer,
    timeout interval,
    payload jsonb NOT NULL,
    policy jsonb,
    submitted_by text NOT NULL,
    account text,
    region text,
    key text,
    ordering_key text,
    group_id bigint,
    race_of bigint,
    cleanup_of text,
    traceparent text
)
WITH (autovacuum_vacuum_insert_threshold='-1');


--
-- Name: request_body_1; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.request_body_1 (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    request_id text NOT NULL,
    namespace text NOT NULL,
    kind text NOT NULL,
    queue text NOT NULL,
    priority hostq.priority NOT NULL,
    provider_api text,
    template_id text,
    template jsonb,
    machine_count integer,
    timeout interval,
    payload jsonb NOT NULL,
    policy jsonb,
    submitted_by text NOT NULL,
    account text,
    region text,
    key text,
    ordering_key text,
    group_id bigint,
    race_of bigint,
    cleanup_of text,
    traceparent text
)
WITH (autovacuum_vacuum_insert_threshold='-1');


--
-- Name: request_body_default; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.request_body_default (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    request_id text NOT NULL,
    namespace text NOT NULL,
    kind text NOT NULL,
    queue text NOT NULL,
    priority hostq.priority NOT NULL,
    provider_api text,
    template_id text,
    template jsonb,
    machine_count integer,
    timeout interval,
    payload jsonb NOT NULL,
    policy jsonb,
    submitted_by text NOT NULL,
    account text,
    region text,
    key text,
    ordering_key text,
    group_id bigint,
    race_of bigint,
    cleanup_of text,
    traceparent text
)
WITH (autovacuum_vacuum_insert_threshold='-1');


--
-- Name: request_overview; Type: VIEW; Schema: hostq; Owner: -
--

CREATE VIEW hostq.request_overview WITH (security_invoker='true') AS
 SELECT request_rows.request_id,
    request_rows.status,
    request_rows.namespace,
    request_rows.kind,
    request_rows.queue,
    request_rows.provider_api,
    request_rows.template_id,
    request_rows.template,
    request_rows.state,
    request_rows.priority,
    request_rows.retry_attempt,
    request_rows.not_before,
    request_rows.next_poll_at,
    request_rows.deadline,
    request_rows.daemon_id,
    request_rows.lease,
    request_rows.created_at,
    request_rows.first_started_at,
    request_rows.claimed_at,
    request_rows.started_at,
    request_rows.updated_at,
    request_rows.completed_at,
    request_rows.failed_at,
    request_rows.canceled_at,
    request_rows.finished_at,
    request_rows.response_status,
    request_rows.response_body,
    request_rows.failure_reason,
    request_rows.last_reason,
    request_rows.error_code,
    request_rows.error_message,
    request_rows.error_details,
    request_rows.message,
    request_rows.resource_ids,
    request_rows.machine_ids,
    request_rows.machine_count,
    request_rows.tags,
    request_rows.metadata,
    request_rows.payload,
    request_rows.policy,
    request_rows.submitted_by,
    request_rows.account,
    request_rows.region,
    request_rows.key,
    request_rows.ordering_key,
    request_rows.route,
    request_rows.group_id,
    request_rows.race_of,
    request_rows.cleanup_of,
    request_rows.intent,
    request_rows.crashes,
    request_rows.poll_count,
    request_rows.poll_errors,
    request_rows.params_hash,
    request_rows.traceparent
   FROM hostq.request_rows;


--
-- Name: VIEW request_overview; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON VIEW hostq.request_overview IS 'Every request with the JSON word of its state and the ids of its machines.';


--
-- Name: COLUMN request_overview.request_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.request_id IS 'The id that users know. Generated ones carry id; custom ones are in hostq.ids.';


--
-- Name: COLUMN request_overview.status; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.status IS 'JSON word of the state.';


--
-- Name: COLUMN request_overview.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.namespace IS 'Provider instance or tenant; default without one.';


--
-- Name: COLUMN request_overview.kind; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.kind IS 'provision, return, watch, noop, ...';


--
-- Name: COLUMN request_overview.queue; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.queue IS 'Queue it was submitted to.';


--
-- Name: COLUMN request_overview.provider_api; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.provider_api IS 'Which handler works it (process, ...).';


--
-- Name: COLUMN request_overview.template_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.template_id IS 'Template asked for.';


--
-- Name: COLUMN request_overview.template; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.template IS 'Copy of the template at submit.';


--
-- Name: COLUMN request_overview.state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.state IS 'One of the open states.';


--
-- Name: COLUMN request_overview.priority; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.priority IS 'Class.';


--
-- Name: COLUMN request_overview.retry_attempt; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.retry_attempt IS 'Attempts that failed; the first try is 0.';


--
-- Name: COLUMN request_overview.not_before; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.not_before IS 'When a pending request may be claimed, while that is in the future.';


--
-- Name: COLUMN request_overview.next_poll_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.next_poll_at IS 'When a waiting request is looked at again.';


--
-- Name: COLUMN request_overview.deadline; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.deadline IS 'When it ends as timeout; null: never.';


--
-- Name: COLUMN request_overview.daemon_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.daemon_id IS 'Name and epoch of the daemon that holds it, or held it when it ended.';


--
-- Name: COLUMN request_overview.lease; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.lease IS 'Fence token of the claim; every later write of that claim names it.';


--
-- Name: COLUMN request_overview.created_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.created_at IS 'When it was submitted (database clock).';


--
-- Name: COLUMN request_overview.first_started_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.first_started_at IS 'When any claim first became processing.';


--
-- Name: COLUMN request_overview.claimed_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.claimed_at IS 'When this claim was made.';


--
-- Name: COLUMN request_overview.started_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.started_at IS 'When this claim became processing.';


--
-- Name: COLUMN request_overview.updated_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.updated_at IS 'Last change that its stamps tell.';


--
-- Name: COLUMN request_overview.completed_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.completed_at IS 'finished_at of a completed one.';


--
-- Name: COLUMN request_overview.failed_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.failed_at IS 'finished_at of a failed one.';


--
-- Name: COLUMN request_overview.canceled_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.canceled_at IS 'finished_at of a canceled one.';


--
-- Name: COLUMN request_overview.finished_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.finished_at IS 'When it ended: completed_at, failed_at or canceled_at of the view.';


--
-- Name: COLUMN request_overview.response_status; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.response_status IS 'HTTP status or exit status.';


--
-- Name: COLUMN request_overview.response_body; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.response_body IS 'Result or reply.';


--
-- Name: COLUMN request_overview.failure_reason; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.failure_reason IS 'Why it ended (doc/STATES.md); last_reason of the note is the last attempt''s.';


--
-- Name: COLUMN request_overview.last_reason; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.last_reason IS 'Reason of the last failed attempt.';


--
-- Name: COLUMN request_overview.error_code; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.error_code IS 'Code of the method calls (INSUFFICIENT_CAPACITY, ...) or the provider''s own.';


--
-- Name: COLUMN request_overview.error_message; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.error_message IS 'What happened, for people.';


--
-- Name: COLUMN request_overview.error_details; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.error_details IS 'What happened, for programs; SQLSTATE where the database refused the result.';


--
-- Name: COLUMN request_overview.message; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.message IS 'Of an open request: the provider''s last message.';


--
-- Name: COLUMN request_overview.resource_ids; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.resource_ids IS 'What was created outside for it.';


--
-- Name: COLUMN request_overview.machine_ids; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.machine_ids IS 'instance_id of its machines; of a return: of those it is about.';


--
-- Name: COLUMN request_overview.machine_count; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.machine_count IS 'Units asked for; of a return: number of machines.';


--
-- Name: COLUMN request_overview.tags; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.tags IS 'Tags as given.';


--
-- Name: COLUMN request_overview.metadata; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.metadata IS 'Metadata as given.';


--
-- Name: COLUMN request_overview.payload; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.payload IS 'All parameters as given, tags and metadata among them, without requestId.';


--
-- Name: COLUMN request_overview.policy; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.policy IS 'Retry settings of its own, under their names.';


--
-- Name: COLUMN request_overview.submitted_by; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.submitted_by IS 'Database role that submitted it.';


--
-- Name: COLUMN request_overview.account; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.account IS 'Provider account.';


--
-- Name: COLUMN request_overview.region; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.region IS 'Provider region.';


--
-- Name: COLUMN request_overview.key; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.key IS 'Concurrency key.';


--
-- Name: COLUMN request_overview.ordering_key; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.ordering_key IS 'Requests of one ordering key run one at a time, in order.';


--
-- Name: COLUMN request_overview.route; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.route IS 'What a daemon must announce to claim it; null: any daemon.';


--
-- Name: COLUMN request_overview.group_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.group_id IS 'Batch it belongs to.';


--
-- Name: COLUMN request_overview.race_of; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.race_of IS 'request_id of the request it races.';


--
-- Name: COLUMN request_overview.cleanup_of; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.cleanup_of IS 'request_id of the ended request whose machines this return removes.';


--
-- Name: COLUMN request_overview.intent; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.intent IS 'Number of the last intent.';


--
-- Name: COLUMN request_overview.crashes; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.crashes IS 'Unannounced deaths of its daemons.';


--
-- Name: COLUMN request_overview.poll_count; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.poll_count IS 'Polls that found it still going on.';


--
-- Name: COLUMN request_overview.poll_errors; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.poll_errors IS 'Polls that failed.';


--
-- Name: COLUMN request_overview.params_hash; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.params_hash IS 'SHA-256 of the payload.';


--
-- Name: COLUMN request_overview.traceparent; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.request_overview.traceparent IS 'W3C trace context of the submitter.';


--
-- Name: request_seq; Type: SEQUENCE; Schema: hostq; Owner: -
--

CREATE SEQUENCE hostq.request_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    MAXVALUE 281474976710655
    CACHE 1;


--
-- Name: SEQUENCE request_seq; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON SEQUENCE hostq.request_seq IS 'Internal numbers of requests: 48 bits, carried by every generated id.';


--
-- Name: requests; Type: VIEW; Schema: hostq; Owner: -
--

CREATE VIEW hostq.requests WITH (security_invoker='true') AS
 SELECT request_rows.request_id,
    request_rows.namespace,
    request_rows.kind,
    request_rows.queue,
    request_rows.provider_api,
    request_rows.template_id,
    request_rows.template,
    request_rows.state,
    request_rows.priority,
    request_rows.retry_attempt,
    request_rows.not_before,
    request_rows.next_poll_at,
    request_rows.deadline,
    request_rows.daemon_id,
    request_rows.lease,
    request_rows.created_at,
    request_rows.first_started_at,
    request_rows.claimed_at,
    request_rows.started_at,
    request_rows.updated_at,
    request_rows.completed_at,
    request_rows.failed_at,
    request_rows.canceled_at,
    request_rows.finished_at,
    request_rows.response_status,
    request_rows.response_body,
    request_rows.failure_reason,
    request_rows.last_reason,
    request_rows.error_code,
    request_rows.error_message,
    request_rows.error_details,
    request_rows.message,
    request_rows.resource_ids,
    request_rows.machine_count,
    request_rows.tags,
    request_rows.metadata,
    request_rows.payload,
    request_rows.policy,
    request_rows.submitted_by,
    request_rows.account,
    request_rows.region,
    request_rows.key,
    request_rows.ordering_key,
    request_rows.route,
    request_rows.group_id,
    request_rows.race_of,
    request_rows.cleanup_of,
    request_rows.intent,
    request_rows.crashes,
    request_rows.poll_count,
    request_rows.poll_errors,
    request_rows.params_hash,
    request_rows.traceparent
   FROM hostq.request_rows;


--
-- Name: VIEW requests; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON VIEW hostq.requests IS 'Every request, open or ended. Functions (hostq.show, hostq.list) find one by its id faster than a WHERE on request_id.';


--
-- Name: COLUMN requests.request_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.request_id IS 'The id that users know. Generated ones carry id; custom ones are in hostq.ids.';


--
-- Name: COLUMN requests.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.namespace IS 'Provider instance or tenant; default without one.';


--
-- Name: COLUMN requests.kind; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.kind IS 'provision, return, watch, noop, ...';


--
-- Name: COLUMN requests.queue; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.queue IS 'Queue it was submitted to.';


--
-- Name: COLUMN requests.provider_api; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.provider_api IS 'Which handler works it (process, ...).';


--
-- Name: COLUMN requests.template_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.template_id IS 'Template asked for.';


--
-- Name: COLUMN requests.template; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.template IS 'Copy of the template at submit.';


--
-- Name: COLUMN requests.state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.state IS 'One of the open states.';


--
-- Name: COLUMN requests.priority; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.priority IS 'Class.';


--
-- Name: COLUMN requests.retry_attempt; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.retry_attempt IS 'Attempts that failed; the first try is 0.';


--
-- Name: COLUMN requests.not_before; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.not_before IS 'When a pending request may be claimed, while that is in the future.';


--
-- Name: COLUMN requests.next_poll_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.next_poll_at IS 'When a waiting request is looked at again.';


--
-- Name: COLUMN requests.deadline; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.deadline IS 'When it ends as timeout; null: never.';


--
-- Name: COLUMN requests.daemon_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.daemon_id IS 'Name and epoch of the daemon that holds it, or held it when it ended.';


--
-- Name: COLUMN requests.lease; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.lease IS 'Fence token of the claim; every later write of that claim names it.';


--
-- Name: COLUMN requests.created_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.created_at IS 'When it was submitted (database clock).';


--
-- Name: COLUMN requests.first_started_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.first_started_at IS 'When any claim first became processing.';


--
-- Name: COLUMN requests.claimed_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.claimed_at IS 'When this claim was made.';


--
-- Name: COLUMN requests.started_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.started_at IS 'When this claim became processing.';


--
-- Name: COLUMN requests.updated_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.updated_at IS 'Last change that its stamps tell.';


--
-- Name: COLUMN requests.completed_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.completed_at IS 'finished_at of a completed one.';


--
-- Name: COLUMN requests.failed_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.failed_at IS 'finished_at of a failed one.';


--
-- Name: COLUMN requests.canceled_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.canceled_at IS 'finished_at of a canceled one.';


--
-- Name: COLUMN requests.finished_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.finished_at IS 'When it ended: completed_at, failed_at or canceled_at of the view.';


--
-- Name: COLUMN requests.response_status; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.response_status IS 'HTTP status or exit status.';


--
-- Name: COLUMN requests.response_body; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.response_body IS 'Result or reply.';


--
-- Name: COLUMN requests.failure_reason; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.failure_reason IS 'Why it ended (doc/STATES.md); last_reason of the note is the last attempt''s.';


--
-- Name: COLUMN requests.last_reason; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.last_reason IS 'Reason of the last failed attempt.';


--
-- Name: COLUMN requests.error_code; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.error_code IS 'Code of the method calls (INSUFFICIENT_CAPACITY, ...) or the provider''s own.';


--
-- Name: COLUMN requests.error_message; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.error_message IS 'What happened, for people.';


--
-- Name: COLUMN requests.error_details; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.error_details IS 'What happened, for programs; SQLSTATE where the database refused the result.';


--
-- Name: COLUMN requests.message; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.message IS 'Of an open request: the provider''s last message.';


--
-- Name: COLUMN requests.resource_ids; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.resource_ids IS 'What was created outside for it.';


--
-- Name: COLUMN requests.machine_count; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.machine_count IS 'Units asked for; of a return: number of machines.';


--
-- Name: COLUMN requests.tags; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.tags IS 'Tags as given.';


--
-- Name: COLUMN requests.metadata; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.metadata IS 'Metadata as given.';


--
-- Name: COLUMN requests.payload; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.payload IS 'All parameters as given, tags and metadata among them, without requestId.';


--
-- Name: COLUMN requests.policy; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.policy IS 'Retry settings of its own, under their names.';


--
-- Name: COLUMN requests.submitted_by; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.submitted_by IS 'Database role that submitted it.';


--
-- Name: COLUMN requests.account; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.account IS 'Provider account.';


--
-- Name: COLUMN requests.region; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.region IS 'Provider region.';


--
-- Name: COLUMN requests.key; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.key IS 'Concurrency key.';


--
-- Name: COLUMN requests.ordering_key; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.ordering_key IS 'Requests of one ordering key run one at a time, in order.';


--
-- Name: COLUMN requests.route; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.route IS 'What a daemon must announce to claim it; null: any daemon.';


--
-- Name: COLUMN requests.group_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.group_id IS 'Batch it belongs to.';


--
-- Name: COLUMN requests.race_of; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.race_of IS 'request_id of the request it races.';


--
-- Name: COLUMN requests.cleanup_of; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.cleanup_of IS 'request_id of the ended request whose machines this return removes.';


--
-- Name: COLUMN requests.intent; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.intent IS 'Number of the last intent.';


--
-- Name: COLUMN requests.crashes; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.crashes IS 'Unannounced deaths of its daemons.';


--
-- Name: COLUMN requests.poll_count; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.poll_count IS 'Polls that found it still going on.';


--
-- Name: COLUMN requests.poll_errors; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.poll_errors IS 'Polls that failed.';


--
-- Name: COLUMN requests.params_hash; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.params_hash IS 'SHA-256 of the payload.';


--
-- Name: COLUMN requests.traceparent; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.requests.traceparent IS 'W3C trace context of the submitter.';


--
-- Name: results; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.results (
    seq bigint NOT NULL,
    id bigint NOT NULL,
    queue text NOT NULL,
    namespace text NOT NULL,
    leased_until timestamp with time zone,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: TABLE results; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.results IS 'Ended requests of queues with results = consume that nobody has taken yet.';


--
-- Name: COLUMN results.seq; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.results.seq IS 'Order of ending.';


--
-- Name: COLUMN results.id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.results.id IS 'Internal number of the request.';


--
-- Name: COLUMN results.queue; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.results.queue IS 'Queue.';


--
-- Name: COLUMN results.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.results.namespace IS 'As in request_body.';


--
-- Name: COLUMN results.leased_until; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.results.leased_until IS 'Taken by a consumer that has not acknowledged yet.';


--
-- Name: COLUMN results.created_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.results.created_at IS 'When the request ended.';


--
-- Name: results_seq_seq; Type: SEQUENCE; Schema: hostq; Owner: -
--

ALTER TABLE hostq.results ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME hostq.results_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: schema_version; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.schema_version (
    version integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    compatible_from integer NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    applied_by text DEFAULT SESSION_USER NOT NULL
);


--
-- Name: TABLE schema_version; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.schema_version IS 'Migrations that were applied; the greatest version is the schema''s.';


--
-- Name: COLUMN schema_version.version; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.schema_version.version IS 'Number of the migration.';


--
-- Name: COLUMN schema_version.name; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.schema_version.name IS 'Its file.';


--
-- Name: COLUMN schema_version.sha256; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.schema_version.sha256 IS 'Checksum of the file when it was applied.';


--
-- Name: COLUMN schema_version.compatible_from; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.schema_version.compatible_from IS 'A daemon made for an older schema than this must not work with it.';


--
-- Name: COLUMN schema_version.applied_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.schema_version.applied_at IS 'When.';


--
-- Name: COLUMN schema_version.applied_by; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.schema_version.applied_by IS 'By which role.';


--
-- Name: stuck_requests; Type: VIEW; Schema: hostq; Owner: -
--

CREATE VIEW hostq.stuck_requests WITH (security_invoker='true') AS
 SELECT r.request_id,
    r.namespace,
    r.kind,
    r.queue,
    r.state,
    s.since,
    (statement_timestamp() - s.since) AS for_time,
    r.crashes,
    r.deadline,
    hostq.why_not(r.request_id) AS why
   FROM (((hostq.request_rows r
     JOIN hostq.queue q ON ((q.id = r.id)))
     LEFT JOIN hostq.daemons d ON ((d.epoch = q.owner)))
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN ((q.deadline < (statement_timestamp() - '00:00:10'::interval)) AND (q.state <> 'processing'::hostq.state)) THEN q.deadline
                    WHEN ((q.state = ANY (ARRAY['pending'::hostq.state, 'waiting'::hostq.state])) AND (q.run_at < (statement_timestamp() - '00:01:00'::interval))) THEN q.run_at
                    WHEN ((q.state = 'claimed'::hostq.state) AND (q.claimed_at < (statement_timestamp() - (((hostq.setting('claim_timeout_ms'::text))::bigint)::double precision * '00:00:00.001'::interval)))) THEN q.claimed_at
                    WHEN ((q.state = 'processing'::hostq.state) AND (q.started_at < (statement_timestamp() - (((hostq.setting('processing_timeout_ms'::text))::bigint)::double precision * '00:00:00.001'::interval)))) THEN q.started_at
                    WHEN ((q.owner IS NOT NULL) AND ((d.epoch IS NULL) OR (d.state = 'dead'::text) OR (d.lease_until < statement_timestamp()))) THEN COALESCE(d.ended_at, d.lease_until, q.claimed_at)
                    ELSE NULL::timestamp with time zone
                END AS since) s)
  WHERE ((s.since IS NOT NULL) AND (r.state = ANY (ARRAY['pending'::hostq.state, 'claimed'::hostq.state, 'processing'::hostq.state, 'waiting'::hostq.state])));


--
-- Name: VIEW stuck_requests; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON VIEW hostq.stuck_requests IS 'Open requests that should be moving and are not: due for a minute, held too long, or held by a daemon that is gone.';


--
-- Name: COLUMN stuck_requests.request_id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.stuck_requests.request_id IS 'The id that users know. Generated ones carry id; custom ones are in hostq.ids.';


--
-- Name: COLUMN stuck_requests.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.stuck_requests.namespace IS 'Provider instance or tenant; default without one.';


--
-- Name: COLUMN stuck_requests.kind; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.stuck_requests.kind IS 'provision, return, watch, noop, ...';


--
-- Name: COLUMN stuck_requests.queue; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.stuck_requests.queue IS 'Queue it was submitted to.';


--
-- Name: COLUMN stuck_requests.state; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.stuck_requests.state IS 'One of the open states.';


--
-- Name: COLUMN stuck_requests.since; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.stuck_requests.since IS 'When it should have moved.';


--
-- Name: COLUMN stuck_requests.for_time; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.stuck_requests.for_time IS 'How long ago that was.';


--
-- Name: COLUMN stuck_requests.crashes; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.stuck_requests.crashes IS 'Unannounced deaths of its daemons.';


--
-- Name: COLUMN stuck_requests.deadline; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.stuck_requests.deadline IS 'When it ends as timeout; null: never.';


--
-- Name: COLUMN stuck_requests.why; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.stuck_requests.why IS 'hostq.why_not() of it.';


--
-- Name: tenants; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.tenants (
    namespace text NOT NULL,
    member name NOT NULL
);


--
-- Name: TABLE tenants; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.tenants IS 'Which database role may see and change which namespace while row security is on.';


--
-- Name: COLUMN tenants.namespace; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.tenants.namespace IS 'Namespace.';


--
-- Name: COLUMN tenants.member; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.tenants.member IS 'Role, or a group role.';


--
-- Name: waiters; Type: TABLE; Schema: hostq; Owner: -
--

CREATE TABLE hostq.waiters (
    id bigint NOT NULL,
    channel text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: TABLE waiters; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON TABLE hostq.waiters IS 'Who waits for the end of a request; told once by NOTIFY.';


--
-- Name: COLUMN waiters.id; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.waiters.id IS 'Internal number of the request.';


--
-- Name: COLUMN waiters.channel; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.waiters.channel IS 'Channel of the waiting process.';


--
-- Name: COLUMN waiters.created_at; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON COLUMN hostq.waiters.created_at IS 'When it began to wait.';


--
-- Name: event_20261125; Type: TABLE ATTACH; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.event ATTACH PARTITION hostq.event_20261125 FOR VALUES FROM ('2026-11-25 00:00:00+00') TO ('2026-11-26 00:00:00+00');


--
-- Name: event_20261126; Type: TABLE ATTACH; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.event ATTACH PARTITION hostq.event_20261126 FOR VALUES FROM ('2026-11-26 00:00:00+00') TO ('2026-11-27 00:00:00+00');


--
-- Name: event_20261127; Type: TABLE ATTACH; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.event ATTACH PARTITION hostq.event_20261127 FOR VALUES FROM ('2026-11-27 00:00:00+00') TO ('2026-11-28 00:00:00+00');


--
-- Name: event_default; Type: TABLE ATTACH; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.event ATTACH PARTITION hostq.event_default DEFAULT;


--
-- Name: finished_0; Type: TABLE ATTACH; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.finished ATTACH PARTITION hostq.finished_0 FOR VALUES FROM ('0') TO ('10000000');


--
-- Name: finished_1; Type: TABLE ATTACH; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.finished ATTACH PARTITION hostq.finished_1 FOR VALUES FROM ('10000000') TO ('20000000');


--
-- Name: finished_default; Type: TABLE ATTACH; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.finished ATTACH PARTITION hostq.finished_default DEFAULT;


--
-- Name: request_body_0; Type: TABLE ATTACH; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.request_body ATTACH PARTITION hostq.request_body_0 FOR VALUES FROM ('0') TO ('10000000');


--
-- Name: request_body_1; Type: TABLE ATTACH; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.request_body ATTACH PARTITION hostq.request_body_1 FOR VALUES FROM ('10000000') TO ('20000000');


--
-- Name: request_body_default; Type: TABLE ATTACH; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.request_body ATTACH PARTITION hostq.request_body_default DEFAULT;


--
-- Data for Name: aborts; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.aborts (owner, id, lease, created_at) FROM stdin;
\.


--
-- Data for Name: daemons; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.daemons (epoch, name, host, boot_id, pid, version, routes, state, slots, in_flight, started_at, heartbeat_at, lease_until, ended_at, ended_why, counters) FROM stdin;
1	d1	vm	c6906671-489f-4de8-8b7a-3c67b7bd7a86	3463	0.1.0	{host:vm/c6906671-489f-4de8-8b7a-3c67b7bd7a86}	dead	100	0	2026-11-25 17:02:02.601798+00	2026-11-25 17:02:02.618885+00	2026-11-25 17:02:12.618885+00	2026-11-25 17:02:02.717691+00	stopped	{}
\.


--
-- Data for Name: deliveries; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.deliveries (seq, request_id, namespace, event, url, created_at, delivered_at) FROM stdin;
\.


--
-- Data for Name: deployment; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.deployment (id, system_identifier, created_at) FROM stdin;
04dae8db-55a5-4d08-aca3-6b29069b8e07	7712152640783632102	2026-11-25 16:51:04.082933+00
\.


--
-- Data for Name: edges; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.edges (from_state, verb, to_state, sentence) FROM stdin;
pending	claim	claimed	a daemon with a free place took the due request
waiting	claim	claimed	a daemon took the request because its poll is due
claimed	start	processing	the daemon had a slot and is about to work a round
claimed	unclaim	pending	the daemon gave the request back before starting it
processing	unclaim	pending	the daemon gave the request back without a verdict (stop, lost database)
processing	wait	waiting	the outside needs time; the request is due again at next_poll_at
processing	retry	pending	the attempt failed in a way that may pass; tried again at not_before
processing	complete	completed	the work was done
processing	fail	failed	the work failed for good, or a retry was refused
claimed	fail	failed	no call can be made of it, or nothing serves it any more
claimed	reclaim	pending	the owner died or let its lease expire; another daemon may claim
processing	reclaim	pending	the owner died or let its lease expire; another daemon may claim
processing	crash	failed	its daemon died while working it, max_crashes times
pending	timeout	timeout	the deadline passed before it could be worked
claimed	timeout	timeout	the deadline passed before it was started
waiting	timeout	timeout	the deadline passed while the outside was still working
processing	timeout	timeout	the deadline passed during a round that did not finish the work
pending	cancel	canceled	somebody canceled it before it was claimed
claimed	cancel	canceled	somebody canceled it; the owner is told to drop it
processing	cancel	canceled	somebody canceled it; the owner is told to abort the call
waiting	cancel	canceled	somebody canceled it between two polls
pending	supersede	superseded	the other one of its racing pair won
claimed	supersede	superseded	the other one of its racing pair won
processing	supersede	superseded	the other one of its racing pair won
waiting	supersede	superseded	the other one of its racing pair won
failed	reopen	pending	a person asked for another try
timeout	reopen	pending	a person asked for another try
canceled	reopen	pending	a person asked for another try
\.


--
-- Data for Name: event_20261125; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.event_20261125 (seq, at, request_id, namespace, type, from_state, to_state, actor, daemon, attempt, reason, code, details) FROM stdin;
\.


--
-- Data for Name: event_20261126; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.event_20261126 (seq, at, request_id, namespace, type, from_state, to_state, actor, daemon, attempt, reason, code, details) FROM stdin;
\.


--
-- Data for Name: event_20261127; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.event_20261127 (seq, at, request_id, namespace, type, from_state, to_state, actor, daemon, attempt, reason, code, details) FROM stdin;
\.


--
-- Data for Name: event_default; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.event_default (seq, at, request_id, namespace, type, from_state, to_state, actor, daemon, attempt, reason, code, details) FROM stdin;
\.


--
-- Data for Name: finished_0; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.finished_0 (id, finished_at, lease, deadline, claimed_at, started_at, first_started_at, lane_id, owner, state, retry_attempt, intent, response_status, crashes, namespace, failure_reason, error_code, error_message, error_details, response_body, note) FROM stdin;
1	2026-11-25 17:02:02.67898+00	274877906947	\N	2026-11-25 17:02:02.677572+00	2026-11-25 17:02:02.677572+00	2026-11-25 17:02:02.677572+00	4	1	completed	0	0	\N	0	default	\N	\N	\N	\N	\N	\N
\.


--
-- Data for Name: finished_1; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.finished_1 (id, finished_at, lease, deadline, claimed_at, started_at, first_started_at, lane_id, owner, state, retry_attempt, intent, response_status, crashes, namespace, failure_reason, error_code, error_message, error_details, response_body, note) FROM stdin;
\.


--
-- Data for Name: finished_default; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.finished_default (id, finished_at, lease, deadline, claimed_at, started_at, first_started_at, lane_id, owner, state, retry_attempt, intent, response_status, crashes, namespace, failure_reason, error_code, error_message, error_details, response_body, note) FROM stdin;
\.


--
-- Data for Name: groups; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.groups (group_id, namespace, name, created_at, canceled_at) FROM stdin;
\.


--
-- Data for Name: ids; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.ids (request_id, id, created) FROM stdin;
kept	1	2026-11-25 17:02:02.666042+00
\.


--
-- Data for Name: instances; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.instances (instance_id, namespace, name, description, platform, config, version, status, runtime, host, boot_id) FROM stdin;
\.


--
-- Data for Name: intents; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.intents (id, token, body, lease, created_at) FROM stdin;
\.


--
-- Data for Name: keys; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.keys (key, max_running, rate_per_s) FROM stdin;
\.


--
-- Data for Name: lanes; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.lanes (base, queue, priority, route, account, region, group_id, used_at, retired_at) FROM stdin;
1	noop	normal	\N	\N	\N	\N	2026-11-25 17:02:02.666042+00	\N
\.


--
-- Data for Name: machines; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.machines (machine_id, instance_id, request_id, id, resource_id, namespace, provider_api, template_id, status, result, name, private_ip, public_ip, private_dns, instance_type, availability_zone, launch_time, tags, message, price_type, units, account, region, host, boot_id, details, first_seen, last_seen, ended_at, taken_at, given_back_at, grace_until) FROM stdin;
\.


--
-- Data for Name: providers; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.providers (namespace, files_hash, config, message, stored_at) FROM stdin;
\.


--
-- Data for Name: queue; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.queue (id, run_at, lease, deadline, claimed_at, started_at, first_started_at, settled_at, lane_id, owner, state, retry_attempt, intent, crashes, note) FROM stdin;
\.


--
-- Data for Name: queues; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.queues (name, kind, paused, max_retries, stop_before_deadline_ms, backoff_ms, backoff_factor, max_backoff_ms, timeout_s, audit, results, retention_s) FROM stdin;
provision	provision	f	\N	\N	1000	2	60000	\N	full	none	2592000
return	return	f	\N	\N	1000	2	60000	\N	full	none	2592000
watch	watch	f	\N	\N	1000	2	60000	\N	stamps	none	2592000
noop	noop	f	2	\N	1000	2	60000	\N	stamps	none	2592000
http	http	f	1000	900000	1000	2	60000	\N	stamps	consume	2592000
instance	instance	f	\N	\N	1000	2	60000	600	full	none	2592000
\.


--
-- Data for Name: request_body_0; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.request_body_0 (id, created_at, request_id, namespace, kind, queue, priority, provider_api, template_id, template, machine_count, timeout, payload, policy, submitted_by, account, region, key, ordering_key, group_id, race_of, cleanup_of, traceparent) FROM stdin;
1	2026-11-25 17:02:02.666042+00	kept	default	noop	noop	normal	\N	\N	\N	\N	\N	{}	\N	postgres	\N	\N	\N	\N	\N	\N	\N	\N
\.


--
-- Data for Name: request_body_1; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.request_body_1 (id, created_at, request_id, namespace, kind, queue, priority, provider_api, template_id, template, machine_count, timeout, payload, policy, submitted_by, account, region, key, ordering_key, group_id, race_of, cleanup_of, traceparent) FROM stdin;
\.


--
-- Data for Name: request_body_default; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.request_body_default (id, created_at, request_id, namespace, kind, queue, priority, provider_api, template_id, template, machine_count, timeout, payload, policy, submitted_by, account, region, key, ordering_key, group_id, race_of, cleanup_of, traceparent) FROM stdin;
\.


--
-- Data for Name: request_machines; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.request_machines (id, machine_id, request_id, namespace, role, result, message) FROM stdin;
\.


--
-- Data for Name: resources; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.resources (id, resource_id, request_id, namespace, provider_api, account, region, details, created_at, gone_at) FROM stdin;
\.


--
-- Data for Name: results; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.results (seq, id, queue, namespace, leased_until, created_at) FROM stdin;
\.


--
-- Data for Name: schema_version; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.schema_version (version, name, sha256, compatible_from, applied_at, applied_by) FROM stdin;
1	0001_requests.sql	cb989fe830940c242886f381a10b0756db149bec6a03c49c2f14cd9656ffadde	1	2026-11-25 16:51:04.082933+00	postgres
2	0002_machines.sql	41badd51d42f8942ab2472aa306f0681a866898d50c8964eae29fad454348612	1	2026-11-25 16:51:04.082933+00	postgres
3	0003_daemons.sql	75bb16f8a66ae61cca767b3888b2f2abc0af9722f75b19e6316a2c415718ab5e	1	2026-11-25 16:51:04.082933+00	postgres
\.


--
-- Data for Name: settings; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.settings (name, value, dflt, type, min, max, help) FROM stdin;
account_limit	0	0	int	0	1000000	Most machines per account and region, living or owed; 0 = no limit.
callback_allow	[]	[]	json	\N	\N	URL prefixes that metadata.callback_url may have.
claim_timeout_ms	60000	60000	int	100	86400000	A row claimed longer than this and not started is reclaimed, ms.
default_timeout	600	600	int	1	86400	Deadline of a provision or return that names none, s after submit.
hf_partial_complete	false	false	bool	\N	\N	True: getRequestStatus tells partial success as complete instead of complete_with_error.
hf_pass_ncores	false	false	bool	\N	\N	True: getAvailableTemplates passes the attribute ncores.
hf_report_unknown	true	true	bool	\N	\N	True: getReturnRequests lists machines asked about that were never known.
hf_store_pushed	false	false	bool	\N	\N	True: getAvailableTemplates stores the templates in its input.
max_crashes	3	3	int	1	100	A request whose daemon died this often while working it fails.
max_machine_count	100	100	int	1	10000	Most machines in one requestMachines of the call form.
max_timeout	3600	3600	int	1	31536000	Longest timeout of a provision or return, s.
min_timeout	60	60	int	1	31536000	Shortest timeout of a provision or return, s.
priority_aging	600	600	int	1	86400	A class whose oldest ready request waited longer goes first now and then, s.
processing_timeout_ms	3660000	3660000	int	100	604800000	A row processing longer than this is reclaimed, ms (call timeout + 60 s).
regional_capacity	{}	{}	json	\N	\N	Most machines per region and instance type: {"region":{"type":n}}.
row_security	off	off	text	\N	\N	on: database roles see and change only the namespaces that hostq.tenants gives them.
\.


--
-- Data for Name: templates; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.templates (namespace, template_id, ordinal, definition, provider_api, max_number, valid, problem, user_data, stored_at) FROM stdin;
\.


--
-- Data for Name: tenants; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.tenants (namespace, member) FROM stdin;
\.


--
-- Data for Name: waiters; Type: TABLE DATA; Schema: hostq; Owner: -
--

COPY hostq.waiters (id, channel, created_at) FROM stdin;
\.


--
-- Name: daemons_epoch_seq; Type: SEQUENCE SET; Schema: hostq; Owner: -
--

SELECT pg_catalog.setval('hostq.daemons_epoch_seq', 1, true);


--
-- Name: deliveries_seq_seq; Type: SEQUENCE SET; Schema: hostq; Owner: -
--

SELECT pg_catalog.setval('hostq.deliveries_seq_seq', 1, false);


--
-- Name: event_seq_seq; Type: SEQUENCE SET; Schema: hostq; Owner: -
--

SELECT pg_catalog.setval('hostq.event_seq_seq', 1, false);


--
-- Name: groups_group_id_seq; Type: SEQUENCE SET; Schema: hostq; Owner: -
--

SELECT pg_catalog.setval('hostq.groups_group_id_seq', 1, false);


--
-- Name: lanes_base_seq; Type: SEQUENCE SET; Schema: hostq; Owner: -
--

SELECT pg_catalog.setval('hostq.lanes_base_seq', 1, true);


--
-- Name: machines_machine_id_seq; Type: SEQUENCE SET; Schema: hostq; Owner: -
--

SELECT pg_catalog.setval('hostq.machines_machine_id_seq', 1, false);


--
-- Name: request_seq; Type: SEQUENCE SET; Schema: hostq; Owner: -
--

SELECT pg_catalog.setval('hostq.request_seq', 1, true);


--
-- Name: results_seq_seq; Type: SEQUENCE SET; Schema: hostq; Owner: -
--

SELECT pg_catalog.setval('hostq.results_seq_seq', 1, false);


--
-- Name: aborts aborts_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.aborts
    ADD CONSTRAINT aborts_pkey PRIMARY KEY (owner, id, lease);


--
-- Name: daemons daemons_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.daemons
    ADD CONSTRAINT daemons_pkey PRIMARY KEY (epoch);


--
-- Name: deliveries deliveries_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (seq);


--
-- Name: edges edges_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.edges
    ADD CONSTRAINT edges_pkey PRIMARY KEY (from_state, verb);


--
-- Name: finished finished_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.finished
    ADD CONSTRAINT finished_pkey PRIMARY KEY (id);


--
-- Name: finished_0 finished_0_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.finished_0
    ADD CONSTRAINT finished_0_pkey PRIMARY KEY (id);


--
-- Name: finished_1 finished_1_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.finished_1
    ADD CONSTRAINT finished_1_pkey PRIMARY KEY (id);


--
-- Name: finished_default finished_default_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.finished_default
    ADD CONSTRAINT finished_default_pkey PRIMARY KEY (id);


--
-- Name: groups groups_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.groups
    ADD CONSTRAINT groups_pkey PRIMARY KEY (group_id);


--
-- Name: ids ids_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.ids
    ADD CONSTRAINT ids_pkey PRIMARY KEY (request_id);


--
-- Name: instances instances_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.instances
    ADD CONSTRAINT instances_pkey PRIMARY KEY (instance_id);


--
-- Name: intents intents_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.intents
    ADD CONSTRAINT intents_pkey PRIMARY KEY (id);


--
-- Name: keys keys_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (key);


--
-- Name: lanes lanes_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.lanes
    ADD CONSTRAINT lanes_pkey PRIMARY KEY (base);


--
-- Name: lanes lanes_queue_priority_route_account_region_group_id_key; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.lanes
    ADD CONSTRAINT lanes_queue_priority_route_account_region_group_id_key UNIQUE NULLS NOT DISTINCT (queue, priority, route, account, region, group_id);


--
-- Name: machines machines_instance_id_key; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.machines
    ADD CONSTRAINT machines_instance_id_key UNIQUE (instance_id);


--
-- Name: machines machines_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.machines
    ADD CONSTRAINT machines_pkey PRIMARY KEY (machine_id);


--
-- Name: providers providers_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.providers
    ADD CONSTRAINT providers_pkey PRIMARY KEY (namespace);


--
-- Name: queue queue_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.queue
    ADD CONSTRAINT queue_pkey PRIMARY KEY (id);


--
-- Name: queues queues_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.queues
    ADD CONSTRAINT queues_pkey PRIMARY KEY (name);


--
-- Name: request_body request_body_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.request_body
    ADD CONSTRAINT request_body_pkey PRIMARY KEY (id);


--
-- Name: request_body_0 request_body_0_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.request_body_0
    ADD CONSTRAINT request_body_0_pkey PRIMARY KEY (id);


--
-- Name: request_body_1 request_body_1_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.request_body_1
    ADD CONSTRAINT request_body_1_pkey PRIMARY KEY (id);


--
-- Name: request_body_default request_body_default_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.request_body_default
    ADD CONSTRAINT request_body_default_pkey PRIMARY KEY (id);


--
-- Name: request_machines request_machines_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.request_machines
    ADD CONSTRAINT request_machines_pkey PRIMARY KEY (id, machine_id);


--
-- Name: resources resources_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.resources
    ADD CONSTRAINT resources_pkey PRIMARY KEY (id, resource_id);


--
-- Name: results results_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.results
    ADD CONSTRAINT results_pkey PRIMARY KEY (seq);


--
-- Name: schema_version schema_version_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (version);


--
-- Name: settings settings_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);


--
-- Name: templates templates_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.templates
    ADD CONSTRAINT templates_pkey PRIMARY KEY (namespace, template_id);


--
-- Name: tenants tenants_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (namespace, member);


--
-- Name: waiters waiters_pkey; Type: CONSTRAINT; Schema: hostq; Owner: -
--

ALTER TABLE ONLY hostq.waiters
    ADD CONSTRAINT waiters_pkey PRIMARY KEY (id, channel);


--
-- Name: deployment_one; Type: INDEX; Schema: hostq; Owner: -
--

CREATE UNIQUE INDEX deployment_one ON hostq.deployment USING btree ((true));


--
-- Name: event_request; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX event_request ON ONLY hostq.event USING btree (request_id, at);


--
-- Name: event_20261125_request_id_at_idx; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX event_20261125_request_id_at_idx ON hostq.event_20261125 USING btree (request_id, at);


--
-- Name: event_20261126_request_id_at_idx; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX event_20261126_request_id_at_idx ON hostq.event_20261126 USING btree (request_id, at);


--
-- Name: event_20261127_request_id_at_idx; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX event_20261127_request_id_at_idx ON hostq.event_20261127 USING btree (request_id, at);


--
-- Name: event_default_request_id_at_idx; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX event_default_request_id_at_idx ON hostq.event_default USING btree (request_id, at);


--
-- Name: finished_failed; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX finished_failed ON ONLY hostq.finished USING btree (id) WHERE (state = ANY (ARRAY['failed'::hostq.state, 'timeout'::hostq.state]));


--
-- Name: finished_0_id_idx; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX finished_0_id_idx ON hostq.finished_0 USING btree (id) WHERE (state = ANY (ARRAY['failed'::hostq.state, 'timeout'::hostq.state]));


--
-- Name: finished_1_id_idx; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX finished_1_id_idx ON hostq.finished_1 USING btree (id) WHERE (state = ANY (ARRAY['failed'::hostq.state, 'timeout'::hostq.state]));


--
-- Name: finished_default_id_idx; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX finished_default_id_idx ON hostq.finished_default USING btree (id) WHERE (state = ANY (ARRAY['failed'::hostq.state, 'timeout'::hostq.state]));


--
-- Name: machines_host; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX machines_host ON hostq.machines USING btree (host) WHERE (ended_at IS NULL);


--
-- Name: machines_living; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX machines_living ON hostq.machines USING btree (namespace, template_id) WHERE (ended_at IS NULL);


--
-- Name: machines_name; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX machines_name ON hostq.machines USING btree (namespace, name);


--
-- Name: machines_request; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX machines_request ON hostq.machines USING btree (id);


--
-- Name: machines_taken; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX machines_taken ON hostq.machines USING btree (namespace) WHERE ((taken_at IS NOT NULL) AND (given_back_at IS NULL));


--
-- Name: queue_deadline; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX queue_deadline ON hostq.queue USING btree (deadline) WHERE (deadline IS NOT NULL);


--
-- Name: queue_lane; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX queue_lane ON hostq.queue USING btree (lane_id, run_at);


--
-- Name: request_machines_machine; Type: INDEX; Schema: hostq; Owner: -
--

CREATE INDEX request_machines_machine ON hostq.request_machines USING btree (machine_id);


--
-- Name: event_20261125_request_id_at_idx; Type: INDEX ATTACH; Schema: hostq; Owner: -
--

ALTER INDEX hostq.event_request ATTACH PARTITION hostq.event_20261125_request_id_at_idx;


--
-- Name: event_20261126_request_id_at_idx; Type: INDEX ATTACH; Schema: hostq; Owner: -
--

ALTER INDEX hostq.event_request ATTACH PARTITION hostq.event_20261126_request_id_at_idx;


--
-- Name: event_20261127_request_id_at_idx; Type: INDEX ATTACH; Schema: hostq; Owner: -
--

ALTER INDEX hostq.event_request ATTACH PARTITION hostq.event_20261127_request_id_at_idx;


--
-- Name: event_default_request_id_at_idx; Type: INDEX ATTACH; Schema: hostq; Owner: -
--

ALTER INDEX hostq.event_request ATTACH PARTITION hostq.event_default_request_id_at_idx;


--
-- Name: finished_0_id_idx; Type: INDEX ATTACH; Schema: hostq; Owner: -
--

ALTER INDEX hostq.finished_failed ATTACH PARTITION hostq.finished_0_id_idx;


--
-- Name: finished_0_pkey; Type: INDEX ATTACH; Schema: hostq; Owner: -
--

ALTER INDEX hostq.finished_pkey ATTACH PARTITION hostq.finished_0_pkey;


--
-- Name: finished_1_id_idx; Type: INDEX ATTACH; Schema: hostq; Owner: -
--

ALTER INDEX hostq.finished_failed ATTACH PARTITION hostq.finished_1_id_idx;


--
-- Name: finished_1_pkey; Type: INDEX ATTACH; Schema: hostq; Owner: -
--

ALTER INDEX hostq.finished_pkey ATTACH PARTITION hostq.finished_1_pkey;


--
-- Name: finished_default_id_idx; Type: INDEX ATTACH; Schema: hostq; Owner: -
--

ALTER INDEX hostq.finished_failed ATTACH PARTITION hostq.finished_default_id_idx;


--
-- Name: finished_default_pkey; Type: INDEX ATTACH; Schema: hostq; Owner: -
--

ALTER INDEX hostq.finished_pkey ATTACH PARTITION hostq.finished_default_pkey;


--
-- Name: request_body_0_pkey; Type: INDEX ATTACH; Schema: hostq; Owner: -
--

ALTER INDEX hostq.request_body_pkey ATTACH PARTITION hostq.request_body_0_pkey;


--
-- Name: request_body_1_pkey; Type: INDEX ATTACH; Schema: hostq; Owner: -
--

ALTER INDEX hostq.request_body_pkey ATTACH PARTITION hostq.request_body_1_pkey;


--
-- Name: request_body_default_pkey; Type: INDEX ATTACH; Schema: hostq; Owner: -
--

ALTER INDEX hostq.request_body_pkey ATTACH PARTITION hostq.request_body_default_pkey;


--
-- Name: queue_status _RETURN; Type: RULE; Schema: hostq; Owner: -
--

CREATE OR REPLACE VIEW hostq.queue_status WITH (security_invoker='true') AS
 SELECT k.name AS queue,
    k.kind,
    k.paused,
    count(*) FILTER (WHERE (s.state = 'pending'::hostq.state)) AS pending,
    count(*) FILTER (WHERE (s.state = 'claimed'::hostq.state)) AS claimed,
    count(*) FILTER (WHERE (s.state = 'processing'::hostq.state)) AS processing,
    count(*) FILTER (WHERE (s.state = 'waiting'::hostq.state)) AS waiting,
    count(*) FILTER (WHERE ((s.state = 'pending'::hostq.state) AND (s.run_at > statement_timestamp()))) AS delayed,
    count(*) FILTER (WHERE ((s.state = ANY (ARRAY['pending'::hostq.state, 'waiting'::hostq.state])) AND (s.run_at <= statement_timestamp()))) AS ready,
    count(*) FILTER (WHERE (s.crashes > 0)) AS crashed,
    (statement_timestamp() - min(s.run_at) FILTER (WHERE ((s.state = ANY (ARRAY['pending'::hostq.state, 'waiting'::hostq.state])) AND (s.run_at <= statement_timestamp())))) AS oldest_ready,
    k.audit,
    k.results
   FROM (hostq.queues k
     LEFT JOIN ( SELECT l.queue,
            q.state,
            q.run_at,
            q.crashes
           FROM (hostq.queue q
             JOIN hostq.lanes l ON ((l.base = (q.lane_id / 4))))
          WHERE (( SELECT hostq.may(NULL::text) AS may) OR (EXISTS ( SELECT
                   FROM hostq.request_body b
                  WHERE ((b.id = q.id) AND (b.namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces)))))))) s ON ((s.queue = k.name)))
  GROUP BY k.name;


--
-- Name: aborts daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.aborts TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: deliveries daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.deliveries TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: event daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.event TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: finished daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.finished TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: groups daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.groups TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: ids daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.ids TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: instances daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.instances TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: intents daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.intents TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: machines daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.machines TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: providers daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.providers TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: queue daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.queue TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: request_body daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.request_body TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: request_machines daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.request_machines TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: resources daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.resources TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: results daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.results TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: templates daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.templates TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: tenants daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.tenants TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: waiters daemon; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY daemon ON hostq.waiters TO hostq_daemon USING (true) WITH CHECK (true);


--
-- Name: aborts namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.aborts USING ((( SELECT hostq.may(NULL::text) AS may) OR (EXISTS ( SELECT
   FROM hostq.request_body b
  WHERE ((b.id = aborts.id) AND (b.namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces))))))));


--
-- Name: POLICY namespace ON aborts; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.aborts IS '15d8715820fca061217e8477d000d0e7';


--
-- Name: deliveries namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.deliveries USING ((( SELECT hostq.may(NULL::text) AS may) OR (namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces)))));


--
-- Name: POLICY namespace ON deliveries; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.deliveries IS 'a5332b246438e40b4477e1860bf4ec1b';


--
-- Name: event namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.event USING ((( SELECT hostq.may(NULL::text) AS may) OR (namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces)))));


--
-- Name: POLICY namespace ON event; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.event IS 'a5332b246438e40b4477e1860bf4ec1b';


--
-- Name: finished namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.finished USING ((( SELECT hostq.may(NULL::text) AS may) OR (namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces)))));


--
-- Name: POLICY namespace ON finished; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.finished IS 'a5332b246438e40b4477e1860bf4ec1b';


--
-- Name: groups namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.groups USING ((( SELECT hostq.may(NULL::text) AS may) OR (namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces)))));


--
-- Name: POLICY namespace ON groups; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.groups IS 'a5332b246438e40b4477e1860bf4ec1b';


--
-- Name: ids namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.ids USING ((( SELECT hostq.may(NULL::text) AS may) OR (EXISTS ( SELECT
   FROM hostq.request_body b
  WHERE ((b.id = ids.id) AND (b.namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces))))))));


--
-- Name: POLICY namespace ON ids; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.ids IS '50b2ebc0e382c709a19a4641bdf83d44';


--
-- Name: instances namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.instances USING ((( SELECT hostq.may(NULL::text) AS may) OR (namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces)))));


--
-- Name: POLICY namespace ON instances; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.instances IS 'a5332b246438e40b4477e1860bf4ec1b';


--
-- Name: intents namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.intents USING ((( SELECT hostq.may(NULL::text) AS may) OR (EXISTS ( SELECT
   FROM hostq.request_body b
  WHERE ((b.id = intents.id) AND (b.namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces))))))));


--
-- Name: POLICY namespace ON intents; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.intents IS 'f5a79effe570603d28b2f62c4e16a7d6';


--
-- Name: machines namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.machines USING ((( SELECT hostq.may(NULL::text) AS may) OR (namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces)))));


--
-- Name: POLICY namespace ON machines; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.machines IS 'a5332b246438e40b4477e1860bf4ec1b';


--
-- Name: providers namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.providers USING ((( SELECT hostq.may(NULL::text) AS may) OR (namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces)))));


--
-- Name: POLICY namespace ON providers; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.providers IS 'a5332b246438e40b4477e1860bf4ec1b';


--
-- Name: queue namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.queue USING ((( SELECT hostq.may(NULL::text) AS may) OR (EXISTS ( SELECT
   FROM hostq.request_body b
  WHERE ((b.id = queue.id) AND (b.namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces))))))));


--
-- Name: POLICY namespace ON queue; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.queue IS '9dd4298eac8b3b755b7e32997ee4be5d';


--
-- Name: request_body namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.request_body USING ((( SELECT hostq.may(NULL::text) AS may) OR (namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces)))));


--
-- Name: POLICY namespace ON request_body; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.request_body IS 'a5332b246438e40b4477e1860bf4ec1b';


--
-- Name: request_machines namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.request_machines USING ((( SELECT hostq.may(NULL::text) AS may) OR (namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces)))));


--
-- Name: POLICY namespace ON request_machines; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.request_machines IS 'a5332b246438e40b4477e1860bf4ec1b';


--
-- Name: resources namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.resources USING ((( SELECT hostq.may(NULL::text) AS may) OR (namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces)))));


--
-- Name: POLICY namespace ON resources; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.resources IS 'a5332b246438e40b4477e1860bf4ec1b';


--
-- Name: results namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.results USING ((( SELECT hostq.may(NULL::text) AS may) OR (namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces)))));


--
-- Name: POLICY namespace ON results; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.results IS 'a5332b246438e40b4477e1860bf4ec1b';


--
-- Name: templates namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.templates USING ((( SELECT hostq.may(NULL::text) AS may) OR (namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces)))));


--
-- Name: POLICY namespace ON templates; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.templates IS 'a5332b246438e40b4477e1860bf4ec1b';


--
-- Name: tenants namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.tenants USING ((( SELECT hostq.may(NULL::text) AS may) OR (namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces)))));


--
-- Name: POLICY namespace ON tenants; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.tenants IS 'a5332b246438e40b4477e1860bf4ec1b';


--
-- Name: waiters namespace; Type: POLICY; Schema: hostq; Owner: -
--

CREATE POLICY namespace ON hostq.waiters USING ((( SELECT hostq.may(NULL::text) AS may) OR (EXISTS ( SELECT
   FROM hostq.request_body b
  WHERE ((b.id = waiters.id) AND (b.namespace = ANY (ARRAY( SELECT hostq.my_namespaces() AS my_namespaces))))))));


--
-- Name: POLICY namespace ON waiters; Type: COMMENT; Schema: hostq; Owner: -
--

COMMENT ON POLICY namespace ON hostq.waiters IS 'd6686b6e431272d14794ca373abd7606';


--
-- Name: SCHEMA hostq; Type: ACL; Schema: -; Owner: -
--

GRANT USAGE ON SCHEMA hostq TO hostq_daemon;
GRANT USAGE ON SCHEMA hostq TO hostq_client;
GRANT USAGE ON SCHEMA hostq TO hostq_operator;
GRANT USAGE ON SCHEMA hostq TO hostq_admin;


--
-- Name: FUNCTION account_usage(p_account text, p_region text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.account_usage(p_account text, p_region text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.account_usage(p_account text, p_region text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.account_usage(p_account text, p_region text) TO hostq_admin;


--
-- Name: FUNCTION after_final(p_ids bigint[], p_leases bigint[]); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.after_final(p_ids bigint[], p_leases bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.after_final(p_ids bigint[], p_leases bigint[]) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.after_final(p_ids bigint[], p_leases bigint[]) TO hostq_admin;


--
-- Name: FUNCTION body_as_json(p_body bytea); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.body_as_json(p_body bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.body_as_json(p_body bytea) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.body_as_json(p_body bytea) TO hostq_admin;


--
-- Name: FUNCTION call(p_method text, p_params jsonb, p_namespace text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.call(p_method text, p_params jsonb, p_namespace text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.call(p_method text, p_params jsonb, p_namespace text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.call(p_method text, p_params jsonb, p_namespace text) TO hostq_client;
GRANT ALL ON FUNCTION hostq.call(p_method text, p_params jsonb, p_namespace text) TO hostq_admin;


--
-- Name: FUNCTION call_cancel(p_request_id text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.call_cancel(p_request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.call_cancel(p_request_id text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.call_cancel(p_request_id text) TO hostq_admin;


--
-- Name: FUNCTION call_json(p_call jsonb, p_namespace text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.call_json(p_call jsonb, p_namespace text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.call_json(p_call jsonb, p_namespace text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.call_json(p_call jsonb, p_namespace text) TO hostq_client;
GRANT ALL ON FUNCTION hostq.call_json(p_call jsonb, p_namespace text) TO hostq_admin;


--
-- Name: FUNCTION call_request_id(p_params jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.call_request_id(p_params jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.call_request_id(p_params jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.call_request_id(p_params jsonb) TO hostq_admin;


--
-- Name: FUNCTION call_returns(p_params jsonb, p_namespace text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.call_returns(p_params jsonb, p_namespace text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.call_returns(p_params jsonb, p_namespace text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.call_returns(p_params jsonb, p_namespace text) TO hostq_admin;


--
-- Name: FUNCTION call_submit(p_method text, p_kind text, p_params jsonb, p_namespace text, p_allowed text[], OUT answer jsonb, OUT told boolean); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.call_submit(p_method text, p_kind text, p_params jsonb, p_namespace text, p_allowed text[], OUT answer jsonb, OUT told boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.call_submit(p_method text, p_kind text, p_params jsonb, p_namespace text, p_allowed text[], OUT answer jsonb, OUT told boolean) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.call_submit(p_method text, p_kind text, p_params jsonb, p_namespace text, p_allowed text[], OUT answer jsonb, OUT told boolean) TO hostq_admin;


--
-- Name: FUNCTION cancel(p_request_id text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.cancel(p_request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.cancel(p_request_id text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.cancel(p_request_id text) TO hostq_client;
GRANT ALL ON FUNCTION hostq.cancel(p_request_id text) TO hostq_admin;


--
-- Name: FUNCTION check_common(p_req jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.check_common(p_req jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.check_common(p_req jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.check_common(p_req jsonb) TO hostq_admin;


--
-- Name: FUNCTION check_filter(p_filter jsonb, p_allowed text[]); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.check_filter(p_filter jsonb, p_allowed text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.check_filter(p_filter jsonb, p_allowed text[]) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.check_filter(p_filter jsonb, p_allowed text[]) TO hostq_admin;


--
-- Name: FUNCTION check_keys(p_req jsonb, p_allowed text[]); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.check_keys(p_req jsonb, p_allowed text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.check_keys(p_req jsonb, p_allowed text[]) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.check_keys(p_req jsonb, p_allowed text[]) TO hostq_admin;


--
-- Name: FUNCTION check_metadata(p_meta jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.check_metadata(p_meta jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.check_metadata(p_meta jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.check_metadata(p_meta jsonb) TO hostq_admin;


--
-- Name: FUNCTION check_policy(p_policy jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.check_policy(p_policy jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.check_policy(p_policy jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.check_policy(p_policy jsonb) TO hostq_admin;


--
-- Name: FUNCTION check_provision(p_req jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.check_provision(p_req jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.check_provision(p_req jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.check_provision(p_req jsonb) TO hostq_admin;


--
-- Name: FUNCTION check_return(p_req jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.check_return(p_req jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.check_return(p_req jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.check_return(p_req jsonb) TO hostq_admin;


--
-- Name: TABLE templates; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.templates TO hostq_daemon;
GRANT SELECT ON TABLE hostq.templates TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.templates TO hostq_admin;


--
-- Name: FUNCTION check_room(t hostq.templates, p_count integer, p_account text, p_region text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.check_room(t hostq.templates, p_count integer, p_account text, p_region text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.check_room(t hostq.templates, p_count integer, p_account text, p_region text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.check_room(t hostq.templates, p_count integer, p_account text, p_region text) TO hostq_admin;


--
-- Name: FUNCTION check_tags(p_tags jsonb, p_template_tags text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.check_tags(p_tags jsonb, p_template_tags text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.check_tags(p_tags jsonb, p_template_tags text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.check_tags(p_tags jsonb, p_template_tags text) TO hostq_admin;


--
-- Name: FUNCTION check_template(p_namespace text, p_template text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.check_template(p_namespace text, p_template text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.check_template(p_namespace text, p_template text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.check_template(p_namespace text, p_template text) TO hostq_admin;


--
-- Name: FUNCTION check_timeout(p_req jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.check_timeout(p_req jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.check_timeout(p_req jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.check_timeout(p_req jsonb) TO hostq_admin;


--
-- Name: TABLE settings; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT ON TABLE hostq.settings TO hostq_daemon;
GRANT SELECT ON TABLE hostq.settings TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.settings TO hostq_admin;


--
-- Name: FUNCTION check_value(s hostq.settings, p_value text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.check_value(s hostq.settings, p_value text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.check_value(s hostq.settings, p_value text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.check_value(s hostq.settings, p_value text) TO hostq_admin;


--
-- Name: FUNCTION check_whole(p_value jsonb, p_min bigint, p_max bigint); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.check_whole(p_value jsonb, p_min bigint, p_max bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.check_whole(p_value jsonb, p_min bigint, p_max bigint) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.check_whole(p_value jsonb, p_min bigint, p_max bigint) TO hostq_admin;


--
-- Name: FUNCTION claim_context(p_kind text, p_id bigint, p_lane integer); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.claim_context(p_kind text, p_id bigint, p_lane integer) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.claim_context(p_kind text, p_id bigint, p_lane integer) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.claim_context(p_kind text, p_id bigint, p_lane integer) TO hostq_admin;


--
-- Name: TABLE request_body; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.request_body TO hostq_daemon;
GRANT SELECT ON TABLE hostq.request_body TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.request_body TO hostq_admin;


--
-- Name: FUNCTION claim_id(b hostq.request_body, p_req jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.claim_id(b hostq.request_body, p_req jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.claim_id(b hostq.request_body, p_req jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.claim_id(b hostq.request_body, p_req jsonb) TO hostq_admin;


--
-- Name: FUNCTION daemon_ends(p_epoch integer, p_state text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.daemon_ends(p_epoch integer, p_state text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.daemon_ends(p_epoch integer, p_state text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.daemon_ends(p_epoch integer, p_state text) TO hostq_admin;


--
-- Name: FUNCTION daemons_list(); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.daemons_list() FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.daemons_list() TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.daemons_list() TO hostq_client;
GRANT ALL ON FUNCTION hostq.daemons_list() TO hostq_operator;
GRANT ALL ON FUNCTION hostq.daemons_list() TO hostq_admin;


--
-- Name: FUNCTION delay_of(p_req jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.delay_of(p_req jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.delay_of(p_req jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.delay_of(p_req jsonb) TO hostq_admin;


--
-- Name: FUNCTION error(p_code text, p_message text, p_details jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.error(p_code text, p_message text, p_details jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.error(p_code text, p_message text, p_details jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.error(p_code text, p_message text, p_details jsonb) TO hostq_admin;


--
-- Name: FUNCTION finish(p_ids bigint[], p_state hostq.state, p_verb text, p_reason text, p_code text, p_message text, p_from hostq.state[]); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.finish(p_ids bigint[], p_state hostq.state, p_verb text, p_reason text, p_code text, p_message text, p_from hostq.state[]) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.finish(p_ids bigint[], p_state hostq.state, p_verb text, p_reason text, p_code text, p_message text, p_from hostq.state[]) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.finish(p_ids bigint[], p_state hostq.state, p_verb text, p_reason text, p_code text, p_message text, p_from hostq.state[]) TO hostq_admin;


--
-- Name: FUNCTION forget_older_boots(p_host text, p_boot text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.forget_older_boots(p_host text, p_boot text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.forget_older_boots(p_host text, p_boot text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.forget_older_boots(p_host text, p_boot text) TO hostq_admin;


--
-- Name: FUNCTION give_back_rows(p_ids bigint[], p_dead integer, p_by integer, p_blame text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.give_back_rows(p_ids bigint[], p_dead integer, p_by integer, p_blame text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.give_back_rows(p_ids bigint[], p_dead integer, p_by integer, p_blame text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.give_back_rows(p_ids bigint[], p_dead integer, p_by integer, p_blame text) TO hostq_admin;


--
-- Name: FUNCTION give_back_unknown(p_epoch integer, p_ids bigint[], p_leases bigint[]); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.give_back_unknown(p_epoch integer, p_ids bigint[], p_leases bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.give_back_unknown(p_epoch integer, p_ids bigint[], p_leases bigint[]) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.give_back_unknown(p_epoch integer, p_ids bigint[], p_leases bigint[]) TO hostq_admin;


--
-- Name: FUNCTION heartbeat(p_epoch integer, p_lease_ms bigint, p_in_flight integer, p_slots integer, OUT alive boolean, OUT sweeper boolean, OUT abort_ids bigint[], OUT abort_leases bigint[]); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.heartbeat(p_epoch integer, p_lease_ms bigint, p_in_flight integer, p_slots integer, OUT alive boolean, OUT sweeper boolean, OUT abort_ids bigint[], OUT abort_leases bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.heartbeat(p_epoch integer, p_lease_ms bigint, p_in_flight integer, p_slots integer, OUT alive boolean, OUT sweeper boolean, OUT abort_ids bigint[], OUT abort_leases bigint[]) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.heartbeat(p_epoch integer, p_lease_ms bigint, p_in_flight integer, p_slots integer, OUT alive boolean, OUT sweeper boolean, OUT abort_ids bigint[], OUT abort_leases bigint[]) TO hostq_admin;


--
-- Name: FUNCTION hf(p_action text, p_namespace text, p_files_hash text, p_input jsonb, p_mode text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf(p_action text, p_namespace text, p_files_hash text, p_input jsonb, p_mode text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf(p_action text, p_namespace text, p_files_hash text, p_input jsonb, p_mode text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf(p_action text, p_namespace text, p_files_hash text, p_input jsonb, p_mode text) TO hostq_client;
GRANT ALL ON FUNCTION hostq.hf(p_action text, p_namespace text, p_files_hash text, p_input jsonb, p_mode text) TO hostq_admin;


--
-- Name: FUNCTION hf_attributes(p_attributes jsonb, p_ncores boolean, p_lsf boolean); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_attributes(p_attributes jsonb, p_ncores boolean, p_lsf boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_attributes(p_attributes jsonb, p_ncores boolean, p_lsf boolean) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_attributes(p_attributes jsonb, p_ncores boolean, p_lsf boolean) TO hostq_admin;


--
-- Name: FUNCTION hf_done(p_out jsonb, p_log text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_done(p_out jsonb, p_log text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_done(p_out jsonb, p_log text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_done(p_out jsonb, p_log text) TO hostq_admin;


--
-- Name: FUNCTION hf_entry(p_namespace text, p_request_id text, p_mode text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_entry(p_namespace text, p_request_id text, p_mode text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_entry(p_namespace text, p_request_id text, p_mode text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_entry(p_namespace text, p_request_id text, p_mode text) TO hostq_admin;


--
-- Name: FUNCTION hf_fail(p_message text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_fail(p_message text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_fail(p_message text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_fail(p_message text) TO hostq_admin;


--
-- Name: FUNCTION hf_find(p_namespace text, p_items jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_find(p_namespace text, p_items jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_find(p_namespace text, p_items jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_find(p_namespace text, p_items jsonb) TO hostq_admin;


--
-- Name: FUNCTION hf_items(p_input jsonb, p_key text, p_flat text[]); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_items(p_input jsonb, p_key text, p_flat text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_items(p_input jsonb, p_key text, p_flat text[]) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_items(p_input jsonb, p_key text, p_flat text[]) TO hostq_admin;


--
-- Name: FUNCTION hf_limits(OUT ncores boolean, OUT room bigint); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_limits(OUT ncores boolean, OUT room bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_limits(OUT ncores boolean, OUT room bigint) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_limits(OUT ncores boolean, OUT room bigint) TO hostq_admin;


--
-- Name: FUNCTION hf_listed(p_namespace text, p_items jsonb, p_lsf boolean, p_unknown boolean); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_listed(p_namespace text, p_items jsonb, p_lsf boolean, p_unknown boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_listed(p_namespace text, p_items jsonb, p_lsf boolean, p_unknown boolean) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_listed(p_namespace text, p_items jsonb, p_lsf boolean, p_unknown boolean) TO hostq_admin;


--
-- Name: FUNCTION hf_tags(p_tags jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_tags(p_tags jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_tags(p_tags jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_tags(p_tags jsonb) TO hostq_admin;


--
-- Name: TABLE machines; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.machines TO hostq_daemon;
GRANT SELECT ON TABLE hostq.machines TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.machines TO hostq_admin;


--
-- Name: FUNCTION hf_machine(m hostq.machines, p_result text, p_why text, p_lsf boolean); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_machine(m hostq.machines, p_result text, p_why text, p_lsf boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_machine(m hostq.machines, p_result text, p_why text, p_lsf boolean) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_machine(m hostq.machines, p_result text, p_why text, p_lsf boolean) TO hostq_admin;


--
-- Name: FUNCTION hf_machines(p_id bigint, p_kind text, p_lsf boolean); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_machines(p_id bigint, p_kind text, p_lsf boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_machines(p_id bigint, p_kind text, p_lsf boolean) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_machines(p_id bigint, p_kind text, p_lsf boolean) TO hostq_admin;


--
-- Name: FUNCTION hf_pair(p_key text, p_value jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_pair(p_key text, p_value jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_pair(p_key text, p_value jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_pair(p_key text, p_value jsonb) TO hostq_admin;


--
-- Name: FUNCTION hf_refuse(p_namespace text, p_action text, p_input jsonb, p_message text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_refuse(p_namespace text, p_action text, p_input jsonb, p_message text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_refuse(p_namespace text, p_action text, p_input jsonb, p_message text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_refuse(p_namespace text, p_action text, p_input jsonb, p_message text) TO hostq_admin;


--
-- Name: FUNCTION hf_request(p_namespace text, p_input jsonb, p_mode text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_request(p_namespace text, p_input jsonb, p_mode text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_request(p_namespace text, p_input jsonb, p_mode text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_request(p_namespace text, p_input jsonb, p_mode text) TO hostq_admin;


--
-- Name: FUNCTION hf_return(p_namespace text, p_input jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_return(p_namespace text, p_input jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_return(p_namespace text, p_input jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_return(p_namespace text, p_input jsonb) TO hostq_admin;


--
-- Name: FUNCTION hf_returns(p_namespace text, p_input jsonb, p_mode text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_returns(p_namespace text, p_input jsonb, p_mode text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_returns(p_namespace text, p_input jsonb, p_mode text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_returns(p_namespace text, p_input jsonb, p_mode text) TO hostq_admin;


--
-- Name: FUNCTION hf_status(p_namespace text, p_input jsonb, p_mode text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_status(p_namespace text, p_input jsonb, p_mode text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_status(p_namespace text, p_input jsonb, p_mode text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_status(p_namespace text, p_input jsonb, p_mode text) TO hostq_admin;


--
-- Name: FUNCTION hf_template_list(p_namespace text, p_lsf boolean); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_template_list(p_namespace text, p_lsf boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_template_list(p_namespace text, p_lsf boolean) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_template_list(p_namespace text, p_lsf boolean) TO hostq_admin;


--
-- Name: FUNCTION hf_templates(p_namespace text, p_input jsonb, p_mode text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_templates(p_namespace text, p_input jsonb, p_mode text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_templates(p_namespace text, p_input jsonb, p_mode text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_templates(p_namespace text, p_input jsonb, p_mode text) TO hostq_admin;


--
-- Name: FUNCTION hf_usage(p_namespace text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_usage(p_namespace text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_usage(p_namespace text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_usage(p_namespace text) TO hostq_admin;


--
-- Name: FUNCTION hf_word(p_state hostq.state, p_reason text, p_partial_complete boolean); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hf_word(p_state hostq.state, p_reason text, p_partial_complete boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hf_word(p_state hostq.state, p_reason text, p_partial_complete boolean) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hf_word(p_state hostq.state, p_reason text, p_partial_complete boolean) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.hf_word(p_state hostq.state, p_reason text, p_partial_complete boolean) TO hostq_admin;


--
-- Name: FUNCTION history(p_request_id text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.history(p_request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.history(p_request_id text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.history(p_request_id text) TO hostq_client;
GRANT ALL ON FUNCTION hostq.history(p_request_id text) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.history(p_request_id text) TO hostq_admin;


--
-- Name: FUNCTION hold_life(p_epoch integer); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.hold_life(p_epoch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.hold_life(p_epoch integer) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.hold_life(p_epoch integer) TO hostq_admin;


--
-- Name: FUNCTION host_route(p_host text, p_boot text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.host_route(p_host text, p_boot text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.host_route(p_host text, p_boot text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.host_route(p_host text, p_boot text) TO hostq_admin;


--
-- Name: FUNCTION id_in(p_request_id text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.id_in(p_request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.id_in(p_request_id text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.id_in(p_request_id text) TO hostq_admin;


--
-- Name: FUNCTION insert_request(b hostq.request_body, p_route text, p_delay_ms bigint); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.insert_request(b hostq.request_body, p_route text, p_delay_ms bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.insert_request(b hostq.request_body, p_route text, p_delay_ms bigint) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.insert_request(b hostq.request_body, p_route text, p_delay_ms bigint) TO hostq_admin;


--
-- Name: FUNCTION insert_return(b hostq.request_body, p_machines bigint[], p_delay_ms bigint); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.insert_return(b hostq.request_body, p_machines bigint[], p_delay_ms bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.insert_return(b hostq.request_body, p_machines bigint[], p_delay_ms bigint) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.insert_return(b hostq.request_body, p_machines bigint[], p_delay_ms bigint) TO hostq_admin;


--
-- Name: FUNCTION intent_machines(p_id bigint); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.intent_machines(p_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.intent_machines(p_id bigint) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.intent_machines(p_id bigint) TO hostq_admin;


--
-- Name: FUNCTION invalid(p_field text, p_value jsonb, p_limit text, p_message text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.invalid(p_field text, p_value jsonb, p_limit text, p_message text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.invalid(p_field text, p_value jsonb, p_limit text, p_message text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.invalid(p_field text, p_value jsonb, p_limit text, p_message text) TO hostq_admin;


--
-- Name: FUNCTION is_being_returned(p_machine bigint); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.is_being_returned(p_machine bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.is_being_returned(p_machine bigint) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.is_being_returned(p_machine bigint) TO hostq_admin;


--
-- Name: FUNCTION is_process(p_details jsonb, p_seen jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.is_process(p_details jsonb, p_seen jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.is_process(p_details jsonb, p_seen jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.is_process(p_details jsonb, p_seen jsonb) TO hostq_admin;


--
-- Name: FUNCTION json_word(p_state hostq.state, p_started boolean, p_reason text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.json_word(p_state hostq.state, p_started boolean, p_reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.json_word(p_state hostq.state, p_started boolean, p_reason text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.json_word(p_state hostq.state, p_started boolean, p_reason text) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.json_word(p_state hostq.state, p_started boolean, p_reason text) TO hostq_admin;


--
-- Name: FUNCTION known_request(p_req jsonb, p_namespace text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.known_request(p_req jsonb, p_namespace text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.known_request(p_req jsonb, p_namespace text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.known_request(p_req jsonb, p_namespace text) TO hostq_admin;


--
-- Name: FUNCTION lane(p_queue text, p_priority hostq.priority, p_route text, p_account text, p_region text, p_group bigint); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.lane(p_queue text, p_priority hostq.priority, p_route text, p_account text, p_region text, p_group bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.lane(p_queue text, p_priority hostq.priority, p_route text, p_account text, p_region text, p_group bigint) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.lane(p_queue text, p_priority hostq.priority, p_route text, p_account text, p_region text, p_group bigint) TO hostq_admin;


--
-- Name: FUNCTION late_machines(p_ids bigint[]); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.late_machines(p_ids bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.late_machines(p_ids bigint[]) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.late_machines(p_ids bigint[]) TO hostq_admin;


--
-- Name: FUNCTION life_locks(); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.life_locks() FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.life_locks() TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.life_locks() TO hostq_operator;
GRANT ALL ON FUNCTION hostq.life_locks() TO hostq_admin;


--
-- Name: FUNCTION list(p_filter jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.list(p_filter jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.list(p_filter jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.list(p_filter jsonb) TO hostq_client;
GRANT ALL ON FUNCTION hostq.list(p_filter jsonb) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.list(p_filter jsonb) TO hostq_admin;


--
-- Name: FUNCTION list_ids(f jsonb, p_states hostq.state[], p_open boolean, p_limit integer); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.list_ids(f jsonb, p_states hostq.state[], p_open boolean, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.list_ids(f jsonb, p_states hostq.state[], p_open boolean, p_limit integer) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.list_ids(f jsonb, p_states hostq.state[], p_open boolean, p_limit integer) TO hostq_admin;


--
-- Name: FUNCTION lock_is_free(p_epoch integer); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.lock_is_free(p_epoch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.lock_is_free(p_epoch integer) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.lock_is_free(p_epoch integer) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.lock_is_free(p_epoch integer) TO hostq_admin;


--
-- Name: FUNCTION machine_result(p_kind text, p_fixed text, p_status text, p_name text, p_ip text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.machine_result(p_kind text, p_fixed text, p_status text, p_name text, p_ip text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.machine_result(p_kind text, p_fixed text, p_status text, p_name text, p_ip text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.machine_result(p_kind text, p_fixed text, p_status text, p_name text, p_ip text) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.machine_result(p_kind text, p_fixed text, p_status text, p_name text, p_ip text) TO hostq_admin;


--
-- Name: FUNCTION machines_list(p_filter jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.machines_list(p_filter jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.machines_list(p_filter jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.machines_list(p_filter jsonb) TO hostq_client;
GRANT ALL ON FUNCTION hostq.machines_list(p_filter jsonb) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.machines_list(p_filter jsonb) TO hostq_admin;


--
-- Name: FUNCTION make_cleanup(p_id bigint, p_machines bigint[]); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.make_cleanup(p_id bigint, p_machines bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.make_cleanup(p_id bigint, p_machines bigint[]) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.make_cleanup(p_id bigint, p_machines bigint[]) TO hostq_admin;


--
-- Name: FUNCTION make_partition(p_table text, p_name text, p_from text, p_to text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.make_partition(p_table text, p_name text, p_from text, p_to text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.make_partition(p_table text, p_name text, p_from text, p_to text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.make_partition(p_table text, p_name text, p_from text, p_to text) TO hostq_admin;


--
-- Name: FUNCTION make_request_id(p_kind text, p_id bigint); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.make_request_id(p_kind text, p_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.make_request_id(p_kind text, p_id bigint) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.make_request_id(p_kind text, p_id bigint) TO hostq_admin;


--
-- Name: FUNCTION max_units(p_max_number integer); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.max_units(p_max_number integer) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.max_units(p_max_number integer) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.max_units(p_max_number integer) TO hostq_admin;


--
-- Name: FUNCTION may(p_namespace text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.may(p_namespace text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.may(p_namespace text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.may(p_namespace text) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.may(p_namespace text) TO hostq_admin;


--
-- Name: FUNCTION my_namespaces(); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.my_namespaces() FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.my_namespaces() TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.my_namespaces() TO hostq_operator;
GRANT ALL ON FUNCTION hostq.my_namespaces() TO hostq_admin;


--
-- Name: FUNCTION name_living(p_id bigint, p_word text, p_machines bigint[]); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.name_living(p_id bigint, p_word text, p_machines bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.name_living(p_id bigint, p_word text, p_machines bigint[]) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.name_living(p_id bigint, p_word text, p_machines bigint[]) TO hostq_admin;


--
-- Name: FUNCTION need_watch(p_route text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.need_watch(p_route text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.need_watch(p_route text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.need_watch(p_route text) TO hostq_admin;


--
-- Name: FUNCTION new_body(p_req jsonb, p_namespace text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.new_body(p_req jsonb, p_namespace text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.new_body(p_req jsonb, p_namespace text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.new_body(p_req jsonb, p_namespace text) TO hostq_admin;


--
-- Name: FUNCTION newer_details(p_old jsonb, p_new jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.newer_details(p_old jsonb, p_new jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.newer_details(p_old jsonb, p_new jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.newer_details(p_old jsonb, p_new jsonb) TO hostq_admin;


--
-- Name: FUNCTION next_route(p_id bigint); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.next_route(p_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.next_route(p_id bigint) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.next_route(p_id bigint) TO hostq_admin;


--
-- Name: FUNCTION not_found(p_request_id text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.not_found(p_request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.not_found(p_request_id text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.not_found(p_request_id text) TO hostq_admin;


--
-- Name: FUNCTION notify_work(p_queue text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.notify_work(p_queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.notify_work(p_queue text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.notify_work(p_queue text) TO hostq_admin;


--
-- Name: FUNCTION number_of(p_value jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.number_of(p_value jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.number_of(p_value jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.number_of(p_value jsonb) TO hostq_admin;


--
-- Name: FUNCTION open_intent(p_id bigint, p_lease bigint, p_token text, p_body jsonb, p_route text, p_resource text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.open_intent(p_id bigint, p_lease bigint, p_token text, p_body jsonb, p_route text, p_resource text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.open_intent(p_id bigint, p_lease bigint, p_token text, p_body jsonb, p_route text, p_resource text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.open_intent(p_id bigint, p_lease bigint, p_token text, p_body jsonb, p_route text, p_resource text) TO hostq_admin;


--
-- Name: FUNCTION overview_of(p_id bigint); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.overview_of(p_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.overview_of(p_id bigint) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.overview_of(p_id bigint) TO hostq_admin;


--
-- Name: FUNCTION owed_units(p_namespace text, p_template text, p_account text, p_region text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.owed_units(p_namespace text, p_template text, p_account text, p_region text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.owed_units(p_namespace text, p_template text, p_account text, p_region text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.owed_units(p_namespace text, p_template text, p_account text, p_region text) TO hostq_admin;


--
-- Name: FUNCTION partial_policy(p_payload jsonb, p_template jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.partial_policy(p_payload jsonb, p_template jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.partial_policy(p_payload jsonb, p_template jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.partial_policy(p_payload jsonb, p_template jsonb) TO hostq_admin;


--
-- Name: FUNCTION pause(p_queue text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.pause(p_queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.pause(p_queue text) TO hostq_admin;


--
-- Name: FUNCTION payload_of(p_req jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.payload_of(p_req jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.payload_of(p_req jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.payload_of(p_req jsonb) TO hostq_admin;


--
-- Name: FUNCTION queues_list(); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.queues_list() FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.queues_list() TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.queues_list() TO hostq_client;
GRANT ALL ON FUNCTION hostq.queues_list() TO hostq_operator;
GRANT ALL ON FUNCTION hostq.queues_list() TO hostq_admin;


--
-- Name: FUNCTION register_daemon(p_name text, p_host text, p_boot text, p_pid integer, p_version text, p_routes text[], p_slots integer, p_lease_ms bigint); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.register_daemon(p_name text, p_host text, p_boot text, p_pid integer, p_version text, p_routes text[], p_slots integer, p_lease_ms bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.register_daemon(p_name text, p_host text, p_boot text, p_pid integer, p_version text, p_routes text[], p_slots integer, p_lease_ms bigint) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.register_daemon(p_name text, p_host text, p_boot text, p_pid integer, p_version text, p_routes text[], p_slots integer, p_lease_ms bigint) TO hostq_admin;


--
-- Name: FUNCTION rejected(p_namespace text, p_method text, p_req jsonb, p_answer jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.rejected(p_namespace text, p_method text, p_req jsonb, p_answer jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.rejected(p_namespace text, p_method text, p_req jsonb, p_answer jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.rejected(p_namespace text, p_method text, p_req jsonb, p_answer jsonb) TO hostq_admin;


--
-- Name: FUNCTION relock_daemon(p_epoch integer, p_lease_ms bigint); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.relock_daemon(p_epoch integer, p_lease_ms bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.relock_daemon(p_epoch integer, p_lease_ms bigint) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.relock_daemon(p_epoch integer, p_lease_ms bigint) TO hostq_admin;


--
-- Name: FUNCTION request_key(p_request_id text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.request_key(p_request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.request_key(p_request_id text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.request_key(p_request_id text) TO hostq_admin;


--
-- Name: FUNCTION reroute(p_ids bigint[]); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.reroute(p_ids bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.reroute(p_ids bigint[]) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.reroute(p_ids bigint[]) TO hostq_admin;


--
-- Name: FUNCTION reroute_unserved(); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.reroute_unserved() FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.reroute_unserved() TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.reroute_unserved() TO hostq_admin;


--
-- Name: FUNCTION result(p_request_id text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.result(p_request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.result(p_request_id text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.result(p_request_id text) TO hostq_client;
GRANT ALL ON FUNCTION hostq.result(p_request_id text) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.result(p_request_id text) TO hostq_admin;


--
-- Name: FUNCTION resume(p_queue text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.resume(p_queue text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.resume(p_queue text) TO hostq_admin;


--
-- Name: FUNCTION retry(p_request_id text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.retry(p_request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.retry(p_request_id text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.retry(p_request_id text) TO hostq_client;
GRANT ALL ON FUNCTION hostq.retry(p_request_id text) TO hostq_admin;


--
-- Name: FUNCTION route_is_served(p_route text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.route_is_served(p_route text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.route_is_served(p_route text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.route_is_served(p_route text) TO hostq_admin;


--
-- Name: FUNCTION say(p_at timestamp with time zone); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.say(p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.say(p_at timestamp with time zone) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.say(p_at timestamp with time zone) TO hostq_admin;


--
-- Name: FUNCTION say_change(p_type text, p_details jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.say_change(p_type text, p_details jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.say_change(p_type text, p_details jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.say_change(p_type text, p_details jsonb) TO hostq_admin;


--
-- Name: FUNCTION set(p_name text, p_value text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.set(p_name text, p_value text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.set(p_name text, p_value text) TO hostq_admin;


--
-- Name: FUNCTION set_paused(p_queue text, p_paused boolean); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.set_paused(p_queue text, p_paused boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.set_paused(p_queue text, p_paused boolean) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.set_paused(p_queue text, p_paused boolean) TO hostq_admin;


--
-- Name: FUNCTION setting(p_name text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.setting(p_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.setting(p_name text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.setting(p_name text) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.setting(p_name text) TO hostq_admin;


--
-- Name: FUNCTION settings_list(); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.settings_list() FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.settings_list() TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.settings_list() TO hostq_client;
GRANT ALL ON FUNCTION hostq.settings_list() TO hostq_operator;
GRANT ALL ON FUNCTION hostq.settings_list() TO hostq_admin;


--
-- Name: FUNCTION show(p_request_id text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.show(p_request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.show(p_request_id text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.show(p_request_id text) TO hostq_client;
GRANT ALL ON FUNCTION hostq.show(p_request_id text) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.show(p_request_id text) TO hostq_admin;


--
-- Name: FUNCTION status(p_request_id text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.status(p_request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.status(p_request_id text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.status(p_request_id text) TO hostq_client;
GRANT ALL ON FUNCTION hostq.status(p_request_id text) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.status(p_request_id text) TO hostq_admin;


--
-- Name: FUNCTION status_of(p_id bigint); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.status_of(p_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.status_of(p_id bigint) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.status_of(p_id bigint) TO hostq_admin;


--
-- Name: FUNCTION store_machines(p_machines jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.store_machines(p_machines jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.store_machines(p_machines jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.store_machines(p_machines jsonb) TO hostq_admin;


--
-- Name: FUNCTION store_templates(p_namespace text, p_files_hash text, p_config jsonb, p_templates jsonb, p_message text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.store_templates(p_namespace text, p_files_hash text, p_config jsonb, p_templates jsonb, p_message text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.store_templates(p_namespace text, p_files_hash text, p_config jsonb, p_templates jsonb, p_message text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.store_templates(p_namespace text, p_files_hash text, p_config jsonb, p_templates jsonb, p_message text) TO hostq_client;
GRANT ALL ON FUNCTION hostq.store_templates(p_namespace text, p_files_hash text, p_config jsonb, p_templates jsonb, p_message text) TO hostq_admin;


--
-- Name: FUNCTION store_watch(p_id bigint, p_lease bigint, p_host text, p_boot text, p_seen jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.store_watch(p_id bigint, p_lease bigint, p_host text, p_boot text, p_seen jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.store_watch(p_id bigint, p_lease bigint, p_host text, p_boot text, p_seen jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.store_watch(p_id bigint, p_lease bigint, p_host text, p_boot text, p_seen jsonb) TO hostq_admin;


--
-- Name: FUNCTION submit(p_req jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.submit(p_req jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.submit(p_req jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.submit(p_req jsonb) TO hostq_client;
GRANT ALL ON FUNCTION hostq.submit(p_req jsonb) TO hostq_admin;


--
-- Name: FUNCTION submit_by(p_method text, p_req jsonb); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.submit_by(p_method text, p_req jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.submit_by(p_method text, p_req jsonb) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.submit_by(p_method text, p_req jsonb) TO hostq_admin;


--
-- Name: FUNCTION submit_plain(p_req jsonb, p_namespace text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.submit_plain(p_req jsonb, p_namespace text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.submit_plain(p_req jsonb, p_namespace text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.submit_plain(p_req jsonb, p_namespace text) TO hostq_admin;


--
-- Name: FUNCTION submit_provision(p_req jsonb, p_namespace text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.submit_provision(p_req jsonb, p_namespace text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.submit_provision(p_req jsonb, p_namespace text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.submit_provision(p_req jsonb, p_namespace text) TO hostq_admin;


--
-- Name: FUNCTION submit_return(p_req jsonb, p_namespace text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.submit_return(p_req jsonb, p_namespace text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.submit_return(p_req jsonb, p_namespace text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.submit_return(p_req jsonb, p_namespace text) TO hostq_admin;


--
-- Name: FUNCTION sweep_deadlines(p_limit integer); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.sweep_deadlines(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.sweep_deadlines(p_limit integer) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.sweep_deadlines(p_limit integer) TO hostq_admin;


--
-- Name: FUNCTION sweep_house(p_now timestamp with time zone); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.sweep_house(p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.sweep_house(p_now timestamp with time zone) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.sweep_house(p_now timestamp with time zone) TO hostq_admin;


--
-- Name: FUNCTION sweep_stale(p_limit integer); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.sweep_stale(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.sweep_stale(p_limit integer) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.sweep_stale(p_limit integer) TO hostq_admin;


--
-- Name: FUNCTION switch_row_security(p_on boolean); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.switch_row_security(p_on boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.switch_row_security(p_on boolean) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.switch_row_security(p_on boolean) TO hostq_admin;


--
-- Name: FUNCTION take_back_blame(p_epoch integer); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.take_back_blame(p_epoch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.take_back_blame(p_epoch integer) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.take_back_blame(p_epoch integer) TO hostq_admin;


--
-- Name: FUNCTION take_over(p_dead integer, p_by integer, p_lanes integer[], p_bounds timestamp with time zone[]); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.take_over(p_dead integer, p_by integer, p_lanes integer[], p_bounds timestamp with time zone[]) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.take_over(p_dead integer, p_by integer, p_lanes integer[], p_bounds timestamp with time zone[]) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.take_over(p_dead integer, p_by integer, p_lanes integer[], p_bounds timestamp with time zone[]) TO hostq_admin;


--
-- Name: FUNCTION template_usage(p_namespace text, p_template text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.template_usage(p_namespace text, p_template text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.template_usage(p_namespace text, p_template text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.template_usage(p_namespace text, p_template text) TO hostq_admin;


--
-- Name: FUNCTION templates_list(p_namespace text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.templates_list(p_namespace text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.templates_list(p_namespace text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.templates_list(p_namespace text) TO hostq_client;
GRANT ALL ON FUNCTION hostq.templates_list(p_namespace text) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.templates_list(p_namespace text) TO hostq_admin;


--
-- Name: FUNCTION type_usage(p_region text, p_type text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.type_usage(p_region text, p_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.type_usage(p_region text, p_type text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.type_usage(p_region text, p_type text) TO hostq_admin;


--
-- Name: FUNCTION utc(p_at timestamp with time zone); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.utc(p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.utc(p_at timestamp with time zone) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.utc(p_at timestamp with time zone) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.utc(p_at timestamp with time zone) TO hostq_admin;


--
-- Name: FUNCTION wait_begin(p_request_id text, p_channel text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.wait_begin(p_request_id text, p_channel text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.wait_begin(p_request_id text, p_channel text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.wait_begin(p_request_id text, p_channel text) TO hostq_client;
GRANT ALL ON FUNCTION hostq.wait_begin(p_request_id text, p_channel text) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.wait_begin(p_request_id text, p_channel text) TO hostq_admin;


--
-- Name: FUNCTION wait_end(p_channel text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.wait_end(p_channel text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.wait_end(p_channel text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.wait_end(p_channel text) TO hostq_client;
GRANT ALL ON FUNCTION hostq.wait_end(p_channel text) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.wait_end(p_channel text) TO hostq_admin;


--
-- Name: FUNCTION wake_waiters(p_ids bigint[]); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.wake_waiters(p_ids bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.wake_waiters(p_ids bigint[]) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.wake_waiters(p_ids bigint[]) TO hostq_admin;


--
-- Name: FUNCTION watch_is_idle(p_host text, p_boot text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.watch_is_idle(p_host text, p_boot text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.watch_is_idle(p_host text, p_boot text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.watch_is_idle(p_host text, p_boot text) TO hostq_admin;


--
-- Name: FUNCTION why_not(p_request_id text); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.why_not(p_request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.why_not(p_request_id text) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.why_not(p_request_id text) TO hostq_client;
GRANT ALL ON FUNCTION hostq.why_not(p_request_id text) TO hostq_operator;
GRANT ALL ON FUNCTION hostq.why_not(p_request_id text) TO hostq_admin;


--
-- Name: TABLE queue; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.queue TO hostq_daemon;
GRANT SELECT ON TABLE hostq.queue TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.queue TO hostq_admin;


--
-- Name: FUNCTION why_owned(q hostq.queue); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.why_owned(q hostq.queue) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.why_owned(q hostq.queue) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.why_owned(q hostq.queue) TO hostq_admin;


--
-- Name: TABLE lanes; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.lanes TO hostq_daemon;
GRANT SELECT ON TABLE hostq.lanes TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.lanes TO hostq_admin;


--
-- Name: FUNCTION why_queued(l hostq.lanes, q hostq.queue); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.why_queued(l hostq.lanes, q hostq.queue) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.why_queued(l hostq.lanes, q hostq.queue) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.why_queued(l hostq.lanes, q hostq.queue) TO hostq_admin;


--
-- Name: FUNCTION why_unserved(l hostq.lanes, q hostq.queue); Type: ACL; Schema: hostq; Owner: -
--

REVOKE ALL ON FUNCTION hostq.why_unserved(l hostq.lanes, q hostq.queue) FROM PUBLIC;
GRANT ALL ON FUNCTION hostq.why_unserved(l hostq.lanes, q hostq.queue) TO hostq_daemon;
GRANT ALL ON FUNCTION hostq.why_unserved(l hostq.lanes, q hostq.queue) TO hostq_admin;


--
-- Name: TABLE aborts; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.aborts TO hostq_daemon;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.aborts TO hostq_admin;


--
-- Name: TABLE daemons; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.daemons TO hostq_daemon;
GRANT SELECT ON TABLE hostq.daemons TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.daemons TO hostq_admin;


--
-- Name: TABLE daemon_health; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.daemon_health TO hostq_daemon;
GRANT SELECT ON TABLE hostq.daemon_health TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.daemon_health TO hostq_admin;


--
-- Name: SEQUENCE daemons_epoch_seq; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,USAGE ON SEQUENCE hostq.daemons_epoch_seq TO hostq_daemon;
GRANT SELECT,USAGE ON SEQUENCE hostq.daemons_epoch_seq TO hostq_admin;


--
-- Name: TABLE deliveries; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.deliveries TO hostq_daemon;
GRANT SELECT ON TABLE hostq.deliveries TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.deliveries TO hostq_admin;


--
-- Name: SEQUENCE deliveries_seq_seq; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,USAGE ON SEQUENCE hostq.deliveries_seq_seq TO hostq_daemon;
GRANT SELECT,USAGE ON SEQUENCE hostq.deliveries_seq_seq TO hostq_admin;


--
-- Name: TABLE deployment; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT ON TABLE hostq.deployment TO hostq_daemon;
GRANT SELECT ON TABLE hostq.deployment TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.deployment TO hostq_admin;


--
-- Name: TABLE edges; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT ON TABLE hostq.edges TO hostq_daemon;
GRANT SELECT ON TABLE hostq.edges TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.edges TO hostq_admin;


--
-- Name: TABLE event; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.event TO hostq_daemon;
GRANT SELECT ON TABLE hostq.event TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.event TO hostq_admin;


--
-- Name: TABLE event_20261125; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.event_20261125 TO hostq_daemon;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.event_20261125 TO hostq_admin;


--
-- Name: TABLE event_default; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.event_default TO hostq_daemon;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.event_default TO hostq_admin;


--
-- Name: SEQUENCE event_seq_seq; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,USAGE ON SEQUENCE hostq.event_seq_seq TO hostq_daemon;
GRANT SELECT,USAGE ON SEQUENCE hostq.event_seq_seq TO hostq_admin;


--
-- Name: TABLE finished; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.finished TO hostq_daemon;
GRANT SELECT ON TABLE hostq.finished TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.finished TO hostq_admin;


--
-- Name: TABLE request_machines; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.request_machines TO hostq_daemon;
GRANT SELECT ON TABLE hostq.request_machines TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.request_machines TO hostq_admin;


--
-- Name: TABLE resources; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.resources TO hostq_daemon;
GRANT SELECT ON TABLE hostq.resources TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.resources TO hostq_admin;


--
-- Name: TABLE request_rows; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.request_rows TO hostq_daemon;
GRANT SELECT ON TABLE hostq.request_rows TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.request_rows TO hostq_admin;


--
-- Name: TABLE stamp_events; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.stamp_events TO hostq_daemon;
GRANT SELECT ON TABLE hostq.stamp_events TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.stamp_events TO hostq_admin;


--
-- Name: TABLE events; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.events TO hostq_daemon;
GRANT SELECT ON TABLE hostq.events TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.events TO hostq_admin;


--
-- Name: TABLE failures_by_reason; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.failures_by_reason TO hostq_daemon;
GRANT SELECT ON TABLE hostq.failures_by_reason TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.failures_by_reason TO hostq_admin;


--
-- Name: TABLE finished_0; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.finished_0 TO hostq_daemon;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.finished_0 TO hostq_admin;


--
-- Name: TABLE finished_default; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.finished_default TO hostq_daemon;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.finished_default TO hostq_admin;


--
-- Name: TABLE groups; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.groups TO hostq_daemon;
GRANT SELECT ON TABLE hostq.groups TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.groups TO hostq_admin;


--
-- Name: SEQUENCE groups_group_id_seq; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,USAGE ON SEQUENCE hostq.groups_group_id_seq TO hostq_daemon;
GRANT SELECT,USAGE ON SEQUENCE hostq.groups_group_id_seq TO hostq_admin;


--
-- Name: TABLE ids; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.ids TO hostq_daemon;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.ids TO hostq_admin;


--
-- Name: TABLE instances; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.instances TO hostq_daemon;
GRANT SELECT ON TABLE hostq.instances TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.instances TO hostq_admin;


--
-- Name: TABLE intents; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.intents TO hostq_daemon;


--
-- Name: TABLE keys; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.keys TO hostq_daemon;
GRANT SELECT ON TABLE hostq.keys TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.keys TO hostq_admin;


--
-- Name: SEQUENCE lanes_base_seq; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,USAGE ON SEQUENCE hostq.lanes_base_seq TO hostq_daemon;
GRANT SELECT,USAGE ON SEQUENCE hostq.lanes_base_seq TO hostq_admin;


--
-- Name: TABLE machine_overview; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.machine_overview TO hostq_daemon;
GRANT SELECT ON TABLE hostq.machine_overview TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.machine_overview TO hostq_admin;


--
-- Name: SEQUENCE machines_machine_id_seq; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,USAGE ON SEQUENCE hostq.machines_machine_id_seq TO hostq_daemon;
GRANT SELECT,USAGE ON SEQUENCE hostq.machines_machine_id_seq TO hostq_admin;


--
-- Name: TABLE performance; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.performance TO hostq_daemon;
GRANT SELECT ON TABLE hostq.performance TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.performance TO hostq_admin;


--
-- Name: TABLE providers; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.providers TO hostq_daemon;
GRANT SELECT ON TABLE hostq.providers TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.providers TO hostq_admin;


--
-- Name: TABLE queue_status; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.queue_status TO hostq_daemon;
GRANT SELECT ON TABLE hostq.queue_status TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.queue_status TO hostq_admin;


--
-- Name: TABLE queues; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.queues TO hostq_daemon;
GRANT SELECT ON TABLE hostq.queues TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.queues TO hostq_admin;


--
-- Name: TABLE request_body_0; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.request_body_0 TO hostq_daemon;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.request_body_0 TO hostq_admin;


--
-- Name: TABLE request_body_default; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.request_body_default TO hostq_daemon;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.request_body_default TO hostq_admin;


--
-- Name: TABLE request_overview; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.request_overview TO hostq_daemon;
GRANT SELECT ON TABLE hostq.request_overview TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.request_overview TO hostq_admin;


--
-- Name: SEQUENCE request_seq; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,USAGE ON SEQUENCE hostq.request_seq TO hostq_daemon;
GRANT SELECT,USAGE ON SEQUENCE hostq.request_seq TO hostq_admin;


--
-- Name: TABLE requests; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.requests TO hostq_daemon;
GRANT SELECT ON TABLE hostq.requests TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.requests TO hostq_admin;


--
-- Name: TABLE results; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.results TO hostq_daemon;
GRANT SELECT ON TABLE hostq.results TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.results TO hostq_admin;


--
-- Name: SEQUENCE results_seq_seq; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,USAGE ON SEQUENCE hostq.results_seq_seq TO hostq_daemon;
GRANT SELECT,USAGE ON SEQUENCE hostq.results_seq_seq TO hostq_admin;


--
-- Name: TABLE schema_version; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT ON TABLE hostq.schema_version TO hostq_daemon;
GRANT SELECT ON TABLE hostq.schema_version TO hostq_client;
GRANT SELECT ON TABLE hostq.schema_version TO hostq_operator;
GRANT SELECT ON TABLE hostq.schema_version TO hostq_admin;


--
-- Name: TABLE stuck_requests; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.stuck_requests TO hostq_daemon;
GRANT SELECT ON TABLE hostq.stuck_requests TO hostq_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.stuck_requests TO hostq_admin;


--
-- Name: TABLE tenants; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT ON TABLE hostq.tenants TO hostq_daemon;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.tenants TO hostq_admin;


--
-- Name: TABLE waiters; Type: ACL; Schema: hostq; Owner: -
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.waiters TO hostq_daemon;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE hostq.waiters TO hostq_admin;


--
-- PostgreSQL database dump complete
--


