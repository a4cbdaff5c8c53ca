#!/bin/sh
# Issue 6: pause by account, region and host is obeyed and named; a drained host
# takes nothing new, finishes what it has and gives back what it has not begun.
# shellcheck disable=SC2154 # variables of lib.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"

plan 24
pg_start
# noop has neither account nor region: this one's lanes have.
into() { # ACCOUNT REGION ROUTE: the id of a noop in such a lane
    id=$(hostq submit noop --delay 1h)
    sql "UPDATE hostq.queue SET run_at = now(), lane_id = hostq.find_lane('noop', 'normal', $3, $1, $2, NULL, NULL, false) WHERE id = hostq.request_key('$id')"
    sql "SELECT pg_notify('hostq_work', '+lane')" >/dev/null
}
daemon_start a --host=h1 --boot_id=b1 --slots=2 --prefetch=10
pause() { # SCOPE VALUE ACCOUNT REGION ROUTE
    hostq pause "--$1" "$2" >/dev/null
    into "$3" "$4" "$5"
    free=$(hostq submit noop)
    expect_state "$free" completed 5
    is "$1: it waits" "$(state "$id")" pending
    like "$1: and says for what" "$(hostq explain "$id")" "^$1 $2 is paused by $(sql 'SELECT session_user') since 20"
    like "$1: it is listed" "$(hostq pauses)" "$1.*$2"
    hostq resume "--$1" "$2" >/dev/null
    expect_state "$id" completed 5
}
pause account acme "'acme'" NULL NULL
pause region eu-1 NULL "'eu-1'" NULL
pause host h1 NULL NULL "'host:h1/b1'"
like "an unknown host is named" "$(hostq pause --host nowhere 2>&1)" "No daemon has been seen on host 'nowhere'"

# Drain: two at work, three ahead of a slot.
hostq limit one --max-running 1 >/dev/null
noops 1 '"duration_ms":1500,"key":"one"'
wait_for 5 count_is processing 1
noops 4 '"duration_ms":1500'
wait_for 5 count_is processing 2
wait_for 5 count_is claimed 3
like "drained" "$(hostq drain h1)" "h1 is drained"
ok "what has not begun goes back" wait_for 3 count_is claimed 0
like "a daemon says so" "$(hostq daemons)" "drained"
waiting=$(sql "SELECT request_id FROM hostq.requests WHERE state = 'pending' LIMIT 1")
like "why_not" "$(hostq explain "$waiting")" "^no daemon takes new work of queue noop: drained are h1"
ok "what runs is finished" hostq drain h1 --wait 10s
is "nothing else was begun" "$(count pending)" 3
daemon_start b --host=h2 --boot_id=b2
ok "another host takes it" wait_for 8 count_is pending 0
# The permit that the drained daemon had is not lost.
noops 1 '"key":"one","requestId":"next"'
expect_state next completed 5
