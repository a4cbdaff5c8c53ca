-- Ordering keys: requests of one key run one at a time, in the order of their
-- submits. Only the first of a key is due; its end lets the next one go. So a
-- key needs no lane, and what waits costs claims nothing.
-- Who enters or lets go locks one row of the key, its anchor.

CREATE OR REPLACE FUNCTION hostq.keeps_snapshot() RETURNS boolean
LANGUAGE sql STABLE
RETURN current_setting('transaction_isolation') IN ('repeatable read', 'serializable');
COMMENT ON FUNCTION hostq.keeps_snapshot IS 'Is the whole transaction one snapshot? Then a lock shows nothing newer than that, and the order of a key is the sweeper''s to see.';

CREATE OR REPLACE FUNCTION hostq.make_anchor(b hostq.request_body, p_due timestamptz) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    LOOP
        -- Waits for a submit of the key that has not committed: then either
        -- its anchor is there, or we are the first.
        INSERT INTO hostq.ordered (namespace, ordering_key, id, due_at, anchor) VALUES (b.namespace, b.ordering_key, b.id, p_due, true)
        ON CONFLICT (namespace, ordering_key) WHERE anchor DO NOTHING;
        IF FOUND THEN
            RETURN true;
        END IF;
        PERFORM FROM hostq.ordered WHERE namespace = b.namespace AND ordering_key = b.ordering_key AND anchor FOR UPDATE;
        IF FOUND THEN
            RETURN false;
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION hostq.make_anchor IS 'Takes the lock of an ordering key for a new request: true: it is the anchor of a key that had none; false: the key is locked.';

