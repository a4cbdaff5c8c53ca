#!/bin/sh
# M74, F17, F11 and the stop of design 6: SIGTERM claims no more, gives back
# what has not started, lets rounds finish; what is left stays processing and
# is taken over at once. A second SIGTERM is immediate.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 21
pg_start
attempts() {
    sql "SELECT string_agg(DISTINCT concat(state, ' attempt ', retry_attempt, ' crashes ', crashes), ', ') FROM hostq.requests WHERE kind = 'noop'"
}

# stop_grace 0: F17.
daemon_start d1 --stop_grace=0
noops 5 '"duration_ms":1200'
wait_for 5 count_is processing 5
stopped=$(now)
daemon_stop "$daemon_pid"
is "M74: exit 0" "$daemon_status" 0
spans "at once" "$((($(now) - stopped) / 1000))" 1000
is "M74: the rows stay processing, untouched" "$(attempts)" "processing attempt 0 crashes 0"
is "their calls were aborted" "$(grep -c wire.aborted "$tmp/d1.log")" 5
daemon_start d2
ok "F17: the next daemon finishes all 5" wait_for 8 count_is completed 5
is "with the attempt and without a crash" "$(attempts)" "completed attempt 0 crashes 0"
daemon_stop "$daemon_pid"

# Work in flight, work ahead, work in the queue.
daemon_start d3 --slots=2 --prefetch=2
noops 2 '"duration_ms":1000'
noops 3
wait_for 5 count_is claimed 2
kill "$daemon_pid"
ok "stop: what was claimed ahead goes back at once" wait_for 3 count_is pending 3
is "while the rounds go on" "$(count processing)" 2
noops 1
daemon_ends "$daemon_pid"
is "exit 0" "$daemon_status" 0
is "rounds finished, nothing else was begun" "$(count completed) $(count pending)" "7 4"
is "it says that it stopped" "$(sql "SELECT state, ended_why FROM hostq.daemons WHERE name = 'd3'")" "dead|stopped"
sql "SELECT count(hostq.cancel(request_id)) FROM hostq.requests WHERE state = 'pending'" >/dev/null

# What does not end within the grace time is taken over at once.
daemon_start d4 --stop_grace=500ms
leaving=$daemon_pid
noops 4 '"duration_ms":60000'
wait_for 5 count_is processing 4
daemon_start d5 --stop_grace=0
daemon_stop "$leaving"
is "grace over: exit 0" "$daemon_status" 0
ok "the other daemon has them" wait_for 3 says "(SELECT count(*) FROM hostq.requests WHERE state = 'processing' AND daemon_id LIKE 'd5#%') = 4"
spans "at once" "$(sql "SELECT (extract(epoch FROM max(r.started_at) - max(d.ended_at)) * 1000)::int
    FROM hostq.requests r, hostq.daemons d WHERE d.name = 'd4' AND r.state = 'processing'")" 500
is "as an announced end, not a crash" \
    "$(sql "SELECT DISTINCT retry_attempt, crashes FROM hostq.requests WHERE state = 'processing'")" "0|0"
like "and it is logged" "$(grep daemon.taken_over "$tmp/d5.log")" 'why=stopped rows=4'

# A second SIGTERM.
daemon_start d6 --stop_grace=30s --queues=noop
second=$daemon_pid
sql "SELECT count(hostq.cancel(request_id)) FROM hostq.requests WHERE state = 'processing'" >/dev/null
wait_for 5 says "(SELECT sum(in_flight) FROM hostq.daemons WHERE state = 'alive') = 0"
noops 120 '"duration_ms":60000'
wait_for 5 says "(SELECT count(*) FROM hostq.requests WHERE daemon_id LIKE 'd6#%' AND state = 'processing') > 0"
kill "$second"
ok "the first one waits" wait_for 3 grep -q daemon.stopping "$tmp/d6.log"
is "for its rounds" "$(kill -0 "$second" && echo alive)" alive
stopped=$(now)
daemon_stop "$second"
is "the second one ends it, exit 0" "$daemon_status" 0
spans "immediately" "$((($(now) - stopped) / 1000))" 1000
is "and writes nothing for its calls" "$(sql "SELECT count(*), count(*) FILTER (WHERE retry_attempt + crashes = 0)
    FROM hostq.requests WHERE state IN ('pending', 'processing')")" "120|120"
