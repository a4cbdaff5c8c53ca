-- Helpers of the functions: settings, ids, lanes, errors, routes, wake-ups.

-- plpgsql: its plan is kept for the session, a function in SQL is planned
-- anew at every place that calls it.
CREATE OR REPLACE FUNCTION hostq.setting(p_name text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT value FROM hostq.settings WHERE name = p_name);
END $$;
COMMENT ON FUNCTION hostq.setting IS 'Value of a setting, as text.';

-- plpgsql, so that the roles are not even planned while row security is off.
CREATE OR REPLACE FUNCTION hostq.may(p_namespace text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (SELECT value FROM hostq.settings WHERE name = 'row_security') <> 'on' THEN
        RETURN true;
    END IF;
    -- current_user is the owner here.
    RETURN session_user = current_user
        OR pg_has_role(session_user, 'hostq_admin', 'member')
        OR pg_has_role(session_user, 'hostq_daemon', 'member')
        OR EXISTS (SELECT FROM hostq.tenants t
                   WHERE t.namespace = p_namespace
                     AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = t.member)
                     AND pg_has_role(session_user, t.member, 'member'));
END $$;
COMMENT ON FUNCTION hostq.may IS 'May the session''s user see and change this namespace? Always, while row security is off. null: all namespaces?';

CREATE OR REPLACE FUNCTION hostq.number_of(p_value jsonb) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(p_value) = 'number' AND abs(p_value::numeric) < 1e15 THEN p_value::numeric::float8 END;
COMMENT ON FUNCTION hostq.number_of IS 'A number of a template, or null: never an error, whoever stored it.';

