-- migrate_begin: opens the transaction of a migration, alone, and makes the place where versions are recorded.
-- A script of several statements; columns: none.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SELECT pg_advisory_xact_lock(1751544693);
-- Who waits for a reader's lock has everybody behind him wait, too.
SET LOCAL lock_timeout = '5s';
DO $$
BEGIN
    IF to_regnamespace('hostq') IS NULL THEN
        CREATE SCHEMA hostq;
        COMMENT ON SCHEMA hostq IS 'hostq: a durable queue of requests.';
    END IF;
    IF to_regclass('hostq.schema_version') IS NULL THEN
        CREATE TABLE hostq.schema_version (
            version int PRIMARY KEY,
            name text NOT NULL,
            sha256 text NOT NULL,
            compatible_from int NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now(),
            applied_by text NOT NULL DEFAULT session_user
        );
        COMMENT ON TABLE hostq.schema_version IS 'Migrations that were applied; the greatest version is the schema''s.';
        COMMENT ON COLUMN hostq.schema_version.version IS 'Number of the migration.';
        COMMENT ON COLUMN hostq.schema_version.name IS 'Its file.';
        COMMENT ON COLUMN hostq.schema_version.sha256 IS 'Checksum of the file when it was applied.';
        COMMENT ON COLUMN hostq.schema_version.compatible_from IS 'A daemon made for an older schema than this must not work with it.';
        COMMENT ON COLUMN hostq.schema_version.applied_at IS 'When.';
        COMMENT ON COLUMN hostq.schema_version.applied_by IS 'By which role.';
    END IF;
END $$;
