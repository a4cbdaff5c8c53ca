-- check.sql - what must hold when the faults are over and every request has
-- ended; run by contrib/chaos. Each row is something that is wrong.
-- public.told (word, request_id) has what the clients were told.
-- psql variable: daemons, how many there are.
\set ON_ERROR_STOP 1
SET client_min_messages = error;
CREATE TEMP TABLE r AS SELECT * FROM hostq.requests;
CREATE TEMP TABLE e AS SELECT * FROM hostq.event;
CREATE INDEX ON r (request_id);
CREATE INDEX ON e (request_id, seq);
ANALYZE r, e;

-- I1: each request is in exactly one state, and nothing else is.
SELECT format('%s is in %s places', request_id, n) FROM (
    SELECT b.request_id, (SELECT count(*) FROM hostq.queue q WHERE q.id = b.id)
        + (SELECT count(*) FROM hostq.finished f WHERE f.id = b.id) AS n FROM hostq.request_body b) x
WHERE n <> 1;
SELECT format('number %s has a state and no request', id) FROM (SELECT id FROM hostq.queue UNION ALL SELECT id FROM hostq.finished) x
WHERE NOT EXISTS (SELECT FROM hostq.request_body b WHERE b.id = x.id);
SELECT format('id %s leads nowhere', request_id) FROM hostq.ids i
WHERE NOT EXISTS (SELECT FROM hostq.request_body b WHERE b.id = i.id AND b.request_id = i.request_id);
SELECT format('%s is open: %s, %s', request_id, state, hostq.why_not(request_id)) FROM r WHERE finished_at IS NULL AND kind <> 'watch';
SELECT format('%s is stuck: %s', request_id, why) FROM hostq.stuck_requests;

-- Every id that was accepted is there once, and no other one.
SELECT format('%s was accepted and is not there', request_id) FROM public.told t
WHERE word = 'accepted' AND NOT EXISTS (SELECT FROM r WHERE r.request_id = t.request_id);
SELECT format('%s was never accepted', request_id) FROM r WHERE kind <> 'watch' AND cleanup_of IS NULL
    AND NOT EXISTS (SELECT FROM public.told t WHERE t.word = 'accepted' AND t.request_id = r.request_id);
SELECT format('%s is there %s times', request_id, count(*)) FROM hostq.request_body GROUP BY request_id HAVING count(*) > 1;
SELECT format('%s was told completed and is %s', request_id, state) FROM r
WHERE state <> 'completed' AND EXISTS (SELECT FROM public.told t WHERE t.word = 'completed' AND t.request_id = r.request_id);
SELECT format('%s was told canceled and never was', request_id) FROM r
WHERE EXISTS (SELECT FROM public.told t WHERE t.word = 'canceled' AND t.request_id = r.request_id)
    AND NOT EXISTS (SELECT FROM e WHERE e.request_id = r.request_id AND e.type = 'cancel');
SELECT format('%s was opened again %s times, told %s times, %s answers were lost', request_id, was, told, lost) FROM (
    SELECT request_id, (SELECT count(*) FROM e WHERE e.request_id = r.request_id AND type = 'reopen') AS was,
        (SELECT count(*) FROM public.told t WHERE t.request_id = r.request_id AND word = 'reopened') AS told,
        (SELECT count(*) FROM public.told t WHERE t.request_id = r.request_id AND word = 'lost') AS lost
    FROM r WHERE kind <> 'watch') x
WHERE was NOT BETWEEN told AND told + lost;

-- I2: an end has what it needs, and its history.
SELECT format('%s is %s without %s', request_id, state, missing) FROM r CROSS JOIN LATERAL (SELECT CASE
    WHEN finished_at IS NULL OR finished_at < created_at THEN 'a time'
    WHEN state IN ('failed', 'timeout') AND (failure_reason IS NULL OR coalesce(error_message, '') = '') THEN 'a reason'
    WHEN state = 'completed' AND (failure_reason IS NOT NULL OR started_at IS NULL) THEN 'a start'
    WHEN state = 'completed' AND kind = 'noop' AND convert_from(response_body, 'UTF8')::jsonb IS DISTINCT FROM payload->'result' THEN 'its result'
    WHEN NOT EXISTS (SELECT FROM e WHERE e.request_id = r.request_id AND e.type = 'submit') THEN 'the event of its submit'
    WHEN (SELECT e.to_state FROM e WHERE e.request_id = r.request_id AND e.to_state IS NOT NULL ORDER BY e.seq DESC LIMIT 1)
        IS DISTINCT FROM state THEN 'that as its last event'
    END AS missing) m WHERE kind <> 'watch' AND missing IS NOT NULL;
