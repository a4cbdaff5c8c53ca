-- Partitions are made ahead and dropped behind: request_body and finished by
-- ranges of the internal number, event by days. What must outlive its
-- partition (open requests, living machines) moves to the DEFAULT one.

-- One such lock a transaction, and not for long: everybody queues behind it.
CREATE OR REPLACE FUNCTION hostq.make_partition(p_table text, p_name text, p_from text, p_to text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '40ms' AS $$
BEGIN
    IF to_regclass('hostq.' || p_name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE hostq.%I PARTITION OF hostq.%I FOR VALUES FROM (%L) TO (%L) WITH (autovacuum_vacuum_insert_threshold = -1)',
        p_name, p_table, p_from, p_to);
    RETURN true;
EXCEPTION WHEN lock_not_available OR duplicate_table OR check_violation OR invalid_object_definition THEN
    -- Somebody reads for long: next time. Or the DEFAULT partition has rows of
    -- this one: they stay there. Or it overlaps with one made otherwise.
    RETURN false;
END $$;
COMMENT ON FUNCTION hostq.make_partition IS 'Makes a partition, where that takes no long wait for a lock. Did it?';

CREATE OR REPLACE FUNCTION hostq.id_partitions(OUT lo bigint, OUT hi bigint, OUT body text, OUT ends text) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT b[1]::bigint, b[2]::bigint, max(c.relname) FILTER (WHERE c.relname LIKE 'request_body%'), max(c.relname) FILTER (WHERE c.relname LIKE 'finished%')
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL regexp_match(pg_get_expr(c.relpartbound, c.oid), '^FOR VALUES FROM \(''?(\d+)''?\) TO \(''?(\d+)''?\)$') b
    WHERE i.inhparent IN ('hostq.request_body'::regclass, 'hostq.finished'::regclass) AND b IS NOT NULL
    GROUP BY 1, 2 ORDER BY 1
$$;
COMMENT ON FUNCTION hostq.id_partitions IS 'Ranges of internal numbers that have partitions, and their names; null: only the other table has one.';

CREATE OR REPLACE FUNCTION hostq.missing_partitions(p_now timestamptz) RETURNS TABLE (parent text, name text, lo text, hi text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    last bigint := (SELECT last_value FROM hostq.request_seq);
    width bigint := hostq.setting('partition_rows');
    day date := p_now::date + 1;
    first bigint;
    next bigint;
BEGIN
    -- A whole range ahead of the sequence, well before it is used. Many ranges
    -- make every look-up by number dearer: they grow with what is kept.
    SELECT min(r.lo), max(r.hi) INTO first, next FROM hostq.id_partitions() r;
    next := CASE WHEN next > last THEN next ELSE (last / width + 1) * width END;
    width := greatest(width, (next - coalesce(first, next)) / 4);
    RETURN QUERY
    WITH ahead AS (SELECT * FROM hostq.id_partitions() r WHERE r.lo > last),
    wanted AS (SELECT * FROM ahead UNION ALL SELECT next, next + width, NULL, NULL WHERE NOT EXISTS (SELECT FROM ahead))
    SELECT t.t, t.t || '_' || w.lo, w.lo::text, w.hi::text
    FROM wanted w CROSS JOIN (VALUES ('request_body'), ('finished')) t (t)
    WHERE (CASE t.t WHEN 'finished' THEN w.ends ELSE w.body END) IS NULL
    UNION ALL
    SELECT 'event', 'event_' || to_char(day + i, 'YYYYMMDD'), (day + i)::text, (day + i + 1)::text
    FROM generate_series(0, 1) i WHERE to_regclass('hostq.event_' || to_char(day + i, 'YYYYMMDD')) IS NULL;
END $$;
COMMENT ON FUNCTION hostq.missing_partitions IS 'The coming partitions that are not there yet.';

CREATE OR REPLACE FUNCTION hostq.sweep_partitions(p_now timestamptz DEFAULT now()) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m record;
BEGIN
    FOR m IN SELECT * FROM hostq.missing_partitions(p_now) LOOP
        IF hostq.make_partition(m.parent, m.name, m.lo, m.hi) THEN
            RETURN 1;
        END IF;
    END LOOP;
    RETURN 0;
END $$;
COMMENT ON FUNCTION hostq.sweep_partitions IS 'Makes one of the coming partitions, while the DEFAULT ones have nothing of theirs: 1, and there may be more; 0: nothing to do, or not now.';

CREATE OR REPLACE FUNCTION hostq.removable(p_ids bigint[], p_now timestamptz) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT array_agg(f.id ORDER BY f.id)
    FROM hostq.finished f JOIN hostq.request_body b ON b.id = f.id LEFT JOIN hostq.queues k ON k.name = b.queue
    CROSS JOIN LATERAL (SELECT p_now - coalesce(k.retention_s, (SELECT max(retention_s) FROM hostq.queues)) * interval '1 s' AS until) x
    WHERE f.id = ANY (p_ids) AND f.finished_at < x.until
      AND NOT EXISTS (SELECT FROM hostq.intents i WHERE i.id = f.id)
      AND NOT EXISTS (SELECT FROM hostq.machines m WHERE m.id = f.id AND (m.ended_at IS NULL OR m.ended_at >= x.until
        OR EXISTS (SELECT FROM hostq.request_machines r JOIN hostq.queue q ON q.id = r.id WHERE r.machine_id = m.machine_id)))
      AND NOT (b.kind = 'watch' AND hostq.route_is_served(substr(b.request_id, 7)))
$$;
COMMENT ON FUNCTION hostq.removable IS 'Which of these requests may be forgotten: ended for the retention of their queue, nothing of theirs lives or is being cleaned up.';

CREATE OR REPLACE FUNCTION hostq.forget(p_ids bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m bigint[];
BEGIN
    DELETE FROM hostq.ids i USING hostq.request_body b
    WHERE b.id = ANY (p_ids) AND i.request_id = b.request_id AND i.id = b.id AND hostq.id_in(b.request_id) IS NULL;
    WITH d AS (DELETE FROM hostq.request_machines WHERE id = ANY (p_ids) RETURNING machine_id)
    SELECT array_agg(machine_id) INTO m FROM d;
    -- A machine is known for as long as a request about it is.
    DELETE FROM hostq.machines x WHERE (x.id = ANY (p_ids) OR x.machine_id = ANY (m) AND NOT EXISTS (SELECT FROM hostq.request_body b WHERE b.id = x.id))
        AND x.ended_at IS NOT NULL AND NOT EXISTS (SELECT FROM hostq.request_machines r WHERE r.machine_id = x.machine_id);
    DELETE FROM hostq.resources WHERE id = ANY (p_ids);
    DELETE FROM hostq.results WHERE id = ANY (p_ids);
END $$;
COMMENT ON FUNCTION hostq.forget IS 'Deletes what belongs to removable requests, all but their rows of request_body and finished.';

CREATE OR REPLACE FUNCTION hostq.remove_chunk(p_ids bigint[], p_now timestamptz) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone bigint[];
BEGIN
    -- Locked, so that nobody opens one again meanwhile.
    gone := hostq.removable(ARRAY(SELECT id FROM hostq.finished WHERE id = ANY (p_ids) ORDER BY id FOR UPDATE SKIP LOCKED), p_now);
    PERFORM hostq.forget(gone);
    DELETE FROM hostq.finished WHERE id = ANY (gone);
    DELETE FROM hostq.request_body WHERE id = ANY (gone);
    RETURN coalesce(cardinality(gone), 0);
END $$;
COMMENT ON FUNCTION hostq.remove_chunk IS 'Removes those of these requests that are removable. How many.';

CREATE OR REPLACE FUNCTION hostq.keepers(p_lo bigint, p_hi bigint, p_since timestamptz) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ARRAY(SELECT id FROM hostq.queue WHERE id >= p_lo AND id < p_hi
        UNION SELECT id FROM hostq.intents WHERE id >= p_lo AND id < p_hi
        UNION SELECT m.id FROM hostq.machines m WHERE m.id >= p_lo AND m.id < p_hi AND (m.ended_at IS NULL OR m.ended_at >= p_since
            OR EXISTS (SELECT FROM hostq.request_machines r JOIN hostq.queue q ON q.id = r.id WHERE r.machine_id = m.machine_id))
        UNION SELECT i.id FROM hostq.lanes l JOIN hostq.ids i ON i.request_id = 'watch:' || l.route
            WHERE l.queue = 'watch' AND i.id >= p_lo AND i.id < p_hi AND hostq.route_is_served(l.route)
        UNION (SELECT id FROM hostq.finished WHERE id >= p_lo AND id < p_hi AND finished_at >= p_since LIMIT 1001)
        ORDER BY 1)
$$;
COMMENT ON FUNCTION hostq.keepers IS 'Requests of a range that must outlive its partition: open, of living machines, being cleaned up, ended since then.';

CREATE OR REPLACE FUNCTION hostq.drop_partition(p_lo bigint, p_hi bigint, p_body text, p_ends text, p_since timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '40ms' AS $$
DECLARE
    -- Read before the lock is asked for. It stays true: what ended earlier is
    -- not opened again (hostq.retry), and who is open is in it.
    keep bigint[] := hostq.keepers(p_lo, p_hi, p_since);
    b hostq.request_body[];
    f hostq.finished[];
BEGIN
    IF cardinality(keep) > 1000 THEN
        RETURN false;
    END IF;
    LOCK TABLE hostq.request_body, hostq.finished IN ACCESS EXCLUSIVE MODE;
    b := ARRAY(SELECT x FROM hostq.request_body x WHERE x.id = ANY (keep));
    f := ARRAY(SELECT x FROM hostq.finished x WHERE x.id = ANY (keep));
    EXECUTE format('DROP TABLE hostq.%I, hostq.%I', p_body, p_ends);
    INSERT INTO hostq.request_body SELECT (x).* FROM unnest(b) x;
    INSERT INTO hostq.finished SELECT (x).* FROM unnest(f) x;
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false; -- somebody reads for long, and everybody would queue behind us
END $$;
COMMENT ON FUNCTION hostq.drop_partition IS 'Drops a range of request_body and finished; what must stay moves to the DEFAULT partitions. False: not now.';

CREATE OR REPLACE FUNCTION hostq.drop_event_days(p_until timestamptz, p_limit int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '40ms' AS $$
DECLARE
    day record;
    open text[];
    keep hostq.event[];
BEGIN
    SELECT c.relname AS name, b[1]::timestamptz AS lo, b[2]::timestamptz AS hi INTO day FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL regexp_match(pg_get_expr(c.relpartbound, c.oid), '^FOR VALUES FROM \(''(.*)''\) TO \(''(.*)''\)$') b
    WHERE i.inhparent = 'hostq.event'::regclass AND b[2]::timestamptz <= p_until ORDER BY 2 LIMIT 1;
    IF day.name IS NULL AND NOT EXISTS (SELECT FROM hostq.event_default WHERE at < p_until) THEN
        RETURN;
    END IF;
    -- The history of an open request stays; they are the lowest numbers.
    open := ARRAY(SELECT b.request_id FROM (SELECT id FROM hostq.queue ORDER BY id LIMIT 10000) q JOIN hostq.request_body b USING (id)
        WHERE b.created_at < coalesce(day.hi, p_until));
    DELETE FROM hostq.event_default WHERE ctid = ANY (ARRAY(SELECT ctid FROM hostq.event_default
        WHERE at < p_until AND (request_id IS NULL OR request_id <> ALL (open)) LIMIT p_limit));
    IF day.name IS NOT NULL THEN
        LOCK TABLE hostq.event IN ACCESS EXCLUSIVE MODE;
        keep := ARRAY(SELECT e FROM hostq.event e WHERE e.at >= day.lo AND e.at < day.hi AND e.request_id = ANY (open));
        EXECUTE format('DROP TABLE hostq.%I', day.name);
        INSERT INTO hostq.event OVERRIDING SYSTEM VALUE SELECT (x).* FROM unnest(keep) x;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    NULL; -- next time
END $$;
COMMENT ON FUNCTION hostq.drop_event_days IS 'Drops the oldest day of events that is over the longest retention; what belongs to open requests moves to the DEFAULT partition.';

CREATE OR REPLACE FUNCTION hostq.how_to_remove(p_lo bigint, p_hi bigint, p_body text, p_ends text, p_now timestamptz) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    over boolean := p_hi <= (SELECT last_value FROM hostq.request_seq);
    most interval := (SELECT max(retention_s) FROM hostq.queues) * interval '1 s';
    oldest timestamptz := (SELECT created_at FROM hostq.request_body WHERE id >= p_lo AND id < p_hi ORDER BY id LIMIT 1);
    newest timestamptz := (SELECT created_at FROM hostq.request_body WHERE id >= p_lo AND id < p_hi ORDER BY id DESC LIMIT 1);
BEGIN
    IF over AND coalesce(newest, '-infinity') < p_now - most THEN
        -- Under the lock only so many are moved.
        RETURN CASE WHEN p_body IS NULL OR p_ends IS NULL
            OR (SELECT count(*) FROM (SELECT FROM hostq.queue WHERE id >= p_lo AND id < p_hi LIMIT 1001) x)
             + (SELECT count(*) FROM (SELECT FROM hostq.machines WHERE id >= p_lo AND id < p_hi AND ended_at IS NULL LIMIT 1001) x) > 1000
            THEN 'rows' ELSE 'drop' END;
    ELSIF EXISTS (SELECT FROM hostq.queues k CROSS JOIN LATERAL (SELECT k.retention_s * interval '1 s' AS own) x
            WHERE oldest + own < p_now AND CASE WHEN over THEN newest ELSE p_now END + most - (oldest + own) > own / 4) THEN
        RETURN 'rows';
    END IF;
    RETURN 'wait';
END $$;
COMMENT ON FUNCTION hostq.how_to_remove IS 'What retention does with a range: drop it; rows: delete what is over, because the drop is far off; wait.';

CREATE OR REPLACE FUNCTION hostq.sweep_retention(p_limit int, p_now timestamptz DEFAULT now()) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    look int := p_limit * 10;
    longest timestamptz := p_now - (SELECT max(retention_s) FROM hostq.queues) * interval '1 s';
    shortest timestamptz := p_now - (SELECT min(retention_s) FROM hostq.queues) * interval '1 s';
    next bigint;
    p record;
    how text;
    ids bigint[];
    n int;
BEGIN
    PERFORM hostq.drop_event_days(longest, p_limit);
    n := hostq.remove_chunk(ARRAY(SELECT id FROM hostq.finished_default WHERE finished_at < shortest ORDER BY id LIMIT p_limit), p_now);
    SELECT next_id INTO next FROM hostq.retention_pass FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN n; -- another one is at it
    END IF;
    FOR p IN SELECT * FROM hostq.id_partitions() x WHERE x.hi > next LOOP
        how := hostq.how_to_remove(p.lo, p.hi, p.body, p.ends, p_now);
        CONTINUE WHEN how = 'wait';
        ids := ARRAY(SELECT id FROM hostq.finished WHERE id >= greatest(next, p.lo) AND id < p.hi ORDER BY id LIMIT look);
        IF how = 'rows' THEN
            n := n + hostq.remove_chunk(ids, p_now);
            next := ids[cardinality(ids)] + 1;
            -- Behind the first that is young there is none that is over.
            IF cardinality(ids) < look OR (SELECT created_at > shortest FROM hostq.request_body WHERE id = ids[cardinality(ids)]) THEN
                next := p.hi;
            END IF;
        ELSE
            PERFORM hostq.forget(hostq.removable(ids, p_now));
            -- A range is left only by its last step, the drop.
            next := least(ids[cardinality(ids)] + 1, p.hi - 1);
            n := p_limit;
            IF cardinality(ids) < look THEN
                IF hostq.drop_partition(p.lo, p.hi, p.body, p.ends, longest) THEN
                    next := p.hi;
                ELSE
                    n := 0; -- a pause
                END IF;
            END IF;
        END IF;
        UPDATE hostq.retention_pass SET next_id = next;
        RETURN n;
    END LOOP;
    UPDATE hostq.retention_pass SET next_id = 0 WHERE next_id <> 0;
    RETURN n;
END $$;
COMMENT ON FUNCTION hostq.sweep_retention IS 'One step of forgetting what ended longer ago than its queue''s retention. How many rows it removed; p_limit: there is more to do at once.';

CREATE OR REPLACE FUNCTION hostq.sweep_house(p_now timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM hostq.waiters WHERE created_at < p_now - interval '1 day';
    DELETE FROM hostq.aborts a WHERE NOT EXISTS (SELECT FROM hostq.daemons d WHERE d.epoch = a.owner AND d.state <> 'dead');
    DELETE FROM hostq.daemons d WHERE state = 'dead' AND ended_at < p_now - interval '7 days'
        AND NOT EXISTS (SELECT FROM hostq.queue q WHERE q.owner = d.epoch);
    -- Its deadlines have passed: what a late submit brings there yet ends as
    -- timeout without it.
    DELETE FROM hostq.lanes l WHERE due < p_now - interval '1 h'
        AND NOT EXISTS (SELECT FROM hostq.queue q WHERE q.lane_id BETWEEN l.base * 4 AND l.base * 4 + 2);
    -- Twins, when the first is there for all. One that a submit of an older
    -- transaction has come to meanwhile is walked again.
    UPDATE hostq.lanes l SET retired_at = p_now WHERE twin > 0 AND retired_at IS NULL AND used_at < p_now - interval '10 min'
        AND NOT EXISTS (SELECT FROM hostq.queue q WHERE q.lane_id BETWEEN l.base * 4 AND l.base * 4 + 2);
    UPDATE hostq.lanes SET retired_at = NULL WHERE base = ANY (ARRAY(SELECT base FROM hostq.lanes l WHERE twin > 0 AND retired_at IS NOT NULL
        AND EXISTS (SELECT FROM hostq.queue q WHERE q.lane_id BETWEEN l.base * 4 AND l.base * 4 + 2) FOR UPDATE SKIP LOCKED));
    PERFORM hostq.find_stopped_orders(), hostq.forget_unique_keys(10000), hostq.find_unwatched();
    INSERT INTO hostq.xid_times (xid) VALUES (pg_snapshot_xmax(pg_current_snapshot())) ON CONFLICT DO NOTHING;
    -- By the hour, where by the minute says no more.
    DELETE FROM hostq.xid_times WHERE at < p_now - interval '1 day' AND extract(minute FROM at) <> 0 OR at < p_now - interval '1 year';
END $$;
COMMENT ON FUNCTION hostq.sweep_house IS 'Removes what nobody needs any more.';

-- The ranges in use have partitions of their own from the start: a DEFAULT
-- partition that is full is read under a lock for each new one.
DO $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
BEGIN
    IF NOT EXISTS (SELECT FROM hostq.request_body) THEN
        PERFORM hostq.make_partition(t, t || '_0', '0', '10000000') FROM unnest('{request_body,finished}'::text[]) t;
    END IF;
    IF NOT EXISTS (SELECT FROM hostq.event) THEN
        PERFORM hostq.make_partition('event', 'event_' || to_char(today, 'YYYYMMDD'), today::text, (today + 1)::text);
    END IF;
END $$;
