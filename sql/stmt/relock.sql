-- relock: takes the life lock again after a lost connection.
-- $1 epoch, $2 lease ms. Columns: alive (f: the epoch was declared dead).
SELECT hostq.relock_daemon($1::int, $2::bigint) AS alive
