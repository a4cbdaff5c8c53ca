#!/bin/sh
# spec/queues.md 3.1: who holds the xmin horizon back is named, with since
# when and the oldest first: a held snapshot, a prepared transaction, a stale
# physical slot of a standby with feedback, a logical slot, a standby.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 18
PG_OPTIONS="-c max_prepared_transactions=2 -c wal_level=logical -c max_replication_slots=4 -c max_wal_senders=4"
pg_start
# HOLDER's row: name|holds|held since 1..60 s ago or less
row() {
    sql "SELECT name, holds, age BETWEEN '0 s' AND '70 s' FROM hostq.xmin_holders WHERE holder = '$1' AND name ~ '${2:-.}'"
}
first() {
    sql "SELECT holder FROM hostq.xmin_holders LIMIT 1"
}
burn() { # some transactions
    for _ in 1 2 3; do
        submit '{"kind":"noop","delay":600000}' >/dev/null
    done
}
standby_go() {
    # shellcheck disable=SC2086 # options
    pgtmp_start "$tmp/standby" $PG_OPTIONS -c hot_standby_feedback=on -c wal_receiver_status_interval=1s
}
standby_down() {
    was=$?
    [ ! -f "$tmp/standby/data/postmaster.pid" ] || pgtmp_stop "$tmp/standby" immediate
    return $was
}
trap 'standby_down; cleanup' EXIT
daemon_start d1 --metrics_listen=127.0.0.1:0
wait_for 5 says "EXISTS (SELECT FROM hostq.xid_times)"
burn
mkfifo "$tmp/in"
PGAPPNAME=report psql -XAtq <"$tmp/in" >"$tmp/snapshot.out" 2>&1 &
holder=$!
pids="$pids $holder"
exec 8>"$tmp/in"
echo "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM hostq.queue;" >&8
wait_for 5 says "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'report' AND state = 'idle in transaction')"
burn
pid=$(sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'report'")
is "a held snapshot" "$(row transaction report)" "pid $pid (report, user postgres, idle in transaction)|rows|t"
is "... is the oldest" "$(first)" transaction
is "... since its transaction began" "$(sql "SELECT h.since = a.xact_start AND h.xids >= 3 FROM hostq.xmin_holders h, pg_stat_activity a WHERE a.pid = $pid AND h.name ~ 'report'")" t
like "... in a sentence" "$(sql "SELECT sentence FROM hostq.xmin_holders LIMIT 1")" \
    "^transaction pid $pid \(report, user postgres, idle in transaction\) has kept dead rows from being removed since 20..-..-.. ..:..:.. UTC$"
like "... by the client" "$(hostq horizon | tr -s ' \t' ' ' | head -n 1)" "^transaction pid $pid \(report,.* rows$"
is "... as JSON" "$(hostq horizon --json | jq -r '.[0].holder, (.[0].since | type)' | tr '\n' ' ')" "transaction string "
# An operator, who has no right to others' sessions by himself.
sql "CREATE ROLE op LOGIN IN ROLE hostq_operator; CREATE ROLE cl LOGIN IN ROLE hostq_client"
is "an operator sees it" "$(PGUSER=op sql "SELECT name FROM hostq.xmin_holders WHERE name ~ 'report'")" "pid $pid (report, user postgres, idle in transaction)"
like "a client does not" "$(PGUSER=cl hostq horizon 2>&1)" "permission denied"

sql "BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'two phases'" >/dev/null
burn
is "a prepared transaction" "$(row 'prepared transaction')" "two phases (user postgres)|rows|t"
echo "COMMIT; \\q" >&8
exec 8>&-
wait "$holder"
is "... is the oldest, once the snapshot is gone" "$(first)" "prepared transaction"
is "... since it was prepared" "$(sql "SELECT h.since = p.prepared FROM hostq.xmin_holders h, pg_prepared_xacts p WHERE h.holder = 'prepared transaction'")" t
sql "ROLLBACK PREPARED 'two phases'"

sql "SELECT pg_create_logical_replication_slot('feed', 'pgoutput')" >/dev/null
burn
is "a logical slot" "$(row 'replication slot' feed)" "feed (logical, inactive)|catalogs|t"
pgtmp_dir "$tmp/standby"
as_pg "$PGBIN/pg_basebackup" -h "$PGHOST" -U postgres -D "$tmp/standby/data" -c fast -R -C -S elsewhere >"$tmp/standby.out" 2>&1
standby_go
ok "a standby holds its slot" wait_for 15 says "(SELECT xmin IS NOT NULL FROM pg_replication_slots WHERE slot_name = 'elsewhere')"
pgtmp_stop "$tmp/standby" immediate
wait_for 5 says "(SELECT NOT active FROM pg_replication_slots WHERE slot_name = 'elsewhere')"
burn
is "a stale slot" "$(row 'replication slot' elsewhere)" "elsewhere (physical, inactive)|rows|t"
is "... is the oldest" "$(first)" "replication slot"
sql "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots" >/dev/null

# Without a slot the walsender itself holds it.
as_pg sed -i '/primary_slot_name/d' "$tmp/standby/data/postgresql.auto.conf"
standby_go
ok "a standby without a slot" wait_for 15 says "EXISTS (SELECT FROM hostq.xmin_holders WHERE holder = 'standby' AND holds = 'rows' AND name ~ 'walreceiver')"
pgtmp_stop "$tmp/standby" immediate
ok "nobody any more" wait_for 5 says "NOT EXISTS (SELECT FROM hostq.xmin_holders WHERE holder <> 'transaction' OR age > '10 s')"
sql "BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'metric'" >/dev/null
sql "SELECT hostq.horizon_us()" >/dev/null
wait_for 5 says "hostq.horizon_us() > 1000000"
daemon_start d2 --metrics_listen=127.0.0.1:0
daemon_stop "$(sql "SELECT pid FROM hostq.daemons WHERE name = 'd1'")"
held() {
    [ "$(metric d2 hostq_xmin_held_seconds | cut -d. -f1)" -ge 1 ]
}
ok "the metric tells how long" wait_for 20 held
sql "ROLLBACK PREPARED 'metric'"
