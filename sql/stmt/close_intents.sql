-- close_intents: their calls got a definite answer; before the settle of the same transaction.
-- $1 ids int8[], $2 leases int8[]. Indexes: queue and intents by primary key.
WITH k AS MATERIALIZED (
    SELECT i.tid FROM unnest($1::int8[], $2::int8[]) s (id, lease)
    CROSS JOIN LATERAL (SELECT FROM hostq.queue q WHERE q.id = s.id AND q.lease = s.lease LIMIT 1) q
    CROSS JOIN LATERAL (SELECT x.ctid AS tid FROM hostq.intents x WHERE x.id = s.id LIMIT 1) i)
DELETE FROM hostq.intents i USING k WHERE i.ctid = k.tid
