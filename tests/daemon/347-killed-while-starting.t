#!/bin/sh
# A daemon killed at any moment between starting processes and writing it
# down: no process that the table does not know, none twice. M39 M41 D10
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 11
pg_start
template T '["sleep","1000"]'
template slow '["sleep","1000"]' '"readyAfter":0.3'
sql "SELECT hostq.set('max_crashes', '100')" >/dev/null

# What really runs: "request unit pid" of each process, by its marks.
processes() {
    for p in $(machine_pids); do
        tr '\0' '\n' <"/proc/$p/environ" 2>/dev/null | awk -F= -v p="$p" \
            '$1 == "HOSTQ_REQUEST" {r = $2} $1 == "HOSTQ_UNIT" {u = $2} END {print r, u, p}'
    done | sort
}
table() {
    sql "SELECT request_id || ' ' || instance_id || ' ' || (details->>'pid') FROM hostq.machines WHERE ended_at IS NULL" | sort
}

daemon_start d0
survivor=$daemon_pid
n=0 victims=0
for wait in 0.02 0.04 0.01 0.06 0.03 0.05; do
    daemon_start "v$victims" --slots=5
    victim=$daemon_pid
    kill -STOP "$survivor" # so that the victim gets the work
    sql "SELECT count(hostq.submit(jsonb_build_object('kind', 'provision', 'requestId', 'r-' || i, 'machineCount', 3,
        'templateId', CASE WHEN i % 4 = 0 THEN 'slow' ELSE 'T' END))) FROM generate_series($n, $n + 7) i" >/dev/null
    n=$((n + 8))
    sleep "$wait"
    daemon_stop "$victim" KILL
    kill -CONT "$survivor"
    victims=$((victims + 1))
done
is "six daemons were killed in the middle of it" "$(sql "SELECT count(*) FROM hostq.daemons WHERE name LIKE 'v%'")" 6
completed() {
    [ "$(sql "SELECT count(*) FROM hostq.requests WHERE kind = 'provision' AND state = 'completed'")" = 48 ]
}
ok "all 48 complete" wait_for 40 completed
processes >"$tmp/processes"
table >"$tmp/table"
ok "processes and table say the same" diff "$tmp/table" "$tmp/processes"
is "144 processes" "$(wc -l <"$tmp/processes")" 144
is "... each unit once" "$(cut -d' ' -f2 "$tmp/processes" | sort | uniq -d)" ""
is "... three of each request" "$(cut -d' ' -f1 "$tmp/processes" | sort | uniq -c | awk '$1 != 3')" ""
echo "# $(sql "SELECT count(*) FROM hostq.events WHERE type = 'reclaim' AND request_id LIKE 'r-%'") were taken over"
ok "some were taken over" [ "$(sql "SELECT count(*) FROM hostq.events WHERE type = 'reclaim' AND request_id LIKE 'r-%'")" -gt 0 ]
is "no intent is left open" "$(sql "SELECT count(*) FROM hostq.intents")" 0

# The same for returns: half of them by a daemon that is killed.
daemon_start w
victim=$daemon_pid
kill -STOP "$survivor"
sql "SELECT count(hostq.submit(jsonb_build_object('kind', 'return', 'machineIds', ids))) FROM (SELECT jsonb_agg(instance_id) AS ids
    FROM hostq.machines WHERE ended_at IS NULL GROUP BY request_id) x" >/dev/null
sleep 0.05
daemon_stop "$victim" KILL
kill -CONT "$survivor"
returned() {
    [ "$(sql "SELECT count(*) FROM hostq.requests WHERE kind = 'return' AND state = 'completed'")" = 48 ]
}
ok "all are returned" wait_for 30 returned
is "no process is left" "$(machine_pids | wc -l)" 0
is "all are terminated, none counts as taken" "$(sql "SELECT DISTINCT status, taken_at FROM hostq.machines")" "terminated|"
