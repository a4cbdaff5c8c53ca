-- The views: names fixed for outsiders (design.md 4), M47 M59 M60, events.
BEGIN;
\ir helpers.inc
SELECT plan(53);
SELECT pg_temp.template('default', 'T', 1000);

SELECT bag_has($$SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'hostq' AND table_name = 'requests'$$,
    $$SELECT unnest('{request_id,kind,queue,provider_api,template_id,template,state,priority,retry_attempt,not_before,next_poll_at,deadline,daemon_id,lease,
    created_at,first_started_at,claimed_at,started_at,updated_at,completed_at,failed_at,canceled_at,response_status,response_body,failure_reason,error_code,
    error_message,error_details,resource_ids,machine_count,tags,metadata,group_id,cleanup_of,namespace,submitted_by,account,region,key,ordering_key,route,
    race_of,intent,poll_count,poll_errors,last_reason,message,finished_at,params_hash,traceparent}'::text[])$$, 'requests has the columns fixed for outsiders');
SELECT bag_hasnt($$SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'hostq' AND table_name IN ('requests', 'request_overview')$$,
    $$SELECT 'id'$$, 'and not the internal number');
SELECT set_eq($$SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'hostq' AND table_name = 'request_overview'$$,
    $$SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'hostq' AND table_name = 'requests' UNION SELECT unnest('{status,machine_ids}'::text[])$$,
    'request_overview adds status and machine_ids');
SELECT col_type_is('hostq', 'requests', c, t, c || ' is ' || t) FROM (VALUES ('resource_ids', 'text[]'), ('response_body', 'bytea'), ('lease', 'bigint'), ('state', 'hostq.state')) v (c, t);
SELECT col_type_is('hostq'::name, 'request_overview'::name, 'machine_ids'::name, 'text[]', 'machine_ids is a list');
SELECT bag_has($$SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'hostq' AND table_name = 'machines'$$,
    $$SELECT unnest('{instance_id,request_id,resource_id,provider_api,status,private_ip,public_ip,private_dns,instance_type,availability_zone,launch_time,tags,message,
    namespace,name,price_type,units,account,region,host,boot_id,first_seen,last_seen,ended_at,taken_at,grace_until}'::text[])$$, 'machines has its columns');
SELECT has_view('hostq', v, v) FROM unnest('{requests,request_overview,machine_overview,queue_status,stuck_requests,failures_by_reason,daemon_health,performance,events}'::name[]) v;
SELECT is_empty($$SELECT relname FROM pg_class WHERE relnamespace = 'hostq'::regnamespace AND relkind = 'v'
    AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)$$, 'every view is security_invoker');
SELECT is_empty($$SELECT c.relname, a.attname FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND c.relkind IN ('r', 'p') AND NOT a.attisdropped
    WHERE c.relnamespace = 'hostq'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition AND c.relname <> 'schema_version'
    AND (obj_description(c.oid, 'pg_class') IS NULL OR a.attnum IS NOT NULL AND col_description(c.oid, a.attnum) IS NULL AND c.relname <> 'schema_version')$$, 'every table, its columns and every view are commented');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'hostq'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL$$, 'every function is commented');
SELECT is_empty($$SELECT v.relname, a.attname FROM pg_class v JOIN pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0
    WHERE v.relnamespace = 'hostq'::regnamespace AND v.relname IN ('requests', 'request_overview') AND col_description(v.oid, a.attnum) IS NULL$$, '\d+ of requests reads as documentation');

-- One life, by its columns.
SELECT pg_temp.provision('r', 2);
UPDATE hostq.queue SET run_at = statement_timestamp() - interval '1 s' WHERE id = pg_temp.id('r');
SELECT is(format('%s|%s|%s|%s|%s|%s', state, priority, retry_attempt, num_nulls(not_before, next_poll_at, daemon_id, lease, first_started_at, claimed_at,
        started_at, finished_at, completed_at, failed_at, canceled_at), submitted_by = session_user, resource_ids), 'pending|normal|0|11|t|{}', 'pending') FROM hostq.requests WHERE request_id = 'r';
