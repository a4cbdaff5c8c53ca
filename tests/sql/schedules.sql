-- Schedules: what is refused, what is stored, which runs are made: none twice,
-- none left out, over changes of the clock and under each rule for missed
-- ones. Time is virtual: run_schedules takes it.
BEGIN;
\ir helpers.inc
SET LOCAL timezone = 'America/New_York';
SELECT plan(135);
CREATE FUNCTION pg_temp.set(p jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT hostq.schedule_set('{"name":"s","cron":"@daily","request":{"kind":"noop"}}'::jsonb || p) $$;

SELECT is(hostq.set('schedule_grace', '10')->>'was', '60', 'a minute late is not missed');

-- Refused: field, value and limit; nothing is stored.
SELECT is(pg_temp.set(p)#>>'{error,details,field}', f, p::text || ' is refused') FROM (VALUES
    ('{"name":null}'::jsonb, 'name'), ('{"name":"a/b"}', 'name'), ('{"name":"a:b"}', 'name'), ('{"name":5}', 'name'), ('{"namespace":""}', 'namespace'),
    ('{"cron":"61 * * * *"}', 'cron.minute'), ('{"cron":"0 0 30 2 *"}', 'cron'), ('{"cron":null}', 'cron'), ('{"every":60}', 'cron'),
    ('{"cron":null,"every":0}', 'every'), ('{"cron":null,"every":1.5}', 'every'), ('{"cron":null,"every":"1 h"}', 'every'), ('{"timezone":"Europe/Nowhere"}', 'timezone'), ('{"timezone":"EST5EDT4"}', 'timezone'),
    ('{"missed":"two"}', 'missed'), ('{"missed":1}', 'missed'), ('{"paused":"yes"}', 'paused'), ('{"colour":"red"}', 'colour'), ('{"request":null}', 'request'), ('{"request":[]}', 'request'),
    ('{"request":{"kind":"nosuch"}}', 'request.kind'), ('{"request":{"kind":"noop","timeout":0}}', 'request.timeout'), ('{"request":{"kind":"noop","colour":1}}', 'request.colour'),
    ('{"request":{"kind":"noop","queue":"http"}}', 'request.queue'), ('{"request":{"kind":"noop","requestId":"x"}}', 'request.requestId'), ('{"request":{"kind":"noop","namespace":"other"}}', 'request.namespace')) v (p, f);
SELECT is(pg_temp.set('{"request":{"kind":"provision","templateId":"T","machineCount":1}}')#>>'{error,code}', 'TEMPLATE_NOT_FOUND', 'a template that there is not');
SELECT is(hostq.schedule_set('[]')#>>'{error,details,field}', 'schedule', 'no object');
SELECT is(pg_temp.set('{"every":60}')#>'{error,details}', '{"field":"cron","value":"@daily","limit":"one of cron and every"}', 'value and limit are named');
SELECT is_empty('SELECT * FROM hostq.schedules', 'nothing was stored');
SELECT is_empty('SELECT * FROM hostq.request_body', 'nor submitted');
SELECT is((SELECT count(*) FROM hostq.event WHERE type = 'rejected' AND details->>'method' = 'schedule_set'), 29::bigint, 'each refusal is an event');
SELECT pg_temp.template('default', 'T', 1);
SELECT is(pg_temp.set('{"name":"room","request":{"kind":"provision","templateId":"T","machineCount":5}}')->>'created', 'true', 'no room now is no reason: there may be room then');
SELECT is_empty('SELECT * FROM hostq.request_body', 'the try left nothing');
SELECT is(hostq.schedule_delete('room'), '{"name":"room","deleted":true}', 'delete');
SELECT is(hostq.schedule_delete('room')#>>'{error,code}', 'SCHEDULE_NOT_FOUND', 'of what is not there');
SELECT is(hostq.submit('{"kind":"noop","requestId":"sched:s:1"}')#>'{error,details}', '{"field":"requestId","value":"sched:s:1","limit":"not sched:*"}', 'nobody else takes such an id');

-- Set, set again, pause, resume.
SELECT is(pg_temp.set('{"cron":"* * * * *"}') - 'nextAt', '{"name":"s","created":true,"paused":false}', 'set');
SELECT is((SELECT format('%s %s %s', timezone, missed, next_at = date_trunc('minute', clock_timestamp()) + interval '1 min') FROM hostq.schedules), 'UTC one t', 'UTC, one, the next minute');
UPDATE hostq.schedules SET next_at = '2026-01-01 00:00+00';
SELECT is(pg_temp.set('{"cron":"* * * * *","missed":"all","request":{"kind":"noop","timeout":5}}')->>'nextAt', '2026-01-01T00:00:00.000Z', 'the same times: the next one stays');
SELECT is((SELECT format('%s %s', missed, request) FROM hostq.schedules), 'all {"kind": "noop", "timeout": 5}', 'the rest is replaced');
SELECT isnt(pg_temp.set('{"cron":"*/2 * * * *"}')->>'nextAt', '2026-01-01T00:00:00.000Z', 'other times: from now');
SELECT is(hostq.schedule_pause('s'), '{"name":"s","paused":true,"nextAt":null}', 'pause');
UPDATE hostq.schedules SET next_at = '2026-01-01 00:00+00';
SELECT is(hostq.run_schedules(100), 0, 'paused: no run');
SELECT is(pg_temp.set('{"cron":"*/2 * * * *","missed":"skip"}')->>'paused', 'true', 'set leaves it paused');
SELECT is(hostq.schedule_us(), NULL, 'the sweeper sleeps');
SELECT cmp_ok((hostq.schedule_resume('s')->>'nextAt')::timestamptz, '>', clock_timestamp(), 'resume: the next one after now');
SELECT ok(hostq.schedule_us() BETWEEN 1 AND 120000000, 'the sweeper is told when');
SELECT is((SELECT string_agg(details->>'change', ' ' ORDER BY seq) FROM hostq.event WHERE type = 'schedule' AND details->>'name' = 's'), 'set set set pause set resume', 'events');
SELECT is(hostq.schedule_pause('nosuch')#>>'{error,code}', 'SCHEDULE_NOT_FOUND', 'pause of what is not there');
SELECT is(hostq.schedule_run_now('nosuch')#>>'{error,code}', 'SCHEDULE_NOT_FOUND', 'run of what is not there');
SELECT matches(hostq.schedule_run_now('s')->>'requestId', '^sched:s:now-\d{16}$', 'run now');
SELECT is((SELECT format('%s %s', state, payload) FROM hostq.requests), 'pending {}', 'is submitted');
SELECT is((SELECT last_request_id = (SELECT request_id FROM hostq.requests) FROM hostq.schedule_overview), true, 'and told');

-- Runs in virtual time. $1 rule, cron, zone; from, to: a sweep at each step.
CREATE FUNCTION pg_temp.play(p_missed text, p_cron text, p_zone text, a text, z text, step interval) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    t timestamptz := (a || '+00')::timestamptz;
BEGIN
    DELETE FROM hostq.ids; DELETE FROM hostq.queue; DELETE FROM hostq.request_body; DELETE FROM hostq.schedules;
    PERFORM hostq.store_schedule(jsonb_build_object('name', 'p', 'cron', p_cron, 'timezone', p_zone, 'missed', p_missed, 'request', '{"kind":"noop"}'::jsonb), 'default', t);
    WHILE t <= (z || '+00')::timestamptz LOOP
        PERFORM hostq.run_schedules(100, t);
        PERFORM hostq.run_schedules(100, t);
        t := t + step;
    END LOOP;
    RETURN (SELECT string_agg(to_char(to_timestamp(split_part(request_id, ':', 3)::bigint) AT TIME ZONE 'UTC', 'DD HH24:MI'), ', ' ORDER BY id) FROM hostq.request_body);
END $$;
-- Swept each 5 s nothing is missed: every rule gives the same.
SELECT is(pg_temp.play(rule, c, z, a, e, '5 s'), w, format('%s %s %s', z, c, rule)) FROM unnest('{skip,one,all}'::text[]) rule, (VALUES
    ('30 2 * * *', 'Europe/Berlin', '2026-03-29 00:00:00', '2026-03-29 02:00:00', '29 01:00'), ('30 * * * *', 'Europe/Berlin', '2026-10-24 23:45:00', '2026-10-25 02:00:00', '25 00:30, 25 01:30'),
    ('30 2 * * *', 'Europe/Berlin', '2026-10-25 00:00:00', '2026-10-25 02:00:00', '25 00:30'), ('30 2 * * *', 'America/New_York', '2026-03-08 06:30:00', '2026-03-08 08:00:00', '08 07:00'),
    ('30 1 * * *', 'America/New_York', '2026-11-01 05:00:00', '2026-11-01 07:00:00', '01 05:30'), ('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03 15:00:00', '2026-10-03 16:30:00', '03 15:30'),
    ('45 1 * * *', 'Australia/Lord_Howe', '2026-04-04 14:30:00', '2026-04-04 16:00:00', '04 14:45')) v (c, z, a, e, w);
-- Nobody there from before the change to after it: the sweeps are 3 hours apart.
SELECT is(pg_temp.play(rule, '30 * * * *', z, a, e, '3 h'), w, format('%s away, %s', z, rule)) FROM (VALUES
    ('skip', 'Europe/Berlin', '2026-03-28 23:45:00', '2026-03-29 02:45:00', NULL), ('one', 'Europe/Berlin', '2026-03-28 23:45:00', '2026-03-29 02:45:00', '29 02:30'),
    ('all', 'Europe/Berlin', '2026-03-28 23:45:00', '2026-03-29 02:45:00', '29 00:30, 29 01:30, 29 02:30'), ('all', 'Europe/Berlin', '2026-10-24 23:45:00', '2026-10-25 02:45:00', '25 00:30, 25 01:30, 25 02:30'),
    ('one', 'America/New_York', '2026-11-01 04:45:00', '2026-11-01 07:45:00', '01 07:30'), ('all', 'America/New_York', '2026-11-01 04:45:00', '2026-11-01 07:45:00', '01 05:30, 01 06:30, 01 07:30'),
    ('all', 'Australia/Lord_Howe', '2026-04-04 13:40:00', '2026-04-04 16:40:00', '04 14:30, 04 15:00, 04 16:00'), ('skip', 'Australia/Lord_Howe', '2026-04-04 13:00:00', '2026-04-04 16:00:00', '04 16:00')) v (rule, z, a, e, w);


-- The rule all is limited, every keeps its phase, a late run is not missed.
SELECT hostq.set('schedule_missed_max', '3');
SELECT is(pg_temp.play('all', '*/10 * * * *', 'UTC', '2026-01-01 00:05:00', '2026-01-01 02:05:00', '2 h'), '01 01:40, 01 01:50, 01 02:00', 'all: the latest, as many as schedule_missed_max');
SELECT is((SELECT details - 'name' FROM hostq.event WHERE type = 'schedule' AND details->>'change' = 'missed' ORDER BY seq DESC LIMIT 1),
    '{"change":"missed","rule":"all","from":"2026-01-01T00:10:00.000Z","until":"2026-01-01T02:04:50.000Z","made":3}', 'and what was missed is an event');
SELECT is(pg_temp.play('skip', '* * * * *', 'UTC', '2026-01-01 00:00:09', '2026-01-01 00:03:09', '1 min'), '01 00:01, 01 00:02, 01 00:03', 'nine seconds late: made');
SELECT is(pg_temp.play('skip', '* * * * *', 'UTC', '2026-01-01 00:00:11', '2026-01-01 00:03:11', '1 min'), NULL, 'eleven: missed');
SELECT is(array_length(string_to_array(pg_temp.play('skip', '* * * * * *', 'UTC', '2026-01-01 00:00:00', '2026-01-01 00:00:12', '4 s'), ','), 1), 12, 'several late at once: each');
SELECT hostq.set('schedule_grace', '20');
SELECT is(pg_temp.play('skip', '* * * * *', 'UTC', '2026-01-01 00:00:11', '2026-01-01 00:03:11', '1 min'), '01 00:01, 01 00:02, 01 00:03', 'schedule_grace says what is late');
SELECT hostq.set('schedule_grace', '10');
DELETE FROM hostq.schedules; DELETE FROM hostq.ids; DELETE FROM hostq.queue; DELETE FROM hostq.request_body;
CREATE FUNCTION pg_temp.every(p_missed text, n int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hostq.schedule_set(jsonb_build_object('name', 'e', 'every', 90, 'missed', p_missed, 'request', '{"kind":"noop"}'::jsonb));
    UPDATE hostq.schedules SET next_at = '2026-01-01 00:00:30+00' WHERE name = 'e';
    PERFORM hostq.run_schedules(100, '2026-01-01 00:00:30+00'::timestamptz + n * interval '90 s' + interval '5 s');
    RETURN (SELECT string_agg(to_char(to_timestamp(split_part(request_id, ':', 3)::bigint) AT TIME ZONE 'UTC', 'HH24:MI:SS'), ' ' ORDER BY id) FROM hostq.request_body)
        || ' then ' || (SELECT to_char(next_at AT TIME ZONE 'UTC', 'HH24:MI:SS') FROM hostq.schedules WHERE name = 'e');
END $$;
SELECT is(pg_temp.every('all', 2), '00:00:30 00:02:00 00:03:30 then 00:05:00', 'every: the phase stays');
SELECT is(pg_temp.every('all', 3), '00:00:30 00:02:00 00:03:30 00:05:00 then 00:06:30', 'the same run again is the same request');
SELECT is((SELECT last_request_id FROM hostq.schedules), 'sched:e:1767225900', 'and is told');
SELECT hostq.schedule_delete('e');

-- A refused run is recorded and holds up nobody.
INSERT INTO hostq.queues (name, kind) VALUES ('gone', 'noop');
SELECT pg_temp.set('{"name":"bad","request":{"kind":"noop","queue":"gone"}}'), pg_temp.set('{"name":"broken"}'), pg_temp.set('{"name":"good","namespace":"other"}');
DELETE FROM hostq.queues WHERE name = 'gone';
UPDATE hostq.schedules SET request = '{"kind":"noop","delay":-1}' WHERE name = 'broken';
UPDATE hostq.schedules SET next_at = '2026-01-01 00:00:00+00';
SELECT is(hostq.run_schedules(100, '2026-01-01 00:00:01+00'), 1, 'one of three is made');
SELECT is((SELECT request_id FROM hostq.request_body ORDER BY id DESC LIMIT 1), 'sched:other/good:1767225600', 'with its namespace');
SELECT is((SELECT last_error FROM hostq.schedule_overview WHERE name = 'bad'), 'Unknown queue ''gone''', 'the refusal is told');
SELECT is((SELECT details->>'method' FROM hostq.event WHERE type = 'rejected' AND request_id = 'sched:bad:1767225600'), 'schedule', 'and an event');
SELECT is((SELECT string_agg(to_char(next_at AT TIME ZONE 'UTC', 'DD'), ' ') FROM hostq.schedules), '02 02 02', 'all go on the next day');
CREATE FUNCTION pg_temp.fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no luck' USING ERRCODE = TG_ARGV[0]; END $$;
CREATE TRIGGER fails BEFORE INSERT ON hostq.request_body FOR EACH ROW WHEN (NEW.request_id ~ '^sched:broken:\d') EXECUTE FUNCTION pg_temp.fails('23514');
SELECT pg_temp.set('{"name":"broken"}');
UPDATE hostq.schedules SET next_at = '2026-01-02 00:00:00+00';
SELECT is(hostq.run_schedules(100, '2026-01-02 00:00:01+00'), 1, 'an error of the database is a refusal, too');
SELECT is((SELECT last_error FROM hostq.schedules WHERE name = 'broken'), 'The database refused it: no luck', 'told');
DROP TRIGGER fails ON hostq.request_body;
CREATE TRIGGER fails BEFORE INSERT ON hostq.request_body FOR EACH ROW WHEN (NEW.request_id ~ '^sched:broken:\d') EXECUTE FUNCTION pg_temp.fails('53100');
UPDATE hostq.schedules SET next_at = '2026-01-03 00:00:00+00';
SELECT throws_ok($$SELECT hostq.run_schedules(100, '2026-01-03 00:00:01+00')$$, '53100', NULL, 'but trouble of the server is not: all is repeated');
DROP TRIGGER fails ON hostq.request_body;
SELECT is(hostq.run_schedules(100, '2026-01-03 00:00:01+00'), 2, 'when it is over');
SELECT is((SELECT last_error FROM hostq.schedules WHERE name = 'broken'), NULL, 'a run that was not refused clears the error');

-- why_not of runs.
SELECT is(hostq.why_not(r), format('there is no request ''%s'': %s', r, w), r) FROM (VALUES
    ('sched:broken:1767484800', 'schedule broken makes it at 2026-01-04 00:00:00 UTC'), ('sched:broken:1767484801', 'schedule broken has no run at 2026-01-04 00:00:01 UTC; its next one is at 2026-01-04 00:00:00 UTC'),
    ('sched:nosuch:1767484800', 'schedule nosuch does not exist'), ('sched:broken:1767139200', 'schedule broken has not made it; its next run is at 2026-01-04 00:00:00 UTC')) v (r, w);
SELECT matches(hostq.why_not('sched:bad:1767225600'), ': its submit was refused at 20.* UTC: Unknown queue ''gone''$', 'refused');
SELECT matches(hostq.why_not('sched:bad:1767484800'), 'schedule bad makes it at 2026-01-04 00:00:00 UTC \(its last run was refused: Unknown queue ''gone''\)$', 'the last one was refused');
SELECT hostq.schedule_pause('good', 'other');
SELECT is(hostq.why_not('sched:other/good:1767484800'), 'there is no request ''sched:other/good:1767484800'': schedule good is paused', 'paused');
UPDATE hostq.daemons SET state = 'dead', ended_why = 'stopped', ended_at = now();
SELECT is(hostq.why_not('sched:broken:1767484800'), 'there is no request ''sched:broken:1767484800'': schedule broken was to make it at 2026-01-04 00:00:00 UTC, but no daemon is running', 'no daemon');

-- Shown.
SELECT is(hostq.schedule_next(q), w, q::text) FROM (VALUES
    ('{"cron":"30 2 * * *","timezone":"Europe/Berlin","count":2,"after":"2026-03-28 12:00+00"}'::jsonb, '["2026-03-29 03:00:00 +02:00","2026-03-30 02:30:00 +02:00"]'::jsonb),
    ('{"cron":"0 12 1 1 *","timezone":"America/New_York","count":1,"after":"2026-03-28 12:00+00"}', '["2027-01-01 12:00:00 -05:00"]')) v (q, w);
SELECT is(hostq.schedule_next(q)#>>'{error,details,field}', f, q::text || ' is refused') FROM (VALUES ('{}'::jsonb, 'cron'), ('{"cron":"x"}', 'cron'), ('{"cron":"@daily","count":0}', 'count'),
    ('{"cron":"@daily","timezone":"x"}', 'timezone'), ('{"name":"nosuch"}', 'name'), ('{"cron":"@daily","colour":1}', 'colour')) v (q, f);
SELECT is(jsonb_array_length(hostq.schedule_next('{"name":"bad"}')), 5, 'five of a schedule');
SELECT is((SELECT array_length(next_times, 1) FROM hostq.schedule_overview WHERE name = 'bad'), 5, 'five in the view');
SELECT is(jsonb_path_query_array(hostq.schedules_list('default'), '$[*].name'), '["bad","broken"]', 'list of a namespace');
SELECT is(jsonb_path_query_array(hostq.schedules_list(), '$[*].name'), '["bad","broken","good"]', 'of all');
SELECT is(hostq.schedule_show('good')#>>'{error,code}', 'SCHEDULE_NOT_FOUND', 'a name belongs to its namespace');
SELECT is(hostq.schedule_show('good', 'other')->>'name', 'good', 'found there');

-- Row security: a tenant sees and changes its own only.
DO $$ BEGIN EXECUTE format('CREATE ROLE %I LOGIN IN ROLE hostq_client', 'hostq_test_' || pg_backend_pid()); END $$;
INSERT INTO hostq.tenants VALUES ('other', 'hostq_test_' || pg_backend_pid());
SELECT hostq.set('row_security', 'on');
CREATE FUNCTION pg_temp.as(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r text;
BEGIN
    EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', 'hostq_test_' || pg_backend_pid());
    EXECUTE query INTO r;
    RESET SESSION AUTHORIZATION;
    RETURN r;
END $$;
SELECT is(pg_temp.as($$SELECT jsonb_path_query_array(hostq.schedules_list(), '$[*].name')$$), '["good"]', 'a tenant lists its own');
SELECT is(pg_temp.as($$SELECT hostq.schedule_show('bad')#>>'{error,code}'$$), 'SCHEDULE_NOT_FOUND', 'and finds no other');
SELECT is(pg_temp.as(format('SELECT hostq.%s#>>''{error,details,field}''', f)), 'namespace', f) FROM unnest(ARRAY['schedule_delete(''bad'')', 'schedule_pause(''bad'')', 'schedule_resume(''bad'')',
    'schedule_run_now(''bad'')', 'schedule_set(''{"name":"bad","cron":"@daily","request":{"kind":"noop"}}'')']) f;
SELECT is(pg_temp.as($$SELECT hostq.schedule_next('{"name":"bad"}')#>>'{error,code}'$$), 'SCHEDULE_NOT_FOUND', 'nor asks for times');
SELECT is(pg_temp.as($$SELECT hostq.why_not('sched:bad:1767484800')$$), 'there is no request ''sched:bad:1767484800''', 'nor why');
SELECT is(pg_temp.as($$SELECT hostq.schedule_resume('good', 'other')->>'paused'$$), 'false', 'its own it changes');
SELECT * FROM finish();
ROLLBACK;
