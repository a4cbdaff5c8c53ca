#!/bin/sh
# design 3.9: what the database refuses for one request of a group (a CHECK, a
# NUL in jsonb, a trigger) ends that one as failed with the SQLSTATE; its
# neighbours settle. Many such rows do not end the daemon.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 22
pg_start
nth() { # N -> request_id of the n-th request
    sql "SELECT request_id FROM hostq.request_body WHERE id = $1"
}

# At the door: a NUL cannot get in.
out=$(printf '{"kind":"noop","result":"a\\u0000b"}' | hostq submit -f - 2>&1)
is "a NUL is refused at submit" $? 2
like "with a clear text" "$out" '^hostq: .*(NUL|u0000)'
is "and leaves no request" "$(sql "SELECT count(*) FROM hostq.request_body")" 0

# A group of 100; number 50 may not complete.
sql "ALTER TABLE hostq.finished ADD CONSTRAINT not_this CHECK (id <> 50 OR state <> 'completed') NOT VALID"
noops 100 '"result":{"a":1}'
daemon_start d1 --metrics_listen=127.0.0.1:0
ok "CHECK: the 99 others complete" wait_for 5 count_is completed 99
expect_state "$(nth 50)" failed 5
is "CHECK: reason internal, with the SQLSTATE" \
    "$(field "$(nth 50)" "failure_reason, error_code, error_details->>'sqlstate', retry_attempt")" "internal|INTERNAL_ERROR|23514|0"
like "CHECK: and with a text" "$(field "$(nth 50)" error_message)" 'the database refused the result: .*not_this'
is "the refusal is counted and logged" \
    "$(metric d1 hostq_refused_rows_total) $(metric d1 'hostq_db_errors_total{class="23"}') $(grep -c "request.refused .*sqlstate=23514" "$tmp/d1.log")" "1 2 1"

# A NUL that only the database sees: casts text to jsonb while it writes.
sql "CREATE FUNCTION public.nul() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        IF NEW.state = 'completed' AND NEW.id IN (110, 120) THEN
            NEW.note := ('{\"a\":\"' || chr(92) || 'u0000\"}')::jsonb;
        END IF;
        RETURN NEW; END \$\$;
    CREATE TRIGGER nul BEFORE INSERT ON hostq.finished FOR EACH ROW EXECUTE FUNCTION public.nul()"
noops 100
ok "NUL: the 98 others complete" wait_for 5 count_is completed 197
ok "NUL: the two fail" wait_for 5 count_is failed 3
is "NUL: with their SQLSTATE" \
    "$(sql "SELECT DISTINCT failure_reason, error_details->>'sqlstate' FROM hostq.request_rows WHERE id IN (110, 120)")" "internal|22P05"

# An open write that is refused.
sql "CREATE FUNCTION public.no_wait() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        RAISE EXCEPTION 'no waiting here' USING ERRCODE = 'HQ001'; END \$\$;
    CREATE TRIGGER no_wait BEFORE UPDATE ON hostq.queue FOR EACH ROW WHEN (NEW.id = 210 AND NEW.state = 'waiting')
        EXECUTE FUNCTION public.no_wait()"
noops 20 '"waits":1,"wait_ms":10'
ok "wait: the 19 others complete" wait_for 5 count_is completed 216
is "wait: the one fails" "$(field "$(nth 210)" "state, failure_reason, error_details->>'sqlstate'")" "failed|internal|HQ001"

# An intent that is refused: nothing is sent.
template T '["sleep","1000"]'
sql "ALTER TABLE hostq.intents ADD CONSTRAINT none_of_223 CHECK (id <> 223) NOT VALID"
sql "SELECT count(hostq.submit('{\"kind\":\"provision\",\"templateId\":\"T\",\"machineCount\":1}')) FROM generate_series(1, 5)" >/dev/null
ok "intent: the four others complete" wait_for 5 count_is completed 220
expect_state "$(nth 223)" failed 5
is "intent: with its SQLSTATE" "$(field "$(nth 223)" "failure_reason, error_details->>'sqlstate'")" "internal|23514"
is "intent: nothing was started for it" "$(machine_pids | wc -l)" 4

# A whole group of bad rows.
sql "ALTER TABLE hostq.finished ADD CONSTRAINT none_of_these CHECK (id < 300 OR id > 330 OR state <> 'completed') NOT VALID;
    SELECT setval('hostq.request_seq', 290)" >/dev/null
noops 60
ok "31 bad rows in a row: all end" wait_for 5 says "NOT EXISTS (SELECT FROM hostq.queue WHERE id > 290)"
is "as they should" "$(sql "SELECT state, count(*) FROM hostq.request_rows WHERE id > 290 GROUP BY state ORDER BY state" | tr '\n' ' ')" "completed|29 failed|31 "
is "the daemon lives" "$(kill -0 "$daemon_pid" && echo alive)" alive

# Not even a failed end is accepted: the row stays, and the daemon goes on.
sql "ALTER TABLE hostq.finished ADD CONSTRAINT no_end CHECK (id <> 360) NOT VALID; SELECT setval('hostq.request_seq', 350)" >/dev/null
noops 20
ok "no end is accepted: the 19 others complete" wait_for 5 says "(SELECT count(*) FROM hostq.finished WHERE id > 350) = 19"
is "the one stays processing" "$(state "$(nth 360)")" processing