UPDATE hostq.queue SET run_at = statement_timestamp() + interval '9 s' WHERE id = pg_temp.id('r');
SELECT ok(not_before > statement_timestamp() AND next_poll_at IS NULL, 'not_before of a delayed one') FROM hostq.requests WHERE request_id = 'r';
SELECT pg_temp.start('r');
INSERT INTO hostq.resources (id, resource_id, request_id, namespace, provider_api) VALUES (pg_temp.id('r'), 'res-1', 'r', 'default', 'process');
SELECT ok(daemon_id = 'd#' || :epoch AND lease = 7 AND claimed_at IS NOT NULL AND started_at IS NOT NULL AND first_started_at IS NOT NULL
    AND resource_ids = '{res-1}' AND not_before IS NULL AND updated_at >= started_at, 'processing: daemon, lease, stamps (M59), resource while in progress (M39)') FROM hostq.requests WHERE request_id = 'r';
SELECT pg_temp.rest('r', 'waiting', '5 s', '{"message":"look again","poll_count":3,"poll_errors":1,"last_reason":"throttled"}');
SELECT ok(next_poll_at > now() AND not_before IS NULL AND daemon_id IS NULL AND message = 'look again' AND poll_count = 3 AND poll_errors = 1
    AND last_reason = 'throttled', 'waiting: next_poll_at, message, polls') FROM hostq.requests WHERE request_id = 'r';
SELECT pg_temp.machine('r', 'i-1'), pg_temp.machine('r', 'i-2');
SELECT pg_temp.start('r'), pg_temp.ends('r', 'completed', NULL, NULL, 'body');
SELECT is(format('%s|%s|%s|%s|%s', request_id, resource_ids, machine_ids, provider_api, status), 'r|{res-1}|{i-1,i-2}|process|COMPLETED', 'a request record (M47)') FROM hostq.request_overview WHERE request_id = 'r';
SELECT is(format('%s|%s|%s|%s', instance_id, request_id, status, private_ip), 'i-1|r|running|127.0.0.1', 'a machine record (M47)') FROM hostq.machines WHERE instance_id = 'i-1';
SELECT ok(completed_at = finished_at AND failed_at IS NULL AND claimed_at IS NOT NULL AND started_at IS NOT NULL AND daemon_id = 'd#' || :epoch
    AND message IS NULL AND response_body = 'body' AND updated_at = finished_at, 'completed keeps claimed_at, started_at and its daemon') FROM hostq.requests WHERE request_id = 'r';
SELECT pg_temp.provision('f'), pg_temp.provision('c'), pg_temp.provision('t');
SELECT pg_temp.start('f'), pg_temp.ends('f', 'failed', 'max_retries', 'no place'), pg_temp.ends('t', 'timeout', 'timeout', 'too late'), hostq.cancel('c');
SELECT ok(failed_at = finished_at AND completed_at IS NULL AND failure_reason = 'max_retries', 'failed_at') FROM hostq.requests WHERE request_id = 'f';
SELECT ok(canceled_at = finished_at AND failed_at IS NULL, 'canceled_at') FROM hostq.requests WHERE request_id = 'c';
SELECT ok(finished_at IS NOT NULL AND num_nulls(completed_at, failed_at, canceled_at) = 3, 'timeout has finished_at') FROM hostq.requests WHERE request_id = 't';
SELECT is((SELECT count(*) FROM hostq.requests), (SELECT count(*) FROM hostq.request_body), 'each request is there once');

-- machine_overview
SELECT pg_temp.submit('{"kind":"return","requestId":"ret","machineIds":["i-1"]}');
SELECT is(format('%s|%s|%s|%s', name, result, host, return_ids), 'name-i-1|succeed|h1|{ret}', 'machine_overview names the returns') FROM hostq.machine_overview WHERE instance_id = 'i-1';
SELECT ok(age > interval '1 day', 'and tells the age') FROM hostq.machine_overview WHERE instance_id = 'i-1';
SELECT is((SELECT machine_ids FROM hostq.request_overview WHERE request_id = 'ret'), '{i-1}', 'machine_ids of a return');

-- queue_status
SELECT pg_temp.submit('{"kind":"noop","requestId":"n1"}'), pg_temp.submit('{"kind":"noop","requestId":"n2","delay":60000}'), pg_temp.submit('{"kind":"noop","requestId":"n3"}'),
    pg_temp.submit('{"kind":"noop","requestId":"n4"}'), pg_temp.submit('{"kind":"noop","requestId":"n5"}');