CREATE OR REPLACE FUNCTION hostq.try_anchor(p_namespace text, p_key text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- A snapshot that is older than the lock shows nobody who came since.
    IF hostq.keeps_snapshot() THEN
        RETURN false;
    END IF;
    PERFORM FROM hostq.ordered WHERE namespace = p_namespace AND ordering_key = p_key AND anchor FOR UPDATE SKIP LOCKED;
    RETURN FOUND;
END $$;
COMMENT ON FUNCTION hostq.try_anchor IS 'Takes the lock of an ordering key, if it is free.';

CREATE OR REPLACE FUNCTION hostq.set_anchor(p_namespace text, p_key text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '10ms' AS $$
BEGIN
    UPDATE hostq.ordered SET anchor = true WHERE id = (SELECT id FROM hostq.ordered WHERE namespace = p_namespace AND ordering_key = p_key
        ORDER BY position LIMIT 1 FOR UPDATE SKIP LOCKED);
    RETURN FOUND;
EXCEPTION WHEN unique_violation OR lock_not_available THEN
    RETURN false; -- a submit, which has not committed
END $$;
COMMENT ON FUNCTION hostq.set_anchor IS 'Gives an ordering key an anchor that has none; false: not now.';

CREATE OR REPLACE FUNCTION hostq.enter_order(b hostq.request_body, p_due timestamptz) RETURNS timestamptz
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    late boolean := hostq.keeps_snapshot();
    first boolean;
BEGIN
    -- One that is tried again may be there yet: it ended while the key was
    -- locked, and is removed when it is the first.
    IF NOT late AND EXISTS (SELECT FROM hostq.ordered WHERE id = b.id) THEN
        PERFORM FROM hostq.ordered WHERE namespace = b.namespace AND ordering_key = b.ordering_key AND anchor FOR UPDATE;
        DELETE FROM hostq.ordered WHERE id = b.id;
    END IF;
    first := NOT late AND hostq.make_anchor(b, p_due);
    IF NOT first THEN
        INSERT INTO hostq.ordered (namespace, ordering_key, id, due_at) VALUES (b.namespace, b.ordering_key, b.id, p_due)
        ON CONFLICT (id) DO UPDATE SET position = DEFAULT, due_at = excluded.due_at, anchor = false;
    ELSIF EXISTS (SELECT FROM hostq.ordered WHERE namespace = b.namespace AND ordering_key = b.ordering_key AND id <> b.id) THEN
        first := false;
        late := true;
    END IF;
    IF late THEN
        INSERT INTO hostq.order_late VALUES (b.namespace, b.ordering_key);
    END IF;
    RETURN CASE WHEN first THEN p_due ELSE 'infinity' END;
END $$;
COMMENT ON FUNCTION hostq.enter_order IS 'Puts a new request at the end of its ordering key: when it is due; infinity while another is before it, or might be. Waits for other submits of the key.';

CREATE OR REPLACE FUNCTION hostq.let_go(p_namespace text, p_key text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o hostq.ordered;
    at timestamptz;
    passed bigint := 0;
BEGIN
    LOOP
        SELECT * INTO o FROM hostq.ordered WHERE namespace = p_namespace AND ordering_key = p_key AND position > passed ORDER BY position LIMIT 1;
        IF NOT FOUND THEN
            RETURN 0;
        ELSIF o.anchor AND EXISTS (SELECT FROM hostq.queue WHERE id = o.id AND run_at < 'infinity') THEN
            RETURN 0; -- it is due, and not locked for nothing
        ELSIF EXISTS (SELECT FROM hostq.ordered a JOIN hostq.queue q USING (id) WHERE a.namespace = p_namespace AND a.ordering_key = p_key
                AND a.anchor AND a.id <> o.id AND q.run_at < 'infinity') THEN
            RETURN 0; -- that one came while this one was not committed, and goes before it
        -- One that is tried again keeps its id, and has another position.
        ELSIF EXISTS (SELECT FROM hostq.ordered a JOIN hostq.queue q USING (id) WHERE a.id = o.id AND a.position = o.position) THEN
            IF NOT o.anchor THEN
                UPDATE hostq.ordered SET anchor = false WHERE namespace = p_namespace AND ordering_key = p_key AND anchor;
                UPDATE hostq.ordered SET anchor = true WHERE id = o.id;
            END IF;
            -- One that was put aside (hold) stays so, and those behind it wait.
            SELECT CASE WHEN note ? 'held' THEN o.due_at ELSE run_at END INTO at FROM hostq.queue WHERE id = o.id FOR UPDATE SKIP LOCKED;
            IF NOT FOUND THEN -- somebody cancels it, perhaps
                INSERT INTO hostq.order_late VALUES (p_namespace, p_key);
            ELSIF at = 'infinity' THEN
                UPDATE hostq.queue SET run_at = greatest(o.due_at, clock_timestamp()) WHERE id = o.id;
                RETURN 1;
            END IF;
            RETURN 0;
        END IF;
        -- It has ended. Whoever has it locked tries it again, at the end.
        DELETE FROM hostq.ordered WHERE id = (SELECT id FROM hostq.ordered WHERE id = o.id AND position = o.position FOR UPDATE SKIP LOCKED);
        passed := o.position;
    END LOOP;
END $$;
COMMENT ON FUNCTION hostq.let_go IS 'Makes the first open request of an ordering key due; the caller has the key''s lock. How many became due.';

CREATE OR REPLACE FUNCTION hostq.order_goes_on(p_ids bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k record;
    n int := 0;
BEGIN
    FOR k IN SELECT namespace, ordering_key, array_agg(o.position) AS ended FROM hostq.ordered o
            WHERE o.id = ANY (p_ids) AND NOT EXISTS (SELECT FROM hostq.queue q WHERE q.id = o.id)
            GROUP BY 1, 2 ORDER BY 1, 2 LOOP
        -- Never waits: a submit that has not committed would hold up the
        -- daemon's whole group.
        IF hostq.try_anchor(k.namespace, k.ordering_key) THEN
            DELETE FROM hostq.ordered WHERE id = ANY (ARRAY(SELECT id FROM hostq.ordered WHERE namespace = k.namespace
                AND ordering_key = k.ordering_key AND position = ANY (k.ended) FOR UPDATE SKIP LOCKED));
            n := n + hostq.let_go(k.namespace, k.ordering_key);
        ELSE
            INSERT INTO hostq.order_late VALUES (k.namespace, k.ordering_key);
        END IF;
    END LOOP;
    IF n > 0 THEN
        PERFORM hostq.notify_work('');
    END IF;
END $$;
COMMENT ON FUNCTION hostq.order_goes_on IS 'These requests have ended: the next one of each of their ordering keys can run.';

CREATE OR REPLACE FUNCTION hostq.let_late_go() RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k record;
    n int := 0;
    waits int := 0;
BEGIN
    DELETE FROM hostq.order_late l
    WHERE NOT EXISTS (SELECT FROM hostq.ordered o WHERE o.namespace = l.namespace AND o.ordering_key = l.ordering_key);
    FOR k IN SELECT l.namespace, l.ordering_key, EXISTS (SELECT FROM hostq.ordered o WHERE o.namespace = l.namespace
                AND o.ordering_key = l.ordering_key AND o.anchor) AS anchored
            FROM (SELECT namespace, ordering_key FROM hostq.order_late GROUP BY 1, 2 ORDER BY random() LIMIT 1000) l LOOP
        IF k.anchored AND hostq.try_anchor(k.namespace, k.ordering_key)
            OR NOT k.anchored AND waits < 3 AND hostq.set_anchor(k.namespace, k.ordering_key) THEN
            DELETE FROM hostq.order_late WHERE namespace = k.namespace AND ordering_key = k.ordering_key;
            n := n + hostq.let_go(k.namespace, k.ordering_key);
        ELSIF NOT k.anchored THEN
            waits := waits + 1;
        END IF;
    END LOOP;
    IF n > 0 THEN
        PERFORM hostq.notify_work('');
    END IF;
    RETURN n;
END $$;
COMMENT ON FUNCTION hostq.let_late_go IS 'Every second while there are any, by the sweeper: keys that were locked when one of their requests ended.';

CREATE OR REPLACE FUNCTION hostq.find_stopped_orders() RETURNS int
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH h AS (SELECT DISTINCT ON (namespace, ordering_key) namespace, ordering_key, id FROM hostq.ordered
            ORDER BY namespace, ordering_key, position),
        s AS (INSERT INTO hostq.order_late SELECT namespace, ordering_key FROM h
            WHERE NOT EXISTS (SELECT FROM hostq.queue q WHERE q.id = h.id AND (q.run_at < 'infinity' OR q.note ? 'held'))
              AND NOT EXISTS (SELECT FROM hostq.order_late l WHERE l.namespace = h.namespace AND l.ordering_key = h.ordering_key)
            RETURNING 1)
    SELECT count(*)::int FROM s
$$;
COMMENT ON FUNCTION hostq.find_stopped_orders IS 'The net, once a minute: keys whose first request has ended or is not due, whatever made it so.';

CREATE OR REPLACE FUNCTION hostq.why_ordered(q hostq.queue) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN f.id = q.id THEN format('it is the next of ordering key %s and about to be let go', o.ordering_key)
        ELSE format('an earlier request of its ordering key %s has not ended: %s (%s); %s before it', o.ordering_key, b.request_id,
            coalesce(x.state::text, 'ended'), (SELECT count(*) FROM hostq.ordered y WHERE y.namespace = o.namespace
                AND y.ordering_key = o.ordering_key AND y.position < o.position)) END
    FROM hostq.ordered o
    CROSS JOIN LATERAL (SELECT y.id FROM hostq.ordered y WHERE y.namespace = o.namespace AND y.ordering_key = o.ordering_key
        ORDER BY y.position LIMIT 1) f
    JOIN hostq.request_body b ON b.id = f.id LEFT JOIN hostq.queue x ON x.id = f.id
    WHERE o.id = q.id
$$;
COMMENT ON FUNCTION hostq.why_ordered IS 'why_not of a request that waits for its turn: who is first of its ordering key.';
