-- cli_submit: submits one request, made of four objects, each over the one before. Serves M8-M31.
-- $1 what the environment says, $2 the input as it was written, $3 the command line, $4 of that what is JSON.
-- Columns: answer (jsonb).
SELECT hostq.submit($1::jsonb || $2::jsonb || $3::jsonb || $4::jsonb) AS answer
