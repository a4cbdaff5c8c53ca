-- cli_queue_delete: removes a queue.
-- $1 name. Columns: answer (jsonb).
SELECT hostq.queue_delete($1) AS answer
