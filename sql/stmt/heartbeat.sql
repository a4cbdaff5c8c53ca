-- heartbeat: renews the lease, once a second; of an idle daemon its only statement. F11.
-- $1 epoch, $2 lease ms, $3 requests in flight, $4 slots, $5 try the idle gate, $6 scans int[] and $7 their lower bounds
-- int8[] (us since 1970, null: none) where the daemon is idle
-- Columns: alive, sweeper, abort_ids int8[], abort_leases int8[], held (our life lock is seen), peers (there are other
-- daemons), watch (one of them owns requests or looks dead), lanes (changes with what lanes.sql reads), gate (taken),
-- next_us (until the first row of the scans is due; null: none), deadline_us and
-- schedule_us (of the sweeper: until the next deadline, and the next run of a schedule).
SELECT alive, sweeper, abort_ids, abort_leases, held, peers, watch, lanes, gate, next_us, deadline_us,
    CASE WHEN sweeper THEN (SELECT hostq.schedule_us()) END AS schedule_us
FROM hostq.beat($1::int, $2::bigint, $3::int, $4::int, $5::boolean, $6::int[], $7::bigint[])
