#!/bin/sh
# Cancel ends a request at once, in whatever state, and removes what it made,
# also what appears later. M7
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/queue.inc"
plan 31
pg_start
template slow '["sleep","1000"]' '"readyAfter":60'
template T '["sleep","1000"]'

cancel() { # ID
    call cancelRequest "{\"requestId\":\"$1\"}"
    shows "$1: canceled" "$call_out" '.result == {"requestId":"'"$1"'","status":"CANCELLED"}'
    shows "... at once" "$(status_of "$1")" '.result | call_status and .status == "CANCELLED"'
}

asked requestMachines '{"requestId":"pending","templateId":"T","machineCount":1}'
cancel pending
daemon_start d1
asked requestMachines '{"requestId":"starting","templateId":"slow","machineCount":3}'
ok "three units are started, none is ready" wait_for 10 pids_are 3
ok "... it is in progress" wait_for 10 word_is starting IN_PROGRESS
cancel starting
ok "... its units end" wait_for 10 pids_are 0
is "... told as terminated" "$(sql "SELECT DISTINCT status FROM hostq.machines WHERE request_id = 'starting'")" terminated
is "... by a return of its own" "$(sql "SELECT kind, state FROM hostq.requests WHERE cleanup_of = 'starting'")" "return|completed"
is "... canceled_at is set, the audit complete" "$(sql "SELECT canceled_at IS NOT NULL, (SELECT string_agg(type, ' ' ORDER BY at, seq) FROM hostq.events
    WHERE request_id = 'starting' AND type IN ('submit', 'cancel', 'cleanup')) FROM hostq.requests WHERE request_id = 'starting'")" "t|submit cancel cleanup"
shows "HostFactory: complete_with_error" "$(hostq hf getRequestStatus starting 2>/dev/null)" 'status_answer and (.requests[0] | .status == "complete_with_error"
    and (.machines | all(.result == "fail" and .message != "")))'

# A return that is canceled stops nothing of what it has begun, and ends.
template stubborn '["/bin/sh","-c","trap \"\" TERM; while :; do sleep 0.1; done"]'
asked requestMachines '{"requestId":"stubborn","templateId":"stubborn","machineCount":1}'
ok "one that ignores SIGTERM" wait_for 10 word_is stubborn COMPLETED
asked requestReturnMachines "{\"requestId\":\"back\",\"machineIds\":$(status_of stubborn | jq -c '[.result.machines[].machineId]'),\"drainTimeout\":60}"
ok "... is being returned" wait_for 10 word_is back IN_PROGRESS
cancel back
asked requestReturnMachines "{\"requestId\":\"again\",\"machineIds\":$(status_of stubborn | jq -c '[.result.machines[].machineId]'),\"force\":true}"
ok "... and then by force" wait_for 10 word_is again COMPLETED
ok "no process" wait_for 5 pids_are 0

# Between start and answer: the units run, and the daemon's write that ends the
# request waits. They are known from the intent, and its clean-up ends them.
sql "CREATE FUNCTION public.block() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        IF current_setting('application_name') LIKE 'hostqd ledger%' THEN
            PERFORM pg_advisory_xact_lock_shared(4242);
        END IF;
        RETURN NULL; END \$\$;
    CREATE TRIGGER block BEFORE INSERT ON hostq.finished EXECUTE FUNCTION public.block()"
hold_lock
held=$(hostq hf requestMachines T 15 | jq -r .requestId)
ok "fifteen units run" wait_for 10 pids_are 15
ok "... the write that says so waits" wait_for 10 is_blocked
is "... no machine is in the table, the intent is" "$(sql "SELECT (SELECT count(*) FROM hostq.machines WHERE request_id = '$held'), count(*)
    FROM hostq.intents WHERE id = (SELECT id FROM hostq.request_body WHERE request_id = '$held')")" "0|1"
cancel "$held"
is "... its units are known" "$(sql "SELECT count(*) FROM hostq.machines WHERE request_id = '$held'")" 15
is "... its clean-up is there" "$(sql "SELECT state IN ('pending', 'claimed', 'processing'), machine_count FROM hostq.requests WHERE cleanup_of = '$held'")" "t|15"
let_go
sql "DROP TRIGGER block ON hostq.finished"
ok "... nothing stays" wait_for 20 pids_are 0
settled() {
    [ "$(sql "SELECT r.state, (SELECT string_agg(DISTINCT status, ' ') FROM hostq.machines WHERE request_id = '$held'), count(i.id)
        FROM hostq.requests r LEFT JOIN hostq.intents i ON true WHERE r.cleanup_of = '$held' GROUP BY 1")" = "completed|terminated|0" ]
}
ok "... and is told as terminated" wait_for 10 settled
is "... the answer that came late was dropped" "$(state "$held")" canceled

# At any moment: twenty requests, each canceled after another time.
is_over() {
    [ "$(sql "SELECT count(*) FROM hostq.queue q JOIN hostq.request_body USING (id) WHERE kind <> 'watch'")" = 0 ]
}
n=0
while [ $n -lt 20 ]; do
    n=$((n + 1))
    t=slow
    [ $((n % 3)) = 0 ] && t=T
    hostq submit provision $t 3 --request-id "any-$n" >/dev/null
    [ $((n % 4)) = 0 ] || sleep "0.0$((n % 7))"
    hostq cancel "any-$n" >/dev/null 2>&1 &
    cancels="${cancels:-} $!"
done
# shellcheck disable=SC2086 # pids
wait $cancels
ok "at any moment: all end" wait_for 20 is_over
is "... canceled, or complete before" "$(sql "SELECT count(*) FROM hostq.requests WHERE request_id LIKE 'any-%' AND state IN ('canceled', 'completed')")" 20
living() {
    [ "$(machine_pids | wc -l)" = "$(sql "SELECT coalesce(sum(machine_count), 0) FROM hostq.requests WHERE kind = 'provision'
        AND state = 'completed' AND request_id <> 'stubborn'")" ]
}
ok "... only machines of the completed ones live" wait_for 10 living
is "... the table says the same" "$(sql "SELECT string_agg(DISTINCT r.state::text, ' ') FROM hostq.machines m JOIN hostq.requests r USING (request_id)
    WHERE m.ended_at IS NULL AND r.state <> 'completed'")" ""
echo "# $(sql "SELECT count(*) FROM hostq.requests WHERE request_id LIKE 'any-%' AND state = 'canceled'") of 20 were canceled in time"
