#!/bin/sh
# Templates of EC2 machines that cannot be served: named with key, value and
# limit by validate-templates, by the scripts and by the method calls; nothing
# is stored or launched for them. And the forms in which keys may come.
# M21 M23 M30 M37 M49
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 104
pg_start
ec2_keys
ec2_start --key "$AWS_ACCESS_KEY_ID" --secret "$AWS_SECRET_ACCESS_KEY"
ec2_instance default

# One file of bad ones, each with what is said of it.
n=0
: >"$tmp/bad"
bad() { # KEY ERE TEMPLATE
    n=$((n + 1))
    printf '%s\t%s\t%s\n' "$n" "$1" "$2" >>"$tmp/bad"
    printf '%s' "$3" | jq -c ".templateId = \"bad-$n\"" >"$tmp/bad.$n"
}
without() { # KEY
    image x 5 | jq -c "del(.$1)"
}
bad imageId 'missing.*AMI' "$(without imageId)"
bad subnetId 'missing.*subnet' "$(without subnetId)"
bad vmType 'missing.*instance type' "$(without vmType)"
bad imageId '7.*string' "$(image x 5 '"imageId":7')"
bad securityGroupIds '"sg-1".*list' "$(image x 5 '"securityGroupIds":"sg-1"')"
bad rootDeviceVolumeSize '16385.*1\.\.16384' "$(image x 5 '"rootDeviceVolumeSize":16385')"
bad volumeType '"ssd".*gp3' "$(image x 5 '"volumeType":"ssd"')"
bad iops '99.*100\.\.64000' "$(image x 5 '"volumeType":"io1","iops":99')"
bad iops '3000.*io1, io2 or gp3' "$(image x 5 '"iops":3000')"
bad tenancy '"own".*dedicated' "$(image x 5 '"tenancy":"own"')"
bad ebsOptimized '"yes".*true or false' "$(image x 5 '"ebsOptimized":"yes"')"
bad priceType '"heterogeneous".*ondemand or spot' "$(image x 5 '"priceType":"heterogeneous"')"
bad maxSpotPrice '-1.*0\.\.1000000' "$(image x 5 '"priceType":"spot","maxSpotPrice":-1')"
bad drainTimeout '3601.*0\.\.3600' "$(image x 5 '"drainTimeout":3601')"
bad fleetType '"instant".*RunInstances' "$(image x 5 '"fleetType":"instant"')"
bad efaCount '1.*RunInstances' "$(image x 5 '"efaCount":1')"
bad providerApi 'SpotFleet.*not served.*RunInstances' "$(image x 5 '"providerApi":"SpotFleet"')"
bad instanceTags 'reserved' "$(image x 5 '"instanceTags":"hf:owner=x"')"
bad userDataScript '/nonexistent/boot.sh' "$(image x 5 '"userDataScript":"/nonexistent/boot.sh"')"
bad providerApi '"?Foo.*unknown.*RunInstances' "$(image x 5 '"providerApi":"Foo"')"

set --
i=0
while [ $i -lt $n ]; do
    i=$((i + 1))
    set -- "$@" "$(cat "$tmp/bad.$i")"
done
hf_templates "$@" "$(image good 5)"
out=$(hostq validate-templates --json 2>"$tmp/err")
is "validate-templates: exit 2" $? 2
shows "... all but the last are invalid" "$out" "length == $((n + 1)) and all(.[:$n][]; .valid == false) and .[$n].valid"
while IFS='	' read -r i key ere; do
    like "bad-$i: $key is named with value and limit" "$(printf '%s' "$out" | jq -r ".[$((i - 1))].problem")" "^$key .*$ere"
done <"$tmp/bad"
hf getAvailableTemplates '{}'
shows "getAvailableTemplates tells the good one" "$hf_out" 'templates_answer and [.templates[].templateId] == ["good"]'
while IFS='	' read -r i key ere; do
    like "bad-$i: ... and $key of this one in its message" "$(hf_value .message)" "bad-$i: $key .*"
done <"$tmp/bad"

before=$(sql "SELECT count(*) FROM hostq.requests")
while IFS='	' read -r i key ere; do
    hf requestMachines "{\"template\":{\"templateId\":\"bad-$i\",\"machineCount\":1}}"
    like "bad-$i: requestMachines.sh refuses" "$hf_status $(hf_value .message)" "^1 .*bad-$i.*$key .*$ere"
    call requestMachines "{\"templateId\":\"bad-$i\",\"machineCount\":1}"
    case $ere in
    *unknown*) shows "M49: ... the call: no such handler" "$call_out" 'call_error and .error.code == "VALIDATION_ERROR" and .error.details.field == "providerApi"
        and .error.details.value == "Foo" and (.error.details.limit | contains("RunInstances"))' ;;
    *) shows "M23: ... the call: not compatible, with template, provider and key" "$call_out" 'call_error and .error.code == "PROVIDER_INCOMPATIBLE"
        and .error.details.templateId == "bad-'"$i"'" and .error.details.key == "'"$key"'" and (.error.details.providerType | text)
        and (.error.message | contains("bad-'"$i"'"))' ;;
    esac
