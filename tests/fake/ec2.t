#!/bin/sh
# The stand-in for EC2 keeps what it promises: what other tests prove with it
# is worth as much. The signer here is curl's, not ours.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
plan 150
auth=

# Sends it; the answer is in $tmp/reply, curl's exit status in $sent.
api() { # ACTION [NAME=VALUE...]
    api_action=$1
    shift
    form "Action=$api_action&Version=2016-11-15$(jq -rn --args '[$ARGS.positional[] | capture("(?<n>[^=]*)=(?<v>.*)"; "s")
        | "&" + (.n | @uri) + "=" + (.v | @uri)] | add // "" | gsub("%20"; "+")
        | gsub("(?<c>[!*()\u0027])"; {"!": "%21", "*": "%2A", "(": "%28", ")": "%29"}[.c] // "%27")' "$@")"
}

form() { # BODY [TYPE [URL_PATH]]
    # shellcheck disable=SC2086 # options
    http=$(curl -sS -o "$tmp/reply" -D "$tmp/head" -w '%{http_code}' $auth ${curl_options:-} --data-binary "$1" \
        -H "Content-Type: ${2:-application/x-www-form-urlencoded; charset=utf-8}" "$ec2_url${3:-/}" 2>"$tmp/curl.err")
    sent=$?
}

got() { # ELEMENT: its texts, in one line
    grep -o "<$1>[^<]*" "$tmp/reply" | sed "s/.*>//" | paste -sd ' ' -
}

refused() { # NAME CODE [STATUS]
    is "$1" "$http $(got Code)" "${3:-400} $2"
}

control() {
    ec2_control "$1" >"$tmp/control" || echo "# refused: $1: $(cat "$tmp/control")"
}

