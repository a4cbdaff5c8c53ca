-- 0001: the queue itself. A request is one row of request_body (what was
-- asked, never updated) and one row of either queue (open) or finished
-- (ended): state lives in exactly one place. The view hostq.requests joins
-- them. Layout and figures: doc/ARCHITECTURE.md, doc/PERFORMANCE.md.

CREATE TYPE hostq.state AS ENUM ('pending', 'claimed', 'processing', 'waiting',
    'completed', 'failed', 'timeout', 'canceled', 'superseded');
COMMENT ON TYPE hostq.state IS 'Where a request is; the first four are open. Legal moves: hostq.edges.';

CREATE TYPE hostq.priority AS ENUM ('high', 'normal', 'low');
COMMENT ON TYPE hostq.priority IS 'Class of a request; sorts in the order of claiming.';

CREATE TABLE hostq.edges (
    from_state hostq.state NOT NULL,
    verb text NOT NULL,
    to_state hostq.state NOT NULL,
    sentence text NOT NULL,
    PRIMARY KEY (from_state, verb)
);
COMMENT ON TABLE hostq.edges IS 'Every legal move of a request, with the sentence for it; equal to src/core/states.def.';
COMMENT ON COLUMN hostq.edges.from_state IS 'State before.';
COMMENT ON COLUMN hostq.edges.verb IS 'What happens; also the type of the event.';
COMMENT ON COLUMN hostq.edges.to_state IS 'State after.';
COMMENT ON COLUMN hostq.edges.sentence IS 'When and why, for people.';

