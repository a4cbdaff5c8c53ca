#!/bin/sh
# getRequestStatus of the method calls has its 11 + 7 keys in every state, of
# provisions and returns. M2 M8 M13 M14 M18
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 33
pg_start
template T '["sleep","1000"]'
template slow '["sleep","1000"]' '"readyAfter":1'
template some '["/bin/sh","-c","case $HOSTQ_UNIT in *-0|*-1) exec sleep 1000 ;; esac; exit 78"]' '"partialPolicy":"keep","readyAfter":0.5'
template bad '["/bin/sh","-c","exit 78"]' '"readyAfter":0.5'

word() { # ID WORD [FILTER]: its status is well formed and says so
    got=$(status_of "$1")
    shows "$2: 11 + 7 keys" "$got" "keys == [\"result\"] and (.result | call_status and .status == \"$2\" and .requestId == \"$1\"${3:+ and $3})"
}

# Nobody works yet.
asked requestMachines '{"templateId":"slow","machineCount":2,"timeout":1200,"tags":{"project":"data-processing"},"metadata":{"a":{"b":[1,2.50,null,"x"]}}}'
slow=$id
is "requestMachines exits with 0" "$call_status" 0
shows "... and answers the id alone" "$call_out" 'keys == ["result"] and (.result | keys == ["requestId"] and (.requestId | request_id))'
word "$slow" PENDING '.templateId == "slow" and .machineCount == 2 and .machines == [] and .completedAt == null
    and .errorMessage == null and .tags == {"project":"data-processing"} and .metadata == {"a":{"b":[1,2.50,null,"x"]}}'
asked requestMachines '{"templateId":"T","machineCount":1}'
gone=$id
word "$gone" PENDING '.tags == null and .metadata == null'
is "the deadline is 600 s after submit without a timeout, else the timeout" \
    "$(sql "SELECT string_agg((deadline - created_at)::text, ' ' ORDER BY created_at) FROM hostq.requests")" "00:20:00 00:10:00"
call cancelRequest "{\"requestId\":\"$gone\"}"
shows "cancelRequest" "$call_out" '. == {"result":{"requestId":"'"$gone"'","status":"CANCELLED"}}'
word "$gone" CANCELLED '.errorMessage != null'
call cancelRequest "{\"requestId\":\"$gone\"}"
shows "... twice is no error" "$call_out" '.result.status == "CANCELLED"'

# Polled through its life: the words never go back.
daemon_start d1
words=
: >"$tmp/seen"
until_done() {
    got=$(status_of "$slow")
    printf '%s\n' "$got" >>"$tmp/seen"
    w=$(printf '%s' "$got" | jq -r .result.status)
    case "$words" in *" $w") ;; *) words="$words $w" ;; esac
    [ "$w" = COMPLETED ]
}
ok "the slow one completes" wait_for 15 until_done
shows "M13: each of $(wc -l <"$tmp/seen") answers is well formed" "$(jq -cs . "$tmp/seen")" 'all(.result | call_status)'
# shellcheck disable=SC2086 # words
like "M2: PENDING, IN_PROGRESS, COMPLETED, never backwards" "$(echo $words)" '^(PENDING )?IN_PROGRESS COMPLETED$'
shows "M4: before it was complete its machines were seen, pending" "$(jq -cs . "$tmp/seen")" \
    '[.[] | .result | select(.status == "IN_PROGRESS") | .machines[].status] | (. - ["pending", "running"]) == [] and any(. == "pending")'
word "$slow" COMPLETED '(.machines | length == 2 and all(.status == "running" and .privateIpAddress == "127.0.0.1"
    and .publicIpAddress == null and (.launchTime | time))) and .errorMessage == null
    and .tags == {"project":"data-processing"} and .metadata == {"a":{"b":[1,2.50,null,"x"]}}'

asked requestMachines '{"templateId":"some","machineCount":3}'
ok "one of three is not made" wait_for 10 word_is "$id" PARTIAL_SUCCESS
word "$id" PARTIAL_SUCCESS '([.machines[] | select(.status == "running")] | length == 2)'
some=$id
asked requestMachines '{"templateId":"bad","machineCount":1}'
ok "none is made" wait_for 10 word_is "$id" FAILED
word "$id" FAILED '(.errorMessage | contains("78"))'
sql "SELECT hostq.set('min_timeout', '1')" >/dev/null
asked requestMachines '{"templateId":"slow","machineCount":1,"timeout":1}'
late=$id
ok "one is too late" wait_for 10 word_is "$late" TIMEOUT
word "$late" TIMEOUT

# Returns: the same keys; machineCount is the number of ids.
machines=$(status_of "$slow" | jq -c '[.result.machines[].machineId]')
asked requestReturnMachines "{\"machineIds\":$machines,\"requestId\":\"return-req-12345\",\"timeout\":60,\"tags\":{\"why\":\"done\"},\"metadata\":{\"m\":[]}}"
is "requestReturnMachines takes an id" "$id" return-req-12345
ok "the return completes" wait_for 10 word_is return-req-12345 COMPLETED
word return-req-12345 COMPLETED '.machineCount == 2 and .templateId == null and .tags == {"why":"done"} and .metadata == {"m":[]}
    and (.machines | length == 2 and all(.status == "terminated"))'
is "... its timeout" "$(sql "SELECT deadline - created_at FROM hostq.requests WHERE request_id = 'return-req-12345'")" "00:01:00"
call getReturnRequests '{"requestId":"return-req-12345"}'
shows "M14: getReturnRequests of it: the same" "$call_out" '.result | call_status and .requestId == "return-req-12345" and .status == "COMPLETED"
    and (.machines | length == 2)'
call getReturnRequests '{}'
shows "... without an id: no open one" "$call_out" '. == {"result":{"requests":[]}}'
daemon_stop "$daemon_pid"
machines=$(status_of "$some" | jq -c '[.result.machines[] | select(.status == "running").machineId]')
asked requestReturnMachines "{\"machineIds\":$machines}"
word "$id" PENDING '.machineCount == 2 and (.machines | length == 2)'
is "M16: a return without a timeout has 600 s" "$(sql "SELECT deadline - created_at FROM hostq.requests WHERE request_id = '$id'")" "00:10:00"
call getReturnRequests '{}'
shows "... the open ones" "$call_out" '.result | keys == ["requests"] and (.requests | length == 1 and all(call_status and .requestId == "'"$id"'"))'
call getReturnRequests "{\"requestId\":\"$some\"}"
is "... a provision is none" "$call_status" 3
shows "... REQUEST_NOT_FOUND" "$call_out" 'call_error and .error.code == "REQUEST_NOT_FOUND" and .error.details == {"requestId":"'"$some"'"}'
daemon_start d2
ok "it completes" wait_for 10 word_is "$id" COMPLETED
call getAvailableTemplates '{}'
shows "getAvailableTemplates" "$call_out" '.result | keys == ["templates"] and (.templates | length == 4 and all(template))'
ok "no process is left" wait_for 10 pids_are 0
