-- gate_take: this daemon is idle, so submit must notify. Try form: never waits.
-- Columns: taken.
SELECT pg_try_advisory_lock(1751544689, 1) AS taken
