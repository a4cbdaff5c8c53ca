-- database_settings: what of this database hurts a queue, settings and that it is a copy; logged at start.
-- Columns: name, value, why.
SELECT name, setting AS value, why FROM pg_settings JOIN (VALUES
    ('autovacuum', 'off', 'dead rows of the queue are never removed'),
    ('track_counts', 'off', 'autovacuum does not run without it'),
    ('fsync', 'off', 'a crash of the machine loses or corrupts data'),
    ('full_page_writes', 'off', 'a crash of the machine can corrupt data'),
    ('synchronous_commit', 'off', 'a crash can lose requests that were accepted'),
    ('default_transaction_isolation', 'serializable', 'statements fail that would only wait'),
    ('default_transaction_read_only', 'on', 'nothing can be written')) v (n, bad, why) ON name = n AND setting = bad
UNION ALL
SELECT name, setting, 'idle transactions of others hold back vacuum: set a limit' FROM pg_settings
WHERE name = 'idle_in_transaction_session_timeout' AND setting = '0'
UNION ALL
SELECT 'deployment', 'copy', 'a copy or a restore ends no machine by itself: see hostq adopt' WHERE NOT hostq.is_original()