SELECT format('%s failed by crashes: %s', request_id, crashes) FROM r
WHERE EXISTS (SELECT FROM e WHERE e.request_id = r.request_id AND e.type = 'crash')
    AND state = 'failed' AND failure_reason = 'task_terminated' AND crashes < 3
    AND NOT EXISTS (SELECT FROM e WHERE e.request_id = r.request_id AND e.type = 'reopen');

-- I3: one end for each time it was opened; each step legal and by its owner.
SELECT format('%s completed %s times', request_id, count(*)) FROM e WHERE type = 'complete' GROUP BY request_id HAVING count(*) > 1;
SELECT format('%s: %s from %s to %s is no legal step', request_id, type, from_state, to_state) FROM e
WHERE from_state IS NOT NULL AND NOT EXISTS (SELECT FROM hostq.edges g WHERE (g.from_state, g.verb, g.to_state) = (e.from_state, e.type, e.to_state));
WITH s AS (SELECT *, lag(to_state) OVER w AS before, lag(type) OVER w AS after_type
    FROM e WHERE to_state IS NOT NULL AND type <> 'ended' WINDOW w AS (PARTITION BY request_id ORDER BY seq))
SELECT format('%s: %s from %s after %s to %s (event %s)', request_id, type, from_state, after_type, before, seq) FROM s
WHERE before IS NOT NULL AND from_state IS DISTINCT FROM before
    AND NOT (from_state IS NULL AND type = 'complete'); -- a return of nothing that lives
WITH s AS (SELECT *, max(seq) FILTER (WHERE type = 'claim') OVER (PARTITION BY request_id ORDER BY seq) AS claim
    FROM e WHERE type IN ('claim', 'start', 'complete', 'fail', 'retry', 'wait', 'unclaim', 'intent') AND daemon IS NOT NULL)
SELECT format('%s: %s by daemon %s, but the claim was by %s (event %s)', s.request_id, s.type, s.daemon, c.daemon, s.seq)
FROM s LEFT JOIN e c ON c.seq = s.claim WHERE c.daemon IS DISTINCT FROM s.daemon;

-- Ordering keys: who has been claimed goes before all others of its key until
-- it has ended; what one client submits runs in that order.
CREATE TEMP TABLE o AS SELECT r.ordering_key AS key, r.request_id, e.seq, e.type = 'claim' AS claim,
    e.to_state NOT IN ('pending', 'claimed', 'processing', 'waiting') AS final
FROM e JOIN r USING (request_id) WHERE r.ordering_key IS NOT NULL AND e.to_state IS NOT NULL;
WITH c AS (SELECT key, request_id, seq, lag(request_id) OVER w AS before, lag(seq) OVER w AS before_seq
    FROM o WHERE claim WINDOW w AS (PARTITION BY key ORDER BY seq))
SELECT format('%s is claimed, and %s of its ordering key %s has not ended (event %s)', request_id, before, key, seq) FROM c
WHERE before <> request_id AND NOT EXISTS (SELECT FROM o WHERE o.request_id = c.before AND final AND o.seq BETWEEN before_seq AND c.seq);
WITH f AS (SELECT key, split_part(request_id, '-', 1) AS client, split_part(request_id, '-', 2)::int AS n, request_id,
        min(seq) FILTER (WHERE claim) AS first FROM o GROUP BY key, request_id
    HAVING NOT EXISTS (SELECT FROM e WHERE e.request_id = o.request_id AND e.type = 'reopen'))
SELECT format('%s runs before %s of the same client and ordering key %s', b.request_id, a.request_id, a.key)
FROM f a JOIN f b USING (key, client) WHERE a.n < b.n AND b.first < a.first;

-- Limits of keys: no more at a time. What a dead daemon had counts until it is
-- declared dead: some of its rows are found a moment later.
WITH s AS (SELECT r.key, e.request_id, e.seq, e.daemon, e.to_state IN ('claimed', 'processing') AS runs,
        coalesce(e.from_state IN ('claimed', 'processing'), false) AS ran
    FROM e JOIN r USING (request_id) WHERE r.key IS NOT NULL AND e.to_state IS NOT NULL),
