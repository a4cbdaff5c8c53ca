-- cli_pause: stops claiming from a queue.
-- $1 name of the queue. Columns: answer (jsonb).
SELECT hostq.pause($1) AS answer
