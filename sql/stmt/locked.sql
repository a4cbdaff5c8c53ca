-- locked: rows of these that somebody else has locked, without waiting for them. spec/queues.md 5.4
-- $1 ids int8[]. Columns: id. Index: queue by primary key.
SELECT s.id FROM unnest($1::int8[]) s (id)
CROSS JOIN LATERAL (SELECT FROM hostq.queue WHERE id = s.id LIMIT 1) q
LEFT JOIN LATERAL (SELECT true AS ours FROM hostq.queue WHERE id = s.id LIMIT 1 FOR UPDATE SKIP LOCKED) f ON true
WHERE f.ours IS NULL
