#!/bin/sh
# F9: a daemon whose free slots are kept for class high does not hold permits
# of a key whose work is of another class: another daemon gets them.
# shellcheck disable=SC2154 # variables of lib.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 3
pg_start

hostq limit one --max-running 1 >/dev/null
daemon_start d1 --slots=2 --slots_high=1
noops 1 '"requestId":"long","duration_ms":60000'
expect_state long processing 5
noops 1 '"requestId":"next","key":"one"'
daemon_start d2 --slots=2
expect_state next completed 5
is "... on the other daemon, while this one works" "$(state long) $(field next daemon_id)" "processing d2#2"
