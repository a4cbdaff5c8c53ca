# steady - load at half of what a drain reaches, for a while, with latencies.
# Rows come in as submit writes them, ten in a statement (bench.load).
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

# Half of the drain of this run, or of a short one made now.
steady_rate() { # SUBJECT
    half=$(awk -F '\t' -v s="$1" '$1 == "drain" && $2 == s && $3 == "rate" {print $6}' "$out/samples.tsv" 2>/dev/null | quantile 0.5)
    if [ "$half" = none ]; then
        subject_fill "$1" 20000
        subject_drain "$1" 20000
        half=$rate
    fi
    half=$(awk -v r="$half" 'BEGIN {printf "%.0f", r / 2}')
}

steady_hostq() { # SUBJECT SECONDS
    local batch=10 n what p
    hostq_empty
    hostq_mark
    echo "SELECT bench.load($batch);" >"$dir/load.sql"
    daemon_start --name=bench --slots=2000
    "$PGBIN/pgbench" -n -M prepared -c 4 -j 1 -T "$2" -R "$((half / batch))" -f "$dir/load.sql" >"$dir/pgbench" 2>&1 ||
        die "$(tail -n 3 "$dir/pgbench")"
    hostq_all_done 600
    sample "$1" "cpu" "s per 10k" "$(per_10k 0 "$(daemons_cpu)" "$(sql "SELECT count(*) FROM hostq.finished")")"
    daemons_stop
    sample "$1" "asked for" "requests/s" "$half"
    sample "$1" "came in" "requests/s" "$(sql "SELECT count(*) / $2 FROM hostq.finished WHERE state = 'completed'")"
    for what in started finished; do
        for p in 50 99 99.9; do
            sample "$1" "submit to $what, p$p" ms "$(sql "SELECT round((1000 * percentile_cont($p / 100.0) WITHIN GROUP
                (ORDER BY extract(epoch FROM ${what}_at - b.created_at)))::numeric, 2)
                FROM hostq.finished f JOIN hostq.request_body b USING (id)")"
        done
    done
    while IFS='|' read -r n p; do
        series "$1" "completed" "requests/s" "$n" "$p"
    done < <(sql "SELECT floor(extract(epoch FROM finished_at) - m)::int, count(*)
        FROM hostq.finished, (SELECT extract(epoch FROM min(finished_at)) AS m FROM hostq.finished) x GROUP BY 1 ORDER BY 1")
}

scenario_steady() {
    local s list half
    mapfile -t list < <(hostq_subjects)
    for round in $(seq "$repeat"); do
        for s in $(rotated "$round" "${list[@]}"); do
            calibrate
            steady_rate "$s"
            hostq_audit "${s#*/}"
            steady_hostq "$s" "${seconds:-60}"
        done
    done
    hostq_empty
}
