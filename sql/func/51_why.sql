-- why_not: one sentence that says why a request is not running.

CREATE OR REPLACE FUNCTION hostq.say(p_at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC';
COMMENT ON FUNCTION hostq.say IS 'A time for people.';

CREATE OR REPLACE FUNCTION hostq.serving(l hostq.lanes) RETURNS SETOF hostq.daemons
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM hostq.daemons d WHERE d.state = 'alive' AND d.lease_until > clock_timestamp()
        AND (l.route IS NULL OR l.route = ANY (d.routes)) AND (d.queues = '{}' OR l.queue = ANY (d.queues))
        AND (l.route IS NOT NULL OR NOT EXISTS (SELECT FROM hostq.pauses p WHERE p.scope = 'drain' AND p.value = d.host))
$$;
COMMENT ON FUNCTION hostq.serving IS 'Living daemons that claim from this lane.';

CREATE OR REPLACE FUNCTION hostq.why_refused(p_request_id text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE e.type WHEN 'kept' THEN format('there is no request ''%s'': its submit was answered at %s with %s, which had its unique key ''%s''',
            p_request_id, hostq.say(e.at), e.details->>'requestId', e.details->>'key')
        ELSE format('there is no request ''%s'': its submit was refused at %s: %s', p_request_id, hostq.say(e.at), e.details->>'message')
        || CASE e.code WHEN 'CONFLICT' THEN '' WHEN 'QUOTA_EXCEEDED' THEN format(' (%s machines lived or were owed, %s more were asked for, account_limit is %s)',
                e.details#>>'{details,currentUsage}', e.details#>>'{details,requestedAdditional}', e.details#>>'{details,accountLimit}')
            ELSE format(' (%s asked for, %s free for template %s%s)', e.details#>>'{details,requestedCount}',
                e.details#>>'{details,availableCapacity}', e.details#>>'{details,templateId}',
                (SELECT '; most machines that live now are of ' || string_agg(format('%s (%s)', x.request_id, x.n), ', ' ORDER BY x.n DESC, x.request_id) FROM (
                    SELECT m.request_id, sum(m.units) AS n FROM hostq.machines m WHERE m.namespace = e.namespace
                        AND m.template_id = e.details#>>'{details,templateId}' AND m.ended_at IS NULL
                    GROUP BY m.request_id ORDER BY n DESC, m.request_id LIMIT 3) x)) END END
    FROM hostq.event e
    WHERE e.request_id = p_request_id AND (e.type = 'kept' OR e.type = 'rejected' AND (e.code IN ('QUOTA_EXCEEDED', 'INSUFFICIENT_CAPACITY')
            OR e.code = 'CONFLICT' AND e.details#>>'{details,field}' = 'unique.key')) AND hostq.may(e.namespace) AND e.namespace <> ''
    ORDER BY e.at DESC LIMIT 1
$$;
COMMENT ON FUNCTION hostq.why_refused IS 'why_not of an id whose submit a limit refused (which, how far it was used, by whom) or a unique key kept out (for which request); null: neither.';

CREATE OR REPLACE FUNCTION hostq.why_ended(f hostq.finished) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last text := coalesce(' (' || (f.note->>'last_reason') || ')', '');
    before bigint;
BEGIN
    IF f.state = 'completed' THEN
        RETURN NULL;
    ELSIF f.failure_reason = 'deadline' THEN
        SELECT coalesce((b.policy->>'stop_before_deadline_ms')::bigint, k.stop_before_deadline_ms, 0) INTO before
        FROM hostq.request_body b LEFT JOIN hostq.queues k ON k.name = b.queue WHERE b.id = f.id;
        RETURN format('it ended as failed: the retry after attempt %s could not have started before its deadline %s%s%s',
            f.retry_attempt + 1, hostq.say(f.deadline),
            CASE WHEN before <> 0 THEN format(' less stop_before_deadline_ms %s', before) ELSE '' END, last);
    ELSIF f.failure_reason = 'max_retries' THEN
        RETURN format('it ended as failed: attempt %s was the last that max_retries %s allows%s', f.retry_attempt + 1, f.retry_attempt, last);
    END IF;
    RETURN concat_ws(': ', format('it ended as %s', f.state), f.error_message,
        CASE WHEN f.state = 'superseded' THEN 'the other one of its racing pair won' END);
END $$;
COMMENT ON FUNCTION hostq.why_ended IS 'why_not of an ended request: how it ended, where that was no success.';

CREATE OR REPLACE FUNCTION hostq.why_owned(q hostq.queue) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d hostq.daemons;
    who text;
    heir text := 'another one is about to take it over';
BEGIN
    SELECT * INTO d FROM hostq.daemons WHERE epoch = q.owner;
    who := coalesce(d.name, '') || '#' || q.owner;
    IF NOT EXISTS (SELECT FROM hostq.daemons WHERE state = 'alive' AND lease_until > clock_timestamp() AND epoch <> q.owner) THEN
        heir := 'no other daemon is running to take it over';
    END IF;
    IF d.state = 'dead' AND d.ended_why = 'stopped' THEN
        RETURN format('its daemon %s has stopped; %s', who, heir);
    ELSIF d.epoch IS NULL OR d.state = 'dead' THEN
        RETURN format('its daemon %s is dead; %s', who, heir);
    ELSIF d.lease_until < clock_timestamp() THEN
        RETURN format('its daemon %s has not been heard of since %s; %s', who, hostq.say(d.heartbeat_at), heir);
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
    heard timestamptz;
    who text;
    p hostq.pauses;
BEGIN
    IF (SELECT paused FROM hostq.queues WHERE name = l.queue) THEN
        RETURN format('queue %s is paused', l.queue);
    END IF;
    p := hostq.is_paused(l);
    IF p.scope IS NOT NULL THEN
        RETURN format('%s %s is paused by %s since %s', p.scope, p.value, p.paused_by, hostq.say(p.since));
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
    SELECT max(heartbeat_at), string_agg(name || '#' || epoch, ', ' ORDER BY epoch) INTO heard, who FROM hostq.serving(l);
    IF who IS NULL AND l.route IS NULL AND EXISTS (SELECT FROM hostq.pauses WHERE scope = 'drain') THEN
        RETURN format('no daemon takes new work of queue %s: drained are %s%s', l.queue,
            (SELECT string_agg(value, ', ' ORDER BY value) FROM hostq.pauses WHERE scope = 'drain'), until);
    ELSIF who IS NULL THEN
        RETURN format('no living daemon serves queue %s%s%s', l.queue,
            CASE WHEN l.route LIKE 'host:%' THEN ' on host ' || split_part(substr(l.route, 6), '/', 1) ELSE '' END, until);
    ELSIF heard < clock_timestamp() - interval '5 s' THEN
        RETURN format('nothing has been heard since %s of %s, which would claim it%s', hostq.say(heard), who, until);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.why_unserved IS 'why_not of a request that nobody serves: paused, no daemon, none for its host or queue, none that is heard of.';

CREATE OR REPLACE FUNCTION hostq.why_locked(p_id bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    x xid;
    k record;
    who text;
BEGIN
    -- Who locks a row leaves his transaction's number in it, and holds that
    -- number's lock for as long as he lives.
    SELECT xmax INTO x FROM hostq.queue WHERE id = p_id;
    SELECT l.pid INTO k FROM pg_locks l WHERE l.locktype = 'transactionid' AND l.transactionid = x AND l.granted;
    IF x::text = '0' OR NOT FOUND THEN
        RETURN NULL;
    ELSIF NOT hostq.may(NULL) THEN
        RETURN 'another transaction has locked its row';
    END IF;
    SELECT format('pid %s (%s) since %s', a.pid, concat_ws(', ', nullif(a.application_name, ''), 'user ' || a.usename), hostq.say(a.xact_start)) INTO who
    FROM pg_stat_activity a WHERE a.pid = k.pid;
    RETURN format('its row is locked by %s', coalesce(who,
        (SELECT format('prepared transaction %s (user %s) since %s', p.gid, p.owner, hostq.say(p.prepared)) FROM pg_prepared_xacts p WHERE p.transaction = x),
        'another transaction'));
END $$;
COMMENT ON FUNCTION hostq.why_locked IS 'why_not of a request whose row somebody has locked: who; null: nobody.';

CREATE OR REPLACE FUNCTION hostq.busy_with(l hostq.lanes) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    -- What runs lies at the head of its scan: queue has no index by owner.
    SELECT string_agg(format('%s of queue %s', n, queue), ', ' ORDER BY n DESC, queue) FROM (
        SELECT o.queue, count(*) AS n FROM hostq.lanes o CROSS JOIN generate_series(0, 2) role
        CROSS JOIN LATERAL (SELECT q.owner, q.state FROM hostq.queue q WHERE q.lane_id = o.base * 4 + role
            ORDER BY q.run_at LIMIT (SELECT sum(slots) FROM hostq.serving(l))) x
        WHERE o.retired_at IS NULL AND x.state = 'processing' AND x.owner IN (SELECT epoch FROM hostq.serving(l))
        GROUP BY o.queue ORDER BY n DESC, o.queue LIMIT 3) y
$$;
COMMENT ON FUNCTION hostq.busy_with IS 'Which queues have the slots of the daemons that serve a lane.';

CREATE OR REPLACE FUNCTION hostq.why_suspect(l hostq.lanes, q hostq.queue) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('its daemon died %s times while working it; a daemon works one such request at a time%s', q.crashes,
        (SELECT CASE WHEN hostq.may(b.namespace) THEN format(', now %s', b.request_id) END
         FROM hostq.lanes o JOIN hostq.queue x ON x.lane_id = o.base * 4 + 2 AND x.state IN ('claimed', 'processing')
         JOIN hostq.request_body b ON b.id = x.id ORDER BY x.claimed_at LIMIT 1))
$$;
COMMENT ON FUNCTION hostq.why_suspect IS 'why_not of a request that may have killed its daemons.';

CREATE OR REPLACE FUNCTION hostq.why_queued(l hostq.lanes, q hostq.queue) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ahead bigint;
    slots bigint;
    busy bigint;
    kept bigint;
    locked text := hostq.why_locked(q.id);
    limited text;
BEGIN
    SELECT coalesce(sum(d.slots), 0), coalesce(sum(d.in_flight), 0), coalesce(sum(least(d.slots_high, d.slots)), 0) INTO slots, busy, kept
    FROM hostq.serving(l) d;
    IF locked IS NOT NULL THEN
        RETURN locked;
    ELSIF q.lane_id & 3 = 2 THEN
        RETURN hostq.why_suspect(l, q);
    ELSIF l.key IS NOT NULL THEN
        limited := hostq.why_limited(l.key);
        IF limited IS NOT NULL THEN
            RETURN limited;
        END IF;
    END IF;
    -- Only so far as a number still says something.
    SELECT count(*) INTO ahead FROM (SELECT FROM hostq.lanes o JOIN hostq.queue x ON x.lane_id BETWEEN o.base * 4 AND o.base * 4 + 2
        WHERE o.queue = l.queue AND o.route IS NOT DISTINCT FROM l.route AND o.priority <= l.priority
          AND x.state IN ('pending', 'waiting') AND x.run_at <= statement_timestamp() AND x.id <> q.id
          AND (o.priority < l.priority OR (CASE WHEN l.due IS NULL THEN true ELSE coalesce(o.due, 'infinity') <= l.due END AND x.run_at < q.run_at)
            OR coalesce(o.due, 'infinity') < coalesce(l.due, 'infinity'))
        LIMIT 10000) y;
    IF l.share IS NOT NULL AND ahead > 0 AND busy >= slots - kept THEN
        RETURN format('all slots are busy; the next one of queue %s goes to whose %s has least at work (%s is one of them)', l.queue,
            (SELECT fair_by FROM hostq.queues WHERE name = l.queue), l.share);
    ELSIF ahead > 0 AND NOT hostq.may(NULL) THEN
        RETURN format('other requests of queue %s are ahead of it', l.queue); -- how many is others' business
    ELSIF ahead > 0 THEN
        RETURN format('%s requests of queue %s are ahead of it (%s of %s slots are busy)',
            CASE WHEN ahead = 10000 THEN '10000 or more' ELSE ahead::text END, l.queue, busy, slots);
    ELSIF busy >= slots THEN
        RETURN format('all %s slots are busy%s; it is next in queue %s', slots,
            CASE WHEN hostq.may(NULL) THEN ' (' || hostq.busy_with(l) || ')' END, l.queue);
    ELSIF l.priority <> 'high' AND busy >= slots - kept THEN
        RETURN format('the %s slots that are free of %s are kept for priority high', slots - busy, slots);
    END IF;
    RETURN format('it is due since %s and about to be claimed', hostq.say(q.run_at));
END $$;
COMMENT ON FUNCTION hostq.why_queued IS 'why_not of a due request that is served: locked, a suspect, who is ahead of it, who has the slots.';

CREATE OR REPLACE FUNCTION hostq.why_later(l hostq.lanes, q hostq.queue) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last text := coalesce(' (' || nullif(concat_ws(': ', q.note->>'last_reason', q.note->>'message'), '') || ')', '');
BEGIN
    IF q.state = 'waiting' THEN
        RETURN format('the outside is at work; it is looked at again at %s%s', hostq.say(q.run_at), last);
    ELSIF q.retry_attempt > 0 AND (q.note->>'put_off')::int = q.retry_attempt THEN
        RETURN format('attempt %s failed%s; the retry budget of queue %s, %s a minute, puts it off to %s', q.retry_attempt, last, l.queue,
            (SELECT hostq.retry_budget(k) FROM hostq.queues k WHERE k.name = l.queue), hostq.say(q.run_at));
    ELSIF q.retry_attempt > 0 THEN
        RETURN format('attempt %s failed%s; it is tried again at %s', q.retry_attempt, last, hostq.say(q.run_at));
    END IF;
    RETURN format('it was submitted to run not before %s', hostq.say(q.run_at));
END $$;
COMMENT ON FUNCTION hostq.why_later IS 'why_not of a request that is not due.';

CREATE OR REPLACE FUNCTION hostq.why_open(q hostq.queue) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    l hostq.lanes;
    why text;
BEGIN
    IF q.state IN ('claimed', 'processing') THEN
        RETURN hostq.why_owned(q);
    ELSIF q.run_at = 'infinity' AND q.note ? 'held' THEN
        RETURN format('it was put aside by %s at %s; hostq resume --where lets it go on', q.note#>>'{held,by}', hostq.say((q.note#>>'{held,since}')::timestamptz));
    ELSIF q.run_at = 'infinity' THEN
        RETURN hostq.why_ordered(q);
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
    RETURN hostq.why_later(l, q);
END $$;
COMMENT ON FUNCTION hostq.why_open IS 'why_not of an open request.';

CREATE OR REPLACE FUNCTION hostq.why_not(p_request_id text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k bigint := hostq.request_key(p_request_id);
    q hostq.queue;
    f hostq.finished;
    why text;
BEGIN
    IF k IS NULL THEN
        why := coalesce(hostq.why_refused(p_request_id),
            CASE WHEN starts_with(p_request_id, 'sched:') THEN hostq.why_scheduled(p_request_id) END, format('there is no request ''%s''', p_request_id));
    ELSE
        SELECT * INTO q FROM hostq.queue WHERE id = k;
        IF FOUND THEN
            why := hostq.why_open(q);
        ELSE
            SELECT * INTO f FROM hostq.finished WHERE id = k;
            why := hostq.why_ended(f);
        END IF;
    END IF;
    RETURN regexp_replace(why, '\s*[\r\n]+\s*', ' ', 'g'); -- texts of providers may have several lines
END $$;
COMMENT ON FUNCTION hostq.why_not(text) IS 'One sentence: why this request is not running, or how it ended where that was no success; null when it runs or has completed.';
