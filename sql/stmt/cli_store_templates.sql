-- cli_store_templates: stores the judged templates of a provider instance; the definitions are taken from the
-- file as it was written, so that numbers arrive unchanged.
-- $1 namespace, $2 hash of the files, $3 config (jsonb), $4 template file (jsonb; one template instead of a list where
-- HostFactory pushes one), $5 verdicts (jsonb array of
-- {n: index in the file, templateId, valid, problem, providerApi, maxNumber, userData}), $6 message.
-- Columns: answer (jsonb).
SELECT hostq.store_templates($1, $2, $3::jsonb, coalesce((
    SELECT jsonb_agg((v - 'n') || jsonb_build_object('definition', CASE jsonb_typeof(t.list) WHEN 'array' THEN t.list -> (v->>'n')::int
        ELSE t.list END) ORDER BY o)
    FROM jsonb_array_elements($5::jsonb) WITH ORDINALITY e (v, o), (SELECT $4::jsonb -> 'templates') t (list)), '[]'), $6) AS answer