c AS (SELECT key, seq, least((SELECT min(x.seq) FROM s x WHERE x.request_id = s.request_id AND x.seq > s.seq AND x.ran AND NOT x.runs),
        (SELECT min(x.seq) FROM e x WHERE x.at >= d.ended_at)) AS until
    FROM s LEFT JOIN hostq.daemons d ON d.epoch = s.daemon WHERE runs AND NOT ran)
SELECT format('%s of key %s run at once (event %s)', max(running), key, min(seq)) FROM (
    SELECT a.key, a.seq, (SELECT count(*) FROM c b WHERE b.key = a.key AND b.seq <= a.seq AND coalesce(b.until, a.seq + 1) > a.seq) AS running FROM c a) x
WHERE running > CASE key WHEN 'k0' THEN 1 ELSE 3 END GROUP BY key;

-- Machines: as many as asked for, none forgotten.
SELECT format('%s completed with %s of %s machines', r.request_id, n, r.machine_count) FROM r CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM hostq.machines m WHERE m.request_id = r.request_id AND m.result = 'succeed') m
WHERE r.kind = 'provision' AND r.state = 'completed'
    AND (n < r.machine_count OR n > r.machine_count AND NOT EXISTS (SELECT FROM e WHERE e.request_id = r.request_id AND e.type IN ('reopen', 'retry')));
SELECT format('machine %s of %s (%s) lives, result %s, and nobody was told', m.instance_id, r.request_id, r.state, m.result)
FROM hostq.machines m JOIN r USING (request_id)
WHERE m.ended_at IS NULL AND NOT hostq.is_being_returned(m.machine_id)
    AND (m.result IS DISTINCT FROM 'succeed' OR r.state = 'canceled')
    AND position(m.instance_id IN coalesce(r.error_message, '')) = 0
    AND NOT EXISTS (SELECT FROM hostq.request_machines x JOIN r f ON f.request_id = x.request_id
        WHERE x.machine_id = m.machine_id AND position(m.instance_id IN coalesce(f.error_message, '')) > 0);
SELECT format('return %s completed and machine %s is %s', x.request_id, m.instance_id, m.status)
FROM hostq.request_machines x JOIN hostq.machines m USING (machine_id) JOIN r ON r.request_id = x.request_id
WHERE r.state = 'completed' AND (m.status <> 'terminated' OR x.result IS DISTINCT FROM 'succeed');
SELECT format('return %s ended and says nothing of %s', x.request_id, m.instance_id)
FROM hostq.request_machines x JOIN hostq.machines m USING (machine_id) JOIN r ON r.request_id = x.request_id
WHERE r.finished_at IS NOT NULL AND x.result IS NULL;
SELECT format('process %s is of machines %s', details->>'pid', string_agg(instance_id, ', ')) FROM hostq.machines
WHERE ended_at IS NULL GROUP BY details->>'pid' HAVING count(*) > 1;
SELECT format('intent of number %s is open', id) FROM hostq.intents;

-- I5: nobody holds anything whose time is over.
SELECT format('%s is held by daemon %s, which is %s', b.request_id, q.owner, coalesce(d.state, 'unknown'))
FROM hostq.queue q JOIN hostq.request_body b USING (id) LEFT JOIN hostq.daemons d ON d.epoch = q.owner
WHERE q.owner IS NOT NULL AND (d.epoch IS NULL OR d.state = 'dead' OR d.lease_until < clock_timestamp());
SELECT format('daemon %s is %s: %s', daemon_id, state, health) FROM hostq.daemon_health WHERE state <> 'dead' AND health NOT IN ('ok', 'full');
SELECT format('%s daemons live', count(*)) FROM hostq.daemons WHERE state = 'alive' HAVING count(*) <> :daemons;
SELECT format('abort for number %s is left with daemon %s', a.id, a.owner) FROM hostq.aborts a JOIN hostq.daemons d ON d.epoch = a.owner
WHERE d.state = 'alive' AND a.created_at < now() - interval '10 s';

-- I6: three connections a daemon, none idle in a transaction.
SELECT format('session %s (%s) is %s for %s', pid, application_name, state, clock_timestamp() - state_change) FROM pg_stat_activity
WHERE application_name LIKE 'hostq%' AND state LIKE 'idle in transaction%' AND state_change < clock_timestamp() - interval '1 s';
SELECT format('%s sessions %s', count(*), name) FROM (
    SELECT rtrim(application_name, ' 0123456789') AS name FROM pg_stat_activity WHERE application_name LIKE 'hostqd%') x
GROUP BY name HAVING count(*) <> :daemons;