CREATE TABLE hostq.deployment (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    system_identifier bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX deployment_one ON hostq.deployment ((true));
COMMENT ON TABLE hostq.deployment IS 'One row: which deployment this database is. A system_identifier other than the server''s own means a copy or a restore; sweeps that terminate stay off until hostq adopt.';
COMMENT ON COLUMN hostq.deployment.id IS 'Part of every idempotency token and owner tag.';
COMMENT ON COLUMN hostq.deployment.system_identifier IS 'pg_control_system().system_identifier when the schema was made or adopted.';
COMMENT ON COLUMN hostq.deployment.created_at IS 'When the schema was made.';

CREATE TABLE hostq.settings (
    name text PRIMARY KEY,
    value text NOT NULL,
    dflt text NOT NULL,
    type text NOT NULL CHECK (type IN ('int', 'bool', 'text', 'json')),
    min bigint,
    max bigint,
    help text NOT NULL
);
COMMENT ON TABLE hostq.settings IS 'What submit enforces and sweeps obey; changed by `hostq set NAME VALUE`.';
COMMENT ON COLUMN hostq.settings.name IS 'Name of the setting.';
COMMENT ON COLUMN hostq.settings.value IS 'Value in force, as text.';
COMMENT ON COLUMN hostq.settings.dflt IS 'Value as shipped.';
COMMENT ON COLUMN hostq.settings.type IS 'int, bool, text or json.';
COMMENT ON COLUMN hostq.settings.min IS 'Least value of an int.';
COMMENT ON COLUMN hostq.settings.max IS 'Greatest value of an int.';
COMMENT ON COLUMN hostq.settings.help IS 'Meaning and unit.';

CREATE TABLE hostq.queues (
    name text PRIMARY KEY,
    kind text,
    paused boolean NOT NULL DEFAULT false,
    max_retries int CHECK (max_retries >= 0),
    stop_before_deadline_ms bigint,
    backoff_ms bigint NOT NULL DEFAULT 1000 CHECK (backoff_ms >= 0),
    backoff_factor float8 NOT NULL DEFAULT 2 CHECK (backoff_factor >= 1),
    max_backoff_ms bigint NOT NULL DEFAULT 60000 CHECK (max_backoff_ms >= 0),
    timeout_s int CHECK (timeout_s > 0),
    audit text NOT NULL DEFAULT 'full' CHECK (audit IN ('full', 'stamps')),
    results text NOT NULL DEFAULT 'none' CHECK (results IN ('none', 'consume')),
    retention_s bigint NOT NULL DEFAULT 2592000 CHECK (retention_s > 0)
);
COMMENT ON TABLE hostq.queues IS 'Named queues and their policy; a request may override the retry settings.';
COMMENT ON COLUMN hostq.queues.name IS 'Name of the queue.';
COMMENT ON COLUMN hostq.queues.kind IS 'Only requests of this kind; null: any.';
COMMENT ON COLUMN hostq.queues.paused IS 'True: nothing is claimed from it.';
COMMENT ON COLUMN hostq.queues.max_retries IS 'Retries after the first try; null: no cap.';
COMMENT ON COLUMN hostq.queues.stop_before_deadline_ms IS 'A retry must start this many ms before the deadline; null: the deadline itself; may be negative.';
COMMENT ON COLUMN hostq.queues.backoff_ms IS 'Delay before the first retry, ms.';
COMMENT ON COLUMN hostq.queues.backoff_factor IS 'Each later delay is this many times the one before.';
COMMENT ON COLUMN hostq.queues.max_backoff_ms IS 'Longest delay, ms.';
COMMENT ON COLUMN hostq.queues.timeout_s IS 'Deadline of a request that names none, seconds after submit; null: none.';
COMMENT ON COLUMN hostq.queues.audit IS 'full: each step is an event; stamps: what the row''s own times say is not stored twice (a retry always is).';
COMMENT ON COLUMN hostq.queues.results IS 'consume: an ended request leaves a row in hostq.results.';
COMMENT ON COLUMN hostq.queues.retention_s IS 'How long an ended request is kept, seconds.';

CREATE TABLE hostq.lanes (
    base int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    priority hostq.priority NOT NULL,
    route text,
    account text,
    region text,
    group_id bigint,
    used_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,
    UNIQUE NULLS NOT DISTINCT (queue, priority, route, account, region, group_id)
);
COMMENT ON TABLE hostq.lanes IS 'What one claim scan walks. A lane has three scans, told apart by queue.lane_id: base*4 main, +1 resumed (waiting, given back, taken over), +2 suspect (its daemon crashed).';
COMMENT ON COLUMN hostq.lanes.base IS 'queue.lane_id / 4.';
COMMENT ON COLUMN hostq.lanes.queue IS 'Name in hostq.queues.';
COMMENT ON COLUMN hostq.lanes.priority IS 'Class.';
COMMENT ON COLUMN hostq.lanes.route IS 'What a daemon must announce to claim from it (host:NAME/BOOT); null: any daemon.';
COMMENT ON COLUMN hostq.lanes.account IS 'Provider account, where the kind has one.';
COMMENT ON COLUMN hostq.lanes.region IS 'Region, where the kind has one.';
COMMENT ON COLUMN hostq.lanes.group_id IS 'Batch, if any.';
COMMENT ON COLUMN hostq.lanes.used_at IS 'When it was made or taken into use again.';
COMMENT ON COLUMN hostq.lanes.retired_at IS 'Set when it was long empty: daemons do not walk it; the next submit takes it back.';

CREATE SEQUENCE hostq.request_seq AS bigint MAXVALUE 281474976710655 CACHE 1;
COMMENT ON SEQUENCE hostq.request_seq IS 'Internal numbers of requests: 48 bits, carried by every generated id.';

CREATE TABLE hostq.request_body (
    id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    request_id text NOT NULL,
    namespace text NOT NULL,
    kind text NOT NULL,
    queue text NOT NULL,
    priority hostq.priority NOT NULL,
    provider_api text,
    template_id text,
    template jsonb,
    machine_count int,
    timeout interval,
    payload jsonb NOT NULL,
    policy jsonb,
    submitted_by text NOT NULL,
    account text,
    region text,
    key text,
    ordering_key text,
    group_id bigint,
    race_of bigint,
    cleanup_of text,
    traceparent text,
    PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE TABLE hostq.request_body_default PARTITION OF hostq.request_body DEFAULT
    WITH (autovacuum_vacuum_insert_threshold = -1);
COMMENT ON TABLE hostq.request_body IS 'What was asked: inserted once, never updated.';
COMMENT ON COLUMN hostq.request_body.id IS 'Internal number; not shown outside.';
COMMENT ON COLUMN hostq.request_body.created_at IS 'When it was submitted (database clock).';
COMMENT ON COLUMN hostq.request_body.request_id IS 'The id that users know. Generated ones carry id; custom ones are in hostq.ids.';
COMMENT ON COLUMN hostq.request_body.namespace IS 'Provider instance or tenant; default without one.';
COMMENT ON COLUMN hostq.request_body.kind IS 'provision, return, watch, noop, ...';
COMMENT ON COLUMN hostq.request_body.queue IS 'Queue it was submitted to.';
COMMENT ON COLUMN hostq.request_body.priority IS 'Class.';
COMMENT ON COLUMN hostq.request_body.provider_api IS 'Which handler works it (process, ...).';
COMMENT ON COLUMN hostq.request_body.template_id IS 'Template asked for.';
COMMENT ON COLUMN hostq.request_body.template IS 'Copy of the template at submit.';
COMMENT ON COLUMN hostq.request_body.machine_count IS 'Units asked for; of a return: number of machines.';
COMMENT ON COLUMN hostq.request_body.timeout IS 'deadline - created_at; null: none.';
COMMENT ON COLUMN hostq.request_body.payload IS 'All parameters as given, tags and metadata among them, without requestId.';
COMMENT ON COLUMN hostq.request_body.policy IS 'Retry settings of its own, under their names.';
COMMENT ON COLUMN hostq.request_body.submitted_by IS 'Database role that submitted it.';
COMMENT ON COLUMN hostq.request_body.account IS 'Provider account.';
COMMENT ON COLUMN hostq.request_body.region IS 'Provider region.';
COMMENT ON COLUMN hostq.request_body.key IS 'Concurrency key.';
COMMENT ON COLUMN hostq.request_body.ordering_key IS 'Requests of one ordering key run one at a time, in order.';
COMMENT ON COLUMN hostq.request_body.group_id IS 'Batch it belongs to.';
COMMENT ON COLUMN hostq.request_body.race_of IS 'Internal number of the request it races.';
COMMENT ON COLUMN hostq.request_body.cleanup_of IS 'request_id of the ended request whose machines this return removes.';
COMMENT ON COLUMN hostq.request_body.traceparent IS 'W3C trace context of the submitter.';

CREATE TABLE hostq.queue (
    id bigint PRIMARY KEY,
    run_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    lease bigint,
    deadline timestamptz,
    claimed_at timestamptz,
    started_at timestamptz,
    first_started_at timestamptz,
    settled_at timestamptz,
    lane_id int NOT NULL,
    owner int,
    state hostq.state NOT NULL DEFAULT 'pending',
    retry_attempt int NOT NULL DEFAULT 0 CHECK (retry_attempt >= 0),
    intent int NOT NULL DEFAULT 0,
    crashes smallint NOT NULL DEFAULT 0,
    note jsonb,
    CONSTRAINT queue_state_open CHECK (state IN ('pending', 'claimed', 'processing', 'waiting')),
    CONSTRAINT queue_state_shape CHECK (
        CASE WHEN state IN ('pending', 'waiting')
             THEN owner IS NULL AND lease IS NULL AND claimed_at IS NULL AND started_at IS NULL
             WHEN state = 'claimed'
             THEN owner IS NOT NULL AND lease IS NOT NULL AND claimed_at IS NOT NULL AND started_at IS NULL
             ELSE owner IS NOT NULL AND lease IS NOT NULL AND claimed_at IS NOT NULL
                  AND started_at IS NOT NULL AND first_started_at IS NOT NULL END),
    CONSTRAINT queue_waiting_started CHECK (state <> 'waiting' OR first_started_at IS NOT NULL)
) WITH (fillfactor = 45, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200000,
        autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 2000000000);
-- Without state, lease or owner in any index, claim and mark stay HOT; without
-- id in this one, no plan can mistake it for the primary key.
CREATE INDEX queue_lane ON hostq.queue (lane_id, run_at);
CREATE INDEX queue_deadline ON hostq.queue (deadline) WHERE deadline IS NOT NULL;
COMMENT ON TABLE hostq.queue IS 'Exactly the open requests. Narrow, because it is the only table that is updated for every request.';
COMMENT ON COLUMN hostq.queue.id IS 'Internal number.';
COMMENT ON COLUMN hostq.queue.run_at IS 'When it may be claimed: shown as not_before of a pending row while in the future, as next_poll_at of a waiting one.';
COMMENT ON COLUMN hostq.queue.lease IS 'Fence token of the claim; every later write of that claim names it.';
COMMENT ON COLUMN hostq.queue.deadline IS 'When it ends as timeout; null: never.';
COMMENT ON COLUMN hostq.queue.claimed_at IS 'When this claim was made.';
COMMENT ON COLUMN hostq.queue.started_at IS 'When this claim became processing.';
COMMENT ON COLUMN hostq.queue.first_started_at IS 'When any claim first became processing.';
COMMENT ON COLUMN hostq.queue.settled_at IS 'When its last round was settled as a wait, a retry or given back.';
COMMENT ON COLUMN hostq.queue.lane_id IS 'hostq.lanes.base * 4 + role.';
COMMENT ON COLUMN hostq.queue.owner IS 'Epoch of the daemon that holds it.';
COMMENT ON COLUMN hostq.queue.state IS 'One of the open states.';
COMMENT ON COLUMN hostq.queue.retry_attempt IS 'Attempts that failed; the first try is 0.';
COMMENT ON COLUMN hostq.queue.intent IS 'Number of the intent; grows when a definite answer is settled and at a person''s retry.';
COMMENT ON COLUMN hostq.queue.crashes IS 'How often its daemon died unannounced while working it, since the last settled round.';
COMMENT ON COLUMN hostq.queue.note IS 'cursor, poll_count, poll_errors, last_reason, message of earlier rounds.';

CREATE TABLE hostq.finished (
    id bigint NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    lease bigint,
    deadline timestamptz,
    claimed_at timestamptz,
    started_at timestamptz,
    first_started_at timestamptz,
    lane_id int NOT NULL,
    owner int,
    state hostq.state NOT NULL,
    retry_attempt int NOT NULL,
    intent int NOT NULL,
    response_status int,
    crashes smallint NOT NULL,
    namespace text NOT NULL,
    failure_reason text,
    error_code text,
    error_message text,
    error_details jsonb,
    response_body bytea,
    note jsonb,
    PRIMARY KEY (id),
    CONSTRAINT finished_state_final CHECK (state IN ('completed', 'failed', 'timeout', 'canceled', 'superseded')),
    CONSTRAINT finished_state_shape CHECK (
        CASE state
        WHEN 'completed' THEN claimed_at IS NOT NULL AND started_at IS NOT NULL AND failure_reason IS NULL
        WHEN 'failed' THEN failure_reason IS NOT NULL AND error_message <> '' AND error_message IS NOT NULL
        WHEN 'timeout' THEN failure_reason IS NOT NULL AND error_message <> '' AND error_message IS NOT NULL
        ELSE true END),
    CONSTRAINT finished_reason_known CHECK (failure_reason IN ('retriable_http_status',
        'non_retriable_http_status', 'network_error', 'timeout', 'task_terminated', 'builder_error',
        'deadline', 'poll_deadline', 'max_retries', 'partial', 'throttled', 'capacity', 'quota', 'auth',
        'config', 'unavailable', 'internal'))
) PARTITION BY RANGE (id);
CREATE TABLE hostq.finished_default PARTITION OF hostq.finished DEFAULT
    WITH (autovacuum_vacuum_insert_threshold = -1);
CREATE INDEX finished_failed ON hostq.finished (id) WHERE state IN ('failed', 'timeout');
COMMENT ON TABLE hostq.finished IS 'How requests ended: appended, never updated; the primary key allows one end at a time.';
COMMENT ON COLUMN hostq.finished.id IS 'Internal number.';
COMMENT ON COLUMN hostq.finished.finished_at IS 'When it ended: completed_at, failed_at or canceled_at of the view.';
COMMENT ON COLUMN hostq.finished.lease IS 'Fence token of the claim that ended it.';
COMMENT ON COLUMN hostq.finished.deadline IS 'Deadline it had.';
COMMENT ON COLUMN hostq.finished.claimed_at IS 'When its last claim was made.';
COMMENT ON COLUMN hostq.finished.started_at IS 'When its last claim became processing.';
COMMENT ON COLUMN hostq.finished.first_started_at IS 'When any claim first became processing.';
COMMENT ON COLUMN hostq.finished.lane_id IS 'Lane it was in; a person''s retry puts it back there.';
COMMENT ON COLUMN hostq.finished.owner IS 'Epoch of the daemon that held it.';
COMMENT ON COLUMN hostq.finished.state IS 'One of the final states.';
COMMENT ON COLUMN hostq.finished.retry_attempt IS 'Attempts that failed before the last one.';
COMMENT ON COLUMN hostq.finished.intent IS 'Number of the last intent.';
COMMENT ON COLUMN hostq.finished.response_status IS 'HTTP status or exit status.';
COMMENT ON COLUMN hostq.finished.crashes IS 'Unannounced deaths of its daemons.';
COMMENT ON COLUMN hostq.finished.namespace IS 'As in request_body.';
COMMENT ON COLUMN hostq.finished.failure_reason IS 'Why it ended (doc/STATES.md); last_reason of the note is the last attempt''s.';
COMMENT ON COLUMN hostq.finished.error_code IS 'Code of the method calls (INSUFFICIENT_CAPACITY, ...) or the provider''s own.';
COMMENT ON COLUMN hostq.finished.error_message IS 'What happened, for people.';
COMMENT ON COLUMN hostq.finished.error_details IS 'What happened, for programs; SQLSTATE where the database refused the result.';
COMMENT ON COLUMN hostq.finished.response_body IS 'Result or reply.';
COMMENT ON COLUMN hostq.finished.note IS 'Note of the row when it ended.';

CREATE TABLE hostq.ids (
    request_id text PRIMARY KEY,
    id bigint NOT NULL,
    created timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE hostq.ids IS 'Ids chosen by callers, kept as long as the queue''s retention.';
COMMENT ON COLUMN hostq.ids.request_id IS 'The id.';
COMMENT ON COLUMN hostq.ids.id IS 'Internal number of the request.';
COMMENT ON COLUMN hostq.ids.created IS 'When it was first used.';

CREATE TABLE hostq.intents (
    id bigint PRIMARY KEY,
    token text NOT NULL,
    body jsonb NOT NULL,
    lease bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE hostq.intents IS 'Calls that create something outside and have no definite answer yet: committed before the call, removed when settled. Only hostq_daemon reads it (user data may hold secrets).';
COMMENT ON COLUMN hostq.intents.id IS 'Internal number of the request.';
COMMENT ON COLUMN hostq.intents.token IS 'Idempotency token.';
COMMENT ON COLUMN hostq.intents.body IS 'What is sent, replayed unchanged while the intent is open.';
COMMENT ON COLUMN hostq.intents.lease IS 'Claim that committed it.';
COMMENT ON COLUMN hostq.intents.created_at IS 'When it was committed.';

CREATE TABLE hostq.event (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    request_id text,
    namespace text NOT NULL,
    type text NOT NULL,
    from_state hostq.state,
    to_state hostq.state,
    actor text NOT NULL DEFAULT session_user,
    daemon int,
    attempt int,
    reason text,
    code text,
    details jsonb
) PARTITION BY RANGE (at);
CREATE TABLE hostq.event_default PARTITION OF hostq.event DEFAULT
    WITH (autovacuum_vacuum_insert_threshold = -1);
CREATE INDEX event_request ON hostq.event (request_id, at);
COMMENT ON TABLE hostq.event IS 'Append-only audit. Read it through the view hostq.events, which adds what the stamps of the rows say.';
COMMENT ON COLUMN hostq.event.seq IS 'Order of writing.';
COMMENT ON COLUMN hostq.event.at IS 'When it happened (database clock).';
COMMENT ON COLUMN hostq.event.request_id IS 'Which request; null for a refused submit without an id.';
COMMENT ON COLUMN hostq.event.namespace IS 'As in request_body.';
COMMENT ON COLUMN hostq.event.type IS 'Verb of hostq.edges, or submit, rejected, intent, cleanup, lost, machine.';
COMMENT ON COLUMN hostq.event.from_state IS 'State before, where it changed.';
COMMENT ON COLUMN hostq.event.to_state IS 'State after, where it changed.';
COMMENT ON COLUMN hostq.event.actor IS 'Database role that did it.';
COMMENT ON COLUMN hostq.event.daemon IS 'Epoch of the daemon that did it.';
COMMENT ON COLUMN hostq.event.attempt IS 'retry_attempt at that time.';
COMMENT ON COLUMN hostq.event.reason IS 'Reason (doc/STATES.md).';
COMMENT ON COLUMN hostq.event.code IS 'Error code.';
COMMENT ON COLUMN hostq.event.details IS 'More, for programs.';

CREATE TABLE hostq.aborts (
    owner int NOT NULL,
    id bigint NOT NULL,
    lease bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner, id, lease)
);
COMMENT ON TABLE hostq.aborts IS 'Claims that a daemon must drop, because the request was canceled or superseded; taken by its heartbeat.';
COMMENT ON COLUMN hostq.aborts.owner IS 'Epoch of the daemon.';
COMMENT ON COLUMN hostq.aborts.id IS 'Internal number of the request.';
COMMENT ON COLUMN hostq.aborts.lease IS 'The claim to drop.';
COMMENT ON COLUMN hostq.aborts.created_at IS 'When it was asked.';

CREATE TABLE hostq.waiters (
    id bigint NOT NULL,
    channel text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, channel)
);
COMMENT ON TABLE hostq.waiters IS 'Who waits for the end of a request; told once by NOTIFY.';
COMMENT ON COLUMN hostq.waiters.id IS 'Internal number of the request.';
COMMENT ON COLUMN hostq.waiters.channel IS 'Channel of the waiting process.';
COMMENT ON COLUMN hostq.waiters.created_at IS 'When it began to wait.';