SELECT pg_temp.claim('n3'), pg_temp.start('n4'), pg_temp.start('n5'), pg_temp.rest('n5', 'waiting', '-10 s');
SELECT is(format('%s|%s|%s|%s|%s|%s|%s|%s', kind, paused, pending, delayed, claimed, processing, waiting, ready), 'noop|f|2|1|1|1|1|2', 'queue_status counts') FROM hostq.queue_status WHERE queue = 'noop';
SELECT ok(oldest_ready BETWEEN interval '9 s' AND interval '30 s', 'and the oldest that is ready') FROM hostq.queue_status WHERE queue = 'noop';
SELECT is((SELECT count(*) FROM hostq.queue_status), (SELECT count(*) FROM hostq.queues), 'every queue has its row');

-- stuck_requests
SELECT is_empty('SELECT * FROM hostq.stuck_requests', 'nothing is stuck');
SELECT pg_temp.rest('n5', 'waiting', '-2 min');
UPDATE hostq.queue SET claimed_at = clock_timestamp() - interval '2 min' WHERE id = pg_temp.id('n3');
SELECT set_eq('SELECT request_id FROM hostq.stuck_requests', '{n3,n5}'::text[], 'due or claimed for too long');
UPDATE hostq.daemons SET lease_until = clock_timestamp() - interval '1 s' WHERE epoch = :epoch;
SELECT set_eq('SELECT request_id FROM hostq.stuck_requests', '{n3,n4,n5}'::text[], 'held by a daemon that is gone');
SELECT is_empty('SELECT * FROM hostq.stuck_requests WHERE why IS NULL', 'each with its sentence');
UPDATE hostq.daemons SET lease_until = clock_timestamp() + interval '1 h' WHERE epoch = :epoch;

-- failures_by_reason, performance, daemon_health
SELECT pg_temp.provision('f2');
SELECT pg_temp.rest('f2', 'pending', '0', '{"last_reason":"capacity"}', 3), pg_temp.start('f2'), pg_temp.ends('f2', 'failed', 'max_retries', 'no place');
SELECT set_eq($$SELECT failure_reason, last_reason, failures::int, last_request_id FROM hostq.failures_by_reason$$,
    $$VALUES ('max_retries', NULL, 1, 'f'), ('max_retries', 'capacity', 1, 'f2'), ('timeout', NULL, 1, 't')$$, 'failures by reason');
SELECT is(format('%s|%s|%s|%s|%s|%s', ended, completed, failed, timed_out, canceled, success_rate), '5|1|2|1|1|0.2500', 'performance') FROM hostq.performance WHERE kind = 'provision';
SELECT ok(p95_duration >= p50_duration AND average_wait IS NOT NULL, 'with durations') FROM hostq.performance WHERE kind = 'provision';
SELECT is(format('%s|%s|%s', daemon_id, health, state), format('d#%s|lock free|alive', :epoch), 'a daemon without its lock is about to be declared dead') FROM hostq.daemon_health WHERE name = 'd';
SELECT pg_advisory_lock(1751544692, :epoch);
SELECT is(health, 'ok', 'with it: ok') FROM hostq.daemon_health WHERE name = 'd';
UPDATE hostq.daemons SET in_flight = 4 WHERE epoch = :epoch;
SELECT is(health, 'full', 'all slots busy') FROM hostq.daemon_health WHERE name = 'd';

-- events: stored ones and those of the stamps alike.
SELECT pg_temp.start('n1'), pg_temp.ends('n1', 'completed');
SELECT is(array_agg(format('%s:%s>%s', type, from_state, to_state) ORDER BY at, seq), '{submit:>pending,claim:pending>claimed,start:claimed>processing,complete:processing>completed}',
    'a queue that keeps stamps only') FROM hostq.events WHERE request_id = 'n1';
SELECT is_empty($$SELECT request_id FROM hostq.events WHERE type = 'submit' GROUP BY request_id HAVING count(*) <> 1$$, 'each submit is told once');
SELECT is_empty($$SELECT request_id FROM hostq.requests r WHERE NOT EXISTS (SELECT FROM hostq.events e WHERE e.request_id = r.request_id AND e.type = 'submit')$$, 'none is missing');
SELECT is(array_agg(type ORDER BY at, seq), '{submit,cancel}', 'a stored end is not told twice') FROM hostq.events WHERE request_id = 'c';

SELECT * FROM finish();
ROLLBACK;
