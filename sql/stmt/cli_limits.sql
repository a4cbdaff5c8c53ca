-- cli_limits: the limited keys.
-- Columns: answer (jsonb).
SELECT hostq.limits_list() AS answer