tags() { # KEY VALUE...: tags of instances
    echo TagSpecification.1.ResourceType=instance
    tag_n=0
    while [ $# -gt 0 ]; do
        tag_n=$((tag_n + 1))
        echo "TagSpecification.1.Tag.$tag_n.Key=$1 TagSpecification.1.Tag.$tag_n.Value=$2"
        shift 2
    done
}

run() { # MIN MAX [NAME=VALUE...]
    run_min=$1 run_max=$2
    shift 2
    api RunInstances "MinCount=$run_min" "MaxCount=$run_max" ImageId=ami-1 InstanceType=t3.medium "$@"
}

by_tag() { # KEY VALUE [NAME=VALUE...]
    by_filter=tag:$1 by_value=$2
    shift 2
    api DescribeInstances "Filter.1.Name=$by_filter" "Filter.1.Value.1=$by_value" "$@"
}

count_ids() {
    got instanceId | wc -w
}

ec2_start
like "the port is printed" "$(cat "$tmp/ec2.log")" '^port [0-9]+$'

# --- What is refused
is "GET / is no request" "$(curl -s -o /dev/null -w '%{http_code}' "$ec2_url/")" 404
form "Action=DescribeInstances&Version=2016-11-15" text/plain
refused "a body that is no form" InvalidContentType 415
form "Action=DescribeInstances&Version=2016-11-15" "" /x
is "another path" "$http" 404
api DescribeFleets
refused "an action it does not know" InvalidAction
form "Action=DescribeInstances&Version=2014-10-01"
refused "another version" InvalidAction
form "Version=2016-11-15"
refused "no action" MissingAction
api DescribeInstances InstanceIds.1=i-12345678
refused "an unknown parameter" UnknownParameter
api DescribeInstances InstanceId=i-12345678
refused "a list without a number" UnknownParameter
api DescribeInstances InstanceId.01=i-12345678
refused "a number with a zero before it" UnknownParameter
api DescribeInstances InstanceId.N=i-12345678
refused "an N that is no number" UnknownParameter
api DescribeInstances Filter.1.Name=client-token Filter.1.Value.2=x
refused "a gap in a list" InvalidParameterValue
api TerminateInstances InstanceId.1=i-12345678 Force=yes
refused "a boolean that is none" InvalidParameterValue
run one 1
refused "a number that is none" InvalidParameterValue
form "Action=DescribeInstances&Version=2016-11-15&MaxResults=5&MaxResults=6"
refused "a parameter twice" InvalidParameterCombination
form "Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag%3aa&Filter.1.Value.1=x"
refused "lower-case hex" MalformedQueryString
form "Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag%3Aa&Filter.1.Value.1=x*"
refused "a raw asterisk" MalformedQueryString
form "Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag%3Aa&Filter.1.Value.1=x%20y"
refused "a space as %20" MalformedQueryString
api RunInstances MinCount=1 ImageId=ami-1
refused "a launch without MaxCount" MissingParameter
api RunInstances MinCount=1 MaxCount=1
refused "a launch without image" MissingParameter
run 3 2
refused "more at least than at most" InvalidParameterValue
run 1 1 UserData='#!/bin/sh'
refused "user data that is not base64" InvalidUserData.Malformed
run 1 1 SubnetId=subnet-x
refused "an unknown subnet" InvalidSubnetID.NotFound
run 1 1 SubnetId=subnet-a Placement.AvailabilityZone=us-east-1b
refused "a subnet of another zone" InvalidParameterCombination
run 1 1 SubnetId=subnet-a NetworkInterface.1.DeviceIndex=0
refused "a subnet beside a network interface" InvalidParameterCombination
run 1 1 ClientToken="$(printf '%065d' 0)"
refused "a token of 65 characters" InvalidParameterValue
run 1 1 TagSpecification.1.ResourceType=fleet TagSpecification.1.Tag.1.Key=a TagSpecification.1.Tag.1.Value=b
refused "a tag for what is not made" InvalidParameterValue
run 1 1 TagSpecification.1.ResourceType=instance TagSpecification.1.Tag.1.Key=aws:a TagSpecification.1.Tag.1.Value=b
refused "a reserved tag" InvalidParameterValue
run 1 1 DryRun=true
refused "a dry run would be permitted" DryRunOperation 412
is "nothing was made by all that" "$(ec2_counters '.made')" 0

# --- A launch and its token
control '{"pending_ms":null}'
# shellcheck disable=SC2046 # lines without spaces
run 2 3 ClientToken=t1 SubnetId=subnet-b KeyName=k SecurityGroupId.1=sg-1 SecurityGroupId.2=sg-2 \
    UserData=aGk= IamInstanceProfile.Name=role $(tags hf:request 'r&1' project p)
first=$(got instanceId)
is "a launch makes MaxCount instances" "$http $(echo "$first" | wc -w)" "200 3"
ok "the answer is XML of its namespace, paths as they should be" python3 - "$tmp/reply" <<'PY'
import sys, xml.etree.ElementTree as x
r = x.parse(sys.argv[1]).getroot()
ns = "{http://ec2.amazonaws.com/doc/2016-11-15/}"
assert r.tag == ns + "RunInstancesResponse", r.tag
path = lambda *names: "/".join(ns + n for n in names)
items = r.findall(path("instancesSet", "item"))
assert len(items) == 3 and r.find(path("requestId")).text
one = lambda i, *p: i.find(path(*p)).text
for i in items:
    assert one(i, "instanceState", "name") == "pending" and one(i, "instanceState", "code") == "0"
    assert one(i, "clientToken") == "t1" and one(i, "placement", "availabilityZone") == "us-east-1b"
    assert one(i, "subnetId") == "subnet-b" and one(i, "instanceType") == "t3.medium"
    assert i.find(path("privateIpAddress")) is None and not one(i, "privateDnsName")
    tags = {one(t, "key"): one(t, "value") for t in i.findall(path("tagSet", "item"))}
    assert tags == {"hf:request": "r&1", "project": "p"}, tags
    assert [g.text for g in i.findall(path("groupSet", "item", "groupId"))] == ["sg-1", "sg-2"]
PY
is "the log has all of it" "$(ec2_log '.[-1] | [.action, .params.UserData, .params["SecurityGroupId.2"], .params.KeyName,
    .params["IamInstanceProfile.Name"], .token, .status, (.ids | length)] | map(tostring) | join(" ")')" "RunInstances aGk= sg-2 k role t1 200 3"
control '{"pending_ms":0}'
# shellcheck disable=SC2046
run 2 3 ClientToken=t1 SubnetId=subnet-b KeyName=k SecurityGroupId.1=sg-1 SecurityGroupId.2=sg-2 \
    UserData=aGk= IamInstanceProfile.Name=role $(tags hf:request 'r&1' project p)
