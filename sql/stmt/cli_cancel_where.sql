-- cli_cancel_where: one chunk of a cancel by filter.
-- $1 filter (jsonb), $2 dry run, $3 after this number. Columns: answer (jsonb).
SELECT hostq.cancel_where($1::jsonb, $2::boolean, $3::bigint) AS answer
