-- Unique keys: of the requests with one key only one is open, or was submitted
-- within a window.

CREATE OR REPLACE FUNCTION hostq.check_unique(u jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r jsonb;
BEGIN
    IF jsonb_typeof(u) <> 'object' THEN
        RETURN hostq.invalid('unique', u, '{key, mode, window}', 'unique must be an object with a key');
    END IF;
    u := jsonb_strip_nulls(u);
    r := hostq.check_keys(u, '{key,mode,window}');
    IF r IS NOT NULL THEN
        RETURN r;
    ELSIF jsonb_typeof(u->'key') IS DISTINCT FROM 'string' OR u->>'key' !~ '^[^[:cntrl:]]{1,200}$' THEN
        RETURN hostq.invalid('unique.key', u->'key', '1..200 characters', 'A unique key must be a text of 1 to 200 characters');
    ELSIF coalesce(u->'mode', '"keep"') NOT IN ('"keep"', '"replace"', '"refuse"') THEN
        RETURN hostq.invalid('unique.mode', u->'mode', 'keep, replace, refuse', 'The mode of a unique key must be keep, replace or refuse');
    ELSIF u ? 'window' AND NOT hostq.check_whole(u->'window', 1, 31536000) THEN
        RETURN hostq.invalid('unique.window', u->'window', '1..31536000 s', 'The window of a unique key must be a whole number of seconds');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_unique IS 'Refusal for a bad unique of a submit, or null.';

CREATE OR REPLACE FUNCTION hostq.replace_unstarted(p_id bigint, p_by text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM hostq.queue WHERE id = p_id AND state = 'pending' AND first_started_at IS NULL FOR UPDATE SKIP LOCKED) THEN
        RETURN 0;
    END IF;
    RETURN hostq.finish(ARRAY[p_id], 'canceled', 'cancel', NULL, 'CANCELLED', format('replaced by %s', p_by), '{pending}');
END $$;
COMMENT ON FUNCTION hostq.replace_unstarted IS 'Cancels a request that has not started, in favour of another of its unique key. How many ended: 0 when it runs.';

CREATE OR REPLACE FUNCTION hostq.hold_unique(b hostq.request_body, u jsonb) RETURNS hostq.unique_keys
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k hostq.unique_keys;
BEGIN
    LOOP
        -- Waits for a submit of the key that has not committed: then either it
        -- is there, or we are the first.
        INSERT INTO hostq.unique_keys (namespace, queue, key, id, expires_at)
        VALUES (b.namespace, b.queue, u->>'key', b.id, now() + (u->>'window')::numeric * interval '1 s') ON CONFLICT DO NOTHING;
        IF FOUND THEN
            RETURN NULL;
        END IF;
        SELECT * INTO k FROM hostq.unique_keys WHERE namespace = b.namespace AND queue = b.queue AND key = u->>'key' FOR UPDATE;
        IF FOUND THEN
            RETURN k;
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION hostq.hold_unique IS 'Takes a unique key that nobody has: null; else its row, locked.';

CREATE OR REPLACE FUNCTION hostq.hand_unique(b hostq.request_body, u jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE hostq.unique_keys SET id = b.id, created_at = now(), expires_at = now() + (u->>'window')::numeric * interval '1 s'
    WHERE namespace = b.namespace AND queue = b.queue AND key = u->>'key'
$$;
COMMENT ON FUNCTION hostq.hand_unique IS 'Gives a unique key, which is held, to another request.';

CREATE OR REPLACE FUNCTION hostq.claim_unique(b hostq.request_body, u jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k constant hostq.unique_keys := hostq.hold_unique(b, u);
    span constant interval := (u->>'window')::numeric * interval '1 s';
    rid text;
BEGIN
    IF k.id IS NULL THEN
        RETURN NULL;
    ELSIF EXISTS (SELECT FROM hostq.queue WHERE id = k.id)
        OR k.created_at > now() - span AND k.expires_at > now() AND EXISTS (SELECT FROM hostq.finished WHERE id = k.id AND state = 'completed') THEN
        SELECT request_id INTO rid FROM hostq.request_body WHERE id = k.id;
        IF u->>'mode' = 'refuse' THEN
            RETURN hostq.error('CONFLICT', format('Unique key ''%s'' is taken by request %s', k.key, rid),
                jsonb_build_object('field', 'unique.key', 'value', k.key, 'requestId', rid));
        ELSIF u->>'mode' IS DISTINCT FROM 'replace' OR hostq.replace_unstarted(k.id, b.request_id) = 0 THEN
            RETURN jsonb_build_object('requestId', rid, 'created', false);
        END IF;
    END IF;
    PERFORM hostq.hand_unique(b, u);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.claim_unique IS 'Takes a unique key for a new request; where an earlier one counts, the answer that the submit gets. An earlier one counts while it is open, and when it completed within the shorter of the two windows: after its own it is swept.';

CREATE OR REPLACE FUNCTION hostq.retake_unique(b hostq.request_body) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    u constant jsonb := b.payload->'unique';
    k constant hostq.unique_keys := hostq.hold_unique(b, u);
    rid text;
BEGIN
    IF k.id IS NULL THEN
        RETURN NULL;
    ELSIF k.id <> b.id AND EXISTS (SELECT FROM hostq.queue WHERE id = k.id) THEN
        SELECT request_id INTO rid FROM hostq.request_body WHERE id = k.id;
        RETURN hostq.error('CONFLICT', format('Request ''%s'' cannot be tried again: its unique key ''%s'' is taken by request %s', b.request_id, k.key, rid),
            jsonb_build_object('requestId', b.request_id, 'field', 'unique.key', 'value', k.key, 'takenBy', rid));
    END IF;
    PERFORM hostq.hand_unique(b, u);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.retake_unique IS 'Takes the unique key of a request that is opened again; a refusal, where another open one has it, or null.';

CREATE OR REPLACE FUNCTION hostq.forget_unique_keys(p_limit int) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM hostq.unique_keys WHERE ctid = ANY (ARRAY(SELECT u.ctid FROM hostq.unique_keys u
        WHERE coalesce(u.expires_at, '-infinity') < now() AND NOT EXISTS (SELECT FROM hostq.queue q WHERE q.id = u.id)
        LIMIT p_limit FOR UPDATE SKIP LOCKED))
$$;
COMMENT ON FUNCTION hostq.forget_unique_keys IS 'Once a minute: keys whose request has ended and whose window is over.';