is "the same again is the first answer" "$http $(got instanceId)" "200 $first"
is "... with the states of now" "$(got name)" "running running running"
run 2 3 ClientToken=t1 SubnetId=subnet-b
refused "... with other parameters" IdempotentParameterMismatch
run 1 1 ClientToken=t1 SubnetId=subnet-a
is "the token counts in its zone alone" "$http $(count_ids)" "200 1"
run 1 1 ClientToken=t2
run 1 1 ClientToken=t2
is "... or, without a zone, in the region" "$(ec2_counters '.tokens.t2')" 1
is "instances are counted by request and token" "$(ec2_counters '[.made, .requests["r&1"], .tokens.t1] | join(" ")' 2>&1)" "5 3 4"

# --- Describe: ids, filters, pages
by_tag hf:request 'r&1'
is "by tag" "$(got instanceId)" "$first"
is "... running, with addresses and names" "$(got privateIpAddress | tr ' ' '\n' | sort -u | wc -l) $(got privateDnsName)" \
    "3 ip-10-0-0-1.ec2.internal ip-10-0-0-2.ec2.internal ip-10-0-0-3.ec2.internal"
by_tag hf:request 'r?1'
is "? is one character" "$(count_ids)" 3
by_tag hf:request 'r*'
is "* is any" "$(count_ids)" 3
by_tag hf:request 'r\*'
is "... unless a backslash is before it" "$(count_ids)" 0
api DescribeInstances Filter.1.Name=client-token Filter.1.Value.1=t1 Filter.1.Value.2=t2 Filter.2.Name=tag-key Filter.2.Value.1=project \
    Filter.3.Name=instance-state-name Filter.3.Value.1=running
is "all filters, any of their values" "$(got instanceId)" "$first"
api DescribeInstances Filter.1.Name=instance-id Filter.1.Value.1=i-00000000 "Filter.1.Value.2=${first%% *}"
is "a filter does not mind an unknown id" "$http $(got instanceId)" "200 ${first%% *}"
api DescribeInstances Filter.1.Name=colour Filter.1.Value.1=red
refused "an unknown filter" InvalidParameterValue
api DescribeInstances Filter.1.Name=tag:a
refused "a filter without value" InvalidParameterValue
api DescribeInstances "InstanceId.1=${first%% *}" InstanceId.2=i-00000001 InstanceId.3=i-00000002
refused "unknown ids" InvalidInstanceID.NotFound
like "... all of them are named" "$(got Message)" "'i-00000001, i-00000002'"
like "an error has its RequestID" "$(got RequestID)" '^[0-9a-f-]{36}$'
like "... as the head has" "$(tr -d '\r' <"$tmp/head")" "^x-amzn-RequestId: $(got RequestID)"
api DescribeInstances InstanceId.1=x-1
refused "a malformed id" InvalidInstanceID.Malformed
api DescribeInstances "InstanceId.1=${first%% *}" MaxResults=5
refused "ids and MaxResults" InvalidParameterCombination
api DescribeInstances MaxResults=4
refused "too small a page" InvalidParameterValue
control '{"add":{"count":9,"tags":{"set":"nine"},"type":"c5.large"}}'
by_tag set nine MaxResults=5
token=$(got nextToken)
is "a page" "$(count_ids)" 5
page=$(got instanceId)
by_tag set nine MaxResults=5 NextToken="$token"
is "... and the rest, none twice" "$(count_ids) $(got nextToken) $(echo "$page $(got instanceId)" | tr ' ' '\n' | sort -u | wc -l)" "4  9"
by_tag set ten MaxResults=5 NextToken="$token"
refused "the token of another query" InvalidPaginationToken
control '{"page":2}'
by_tag set nine MaxResults=5
is "pages as small as ordered" "$(count_ids)" 2
control '{"page":null}'

# --- The end of instances
control '{"shutdown_ms":null}'
two=$(echo "$first" | cut -d' ' -f1-2)
api TerminateInstances "InstanceId.1=${two% *}" "InstanceId.2=i-00000001"
refused "one unknown id refuses all" InvalidInstanceID.NotFound
is "... and nothing ends" "$(ec2_counters '.states["shutting-down"]')" null
api TerminateInstances "InstanceId.1=${two% *}" "InstanceId.2=${two#* }" Force=true SkipOsShutdown=true
is "terminate tells both states" "$http $(got name)" "200 shutting-down running shutting-down running"
control '{"shutdown_ms":0}'
api TerminateInstances "InstanceId.1=${two% *}"
is "again is no error" "$http $(got name)" "200 terminated terminated"
by_tag hf:request 'r&1' Filter.2.Name=instance-state-name Filter.2.Value.1=terminated
is "terminated ones are still shown" "$(got instanceId)" "$two"
is "... why, and no address" "$(got code | tr ' ' '\n' | sort -u | paste -sd' ') $(got privateIpAddress)" "48 Client.UserInitiatedShutdown "
control '{"vanish_ms":0}'
by_tag hf:request 'r&1'
is "until they vanish" "$(count_ids)" 1
api DescribeInstances "InstanceId.1=${two% *}"
refused "... for ids, too" InvalidInstanceID.NotFound
control '{"vanish_ms":null}'

