-- What daemons do besides claim and settle (sql/stmt): register, heartbeat,
-- notice deaths, take over.
-- Advisory locks: (1751544689, 1) idle gate, (1751544689, 2) settings; 1751544690 and 1751544691 room
-- checks; (1751544692, epoch) life of a daemon; 1751544693 migrate.

CREATE OR REPLACE FUNCTION hostq.life_locks() RETURNS TABLE (epoch int, pid int)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.objid::int8::int, l.pid FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = 1751544692 AND l.objsubid = 2
        AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;
COMMENT ON FUNCTION hostq.life_locks IS 'Which daemons hold the lock that says they live, and their backends. Looked at, never taken.';

CREATE OR REPLACE FUNCTION hostq.hold_life(p_epoch int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
COMMENT ON FUNCTION hostq.hold_life IS 'Takes the session lock that says this epoch lives, and listens for work and for this daemon.';

CREATE OR REPLACE FUNCTION hostq.register_daemon(p_name text, p_host text, p_boot text, p_pid int, p_version text,
    p_routes text[], p_slots int, p_lease_ms bigint, p_queues text[], p_slots_high int) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e int;
BEGIN
    INSERT INTO hostq.daemons (name, host, boot_id, pid, version, routes, queues, slots, slots_high, lease_until)
    VALUES (p_name, p_host, p_boot, p_pid, p_version, p_routes, p_queues, p_slots, p_slots_high,
        clock_timestamp() + p_lease_ms * interval '1 ms') RETURNING epoch INTO e;
    PERFORM hostq.hold_life(e);
    PERFORM hostq.forget_older_boots(p_host, p_boot);
    RETURN e;
END $$;
-- As it was released.
CREATE OR REPLACE FUNCTION hostq.register_daemon(p_name text, p_host text, p_boot text, p_pid int, p_version text,
    p_routes text[], p_slots int, p_lease_ms bigint, p_queues text[] DEFAULT '{}') RETURNS int
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.register_daemon(p_name, p_host, p_boot, p_pid, p_version, p_routes, p_slots, p_lease_ms, p_queues, 0)
$$;
COMMENT ON FUNCTION hostq.register_daemon(text, text, text, int, text, text[], int, bigint, text[]) IS 'register_daemon of a daemon that keeps no slots for priority high.';

COMMENT ON FUNCTION hostq.register_daemon(text, text, text, int, text, text[], int, bigint, text[], int) IS 'A daemon''s first statement on its lock connection: makes its epoch and takes the lock that says it lives.';

CREATE OR REPLACE FUNCTION hostq.take_back_blame(p_epoch int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    suspect int := greatest(hostq.setting('max_crashes')::int - 1, 1);
    list jsonb;
    ids bigint[];
BEGIN
    -- Also for rows that are found later.
    UPDATE hostq.daemons SET counters = counters || '{"blame":"none"}'
    WHERE epoch = p_epoch AND state = 'dead' AND counters->>'blame' <> 'none';
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
COMMENT ON FUNCTION hostq.take_back_blame IS 'A daemon that was declared dead says that it lives: it had lost the database, and no request made it crash.';

CREATE OR REPLACE FUNCTION hostq.relock_daemon(p_epoch int, p_lease_ms bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
COMMENT ON FUNCTION hostq.relock_daemon IS 'After a lost connection: takes the lock again under the same epoch; false: that epoch was declared dead.';

CREATE OR REPLACE FUNCTION hostq.heartbeat(p_epoch int, p_lease_ms bigint, p_in_flight int, p_slots int,
    OUT alive boolean, OUT sweeper boolean, OUT abort_ids bigint[], OUT abort_leases bigint[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
COMMENT ON FUNCTION hostq.heartbeat IS 'Renews a daemon''s lease and hands it the claims it must drop. sweeper: this daemon does the periodic work for all.';

CREATE OR REPLACE FUNCTION hostq.beat(p_epoch int, p_lease_ms bigint, p_in_flight int, p_slots int, p_gate boolean,
    p_scans int[], p_bounds bigint[],
    OUT alive boolean, OUT sweeper boolean, OUT abort_ids bigint[], OUT abort_leases bigint[], OUT held boolean,
    OUT peers boolean, OUT watch boolean, OUT lanes text, OUT gate boolean, OUT next_us bigint, OUT deadline_us bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    now constant timestamptz := clock_timestamp();
BEGIN
    SELECT h.alive, h.sweeper, h.abort_ids, h.abort_leases INTO alive, sweeper, abort_ids, abort_leases
    FROM hostq.heartbeat(p_epoch, p_lease_ms, p_in_flight, p_slots) h;
    WITH l AS MATERIALIZED (SELECT epoch FROM hostq.life_locks()),
    d AS (SELECT state <> 'dead' AS lives, CASE state WHEN 'dead' THEN NOT counters ? 'blame'
            ELSE in_flight > 0 OR lease_until < clock_timestamp() OR NOT EXISTS (SELECT FROM l WHERE l.epoch = x.epoch) END AS look
        FROM hostq.daemons x WHERE epoch <> p_epoch AND (state <> 'dead' OR NOT counters ? 'blame'))
    SELECT EXISTS (SELECT FROM l WHERE epoch = p_epoch), coalesce(bool_or(lives), false), coalesce(bool_or(look), false)
    INTO held, peers, watch FROM d;
    -- Each change makes a row version of a later transaction, so no two states
    -- of these tables have the same number of rows and the same sum.
    lanes := concat_ws(' ', (SELECT concat(count(*), ':', sum(epoch)) FROM hostq.daemons WHERE state = 'alive'), (SELECT concat(count(*), ':', sum(xmin::text::bigint)) FROM hostq.lanes),
        (SELECT concat(count(*), ':', sum(xmin::text::bigint)) FROM hostq.queues),
        (SELECT concat(count(*), ':', sum(xmin::text::bigint)) FROM hostq.keys),
        (SELECT concat(count(*), ':', sum(xmin::text::bigint)) FROM hostq.pauses),
        (SELECT sum(xmin::text::bigint) FROM hostq.settings WHERE name IN ('priority_aging', 'retry_budget')));
    -- The gate before the look: what is submitted after it notifies.
    IF p_gate THEN
        gate := pg_try_advisory_lock(1751544689, 1);
    END IF;
    SELECT extract(epoch FROM greatest(min(x.run_at), now) - now) * 1000000 INTO next_us
    FROM unnest(p_scans, p_bounds) w (lane, bound) CROSS JOIN LATERAL (
        SELECT q.run_at FROM hostq.queue q
        WHERE q.lane_id = w.lane AND q.run_at >= coalesce('epoch'::timestamptz + w.bound * interval '1 us', '-infinity')
          AND q.run_at < 'infinity' AND q.state IN ('pending', 'waiting')
        ORDER BY q.run_at LIMIT 1) x HAVING count(*) > 0;
    IF sweeper THEN
        SELECT extract(epoch FROM greatest(deadline, now) - now) * 1000000 INTO deadline_us FROM hostq.queue
        WHERE deadline IS NOT NULL AND state <> 'processing' ORDER BY deadline LIMIT 1;
        -- The same statement puts off retries beyond the budget, and lets late
        -- requests of ordering keys go.
        IF EXISTS (SELECT FROM hostq.queues WHERE coalesce(retry_budget, hostq.setting('retry_budget')::int) > 0)
            OR EXISTS (SELECT FROM hostq.order_late) THEN
            deadline_us := 0;
        END IF;
    END IF;
END $$;
COMMENT ON FUNCTION hostq.beat IS 'The one statement of an idle daemon: heartbeat; is our life lock seen, are there other daemons, do they need watching (own requests, or look dead); a text that changes with what lanes.sql reads; with p_gate tries the idle gate; with scans: us until the first row of them is due (0: now; null: none); of the sweeper: us until the next deadline (0 while a queue has a retry budget).';

CREATE OR REPLACE FUNCTION hostq.daemon_ends(p_epoch int, p_state text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE hostq.daemons SET state = p_state,
        ended_at = CASE WHEN p_state = 'dead' THEN clock_timestamp() END,
        ended_why = CASE WHEN p_state = 'dead' THEN 'stopped' END,
        in_flight = CASE WHEN p_state = 'dead' THEN 0 ELSE in_flight END
    WHERE epoch = p_epoch AND state <> 'dead';
    SELECT pg_notify('hostq_work', '-daemon') WHERE p_state = 'dead'
$$;
COMMENT ON FUNCTION hostq.daemon_ends IS 'A daemon says that it is stopping, or (dead) that it has stopped.';

CREATE OR REPLACE FUNCTION hostq.lock_is_free(p_epoch int) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM hostq.life_locks() WHERE epoch = p_epoch)
$$;
COMMENT ON FUNCTION hostq.lock_is_free IS 'Is the life lock of this daemon free? Looked at, never taken.';

CREATE OR REPLACE FUNCTION hostq.give_back_rows(p_ids bigint[], p_dead int, p_by int, p_blame text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
COMMENT ON FUNCTION hostq.give_back_rows IS 'Rows of a dead daemon become pending again in their resumed or suspect lane, or fail after max_crashes.';

CREATE OR REPLACE FUNCTION hostq.end_sessions(p_epoch int) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
    WHERE (application_name IN ('hostqd ledger ' || p_epoch, 'hostqd writer ' || p_epoch) OR pid = ANY (ARRAY(SELECT l.pid FROM hostq.life_locks() l WHERE l.epoch = p_epoch)))
      AND datname = current_database() AND usename = session_user AND pid <> pg_backend_pid()
$$;
COMMENT ON FUNCTION hostq.end_sessions IS 'Ends what a dead daemon left in the server: where the link broke in the middle of a group, its session waits for the rest and has rows locked, until the server notices that nobody is there.';

CREATE OR REPLACE FUNCTION hostq.take_over(p_dead int, p_by int, p_lanes int[], p_bounds timestamptz[]) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
    ELSIF d.state <> 'dead' THEN
        PERFORM hostq.end_sessions(p_dead);
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
COMMENT ON FUNCTION hostq.take_over IS 'Declares a daemon dead (if its lock is free or its lease expired) and gives its rows to the living. With lanes and lower bounds: the fast pass; without: the whole queue. -1: it is not dead.';

CREATE OR REPLACE FUNCTION hostq.forget_older_boots(p_host text, p_boot text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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
                lane_id = hostq.find_lane(l.queue, l.priority, hostq.next_route(q.id), l.account, l.region, l.group_id, l.key, l.ordered, l.share, l.due) + 1
            FROM k WHERE q.id = k.id RETURNING q.id)
        DELETE FROM hostq.intents WHERE id IN (SELECT id FROM moved);
        UPDATE hostq.lanes SET retired_at = now() WHERE base = l.base
            AND NOT EXISTS (SELECT FROM hostq.queue WHERE lane_id BETWEEN l.base * 4 AND l.base * 4 + 2);
    END LOOP;
END $$;
COMMENT ON FUNCTION hostq.forget_older_boots IS 'Processes of earlier boots of a host are gone: their machines end, and open requests go on without them.';

CREATE OR REPLACE FUNCTION hostq.give_back_unknown(p_epoch int, p_ids bigint[], p_leases bigint[]) RETURNS int
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.give_back_rows(array_agg(q.id), p_epoch, p_epoch, 'none') FROM hostq.queue q
    WHERE q.owner = p_epoch AND NOT EXISTS (SELECT FROM unnest(p_ids, p_leases) h (id, lease) WHERE h.id = q.id AND h.lease = q.lease)
$$;
COMMENT ON FUNCTION hostq.give_back_unknown IS 'Rows that a daemon owns without knowing it: the answer of the claim was lost with the connection.';
