-- register: makes this daemon's epoch and takes its life lock. On the lock connection.
-- $1 name, $2 host, $3 boot id, $4 pid, $5 version, $6 routes text[], $7 slots, $8 lease ms,
-- $9 queues with commas between them (empty: all), $10 slots kept for priority high
-- Columns: epoch, deployment.
SELECT hostq.register_daemon($1, $2, $3, $4::int, $5, $6::text[], $7::int, $8::bigint,
        string_to_array($9, ','), $10::int) AS epoch,
    (SELECT id::text FROM hostq.deployment) AS deployment
