-- cli_cancel: ends one request.
-- $1 id of the request. Columns: answer (jsonb).
SELECT hostq.cancel($1) AS answer
