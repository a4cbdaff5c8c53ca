-- end_backend: the backend of our lost connection must not work on what was sent to it: a claim that it commits
-- later would be in nobody's hand. $1 its pid, $2 its application_name. Waits up to 2 s.
SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity
WHERE pid = $1::int AND pid <> pg_backend_pid() AND usename = session_user AND application_name = $2
    AND datname = current_database()
