#!/bin/sh
# F9 - most requests of a key at a time: a limit that is reached and never
# passed, by one daemon and by four, changed while they work, and whose permits
# return when a daemon is killed with them in hand.
# shellcheck disable=SC2154 # variables of lib.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"

plan 22
pg_start

# The most that ran at one moment, and how many ran at all.
most_at_once() { # KEY
    sql "WITH r AS (SELECT started_at AS s, finished_at AS f FROM hostq.finished JOIN hostq.request_body USING (id) WHERE key = '$1')
        SELECT max(n) FROM (SELECT (SELECT count(*) FROM r y WHERE y.s <= x.s AND y.f > x.s) AS n FROM r x) z"
}

running() { # KEY
    sql "SELECT count(*) FROM hostq.requests WHERE key = '$1' AND state IN ('claimed', 'processing')"
}

running_is() { # KEY N
    [ "$(running "$1")" = "$2" ]
}

completed() { # KEY N
    [ "$(sql "SELECT count(*) FROM hostq.requests WHERE key = '$1' AND state = 'completed'")" = "$2" ]
}

limit() { # KEY N
    hostq limit "$1" --max-running "$2" --json
}

# One daemon: 2 of 5, then 5, then 3.
like "a limit is told as it is now" "$(limit gpt-4 2)" '"maxRunning": 2'
daemon_start a
noops 5 '"key":"gpt-4","duration_ms":60000'
ok "2 of 5 run" wait_for 5 running_is gpt-4 2
noops 1 '"requestId":"free"'
expect_state free completed 5
is "and no more of them, though others come through" "$(running gpt-4)" 2
like "what waits says for whom" "$(hostq explain "$(sql "SELECT request_id FROM hostq.requests WHERE key = 'gpt-4' AND state = 'pending' LIMIT 1")")" \
    '^key gpt-4 has reached its limit: 2 of 2 run \(job-.*, job-.*\)$'
limit gpt-4 5 >/dev/null
ok "raised to 5, the others run within 2 s" wait_for 2 running_is gpt-4 5
limit gpt-4 3 >/dev/null
sleep 2 # the promise: obeyed by then; nothing shows it before one of them ends
noops 4 '"key":"gpt-4","duration_ms":60000'
sql "SELECT count(hostq.cancel(request_id)) FROM (SELECT request_id FROM hostq.requests WHERE key = 'gpt-4' AND state = 'processing' LIMIT 1) x" >/dev/null
ok "lowered to 3: one of 5 ends and no other begins" wait_for 5 running_is gpt-4 4
noops 1 '"requestId":"free2"'
expect_state free2 completed 5
is "still 4" "$(running gpt-4)" 4
sql "SELECT count(hostq.cancel(request_id)) FROM (SELECT request_id FROM hostq.requests WHERE key = 'gpt-4' AND state = 'processing' LIMIT 2) x" >/dev/null
ok "two more end: it settles at 3" wait_for 5 running_is gpt-4 3
sql "SELECT count(hostq.cancel(request_id)) FROM hostq.requests WHERE key = 'gpt-4' AND state IN ('pending', 'processing')" >/dev/null

# A limit for what waits already without one.
noops 6 '"key":"older","delay":1500,"duration_ms":60000'
limit older 1 >/dev/null
ok "a first limit holds for what was submitted before" wait_for 5 running_is older 1
noops 1 '"requestId":"free3"'
expect_state free3 completed 5
is "and for all of it" "$(running older)" 1
hostq limit older --max-running none >/dev/null
ok "without the limit all run" wait_for 3 running_is older 6
sql "SELECT count(hostq.cancel(request_id)) FROM hostq.requests WHERE key = 'older' AND state = 'processing'" >/dev/null

# Four daemons, 200 requests, 3 at a time.
daemon_start b
daemon_start c
daemon_start d
limit global 3 >/dev/null
noops 200 '"key":"global","duration_ms":20'
ok "200 requests of a global limit of 3 are done" wait_for 30 completed global 200
is "never above 3, and 3 is reached" "$(most_at_once global)" 3

# Killed with permits in hand.
settled_daemons
limit dead 3 >/dev/null
noops 3 '"key":"dead","duration_ms":60000'
ok "all permits are in hand" wait_for 5 running_is dead 3
holders=$(sql "SELECT DISTINCT d.pid FROM hostq.requests r JOIN hostq.daemons d ON r.daemon_id LIKE '%#' || d.epoch WHERE key = 'dead' AND r.state = 'processing'")
noops 3 '"key":"dead","duration_ms":60000'
at=$(now)
# shellcheck disable=SC2086 # a list
kill -9 $holders
alive=$(sql "SELECT count(*) FROM hostq.daemons WHERE state = 'alive'")
[ "$alive" != 0 ] || daemon_start e
run_again() { # KEY N: claimed after the kill
    says "(SELECT count(*) FROM hostq.requests WHERE key = '$1' AND state = 'processing' AND claimed_at > 'epoch'::timestamptz + $at * interval '1 us') = $2"
}
ok "their daemons killed, the permits return: others run them again" wait_for 10 run_again dead 3
is "no more than 3 of them" "$(running dead)" 3
is "no permit of a dead daemon counts" "$(sql "SELECT (x->>'held')::int FROM jsonb_array_elements(hostq.limits_list()) x WHERE x->>'key' = 'dead'")" 3

like "a bad limit is named" "$(hostq limit x --max-running -1 2>&1)" 'maxRunning'
like "a bad rate is named" "$(hostq limit x --rate fast 2>&1)" 'ratePerSecond.*fast'
