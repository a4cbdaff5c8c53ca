-- Views that tell how the house is doing.

CREATE OR REPLACE VIEW hostq.queue_status WITH (security_invoker = true) AS
SELECT k.name AS queue, k.kind, k.paused,
    count(*) FILTER (WHERE s.state = 'pending') AS pending,
    count(*) FILTER (WHERE s.state = 'claimed') AS claimed,
    count(*) FILTER (WHERE s.state = 'processing') AS processing,
    count(*) FILTER (WHERE s.state = 'waiting') AS waiting,
    count(*) FILTER (WHERE s.state = 'pending' AND s.run_at > statement_timestamp()) AS delayed,
    count(*) FILTER (WHERE s.state IN ('pending', 'waiting') AND s.run_at <= statement_timestamp()) AS ready,
    count(*) FILTER (WHERE s.crashes > 0) AS crashed,
    statement_timestamp() - min(s.run_at) FILTER (WHERE s.state IN ('pending', 'waiting') AND s.run_at <= statement_timestamp()) AS oldest_ready,
    k.audit, k.results
FROM hostq.queues k LEFT JOIN (
    SELECT l.queue, q.state, q.run_at, q.crashes FROM hostq.queue q JOIN hostq.lanes l ON l.base = q.lane_id / 4
    WHERE (SELECT hostq.may(NULL)) OR EXISTS (SELECT FROM hostq.request_body b
        WHERE b.id = q.id AND b.namespace = ANY (ARRAY(SELECT hostq.my_namespaces())))) s ON s.queue = k.name
GROUP BY k.name;
COMMENT ON VIEW hostq.queue_status IS 'Open requests per queue and state.';
COMMENT ON COLUMN hostq.queue_status.pending IS 'Not claimed, delayed ones included: the backlog.';
COMMENT ON COLUMN hostq.queue_status.delayed IS 'Of the pending ones, those not due yet.';
COMMENT ON COLUMN hostq.queue_status.ready IS 'Pending or waiting, and due: could be claimed now.';
COMMENT ON COLUMN hostq.queue_status.crashed IS 'Open requests during whose work a daemon died.';
COMMENT ON COLUMN hostq.queue_status.oldest_ready IS 'How long the oldest of the ready ones has been due.';

CREATE OR REPLACE VIEW hostq.stuck_requests WITH (security_invoker = true) AS
SELECT r.request_id, r.namespace, r.kind, r.queue, r.state, s.since, statement_timestamp() - s.since AS for_time, r.crashes, r.deadline,
    hostq.why_not(r.request_id) AS why
FROM hostq.request_rows r JOIN hostq.queue q ON q.id = r.id LEFT JOIN hostq.daemons d ON d.epoch = q.owner
CROSS JOIN LATERAL (SELECT CASE
    WHEN q.deadline < statement_timestamp() - interval '10 s' AND q.state <> 'processing' THEN q.deadline
    WHEN q.state IN ('pending', 'waiting') AND q.run_at < statement_timestamp() - interval '60 s' THEN q.run_at
    WHEN q.state = 'claimed' AND q.claimed_at < statement_timestamp() - hostq.setting('claim_timeout_ms')::bigint * interval '1 ms' THEN q.claimed_at
    WHEN q.state = 'processing' AND q.started_at < statement_timestamp() - hostq.setting('processing_timeout_ms')::bigint * interval '1 ms' THEN q.started_at
    WHEN q.owner IS NOT NULL AND (d.epoch IS NULL OR d.state = 'dead' OR d.lease_until < statement_timestamp()) THEN coalesce(d.ended_at, d.lease_until, q.claimed_at)
    END AS since) s
WHERE s.since IS NOT NULL AND r.state IN ('pending', 'claimed', 'processing', 'waiting');
COMMENT ON VIEW hostq.stuck_requests IS 'Open requests that should be moving and are not: due for a minute, held too long, or held by a daemon that is gone.';
COMMENT ON COLUMN hostq.stuck_requests.since IS 'When it should have moved.';
COMMENT ON COLUMN hostq.stuck_requests.for_time IS 'How long ago that was.';
COMMENT ON COLUMN hostq.stuck_requests.why IS 'hostq.why_not() of it.';

