-- The retry budget: retries beyond it are put off, so that an outage of what
-- requests call is no storm when it ends. Kept by the sweeper for the whole
-- fleet; nobody counts, or locks, per request (doc/ARCHITECTURE.md).

CREATE OR REPLACE FUNCTION hostq.retry_budget(k hostq.queues) RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(k.retry_budget, hostq.setting('retry_budget')::int)
$$;
COMMENT ON FUNCTION hostq.retry_budget IS 'Most retries per minute of a queue; 0: no limit.';

CREATE OR REPLACE FUNCTION hostq.put_off_in(k hostq.queues, p_limit int, OUT looked int, OUT put_off int)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    each_takes interval := interval '60 s' / hostq.retry_budget(k);
    free_at timestamptz;
BEGIN
    -- A retry is looked at once, marked in its note by its number. Those that
    -- a sweep of a second ago could not see yet lie around now.
    WITH c AS MATERIALIZED (
        SELECT q.id, q.run_at, coalesce(q.deadline - coalesce((b.policy->>'stop_before_deadline_ms')::bigint, k.stop_before_deadline_ms, 0)
            * interval '1 ms' - interval '1 s', 'infinity') AS latest
        FROM hostq.lanes l CROSS JOIN LATERAL (
            SELECT * FROM hostq.queue x WHERE x.lane_id = l.base * 4
              AND x.run_at BETWEEN statement_timestamp() - interval '5 s' AND statement_timestamp() + interval '2 s'
              AND x.state = 'pending' AND x.retry_attempt > 0 AND (x.note->>'budget')::int IS DISTINCT FROM x.retry_attempt
            ORDER BY x.run_at LIMIT p_limit FOR UPDATE SKIP LOCKED) q
        JOIN hostq.request_body b ON b.id = q.id
        WHERE l.queue = k.name AND l.retired_at IS NULL
        LIMIT p_limit),
    -- A tenth of a minute's budget may come at once.
    f AS (SELECT greatest(k.retries_free_at, min(c.run_at) - interval '6 s') AS free FROM c),
    n AS (SELECT c.id, c.run_at, f.free,
            greatest(c.run_at, least(f.free + row_number() OVER (ORDER BY c.run_at, c.id) * each_takes, c.latest)) AS slot FROM c, f),
    u AS (UPDATE hostq.queue q SET run_at = n.slot, note = coalesce(q.note, '{}') || jsonb_build_object('budget', q.retry_attempt)
            || CASE WHEN n.slot > n.run_at THEN jsonb_build_object('put_off', q.retry_attempt) ELSE '{}' END
        FROM n WHERE q.id = n.id RETURNING n.slot > n.run_at AS later, n.free)
    SELECT count(*), count(*) FILTER (WHERE later), min(free) INTO looked, put_off, free_at FROM u;
    IF looked > 0 THEN
        UPDATE hostq.queues SET retries_free_at = free_at + looked * each_takes WHERE name = k.name;
    END IF;
END $$;
COMMENT ON FUNCTION hostq.put_off_in IS 'Gives the retries of a queue that are about to be due their time; later than asked where the budget is used up, but before their deadline.';

CREATE OR REPLACE FUNCTION hostq.put_off_retries(p_limit int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k hostq.queues;
    r record;
    n int := 0;
    again boolean;
BEGIN
    FOR i IN 1..10 LOOP
        again := false;
        FOR k IN SELECT x.* FROM hostq.queues x WHERE hostq.retry_budget(x) > 0 LOOP
            SELECT * INTO r FROM hostq.put_off_in(k, p_limit);
            n := n + r.put_off;
            again := again OR r.looked >= p_limit;
        END LOOP;
        EXIT WHEN NOT again;
    END LOOP;
    RETURN n;
END $$;
COMMENT ON FUNCTION hostq.put_off_retries IS 'Every second, by the sweeper: retries beyond the budget of their queue are put off. How many were.';
