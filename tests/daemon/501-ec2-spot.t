#!/bin/sh
# Spot machines: a price limit, and what AWS is about to take is handed to
# getReturnRequests with the time that is left. M30
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 15
pg_start
ec2_keys
ec2_start --key "$AWS_ACCESS_KEY_ID" --secret "$AWS_SECRET_ACCESS_KEY"
ec2_instance awsinst
hf_templates "$(image spot 10 '"priceType":"spot"')"
ec2_quick
hf getAvailableTemplates '{}'
daemon_start d1

id=$(hostq call -n awsinst '{"method":"requestMachines","params":{"templateId":"spot","machineCount":3,
    "metadata":{"max-spot-price":"0.10","interruption-handling":"graceful"}}}' | jq -r .result.requestId)
hf_ends "$id" complete 20
shows "three spot machines" "$hf_out" '.requests[0].machines | length == 3 and all(.priceType == "spot" and .result == "succeed")'
all=$(hf_value '{machines: [.requests[0].machines[] | {name, machineId}]}' | jq -c .)
name=$(hf_value '.requests[0].machines[0].name')
machine=$(hf_value '.requests[0].machines[0].machineId')
is "... at that price" "$(ec2_log '.[] | select(.action == "RunInstances") | .params["InstanceMarketOptions.SpotOptions.MaxPrice"]')" 0.10
hf getReturnRequests "$all"
shows "healthy ones are not listed" "$hf_out" 'returns_answer and .requests == []'

ec2_control "{\"notice\":{\"ids\":[\"$machine\"]}}" >"$tmp/control"
is_taken() { # LIST
    hf getReturnRequests "$1"
    [ "$(hf_value '.requests | length')" = 1 ]
}
ok "a notice is seen" wait_for 20 is_taken "$all"
shows "... of this machine, with the time that is left" "$hf_out" 'returns_answer
    and (.requests[0] | .machine == "'"$name"'" and .gracePeriod > 60 and .gracePeriod <= 120)'
hf getReturnRequests '{}'
shows "... also when HostFactory names none" "$hf_out" 'returns_answer and [.requests[].machine] == ["'"$name"'"]'
hf getRequestStatus "{\"requests\":[{\"requestId\":\"$id\"}]}"
shows "the request stays complete, the machine running" "$hf_out" '.requests[0] | .status == "complete"
    and (.machines | length == 3 and all(.status == "running" and .result == "succeed"))'
is "none is launched instead" "$(ec2_state '.instances | length')" 3

hf requestReturnMachines "{\"machines\":[{\"name\":\"$name\"}]}"
hf_ends "$(hf_value .requestId)" complete 20
hf getReturnRequests '{}'
shows "given back, it is not listed any more" "$hf_out" 'returns_answer and .requests == []'

ec2_control '{"fault":{"kind":"error","action":"DescribeSpotInstanceRequests","code":"UnauthorizedOperation","message":"no","status":403,"times":1000}}' >"$tmp/control"
# The first is gone, and would be named too; the third lives, so notices are
# asked for.
second=$(printf '%s' "$all" | jq -c '{machines: .machines[1:2]}')
hf getReturnRequests "$second"
shows "the second is there" "$hf_out" 'returns_answer and .requests == []'
ec2_control "{\"take\":{\"ids\":[$(printf '%s' "$second" | jq '.machines[0].machineId')],\"state\":\"terminated\"}}" >"$tmp/control"
ok "who may not ask for notices still sees what is gone" wait_for 20 is_taken "$second"
hf requestReturnMachines "$all"
hf_ends "$(hf_value .requestId)" complete 20
is "nothing is left" "$(ec2_lives)" ""
daemon_stop "$daemon_pid"
