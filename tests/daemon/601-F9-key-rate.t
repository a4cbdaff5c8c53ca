#!/bin/sh
# Issue 6: a rate of 50 starts a second, held within 5 % over 10 s by two
# daemons, changed while they work, and no less by those that are left when a
# daemon is killed with tokens in hand.
# shellcheck disable=SC2154 # variables of lib.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"

plan 9
pg_start
# Starts of the key within S seconds after FROM seconds from its first one.
starts() { # KEY FROM S
    sql "WITH s AS (SELECT started_at AS at, min(started_at) OVER () AS t0 FROM hostq.requests WHERE key = '$1' AND started_at IS NOT NULL)
        SELECT count(*) FROM s WHERE at - t0 >= interval '$2 s' AND at - t0 < interval '$2 s' + interval '$3 s'"
}
began() { # KEY N
    [ "$(sql "SELECT count(*) FROM hostq.requests WHERE key = '$1' AND started_at IS NOT NULL")" -ge "$2" ]
}
between() { # NAME LEAST MOST N
    ok "$1" [ "$4" -ge "$2" ] || echo "# $4 is not in $2 .. $3"
    ok "... and no more" [ "$4" -le "$3" ] || echo "# $4 is not in $2 .. $3"
}

daemon_start a
daemon_start b
like "a rate has a burst of a fifth of a second" "$(hostq limit api --rate 50 --json)" '"burst": 10'
noops 700 '"key":"api"'
like "what waits names the rate" "$(hostq explain "$(sql "SELECT request_id FROM hostq.requests WHERE key = 'api' AND state = 'pending' ORDER BY request_id DESC LIMIT 1")")" \
    '^key api starts at most 50 a second$'
ok "500 in ten seconds" wait_for 12 began api 520
n=$(starts api 0 10)
between "50 a second over 10 s" 475 525 "$n"

# The last to start one has tokens.
pid=$(sql "SELECT d.pid FROM hostq.requests r JOIN hostq.daemons d ON r.daemon_id LIKE '%#' || d.epoch WHERE key = 'api' ORDER BY r.started_at DESC NULLS LAST LIMIT 1")
kill -9 "$pid"
at=$(now)
ok "after a kill the other goes on" wait_for 5 began api 620
spans "without the tokens of the dead for long" $((($(now) - at) / 1000)) 4500
at=$(now)
hostq limit api --rate none >/dev/null
ok "without the rate the rest starts" wait_for 5 began api 700
spans "at once" $((($(now) - at) / 1000)) 2000
