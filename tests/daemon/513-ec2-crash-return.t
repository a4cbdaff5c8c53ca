#!/bin/sh
# A daemon killed at each boundary of a return, and in the second launch of a
# request; one that is stopped instead of killed. M39 M89 D10
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
. "$top_srcdir/tests/daemon/ec2-crash.inc"
plan 29
crash_begin

# Stopped for longer than its lease, with the reply in its socket.
victim --lease=2s
sleeper=$daemon_pid
launch_unread slept
kill -STOP "$sleeper"
control '{"release":"*"}'
go_on
expect_state slept completed 20
kill -CONT "$sleeper"
ok "... the sleeper wakes up and sees that it has lost it" wait_for 10 says "(SELECT count(*) = 2 FROM hostq.daemons WHERE name = 'v$victims')"
looks
is "... two were ever made, with one token" "$(made slept) $(launches slept 'map(.params) | unique | length')" "2 1"
daemon_stop "$sleeper"

# The second launch of a request that got less than it asked for.
control '{"capacity":{"t3.medium":0}}'
room=$(ec2_lives | wc -l)
control "{\"capacity\":{\"t3.medium\":$((room + 2))}}"
victim
ask rest 3
two_known() {
    says "(SELECT count(*) = 2 FROM hostq.machines WHERE request_id = 'rest')"
}
ok "rest: two of three" wait_for 10 two_known
control '{"hold":{"action":"RunInstances","after":true},"capacity":{}}'
ok "... killed when the third is made" wait_for 10 held RunInstances
crash_unread
go_on
expect_state rest completed 20
is "... three were ever made" "$(made rest)" 3
is "... two and one, by two tokens" "$(ec2_state '[.instances[] | select(.tags["hf:request"] == "rest")] | group_by(.token) | map(length) | sort | join(" ")')" "1 2"

# A return whose reply was read.
victim
machines=$(sql "SELECT json_agg(instance_id) FROM hostq.machines WHERE request_id = 'rest'")
block machines
id=$(submit "{\"kind\":\"return\",\"machineIds\":$machines}")
ok "a return killed before it writes down what it was told" wait_for 10 is_blocked
crash
unblock
go_on
expect_state "$id" completed 30
is "... all three are gone" "$(living rest)" 0

ask returned 8
expect_state returned completed 20
for when in false true; do
    for action in StopInstances TerminateInstances; do
        victim
        machines=$(sql "SELECT json_agg(instance_id) FROM (SELECT instance_id FROM hostq.machines WHERE request_id = 'returned' AND ended_at IS NULL ORDER BY machine_id LIMIT 2) m")
        control "{\"hold\":{\"action\":\"$action\",\"after\":$when}}"
        id=$(submit "{\"kind\":\"return\",\"machineIds\":$machines,\"drainTimeout\":1}")
        ok "a return killed at its $action, after its effect: $when" wait_for 10 held "$action"
        crash
        control "{\"release\":\"$action\"}"
        go_on
        expect_state "$id" completed 30
        is "... both are gone" "$(ec2_state "[.instances[] | select(.id as \$i | $machines | index(\$i)) | .state] | unique | join(\" \")")" terminated
    done
done

looks
all_known
is "thirteen were ever made" "$(ec2_state '.instances | length')" 13
is "no intent is left open" "$(sql "SELECT count(*) FROM hostq.intents")" 0
is "no clean-up was needed" "$(sql "SELECT count(*) FROM hostq.requests WHERE cleanup_of IS NOT NULL")" 0
daemon_stop "$survivor"
