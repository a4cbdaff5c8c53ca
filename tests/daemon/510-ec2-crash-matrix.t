#!/bin/sh
# A daemon killed with -9 at each boundary of a launch and of a return: the
# provider has made as many instances as were asked for, each is in the table,
# and two looks later there is none too many. M39 M41 D10
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 46
pg_start
ec2_keys
ec2_start --key "$AWS_ACCESS_KEY_ID" --secret "$AWS_SECRET_ACCESS_KEY"
ec2_instance default
hf_templates "$(image basic 100)"
ec2_quick
hostq set watch_grace_ms 0 >/dev/null
hostq set max_crashes 100 >/dev/null
hf getAvailableTemplates '{}'
n=0
daemon_start survivor
survivor=$daemon_pid
settled_daemons || echo "# the daemon does not settle"

control() {
    ec2_control "$1" >"$tmp/control" || echo "# refused: $(cat "$tmp/control")"
}
# The ledger waits before it writes to that table, until let_go.
block() { # TABLE
    hold_lock
    sql "CREATE FUNCTION public.block() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
             IF current_setting('application_name') LIKE 'hostqd ledger%' THEN
                 PERFORM pg_advisory_xact_lock_shared(4242);
             END IF;
             RETURN NULL; END \$\$;
         CREATE TRIGGER block BEFORE INSERT OR UPDATE ON hostq.$1 EXECUTE FUNCTION public.block()"
}
# What the dead daemon had sent is not done.
unblock() {
    sql "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE objid = 4242 AND NOT granted" >/dev/null
    let_go
    sql "DROP FUNCTION public.block() CASCADE" 2>/dev/null
}
ask() { # ID
    submit "{\"kind\":\"provision\",\"requestId\":\"$1\",\"templateId\":\"basic\",\"machineCount\":2}" >/dev/null
}
# Another daemon, which alone works what comes now.
victim() {
    n=$((n + 1))
    daemon_start "v$n"
    kill -STOP "$survivor"
}
crash() {
    kill -9 "$daemon_pid"
    wait "$daemon_pid" 2>/dev/null
}
held() { # ACTION
    [ "$(ec2_log "[.[] | select(.action == \"$1\" and .status == null)] | length")" -ge 1 ]
}
looks() { # two whole looks from now on
    looks_id=$(sql "SELECT id FROM hostq.request_body WHERE kind = 'watch' AND provider_api = 'aws'")
    looks_seen=$(sql "SELECT (note->>'poll_count')::int FROM hostq.queue WHERE id = $looks_id")
    wait_for 20 says "(SELECT (note->>'poll_count')::int >= $looks_seen + 3 FROM hostq.queue WHERE id = $looks_id)"
}
launches() { # ID JQ
    ec2_log "[.[] | select(.action == \"RunInstances\" and .params[\"TagSpecification.1.Tag.2.Value\"] == \"$1\")] | $2"
}
ends_well() { # ID CALLS
    expect_state "$1" completed 30
    is "... $1: two instances were ever made" "$(ec2_state "[.instances[] | select(.tags[\"hf:request\"] == \"$1\")] | length")" 2
    is "... calls: $2, with one token and the same bytes" "$(launches "$1" '"\(length) \(map(.params) | unique | length)"')" "$2 1"
}

# The launch.
victim
block intents
ask before-intent
ok "killed before the intent is committed" wait_for 10 is_blocked
crash
unblock
is "... nothing is known of a launch" "$(sql "SELECT count(*) FROM hostq.intents WHERE id = hostq.request_key('before-intent')")" 0
kill -CONT "$survivor"
ends_well before-intent 1

victim
control '{"hold":{"action":"RunInstances"}}'
ask after-intent
ok "killed after the intent, before the call has an effect" wait_for 10 held RunInstances
is "... the intent is committed" "$(sql "SELECT count(*) FROM hostq.intents WHERE id = hostq.request_key('after-intent')")" 1
crash
control '{"release":"RunInstances"}'
kill -CONT "$survivor"
ends_well after-intent 2

victim
control '{"hold":{"action":"RunInstances","after":true}}'
ask after-call
ok "killed after the call took effect" wait_for 10 held RunInstances
crash
control '{"release":"RunInstances"}'
is "... two instances that the table does not know" "$(ec2_state '[.instances[] | select(.tags["hf:request"] == "after-call")] | length') $(
    sql "SELECT count(*) FROM hostq.machines WHERE request_id = 'after-call'")" "2 0"
kill -CONT "$survivor"
ends_well after-call 2

victim
block machines
ask after-reply
ok "killed after the reply, before it is written down" wait_for 10 is_blocked
crash
unblock
is "... the table does not know them" "$(sql "SELECT count(*) FROM hostq.machines WHERE request_id = 'after-reply'")" 0
kill -CONT "$survivor"
ends_well after-reply 2

victim
control '{"pending_ms":null}'
ask after-settle
known() {
    says "(SELECT count(*) = 2 FROM hostq.machines WHERE request_id = 'after-settle')" && in_state after-settle waiting
}
ok "killed after the reply is written down" wait_for 10 known
crash
control '{"pending_ms":0}'
kill -CONT "$survivor"
ends_well after-settle 1

# A launch whose request is canceled while EC2 has not answered.
control '{"hold":{"action":"RunInstances","after":true}}'
ask canceled
ok "canceled while the call is under way" wait_for 10 held RunInstances
hostq cancel canceled >/dev/null
control '{"release":"RunInstances"}'
expect_state canceled canceled 20
none_of() { # ID
    [ "$(ec2_state "[.instances[] | select(.tags[\"hf:request\"] == \"$1\" and .state != \"terminated\")] | length")" = 0 ]
}
looks
ok "... what was launched is ended" wait_for 20 none_of canceled

looks || echo "# the watch does not look"
is "two looks later all of them live, and the table has them" "$(ec2_lives | sort | paste -sd ' ' -)" \
    "$(sql "SELECT string_agg(instance_id, ' ' ORDER BY instance_id) FROM hostq.machines WHERE ended_at IS NULL")"
is "... two of each request" "$(sql "SELECT count(*), count(DISTINCT request_id) FROM hostq.machines WHERE ended_at IS NULL")" "10|5"

# The return.
for when in false true; do
    for action in StopInstances TerminateInstances; do
        victim
        machines=$(sql "SELECT json_agg(instance_id) FROM (SELECT instance_id FROM hostq.machines WHERE ended_at IS NULL ORDER BY machine_id LIMIT 2) m")
        control "{\"hold\":{\"action\":\"$action\",\"after\":$when}}"
        id=$(submit "{\"kind\":\"return\",\"machineIds\":$machines,\"drainTimeout\":1}")
        ok "a return killed at its $action, after its effect: $when" wait_for 10 held "$action"
        crash
        control "{\"release\":\"$action\"}"
        kill -CONT "$survivor"
        expect_state "$id" completed 30
        is "... both are gone" "$(ec2_state "[.instances[] | select(.id as \$i | $machines | index(\$i)) | .state] | unique | join(\" \")")" terminated
    done
done
looks || echo "# the watch does not look"
is "no instance lives that the table does not know" "$(ec2_lives | sort)" \
    "$(sql "SELECT instance_id FROM hostq.machines WHERE ended_at IS NULL ORDER BY instance_id")"
is "ten and the canceled two were ever made" "$(ec2_state '.instances | length')" 12

# A person's retry is a new launch.
control '{"fault":{"kind":"error","action":"RunInstances","code":"UnauthorizedOperation","message":"no","status":403}}'
ask again
expect_state again failed 20
hostq retry again >/dev/null
expect_state again completed 20
is "a person's retry uses a new token" "$(launches again '"\(length) \(map(.token) | unique | length)"')" "2 2"
daemon_stop "$survivor"
