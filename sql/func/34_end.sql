-- Ends that no daemon's verdict makes: cancel, deadline, crash; and sweeps.

CREATE OR REPLACE FUNCTION hostq.finish(p_ids bigint[], p_state hostq.state, p_verb text, p_reason text, p_code text,
    p_message text, p_from hostq.state[]) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
    IF EXISTS (SELECT FROM hostq.ordered WHERE id = ANY (done)) THEN
        PERFORM hostq.order_goes_on(done);
    END IF;
    PERFORM hostq.wake_waiters(done);
    RETURN cardinality(done);
END $$;
COMMENT ON FUNCTION hostq.finish IS 'Ends open requests that are in one of p_from; their owners are told to drop them. How many ended.';

CREATE OR REPLACE FUNCTION hostq.sweep_deadlines(p_limit int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
    r record;
    n int := 0;
BEGIN
    PERFORM hostq.let_late_go();
    -- Probes, in the order of the index: no statistics may choose to read all
    -- bodies, which are many more than the open requests.
    FOR r IN SELECT array_agg(id) AS ids, s FROM (
            SELECT q.id, b.s FROM hostq.queue q
            CROSS JOIN LATERAL (SELECT extract(epoch FROM timeout)::bigint AS s, policy, queue FROM hostq.request_body
                WHERE id = q.id LIMIT 1) b
            LEFT JOIN LATERAL (SELECT stop_before_deadline_ms FROM hostq.queues WHERE name = b.queue LIMIT 1) k ON true
            WHERE q.deadline <= now() AND q.state <> 'processing'
              AND q.deadline + greatest(0, -coalesce((b.policy->>'stop_before_deadline_ms')::bigint,
                k.stop_before_deadline_ms, 0)) * interval '1 ms' <= now()
            ORDER BY q.deadline LIMIT p_limit FOR UPDATE OF q SKIP LOCKED) x GROUP BY s LOOP
        n := n + hostq.finish(r.ids, 'timeout', 'timeout', 'timeout', 'TIMEOUT',
            format('the request did not finish within %s seconds', r.s), '{pending,claimed,waiting}');
    END LOOP;
    RETURN n;
END $$;
COMMENT ON FUNCTION hostq.sweep_deadlines IS 'Requests whose deadline passed while nobody worked them end as timeout.';

CREATE OR REPLACE FUNCTION hostq.sweep_stale(p_limit int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
    blame text;
    n int := 0;
    c interval := hostq.setting('claim_timeout_ms')::bigint * interval '1 ms';
    p interval := hostq.setting('processing_timeout_ms')::bigint * interval '1 ms';
BEGIN
    -- Owned rows are few; the lanes' heads hold them. Dead owners' rows too.
    FOR r IN SELECT owner, array_agg(id) AS ids, bool_or(dead) AS dead FROM (
            SELECT q.id, q.owner, d.state = 'dead' AS dead FROM hostq.queue q JOIN hostq.daemons d ON d.epoch = q.owner
            WHERE q.owner IS NOT NULL AND (d.state = 'dead'
                OR q.state = 'claimed' AND q.claimed_at < now() - c OR q.state = 'processing' AND q.started_at < now() - p)
            LIMIT p_limit) x GROUP BY owner ORDER BY owner LOOP
        blame := 'none';
        IF r.dead THEN
            -- What its takeover found holds for the rows that this one missed;
            -- locked, so that it can be taken back before or after, not between.
            SELECT coalesce(counters->>'blame', 'none') INTO blame FROM hostq.daemons WHERE epoch = r.owner FOR UPDATE;
        ELSE
            INSERT INTO hostq.aborts (owner, id, lease) SELECT owner, id, lease FROM hostq.queue WHERE id = ANY (r.ids) AND owner = r.owner
            ON CONFLICT DO NOTHING;
            PERFORM pg_notify('hostq_d' || r.owner, 'abort');
        END IF;
        n := n + hostq.give_back_rows(r.ids, r.owner, NULL, blame);
    END LOOP;
    PERFORM hostq.move_to_keys();
    IF n > 0 THEN
        PERFORM pg_notify('hostq_work', '');
    END IF;
    RETURN n;
END $$;
COMMENT ON FUNCTION hostq.sweep_stale IS 'The nets behind the locks: rows claimed or processing for too long, and rows of dead daemons, become claimable; the latter count a crash as in the takeover.';
