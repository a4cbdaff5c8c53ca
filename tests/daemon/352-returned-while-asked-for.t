#!/bin/sh
# One machine is returned while its provision is still open: it hears one
# SIGTERM, is asked for again, and how it ends is no fault of the template.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 8
pg_start
sql "UPDATE hostq.queues SET backoff_ms = 100 WHERE name = 'provision'"
mkdir -m 777 "$tmp/said"
template T '["/bin/sh","-c","trap \"echo term >>$SAID/$HOSTQ_UNIT; sleep 1; exit 0\" TERM; : >$SAID/ready-$HOSTQ_UNIT; while :; do sleep 0.05; done"]' "\"readyAfter\":4,\"environment\":{\"SAID\":\"$tmp/said\"}"
daemon_start d1
hostq submit provision T 3 --request-id made >/dev/null
three() {
    [ "$(sql "SELECT count(*) FROM hostq.machines WHERE status = 'pending'")" = 3 ] &&
        [ "$(find "$tmp/said" -name 'ready-*' | wc -l)" = 3 ]
}
ok "three are pending" wait_for 10 three
unit=$(sql "SELECT instance_id FROM hostq.machines ORDER BY 1 LIMIT 1")
hostq submit return --request-id back --param drainTimeout=30 --param "machineIds=[\"$unit\"]" >/dev/null
ok "one is returned" wait_for 10 word_is back COMPLETED
is "... and had one SIGTERM" "$(wc -l <"$tmp/said/$unit")" 1
ok "the provision completes" wait_for 20 word_is made COMPLETED
is "... with three that run" "$(sql "SELECT count(*) FROM hostq.machines WHERE request_id = 'made' AND status = 'running'")" 3
is "... and the one that was returned" "$(sql "SELECT status FROM hostq.machines WHERE instance_id = '$unit'")" terminated
is "... nothing is cleaned up" "$(sql "SELECT count(*) FROM hostq.requests WHERE cleanup_of IS NOT NULL")" 0
is "three processes" "$(machine_pids | wc -l)" 3
