-- cli_queue_set: makes a queue or changes its policy.
-- $1 name, $2 options (jsonb), $3 make it. Columns: answer (jsonb).
SELECT hostq.queue_set($1, $2::jsonb, $3::boolean) AS answer
