#!/bin/sh
# What a request, its template and its return ask of EC2, as EC2 is told it.
# M10 M11 M12 M13 M20 M24 M25 M31
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 57
pg_start
ec2_keys
ec2_start --key "$AWS_ACCESS_KEY_ID" --secret "$AWS_SECRET_ACCESS_KEY"
ec2_instance default
printf '#!/bin/sh\necho "f\303\274r %%s"\n' >"$HF_PROVIDER_CONFDIR/boot.sh"
hf_templates "$(image basic 1000 '"subnetId":"subnet-a, subnet-b"')" "$(image full 1000 '"keyName":"grid","securityGroupIds":["sg-1","sg-2"],
    "instanceProfile":"worker","rootDeviceVolumeSize":40,"volumeType":"gp3","iops":3000,"instanceTags":"project=grid;team=a=b",
    "userDataScript":"'"$HF_PROVIDER_CONFDIR"'/boot.sh","tenancy":"dedicated","placementGroupName":"pg","ebsOptimized":true,"drainTimeout":1')" \
    '{"templateId":"lt","maxNumber":10,"providerApi":"RunInstances","launchTemplateId":"lt-1","launchTemplateVersion":"3","attributes":{"type":["String","X86_64"],"ncpus":["Numeric","1"],"nram":["Numeric","1"]}}' \
    "$(image spot 10 '"priceType":"spot","maxSpotPrice":0.5')"
ec2_quick
hf getAvailableTemplates '{}'
shows "all templates are valid" "$hf_out" '.templates | length == 4'
daemon_start d1

params() { # ID JQ: of its first launch
    ec2_log "[.[] | select(.action == \"RunInstances\" and ([.params[]] | index(\"$1\")))][0].params | $2"
}
machines() { # ID FIELD
    status_of "$1" | jq -r "[.result.machines[].$2] | sort | join(\" \")"
}
completes() { # ID
    ok "$1: COMPLETED" wait_for 20 word_is "$1" COMPLETED
}

asked requestMachines '{"requestId":"full","templateId":"full","machineCount":2,"tags":{"team":"b","name":"f\u00fcr"}}'
completes full
is "the template's keys are parameters" "$(params full '[.KeyName, ."SecurityGroupId.1", ."SecurityGroupId.2", ."IamInstanceProfile.Name", ."Placement.Tenancy",
    ."Placement.GroupName", .EbsOptimized, .ImageId, .InstanceType, .SubnetId, .MinCount, .MaxCount] | join(" ")')" "grid sg-1 sg-2 worker dedicated pg true ami-12345678 t3.medium subnet-a 1 2"
is "... the root volume" "$(params full '[to_entries[] | select(.key | startswith("BlockDeviceMapping")) | "\(.key[21:])=\(.value)"] | sort | join(" ")')" \
    "DeviceName=/dev/xvda Ebs.Iops=3000 Ebs.VolumeSize=40 Ebs.VolumeType=gp3"
is "... user data, byte for byte" "$(params full .UserData | base64 -d | od -c)" "$(od -c <"$HF_PROVIDER_CONFDIR/boot.sh")"
is "M10: each instance has the request's tags over the template's" "$(ec2_state '[.instances[] | select(.tags["hf:request"] == "full") | .tags | [.project, .team, .name] | join(" ")] | unique | join(",")')" "grid b für"
is "... and its volumes" "$(ec2_state '[.instances[] | select(.tags["hf:request"] == "full") | .other_tags.volume | [.project, .team, .name] | join(" ")] | unique | join(",")')" "grid b für"
shows "M13: every key of the result" "$(status_of full)" '.result | call_status and .templateId == "full" and .machineCount == 2 and .tags == {"team":"b","name":"für"}
    and (.machines | length == 2 and all(.instanceType == "t3.medium" and .availabilityZone == "us-east-1a" and .status == "running"
    and (.privateIpAddress | text) and (.launchTime | time)))'

asked requestMachines '{"requestId":"lt","templateId":"lt","machineCount":1}'
completes lt
is "a launch template and its version, nothing beside it" "$(params lt '[to_entries[] | select(.key | test("^(LaunchTemplate|Image|Instance|Subnet)")) | "\(.key)=\(.value)"] | sort | join(" ")')" \
    "LaunchTemplate.LaunchTemplateId=lt-1 LaunchTemplate.Version=3"

