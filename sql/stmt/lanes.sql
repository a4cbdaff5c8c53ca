-- lanes: what this daemon may walk, with the policy of each lane's queue.
-- $1 routes text[], $2 queues text[] (empty: all)
-- Columns: lane (main), priority 0 high .. 2 low, queue, audit, max_retries, stop_before_us, backoff_us,
-- backoff_factor, max_backoff_us, aging_us.
SELECT l.base * 4 AS lane, array_position('{high,normal,low}'::hostq.priority[], l.priority) - 1 AS priority, l.queue,
    k.audit = 'full' AS audit, k.max_retries, k.stop_before_deadline_ms * 1000 AS stop_before_us,
    greatest(k.backoff_ms, x.least_ms) * 1000 AS backoff_us, k.backoff_factor, greatest(k.max_backoff_ms, x.least_ms) * 1000 AS max_backoff_us,
    hostq.setting('priority_aging')::bigint * 1000000 AS aging_us
FROM hostq.lanes l JOIN hostq.queues k ON k.name = l.queue
-- The sweep looks at coming retries once a second (put_off_retries).
CROSS JOIN LATERAL (SELECT CASE WHEN coalesce(k.retry_budget, (SELECT hostq.setting('retry_budget')::int)) > 0 THEN 1500 ELSE 0 END AS least_ms) x
WHERE l.retired_at IS NULL AND NOT k.paused AND (l.route IS NULL OR l.route = ANY ($1::text[]))
  AND (cardinality($2::text[]) = 0 OR l.queue = ANY ($2::text[]))
ORDER BY l.base