CREATE OR REPLACE VIEW hostq.failures_by_reason WITH (security_invoker = true) AS
SELECT namespace, kind, provider_api, failure_reason, last_reason, error_code, count(*) AS failures,
    count(*) FILTER (WHERE finished_at > statement_timestamp() - interval '24 h') AS failures_24h,
    min(finished_at) AS first_at, max(finished_at) AS last_at,
    (array_agg(request_id ORDER BY finished_at DESC))[1] AS last_request_id,
    (array_agg(error_message ORDER BY finished_at DESC))[1] AS last_error
FROM hostq.request_rows WHERE state IN ('failed', 'timeout')
GROUP BY namespace, kind, provider_api, failure_reason, last_reason, error_code;
COMMENT ON VIEW hostq.failures_by_reason IS 'Requests that ended failed or timeout and that nobody has retried, by reason.';
COMMENT ON COLUMN hostq.failures_by_reason.failure_reason IS 'Why they ended (max_retries or deadline where a retry was refused).';
COMMENT ON COLUMN hostq.failures_by_reason.last_reason IS 'What went wrong at the last attempt.';
COMMENT ON COLUMN hostq.failures_by_reason.failures_24h IS 'Of these, in the last 24 hours.';

CREATE OR REPLACE VIEW hostq.daemon_health WITH (security_invoker = true) AS
SELECT d.name || '#' || d.epoch AS daemon_id, d.name, d.host, d.pid, d.version, d.state,
    CASE WHEN d.state = 'dead' THEN 'dead'
         WHEN d.lease_until < statement_timestamp() THEN 'lease expired'
         WHEN hostq.lock_is_free(d.epoch) THEN 'lock free'
         WHEN d.heartbeat_at < statement_timestamp() - interval '5 s' THEN 'late'
         WHEN EXISTS (SELECT FROM hostq.pauses p WHERE p.scope = 'drain' AND p.value = d.host) THEN 'drained'
         WHEN d.in_flight >= d.slots THEN 'full'
         ELSE 'ok' END AS health,
    d.slots, d.in_flight, statement_timestamp() - d.heartbeat_at AS heartbeat_age, d.lease_until, d.started_at,
    coalesce(d.ended_at, statement_timestamp()) - d.started_at AS uptime, d.ended_at, d.ended_why, d.routes, d.boot_id, d.counters, d.queues
FROM hostq.daemons d;
COMMENT ON VIEW hostq.daemon_health IS 'Daemons, living and recently ended.';
COMMENT ON COLUMN hostq.daemon_health.daemon_id IS 'Name and epoch: what hostq.requests.daemon_id shows.';
COMMENT ON COLUMN hostq.daemon_health.health IS 'ok; full: all slots busy; drained: takes only what is bound to its host; late: no heartbeat for 5 s; lock free or lease expired: about to be declared dead; dead.';

CREATE OR REPLACE VIEW hostq.performance WITH (security_invoker = true) AS
SELECT namespace, kind, count(*) AS ended,
    count(*) FILTER (WHERE state = 'completed') AS completed, count(*) FILTER (WHERE state = 'failed') AS failed,
    count(*) FILTER (WHERE state = 'timeout') AS timed_out, count(*) FILTER (WHERE state = 'canceled') AS canceled,
    round(count(*) FILTER (WHERE state = 'completed')::numeric
        / nullif(count(*) FILTER (WHERE state IN ('completed', 'failed', 'timeout')), 0), 4) AS success_rate,
    avg(finished_at - created_at) AS average_duration,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY finished_at - created_at) AS p50_duration,
    percentile_disc(0.95) WITHIN GROUP (ORDER BY finished_at - created_at) AS p95_duration,
    avg(first_started_at - created_at) AS average_wait,
    round(avg(retry_attempt), 3) AS average_retries, sum(crashes) AS crashes
