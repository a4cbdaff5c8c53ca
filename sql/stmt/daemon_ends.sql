-- daemon_ends: says that this daemon is stopping, or has stopped. $1 epoch, $2 stopping or dead
SELECT hostq.daemon_ends($1::int, $2)
