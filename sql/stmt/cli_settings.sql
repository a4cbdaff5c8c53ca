-- cli_settings: all settings.
-- Columns: answer (jsonb array).
SELECT hostq.settings_list() AS answer
