#!/bin/sh
# F12: a daemon that was stopped for longer than its lease loses its rows;
# whatever it still writes hits no row and is counted. A daemon alone, whom
# nobody declared dead, drops its calls and gives their rows back.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 15
pg_start
sql "UPDATE hostq.queues SET audit = 'full' WHERE name = 'noop'"
daemon_start d1 --slots=20 --lease=2s --metrics_listen=127.0.0.1:0
sleeper=$daemon_pid
noops 20 '"duration_ms":2500,"result":"x"'
wait_for 5 count_is processing 20
kill -STOP "$sleeper"
daemon_start d2 --slots=20 --lease=2s --metrics_listen=127.0.0.1:0
# Rows that are already done elsewhere, and rows still worked there.
sql "UPDATE hostq.request_body SET payload = payload || '{\"duration_ms\":0}' WHERE id % 2 = 0"
ok "F12: the other daemon takes all when the lease is over" wait_for 10 says \
    "(SELECT count(*) FROM hostq.events WHERE type = 'reclaim' AND daemon_id = 'd2#2') = 20"
like "and says why" "$(grep daemon.taken_over "$tmp/d2.log")" 'why=lease_expired rows=20'
wait_for 5 count_is completed 10
rows() {
    sql "SELECT md5(string_agg(concat_ws('|', request_id, state, lease, retry_attempt, daemon_id, started_at, completed_at), ',' ORDER BY request_id))
        FROM hostq.requests"
}
before_rows=$(rows)
kill -CONT "$sleeper"
ok "the late one counts each lost claim" wait_for 5 metric_is d1 hostq_lost_ownership_total 20
is "no row was changed by it" "$(rows)" "$before_rows"
ok "it lives on under a new epoch" wait_for 5 says "(SELECT count(*) FROM hostq.daemons WHERE name = 'd1' AND state = 'alive') = 1"
like "which is new" "$(sql "SELECT epoch FROM hostq.daemons WHERE name = 'd1' AND state = 'alive'")" '^3$'
ok "all complete, elsewhere" wait_for 8 says "(SELECT count(*) FROM hostq.requests WHERE state = 'completed' AND daemon_id = 'd2#2') = 20"
is "each once" "$(sql "SELECT count(*), count(DISTINCT request_id) FROM hostq.events WHERE type = 'complete'")" "20|20"
is "the other one lost nothing" "$(metric d2 hostq_lost_ownership_total)" 0
kill -STOP "$daemon_pid"
id=$(submit '{"kind":"noop"}')
ok "and it works again" wait_for 5 in_state "$id" completed
daemon_stop "$daemon_pid" KILL

# Alone: nobody takes the rows, so they must not stay with a daemon that has
# dropped them.
wait_for 8 says "(SELECT count(*) FROM hostq.daemons WHERE state = 'alive') = 1"
noops 5 '"duration_ms":3000,"tags":{"part":"two"}'
wait_for 5 count_is processing 5
kill -STOP "$sleeper"
sql "UPDATE hostq.request_body SET payload = payload || '{\"duration_ms\":0}' WHERE payload ? 'tags'"
past_lease() {
    says "(SELECT lease_until < clock_timestamp() - interval '100 ms' FROM hostq.daemons WHERE epoch = 3)"
}
wait_for 5 past_lease
kill -CONT "$sleeper"
ok "alone: it drops its calls" wait_for 3 grep -q daemon.fenced "$tmp/d1.log"
ok "and does them again" wait_for 8 count_is completed 26
is "under the same epoch" "$(sql "SELECT string_agg(DISTINCT daemon_id, ' ') FROM hostq.requests WHERE tags ? 'part'")" "d1#3"
is "given back, begun twice, ended once" \
    "$(sql "SELECT type, count(*) FROM hostq.events JOIN hostq.requests USING (request_id)
        WHERE tags ? 'part' AND type IN ('unclaim', 'start', 'complete') GROUP BY type ORDER BY type" | tr '\n' ' ')" \
    "complete|5 start|10 unclaim|5 "
is "without a crash or an attempt" "$(sql "SELECT max(retry_attempt), max(crashes) FROM hostq.requests WHERE tags ? 'part'")" "0|0"
