#!/bin/sh
# Room for EC2 machines, of a template, an account and a region: refused when a
# request is made, also when two ask at once; told by getAvailableTemplates;
# and given back by what ends. M22 M24 M25
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 34
pg_start
ec2_keys
ec2_start --key "$AWS_ACCESS_KEY_ID" --secret "$AWS_SECRET_ACCESS_KEY"
ec2_instance default
hf_templates "$(image ten 10)" "$(image basic 1000)" "$(image any -1 '"vmType":"c5.large"')" "$(unit P 50)"
ec2_quick
hf getAvailableTemplates '{}'
daemon_start d1

# Two at once: the second one asks before the first one's transaction has ended.
both() { # PARAMS [PARAMS]; the two answers in one array
    rm -f "$tmp/first"
    mkfifo "$tmp/first"
    psql -XAtq <"$tmp/first" >"$tmp/both.1" 2>&1 &
    first=$!
    exec 8>"$tmp/first"
    printf "BEGIN; SELECT hostq.call('requestMachines', '%s');\n" "$1" >&8
    wait_for 10 first_is_in
    hostq call "{\"method\":\"requestMachines\",\"params\":${2:-$1}}" >"$tmp/both.2" 2>"$tmp/both.err" 8>&- &
    second=$!
    wait_for 10 second_waits
    echo "COMMIT;" >&8
    exec 8>&-
    wait "$first" "$second"
    answers=$(jq -cs . "$tmp/both.1" "$tmp/both.2")
}
first_is_in() {
    [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE '%hostq.call(''requestMachines%'")" = 1 ]
}
second_waits() {
    gone "$second" || [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory'")" = 1 ]
}
ask() { # TEMPLATE COUNT
    call requestMachines "{\"templateId\":\"$1\",\"machineCount\":$2}"
}
completes() { # ID TEMPLATE COUNT
    asked requestMachines "{\"requestId\":\"$1\",\"templateId\":\"$2\",\"machineCount\":$3}"
    ok "$1: $3 run" wait_for 20 word_is "$1" COMPLETED
}
returns() { # REQUEST JQ: of the list of its machines
    asked requestReturnMachines "{\"machineIds\":$(status_of "$1" | jq -c "[.result.machines[].machineId]$2")}"
    ok "$1: machines are returned" wait_for 20 word_is "$id" COMPLETED
}
free() { # TEMPLATE
    hf getAvailableTemplates '{}'
    hf_value ".templates[] | select(.templateId == \"$1\") | .availableNumber"
}
calls() {
    ec2_log '[.[] | select(.action != "DescribeInstances")] | length'
}
requests() {
    sql "SELECT count(*) FROM hostq.requests WHERE kind = 'provision'"
}

# The template.
before=$(calls)
ask ten 11
shows "M22: 11 of 10: refused with the numbers" "$call_out" 'call_error and .error.code == "INSUFFICIENT_CAPACITY" and .error.message == "Requested 11, maximum 10"
    and (.error.details | .requestedCount == 11 and .availableCapacity == 10 and .instanceType == "t3.medium" and .region == "us-east-1")'
is "... no row, no call" "$(requests) $(calls)" "0 $before"
completes four ten 4
both '{"templateId":"ten","machineCount":4}'
shows "four run, two ask for four of six at once: one passes" "$answers" '([.[] | select(.result)] | length == 1)
    and ([.[] | select(.error.message == "Requested 4, maximum 2")] | length == 1)'
is "two are told as free" "$(free ten)" 2
other=$(printf '%s' "$answers" | jq -r '.[].result.requestId // empty')
ok "the other four run" wait_for 20 word_is "$other" COMPLETED
returns four ""
is "six are free again" "$(free ten)" 6

# The account: 95 and 10 over 100.
completes rest basic 91
ok "the limit is set" hostq set account_limit 100
before=$(calls)
both '{"templateId":"basic","machineCount":10}'
shows "M24: 95 + 10 > 100, twice at once: both refused with the numbers" "$answers" 'length == 2 and all(call_error and .error.code == "QUOTA_EXCEEDED"
    and .error.message == "Account quota would be exceeded"
    and .error.details == {"currentUsage":95,"requestedAdditional":10,"accountLimit":100})'
