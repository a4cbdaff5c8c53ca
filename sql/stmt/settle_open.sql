-- settle_open: retry, wait, give back, under the lease. Rows not returned: lookup.sql. M60, M69
-- Arrays, sorted by id: $1 id, $2 lease, $3 state (pending, waiting), $4 delay us, $5 retry_attempt, $6 note (json),
-- $7 scan to go to, $8 the intent was answered, $9 crashes, $10 namespace, $11 request id where the step is audited
-- (else null), $12 verb, $13 reason
-- Columns: id.
WITH k AS MATERIALIZED (
    SELECT x.tid, x.was, s.* FROM unnest($1::int8[], $2::int8[], $3::text[], $4::int8[], $5::int[], $6::text[], $7::int[],
        $8::bool[], $9::int2[], $10::text[], $11::text[], $12::text[], $13::text[])
        s (id, lease, state, delay, attempt, note, lane, definite, crashes, namespace, request_id, verb, reason)
    CROSS JOIN LATERAL (SELECT q.ctid AS tid, q.state AS was FROM hostq.queue q WHERE q.id = s.id AND q.lease = s.lease LIMIT 1) x),
u AS (
    UPDATE hostq.queue q SET state = k.state::hostq.state, run_at = clock_timestamp() + k.delay * interval '1 us',
        settled_at = clock_timestamp(),
        lease = NULL, owner = NULL, claimed_at = NULL, started_at = NULL, retry_attempt = k.attempt,
        note = k.note::jsonb, lane_id = (q.lane_id & ~3) | (k.lane & 3), intent = q.intent + k.definite::int, crashes = k.crashes
    FROM k WHERE q.ctid = k.tid AND q.lease = k.lease
    RETURNING q.id, q.state, q.run_at, k.was, k.namespace, k.request_id, k.verb, k.reason, k.attempt, k.delay, k.lease),
e AS (
    INSERT INTO hostq.event (request_id, namespace, type, from_state, to_state, daemon, attempt, reason, details)
    SELECT request_id, namespace, verb, was, state, (lease >> 38)::int, attempt - (verb = 'retry')::int, nullif(reason, ''),
        CASE WHEN verb IN ('retry', 'wait') THEN jsonb_build_object('not_before', run_at, 'delay_ms', delay / 1000) END
    FROM u WHERE request_id IS NOT NULL)
SELECT id FROM u
