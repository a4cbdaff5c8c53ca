#!/bin/sh
# What is left of a template, an account and a region, also when two ask at
# once for the last of it. M22 M24 M25
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 20
pg_start
template ten '["sleep","1000"]'
template T '["sleep","1000"]'
sql "UPDATE hostq.templates SET max_number = 10 WHERE template_id = 'ten'"
daemon_start d1

both() { # PARAMS: twice at once; the two answers in one array
    for n in 1 2; do
        hostq call "{\"method\":\"requestMachines\",\"params\":$1}" >"$tmp/both.$n" &
        eval "both$n=$!"
    done
    # shellcheck disable=SC2154 # set by eval
    wait "$both1" "$both2"
    answers=$(jq -cs . "$tmp/both.1" "$tmp/both.2")
}

requests() {
    sql "SELECT count(*) FROM hostq.requests WHERE kind = 'provision'"
}

# Template: in use and owed count.
asked requestMachines '{"templateId":"ten","machineCount":4}'
ok "four run" wait_for 10 word_is "$id" COMPLETED
four=$id
daemon_stop "$daemon_pid"
asked requestMachines '{"templateId":"ten","machineCount":3}'
call requestMachines '{"templateId":"ten","machineCount":4}'
shows "four in use and three owed of ten: four more are refused" "$call_out" 'call_error and .error.code == "INSUFFICIENT_CAPACITY"
    and .error.message == "Requested 4, maximum 3" and .error.details.requestedCount == 4 and .error.details.availableCapacity == 3'
is "... exit 1" "$call_status" 1
both '{"templateId":"ten","machineCount":2}'
shows "two ask at once for two of three: one passes" "$answers" '([.[] | select(.result)] | length == 1)
    and ([.[] | select(.error.message == "Requested 2, maximum 1")] | length == 1)'
is "no row of the refused ones" "$(requests)" 3
call cancelRequest "{\"requestId\":\"$id\"}"
call getAvailableTemplates '{}'
shows "a canceled one owes nothing" "$call_out" '[.result.templates[] | select(.templateId == "ten").availableNumber] == [4]'
daemon_start d2
asked requestReturnMachines "{\"machineIds\":$(status_of "$four" | jq -c '[.result.machines[].machineId]')}"
ok "four are returned" wait_for 10 word_is "$id" COMPLETED
settled() {
    [ "$(sql "SELECT count(*) FROM hostq.queue WHERE state <> 'waiting'")" = 0 ]
}
ok "the other two run" wait_for 10 settled
call getAvailableTemplates '{}'
shows "eight are free again" "$call_out" '[.result.templates[] | select(.templateId == "ten").availableNumber] == [8]'

# Account: 95 in use or owed, the limit is 100.
asked requestMachines '{"templateId":"T","machineCount":58}'
ok "58 more run" wait_for 20 word_is "$id" COMPLETED
daemon_stop "$daemon_pid"
asked requestMachines '{"templateId":"T","machineCount":35}'
ok "the limit is set" hostq set account_limit 100
before=$(requests)
both '{"templateId":"T","machineCount":10}'
shows "95 + 10 > 100, twice at once: both refused with the numbers" "$answers" 'length == 2 and all(call_error and .error.code == "QUOTA_EXCEEDED"
    and .error.message == "Account quota would be exceeded"
    and .error.details == {"currentUsage":95,"requestedAdditional":10,"accountLimit":100})'
both '{"templateId":"T","machineCount":5}'
shows "95 + 5, twice at once: one passes" "$answers" '([.[] | select(.result)] | length == 1)
    and ([.[] | select(.error.code == "QUOTA_EXCEEDED" and .error.message == "Account resource limit exceeded"
          and .error.details == {"currentUsage":100,"requestedAdditional":5,"accountLimit":100})] | length == 1)'
is "one row more" "$(requests)" "$((before + 1))"
is "no limit" "$(hostq set account_limit 0)" "account_limit = 0 (was 100)"
asked requestMachines '{"templateId":"T","machineCount":5}'
is "... no refusal" "$call_status" 0

# Region: by instance type, at submit; nobody works these here.
sql "SELECT hostq.store_templates('aws', 'h', '{\"AWS_REGION\":\"us-east-1\"}', '[{\"templateId\":\"A\",\"valid\":true,\"providerApi\":\"RunInstances\",
    \"maxNumber\":100,\"definition\":{\"templateId\":\"A\",\"maxNumber\":100,\"vmType\":\"t3.medium\"}}]', '')" >/dev/null
ok "a regional limit is set" hostq set regional_capacity '{"us-east-1":{"t3.medium":5}}'
ask() { # COUNT
    hostq call -n aws "{\"method\":\"requestMachines\",\"params\":{\"templateId\":\"A\",\"machineCount\":$1}}"
}
shows "ten of five: the four details" "$(ask 10)" 'call_error and .error.code == "INSUFFICIENT_CAPACITY"
    and .error.message == "Insufficient capacity for requested instance type"
    and (.error.details | .requestedCount == 10 and .availableCapacity == 5 and .instanceType == "t3.medium" and .region == "us-east-1")'
shows "five of five pass" "$(ask 5)" '.result.requestId | name_rule'
shows "one more is refused" "$(ask 1)" '.error.message == "Insufficient regional capacity" and .error.details.availableCapacity == 0'
