-- cli_wait_begin: has the end of a request told to a channel and says how it is now (M32).
-- $1 id of the request, $2 channel. Columns: answer (jsonb), pid (of the server process: another one than the
-- connection's means that a pooler is between, where LISTEN would not reach us).
SELECT hostq.wait_begin($1, $2) AS answer, pg_backend_pid() AS pid
