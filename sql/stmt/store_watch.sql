-- store_watch: what lives on this host, compared with the table.
-- $1 id, $2 lease, $3 host, $4 boot id, $5 json array. Columns: changed.
SELECT hostq.store_watch($1::int8, $2::int8, $3, $4, $5::jsonb) AS changed
