-- schema_version: which schema this is and how old a daemon may be.
-- Columns: version, compatible_from, server_version_num.
SELECT max(version) AS version, max(compatible_from) AS compatible_from,
    current_setting('server_version_num')::int AS server
FROM hostq.schema_version
