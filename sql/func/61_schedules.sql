-- Schedules: what is submitted again and again. Their runs are made by the
-- sweeper (hostq.run_schedules); times are reckoned in 60_cron.sql.

CREATE OR REPLACE FUNCTION hostq.schedule_request_id(p_namespace text, p_name text, p_run text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'sched:' || CASE p_namespace WHEN 'default' THEN '' ELSE p_namespace || '/' END || p_name || ':' || p_run;
COMMENT ON FUNCTION hostq.schedule_request_id IS 'The id of a run: sched:NAME:RUN in namespace default, sched:NAMESPACE/NAME:RUN in others; RUN is its time in seconds since 1970.';

CREATE OR REPLACE FUNCTION hostq.run_id(s hostq.schedules, p_at timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.schedule_request_id(s.namespace, s.name, extract(epoch FROM p_at)::bigint::text)
$$;
COMMENT ON FUNCTION hostq.run_id IS 'The id of the run of a time: the same time is the same request.';

CREATE OR REPLACE FUNCTION hostq.run_after(s hostq.schedules, p_after timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    period numeric := extract(epoch FROM s.every);
BEGIN
    IF s.cron IS NOT NULL THEN
        RETURN coalesce(hostq.cron_next(s.cron, s.timezone, p_after), 'infinity');
    END IF;
    RETURN s.next_at + make_interval(secs => period * (floor(extract(epoch FROM p_after - s.next_at) / period) + 1));
END $$;
COMMENT ON FUNCTION hostq.run_after IS 'Time of the first run after p_after.';

CREATE OR REPLACE FUNCTION hostq.run_until(s hostq.schedules, p_until timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- Seconds before p_until: no run after that; one after that.
    lo bigint := 0;
    hi bigint := 1;
    mid bigint;
BEGIN
    IF p_until < s.next_at THEN
        RETURN NULL;
    ELSIF s.cron IS NULL THEN
        RETURN hostq.run_after(s, p_until) - s.every;
    END IF;
    WHILE hostq.run_after(s, p_until - hi * interval '1 s') > p_until LOOP
        lo := hi;
        hi := hi * 2;
    END LOOP;
    WHILE hi - lo > 1 LOOP
        mid := (lo + hi) / 2;
        IF hostq.run_after(s, p_until - mid * interval '1 s') > p_until THEN
            lo := mid;
        ELSE
            hi := mid;
        END IF;
    END LOOP;
    RETURN hostq.run_after(s, p_until - hi * interval '1 s');
END $$;
COMMENT ON FUNCTION hostq.run_until IS 'Time of the last run not after p_until; null: none since next_at.';

CREATE OR REPLACE FUNCTION hostq.missed_runs(s hostq.schedules, p_until timestamptz) RETURNS timestamptz[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    most int := CASE s.missed WHEN 'one' THEN 1 WHEN 'all' THEN hostq.setting('schedule_missed_max')::int ELSE 0 END;
    t timestamptz := p_until;
    list timestamptz[] := '{}';
BEGIN
    FOR i IN 1..most LOOP
        t := hostq.run_until(s, t);
        EXIT WHEN t IS NULL;
        list := t || list;
        t := t - interval '1 us';
    END LOOP;
    RETURN list;
END $$;
COMMENT ON FUNCTION hostq.missed_runs IS 'Of the runs from next_at to p_until, all missed, those that are made all the same: the rule of the schedule; of all of them the latest.';

CREATE OR REPLACE FUNCTION hostq.due_runs(s hostq.schedules, p_now timestamptz) RETURNS timestamptz[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    edge constant timestamptz := p_now - hostq.setting('schedule_grace')::int * interval '1 s';
    list timestamptz[] := '{}';
    t timestamptz := s.next_at;
BEGIN
    IF t < edge THEN
        list := hostq.missed_runs(s, edge - interval '1 us');
        t := hostq.run_after(s, edge - interval '1 us');
    END IF;
    WHILE t <= p_now LOOP
        list := list || t;
        t := hostq.run_after(s, t);
    END LOOP;
    RETURN list;
END $$;
COMMENT ON FUNCTION hostq.due_runs IS 'Which runs are to be made now: each that is at most schedule_grace late, and of the missed ones those that the rule asks for.';

CREATE OR REPLACE FUNCTION hostq.submit_run(s hostq.schedules, p_request_id text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    req jsonb := s.request || jsonb_build_object('requestId', p_request_id, 'namespace', s.namespace);
    r jsonb;
BEGIN
    -- Made before, perhaps of what the schedule asked for then.
    IF EXISTS (SELECT FROM hostq.ids WHERE request_id = p_request_id) THEN
        RETURN jsonb_build_object('requestId', p_request_id, 'created', false);
    END IF;
    BEGIN
        RETURN hostq.submit_by('schedule', req);
    EXCEPTION WHEN transaction_rollback OR insufficient_resources OR operator_intervention OR system_error OR lock_not_available
            OR read_only_sql_transaction THEN
        RAISE; -- trouble of the server: nothing is recorded, the whole is repeated
    WHEN OTHERS THEN
        r := hostq.error('SERVICE_UNAVAILABLE', format('The database refused it: %s', SQLERRM), jsonb_build_object('sqlstate', SQLSTATE));
    END;
    PERFORM hostq.rejected(s.namespace, 'schedule', req, r);
    RETURN r;
END $$;
COMMENT ON FUNCTION hostq.submit_run IS 'Submits one run: the answer of submit. A refusal leaves its event, and is no error.';

CREATE OR REPLACE FUNCTION hostq.say_schedule(p_namespace text, p_name text, p_change text, p_more jsonb DEFAULT '{}') RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO hostq.event (namespace, type, details)
    VALUES (p_namespace, 'schedule', jsonb_build_object('name', p_name, 'change', p_change) || p_more)
$$;
COMMENT ON FUNCTION hostq.say_schedule IS 'Event about a schedule: set, delete, pause, resume, missed.';

CREATE OR REPLACE FUNCTION hostq.run_schedule(s hostq.schedules, p_now timestamptz) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    grace constant interval := hostq.setting('schedule_grace')::int * interval '1 s';
    runs timestamptz[] := hostq.due_runs(s, p_now);
    t timestamptz;
    r jsonb;
    made int := 0;
BEGIN
    IF s.next_at < p_now - grace THEN
        PERFORM hostq.say_schedule(s.namespace, s.name, 'missed', jsonb_build_object('rule', s.missed, 'from', hostq.utc(s.next_at),
            'until', hostq.utc(p_now - grace), 'made', (SELECT count(*) FROM unnest(runs) x WHERE x < p_now - grace)));
    END IF;
    FOREACH t IN ARRAY runs LOOP
        r := hostq.submit_run(s, hostq.run_id(s, t));
        s.last_at := t;
        s.last_error := r#>>'{error,message}';
        IF s.last_error IS NULL THEN
            s.last_request_id := r->>'requestId';
            made := made + 1;
        END IF;
    END LOOP;
    UPDATE hostq.schedules SET next_at = hostq.run_after(s, p_now), last_at = s.last_at, last_request_id = s.last_request_id,
        last_error = s.last_error
    WHERE namespace = s.namespace AND name = s.name;
    RETURN made;
END $$;
COMMENT ON FUNCTION hostq.run_schedule IS 'Makes the due runs of a schedule, whose row is locked, and sets its next time. How many requests there are of it.';

CREATE OR REPLACE FUNCTION hostq.run_schedules(p_limit int, p_now timestamptz DEFAULT clock_timestamp()) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s hostq.schedules;
    n int := 0;
BEGIN
    FOR s IN SELECT * FROM hostq.schedules WHERE NOT paused AND next_at <= p_now ORDER BY next_at LIMIT p_limit FOR UPDATE SKIP LOCKED LOOP
        n := n + hostq.run_schedule(s, p_now);
    END LOOP;
    RETURN n;
END $$;
COMMENT ON FUNCTION hostq.run_schedules IS 'By the sweeper, when a schedule is due: submits the runs of due schedules. The requests and the next times are one transaction. How many requests there are of it.';

CREATE OR REPLACE FUNCTION hostq.schedule_us() RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (extract(epoch FROM greatest(least(min(next_at), clock_timestamp() + interval '1 day') - clock_timestamp(), '0')) * 1000000)::bigint
    FROM hostq.schedules WHERE NOT paused HAVING count(*) > 0
$$;
COMMENT ON FUNCTION hostq.schedule_us IS 'Time until the next run of any schedule, at most a day, us; null: there is none.';

CREATE OR REPLACE FUNCTION hostq.try_submit(p_req jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r jsonb;
BEGIN
    BEGIN
        r := hostq.submit_by('schedule', p_req);
        RAISE 'undone' USING ERRCODE = 'HQ001';
    EXCEPTION WHEN SQLSTATE 'HQ001' THEN
        NULL; -- what it wrote is gone, its answer is here
    END;
    IF NOT r ? 'error' OR r#>>'{error,code}' IN ('QUOTA_EXCEEDED', 'INSUFFICIENT_CAPACITY', 'SERVICE_UNAVAILABLE') THEN
        RETURN NULL; -- there may be room when it is due
    END IF;
    RETURN CASE WHEN r#>'{error,details}' ? 'field' THEN jsonb_set(r, '{error,details,field}', to_jsonb('request.' || (r#>>'{error,details,field}'))) ELSE r END;
END $$;
COMMENT ON FUNCTION hostq.try_submit IS 'What submit would refuse for good, or null; nothing is submitted.';

CREATE OR REPLACE FUNCTION hostq.check_schedule_name(p_name jsonb, p_namespace text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_name IS NULL OR jsonb_typeof(p_name) <> 'string' OR p_name #>> '{}' !~ '^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$' THEN
        RETURN hostq.invalid('name', p_name, '1..64 of 0-9 A-Z a-z . _ -, the first a letter or digit', 'Name of a schedule must be 1 to 64 letters, digits, . _ or -');
    ELSIF length(hostq.schedule_request_id(p_namespace, p_name #>> '{}', '253402300800')) > 128 THEN
        RETURN hostq.invalid('name', p_name, format('%s characters in this namespace', 108 - length(p_namespace)), 'Name and namespace are too long for the ids of the requests');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_schedule_name IS 'Refusal for a name that a schedule cannot have, or null.';

CREATE OR REPLACE FUNCTION hostq.check_times(p jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (p->>'cron' IS NULL) = (p->>'every' IS NULL) THEN
        RETURN hostq.invalid('cron', p->'cron', 'one of cron and every', 'A schedule needs either cron or every');
    ELSIF p->>'every' IS NOT NULL AND NOT hostq.check_whole(p->'every', 1, 315360000) THEN
        RETURN hostq.invalid('every', p->'every', '1..315360000 s', 'Period of a schedule must be a whole number of seconds');
    ELSIF p->>'timezone' IS NOT NULL AND NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = p->>'timezone') THEN
        RETURN hostq.invalid('timezone', p->'timezone', 'a name of pg_timezone_names', format('Unknown time zone ''%s''', p->>'timezone'));
    END IF;
    RETURN (SELECT problem FROM hostq.cron_parse(p->>'cron') WHERE p->>'cron' IS NOT NULL);
END $$;
COMMENT ON FUNCTION hostq.check_times IS 'Refusal for bad cron, every or timezone, or null.';

CREATE OR REPLACE FUNCTION hostq.check_schedule(p jsonb, p_namespace text) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    req jsonb := p->'request';
    r jsonb := coalesce(hostq.check_keys(p, '{name,namespace,cron,every,timezone,missed,paused,request}'),
        hostq.check_schedule_name(p->'name', p_namespace), hostq.check_times(p));
BEGIN
    IF r IS NOT NULL THEN
        RETURN r;
    ELSIF coalesce(nullif(p->'missed', 'null'), '"one"') NOT IN ('"skip"', '"one"', '"all"') THEN
        RETURN hostq.invalid('missed', p->'missed', 'skip, one, all', 'Rule for missed runs must be skip, one or all');
    ELSIF jsonb_typeof(coalesce(p->'paused', 'null')) NOT IN ('boolean', 'null') THEN
        RETURN hostq.invalid('paused', p->'paused', 'true, false', 'Paused must be true or false');
    ELSIF jsonb_typeof(req) IS DISTINCT FROM 'object' THEN
        RETURN hostq.invalid('request', req, 'object', 'A schedule needs a request, an object as submit takes it');
    ELSIF req->>'requestId' IS NOT NULL THEN
        RETURN hostq.invalid('request.requestId', req->'requestId', 'none', 'The request of a schedule gets its id from name and time');
    ELSIF coalesce(req->>'namespace', p_namespace) <> p_namespace THEN
        RETURN hostq.invalid('request.namespace', req->'namespace', p_namespace, 'The request of a schedule must be in its namespace');
    END IF;
    RETURN hostq.try_submit(req || jsonb_build_object('namespace', p_namespace,
        'requestId', hostq.schedule_request_id(p_namespace, p->>'name', 'check')));
END $$;
COMMENT ON FUNCTION hostq.check_schedule IS 'Refusal for a schedule that cannot be stored, or null.';

CREATE OR REPLACE FUNCTION hostq.store_schedule(p jsonb, p_namespace text, p_now timestamptz) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    was hostq.schedules;
    s hostq.schedules;
BEGIN
    SELECT * INTO was FROM hostq.schedules WHERE namespace = p_namespace AND name = p->>'name' FOR UPDATE;
    s.namespace := p_namespace;
    s.name := p->>'name';
    s.cron := p->>'cron';
    s.every := make_interval(secs => (p->>'every')::numeric::float8);
    s.timezone := coalesce(p->>'timezone', 'UTC');
    s.missed := coalesce(p->>'missed', 'one');
    s.request := (p->'request') - 'namespace';
    s.paused := coalesce((p->>'paused')::boolean, was.paused, false);
    -- The same times as before: set again and again, it must run all the same.
    IF (was.cron, was.every, was.timezone, was.paused) IS NOT DISTINCT FROM (s.cron, s.every, s.timezone, s.paused) THEN
        s.next_at := was.next_at;
    ELSE
        s.next_at := date_trunc('second', p_now);
        s.next_at := hostq.run_after(s, p_now);
    END IF;
    INSERT INTO hostq.schedules (namespace, name, cron, every, timezone, missed, request, paused, next_at)
    VALUES (s.namespace, s.name, s.cron, s.every, s.timezone, s.missed, s.request, s.paused, s.next_at)
    ON CONFLICT (namespace, name) DO UPDATE SET cron = excluded.cron, every = excluded.every, timezone = excluded.timezone,
        missed = excluded.missed, request = excluded.request, paused = excluded.paused, next_at = excluded.next_at, updated_at = now();
    PERFORM hostq.say_schedule(s.namespace, s.name, 'set', p - '{name,namespace}'::text[]);
    RETURN jsonb_build_object('name', s.name, 'created', was.name IS NULL, 'paused', s.paused, 'nextAt', hostq.utc(s.next_at));
END $$;
COMMENT ON FUNCTION hostq.store_schedule IS 'Stores a checked schedule.';

CREATE OR REPLACE FUNCTION hostq.schedule_namespace(p_namespace text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_namespace IS NULL OR p_namespace !~ '^[[:graph:]]{1,128}$' THEN
        RETURN hostq.invalid('namespace', to_jsonb(p_namespace), '1..128 visible characters', 'Namespace must be 1 to 128 visible characters');
    ELSIF NOT hostq.may(p_namespace) THEN
        RETURN hostq.invalid('namespace', to_jsonb(p_namespace), 'a namespace of yours', format('Namespace ''%s'' is not yours', p_namespace));
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.schedule_namespace IS 'Refusal for a namespace that is none or not the caller''s, or null.';

CREATE OR REPLACE FUNCTION hostq.schedule_set(p_schedule jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ns text := coalesce(p_schedule->>'namespace', 'default');
    r jsonb;
BEGIN
    IF jsonb_typeof(p_schedule) IS DISTINCT FROM 'object' THEN
        r := hostq.invalid('schedule', p_schedule, 'object', 'A schedule must be an object');
    ELSE
        r := coalesce(hostq.schedule_namespace(ns), hostq.check_schedule(p_schedule, ns));
    END IF;
    IF r IS NOT NULL THEN
        PERFORM hostq.rejected(ns, 'schedule_set', NULL, r);
        RETURN r;
    END IF;
    RETURN hostq.store_schedule(p_schedule, ns, clock_timestamp());
END $$;
COMMENT ON FUNCTION hostq.schedule_set(jsonb) IS 'Makes a schedule or replaces it: {name, namespace?, cron or every (s), timezone? (UTC), missed? (skip, one, all; default one), paused? (as it was), request: as for submit, without requestId}. Answers {name, created, paused, nextAt} or {error}; the request is checked as by submit. With the same cron, every and timezone as before the next time stays.';

CREATE OR REPLACE FUNCTION hostq.no_schedule(p_name text) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.error('SCHEDULE_NOT_FOUND', format('Schedule ''%s'' not found', p_name), jsonb_build_object('field', 'name', 'value', p_name))
$$;
COMMENT ON FUNCTION hostq.no_schedule IS 'The error of a name that no schedule of the namespace has.';

CREATE OR REPLACE FUNCTION hostq.schedule_delete(p_name text, p_namespace text DEFAULT 'default') RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF hostq.schedule_namespace(p_namespace) IS NOT NULL THEN
        RETURN hostq.schedule_namespace(p_namespace);
    END IF;
    DELETE FROM hostq.schedules WHERE namespace = p_namespace AND name = p_name;
    IF NOT FOUND THEN
        RETURN hostq.no_schedule(p_name);
    END IF;
    PERFORM hostq.say_schedule(p_namespace, p_name, 'delete');
    RETURN jsonb_build_object('name', p_name, 'deleted', true);
END $$;
COMMENT ON FUNCTION hostq.schedule_delete(text, text) IS 'Deletes a schedule; its requests stay. {name, deleted} or {error}.';

CREATE OR REPLACE FUNCTION hostq.set_schedule_paused(p_name text, p_namespace text, p_paused boolean) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s hostq.schedules;
BEGIN
    IF hostq.schedule_namespace(p_namespace) IS NOT NULL THEN
        RETURN hostq.schedule_namespace(p_namespace);
    END IF;
    SELECT * INTO s FROM hostq.schedules WHERE namespace = p_namespace AND name = p_name FOR UPDATE;
    IF NOT FOUND THEN
        RETURN hostq.no_schedule(p_name);
    ELSIF s.paused <> p_paused THEN
        UPDATE hostq.schedules SET paused = p_paused, updated_at = now(),
            next_at = CASE WHEN p_paused THEN s.next_at ELSE hostq.run_after(s, clock_timestamp()) END
        WHERE namespace = p_namespace AND name = p_name RETURNING * INTO s;
        PERFORM hostq.say_schedule(p_namespace, p_name, CASE WHEN p_paused THEN 'pause' ELSE 'resume' END);
    END IF;
    RETURN jsonb_build_object('name', p_name, 'paused', p_paused, 'nextAt', CASE WHEN NOT s.paused THEN hostq.utc(s.next_at) END);
END $$;
COMMENT ON FUNCTION hostq.set_schedule_paused IS 'schedule_pause and schedule_resume.';

CREATE OR REPLACE FUNCTION hostq.schedule_pause(p_name text, p_namespace text DEFAULT 'default') RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.set_schedule_paused(p_name, p_namespace, true)
$$;
COMMENT ON FUNCTION hostq.schedule_pause(text, text) IS 'No run is made until it is resumed. {name, paused, nextAt: null} or {error}.';

CREATE OR REPLACE FUNCTION hostq.schedule_resume(p_name text, p_namespace text DEFAULT 'default') RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.set_schedule_paused(p_name, p_namespace, false)
$$;
COMMENT ON FUNCTION hostq.schedule_resume(text, text) IS 'Runs are made again, from the next one after now: what was due while it was paused is not missed. {name, paused, nextAt} or {error}.';

CREATE OR REPLACE FUNCTION hostq.schedule_run_now(p_name text, p_namespace text DEFAULT 'default') RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s hostq.schedules;
    r jsonb;
BEGIN
    IF hostq.schedule_namespace(p_namespace) IS NOT NULL THEN
        RETURN hostq.schedule_namespace(p_namespace);
    END IF;
    SELECT * INTO s FROM hostq.schedules WHERE namespace = p_namespace AND name = p_name FOR UPDATE;
    IF NOT FOUND THEN
        RETURN hostq.no_schedule(p_name);
    END IF;
    r := hostq.submit_run(s, hostq.schedule_request_id(p_namespace, p_name, 'now-' || (extract(epoch FROM clock_timestamp()) * 1000000)::bigint));
    UPDATE hostq.schedules SET last_at = clock_timestamp(), last_error = r#>>'{error,message}',
        last_request_id = coalesce(r->>'requestId', last_request_id)
    WHERE namespace = p_namespace AND name = p_name;
    RETURN r;
END $$;
COMMENT ON FUNCTION hostq.schedule_run_now(text, text) IS 'Submits the request of a schedule at once, paused or not; its next time stays. The answer of submit, or {error}.';

CREATE OR REPLACE FUNCTION hostq.schedule_times(s hostq.schedules, p_count int, p_after timestamptz DEFAULT clock_timestamp()) RETURNS timestamptz[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    list timestamptz[] := '{}';
    t timestamptz := p_after;
BEGIN
    FOR i IN 1..p_count LOOP
        t := hostq.run_after(s, t);
        EXIT WHEN t = 'infinity';
        list := list || t;
    END LOOP;
    RETURN list;
END $$;
COMMENT ON FUNCTION hostq.schedule_times IS 'The next times of a schedule.';

CREATE OR REPLACE FUNCTION hostq.say_in(p_at timestamptz, p_timezone text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT to_char(p_at AT TIME ZONE p_timezone, 'YYYY-MM-DD HH24:MI:SS ') || CASE WHEN o < interval '0' THEN '-' ELSE '+' END
        || to_char(CASE WHEN o < interval '0' THEN -o ELSE o END, 'HH24:MI')
    FROM hostq.clock_offset(p_at, p_timezone) o
$$;
COMMENT ON FUNCTION hostq.say_in IS 'A time for people in a time zone, with what the clock was before UTC.';

CREATE OR REPLACE VIEW hostq.schedule_overview WITH (security_invoker = true) AS
SELECT s.namespace, s.name, s.cron, s.every, s.timezone, s.missed, s.paused, CASE WHEN NOT s.paused THEN s.next_at END AS next_at,
    CASE WHEN NOT s.paused THEN hostq.say_in(s.next_at, s.timezone) END AS next_local,
    CASE WHEN NOT s.paused THEN ARRAY(SELECT hostq.say_in(t, s.timezone) FROM unnest(hostq.schedule_times(s, 5)) t) ELSE '{}' END AS next_times,
    s.last_at, s.last_request_id, s.last_error, s.request, s.created_by, s.created_at, s.updated_at
FROM hostq.schedules s
WHERE (SELECT hostq.may(NULL)) OR s.namespace = ANY (ARRAY(SELECT hostq.my_namespaces()));
COMMENT ON VIEW hostq.schedule_overview IS 'Every schedule with its next times, in its own time zone.';

CREATE OR REPLACE FUNCTION hostq.schedules_list(p_namespace text DEFAULT NULL) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
    SELECT coalesce(jsonb_agg(to_jsonb(o) - '{request,next_times}'::text[] || jsonb_build_object('when', coalesce(o.cron, 'every ' || o.every),
        'state', CASE WHEN o.paused THEN 'paused' WHEN o.last_error IS NOT NULL THEN 'refused' ELSE 'ok' END) ORDER BY o.namespace, o.name), '[]')
    FROM hostq.schedule_overview o WHERE p_namespace IS NULL OR o.namespace = p_namespace
$$;
COMMENT ON FUNCTION hostq.schedules_list(text) IS 'Schedules of a namespace, or of all that the caller may see, as an array.';

CREATE OR REPLACE FUNCTION hostq.schedule_show(p_name text, p_namespace text DEFAULT 'default') RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
    SELECT coalesce((SELECT to_jsonb(o) FROM hostq.schedule_overview o WHERE o.namespace = p_namespace AND o.name = p_name),
        hostq.no_schedule(p_name))
$$;
COMMENT ON FUNCTION hostq.schedule_show(text, text) IS 'Row of hostq.schedule_overview as an object, or {error}.';

CREATE OR REPLACE FUNCTION hostq.schedule_next(p_what jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s hostq.schedules;
    ns text := coalesce(p_what->>'namespace', 'default');
    n jsonb := coalesce(nullif(p_what->'count', 'null'), '5');
    r jsonb := hostq.check_keys(p_what, '{name,namespace,cron,every,timezone,count,after}');
BEGIN
    IF r IS NULL AND NOT hostq.check_whole(n, 1, 1000) THEN
        r := hostq.invalid('count', n, '1..1000', 'Count must be a whole number from 1 to 1000');
    ELSIF r IS NULL AND p_what->>'name' IS NOT NULL THEN
        SELECT * INTO s FROM hostq.schedules WHERE namespace = ns AND name = p_what->>'name' AND hostq.may(ns);
        r := CASE WHEN NOT FOUND THEN hostq.no_schedule(p_what->>'name') END;
    ELSIF r IS NULL THEN
        r := hostq.check_times(p_what);
        s.cron := p_what->>'cron';
        s.timezone := coalesce(p_what->>'timezone', 'UTC');
        s.every := CASE WHEN r IS NULL THEN make_interval(secs => (p_what->>'every')::numeric::float8) END;
        s.next_at := date_trunc('second', clock_timestamp());
    END IF;
    RETURN coalesce(r, (SELECT coalesce(jsonb_agg(hostq.say_in(t, s.timezone) ORDER BY t), '[]')
        FROM unnest(hostq.schedule_times(s, n::int, coalesce((p_what->>'after')::timestamptz, clock_timestamp()))) t));
END $$;
COMMENT ON FUNCTION hostq.schedule_next(jsonb) IS 'The next times of {name, namespace?}, or of {cron or every, timezone?}: an array of texts in the zone, count? of them (5), after? a time (now); or {error}.';

CREATE OR REPLACE FUNCTION hostq.why_scheduled(p_request_id text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text[] := regexp_match(p_request_id, '^sched:(?:(.+)/)?([^/:]+):(\d{1,12})$');
    ns text := coalesce(part[1], 'default');
    at timestamptz := to_timestamp(part[3]::bigint);
    s hostq.schedules;
    refused text;
BEGIN
    IF part IS NULL OR NOT hostq.may(ns) THEN
        RETURN NULL;
    END IF;
    SELECT format('its submit was refused at %s: %s', hostq.say(e.at), e.details->>'message') INTO refused
    FROM hostq.event e WHERE e.request_id = p_request_id AND e.type = 'rejected' AND e.namespace = ns ORDER BY e.at DESC LIMIT 1;
    SELECT * INTO s FROM hostq.schedules WHERE namespace = ns AND name = part[2];
    RETURN format('there is no request ''%s'': ', p_request_id) || CASE
        WHEN refused IS NOT NULL THEN refused
        WHEN s.name IS NULL THEN format('schedule %s does not exist', part[2])
        WHEN s.paused THEN format('schedule %s is paused', s.name)
        WHEN at < s.next_at THEN format('schedule %s has not made it; its next run is at %s', s.name, hostq.say(s.next_at))
        WHEN hostq.run_after(s, at - interval '1 us') <> at THEN
            format('schedule %s has no run at %s; its next one is at %s', s.name, hostq.say(at), hostq.say(s.next_at))
        WHEN at <= clock_timestamp() AND NOT EXISTS (SELECT FROM hostq.daemons WHERE state = 'alive' AND lease_until > clock_timestamp()) THEN
            format('schedule %s was to make it at %s, but no daemon is running', s.name, hostq.say(at))
        ELSE format('schedule %s makes it at %s', s.name, hostq.say(at)) || coalesce(' (its last run was refused: ' || s.last_error || ')', '') END;
END $$;
COMMENT ON FUNCTION hostq.why_scheduled IS 'why_not of the id of a scheduled run that is not there: when it is made, or why not; null for any other id.';
