-- cli_call: one JSON method call, as it was written, so that numbers arrive unchanged. Serves M8-M29.
-- $1 {"method","params"} (jsonb), $2 namespace. Columns: answer (jsonb).
SELECT hostq.call_json($1::jsonb, $2) AS answer
