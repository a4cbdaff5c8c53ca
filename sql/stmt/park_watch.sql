-- park_watch: a watch with nothing to watch looks again in a minute; a new intent calls it back.
-- $1 id, $2 host, $3 boot id
UPDATE hostq.queue SET run_at = clock_timestamp() + interval '60 s'
WHERE id = $1::int8 AND state = 'waiting' AND hostq.watch_is_idle($2, $3)
