#!/bin/sh
# Credentials that expire are read again, a wrong clock is corrected, a new
# instance that EC2 does not know yet is waited for, an endpoint that cannot be
# reached is tried again. M46
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 31
pg_start
ec2_no_keys
ec2_start --key AKIDEXAMPLE --secret one --token first
keys() { # SECRET TOKEN: another file in place of the one there was
    printf '[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = %s\naws_session_token = %s\n' "$1" "$2" >"$tmp/credentials.new"
    mv "$tmp/credentials.new" "$tmp/credentials"
}
server() { # CONTROL
    ec2_control "$1" >"$tmp/control" || echo "# refused: $(cat "$tmp/control")"
}
ask() { # ID [COUNT]
    submit "{\"kind\":\"provision\",\"requestId\":\"$1\",\"templateId\":\"basic\",\"machineCount\":${2:-1},
        \"policy\":{\"backoff_ms\":100,\"backoff_factor\":1,\"max_retries\":500}}" >/dev/null
}
row() { # ID COLUMNS
    sql "SELECT $2 FROM hostq.request_overview WHERE request_id = '$1'"
}
made() { # ID
    ec2_state "[.instances[] | select(.tags[\"hf:request\"] == \"$1\")] | length"
}
tried() { # ID TEXT
    [ "$(row "$1" "retry_attempt > 1 AND coalesce(error_message, message, '') LIKE '%$2%'")" = t ]
}

keys one first
ec2_instance default '"AWS_CREDENTIAL_FILE":"'"$tmp/credentials"'"'
hf_templates "$(image basic 100)"
ec2_quick
hf getAvailableTemplates '{}'
daemon_start d1

ask first
expect_state first completed 20
server '{"credentials":{"key":"AKIDEXAMPLE","secret":"two","token":"second"}}'
keys two second
ask replaced
expect_state replaced completed 20
is "keys that were replaced are read again: no attempt is lost" "$(row replaced retry_attempt)" 0
server '{"credentials":{"key":"AKIDEXAMPLE","secret":"three","token":"third"}}'
ask expired
ok "keys that expired are tried again" wait_for 10 tried expired AuthFailure
is "... no instance is made meanwhile" "$(made expired)" 0
keys three third
expect_state expired completed 20
is "... one when the file is replaced" "$(made expired)" 1

rm "$tmp/credentials"
is_noticed() {
    [ "$(sql "SELECT note->>'message' LIKE '%$tmp/credentials%' FROM hostq.queue q JOIN hostq.request_body b USING (id) WHERE b.kind = 'watch'")" = t ]
}
ok "a file that went is noticed" wait_for 10 is_noticed
ask without
ok "... said and tried again" wait_for 10 tried without "$tmp/credentials"
keys three third
expect_state without completed 20
is "... one instance" "$(made without)" 1
is "no secret is in a log or a row" "$(grep -l 'third\|three' "$tmp"/*.log; sql "SELECT count(*) FROM hostq.event e WHERE e::text ~ 'three|third'")" 0

# The provider's clock is another one, both ways.
for shift in 600 -600; do
    seq=$(ec2_log length)
    server "{\"shift_s\":$shift}"
    ask "clock$shift"
    expect_state "clock$shift" completed 20
    is "a clock wrong by $shift s is corrected at once" "$(row "clock$shift" retry_attempt)" 0
    # The watch may have asked at the same moment: one for each of the two.
    is "... after one refusal" "$(ec2_log '[.[] | select(.status != 200) | .action] | . != [] and length == (unique | length)' "$seq")" true
done
server '{"shift_s":0}'
ask clock0
expect_state clock0 completed 20

# Hidden right after the launch.
server '{"invisible_ms":2500}'
ask hidden 2
told() {
    [ "$(sql "SELECT count(*) FROM hostq.machines WHERE request_id = 'hidden'")" = 2 ]
}
ok "M46: machines are told from the launch's answer" wait_for 2 told
is "... they are pending" "$(sql "SELECT string_agg(status, ' ') FROM hostq.machines WHERE request_id = 'hidden'")" "pending pending"
back=$(submit "{\"kind\":\"return\",\"machineIds\":[\"$(sql "SELECT min(instance_id) FROM hostq.machines WHERE request_id = 'hidden'")\"]}")
not_known() {
    [ "$(ec2_log '[.[] | select(.action == "TerminateInstances" and .code == "InvalidInstanceID.NotFound")] | length')" -ge 1 ]
}
ok "one is returned that EC2 does not know yet" wait_for 5 not_known
expect_state "$back" completed 20
expect_state hidden completed 30
is "... one was returned, one launched for it, none is lost" "$(ec2_state '[.instances[] | select(.tags["hf:request"] == "hidden") | .state] | sort | join(" ")')" "running running terminated"
server '{"invisible_ms":0}'

# Pending for too long: 180 s at least, which have passed here.
server '{"pending_ms":null}'
ask slow
stuck() {
    says "(SELECT count(*) = 1 FROM hostq.machines WHERE request_id = 'slow' AND status = 'pending') AND (SELECT state FROM hostq.requests WHERE request_id = 'slow') = 'waiting'"
}
ok "a machine stays pending" wait_for 10 stuck
old=$(sql "SELECT instance_id FROM hostq.machines WHERE request_id = 'slow'")
# In one order: no look in between sees it running.
server "{\"tag\":{\"ids\":[\"$old\"],\"set\":{\"hf:owner\":\"hidden from the watch\"}},\"pending_ms\":0}"
sql "UPDATE hostq.machines SET first_seen = first_seen - interval '181 s' WHERE request_id = 'slow';
    UPDATE hostq.queue SET run_at = clock_timestamp() WHERE id = hostq.request_key('slow')"
expect_state slow completed 20
is "... it is terminated, and another one launched" "$(ec2_state '[.instances[] | select(.tags["hf:request"] == "slow") | .state] | sort | join(" ")') $(
    sql "SELECT string_agg(message, ' ') FROM hostq.machines WHERE instance_id = '$old'")" "running terminated still pending after 180 s"

# Nobody listens.
good=$ec2_url
ec2_url=http://127.0.0.1:1
ec2_instance default '"AWS_CREDENTIAL_FILE":"'"$tmp/credentials"'"'
hf getAvailableTemplates '{}'
ask nobody
ok "an endpoint that nobody listens at is tried again" wait_for 10 tried nobody "127.0.0.1"
ec2_url=$good
ec2_instance default '"AWS_CREDENTIAL_FILE":"'"$tmp/credentials"'"'
hf getAvailableTemplates '{}'
expect_state nobody completed 20
is "... and made there when the config file is mended" "$(made nobody)" 1
daemon_stop "$daemon_pid"
