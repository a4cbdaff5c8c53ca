-- cli_schedule_pause: no more runs of a schedule.
-- $1 its name, $2 its namespace. Columns: answer (jsonb).
SELECT hostq.schedule_pause($1, $2) AS answer
