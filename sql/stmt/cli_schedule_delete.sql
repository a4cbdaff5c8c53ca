-- cli_schedule_delete: deletes a schedule.
-- $1 its name, $2 its namespace. Columns: answer (jsonb).
SELECT hostq.schedule_delete($1, $2) AS answer
