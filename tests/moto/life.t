#!/bin/sh
# RunInstances through the five scripts against moto, which nobody here wrote,
# with its check of signatures on. moto starts MinCount machines at a time, so
# a request for three takes three launches. PYTHON names an interpreter that
# has moto.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
python=${PYTHON:-python3}
"$python" -c 'import moto.server' 2>"$tmp/import" ||
    skip_all "$python has no moto[server]: $(tail -n 1 "$tmp/import")"
plan 19

moto_start() {
    moto_port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    env MOTO_EC2_LOAD_DEFAULT_AMIS=false "$python" -m moto.server -H 127.0.0.1 -p "$moto_port" >"$tmp/moto.log" 2>&1 &
    pids="$pids $!"
    ec2_url=http://127.0.0.1:$moto_port
    wait_for 60 curl -sf -o "$tmp/moto.ping" "$ec2_url/moto-api/data.json"
}

# What lives, asked by other code than ours.
moto_lives() {
    AWS_DEFAULT_REGION=us-east-1 "$python" -c '
import boto3, sys
pages = boto3.client("ec2", endpoint_url=sys.argv[1]).get_paginator("describe_instances").paginate()
for i in (i for p in pages for r in p["Reservations"] for i in r["Instances"]):
    if i["State"]["Name"] not in ("terminated", "shutting-down"):
        print(i["InstanceId"], *sorted(t["Key"] for t in i["Tags"]))' "$ec2_url"
}

pg_start
ok "moto is there" moto_start
ec2_no_keys
# shellcheck disable=SC2046 # one word each
set -- $("$python" "$top_srcdir/tests/moto/account.py" "$ec2_url")
export AWS_ACCESS_KEY_ID="$1" AWS_SECRET_ACCESS_KEY=wrong
is "moto checks signatures" "$(moto_lives 2>&1 | grep -o AuthFailure | head -n 1)" AuthFailure
export AWS_SECRET_ACCESS_KEY="$2"
ec2_instance awsinst
hf_templates "$(image basic 10 '"subnetId":"'"$3"'","instanceTags":"company=abc"')"
ec2_quick
daemon_start d1
daemon_start d2

hf requestMachines '{"template":{"templateId":"basic","machineCount":3}}'
first=$(hf_value .requestId)
hf requestMachines '{"template":{"templateId":"basic","machineCount":3}}'
second=$(hf_value .requestId)
for req in "$first" "$second"; do
    hf_ends "$req" complete 60
    shows "three machines" "$hf_out" '.requests[0] | .message == "" and (.machines | length == 3
        and all(.result == "succeed" and .status == "running" and .instanceTags == "company=abc" and (.privateIpAddress | text)))'
    [ "$req" = "$second" ] || started=$hf_out
done
seen=$hf_out
is "moto has them, and no other" "$(moto_lives | cut -d' ' -f1 | sort)" \
    "$(printf '%s\n%s' "$started" "$seen" | jq -r '.requests[0].machines[].machineId' | sort)"
is "... with tags of owner, request and user" "$(moto_lives | cut -d' ' -f2- | sort -u)" "company hf:owner hf:request"

all=$(printf '%s\n%s' "$started" "$seen" | jq -cs '{machines: [.[].requests[0].machines[] | {name, machineId}]}')
hf getReturnRequests "$all"
shows "healthy machines are not listed" "$hf_out" 'returns_answer and .requests == []'
name=$(printf '%s' "$started" | jq -r '.requests[0].machines[0].name')
hf requestReturnMachines "{\"machines\":[{\"name\":\"$name\"}]}"
shows "one is returned by name" "$hf_out" 'request_answer and .message == "Delete VM success."'
hf_ends "$(hf_value .requestId)" complete 30
shows "... and terminated" "$hf_out" '.requests[0].machines | length == 1 and all(.name == "'"$name"'" and .status == "terminated")'
is "five live" "$(moto_lives | wc -l)" 5
hf getReturnRequests "$all"
shows "getReturnRequests: the one that is gone" "$hf_out" 'returns_answer and .requests == [{"machine":"'"$name"'","gracePeriod":0}]'

hf requestReturnMachines "$(printf '%s' "$all" | jq -c '{machines: [.machines[] | {machineId}]}')"
shows "the rest is returned by id, the one that is gone too" "$hf_out" 'request_answer'
hf_ends "$(hf_value .requestId)" complete 30
is "nothing is left at moto" "$(moto_lives)" ""
is "nor open in the table" "$(sql "SELECT count(*) FROM hostq.machines WHERE ended_at IS NULL")" 0

is "every call was taken but the one with the wrong key" "$(grep -c '" [45][0-9][0-9] ' "$tmp/moto.log")" 1
daemon_stop "$daemon_pid"
