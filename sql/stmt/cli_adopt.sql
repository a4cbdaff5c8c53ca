-- cli_adopt: makes a copy of the database the deployment.
-- Columns: answer (jsonb: deployment, adopted, cleanups).
SELECT hostq.adopt() AS answer
