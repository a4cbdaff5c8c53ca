#!/bin/sh
# priority: high begins before normal, normal before low. M19
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 4
pg_start
template T '["sleep","1000"]'
for p in low normal high; do
    for n in 1 2 3; do
        asked requestMachines "{\"templateId\":\"T\",\"machineCount\":1,\"requestId\":\"$p-$n\",\"priority\":\"$p\"}"
    done
done
asked requestMachines '{"templateId":"T","machineCount":1,"requestId":"none"}'
is "normal is the default" "$(sql "SELECT priority FROM hostq.requests WHERE request_id = 'none'")" normal
daemon_start d1 --slots=1
ended() {
    [ "$(sql "SELECT count(*) FROM hostq.requests WHERE state = 'completed'")" = 10 ]
}
ok "with one slot all end" wait_for 20 ended
is "high, normal, low" "$(sql "SELECT string_agg(priority::text, ' ' ORDER BY first_started_at) FROM hostq.requests WHERE kind = 'provision'")" \
    "high high high normal normal normal normal low low low"
is "in a class the oldest first" "$(sql "SELECT string_agg(request_id, ' ' ORDER BY first_started_at) FROM hostq.requests WHERE priority = 'high'")" \
    "high-1 high-2 high-3"
