#!/bin/sh
# A daemon killed with -9 at each boundary of a launch: the provider has made
# as many instances as were asked for, each is in the table, and two looks later
# there is none too many. M39 M41 D10
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
. "$top_srcdir/tests/daemon/ec2-crash.inc"
plan 31
crash_begin

# The launch.
victim
block intents
ask before-intent 2
ok "killed before the intent is committed" wait_for 10 is_blocked
crash
unblock
is "... nothing is known of a launch" "$(sql "SELECT count(*) FROM hostq.intents WHERE id = hostq.request_key('before-intent')")" 0
go_on
ends_well before-intent 1

victim
control '{"hold":{"action":"RunInstances"}}'
ask after-intent 2
ok "killed after the intent, before the call has an effect" wait_for 10 held RunInstances
is "... the intent is committed" "$(sql "SELECT count(*) FROM hostq.intents WHERE id = hostq.request_key('after-intent')")" 1
crash
control '{"release":"RunInstances"}'
go_on
ends_well after-intent 2

# Killed after the call took effect.
victim
launch_unread after-call
crash_unread
go_on
ends_well after-call 2

victim
block machines
ask after-reply 2
ok "killed after the reply, before it is written down" wait_for 10 is_blocked
crash
unblock
is "... the table does not know them" "$(sql "SELECT count(*) FROM hostq.machines WHERE request_id = 'after-reply'")" 0
go_on
ends_well after-reply 2

victim
control '{"pending_ms":null}'
ask after-settle 2
known() {
    says "(SELECT count(*) = 2 FROM hostq.machines WHERE request_id = 'after-settle')" && in_state after-settle waiting
}
ok "killed after the reply is written down" wait_for 10 known
crash
control '{"pending_ms":0}'
go_on
ends_well after-settle 1

# A launch whose request is canceled while EC2 has not answered.
control '{"hold":{"action":"RunInstances","after":true}}'
ask canceled 2
ok "canceled while the call is under way" wait_for 10 held RunInstances
hostq cancel canceled >/dev/null
control '{"release":"RunInstances"}'
expect_state canceled canceled 20
looks
ok "... what was launched is ended" wait_for 20 living_are canceled 0

looks
is "two looks later all of them live, and the table has them" "$(ec2_lives | sort | paste -sd ' ' -)" \
    "$(sql "SELECT string_agg(instance_id, ' ' ORDER BY instance_id) FROM hostq.machines WHERE ended_at IS NULL")"
is "... two of each request" "$(sql "SELECT count(*), count(DISTINCT request_id) FROM hostq.machines WHERE ended_at IS NULL")" "10|5"

# A person's retry is a new launch.
control '{"fault":{"kind":"error","action":"RunInstances","code":"UnauthorizedOperation","message":"no","status":403}}'
ask again 2
expect_state again failed 20
hostq retry again >/dev/null
expect_state again completed 20
is "a person's retry uses a new token" "$(launches again '"\(length) \(map(.token) | unique | length)"')" "2 2"
daemon_stop "$survivor"
