-- Who may do what. Applied last and at every migrate, so that new functions
-- never stay open to everybody. Roles belong to the server, not to the
-- database: where they are missing and cannot be made, the rest still works
-- for the owner.

DO $$
DECLARE
    r text;
BEGIN
    FOREACH r IN ARRAY '{hostq_daemon,hostq_client,hostq_operator,hostq_admin}'::text[] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', r);
            EXCEPTION WHEN insufficient_privilege THEN
                RAISE NOTICE 'role % is missing and this user may not create it', r;
            WHEN duplicate_object OR unique_violation THEN
                NULL; -- made by another database of this server just now
            END;
        END IF;
    END LOOP;
END $$;

-- Policies. They exist always; `hostq set row_security on` puts them in force.
-- Sub-selects in brackets are computed once per query.
DO $$
DECLARE
    t text;
    own constant text := '(SELECT hostq.may(NULL)) OR namespace = ANY (ARRAY(SELECT hostq.my_namespaces()))';
    by_id constant text := '(SELECT hostq.may(NULL)) OR EXISTS (SELECT FROM hostq.request_body b WHERE b.id = %I.id '
        'AND b.namespace = ANY (ARRAY(SELECT hostq.my_namespaces())))';
    rule text;
    secured boolean;
BEGIN
    FOREACH t IN ARRAY '{request_body,finished,event,machines,request_machines,resources,templates,providers,groups,instances,'
            'results,deliveries,tenants,ordered,order_late,unique_keys,schedules,queue,ids,intents,aborts,waiters}'::text[] LOOP
        rule := CASE WHEN t IN ('queue', 'ids', 'intents', 'aborts', 'waiters') THEN format(by_id, t) ELSE own END;
        -- Only what differs: each of these waits for every reader of the
        -- table, and everybody else behind it.
        IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = ('hostq.' || t)::regclass AND polname = 'namespace'
                AND obj_description(oid, 'pg_policy') = md5(rule)) THEN
            EXECUTE format('DROP POLICY IF EXISTS namespace ON hostq.%I', t);
            EXECUTE format('CREATE POLICY namespace ON hostq.%I USING (%s)', t, rule);
            EXECUTE format('COMMENT ON POLICY namespace ON hostq.%I IS %L', t, md5(rule));
        END IF;
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hostq_daemon') AND NOT EXISTS (SELECT FROM pg_policy
                WHERE polrelid = ('hostq.' || t)::regclass AND polname = 'daemon') THEN
            EXECUTE format('CREATE POLICY daemon ON hostq.%I TO hostq_daemon USING (true) WITH CHECK (true)', t);
        END IF;
        -- A table that a later migration made follows the setting too.
        secured := hostq.setting('row_security') = 'on';
        IF secured <> (SELECT relrowsecurity FROM pg_class WHERE oid = ('hostq.' || t)::regclass) THEN
            EXECUTE format('ALTER TABLE hostq.%I %s ROW LEVEL SECURITY', t, CASE WHEN secured THEN 'ENABLE' ELSE 'DISABLE' END);
        END IF;
    END LOOP;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA hostq FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA hostq FROM PUBLIC;
REVOKE ALL ON SCHEMA hostq FROM PUBLIC;

