#!/bin/sh
# F20, F21 - in which order lanes are claimed: what ends soonest, and who has
# least running.
# shellcheck disable=SC2154 # variables of lib.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"

plan 20
pg_start
sql "INSERT INTO hostq.queues (name, kind, audit, paused, claim_order, fair_by, urgency_weight) VALUES
    ('due', 'noop', 'full', true, 'deadline', NULL, 0), ('fair', 'noop', 'full', false, 'time', 'namespace', 0),
    ('both', 'noop', 'full', true, 'deadline', 'namespace', 0.5)"

many() { # N MEMBERS PREFIX: one after the other, ids PREFIX1..
    for n in $(seq "$1"); do
        submit "{\"kind\":\"noop\",\"duration_ms\":60000,\"requestId\":\"$3$n\",$2}" >/dev/null
    done
}

running() { # QUEUE: ids, in order of submit
    sql "SELECT string_agg(request_id, ' ' ORDER BY created_at, request_id) FROM hostq.requests WHERE queue = '$1' AND state = 'processing'"
}

running_are() { # QUEUE N
    [ "$(sql "SELECT count(*) FROM hostq.requests WHERE queue = '$1' AND state = 'processing'")" = "$2" ]
}

# F20
for b in 1 2 3 4 5 6 7 8 9; do
    many 3 '"queue":"due","timeout":21600' "b$b-"
done
many 5 '"queue":"due","timeout":1800' urgent-
submit '{"kind":"noop","queue":"due","requestId":"never","duration_ms":60000}' >/dev/null
daemon_start d --slots=3 --prefetch=0
d=$daemon_pid
hostq resume due >/dev/null
ok "F20: three slots, three run" wait_for 5 running_are due 3
is "F20: the urgent ones, first come first" "$(running due)" "urgent-1 urgent-2 urgent-3"
hostq cancel urgent-1 urgent-2 urgent-3 urgent-4 urgent-5 >/dev/null
ok "F20: then others" wait_for 5 running_are due 3
is "F20: the oldest first" "$(running due)" "b1-1 b1-2 b1-3"
is "what has no deadline comes last" "$(state never)" pending
sql "SELECT count(hostq.cancel(request_id)) FROM hostq.requests WHERE queue = 'due' AND state IN ('pending', 'processing', 'claimed')" >/dev/null
daemon_stop "$d"

# F21
daemon_start e --slots=9 --prefetch=0
many 5 '"queue":"fair","namespace":"A"' a-
ok "F21: A has 5 running" wait_for 5 running_are fair 5
hostq pause fair >/dev/null
sql "INSERT INTO hostq.queues (name, kind) VALUES ('mark', 'noop')"
mark=$(submit '{"kind":"noop","queue":"mark"}')
expect_state "$mark" completed 5
many 2 '"queue":"fair","namespace":"A"' more-
many 2 '"queue":"fair","namespace":"B"' b-
many 2 '"queue":"fair","namespace":"C"' c-
hostq resume fair >/dev/null
ok "F21: four more slots, four more run" wait_for 5 running_are fair 9
is "F21: those of B and C, though A asked first" "$(running fair)" "a-1 a-2 a-3 a-4 a-5 b-1 b-2 c-1 c-2"
sql "SELECT count(hostq.cancel(request_id)) FROM hostq.requests WHERE queue = 'fair' AND state IN ('pending', 'processing', 'claimed')" >/dev/null
ok "all of it is canceled" wait_for 5 running_are fair 0

no_slot_used() { [ "$(sql "SELECT in_flight FROM hostq.daemons WHERE name = 'e'")" = 0 ]; }
ok "... and has left its slot" wait_for 5 no_slot_used

# F21, both at once: they share nine slots, wherever in it a minute ends, which
# cuts a lane in two.
many 9 '"queue":"both","namespace":"A","timeout":86400' day-
many 9 '"queue":"both","namespace":"B","timeout":3600' hour-
hostq resume both >/dev/null
ok "F21: nine run" wait_for 5 running_are both 9
like "F21: of two that share, each has half" "$(running both | tr ' ' '\n' | grep -c hour)" '^[45]$'

# One slot: nobody has any, so the deadline decides.
hostq pause both >/dev/null
sql "SELECT count(hostq.cancel(request_id)) FROM hostq.requests WHERE queue = 'both' AND state = 'processing'" >/dev/null
daemon_stop "$daemon_pid"
hostq resume both >/dev/null
daemon_start s --slots=1 --prefetch=0
ok "F21: one runs" wait_for 5 running_are both 1
like "F21: of equal activity, an hour comes before a day" "$(running both)" "^hour-.$"
sql "SELECT count(hostq.cancel(request_id)) FROM hostq.requests WHERE queue = 'both' AND state IN ('pending', 'processing', 'claimed')" >/dev/null

# Capacity that is kept for high priorities.
daemon_stop "$daemon_pid"
sql "INSERT INTO hostq.queues (name, kind) VALUES ('kept', 'noop')"
daemon_start f --slots=5 --slots_high=2
many 6 '"queue":"kept"' normal-
ok "of five slots, three are for all" wait_for 5 running_are kept 3
many 3 '"queue":"kept","priority":"high"' high-
ok "the other two are for priority high" wait_for 5 running_are kept 5
is "which has these two" "$(running kept)" "normal-1 normal-2 normal-3 high-1 high-2"
hostq cancel high-1 high-2 high-3 >/dev/null
not_all() { [ "$(sql "SELECT in_flight FROM hostq.daemons WHERE name = 'f'")" = 3 ]; }
wait_for 5 not_all
is "why_not" "$(hostq explain normal-4)" "the 2 slots that are free of 5 are kept for priority high"
hostq cancel normal-1 >/dev/null
expect_state normal-4 processing 5
