-- cli_set: changes a setting.
-- $1 name, $2 value. Columns: answer (jsonb: name, value, was; or an error).
SELECT hostq.set($1, $2) AS answer
