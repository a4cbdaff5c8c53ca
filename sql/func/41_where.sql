-- cancel and retry of many, by a filter, in chunks: each call is one
-- transaction that looks at so many requests, and the caller goes on with
-- `next` until there is none. So no lock is held for long, whatever there is.

CREATE OR REPLACE FUNCTION hostq.check_conditions(f jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k text;
    v jsonb;
    r jsonb;
BEGIN
    IF jsonb_typeof(f) IS DISTINCT FROM 'object' OR f = '{}' THEN
        RETURN hostq.invalid('where', f, 'at least one condition, or all=true', 'A filter needs a condition');
    END IF;
    r := hostq.check_keys(f, '{all,queue,namespace,kind,state,priority,account,region,key,orderingKey,templateId,tag,createdBefore,createdAfter,reason}');
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    FOR k, v IN SELECT * FROM jsonb_each(f) LOOP
        IF k = 'all' AND v NOT IN ('true', '"true"') THEN
            RETURN hostq.invalid(k, v, 'true', 'all must be true');
        ELSIF k <> 'all' AND jsonb_typeof(v) <> 'string' THEN
            RETURN hostq.invalid(k, v, 'text', format('Condition %s must be a text', k));
        ELSIF k = 'state' AND v #>> '{}' NOT IN ('pending', 'claimed', 'processing', 'waiting', 'failed', 'timeout', 'canceled') THEN
            RETURN hostq.invalid(k, v, 'pending, claimed, processing, waiting, failed, timeout, canceled', format('No request can be in state %s here', v));
        ELSIF k = 'tag' AND v #>> '{}' !~ '^[^=]+=' THEN
            RETURN hostq.invalid(k, v, 'KEY=VALUE', 'A tag must be KEY=VALUE');
        ELSIF k IN ('createdBefore', 'createdAfter') THEN
            BEGIN
                PERFORM (v #>> '{}')::timestamptz;
            EXCEPTION WHEN data_exception THEN
                RETURN hostq.invalid(k, v, 'a time', format('Condition %s must be a time', k));
            END;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_conditions IS 'Refusal for a bad filter, or null.';

CREATE OR REPLACE FUNCTION hostq.fits_where(f jsonb, b hostq.request_body) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(b.queue = f->>'queue', true) AND coalesce(b.namespace = f->>'namespace', true) AND b.kind <> 'watch'
        AND coalesce(b.kind = f->>'kind', true) AND coalesce(b.priority::text = f->>'priority', true)
        AND (NOT f ? 'account' OR b.account IS NOT DISTINCT FROM f->>'account') AND (NOT f ? 'region' OR b.region IS NOT DISTINCT FROM f->>'region')
        AND (NOT f ? 'key' OR b.key IS NOT DISTINCT FROM f->>'key')
        AND (NOT f ? 'orderingKey' OR b.ordering_key IS NOT DISTINCT FROM f->>'orderingKey')
        AND (NOT f ? 'templateId' OR b.template_id IS NOT DISTINCT FROM f->>'templateId')
        AND (NOT f ? 'tag' OR b.payload->'tags'->>split_part(f->>'tag', '=', 1) IS NOT DISTINCT FROM substr(f->>'tag', strpos(f->>'tag', '=') + 1))
        AND coalesce(b.created_at < (f->>'createdBefore')::timestamptz, true) AND coalesce(b.created_at > (f->>'createdAfter')::timestamptz, true)
        AND hostq.may(b.namespace)
$$;
COMMENT ON FUNCTION hostq.fits_where IS 'Does a request fit a filter, but for its state and reason?';

CREATE OR REPLACE FUNCTION hostq.hold(p_ids bigint[], p_on boolean) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    n int;
BEGIN
    WITH u AS (UPDATE hostq.queue q SET
            note = CASE WHEN p_on THEN coalesce(q.note, '{}') || jsonb_build_object('held', jsonb_build_object('by', session_user, 'since', now(),
                'due', nullif(q.run_at, 'infinity'))) ELSE nullif(q.note - 'held', '{}') END,
            run_at = CASE WHEN p_on OR EXISTS (SELECT FROM hostq.ordered o WHERE o.id = q.id) THEN 'infinity'
                ELSE greatest((q.note#>>'{held,due}')::timestamptz, clock_timestamp()) END
        WHERE id = ANY (p_ids) AND state = 'pending' AND coalesce(note ? 'held', false) <> p_on RETURNING id),
    e AS (INSERT INTO hostq.event (request_id, namespace, type) SELECT b.request_id, b.namespace, CASE WHEN p_on THEN 'pause' ELSE 'resume' END
        FROM u JOIN hostq.request_body b USING (id)),
    -- Whose turn it is in its ordering key is the sweeper's to say.
    l AS (INSERT INTO hostq.order_late SELECT DISTINCT o.namespace, o.ordering_key FROM u JOIN hostq.ordered o USING (id) WHERE NOT p_on)
    SELECT count(*) INTO n FROM u;
    IF n > 0 AND NOT p_on THEN
        PERFORM hostq.notify_work('');
    END IF;
    RETURN n;
END $$;
COMMENT ON FUNCTION hostq.hold IS 'Puts pending requests aside, or lets them be due as before. How many it changed.';

CREATE OR REPLACE FUNCTION hostq.change_where(p_what text, p_filter jsonb, p_dry_run boolean, p_after bigint, p_limit int) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    r jsonb := hostq.check_conditions(p_filter);
    last bigint;
    ids bigint[];
    free bigint[];
    states jsonb;
    few jsonb;
    n int := 0;
BEGIN
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    WITH c AS MATERIALIZED (SELECT q.id, q.state, coalesce(q.note ? 'held', false) AS held FROM hostq.queue q WHERE q.id > p_after ORDER BY q.id LIMIT p_limit),
    m AS (SELECT c.id, c.state, b.request_id FROM c JOIN hostq.request_body b USING (id)
        WHERE hostq.fits_where(p_filter, b) AND coalesce(c.state::text = p_filter->>'state', true) AND NOT p_filter ? 'reason'
          AND (p_what = 'cancel' OR c.state = 'pending' AND c.held = (p_what = 'resume'))),
    s AS (SELECT state, count(*) AS n FROM m GROUP BY state)
    SELECT (SELECT max(id) FROM c), (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM m), (SELECT jsonb_object_agg(state, s.n) FROM s),
        (SELECT jsonb_agg(request_id) FROM (SELECT request_id FROM m ORDER BY id LIMIT 3) x)
    INTO last, ids, states, few;
    free := CASE WHEN p_dry_run THEN ids ELSE
        -- What a daemon writes at this moment is left to the next pass.
        ARRAY(SELECT id FROM hostq.queue WHERE id = ANY (ids) AND coalesce(state::text = p_filter->>'state', true)
            ORDER BY id FOR UPDATE SKIP LOCKED) END;
    IF NOT p_dry_run AND free <> '{}' THEN
        n := CASE WHEN p_what = 'cancel' THEN hostq.finish(free, 'canceled', 'cancel', NULL, 'CANCELLED', format('canceled by %s', session_user),
            '{pending,claimed,processing,waiting}') ELSE hostq.hold(free, p_what = 'pause') END;
    END IF;
    RETURN jsonb_build_object('next', last, 'matched', cardinality(ids), 'changed', n, 'skipped', cardinality(ids) - cardinality(free),
        'states', coalesce(states, '{}'), 'examples', coalesce(few, '[]'));
END $$;
COMMENT ON FUNCTION hostq.change_where IS 'One chunk of cancel_where, pause_where or resume_where.';

CREATE OR REPLACE FUNCTION hostq.cancel_where(p_filter jsonb, p_dry_run boolean, p_after bigint DEFAULT 0, p_limit int DEFAULT 500) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.change_where('cancel', p_filter, p_dry_run, p_after, p_limit)
$$;
COMMENT ON FUNCTION hostq.cancel_where(jsonb, boolean, bigint, int) IS 'Cancels the open requests that fit a filter ({queue, namespace, kind, state, priority, account, region, key, orderingKey, templateId, tag, createdBefore, createdAfter}, or {all:true}), of those after number p_after the next p_limit: {next, matched, changed, skipped, states, examples}; call again with next until it is null. skipped: somebody wrote them at that moment. p_dry_run changes nothing.';

CREATE OR REPLACE FUNCTION hostq.pause_where(p_filter jsonb, p_dry_run boolean, p_after bigint DEFAULT 0, p_limit int DEFAULT 500) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.change_where('pause', p_filter, p_dry_run, p_after, p_limit)
$$;
COMMENT ON FUNCTION hostq.pause_where(jsonb, boolean, bigint, int) IS 'Puts the pending requests that fit a filter aside, as cancel_where; their deadlines go on.';

CREATE OR REPLACE FUNCTION hostq.resume_where(p_filter jsonb, p_dry_run boolean, p_after bigint DEFAULT 0, p_limit int DEFAULT 500) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.change_where('resume', p_filter, p_dry_run, p_after, p_limit)
$$;
COMMENT ON FUNCTION hostq.resume_where(jsonb, boolean, bigint, int) IS 'Lets those that pause_where put aside be due as they were.';

CREATE OR REPLACE FUNCTION hostq.retry_where(p_filter jsonb, p_dry_run boolean, p_after bigint DEFAULT 0, p_limit int DEFAULT 500) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    r jsonb := hostq.check_conditions(p_filter);
    wanted text[] := CASE WHEN p_filter ? 'state' THEN ARRAY[p_filter->>'state'] ELSE '{failed,timeout}' END;
    m record;
    last bigint;
    n int := 0;
    done int := 0;
    states jsonb := '{}';
    few jsonb := '[]';
BEGIN
    IF r IS NULL AND NOT wanted <@ '{failed,timeout,canceled}' THEN
        r := hostq.invalid('state', p_filter->'state', 'failed, timeout, canceled', 'Only failed, timeout or canceled requests can be retried');
    END IF;
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    FOR m IN WITH c AS MATERIALIZED (SELECT f.id, f.state, f.failure_reason FROM hostq.finished f
                WHERE f.id > p_after AND (f.state IN ('failed', 'timeout') OR f.state = 'canceled' AND 'canceled' = ANY (wanted))
                ORDER BY f.id LIMIT p_limit)
            SELECT c.id, c.state, b.request_id, hostq.fits_where(p_filter, b) AND c.state::text = ANY (wanted)
                AND (NOT p_filter ? 'reason' OR c.failure_reason IS NOT DISTINCT FROM p_filter->>'reason') AS wanted
            FROM c JOIN hostq.request_body b USING (id) ORDER BY c.id LOOP
        last := m.id;
        CONTINUE WHEN NOT m.wanted;
        n := n + 1;
        states := states || jsonb_build_object(m.state, coalesce((states->>m.state::text)::int, 0) + 1);
        few := CASE WHEN n <= 3 THEN few || to_jsonb(m.request_id) ELSE few END;
        IF NOT p_dry_run AND NOT hostq.retry(m.request_id) ? 'error' THEN
            done := done + 1;
        END IF;
    END LOOP;
    RETURN jsonb_build_object('next', last, 'matched', n, 'changed', done, 'skipped', CASE WHEN p_dry_run THEN 0 ELSE n - done END,
        'states', states, 'examples', few);
END $$;
COMMENT ON FUNCTION hostq.retry_where(jsonb, boolean, bigint, int) IS 'Tries the failed and timed-out requests (or those of another state that it names) that fit a filter again, as cancel_where; reason: their failure_reason. skipped: those that retry refuses.';
