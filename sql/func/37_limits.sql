-- Limits per key: most at a time (permits) and starts per second (tokens), for
-- the whole fleet. Daemons take them in blocks and work them off in memory, so
-- that no request costs a lock or a counter (doc/ARCHITECTURE.md, Limits).

CREATE OR REPLACE FUNCTION hostq.burst_of(k hostq.keys) RETURNS int
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(k.burst, greatest(ceil(k.rate_per_s / 5), 1)::int)
$$;
COMMENT ON FUNCTION hostq.burst_of IS 'Most starts at once of a key with a rate.';

CREATE OR REPLACE FUNCTION hostq.take_permits_of(k hostq.keys, p_epoch int, p_used int, p_want int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    others bigint;
    n int;
    counts int;
BEGIN
    -- The caller has locked the key's row of key_tokens, and this statement's
    -- snapshot is younger than the lock. Of a dead daemon nothing counts.
    SELECT coalesce(sum(p.held), 0) INTO others FROM hostq.key_permits p JOIN hostq.daemons d ON d.epoch = p.epoch AND d.state <> 'dead'
    WHERE p.number = k.number AND p.epoch <> p_epoch;
    n := greatest(least(p_used + p_want, k.max_running - others), 0);
    counts := greatest(n, p_used); -- more run than may: the limit was lowered
    IF counts = 0 THEN
        DELETE FROM hostq.key_permits WHERE number = k.number AND epoch = p_epoch;
    ELSE
        INSERT INTO hostq.key_permits AS p (number, epoch, held) VALUES (k.number, p_epoch, counts)
        ON CONFLICT (number, epoch) DO UPDATE SET held = counts WHERE p.held <> counts;
    END IF;
    RETURN n;
END $$;
COMMENT ON FUNCTION hostq.take_permits_of IS 'How many requests of a key a daemon may work from now on: of what is free no more than it wants. What it works beyond that counts until it ends.';

CREATE OR REPLACE FUNCTION hostq.take_starts_of(k hostq.keys, t hostq.key_tokens, p_left int, p_want int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    now constant timestamptz := clock_timestamp();
    free float8 := least(hostq.burst_of(k), t.tokens + p_left + k.rate_per_s * greatest(extract(epoch FROM now - t.filled_at), 0));
    n int := greatest(least(p_want, floor(free)), 0);
BEGIN
    UPDATE hostq.key_tokens SET tokens = free - n, filled_at = now WHERE number = k.number;
    RETURN n;
END $$;
COMMENT ON FUNCTION hostq.take_starts_of IS 'How many requests of a key with a rate a daemon may start now; what it has left of before goes back first.';

CREATE OR REPLACE FUNCTION hostq.take_permits(p_epoch int, p_keys int[], p_held int[], p_used int[], p_want int[], p_left int[],
    p_scan_keys int[], p_scans int[], p_bounds bigint[], OUT key int, OUT held int, OUT starts int, OUT work boolean) RETURNS SETOF record
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    due int[];
    k record;
    c hostq.keys;
    t hostq.key_tokens;
BEGIN
    due := ARRAY(SELECT DISTINCT s.key FROM unnest(p_scan_keys, p_scans, p_bounds) s (key, lane, bound) CROSS JOIN LATERAL (
        SELECT FROM hostq.queue q WHERE q.lane_id = s.lane AND q.run_at >= coalesce('epoch'::timestamptz + s.bound * interval '1 us', '-infinity')
            AND q.run_at <= clock_timestamp() AND q.state IN ('pending', 'waiting') LIMIT 1) x);
    -- In order of their numbers: two daemons never wait for each other.
    FOR k IN SELECT * FROM unnest(p_keys, p_held, p_used, p_want, p_left) u (number, held, used, want, unspent) ORDER BY u.number LOOP
        key := k.number;
        work := k.number = ANY (due);
        held := NULL;
        starts := k.unspent;
        IF NOT work AND k.held <= k.used AND k.unspent = 0 THEN
            RETURN NEXT; -- nothing to take, nothing to give
            CONTINUE;
        END IF;
        SELECT * INTO t FROM hostq.key_tokens x WHERE x.number = k.number FOR UPDATE SKIP LOCKED;
        IF FOUND THEN
            SELECT * INTO c FROM hostq.keys x WHERE x.number = k.number;
            starts := 0;
            IF c.max_running IS NOT NULL THEN
                held := hostq.take_permits_of(c, p_epoch, k.used, CASE WHEN work THEN k.want ELSE 0 END);
            ELSE -- it has no such limit any more
                DELETE FROM hostq.key_permits WHERE number = k.number AND epoch = p_epoch;
                held := k.used;
            END IF;
            IF c.rate_per_s IS NOT NULL THEN
                starts := hostq.take_starts_of(c, t, k.unspent,
                    CASE WHEN work THEN least(k.want, CASE WHEN c.max_running IS NOT NULL THEN held - k.used ELSE k.want END) ELSE 0 END);
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
END $$;
COMMENT ON FUNCTION hostq.take_permits IS 'What a daemon may do of limited keys, for what counts as its (held), what it works (used), wants and has left of its starts: permits held (null: as before), starts, and whether anything of the key is due in the scans. A key that another daemon asks for at this moment is left as it is.';

CREATE OR REPLACE FUNCTION hostq.move_to_keys() RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    n int;
BEGIN
    IF NOT EXISTS (SELECT FROM hostq.keys WHERE move_until > now()) THEN
        RETURN 0;
    END IF;
    WITH k AS MATERIALIZED (
        SELECT q.id, l.route FROM hostq.lanes l JOIN hostq.queue q ON q.lane_id BETWEEN l.base * 4 AND l.base * 4 + 2
        CROSS JOIN LATERAL (SELECT x.key FROM hostq.request_body x WHERE x.id = q.id LIMIT 1) b
        WHERE l.key IS NULL AND q.state IN ('pending', 'waiting') AND b.key IN (SELECT key FROM hostq.keys WHERE move_until > now())
        FOR UPDATE OF q SKIP LOCKED)
    UPDATE hostq.queue q SET lane_id = hostq.lane_of(b, k.route) | (q.lane_id & 3)
    FROM k JOIN hostq.request_body b USING (id) WHERE q.id = k.id;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
COMMENT ON FUNCTION hostq.move_to_keys IS 'Requests that were submitted before their key had its first limit go into the lanes of the key. How many did.';

CREATE OR REPLACE FUNCTION hostq.check_limit(p_key text, p_limit jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rate jsonb := p_limit->'ratePerSecond';
BEGIN
    IF p_key IS NULL OR p_key !~ '^[^[:cntrl:]]{1,200}$' THEN
        RETURN hostq.invalid('key', to_jsonb(p_key), '1..200 characters', 'A key must be 1 to 200 characters');
    ELSIF jsonb_typeof(p_limit) IS DISTINCT FROM 'object' OR p_limit = '{}' THEN
        RETURN hostq.invalid('limit', p_limit, '{maxRunning, ratePerSecond, burst}', 'A limit must name maxRunning, ratePerSecond or burst');
    ELSIF coalesce(p_limit->'maxRunning', 'null') <> 'null' AND NOT hostq.check_whole(p_limit->'maxRunning', 0, 1000000) THEN
        RETURN hostq.invalid('maxRunning', p_limit->'maxRunning', '0..1000000', 'maxRunning must be a whole number from 0 to 1000000');
    ELSIF coalesce(rate, 'null') <> 'null' AND (jsonb_typeof(rate) <> 'number' OR rate::numeric NOT BETWEEN 0.0001 AND 1000000) THEN
        RETURN hostq.invalid('ratePerSecond', rate, '0.0001..1000000', 'ratePerSecond must be a number from 0.0001 to 1000000');
    ELSIF coalesce(p_limit->'burst', 'null') <> 'null' AND NOT hostq.check_whole(p_limit->'burst', 1, 1000000) THEN
        RETURN hostq.invalid('burst', p_limit->'burst', '1..1000000', 'burst must be a whole number from 1 to 1000000');
    END IF;
    RETURN hostq.check_keys(p_limit, '{maxRunning,ratePerSecond,burst}');
END $$;
COMMENT ON FUNCTION hostq.check_limit IS 'Refusal for a limit that cannot be, or null.';

CREATE OR REPLACE FUNCTION hostq.limit_shown(k hostq.keys) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object('key', k.key, 'maxRunning', k.max_running, 'ratePerSecond', k.rate_per_s,
        'burst', CASE WHEN k.rate_per_s IS NOT NULL THEN hostq.burst_of(k) END,
        'held', (SELECT coalesce(sum(p.held), 0) FROM hostq.key_permits p JOIN hostq.daemons d ON d.epoch = p.epoch AND d.state <> 'dead'
            WHERE p.number = k.number))
$$;
COMMENT ON FUNCTION hostq.limit_shown IS 'A limit as clients see it; held: permits that living daemons have.';

CREATE OR REPLACE FUNCTION hostq.limit_key(p_key text, p_limit jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r jsonb := hostq.check_limit(p_key, p_limit);
    k hostq.keys;
BEGIN
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    SELECT * INTO k FROM hostq.keys WHERE key = p_key FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO hostq.keys (key, move_until) VALUES (p_key, clock_timestamp() + interval '5 min') RETURNING * INTO k;
        INSERT INTO hostq.key_tokens (number) VALUES (k.number);
    END IF;
    UPDATE hostq.keys SET
        max_running = CASE WHEN p_limit ? 'maxRunning' THEN (p_limit->>'maxRunning')::numeric::int ELSE max_running END,
        rate_per_s = CASE WHEN p_limit ? 'ratePerSecond' THEN (p_limit->>'ratePerSecond')::float8 ELSE rate_per_s END,
        burst = CASE WHEN p_limit ? 'burst' THEN (p_limit->>'burst')::numeric::int ELSE burst END
    WHERE number = k.number RETURNING * INTO k;
    PERFORM hostq.move_to_keys();
    PERFORM hostq.say_change('limit', hostq.limit_shown(k) - 'held');
    PERFORM pg_notify('hostq_work', '+lane');
    RETURN hostq.limit_shown(k);
END $$;
COMMENT ON FUNCTION hostq.limit_key(text, jsonb) IS 'Limits a key for the whole fleet: {maxRunning: most at a time, ratePerSecond: most starts, burst: most of them at once}; what is not named stays, null takes a limit away. Obeyed within 2 s; what runs already runs on. Answers the limit, or {error}.';

CREATE OR REPLACE FUNCTION hostq.limits_list() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(jsonb_agg(hostq.limit_shown(k) ORDER BY k.key), '[]') FROM hostq.keys k
    WHERE k.max_running IS NOT NULL OR k.rate_per_s IS NOT NULL
$$;
COMMENT ON FUNCTION hostq.limits_list() IS 'All limited keys with their limits and the permits that daemons hold.';

CREATE OR REPLACE FUNCTION hostq.why_limited(p_key text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k hostq.keys;
    n bigint;
    who text;
BEGIN
    SELECT * INTO k FROM hostq.keys WHERE key = p_key;
    SELECT count(*), string_agg(x.request_id, ', ' ORDER BY x.claimed_at, x.id) FILTER (WHERE x.nr <= 3) INTO n, who FROM (
        SELECT q.id, q.claimed_at, b.request_id, row_number() OVER (ORDER BY q.claimed_at, q.id) AS nr FROM hostq.lanes l
        JOIN hostq.queue q ON q.lane_id BETWEEN l.base * 4 AND l.base * 4 + 2 AND q.state IN ('claimed', 'processing')
        JOIN hostq.request_body b ON b.id = q.id
        WHERE l.key = p_key) x;
    IF n >= k.max_running THEN
        RETURN format('key %s has reached its limit: %s of %s run%s', p_key, n, k.max_running,
            CASE WHEN n > 0 AND hostq.may(NULL) THEN format(' (%s%s)', who, CASE WHEN n > 3 THEN ', ...' ELSE '' END) ELSE '' END);
    ELSIF k.rate_per_s IS NOT NULL THEN
        RETURN format('key %s starts at most %s a second', p_key, k.rate_per_s);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.why_limited IS 'why_not of a due request with a limited key: who has its permits, or its rate; null: neither holds it up.';
