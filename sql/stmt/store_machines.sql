-- store_machines: machines that a round saw, also of a claim that was lost. M41, M42
-- $1 json array (src/provider/machine.h). Columns: stored.
SELECT hostq.store_machines($1::jsonb) AS stored
