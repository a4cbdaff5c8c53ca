-- What administrators change: settings, paused queues, row security; and the
-- templates that a client has read and judged.

CREATE OR REPLACE FUNCTION hostq.say_change(p_type text, p_details jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO hostq.event (namespace, type, details) VALUES ('', p_type, p_details)
$$;
COMMENT ON FUNCTION hostq.say_change IS 'Event about the house, not about a request.';

CREATE OR REPLACE FUNCTION hostq.check_value(s hostq.settings, p_value text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v jsonb := to_jsonb(p_value);
    lim text := CASE s.type WHEN 'int' THEN format('%s..%s', s.min, s.max) WHEN 'bool' THEN 'true, false' ELSE s.type END;
    j jsonb;
BEGIN
    IF p_value IS NULL THEN
        RETURN hostq.invalid('value', v, lim, format('Setting %s needs a value', s.name));
    ELSIF s.type = 'int' AND (CASE WHEN p_value ~ '^-?\d{1,18}$' THEN p_value::bigint NOT BETWEEN s.min AND s.max ELSE true END) THEN
        RETURN hostq.invalid('value', v, lim, format('Setting %s must be a whole number from %s to %s', s.name, s.min, s.max));
    ELSIF s.type = 'bool' AND p_value NOT IN ('true', 'false') THEN
        RETURN hostq.invalid('value', v, lim, format('Setting %s must be true or false', s.name));
    ELSIF s.name = 'row_security' AND p_value NOT IN ('on', 'off') THEN
        RETURN hostq.invalid('value', v, 'on, off', format('Setting %s must be on or off', s.name));
    ELSIF s.name = 'min_timeout' AND p_value::bigint > hostq.setting('max_timeout')::bigint
       OR s.name = 'max_timeout' AND p_value::bigint < hostq.setting('min_timeout')::bigint THEN
        RETURN hostq.invalid('value', v, 'min_timeout <= max_timeout', 'min_timeout must not be above max_timeout');
    ELSIF s.type = 'json' THEN
        BEGIN
            j := p_value;
        EXCEPTION WHEN data_exception THEN
            RETURN hostq.invalid('value', v, 'JSON', format('Setting %s must be JSON', s.name));
        END;
        IF s.name = 'callback_allow' AND (jsonb_typeof(j) <> 'array' OR jsonb_path_exists(j, 'strict $[*] ? (@.type() != "string")')) THEN
            RETURN hostq.invalid('value', v, 'list of texts', 'Setting callback_allow must be a list of texts');
        ELSIF s.name = 'regional_capacity' AND (jsonb_typeof(j) <> 'object' OR jsonb_path_exists(j, 'strict $.* ? (@.type() != "object")')
                OR jsonb_path_exists(j, 'lax $.*.* ? (@.type() != "number" || @ < 0 || @.floor() != @ || @ > 2147483647)')) THEN
            RETURN hostq.invalid('value', v, '{"region":{"type":n}}', 'Setting regional_capacity must be {"region":{"type":n}} with whole numbers');
        END IF;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_value IS 'Refusal for a value that a setting cannot have, or null.';

CREATE OR REPLACE FUNCTION hostq.switch_row_security(p_on boolean) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    t name;
BEGIN
    IF p_on AND (SELECT count(*) FROM pg_roles WHERE rolname IN ('hostq_daemon', 'hostq_client', 'hostq_operator', 'hostq_admin')) < 4 THEN
        RETURN hostq.invalid('value', '"on"', 'needs the four roles', 'Row security needs the roles hostq_daemon, hostq_client, hostq_operator and hostq_admin; create them and run `hostq migrate` again');
    END IF;
    FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'hostq'::regnamespace AND c.relkind IN ('r', 'p')
            AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) ORDER BY 1 LOOP
        EXECUTE format('ALTER TABLE hostq.%I %s ROW LEVEL SECURITY', t, CASE WHEN p_on THEN 'ENABLE' ELSE 'DISABLE' END);
    END LOOP;
    RETURN NULL;
EXCEPTION WHEN lock_not_available THEN
    RETURN hostq.error('SERVICE_UNAVAILABLE', 'A table is in use by a long transaction; nothing was changed, try again', '{}');
END $$;
COMMENT ON FUNCTION hostq.switch_row_security IS 'Turns the policies (80_security.sql) on or off on every table that has them; a refusal, or null.';

CREATE OR REPLACE FUNCTION hostq.set(p_name text, p_value text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s hostq.settings;
    r jsonb;
BEGIN
    PERFORM pg_advisory_xact_lock(1751544689, 2); -- one is checked against others
    SELECT * INTO s FROM hostq.settings WHERE name = p_name FOR UPDATE;
    IF NOT FOUND THEN
        RETURN hostq.invalid('name', to_jsonb(p_name), (SELECT string_agg(name, ', ' ORDER BY name) FROM hostq.settings),
            format('Unknown setting ''%s''', p_name));
    END IF;
    r := hostq.check_value(s, p_value);
    IF r IS NULL AND p_name = 'row_security' THEN
        r := hostq.switch_row_security(p_value = 'on');
    END IF;
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    UPDATE hostq.settings SET value = p_value WHERE name = p_name;
    PERFORM hostq.say_change('setting', jsonb_build_object('name', p_name, 'value', p_value, 'was', s.value));
    RETURN jsonb_build_object('name', p_name, 'value', p_value, 'was', s.value);
END $$;
COMMENT ON FUNCTION hostq.set(text, text) IS 'Changes a setting: {name, value, was} or {error}. row_security on|off also switches the policies.';

CREATE OR REPLACE FUNCTION hostq.settings_list() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_agg(jsonb_build_object('name', name, 'value', value, 'default', dflt, 'type', type, 'min', min, 'max', max,
        'help', help) ORDER BY name) FROM hostq.settings
$$;
COMMENT ON FUNCTION hostq.settings_list() IS 'All settings with default, type, limits and meaning.';

CREATE OR REPLACE FUNCTION hostq.set_paused(p_queue text, p_paused boolean) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE hostq.queues SET paused = p_paused WHERE name = p_queue AND paused <> p_paused;
    IF FOUND THEN
        PERFORM hostq.say_change(CASE WHEN p_paused THEN 'pause' ELSE 'resume' END, jsonb_build_object('queue', p_queue));
        PERFORM pg_notify('hostq_work', '+lane');
    ELSIF NOT EXISTS (SELECT FROM hostq.queues WHERE name = p_queue) THEN
        RETURN hostq.invalid('queue', to_jsonb(p_queue), (SELECT string_agg(name, ', ' ORDER BY name) FROM hostq.queues),
            format('Unknown queue ''%s''', p_queue));
    END IF;
    RETURN jsonb_build_object('queue', p_queue, 'paused', p_paused);
END $$;
COMMENT ON FUNCTION hostq.set_paused IS 'pause and resume.';

CREATE OR REPLACE FUNCTION hostq.pause(p_queue text) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.set_paused(p_queue, true)
$$;
COMMENT ON FUNCTION hostq.pause(text) IS 'Nothing more is claimed from the queue; what runs runs on. {queue, paused} or {error}.';

CREATE OR REPLACE FUNCTION hostq.resume(p_queue text) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.set_paused(p_queue, false)
$$;
COMMENT ON FUNCTION hostq.resume(text) IS 'The queue is claimed from again. {queue, paused} or {error}.';

-- The id stays: it is on the machines and in the tokens of open launches, so
-- that a restored database goes on where the lost one was.
CREATE OR REPLACE FUNCTION hostq.adopt() RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d hostq.deployment;
    here bigint := (SELECT system_identifier FROM pg_control_system());
    made int := 0;
    r record;
BEGIN
    SELECT * INTO d FROM hostq.deployment FOR UPDATE;
    IF d.system_identifier <> here THEN
        UPDATE hostq.deployment SET system_identifier = here;
        PERFORM hostq.say_change('adopt', jsonb_build_object('deployment', d.id, 'system_identifier', here::text, 'was', d.system_identifier::text));
    END IF;
    -- What it left while it was a copy, but for requests that were tried again
    -- since: those machines are theirs. Also when it is adopted already: who
    -- ended a request at that moment may have seen a copy.
    FOR r IN SELECT f.id, f.finished_at, array_agg(DISTINCT m.machine_id) AS machines
        FROM hostq.event e CROSS JOIN LATERAL jsonb_array_elements_text(e.details->'left') l (instance_id)
        JOIN hostq.machines m ON m.instance_id = l.instance_id AND m.ended_at IS NULL
        JOIN hostq.finished f ON f.id = m.id AND e.at >= f.finished_at
        WHERE e.type = 'cleanup' AND jsonb_typeof(e.details->'left') = 'array' GROUP BY f.id, f.finished_at ORDER BY f.id LOOP
        CONTINUE WHEN NOT hostq.lock_end(r.id, r.finished_at);
        made := made + (hostq.make_cleanup(r.id, r.machines) IS NOT NULL)::int;
    END LOOP;
    RETURN jsonb_build_object('deployment', d.id, 'adopted', d.system_identifier <> here, 'cleanups', made);
END $$;
COMMENT ON FUNCTION hostq.adopt() IS 'This database, a copy or a restore, is the deployment from now on; the one that it was copied from must not be used any more. {deployment, adopted, cleanups}; adopted false: it was the original already.';

CREATE OR REPLACE FUNCTION hostq.store_templates(p_namespace text, p_files_hash text, p_config jsonb, p_templates jsonb, p_message text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    n int;
BEGIN
    IF NOT hostq.may(p_namespace) THEN
        RETURN hostq.invalid('namespace', to_jsonb(p_namespace), 'a namespace of yours', format('Namespace ''%s'' is not yours', p_namespace));
    ELSIF jsonb_typeof(p_templates) IS DISTINCT FROM 'array' THEN
        RETURN hostq.invalid('templates', p_templates, 'list of templates', 'Templates must be a list');
    END IF;
    -- First, because its lock makes two callers store one after the other.
    INSERT INTO hostq.providers (namespace, files_hash, config, message)
    VALUES (p_namespace, p_files_hash, coalesce(nullif(p_config, 'null'), '{}'), coalesce(p_message, ''))
    ON CONFLICT (namespace) DO UPDATE SET files_hash = excluded.files_hash, config = excluded.config,
        message = excluded.message, stored_at = now();
    DELETE FROM hostq.templates WHERE namespace = p_namespace
        AND template_id NOT IN (SELECT t->>'templateId' FROM jsonb_array_elements(p_templates) t WHERE t->>'templateId' IS NOT NULL);
    INSERT INTO hostq.templates (namespace, template_id, ordinal, definition, provider_api, max_number, valid, problem, user_data)
    SELECT DISTINCT ON (t->>'templateId') p_namespace, t->>'templateId', ord, CASE WHEN d.fits THEN t->'definition' ELSE '{}' END, t->>'providerApi',
        CASE jsonb_typeof(t->'maxNumber') WHEN 'number' THEN least(greatest((t->>'maxNumber')::numeric, -1), 10000) ELSE 0 END,
        d.valid, CASE WHEN d.valid THEN NULL WHEN NOT d.fits THEN 'definition is not an object' ELSE coalesce(nullif(t->>'problem', ''), 'not valid') END,
        t->>'userData'
    FROM jsonb_array_elements(p_templates) WITH ORDINALITY x (t, ord)
    CROSS JOIN LATERAL (SELECT jsonb_typeof(coalesce(t->'definition', '{}')) = 'object' AS fits,
        t->'valid' = 'true' AND jsonb_typeof(coalesce(t->'definition', '{}')) = 'object' AS valid) d
    WHERE t->>'templateId' IS NOT NULL
    ORDER BY t->>'templateId', ord
    ON CONFLICT (namespace, template_id) DO UPDATE SET ordinal = excluded.ordinal, definition = excluded.definition,
        provider_api = excluded.provider_api, max_number = excluded.max_number, valid = excluded.valid,
        problem = excluded.problem, user_data = excluded.user_data, stored_at = now();
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN jsonb_build_object('stored', n);
END $$;
COMMENT ON FUNCTION hostq.store_templates(text, text, jsonb, jsonb, text) IS 'Stores what a client read from the files of a provider instance and judged: {stored} or {error}. Templates that are not in the list are deleted.';
