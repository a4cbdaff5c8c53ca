-- migrate_record: records one applied migration.
-- $1 version, $2 name, $3 sha256, $4 compatible_from. Columns: none.
INSERT INTO hostq.schema_version (version, name, sha256, compatible_from)
VALUES ($1::int, $2, $3, $4::int)
