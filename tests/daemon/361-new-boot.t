#!/bin/sh
# A host that was started again: the processes of its older boot are gone, and
# what was open goes on without them. M39
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 15
pg_start
hf_instance hostqinst
hf_templates "$(unit T 10)" "$(unit slow 10 '"readyAfter":3600')"
boot=--boot-id=first
daemon_start a --host=alpha $boot
hf requestMachines '{"template":{"templateId":"T","machineCount":2}}'
kept=$(hf_value .requestId)
hf_ends "$kept" complete 10
held=$(hf_value '{machines: [.requests[0].machines[] | {name, machineId}]} | tojson')
hf requestMachines '{"template":{"templateId":"T","machineCount":1}}'
hf_ends "$(hf_value .requestId)" complete 10
leaving=$(hf_value '{machines: [.requests[0].machines[] | {name, machineId}]} | tojson')
hf requestMachines '{"template":{"templateId":"slow","machineCount":2}}'
open=$(hf_value .requestId)
ok "five run, two of them under an open request" wait_for 10 pids_are 5
daemon_stop "$daemon_pid" KILL
hf requestReturnMachines "$leaving"
ret=$(hf_value .requestId)

# The host stops, and with it its processes; another daemon is no help.
for p in $(machine_pids); do
    kill -9 "$p"
done
daemon_start b --host=beta
hf getReturnRequests "$held"
shows "while nobody knows better they count as alive" "$hf_out" 'returns_answer and .requests == []'
daemon_start a2 --host=alpha --boot-id=second
both_taken() {
    hf getReturnRequests "$held"
    [ "$(hf_value '.requests | length')" = 2 ]
}
ok "alpha is back under another boot: its machines are told as taken" wait_for 10 both_taken
shows "... by name, with no grace" "$hf_out" 'returns_answer and all(.requests[]; .gracePeriod == 0)'
is "... terminated, and why" "$(sql "SELECT DISTINCT status, taken_at IS NOT NULL, message FROM hostq.machines WHERE request_id = '$kept'")" \
    "terminated|t|its host was started again"
hf_ends "$ret" complete 10
shows "a return that was open ends well" "$hf_out" '.requests[0].machines | length == 1 and all(.result == "succeed" and .status == "terminated")'
is "... its machine was asked for, not taken" "$(sql "SELECT count(*) FROM hostq.machines m JOIN hostq.request_machines r USING (machine_id)
    WHERE r.request_id = '$ret' AND m.taken_at IS NOT NULL")" 0
ok "a provision that was open starts its two again" wait_for 10 pids_are 2
is "... under new names" "$(sql "SELECT count(*) FILTER (WHERE ended_at IS NULL), count(*) FROM hostq.machines WHERE request_id = '$open'")" "2|4"
is "no intent and no watch of the older boot is left" "$(sql "SELECT (SELECT count(*) FROM hostq.intents WHERE body->>'boot_id' = 'first')
    + (SELECT count(*) FROM hostq.requests WHERE kind = 'watch' AND state IN ('pending', 'claimed', 'processing', 'waiting') AND request_id LIKE '%first')")" 0
hf requestReturnMachines "$held"
hf_ends "$(hf_value .requestId)" complete 5
hf getReturnRequests '{}'
shows "HostFactory gave them back: none is taken" "$hf_out" 'returns_answer and .requests == []'
