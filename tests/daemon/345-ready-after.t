#!/bin/sh
# readyAfter: one machine that is not ready keeps the request open, one that
# ends before is replaced, and words never go back. M2 M4 M41
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 14
pg_start
hf_instance default
sql "UPDATE hostq.queues SET backoff_ms = 100 WHERE name = 'provision'"
mkdir -m 777 "$tmp/runs"
# Unit 2 of the first try dies after 0.3 s; its successor is later than the others.
hf_templates "$(unit slow 10 "\"readyAfter\":1,\"command\":[\"/bin/sh\",\"-c\",\"case \$HOSTQ_UNIT in *-2) mkdir $tmp/runs/died && sleep 0.3 && kill -9 \$\$ ;; esac; exec sleep 1000\"]")"
hf requestMachines '{"template":{"templateId":"slow","machineCount":3}}'
req=$(hf_value .requestId)
daemon_start d1
t0=$(date +%s%N)
: >"$tmp/method" && : >"$tmp/script"
done_yet() {
    status_of "$req" >>"$tmp/method"
    hf getRequestStatus "{\"requests\":[{\"requestId\":\"$req\"}]}"
    printf '%s\n' "$hf_out" >>"$tmp/script"
    [ "$(hf_value '.requests[0].status')" != running ]
}
ok "it ends" wait_for 15 done_yet
ms=$((($(date +%s%N) - t0) / 1000000))
status_of "$req" >>"$tmp/method"
shows "every answer of the call is well formed" "$(jq -cs . "$tmp/method")" 'length > 3 and all(.[]; .result | call_status)'
shows "... PENDING, then IN_PROGRESS, then COMPLETED" "$(jq -cs '[.[].result.status]' "$tmp/method")" \
    '. == sort_by({"PENDING":1,"IN_PROGRESS":2,"COMPLETED":3}[.]) and .[-1] == "COMPLETED" and any(. == "IN_PROGRESS")'
shows "... updatedAt never goes back, createdAt stays" "$(jq -cs '[.[].result]' "$tmp/method")" \
    '[.[].updatedAt] == ([.[].updatedAt] | sort) and ([.[].createdAt] | unique | length == 1)'
shows "every answer of the script is well formed" "$(jq -cs . "$tmp/script")" 'length > 3 and all(.[]; status_answer)'
shows "... running, then complete" "$(jq -cs '[.[].requests[0].status]' "$tmp/script")" \
    '(.[:-1] | all(. == "running")) and .[-1] == "complete"'
shows "... machines are told while it runs, executing before succeed" "$(jq -cs '[.[].requests[0].machines]' "$tmp/script")" \
    'any(.[]; length > 0 and all(.[]; .status == "pending" and .result == "executing")) and any(.[]; [.[] | select(.result == "executing")] | length > 0)'
shows "... a name never changes, nor goes a machine from succeed to something else" "$(jq -cs '[.[].requests[0].machines[]]' "$tmp/script")" \
    'group_by(.machineId) | all(.[]; ([.[].name] | unique | length == 1) and ([.[].result] | . == sort_by({"executing":1,"fail":2,"succeed":2}[.])))'
shows "complete: three succeed, the one that died is told as fail" "$hf_out" '.requests[0].machines
    | ([.[] | select(.result == "succeed" and .status == "running")] | length == 3) and ([.[] | select(.result == "fail")] | length == 1)'
ok "not before the last was ready ($ms ms)" [ "$ms" -ge 1300 ]
ok "the one that died was replaced" [ -d "$tmp/runs/died" ]
is "three run" "$(sql "SELECT count(*) FROM hostq.machines WHERE request_id = '$req' AND status = 'running'")" 3
is "as many processes" "$(machine_pids | wc -l)" 3
is "completed after the last was started and ready" "$(sql "SELECT r.completed_at >= max(m.launch_time) + interval '1 s' FROM hostq.requests r
    JOIN hostq.machines m USING (request_id) WHERE m.status = 'running' GROUP BY r.completed_at")" t
