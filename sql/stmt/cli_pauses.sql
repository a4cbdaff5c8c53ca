-- cli_pauses: all that is paused or drained.
-- Columns: answer (jsonb).
SELECT hostq.pauses_list() AS answer
