-- cancel and retry, by a person or a program.

CREATE OR REPLACE FUNCTION hostq.cancel(p_request_id text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
COMMENT ON FUNCTION hostq.cancel(text) IS 'Ends an open request as canceled; its owner aborts the call within about a second, what it made is removed by a return of its own. Answers {requestId, state} or {error}; canceling twice is no error.';

CREATE OR REPLACE FUNCTION hostq.retry(p_request_id text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
    -- Whoever makes a clean-up at this moment is waited for (lock_end). A
    -- watch is what ends the clean-ups of its own orphans.
    PERFORM FROM hostq.finished WHERE id = k FOR UPDATE;
    SELECT r.request_id INTO c FROM hostq.machines m JOIN hostq.request_machines r USING (machine_id)
        JOIN hostq.queue q ON q.id = r.id
    WHERE m.id = k AND b.kind <> 'watch' LIMIT 1;
    IF c IS NOT NULL THEN
        RETURN hostq.error('CONFLICT', format('Request ''%s'' is still being cleaned up by ''%s''', p_request_id, c),
            jsonb_build_object('requestId', p_request_id, 'field', 'cleanup', 'value', c));
    END IF;
    IF b.kind <> 'watch' AND EXISTS (SELECT FROM hostq.finished x JOIN hostq.queues q ON q.name = b.queue
            WHERE x.id = k AND x.finished_at < now() - q.retention_s * interval '1 s') THEN
        RETURN hostq.error('CONFLICT', format('Request ''%s'' is past its retention and about to be removed', p_request_id),
            jsonb_build_object('requestId', p_request_id, 'field', 'retention'));
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
    IF b.payload ? 'unique' AND EXISTS (SELECT FROM hostq.finished WHERE id = k AND state IN ('failed', 'timeout', 'canceled')) THEN
        r := hostq.retake_unique(b);
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
    b.created_at := now(); -- in the lane of its new deadline
    INSERT INTO hostq.queue (id, run_at, lane_id, deadline, first_started_at, intent)
    VALUES (k, CASE WHEN b.ordering_key IS NULL THEN clock_timestamp() ELSE hostq.enter_order(b, clock_timestamp()) END, hostq.lane_of(b, CASE b.kind WHEN 'return' THEN hostq.next_route(k)
            WHEN 'watch' THEN CASE b.provider_api WHEN 'process' THEN substr(b.request_id, 7) END END),
        now() + b.timeout, f.first_started_at, f.intent + 1);
    PERFORM hostq.notify_work(b.queue);
    RETURN jsonb_build_object('requestId', p_request_id, 'state', 'pending');
END $$;
COMMENT ON FUNCTION hostq.retry(text) IS 'Opens a failed, timed-out or canceled request again with a new deadline (now + the same timeout), attempts from 0 and its history kept. CONFLICT while its clean-up is open or another open request has its unique key; a provision needs room for the machines that it lacks.';