DO $$
DECLARE
    -- What clients call; each of these asks hostq.may() or request_key().
    reading constant text := 'hostq.status(text), hostq.show(text), hostq.result(text), hostq.history(text), hostq.list(jsonb), '
        'hostq.machines_list(jsonb), hostq.daemons_list(), hostq.queues_list(), hostq.templates_list(text), hostq.why_not(text), '
        'hostq.schedules_list(text), hostq.schedule_show(text, text), hostq.schedule_next(jsonb), '
        'hostq.settings_list(), hostq.limits_list(), hostq.pauses_list(), hostq.staged_refused(text), hostq.wait_begin(text, text), hostq.wait_end(text)';
    writing constant text := 'hostq.submit(jsonb), hostq.submit_many(jsonb, boolean), hostq.submit_staged(text, int), hostq.cancel_where(jsonb, boolean, bigint, int), '
        'hostq.pause_where(jsonb, boolean, bigint, int), hostq.resume_where(jsonb, boolean, bigint, int), '
        'hostq.retry_where(jsonb, boolean, bigint, int), hostq.cancel(text), hostq.retry(text), hostq.report(text, jsonb), hostq.schedule_set(jsonb), '
        'hostq.schedule_delete(text, text), hostq.schedule_pause(text, text), hostq.schedule_resume(text, text), hostq.schedule_run_now(text, text), hostq.call(text, jsonb, text), '
        'hostq.call_json(jsonb, text), hostq.hf(text, text, text, jsonb, text), hostq.store_templates(text, text, jsonb, jsonb, text)';
    -- What views and policies call in the name of who reads them.
    in_views constant text := 'hostq.may(text), hostq.my_namespaces(), hostq.setting(text), hostq.lock_is_free(int), hostq.life_locks(), '
        'hostq.json_word(hostq.state, boolean, text), hostq.hf_word(hostq.state, text, boolean), '
        'hostq.machine_result(text, text, text, text, text), hostq.utc(timestamptz), hostq.say(timestamptz), hostq.horizon_holders(), '
        'hostq.horizon_list(), hostq.schedule_times(hostq.schedules, int, timestamptz), hostq.say_in(timestamptz, text)';
    views constant text := 'hostq.requests, hostq.request_rows, hostq.request_overview, hostq.machine_overview, hostq.queue_status, '
        'hostq.stuck_requests, hostq.failures_by_reason, hostq.daemon_health, hostq.performance, hostq.events, hostq.stamp_events, hostq.xmin_holders, '
        'hostq.schedule_overview';
    tables constant text := 'hostq.request_body, hostq.queue, hostq.finished, hostq.event, hostq.machines, hostq.request_machines, '
        'hostq.resources, hostq.templates, hostq.providers, hostq.daemons, hostq.lanes, hostq.queues, hostq.settings, hostq.edges, '
        'hostq.keys, hostq.pauses, hostq.key_tokens, hostq.key_permits, hostq.ordered, hostq.order_late, hostq.unique_keys, hostq.groups, hostq.instances, hostq.results, hostq.deliveries, hostq.deployment, hostq.schedules, hostq.xid_times, hostq.retention_pass, hostq.schema_version';
    r text;
BEGIN
    FOR r IN SELECT rolname FROM pg_roles WHERE rolname IN ('hostq_client', 'hostq_operator', 'hostq_daemon', 'hostq_admin') LOOP
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA hostq FROM %I', r);
        EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA hostq FROM %I', r);
        EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA hostq FROM %I', r);
        EXECUTE format('GRANT USAGE ON SCHEMA hostq TO %I', r);
        EXECUTE format('GRANT SELECT ON hostq.schema_version TO %I', r);
        CASE r
        WHEN 'hostq_client' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s, %s TO %I', reading, writing, r);
            EXECUTE format('GRANT INSERT (batch, request) ON hostq.staging TO %I', r);
        WHEN 'hostq_operator' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s, %s TO %I', reading, in_views, r);
            EXECUTE format('GRANT SELECT ON %s, %s TO %I', views, tables, r);
        ELSE -- the daemon, and the administrator, who may also take over its work by hand
            EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA hostq TO %I', r);
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA hostq TO %I', r);
            EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA hostq TO %I', r);
        END CASE;
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hostq_daemon') THEN
        REVOKE EXECUTE ON FUNCTION hostq.set(text, text), hostq.pause(text), hostq.resume(text), hostq.adopt(), hostq.limit_key(text, jsonb),
            hostq.pause_scope(text, text, boolean), hostq.queue_set(text, jsonb, boolean), hostq.queue_delete(text) FROM hostq_daemon;
        REVOKE INSERT, UPDATE, DELETE ON hostq.settings, hostq.tenants, hostq.edges, hostq.schema_version, hostq.deployment FROM hostq_daemon;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hostq_admin') THEN
        REVOKE ALL ON hostq.intents FROM hostq_admin;
        REVOKE INSERT, UPDATE, DELETE ON hostq.schema_version FROM hostq_admin;
    END IF;
END $$;

COMMENT ON SCHEMA hostq IS 'hostq: a durable job queue. Views for people: requests, request_overview, machine_overview, queue_status, stuck_requests, failures_by_reason, daemon_health, performance, events, xmin_holders, schedule_overview. Functions for programs: submit, call, status, show, result, history, list, cancel, retry, why_not, report, schedule_set.';
