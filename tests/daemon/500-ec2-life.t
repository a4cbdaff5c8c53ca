#!/bin/sh
# RunInstances through the five scripts, against the stand-in with signatures
# checked: two daemons, two requests at once; three machines, one returned by
# name, the rest by id, nothing left. M38 M41 M47
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 33
pg_start
ec2_keys
ec2_start --key "$AWS_ACCESS_KEY_ID" --secret "$AWS_SECRET_ACCESS_KEY"
ec2_control '{"pending_ms":300,"shutdown_ms":300}' >/dev/null
ec2_instance awsinst
hf_templates "$(image basic 10 '"instanceTags":"company=abc;project=q"')"
ec2_quick
daemon_start d1
daemon_start d2

hf getAvailableTemplates '{}'
shows "getAvailableTemplates: ten are free" "$hf_out" 'templates_answer and .templates[0].availableNumber == 10'

hf requestMachines '{"template":{"templateId":"basic","machineCount":3}}'
shows "a request for three" "$hf_out" request_answer
first=$(hf_value .requestId)
hf requestMachines '{"template":{"templateId":"basic","machineCount":3}}'
shows "... and another one, at once" "$hf_out" request_answer
second=$(hf_value .requestId)

for req in "$first" "$second"; do
    hf_ends "$req" complete 20
    shows "three machines, as the provider knows them" "$hf_out" '.requests[0] | .message == "" and (.machines | length == 3
        and all(.result == "succeed" and .status == "running" and .message == "" and .priceType == "ondemand"
            and .instanceType == "t3.medium" and .instanceTags == "company=abc;project=q"
            and (.machineId | startswith("i-")) and (.name | endswith(".internal")) and (.privateIpAddress | startswith("10."))))'
    is "... with tags of owner, request and user" \
        "$(ec2_state "[.instances[] | select(.tags[\"hf:request\"] == \"$req\") | select(.tags.company == \"abc\" and .tags.project == \"q\"
            and .tags[\"hf:owner\"] == \"$(sql "SELECT id FROM hostq.deployment")\")] | length")" 3
    is "... of one launch" "$(ec2_log "[.[] | select(.action == \"RunInstances\" and .params.ClientToken and ([.params[]] | index(\"$req\")))] | length")" 1
    is "M41: the same ids" "$(hf_value '.requests[0].machines[].machineId' | sort)" \
        "$(ec2_state ".instances[] | select(.tags[\"hf:request\"] == \"$req\") | .id" | sort)"
    [ "$req" = "$second" ] || started=$hf_out
done
other=$hf_out
is "six live at the provider" "$(ec2_lives | wc -l)" 6
hf getAvailableTemplates '{}'
shows "four are free now" "$hf_out" '.templates[0].availableNumber == 4'

all=$(printf '%s' "$started" | jq -c '{machines: [.requests[0].machines[] | {name, machineId}]}')
hf getReturnRequests "$all"
shows "getReturnRequests: healthy machines are not listed" "$hf_out" 'returns_answer and .requests == []'

name=$(printf '%s' "$started" | jq -r '.requests[0].machines[0].name')
hf requestReturnMachines "{\"machines\":[{\"name\":\"$name\"}]}"
shows "one is returned by name" "$hf_out" 'request_answer and .message == "Delete VM success."'
one=$(hf_value .requestId)
hf_ends "$one" complete 20
shows "... it is told as terminated and succeed" "$hf_out" '.requests[0].machines | length == 1
    and all(.name == "'"$name"'" and .status == "terminated" and .result == "succeed" and .message == "")'
is "... five live" "$(ec2_lives | wc -l)" 5
hf getReturnRequests "$all"
shows "getReturnRequests: only the one that is gone" "$hf_out" 'returns_answer
    and .requests == [{"machine":"'"$name"'","gracePeriod":0}]'

rest=$(printf '%s\n%s' "$started" "$other" | jq -cs '{machines: ([.[0].requests[0].machines[1:][], .[1].requests[0].machines[]] | map({machineId, name: ""}))}')
hf requestReturnMachines "$rest"
shows "the rest is returned by id" "$hf_out" 'request_answer and .message == "Delete VM success."'
two=$(hf_value .requestId)
hf_ends "$two" complete 20
shows "... all five terminated" "$hf_out" '.requests[0].machines | length == 5 and all(.status == "terminated" and .result == "succeed")'
is "nothing is left at the provider" "$(ec2_lives)" ""
is "six were ever made" "$(ec2_state '.instances | length')" 6
is "every call was signed, and taken" "$(ec2_log '[.[] | select(.status != 200)] | length')" 0
is "no machine is open in the table" "$(sql "SELECT count(*) FROM hostq.machines WHERE ended_at IS NULL")" 0
is "the second request tells them as terminated" "$(hf getRequestStatus "{\"requests\":[{\"requestId\":\"$second\"}]}"
    hf_value '.requests[0] | .status, (.machines[] | .status)' | sort -u | paste -sd ' ' -)" "complete terminated"

hf requestMachines '{"template":{"templateId":"basic","machineCount":3}}'
req=$(hf_value .requestId)
hf_ends "$req" complete 20
ids=$(hf_value '.requests[0].machines[].machineId')
# shellcheck disable=SC2086 # one word each
set -- $ids
ec2_control "{\"take\":{\"ids\":[\"$1\"],\"code\":\"Server.SpotInstanceTermination\",\"state\":\"terminated\"}}" >/dev/null
all=$(hf_value '{machines: [.requests[0].machines[] | {name, machineId}]}' | jq -c .)
taken() {
    hf getReturnRequests "$all"
    [ "$(hf_value '.requests | length')" = 1 ]
}
ok "a machine that was taken away is handed to getReturnRequests" wait_for 30 taken
hf requestReturnMachines "$all"
hf_ends "$(hf_value .requestId)" complete 20
is "nothing is left" "$(ec2_lives)" ""
daemon_stop "$daemon_pid"
