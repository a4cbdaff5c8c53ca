#!/bin/sh
# design 3.7: a provision whose program kills the daemon that starts it, on
# every daemon that tries: it fails after max_crashes, and of the work that
# those daemons had in hand nothing is lost, failed or done twice.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 12
pg_start
sql "UPDATE hostq.queues SET audit = 'full'"
template poison '["sh","-c","kill -9 $PPID; exit 75"]'
# The end of it is not written before its program has done what it does.
sql "CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        FOR i IN 1..200 LOOP
            EXIT WHEN NEW.state <> 'completed' OR NOT EXISTS (SELECT FROM hostq.request_body WHERE id = NEW.id AND template_id = 'poison');
            PERFORM pg_sleep(0.02);
            IF hostq.lock_is_free(NEW.owner) THEN RAISE 'its daemon is dead'; END IF;
        END LOOP;
        RETURN NEW; END \$\$;
    CREATE TRIGGER slow BEFORE INSERT ON hostq.finished FOR EACH ROW EXECUTE FUNCTION public.slow()"
template T '["sleep","1000"]'
for n in 1 2 3 4; do
    daemon_start "d$n" --slots=20
done
settled_daemons
noops 150 '"duration_ms":1000'
sql "SELECT count(hostq.submit('{\"kind\":\"provision\",\"templateId\":\"T\",\"machineCount\":1}')) FROM generate_series(1, 10)" >/dev/null
poison=$(submit '{"kind":"provision","templateId":"poison","machineCount":1,"priority":"high"}')
expect_state "$poison" failed 15
is "why" "$(field "$poison" "failure_reason, error_code, crashes, retry_attempt")" "task_terminated|INTERNAL_ERROR|3|0"
is "in words" "$(field "$poison" error_message | sed 's/;.*//')" "its daemon died 3 times while working it"
is "three daemons died of it" "$(sql "SELECT string_agg(ended_why, ', ') FROM hostq.daemons WHERE state = 'dead'")" "lock free, lock free, lock free"
is "each of another claim" "$(sql "SELECT count(DISTINCT daemon) FROM hostq.events JOIN hostq.daemons ON daemon_id = name || '#' || epoch
    CROSS JOIN LATERAL (SELECT epoch AS daemon) x WHERE request_id = '$poison' AND type = 'start'")" 3
cleaned() {
    says "(SELECT every(state = 'completed') FROM hostq.requests WHERE cleanup_of = '$poison')"
}
ok "what it left is cleaned up" wait_for 5 cleaned

# The innocent ones.
ok "no other request is lost or failed" wait_for 15 says "(SELECT count(*) FROM hostq.requests WHERE kind IN ('noop', 'provision')
    AND state = 'completed') = 160"
is "some were in hand at a death" "$(sql "SELECT count(DISTINCT request_id) > 0 FROM hostq.event WHERE type = 'reclaim' AND request_id <> '$poison'")" t
is "none came near to its end" "$(sql "SELECT max(crashes) < 3 FROM hostq.requests WHERE request_id <> '$poison'")" t
is "each ended once" "$(sql "SELECT count(*), count(DISTINCT request_id) FROM hostq.event JOIN hostq.requests USING (request_id)
    WHERE type = 'complete' AND kind IN ('noop', 'provision')")" "160|160"
is "no attempt was counted" "$(sql "SELECT max(retry_attempt) FROM hostq.requests")" 0
is "one process each, none of the poison" "$(machine_pids | sort -n | tr '\n' ' ')" \
    "$(sql "SELECT details->>'pid' FROM hostq.machines WHERE ended_at IS NULL AND template_id = 'T' ORDER BY (details->>'pid')::int" | tr '\n' ' ')"
