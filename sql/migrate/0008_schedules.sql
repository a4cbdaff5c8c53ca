-- 0008: schedules, which submit requests by themselves.

CREATE TYPE hostq.cron_spec AS (
    seconds int[],
    minutes int[],
    hours int[],
    days int[],
    months int[],
    weekdays int[],
    either_day boolean,
    elapsed boolean
);
COMMENT ON TYPE hostq.cron_spec IS 'A cron text, parsed: values of each field, sorted; either_day: a day of either field counts; elapsed: a wildcard in second, minute or hour, so it runs by elapsed time.';
COMMENT ON COLUMN hostq.cron_spec.seconds IS '0..59.';
COMMENT ON COLUMN hostq.cron_spec.minutes IS '0..59.';
COMMENT ON COLUMN hostq.cron_spec.hours IS '0..23.';
COMMENT ON COLUMN hostq.cron_spec.days IS 'Days of the month, 1..31.';
COMMENT ON COLUMN hostq.cron_spec.months IS '1..12.';
COMMENT ON COLUMN hostq.cron_spec.weekdays IS '0 (Sunday)..6.';
COMMENT ON COLUMN hostq.cron_spec.either_day IS 'Day of month and weekday are both restricted: either is enough.';
COMMENT ON COLUMN hostq.cron_spec.elapsed IS 'Second, minute or hour begins with *: what the clock leaves out is not made up for, what it repeats runs again.';

CREATE TABLE hostq.schedules (
    namespace text NOT NULL,
    name text NOT NULL,
    cron text,
    every interval CHECK (every > interval '0'),
    timezone text NOT NULL,
    missed text NOT NULL CHECK (missed IN ('skip', 'one', 'all')),
    request jsonb NOT NULL,
    paused boolean NOT NULL DEFAULT false,
    next_at timestamptz NOT NULL,
    last_at timestamptz,
    last_request_id text,
    last_error text,
    created_by text NOT NULL DEFAULT session_user,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (namespace, name),
    CONSTRAINT schedules_cron_or_every CHECK ((cron IS NULL) <> (every IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX schedules_next ON hostq.schedules (next_at) WHERE NOT paused;
COMMENT ON TABLE hostq.schedules IS 'What is submitted again and again, and when. Changed by hostq.schedule_set and its like only; shown by hostq.schedule_overview.';
COMMENT ON COLUMN hostq.schedules.namespace IS 'Namespace of the schedule and its requests.';
COMMENT ON COLUMN hostq.schedules.name IS 'Name, unique within the namespace.';
COMMENT ON COLUMN hostq.schedules.cron IS 'When, in cron form (5 or 6 fields or @daily and the like), as it was given; null: see every.';
COMMENT ON COLUMN hostq.schedules.every IS 'Fixed period, whole seconds; null: see cron.';
COMMENT ON COLUMN hostq.schedules.timezone IS 'Time zone of the cron text (pg_timezone_names).';
COMMENT ON COLUMN hostq.schedules.missed IS 'What becomes of runs whose time passed while nobody made them: skip, one for all, all.';
COMMENT ON COLUMN hostq.schedules.request IS 'What hostq.submit gets, without requestId.';
COMMENT ON COLUMN hostq.schedules.paused IS 'True: no run is made.';
COMMENT ON COLUMN hostq.schedules.next_at IS 'Time of the next run.';
COMMENT ON COLUMN hostq.schedules.last_at IS 'Time of the last run: when it was due.';
COMMENT ON COLUMN hostq.schedules.last_request_id IS 'Request of the last run that was not refused.';
COMMENT ON COLUMN hostq.schedules.last_error IS 'Why the last run was refused; null: it was not.';
COMMENT ON COLUMN hostq.schedules.created_by IS 'Database role that made it.';
COMMENT ON COLUMN hostq.schedules.created_at IS 'When it was made.';
COMMENT ON COLUMN hostq.schedules.updated_at IS 'When it was last changed by somebody; runs do not count.';
