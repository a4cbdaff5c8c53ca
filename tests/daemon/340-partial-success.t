#!/bin/sh
# Some machines made, some not: kept or removed by partialPolicy, of the
# template or of the call. M5 M27 M28
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 34
pg_start
two='["/bin/sh","-c","case $HOSTQ_UNIT in *-0|*-1) exec sleep 1000 ;; esac; exit 78"]'
template keep "$two" '"readyAfter":0.3,"partialPolicy":"keep"'
template clean "$two" '"readyAfter":0.3,"partialPolicy":"clean"'
template plain "$two" '"readyAfter":0.3'
template later '["/bin/sh","-c","case $HOSTQ_UNIT in *-0|*-1) exec sleep 1000 ;; *-2) sleep 0.2 ;; esac; exit 78"]' '"readyAfter":0.6,"partialPolicy":"keep"'
daemon_start d1

ask() { # NAME TEMPLATE [MEMBERS]
    asked requestMachines "{\"requestId\":\"$1\",\"templateId\":\"$2\",\"machineCount\":5${3:+,$3}}"
}
ask keep keep
ask clean clean
ask plain plain
ask keep-over plain '"partialPolicy":"keep"'
ask clean-over keep '"partialPolicy":"CLEAN"'
ask later later

for i in keep keep-over; do
    ok "$i: PARTIAL_SUCCESS" wait_for 10 word_is $i PARTIAL_SUCCESS
    shows "... two machines run, the message says what happened to the others" "$(status_of $i)" '.result | call_status and .machineCount == 5
        and ([.machines[] | select(.status == "running")] | length == 2) and (.errorMessage | contains("status 78") and contains("2 of 5") and contains("kept: p-"))'
    is "... failed, by reason partial, and why" "$(sql "SELECT state, failure_reason, last_reason, error_code, cardinality(machine_ids) >= 2
        FROM hostq.request_overview WHERE request_id = '$i'")" "failed|partial|config|PROVIDER_ERROR|t"
    is "... no clean-up" "$(sql "SELECT count(*) FROM hostq.requests WHERE cleanup_of = '$i'")" 0
done
for i in clean plain clean-over; do
    ok "$i: FAILED" wait_for 10 word_is $i FAILED
    cleaned() {
        [ "$(sql "SELECT count(*) FROM hostq.machines WHERE request_id = '$i' AND status <> 'terminated'")" = 0 ]
    }
    ok "... its machines end" wait_for 10 cleaned
    shows "... two or more machines, all terminated" "$(status_of $i)" '.result | call_status and (.machines | length >= 2 and all(.status == "terminated"))
        and (.errorMessage | contains("status 78"))'
    is "... by a return of its own" "$(sql "SELECT kind, state FROM hostq.requests WHERE cleanup_of = '$i'")" "return|completed"
    is "... the audit says so" "$(sql "SELECT details->>'return' FROM hostq.events WHERE request_id = '$i' AND type = 'cleanup'")" \
        "$(sql "SELECT request_id FROM hostq.requests WHERE cleanup_of = '$i'")"
done
ok "one that fails for good while others are not ready: they are waited for" wait_for 10 word_is later PARTIAL_SUCCESS
shows "... and kept as running" "$(status_of later)" '.result | ([.machines[].status] | sort == ["running","running","terminated","terminated","terminated"])'
is "... every failure is in error_details" "$(sql "SELECT jsonb_array_length(error_details->'failed') FROM hostq.requests WHERE request_id = 'later'")" 3
ok "six processes are left" wait_for 10 pids_are 6

entry() {
    hostq hf getRequestStatus keep 2>/dev/null
}
shows "HostFactory: complete_with_error, two succeed, three fail with a message" "$(entry)" 'status_answer and (.requests[0] | .status == "complete_with_error"
    and .message != "" and ([.machines[] | select(.result == "succeed" and .status == "running")] | length == 2)
    and ([.machines[] | select(.result == "fail" and .status == "terminated")] | length == 3))'
ok "a setting" hostq set hf_partial_complete true
shows "... tells it as complete" "$(entry)" 'status_answer and .requests[0].status == "complete"'

# A person's retry asks only for what is missing.
sql "UPDATE hostq.request_body SET template = jsonb_set(template, '{command}', '[\"sleep\",\"1000\"]') WHERE request_id = 'keep'"
is "retry" "$(hostq retry keep)" "keep pending"
ok "... completes" wait_for 10 word_is keep COMPLETED
is "... with five machines, two of them the old ones" \
    "$(sql "SELECT count(*) FILTER (WHERE status = 'running'), count(DISTINCT substr(instance_id, 1, 18)) FILTER (WHERE status = 'running')
        FROM hostq.machines WHERE request_id = 'keep'")" "5|2"
ok "nine processes" pids_are 9
