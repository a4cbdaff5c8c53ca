-- cli_hf: one call of a HostFactory script. Serves M38.
-- $1 action, $2 namespace, $3 hash of the files (null: not checked), $4 input (jsonb), $5 mode.
-- Columns: status ("0", "1"; null when stale), out (jsonb, the object for stdout), log (jsonb array of texts), stale, pushed (t, f).
SELECT r->>'exit' AS status, r->'out' AS out, r->'log' AS log, r ? 'stale' AS stale, r ? 'pushed' AS pushed
FROM hostq.hf($1, $2, $3, $4::jsonb, $5) r
