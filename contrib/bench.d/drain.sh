# drain - a full queue is worked off: whole lives, history kept.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

scenario_drain() {
    local s server list name best
    local -A rates
    mapfile -t list < <(with_variants "${subjects[@]}")
    for round in $(seq "$repeat"); do
        rates=()
        for s in $(rotated "$round" "${list[@]}"); do
            subject_fill "$s" "$rows"
            sql CHECKPOINT
            calibrate
            server=$(server_cpu)
            subject_drain "$s" "$rows"
            server=$(per_10k "$server" "$(server_cpu)" "$rows")
            rates[$s]=$rate
            sample "$s" "rate" "requests/s" "$rate"
            case $s in hostq/*) sample "$s" "rows of a claim" "requests" "$claim" ;; esac
            sample "$s" "cpu of the server" "s per 10k" "$server"
            [ -n "$cpu" ] || continue
            cpu=$(per_10k 0 "$cpu" "$rows")
            sample "$s" "cpu beside it" "s per 10k" "$cpu"
            sample "$s" "cpu in all" "s per 10k" "$(awk -v a="$cpu" -v b="$server" 'BEGIN {printf "%.3f", a + b}')"
        done
        for s in "${!rates[@]}"; do
            if [ "$s" != limit/stamps ] && [ -n "${rates[limit/stamps]:-}" ]; then
                sample "$s" "of limit/stamps" "ratio" "$(ratio "${rates[$s]}" "${rates[limit/stamps]}")"
            fi
        done
        for name in "${peers[@]}"; do
            best=0
            for s in "${!rates[@]}"; do
                case $s in "peer/$name:"*) [ "${rates[$s]}" -le "$best" ] || best=${rates[$s]} ;; esac
            done
            for s in hostq/stamps hostq/full; do
                [ -z "${rates[$s]:-}" ] || [ "$best" = 0 ] || sample "$s" "of $name's best" ratio "$(ratio "${rates[$s]}" "$best")"
            done
        done
        [ -z "${rates[hostq/full]:-}" ] || [ -z "${rates[limit/full]:-}" ] ||
            sample hostq/full "of limit/full" ratio "$(ratio "${rates[hostq/full]}" "${rates[limit/full]}")"
    done
    hostq_empty
}
