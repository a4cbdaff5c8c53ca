#!/bin/sh
# Instances with our owner tag that no row knows: taken in by an open request,
# cleaned up after an ended one, ended as orphans when nobody made them; what
# carries another owner's tag is left alone.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 20
pg_start
ec2_keys
ec2_start
ec2_instance default
hf_templates "$(image basic 100)"
ec2_quick
hostq set orphan_grace_ms 1500 >/dev/null
hf getAvailableTemplates '{}'
owner=$(sql "SELECT id FROM hostq.deployment")
daemon_start d1

add() { # OWNER REQUEST -> id
    ec2_control "{\"add\":{\"count\":1,\"tags\":{\"hf:owner\":\"$1\",\"hf:request\":\"$2\"}}}" >"$tmp/control"
    jq -r '.. | strings | select(startswith("i-"))' "$tmp/control" | head -n 1
}
is_in() { # INSTANCE STATE...
    case " $2 ${3:-} " in *" $(ec2_state ".instances[] | select(.id == \"$1\") | .state") "*) return 0 ;; esac
    return 1
}
known() { # INSTANCE
    says "EXISTS (SELECT FROM hostq.machines WHERE instance_id = '$1')"
}
ask() { # ID
    submit "{\"kind\":\"provision\",\"requestId\":\"$1\",\"templateId\":\"basic\",\"machineCount\":1}" >/dev/null
}

ask ended
expect_state ended completed 20
ec2_control '{"pending_ms":null}' >"$tmp/control"
ask open
launched() {
    says "EXISTS (SELECT FROM hostq.machines WHERE request_id = 'open')"
}
ok "a request is open" wait_for 10 launched

foreign=$(add somebody-else r-1)
none=$(ec2_control '{"add":{"count":1,"tags":{"Name":"a user"}}}' | jq -r '.. | strings | select(startswith("i-"))' | head -n 1)
of_open=$(add "$owner" open)
of_ended=$(add "$owner" ended)
orphan=$(add "$owner" nobody-made-it)
ok "one of an open request is taken in" wait_for 10 known "$of_open"
is "... by it" "$(sql "SELECT request_id FROM hostq.machines WHERE instance_id = '$of_open'")" open
ok "one of an ended request is cleaned up" wait_for 10 is_in "$of_ended" terminated shutting-down
is "... by a clean-up of it" "$(sql "SELECT count(*) FROM hostq.requests WHERE cleanup_of = 'ended'")" 1
ok "an orphan is seen" wait_for 10 known "$orphan"
ok "... it lives for its grace" is_in "$orphan" pending running
ok "... and is ended when it is seen again" wait_for 10 is_in "$orphan" terminated shutting-down
is "... told in the audit" "$(sql "SELECT count(*) FROM hostq.events WHERE details->>'instance_id' = '$orphan' AND details->>'found' = 'orphan'")" 1
ok "the open request's machine lives" is_in "$of_open" pending running
ok "another owner's instance lives" is_in "$foreign" running
ok "... and one without our tags" is_in "$none" running
is "... no row knows them" "$(sql "SELECT count(*) FROM hostq.machines WHERE instance_id IN ('$foreign', '$none')")" 0
ec2_control '{"pending_ms":0}' >"$tmp/control"
expect_state open completed 20
is "the ended request keeps its machine" "$(sql "SELECT count(*) FROM hostq.machines WHERE request_id = 'ended' AND status = 'running'")" 1

# However short the grace, one look is not enough.
for s in watch_ms=3600000 watch_pending_ms=3600000 orphan_grace_ms=0; do
    hostq set "${s%=*}" "${s#*=}" >/dev/null
done
watch=$(sql "SELECT id FROM hostq.request_body WHERE kind = 'watch'")
rests() {
    says "(SELECT state = 'waiting' AND run_at > clock_timestamp() + interval '1 min' FROM hostq.queue WHERE id = $watch)"
}
look() {
    sql "UPDATE hostq.queue SET run_at = clock_timestamp() WHERE id = $watch; SELECT hostq.notify_work('watch')" >/dev/null
}
ok "the watch rests" wait_for 10 rests
orphan=$(add "$owner" nobody-made-it-either)
look
ok "an orphan is seen once, and lives" wait_for 10 known "$orphan"
wait_for 10 rests
is "... nothing was made to end it" "$(sql "SELECT count(*) FROM hostq.machines JOIN hostq.request_machines USING (machine_id) WHERE instance_id = '$orphan'")" 0
look
ok "... seen twice, it is ended" wait_for 10 is_in "$orphan" terminated shutting-down
daemon_stop "$daemon_pid"
