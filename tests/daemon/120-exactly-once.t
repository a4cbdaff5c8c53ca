#!/bin/sh
# Two daemons, 1,000 requests: each is claimed, begun and completed once, told
# by the audit and by the daemons' own counters. M89
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 8
pg_start
sql "UPDATE hostq.queues SET audit = 'full' WHERE name = 'noop'"
daemon_start d1 --slots=20 --metrics_listen=127.0.0.1:0
daemon_start d2 --slots=20 --runners=2 --metrics_listen=127.0.0.1:0
noops 500 '"duration_ms":10'
noops 500 '"fail":"retry","fail_times":1,"policy":{"backoff_ms":1}'
ok "all complete" wait_for 15 count_is completed 1000
is "in one place each" "$(sql "SELECT (SELECT count(*) FROM hostq.queue), (SELECT count(*) FROM hostq.finished)")" "0|1000"
is "steps of the 500 plain ones: each once" \
    "$(sql "SELECT type, count(*), count(DISTINCT request_id) FROM hostq.events JOIN hostq.requests USING (request_id)
        WHERE NOT payload ? 'fail' GROUP BY type ORDER BY type")" \
    "claim|500|500
complete|500|500
start|500|500
submit|500|500"
is "steps of the 500 that fail once" \
    "$(sql "SELECT type, count(*), count(DISTINCT (request_id, attempt)) FROM hostq.events JOIN hostq.requests USING (request_id)
        WHERE payload ? 'fail' GROUP BY type ORDER BY type")" \
    "claim|1000|1000
complete|500|500
retry|500|500
start|1000|1000
submit|500|500"
is "no lease was used twice" \
    "$(sql "SELECT count(*) - count(DISTINCT (lease, request_id)) FROM hostq.requests")" 0
one=$(metric d1 'hostq_settled_total{state="completed"}' 0)
two=$(metric d2 'hostq_settled_total{state="completed"}' 0)
is "the daemons count the same" "$((one + two))" 1000
ok "both did a part" test "$one" -gt 0 -a "$two" -gt 0
is "no write missed its row" \
    "$(metric d1 hostq_lost_ownership_total) $(metric d2 hostq_lost_ownership_total)" "0 0"