# --- Capacity, quota, buckets
control '{"reset":true,"capacity":{"t3.medium":2,"*@us-east-1b":1}}'
run 3 5
refused "no capacity" InsufficientInstanceCapacity 500
run 1 5 ClientToken=c
is "as many as fit" "$(count_ids)" 2
run 1 5
refused "... and no more" InsufficientInstanceCapacity 500
run 1 5 ClientToken=c
is "the token still answers" "$http $(count_ids)" "200 2"
control '{"capacity":{"*@us-east-1b":1}}'
run 1 9 SubnetId=subnet-b
is "capacity of a zone" "$(count_ids)" 1
control '{"quota":3}'
run 1 1
refused "the quota counts all that live" VcpuLimitExceeded
control '{"quota":null,"buckets":{"DescribeInstances":[2,0],"RunInstances:instances":[3,0]}}'
api DescribeInstances
api DescribeInstances
is "a bucket of two" "$http" 200
api DescribeInstances
refused "... is empty then" RequestLimitExceeded 503
run 4 4
refused "a bucket of instances" RequestLimitExceeded 503
run 3 3
is "... has three" "$http" 200
control '{"buckets":{"DescribeInstances":[1,1000]}}'
api DescribeInstances
ok "a bucket fills again" wait_for 5 sh -c "curl -sf -d 'Action=DescribeInstances&Version=2016-11-15' $ec2_url/"

# --- New instances are not seen at once; some stay pending
control '{"reset":true,"invisible_ms":null,"pending_last":1}'
# shellcheck disable=SC2046
run 3 3 ClientToken=i $(tags hf:request r2)
hidden=$(got instanceId)
by_tag hf:request r2
is "hidden from a filter" "$http $(count_ids)" "200 0"
api TerminateInstances "InstanceId.1=${hidden%% *}"
refused "... and by id" InvalidInstanceID.NotFound
control '{"invisible_ms":0}'
by_tag hf:request r2
is "seen later; the last is still pending" "$(got name)" "running running pending"
control '{"pending_last":0}'
by_tag hf:request r2
is "... until it may run" "$(got name)" "running running running"

# --- Faults
for kind in lost drop cut empty html error; do
    before=$(ec2_counters .made)
    control "{\"fault\":{\"action\":\"RunInstances\",\"kind\":\"$kind\",\"code\":\"Unavailable\",\"status\":503}}"
    api DescribeSubnets
    is "$kind: not for other actions" "$sent $http" "0 200"
    run 1 1
    seen="$sent $http $(wc -c <"$tmp/reply" 2>/dev/null)"
    made=$(($(ec2_counters .made) - before))
    case $kind in
    lost) is "lost: done, no reply" "$made ${seen%% *}" "1 52" ;;
    drop) is "drop: not done, no reply" "$made ${seen%% *}" "0 52" ;;
    cut)
        is "cut: done, part of a reply" "$made ${seen%% *}" "1 18"
        is "... in which the end is missing" "$(grep -c RunInstancesResponse "$tmp/reply") $(grep -c '</RunInstancesResponse>' "$tmp/reply")" "1 0"
        ;;
    empty) is "empty: done, an empty reply" "$made $seen" "1 0 503 0" ;;
    html) like "html: not done, a page" "$made $http $(cat "$tmp/reply")" '^0 503 <html>' ;;
    error) is "error: not done, and so told" "$made $http $(got Code)" "0 503 Unavailable" ;;
    esac
    run 1 1
    is "$kind: once only" "$http" 200
    rm -f "$tmp/reply"
