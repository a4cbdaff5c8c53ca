#!/bin/sh
# design 3.9: what is the server's trouble (read-only, no rights, a plan that
# is not valid any more) ends no request: the same again, a little later. What
# may be a row's own is tried a few times by itself. A watch never ends by it.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 12
pg_start
template T '["sleep","1000"]'
daemon_start d1 --metrics_listen=127.0.0.1:0
# A sequence is not rolled back, so it counts the tries.
failing() { # SQLSTATE TABLE CONDITION TIMES
    sql "DROP SEQUENCE IF EXISTS public.tries; CREATE SEQUENCE public.tries;
        CREATE OR REPLACE FUNCTION public.fails() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
            IF nextval('public.tries') <= $4 THEN RAISE EXCEPTION 'not now' USING ERRCODE = '$1'; END IF;
            RETURN NEW; END \$\$;
        CREATE TRIGGER fails BEFORE INSERT OR UPDATE ON hostq.$2 FOR EACH ROW WHEN ($3) EXECUTE FUNCTION public.fails()"
}
over() {
    sql "SELECT least(last_value, 4) FROM public.tries; DROP TRIGGER fails ON hostq.$1"
}
done_before=0
for state in 25006 42501 0A000 53100; do
    failing $state finished "NEW.id % 100 = 50" 3
    noops 100
    done_before=$((done_before + 100))
    ok "$state: all complete" wait_for 10 count_is completed $done_before
    is "... tried until it was over" "$(over finished)" 4
done
is "none was refused" "$(metric d1 hostq_refused_rows_total 0) $(count failed)" "0 0"

# A row that a broken page would refuse for ever: it alone ends.
failing XX000 finished "NEW.id = $((done_before + 30)) AND NEW.state = 'completed'" 1000
noops 100
ok "XX000 of one row: the 99 others complete" wait_for 5 count_is completed $((done_before + 99))
ok "... it is tried some more, then it is its own fault" wait_for 12 count_is failed 1
over finished >/dev/null

# The watch of a host: refused by the database, it goes on.
failing 23514 machines "NEW.status = 'terminated'" 2
r=$(submit '{"kind":"provision","templateId":"T","machineCount":1}')
wait_for 5 in_state "$r" completed
kill -9 "$(machine_pids)"
ok "a watch whose result was refused sees it later" wait_for 20 says "EXISTS (SELECT FROM hostq.machines WHERE status = 'terminated')"