done <"$tmp/bad"
call requestMachines '{"templateId":"nosuch","machineCount":1}'
shows "M21: an unknown one, with those that there are" "$call_out" 'call_error and .error.code == "TEMPLATE_NOT_FOUND"
    and .error.message == "Template '"'nosuch'"' not found" and .error.details == {"templateId":"nosuch","availableTemplates":["good"]}'
is "no row was stored" "$(sql "SELECT count(*) FROM hostq.requests")" "$before"
is "... but the event of each refusal" "$(sql "SELECT count(*) FROM hostq.events WHERE type = 'rejected'")" $((2 * n + 1))

# Forms of keys, as the launch has them.
hf_templates "$(image list 5 '"subnetId":["subnet-b,subnet-c","subnet-a"],"securityGroupIds":["sg-1","","sg-2"],"instanceProfile":"arn:aws:iam::123456789012:instance-profile/grid",
    "volumeType":"io2","iops":500,"rootDeviceName":"/dev/sda1","keyName":"","launchTemplateId":"lt-1"')" \
    "$(image types 5 '"vmTypes":{"c5.large":1},"instanceTags":{"a":"b=c","empty":""},"tenancy":"default","ebsOptimized":false' | jq -c 'del(.vmType) | .subnetIds = .subnetId | del(.subnetId)')" \
    "$(image lsf 5 '"spotPrice":0.25')" "$(image spot 5 '"priceType":"spot","maxSpotPrice":0.5')"
ec2_quick
hf getAvailableTemplates '{}'
shows "templates of many forms are valid" "$hf_out" 'templates_answer and (.templates | length == 4)'
daemon_start d1
for i in list types lsf spot; do
    asked requestMachines "{\"requestId\":\"r-$i\",\"templateId\":\"$i\",\"machineCount\":1}"
done
asked requestMachines '{"requestId":"r-cheap","templateId":"spot","machineCount":1,"metadata":{"max-spot-price":0.125}}'
for i in list types lsf spot cheap; do
    ok "$i: COMPLETED" wait_for 20 word_is "r-$i" COMPLETED
done
params() { # ID ERE: of its launch
    ec2_log "[.[] | select(.action == \"RunInstances\" and ([.params[]] | index(\"r-$1\")))][0].params
        | [to_entries[] | select(.key | test(\"$2\")) | \"\\(.key)=\\(.value)\"] | sort | join(\" \")"
}
is "the first subnet of a list of lists" "$(params list Subnet)" "SubnetId=subnet-b"
is "... groups but the empty one" "$(params list Group)" "SecurityGroupId.1=sg-1 SecurityGroupId.2=sg-2"
is "... a profile by its ARN" "$(params list Profile)" "IamInstanceProfile.Arn=arn:aws:iam::123456789012:instance-profile/grid"
is "... a volume of the image's size" "$(params list Block)" \
    "BlockDeviceMapping.1.DeviceName=/dev/sda1 BlockDeviceMapping.1.Ebs.Iops=500 BlockDeviceMapping.1.Ebs.VolumeType=io2"
is "... no version of the launch template where none is named, no empty key" "$(params list 'Launch|Key(Name)?$' | sed 's/ *TagSpec[^ ]*//g')" "LaunchTemplate.LaunchTemplateId=lt-1"
is "a type of vmTypes, tenancy, no optimization" "$(params types 'Type$|Tenancy|Optimized' | sed 's/ *TagSpec[^ ]*//g')" "InstanceType=c5.large Placement.Tenancy=default"
is "... tags of an object, one without a value" "$(ec2_state '.instances[] | select(.tags["hf:request"] == "r-types").tags | [.a, .empty] | tojson')" '["b=c",""]'
is "on demand: no market" "$(params types Market)" ""
for i in "lsf 0.25" "spot 0.5" "cheap 0.125"; do
    is "M30: ${i% *}: spot at ${i#* }" "$(params "${i% *}" Market)" "InstanceMarketOptions.MarketType=spot InstanceMarketOptions.SpotOptions.MaxPrice=${i#* }"
done
is "every launch was taken" "$(ec2_log '[.[] | select(.status != 200)] | length')" 0
daemon_stop "$daemon_pid"
