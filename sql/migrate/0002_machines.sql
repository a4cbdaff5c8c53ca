-- 0002: machines, what was created outside to get them, and templates.

CREATE TABLE hostq.machines (
    machine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    instance_id text NOT NULL UNIQUE,
    request_id text NOT NULL,
    id bigint NOT NULL,
    resource_id text,
    namespace text NOT NULL,
    provider_api text NOT NULL,
    template_id text,
    status text NOT NULL CHECK (status IN ('pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated')),
    result text CHECK (result IN ('succeed', 'fail')),
    name text CHECK (name <> ''),
    private_ip text,
    public_ip text,
    private_dns text,
    instance_type text,
    availability_zone text,
    launch_time timestamptz,
    tags jsonb,
    message text,
    price_type text,
    units int NOT NULL DEFAULT 1,
    account text,
    region text,
    host text,
    boot_id text,
    details jsonb,
    first_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    taken_at timestamptz,
    given_back_at timestamptz,
    grace_until timestamptz,
    CONSTRAINT machines_ended CHECK ((status = 'terminated') = (ended_at IS NOT NULL))
);
CREATE INDEX machines_request ON hostq.machines (id);
CREATE INDEX machines_name ON hostq.machines (namespace, name);
CREATE INDEX machines_living ON hostq.machines (namespace, template_id) WHERE ended_at IS NULL;
CREATE INDEX machines_host ON hostq.machines (host) WHERE ended_at IS NULL;
CREATE INDEX machines_taken ON hostq.machines (namespace) WHERE taken_at IS NOT NULL AND given_back_at IS NULL;
COMMENT ON TABLE hostq.machines IS 'Every machine a request made, for as long as history is kept.';
COMMENT ON COLUMN hostq.machines.machine_id IS 'Internal number.';
COMMENT ON COLUMN hostq.machines.instance_id IS 'The provider''s id; machineId of the scripts.';
COMMENT ON COLUMN hostq.machines.request_id IS 'Request that made it.';
COMMENT ON COLUMN hostq.machines.id IS 'Internal number of that request.';
COMMENT ON COLUMN hostq.machines.resource_id IS 'Fleet, group or call it came from.';
COMMENT ON COLUMN hostq.machines.namespace IS 'As in request_body.';
COMMENT ON COLUMN hostq.machines.provider_api IS 'Handler that made it.';
COMMENT ON COLUMN hostq.machines.template_id IS 'Template it was made from.';
COMMENT ON COLUMN hostq.machines.status IS 'The provider''s word: pending running stopping stopped shutting-down terminated.';
COMMENT ON COLUMN hostq.machines.result IS 'Result told by getRequestStatus, fixed when its request ended; null before.';
COMMENT ON COLUMN hostq.machines.name IS 'Host name in the cluster; fixed after succeed.';
COMMENT ON COLUMN hostq.machines.private_ip IS 'Private address.';
COMMENT ON COLUMN hostq.machines.public_ip IS 'Public address.';
COMMENT ON COLUMN hostq.machines.private_dns IS 'Private DNS name.';
COMMENT ON COLUMN hostq.machines.instance_type IS 'Type.';
COMMENT ON COLUMN hostq.machines.availability_zone IS 'Zone; of a process: the host.';
COMMENT ON COLUMN hostq.machines.launch_time IS 'When the provider started it.';
COMMENT ON COLUMN hostq.machines.tags IS 'Tags it carries.';
COMMENT ON COLUMN hostq.machines.message IS 'Trouble with it, for people.';
COMMENT ON COLUMN hostq.machines.price_type IS 'ondemand or spot.';
COMMENT ON COLUMN hostq.machines.units IS 'Units it counts for.';
COMMENT ON COLUMN hostq.machines.account IS 'Provider account.';
COMMENT ON COLUMN hostq.machines.region IS 'Provider region.';
COMMENT ON COLUMN hostq.machines.host IS 'Host of a process.';
COMMENT ON COLUMN hostq.machines.boot_id IS 'Boot of that host it lives in.';
COMMENT ON COLUMN hostq.machines.details IS 'What its handler needs: pid and start_time of a process.';
COMMENT ON COLUMN hostq.machines.first_seen IS 'When it was first stored.';
COMMENT ON COLUMN hostq.machines.last_seen IS 'When a change of it was last stored.';
COMMENT ON COLUMN hostq.machines.ended_at IS 'When it was found terminated.';
COMMENT ON COLUMN hostq.machines.taken_at IS 'When the provider took it, without a return asked by the caller.';
COMMENT ON COLUMN hostq.machines.given_back_at IS 'When the caller returned a taken machine.';
COMMENT ON COLUMN hostq.machines.grace_until IS 'Until when a machine that is being taken lives.';

