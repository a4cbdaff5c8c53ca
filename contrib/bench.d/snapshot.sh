# snapshot - somebody holds a snapshot while requests come in, are claimed and
# end as fast as they can: the rate in windows of 10 s. Rows come in as submit
# writes them, 100 in a statement (bench.load), while fewer than 20,000 wait;
# those of a peer as its `steady` has it.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

# Somebody who holds a snapshot of $PGDATABASE for as long as wanted; ends with
# the run at the latest.
snapshot_hold() { # SECONDS
    helper "$PGBIN/psql" -XAtq -c "BEGIN ISOLATION LEVEL REPEATABLE READ" -c "SELECT 1" -c "SELECT pg_sleep($1 + 3600)"
    wait_until 10 "SELECT EXISTS ($snapshot_holder)"
}

snapshot_holder="SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(%' AND backend_xmin IS NOT NULL"

snapshot_free() {
    ask "SELECT EXISTS ($snapshot_holder)"
    [ "$answer" = t ] || die "the snapshot was not held to the end"
    sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(%'" >/dev/null
    helpers_stop
}

snapshot_hostq() { # SUBJECT SECONDS
    local begin window n windows
    hostq_audit "${1#*/}"
    hostq_empty
    hostq_mark
    cat >"$dir/load.sql" <<SQL
SELECT last_value - coalesce((SELECT max(id) FROM hostq.finished), $first) < 20000 AS go FROM hostq.request_seq \\gset
\\if :go
SELECT bench.load(100);
\\else
\\sleep 2 ms
\\endif
SQL
    daemon_start --name=bench --slots=2000
    snapshot_hold "$2"
    begin=$EPOCHREALTIME
    "$PGBIN/pgbench" -n -M prepared -c 2 -j 1 -T "$2" -f "$dir/load.sql" >"$dir/pgbench" 2>&1 ||
        die "$(tail -n 3 "$dir/pgbench")"
    snapshot_free
    hostq_all_done 600
    daemons_stop
    windows=$(($2 / 10))
    while IFS='|' read -r window n; do
        series "$1" "rate" "requests/s" $((window * 10)) "$n"
    done < <(sql "SELECT w, count(f.id) / 10 FROM generate_series(0, $windows - 1) w
        LEFT JOIN hostq.finished f ON floor((extract(epoch FROM f.finished_at) - $begin) / 10) = w GROUP BY w ORDER BY w")
}

snapshot_peer() { # SUBJECT SECONDS
    local text window n
    peer_fresh "${1#*/}"
    PGDATABASE=$(peer_database "${1#*/}") snapshot_hold "$2"
    peer_try "${1#*/}" steady "$2"
    snapshot_free
    while read -r window n; do
        series "$1" "rate" "requests/s" "$window" "$n"
    done < <(printf '%s\n' "$text" | awk '$1 == "completed_per_s" {w = int(n / 10); v[w] += $2 / 10; n++}
        END {for (i = 0; i < int(n / 10); i++) printf "%d %d\n", i * 10, v[i]}')
}

# First and last minute, or sixth of a shorter run.
snapshot_samples() { # SUBJECT
    awk -F '\t' -v s="$1" -v r="$round" '$1 == "snapshot" && $2 == s && $5 == r {v[++n] = $7}
        END {
            if (n == 0) exit 1
            k = n >= 12 ? 6 : int(n / 6); if (k < 1) k = 1
            for (i = 1; i <= k; i++) {first += v[i] / k; last += v[n + 1 - i] / k}
            least = v[1]; for (i = 2; i <= n; i++) if (v[i] < least) least = v[i]
            printf "first minute|requests/s|%.0f\nlast minute|requests/s|%.0f\nlast / first|ratio|%.3f\nleast window / first|ratio|%.3f\n",
                first, last, last / first, least / first
        }' "$out/series.tsv"
}

scenario_snapshot() {
    local s list metric unit value
    mapfile -t list < <(working_subjects)
    # One long run each: rounds are the windows.
    for s in "${list[@]}"; do
        calibrate
        case $s in
        hostq/*) snapshot_hostq "$s" "${seconds:-600}" ;;
        peer/*) snapshot_peer "$s" "${seconds:-600}" ;;
        esac
        snapshot_samples "$s" >"$dir/windows" || die "$s: no window is full"
        while IFS='|' read -r metric unit value; do
            sample "$s" "$metric" "$unit" "$value"
        done <"$dir/windows"
    done
    hostq_empty
}
