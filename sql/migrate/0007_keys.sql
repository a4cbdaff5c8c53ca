-- 0007: limits per key, ordering keys, and the order in which lanes are
-- claimed (doc/ARCHITECTURE.md, Limits, Order of claiming).

-- A request whose key has a limit, or that has an ordering key, lies in a lane
-- of its own sort, so that what it waits for holds up nobody else.
ALTER TABLE hostq.lanes ADD COLUMN key text, ADD COLUMN ordered boolean NOT NULL DEFAULT false,
    ADD COLUMN share text, ADD COLUMN due timestamptz, ADD COLUMN twin smallint NOT NULL DEFAULT 0;
ALTER TABLE hostq.lanes DROP CONSTRAINT lanes_queue_priority_route_account_region_group_id_key;
ALTER TABLE hostq.lanes ADD UNIQUE NULLS NOT DISTINCT (queue, priority, route, account, region, group_id, key, ordered, share, due, twin);
COMMENT ON COLUMN hostq.lanes.twin IS 'Tells lanes of the same requests apart: a second one is made while the transaction that makes the first has not ended.';
COMMENT ON COLUMN hostq.lanes.key IS 'Limited key of its requests, if any.';
COMMENT ON COLUMN hostq.lanes.share IS 'In a queue with fair_by: whose requests these are.';
COMMENT ON COLUMN hostq.lanes.due IS 'In a queue with claim_order deadline: the minute in which the deadlines of its requests are.';
COMMENT ON COLUMN hostq.lanes.ordered IS 'Its requests have ordering keys: the end of one lets the next of its key go.';

ALTER TABLE hostq.queues ADD COLUMN claim_order text NOT NULL DEFAULT 'time' CHECK (claim_order IN ('time', 'deadline')),
    ADD COLUMN fair_by text CHECK (fair_by IN ('namespace', 'submitted_by', 'account')),
    ADD COLUMN urgency_weight float8 NOT NULL DEFAULT 0 CHECK (urgency_weight BETWEEN 0 AND 1);
COMMENT ON COLUMN hostq.queues.claim_order IS 'time: what has been due longest comes first; deadline: what ends soonest, to the minute.';
COMMENT ON COLUMN hostq.queues.fair_by IS 'Whose requests share the slots evenly: namespace, submitted_by or account; null: nobody''s.';
COMMENT ON COLUMN hostq.queues.urgency_weight IS 'Of a queue with fair_by and claim_order deadline: 0: only who has least running counts, 1: only the deadline.';

ALTER TABLE hostq.daemons ADD COLUMN slots_high int NOT NULL DEFAULT 0;
COMMENT ON COLUMN hostq.daemons.slots_high IS 'Of the slots, how many are kept for requests of priority high.';

ALTER TABLE hostq.keys ADD COLUMN number int GENERATED ALWAYS AS IDENTITY UNIQUE,
    ADD COLUMN burst int CHECK (burst > 0),
    ADD COLUMN move_until timestamptz;
COMMENT ON COLUMN hostq.keys.number IS 'Short name, for daemons.';
COMMENT ON COLUMN hostq.keys.burst IS 'Most starts at once after a rest; null: a fifth of a second''s worth, at least 1.';
COMMENT ON COLUMN hostq.keys.move_until IS 'Until then requests of the key that were submitted before it had a limit are looked for.';

-- Apart from the limits: these change all the time, and a daemon reads its
-- lanes again when a limit has changed.
CREATE TABLE hostq.key_tokens (
    number int PRIMARY KEY,
    tokens float8 NOT NULL DEFAULT 0,
    filled_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
COMMENT ON TABLE hostq.key_tokens IS 'The bucket of a key with a rate; locked while a daemon takes tokens, or permits, of the key.';
COMMENT ON COLUMN hostq.key_tokens.number IS 'Number of the key.';
COMMENT ON COLUMN hostq.key_tokens.tokens IS 'Starts that were left at filled_at.';
COMMENT ON COLUMN hostq.key_tokens.filled_at IS 'When tokens was true.';

CREATE TABLE hostq.key_permits (
    number int NOT NULL,
    epoch int NOT NULL,
    held int NOT NULL CHECK (held >= 0),
    PRIMARY KEY (number, epoch)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
COMMENT ON TABLE hostq.key_permits IS 'How many requests of a limited key each daemon may work at a time. Of a dead one they count no more: so they return.';
COMMENT ON COLUMN hostq.key_permits.number IS 'Number of the key.';
COMMENT ON COLUMN hostq.key_permits.epoch IS 'Daemon.';
COMMENT ON COLUMN hostq.key_permits.held IS 'Permits that it holds; it never works more than these.';

-- Keys that had a limit before this release.
INSERT INTO hostq.key_tokens (number) SELECT number FROM hostq.keys;

CREATE TABLE hostq.ordered (
    namespace text NOT NULL,
    ordering_key text NOT NULL,
    position bigint GENERATED ALWAYS AS IDENTITY,
    id bigint NOT NULL UNIQUE,
    due_at timestamptz NOT NULL,
    anchor boolean NOT NULL DEFAULT false,
    PRIMARY KEY (namespace, ordering_key, position)
);
CREATE UNIQUE INDEX ordered_anchor ON hostq.ordered (namespace, ordering_key) WHERE anchor;
COMMENT ON TABLE hostq.ordered IS 'Open requests with an ordering key: the first of each key can run, the others have run_at infinity in the queue.';
COMMENT ON COLUMN hostq.ordered.namespace IS 'As in request_body.';
COMMENT ON COLUMN hostq.ordered.ordering_key IS 'Requests of one key run one at a time, in order of position.';
COMMENT ON COLUMN hostq.ordered.position IS 'Order of submit, given under the lock of the key.';
COMMENT ON COLUMN hostq.ordered.id IS 'Internal number of the request.';
COMMENT ON COLUMN hostq.ordered.due_at IS 'When it would have been due by itself.';
COMMENT ON COLUMN hostq.ordered.anchor IS 'The row of its key that is locked by who enters the key or lets the next one go. A row, since an advisory lock for each of many keys would fill the shared memory of the server.';

-- Not unique: who writes a key would wait for another that has, and not committed.
CREATE TABLE hostq.order_late (
    namespace text NOT NULL,
    ordering_key text NOT NULL
);
CREATE INDEX order_late_key ON hostq.order_late (namespace, ordering_key);
COMMENT ON TABLE hostq.order_late IS 'Ordering keys whose next request could not be let go at once, because somebody had the key or the request locked, or could not see who is first; the sweeper does it.';
COMMENT ON COLUMN hostq.order_late.namespace IS 'As in ordered.';
COMMENT ON COLUMN hostq.order_late.ordering_key IS 'As in ordered.';
