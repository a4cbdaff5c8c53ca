-- lookup: settles that hit no row: is the lease still ours (settle again) or lost? spec/queues.md 5.4
-- $1 ids int8[], $2 leases int8[]. Columns: id of each row that is still ours.
SELECT q.id FROM unnest($1::int8[], $2::int8[]) s (id, lease) CROSS JOIN LATERAL (
    SELECT id FROM hostq.queue WHERE id = s.id AND lease = s.lease LIMIT 1) q
