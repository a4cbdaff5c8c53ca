-- migrate_rows: migrations that were applied, in order.
-- Columns: version, name, sha256, compatible_from, applied_at, applied_by.
SELECT version, name, sha256, compatible_from, applied_at, applied_by
FROM hostq.schema_version ORDER BY version
