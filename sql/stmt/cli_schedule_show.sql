-- cli_schedule_show: all about one schedule.
-- $1 its name, $2 its namespace. Columns: answer (jsonb).
SELECT hostq.schedule_show($1, $2) AS answer
