# daemons - the same drain by 1, 2, 4 and 8 daemons, which are there before the
# rows; all of them look for work often, so that all have their share.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

scenario_daemons() {
    local count i server
    local -A rates
    hostq_audit stamps
    for round in $(seq "$repeat"); do
        for count in $(rotated "$round" 1 2 4 8); do
            for i in $(seq "$count"); do
                daemon_start --name="bench$i" --slots=2000 --poll_interval=100ms
            done
            wait_until 60 "SELECT count(*) = $count FROM hostq.daemons WHERE state = 'alive'"
            sql CHECKPOINT
            calibrate
            server=$(server_cpu) cpu=$(daemons_cpu)
            hostq_fill "$rows"
            hostq_all_done 600
            cpu=$(per_10k "$cpu" "$(daemons_cpu)" "$rows")
            server=$(per_10k "$server" "$(server_cpu)" "$rows")
            ask "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'hostqd%'"
            sample "hostqd x $count" "connections" "per daemon" "$(ratio "$answer" "$count")"
            ask "SELECT count(DISTINCT owner) FROM hostq.finished"
            [ "$answer" = "$count" ] || echo "daemons: only $answer of $count had work"
            daemons_stop
            hostq_rate "$rows"
            rates[$count]=$rate
            sample "hostqd x $count" "rate" "requests/s" "$rate"
            sample "hostqd x $count" "rows of a claim" "requests" "$claim"
            sample "hostqd x $count" "cpu of the server, with the fill" "s per 10k" "$server"
            sample "hostqd x $count" "cpu of hostqd" "s per 10k" "$cpu"
        done
        for count in 2 4 8; do
            sample "hostqd x $count" "of 1 daemon" ratio "$(ratio "${rates[$count]}" "${rates[1]}")"
        done
    done
    hostq_empty
}
