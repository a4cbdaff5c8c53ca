-- Machines: storing what providers saw, watching, clean-up, routes of returns.

CREATE OR REPLACE FUNCTION hostq.is_being_returned(p_machine bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM hostq.request_machines r JOIN hostq.queue q USING (id) WHERE r.machine_id = p_machine)
$$;
COMMENT ON FUNCTION hostq.is_being_returned IS 'Is an open return about this machine?';

CREATE OR REPLACE FUNCTION hostq.newer_details(p_old jsonb, p_new jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_new->'start_time' = '0' AND p_new->'pid' = p_old->'pid' THEN p_old ELSE p_new END;
COMMENT ON FUNCTION hostq.newer_details IS 'Details to keep: a process group whose leader is gone (start_time 0) does not make a known leader unknown.';

CREATE OR REPLACE FUNCTION hostq.store_machines(p_machines jsonb) RETURNS int
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    -- Two returns of one machine in one group both tell how it is.
    WITH s AS (
        SELECT DISTINCT ON (r.instance_id) r.*, b.id, b.namespace, b.template_id,
            -- A machine that is being ended is not running again.
            CASE WHEN m.status = 'shutting-down' AND r.status IN ('pending', 'running') THEN m.status ELSE r.status END AS now_status
        FROM jsonb_to_recordset(p_machines) r (instance_id text, request_id text, resource_id text, provider_api text,
            status text, name text, private_ip text, public_ip text, private_dns text, instance_type text,
            availability_zone text, launch_time bigint, price_type text, units int, account text, region text,
            host text, boot_id text, message text, details jsonb, tags jsonb)
        JOIN hostq.request_body b ON b.id = hostq.request_key(r.request_id)
        LEFT JOIN hostq.machines m ON m.instance_id = r.instance_id
        -- Nor is one that has ended, when its request has ended, too: that
        -- is a late writer, and only the watch can tell (store_watch).
        WHERE m.ended_at IS NULL OR r.status = 'terminated' OR EXISTS (SELECT FROM hostq.queue q WHERE q.id = m.id)
        ORDER BY r.instance_id, r.status = 'terminated' DESC, r.status = 'shutting-down' DESC),
    i AS (
        INSERT INTO hostq.machines AS m (instance_id, request_id, id, resource_id, namespace, provider_api, template_id,
            status, name, private_ip, public_ip, private_dns, instance_type, availability_zone, launch_time, tags, message,
            price_type, units, account, region, host, boot_id, details, ended_at)
        SELECT instance_id, request_id, id, resource_id, namespace, provider_api, template_id, now_status, name, private_ip,
            public_ip, private_dns, instance_type, availability_zone, to_timestamp(launch_time), tags, message, price_type,
            coalesce(units, 1), account, region, host, boot_id, details,
            CASE WHEN status = 'terminated' THEN clock_timestamp() END
        FROM s
        ON CONFLICT (instance_id) DO UPDATE SET
            status = excluded.status,
            name = CASE WHEN m.result = 'succeed' THEN m.name ELSE coalesce(excluded.name, m.name) END,
            private_ip = coalesce(excluded.private_ip, m.private_ip), public_ip = coalesce(excluded.public_ip, m.public_ip),
            private_dns = coalesce(excluded.private_dns, m.private_dns),
            instance_type = coalesce(excluded.instance_type, m.instance_type),
            availability_zone = coalesce(excluded.availability_zone, m.availability_zone),
            launch_time = coalesce(excluded.launch_time, m.launch_time), tags = coalesce(excluded.tags, m.tags),
            message = coalesce(excluded.message, m.message), price_type = coalesce(excluded.price_type, m.price_type),
            resource_id = coalesce(excluded.resource_id, m.resource_id),
            host = coalesce(excluded.host, m.host), boot_id = coalesce(excluded.boot_id, m.boot_id),
            details = coalesce(hostq.newer_details(m.details, excluded.details), m.details), last_seen = clock_timestamp(),
            result = CASE WHEN m.ended_at IS NULL OR excluded.status = 'terminated' THEN m.result END, -- back, of an open request
            ended_at = CASE WHEN excluded.status = 'terminated' THEN coalesce(m.ended_at, clock_timestamp()) END
        WHERE (m.status, m.name, m.private_ip, m.public_ip, m.private_dns, m.message, m.details, m.launch_time, m.tags)
            IS DISTINCT FROM (excluded.status,
                CASE WHEN m.result = 'succeed' THEN m.name ELSE coalesce(excluded.name, m.name) END,
                coalesce(excluded.private_ip, m.private_ip), coalesce(excluded.public_ip, m.public_ip),
                coalesce(excluded.private_dns, m.private_dns), coalesce(excluded.message, m.message),
                coalesce(hostq.newer_details(m.details, excluded.details), m.details), coalesce(excluded.launch_time, m.launch_time),
                coalesce(excluded.tags, m.tags))
        RETURNING 1)
    SELECT count(*)::int FROM i
$$;
COMMENT ON FUNCTION hostq.store_machines IS 'Stores machines that a provider saw (src/provider/machine.h) in one statement; only what changed is written.';

CREATE OR REPLACE FUNCTION hostq.is_original() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT d.system_identifier = c.system_identifier FROM hostq.deployment d, pg_control_system() c
$$;
COMMENT ON FUNCTION hostq.is_original IS 'Is this the database that the deployment was made in or adopted by, and not a copy of it?';

CREATE OR REPLACE FUNCTION hostq.is_cleaned(p_state hostq.state, p_reason text, p_policy text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN p_state = 'canceled' OR p_state IN ('failed', 'timeout') AND p_reason <> 'partial' AND p_policy = 'clean';
COMMENT ON FUNCTION hostq.is_cleaned IS 'Does a provision that ended so keep none of its machines?';

-- retry, which opens the request again, waits for it or is not waited for. The
-- row is written, so that one in an older snapshot does not go on beside it.
CREATE OR REPLACE FUNCTION hostq.lock_end(p_id bigint, p_ended timestamptz) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM hostq.finished WHERE id = p_id AND finished_at = p_ended FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
        UPDATE hostq.finished SET state = state WHERE id = p_id;
        RETURN true;
    END IF;
    RETURN false;
END $$;
COMMENT ON FUNCTION hostq.lock_end IS 'Makes sure that a request ended at that time, and has until the transaction is over; false: it is being opened or forgotten, or was and ended again.';

CREATE OR REPLACE FUNCTION hostq.make_cleanup(p_id bigint, p_machines bigint[]) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o hostq.request_body;
    b hostq.request_body;
    alive bigint[];
BEGIN
    SELECT * INTO o FROM hostq.request_body WHERE id = p_id;
    SELECT array_agg(machine_id ORDER BY machine_id) INTO alive FROM hostq.machines m
    WHERE m.machine_id = ANY (p_machines) AND m.ended_at IS NULL AND NOT hostq.is_being_returned(m.machine_id);
    IF alive IS NULL THEN
        RETURN NULL;
    ELSIF NOT hostq.is_original() THEN
        INSERT INTO hostq.event (request_id, namespace, type, details) VALUES (o.request_id, o.namespace, 'cleanup', jsonb_build_object('left',
            (SELECT jsonb_agg(instance_id ORDER BY machine_id) FROM hostq.machines WHERE machine_id = ANY (alive))));
        PERFORM hostq.name_living(p_id, 'left by a copy of the database', alive);
        RETURN NULL;
    END IF;
    b := hostq.new_body(jsonb_build_object('kind', 'return', 'machineIds', (SELECT jsonb_agg(instance_id ORDER BY machine_id)
        FROM hostq.machines WHERE machine_id = ANY (alive))), o.namespace);
    b.cleanup_of := o.request_id;
    b.timeout := NULL; -- it stays open until it is settled
    b.priority := o.priority;
    PERFORM hostq.insert_return(b, alive);
    INSERT INTO hostq.event (request_id, namespace, type, details)
    VALUES (o.request_id, o.namespace, 'cleanup', jsonb_build_object('return', b.request_id, 'machines', cardinality(alive)));
    RETURN b.request_id;
END $$;
COMMENT ON FUNCTION hostq.make_cleanup IS 'A return over those of these machines of an ended request that live and that no other return is about; null when there are none. A copy of the database makes none: the original may have given these machines to somebody. hostq.adopt() makes up for it.';

CREATE OR REPLACE FUNCTION hostq.intent_machines(p_id bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH i AS (DELETE FROM hostq.intents WHERE id = p_id RETURNING body)
    INSERT INTO hostq.machines (instance_id, request_id, id, resource_id, namespace, provider_api, template_id, status, host, boot_id)
    SELECT u->>'instance_id', b.request_id, b.id, i.body->>'resource_id', b.namespace, b.provider_api, b.template_id, 'pending',
        i.body->>'host', i.body->>'boot_id'
    FROM i, jsonb_array_elements(i.body->'units') u, hostq.request_body b WHERE b.id = p_id
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION hostq.intent_machines IS 'Units of an open intent of an ended request become machines, so that its clean-up looks for them and ends them.';

CREATE OR REPLACE FUNCTION hostq.name_living(p_id bigint, p_word text, p_machines bigint[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE hostq.finished f SET error_message = f.error_message || format('; %s: %s%s', p_word, array_to_string(k.ids[1:20], ', '),
        CASE WHEN cardinality(k.ids) > 20 THEN format(' and %s more', cardinality(k.ids) - 20) END)
    FROM (SELECT array_agg(instance_id ORDER BY machine_id) AS ids FROM hostq.machines
        WHERE machine_id = ANY (p_machines) AND ended_at IS NULL) k
    -- Once, also where the group that ended it is repeated.
    WHERE f.id = p_id AND k.ids IS NOT NULL AND position(format('; %s: ', p_word) IN f.error_message) = 0
$$;
COMMENT ON FUNCTION hostq.name_living IS 'Names, in the message of a request that did not end well, those of these machines that live on: somebody must know of them.';

CREATE OR REPLACE FUNCTION hostq.after_final(p_ids bigint[], p_leases bigint[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT f.id, f.state, f.failure_reason, b.kind, b.request_id, b.namespace, b.account, b.region, hostq.partial_policy(b.payload, b.template) AS policy,
            EXISTS (SELECT FROM hostq.intents i WHERE i.id = f.id) AS open_intent
        FROM hostq.finished f JOIN hostq.request_body b USING (id) WHERE f.id = ANY (p_ids)
          AND (p_leases IS NULL OR f.lease = p_leases[array_position(p_ids, f.id)]) ORDER BY f.id LOOP
        IF r.kind = 'return' THEN
            UPDATE hostq.request_machines x SET
                result = CASE WHEN m.status IN ('terminated', 'stopped') THEN 'succeed' ELSE 'fail' END,
                message = CASE WHEN m.status NOT IN ('terminated', 'stopped') THEN coalesce(m.message, 'still alive when the return ended') END
            FROM hostq.machines m WHERE x.id = r.id AND x.machine_id = m.machine_id AND x.result IS NULL;
            IF r.state <> 'completed' THEN
                PERFORM hostq.name_living(r.id, 'not ended', ARRAY(SELECT machine_id FROM hostq.request_machines WHERE id = r.id));
            END IF;
        ELSIF r.kind = 'provision' THEN
            IF r.open_intent AND r.state <> 'completed' THEN
                PERFORM hostq.intent_machines(r.id);
                -- What an account made of it only the watch can tell, which
                -- may have ended with the same daemons.
                IF r.account IS NOT NULL THEN
                    PERFORM hostq.need_aws_watch(r.namespace, r.account, r.region);
                END IF;
            END IF;
            IF hostq.is_cleaned(r.state, r.failure_reason, r.policy) THEN
                UPDATE hostq.machines SET result = 'fail', message = coalesce(message, 'removed with its request')
                WHERE id = r.id AND result IS NULL;
                PERFORM hostq.make_cleanup(r.id, ARRAY(SELECT machine_id FROM hostq.machines WHERE id = r.id));
            ELSE
                UPDATE hostq.machines SET result = CASE WHEN status = 'running' AND name <> '' AND private_ip <> '' THEN 'succeed' ELSE 'fail' END,
                    message = CASE WHEN status = 'running' THEN message ELSE coalesce(message, 'not running when the request ended') END
                WHERE id = r.id AND result IS NULL;
                IF r.state <> 'completed' THEN
                    PERFORM hostq.name_living(r.id, 'kept', ARRAY(SELECT machine_id FROM hostq.machines WHERE id = r.id));
                END IF;
            END IF;
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION hostq.after_final IS 'In the transaction that ends provisions or returns: fixes the results of their machines and makes the clean-up that the policy asks for. p_leases: only those that these claims ended.';

CREATE OR REPLACE FUNCTION hostq.late_machines(p_ids bigint[]) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    n int := 0;
    r record;
    late bigint[];
BEGIN
    FOR r IN SELECT f.id, f.finished_at FROM hostq.finished f JOIN hostq.request_body b USING (id)
        WHERE f.id = ANY (p_ids) AND b.kind = 'provision' AND EXISTS (SELECT FROM hostq.machines m
            WHERE m.id = f.id AND m.ended_at IS NULL AND m.result IS NULL) ORDER BY f.id LOOP
        CONTINUE WHEN NOT hostq.lock_end(r.id, r.finished_at); -- the next look
        -- Only these: what the request kept, or had made before, stays.
        WITH u AS (UPDATE hostq.machines SET result = 'fail', message = 'appeared after its request had ended'
            WHERE id = r.id AND ended_at IS NULL AND result IS NULL RETURNING machine_id)
        SELECT array_agg(machine_id) INTO late FROM u;
        n := n + (hostq.make_cleanup(r.id, late) IS NOT NULL)::int;
    END LOOP;
    -- Who wrote late may have started late, too.
    PERFORM hostq.need_watch(x.route) FROM (SELECT DISTINCT hostq.host_route(host, boot_id) AS route FROM hostq.machines
        WHERE id = ANY (p_ids) AND provider_api = 'process') x WHERE hostq.route_is_served(x.route) AND x.route IS NOT NULL;
    RETURN n;
END $$;
COMMENT ON FUNCTION hostq.late_machines IS 'Machines that appeared under an ended request join its clean-up; how many clean-ups were made.';

CREATE OR REPLACE FUNCTION hostq.open_intent(p_id bigint, p_lease bigint, p_token text, p_body jsonb, p_route text, p_resource text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b hostq.request_body;
    q hostq.queue;
BEGIN
    SELECT * INTO b FROM hostq.request_body WHERE id = p_id;
    SELECT * INTO q FROM hostq.queue WHERE id = p_id AND lease = p_lease FOR UPDATE;
    UPDATE hostq.queue SET
        state = 'processing', started_at = coalesce(started_at, clock_timestamp()),
        first_started_at = coalesce(first_started_at, clock_timestamp()),
        lane_id = CASE WHEN p_route IS NULL THEN lane_id
            ELSE hostq.lane_of(b, p_route) | (lane_id & 3) END
    WHERE id = p_id AND lease = p_lease;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- Written once already, where the answer to that was lost.
    INSERT INTO hostq.intents (id, token, body, lease) VALUES (p_id, p_token, p_body, p_lease)
    ON CONFLICT (id) DO UPDATE SET lease = excluded.lease WHERE intents.token = excluded.token;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF p_resource IS NOT NULL THEN
        INSERT INTO hostq.resources (id, resource_id, request_id, namespace, provider_api, account, region)
        VALUES (p_id, p_resource, b.request_id, b.namespace, b.provider_api, b.account, b.region) ON CONFLICT DO NOTHING;
    END IF;
    -- Claimed ahead of a slot: this is its start.
    INSERT INTO hostq.event (request_id, namespace, type, from_state, to_state, daemon, attempt)
    SELECT b.request_id, b.namespace, 'start', 'claimed', 'processing', q.owner, q.retry_attempt FROM hostq.queues k
    WHERE k.name = b.queue AND k.audit = 'full' AND q.state = 'claimed';
    INSERT INTO hostq.event (request_id, namespace, type, daemon, details)
    VALUES (b.request_id, b.namespace, 'intent', (p_lease >> 38)::int, jsonb_build_object('token', p_token, 'route', p_route));
    IF p_route LIKE 'host:%' THEN
        PERFORM hostq.need_watch(p_route);
    ELSIF b.account IS NOT NULL THEN
        PERFORM hostq.need_aws_watch(b.namespace, b.account, b.region);
    END IF;
    RETURN true;
END $$;
COMMENT ON FUNCTION hostq.open_intent IS 'Commits what is about to be created outside, under the lease; false: ownership lost, nothing written.';

CREATE OR REPLACE FUNCTION hostq.need_watch(p_route text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    b hostq.request_body;
    known bigint := hostq.request_key('watch:' || p_route);
BEGIN
    -- A watch with nothing to watch looks once a minute: it is called back.
    IF known IS NOT NULL THEN
        UPDATE hostq.queue SET run_at = clock_timestamp() + interval '1 s'
        WHERE id = known AND state IN ('pending', 'waiting') AND run_at > clock_timestamp() + interval '2 s';
        IF FOUND THEN
            PERFORM hostq.notify_work('watch');
        ELSIF NOT EXISTS (SELECT FROM hostq.queue WHERE id = known) THEN
            PERFORM hostq.retry('watch:' || p_route); -- its daemons died too often
        END IF;
        RETURN;
    END IF;
    b := hostq.new_body(jsonb_build_object('kind', 'watch', 'requestId', 'watch:' || p_route), 'default');
    b.provider_api := 'process';
    INSERT INTO hostq.ids (request_id, id) VALUES (b.request_id, b.id) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        PERFORM hostq.insert_request(b, p_route, 1000);
    END IF;
END $$;
COMMENT ON FUNCTION hostq.need_watch IS 'Makes sure that the machines of a host are watched.';

CREATE OR REPLACE FUNCTION hostq.is_process(p_details jsonb, p_seen jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((p_details->'pid', p_details->'start_time') = (p_seen->'pid', p_seen->'start_time'), true);
COMMENT ON FUNCTION hostq.is_process IS 'Is the process that a watch saw the one of the machine? A helper that it left behind carries its marks, too. Unknown counts as yes.';

CREATE OR REPLACE FUNCTION hostq.store_watch(p_id bigint, p_lease bigint, p_host text, p_boot text, p_seen jsonb) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    n int;
    r record;
    looked timestamptz := (SELECT claimed_at FROM hostq.queue WHERE id = p_id AND lease = p_lease);
    seen jsonb; -- by instance_id: with thousands on both sides a list would be searched for each
BEGIN
    IF looked IS NULL THEN
        RETURN 0;
    ELSIF (SELECT provider_api <> 'process' FROM hostq.request_body WHERE id = p_id) THEN
        RETURN hostq.store_aws_watch(p_id, p_lease, p_seen);
    END IF;
    SELECT coalesce(jsonb_object_agg(s->>'instance_id', s), '{}') INTO seen FROM jsonb_array_elements(p_seen) s;
    -- Gone: was running, is not there. What an open request is still working
    -- on is that request's own affair.
    WITH gone AS (
        UPDATE hostq.machines m SET status = 'terminated', ended_at = clock_timestamp(), last_seen = clock_timestamp(),
            message = CASE WHEN m.result = 'succeed' AND NOT hostq.is_being_returned(m.machine_id) THEN 'the process is gone' ELSE m.message END,
            taken_at = CASE WHEN hostq.is_being_returned(m.machine_id) OR m.result IS DISTINCT FROM 'succeed' THEN m.taken_at ELSE clock_timestamp() END
        WHERE m.host = p_host AND m.boot_id = p_boot AND m.ended_at IS NULL AND m.provider_api = 'process'
          AND (m.result IS NOT NULL OR EXISTS (SELECT FROM hostq.finished f WHERE f.id = m.id)) AND m.last_seen < looked
          AND NOT (seen ? m.instance_id AND hostq.is_process(m.details, seen->m.instance_id))
        RETURNING m.request_id, m.namespace, m.instance_id)
    INSERT INTO hostq.event (request_id, namespace, type, daemon, details)
    SELECT request_id, namespace, 'machine', (p_lease >> 38)::int, jsonb_build_object('instance_id', instance_id, 'status', 'terminated')
    FROM gone;
    GET DIAGNOSTICS n = ROW_COUNT;
    -- Kept by a request that ended before they were ready.
    UPDATE hostq.machines m SET status = 'running', last_seen = clock_timestamp() FROM hostq.request_body b
    WHERE m.host = p_host AND m.boot_id = p_boot AND m.ended_at IS NULL AND m.provider_api = 'process'
      AND m.status = 'pending' AND m.result IS NOT NULL AND b.id = m.id
      AND coalesce(m.launch_time, m.first_seen) + coalesce(hostq.number_of(b.template->'readyAfter'), 0) * interval '1 s' <= clock_timestamp()
      AND seen ? m.instance_id;
    -- Unknown, or ended but alive: a late start under an ended request.
    FOR r IN WITH odd AS MATERIALIZED (
            SELECT s.value AS s FROM jsonb_each(seen) s LEFT JOIN hostq.machines m ON m.instance_id = s.key
            WHERE m.machine_id IS NULL OR m.ended_at < looked OR m.ended_at IS NULL AND m.result IS NULL)
        SELECT f.id, f.finished_at, array_agg(s->>'instance_id') AS instances, jsonb_agg(jsonb_build_object('instance_id', s->'instance_id', 'request_id', s->'request_id',
            'provider_api', 'process', 'status', 'running', 'host', p_host, 'boot_id', p_boot,
            'details', jsonb_build_object('pid', s->'pid', 'start_time', s->'start_time'))) AS machines
        FROM odd JOIN hostq.finished f ON f.id = hostq.request_key(s->>'request_id')
        GROUP BY f.id, f.finished_at ORDER BY f.id LOOP
        CONTINUE WHEN NOT hostq.lock_end(r.id, r.finished_at);
        UPDATE hostq.machines SET ended_at = NULL, status = 'running', last_seen = clock_timestamp()
        WHERE instance_id = ANY (r.instances) AND ended_at IS NOT NULL;
        PERFORM hostq.store_machines(r.machines);
        n := n + hostq.late_machines(ARRAY[r.id]);
        -- What was told of a known one stays told.
        n := n + (hostq.make_cleanup(r.id, ARRAY(SELECT machine_id FROM hostq.machines WHERE instance_id = ANY (r.instances))) IS NOT NULL)::int;
    END LOOP;
    RETURN n + hostq.end_forgotten(ARRAY(SELECT machine_id FROM hostq.machines m WHERE m.host = p_host AND m.boot_id = p_boot
        AND m.ended_at IS NULL AND m.provider_api = 'process' AND seen ? m.instance_id
        AND m.status IN ('pending', 'running') AND (m.result = 'fail' OR (SELECT true FROM hostq.request_machines x WHERE x.machine_id = m.machine_id LIMIT 1))));
END $$;
COMMENT ON FUNCTION hostq.store_watch IS 'Compares what lives on a host with what the table says, both ways; of an account''s watch: store_aws_watch.';

CREATE OR REPLACE FUNCTION hostq.watch_is_idle(p_host text, p_boot text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM hostq.machines WHERE host = p_host AND boot_id = p_boot AND ended_at IS NULL)
       AND NOT EXISTS (SELECT FROM hostq.intents WHERE body->>'host' = p_host)
$$;
COMMENT ON FUNCTION hostq.watch_is_idle IS 'Is there nothing on this host to watch?';

CREATE OR REPLACE FUNCTION hostq.claim_context(p_kind text, p_id bigint, p_lane int) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place hostq.lanes := (SELECT x FROM hostq.lanes x WHERE base = p_lane >> 2);
    here text := place.route;
BEGIN
    IF p_kind = 'provision' THEN
        RETURN jsonb_strip_nulls(coalesce(CASE WHEN place.account IS NOT NULL THEN hostq.aws_context(p_kind, p_id) END, '{}') || jsonb_build_object(
            'intent', (SELECT jsonb_build_object('token', token, 'body', body) FROM hostq.intents WHERE id = p_id),
            'machines', (SELECT jsonb_agg(jsonb_build_object('instance_id', instance_id, 'request_id', request_id, 'status', status,
                'host', host, 'boot_id', boot_id, 'details', details) || CASE WHEN account IS NULL THEN '{}' ELSE jsonb_build_object(
                    'status', CASE WHEN status IN ('pending', 'running') AND hostq.is_being_returned(machine_id) THEN 'shutting-down' ELSE status END,
                    'name', name, 'private_ip', private_ip, 'first_seen_us', (extract(epoch FROM first_seen) * 1000000)::bigint) END
                ORDER BY machine_id) FROM hostq.machines
                WHERE id = p_id AND (ended_at IS NULL OR instance_id IN (SELECT u->>'instance_id'
                    FROM hostq.intents i, jsonb_array_elements(i.body->'units') u WHERE i.id = p_id)))));
    ELSIF here IS NULL THEN
        RETURN hostq.aws_context(p_kind, p_id);
    ELSIF p_kind = 'watch' THEN
        RETURN (SELECT jsonb_build_object('machines', coalesce(jsonb_agg(jsonb_build_object('instance_id', m.instance_id,
                'request_id', m.request_id, 'status', m.status, 'host', m.host, 'boot_id', m.boot_id, 'details', m.details)
                ORDER BY machine_id), '[]'))
            FROM hostq.lanes l JOIN hostq.machines m ON hostq.host_route(m.host, m.boot_id) = l.route
                AND m.host = substr(split_part(l.route, '/', 1), 6)
            WHERE l.base = p_lane >> 2 AND m.ended_at IS NULL AND m.provider_api = 'process');
    ELSIF p_kind = 'return' THEN
        RETURN (SELECT jsonb_build_object('provider_api', 'process',
            'machines', coalesce(jsonb_agg(jsonb_build_object('instance_id', m.instance_id, 'request_id', m.request_id,
                'status', m.status, 'details', m.details, 'provider_api', m.provider_api) ORDER BY machine_id)
                FILTER (WHERE hostq.host_route(m.host, m.boot_id) IS NOT DISTINCT FROM here), '[]'),
            'elsewhere', count(*) FILTER (WHERE hostq.host_route(m.host, m.boot_id) IS DISTINCT FROM here),
            'drainTimeout', max(hostq.number_of(b.template->'drainTimeout')))
            FROM hostq.request_machines r JOIN hostq.machines m USING (machine_id) LEFT JOIN hostq.request_body b ON b.id = m.id
            WHERE r.id = p_id AND m.ended_at IS NULL);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.claim_context IS 'What a kind needs beside its row: the open intent of a provision and its machines, those that ended only where the intent names them; the machines of a return on this route; the living ones that a watch is to find.';

CREATE OR REPLACE FUNCTION hostq.reroute(p_ids bigint[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH k AS MATERIALIZED (SELECT id FROM hostq.queue WHERE id = ANY (p_ids) AND state IN ('pending', 'waiting')
        ORDER BY id FOR UPDATE SKIP LOCKED)
    UPDATE hostq.queue q SET lane_id = hostq.lane_of(b, hostq.next_route(b.id)) + 1,
        run_at = clock_timestamp()
    FROM k JOIN hostq.request_body b USING (id) WHERE q.id = k.id AND b.kind = 'return';
    SELECT pg_notify('hostq_work', 'return')
$$;
COMMENT ON FUNCTION hostq.reroute IS 'A return goes on where machines of it are left, hosts with a living daemon first.';

CREATE OR REPLACE FUNCTION hostq.reroute_unserved() RETURNS int
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH x AS (SELECT q.id FROM hostq.lanes l JOIN hostq.queues k ON k.name = l.queue AND coalesce(k.kind, 'return') = 'return'
        JOIN hostq.queue q ON q.lane_id BETWEEN l.base * 4 AND l.base * 4 + 2
        WHERE l.route IS NOT NULL AND q.state IN ('pending', 'waiting')
          AND NOT hostq.route_is_served(l.route)
          AND hostq.next_route(q.id) IS DISTINCT FROM l.route),
    r AS (SELECT hostq.reroute(array_agg(id)) FROM x HAVING count(*) > 0)
    SELECT count(*)::int FROM r
$$;
COMMENT ON FUNCTION hostq.reroute_unserved IS 'Returns that wait for a host without a daemon go on with their other hosts first.';