FROM hostq.request_rows
WHERE state IN ('completed', 'failed', 'timeout', 'canceled', 'superseded') AND finished_at > statement_timestamp() - interval '24 h'
GROUP BY namespace, kind;
COMMENT ON VIEW hostq.performance IS 'Requests that ended in the last 24 hours, by namespace and kind.';
COMMENT ON COLUMN hostq.performance.success_rate IS 'completed / (completed + failed + timed_out).';
COMMENT ON COLUMN hostq.performance.average_duration IS 'From submit to end.';
COMMENT ON COLUMN hostq.performance.average_wait IS 'From submit to the first start.';

-- Dead rows stay while anybody could still see them: the xmin horizon. Runs
-- as the owner; where that is no superuser and not in pg_monitor, sessions of
-- others are not seen.
CREATE OR REPLACE FUNCTION hostq.horizon_holders(OUT holder text, OUT name text, OUT holds text, OUT since timestamptz, OUT xids bigint)
RETURNS SETOF record
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH x AS (
        SELECT CASE a.backend_type WHEN 'walsender' THEN 'standby' ELSE 'transaction' END AS holder,
            format('pid %s (%s)', a.pid, concat_ws(', ', nullif(a.application_name, ''), 'user ' || a.usename, a.client_addr::text, a.state)) AS name,
            'rows' AS holds, CASE WHEN a.backend_type <> 'walsender' THEN a.xact_start END AS since,
            greatest(age(a.backend_xmin), age(a.backend_xid)) AS xids
        FROM pg_stat_activity a
        WHERE a.pid <> pg_backend_pid() AND (a.datname = current_database() OR a.backend_type = 'walsender')
          AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum v WHERE v.pid = a.pid)
        UNION ALL
        SELECT 'prepared transaction', format('%s (user %s)', gid, owner), 'rows', prepared, age(transaction)
        FROM pg_prepared_xacts WHERE database = current_database()
        UNION ALL
        SELECT 'replication slot', format('%s (%s)', slot_name, concat_ws(', ', slot_type, CASE WHEN active THEN 'pid ' || active_pid ELSE 'inactive' END)),
            h.holds, NULL, h.xids
        FROM pg_replication_slots CROSS JOIN LATERAL (VALUES ('rows', age(xmin)), ('catalogs', age(catalog_xmin))) h (holds, xids))
    SELECT x.holder, x.name, x.holds, coalesce(x.since, (SELECT max(t.at) FROM hostq.xid_times t
        WHERE t.xid::text::numeric <= pg_snapshot_xmax(pg_current_snapshot())::text::numeric - x.xids)), x.xids
    FROM x WHERE x.xids IS NOT NULL
$$;
COMMENT ON FUNCTION hostq.horizon_holders IS 'What the view xmin_holders shows.';

CREATE OR REPLACE VIEW hostq.xmin_holders WITH (security_invoker = true) AS
SELECT h.holder, h.name, h.holds, h.since, statement_timestamp() - h.since AS age, h.xids,
    format('%s %s has kept dead %s from being removed since %s', h.holder, h.name,
        CASE h.holds WHEN 'rows' THEN 'rows' ELSE 'rows of the system catalogs' END, coalesce(hostq.say(h.since), 'a time not known')) AS sentence
FROM hostq.horizon_holders() h
ORDER BY h.holds DESC, h.xids DESC, h.since;
COMMENT ON VIEW hostq.xmin_holders IS 'Who holds the xmin horizon back, the oldest first: vacuum removes no row that died after it. Rows first, then those that hold only the system catalogs (logical slots).';
COMMENT ON COLUMN hostq.xmin_holders.holder IS 'transaction, prepared transaction, replication slot, standby (hot_standby_feedback without a slot).';
COMMENT ON COLUMN hostq.xmin_holders.name IS 'Backend with application, user, address and state; gid; slot.';
COMMENT ON COLUMN hostq.xmin_holders.holds IS 'rows: of every table; catalogs: only of the system catalogs.';
COMMENT ON COLUMN hostq.xmin_holders.since IS 'Since when; of slots and standbys to the minute, from hostq.xid_times; null: from before that table.';
COMMENT ON COLUMN hostq.xmin_holders.age IS 'How long that is.';
COMMENT ON COLUMN hostq.xmin_holders.xids IS 'Transactions begun since then.';
COMMENT ON COLUMN hostq.xmin_holders.sentence IS 'The same in one sentence.';

