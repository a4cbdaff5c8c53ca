-- 0003: daemons, tenants, row security, and the tables of kinds to come whose
-- names outsiders may rely on.

CREATE TABLE hostq.daemons (
    epoch int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    host text NOT NULL,
    boot_id text NOT NULL,
    pid int NOT NULL,
    version text NOT NULL,
    routes text[] NOT NULL,
    state text NOT NULL DEFAULT 'alive' CHECK (state IN ('alive', 'stopping', 'dead')),
    slots int NOT NULL,
    in_flight int NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    heartbeat_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    lease_until timestamptz NOT NULL,
    ended_at timestamptz,
    ended_why text,
    counters jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT daemons_ended CHECK ((state = 'dead') = (ended_at IS NOT NULL))
) WITH (fillfactor = 50);
COMMENT ON TABLE hostq.daemons IS 'One row per daemon process (epoch). While it lives it also holds a session advisory lock.';
COMMENT ON COLUMN hostq.daemons.epoch IS 'Owner number; never used twice.';
COMMENT ON COLUMN hostq.daemons.name IS 'Configured name; only for people.';
COMMENT ON COLUMN hostq.daemons.host IS 'Host name.';
COMMENT ON COLUMN hostq.daemons.boot_id IS 'Boot of the host.';
COMMENT ON COLUMN hostq.daemons.pid IS 'Process id on the host.';
COMMENT ON COLUMN hostq.daemons.version IS 'Version of hostqd.';
COMMENT ON COLUMN hostq.daemons.routes IS 'Routes it serves.';
COMMENT ON COLUMN hostq.daemons.state IS 'alive, stopping, dead.';
COMMENT ON COLUMN hostq.daemons.slots IS 'Requests it works at a time.';
COMMENT ON COLUMN hostq.daemons.in_flight IS 'Requests it holds, at the last heartbeat.';
COMMENT ON COLUMN hostq.daemons.started_at IS 'When it registered.';
COMMENT ON COLUMN hostq.daemons.heartbeat_at IS 'Last heartbeat.';
COMMENT ON COLUMN hostq.daemons.lease_until IS 'When it counts as gone although its lock is held.';
COMMENT ON COLUMN hostq.daemons.ended_at IS 'When it stopped or was declared dead.';
COMMENT ON COLUMN hostq.daemons.ended_why IS 'stopped, lock free, lease expired.';
COMMENT ON COLUMN hostq.daemons.counters IS 'Counters at the last heartbeat that carried them.';

CREATE TABLE hostq.tenants (
    namespace text NOT NULL,
    member name NOT NULL,
    PRIMARY KEY (namespace, member)
);
COMMENT ON TABLE hostq.tenants IS 'Which database role may see and change which namespace while row security is on.';
COMMENT ON COLUMN hostq.tenants.namespace IS 'Namespace.';
COMMENT ON COLUMN hostq.tenants.member IS 'Role, or a group role.';

CREATE TABLE hostq.keys (
    key text PRIMARY KEY,
    max_running int CHECK (max_running >= 0),
    rate_per_s float8 CHECK (rate_per_s > 0)
);
COMMENT ON TABLE hostq.keys IS 'Limits per key.';
COMMENT ON COLUMN hostq.keys.key IS 'Key that requests carry.';
COMMENT ON COLUMN hostq.keys.max_running IS 'Most requests of the key worked at a time.';
COMMENT ON COLUMN hostq.keys.rate_per_s IS 'Most starts per second.';

CREATE TABLE hostq.groups (
    group_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    namespace text NOT NULL DEFAULT 'default',
    name text,
    created_at timestamptz NOT NULL DEFAULT now(),
    canceled_at timestamptz
);
COMMENT ON TABLE hostq.groups IS 'Batches of requests.';
COMMENT ON COLUMN hostq.groups.group_id IS 'Number of the batch.';
COMMENT ON COLUMN hostq.groups.namespace IS 'As in request_body.';
COMMENT ON COLUMN hostq.groups.name IS 'Name given by the submitter.';
COMMENT ON COLUMN hostq.groups.created_at IS 'When it was made.';
COMMENT ON COLUMN hostq.groups.canceled_at IS 'When it was canceled.';

CREATE TABLE hostq.instances (
    instance_id text PRIMARY KEY,
    namespace text NOT NULL DEFAULT 'default',
    name text NOT NULL,
    description text,
    platform text NOT NULL,
    config jsonb NOT NULL,
    version int NOT NULL DEFAULT 1,
    status text NOT NULL DEFAULT 'Created',
    runtime jsonb,
    host text,
    boot_id text
);
COMMENT ON TABLE hostq.instances IS 'Instances that commands create, start, stop, restart and delete.';
COMMENT ON COLUMN hostq.instances.instance_id IS 'Id.';
COMMENT ON COLUMN hostq.instances.namespace IS 'As in request_body.';
COMMENT ON COLUMN hostq.instances.name IS 'Name.';
COMMENT ON COLUMN hostq.instances.description IS 'Description.';
COMMENT ON COLUMN hostq.instances.platform IS 'process, docker, aks, ...';
COMMENT ON COLUMN hostq.instances.config IS 'Configuration.';
COMMENT ON COLUMN hostq.instances.version IS 'Counts changes of the configuration.';
COMMENT ON COLUMN hostq.instances.status IS 'What it is doing.';
COMMENT ON COLUMN hostq.instances.runtime IS 'Runtime information of the platform.';
COMMENT ON COLUMN hostq.instances.host IS 'Host it lives on.';
COMMENT ON COLUMN hostq.instances.boot_id IS 'Boot of that host.';

CREATE TABLE hostq.results (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id bigint NOT NULL,
    queue text NOT NULL,
    namespace text NOT NULL,
    leased_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE hostq.results IS 'Ended requests of queues with results = consume that nobody has taken yet.';
COMMENT ON COLUMN hostq.results.seq IS 'Order of ending.';
COMMENT ON COLUMN hostq.results.id IS 'Internal number of the request.';
COMMENT ON COLUMN hostq.results.queue IS 'Queue.';
COMMENT ON COLUMN hostq.results.namespace IS 'As in request_body.';
COMMENT ON COLUMN hostq.results.leased_until IS 'Taken by a consumer that has not acknowledged yet.';
COMMENT ON COLUMN hostq.results.created_at IS 'When the request ended.';

CREATE TABLE hostq.deliveries (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id text NOT NULL,
    namespace text NOT NULL,
    event text NOT NULL,
    url text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    delivered_at timestamptz
);
COMMENT ON TABLE hostq.deliveries IS 'Callbacks to make.';
COMMENT ON COLUMN hostq.deliveries.seq IS 'Number.';
COMMENT ON COLUMN hostq.deliveries.request_id IS 'Request it is about.';
COMMENT ON COLUMN hostq.deliveries.namespace IS 'As in request_body.';
COMMENT ON COLUMN hostq.deliveries.event IS 'COMPLETED, FAILED, TIMEOUT, CANCELLED.';
COMMENT ON COLUMN hostq.deliveries.url IS 'Where to.';
COMMENT ON COLUMN hostq.deliveries.created_at IS 'When it came up.';
COMMENT ON COLUMN hostq.deliveries.delivered_at IS 'When the other side said 2xx.';