is "... no call" "$(calls)" "$before"
is "getAvailableTemplates: five of any template" "$(free ten) $(free basic) $(free any)" "5 5 5"
is "... processes have their own" "$(free P)" 50
ask P 50
shows "... and are taken" "$call_out" '.result.requestId | name_rule'
both '{"templateId":"any","machineCount":5}' '{"templateId":"basic","machineCount":5}'
shows "M24: 95 + 5, of two templates at once: one passes" "$answers" '([.[] | select(.result)] | length == 1)
    and ([.[] | select(.error.code == "QUOTA_EXCEEDED" and .error.message == "Account resource limit exceeded"
          and .error.details == {"currentUsage":100,"requestedAdditional":5,"accountLimit":100})] | length == 1)'
is "none is told as free" "$(free basic)" 0
hf requestMachines '{"template":{"templateId":"basic","machineCount":1}}'
is "the scripts refuse, too" "$hf_status $(hf_value .message | grep -c 'resource limit')" "1 1"
last=$(printf '%s' "$answers" | jq -r '.[].result.requestId // empty')
ok "the five run" wait_for 20 word_is "$last" COMPLETED
id=$(sql "SELECT instance_id FROM hostq.machines WHERE request_id = 'rest' ORDER BY machine_id LIMIT 1") # the first that is told
ec2_control "{\"take\":{\"ids\":[\"$id\"],\"state\":\"terminated\"}}" >"$tmp/control"
free_is() { # TEMPLATE N
    [ "$(free "$1")" = "$2" ]
}
ok "one that was taken away leaves its place" wait_for 20 free_is basic 1
returns rest "[:10]"
is "nine that are returned, too" "$(free basic)" 10
hostq set account_limit 0 >/dev/null
is "no limit: what the template has" "$(free ten) $(free basic)" "6 919"
hf getAvailableTemplates '{}'
shows "... none is told of a template without one" "$hf_out" '.templates[] | select(.templateId == "any") | has("availableNumber") | not'

# The region, by type: 85 of t3.medium live.
ok "a regional limit is set" hostq set regional_capacity '{"us-east-1":{"t3.medium":88},"eu-west-1":{"c5.large":1}}'
is "... three are free" "$(free ten) $(free basic)" "3 3"
ask basic 10
shows "M25: ten: the four details" "$call_out" 'call_error and .error.code == "INSUFFICIENT_CAPACITY"
    and .error.message == "Insufficient capacity for requested instance type"
    and (.error.details | .requestedCount == 10 and .availableCapacity == 3 and .instanceType == "t3.medium" and .region == "us-east-1")'
both '{"templateId":"ten","machineCount":2}' '{"templateId":"basic","machineCount":2}'
shows "... two of three, of two templates at once: one passes" "$answers" '([.[] | select(.result)] | length == 1)
    and ([.[] | select(.error.details.availableCapacity == 1)] | length == 1)'
ask basic 1
shows "... the last one, of another template" "$call_out" '.result.requestId | name_rule'
ask ten 1
shows "M25: none is left" "$call_out" 'call_error and .error.message == "Insufficient regional capacity" and .error.details.availableCapacity == 0'
ask any 1
shows "another type has room" "$call_out" '.result.requestId | name_rule'
hostq set regional_capacity '{}' >/dev/null

# What failed owes nothing.
lives() {
    [ "$(sql "SELECT count(*) FROM hostq.requests WHERE kind = 'provision' AND provider_api = 'RunInstances' AND state <> 'completed'")" = 0 ]
}
ok "all asked for run" wait_for 20 lives
before=$(free basic)
ec2_control '{"fault":{"kind":"error","action":"RunInstances","code":"UnauthorizedOperation","status":403,"times":1}}' >"$tmp/control"
asked requestMachines '{"requestId":"denied","templateId":"basic","machineCount":7}'
ok "one fails" wait_for 20 word_is denied FAILED
is "... its seven are free" "$(free basic)" "$before"
daemon_stop "$daemon_pid"
