#!/bin/sh
# M19: classes go first, order of submit inside a class, and no class starves
# (priority_aging).
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 4
pg_start

for priority in low normal high; do
    noops 5 "\"priority\":\"$priority\""
done
daemon_start d1 --slots=1
ok "all done" wait_for 10 count_is completed 15
is "M19: high, normal, low" \
    "$(sql "SELECT string_agg(priority::text, ' ' ORDER BY started_at) FROM hostq.requests")" \
    "high high high high high normal normal normal normal normal low low low low low"
is "inside a class in order of submit" \
    "$(sql "SELECT count(*) FROM (SELECT id < lag(id) OVER (PARTITION BY priority ORDER BY started_at) AS back
        FROM hostq.request_rows) x WHERE back")" 0

# One low request under a stream of high ones: after priority_aging it is
# begun with one of the next eight claims.
sql "SELECT hostq.set('priority_aging', '1')" >/dev/null
noops 70 '"priority":"high","duration_ms":25'
low=$(submit '{"kind":"noop","priority":"low"}')
wait_for 10 in_state "$low" completed
like "a class that waited too long gets its turn" \
    "$(sql "SELECT count(*) FROM hostq.requests WHERE priority = 'high' AND state <> 'completed'")" '^[1-9]'
