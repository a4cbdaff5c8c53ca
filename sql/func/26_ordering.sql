-- Ordering keys: requests of one key run one at a time, in the order of their
-- submits. Only the first of a key is due; its end lets the next one go. So a
-- key needs no lane, and what waits costs claims nothing.
-- Advisory locks (1751544694, hash of the key): who enters or lets go.

CREATE OR REPLACE FUNCTION hostq.order_hash(p_namespace text, p_key text) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtext(p_namespace || E'\n' || p_key);
COMMENT ON FUNCTION hostq.order_hash IS 'Number of the lock of an ordering key; keys that share one wait for each other, no more.';

CREATE OR REPLACE FUNCTION hostq.keeps_snapshot() RETURNS boolean
LANGUAGE sql STABLE
RETURN current_setting('transaction_isolation') IN ('repeatable read', 'serializable');
COMMENT ON FUNCTION hostq.keeps_snapshot IS 'Is the whole transaction one snapshot? Then a lock shows nothing newer than that, and the order of a key is the sweeper''s to see.';

CREATE OR REPLACE FUNCTION hostq.enter_order(b hostq.request_body, p_due timestamptz) RETURNS timestamptz
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held boolean := hostq.keeps_snapshot();
BEGIN
    PERFORM pg_advisory_xact_lock(1751544694, hostq.order_hash(b.namespace, b.ordering_key));
    IF held THEN
        INSERT INTO hostq.order_late VALUES (b.namespace, b.ordering_key);
    ELSE
        -- This statement's snapshot is younger than the lock.
        held := EXISTS (SELECT FROM hostq.ordered WHERE namespace = b.namespace AND ordering_key = b.ordering_key AND id <> b.id);
    END IF;
    -- One that is tried again may be there yet: it ended while the key was
    -- locked, and the sweeper has not come.
    INSERT INTO hostq.ordered (namespace, ordering_key, id, due_at) VALUES (b.namespace, b.ordering_key, b.id, p_due)
    ON CONFLICT (id) DO UPDATE SET position = DEFAULT, due_at = excluded.due_at;
    RETURN CASE WHEN held THEN 'infinity' ELSE p_due END;
END $$;
COMMENT ON FUNCTION hostq.enter_order IS 'Puts a new request at the end of its ordering key: when it is due; infinity while another is before it, or might be. Waits for other submits of the key.';

CREATE OR REPLACE FUNCTION hostq.let_go(p_namespace text, p_key text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o hostq.ordered;
    at timestamptz;
BEGIN
    LOOP
        SELECT * INTO o FROM hostq.ordered WHERE namespace = p_namespace AND ordering_key = p_key ORDER BY position LIMIT 1;
        IF NOT FOUND THEN
            RETURN 0;
        ELSIF EXISTS (SELECT FROM hostq.queue WHERE id = o.id) THEN
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
        DELETE FROM hostq.ordered WHERE id = o.id;
    END LOOP;
END $$;
COMMENT ON FUNCTION hostq.let_go IS 'Makes the first open request of an ordering key due; the caller has the key''s lock. How many became due.';

CREATE OR REPLACE FUNCTION hostq.order_goes_on(p_ids bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k record;
    n int := 0;
BEGIN
    FOR k IN SELECT namespace, ordering_key, array_agg(o.id) AS ids FROM hostq.ordered o
            WHERE o.id = ANY (p_ids) AND NOT EXISTS (SELECT FROM hostq.queue q WHERE q.id = o.id)
            GROUP BY 1, 2 ORDER BY 1, 2 LOOP
        -- Never waits: a submit that has not committed would hold up the
        -- daemon's whole group.
        IF NOT hostq.keeps_snapshot() AND pg_try_advisory_xact_lock(1751544694, hostq.order_hash(k.namespace, k.ordering_key)) THEN
            DELETE FROM hostq.ordered WHERE id = ANY (k.ids);
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
BEGIN
    FOR k IN SELECT DISTINCT namespace, ordering_key FROM hostq.order_late ORDER BY namespace, ordering_key LIMIT 1000 LOOP
        IF pg_try_advisory_xact_lock(1751544694, hostq.order_hash(k.namespace, k.ordering_key)) THEN
            DELETE FROM hostq.order_late WHERE namespace = k.namespace AND ordering_key = k.ordering_key;
            n := n + hostq.let_go(k.namespace, k.ordering_key);
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
