#!/bin/sh
# F11, design 3.7: rows that a daemon has claimed ahead of a slot run elsewhere
# when it is killed, and when its epoch is declared dead while it lives; nobody
# had begun them, so they count no crash.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 16
pg_start
sql "UPDATE hostq.queues SET audit = 'full' WHERE name = 'noop'"

# One for the slot, three ahead of it, all held by the daemon of that epoch.
held() { # PART EPOCH
    noops 4 '"duration_ms":60000,"tags":{"part":"'"$1"'"}'
    wait_for 5 says "(SELECT string_agg(state::text, ' ' ORDER BY id) FROM hostq.queue
        WHERE owner = $2) = 'processing claimed claimed claimed'"
}
# From here on the work of a part is short.
hurry() { # PART
    sql "UPDATE hostq.request_body SET payload = payload || '{\"duration_ms\":0}' WHERE payload#>>'{tags,part}' = '$1'"
}
of_part() { # PART EXPRESSION: of its requests in their order
    sql "SELECT string_agg(($2)::text, ' ' ORDER BY created_at, request_id) FROM hostq.requests WHERE tags->>'part' = '$1'"
}
done_part() { # PART
    [ "$(of_part "$1" state)" = "completed completed completed completed" ]
}
events() { # PART TYPE: how often for the requests of a part
    of_part "$1" "(SELECT count(*) FROM hostq.events e WHERE e.request_id = requests.request_id AND type = '$2')"
}

# Killed: another daemon takes all four.
daemon_start d1 --slots=1 --prefetch=3
victim=$daemon_pid
ok "one processing, three ahead" held killed 1
daemon_start d2 --slots=4
settled_daemons
hurry killed
kill -9 "$victim"
ok "killed: all complete" wait_for 8 done_part killed
is "... elsewhere" "$(of_part killed daemon_id)" "d2#2 d2#2 d2#2 d2#2"
is "... taken back once each" "$(events killed reclaim)" "1 1 1 1"
is "... those ahead were begun once" "$(events killed start)" "2 1 1 1"
is "... and count no crash" "$(of_part killed "(SELECT details->>'crashes' FROM hostq.events e
    WHERE e.request_id = requests.request_id AND type = 'reclaim')")" "1 0 0 0"

# Declared dead while it lives, and nobody takes its rows: the sweeper, which
# is the other daemon, is stopped.
kill -STOP "$daemon_pid"
other=$daemon_pid
daemon_start d3 --slots=1 --prefetch=3
ok "another one holds as many" held declared 3
hurry declared
sql "UPDATE hostq.daemons SET state = 'dead', ended_at = now(), counters = '{\"blame\":\"all\"}' WHERE epoch = 3;
    SELECT pg_notify('hostq_d3', '')" >/dev/null
ok "declared dead: it hears so" wait_for 3 grep -q 'daemon.declared_dead .*epoch=3' "$tmp/d3.log"
ok "... and all complete" wait_for 5 done_part declared
is "... under another epoch" "$(of_part declared daemon_id)" "d3#4 d3#4 d3#4 d3#4"
is "... it gave them back itself" "$(events declared unclaim)" "1 1 1 1"
is "... and nobody else" "$(events declared reclaim)" "0 0 0 0"
is "... those ahead were begun once" "$(events declared start)" "2 1 1 1"
is "no attempt, no crash is left" "$(sql "SELECT max(retry_attempt), max(crashes) FROM hostq.requests WHERE tags->>'part' = 'declared'")" "0|0"
is "each ended once" "$(sql "SELECT count(*), count(DISTINCT request_id) FROM hostq.events WHERE type = 'complete'")" "8|8"
kill -CONT "$other"
id=$(submit '{"kind":"noop"}')
ok "and both work on" wait_for 5 in_state "$id" completed
