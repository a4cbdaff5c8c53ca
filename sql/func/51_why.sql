-- why_not: one sentence that says why a request is not running.

CREATE OR REPLACE FUNCTION hostq.say(p_at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC';
COMMENT ON FUNCTION hostq.say IS 'A time for people.';

CREATE OR REPLACE FUNCTION hostq.why_owned(q hostq.queue) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d hostq.daemons;
    who text;
BEGIN
    SELECT * INTO d FROM hostq.daemons WHERE epoch = q.owner;
    who := coalesce(d.name, '') || '#' || q.owner;
    IF d.epoch IS NULL OR d.state = 'dead' THEN
        RETURN format('its daemon %s is dead; another one is about to take it over', who);
    ELSIF d.lease_until < clock_timestamp() THEN
        RETURN format('its daemon %s has not been heard of since %s; another one is about to take it over', who, hostq.say(d.heartbeat_at));
    ELSIF q.state = 'claimed' THEN
        RETURN format('daemon %s holds it and starts it when one of its %s slots is free', who, d.slots);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.why_owned IS 'why_not of a claimed or processing request.';

CREATE OR REPLACE FUNCTION hostq.why_unserved(l hostq.lanes, q hostq.queue) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    until text := CASE WHEN q.deadline IS NULL THEN '' ELSE '; it waits until its deadline ' || hostq.say(q.deadline) END;
    alive int;
    stopping int;
BEGIN
    IF (SELECT paused FROM hostq.queues WHERE name = l.queue) THEN
        RETURN format('queue %s is paused', l.queue);
    END IF;
    SELECT count(*) FILTER (WHERE state = 'alive'), count(*) FILTER (WHERE state = 'stopping') INTO alive, stopping
    FROM hostq.daemons WHERE state <> 'dead' AND lease_until > clock_timestamp();
    IF l.route IS NOT NULL AND NOT hostq.route_is_served(l.route) THEN
        RETURN format('no living daemon serves %s%s', CASE WHEN l.route LIKE 'host:%'
            THEN 'host ' || split_part(substr(l.route, 6), '/', 1) || ' (boot ' || split_part(l.route, '/', 2) || ')'
            ELSE l.route END, until);
    ELSIF alive = 0 AND stopping > 0 THEN
        RETURN 'every daemon is stopping' || until;
    ELSIF alive = 0 THEN
        RETURN 'no daemon is running' || until;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.why_unserved IS 'why_not of a due request that nobody serves: paused, no daemon.';

CREATE OR REPLACE FUNCTION hostq.why_queued(l hostq.lanes, q hostq.queue) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ahead bigint;
    slots bigint;
    busy bigint;
BEGIN
    SELECT coalesce(sum(d.slots), 0), coalesce(sum(d.in_flight), 0) INTO slots, busy FROM hostq.daemons d
    WHERE d.state = 'alive' AND d.lease_until > clock_timestamp() AND (l.route IS NULL OR l.route = ANY (d.routes));
    IF q.crashes > 0 THEN
        RETURN format('its daemon died %s times while working it; a daemon works one such request at a time', q.crashes);
    END IF;
    -- Only so far as a number still says something.
    SELECT count(*) INTO ahead FROM (SELECT FROM hostq.lanes o JOIN hostq.queue x ON x.lane_id BETWEEN o.base * 4 AND o.base * 4 + 2
        WHERE o.queue = l.queue AND o.route IS NOT DISTINCT FROM l.route AND o.priority <= l.priority
          AND x.state IN ('pending', 'waiting') AND x.run_at <= statement_timestamp() AND x.id <> q.id
          AND (o.priority < l.priority OR x.run_at < q.run_at)
        LIMIT 10000) y;
    IF ahead > 0 AND NOT hostq.may(NULL) THEN
        RETURN format('other requests of queue %s are ahead of it', l.queue); -- how many is others' business
    ELSIF ahead > 0 THEN
        RETURN format('%s requests of queue %s are ahead of it (%s of %s slots are busy)',
            CASE WHEN ahead = 10000 THEN '10000 or more' ELSE ahead::text END, l.queue, busy, slots);
    ELSIF busy >= slots THEN
        RETURN format('all %s slots are busy; it is next in queue %s', slots, l.queue);
    END IF;
    RETURN format('it is due since %s and about to be claimed', hostq.say(q.run_at));
END $$;
COMMENT ON FUNCTION hostq.why_queued IS 'why_not of a due request that is served: who is ahead of it.';

CREATE OR REPLACE FUNCTION hostq.why_not(p_request_id text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k bigint := hostq.request_key(p_request_id);
    q hostq.queue;
    l hostq.lanes;
    last text;
    why text;
BEGIN
    IF k IS NULL THEN
        RETURN format('there is no request ''%s''', p_request_id);
    END IF;
    SELECT * INTO q FROM hostq.queue WHERE id = k;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF q.state IN ('claimed', 'processing') THEN
        RETURN hostq.why_owned(q);
    ELSIF q.deadline < statement_timestamp() THEN
        RETURN format('its deadline passed at %s; it ends as timeout with the next sweep', hostq.say(q.deadline));
    END IF;
    SELECT * INTO l FROM hostq.lanes WHERE base = q.lane_id / 4;
    why := hostq.why_unserved(l, q);
    IF why IS NOT NULL THEN
        RETURN why;
    ELSIF q.run_at <= statement_timestamp() THEN
        RETURN hostq.why_queued(l, q);
    END IF;
    last := coalesce(nullif(concat_ws(': ', q.note->>'last_reason', q.note->>'message'), ''), '');
    IF q.state = 'waiting' THEN
        RETURN format('the outside is at work; it is looked at again at %s%s', hostq.say(q.run_at),
            CASE WHEN last <> '' THEN ' (' || last || ')' END);
    ELSIF q.retry_attempt > 0 THEN
        RETURN format('attempt %s failed%s; it is tried again at %s', q.retry_attempt,
            CASE WHEN last <> '' THEN ' (' || last || ')' END, hostq.say(q.run_at));
    END IF;
    RETURN format('it was submitted to run not before %s', hostq.say(q.run_at));
END $$;
COMMENT ON FUNCTION hostq.why_not(text) IS 'One sentence: why this request is not running; null when it runs or has ended.';
