# latency - one request at a time on an idle system: from just before the call
# of submit, on the client's clock, to the start of its handler.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

latency_hz=50 latency_n=200 latency_warm=20

# Lines "ms to started, ms to completed, ms of the submit".
latency_hostq() {
    c_program submit
    hostq_empty
    hostq_mark
    daemon_start --name=bench
    wait_until 10 "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 1751544689 AND objid = 1 AND granted)"
    "$dir/submit" $((latency_warm + latency_n)) $latency_hz >"$dir/submitted" || die "submit has failed"
    hostq_all_done 60
    daemons_stop
    {
        echo "CREATE TEMP TABLE s (request_id text, at float8, ms float8); COPY s FROM STDIN WITH (DELIMITER ' ');"
        cat "$dir/submitted"
        echo '\.'
        echo "SELECT round(((extract(epoch FROM started_at) - at) * 1000)::numeric, 3) || ' ' ||
            round(((extract(epoch FROM finished_at) - at) * 1000)::numeric, 3) || ' ' || ms
            FROM s LEFT JOIN hostq.finished ON id = hostq.id_in(request_id) ORDER BY at OFFSET $latency_warm;"
    } | "$PGBIN/psql" -XAtq >"$dir/latencies"
    [ "$(grep -c . "$dir/latencies")" = "$latency_n" ] || die "some of $latency_n requests did not end"
}

latency_peer() { # NAME
    local text
    peer_fresh "$1"
    peer_try "$1" latency "$latency_n" "$latency_hz" # it warms up as often
    printf '%s\n' "$text" | awk '$1 == "pickup_ms" {print $2}' >"$dir/latencies"
    [ "$(grep -c . "$dir/latencies")" = "$latency_n" ] || die "$1: $(grep -c . "$dir/latencies") of $latency_n latencies"
}

latency_samples() { # SUBJECT COLUMN WHAT
    local p n=0 value
    local -A names=([0.5]=p50 [0.99]=p99)
    for p in 0.5 0.99; do
        sample "$1" "$3, ${names[$p]}" ms "$(awk -v c="$2" '{print $c}' "$dir/latencies" | quantile $p)"
    done
    for value in $(awk -v c="$2" '{print $c}' "$dir/latencies"); do
        series "$1" "$3" ms $((++n)) "$value"
    done
}

scenario_latency() {
    local s list
    mapfile -t list < <(working_subjects)
    for round in $(seq "$repeat"); do
        for s in $(rotated "$round" "${list[@]}"); do
            calibrate
            case $s in
            hostq/*)
                hostq_audit "${s#*/}"
                latency_hostq
                latency_samples "$s" 2 "submit to completed"
                latency_samples "$s" 3 "submit"
                ;;
            peer/*) latency_peer "${s#*/}" ;;
            esac
            latency_samples "$s" 1 "submit to started"
        done
    done
    hostq_empty
}
