-- cli_show: all that is known about one request.
-- $1 id of the request. Columns: answer (jsonb).
SELECT hostq.show($1) AS answer
