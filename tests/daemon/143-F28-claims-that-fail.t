#!/bin/sh
# F28: ten statement errors in a row end the daemon, aloud; its rows go back,
# and the next daemon works when the trouble is over.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 6
pg_start
daemon_start d1
run=$(submit '{"kind":"noop","duration_ms":60000}')
wait_for 5 in_state "$run" processing
sql "CREATE FUNCTION public.broken() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        RAISE EXCEPTION 'out of order' USING ERRCODE = '42P01'; END \$\$;
    CREATE TRIGGER broken BEFORE UPDATE ON hostq.queue FOR EACH ROW WHEN (NEW.state = 'processing') EXECUTE FUNCTION public.broken()"
id=$(submit '{"kind":"noop"}')
ok "the daemon ends" wait_for 15 gone "$daemon_pid"
daemon_ends "$daemon_pid"
is "exit 6" "$daemon_status" 6
is "with one clear line" "$(grep '^hostqd: ' "$tmp/d1.log")" \
    'hostqd: 10 statement errors in a row, the last during settle and claim: 42P01: out of order'
is "the request is unharmed" "$(field "$id" "state, retry_attempt, daemon_id IS NULL")" "pending|0|t"
sql "DROP TRIGGER broken ON hostq.queue; UPDATE hostq.request_body SET payload = '{}'"
daemon_start d2
ok "the next one does all" wait_for 5 count_is completed 2
is "no crash is counted" "$(sql "SELECT max(crashes) FROM hostq.requests")" 0
