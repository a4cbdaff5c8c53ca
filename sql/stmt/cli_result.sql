-- cli_result: how one request ended.
-- $1 id of the request. Columns: answer (jsonb), body (the result as text, as it was given; null: none).
SELECT r AS answer, r #>> '{result}' AS body FROM hostq.result($1) r
