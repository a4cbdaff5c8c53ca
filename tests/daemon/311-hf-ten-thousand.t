#!/bin/sh
# HostFactory asks about all that it holds in each loop: ten thousand names in
# one call, each script within 10 s. M22 M38
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 22
pg_start
hf_instance hostqinst
hf_templates "$(unit basic 10000)"

hf requestMachines '{"template":{"templateId":"basic","machineCount":10000}}'
req=$(hf_value .requestId)
# They need not run: nobody works here.
sql "INSERT INTO hostq.machines (instance_id, id, request_id, namespace, template_id, provider_api, status, name, private_ip, price_type, host, boot_id, launch_time)
    SELECT 'm-' || n, b.id, b.request_id, b.namespace, b.template_id, 'process', 'running', 'host-' || n, '127.0.0.1', 'ondemand', 'h', 'b', now()
    FROM hostq.request_body b, generate_series(1, 10000) n WHERE b.request_id = '$req'" || exit 99

timed() { # SCRIPT INPUT
    t0=$(date +%s%N)
    hf "$1" "$2"
    ms=$((($(date +%s%N) - t0) / 1000000))
    is "$1: exit 0" "$hf_status" 0
    ok "... within 10 s ($ms ms)" [ "$ms" -lt 10000 ]
}
list() { # KEYS: of ten thousand
    jq -nc "{machines: [range(1; 10001) | $1]}"
}

timed getRequestStatus "{\"requests\":[{\"requestId\":\"$req\"}]}"
shows "... its ten thousand machines" "$hf_out" 'status_answer and (.requests[0].machines | length == 10000
    and ([.[].machineId] | unique | length == 10000))'
timed getReturnRequests "$(list '{name: "host-\(.)", machineId: "m-\(.)"}')"
shows "... all by machineId: healthy" "$hf_out" 'returns_answer and .requests == []'
timed getReturnRequests "$(list '{name: "host-\(.)"}')"
shows "... all by name: healthy" "$hf_out" 'returns_answer and .requests == []'
timed getReturnRequests "$(list '{name: "other-\(.)", machineId: "o-\(.)"}')"
shows "... all unknown: each is listed, in their order" "$hf_out" 'returns_answer and [.requests[].machine] == [range(1; 10001) | "other-\(.)"]'
sql "UPDATE hostq.machines SET status = 'terminated', ended_at = now(), taken_at = now() WHERE machine_id % 2 = 0"
timed getReturnRequests "$(list '{name: "host-\(.)", machineId: "m-\(.)"}')"
shows "... half of them are gone" "$hf_out" 'returns_answer and (.requests | length == 5000)'
timed requestReturnMachines "$(list '{name: "host-\(.)", machineId: "m-\(.)"}')"
shows "... accepted" "$hf_out" 'request_answer and .message == "Delete VM success."'
ret=$(hf_value .requestId)
timed getRequestStatus "{\"requests\":[{\"requestId\":\"$ret\"}]}"
shows "... of the return" "$hf_out" 'status_answer and (.requests[0] | .status == "running"
    and (.machines | length == 10000 and ([.[] | select(.result == "executing")] | length == 5000)))'
is "all are in the return" "$(sql "SELECT count(*) FROM hostq.request_machines")" 10000
