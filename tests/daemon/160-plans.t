#!/bin/sh
# spec/queues.md 5.3: no statistics turn the plans of the hot statements: with the
# queue empty, full, analyzed, just emptied, vacuumed, and with pg_class.reltuples
# as a VACUUM under a held snapshot leaves it; prepared in that state, and prepared
# long before. Each reaches the queue by the index of its kind, and joins by loops.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 33
pg_start

prepare() { # NAME...
    for stmt; do
        printf 'PREPARE %s AS\n' "$stmt"
        sed '/^--/d' "$top_srcdir/sql/stmt/$stmt.sql"
        echo ';'
    done
}

# The ledger's connection.
ledger="claim mark settle_final settle_open lookup lock_rows locked close_intents"
# shellcheck disable=SC2086 # a list
{
    prepare work_settings $ledger
    echo "EXECUTE work_settings('hostqd ledger 1', '0', '0') \\g /dev/null"
} >"$tmp/prepare.sql"
cat >"$tmp/explain.sql" <<'END'
\set explain 'EXPLAIN (COSTS OFF) EXECUTE'
\echo claim
:explain claim(100, 1, '{5,4}', '{NULL,1}', '{9,9}', '{0,0}', 1, 9, '{4}');
\echo mark
:explain mark('{1,2}', '{1,1}', '{1}');
\echo settle_final
:explain settle_final('{1,2}', '{1,1}', '{completed,completed}', NULL, NULL, NULL, NULL, NULL, NULL, '{0,0}', NULL, NULL, NULL, NULL);
\echo settle_open
:explain settle_open('{1,2}', '{1,1}', '{waiting,waiting}', '{0,0}', '{0,0}', NULL, '{5,5}', NULL, '{0,0}', NULL, NULL, NULL, NULL);
\echo lookup
:explain lookup('{1,2}', '{1,1}');
\echo lock_rows
:explain lock_rows('{1,2}', '{1,1}');
\echo locked
:explain locked('{1,2}');
\echo close_intents
:explain close_intents('{1,2}', '{1,1}');
END

# Of each plan: how tables are reached, and joins that are no loops; sorted, each once.
shape() {
    awk '
        /^[a-z_]+$/ { name = $0; print name ":"; node = ""; next }
        / on (queue|request_body|finished|intents|waiters|daemons)/ || /(Hash|Merge) .*Join/ {
            sub(/^ *(-> *)?/, "")
            gsub(/(request_body|finished)_(default|[0-9]+)/, "PART")
            sub(/PART_pkey on PART/, "the primary key on a partition")
            node = $0
            if (match(node, / on (a partition|[a-z_]+)/))
                node = substr(node, 1, RSTART + RLENGTH - 1)
            print name ": " node
        }
        /(Index|TID) Cond/ && node ~ /on queue$/ {
            while (match($0, /\((ctid|id|lane_id|run_at|deadline) (=|<=|>=|<|>)/)) {
                print name ":   " substr($0, RSTART + 1, RLENGTH - 1)
                $0 = substr($0, RSTART + RLENGTH)
            }
        }' | sort -u
}

want=$(cat <<'END'
claim:
claim:   ctid =
claim:   id =
claim:   lane_id =
claim:   run_at <=
claim:   run_at >=
claim: Index Scan using daemons_pkey on daemons
claim: Index Scan using queue_lane on queue
claim: Index Scan using queue_pkey on queue
claim: Index Scan using the primary key on a partition
claim: Tid Scan on queue
claim: Update on queue
close_intents:
close_intents:   id =
close_intents: Delete on intents
close_intents: Index Scan using intents_pkey on intents
close_intents: Index Scan using queue_pkey on queue
close_intents: Tid Scan on intents
lock_rows:
lock_rows:   id =
lock_rows: Index Scan using queue_pkey on queue
locked:
locked:   id =
locked: Index Only Scan using queue_pkey on queue
locked: Index Scan using queue_pkey on queue
lookup:
lookup:   id =
lookup: Index Scan using queue_pkey on queue
mark:
mark:   ctid =
mark:   id =
mark: Index Scan using queue_pkey on queue
mark: Index Scan using the primary key on a partition
mark: Tid Scan on queue
mark: Update on queue
settle_final:
settle_final:   ctid =
settle_final:   id =
settle_final: Delete on queue
settle_final: Delete on waiters
settle_final: Index Scan using queue_pkey on queue
settle_final: Index Scan using waiters_pkey on waiters
settle_final: Insert on finished
settle_final: Tid Scan on queue
settle_open:
settle_open:   ctid =
settle_open:   id =
settle_open: Index Scan using queue_pkey on queue
settle_open: Tid Scan on queue
settle_open: Update on queue
END
)

# The sweeper's connection, default settings: what happens inside the functions.
{
    echo "LOAD 'auto_explain';
        SET auto_explain.log_min_duration = 0;
        SET auto_explain.log_nested_statements = on;
        SET client_min_messages = log;"
    prepare sweep_deadlines take_over
} >"$tmp/sweep.sql"
# And the heartbeat, with the settings of the ledger's.
{
    cat "$tmp/sweep.sql"
    prepare work_settings heartbeat
    echo "EXECUTE work_settings('hostqd ledger 1', '0', '0') \\g /dev/null"
} >"$tmp/beat.sql"
want_sweep=$(cat <<'END'
heartbeat:
heartbeat:   lane_id =
heartbeat:   run_at <
heartbeat:   run_at >=
heartbeat: Index Scan using queue_deadline on queue
heartbeat: Index Scan using queue_lane on queue
sweep_deadlines:
sweep_deadlines:   deadline <=
sweep_deadlines: Index Scan using queue_deadline on queue
sweep_deadlines: Index Scan using queues_pkey on queues
sweep_deadlines: Index Scan using the primary key on a partition
take_over:
take_over:   lane_id =
take_over:   run_at <=
take_over:   run_at >
take_over: Index Scan using queue_lane on queue
END
)

nested() { # FILE PATTERN: plans of the statements whose text has it
    awk -v want="$2" 'index($0, "LOG:  duration:") { if (text ~ want) print text; text = ""; next }
        { text = text "\n" $0 } END { if (text ~ want) print text }' "$1"
}

# The tables are in STATE: plans of statements prepared now, in both connections.
look() { # STATE
    cat "$tmp/prepare.sql" "$tmp/explain.sql" | psql -XAtq >"$tmp/plans" 2>&1
    is "$1: claim, mark, settle, ..." "$(shape <"$tmp/plans")" "$want"
    { cat "$tmp/sweep.sql"
    echo "BEGIN; EXECUTE sweep_deadlines(1000); EXECUTE take_over(1, 2, '{4,5,6}', '{0,0,0}'); ROLLBACK"; } | psql -XAtq >"$tmp/sweep.out" 2>&1
    { cat "$tmp/beat.sql"
    echo "BEGIN; EXECUTE heartbeat(1, 1000, 0, 1, false, '{4,5,6}', '{NULL,1,1}'); ROLLBACK"; } | psql -XAtq >"$tmp/beat.out" 2>&1
    is "$1: heartbeat, deadlines, take over" "$({ echo heartbeat
        nested "$tmp/beat.out" 'unnest.p_scans|deadline IS NOT NULL'
        echo sweep_deadlines
        nested "$tmp/sweep.out" 'q.deadline <= now'
        echo take_over
        nested "$tmp/sweep.out" 'unnest.p_lanes'; } | shape)" "$want_sweep"
}

