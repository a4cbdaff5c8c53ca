#!/bin/sh
# A machine that is killed behind our back: getReturnRequests tells it until
# HostFactory gives it back. M7 M38
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 34
pg_start
hf_instance hostqinst
hf_templates "$(unit basic 20)"
daemon_start d1

hf requestMachines '{"template":{"templateId":"basic","machineCount":3}}'
req=$(hf_value .requestId)
hf_ends "$req" complete 10
held=$(hf_value '{machines: [.requests[0].machines[] | {name, machineId}]} | tojson')
lost=$(hf_value '.requests[0].machines[1].name')
pid=$(sql "SELECT details->>'pid' FROM hostq.machines WHERE instance_id = '$lost'")
hf getReturnRequests '{}'
shows "nothing is taken yet" "$hf_out" 'returns_answer and .requests == []'

listed() {
    hf getReturnRequests "$held"
    [ "$(hf_value '.requests | length')" = 1 ]
}
kill -9 "$pid"
killed=$(date +%s%N)
ok "a killed machine is listed" wait_for 10 listed
took=$((($(date +%s%N) - killed) / 1000000))
ok "... within 2 s and the time of a look ($took ms)" [ "$took" -lt 3500 ]
only='returns_answer and .requests == [{"machine":"'"$lost"'","gracePeriod":0}]'
shows "... only that one, at once" "$hf_out" "$only"
hf getReturnRequests '{}'
shows "without a list: the taken ones" "$hf_out" "$only"
hf getReturnRequests "$held"
shows "each time, until it is given back" "$hf_out" "$only"
hf getReturnRequests "{\"machines\":[{\"name\":\"$lost\"}]}"
shows "machineId may be missing" "$hf_out" "$only"
hf getReturnRequests "{\"machines\":[\"$lost\"]}"
shows "bare strings are names" "$hf_out" "$only"
hf getReturnRequests "{\"machines\":{\"name\":\"$lost\"}}"
shows "a single object" "$hf_out" "$only"
hf getReturnRequests "{\"machines\":[{\"name\":\"as-hf-calls-it\",\"machineId\":\"$lost\"}]}"
shows "told by the name that HostFactory wrote" "$hf_out" '.requests == [{"machine":"as-hf-calls-it","gracePeriod":0}]'
hf getReturnRequests "$(printf '%s' "$held" | jq -c --arg l "$lost" '{machines: [.machines[] | select(.name != $l)]}')"
shows "with a list: only machines of the list" "$hf_out" 'returns_answer and .requests == []'
hf getReturnRequests '{"machines":[]}'
shows "an empty list" "$hf_out" 'returns_answer and .requests == []'
hf getReturnRequests '{"machines":[{"name":"never-was-ours","machineId":"i-1"}]}'
shows "one that we never knew is listed" "$hf_out" 'returns_answer and .requests == [{"machine":"never-was-ours","gracePeriod":0}]'
hf getReturnRequests "{\"machines\":[{\"name\":\"$lost\",\"machineId\":\"i-1\"},{\"name\":\"never-was-ours\",\"machineId\":\"$lost\"}]}"
shows "machineId decides here, too: the one that we never knew, the one that is gone" "$hf_out" 'returns_answer
    and .requests == [{"machine":"'"$lost"'","gracePeriod":0},{"machine":"never-was-ours","gracePeriod":0}]'
healthy=$(printf '%s' "$held" | jq -r --arg l "$lost" '[.machines[] | select(.name != $l)][0].name')
hf getReturnRequests "{\"machines\":[{\"name\":\"$healthy\",\"machineId\":\"i-1\"}]}"
shows "... a healthy one's name beside an id that we never knew: that id is unknown" "$hf_out" 'returns_answer
    and .requests == [{"machine":"'"$healthy"'","gracePeriod":0}]'
hf getReturnRequests "{\"machines\":[{\"name\":\"$lost\",\"machineId\":\"$healthy\"}]}"
shows "... the name of the lost one beside the id of a healthy one: healthy" "$hf_out" 'returns_answer and .requests == []'
hf getReturnRequests '{"machines":null}'
shows "machines null is no list: the taken ones" "$hf_out" "$only"
hf getReturnRequests '{"machines":[{},null,7,"",{"name":""},{"machineId":""},{"name":"","machineId":null},[],true]}'
shows "items that name nothing are not listed" "$hf_out" 'returns_answer and .requests == []'
hf getReturnRequests "{\"machines\":[{},null,7,\"$lost\",\"\",{\"name\":\"\"}]}"
shows "... and the others are answered" "$hf_out" "$only"
hf requestReturnMachines '{"machines":[{},null,7,"",{"name":""}]}'
is "requestReturnMachines of such: exit 0" "$hf_status" 0
shows "... nothing to do" "$hf_out" 'request_answer and (.message | startswith("No Active VM."))'
ok "a setting turns that off" hostq set hf_report_unknown false
hf getReturnRequests '{"machines":[{"name":"never-was-ours","machineId":"i-1"}]}'
shows "... not listed" "$hf_out" 'returns_answer and .requests == []'

hf getRequestStatus "{\"requests\":[{\"requestId\":\"$req\"}]}"
shows "its request stays complete with three machines" "$hf_out" 'status_answer and (.requests[0] | .status == "complete"
    and (.machines | length == 3 and all(.result == "succeed")))
    and [.requests[0].machines[] | select(.status == "terminated").name] == ["'"$lost"'"]'
is "the table says who took it and why" \
    "$(sql "SELECT status, taken_at IS NOT NULL, message FROM hostq.machines WHERE instance_id = '$lost'")" \
    "terminated|t|the process is gone"

hf requestReturnMachines "{\"machines\":[{\"name\":\"$lost\",\"machineId\":\"$lost\"}]}"
shows "HostFactory gives it back: accepted" "$hf_out" 'request_answer and .message == "No Active VM."'
ret=$(hf_value .requestId)
hf getRequestStatus "{\"requests\":[{\"requestId\":\"$ret\"}]}"
shows "... complete, succeed" "$hf_out" '.requests[0] | .status == "complete"
    and (.machines | length == 1 and all(.result == "succeed" and .status == "terminated"))'
hf getReturnRequests '{}'
shows "... no longer taken" "$hf_out" 'returns_answer and .requests == []'
is "the other two live" "$(machine_pids | wc -l)" 2
hf requestReturnMachines "$held"
ret=$(hf_value .requestId)
hf_ends "$ret" complete 10
shows "all of them, the lost one again: each ends as succeed" "$hf_out" \
    '.requests[0].machines | length == 3 and all(.result == "succeed" and .status == "terminated")'
is "nothing is left" "$(machine_pids | wc -l)" 0
hf getReturnRequests '{}'
shows "... and nothing taken" "$hf_out" 'returns_answer and .requests == []'
