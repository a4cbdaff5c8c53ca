# submit - how fast requests come in: one in a statement, 100 in a statement,
# from 1 and 4 connections, and many in one call. No daemon runs.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

submit_for() { # SUBJECT CLIENTS ROWS METRIC
    local n
    hostq_empty
    hostq_mark
    echo "SELECT count(hostq.submit('{\"kind\":\"noop\"}')) FROM generate_series(1, $3);" >"$dir/submit.sql"
    [ "$3" -gt 1 ] || echo "SELECT hostq.submit('{\"kind\":\"noop\"}');" >"$dir/submit.sql"
    "$PGBIN/pgbench" -n -M prepared -c "$2" -j 1 -T "${seconds:-5}" -f "$dir/submit.sql" >"$dir/pgbench" 2>&1 ||
        die "$(tail -n 3 "$dir/pgbench")"
    n=$(sql "SELECT count(*) FROM hostq.queue")
    [ "$n" = "$(awk -v r="$3" '/transactions actually processed/ {print int($6) * r}' "$dir/pgbench")" ] ||
        die "$n requests are there, pgbench says otherwise: $(cat "$dir/pgbench")"
    sample "$1" "$4" "requests/s" "$(awk -v r="$3" '/^tps/ {printf "%.0f", $3 * r}' "$dir/pgbench")"
}

scenario_submit() {
    local s start n=${rows:-20000} list
    mapfile -t list < <(working_subjects)
    [ "$n" -le 20000 ] || n=20000
    for round in $(seq "$repeat"); do
        for s in $(rotated "$round" "${list[@]}"); do
            sql CHECKPOINT
            calibrate
            case $s in hostq/*)
                hostq_audit "${s#*/}"
                submit_for "$s" 1 1 "1 a statement, 1 client"
                submit_for "$s" 4 1 "1 a statement, 4 clients"
                submit_for "$s" 1 100 "100 a statement, 1 client"
                submit_for "$s" 4 100 "100 a statement, 4 clients"
                ;;
            peer/*) peer_fresh "${s#*/}" ;;
            esac
            hostq_empty
            start=${EPOCHREALTIME/./}
            case $s in
            hostq/*) hostq_submit "$n" ;;
            peer/*) peer_try "${s#*/}" fill "$n" ;;
            esac
            sample "$s" "$n in one call" "requests/s" "$((n * 1000000 / (${EPOCHREALTIME/./} - start)))"
        done
    done
    hostq_empty
    left_out "submit by COPY (the interface has none)"
}
