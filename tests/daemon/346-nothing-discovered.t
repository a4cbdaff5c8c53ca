#!/bin/sh
# No machine is known yet, or the provider's name is unknown: the status says
# so, and other ids of the call are answered. M39 M48 M49 M50
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 24
pg_start
hf_instance default
hf_templates "$(unit basic 20)" "$(unit foo 5 | sed 's/"process"/"Foo"/')"
hf requestMachines '{"template":{"templateId":"foo","machineCount":1}}'
is "a template with providerApi Foo: exit 1" "$hf_status" 1
shows "... the message names value and allowed list" "$hf_out" 'failure and (.message | contains("Foo") and contains("process"))'
is "... no row" "$(sql "SELECT count(*) FROM hostq.requests")" 0
call requestMachines '{"templateId":"foo","machineCount":1}'
shows "... by call: value and list" "$call_out" 'refused("providerApi"; .error.message) and (.error.message | contains("Foo"))
    and .error.details.value == "Foo" and .error.details.limit == "process, RunInstances"'
is "... exit 2" "$call_status" 2

# Started, and held before anything was found: its units' lock is somebody else's.
daemon_start d1
hf requestMachines '{"template":{"templateId":"basic","machineCount":1}}'
good=$(hf_value .requestId)
hf_ends "$good" complete 10
daemon_stop "$daemon_pid"
hf requestMachines '{"template":{"templateId":"basic","machineCount":1}}'
altered=$(hf_value .requestId)
sql "UPDATE hostq.request_body SET provider_api = 'Foo' WHERE request_id = '$altered'"
hf requestMachines '{"template":{"templateId":"basic","machineCount":2}}'
held=$(hf_value .requestId)
sql "UPDATE hostq.queue SET first_started_at = now(), run_at = now() + interval '1 h' WHERE id = (SELECT id FROM hostq.request_body WHERE request_id = '$held');
    INSERT INTO hostq.resources (id, resource_id, request_id, namespace, provider_api) SELECT id, 'node-7', request_id, namespace, 'process'
    FROM hostq.request_body WHERE request_id = '$held'"
hf getRequestStatus "{\"requests\":[\"$held\",\"$good\"]}"
shows "M48: nothing is discovered: running, [], and a message that names the resource" "$hf_out" 'status_answer and (.requests[0]
    | .status == "running" and .machines == [] and .message == "No machines discovered yet for node-7") and .requests[1].status == "complete"'
shows "... the call form: no machine" "$(status_of "$held")" '.result | call_status and .status == "IN_PROGRESS" and .machines == []'

# A stored row that names an unknown provider ends with that message.
daemon_start d2
ok "M49: a row with an unknown provider ends" wait_for 10 word_is "$altered" FAILED
hf getRequestStatus "{\"requests\":[\"$altered\",\"$good\",\"nosuch\"]}"
is "... exit 0" "$hf_status" 0
shows "... its message names value and allowed list, other ids are answered" "$hf_out" 'status_answer and (.requests[0]
    | .status == "complete_with_error" and .machines == [] and (.message | contains("Foo") and contains("process")))
    and .requests[1].status == "complete" and (.requests[1].machines | length == 1) and .requests[2].status == "complete_with_error"'

# One that ended keeps its machines in the answer, whatever its row says.
sql "UPDATE hostq.request_body SET provider_api = 'Foo' WHERE request_id = '$good'"
hf getRequestStatus "{\"requests\":[\"$good\"]}"
shows "an ended one with an unknown provider still lists its machines" "$hf_out" 'status_answer and (.requests[0] | .status == "complete" and (.machines | length == 1))'
hf requestReturnMachines "{\"machines\":$(hf_value '[.requests[0].machines[] | {name, machineId}]')}"
hf_ends "$(hf_value .requestId)" complete 10
is "... which can be returned" "$(machine_pids | wc -l)" 0
is "M39: handler and resource are in the row while it runs" "$(sql "SELECT provider_api, resource_ids FROM hostq.requests WHERE request_id = '$held'")" "process|{node-7}"

# M39: the daemon writes both before it is done.
host=$(sql "SELECT host FROM hostq.daemons WHERE state = 'alive'")
hf_templates "$(unit late 5 '"readyAfter":3600')" "$(unit partly 5 '"readyAfter":0.3,"command":["/bin/sh","-c","case $HOSTQ_UNIT in *-0) exec sleep 1000 ;; esac; exit 75"]')"
hf requestMachines '{"template":{"templateId":"late","machineCount":2}}'
late=$(hf_value .requestId)
ok "M39: one waits for its machines" wait_for 10 in_state "$late" waiting
is "... handler and resource are in the row, with two machines" "$(sql "SELECT provider_api, resource_ids, (SELECT count(*) FROM hostq.machines m WHERE m.request_id = r.request_id
    AND m.resource_id = '$host' AND status = 'pending') FROM hostq.requests r WHERE request_id = '$late'")" "process|{$host}|2"
hf getRequestStatus "{\"requests\":[\"$late\"]}"
shows "... the script lists them" "$hf_out" 'status_answer and (.requests[0] | .status == "running" and (.machines | length == 2 and all(.result == "executing")))'

# M50: a part is there, the rest fails for now: what is known is listed, and
# the trouble is named. It is tried again later than this test lasts.
sql "UPDATE hostq.queues SET backoff_ms = 60000 WHERE name = 'provision'"
hf requestMachines '{"template":{"templateId":"partly","machineCount":2}}'
partly=$(hf_value .requestId)
fails() {
    [ "$(sql "SELECT retry_attempt FROM hostq.requests WHERE request_id = '$partly' AND state = 'pending'")" = 1 ]
}
ok "M50: a failure that is tried again" wait_for 10 fails
hf getRequestStatus "{\"requests\":[\"$partly\",\"$late\",\"nosuch\"]}"
is "... exit 0" "$hf_status" 0
shows "... the message names the failure, the machine that lives is listed" "$hf_out" 'status_answer and (.requests[0] | .status == "running"
    and (.message | contains("status 75")) and ([.machines[] | select(.status == "running" and .result == "succeed" or .status == "pending" and .result == "executing")] | length == 1)
    and (.machines | length == 2) and ([.machines[] | select(.result == "fail" and (.message | contains("status 75")))] | length == 1))'
shows "... other ids are answered" "$hf_out" '[.requests[].status] == ["running","running","complete_with_error"]'
shows "... the call form" "$(status_of "$partly")" '.result | call_status and .status == "IN_PROGRESS" and ([.machines[].status] | sort | .[1] == "terminated" and (.[0] | IN("pending", "running")))'
like "... explain names it" "$(hostq explain "$partly")" '^attempt 1 failed \(.*status 75.*\); it is tried again at 20'
