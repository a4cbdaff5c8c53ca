-- cli_horizon: who holds back the removal of dead rows, oldest first.
-- Columns: answer (jsonb array).
SELECT hostq.horizon_list() AS answer
