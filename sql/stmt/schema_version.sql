-- schema_version: which schema this is and how old a program may be.
-- Columns: version, compatible_from.
SELECT max(version) AS version, max(compatible_from) AS compatible_from FROM hostq.schema_version
