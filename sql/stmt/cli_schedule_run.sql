-- cli_schedule_run: submits the request of a schedule at once.
-- $1 its name, $2 its namespace. Columns: answer (jsonb).
SELECT hostq.schedule_run_now($1, $2) AS answer
