-- cli_limit: limits a key.
-- $1 key, $2 limit (jsonb). Columns: answer (jsonb).
SELECT hostq.limit_key($1, $2::jsonb) AS answer
