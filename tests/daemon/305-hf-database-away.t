#!/bin/sh
# The database is away, frozen, busy, without schema or rights: each script answers with one object
# and exit 1 within 10 s, and nothing that it gave up is done later. M26 M31
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 68
pg_start
hf_instance hostqinst
hf_templates "$(unit basic 20)"
hf getAvailableTemplates
is "the database is there" "$hf_status" 0

input() { # SCRIPT
    case $1 in
    requestMachines) echo '{"template":{"templateId":"basic","machineCount":1}}' ;;
    requestReturnMachines) echo '{"machines":[{"name":"n","machineId":"m"}]}' ;;
    getRequestStatus) echo '{"requests":[{"requestId":"req-1"}]}' ;;
    *) echo '{}' ;;
    esac
}

# Starts one call in the background; what it does is in $tmp/calls/NAME.*
begin() { # NAME SCRIPT
    (
        hf_began=$(date +%s%N)
        hf "$2" "$(input "$2")"
        echo "$hf_status" >"$tmp/calls/$1.status"
        printf '%s\n' "$hf_out" >"$tmp/calls/$1.out"
        echo $((($(date +%s%N) - hf_began) / 1000000)) >"$tmp/calls/$1.ms"
    ) &
    begun="$begun $!"
}

finish() { # waits for all that begin started
    # shellcheck disable=SC2086 # pids
    wait $begun
    begun=
}

answered() { # NAME TITLE
    is "$2: exit 1" "$(cat "$tmp/calls/$1.status")" 1
    shows "$2: one object that says so" "$(cat "$tmp/calls/$1.out")" 'failure and (.message | contains("hostq") or contains("database"))'
    ok "$2: within 10 s ($(cat "$tmp/calls/$1.ms") ms)" [ "$(cat "$tmp/calls/$1.ms")" -lt 10000 ]
}
mkdir "$tmp/calls"
begun=
all="getAvailableTemplates requestMachines requestReturnMachines getRequestStatus getReturnRequests"

# Busy: somebody holds a lock that submit needs. The call gives up, and must
# not be done when the lock goes: HostFactory will have asked again.
mkfifo "$tmp/hold"
psql -XAtq -c "BEGIN; LOCK hostq.request_body IN ACCESS EXCLUSIVE MODE" -f "$tmp/hold" >/dev/null 2>&1 &
holder=$!
exec 8>"$tmp/hold"
held() {
    [ "$(sql "SELECT count(*) FROM pg_locks WHERE relation = 'hostq.request_body'::regclass AND mode = 'AccessExclusiveLock' AND granted")" = 1 ]
}
ok "a lock is held" wait_for 5 held
begin busy requestMachines
waits() {
    [ "$(sql "SELECT count(*) FROM pg_locks WHERE relation = 'hostq.request_body'::regclass AND NOT granted")" = 1 ]
}
ok "a call waits for it" wait_for 5 waits

# Frozen: connections are accepted and never answered. One limit for all hosts.
postmaster=$(head -n 1 "$tmp/pg/data/postmaster.pid")
kill -STOP "$postmaster"
for s in $all; do
    begin "frozen-$s" "$s"
done
HOSTQ_DATABASE="host=$tmp/pg,$tmp/pg,$tmp/pg,$tmp/pg user=postgres dbname=hostq"
export HOSTQ_DATABASE
begin several getRequestStatus
unset HOSTQ_DATABASE
finish
kill -CONT "$postmaster"
for s in $all; do
    answered "frozen-$s" "frozen, $s"
done
answered several "frozen, four hosts"
answered busy "busy"
exec 8>&-
wait "$holder"
no_calls() {
    [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hostq'")" = 0 ]
}
ok "no call is left in the database" wait_for 5 no_calls
is "the one that gave up made no request" "$(sql "SELECT count(*) FROM hostq.requests")" 0

pg_stop fast
for s in $all; do
    begin "away-$s" "$s"
done
HOSTQ_DATABASE="host=$tmp/nowhere user=postgres dbname=hostq"
export HOSTQ_DATABASE
begin nohost getRequestStatus
HOSTQ_DATABASE="nonsense"
begin nonsense getRequestStatus
unset HOSTQ_DATABASE
finish
for s in $all; do
    answered "away-$s" "away, $s"
done
answered nohost "no such socket"
answered nonsense "database is no conninfo"
pg_go
hf requestMachines "$(input requestMachines)"
is "the database is back: requestMachines works" "$hf_status" 0

# A database that has no schema, and one that we may not use.
psql -Xq -c "CREATE DATABASE bare" -c "CREATE ROLE nobody_knows LOGIN" >/dev/null
HOSTQ_DATABASE="dbname=bare"
export HOSTQ_DATABASE
for s in $all; do
    hf "$s" "$(input "$s")"
    is "$s, no schema: exit 1" "$hf_status" 1
    shows "... one object that says what to do" "$hf_out" 'failure and (.message | contains("hostq migrate"))'
done
HOSTQ_DATABASE="user=nobody_knows"
for s in $all; do
    hf "$s" "$(input "$s")"
    is "$s, no rights: exit 1" "$hf_status" 1
    shows "... one object that says so" "$hf_out" 'failure and (.message | contains("permission denied"))'
done
