-- open_intent: commits what is about to be created outside. design.md 3.3
-- $1 id, $2 lease, $3 token, $4 body json, $5 route or null, $6 resource id or null. Columns: ours.
SELECT hostq.open_intent($1::int8, $2::int8, $3, $4::jsonb, $5, $6) AS ours
