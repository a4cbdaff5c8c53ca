#!/bin/sh
# Daemons killed with -9 at any moment under many launches and returns: as many
# instances as were asked for are ever made, all of them known, and all of them
# gone in the end. M39 M41 M89 D10
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
. "$top_srcdir/tests/daemon/ec2-crash.inc"
plan 12
crash_begin
control '{"pending_ms":150,"shutdown_ms":50,"fault":{"kind":"late","action":"*","ms":70,"times":1000}}'
i=0
for wait in 0.02 0.1 0.05 0.15 0.2; do
    victim --slots=5
    sql "SELECT count(hostq.submit(jsonb_build_object('kind', 'provision', 'requestId', 'r-' || i, 'machineCount', 2, 'templateId', 'basic')))
        FROM generate_series($i, $i + 7) i" >/dev/null
    i=$((i + 8))
    sleep "$wait"
    crash
    go_on
done
completed() { # KIND
    [ "$(sql "SELECT count(*) FROM hostq.requests WHERE kind = '$1' AND request_id ~ '^(r|b)-[0-9]+$' AND state = 'completed'")" = "$i" ]
}
ok "$i requests complete" wait_for 20 completed provision
echo "# $(sql "SELECT count(*) FROM hostq.events WHERE type = 'reclaim' AND request_id LIKE 'r-%'") were taken over," \
    "$(ec2_log '[.[] | select(.replay == true)] | length') calls were repeated"
ok "some were taken over" [ "$(sql "SELECT count(*) FROM hostq.events WHERE type = 'reclaim' AND request_id LIKE 'r-%'")" -gt 0 ]
looks
is "two instances of each were ever made" "$(ec2_state '.instances | length') $(
    ec2_counters '[.requests | to_entries[] | select(.key | startswith("r-")) | .value] | unique | join(" ")')" "$((2 * i)) 2"
is "... by one token each" "$(ec2_state '[.instances[] | select(.tags["hf:request"] | startswith("r-"))] | group_by(.tags["hf:request"])
    | map(map(.token) | unique | length) | unique | join(" ")')" 1
is "... two machines of each are told" "$(sql "SELECT DISTINCT count(*) FROM hostq.machines WHERE request_id LIKE 'r-%' AND status = 'running' AND result = 'succeed' GROUP BY request_id")" 2
all_known

# The same for returns.
victim
sql "SELECT count(hostq.submit(jsonb_build_object('kind', 'return', 'requestId', 'b-' || row_number, 'machineIds', ids)))
    FROM (SELECT row_number() OVER (), jsonb_agg(instance_id) AS ids FROM hostq.machines WHERE request_id LIKE 'r-%' GROUP BY request_id) x" >/dev/null
sleep 0.05
crash
go_on
ok "all are returned" wait_for 20 completed return
is "... nothing of them lives" "$(ec2_state '[.instances[] | select(.tags["hf:request"] | startswith("r-")) | .state] | unique | join(" ")')" terminated
is "... none counts as taken" "$(sql "SELECT DISTINCT status, taken_at FROM hostq.machines WHERE request_id LIKE 'r-%'")" "terminated|"
looks
all_known
is "no intent is left open" "$(sql "SELECT count(*) FROM hostq.intents")" 0
is "no clean-up was needed" "$(sql "SELECT count(*) FROM hostq.requests WHERE cleanup_of IS NOT NULL")" 0
daemon_stop "$survivor"
