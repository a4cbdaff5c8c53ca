-- migrate_commit: makes a migration durable.
-- Columns: none.
COMMIT
