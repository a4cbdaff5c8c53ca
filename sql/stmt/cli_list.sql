-- cli_list: requests, newest first.
-- $1 filter (jsonb). Columns: answer (jsonb array of rows of request_overview, or an error).
SELECT hostq.list($1::jsonb) AS answer
