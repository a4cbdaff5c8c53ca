#!/bin/sh
# A person's retry of a provision that ended as timeout or failed with machines
# made: not while they are cleaned up, once where many ask at once, and with
# machines of its own. M6 M27
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 29
pg_start
sql "SELECT hostq.set('min_timeout', '1')" >/dev/null
mkdir -m 777 "$tmp/well"
# A unit that does not end by SIGTERM holds the clean-up open.
template late '["/bin/sh","-c","trap : TERM; while :; do sleep 0.1; done"]' '"readyAfter":600,"drainTimeout":600'
template half "[\"/bin/sh\",\"-c\",\"trap : TERM; case \$HOSTQ_UNIT in *-1) [ -e $tmp/well/half ] || exit 78 ;; esac; while :; do sleep 0.1; done\"]" \
    '"readyAfter":0.3,"partialPolicy":"clean","drainTimeout":600'
daemon_start d1

five() { # ID: retried by five at once; how many were heard in $heard
    asking=
    for n in 1 2 3 4 5; do
        (
            hostq retry "$1" >"$tmp/retry.$n" 2>&1
            echo $? >"$tmp/retry.$n.status"
        ) &
        asking="$asking $!"
    done
    # shellcheck disable=SC2086 # pids
    wait $asking
    statuses=$(sort "$tmp"/retry.*.status | uniq -c | tr -s ' \n' ' ')
}

# ID STATE: it ended so, with machines made.
again() {
    call getRequestStatus "{\"requestId\":\"$1\"}"
    made=$(call_value '.result.machines | length')
    ok "$1: machines were made ($made)" [ "$made" -ge 1 ]
    clean=$(sql "SELECT request_id FROM hostq.requests WHERE cleanup_of = '$1'")
    out=$(hostq retry "$1" 2>&1)
    is "... while they are cleaned up: exit 4" $? 4
    like "... says so" "$out" "^hostq: Request '$1' is still being cleaned up by '$clean'"
    shows "... CONFLICT" "$(hostq retry "$1" --json 2>/dev/null)" 'call_error and .error.code == "CONFLICT"'
    five "$1"
    is "... by five at once, too" "$statuses" " 5 4 "
    is "... it stays as it ended" "$(state "$1")" "$2"
    # Nothing of it lives any more.
    for p in $(machine_pids); do
        grep -qzxF "HOSTQ_REQUEST=$1" "/proc/$p/environ" && kill -9 "$p"
    done
    wait_for 10 in_state "$clean" completed
    is "... the clean-up completes" "$(state "$clean")" completed
    five "$1"
    is "... then one of five at once is heard" "$statuses" " 1 0 4 4 "
    is "... one row, opened once" "$(sql "SELECT count(*), count(*) FILTER (WHERE e->>'type' = 'reopen') FROM hostq.requests,
        jsonb_array_elements(hostq.history('$1')) e WHERE request_id = '$1' AND e->>'type' IN ('reopen', 'nosuch')")" "1|1"
    ok "... it completes" wait_for 15 word_is "$1" COMPLETED
    shows "... with two machines of its own, the old ones are told as gone" "$(status_of "$1")" '.result | call_status and .errorMessage == null
        and ([.machines[] | select(.status == "running")] | length == 2)
        and ([.machines[] | select(.status == "terminated")] | length == '"$made"')'
}

asked requestMachines '{"requestId":"late","templateId":"late","machineCount":2,"timeout":1}'
ok "one that is never ready: TIMEOUT" wait_for 15 word_is late TIMEOUT
old=$(sql "SELECT deadline FROM hostq.requests WHERE request_id = 'late'")
sql "UPDATE hostq.request_body SET template = template || '{\"readyAfter\":0}', timeout = '60 s' WHERE request_id = 'late'"
again late timeout
is "... under a new deadline" "$(sql "SELECT deadline > '$old' FROM hostq.requests WHERE request_id = 'late'")" t

asked requestMachines '{"requestId":"half","templateId":"half","machineCount":2}'
ok "one that is half made, policy clean: FAILED" wait_for 15 word_is half FAILED
: >"$tmp/well/half"
again half failed
is "four processes" "$(machine_pids | wc -l)" 4
is "no error, no attempt is left of the old end" "$(sql "SELECT count(*) FROM hostq.requests WHERE request_id IN ('late', 'half')
    AND retry_attempt = 0 AND failure_reason IS NULL AND error_code IS NULL AND error_message IS NULL AND error_details IS NULL")" 2
is "each clean-up was one return" "$(sql "SELECT count(*) FROM hostq.requests WHERE cleanup_of IN ('late', 'half')")" 2
is "no daemon met an error" "$(grep -c ' error ' "$tmp/d1.log")" 0
