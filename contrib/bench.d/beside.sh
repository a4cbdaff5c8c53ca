# beside - the scenarios `finished` and `future`: a drain with many rows beside
# it, in a database of its own, against a drain in an empty one.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

# In parts, so that no transaction is huge.
beside_load() { # N STATEMENT, with %s for the number of rows of a part
    local left=$1 part=250000 statement
    while [ "$left" -gt 0 ]; do
        [ "$left" -ge "$part" ] || part=$left
        # shellcheck disable=SC2059 # a format
        printf -v statement "$2" "$part"
        sql "SET synchronous_commit = off; $statement"
        left=$((left - part))
    done
}

beside_finished() {
    beside_load "$finished" "INSERT INTO hostq.finished (id, lease, claimed_at, started_at, first_started_at, lane_id, owner,
            state, retry_attempt, intent, crashes, namespace)
        SELECT id, 1, now(), now(), now(), (SELECT bench.lane()), 1, 'completed', 0, 0, 0, 'default' FROM bench.bodies(%s) id"
}

# Half is due in the future, half waits for a poll that is not due.
beside_future() {
    beside_load $((future / 2)) "INSERT INTO hostq.queue (id, lane_id, run_at)
        SELECT id, (SELECT bench.lane()), clock_timestamp() + interval '1 day' FROM bench.bodies(%s) id"
    beside_load $((future / 2)) "INSERT INTO hostq.queue (id, lane_id, run_at, state, first_started_at)
        SELECT id, (SELECT bench.lane()) + 1, clock_timestamp() + interval '1 day', 'waiting', now() FROM bench.bodies(%s) id"
}

beside() { # finished|future
    local s db audit list server
    local -A rates cpus
    mapfile -t list < <(hostq_subjects)
    database "bench_$1"
    "beside_$1"
    for round in $(seq "$repeat"); do
        for s in "${list[@]}"; do
            audit=${s#*/}
            for db in $(rotated "$round" hostq "bench_$1"); do
                database "$db"
                hostq_audit "$audit"
                keep_rows=false
                [ "$db" = hostq ] || keep_rows=true
                hostq_fill "$rows"
                sql CHECKPOINT
                calibrate
                server=$(server_cpu)
                hostq_drain "$rows"
                keep_rows=false
                rates[$db]=$rate
                cpus[$db]=$(per_10k "$server" "$(server_cpu)" "$rows")
            done
            sample "$s" "empty" "requests/s" "${rates[hostq]}"
            sample "$s" "with $1 rows" "requests/s" "${rates[bench_$1]}"
            sample "$s" "empty, cpu of the server" "s per 10k" "${cpus[hostq]}"
            sample "$s" "with $1 rows, cpu of the server" "s per 10k" "${cpus[bench_$1]}"
            sample "$s" "with / empty" ratio "$(ratio "${rates[bench_$1]}" "${rates[hostq]}")"
        done
    done
    database hostq
    hostq_empty
    "$PGBIN/dropdb" --force "bench_$1"
}

scenario_finished() { beside finished; }
scenario_future() { beside future; }
