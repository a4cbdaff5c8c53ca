#!/bin/sh
# A daemon killed in the middle of a launch whose request ends otherwise than
# completed: canceled, over its time, crashed too often, tried again by a
# person. What was made for nobody is ended, and nobody gets more than was
# asked for. M73 M89 D10, aws.md 1f
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
. "$top_srcdir/tests/daemon/ec2-crash.inc"
plan 30
crash_begin
hostq set min_timeout 1 >/dev/null

told() { # ID
    sql "SELECT state, coalesce(failure_reason, '') FROM hostq.requests WHERE request_id = '$1'"
}
past_deadline() { # ID
    says "(SELECT deadline < clock_timestamp() FROM hostq.requests WHERE request_id = '$1')"
}

victim
launch_unread canceled
crash_unread
hostq cancel canceled >/dev/null
is "... canceled before another daemon has it" "$(told canceled)" "canceled|"
go_on
ok "... both are ended" wait_for 20 living_are canceled 0
is "... by its clean-up" "$(sql "SELECT count(*) FROM hostq.requests WHERE cleanup_of = 'canceled'")" 1

victim
launch_unread late '"timeout":1,"partialPolicy":"clean"'
wait_for 10 past_deadline late
crash_unread
go_on
expect_state late timeout 20
ok "... both are ended" wait_for 20 living_are late 0
is "... after one call" "$(launches late length)" 1

# The round in hand ends first, then it is over.
launch_unread over '"timeout":1,"partialPolicy":"clean"'
wait_for 10 past_deadline over
control '{"release":"*"}'
expect_state over timeout 20
ok "... both are ended" wait_for 20 living_are over 0
is "... two were ever made" "$(made over)" 2

hostq set max_crashes 1 >/dev/null
victim
launch_unread poison
crash_unread
go_on
expect_state poison failed 20
is "... for its crashes" "$(told poison)" "failed|task_terminated"
ok "... both are ended" wait_for 20 living_are poison 0
hostq set max_crashes 100 >/dev/null

# Tried again before anybody has seen what the first launch had made.
victim
launch_unread again
crash_unread
hostq cancel again >/dev/null
hostq retry again >/dev/null
go_on
expect_state again completed 20
is "... with a token of its own" "$(launches again '"\(length) \(map(.token) | unique | length)"')" "2 2"
looks
ok "... two live, of four" wait_for 20 living_are again 2
is "... four were made" "$(made again)" 4
is "... and it tells two" "$(status_of again | jq -r '[.result.machines[] | select(.status == "running")] | length')" 2

# The same, and the watch sees the first ones before the second are ready.
victim
launch_unread adopted
first=$(ec2_state '.instances[] | select(.tags["hf:request"] == "adopted") | .id' | sort)
crash_unread
hostq cancel adopted >/dev/null
control '{"pending_last":100}'
hostq retry adopted >/dev/null
go_on
launched_again() {
    says "(SELECT count(*) >= 4 FROM hostq.machines WHERE request_id = 'adopted')"
}
ok "adopted: all four are in the table" wait_for 20 launched_again
ok "... two are ended, those that are not ready" wait_for 20 living_are adopted 2
expect_state adopted completed 20
is "... it tells the other two" "$(status_of adopted | jq -r '.result.machines[] | select(.status == "running") | .machineId' | sort)" "$first"
control '{"pending_last":0}'

looks
all_known
is "no intent is left open" "$(sql "SELECT count(*) FROM hostq.intents")" 0
is "no machine lives of a request that was not completed" "$(sql "SELECT count(*) FROM hostq.machines m JOIN hostq.requests r USING (request_id)
    WHERE m.ended_at IS NULL AND r.state <> 'completed'")" 0
daemon_stop "$survivor"
