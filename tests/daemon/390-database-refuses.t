#!/bin/sh
# Wrong password, no such database, no schema, an older one, one that is no
# longer compatible, missing functions, no rights: one clear line, exit 6 (the
# scripts: a message and exit 1), and nothing is harmed.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 106
pg_start
hf_instance hostqinst
hf_templates "$(unit basic 5)"
template T '["sleep","1000"]'
daemon_start d1
requests() {
    sql "SELECT count(*) FROM hostq.request_body WHERE kind <> 'watch'"
}
rows=$(requests)

refuses() { # NAME ERE [hf]: the client, by command, call and script
    out=$(hostq submit noop 2>"$tmp/err")
    is "$1: exit 6" $? 6
    is "... nothing on stdout" "$out" ""
    is "... one line on stderr" "$(wc -l <"$tmp/err")" 1
    like "... that says so" "$(cat "$tmp/err")" "^hostq: .*$2"
    call requestMachines '{"templateId":"T","machineCount":1}'
    is "... call: exit 6" "$call_status" 6
    shows "... call: an error object" "$call_out" 'call_error and .error.code == "SERVICE_UNAVAILABLE"'
    hf requestMachines '{"template":{"templateId":"basic","machineCount":1}}'
    is "... script: exit 1" "$hf_status" 1
    shows "... script: a message" "$hf_out" failure
    like "... that says so" "$(hf_value .message)" "$2"
}
daemon_refuses() { # NAME ERE: exit 6 by itself
    timeout 10 hostqd --name=refused >"$tmp/refused.log" 2>&1
    is "$1: hostqd exits with 6" $? 6
    like "... and says so" "$(grep '^hostqd: ' "$tmp/refused.log")" "^hostqd: .*$2"
}

# Passwords count for this role only.
sql "CREATE ROLE guarded LOGIN PASSWORD 'right' IN ROLE hostq_client"
hba=$tmp/pg/data/pg_hba.conf
{
    echo 'local all guarded scram-sha-256'
    cat "$hba"
} >"$tmp/hba" && cat "$tmp/hba" >"$hba"
sql "SELECT pg_reload_conf()" >/dev/null
export PGPASSWORD=wrong
guarded() {
    ! PGUSER=guarded hostq list >/dev/null 2>&1
}
ok "a password is asked for" wait_for 5 guarded
PGUSER=guarded
refuses "wrong password" 'password authentication failed for user "guarded"'
unset PGPASSWORD
refuses "no password" 'no password supplied'
PGPASSWORD=right hostq submit noop >"$tmp/out" 2>&1
is "the right one is taken" $? 0
rows=$((rows + 1))
PGUSER=postgres
hostqd --name=locked-out --database="user=guarded password=wrong" >"$tmp/locked-out.log" 2>&1 &
locked_out=$!
pids="$pids $locked_out"
ok "hostqd says so, too, and goes on trying" wait_for 5 grep -q 'password authentication failed' "$tmp/locked-out.log"
is "... the password is not in the log" "$(grep -c 'password=wrong' "$tmp/locked-out.log")" 0
daemon_stop "$locked_out"
is "... and ends when it is told to" "$daemon_status" 0

PGDATABASE=nosuch
refuses "no such database" 'database "nosuch" does not exist'
"$PGBIN/createdb" empty
PGDATABASE=empty
refuses "no schema" 'run hostq migrate'
daemon_refuses "no schema" 'run hostq migrate'
out=$(hostq migrate --status 2>&1)
is "... migrate --status: exit 1" $? 1
like "... says what is to be done" "$out" 'run hostq migrate'
PGDATABASE=hostq

sql "CREATE ROLE norights LOGIN"
PGUSER=norights
refuses "no rights" 'refused by the database: .*permission denied'
PGUSER=postgres

sql "CREATE TABLE public.versions AS SELECT * FROM hostq.schema_version"
restore() {
    sql "TRUNCATE hostq.schema_version; INSERT INTO hostq.schema_version SELECT * FROM public.versions"
}
newest=$(sql "SELECT max(version) FROM hostq.schema_version")
sql "DELETE FROM hostq.schema_version WHERE version = $newest"
refuses "older schema" "version $((newest - 1)) is older than .*$newest: run hostq migrate"
daemon_refuses "older schema" "version $((newest - 1)) is older than .*$newest: run hostq migrate"
restore
sql "UPDATE hostq.schema_version SET compatible_from = 99 WHERE version = $newest"
refuses "no longer compatible" "version $newest .*99.* has $newest"
daemon_refuses "no longer compatible" "version $newest .*99.* has $newest"
restore
sql "INSERT INTO hostq.schema_version (version, name, sha256, compatible_from) VALUES (99, '0099_later.sql', 'x', 99)"
daemon_refuses "newer and no longer compatible" "version 99 .*99.* has $newest"
out=$(hostq migrate 2>&1)
is "migrate refuses a newer schema: exit 6" $? 6
like "... naming both" "$out" "version 99 .*$newest"
restore
sql "UPDATE hostq.schema_version SET sha256 = 'abc' WHERE version = 1"
out=$(hostq migrate 2>&1)
is "migrate refuses another file of that number: exit 6" $? 6
like "... naming it" "$out" '0001_.*abc'
restore
sql "INSERT INTO hostq.schema_version (version, name, sha256, compatible_from) VALUES (99, '0099_later.sql', 'x', 1)"
daemon_start later --host=elsewhere
is "a newer schema that is compatible: hostqd runs" "$(sql "SELECT count(*) FROM hostq.daemons WHERE name = 'later' AND state = 'alive'")" 1
daemon_stop "$daemon_pid"
restore

sql "DROP FUNCTION hostq.submit(jsonb), hostq.call_json(jsonb, text), hostq.hf(text, text, text, jsonb, text)"
refuses "missing functions" 'older than this client: run hostq migrate'
ok "migrate brings them back" hostq migrate
call requestMachines '{"templateId":"T","machineCount":1}'
is "... and all is well" "$call_status" 0
last=$(call_value .result.requestId)

pg_stop fast
refuses "database down" 'database unavailable: .*(refused|No such file|not running)'
pg_go

is "no row was left behind" "$(requests)" "$((rows + 1))"
is "the daemon that ran was not disturbed" "$(grep -c ' error ' "$tmp/d1.log") $(sql "SELECT state FROM hostq.daemons WHERE name = 'd1'")" "0 alive"
ok "... and works" wait_for 10 word_is "$last" COMPLETED
