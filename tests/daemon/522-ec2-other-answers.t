#!/bin/sh
# Answers that are none of EC2's although they say 200: a page of a proxy, an
# error, the answer to something else. A launch's outcome is unknown then, and
# the same bytes go out again; a watch has seen nothing, and takes no machine
# for gone. What is refused after an unknown outcome, or ends with one, leaves
# no machine behind. M27 M28 M50
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 33
pg_start
ec2_keys
ec2_start --key "$AWS_ACCESS_KEY_ID" --secret "$AWS_SECRET_ACCESS_KEY"
ec2_instance default
hf_templates "$(image plain 100)" "$(image keep 100 '"partialPolicy":"keep"')"
ec2_quick
hostq set watch_grace_ms 0 >/dev/null
hf getAvailableTemplates '{}'

ask() { # ID COUNT [RETRIES] [TEMPLATE]
    submit "{\"kind\":\"provision\",\"requestId\":\"$1\",\"templateId\":\"${4:-plain}\",\"machineCount\":$2,
        \"policy\":{\"backoff_ms\":50,\"backoff_factor\":1,\"max_retries\":${3:-20}}}" >/dev/null
}
order() {
    ec2_control "$1" >"$tmp/control" || echo "# refused: $(cat "$tmp/control")"
}
fault() { # ID KIND TIMES [MEMBERS]
    order "{\"fault\":{\"action\":\"RunInstances\",\"kind\":\"$2\",\"times\":$3,\"match\":{\"TagSpecification.1.Tag.2.Value\":\"$1\"}${4:+,$4}}}"
}
launches() { # ID JQ
    ec2_log "[.[] | select(.action == \"RunInstances\" and .params[\"TagSpecification.1.Tag.2.Value\"] == \"$1\")] | $2"
}
made() { # ID
    ec2_state "[.instances[] | select(.tags[\"hf:request\"] == \"$1\")] | length"
}
none_lives() { # ID
    [ "$(ec2_state "[.instances[] | select(.tags[\"hf:request\"] == \"$1\" and .state != \"terminated\")] | length")" = 0 ]
}
row() { # ID COLUMNS
    sql "SELECT $2 FROM hostq.request_overview WHERE request_id = '$1'"
}
page='<html><head><title>Sign in</title></head><body><p>Who are you?</p></body></html>'
error='<Response><Errors><Error><Code>Odd</Code><Message>none</Message></Error></Errors><RequestID>r</RequestID></Response>'
other='<TerminateInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><instancesSet/></TerminateInstancesResponse>'

# Done, but somebody else answers.
fault page html 2 "\"status\":200,\"effect\":true,\"body\":\"$page\""
fault error html 2 "\"status\":200,\"effect\":true,\"body\":\"$error\""
fault other html 2 "\"status\":200,\"effect\":true,\"body\":\"$other\""
# Done, and EC2 says that something broke, or that it is too busy.
fault broke error 2 '"effect":true,"code":"InternalError","status":500'
fault busy error 2 '"effect":true,"code":"RequestLimitExceeded","status":503'
unknown="page error other broke busy"
for i in $unknown; do ask "$i" 2; done
daemon_start d1
for i in $unknown; do
    expect_state "$i" completed 20
    is "... $i: two machines, and no more were ever made" "$(made "$i") $(row "$i" "cardinality(machine_ids)")" "2 2"
    is "... by three calls, one token and the same bytes" "$(launches "$i" '"\(length) \(map(.params) | unique | length)"')" "3 1"
done

# The same pages for a watch.
# Both used, and a look after them that was answered.
looked_again() {
    [ "$(ec2_state '.faults | length')" = 0 ] &&
        says "(SELECT note->'poll_errors' = '0' FROM hostq.queue q JOIN hostq.request_body b USING (id) WHERE b.kind = 'watch')"
}
order '{"fault":null}'
for body in "$page" "$error" "$other"; do
    order "{\"fault\":{\"action\":\"DescribeInstances\",\"kind\":\"html\",\"times\":2,\"status\":200,\"body\":\"$body\"}}"
    ok "a watch is told $(echo "$body" | cut -c 1-9)..." wait_for 20 looked_again
    is "... and takes no machine for gone" "$(sql "SELECT count(*) FROM hostq.events WHERE type = 'machine' AND details->>'status' = 'terminated'") $(
        sql "SELECT count(*) FROM hostq.machines WHERE status = 'running' AND details ? 'missed' IS NOT TRUE")" "0 10"
done

# Made, told to nobody, and refused from then on.
fault denied lost 1
fault denied error 1 '"code":"UnauthorizedOperation","message":"no more","status":403'
ask denied 2
expect_state denied failed 20
is "... refused at the second call, with the same bytes" "$(launches denied '"\(length) \(map(.params) | unique | length)"') $(made denied)" "2 1 2"
ok "... what the first one made is ended" wait_for 20 none_lives denied
# The token of a launch that was done is refused with other parameters.
fault mismatch lost 1
fault mismatch error 1 '"code":"IdempotentParameterMismatch","status":400'
ask mismatch 2
expect_state mismatch failed 20
ok "... what was made for that token is ended" wait_for 20 none_lives mismatch
is "... as what it is" "$(row mismatch error_code) $(made mismatch)" "VALIDATION_ERROR 2"
ok "... may be tried again by a person when that is done" wait_for 20 hostq retry mismatch
expect_state mismatch completed 20
is "... a person's retry goes out with another token" "$(launches mismatch 'map(.token) | "\(length) \(unique | length)"')" "3 2"

# All tries used, and none of them was answered.
fault silent lost 1000
ask silent 2 2
expect_state silent failed 20
is "... after three calls, which made two" "$(launches silent length) $(made silent)" "3 2"
ok "... they are ended when the watch sees them" wait_for 20 none_lives silent
daemon_stop "$daemon_pid"
