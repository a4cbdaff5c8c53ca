#!/bin/sh
# Twenty calls of the scripts at once: each has its own answer, and together
# they do not get more than the template has. M22
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 22
pg_start
hf_instance hostqinst
hf_templates "$(unit basic 15)" "$(unit other -1)"
mkdir "$tmp/calls"

twenty() { # SCRIPT INPUT; or "mixed": each of the five four times
    rm -f "$tmp"/calls/*
    begun=
    for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        (
            if [ "$1" = mixed ]; then
                case $((n % 5)) in
                0) set -- getAvailableTemplates '{}' ;;
                1) set -- requestMachines '{"template":{"templateId":"other","machineCount":1}}' ;;
                2) set -- requestReturnMachines "$one" ;;
                3) set -- getRequestStatus "$ids" ;;
                4) set -- getReturnRequests "$all" ;;
                esac
            fi
            hf "$1" "$2"
            printf '%s\n' "$hf_out" >"$tmp/calls/$n.out"
            echo "$hf_status" >"$tmp/calls/$n.status"
        ) &
        begun="$begun $!"
    done
    # shellcheck disable=SC2086 # pids
    wait $begun
    statuses=$(sort "$tmp"/calls/*.status | uniq -c | tr -s ' \n' ' ')
}

each() { # NAME FILTER: of every answer, in one array
    shows "$1" "$(cat "$tmp"/calls/*.out | jq -cs .)" "$2"
}

twenty getAvailableTemplates '{}'
is "the first twenty calls store the same file: exit 0" "$statuses" " 20 0 "
each "... equal answers" 'length == 20 and all(templates_answer) and (unique | length == 1)'

twenty requestMachines '{"template":{"templateId":"basic","machineCount":1}}'
is "twenty ask for one of fifteen: fifteen get it" "$statuses" " 15 0 5 1 "
each "... each its own id, the others told what is free" '([.[] | select(request_answer)] | length == 15 and ([.[].requestId] | unique | length == 15))
    and ([.[] | select(failure)] | length == 5 and all(.message | contains("asked for 1") and contains("0 free") and contains("maxNumber 15")))'
is "fifteen requests" "$(sql "SELECT count(*) FROM hostq.requests WHERE kind = 'provision'")" 15

daemon_start d1
all_complete() {
    [ "$(sql "SELECT count(*) FROM hostq.requests WHERE kind = 'provision' AND state = 'completed'")" = 15 ]
}
ok "they complete" wait_for 20 all_complete
is "fifteen processes" "$(machine_pids | wc -l)" 15
ids=$(sql "SELECT jsonb_build_object('requests', jsonb_agg(jsonb_build_object('requestId', request_id))) FROM hostq.requests WHERE kind = 'provision'")
twenty getRequestStatus "$ids"
is "twenty look at all of them" "$statuses" " 20 0 "
each "... and see the same" 'length == 20 and all(status_answer) and (unique | length == 1)
    and (.[0].requests | length == 15 and all(.status == "complete" and (.machines | length == 1)))'

all=$(sql "SELECT jsonb_build_object('machines', jsonb_agg(jsonb_build_object('name', name, 'machineId', instance_id))) FROM hostq.machines")
twenty getReturnRequests "$all"
is "twenty ask which of them are to be returned" "$statuses" " 20 0 "
each "... none" 'length == 20 and all(returns_answer and .requests == [])'

# All five at once, HostFactory's housekeeping in a hurry.
one=$(printf '%s' "$all" | jq -c '{machines: .machines[:1]}')
twenty mixed
is "all five scripts, each four times at once" "$statuses" " 20 0 "
each "... each gets the answer of its own script" '([.[] | select(templates_answer)] | length == 4 and all(.templates | length == 2))
    and ([.[] | select(request_answer and (.requestId | startswith("req-")))] | length == 4)
    and ([.[] | select(request_answer and (.requestId | startswith("ret-")))] | length == 4 and all(.message | IN("Delete VM success.", "No Active VM.")))
    and ([.[] | select(status_answer and (has("message") | not))] | length == 4 and all(.requests | length == 15))
    and ([.[] | select(returns_answer)] | length == 4)'
more_complete() {
    [ "$(sql "SELECT count(*) FILTER (WHERE kind = 'provision'), count(*) FILTER (WHERE kind = 'return') FROM hostq.requests WHERE state = 'completed'")" = "19|4" ]
}
ok "... all that they asked for is done" wait_for 20 more_complete
is "... fourteen and four processes" "$(machine_pids | wc -l)" 18
rest=$(sql "SELECT jsonb_build_object('machines', jsonb_agg(jsonb_build_object('name', name, 'machineId', instance_id)))
    FROM hostq.machines WHERE template_id = 'other'")
hf requestReturnMachines "$rest"
hf_ends "$(hf_value .requestId)" complete 20
is "... fourteen" "$(machine_pids | wc -l)" 14

twenty requestReturnMachines "$all"
is "twenty return all of them" "$statuses" " 20 0 "
each "... each its own id" 'length == 20 and all(request_answer) and ([.[].requestId] | unique | length == 20)'
ended() {
    [ "$(sql "SELECT count(*) FROM hostq.requests WHERE kind = 'return' AND state = 'completed'")" = 25 ]
}
ok "all twenty complete" wait_for 20 ended
is "no process is left" "$(machine_pids | wc -l)" 0
is "each return has fifteen machines that succeeded" \
    "$(sql "SELECT count(*), count(DISTINCT id) FROM hostq.request_machines x
        WHERE result = 'succeed' AND (SELECT count(*) FROM hostq.request_machines y WHERE y.id = x.id) = 15")" "300|20"
