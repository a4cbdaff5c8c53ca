-- peers: which other daemons look dead. $1 own epoch.
-- Columns: epoch, lock_free, expired, ended (it said that it stopped and its rows wait to be taken), own_held (our own lock is
-- held; if not, this server does not know us, and a free lock of others says nothing).
SELECT epoch, hostq.lock_is_free(epoch) AS lock_free, lease_until < clock_timestamp() AS expired, state = 'dead' AS ended,
    NOT hostq.lock_is_free($1::int) AS own_held
FROM hostq.daemons WHERE (state <> 'dead' OR NOT counters ? 'blame') AND epoch <> $1::int