CREATE OR REPLACE FUNCTION hostq.error(p_code text, p_message text, p_details jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object('error', jsonb_build_object(
        'code', p_code, 'message', p_message, 'details', p_details))
$$;
COMMENT ON FUNCTION hostq.error IS 'A refusal as a value: {"error":{code,message,details}}.';

CREATE OR REPLACE FUNCTION hostq.invalid(p_field text, p_value jsonb, p_limit text, p_message text) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.error('VALIDATION_ERROR', p_message,
        jsonb_build_object('field', p_field, 'value', p_value, 'limit', p_limit))
$$;
COMMENT ON FUNCTION hostq.invalid IS 'A VALIDATION_ERROR that names field, value and limit.';

CREATE OR REPLACE FUNCTION hostq.id_in(p_request_id text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_request_id ~ '^[a-z]{3}-[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
       THEN ('x' || substr(p_request_id, 5, 8) || substr(p_request_id, 14, 4))::bit(48)::bigint END;
COMMENT ON FUNCTION hostq.id_in IS 'Internal number carried by a generated id; null for any other text.';

CREATE OR REPLACE FUNCTION hostq.make_request_id(p_kind text, p_id bigint) RETURNS text
LANGUAGE sql VOLATILE
RETURN CASE p_kind WHEN 'provision' THEN 'req-' WHEN 'return' THEN 'ret-' ELSE 'job-' END
    || regexp_replace(lpad(to_hex(p_id), 12, '0'), '(.{8})(.{4})', '\1-\2-8')
    || substr(gen_random_uuid()::text, 16, 3) || '-' || substr(gen_random_uuid()::text, 20);
COMMENT ON FUNCTION hostq.make_request_id IS 'Prefix and a UUID of version 8: 48 bits of internal number, 74 random bits.';

CREATE OR REPLACE FUNCTION hostq.request_key(p_request_id text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(
        (SELECT b.id FROM hostq.request_body b
         WHERE b.id = hostq.id_in(p_request_id) AND b.request_id = p_request_id AND hostq.may(b.namespace)),
        (SELECT b.id FROM hostq.ids i JOIN hostq.request_body b ON b.id = i.id
         WHERE i.request_id = p_request_id AND hostq.may(b.namespace)))
$$;
COMMENT ON FUNCTION hostq.request_key IS 'Internal number of a request that the session may see, or null.';

CREATE OR REPLACE FUNCTION hostq.notify_work(p_queue text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The idle gate (doc/ARCHITECTURE.md): a daemon that is idle holds this
    -- lock. Taken shared here, nobody can become idle before our commit.
    IF NOT pg_try_advisory_xact_lock_shared(1751544689, 1) THEN
        PERFORM pg_notify('hostq_work', p_queue);
    END IF;
END $$;
COMMENT ON FUNCTION hostq.notify_work IS 'Wakes an idle daemon, only where there is one.';

CREATE OR REPLACE FUNCTION hostq.find_lane(p_queue text, p_priority hostq.priority, p_route text,
    p_account text, p_region text, p_group bigint, p_key text, p_ordered boolean, p_share text DEFAULT NULL, p_due timestamptz DEFAULT NULL) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    l int;
    n smallint := 0;
    looks int := 0;
    made boolean := false;
BEGIN
    LOOP
        SELECT base INTO l FROM hostq.lanes
        WHERE queue = p_queue AND priority = p_priority
          AND route IS NOT DISTINCT FROM p_route AND account IS NOT DISTINCT FROM p_account
          AND region IS NOT DISTINCT FROM p_region AND group_id IS NOT DISTINCT FROM p_group
          AND key IS NOT DISTINCT FROM p_key AND ordered = p_ordered AND share IS NOT DISTINCT FROM p_share AND due IS NOT DISTINCT FROM p_due
          AND retired_at IS NULL
        ORDER BY twin LIMIT 1;
        IF FOUND THEN
            RETURN l * 4;
        END IF;
        -- Who has the lock makes the lane, or takes it into use again. Most
        -- commit soon; a long transaction is not waited for.
        IF made THEN
            BEGIN
                INSERT INTO hostq.lanes (queue, priority, route, account, region, group_id, key, ordered, share, due, twin)
                VALUES (p_queue, p_priority, p_route, p_account, p_region, p_group, p_key, p_ordered, p_share, p_due, n)
                ON CONFLICT (queue, priority, route, account, region, group_id, key, ordered, share, due, twin)
                DO UPDATE SET retired_at = NULL, used_at = now() RETURNING base INTO l;
                EXIT;
            EXCEPTION WHEN serialization_failure THEN
                looks := looks + 10; -- it is there, and our snapshot is older
            END;
        END IF;
        n := looks / 10;
        made := pg_try_advisory_xact_lock(1751544694 + n, hashtext(concat_ws(E'\n', p_queue, p_priority, p_route, p_account, p_region, p_group,
            p_key, p_ordered, p_share, extract(epoch FROM p_due))) & 255);
        IF NOT made THEN
            PERFORM pg_sleep(0.002);
            looks := looks + 1;
        END IF;
    END LOOP;
    PERFORM pg_notify('hostq_work', '+lane');
    RETURN l * 4;
END $$;
COMMENT ON FUNCTION hostq.find_lane IS 'Main lane of a queue, class, route...; made at first use, which always notifies; a twin of it, where another transaction makes it and has not ended after 20 ms.';

CREATE OR REPLACE FUNCTION hostq.lane(p_queue text, p_priority hostq.priority, p_route text,
    p_account text DEFAULT NULL, p_region text DEFAULT NULL, p_group bigint DEFAULT NULL) RETURNS int
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT hostq.find_lane(p_queue, p_priority, p_route, p_account, p_region, p_group, NULL, false)
$$;
COMMENT ON FUNCTION hostq.lane IS 'Main lane of what has neither a limited key nor an ordering key.';

CREATE OR REPLACE FUNCTION hostq.lane_of(b hostq.request_body, p_route text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k text;
    q hostq.queues;
BEGIN
    IF b.key IS NOT NULL THEN
        SELECT key INTO k FROM hostq.keys WHERE key = b.key;
    END IF;
    SELECT * INTO q FROM hostq.queues WHERE name = b.queue;
    RETURN hostq.find_lane(b.queue, b.priority, p_route, b.account, b.region, b.group_id, k, b.ordering_key IS NOT NULL,
        CASE q.fair_by WHEN 'namespace' THEN b.namespace WHEN 'submitted_by' THEN b.submitted_by WHEN 'account' THEN b.account END,
        CASE q.claim_order WHEN 'deadline' THEN date_trunc('minute', b.created_at + b.timeout) END);
END $$;
COMMENT ON FUNCTION hostq.lane_of IS 'Main lane of a request, by its body, the policy of its queue and where it can run.';

CREATE OR REPLACE FUNCTION hostq.host_route(p_host text, p_boot text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'host:' || p_host || '/' || p_boot
$$;
COMMENT ON FUNCTION hostq.host_route IS 'Route of what lives on a host during one boot.';

CREATE OR REPLACE FUNCTION hostq.route_is_served(p_route text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p_route IS NULL OR EXISTS (SELECT FROM hostq.daemons d
        WHERE d.state = 'alive' AND d.lease_until > clock_timestamp() AND p_route = ANY (d.routes))
$$;
COMMENT ON FUNCTION hostq.route_is_served IS 'Is there a living daemon that announces this route?';

CREATE OR REPLACE FUNCTION hostq.wake_waiters(p_ids bigint[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH w AS (DELETE FROM hostq.waiters WHERE id = ANY (p_ids) RETURNING channel)
    SELECT pg_notify(channel, 'ended') FROM (SELECT DISTINCT channel FROM w) x
$$;
COMMENT ON FUNCTION hostq.wake_waiters IS 'Tells those who wait for the end of these requests, each channel once.';

CREATE OR REPLACE FUNCTION hostq.partial_policy(p_payload jsonb, p_template jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT lower(coalesce(p_payload->>'partialPolicy', p_template->>'partialPolicy', 'clean'))
$$;
COMMENT ON FUNCTION hostq.partial_policy IS 'keep or clean: what happens to the machines of a provision that ends short.';
