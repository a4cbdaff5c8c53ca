#!/bin/sh
# The scripts and the client through PgBouncer (transaction pooling, peer
# authentication on its unix socket): a warm server process answers, and
# nothing is kept in it from one call to the next. M31 M38
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
bouncer=$(PATH=$PATH:/usr/sbin command -v pgbouncer) || skip_all "no pgbouncer"
plan 15
pg_start
hf_instance hostqinst
hf_templates "$(unit basic 5)"
daemon_start d1
me=$(id -un)
pgtmp_dir "$tmp/pool"
cat >"$tmp/pool.ini" <<END
[databases]
hostq = host=$tmp/pg dbname=hostq user=postgres
[pgbouncer]
unix_socket_dir = $tmp/pool
listen_port = 6432
auth_type = hba
auth_hba_file = $tmp/pool.hba
auth_file = $tmp/pool.users
pool_mode = transaction
default_pool_size = 1
logfile = $tmp/pool/log
pidfile = $tmp/pool/pid
END
echo "local all all peer" >"$tmp/pool.hba"
echo "\"$me\" \"\"" >"$tmp/pool.users"
as_pg "$bouncer" -q -d "$tmp/pool.ini" >/dev/null 2>&1 && wait_for 5 test -s "$tmp/pool/pid"
pids="$pids $(cat "$tmp/pool/pid")"
direct_host=$PGHOST direct_user=$PGUSER
export PGHOST="$tmp/pool" PGPORT=6432 PGUSER="$me"
ok "the pooler lets us in" wait_for 10 hostq list

hf getAvailableTemplates '{}'
shows "templates" "$hf_out" 'templates_answer and (.templates | length == 1)'
hf requestMachines '{"template":{"templateId":"basic","machineCount":2}}'
shows "requestMachines" "$hf_out" request_answer
id=$(hf_value .requestId)
hf_ends "$id" complete 10
hf getRequestStatus "{\"requests\":[{\"requestId\":\"$id\"}]}"
machines=$(hf_value '[.requests[0].machines[] | {name, machineId}]')
hf getReturnRequests "{\"machines\":$machines}"
shows "getReturnRequests: none" "$hf_out" 'returns_answer and .requests == []'
hf requestReturnMachines "{\"machines\":$machines}"
shows "requestReturnMachines" "$hf_out" request_answer
hf_ends "$(hf_value .requestId)" complete 15
ok "no process is left" wait_for 5 pids_are 0

# One server process for all: who waits must not depend on a LISTEN in it.
held=$(hostq submit noop --param duration_ms=1500)
hostq wait "$held" --timeout 20 >"$tmp/wait.out" 2>&1
is "hostq wait ends with the request" "$? $(cat "$tmp/wait.out")" "0 $held completed"
hostq wait "$(hostq submit noop --param duration_ms=60000)" --timeout 1 >"$tmp/wait.out" 2>&1
is "... and with its time" $? 5
twenty=
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    hostq hf getReturnRequests '{}' >"$tmp/pooled.$n" 2>/dev/null &
    twenty="$twenty $!"
done
# shellcheck disable=SC2086 # pids
wait $twenty
is "twenty at once, one server process" "$(cat "$tmp"/pooled.* | jq -c .status | sort | uniq -c | tr -s ' ')" ' 20 "complete"'
PGHOST=$direct_host PGUSER=$direct_user
unset PGPORT
is "no setting is left behind in the pooled process" "$(sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1751544689")" "$(sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1751544689 AND mode LIKE 'Exclusive%'")"
is "nor a waiter" "$(sql "SELECT count(*) FROM hostq.waiters")" 0
like "the daemon was not disturbed" "$(grep -c ' error ' "$tmp/d1.log")" '^0$'
is "one pooled connection" "$(sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hostq'")" 1
