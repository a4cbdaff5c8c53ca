-- The words for the outside, and the views for people. Views are
-- security_invoker and show only what hostq.may() allows, so that they are
-- safe also inside functions that run as the owner.

-- Pure word tables. Written as RETURN so that the planner inlines them.
CREATE OR REPLACE FUNCTION hostq.json_word(p_state hostq.state, p_started boolean, p_reason text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE p_state
    WHEN 'completed' THEN 'COMPLETED'
    WHEN 'failed' THEN CASE WHEN p_reason = 'partial' THEN 'PARTIAL_SUCCESS' ELSE 'FAILED' END
    WHEN 'timeout' THEN 'TIMEOUT'
    WHEN 'canceled' THEN 'CANCELLED'
    WHEN 'superseded' THEN 'CANCELLED'
    WHEN 'pending' THEN CASE WHEN p_started THEN 'IN_PROGRESS' ELSE 'PENDING' END
    WHEN 'claimed' THEN CASE WHEN p_started THEN 'IN_PROGRESS' ELSE 'PENDING' END
    ELSE 'IN_PROGRESS' END;
COMMENT ON FUNCTION hostq.json_word IS 'State -> word of the JSON method calls. p_started: it was started once (first_started_at is set); p_reason: failure_reason.';

CREATE OR REPLACE FUNCTION hostq.hf_word(p_state hostq.state, p_reason text, p_partial_complete boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN p_state IN ('pending', 'claimed', 'processing', 'waiting') THEN 'running'
    WHEN p_state = 'completed' OR p_partial_complete AND p_state = 'failed' AND p_reason = 'partial' THEN 'complete'
    ELSE 'complete_with_error' END;
COMMENT ON FUNCTION hostq.hf_word IS 'State -> word of the HostFactory scripts. p_partial_complete: setting hf_partial_complete.';

CREATE OR REPLACE FUNCTION hostq.machine_result(p_kind text, p_fixed text, p_status text, p_name text, p_ip text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN p_fixed IS NOT NULL THEN p_fixed
    WHEN p_kind = 'return' THEN CASE WHEN p_status IN ('terminated', 'stopped') THEN 'succeed' ELSE 'executing' END
    WHEN p_status = 'running' THEN CASE WHEN p_name <> '' AND p_ip <> '' THEN 'succeed' ELSE 'executing' END
    WHEN p_status = 'pending' THEN 'executing'
    ELSE 'fail' END;
COMMENT ON FUNCTION hostq.machine_result IS 'Machine -> result of the HostFactory scripts: executing, succeed, fail; p_fixed: the result stored when its request ended.';

CREATE OR REPLACE FUNCTION hostq.utc(p_at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
COMMENT ON FUNCTION hostq.utc IS 'A time as RFC 3339 text, UTC with Z.';

CREATE OR REPLACE FUNCTION hostq.my_namespaces() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT namespace FROM (SELECT DISTINCT namespace FROM hostq.tenants) t WHERE hostq.may(namespace)
$$;
COMMENT ON FUNCTION hostq.my_namespaces IS 'Namespaces given to the session''s user. Who may see all of them is told by hostq.may(null).';

-- One row per request, open or ended, with its internal number.
CREATE OR REPLACE VIEW hostq.request_rows WITH (security_invoker = true) AS
SELECT x.id, x.request_id, x.namespace, x.kind, x.queue, x.provider_api, x.template_id, x.template, x.state, x.priority,
    x.retry_attempt, x.not_before, x.next_poll_at, x.deadline,
    coalesce(d.name, '') || '#' || x.owner AS daemon_id,
    x.lease, x.created_at, x.first_started_at, x.claimed_at, x.started_at, x.updated_at,
    CASE WHEN x.state = 'completed' THEN x.finished_at END AS completed_at,
    CASE WHEN x.state = 'failed' THEN x.finished_at END AS failed_at,
    CASE WHEN x.state = 'canceled' THEN x.finished_at END AS canceled_at,
    x.finished_at, x.response_status, x.response_body, x.failure_reason, x.note->>'last_reason' AS last_reason,
    x.error_code, x.error_message, x.error_details,
    CASE WHEN x.finished_at IS NULL THEN x.note->>'message' END AS message,
    ARRAY(SELECT r.resource_id FROM hostq.resources r WHERE r.id = x.id ORDER BY r.created_at, r.resource_id) AS resource_ids,
    x.machine_count, nullif(x.payload->'tags', 'null') AS tags, nullif(x.payload->'metadata', 'null') AS metadata,
    x.payload, x.policy, x.submitted_by, x.account, x.region, x.key, x.ordering_key, x.route, x.group_id,
    (SELECT o.request_id FROM hostq.request_body o WHERE o.id = x.race_of) AS race_of,
    x.cleanup_of, x.intent, x.crashes,
    coalesce((x.note->>'poll_count')::bigint, 0) AS poll_count, coalesce((x.note->>'poll_errors')::bigint, 0) AS poll_errors,
    encode(sha256(convert_to(x.payload::text, 'UTF8')), 'hex') AS params_hash, x.traceparent,
    hostq.json_word(x.state, x.first_started_at IS NOT NULL, x.failure_reason) AS status,
    CASE x.kind WHEN 'provision' THEN ARRAY(SELECT m.instance_id FROM hostq.machines m WHERE m.id = x.id ORDER BY m.machine_id)
        WHEN 'return' THEN ARRAY(SELECT m.instance_id FROM hostq.request_machines r JOIN hostq.machines m USING (machine_id)
            WHERE r.id = x.id ORDER BY m.machine_id)
        ELSE '{}' END AS machine_ids
FROM (
    SELECT b.id, b.request_id, b.namespace, b.kind, b.queue, b.provider_api, b.template_id, b.template, q.state, b.priority,
        q.retry_attempt, CASE WHEN q.state = 'pending' AND q.run_at > statement_timestamp() THEN nullif(q.run_at, 'infinity') END AS not_before,
        CASE WHEN q.state = 'waiting' THEN q.run_at END AS next_poll_at, q.deadline, q.owner, q.lease, b.created_at,
        q.first_started_at, q.claimed_at, q.started_at,
        greatest(b.created_at, q.first_started_at, q.claimed_at, q.started_at, q.settled_at,
            CASE WHEN q.run_at <= statement_timestamp() THEN q.run_at END) AS updated_at,
        NULL::timestamptz AS finished_at, NULL::int AS response_status, NULL::bytea AS response_body,
        NULL::text AS failure_reason, NULL::text AS error_code, NULL::text AS error_message, NULL::jsonb AS error_details,
        q.note, b.machine_count, b.payload, b.policy, b.submitted_by, b.account, b.region, b.key, b.ordering_key, l.route,
        b.group_id, b.race_of, b.cleanup_of, q.intent, q.crashes, b.traceparent
    FROM hostq.queue q JOIN hostq.request_body b ON b.id = q.id LEFT JOIN hostq.lanes l ON l.base = q.lane_id / 4
    WHERE (SELECT hostq.may(NULL)) OR b.namespace = ANY (ARRAY(SELECT hostq.my_namespaces()))
    UNION ALL
    SELECT b.id, b.request_id, b.namespace, b.kind, b.queue, b.provider_api, b.template_id, b.template, f.state, b.priority,
        f.retry_attempt, NULL, NULL, f.deadline, f.owner, f.lease, b.created_at, f.first_started_at, f.claimed_at,
        f.started_at, f.finished_at, f.finished_at, f.response_status, f.response_body, f.failure_reason, f.error_code,
        f.error_message, f.error_details, f.note, b.machine_count, b.payload, b.policy, b.submitted_by, b.account, b.region,
        b.key, b.ordering_key, l.route, b.group_id, b.race_of, b.cleanup_of, f.intent, f.crashes, b.traceparent
    FROM hostq.finished f JOIN hostq.request_body b ON b.id = f.id LEFT JOIN hostq.lanes l ON l.base = f.lane_id / 4
    WHERE (SELECT hostq.may(NULL)) OR b.namespace = ANY (ARRAY(SELECT hostq.my_namespaces()))
) x LEFT JOIN hostq.daemons d ON d.epoch = x.owner;
COMMENT ON VIEW hostq.request_rows IS 'What requests and request_overview show, with the internal number, for functions that look up by it.';

CREATE OR REPLACE VIEW hostq.requests WITH (security_invoker = true) AS
SELECT request_id, namespace, kind, queue, provider_api, template_id, template, state, priority, retry_attempt, not_before,
    next_poll_at, deadline, daemon_id, lease, created_at, first_started_at, claimed_at, started_at, updated_at, completed_at,
    failed_at, canceled_at, finished_at, response_status, response_body, failure_reason, last_reason, error_code,
    error_message, error_details, message, resource_ids, machine_count, tags, metadata, payload, policy, submitted_by,
    account, region, key, ordering_key, route, group_id, race_of, cleanup_of, intent, crashes, poll_count, poll_errors,
    params_hash, traceparent
FROM hostq.request_rows;
COMMENT ON VIEW hostq.requests IS 'Every request, open or ended. Functions (hostq.show, hostq.list) find one by its id faster than a WHERE on request_id.';

CREATE OR REPLACE VIEW hostq.request_overview WITH (security_invoker = true) AS
SELECT request_id, status, namespace, kind, queue, provider_api, template_id, template, state, priority, retry_attempt,
    not_before, next_poll_at, deadline, daemon_id, lease, created_at, first_started_at, claimed_at, started_at, updated_at,
    completed_at, failed_at, canceled_at, finished_at, response_status, response_body, failure_reason, last_reason,
    error_code, error_message, error_details, message, resource_ids, machine_ids, machine_count, tags, metadata, payload,
    policy, submitted_by, account, region, key, ordering_key, route, group_id, race_of, cleanup_of, intent, crashes,
    poll_count, poll_errors, params_hash, traceparent
FROM hostq.request_rows;
COMMENT ON VIEW hostq.request_overview IS 'Every request with the JSON word of its state and the ids of its machines.';

CREATE OR REPLACE VIEW hostq.machine_overview WITH (security_invoker = true) AS
SELECT m.instance_id, coalesce(m.name, m.instance_id) AS name, m.namespace, m.request_id, m.template_id, m.provider_api,
    m.status, hostq.machine_result('provision', m.result, m.status, m.name, m.private_ip) AS result,
    m.resource_id, m.private_ip, m.public_ip, m.private_dns, m.instance_type, m.availability_zone, m.host, m.launch_time,
    coalesce(m.ended_at, statement_timestamp()) - coalesce(m.launch_time, m.first_seen) AS age,
    m.price_type, m.units, m.account, m.region, m.tags, m.message, m.first_seen, m.last_seen, m.ended_at, m.taken_at,
    m.given_back_at, m.grace_until, m.details,
    ARRAY(SELECT r.request_id FROM hostq.request_machines r WHERE r.machine_id = m.machine_id ORDER BY r.id) AS return_ids
FROM hostq.machines m
WHERE (SELECT hostq.may(NULL)) OR m.namespace = ANY (ARRAY(SELECT hostq.my_namespaces()));
COMMENT ON VIEW hostq.machine_overview IS 'Every machine, living or gone, with the returns that are or were about it.';

-- Events that the stamps of a row tell and that nobody stored.
CREATE OR REPLACE VIEW hostq.stamp_events WITH (security_invoker = true) AS
SELECT r.id, r.request_id, v.at, v.rank, r.namespace, v.type, v.from_state, v.to_state,
    CASE WHEN v.rank = 0 THEN r.submitted_by END AS actor, CASE WHEN v.rank > 0 THEN r.daemon_id END AS daemon_id,
    CASE WHEN v.rank > 0 THEN r.retry_attempt END AS attempt, CASE WHEN v.rank = 3 THEN r.failure_reason END AS reason,
    CASE WHEN v.rank = 3 THEN r.error_code END AS code
FROM hostq.request_rows r CROSS JOIN LATERAL (VALUES
    (r.created_at, 0, 'submit', NULL::hostq.state, 'pending'::hostq.state),
    (CASE WHEN r.daemon_id IS NOT NULL THEN r.claimed_at END, 1, 'claim', 'pending', 'claimed'),
    (CASE WHEN r.daemon_id IS NOT NULL THEN r.started_at END, 2, 'start', 'claimed', 'processing'),
    (r.finished_at, 3, CASE r.state WHEN 'completed' THEN 'complete' WHEN 'failed' THEN 'fail' WHEN 'timeout' THEN 'timeout'
        WHEN 'canceled' THEN 'cancel' ELSE 'supersede' END,
        CASE WHEN r.started_at IS NOT NULL THEN 'processing'::hostq.state WHEN r.claimed_at IS NOT NULL THEN 'claimed' ELSE 'pending' END,
        r.state)) v (at, rank, type, from_state, to_state)
WHERE v.at IS NOT NULL AND NOT EXISTS (SELECT FROM hostq.event e WHERE e.request_id = r.request_id
    AND (v.rank = 0 AND e.type = 'submit'
      OR v.rank IN (1, 2) AND e.type = v.type AND e.at BETWEEN v.at - interval '5 s' AND v.at + interval '5 s'
      OR v.rank = 3 AND e.to_state = v.to_state AND e.at BETWEEN v.at - interval '5 s' AND v.at + interval '5 s'));
COMMENT ON VIEW hostq.stamp_events IS 'Steps of requests that only their stamps tell (queues with audit = stamps).';

CREATE OR REPLACE VIEW hostq.events WITH (security_invoker = true) AS
SELECT e.at, e.request_id, e.namespace, e.type, e.from_state, e.to_state, e.actor,
    coalesce(d.name, '') || '#' || e.daemon AS daemon_id, e.attempt, e.reason, e.code, e.details, e.seq
FROM hostq.event e LEFT JOIN hostq.daemons d ON d.epoch = e.daemon
WHERE (SELECT hostq.may(NULL)) OR e.namespace = ANY (ARRAY(SELECT hostq.my_namespaces()))
UNION ALL
SELECT at, request_id, namespace, type, from_state, to_state, actor, daemon_id, attempt, reason, code, NULL, NULL
FROM hostq.stamp_events;
COMMENT ON VIEW hostq.events IS 'The audit: stored events and those that the stamps of the rows tell (seq null). Order by at, seq.';
COMMENT ON COLUMN hostq.events.type IS 'Verb of hostq.edges, or submit, rejected, ended, intent, cleanup, lost, machine, setting, pause, resume, adopt.';
COMMENT ON COLUMN hostq.events.daemon_id IS 'Daemon that did it: its name and epoch.';
