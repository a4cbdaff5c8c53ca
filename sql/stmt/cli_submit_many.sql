-- cli_submit_many: submits a list; each of it is made of four objects as one submit is (cli_submit).
-- $1 what the environment says, $2 list (jsonb), $3 the command line, $4 of that what is JSON, $5 all or none.
-- Columns: answer (jsonb).
SELECT hostq.submit_many((SELECT coalesce(jsonb_agg(CASE jsonb_typeof(r) WHEN 'object' THEN $1::jsonb || r || $3::jsonb || $4::jsonb ELSE r END
    ORDER BY n), '[]') FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY x (r, n)), $5::boolean) AS answer
