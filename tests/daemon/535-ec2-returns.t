#!/bin/sh
# Returns of EC2 machines: some that EC2 does not know any more,
# some that cannot be stopped, the same ones twice at once. M11 M12 M14 M18
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 33
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
begin() { # ID MACHINES [MEMBERS]
    since=$(ec2_log length)
    asked requestReturnMachines "{\"requestId\":\"$1\",\"machineIds\":$2${3:+,$3}}"
}
back() { # ID MACHINES [MEMBERS]
    begin "$@"
    completes "$1"
}

# Forgotten by EC2: old ones are gone, the others go.
machines old basic 2
one=$(ids old "[0]" | jq -r .)
ec2_control "{\"take\":{\"ids\":[\"$one\"],\"state\":\"gone\"},\"hold\":{\"action\":\"DescribeInstances\"}}" >"$tmp/control"
sql "UPDATE hostq.machines SET first_seen = first_seen - interval '10 min' WHERE instance_id = '$one'"
begin r-gone "$(ids old "")"
apart() {
    [ "$(actions "$since")" = "Term2 Term1" ]
}
ok "M11: one id is unknown to EC2: it is left out, the other one terminated" wait_for 20 apart
is "... it counts as gone" "$(sql "SELECT status FROM hostq.machines WHERE instance_id = '$one'")" terminated
ec2_control '{"release":"*"}' >"$tmp/control"
completes r-gone
shows "M14: getReturnRequests of it" "$(hostq call '{"method":"getReturnRequests","params":{"requestId":"r-gone"}}')" '.result | call_status and .status == "COMPLETED"
    and (.machines | length == 2 and all(.status == "terminated"))'

# Stopped before the drain is over: terminated then.
machines two basic 2
ec2_control '{"stop_ms":300}' >"$tmp/control"
begin r-drain "$(ids two "")" '"drainTimeout":60,"tags":{"why":"idle"},"timeout":120,"metadata":{"a":1}'
stopping() {
    status_of r-drain | jq -e '[.result.machines[].status] | unique | . == ["stopping"] or . == ["stopped"]' >/dev/null
}
ok "M12: a drain: the machines are stopping" wait_for 10 stopping
completes r-drain
is "... terminated as soon as they have stopped" "$(actions "$since")" "Stop2 Term2"
is "... long before the drain's end" "$(sql "SELECT finished_at - created_at < '30 s' FROM hostq.requests WHERE request_id = 'r-drain'")" t
shows "M18: its tags, timeout and metadata" "$(status_of r-drain)" '.result | call_status and .tags == {"why":"idle"} and .metadata == {"a":1} and .machineCount == 2'
ec2_control '{"stop_ms":null}' >"$tmp/control"
machines stuck basic 1
back r-stuck "$(ids stuck "")" '"drainTimeout":1'
is "M12: one that does not stop is terminated when the drain is over" "$(actions "$since")" "Stop1 Term1"
is "... not before" "$(ec2_log '[.[] | select(.action | test("^(Stop|Terminate)Instances")).time] | .[1] - .[0] >= 0.99' "$since")" true
ec2_control '{"stop_ms":0}' >"$tmp/control"

# Not stoppable: a one-time spot machine, and one that is pending.
machines spot spot 1
back r-spot "$(ids spot "")" '"drainTimeout":60'
is "a spot machine cannot be stopped: it is terminated" "$(actions "$since")" "Stop1 Term1"
ec2_control '{"pending_last":1}' >"$tmp/control"
asked requestMachines '{"requestId":"half","templateId":"basic","machineCount":2,"partialPolicy":"keep"}'
half() {
    status_of half | jq -e '[.result.machines[].status] | sort == ["pending","running"]' >/dev/null
}
ok "one of two is pending" wait_for 20 half
hostq set min_timeout 1 >/dev/null
both=$(ids half "")
ec2_control '{"hold":{"action":"RunInstances"}}' >"$tmp/control"
begin r-half "$both" '"drainTimeout":60'
completes r-half
is "... returned with a drain, the pending one is terminated at once, the other one when it has stopped" "$(actions "$since")" "Stop2 Stop1 Term1 Term1"
hostq cancel half >/dev/null
ec2_control '{"pending_last":0,"release":"*"}' >"$tmp/control"
nothing() {
    [ -z "$(ec2_lives)" ] && [ "$(sql "SELECT count(*) FROM hostq.machines WHERE ended_at IS NULL")" = 0 ]
}
ok "... their request, which had asked for others, is canceled: nothing is left" wait_for 20 nothing

# Twice at once; and with force while a drain is on.
machines twin basic 2
since=$(ec2_log length)
for n in 1 2; do
    hostq call "{\"method\":\"requestReturnMachines\",\"params\":{\"requestId\":\"r-twin-$n\",\"machineIds\":$(ids twin "")}}" >"$tmp/twin.$n" &
    eval "twin$n=$!"
done
# shellcheck disable=SC2154 # set by eval
wait "$twin1" "$twin2"
completes r-twin-1
completes r-twin-2
shows "the same machines twice at once: both succeed" "$(status_of r-twin-1)" '.result.machines | length == 2 and all(.status == "terminated")'
shows "... of both returns" "$(status_of r-twin-2)" '.result.machines | length == 2 and all(.status == "terminated")'
ec2_control '{"stop_ms":null}' >"$tmp/control"
machines drained basic 1
begin r-slow "$(ids drained "")" '"drainTimeout":600'
slow() {
    status_of r-slow | jq -e '.result.machines[0].status == "stopping"' >/dev/null
}
ok "one is being drained for ten minutes" wait_for 10 slow
back r-now "$(ids drained "")" '"force":true'
is "... a second return with force ends it" "$(ec2_log '[.[] | select(.action == "TerminateInstances") | .params.Force + .params.SkipOsShutdown] | join(" ")' "$since")" truetrue
completes r-slow

is "nothing is left" "$(ec2_lives)" ""
daemon_stop "$daemon_pid"
