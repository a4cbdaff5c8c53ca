-- Machines of an AWS account and region: what handlers are told of the
-- provider, and the watch that looks at all machines at once.

CREATE OR REPLACE FUNCTION hostq.aws_account(p_namespace text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(nullif(p.config->>'AWS_PROFILE', ''), 'default') || coalesce('@/' || ltrim(nullif(p.config->>'AWS_CREDENTIAL_FILE', ''), '/'), '')
    FROM (SELECT 1) one LEFT JOIN hostq.providers p ON p.namespace = p_namespace
$$;
COMMENT ON FUNCTION hostq.aws_account IS 'Account of a namespace, named by the keys that the daemons use: AWS_PROFILE of its config file, else default; with an AWS_CREDENTIAL_FILE PROFILE@FILE, because the same profile of another file may be another account.';

CREATE OR REPLACE FUNCTION hostq.aws_region(p_namespace text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT nullif(config->>'AWS_REGION', '') FROM hostq.providers WHERE namespace = p_namespace
$$;
COMMENT ON FUNCTION hostq.aws_region IS 'Region of a namespace (AWS_REGION of its config file); null: what the daemon''s environment says.';

CREATE OR REPLACE FUNCTION hostq.config_number(p_config jsonb, p_key text) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(hostq.number_of(p_config->p_key), substring(p_config->>p_key FROM '^\d{1,9}$')::float8);
COMMENT ON FUNCTION hostq.config_number IS 'A number of a config file, where numbers may come as text; null: there is none.';

CREATE OR REPLACE FUNCTION hostq.aws_provider(p_namespace text, p_account text, p_region text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object('account', p_account, 'region', p_region,
        'profile', CASE WHEN a.profile <> 'default' OR p.config->>'AWS_PROFILE' = a.profile THEN a.profile END,
        'credential_file', nullif(p.config->>'AWS_CREDENTIAL_FILE', ''),
        'endpoint', nullif(p.config->>'AWS_ENDPOINT_URL', ''),
        'proxy', CASE WHEN p.config->>'AWS_PROXY_HOST' = '' THEN ''
            ELSE p.config->>'AWS_PROXY_HOST' || coalesce(':' || nullif(p.config->>'AWS_PROXY_PORT', ''), '') END,
        'connect_timeout', hostq.config_number(p.config, 'AWS_CONNECTION_TIMEOUT_MS') / 1000,
        'pending_timeout', hostq.config_number(p.config, 'AWS_INSTANCE_PENDING_TIMEOUT_SEC')))
    FROM (SELECT split_part(p_account, '@/', 1) AS profile) a LEFT JOIN hostq.providers p ON p.namespace = p_namespace
$$;
COMMENT ON FUNCTION hostq.aws_provider IS 'What a handler is told of the account that it calls: {account, region, profile, credential_file, endpoint, proxy, connect_timeout (s), pending_timeout (s)}, as the config file says.';

CREATE OR REPLACE FUNCTION hostq.aws_policy(p_namespace text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object('max_retries', least(n, 10)::int)
    FROM (SELECT hostq.config_number(config, 'AWS_REQUEST_RETRY_ATTEMPTS') AS n FROM hostq.providers WHERE namespace = p_namespace) c WHERE n >= 1
$$;
COMMENT ON FUNCTION hostq.aws_policy IS 'Retry policy of a namespace (AWS_REQUEST_RETRY_ATTEMPTS of its config file, 1 to 10); null: the queue''s.';

CREATE OR REPLACE FUNCTION hostq.aws_watch_id(p_account text, p_region text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'watch:aws:' || p_account || '/' || coalesce(p_region, '');
COMMENT ON FUNCTION hostq.aws_watch_id IS 'request_id of the watch of an account and region.';

CREATE OR REPLACE FUNCTION hostq.aws_trouble(p_account text, p_region text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('machines of %s cannot be seen now: %s', p_account || coalesce('/' || p_region, ''), note->>'message')
    FROM hostq.queue WHERE id = hostq.request_key(hostq.aws_watch_id(p_account, p_region)) AND (note->>'poll_errors')::int > 0
$$;
COMMENT ON FUNCTION hostq.aws_trouble IS 'Why the last look at an account and region failed; null: it did not, or nobody looks.';

CREATE OR REPLACE FUNCTION hostq.aws_watched_by(p_namespace text, p_account text, p_region text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((SELECT namespace FROM hostq.providers
        WHERE hostq.aws_account(namespace) = p_account AND hostq.aws_region(namespace) IS NOT DISTINCT FROM p_region
        ORDER BY namespace <> p_namespace, namespace LIMIT 1), p_namespace)
$$;
COMMENT ON FUNCTION hostq.aws_watched_by IS 'Whose config file says how a watch reaches its account: of this namespace, unless it has moved to another account and a namespace is left that has not.';

CREATE OR REPLACE FUNCTION hostq.need_aws_watch(p_namespace text, p_account text, p_region text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b hostq.request_body;
    rid text := hostq.aws_watch_id(p_account, p_region);
    known bigint := hostq.request_key(rid);
BEGIN
    IF known IS NOT NULL THEN
        UPDATE hostq.queue SET run_at = clock_timestamp() + hostq.setting('watch_pending_ms')::int * interval '1 ms'
        WHERE id = known AND state IN ('pending', 'waiting')
          AND run_at > clock_timestamp() + hostq.setting('watch_pending_ms')::int * interval '1 ms';
        IF NOT FOUND AND NOT EXISTS (SELECT FROM hostq.queue WHERE id = known) THEN
            PERFORM hostq.retry(rid);
        END IF;
        RETURN;
    END IF;
    b := hostq.new_body(jsonb_build_object('kind', 'watch', 'requestId', rid, 'provider', p_namespace), 'default');
    b.provider_api := 'aws';
    b.account := p_account;
    b.region := p_region;
    INSERT INTO hostq.ids (request_id, id) VALUES (b.request_id, b.id) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        PERFORM hostq.insert_request(b, NULL, hostq.setting('watch_pending_ms')::bigint);
    END IF;
END $$;
COMMENT ON FUNCTION hostq.need_aws_watch IS 'Makes sure that the machines of an account and region are watched, and soon. p_namespace: whose config file says how they are reached.';

CREATE OR REPLACE FUNCTION hostq.aws_is_moving(p_account text, p_region text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM hostq.machines WHERE account = p_account AND region IS NOT DISTINCT FROM p_region
            AND ended_at IS NULL AND provider_api <> 'process' AND (status IN ('pending', 'stopping', 'shutting-down') OR result IS NULL))
        OR EXISTS (SELECT FROM hostq.lanes l JOIN hostq.queues k ON k.name = l.queue AND coalesce(k.kind, '') <> 'watch'
            JOIN hostq.queue q ON q.lane_id BETWEEN l.base * 4 AND l.base * 4 + 2
            WHERE l.account = p_account AND l.region IS NOT DISTINCT FROM p_region AND l.retired_at IS NULL)
$$;
COMMENT ON FUNCTION hostq.aws_is_moving IS 'Is something under way in the account and region, so that its watch should look often?';

-- What a look saw of known machines. Rows that changed after the look began
-- know better; what did not change is not written.
CREATE OR REPLACE FUNCTION hostq.store_aws_known(p_lease bigint, p_looked timestamptz, p_seen jsonb) RETURNS bigint[]
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH s AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(p_seen) r (instance_id text, resource_id text, status text, name text, private_ip text,
            public_ip text, private_dns text, instance_type text, availability_zone text, launch_time bigint, message text, grace_until bigint)),
    n AS MATERIALIZED (
        SELECT m.machine_id, m.status AS was, s.resource_id, s.public_ip, s.instance_type, s.availability_zone,
            CASE WHEN m.status = 'shutting-down' AND s.status IN ('pending', 'running') THEN m.status ELSE s.status END AS status,
            CASE WHEN m.result = 'succeed' THEN m.name ELSE coalesce(s.name, m.name) END AS name,
            coalesce(s.private_ip, m.private_ip) AS private_ip, coalesce(s.private_dns, m.private_dns) AS private_dns,
            to_timestamp(s.launch_time) AS launch_time, coalesce(s.message, m.message) AS message,
            to_timestamp(s.grace_until) AS grace_until,
            -- Back, and its request has been tried again: that judges it anew.
            CASE WHEN m.ended_at IS NULL OR NOT EXISTS (SELECT FROM hostq.queue q WHERE q.id = m.id) THEN m.result END AS result,
            m.result = 'succeed' AND m.taken_at IS NULL AND (s.status NOT IN ('pending', 'running') OR s.grace_until IS NOT NULL)
                AND NOT hostq.is_being_returned(m.machine_id) AS taken
        FROM s JOIN hostq.machines m USING (instance_id)
        WHERE m.last_seen < p_looked AND (m.ended_at IS NULL OR s.status NOT IN ('terminated', 'shutting-down'))
          AND (m.ended_at IS NOT NULL OR m.details ? 'missed' OR m.public_ip IS DISTINCT FROM s.public_ip
            OR m.grace_until IS DISTINCT FROM to_timestamp(s.grace_until)
            OR (s.status, s.instance_type, s.availability_zone, coalesce(s.private_ip, m.private_ip), coalesce(s.private_dns, m.private_dns),
                CASE WHEN m.result = 'succeed' THEN m.name ELSE coalesce(s.name, m.name) END, coalesce(s.message, m.message))
              IS DISTINCT FROM (m.status, m.instance_type, m.availability_zone, m.private_ip, m.private_dns, m.name, m.message))),
    u AS (
        UPDATE hostq.machines m SET status = n.status, name = n.name, private_ip = n.private_ip, private_dns = n.private_dns,
            public_ip = n.public_ip, instance_type = coalesce(n.instance_type, m.instance_type), message = n.message,
            availability_zone = coalesce(n.availability_zone, m.availability_zone), launch_time = coalesce(n.launch_time, m.launch_time),
            resource_id = coalesce(m.resource_id, n.resource_id), details = m.details - 'missed', last_seen = clock_timestamp(),
            result = n.result,
            ended_at = CASE WHEN n.status = 'terminated' THEN clock_timestamp() END,
            taken_at = CASE WHEN n.taken THEN clock_timestamp() ELSE m.taken_at END, grace_until = n.grace_until
        FROM n WHERE m.machine_id = n.machine_id
        RETURNING m.machine_id, m.request_id, m.namespace, m.instance_id, m.status, n.was),
    e AS (
        INSERT INTO hostq.event (request_id, namespace, type, daemon, details)
        SELECT request_id, namespace, 'machine', (p_lease >> 38)::int, jsonb_build_object('instance_id', instance_id, 'status', status)
        FROM u WHERE status <> was)
    SELECT array_agg(machine_id) FROM u
$$;
COMMENT ON FUNCTION hostq.store_aws_known IS 'Writes what changed of known machines since the last look; which.';

-- Not in the answer: an answer may lack a machine for a moment, so twice, and
-- none that was made or changed just now.
CREATE OR REPLACE FUNCTION hostq.store_aws_missing(p_lease bigint, p_looked timestamptz, p_account text, p_region text, p_seen jsonb) RETURNS bigint[]
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH s AS MATERIALIZED (SELECT coalesce(jsonb_object_agg(x->>'instance_id', 1), '{}') AS ids FROM jsonb_array_elements(p_seen) x),
    n AS MATERIALIZED (
        SELECT m.machine_id, coalesce(m.details, '{}') ? 'missed' AS gone,
            m.result = 'succeed' AND NOT hostq.is_being_returned(m.machine_id) AS taken
        FROM hostq.machines m, s
        WHERE m.account = p_account AND m.region IS NOT DISTINCT FROM p_region AND m.ended_at IS NULL AND m.provider_api <> 'process'
          AND NOT s.ids ? m.instance_id AND m.last_seen < p_looked
          AND (m.details ? 'missed' OR m.status = 'shutting-down'
            OR m.last_seen < p_looked - hostq.setting('watch_grace_ms')::int * interval '1 ms')),
    u AS (
        UPDATE hostq.machines m SET details = CASE WHEN n.gone THEN m.details - 'missed' ELSE coalesce(m.details, '{}') || '{"missed":1}' END,
            last_seen = clock_timestamp(), status = CASE WHEN n.gone THEN 'terminated' ELSE m.status END,
            ended_at = CASE WHEN n.gone THEN clock_timestamp() END,
            message = CASE WHEN n.gone AND n.taken THEN 'the provider does not know it any more' ELSE m.message END,
            taken_at = CASE WHEN n.gone AND n.taken THEN coalesce(m.taken_at, clock_timestamp()) ELSE m.taken_at END
        FROM n WHERE m.machine_id = n.machine_id
        RETURNING m.machine_id, m.request_id, m.namespace, m.instance_id, n.gone),
    e AS (
        INSERT INTO hostq.event (request_id, namespace, type, daemon, details)
        SELECT request_id, namespace, 'machine', (p_lease >> 38)::int, jsonb_build_object('instance_id', instance_id, 'status', 'terminated')
        FROM u WHERE gone)
    SELECT array_agg(machine_id) FILTER (WHERE gone) FROM u
$$;
COMMENT ON FUNCTION hostq.store_aws_missing IS 'Machines that were missing in two looks are gone; which.';

-- Carries our owner tag, but no row knows it: it is its request's; of none,
-- when seen a second time, it is an orphan and the watch's own clean-up ends it.
CREATE OR REPLACE FUNCTION hostq.store_aws_unknown(p_id bigint, p_lease bigint, p_seen jsonb) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
    found bigint[];
    orphans bigint[];
    own text := (SELECT request_id FROM hostq.request_body WHERE id = p_id);
BEGIN
    FOR r IN WITH odd AS MATERIALIZED (
            SELECT s, coalesce(hostq.request_key(s->>'request_id'), p_id) AS id FROM jsonb_array_elements(p_seen) s
            WHERE s->>'status' NOT IN ('terminated', 'shutting-down')
              AND NOT EXISTS (SELECT FROM hostq.machines m WHERE m.instance_id = s->>'instance_id'))
        SELECT odd.id, jsonb_agg(s || jsonb_build_object(
            'request_id', CASE WHEN odd.id = p_id THEN own ELSE s->>'request_id' END)) AS list
        FROM odd GROUP BY odd.id ORDER BY odd.id LOOP
        PERFORM hostq.store_machines(r.list);
        INSERT INTO hostq.event (request_id, namespace, type, daemon, details)
        SELECT m.request_id, m.namespace, 'machine', (p_lease >> 38)::int,
            jsonb_build_object('instance_id', m.instance_id, 'status', m.status, 'found', CASE WHEN r.id = p_id THEN 'orphan' ELSE 'adopted' END)
        FROM hostq.machines m WHERE m.instance_id IN (SELECT x->>'instance_id' FROM jsonb_array_elements(r.list) x);
        IF r.id = p_id THEN
            UPDATE hostq.machines SET result = 'fail', message = 'no request of this database made it' WHERE id = p_id AND result IS NULL;
        END IF;
        found := found || ARRAY(SELECT machine_id FROM hostq.machines WHERE id = r.id);
    END LOOP;
    IF hostq.is_original() THEN
        SELECT array_agg(m.machine_id) INTO orphans FROM hostq.machines m
        WHERE m.id = p_id AND m.ended_at IS NULL AND NOT hostq.is_being_returned(m.machine_id) AND m.status <> 'shutting-down'
          AND m.first_seen < (SELECT claimed_at FROM hostq.queue WHERE id = p_id) -- in an earlier look
          AND m.first_seen < clock_timestamp() - hostq.setting('orphan_grace_ms')::int * interval '1 ms'
          AND m.instance_id IN (SELECT x->>'instance_id' FROM jsonb_array_elements(p_seen) x);
        IF orphans IS NOT NULL THEN
            PERFORM hostq.make_cleanup(p_id, orphans);
        END IF;
    END IF;
    RETURN found;
END $$;
COMMENT ON FUNCTION hostq.store_aws_unknown IS 'Takes in machines with our owner tag that no row knows: into their request, or, without one, into the clean-up of the watch.';

-- At every look, and not only of what was just found: whoever took a machine
-- in and whoever ended its request at that moment did not see each other.
CREATE OR REPLACE FUNCTION hostq.end_left_in_aws(p_account text, p_region text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN hostq.late_machines(ARRAY(SELECT DISTINCT m.id FROM hostq.machines m JOIN hostq.finished f ON f.id = m.id
            WHERE m.account = p_account AND m.region IS NOT DISTINCT FROM p_region
              AND m.ended_at IS NULL AND m.provider_api <> 'process' AND m.result IS NULL))
        + hostq.end_forgotten(ARRAY(SELECT machine_id FROM hostq.machines m
            WHERE m.account = p_account AND m.region IS NOT DISTINCT FROM p_region
              AND m.ended_at IS NULL AND m.provider_api <> 'process'
              AND m.status IN ('pending', 'running') AND (m.result = 'fail' OR (SELECT true FROM hostq.request_machines x WHERE x.machine_id = m.machine_id LIMIT 1))));
END $$;
COMMENT ON FUNCTION hostq.end_left_in_aws IS 'Machines of an account and region that appeared under an ended request, or that are forgotten, get a clean-up; how many were made.';

CREATE OR REPLACE FUNCTION hostq.wake_machines(p_machines bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    WITH k AS MATERIALIZED (
        SELECT q.id FROM hostq.queue q
        WHERE q.id IN (SELECT id FROM hostq.machines WHERE machine_id = ANY (p_machines)
                UNION SELECT id FROM hostq.request_machines WHERE machine_id = ANY (p_machines))
          AND q.state = 'waiting' AND q.run_at > clock_timestamp()
        ORDER BY q.id FOR UPDATE SKIP LOCKED)
    UPDATE hostq.queue q SET run_at = clock_timestamp() FROM k, hostq.request_body b
    WHERE q.id = k.id AND b.id = k.id AND b.kind <> 'watch';
    IF FOUND THEN
        PERFORM hostq.notify_work('provision');
    END IF;
END $$;
COMMENT ON FUNCTION hostq.wake_machines IS 'Requests that wait for these machines look at them now.';

CREATE OR REPLACE FUNCTION hostq.store_aws_watch(p_id bigint, p_lease bigint, p_seen jsonb) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    q record;
    changed bigint[];
BEGIN
    SELECT k.claimed_at, b.account, b.region INTO q FROM hostq.queue k JOIN hostq.request_body b USING (id) WHERE k.id = p_id AND k.lease = p_lease;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    changed := hostq.store_aws_known(p_lease, q.claimed_at, p_seen)
        || hostq.store_aws_missing(p_lease, q.claimed_at, q.account, q.region, p_seen)
        || hostq.store_aws_unknown(p_id, p_lease, p_seen);
    PERFORM hostq.end_left_in_aws(q.account, q.region);
    IF changed IS NOT NULL THEN
        PERFORM hostq.wake_machines(changed);
    END IF;
    RETURN coalesce(cardinality(changed), 0);
END $$;
COMMENT ON FUNCTION hostq.store_aws_watch IS 'Compares what an account and region shows with what the table says, both ways, under the lease of its watch.';

CREATE OR REPLACE FUNCTION hostq.aws_context(p_kind text, p_id bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b hostq.request_body;
    t record;
    ns text;
BEGIN
    SELECT * INTO b FROM hostq.request_body WHERE id = p_id;
    IF p_kind = 'provision' THEN
        RETURN jsonb_strip_nulls(jsonb_build_object('provider', hostq.aws_provider(b.namespace, b.account, b.region),
            'user_data', (SELECT user_data FROM hostq.templates WHERE namespace = b.namespace AND template_id = b.template_id)));
    ELSIF p_kind = 'watch' THEN
        ns := hostq.aws_watched_by(b.payload->>'provider', b.account, b.region);
        RETURN jsonb_build_object('provider', hostq.aws_provider(ns, b.account, b.region),
            'interval_ms', greatest(hostq.setting(CASE WHEN hostq.aws_is_moving(b.account, b.region) THEN 'watch_pending_ms' ELSE 'watch_ms' END)::int,
                (SELECT least(n, 10000)::int FROM (SELECT hostq.config_number(config, 'AWS_DESCRIBE_REQUEST_INTERVAL') AS n FROM hostq.providers
                WHERE namespace = ns) c WHERE n IS NOT NULL)));
    END IF;
    -- An orphan is its watch's, whose config file is that of another namespace.
    SELECT m.provider_api, m.account, m.region, CASE o.kind WHEN 'watch' THEN hostq.aws_watched_by(o.payload->>'provider', o.account, o.region) ELSE m.namespace END AS namespace
    INTO t FROM hostq.request_machines r JOIN hostq.machines m USING (machine_id) JOIN hostq.request_body o ON o.id = m.id
    WHERE r.id = p_id AND m.ended_at IS NULL AND m.provider_api <> 'process' ORDER BY m.machine_id LIMIT 1;
    RETURN (SELECT jsonb_build_object('provider', hostq.aws_provider(t.namespace, t.account, t.region), 'provider_api', t.provider_api,
        'machines', coalesce(jsonb_agg(jsonb_build_object('instance_id', m.instance_id, 'request_id', m.request_id, 'status', m.status,
            'first_seen_us', (extract(epoch FROM m.first_seen) * 1000000)::bigint) ORDER BY m.machine_id)
            FILTER (WHERE (m.provider_api, m.account, m.region) IS NOT DISTINCT FROM (t.provider_api, t.account, t.region)), '[]'),
        'elsewhere', count(*) FILTER (WHERE (m.provider_api, m.account, m.region) IS DISTINCT FROM (t.provider_api, t.account, t.region)),
        'drainTimeout', max(hostq.number_of(o.template->'drainTimeout')))
        FROM hostq.request_machines r JOIN hostq.machines m USING (machine_id) LEFT JOIN hostq.request_body o ON o.id = m.id
        WHERE r.id = p_id AND m.ended_at IS NULL);
END $$;
COMMENT ON FUNCTION hostq.aws_context IS 'What a kind needs of its account beside its row: how it is called; user data; how often a watch looks; the machines of a return that are of one handler, account and region.';
