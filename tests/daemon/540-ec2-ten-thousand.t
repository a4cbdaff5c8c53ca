#!/bin/sh
# Discovery does not grow with the requests (aws.md 1f): 50 open ones with
# 10,000 machines at the stand-in cost a look of the watch ten calls, one a
# thousand machines, and no row is written where nothing has changed.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
. "$top_srcdir/tests/daemon/queue.inc"
plan 19
pg_start
ec2_keys
ec2_start --key "$AWS_ACCESS_KEY_ID" --secret "$AWS_SECRET_ACCESS_KEY"
ec2_control '{"pending_last":1}' >/dev/null # requests stay open
ec2_instance awsinst '"AWS_INSTANCE_PENDING_TIMEOUT_SEC":3000'
hf_templates "$(image basic 10000)"
hf getAvailableTemplates '{}'
hostq set max_machine_count 1000 >/dev/null
hostq set watch_pending_ms 500 >/dev/null
daemon_start d1
watch=watch:aws:default/us-east-1

sql "SELECT count(hostq.submit('{\"kind\":\"provision\",\"namespace\":\"awsinst\",\"templateId\":\"basic\",\"machineCount\":200,\"timeout\":3000}'))
    FROM generate_series(1, 50)" >/dev/null
status_is() { # STATUS N
    says "(SELECT count(*) FROM hostq.machines WHERE status = '$1') = $2"
}
ok "10,000 machines, all but one of each launch are running" wait_for 120 status_is running 9900
is "... the others are pending" "$(sql "SELECT count(*) FROM hostq.machines WHERE status = 'pending'")" 100
is "... made by two launches a request" "$(ec2_counters .calls.RunInstances)" 100

# Begins with a request of the watch that the stand-in holds back: nothing but
# the watch has anything to do then.
still() {
    says "NOT EXISTS (SELECT FROM hostq.requests WHERE kind = 'provision' AND state <> 'waiting')"
}
rows="SELECT (SELECT array_agg(ctid::text || xmin ORDER BY id) FROM hostq.queue WHERE id <> hostq.request_key('$watch')),
    (SELECT array_agg(ctid::text || xmin ORDER BY id) FROM hostq.request_body),
    (SELECT array_agg(ctid::text || xmin ORDER BY machine_id) FROM hostq.machines),
    (SELECT count(*) FROM hostq.event), (SELECT count(*) FROM hostq.finished)"
looks() { # of the watch that have ended
    sql "SELECT poll_count FROM hostq.requests WHERE request_id = '$watch'"
}
looks_are() {
    [ "$(looks)" -ge "$1" ]
}
held() {
    [ "$(ec2_counters '.held.DescribeInstances // 0')" = 1 ]
}
# One whole look: calls of it in $calls, what it left in $after.
one_look() { # NAME
    ec2_control '{"hold":{"action":"DescribeInstances"}}' >/dev/null
    ok "$1: the watch is about to look" wait_for 30 held
    n=$(looks) since=$(($(ec2_counters .last) - 1))
    before=$(sql "$rows")
    ec2_control '{"release":"DescribeInstances"}' >/dev/null
    ok "... and has looked" wait_for 30 looks_are $((n + 1))
    after=$(sql "$rows")
    calls=$(ec2_log '[.[].action] | group_by(.) | map("\(length) \(.[0])") | join(", ")' "$since")
}
ok "the requests wait" wait_for 30 still
# Their own looks, one in 10 s each, are not what is counted here.
sql "UPDATE hostq.queue SET run_at = run_at + interval '1 h' WHERE state = 'waiting' AND id <> hostq.request_key('$watch')"
hostq set watch_pending_ms 3000 >/dev/null
one_look "nothing has changed"
is "... by ten calls" "$calls" "10 DescribeInstances"
ok "... no row of requests, machines or events was written" [ "$before" = "$after" ]
is "... and all pages were asked for by the owner tag alone" "$(ec2_log '[.[] | select(.action == "DescribeInstances") | .params
    | del(.NextToken) | [to_entries[] | "\(.key)=\(.value)"] | sort | join("&")] | unique | join(" ")' |
    sed "s/$(sql "SELECT id FROM hostq.deployment")/OWNER/")" "Filter.1.Name=tag:hf:owner&Filter.1.Value.1=OWNER&MaxResults=1000"

# Of 10,000 machines one changes: one row, one event, one request.
one=$(sql "SELECT instance_id FROM hostq.machines WHERE status = 'running' ORDER BY machine_id OFFSET 5000 LIMIT 1")
last=$(sql "SELECT max(machine_id) FROM hostq.machines") # one that is launched for it is not counted
marks="SELECT string_agg(concat(t.relname, ' ', t.n), ', ' ORDER BY t.relname) FROM (
    SELECT 'machines' AS relname, (SELECT count(*) FROM hostq.machines WHERE xmin::text::bigint >= %s AND machine_id <= $last) AS n
    UNION ALL SELECT 'event', (SELECT count(*) FROM hostq.event WHERE xmin::text::bigint >= %s AND type = 'machine')) t"
ec2_control '{"hold":{"action":"DescribeInstances"}}' >/dev/null
ok "the watch is about to look" wait_for 30 held
ec2_control "{\"take\":{\"ids\":[\"$one\"],\"state\":\"terminated\"}}" >/dev/null
xid=$(sql "SELECT pg_snapshot_xmax(pg_current_snapshot())")
n=$(looks)
ec2_control '{"release":"DescribeInstances"}' >/dev/null
ok "one machine is taken away" wait_for 30 looks_are $((n + 1))
# shellcheck disable=SC2059 # the format is ours
is "... one machine and one event are written" "$(sql "$(printf "$marks" "$xid" "$xid")")" "event 1, machines 1"
is "... it is that one" "$(sql "SELECT status FROM hostq.machines WHERE instance_id = '$one'")" terminated
replaced() {
    says "(SELECT count(*) FROM hostq.machines WHERE ended_at IS NULL) = 10000"
}
ok "... its request asks for another one" wait_for 30 replaced

# A page that does not come: what was seen is not taken for all there is.
ec2_control '{"fault":{"kind":"error","code":"RequestLimitExceeded","action":"DescribeInstances","skip":5,"times":1}}' >/dev/null
gone() {
    [ "$(ec2_log '[.[] | select(.fault == "error")] | length')" = 1 ] && says "(SELECT state FROM hostq.requests WHERE request_id = '$watch') = 'waiting'"
}
ok "a page in the middle of a look is refused" wait_for 30 gone
is "... no machine is missed for it" "$(sql "SELECT count(*) FROM hostq.machines WHERE details ? 'missed' OR ended_at IS NOT NULL AND instance_id <> '$one'")" 0
ec2_control '{"pending_last":0}' >/dev/null
ended() {
    says "(SELECT count(*) FROM hostq.requests WHERE kind = 'provision' AND state = 'completed') = 50"
}
ok "all requests complete" wait_for 60 ended
most=102400
! grep -qa __asan_init "$top_builddir/hostqd" || most=$((10 * most)) # what it finds costs memory
ok "the daemon never took 100 MB" [ "$(awk '/^VmHWM/ { print $2 }' "/proc/$daemon_pid/status")" -lt "$most" ]
is "... and no call was refused but the one" "$(ec2_log '[.[] | select(.status != 200)] | length')" 1
