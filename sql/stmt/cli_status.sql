-- cli_status: one request as its submitter sees it (M13).
-- $1 id of the request. Columns: answer (jsonb).
SELECT hostq.status($1) AS answer
