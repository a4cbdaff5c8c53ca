-- Times of schedules: cron texts, time zones, changes of the clock. Nothing
-- here reads a table or the clock.

CREATE OR REPLACE FUNCTION hostq.cron_names(p_field text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE p_field WHEN 'month' THEN '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}'::text[]
    WHEN 'weekday' THEN '{sun,mon,tue,wed,thu,fri,sat}'::text[] END;
COMMENT ON FUNCTION hostq.cron_names IS 'Names of the values of a cron field, from its least value on; null: it has none.';

CREATE OR REPLACE FUNCTION hostq.cron_value(p_text text, p_field text, p_min int, p_max int) RETURNS int
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    n int;
BEGIN
    IF p_text ~ '^\d{1,2}$' THEN
        n := p_text;
    ELSE
        n := array_position(hostq.cron_names(p_field), lower(p_text)) - 1 + p_min;
    END IF;
    RETURN CASE WHEN n BETWEEN p_min AND p_max THEN n END;
END $$;
COMMENT ON FUNCTION hostq.cron_value IS 'One value of a cron field, a number or a name; null: none.';

CREATE OR REPLACE FUNCTION hostq.cron_field(p_text text, p_field text, p_min int, p_max int) RETURNS int[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    item text;
    part text[];
    lo int;
    hi int;
    step int;
    list int[] := '{}';
BEGIN
    FOREACH item IN ARRAY string_to_array(p_text, ',') LOOP
        -- value | low-high | *, the last two with a step
        part := regexp_match(item, '^(?:(\*)|([0-9a-zA-Z]+)(?:-([0-9a-zA-Z]+))?)(?:/(\d{1,3}))?$');
        step := coalesce(part[4]::int, 1);
        IF part[1] IS NOT NULL THEN
            lo := p_min;
            hi := p_max - (p_field = 'weekday')::int;
        ELSE
            lo := hostq.cron_value(part[2], p_field, p_min, p_max);
            hi := CASE WHEN part[3] IS NULL THEN lo ELSE hostq.cron_value(part[3], p_field, p_min, p_max) END;
            IF p_field = 'weekday' AND part[3] IS NOT NULL AND hi = 0 THEN
                hi := 7; -- fri-sun
            END IF;
        END IF;
        IF lo IS NULL OR hi IS NULL OR lo > hi OR step = 0 OR part[4] IS NOT NULL AND part[1] IS NULL AND part[3] IS NULL THEN
            RETURN NULL;
        END IF;
        list := list || ARRAY(SELECT generate_series(lo, hi, step));
    END LOOP;
    RETURN (SELECT array_agg(DISTINCT CASE WHEN p_field = 'weekday' THEN v % 7 ELSE v END ORDER BY CASE WHEN p_field = 'weekday' THEN v % 7 ELSE v END)
        FROM unnest(list) v);
END $$;
COMMENT ON FUNCTION hostq.cron_field IS 'Values of one cron field, sorted; null where it is none.';

CREATE OR REPLACE FUNCTION hostq.cron_parse(p_cron text, OUT spec hostq.cron_spec, OUT problem jsonb)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    word text := CASE lower(trim(p_cron)) WHEN '@hourly' THEN '0 * * * *' WHEN '@daily' THEN '0 0 * * *' WHEN '@midnight' THEN '0 0 * * *'
        WHEN '@weekly' THEN '0 0 * * 0' WHEN '@monthly' THEN '0 0 1 * *' WHEN '@yearly' THEN '0 0 1 1 *' WHEN '@annually' THEN '0 0 1 1 *'
        ELSE p_cron END;
    f text[] := regexp_split_to_array(trim(both E' \t' from word), '[ \t]+');
    names constant text[] := '{second,minute,hour,day,month,weekday}';
    least_values constant int[] := '{0,0,0,1,1,0}';
    most_values constant int[] := '{59,59,23,31,12,7}';
    v int[];
BEGIN
    IF cardinality(f) = 5 THEN
        f := '0'::text || f;
    END IF;
    IF p_cron IS NULL OR cardinality(f) <> 6 OR starts_with(word, '@') OR length(p_cron) > 1000 THEN
        problem := hostq.invalid('cron', to_jsonb(p_cron), '5 fields (minute hour day month weekday), 6 with seconds before them, or @hourly, @daily, @weekly, @monthly, @yearly',
            'Cron text must have 5 or 6 fields, or be one of the @ words');
        RETURN;
    END IF;
    FOR i IN 1..6 LOOP
        v := hostq.cron_field(f[i], names[i], least_values[i], most_values[i]);
        IF v IS NULL THEN
            problem := hostq.invalid('cron.' || names[i], to_jsonb(f[i]),
                format('%s..%s%s: values, lists, ranges low-high, * and steps after a range or *', least_values[i], most_values[i],
                    coalesce(', ' || array_to_string(hostq.cron_names(names[i]), ' '), '')),
                format('Cron field %s cannot be ''%s''', names[i], f[i]));
            RETURN;
        END IF;
        CASE i WHEN 1 THEN spec.seconds := v; WHEN 2 THEN spec.minutes := v; WHEN 3 THEN spec.hours := v;
            WHEN 4 THEN spec.days := v; WHEN 5 THEN spec.months := v; ELSE spec.weekdays := v; END CASE;
    END LOOP;
    spec.either_day := NOT starts_with(f[4], '*') AND NOT starts_with(f[6], '*');
    spec.elapsed := starts_with(f[1], '*') OR starts_with(f[2], '*') OR starts_with(f[3], '*');
    IF NOT spec.either_day AND NOT EXISTS (SELECT FROM unnest(spec.months) m
            WHERE spec.days[1] <= (ARRAY[31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[m]) THEN
        problem := hostq.invalid('cron', to_jsonb(p_cron), 'a day that exists',
            format('Cron text ''%s'' never matches: month %s has no day %s', p_cron, f[5], f[4]));
        spec := NULL;
    END IF;
END $$;
COMMENT ON FUNCTION hostq.cron_parse(text) IS 'A cron text: its spec, or the problem (an answer {error}) that names the field. Steps, names and the rule for two restricted days are those of Vixie cron.';

CREATE OR REPLACE FUNCTION hostq.cron_in_day(s hostq.cron_spec, p_from int) RETURNS int
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    h int;
    m int;
    x int;
BEGIN
    FOREACH h IN ARRAY s.hours LOOP
        CONTINUE WHEN h < p_from / 3600;
        FOREACH m IN ARRAY s.minutes LOOP
            CONTINUE WHEN h * 60 + m < p_from / 60;
            FOREACH x IN ARRAY s.seconds LOOP
                IF h * 3600 + m * 60 + x >= p_from THEN
                    RETURN h * 3600 + m * 60 + x;
                END IF;
            END LOOP;
        END LOOP;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.cron_in_day IS 'First second of a day, p_from or later, that matches; null: none.';

CREATE OR REPLACE FUNCTION hostq.cron_local(s hostq.cron_spec, p_from timestamp) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d date := p_from::date;
    start int := extract(epoch FROM p_from - p_from::date);
    stop constant date := d + 366 * 9; -- from one 29 February to the next it may be 8 years
    day_fits boolean;
    weekday_fits boolean;
    x int;
BEGIN
    WHILE d < stop LOOP
        IF NOT extract(month FROM d)::int = ANY (s.months) THEN
            d := date_trunc('month', d + interval '1 month');
            start := 0;
            CONTINUE;
        END IF;
        day_fits := extract(day FROM d)::int = ANY (s.days);
        weekday_fits := extract(dow FROM d)::int = ANY (s.weekdays);
        IF day_fits AND weekday_fits OR s.either_day AND (day_fits OR weekday_fits) THEN
            x := hostq.cron_in_day(s, start);
            IF x IS NOT NULL THEN
                RETURN d + x * interval '1 s';
            END IF;
        END IF;
        d := d + 1;
        start := 0;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.cron_local IS 'First local time, p_from or later, that matches; p_from is a whole second.';

CREATE OR REPLACE FUNCTION hostq.clock_offset(p_at timestamptz, p_timezone text) RETURNS interval
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (p_at AT TIME ZONE p_timezone) - (p_at AT TIME ZONE 'UTC');
COMMENT ON FUNCTION hostq.clock_offset IS 'How far the clocks of a zone are before UTC.';

CREATE OR REPLACE FUNCTION hostq.clock_change(p_before timestamptz, p_after timestamptz, p_timezone text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    lo bigint := floor(extract(epoch FROM p_before));
    hi bigint := ceil(extract(epoch FROM p_after));
    was constant interval := hostq.clock_offset(p_before, p_timezone);
    mid bigint;
BEGIN
    WHILE hi - lo > 1 LOOP
        mid := (lo + hi) / 2;
        IF hostq.clock_offset(to_timestamp(mid), p_timezone) = was THEN
            lo := mid;
        ELSE
            hi := mid;
        END IF;
    END LOOP;
    RETURN to_timestamp(hi);
END $$;
COMMENT ON FUNCTION hostq.clock_change IS 'The moment at which the clocks of a zone were changed, between two others with one change between them.';

CREATE OR REPLACE FUNCTION hostq.first_pass(p_at timestamptz, p_timezone text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- Longer than any change of a clock, shorter than the time between two.
    back interval := hostq.clock_offset(p_at - interval '26 h', p_timezone) - hostq.clock_offset(p_at, p_timezone);
BEGIN
    IF back > interval '0' AND (p_at - back) AT TIME ZONE p_timezone = p_at AT TIME ZONE p_timezone THEN
        RETURN p_at - back;
    END IF;
    RETURN p_at;
END $$;
COMMENT ON FUNCTION hostq.first_pass IS 'Where the local time of p_at comes twice and p_at is the second one: the first; else p_at.';

CREATE OR REPLACE FUNCTION hostq.cron_next_fixed(s hostq.cron_spec, p_timezone text, p_after timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    l timestamp := date_trunc('second', p_after AT TIME ZONE p_timezone) + interval '1 s';
    t timestamptz;
BEGIN
    -- Local times in order have runs in order, so the first that is late enough is it.
    LOOP
        l := hostq.cron_local(s, l);
        -- PostgreSQL reads a local time that does not exist by the old offset,
        -- and of two the second.
        t := l AT TIME ZONE p_timezone;
        IF t AT TIME ZONE p_timezone <> l THEN
            t := hostq.clock_change(t - (t AT TIME ZONE p_timezone - l), t, p_timezone);
        ELSE
            t := hostq.first_pass(t, p_timezone);
        END IF;
        EXIT WHEN t > p_after OR l IS NULL;
        l := l + interval '1 s';
    END LOOP;
    RETURN t;
END $$;
COMMENT ON FUNCTION hostq.cron_next_fixed IS 'cron_next of fixed times of day: one that the clock leaves out runs at its jump, one that it repeats runs the first time.';

CREATE OR REPLACE FUNCTION hostq.cron_next_elapsed(s hostq.cron_spec, p_timezone text, p_after timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    here constant timestamp := date_trunc('second', p_after AT TIME ZONE p_timezone);
    l timestamp := here + interval '1 s';
    t timestamptz;
    again interval;
    change timestamptz;
    second_pass timestamptz;
BEGIN
    LOOP
        l := hostq.cron_local(s, l);
        t := l AT TIME ZONE p_timezone;
        EXIT WHEN t AT TIME ZONE p_timezone = l OR l IS NULL;
        -- The clock leaves it out; go on where it goes on.
        l := hostq.clock_change(t - (t AT TIME ZONE p_timezone - l), t, p_timezone) AT TIME ZONE p_timezone;
    END LOOP;
    IF hostq.first_pass(t, p_timezone) > p_after THEN
        t := hostq.first_pass(t, p_timezone);
    END IF;
    -- Are we in an hour that comes again? Then its beginning may be sooner.
    again := hostq.clock_offset(p_after, p_timezone) - hostq.clock_offset(p_after + interval '26 h', p_timezone);
    IF again > interval '0' AND date_trunc('second', (p_after + again) AT TIME ZONE p_timezone) = here THEN
        change := hostq.clock_change(p_after, p_after + again, p_timezone);
        l := change AT TIME ZONE p_timezone;
        second_pass := change + (hostq.cron_local(s, l) - l);
        t := least(t, second_pass);
    END IF;
    RETURN t;
END $$;
COMMENT ON FUNCTION hostq.cron_next_elapsed IS 'cron_next with a wildcard in second, minute or hour: what the clock leaves out is not made up for, what it repeats runs again.';

CREATE OR REPLACE FUNCTION hostq.cron_next(p_cron text, p_timezone text, p_after timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p record;
BEGIN
    SELECT * INTO p FROM hostq.cron_parse(p_cron);
    IF p.problem IS NOT NULL THEN
        RAISE '%', p.problem#>>'{error,message}' USING ERRCODE = 'invalid_parameter_value';
    ELSIF (p.spec).elapsed THEN
        RETURN hostq.cron_next_elapsed(p.spec, p_timezone, p_after);
    END IF;
    RETURN hostq.cron_next_fixed(p.spec, p_timezone, p_after);
END $$;
COMMENT ON FUNCTION hostq.cron_next(text, text, timestamptz) IS 'First time after p_after at which a cron text runs in a time zone. Fixed times of day run once a day, whatever the clock does: at its jump where it leaves them out, the first time where it repeats them; a wildcard in second, minute or hour runs by elapsed time. STABLE, because time zone data are updated; else its arguments are all that counts.';
