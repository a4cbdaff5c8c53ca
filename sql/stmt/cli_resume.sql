-- cli_resume: claims from a queue again.
-- $1 name of the queue. Columns: answer (jsonb).
SELECT hostq.resume($1) AS answer
