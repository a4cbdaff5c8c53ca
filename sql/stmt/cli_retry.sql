-- cli_retry: opens an ended request again.
-- $1 id of the request. Columns: answer (jsonb).
SELECT hostq.retry($1) AS answer
