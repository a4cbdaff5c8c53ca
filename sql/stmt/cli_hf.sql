-- cli_hf: one call of a HostFactory script. Serves M38.
-- $1 action, $2 namespace, $3 hash of the files (null: not checked), $4 input (jsonb), $5 mode, $6 schema version of the client.
-- No row: the schema does not fit this client. Columns: status ("0", "1"; null when stale), out (jsonb, the object for stdout), log (jsonb array of texts), stale, pushed (t, f).
SELECT r->>'exit' AS status, r->'out' AS out, r->'log' AS log, r ? 'stale' AS stale, r ? 'pushed' AS pushed
FROM (SELECT max(version) AS newest, max(compatible_from) AS oldest FROM hostq.schema_version) v
CROSS JOIN LATERAL hostq.hf($1, $2, $3, $4::jsonb, $5) r
WHERE $6::int BETWEEN v.oldest AND v.newest
