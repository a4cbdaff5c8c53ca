#!/bin/sh
# The provider answers no question: what is known stays told, with the reason;
# nothing is taken for gone. M48 M50
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 12
pg_start
ec2_keys
ec2_start
ec2_instance awsinst
hf_templates "$(image basic 10)"
ec2_quick
hostq set watch_grace_ms 0 >/dev/null
daemon_start d1

trouble() { # true|false
    ec2_control "$([ "$1" = false ] && echo '{"fault":null}' ||
        echo '{"fault":{"kind":"html","action":"DescribeInstances","status":500,"times":100000}}')" >"$tmp/control"
}
tells() { # ID FILTER
    hf getRequestStatus "{\"requests\":[{\"requestId\":\"$1\"}]}"
    printf '%s' "$hf_out" | jq -e ".requests[0] | $2" >/dev/null
}

hf requestMachines '{"template":{"templateId":"basic","machineCount":2}}'
old=$(hf_value .requestId)
hf_ends "$old" complete 20
trouble true
ec2_control '{"pending_ms":null}' >"$tmp/control"
hf requestMachines '{"template":{"templateId":"basic","machineCount":1}}'
new=$(hf_value .requestId)
ok "an open request names the failure" wait_for 20 tells "$new" '.status == "running" and (.message | contains("500"))'
shows "... and the machine that its launch told of" "$hf_out" 'status_answer and (.requests[0].machines | length == 1 and all(.result == "executing"))'
ok "a complete one names it, too" tells "$old" '.message | contains("500")'
shows "... and still lists its machines" "$hf_out" 'status_answer and (.requests[0] | .status == "complete" and (.machines | length == 2
    and all(.status == "running" and .result == "succeed")))'
hf getReturnRequests "{\"machines\":[{\"name\":\"$(hf_value '.requests[0].machines[0].name')\"}]}"
shows "no machine is taken for gone" "$hf_out" 'returns_answer and .requests == []'

trouble false
ec2_control '{"pending_ms":0}' >"$tmp/control"
hf_ends "$new" complete 70
shows "seen again, the new one is complete and nothing is said" "$hf_out" '.requests[0] | .message == "" and (.machines | length == 1)'
ok "nor of the old one" tells "$old" '.message == ""'

ec2_control '{"fault":{"kind":"empty","effect":false,"action":"RunInstances","status":200,"times":100000}}' >"$tmp/control"
hf requestMachines '{"template":{"templateId":"basic","machineCount":1}}'
none=$(hf_value .requestId)
ok "an answer that names no instance: running, no machines, and why" wait_for 20 tells "$none" \
    '.status == "running" and .machines == [] and .message != ""'
ec2_control '{"fault":null}' >"$tmp/control"
hf_ends "$none" complete 30
is "four live" "$(ec2_lives | wc -l)" 4
daemon_stop "$daemon_pid"
