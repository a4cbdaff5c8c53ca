# cpu - CPU seconds of hostqd: a full queue, a paced one (small groups), idle.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

cpu_paced() { # SUBJECT RATE SECONDS
    local before
    hostq_empty
    hostq_mark
    echo "SELECT hostq.submit('{\"kind\":\"noop\"}');" >"$dir/submit.sql"
    daemon_start --name=bench
    wait_until 10 "SELECT EXISTS (SELECT FROM hostq.daemons WHERE state = 'alive')"
    before=$(daemons_cpu)
    nap "$3"
    sample "$1" "idle" "ms per s" "$(awk -v a="$before" -v b="$(daemons_cpu)" -v s="$3" 'BEGIN {printf "%.1f", (b - a) / s * 1000}')"
    before=$(daemons_cpu)
    "$PGBIN/pgbench" -n -M prepared -c 1 -T "$3" -R "$2" -f "$dir/submit.sql" >"$dir/pgbench" 2>&1 || die "$(tail -n 3 "$dir/pgbench")"
    hostq_all_done 60
    sample "$1" "$2 submits a second" "s per 10k" "$(per_10k "$before" "$(daemons_cpu)" "$(sql "SELECT count(*) FROM hostq.finished")")"
    daemons_stop
}

scenario_cpu() {
    local s list
    mapfile -t list < <(hostq_subjects)
    for round in $(seq "$repeat"); do
        for s in $(rotated "$round" "${list[@]}"); do
            calibrate
            subject_fill "$s" "$rows"
            subject_drain "$s" "$rows"
            sample "$s" "drain" "s per 10k" "$(per_10k 0 "$cpu" "$rows")"
            cpu_paced "$s" 500 10
        done
    done
    hostq_empty
}
