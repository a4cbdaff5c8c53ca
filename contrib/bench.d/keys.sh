# keys - a full queue of requests with 100 limited keys, beside one without: what
# a limit per key costs. No key can have more than 100 at a time.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

keys_fill() { # N
    hostq_empty
    hostq_mark
    sql "WITH b AS (INSERT INTO hostq.request_body (id, created_at, request_id, namespace, kind, queue, priority, payload, submitted_by, key)
            SELECT id, now(), hostq.make_request_id('noop', id), 'default', 'noop', 'noop', 'normal', bench.payload(), session_user, 'bench-' || id % 100
            FROM (SELECT nextval('hostq.request_seq') AS id FROM generate_series(1, $1)) x RETURNING id, key),
        l AS MATERIALIZED (SELECT key, hostq.find_lane('noop', 'normal', NULL, NULL, NULL, NULL, key, false) AS lane
            FROM (SELECT DISTINCT key FROM b) k)
        INSERT INTO hostq.queue (id, lane_id) SELECT b.id, l.lane FROM b JOIN l USING (key)"
    sql "SELECT hostq.notify_work('noop')" >/dev/null
}

scenario_keys() {
    local s
    local -A rates
    hostq_audit stamps
    sql "SELECT hostq.limit_key('bench-' || n, '{\"maxRunning\":100}') FROM generate_series(0, 99) n" >/dev/null
    for round in $(seq "$repeat"); do
        rates=()
        for s in $(rotated "$round" hostq/no-key hostq/100-keys); do
            case $s in
            hostq/no-key) hostq_fill "$rows" ;;
            *) keys_fill "$rows" ;;
            esac
            sql CHECKPOINT
            calibrate
            hostq_drain "$rows"
            rates[$s]=$rate
            sample "$s" "rate" "requests/s" "$rate"
            sample "$s" "rows of a claim" "requests" "$claim"
            sample "$s" "cpu of hostqd" "s per 10k" "$(per_10k 0 "$cpu" "$rows")"
        done
        sample hostq/100-keys "of hostq/no-key" ratio "$(ratio "${rates[hostq/100-keys]}" "${rates[hostq/no-key]}")"
    done
    hostq_empty
}
