#!/bin/sh
# design 3.7: a link that swallows bytes and tells nobody (no FIN), one that
# breaks in the middle of a group, and one whose bytes arrive late: the work
# runs elsewhere when the lease is over, and what the late daemon had sent
# changes nothing. F12
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
. "$top_srcdir/tests/daemon/proxy.inc"
plan 28
pg_start
sql "UPDATE hostq.queues SET audit = 'full', backoff_ms = 10 WHERE name = 'noop'"
# Requests of part $part, claimed by daemon $name alone; $other looks on.
work() { # COUNT MEMBERS
    kill -STOP "$other"
    sql "SELECT count(hostq.submit('{\"kind\":\"noop\",\"tags\":{\"part\":\"$part\"}}'::jsonb || (ARRAY['{$2}', '{${3:-$2}}'])[1 + i % 2]::jsonb))
        FROM generate_series(1, $1) i" >/dev/null
    epoch=$(sql "SELECT max(epoch) FROM hostq.daemons WHERE name = '$name'")
    wait_for 5 says "(SELECT count(*) FROM hostq.queue WHERE owner = $epoch AND state = 'processing') = $1"
    # What runs once more ends at once.
    sql "UPDATE hostq.request_body SET payload = payload || '{\"duration_ms\":0,\"result\":\"elsewhere\"}' WHERE payload #>> '{tags,part}' = '$part'"
    kill -CONT "$other"
}
goes_elsewhere() { # COUNT LEASE_MS
    ok "$part: all of it goes elsewhere" wait_for 15 says "(SELECT count(*) FROM hostq.event WHERE type = 'reclaim' AND (details->>'owner')::int = $epoch) = $1"
    spans "$part: within the lease" "$(sql "SELECT ((extract(epoch FROM max(at)) * 1000000 - $cut) / 1000)::int
        FROM hostq.event WHERE type = 'reclaim' AND (details->>'owner')::int = $epoch")" $(($2 + 700))
    is "$part: because of the lease" "$(sql "SELECT state, ended_why FROM hostq.daemons WHERE epoch = $epoch")" "dead|lease expired"
    is "$part: no session of it is left" "$(sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hostqd ledger $epoch'")" 0
    ok "$part: all complete" wait_for 5 says "(SELECT count(*) FROM hostq.requests WHERE tags->>'part' = '$part' AND state = 'completed') = $1"
    is "$part: each once, by the other daemon" "$(sql "SELECT count(*), count(DISTINCT request_id), string_agg(DISTINCT e.daemon_id, ' ') LIKE '$elsewhere#_',
        string_agg(DISTINCT convert_from(r.response_body, 'UTF8'), ' ') FROM hostq.events e JOIN hostq.requests r USING (request_id)
        WHERE tags->>'part' = '$part' AND type = 'complete'")" "$1|$1|t|\"elsewhere\""
}

lease=$(hostqd --show-config | sed -n 's/^lease *= *\([0-9]*\)s .*/\1/p')
ok "the lease is 10 s or less by default" test "$lease" -le 10
link_start one
PGHOST=$tmp/one daemon_start d1 --slots=20 --metrics_listen=127.0.0.1:0
cut_off=$daemon_pid
daemon_start d2 --slots=20
other=$daemon_pid
settled_daemons
part=half-open name=d1 elsewhere=d2
work 20 '"duration_ms":60000'
cut=$(now)
link one swallow
goes_elsewhere 20 $((lease * 1000))
link one pass
ok "half-open: well again, it comes back as another" wait_for 15 says \
    "(SELECT count(*) FROM hostq.daemons WHERE name = 'd1' AND state = 'alive' AND epoch > 2) = 1"
ok "... and counts what it lost" wait_for 5 metric_is d1 hostq_lost_ownership_total 20
daemon_stop "$other"
daemon_stop "$cut_off"

# Half of a group has arrived: it ends 150 requests and opens 150 again. What
# came is done, and waits with its rows locked for what never comes.
link_start half
PGHOST=$tmp/half daemon_start d3 --slots=400 --lease=6s --writers=1
cut_off=$daemon_pid
daemon_start d4 --slots=400 --lease=2s
other=$daemon_pid
settled_daemons
part=half-a-group name=d3 elsewhere=d4
work 300 '"duration_ms":3000' '"duration_ms":3000,"fail":"retry","fail_times":1'
# All are over at once when it goes on: one group.
kill -STOP "$cut_off"
wait_for 5 says "(SELECT max(started_at) FROM hostq.queue WHERE owner = $epoch) < clock_timestamp() - interval '3.1 s'"
link half "swallow 25000"
kill -CONT "$cut_off"
waits() {
    says "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'hostqd ledger $epoch' AND state = 'active' AND wait_event = 'ClientRead')"
}
ok "half-a-group: the server waits for the rest" wait_for 5 waits
cut=$(now)
is "... with rows locked" "$(sql "SELECT count(*) FROM (SELECT FROM hostq.queue WHERE owner = $epoch FOR UPDATE SKIP LOCKED) x")" 150
goes_elsewhere 300 6000
daemon_stop "$cut_off" KILL

# The bytes arrive late.
link_start late
PGHOST=$tmp/late daemon_start d5 --slots=20 --lease=2s --metrics_listen=127.0.0.1:0
cut_off=$daemon_pid
settled_daemons
part=late name=d5
work 20 '"duration_ms":1000,"result":"late"'
cut=$(now)
link late hold
goes_elsewhere 20 2000
rows() {
    sql "SELECT md5(string_agg(concat_ws('|', request_id, state, lease, daemon_id, response_body, completed_at), ',' ORDER BY request_id)) FROM hostq.requests"
}
was=$(rows)
link late pass
ok "late: it comes back as another" wait_for 10 says "(SELECT count(*) FROM hostq.daemons WHERE name = 'd5' AND state = 'alive' AND epoch > $epoch) = 1"
ok "late: it counts what it lost" wait_for 5 metric_is d5 hostq_lost_ownership_total 20
is "late: no row was changed by it" "$(rows)" "$was"
daemon_stop "$other"
daemon_stop "$cut_off"

# Who looks on over a link that was half-open for a moment sees deaths soon
# after, not when its longest statement would have timed out.
link_start eye
PGHOST=$tmp/eye daemon_start d6 --lease=3s
other=$daemon_pid
daemon_start d7 --lease=3s
part=eye name=d7
settled_daemons
work 5 '"duration_ms":60000'
link eye swallow
link eye pass
killed=$(now)
kill -9 "$daemon_pid"
ok "eye: all goes elsewhere" wait_for 40 says "(SELECT count(*) FROM hostq.event WHERE type = 'reclaim' AND (details->>'owner')::int = $epoch) = 5"
spans "eye: soon" "$(sql "SELECT ((extract(epoch FROM max(at)) * 1000000 - $killed) / 1000)::int
    FROM hostq.event WHERE type = 'reclaim' AND (details->>'owner')::int = $epoch")" 8000
