-- cli_call: one JSON method call, as it was written, so that numbers arrive unchanged. Serves M8-M29.
-- $1 {"method","params"} (jsonb), $2 namespace. Columns: answer (jsonb), code (of the error, or null).
SELECT r AS answer, r #>> '{error,code}' AS code
FROM hostq.call($1::jsonb ->> 'method', $1::jsonb -> 'params', $2) r
