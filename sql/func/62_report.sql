-- Progress: what the handler of a running request says about it.

CREATE OR REPLACE FUNCTION hostq.check_report(p jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r jsonb;
BEGIN
    IF jsonb_typeof(p) IS DISTINCT FROM 'object' THEN
        RETURN hostq.invalid('report', p, 'object', 'A report must be an object');
    END IF;
    r := hostq.check_keys(p, '{progress,done,total,message,lease}');
    IF r IS NOT NULL THEN
        RETURN r;
    ELSIF p->>'progress' IS NOT NULL AND (jsonb_typeof(p->'progress') <> 'number' OR (p->>'progress')::numeric NOT BETWEEN 0 AND 100) THEN
        RETURN hostq.invalid('progress', p->'progress', '0..100', 'Progress must be a number from 0 to 100');
    ELSIF p->>'total' IS NOT NULL AND NOT hostq.check_whole(p->'total', 1, 1000000000000000) THEN
        RETURN hostq.invalid('total', p->'total', '1..1000000000000000', 'Total must be a whole number');
    ELSIF (p->>'done' IS NULL) <> (p->>'total' IS NULL) OR p->>'done' IS NOT NULL AND p->>'progress' IS NOT NULL THEN
        RETURN hostq.invalid('done', p->'done', 'progress, or done and total', 'A report has progress, or done and total');
    ELSIF p->>'done' IS NOT NULL AND NOT hostq.check_whole(p->'done', 0, (p->>'total')::numeric::bigint) THEN
        RETURN hostq.invalid('done', p->'done', '0..total', 'Done must be a whole number from 0 to total');
    ELSIF p->>'message' IS NOT NULL AND (jsonb_typeof(p->'message') <> 'string' OR length(p->>'message') > 500) THEN
        RETURN hostq.invalid('message', to_jsonb(left(p->>'message', 100)), '500 characters', 'Message must be a text of at most 500 characters');
    ELSIF p->>'lease' IS NOT NULL AND NOT hostq.check_whole(p->'lease', 0, 9223372036854775807) THEN
        RETURN hostq.invalid('lease', p->'lease', 'a lease of hostq.requests', 'Lease must be a whole number');
    ELSIF coalesce(p->>'progress', p->>'done', p->>'message') IS NULL THEN
        RETURN hostq.invalid('report', p, 'progress, done and total, or message', 'A report must say something');
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION hostq.check_report IS 'Refusal for a bad report, or null.';

CREATE OR REPLACE FUNCTION hostq.report_text(p jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT nullif(concat_ws(': ', round(coalesce((p->>'progress')::numeric, 100 * (p->>'done')::numeric / (p->>'total')::numeric))::text || ' %'
        || CASE WHEN p->>'done' IS NOT NULL THEN format(' (%s of %s)', p->>'done', p->>'total') ELSE '' END, nullif(p->>'message', '')), '')
$$;
COMMENT ON FUNCTION hostq.report_text IS 'A report for people.';

CREATE OR REPLACE FUNCTION hostq.report(p_request_id text, p_report jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k bigint := hostq.request_key(p_request_id);
    said jsonb := p_report - 'lease';
    r jsonb := CASE WHEN k IS NOT NULL THEN hostq.check_report(p_report) ELSE hostq.not_found(p_request_id) END;
BEGIN
    IF r IS NOT NULL THEN
        RETURN r;
    END IF;
    -- In no index: the update stays HOT.
    UPDATE hostq.queue SET note = coalesce(note, '{}') || jsonb_build_object('progress', said, 'message', hostq.report_text(said))
    WHERE id = k AND state = 'processing' AND lease = coalesce((p_report->>'lease')::numeric::bigint, lease);
    IF FOUND THEN
        RETURN jsonb_build_object('requestId', p_request_id, 'message', hostq.report_text(said));
    END IF;
    r := hostq.result(p_request_id);
    IF r->>'state' = 'processing' THEN
        RETURN hostq.error('CONFLICT', format('Request ''%s'' is worked under another lease', p_request_id),
            jsonb_build_object('requestId', p_request_id, 'field', 'lease', 'value', p_report->'lease'));
    END IF;
    RETURN hostq.error('CONFLICT', format('Request ''%s'' is %s; only one that is processing has progress', p_request_id, r->>'state'),
        jsonb_build_object('requestId', p_request_id, 'field', 'state', 'value', r->'state'));
END $$;
COMMENT ON FUNCTION hostq.report(text, jsonb) IS 'What is known of a request that is processing: {progress: 0..100, or done and total; message?; lease?: refused where it is worked under another one}. Kept until its round is settled; shown as message and by status. Answers {requestId, message} or {error}.';
