#!/bin/sh
# M39, design 3.3: a daemon dies after its machines were started and before
# that was written: the next one finds them and starts none again.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 9
pg_start
template T '["sleep","1000"]'
daemon_start d1
victim=$daemon_pid
# The write that ends a request waits.
sql "CREATE FUNCTION public.block() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        PERFORM pg_advisory_xact_lock_shared(4242); RETURN NULL; END \$\$;
    CREATE TRIGGER block BEFORE INSERT ON hostq.finished EXECUTE FUNCTION public.block()"
hold_lock
sql "SELECT count(hostq.submit('{\"kind\":\"provision\",\"templateId\":\"T\",\"machineCount\":3}')) FROM generate_series(1, 5)" >/dev/null
all_run() {
    [ "$(machine_pids | wc -l)" = 15 ]
}
ok "all machines run" wait_for 5 all_run
was=$(machine_pids | sort -n)
is "nothing is written of them" "$(sql "SELECT count(*) FROM hostq.machines") $(count processing)" "0 5"
is "but what was to be started" "$(sql "SELECT count(*) FROM hostq.intents")" 5
kill -9 "$victim"
# Its server process must not write after its death.
sql "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name LIKE 'hostqd ledger%'" >/dev/null
let_go
sql "DROP TRIGGER block ON hostq.finished"
daemon_start d2
ok "the next daemon completes all" wait_for 8 count_is completed 5
is "with the same processes" "$(machine_pids | sort -n)" "$was"
is "all of them are in the table" \
    "$(sql "SELECT details->>'pid' FROM hostq.machines WHERE status = 'running' ORDER BY (details->>'pid')::int")" "$was"
is "no intent is open" "$(sql "SELECT count(*) FROM hostq.intents")" 0
is "one crash each, no attempt" "$(sql "SELECT DISTINCT crashes, retry_attempt FROM hostq.requests WHERE kind = 'provision'")" "1|0"
is "by the other daemon" "$(sql "SELECT DISTINCT daemon_id FROM hostq.requests WHERE kind = 'provision'")" "d2#2"
