#!/bin/sh
# Return of a machine: SIGTERM once, drainTimeout, SIGKILL; force at once. M11
# M12
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 27
pg_start
mkdir -m 777 "$tmp/said"
said="\"environment\":{\"SAID\":\"$tmp/said\"}"
# Tells each SIGTERM, and stays; the same with a drainTimeout of its own; needs
# half a second to end well.
stays='["/bin/sh","-c","trap \"echo term >>$SAID/$HOSTQ_UNIT\" TERM; : >$SAID/ready-$HOSTQ_UNIT; while :; do sleep 0.05; done"]'
template stays "$stays" "$said"
template brief "$stays" "$said,\"drainTimeout\":1"
template neat '["/bin/sh","-c","trap \"sleep 0.5; echo ended >>$SAID/$HOSTQ_UNIT; exit 0\" TERM; : >$SAID/ready-$HOSTQ_UNIT; while :; do sleep 0.05; done"]' "$said"
daemon_start d1

for i in two forced none template first some; do
    case $i in
    two) ask='"stays","machineCount":2' ;;
    some) ask='"stays","machineCount":3' ;;
    template) ask='"brief","machineCount":1' ;;
    *) ask='"stays","machineCount":1' ;;
    esac
    asked requestMachines "{\"requestId\":\"made-$i\",\"templateId\":$ask}"
done
asked requestMachines '{"requestId":"made-neat","templateId":"neat","machineCount":3}'
all_run() {
    [ "$(sql "SELECT count(*) FROM hostq.requests WHERE state = 'completed'")" = 7 ] &&
        [ "$(find "$tmp/said" -name 'ready-*' | wc -l)" = 12 ]
}
ok "twelve run and have set their traps" wait_for 20 all_run

machines_of() { # ID
    status_of "made-$1" | jq -c '[.result.machines[].machineId]'
}
back() { # ID [MEMBERS]
    asked requestReturnMachines "{\"requestId\":\"$1\",\"machineIds\":$(machines_of "$1")${2:+,$2}}"
}
heard() { # ID: how many SIGTERMs its first machine told
    cat "$tmp/said/$(machines_of "$1" | jq -r '.[0]')" 2>/dev/null | wc -l
}
between() { # ID FROM TO
    ok "$1 ends" wait_for 10 word_is "$1" COMPLETED
    ms=$(sql "SELECT (extract(epoch FROM finished_at - created_at) * 1000)::int FROM hostq.requests WHERE request_id = '$1'")
    ok "... $2 to $3 ms after submit ($ms)" [ "$ms" -ge "$2" ] && [ "$ms" -le "$3" ]
}
is_leaving() {
    status_of "$1" | jq -e '.result | .status == "IN_PROGRESS" and all(.machines[]; .status == "shutting-down")' >/dev/null
}

back two '"force":false,"drainTimeout":2'
ok "while it drains: IN_PROGRESS, shutting-down" wait_for 2 is_leaving two
shows "... HostFactory: executing" "$(hostq hf getRequestStatus two)" 'status_answer and (.requests[0] | .status == "running"
    and (.machines | length == 2 and all(.result == "executing" and .status == "shutting-down")))'
back neat '"drainTimeout":60'
back template
back first '"drainTimeout":2'
ok "a first return drains" wait_for 2 is_leaving first
asked requestReturnMachines "{\"requestId\":\"second\",\"machineIds\":$(machines_of first),\"drainTimeout\":60}"
back forced '"force":true,"drainTimeout":60'
back none '"drainTimeout":0'
kill -9 "$(sql "SELECT details->>'pid' FROM hostq.machines WHERE request_id = 'made-some' LIMIT 1")"
back some '"force":true'

between forced 0 1500
is "... without SIGTERM" "$(heard forced)" 0
between none 0 1500
between neat 500 4000
is "... each by itself" "$(cat "$tmp"/said/p-* | grep -c ended)" 3
between template 1000 4000
between two 2000 5000
is "... after one SIGTERM" "$(heard two)" 1
between first 2000 5000
between second 0 5000
is "two returns of one machine: it heard one SIGTERM" "$(heard first)" 1
between some 0 3000
shows "... one was dead already, all are told as terminated" "$(status_of some)" '.result | call_status and (.machines | length == 3 and all(.status == "terminated"))'
is "all are terminated" "$(sql "SELECT DISTINCT status FROM hostq.machines")" terminated
is "no process is left" "$(machine_pids | wc -l)" 0
