-- 0004: what retention, why_not and the retry budget need to know.
-- compatible_from: 1

-- Daemons of 0.1.0 register without it and serve every queue.
ALTER TABLE hostq.daemons ADD COLUMN queues text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN hostq.daemons.queues IS 'Queues it serves; empty: all.';
DROP FUNCTION IF EXISTS hostq.register_daemon(text, text, text, int, text, text[], int, bigint);

ALTER TABLE hostq.queues
    ADD COLUMN retry_budget int CHECK (retry_budget >= 0),
    ADD COLUMN retries_free_at timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON COLUMN hostq.queues.retry_budget IS 'Most retries per minute, over all daemons; 0: no limit; null: the setting retry_budget.';
COMMENT ON COLUMN hostq.queues.retries_free_at IS 'The retry budget is given away up to here.';

CREATE TABLE hostq.xid_times (
    at timestamptz PRIMARY KEY DEFAULT clock_timestamp(),
    xid xid8 NOT NULL
);
COMMENT ON TABLE hostq.xid_times IS 'Which transaction number was the next one, once a minute: tells since when a replication slot holds the xmin horizon.';
COMMENT ON COLUMN hostq.xid_times.at IS 'When.';
COMMENT ON COLUMN hostq.xid_times.xid IS 'The next transaction number then.';

CREATE TABLE hostq.retention_pass (
    next_id bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX retention_pass_one ON hostq.retention_pass ((true));
INSERT INTO hostq.retention_pass DEFAULT VALUES;
COMMENT ON TABLE hostq.retention_pass IS 'One row: where the sweep that removes ended requests after their retention goes on.';
COMMENT ON COLUMN hostq.retention_pass.next_id IS 'Internal number of the next request to look at.';
