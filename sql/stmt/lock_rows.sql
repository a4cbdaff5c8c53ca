-- lock_rows: the rows of a group that also stores machines, before these: cancel and the deadlines lock a row first and
-- its machines after it, and the other way round would be a deadlock. 3.9
-- $1 ids int8[] (sorted), $2 leases int8[]
SELECT x.id FROM unnest($1::int8[], $2::int8[]) s (id, lease) CROSS JOIN LATERAL (
    SELECT q.id FROM hostq.queue q WHERE q.id = s.id AND q.lease = s.lease LIMIT 1 FOR UPDATE) x