done
control '{"fault":{"action":"DescribeSubnets","kind":"html","status":200,"body":"<p>sign in</p>"}}'
api DescribeSubnets
is "html: a page of one's own" "$http $(cat "$tmp/reply")" "200 <p>sign in</p>"
control '{"fault":{"action":"RunInstances","kind":"lost","rst":true}}'
run 1 1 ClientToken=lost
is "a reset" "$sent" 56
run 1 1 ClientToken=lost
is "... and the same token again makes nothing new" "$http $(ec2_counters '.tokens.lost')" "200 1"
control '{"fault":[{"action":"DescribeInstances","kind":"error","code":"UnauthorizedOperation","times":2,"skip":1}]}'
statuses=
for _ in 1 2 3 4; do
    api DescribeInstances
    statuses="$statuses $http"
done
is "times and skip" "$statuses" " 200 403 403 200"
control '{"fault":{"action":"DescribeSubnets","kind":"slow","ms":50}}'
api DescribeSubnets
is "slow is whole at last" "$sent $(got subnetId)" "0 subnet-a subnet-b subnet-c"
control '{"fault":{"action":"RunInstances","kind":"late","ms":60000}}'
before=$(ec2_counters .made)
run 1 1 >/dev/null &
late=$!
ok "late: done before the reply" wait_for 5 sh -c "curl -s $ec2_url/control/counters | jq -e '.made == $before + 1'"
curl_options='-m 0.1'
control '{"fault":{"action":"DescribeSubnets","kind":"late","ms":60000}}'
api DescribeSubnets
is "... which the client did not wait for" "$sent" 28
curl_options=
for order in '{"fault":{"kind":"nice"}}' '{"colour":1}' '{"page":"x"}' 7; do
    is "no order: $order" "$(ec2_control "$order" 2>/dev/null >"$tmp/control"; echo $?) $(jq 'keys == ["error"]' "$tmp/control")" "22 true"
done

# --- Holds
control '{"hold":{"action":"RunInstances"}}'
before=$(ec2_counters .made)
run 1 1 ClientToken=held &
held=$!
held_now() { [ "$(ec2_counters '.held.RunInstances')" = "$1" ]; }
ok "held" wait_for 5 held_now 1
is "... before its effect" "$(ec2_counters .made)" "$before"
control '{"release":"RunInstances"}'
wait "$held"
is "... until it is released" "$(ec2_counters '.tokens.held')" 1
control '{"hold":{"action":"RunInstances","after":true}}'
curl -s -m 60 -d "Action=RunInstances&Version=2016-11-15&MinCount=1&MaxCount=1&ImageId=ami-1&ClientToken=gone" "$ec2_url/" &
held=$!
ok "held after its effect" wait_for 5 held_now 1
is "... which is there" "$(ec2_counters .tokens.gone)" 1
kill "$held"
wait "$held" 2>/dev/null
ok "a client that goes is let go" wait_for 5 held_now 0
control '{"release":"*"}'

# --- What others do
control '{"reset":true}'
run 2 2 ClientToken=spot InstanceMarketOptions.MarketType=spot InstanceMarketOptions.SpotOptions.MaxPrice=0.10
spot=$(got instanceId)
is "spot instances say so" "$(got instanceLifecycle)" "spot spot"
api DescribeSpotInstanceRequests
is "... and have requests" "$(got instanceId) $(got spotPrice) $(got code)" "$spot 0.10 0.10 fulfilled fulfilled"
control "{\"notice\":{\"ids\":[\"${spot% *}\"]}}"
api DescribeSpotInstanceRequests Filter.1.Name=status-code Filter.1.Value.1=marked-for-termination
is "a notice" "$(got instanceId) $(got state)" "${spot% *} active"
control "{\"take\":{\"ids\":[\"${spot% *}\"],\"code\":\"Server.SpotInstanceTermination\"}}"
api DescribeInstances "InstanceId.1=${spot% *}"
is "taken" "$(got name) $(got code)" "terminated 48 Server.SpotInstanceTermination"
api DescribeSpotInstanceRequests Filter.1.Name=state Filter.1.Value.1=closed
is "... its request, too" "$(got instanceId) $(got code)" "${spot% *} instance-terminated-no-capacity"
control '{"add":{"count":3,"tags":{"set":"x"}},"tag":{"tags":{"set":"x"},"count":1,"set":{"more":"y"}}}'
by_tag more y
other=$(got instanceId)
is "tagged by somebody" "$(count_ids)" 1
control "{\"take\":{\"tags\":{\"set\":\"x\"},\"count\":2,\"state\":\"gone\"}}"
by_tag set x
is "gone at once" "$(count_ids)" 1
api CreateTags ResourceId.1="$(got instanceId)" Tag.1.Key=new Tag.1.Value='a<b'
by_tag new 'a<b'
is "CreateTags" "$(count_ids) $(got value)" "1 x a&lt;b card"
api CreateTags ResourceId.1="$other" Tag.1.Key=new Tag.1.Value=z
refused "... of one that is gone" InvalidInstanceID.NotFound