asked requestMachines '{"requestId":"zone","templateId":"basic","machineCount":2,"placement":{"availabilityZones":["us-east-1b"],"regions":["us-east-1","eu-west-1"]}}'
completes zone
is "M20: all machines in that zone" "$(machines zone availabilityZone)" "us-east-1b us-east-1b"
asked requestMachines '{"requestId":"net","templateId":"full","machineCount":1,"networking":{"subnetIds":["subnet-c"],"securityGroupIds":["sg-9"],"associatePublicIp":true}}'
completes net
is "M20: networking goes over the template's keys" "$(params net '[to_entries[] | select(.key | test("Subnet|Security|PublicIp")) | "\(.key)=\(.value)"] | sort | join(" ")')" \
    "NetworkInterface.1.AssociatePublicIpAddress=true NetworkInterface.1.SecurityGroupId.1=sg-9 NetworkInterface.1.SubnetId=subnet-c"
asked requestMachines '{"requestId":"nozone","templateId":"basic","machineCount":1,"placement":{"availabilityZones":["us-east-1f"]}}'
ok "no subnet in that zone: FAILED" wait_for 20 word_is nozone FAILED
shows "... as a VALIDATION_ERROR, without a launch" "$(sql "SELECT row_to_json(r) FROM hostq.request_overview r WHERE request_id = 'nozone'")" \
    '.error_code == "VALIDATION_ERROR" and (.error_message | contains("availabilityZones")) and (.machine_ids | length == 0)'

refuses() { # NAME PARAMS FIELD
    call requestMachines "{\"templateId\":\"${4:-basic}\",\"machineCount\":1,$2}"
    shows "$1" "$call_out" 'call_error and .error.code == "VALIDATION_ERROR" and .error.details.field == "'"$3"'" and (.error.details | has("value") and has("limit"))'
}
refuses "placement must be an object" '"placement":[]' placement
refuses "... of known fields" '"placement":{"racks":["r"]}' placement.racks
refuses "... that are lists" '"placement":{"availabilityZones":"us-east-1a"}' placement.availabilityZones
refuses "... of texts" '"placement":{"availabilityZones":[1]}' placement.availabilityZones
refuses "a region that the provider does not serve" '"placement":{"regions":["eu-west-1"]}' placement.regions
refuses "networking: a foreign key" '"networking":{"vpcId":"vpc-1"}' networking.vpcId
refuses "... a flag that is none" '"networking":{"associatePublicIp":"yes"}' networking.associatePublicIp
refuses "tags over the 48 that are left beside ours, the template's counted" '"tags":'"$(jq -nc '[range(47) | {key: "k\(.)", value: "v"}] | from_entries')" tags full
refuses "a spot price that is none" '"metadata":{"max-spot-price":"cheap"}' metadata.max-spot-price spot
refuses "... of zero" '"metadata":{"max-spot-price":0}' metadata.max-spot-price spot
is "nothing was launched for them" "$(ec2_log '[.[] | select(.action == "RunInstances")] | length')" 4

# Many machines: in groups.
submit '{"kind":"provision","requestId":"many","templateId":"basic","machineCount":250,"unbounded":true}' >/dev/null
completes many
is "250 machines by three launches" "$(ec2_log '[.[] | select(.action == "RunInstances" and ([.params[]] | index("many"))) | .params.MaxCount] | join(" ")')" "100 100 50"
is "... by three tokens" "$(ec2_log '[.[] | select(.action == "RunInstances" and ([.params[]] | index("many"))) | .token] | unique | length')" 3

