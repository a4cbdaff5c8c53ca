-- 0009: unique keys and staged requests (doc/howto/unique.md, bulk.md).

CREATE TABLE hostq.unique_keys (
    namespace text NOT NULL,
    queue text NOT NULL,
    key text NOT NULL,
    id bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    PRIMARY KEY (namespace, queue, key)
);
COMMENT ON TABLE hostq.unique_keys IS 'The last request of each unique key. Whether it counts is looked up when the key is asked for again: no end of a request writes here.';
COMMENT ON COLUMN hostq.unique_keys.namespace IS 'As in request_body.';
COMMENT ON COLUMN hostq.unique_keys.queue IS 'As in request_body.';
COMMENT ON COLUMN hostq.unique_keys.key IS 'The key.';
COMMENT ON COLUMN hostq.unique_keys.id IS 'Internal number of the request.';
COMMENT ON COLUMN hostq.unique_keys.created_at IS 'When that was submitted.';
COMMENT ON COLUMN hostq.unique_keys.expires_at IS 'End of the window it was submitted with; null: none.';

CREATE TABLE hostq.staging (
    batch text NOT NULL DEFAULT '',
    line bigint GENERATED ALWAYS AS IDENTITY,
    request jsonb NOT NULL,
    refused jsonb,
    staged_by text NOT NULL DEFAULT session_user,
    PRIMARY KEY (batch, line)
);
COMMENT ON TABLE hostq.staging IS 'Requests that were copied in (COPY hostq.staging (batch, request) FROM ...) and wait for hostq.submit_staged(batch). What that refuses stays here and says why.';
COMMENT ON COLUMN hostq.staging.batch IS 'What belongs together.';
COMMENT ON COLUMN hostq.staging.line IS 'Order.';
COMMENT ON COLUMN hostq.staging.request IS 'As for hostq.submit.';
COMMENT ON COLUMN hostq.staging.refused IS 'The answer that refused it.';
COMMENT ON COLUMN hostq.staging.staged_by IS 'Database role that copied it in; only this one submits it.';
