-- The net under clean-ups and watches: what two transactions did that did not
-- see each other, or what came back after its end, is found by a later look.

-- A return that was completed before its request ended for the last time says
-- nothing: the request may have given the machine to somebody since. What was
-- told of a clean-up that failed stays told: nobody repeats it here. A minute:
-- for some time a provider may show what has just ended.
CREATE OR REPLACE FUNCTION hostq.is_forgotten(m hostq.machines) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.ended_at IS NULL AND m.result IS NOT NULL AND m.status IN ('pending', 'running')
       AND EXISTS (SELECT FROM hostq.finished f JOIN hostq.request_body b USING (id) WHERE f.id = m.id AND b.kind = 'provision'
         AND (m.result = 'fail' AND (f.state = 'completed' OR hostq.is_cleaned(f.state, f.failure_reason, hostq.partial_policy(b.payload, b.template)))
           OR EXISTS (SELECT FROM hostq.request_machines x JOIN hostq.finished r ON r.id = x.id
                WHERE x.machine_id = m.machine_id AND r.state = 'completed' AND r.finished_at > f.finished_at)))
       AND NOT hostq.is_being_returned(m.machine_id)
       AND NOT EXISTS (SELECT FROM hostq.request_machines x JOIN hostq.finished r ON r.id = x.id JOIN hostq.request_body b ON b.id = x.id
            WHERE x.machine_id = m.machine_id AND CASE r.state WHEN 'completed' THEN r.finished_at > clock_timestamp() - interval '1 min'
                ELSE b.cleanup_of IS NOT NULL END)
$$;
COMMENT ON FUNCTION hostq.is_forgotten IS 'Does a machine live that nobody wants and nobody ends: its request has ended without it, or a return of it is completed?';

CREATE OR REPLACE FUNCTION hostq.end_forgotten(p_machines bigint[]) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    n int := 0;
    r record;
BEGIN
    IF p_machines <> '{}' AND hostq.is_original() THEN
        FOR r IN SELECT m.id, f.finished_at, array_agg(m.machine_id ORDER BY m.machine_id) AS list
                FROM hostq.machines m JOIN hostq.finished f ON f.id = m.id
                WHERE m.machine_id = ANY (p_machines) AND hostq.is_forgotten(m) GROUP BY 1, 2 ORDER BY 1 LOOP
            IF hostq.lock_end(r.id, r.finished_at) THEN
                n := n + (hostq.make_cleanup(r.id, r.list) IS NOT NULL)::int;
            END IF;
        END LOOP;
    END IF;
    RETURN n;
END $$;
COMMENT ON FUNCTION hostq.end_forgotten IS 'Makes clean-ups of those of these machines that are forgotten; how many.';

-- A watch ends when its daemons died too often. Whoever needs it opens it
-- again; where they did not see that it ended, this does, but not at once, not
-- waiting for anybody, and with one death left: it stays the suspect.
CREATE OR REPLACE FUNCTION hostq.find_unwatched() RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    n int := 0;
    r record;
BEGIN
    FOR r IN WITH w AS MATERIALIZED (
            SELECT DISTINCT coalesce('watch:' || hostq.host_route(host, boot_id), hostq.aws_watch_id(account, region)) AS watch,
                hostq.host_route(host, boot_id) AS route FROM hostq.machines WHERE ended_at IS NULL)
        SELECT w.watch, f.id FROM w JOIN hostq.finished f ON f.id = hostq.request_key(w.watch)
        WHERE f.finished_at < clock_timestamp() - interval '5 min' AND hostq.route_is_served(w.route)
        FOR UPDATE OF f SKIP LOCKED LOOP
        PERFORM hostq.retry(r.watch);
        UPDATE hostq.queue SET crashes = greatest(hostq.setting('max_crashes')::int - 1, 1), lane_id = (lane_id & ~3) + 2 WHERE id = r.id;
        n := n + 1;
    END LOOP;
    RETURN n;
END $$;
COMMENT ON FUNCTION hostq.find_unwatched IS 'Once a minute: accounts and hosts with machines whose watch ended more than five minutes ago are watched again.';
