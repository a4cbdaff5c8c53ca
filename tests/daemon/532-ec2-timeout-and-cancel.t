#!/bin/sh
# Requests of EC2 machines that end before all of them run: TIMEOUT on time,
# canceled at any point; what was made is terminated, or stays and is told; and
# nothing is launched afterwards. M4 M5 M6 M7 M39 M47
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 39
pg_start
ec2_keys
ec2_start --key "$AWS_ACCESS_KEY_ID" --secret "$AWS_SECRET_ACCESS_KEY"
ec2_instance default
hf_templates "$(image basic 100)" "$(image small 100 '"vmType":"t3.small"')"
ec2_quick
hostq set min_timeout 1 >/dev/null
hf getAvailableTemplates '{}'
daemon_start d1

of() { # REQUEST JQ: of its instances at the stand-in
    ec2_state "[.instances[] | select(.tags[\"hf:request\"] == \"$1\")] | $2"
}
of_is() { # REQUEST JQ VALUE
    [ "$(of "$1" "$2")" = "$3" ]
}
states='map(.state) | sort | join(" ")'
has_machines() { # REQUEST N [STATUS]
    status_of "$1" | jq -e ".result.machines | length == $2 and all(.status == \"${3:-pending}\")" >/dev/null
}
cancel() { # ID
    call cancelRequest "{\"requestId\":\"$1\"}"
    shows "$1: canceled" "$call_out" '.result == {"requestId":"'"$1"'","status":"CANCELLED"}'
}
terminated() { # ID N
    ok "... all that it made is terminated" wait_for 20 of_is "$1" "$states" "$(yes terminated | head -n "$2" | paste -sd ' ' -)"
    ok "... and told so" wait_for 20 has_machines "$1" "$2" terminated
    is "... by a return of its own" "$(sql "SELECT kind, machine_count FROM hostq.requests WHERE cleanup_of = '$1'")" "return|$2"
}

# One of three does not run.
ec2_control '{"pending_last":1}' >"$tmp/control"
asked requestMachines '{"requestId":"slow","templateId":"basic","machineCount":3}'
two_run() {
    status_of slow | jq -e '[.result.machines[].status] | sort == ["pending","running","running"]' >/dev/null
}
ok "two of three run" wait_for 20 two_run
shows "M4: the request is in progress" "$(status_of slow)" '.result | call_status and .status == "IN_PROGRESS" and .completedAt == null'
shows "M39 M47: the record names handler, resource and machines meanwhile" "$(sql "SELECT row_to_json(r) FROM hostq.request_overview r WHERE request_id = 'slow'")" \
    '.provider_api == "RunInstances" and (.resource_ids | length == 1 and all(test("^[0-9a-f]{64}$"))) and (.machine_ids | length == 3 and all(startswith("i-")))'
is "... the resource is the launch's token" "$(sql "SELECT resource_ids[1] FROM hostq.request_overview WHERE request_id = 'slow'")" "$(of slow '.[0].token')"
is "M47: each machine's record: instance, resource, status, address" "$(sql "SELECT instance_id, resource_id, status, private_ip FROM hostq.machines
    WHERE request_id = 'slow' AND status = 'running' ORDER BY instance_id")" \
    "$(of slow '[.[] | select(.state == "running")] | sort_by(.id)[] | "\(.id)|\(.token)|running|\(.ip)"')"
ec2_control '{"pending_last":0}' >"$tmp/control"
ok "the third runs: COMPLETED" wait_for 20 word_is slow COMPLETED
is "M4: three are running" "$(sql "SELECT count(*) FROM hostq.machines WHERE request_id = 'slow' AND status = 'running'")" 3

# Never running: TIMEOUT.
ec2_control '{"pending_ms":null}' >"$tmp/control"
asked requestMachines '{"requestId":"clean","templateId":"basic","machineCount":2,"timeout":2}'
asked requestMachines '{"requestId":"keep","templateId":"basic","machineCount":2,"timeout":2,"partialPolicy":"keep"}'
for i in clean keep; do
    ok "M6: $i: TIMEOUT" wait_for 10 word_is $i TIMEOUT
    shows "... HostFactory: complete_with_error, none succeeded" "$(hostq hf getRequestStatus $i 2>/dev/null)" 'status_answer and (.requests[0]
        | .status == "complete_with_error" and .message != "" and (.machines | length == 2 and all(.result == "fail")))'
done
is "... on time" "$(sql "SELECT count(*) FROM hostq.requests WHERE state = 'timeout' AND finished_at - deadline BETWEEN '0' AND '1.5 s'")" 2
terminated clean 2
is "keep: they live" "$(of keep "$states")" "pending pending"
shows "... and the message names them" "$(status_of keep)" '.result | . as $r | [.machines[].machineId] | length == 2 and all(. as $m | $r.errorMessage | contains($m))'
ec2_control '{"pending_ms":0}' >"$tmp/control"
ok "... seen running later" wait_for 20 has_machines keep 2 running
shows "... the request stays as it ended" "$(status_of keep)" '.result.status == "TIMEOUT"'

# Only some were made, and the next try would come after the deadline.
ec2_control '{"capacity":{"t3.small":3}}' >"$tmp/control"
asked requestMachines '{"requestId":"some","templateId":"small","machineCount":5,"timeout":3}'
ok "M5: three of five, and no time for a retry: FAILED" wait_for 10 word_is some FAILED
is "... for want of capacity" "$(sql "SELECT error_code, failure_reason, last_reason FROM hostq.request_overview WHERE request_id = 'some'")" \
    "INSUFFICIENT_CAPACITY|deadline|capacity"
terminated some 3

# Canceled.
ec2_control '{"capacity":{},"pending_ms":null}' >"$tmp/control"
asked requestMachines '{"requestId":"pending","templateId":"basic","machineCount":2}'
ok "M7: two are pending" wait_for 10 has_machines pending 2
cancel pending
terminated pending 2
ec2_control '{"pending_ms":0}' >"$tmp/control"
ec2_control '{"capacity":{"t3.small":2}}' >"$tmp/control"
asked requestMachines '{"requestId":"part","templateId":"small","machineCount":4}'
ok "two of four run, the rest is tried again" wait_for 20 has_machines part 2 running
cancel part
terminated part 2
launches=$(ec2_counters .calls.RunInstances)
ec2_control '{"capacity":{}}' >"$tmp/control"
asked requestMachines '{"requestId":"first","templateId":"basic","machineCount":1}'
ok "another one, whose end is after the retry of the canceled one" wait_for 20 word_is first COMPLETED
is "... has the only launch: nothing more is launched" "$(ec2_counters .calls.RunInstances)" $((launches + 1))
call cancelRequest '{"requestId":"first"}'
shows "one that is complete cannot be canceled" "$call_out" 'call_error'
is "... its machine lives" "$(of first "$states")" running
is "what lives is what the table says" "$(ec2_lives | sort)" "$(sql "SELECT instance_id FROM hostq.machines WHERE ended_at IS NULL ORDER BY 1")"
daemon_stop "$daemon_pid"
