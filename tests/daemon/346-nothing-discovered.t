#!/bin/sh
# No machine is known yet, or the provider's name is unknown: the status says
# so, and other ids of the call are answered. M39 M48 M49
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 15
pg_start
hf_instance default
hf_templates "$(unit basic 20)" "$(unit foo 5 | sed 's/"process"/"Foo"/')"
hf requestMachines '{"template":{"templateId":"foo","machineCount":1}}'
is "a template with providerApi Foo: exit 1" "$hf_status" 1
shows "... the message names value and allowed list" "$hf_out" 'failure and (.message | contains("Foo") and contains("process"))'
is "... no row" "$(sql "SELECT count(*) FROM hostq.requests")" 0
call requestMachines '{"templateId":"foo","machineCount":1}'
shows "... by call: value and list" "$call_out" 'refused("providerApi"; .error.message) and (.error.message | contains("Foo"))
    and .error.details.value == "Foo" and .error.details.limit == "process"'
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