CREATE TABLE hostq.request_machines (
    id bigint NOT NULL,
    machine_id bigint NOT NULL,
    request_id text NOT NULL,
    namespace text NOT NULL,
    role text NOT NULL DEFAULT 'return' CHECK (role IN ('return')),
    result text CHECK (result IN ('succeed', 'fail')),
    message text,
    PRIMARY KEY (id, machine_id)
);
CREATE INDEX request_machines_machine ON hostq.request_machines (machine_id);
COMMENT ON TABLE hostq.request_machines IS 'Machines a return is about; a machine may be in several returns.';
COMMENT ON COLUMN hostq.request_machines.id IS 'Internal number of the return.';
COMMENT ON COLUMN hostq.request_machines.machine_id IS 'Machine.';
COMMENT ON COLUMN hostq.request_machines.request_id IS 'The return''s id.';
COMMENT ON COLUMN hostq.request_machines.namespace IS 'As in request_body.';
COMMENT ON COLUMN hostq.request_machines.role IS 'What the request does with it.';
COMMENT ON COLUMN hostq.request_machines.result IS 'Fixed when the return ended; null before.';
COMMENT ON COLUMN hostq.request_machines.message IS 'Why it failed.';

CREATE TABLE hostq.resources (
    id bigint NOT NULL,
    resource_id text NOT NULL,
    request_id text NOT NULL,
    namespace text NOT NULL,
    provider_api text NOT NULL,
    account text,
    region text,
    details jsonb,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    gone_at timestamptz,
    PRIMARY KEY (id, resource_id)
);
COMMENT ON TABLE hostq.resources IS 'What was created outside for a request: fleets, groups, launch templates; of a process provision, the host it runs on.';
COMMENT ON COLUMN hostq.resources.id IS 'Internal number of the request.';
COMMENT ON COLUMN hostq.resources.resource_id IS 'The provider''s id.';
COMMENT ON COLUMN hostq.resources.request_id IS 'Request it belongs to.';
COMMENT ON COLUMN hostq.resources.namespace IS 'As in request_body.';
COMMENT ON COLUMN hostq.resources.provider_api IS 'Handler.';
COMMENT ON COLUMN hostq.resources.account IS 'Provider account.';
COMMENT ON COLUMN hostq.resources.region IS 'Provider region.';
COMMENT ON COLUMN hostq.resources.details IS 'What its handler needs.';
COMMENT ON COLUMN hostq.resources.created_at IS 'When it was stored.';
COMMENT ON COLUMN hostq.resources.gone_at IS 'When it was deleted.';

CREATE TABLE hostq.templates (
    namespace text NOT NULL,
    template_id text NOT NULL,
    ordinal int NOT NULL,
    definition jsonb NOT NULL,
    provider_api text,
    max_number int NOT NULL,
    valid boolean NOT NULL,
    problem text,
    user_data text,
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (namespace, template_id),
    CHECK (valid OR problem <> '')
);
COMMENT ON TABLE hostq.templates IS 'Templates in force, as the client read and judged them.';
COMMENT ON COLUMN hostq.templates.namespace IS 'Provider instance.';
COMMENT ON COLUMN hostq.templates.template_id IS 'Id, unique in the namespace.';
COMMENT ON COLUMN hostq.templates.ordinal IS 'Place in the file: the order is preference.';
COMMENT ON COLUMN hostq.templates.definition IS 'As in the file.';
COMMENT ON COLUMN hostq.templates.provider_api IS 'Handler that serves it.';
COMMENT ON COLUMN hostq.templates.max_number IS 'Most units; -1: 10000.';
COMMENT ON COLUMN hostq.templates.valid IS 'False: submit refuses it.';
COMMENT ON COLUMN hostq.templates.problem IS 'What is wrong with it: key, value, limit.';
COMMENT ON COLUMN hostq.templates.user_data IS 'Text of userDataScript.';
COMMENT ON COLUMN hostq.templates.stored_at IS 'When it was stored.';

CREATE TABLE hostq.providers (
    namespace text PRIMARY KEY,
    files_hash text NOT NULL,
    config jsonb NOT NULL DEFAULT '{}',
    message text NOT NULL DEFAULT '',
    stored_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE hostq.providers IS 'Provider instances: which template and config files are in force.';
COMMENT ON COLUMN hostq.providers.namespace IS 'HF_PROVIDER_NAME.';
COMMENT ON COLUMN hostq.providers.files_hash IS 'SHA-256 over the files; another one makes the next script call store them anew.';
COMMENT ON COLUMN hostq.providers.config IS 'The config file.';
COMMENT ON COLUMN hostq.providers.message IS 'Templates that were left out and why.';
COMMENT ON COLUMN hostq.providers.stored_at IS 'When it was stored.';
