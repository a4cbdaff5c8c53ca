-- Queues and their policy, as administrators change them.

CREATE OR REPLACE FUNCTION hostq.check_queue_option(k text, v jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    lo bigint := 0;
    hi bigint := 31536000000;
    words text;
BEGIN
    IF v = 'null' AND k IN ('kind', 'max_retries', 'stop_before_deadline_ms', 'timeout_s', 'fair_by', 'retry_budget') THEN
        RETURN NULL;
    END IF;
    words := CASE k WHEN 'kind' THEN 'noop, provision, return' WHEN 'audit' THEN 'full, stamps' WHEN 'results' THEN 'none, consume'
        WHEN 'claim_order' THEN 'time, deadline' WHEN 'fair_by' THEN 'namespace, submitted_by, account' END;
    IF words IS NOT NULL THEN
        RETURN CASE WHEN jsonb_typeof(v) IS DISTINCT FROM 'string' OR v #>> '{}' <> ALL (string_to_array(words, ', '))
            THEN hostq.invalid(k, v, words, format('%s must be one of %s', k, words)) END;
    ELSIF k IN ('backoff_factor', 'urgency_weight') THEN
        hi := CASE k WHEN 'backoff_factor' THEN 1000 ELSE 1 END;
        lo := CASE k WHEN 'backoff_factor' THEN 1 ELSE 0 END;
        RETURN CASE WHEN jsonb_typeof(v) IS DISTINCT FROM 'number' OR (CASE jsonb_typeof(v) WHEN 'number' THEN v::numeric END) NOT BETWEEN lo AND hi
            THEN hostq.invalid(k, v, format('%s..%s', lo, hi), format('%s must be a number from %s to %s', k, lo, hi)) END;
    END IF;
    lo := CASE k WHEN 'stop_before_deadline_ms' THEN -hi WHEN 'timeout_s' THEN 1 WHEN 'retention_s' THEN 1 ELSE 0 END;
    hi := CASE k WHEN 'max_retries' THEN 1000000 WHEN 'retry_budget' THEN 1000000 WHEN 'timeout_s' THEN 31536000 WHEN 'retention_s' THEN 3153600000 ELSE hi END;
    RETURN CASE WHEN NOT hostq.check_whole(v, lo, hi) THEN hostq.invalid(k, v, format('%s..%s', lo, hi), format('%s must be a whole number from %s to %s', k, lo, hi)) END;
END $$;
COMMENT ON FUNCTION hostq.check_queue_option IS 'Refusal for a value that an option of a queue cannot have, or null.';

CREATE OR REPLACE FUNCTION hostq.queue_set(p_name text, p_options jsonb, p_create boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    q hostq.queues;
    k text;
    v jsonb;
    r jsonb;
BEGIN
    IF p_name IS NULL OR p_name !~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' THEN
        RETURN hostq.invalid('queue', to_jsonb(p_name), '1..100 of A-Z a-z 0-9 . _ -', 'A queue''s name has 1 to 100 letters, digits, dots, _ and -');
    ELSIF jsonb_typeof(p_options) IS DISTINCT FROM 'object' THEN
        RETURN hostq.invalid('options', p_options, 'object', 'Options must be an object');
    END IF;
    r := hostq.check_keys(p_options, '{kind,max_retries,stop_before_deadline_ms,backoff_ms,backoff_factor,max_backoff_ms,timeout_s,audit,results,retention_s,retry_budget,claim_order,fair_by,urgency_weight}');
    FOR k, v IN SELECT * FROM jsonb_each(p_options) WHERE r IS NULL LOOP
        r := coalesce(r, hostq.check_queue_option(k, v));
    END LOOP;
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    SELECT * INTO q FROM hostq.queues WHERE name = p_name FOR UPDATE;
    IF FOUND AND p_create THEN
        RETURN hostq.error('CONFLICT', format('Queue ''%s'' exists', p_name), jsonb_build_object('field', 'queue', 'value', p_name));
    ELSIF NOT FOUND AND NOT p_create THEN
        RETURN hostq.invalid('queue', to_jsonb(p_name), (SELECT string_agg(name, ', ' ORDER BY name) FROM hostq.queues), format('Unknown queue ''%s''', p_name));
    ELSIF p_create THEN
        INSERT INTO hostq.queues (name) VALUES (p_name) ON CONFLICT DO NOTHING RETURNING * INTO q;
    END IF;
    IF p_options = '{}' AND NOT p_create THEN
        RETURN to_jsonb(q) - '{paused,retries_free_at}'::text[];
    END IF;
    q := jsonb_populate_record(q, p_options);
    UPDATE hostq.queues SET kind = q.kind, max_retries = q.max_retries, stop_before_deadline_ms = q.stop_before_deadline_ms, backoff_ms = q.backoff_ms,
        backoff_factor = q.backoff_factor, max_backoff_ms = q.max_backoff_ms, timeout_s = q.timeout_s, audit = q.audit, results = q.results,
        retention_s = q.retention_s, retry_budget = q.retry_budget, claim_order = q.claim_order, fair_by = q.fair_by, urgency_weight = q.urgency_weight
    WHERE name = p_name;
    PERFORM hostq.say_change('queue', jsonb_build_object('queue', p_name, 'options', p_options));
    PERFORM pg_notify('hostq_work', '+lane');
    RETURN to_jsonb(q) - '{paused,retries_free_at}'::text[];
END $$;
COMMENT ON FUNCTION hostq.queue_set(text, jsonb, boolean) IS 'Makes a queue or changes its policy (the columns of hostq.queues; what is not named stays): the queue, or {error}. Daemons obey it within 2 s.';

CREATE OR REPLACE FUNCTION hostq.queue_delete(p_name text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM hostq.queues WHERE name = p_name FOR UPDATE;
    IF NOT FOUND THEN
        RETURN hostq.invalid('queue', to_jsonb(p_name), (SELECT string_agg(name, ', ' ORDER BY name) FROM hostq.queues), format('Unknown queue ''%s''', p_name));
    ELSIF p_name IN ('noop', 'provision', 'return', 'watch') THEN
        RETURN hostq.error('CONFLICT', format('Queue ''%s'' is the one of its kind', p_name), jsonb_build_object('field', 'queue', 'value', p_name));
    ELSIF EXISTS (SELECT FROM hostq.lanes l JOIN hostq.queue q ON q.lane_id BETWEEN l.base * 4 AND l.base * 4 + 2 WHERE l.queue = p_name)
        OR EXISTS (SELECT FROM hostq.request_body b JOIN hostq.finished f USING (id) WHERE b.queue = p_name) THEN
        RETURN hostq.error('CONFLICT', format('Queue ''%s'' has requests', p_name), jsonb_build_object('field', 'queue', 'value', p_name));
    END IF;
    DELETE FROM hostq.lanes WHERE queue = p_name;
    DELETE FROM hostq.queues WHERE name = p_name;
    PERFORM hostq.say_change('queue', jsonb_build_object('queue', p_name, 'deleted', true));
    RETURN jsonb_build_object('queue', p_name, 'deleted', true);
END $$;
COMMENT ON FUNCTION hostq.queue_delete(text) IS 'Removes a queue that has no requests any more, open or ended: {queue, deleted} or {error}.';