CREATE OR REPLACE FUNCTION hostq.horizon_us() RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((extract(epoch FROM max(clock_timestamp() - since)) * 1000000)::bigint, 0) FROM hostq.horizon_holders() WHERE holds = 'rows'
$$;
COMMENT ON FUNCTION hostq.horizon_us IS 'Age of the oldest holder of the xmin horizon, us; 0: none.';

COMMENT ON COLUMN hostq.request_rows.status IS 'JSON word of the state.';
COMMENT ON COLUMN hostq.request_rows.machine_ids IS 'instance_id of its machines; of a return: of those it is about.';
COMMENT ON COLUMN hostq.request_rows.not_before IS 'When a pending request may be claimed, while that is in the future.';
COMMENT ON COLUMN hostq.request_rows.next_poll_at IS 'When a waiting request is looked at again.';
COMMENT ON COLUMN hostq.request_rows.daemon_id IS 'Name and epoch of the daemon that holds it, or held it when it ended.';
COMMENT ON COLUMN hostq.request_rows.updated_at IS 'Last change that its stamps tell.';
COMMENT ON COLUMN hostq.request_rows.completed_at IS 'finished_at of a completed one.';
COMMENT ON COLUMN hostq.request_rows.failed_at IS 'finished_at of a failed one.';
COMMENT ON COLUMN hostq.request_rows.canceled_at IS 'finished_at of a canceled one.';
COMMENT ON COLUMN hostq.request_rows.last_reason IS 'Reason of the last failed attempt.';
COMMENT ON COLUMN hostq.request_rows.message IS 'Of an open request: the provider''s last message.';
COMMENT ON COLUMN hostq.request_rows.resource_ids IS 'What was created outside for it.';
COMMENT ON COLUMN hostq.request_rows.tags IS 'Tags as given.';
COMMENT ON COLUMN hostq.request_rows.metadata IS 'Metadata as given.';
COMMENT ON COLUMN hostq.request_rows.route IS 'What a daemon must announce to claim it; null: any daemon.';
COMMENT ON COLUMN hostq.request_rows.race_of IS 'request_id of the request it races.';
COMMENT ON COLUMN hostq.request_rows.poll_count IS 'Polls that found it still going on.';
COMMENT ON COLUMN hostq.request_rows.poll_errors IS 'Polls that failed.';
COMMENT ON COLUMN hostq.request_rows.params_hash IS 'SHA-256 of the payload.';

-- Columns that pass through have the comment of the column they come from.
DO $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT v.relname AS view, a.attname AS col,
            coalesce(max(d.description) FILTER (WHERE t.relname = 'request_rows'), max(d.description)) AS text
        FROM pg_class v JOIN pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0
        JOIN pg_class t ON t.relnamespace = v.relnamespace AND t.relname = ANY (CASE v.relname
            WHEN 'machine_overview' THEN '{machines}' WHEN 'daemon_health' THEN '{daemons}' WHEN 'queue_status' THEN '{queues}'
            WHEN 'events' THEN '{event}' ELSE '{request_body,queue,finished,request_rows}' END::name[])
        JOIN pg_attribute ta ON ta.attrelid = t.oid AND ta.attname = a.attname
        JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = t.oid AND d.objsubid = ta.attnum
        WHERE v.relnamespace = 'hostq'::regnamespace AND v.relkind = 'v' AND v.relname IN ('request_rows', 'requests',
            'request_overview', 'machine_overview', 'daemon_health', 'queue_status', 'events', 'stuck_requests')
          AND col_description(v.oid, a.attnum) IS NULL AND v.oid <> t.oid
        GROUP BY v.oid, v.relname, a.attname ORDER BY v.relname <> 'request_rows' LOOP
        EXECUTE format('COMMENT ON COLUMN hostq.%I.%I IS %L', r.view, r.col, r.text);
    END LOOP;
END $$;
