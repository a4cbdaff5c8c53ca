-- heartbeat: renews the lease, once a second. F11.
-- $1 epoch, $2 lease ms, $3 requests in flight, $4 slots
-- Columns: alive, sweeper, abort_ids int8[], abort_leases int8[].
SELECT alive, sweeper, abort_ids, abort_leases FROM hostq.heartbeat($1::int, $2::bigint, $3::int, $4::int)