# --- Stop, start, reboot, status
control '{"reset":true,"stop_ms":null}'
run 1 1 DisableApiTermination=true
one=$(got instanceId)
api StopInstances InstanceId.1="$one"
is "stop" "$(got name)" "stopping running"
api StartInstances InstanceId.1="$one"
refused "no start while it stops" IncorrectInstanceState
control '{"stop_ms":0}'
api DescribeInstances InstanceId.1="$one"
is "stopped" "$(got name) $(got code)" "stopped 80 Client.UserInitiatedShutdown"
api DescribeInstanceStatus
is "the status of running ones" "$(count_ids)" 0
api DescribeInstanceStatus IncludeAllInstances=true
is "... of all" "$(got instanceId) $(got name)" "$one stopped"
api StartInstances InstanceId.1="$one"
is "start" "$(got name)" "pending stopped"
api RebootInstances InstanceId.1="$one"
is "reboot" "$(got return)" true
control '{"health":{"status":"impaired"}}'
api DescribeInstanceStatus InstanceId.1="$one"
is "health" "$(got status)" "impaired impaired"
api TerminateInstances InstanceId.1="$one"
refused "a protected one" OperationNotPermitted

# --- Many
control '{"reset":true}'
ec2_control '{"add":{"count":10000,"tags":{"hf:owner":"d"}}}' >/dev/null
total=0 token=
while
    by_tag hf:owner d MaxResults=1000 ${token:+"NextToken=$token"}
    total=$((total + $(count_ids)))
    token=$(got nextToken)
    [ -n "$token" ]
do :; done
is "10,000 in pages" "$total $(ec2_log '.[-10:] | map(.found | tostring) | join(" ")')" "10000 $(printf '1000 %.0s' 1 2 3 4 5 6 7 8 9)1000"
is "log since a number" "$(ec2_log length "$(($(ec2_counters .last) - 2))")" 2

# --- One that wants signatures: curl's are good ones
kill "$late" 2>/dev/null
ec2_start --key AKID --secret 's/e+c' --token TOK
sign="--aws-sigv4 aws:amz:us-east-1:ec2 -H X-Amz-Security-Token:TOK -u"
run 1 1
refused "unsigned" AuthFailure 401
auth="$sign AKID:s/e+c"
run 1 1 'KeyName=a b~*/é'
is "signed" "$http $(ec2_log '.[-1].region')" "200 us-east-1"
auth="$sign AKID:wrong"
run 1 1
refused "another secret" AuthFailure 401
auth="$sign OTHER:s/e+c"
run 1 1
refused "another key" AuthFailure 401
auth="--aws-sigv4 aws:amz:us-east-1:sts -H X-Amz-Security-Token:TOK -u AKID:s/e+c"
run 1 1
refused "another service" SignatureDoesNotMatch 401
auth="--aws-sigv4 aws:amz:us-east-1:ec2 -u AKID:s/e+c"
run 1 1
refused "no session token" AuthFailure 401
auth="$sign AKID:s/e+c"
control '{"shift_s":400}'
run 1 1
refused "a clock that is behind" RequestExpired
is "... the answer tells the time" "$(($(date -d "$(sed -n 's/^Date: //p' "$tmp/head" | tr -d '\r')" +%s) - $(date +%s) >= 399))" 1
control '{"shift_s":-400}'
run 1 1
refused "... or ahead" RequestExpired
control '{"shift_s":200,"credentials":{"key":"NEW","secret":"n"}}'
run 1 1
refused "keys that were replaced" AuthFailure 401
auth="--aws-sigv4 aws:amz:us-east-1:ec2 -u NEW:n"
run 1 1
is "... and the new ones" "$http" 200
kill -TERM "$ec2_pid"
wait "$ec2_pid"
is "TERM ends it" "$?" 0
