#!/bin/sh
# A copy of the database (a dump, restored in another server) ends no machine
# by itself: the original lives on and may have given them to somebody. After
# `hostq adopt` it does what it had left out. design.md 4, aws.md 1f
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
. "$top_srcdir/tests/daemon/queue.inc"
plan 30
pg_start
ec2_keys
ec2_start --key "$AWS_ACCESS_KEY_ID" --secret "$AWS_SECRET_ACCESS_KEY"
ec2_control '{"pending_last":1}' >/dev/null # requests stay open
ec2_instance awsinst
hf_templates "$(image basic 100)"
hf getAvailableTemplates '{}'
for s in watch_ms=300 watch_pending_ms=300 orphan_grace_ms=0; do
    hostq set "${s%=*}" "${s#*=}" >/dev/null
done
deployment=$(sql "SELECT id FROM hostq.deployment")
watch=watch:aws:default/us-east-1
made_for() { # REQUEST
    ec2_state "[.instances[] | select(.tags[\"hf:request\"] == \"$1\" and (.state == \"pending\" or .state == \"running\"))] | length"
}
made_for_is() { # REQUEST N
    [ "$(made_for "$1")" = "$2" ]
}
machines_are() { # REQUEST N
    says "(SELECT count(*) FROM hostq.machines WHERE request_id = '$1') = $2"
}
looks() {
    sql "SELECT poll_count FROM hostq.requests WHERE request_id = '$watch'"
}
looks_are() {
    [ "$(looks)" -ge "$1" ]
}
looks_more() { # N
    n=$(looks)
    wait_for 20 looks_are $((n + $1))
}

daemon_start original
for r in late canceled tried; do
    submit "{\"kind\":\"provision\",\"namespace\":\"awsinst\",\"templateId\":\"basic\",\"machineCount\":2,\"requestId\":\"$r\",\"partialPolicy\":\"clean\"}" >/dev/null
    ok "the original makes two machines for $r" wait_for 20 machines_are $r 2
done
"$PGBIN/pg_dumpall" --roles-only | grep 'ROLE hostq_' >"$tmp/roles.sql"
"$PGBIN/pg_dump" hostq >"$tmp/dump.sql" || exit 99

# The original goes on.
submit '{"kind":"provision","namespace":"awsinst","templateId":"basic","machineCount":1,"requestId":"newer"}' >/dev/null
ok "... and, after the dump, one for another request" wait_for 20 made_for_is newer 1
daemon_stop "$daemon_pid"

# The copy.
PGHOST=$tmp/pg2
pgtmp_init "$tmp/pg2" "fsync = off" "log_min_messages = warning" && pgtmp_start "$tmp/pg2" || exit 99
stop_both() {
    both_status=$?
    pgtmp_stop "$tmp/pg2" immediate
    PGHOST=$tmp/pg
    (exit "$both_status")
    cleanup
}
trap stop_both EXIT
"$PGBIN/createdb" hostq
psql -XAtq -v ON_ERROR_STOP=1 -f "$tmp/roles.sql" -f "$tmp/dump.sql" >"$tmp/restore.out" 2>&1 || sed 's/^/# /' "$tmp/restore.out"
is "the dump is of the same deployment" "$(sql "SELECT id FROM hostq.deployment")" "$deployment"
is "... and knows that it is a copy" "$(sql "SELECT hostq.is_original()")" f
daemon_start copy
like "its daemon says so" "$(cat "$tmp/copy.log")" 'warn db.setting .*name=deployment value=copy why=".*hostq adopt"'
orphan() {
    says "EXISTS (SELECT FROM hostq.event WHERE details->>'found' = 'orphan')"
}
ok "the watch of the copy sees the machine that it does not know" wait_for 20 orphan
sql "UPDATE hostq.queue SET deadline = clock_timestamp() WHERE id = hostq.request_key('late')"
expect_state late timeout 20
hostq cancel canceled tried >/dev/null
ok "the watch looks some more times" looks_more 4
for r in late canceled tried; do
    is "the machines of $r live" "$(made_for $r)" 2
done
is "... and the unknown one" "$(made_for newer)" 1
is "nothing was asked to end" "$(ec2_counters '.calls.TerminateInstances // 0')" 0
is "no clean-up was made" "$(sql "SELECT count(*) FROM hostq.requests WHERE kind = 'return'")" 0
like "the message of the request names them" "$(hostq show late --json | jq -r .request.error_message)" 'left by a copy of the database: i-[0-9a-f]*, i-[0-9a-f]*$'
like "... and so do its events" "$(sql "SELECT details FROM hostq.events WHERE request_id = 'late' AND type = 'cleanup'")" '"left": \["i-[0-9a-f]*", "i-[0-9a-f]*"\]'
hostq retry tried >/dev/null
one=$(sql "SELECT instance_id FROM hostq.machines WHERE request_id = 'tried' ORDER BY machine_id LIMIT 1")
back=$(submit "{\"kind\":\"return\",\"namespace\":\"awsinst\",\"machineIds\":[\"$one\"]}")
expect_state "$back" completed 20
is "what is returned by name is ended" "$(ec2_state ".instances[] | select(.id == \"$one\") | .state")" terminated


# From here on it is the deployment.
is "hostq adopt" "$(hostq adopt)" "this database is deployment $deployment from now on; clean-ups made: 2"
is "... again: nothing to do" "$(hostq adopt)" "this database is deployment $deployment already"
for r in late canceled newer; do
    ok "the machines of $r are ended" wait_for 20 made_for_is "$r" 0
done
ok "... not those of the request that was tried again" looks_more 4
is "... which has both" "$(made_for tried)" 2
is "the audit has it" "$(sql "SELECT count(*), min(details->>'deployment') FROM hostq.event WHERE type = 'adopt'")" "1|$deployment"
daemon_start adopted
ok "a daemon that starts now has nothing to say of it" [ "$(grep -c name=deployment "$tmp/adopted.log")" = 0 ]
is "every call was taken" "$(ec2_log '[.[] | select(.status != 200)] | length')" 0