# Returns.
ids() { # ID -> JSON
    status_of "$1" | jq -c '[.result.machines[] | select(.status == "running") | .machineId]'
}
actions() { # SINCE
    ec2_log '[.[] | select(.action | test("^(Stop|Terminate)Instances")) | .action + (if .params.SkipOsShutdown then "+force" else "" end)] | join(" ")' "$1"
}
back() { # ID MACHINES [MEMBERS]
    since=$(ec2_log length)
    asked requestReturnMachines "{\"requestId\":\"$1\",\"machineIds\":$2${3:+,$3}}"
    completes "$1"
}
full=$(ids full)
back r-drain "$(printf '%s' "$full" | jq -c '.[:1]')" '"drainTimeout":1'
is "M12: a drain stops before it terminates" "$(actions "$since")" "StopInstances TerminateInstances"
back r-template "$(printf '%s' "$full" | jq -c '.[1:]')"
is "... the template's drain, too" "$(actions "$since")" "StopInstances TerminateInstances"
back r-zero "$(ids net)" '"drainTimeout":0'
is "... none, none" "$(actions "$since")" "TerminateInstances"
back r-force "$(ids lt)" '"force":true,"drainTimeout":30'
is "M12: force terminates at once, without a shutdown" "$(actions "$since")" "TerminateInstances+force"
is "M11: the machines are terminated" "$(sql "SELECT string_agg(DISTINCT status, ' ') FROM hostq.machines WHERE request_id IN ('full', 'net', 'lt')")" terminated
back r-again "$(printf '%s' "$full")"
is "... returned again, nothing is called" "$(actions "$since")" ""
call requestReturnMachines "{\"machineIds\":[\"i-unknown\",$(ids zone | jq -c '.[0]')]}"
shows "an unknown id refuses the call" "$call_out" 'call_error and .error.code == "VALIDATION_ERROR" and .error.details.field == "machineIds[0]"'
protected=$(ids zone | jq -r '.[0]')
ec2_control "{\"protect\":{\"ids\":[\"$protected\"],\"on\":true}}" >"$tmp/control"
asked requestReturnMachines "{\"requestId\":\"r-protected\",\"machineIds\":$(ids zone)}"
ok "one that is protected fails its return" wait_for 20 word_is r-protected FAILED
other_gone() {
    [ "$(machines zone status)" = "running terminated" ]
}
ok "... and the other one is terminated" wait_for 10 other_gone
ec2_control "{\"protect\":{\"ids\":[\"$protected\"],\"on\":false}}" >"$tmp/control"
back r-many "$(ids many)"
is "250 are returned by one call" "$(actions "$since")" TerminateInstances

# Mixed: processes and instances in one return.
template P '["sleep","1000"]'
submit '{"kind":"provision","requestId":"p","templateId":"P","machineCount":1}' >/dev/null
completes p
hf getAvailableTemplates '{}'
asked requestMachines '{"requestId":"q","templateId":"basic","machineCount":1}'
completes q
back r-mixed "$(printf '%s%s' "$(ids p)" "$(ids q)" | jq -cs add)"
is "a process and an instance are returned in one call" "$(machines p status) $(machines q status)" "terminated terminated"
is "... no process is left" "$(machine_pids)" ""

# Room.
hostq set account_limit "$(sql "SELECT count(*) + 1 FROM hostq.machines WHERE ended_at IS NULL AND account = 'default'")" >/dev/null
call requestMachines '{"templateId":"basic","machineCount":2}'
shows "M24: over the account's limit" "$call_out" 'call_error and .error.code == "QUOTA_EXCEEDED" and (.error.details | .requestedAdditional == 2 and .accountLimit == .currentUsage + 1)'
hostq set account_limit 0 >/dev/null
hostq set regional_capacity '{"us-east-1":{"t3.medium":2}}' >/dev/null
call requestMachines '{"templateId":"basic","machineCount":10}'
shows "M25: over the region's capacity" "$call_out" 'call_error and .error.code == "INSUFFICIENT_CAPACITY" and (.error.details | .requestedCount == 10 and .region == "us-east-1"
    and .instanceType == "t3.medium" and (.availableCapacity | whole))'
hostq set regional_capacity '{}' >/dev/null

# EC2 that does not answer holds up nobody's submit.
ec2_control '{"hold":{"action":"RunInstances"}}' >"$tmp/control"
asked requestMachines '{"requestId":"hung","templateId":"basic","machineCount":1}'
hung() {
    [ "$(ec2_log '[.[] | select(.action == "RunInstances" and .status == null)] | length')" = 1 ]
}
ok "M31: a launch hangs" wait_for 10 hung
shows "... submit and status answer meanwhile" "$(status_of hung)" '.result | call_status and .status == "IN_PROGRESS" and .machines == []'
asked requestMachines '{"requestId":"beside","templateId":"basic","machineCount":1}'
is "... with the id" "$id" beside
hostq cancel hung beside >/dev/null
ec2_control '{"release":"*"}' >"$tmp/control"
rest_gone() {
    [ "$(ec2_lives)" = "$protected" ]
}
ok "canceled, nothing of them is left" wait_for 30 rest_gone
daemon_stop "$daemon_pid"
