#!/bin/sh
# design 6: a stop with the database away and an intent that waits to be
# written ends with 0 at the second TERM; nothing was started, nothing is lost.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 6
pg_start
template T '["sleep","1000"]'
sql "CREATE FUNCTION public.waits() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        PERFORM pg_advisory_xact_lock_shared(4242); RETURN NEW; END \$\$;
    CREATE TRIGGER waits BEFORE INSERT ON hostq.intents FOR EACH ROW EXECUTE FUNCTION public.waits()"
daemon_start d1
hold_lock
id=$(submit '{"kind":"provision","templateId":"T","machineCount":1}')
ok "an intent waits to be written" wait_for 5 says "EXISTS (SELECT FROM pg_locks WHERE objid = 4242 AND NOT granted)"
pg_stop immediate
wait "$holder"
# shellcheck disable=SC2154 # of lib.sh
kill -TERM "$daemon_pid"
ok "it says that it stops" wait_for 5 grep -q daemon.stopping "$tmp/d1.log"
kill -TERM "$daemon_pid"
daemon_ends "$daemon_pid"
is "exit 0" "$daemon_status" 0
is "nothing was started" "$(machine_pids | wc -l)" 0
pg_go
daemon_start d2
expect_state "$id" completed 15
is "one machine" "$(machine_pids | wc -l)" 1
