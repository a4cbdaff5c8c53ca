-- 0010: pauses beside those of queues, and hosts that are drained
-- (doc/howto/pause-and-drain.md).

CREATE TABLE hostq.pauses (
    scope text NOT NULL CHECK (scope IN ('account', 'region', 'host', 'drain')),
    value text NOT NULL CHECK (value <> ''),
    since timestamptz NOT NULL DEFAULT now(),
    paused_by text NOT NULL DEFAULT session_user,
    PRIMARY KEY (scope, value)
);
COMMENT ON TABLE hostq.pauses IS 'What nothing is claimed of: requests of an account or region, requests bound to a host; and hosts whose daemons take no other work (drain).';
COMMENT ON COLUMN hostq.pauses.scope IS 'account, region, host: of requests; drain: of daemons.';
COMMENT ON COLUMN hostq.pauses.value IS 'Which account, region or host.';
COMMENT ON COLUMN hostq.pauses.since IS 'Since when.';
COMMENT ON COLUMN hostq.pauses.paused_by IS 'Database role that did it.';
