-- cli_schedule_list: schedules.
-- $1 namespace, null: all that the user may see. Columns: answer (jsonb array).
SELECT hostq.schedules_list($1) AS answer
