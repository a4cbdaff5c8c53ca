-- cli_queues: queues with backlog and policy (M36).
-- Columns: answer (jsonb array).
SELECT hostq.queues_list() AS answer
