#!/bin/sh
# A drain longer than the return's own time: SIGKILL comes before the deadline.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 5
pg_start
sql "SELECT hostq.set('min_timeout', '1')" >/dev/null
mkdir -m 777 "$tmp/said"
template stays '["/bin/sh","-c","trap \"echo term >>$SAID/$HOSTQ_UNIT\" TERM; : >$SAID/ready; while :; do sleep 0.05; done"]' "\"environment\":{\"SAID\":\"$tmp/said\"}"
daemon_start d1
hostq submit provision stays 1 --request-id made --wait 10 >/dev/null
ok "it has set its trap" wait_for 5 [ -e "$tmp/said/ready" ]
unit=$(sql "SELECT instance_id FROM hostq.machines")
hostq submit return --request-id back --timeout 5 --param drainTimeout=600 --param "machineIds=[\"$unit\"]" >/dev/null
ok "the return completes" wait_for 10 word_is back COMPLETED
is "... in time, and not long before" "$(sql "SELECT deadline - finished_at BETWEEN '0' AND '2.5 s' FROM hostq.requests WHERE request_id = 'back'")" t
is "... after one SIGTERM" "$(wc -l <"$tmp/said/$unit")" 1
is "no process is left" "$(machine_pids | wc -l)" 0
