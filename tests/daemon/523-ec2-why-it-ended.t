#!/bin/sh
# Why EC2 did not do it, as each who may ask is told: scripts, `hostq call`,
# `hostq show`, the audit. What has no room is asked for until the deadline
# leaves no time for another try. M25 M27 M28
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 52
pg_start
ec2_keys
ec2_start --key "$AWS_ACCESS_KEY_ID" --secret "$AWS_SECRET_ACCESS_KEY"
ec2_instance default
hf_templates "$(image image 100 '"imageId":"ami-0000dead"')" "$(image denied 100 '"vmType":"t3.micro"')" \
    "$(image limit 100 '"vmType":"t3.xlarge"')" "$(image vcpu 100 '"vmType":"t3.2xlarge"')" \
    "$(image room 100 '"vmType":"t3.nano"')" "$(image clean 100 '"vmType":"t3.small","partialPolicy":"clean"')" \
    "$(image keep 100 '"vmType":"t3.large","partialPolicy":"keep"')" "$(image plain 100)"
ec2_quick
hf getAvailableTemplates '{}'

order() {
    ec2_control "$1" >"$tmp/control" || echo "# refused: $(cat "$tmp/control")"
}
refuse() { # PARAMETER VALUE CODE STATUS [TIMES [MEMBERS]]
    order "{\"fault\":{\"action\":\"RunInstances\",\"kind\":\"error\",\"times\":${5:-1000},\"match\":{\"$1\":\"$2\"},
        \"code\":\"$3\",\"message\":\"EC2 says <$3> & more\",\"status\":$4${6:+,$6}}}"
}
row() { # ID COLUMNS
    sql "SELECT $2 FROM hostq.request_overview WHERE request_id = '$1'"
}
launches() { # ID JQ
    ec2_log "[.[] | select(.action == \"RunInstances\" and .params[\"TagSpecification.1.Tag.2.Value\"] == \"$1\")] | $2"
}
lives() { # ID
    ec2_state "[.instances[] | select(.tags[\"hf:request\"] == \"$1\" and .state == \"running\")] | length"
}

refuse ImageId ami-0000dead InvalidAMIID.NotFound 400
refuse InstanceType t3.micro UnauthorizedOperation 403
refuse InstanceType t3.xlarge InstanceLimitExceeded 400
refuse InstanceType t3.2xlarge VcpuLimitExceeded 400
daemon_start d1

