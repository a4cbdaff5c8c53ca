-- cli_events: the history of one request, in order.
-- $1 id of the request. Columns: answer (jsonb array, or an error).
SELECT hostq.history($1) AS answer
