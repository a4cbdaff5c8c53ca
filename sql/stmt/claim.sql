-- claim: takes due requests of the given scans, in their order. M59, F3, F10.
-- $1 at most, $2 lease, $3 scans (lane ids) int[], $4 lower bounds int8[] (us since 1970, null: none),
-- $5 most per scan int[], $6 least age per scan int8[] (us; aging), $7 epoch, $8 how many become processing
-- at once (the first ones), $9 audited scans int[]
-- Columns: see db/rows.c; rows in no order. Index: queue_lane for the scan, request_body by primary key.
-- What another claim has in hand is left out before it is tried: a try costs three times a look. Its mark in xmax stays behind
-- where that was undone, so it counts only while the transaction goes on (age() gives the distance to a number of 64 bits);
-- one well ahead may be no transaction but the number of a group of lockers.
-- One array of places, so that the update is one scan and not a join: a fifth less work.
WITH s AS MATERIALIZED (
    SELECT snap, pg_snapshot_xmin(snap)::text::int8 + age(pg_snapshot_xmin(snap)::xid) AS newest FROM (SELECT pg_current_snapshot() AS snap) x),
c AS MATERIALIZED (
    SELECT ARRAY(
        SELECT x.tid FROM s CROSS JOIN hostq.daemons d
        CROSS JOIN unnest($3::int[], $4::int8[], $5::int[], $6::int8[]) w (lane, bound, most, age)
        CROSS JOIN LATERAL (
            SELECT q.ctid AS tid FROM hostq.queue q
            WHERE q.lane_id = w.lane
              AND q.run_at >= coalesce('epoch'::timestamptz + w.bound * interval '1 us', '-infinity')
              AND q.run_at <= statement_timestamp() - w.age * interval '1 us'
              AND q.state IN ('pending', 'waiting')
              AND (q.xmax = 0 OR age(q.xmax) < -100 OR pg_visible_in_snapshot(greatest(s.newest - age(q.xmax), 3)::text::xid8, s.snap))
            ORDER BY q.run_at LIMIT w.most FOR UPDATE SKIP LOCKED) x
        WHERE d.epoch = $7::int AND d.state = 'alive'
        LIMIT $1::int) AS tids),
u AS (
    UPDATE hostq.queue r SET
        state = CASE WHEN $8::int >= $1::int OR r.ctid = ANY ((SELECT tids[:$8::int] FROM c)::tid[]) THEN 'processing'::hostq.state ELSE 'claimed' END,
        lease = $2::int8, owner = $7::int, claimed_at = statement_timestamp(),
        started_at = CASE WHEN $8::int >= $1::int OR r.ctid = ANY ((SELECT tids[:$8::int] FROM c)::tid[]) THEN statement_timestamp() END,
        first_started_at = CASE WHEN $8::int >= $1::int OR r.ctid = ANY ((SELECT tids[:$8::int] FROM c)::tid[]) THEN coalesce(r.first_started_at, statement_timestamp()) ELSE r.first_started_at END
    WHERE r.ctid = ANY ((SELECT tids FROM c)::tid[])
    RETURNING r.id, r.lane_id, r.owner, r.state, r.retry_attempt, r.crashes, r.intent, r.note, r.run_at, r.deadline, r.claimed_at),
e AS (
    INSERT INTO hostq.event (request_id, namespace, type, from_state, to_state, daemon, attempt)
    SELECT b.request_id, b.namespace, v.verb, v.f, v.t, u.owner, u.retry_attempt
    FROM u
    CROSS JOIN LATERAL (SELECT request_id, namespace FROM hostq.request_body WHERE id = u.id LIMIT 1) b
    CROSS JOIN LATERAL (SELECT state AS was FROM hostq.queue WHERE id = u.id LIMIT 1) q
    CROSS JOIN LATERAL (VALUES ('claim', q.was, 'claimed'::hostq.state), ('start', 'claimed', 'processing')) v (verb, f, t)
    WHERE u.lane_id = ANY ($9::int[]) AND (v.verb = 'claim' OR u.state = 'processing'))
SELECT u.id, u.lane_id, u.state = 'processing' AS started, u.retry_attempt, u.crashes, u.intent, u.note,
    (date_part('epoch', u.run_at) * 1000000)::int8 AS run_at_us,
    (date_part('epoch', u.deadline) * 1000000)::int8 AS deadline_us,
    (date_part('epoch', u.claimed_at) * 1000000)::int8 AS now_us,
    (date_part('epoch', b.created_at) * 1000000)::int8 AS created_us,
    b.request_id, b.namespace, b.kind, b.provider_api, b.template_id, b.template, b.machine_count, b.payload, b.policy,
    CASE WHEN b.kind IN ('provision', 'return', 'watch') THEN hostq.claim_context(b.kind, u.id, u.lane_id) END AS context
FROM u
CROSS JOIN LATERAL (SELECT created_at, request_id, namespace, kind, provider_api, template_id, template, machine_count, payload, policy
    FROM hostq.request_body WHERE id = u.id LIMIT 1) b
