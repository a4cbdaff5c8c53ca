#!/bin/sh
# Where there is much to do, a second connection settles while the first one
# claims; it is ended and silenced again and again, and nothing is lost or
# done twice. design 3.7, 3.9
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 12
pg_start
sql "UPDATE hostq.queues SET audit = 'full' WHERE name = 'noop';
    CREATE FUNCTION public.block() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        IF current_setting('application_name') LIKE 'hostqd writer%' THEN
            PERFORM pg_advisory_xact_lock_shared(4242);
        END IF;
        RETURN NULL; END \$\$;
    CREATE TRIGGER block AFTER INSERT ON hostq.finished EXECUTE FUNCTION public.block()"
daemon_start d1 --slots=1000 --group_size=100 --statement_timeout=1s --connect_timeout=1s
daemon_start d2 --slots=1000 --group_size=100 --statement_timeout=1s --connect_timeout=1s
settled_daemons
for n in 1 2 3; do
    hold_lock
    noops 5000
    ok "$n: a second connection settles" wait_for 10 is_blocked
    sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'hostqd writer%'" >/dev/null
    let_go
done
# Silenced amid a group, where it has its rows locked and no latch of the
# server: only that group has to wait for it.
silence_writer() {
    silent=$(sql "SELECT min(pid) FROM pg_locks WHERE objid = 4242 AND NOT granted")
    [ -n "$silent" ] && kill -STOP "$silent" || return 1
    says "EXISTS (SELECT FROM pg_locks WHERE objid = 4242 AND NOT granted AND pid = $silent)" && return
    kill -CONT "$silent" # its time was over just then
    return 1
}
hold_lock
noops 5000
ok "silence: a writer is stopped in its group" wait_for 10 silence_writer
let_go
ok "silence: the rest of the work is done" wait_for 20 says "(SELECT count(*) FROM hostq.requests WHERE state = 'completed') >= 20000 - 100"
ok "silence: it is noticed" wait_for 20 grep -q "did not answer in time" "$tmp/d1.log" "$tmp/d2.log"
kill -CONT "$silent"
ok "silence: the old connection ends" wait_for 5 says "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $silent)"
nothing_lost "in all" 20000
