#!/bin/sh
# The watch of a host: a process that is gone is noticed, one that appears
# under an ended request is removed, and what is not ours is left alone. M7 M50
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 17
pg_start
template T '["sleep","1000"]'
daemon_start d1
asked requestMachines '{"requestId":"whole","templateId":"T","machineCount":3}'
ok "three run" wait_for 10 word_is whole COMPLETED
asked requestMachines '{"requestId":"gone","templateId":"T","machineCount":1}'
ok "one more" wait_for 10 word_is gone COMPLETED

# Killed behind our back.
lost=$(sql "SELECT instance_id FROM hostq.machines WHERE request_id = 'whole' ORDER BY machine_id LIMIT 1")
kill -9 "$(sql "SELECT details->>'pid' FROM hostq.machines WHERE instance_id = '$lost'")"
t0=$(date +%s%N)
noticed() {
    [ "$(sql "SELECT status FROM hostq.machines WHERE instance_id = '$lost'")" = terminated ]
}
ok "a killed one is noticed" wait_for 10 noticed
ms=$((($(date +%s%N) - t0) / 1000000))
ok "... within about 2 s ($ms ms)" [ "$ms" -lt 3500 ]
is "... as taken, with an event" "$(sql "SELECT taken_at IS NOT NULL, (SELECT count(*) FROM hostq.events WHERE type = 'machine'
    AND details->>'instance_id' = instance_id) FROM hostq.machines WHERE instance_id = '$lost'")" "t|1"
is "... its request stays as it ended, the others live" "$(sql "SELECT r.state, count(*) FROM hostq.machines m JOIN hostq.requests r USING (request_id)
    WHERE m.request_id = 'whole' AND m.status = 'running' GROUP BY 1")" "completed|2"

# A process that another program put there, with the marks of REQUEST.
host=$(sql "SELECT host FROM hostq.daemons") deployment=$(sql "SELECT id FROM hostq.deployment")
strangers=
start_unit() { # REQUEST UNIT [DEPLOYMENT [HOST]]
    env -i PATH="$PATH" HOSTQ_DEPLOYMENT="${3:-$deployment}" HOSTQ_HOST="${4:-$host}" HOSTQ_REQUEST="$1" HOSTQ_UNIT="$2" setsid sleep 987 &
    unit_pid=$!
    strangers="$strangers $unit_pid"
    pids="$pids $unit_pid"
}
hostq cancel "$(hostq submit provision T 1 --request-id canceled --delay 60)" >/dev/null
start_unit canceled p-fake-1
under_canceled=$unit_pid
start_unit whole p-fake-2
under_completed=$unit_pid
start_unit nobody-knows p-fake-3
unknown=$unit_pid
start_unit whole p-fake-4 00000000-0000-0000-0000-000000000000
other_deployment=$unit_pid
start_unit whole p-fake-5 "$deployment" another-host
other_host=$unit_pid
is_over() {
    ! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}
ok "one that appears under a canceled request is removed" wait_for 10 is_over "$under_canceled"
ok "... and one that appears under a completed request" wait_for 10 is_over "$under_completed"
cleaned() {
    [ "$(sql "SELECT count(*) FROM hostq.requests WHERE cleanup_of IN ('canceled', 'whole') AND state = 'completed'")" = 2 ]
}
ok "... by a clean-up of that request" wait_for 10 cleaned
is "... which leaves its other machines alone" "$(sql "SELECT count(*) FROM hostq.machines WHERE request_id = 'whole' AND status = 'running'")" 2
is "... and stored under it" "$(sql "SELECT instance_id, request_id, status, taken_at IS NULL FROM hostq.machines WHERE instance_id LIKE 'p-fake%' ORDER BY 1" | tr '\n' ' ')" \
    "p-fake-1|canceled|terminated|t p-fake-2|whole|terminated|t "

# One whose end was told lives again (the table was wrong): it is ended, too.
daemon_stop "$daemon_pid"
wrong=$(sql "UPDATE hostq.machines SET status = 'terminated', ended_at = now() WHERE request_id = 'gone' RETURNING instance_id")
wrong_pid=$(sql "SELECT details->>'pid' FROM hostq.machines WHERE instance_id = '$wrong'")
ok "one that the table takes for ended runs" kill -0 "$wrong_pid"
daemon_start d2
ok "... it is ended" wait_for 10 is_over "$wrong_pid"
for p in "$unknown" "$other_deployment" "$other_host"; do
    ok "what is not ours is left alone" kill -0 "$p"
done
is "two of ours live" "$(sql "SELECT count(*) FROM hostq.machines WHERE ended_at IS NULL")" 2
