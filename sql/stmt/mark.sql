-- mark: claimed rows become processing before their call is sent. M61, F27.
-- $1 ids int8[] (sorted), $2 leases int8[], $3 audited ids int8[]. Columns: id of each row that was still ours.
WITH k AS MATERIALIZED (
    SELECT x.tid, x.was, s.lease FROM unnest($1::int8[], $2::int8[]) s (id, lease) CROSS JOIN LATERAL (
        SELECT q.ctid AS tid, q.state AS was FROM hostq.queue q WHERE q.id = s.id AND q.lease = s.lease LIMIT 1) x),
u AS (
    -- Processing already, where the answer to the first try was lost.
    UPDATE hostq.queue q SET state = 'processing', started_at = coalesce(q.started_at, clock_timestamp()),
        first_started_at = coalesce(q.first_started_at, clock_timestamp())
    FROM k WHERE q.ctid = k.tid AND q.lease = k.lease AND q.state IN ('claimed', 'processing')
    RETURNING q.id, q.owner, q.retry_attempt, k.was),
e AS (
    INSERT INTO hostq.event (request_id, namespace, type, from_state, to_state, daemon, attempt)
    SELECT b.request_id, b.namespace, 'start', 'claimed', 'processing', u.owner, u.retry_attempt
    FROM u CROSS JOIN LATERAL (SELECT request_id, namespace FROM hostq.request_body WHERE id = u.id LIMIT 1) b
    WHERE u.id = ANY ($3::int8[]) AND u.was = 'claimed')
SELECT id FROM u
