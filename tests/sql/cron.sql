-- Cron texts: what is refused, what they mean, what they do when a clock is
-- changed; and random ones against a walk over every minute. The session's own
-- zone has changes, too, and must not matter.
-- psql -v seed=0.123 repeats a run.
BEGIN;
SET LOCAL timezone = 'America/New_York';
SELECT plan(65);

-- Refused: field, value and limit are named.
SELECT is((SELECT problem#>>'{error,details,field}' FROM hostq.cron_parse(c)), f, coalesce(c, 'null') || ' is refused') FROM (VALUES
    ('60 * * * *', 'cron.minute'), ('* 24 * * *', 'cron.hour'), ('* * 0 * *', 'cron.day'), ('* * 32 * *', 'cron.day'), ('* * * 13 *', 'cron.month'),
    ('* * * * 8', 'cron.weekday'), ('60 * * * * *', 'cron.second'), ('*/0 * * * *', 'cron.minute'), ('5/15 * * * *', 'cron.minute'), ('30-10 * * * *', 'cron.minute'),
    ('1,,2 * * * *', 'cron.minute'), (', * * * *', 'cron.minute'), ('* * * mon *', 'cron.month'), ('* * * * jan', 'cron.weekday'), ('* * L * *', 'cron.day'), ('* * * * 5#2', 'cron.weekday'),
    ('-1 * * * *', 'cron.minute'), ('* * * *', 'cron'), ('* * * * * * *', 'cron'), ('', 'cron'), ('@reboot', 'cron'), (NULL, 'cron'),
    ('0 0 30 feb *', 'cron'), ('0 0 31 4,6,9,11 *', 'cron'), ('0 0 30,31 2 *', 'cron')) v (c, f);
SELECT is((SELECT problem#>'{error,details}' FROM hostq.cron_parse('61 * * * *')), '{"field":"cron.minute","value":"61","limit":"0..59: values, lists, ranges low-high, * and steps after a range or *"}', 'with value and limit');
SELECT is((SELECT problem#>>'{error,message}' FROM hostq.cron_parse('0 0 30 2 *')), 'Cron text ''0 0 30 2 *'' never matches: month 2 has no day 30', '30 February by name');
SELECT is((SELECT problem FROM hostq.cron_parse('0 0 30 2 mon')), NULL, '... but the Mondays of February do match');
SELECT throws_ok($$SELECT hostq.cron_next('61 * * * *', 'UTC', now())$$, '22023', NULL, 'cron_next raises it');

-- What they mean. $1 cron, $2 zone, $3 after, the next two in UTC.
CREATE FUNCTION pg_temp.next(cron text, tz text, after text, n int DEFAULT 2) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    t timestamptz := (after || '+00')::timestamptz;
    list text[];
BEGIN
    FOR i IN 1..n LOOP
        t := hostq.cron_next(cron, tz, t);
        list := list || to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS');
    END LOOP;
    RETURN array_to_string(list, ', ');
END $$;
SELECT is(pg_temp.next(c, 'UTC', '2026-01-31 10:07:30.5'), w, c) FROM (VALUES
    ('* * * * *', '2026-01-31 10:08:00, 2026-01-31 10:09:00'), ('*/15 * * * *', '2026-01-31 10:15:00, 2026-01-31 10:30:00'),
    ('* * * * * *', '2026-01-31 10:07:31, 2026-01-31 10:07:32'), ('*/20 * * * * *', '2026-01-31 10:07:40, 2026-01-31 10:08:00'),
    ('30 7,9 10 * * *', '2026-01-31 10:09:30, 2026-02-01 10:07:30'), ('0 9-17/4 * * mon-fri', '2026-02-02 09:00:00, 2026-02-02 13:00:00'),
    ('0 0 * JAN,Mar sun', '2026-03-01 00:00:00, 2026-03-08 00:00:00'), ('0 0 * * 7', '2026-02-01 00:00:00, 2026-02-08 00:00:00'), ('0 0 * * fri-sun', '2026-02-01 00:00:00, 2026-02-06 00:00:00'),
    ('0 0 13 * fri', '2026-02-06 00:00:00, 2026-02-13 00:00:00'), ('0 0 */2 * fri', '2026-02-13 00:00:00, 2026-02-27 00:00:00'), ('0 0 31 * *', '2026-03-31 00:00:00, 2026-05-31 00:00:00'),
    ('0 0 29 2 *', '2028-02-29 00:00:00, 2032-02-29 00:00:00'), ('@hourly', '2026-01-31 11:00:00, 2026-01-31 12:00:00'), ('@daily', '2026-02-01 00:00:00, 2026-02-02 00:00:00'),
    ('@weekly', '2026-02-01 00:00:00, 2026-02-08 00:00:00'), ('@monthly', '2026-02-01 00:00:00, 2026-03-01 00:00:00'), ('@yearly', '2027-01-01 00:00:00, 2028-01-01 00:00:00')) v (c, w);
SELECT is(pg_temp.next('0 0 29 2 *', 'UTC', '2096-03-01 00:00:00', 1), '2104-02-29 00:00:00', 'eight years between two 29 February');
SELECT is(pg_temp.next('0 9 * * *', 'Asia/Kathmandu', '2026-01-31 00:00:00'), '2026-01-31 03:15:00, 2026-02-01 03:15:00', 'in a zone of 5:45');

-- Changes of the clock, by hand. Berlin: 2026-03-29 02:00 -> 03:00 (01:00 UTC), 2026-10-25 03:00 -> 02:00 (01:00 UTC).
SELECT is(pg_temp.next(c, z, a, 3), w, format('%s %s: %s', z, c, d)) FROM (VALUES
    ('30 2 * * *', 'Europe/Berlin', '2026-03-27 12:00:00', '2026-03-28 01:30:00, 2026-03-29 01:00:00, 2026-03-30 00:30:00', 'left out: at the jump'),
    ('0,30 2 * * *', 'Europe/Berlin', '2026-03-28 12:00:00', '2026-03-29 01:00:00, 2026-03-30 00:00:00, 2026-03-30 00:30:00', 'two left out: once'),
    ('30 2 * * *', 'Europe/Berlin', '2026-10-24 12:00:00', '2026-10-25 00:30:00, 2026-10-26 01:30:00, 2026-10-27 01:30:00', 'twice: the first'),
    ('30 * * * *', 'Europe/Berlin', '2026-03-28 23:45:00', '2026-03-29 00:30:00, 2026-03-29 01:30:00, 2026-03-29 02:30:00', 'hours go on'),
    ('30 * * * *', 'Europe/Berlin', '2026-10-24 23:45:00', '2026-10-25 00:30:00, 2026-10-25 01:30:00, 2026-10-25 02:30:00', 'each hour that passes'),
    ('30 2 * * *', 'America/New_York', '2026-03-07 12:00:00', '2026-03-08 07:00:00, 2026-03-09 06:30:00, 2026-03-10 06:30:00', 'left out: at the jump'),
    ('30 1 * * *', 'America/New_York', '2026-10-31 12:00:00', '2026-11-01 05:30:00, 2026-11-02 06:30:00, 2026-11-03 06:30:00', 'twice: the first'),
    ('*/30 1 * * *', 'America/New_York', '2026-11-01 05:15:00', '2026-11-01 05:30:00, 2026-11-01 06:00:00, 2026-11-01 06:30:00', 'a wildcard: both times'),
    ('15 2 * * *', 'Australia/Lord_Howe', '2026-10-02 16:00:00', '2026-10-03 15:30:00, 2026-10-04 15:15:00, 2026-10-05 15:15:00', 'left out: at the jump of 30 minutes'),
    ('45 1 * * *', 'Australia/Lord_Howe', '2026-04-03 16:00:00', '2026-04-04 14:45:00, 2026-04-05 15:15:00, 2026-04-06 15:15:00', 'twice: the first'),
    ('*/15 * * * *', 'Australia/Lord_Howe', '2026-04-04 14:40:00', '2026-04-04 14:45:00, 2026-04-04 15:00:00, 2026-04-04 15:15:00', 'quarters that pass'),
    ('45 * * * *', 'Australia/Lord_Howe', '2026-04-04 14:40:00', '2026-04-04 14:45:00, 2026-04-04 15:15:00, 2026-04-04 16:15:00', 'a minute that comes twice'),
    ('0 0 * * *', 'Pacific/Apia', '2011-12-29 10:00:00', '2011-12-30 10:00:00, 2011-12-31 10:00:00, 2012-01-01 10:00:00', 'a day that there was not: at the jump, which is the next midnight')) v (c, z, a, w, d);

-- The reference: every minute looked at, by the meaning alone.
CREATE FUNCTION pg_temp.fits(s hostq.cron_spec, l timestamp) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT extract(minute FROM l) = ANY (s.minutes) AND extract(hour FROM l) = ANY (s.hours) AND extract(month FROM l) = ANY (s.months)
        AND CASE WHEN s.either_day THEN extract(day FROM l) = ANY (s.days) OR extract(dow FROM l) = ANY (s.weekdays)
            ELSE extract(day FROM l) = ANY (s.days) AND extract(dow FROM l) = ANY (s.weekdays) END
$$;
CREATE FUNCTION pg_temp.walk(c text, tz text, a timestamptz, z timestamptz) RETURNS timestamptz[] LANGUAGE plpgsql AS $$
DECLARE
    s hostq.cron_spec := (SELECT spec FROM hostq.cron_parse(c));
    t timestamptz := a - interval '25 h';
    l timestamp;
    was timestamp := t AT TIME ZONE tz;
    seen timestamp := was; -- the latest local time so far
    list timestamptz[] := '{}';
BEGIN
    WHILE t < z LOOP
        t := t + interval '1 min';
        l := t AT TIME ZONE tz;
        IF t <= a THEN
            NULL;
        ELSIF s.elapsed THEN
            IF pg_temp.fits(s, l) THEN
                list := list || t;
            END IF;
        ELSIF l > seen AND EXISTS (SELECT FROM generate_series(greatest(was, seen) + interval '1 min', l, interval '1 min') x WHERE pg_temp.fits(s, x)) THEN
            list := list || t;
        END IF;
        was := l;
        seen := greatest(seen, l);
    END LOOP;
    RETURN list;
END $$;
CREATE FUNCTION pg_temp.list(c text, tz text, a timestamptz, z timestamptz) RETURNS timestamptz[] LANGUAGE plpgsql AS $$
DECLARE
    t timestamptz := a;
    list timestamptz[] := '{}';
BEGIN
    LOOP
        t := hostq.cron_next(c, tz, t);
        EXIT WHEN t > z;
        list := list || t;
    END LOOP;
    RETURN list;
END $$;
CREATE FUNCTION pg_temp.field(lo int, hi int, star float8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    a int := lo + floor(random() * (hi - lo + 1));
    b int := lo + floor(random() * (hi - lo + 1));
BEGIN
    IF random() < star THEN
        RETURN CASE WHEN random() < 0.5 THEN '*' ELSE '*/' || 1 + floor(random() * (hi - lo))::int END;
    END IF;
    RETURN CASE floor(random() * 3) WHEN 0 THEN a::text WHEN 1 THEN a || ',' || b
        ELSE least(a, b) || '-' || greatest(a, b) || '/' || 1 + floor(random() * 20)::int END;
END $$;
\if :{?seed}
\else
SELECT round(random()::numeric, 6) AS seed \gset
\endif
SELECT diag('seed ' || :'seed');
SELECT setseed(:seed);
CREATE TEMP TABLE tried AS SELECT c, z, a, pg_temp.list(c, z, a, a + interval '3 days') AS got, pg_temp.walk(c, z, a, a + interval '3 days') AS want FROM (
    SELECT concat_ws(' ', pg_temp.field(0, 59, 0.3), CASE WHEN random() < 0.5 THEN pg_temp.field(0, 4, 0) ELSE pg_temp.field(0, 23, 0.4) END,
            CASE WHEN random() < 0.5 THEN '*' ELSE pg_temp.field(1, 31, 0.5) END, '*', CASE WHEN random() < 0.5 THEN '*' ELSE pg_temp.field(0, 6, 0.3) END) AS c,
        z, date_trunc('minute', at - random() * interval '2 days') AS a
    FROM (VALUES ('Europe/Berlin', '2026-03-29 01:00+00'), ('Europe/Berlin', '2026-10-25 01:00+00'), ('America/New_York', '2026-03-08 07:00+00'),
        ('America/New_York', '2026-11-01 06:00+00'), ('Australia/Lord_Howe', '2026-10-03 15:30+00'), ('Australia/Lord_Howe', '2026-04-04 15:00+00'),
        ('UTC', '2026-02-28 00:00+00')) v (z, at_text) CROSS JOIN LATERAL (SELECT at_text::timestamptz AS at) x, generate_series(1, 5)) y;
SELECT is_empty('SELECT * FROM tried WHERE got <> want', 'random texts around changes of the clock are what a walk over every minute finds');
SELECT cmp_ok((SELECT count(*) FROM tried WHERE got <> '{}'), '>', 15::bigint, 'and many of them run');
SELECT is_empty($$SELECT c, z, t FROM tried, LATERAL (SELECT a + random() * interval '3 days' AS t) r
    WHERE hostq.cron_next(c, z, t) IS DISTINCT FROM (SELECT min(x) FROM unnest(want) x WHERE x > t)
      AND EXISTS (SELECT FROM unnest(want) x WHERE x > t)$$, 'from any moment on');
SELECT * FROM finish();
ROLLBACK;
