-- lanes: what this daemon may walk, with the policy of each lane's queue.
-- $1 routes text[], $2 queues text[] (empty: all), $3 epoch
-- Columns: lane (main), priority 0 high .. 2 low, queue, audit, max_retries, stop_before_us, backoff_us,
-- backoff_factor, max_backoff_us, aging_us, key (number of its key where that is limited), key_runs, key_rate (how),
-- share (a number of whose requests these are; null: nobody's), sharers (how many such numbers the queue has), due_us (us until its deadlines; null: in order of time),
-- urgency (weight of that), ordered (they have ordering keys), peers (living daemons), rank (of this one among them, from 0).
SELECT l.base * 4 AS lane, array_position('{high,normal,low}'::hostq.priority[], l.priority) - 1 AS priority, l.queue,
    k.audit = 'full' AS audit, k.max_retries, k.stop_before_deadline_ms * 1000 AS stop_before_us,
    greatest(k.backoff_ms, x.least_ms) * 1000 AS backoff_us, k.backoff_factor, greatest(k.max_backoff_ms, x.least_ms) * 1000 AS max_backoff_us,
    hostq.setting('priority_aging')::bigint * 1000000 AS aging_us,
    c.number AS key, c.max_running IS NOT NULL AS key_runs, c.rate_per_s IS NOT NULL AS key_rate,
    CASE WHEN l.share IS NOT NULL THEN min(l.base) OVER (PARTITION BY l.queue, l.share) END AS share,
    dense_rank() OVER (PARTITION BY l.queue ORDER BY l.share) + dense_rank() OVER (PARTITION BY l.queue ORDER BY l.share DESC NULLS LAST) - 1 AS sharers,
    -- What has no deadline comes after all that have one.
    coalesce((extract(epoch FROM l.due - statement_timestamp()) * 1000000)::int8, CASE k.claim_order WHEN 'deadline' THEN 315360000000000 END) AS due_us,
    CASE WHEN k.fair_by IS NULL THEN 1 ELSE k.urgency_weight END AS urgency, l.ordered,
    (SELECT count(*) FROM hostq.daemons WHERE state = 'alive')::int AS peers,
    (SELECT count(*) FROM hostq.daemons WHERE state = 'alive' AND epoch < $3::int)::int AS rank
FROM hostq.lanes l JOIN hostq.queues k ON k.name = l.queue
LEFT JOIN hostq.keys c ON c.key = l.key AND (c.max_running IS NOT NULL OR c.rate_per_s IS NOT NULL)
-- The sweep looks at coming retries once a second (put_off_retries).
CROSS JOIN LATERAL (SELECT CASE WHEN coalesce(k.retry_budget, (SELECT hostq.setting('retry_budget')::int)) > 0 THEN 1500 ELSE 0 END AS least_ms) x
WHERE l.retired_at IS NULL AND NOT k.paused AND (hostq.is_paused(l)).scope IS NULL
  AND (l.route IS NOT NULL OR NOT EXISTS (SELECT FROM hostq.daemons d JOIN hostq.pauses p ON p.scope = 'drain' AND p.value = d.host WHERE d.epoch = $3::int)) AND (l.route IS NULL OR l.route = ANY ($1::text[]))
  AND (cardinality($2::text[]) = 0 OR l.queue = ANY ($2::text[]))
ORDER BY l.base
