#!/bin/sh
# design 3.9: a deadlock or a serialization failure in a group is repeated
# until it is over: all complete, none is told.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 9
pg_start
daemon_start d1 --metrics_listen=127.0.0.1:0
# A sequence is not rolled back, so it counts the tries.
failing() { # SQLSTATE TABLE CONDITION
    sql "CREATE SEQUENCE public.tries;
        CREATE OR REPLACE FUNCTION public.fails() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
            IF nextval('public.tries') <= 3 THEN RAISE EXCEPTION 'not now' USING ERRCODE = '$1'; END IF;
            RETURN NEW; END \$\$;
        CREATE TRIGGER fails BEFORE INSERT OR UPDATE ON hostq.$2 FOR EACH ROW WHEN ($3) EXECUTE FUNCTION public.fails()"
}
over() {
    sql "SELECT last_value FROM public.tries; DROP TRIGGER fails ON hostq.$1; DROP SEQUENCE public.tries"
}

failing 40P01 finished "NEW.id = 50"
noops 100
ok "deadlock: all complete" wait_for 5 count_is completed 100
is "tried until it was over" "$(over finished)" 4
failing 40001 finished "NEW.id = 150"
noops 100
ok "serialization failure: all complete" wait_for 5 count_is completed 200
is "tried until it was over" "$(over finished)" 4
failing 40001 queue "NEW.id = 250 AND NEW.state = 'waiting'"
noops 100 '"waits":1,"wait_ms":10'
ok "of an open write: all complete" wait_for 5 count_is completed 300
is "tried until it was over" "$(over queue)" 4
is "no attempt was used" "$(sql "SELECT max(retry_attempt) FROM hostq.requests")" 0
is "counted by class" "$(metric d1 'hostq_db_errors_total{class="40"}') $(metric d1 hostq_refused_rows_total)" "9 0"

# A real one: another transaction locks the same rows in the other order.
noops 2 '"duration_ms":400'
wait_for 5 count_is processing 2
psql -XAtq -c "BEGIN" -c "UPDATE hostq.queue SET crashes = 0 WHERE id = 302" -c "SELECT pg_sleep(0.5)" \
    -c "UPDATE hostq.queue SET crashes = 0 WHERE id = 301" -c "COMMIT" >/dev/null 2>&1
ok "rows locked in the other order: all complete" wait_for 6 count_is completed 302
