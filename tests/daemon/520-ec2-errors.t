#!/bin/sh
# What EC2 says when it does not do what it is asked: what passes is tried
# again with backoff, what does not ends the request at once; of an unknown
# outcome the same bytes go out again, and no machine is made twice. M25 M27 M28
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 57
pg_start
ec2_keys
ec2_start --key "$AWS_ACCESS_KEY_ID" --secret "$AWS_SECRET_ACCESS_KEY"
ec2_instance default
hf_templates "$(image plain 100)" "$(image keep 100 '"partialPolicy":"keep","vmType":"t3.large"')" \
    "$(image clean 100 '"partialPolicy":"clean","vmType":"t3.small"')" "$(image room 100 '"vmType":"t3.nano"')"
ec2_quick
hf getAvailableTemplates '{}'

ask() { # ID COUNT TEMPLATE [RETRIES]
    submit "{\"kind\":\"provision\",\"requestId\":\"$1\",\"templateId\":\"$3\",\"machineCount\":$2,
        \"policy\":{\"backoff_ms\":100,\"backoff_factor\":2,\"max_backoff_ms\":1000,\"max_retries\":${4:-8}}}" >/dev/null
}
fault() { # ID KIND TIMES [MEMBERS]
    ec2_control "{\"fault\":{\"action\":\"RunInstances\",\"kind\":\"$2\",\"times\":$3,\"match\":{\"TagSpecification.1.Tag.2.Value\":\"$1\"}${4:+,$4}}}" >"$tmp/control" ||
        echo "# refused: $(cat "$tmp/control")"
}
refuse() { # ID CODE STATUS [TIMES]
    fault "$1" error "${4:-1000}" "\"code\":\"$2\",\"message\":\"because of $1\",\"status\":$3"
}
launches() { # ID JQ
    ec2_log "[.[] | select(.action == \"RunInstances\" and .params[\"TagSpecification.1.Tag.2.Value\"] == \"$1\")] | $2"
}
made() { # ID
    ec2_state "[.instances[] | select(.tags[\"hf:request\"] == \"$1\")] | length"
}
row() { # ID COLUMNS
    sql "SELECT $2 FROM hostq.request_overview WHERE request_id = '$1'"
}

refuse throttled RequestLimitExceeded 503 2
refuse away Unavailable 503 2
fault html html 2 '"status":500,"effect":true'
fault cut cut 2
fault empty empty 1 '"status":200'
fault lost lost 2
fault reset lost 1 '"rst":true'
fault drop drop 2
refuse image InvalidAMIID.NotFound 400
refuse denied UnauthorizedOperation 403
refuse quota VcpuLimitExceeded 400
refuse other SomethingNew 400
refuse mismatch IdempotentParameterMismatch 400
ec2_control '{"capacity":{"t3.large":2,"t3.small":2,"t3.nano":0}}' >"$tmp/control"
passing="throttled away html cut empty lost reset drop"
for i in $passing image denied quota other mismatch; do ask "$i" 2 plain; done
ask keep 5 keep 2
ask clean 5 clean 2
ask room 2 room 1000
daemon_start d1

for i in $passing; do
    expect_state "$i" completed 30
    is "... $i: two machines, and no more were ever made" "$(made "$i") $(row "$i" "cardinality(machine_ids)")" "2 2"
    is "... by one token and the same bytes" "$(launches "$i" 'map(.params) | unique | length')" 1
done
is "M27: throttled twice, retry_attempt is 2" "$(row throttled retry_attempt)" 2
shows "... with growing pauses" "$(launches throttled 'map(.time)')" 'length == 3 and (.[1] - .[0]) > 0.09 and (.[2] - .[1]) > 0.18'
is "... three calls" "$(launches throttled 'map(.status) | join(" ")')" "503 503 200"
is "an HTML page is an unknown outcome" "$(launches html 'map(.status) | join(" ")')" "500 500 200"

ended() { # ID CODE AWS_CODE
    expect_state "$1" failed 30
    is "... $1: $2, after one call" "$(row "$1" error_code) $(launches "$1" length) $(row "$1" retry_attempt)" "$2 1 0"
    shows "... with code, message and id of the provider" "$(status_of "$1")" '.result | call_status and .status == "FAILED" and .machines == []
        and (.errorMessage | contains("'"$3"'") and contains("because of '"$1"'")
        and contains("'"$(launches "$1" '.[0].request_id')"'"))'
}
ended image VALIDATION_ERROR InvalidAMIID.NotFound
ended denied PROVIDER_ERROR UnauthorizedOperation
ended quota QUOTA_EXCEEDED VcpuLimitExceeded
ended other PROVIDER_ERROR SomethingNew
ended mismatch VALIDATION_ERROR IdempotentParameterMismatch
shows "details name them, too" "$(row denied error_details)" \
    '.awsCode == "UnauthorizedOperation" and (.awsMessage | contains("because")) and (.awsRequestId | length > 10)'

ok "M25: no capacity for three of five, kept: PARTIAL_SUCCESS" wait_for 30 word_is keep PARTIAL_SUCCESS
shows "... with two machines and the provider's word" "$(status_of keep)" '.result | call_status and (.machines | length == 2 and all(.status == "running"))
    and (.errorMessage | contains("InsufficientInstanceCapacity"))'
is "... INSUFFICIENT_CAPACITY after two retries" "$(row keep error_code) $(row keep retry_attempt)" "INSUFFICIENT_CAPACITY 2"
is "... the rest was asked for under other tokens" "$(launches keep 'map(.token) | unique | length > 1')" true
is "... no more than asked for" "$(launches keep '[.[].params.MaxCount] | unique | join(" ")')" "3 5"
ok "M28: cleaned up: FAILED" wait_for 30 word_is clean FAILED
nothing_of_clean() {
    [ "$(ec2_state '[.instances[] | select(.tags["hf:request"] == "clean" and .state != "terminated")] | length')" = 0 ]
}
ok "... its two machines are terminated" wait_for 20 nothing_of_clean
is "... two were made" "$(made clean)" 2
is "... told as terminated" "$(sql "SELECT string_agg(status, ' ') FROM hostq.machines WHERE request_id = 'clean'")" "terminated terminated"

tried() {
    [ "$(row room retry_attempt)" -ge 2 ]
}
ok "no capacity at all: tried again" wait_for 20 tried
ec2_control '{"capacity":{"t3.nano":10}}' >"$tmp/control"
expect_state room completed 20
is "... two machines once there is room" "$(made room)" 2
is "every machine is known" "$(ec2_state '[.instances[] | .id] | sort | join(" ")')" "$(sql "SELECT string_agg(instance_id, ' ' ORDER BY instance_id) FROM hostq.machines")"
daemon_stop "$daemon_pid"
