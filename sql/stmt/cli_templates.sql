-- cli_templates: the templates of a namespace in the order of their file.
-- $1 namespace. Columns: answer (jsonb array, or an error).
SELECT hostq.templates_list($1) AS answer
