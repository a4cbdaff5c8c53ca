-- migrate_rollback: leaves everything as it was.
-- Columns: none.
ROLLBACK
