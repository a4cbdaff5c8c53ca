-- cli_schedule_set: makes a schedule or replaces it; its request is made of four objects, as by cli_submit.
-- $1 what the environment says, $2 the input as it was written, $3 the command line, $4 of that what is JSON,
-- $5 the schedule without its request. Columns: answer (jsonb).
SELECT hostq.schedule_set($5::jsonb || jsonb_build_object('request', $1::jsonb || $2::jsonb || $3::jsonb || $4::jsonb)) AS answer
