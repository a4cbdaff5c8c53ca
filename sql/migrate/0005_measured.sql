-- 0005: what measuring asked for (doc/PERFORMANCE.md).

-- A claim fills in lease, owner and three times, so a row grows by 36 bytes: at
-- 45 % one claim in twelve found its page full and wrote every index.
ALTER TABLE hostq.queue SET (fillfactor = 40);
