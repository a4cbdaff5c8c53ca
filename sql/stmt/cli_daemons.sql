-- cli_daemons: daemons, newest first.
-- Columns: answer (jsonb array).
SELECT hostq.daemons_list() AS answer
