-- settle_final: ends requests under their leases. Rows not returned: lookup.sql. F12, F13
-- Arrays, sorted by id: $1 id, $2 lease, $3 state, $4 reason, $5 error code, $6 error message, $7 error details
-- (json), $8 response status, $9 response body, $10 retry_attempt, $11 note (json), $12 namespace, $13 request id
-- where the step is audited (else null), $14 verb
-- Columns: id. Indexes: queue and waiters by primary key.
WITH k AS MATERIALIZED (
    SELECT x.tid, s.* FROM unnest($1::int8[], $2::int8[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::int[], $9::bytea[], $10::int[], $11::text[], $12::text[], $13::text[], $14::text[])
        s (id, lease, state, reason, code, message, details, status, body, attempt, note, namespace, request_id, verb)
    CROSS JOIN LATERAL (SELECT q.ctid AS tid FROM hostq.queue q WHERE q.id = s.id AND q.lease = s.lease LIMIT 1) x),
d AS (
    DELETE FROM hostq.queue q USING k WHERE q.ctid = k.tid AND q.lease = k.lease
    RETURNING q.id, q.lease, q.deadline, q.claimed_at, q.started_at, q.first_started_at, q.lane_id, q.owner, q.intent,
        q.crashes, q.state AS was, k.state, k.reason, k.code, k.message, k.details, k.status, k.body, k.attempt, k.note,
        k.namespace, k.request_id, k.verb),
f AS (
    INSERT INTO hostq.finished (id, lease, deadline, claimed_at, started_at, first_started_at, lane_id, owner, state,
        retry_attempt, intent, response_status, crashes, namespace, failure_reason, error_code, error_message,
        error_details, response_body, note)
    SELECT id, lease, deadline, claimed_at, started_at, first_started_at, lane_id, owner, state::hostq.state, attempt, intent,
        status, crashes, namespace, reason, code, message, details::jsonb, body, note::jsonb
    FROM d RETURNING id),
e AS (
    INSERT INTO hostq.event (request_id, namespace, type, from_state, to_state, daemon, attempt, reason, code)
    SELECT request_id, namespace, verb, was, state::hostq.state, owner, attempt, reason, code FROM d WHERE request_id IS NOT NULL),
w AS (DELETE FROM hostq.waiters USING d WHERE waiters.id = d.id RETURNING channel)
SELECT f.id, (SELECT count(pg_notify(channel, 'ended')) FROM (SELECT DISTINCT channel FROM w) x) AS told FROM f
