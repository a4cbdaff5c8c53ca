-- cli_pause_scope: stops claiming by account, region or host, or drains a host.
-- $1 scope, $2 value, $3 on. Columns: answer (jsonb).
SELECT hostq.pause_scope($1, $2, $3::boolean) AS answer
