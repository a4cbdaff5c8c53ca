-- cli_machines: machines, newest first.
-- $1 filter (jsonb). Columns: answer (jsonb array of rows of machine_overview, or an error).
SELECT hostq.machines_list($1::jsonb) AS answer
