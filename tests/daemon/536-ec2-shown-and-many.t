#!/bin/sh
# What `hostq machines` and `hostq show` tell of EC2 machines; and more of them
# than one call takes, launched and returned. M11 M42 M47
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 16
pg_start
ec2_keys
ec2_start --key "$AWS_ACCESS_KEY_ID" --secret "$AWS_SECRET_ACCESS_KEY"
ec2_instance default
hf_templates "$(image basic 2000)" "$(image spot 10 '"priceType":"spot"')"
ec2_quick
hf getAvailableTemplates '{}'
daemon_start d1

completes() { # ID
    ok "$1: COMPLETED" wait_for 20 word_is "$1" COMPLETED
}
machines() { # ID TEMPLATE COUNT
    asked requestMachines "{\"requestId\":\"$1\",\"templateId\":\"$2\",\"machineCount\":$3}"
    completes "$1"
}
ids() { # REQUEST JQ -> JSON
    status_of "$1" | jq -c "[.result.machines[].machineId]$2"
}
actions() { # SINCE: name and number of ids of each, in order
    ec2_log '[.[] | select(.action | test("^(Stop|Terminate)Instances")) | "\(.action[:4])\([.params | to_entries[] | select(.key | startswith("InstanceId."))] | length)"] | join(" ")' "$1"
}

# What the commands show.
machines shown basic 2
one=$(ids shown "[0]" | jq -r .)
table=$(hostq machines --request shown)
like "hostq machines: instance, request, template, status, name, address" "$table" \
    "^${one}[[:space:]]+shown[[:space:]]+basic[[:space:]]+running[[:space:]]+ip-10-0-0-[12]\.ec2\.internal[[:space:]]+10\.0\.0\.[12][[:space:]]"
is "... two" "$(printf '%s\n' "$table" | grep -c '^i-')" 2
shows "... --json: where it is, and its price" "$(hostq machines --request shown --json)" 'length == 2 and all(.provider_api == "RunInstances" and .account == "default"
    and .region == "us-east-1" and .availability_zone == "us-east-1a" and .instance_type == "t3.medium" and .price_type == "ondemand" and .status == "running"
    and .result == "succeed" and (.resource_id | test("^[0-9a-f]{64}$")) and .return_ids == [])'
like "hostq show: its machines" "$(hostq show shown)" "$one"
shows "... --json" "$(hostq show shown --json)" '(.request | .state == "completed" and .provider_api == "RunInstances" and (.machine_ids | length == 2))
    and ([.machines[] | .instance_id] | index("'"$one"'")) and (.machines | all(.private_ip | startswith("10.")))'

asked requestReturnMachines "{\"requestId\":\"back\",\"machineIds\":$(ids shown "")}"
completes back
is "hostq machines --living: none" "$(hostq machines --living --json)" "[]"
shows "hostq machines: of which return" "$(hostq machines --request shown --json)" 'length == 2 and all(.status == "terminated" and .return_ids == ["back"])'
shows "hostq show of the return: the same machines" "$(hostq show back --json)" '.request.state == "completed" and .request.provider_api == "RunInstances" and (.machines | length == 2)'

# Many.
submit '{"kind":"provision","requestId":"many","templateId":"basic","machineCount":620,"unbounded":true}' >/dev/null
completes many
is "620 machines by seven launches of at most 100" "$(ec2_log '[.[] | select(.action == "RunInstances" and ([.params[]] | index("many"))) | .params.MaxCount] | join(" ")')" \
    "100 100 100 100 100 100 20"
since=$(ec2_log length)
hf requestReturnMachines "{\"machines\":$(status_of many | jq -c '[.result.machines[] | {machineId, name: .machineId}]')}"
hf_ends "$(hf_value .requestId)" complete 30
is "... are returned in groups of 500" "$(actions "$since")" "Term500 Term120"
shows "... all told as succeed" "$hf_out" '.requests[0].machines | length == 620 and all(.result == "succeed" and .status == "terminated")'
is "nothing is left" "$(ec2_lives)" ""
daemon_stop "$daemon_pid"