# By the scripts: complete_with_error, and the next call says it again.
for row in image=VALIDATION_ERROR=InvalidAMIID.NotFound denied=PROVIDER_ERROR=UnauthorizedOperation \
    limit=QUOTA_EXCEEDED=InstanceLimitExceeded vcpu=QUOTA_EXCEEDED=VcpuLimitExceeded; do
    template=${row%%=*} aws=${row##*=} code=${row#*=}
    code=${code%=*}
    hf requestMachines "{\"template\":{\"templateId\":\"$template\",\"machineCount\":2}}"
    req=$(hf_value .requestId)
    hf_ends "$req" complete_with_error 20
    their=$(launches "$req" '.[0].request_id')
    is "$aws: one call, no machine" "$(launches "$req" length) $(lives "$req") $(row "$req" retry_attempt)" "1 0 0"
    said="$aws: EC2 says <$aws> & more (request $their)"
    is "... the script says it, with the request's id there" "$(hf_value '.requests[0].message')" "$said"
    is "... and no machines" "$(hf_value '.requests[0].machines | length')" 0
    is "... getRequestStatus of hostq call, too" "$(status_of "$req" | jq -r '.result | .status, .errorMessage')" "FAILED
$said"
    hostq show "$req" >"$tmp/show" 2>&1
    ok "... hostq show has error, code and message" eval "grep -q '$code' '$tmp/show' && grep -qF '$said' '$tmp/show'"
    shows "... and its JSON the details" "$(hostq show --json "$req")" \
        '[.. | objects | select(.awsCode == "'"$aws"'" and .awsRequestId == "'"$their"'" and (.awsMessage | startswith("EC2 says")))] | length >= 1'
    is "... the audit has it as an end" "$(sql "SELECT count(*) FROM hostq.events WHERE request_id = '$req' AND type = 'fail' AND reason IN ('config', 'auth', 'quota')")" 1
done
hf getAvailableTemplates '{}'
shows "what failed is free again" "$hf_out" '.templates | all(.availableNumber == 100)'

# No room. The deadline is a minute away; 58 s of it are not for tries.
ask() { # ID COUNT TEMPLATE
    submit "{\"kind\":\"provision\",\"requestId\":\"$1\",\"templateId\":\"$3\",\"machineCount\":$2,\"timeout\":60,
        \"policy\":{\"backoff_ms\":200,\"backoff_factor\":1,\"stop_before_deadline_ms\":58000}}" >/dev/null
}
order '{"capacity":{"t3.nano":0,"t3.small":2,"t3.large":2}}'
ask room 2 room
ask clean 5 clean
ask keep 5 keep
expect_state room failed 20
is "... INSUFFICIENT_CAPACITY, for the deadline" "$(row room "error_code || ' ' || failure_reason || ' ' || last_reason")" "INSUFFICIENT_CAPACITY deadline capacity"
ok "... after several calls, each with a token of its own" eval "[ $(launches room length) -ge 3 ] && [ $(launches room length) = $(launches room 'map(.token) | unique | length') ]"
is "... told with the provider's word" "$(status_of room | jq -r '.result | .status, (.errorMessage | startswith("InsufficientInstanceCapacity: no room"))' | paste -sd ' ' -)" "FAILED true"
expect_state keep failed 20
is "... kept: PARTIAL_SUCCESS" "$(row keep "status || ' ' || error_code || ' ' || failure_reason")" "PARTIAL_SUCCESS INSUFFICIENT_CAPACITY partial"
is "... two live" "$(lives keep)" 2
is "... the rest was asked for: three, each time with another token" "$(launches keep '.[1:] | map(.params.MaxCount) | unique | join(" ")') $(launches keep '(map(.token) | unique | length) == length')" "3 true"
expect_state clean failed 20
is "... cleaned up: FAILED" "$(row clean "status || ' ' || error_code || ' ' || failure_reason")" "FAILED INSUFFICIENT_CAPACITY deadline"
none() {
    [ "$(ec2_state '[.instances[] | select(.tags["hf:request"] == "clean" and .state != "terminated")] | length')" = 0 ]
}
ok "... none lives" wait_for 20 none

# The limit of the account is met on the way.
order '{"capacity":{"t3.small":2,"t3.large":4}}'
refuse MaxCount 3 VcpuLimitExceeded 400
for i in keep clean; do
    ask "quota-$i" 5 "$i"
    expect_state "quota-$i" failed 20
done
is "a limit met after two of five: kept, and final" "$(row quota-keep "status || ' ' || error_code || ' ' || retry_attempt") $(lives quota-keep)" "PARTIAL_SUCCESS QUOTA_EXCEEDED 0 2"
is "... cleaned up" "$(row quota-clean "status || ' ' || error_code || ' ' || retry_attempt")" "FAILED QUOTA_EXCEEDED 0"
none_of_clean() {
    [ "$(ec2_state '[.instances[] | select((.tags["hf:request"] | endswith("clean")) and .state != "terminated")] | length')" = 0 ]
}
ok "... none of it lives" wait_for 20 none_of_clean
is "... both asked for the rest once" "$(launches quota-keep 'map(.params.MaxCount) | join(" ")'), $(launches quota-clean 'map(.params.MaxCount) | join(" ")')" "5 3, 5 3"

# What was cleaned up is told by the next look.
as_there() {
    [ "$(ec2_lives | sort | paste -sd ' ' -)" = "$(sql "SELECT string_agg(instance_id, ' ' ORDER BY instance_id) FROM hostq.machines WHERE ended_at IS NULL")" ]
}
ok "what lives is what the table has" wait_for 5 as_there
is "... four" "$(ec2_lives | wc -w)" 4
daemon_stop "$daemon_pid"
