-- cli_schedule_next: the next times of a schedule or a cron text.
-- $1 object as hostq.schedule_next takes it. Columns: answer (jsonb array of texts, or an error).
SELECT hostq.schedule_next($1::jsonb) AS answer
