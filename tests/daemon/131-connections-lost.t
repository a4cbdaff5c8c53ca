#!/bin/sh
# F28, design 3.7: each connection of a daemon is lost in turn, told or
# silently; it comes back within its timeouts, keeps its epoch and its calls,
# and nobody takes its work over.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 17
pg_start
sql "UPDATE hostq.queues SET audit = 'full' WHERE name = 'noop'"
daemon_start d1 --slots=10 --statement_timeout=1s --connect_timeout=1s
daemon_start d2 --slots=10 --statement_timeout=1s --connect_timeout=1s
settled_daemons
has_back() { # NAME: both daemons have that connection, and their locks
    says "(SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'hostqd $1%' AND pid <> ALL ('{$gone}')) = 2
        AND (SELECT count(*) FROM pg_locks WHERE classid = 1751544692 AND granted) = 2"
}

is "a daemon holds four connections" \
    "$(sql "SELECT rtrim(application_name, ' 0123456789'), count(*) FROM pg_stat_activity WHERE application_name LIKE 'hostqd%' GROUP BY 1 ORDER BY 1" | tr '\n' ' ')" \
    "hostqd ledger|2 hostqd lock|2 hostqd sweep|2 hostqd writer|2 "
long=$(submit '{"kind":"noop","duration_ms":6000}')
for name in lock ledger sweep writer; do
    noops 100 '"duration_ms":50'
    gone=$(sql "SELECT string_agg(pid::text, ',') FROM pg_stat_activity WHERE application_name LIKE 'hostqd $name%'")
    sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'hostqd $name%'" >/dev/null
    ok "$name: both are back at once" wait_for 2 has_back "$name"
done
ok "all work done meanwhile" wait_for 5 count_is completed 400

# Silence: the backend of a ledger stops answering.
gone=$(sql "SELECT min(pid) FROM pg_stat_activity WHERE application_name LIKE 'hostqd ledger%'")
kill -STOP "$gone"
noops 100 '"duration_ms":50'
ok "silence: the rest of the work is done" wait_for 10 count_is completed 500
ok "silence: it has a new connection" wait_for 5 has_back ledger
like "silence: and says so" "$(cat "$tmp"/d?.log)" 'db.lost thread=ledger .*did not answer in time'
kill -CONT "$gone"
ok "silence: the old connection ends" wait_for 5 says "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $gone)"

wait_for 10 in_state "$long" completed
nothing_lost "in all" 501
is "the long call was begun once" "$(sql "SELECT count(*) FROM hostq.events WHERE request_id = '$long' AND type = 'start'")" 1
is "no daemon counts as taken over" "$(cat "$tmp"/d?.log | grep -c daemon.taken_over)" 0
