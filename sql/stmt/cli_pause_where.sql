-- cli_pause_where: one chunk of a pause by filter.
-- $1 filter (jsonb), $2 dry run, $3 after this number. Columns: answer (jsonb).
SELECT hostq.pause_where($1::jsonb, $2::boolean, $3::bigint) AS answer
