-- cli_schedule_resume: runs of a schedule again.
-- $1 its name, $2 its namespace. Columns: answer (jsonb).
SELECT hostq.schedule_resume($1, $2) AS answer