forced() { # RELTUPLES
    echo "UPDATE pg_class SET reltuples = $1 WHERE oid = 'hostq.queue'::regclass"
}

fill="INSERT INTO hostq.request_body (id, created_at, request_id, namespace, kind, queue, priority, payload, submitted_by, timeout)
        SELECT n, now(), n, 'default', 'noop', 'noop', 'normal', '{}', 'postgres', '600 s' FROM generate_series(1, 20000) n;
    INSERT INTO hostq.queue (id, lane_id, deadline) SELECT n, 4, now() + n * interval '1 s' FROM generate_series(1, 20000) n"
steps() {
    cat <<END
empty
SELECT
full
$(printf "%s" "$fill" | tr "\n" " ")
full, reltuples = 0
$(forced 0)
full, reltuples = 1
$(forced 1)
full, reltuples = 20000
$(forced 20000)
full, analyzed
ANALYZE hostq.queue, hostq.request_body, hostq.finished
emptied
DELETE FROM hostq.queue
vacuumed
VACUUM hostq.queue
emptied, reltuples = 0
$(forced 0)
emptied, reltuples = 1
$(forced 1)
emptied, reltuples = 20000
$(forced 20000)
END
}

sql "INSERT INTO hostq.daemons (name, host, boot_id, pid, version, routes, slots, lease_until) VALUES ('d1', 'h', 'b', 1, '0', '{}', 1, now())"
steps >"$tmp/steps"
cp "$tmp/prepare.sql" "$tmp/kept.sql"
while read -r state && read -r change; do
    sql "$change" >/dev/null || exit 99
    look "$state"
    printf '%s\n' "\\echo == $state" "SET enable_seqscan = on;" "$change \\g /dev/null" "SET enable_seqscan = off;" >>"$tmp/kept.sql"
    cat "$tmp/explain.sql" >>"$tmp/kept.sql"
done <"$tmp/steps"

# One session through all of it again, with the plans of the empty table.
sql "TRUNCATE hostq.queue, hostq.request_body"
psql -XAtq -f "$tmp/kept.sql" >"$tmp/kept.out" 2>&1
while read -r state && read -r change; do
    is "$state: prepared when empty" \
        "$(awk -v want="== $state" '/^==/ { on = $0 == want; next } on' "$tmp/kept.out" | shape)" "$want"
done <"$tmp/steps"
