# subjects.sh - sourced by contrib/bench: what is measured, one way to each.
#
#   hostq/stamps hostq/full    a real daemon; what queue noop audits
#   limit/stamps limit/full    limit.c: the same rows without a daemon
#   limit2/stamps              two of them at once
#   peer/NAME                  peers/NAME, in a database of its own
#
#   subject_fill SUBJECT N     an empty queue, then N trivial waiting jobs
#   subject_drain SUBJECT N    works them; sets $rate (jobs/s) and $cpu (s, of
#                              the processes beside the server)
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

hostq_empty() {
    sql "TRUNCATE hostq.queue, hostq.finished, hostq.request_body, hostq.event, hostq.ids"
}

hostq_fill() { # N
    hostq_empty
    sql "SELECT count(hostq.submit('{\"kind\":\"noop\"}')) FROM generate_series(1, $1)" >/dev/null
}

hostq_audit() { sql "UPDATE hostq.queues SET audit = '$1' WHERE name = 'noop'"; }

# Requests per second of those that have ended, all of N; from the claim of the
# first to the end of the last.
hostq_rate() { # N
    local n
    IFS='|' read -r n rate < <(sql "SELECT count(*), round(count(*) / extract(epoch FROM max(finished_at) - min(claimed_at)))
        FROM hostq.finished WHERE state = 'completed'")
    [ "$n" = "$1" ] || die "$n of $1 requests are completed"
    ask "SELECT count(*) FROM hostq.queue"
    [ "$answer" = 0 ] || die "$answer requests are left in the queue"
}

hostq_all_done() { # SECONDS
    wait_until "$1" "SELECT (SELECT max(id) FROM hostq.finished) >= (SELECT last_value FROM hostq.request_seq)
        AND NOT EXISTS (SELECT FROM hostq.queue)"
}

hostq_drain() { # N
    daemon_start --name=bench --slots=2000
    hostq_all_done 600
    cpu=$(daemons_cpu)
    daemons_stop
    hostq_rate "$1"
}

limit_build() {
    [ ! -x "$dir/limit" ] || return 0
    # shellcheck disable=SC2046 # flags
    ${CC:-cc} -O2 -o "$dir/limit" "$here/bench.d/limit.c" -I"$(pg_config --includedir)" \
        -L"$(pg_config --libdir)" -lpq || die "cannot build limit.c"
    group=$(hostqd --show-config | sed -n 's/^group_size *= *\([0-9]*\).*/\1/p')
    [ -n "$group" ] || die "hostqd --show-config names no group_size"
}

limit_drain() { # N AUDIT PROCESSES
    local i pids=() option=()
    limit_build
    [ "$2" = stamps ] || option=(--audit)
    # The lane is there: something was submitted.
    for i in $(seq "$3"); do
        "$dir/limit" --stmt "$top/sql/stmt" --group "$group" "${option[@]}" >"$dir/limit.$i" &
        pids+=("$!")
    done
    for i in "${pids[@]}"; do
        wait "$i" || die "limit has failed"
    done
    cpu=$(cat "$dir"/limit.[0-9]* | awk '$1 == "cpu_s" {s += $2} END {printf "%.2f", s}')
    rm -f "$dir"/limit.[0-9]*
    hostq_rate "$1"
}

# --- peers -----------------------------------------------------------------

peer() { # NAME VERB ARGUMENT...
    local name=$1 verb=$2
    shift 2
    PGDATABASE=peer_${name//[^a-z0-9]/_} "$here/bench.d/peers/$name" "$verb" "$dir/peer-$name" "$@"
}

# Installs the peers that can be had; sets $peers.
peers_install() {
    local path name why
    peers=()
    for path in "$here"/bench.d/peers/*; do
        name=${path##*/}
        [ -f "$path" ] && [ -x "$path" ] || continue
        mkdir -p "$dir/peer-$name"
        if why=$(peer "$name" install 2>"$dir/peer-$name.log"); then
            "$PGBIN/createdb" "peer_${name//[^a-z0-9]/_}"
            peer "$name" setup >>"$dir/peer-$name.log" 2>&1 || die "$name: setup failed: $(tail -n 3 "$dir/peer-$name.log")"
            peers+=("$name")
        else
            left_out "$name: $(printf '%s\n' "${why:-$(tail -n 1 "$dir/peer-$name.log")}" | tail -n 1)"
        fi
    done
}

peer_drain() { # NAME N
    local text
    text=$(peer "$1" drain "$2" 2>>"$dir/peer-$1.log") || die "$1: drain failed: $(tail -n 3 "$dir/peer-$1.log")"
    rate=$(printf '%s\n' "$text" | awk '$1 == "jobs/s" {printf "%.0f", $2}')
    cpu=$(printf '%s\n' "$text" | awk '$1 == "cpu_s" {print $2}')
    [ -n "$rate" ] || die "$1: drain tells no rate"
}

# --- any -------------------------------------------------------------------

subject_fill() { # SUBJECT N
    case $1 in
    hostq/* | limit*/*)
        hostq_audit "${1#*/}"
        hostq_fill "$2"
        ;;
    peer/*) peer "${1#*/}" fill "$2" >>"$dir/peer-${1#*/}.log" 2>&1 || die "$1: fill failed" ;;
    *) die "no subject $1" ;;
    esac
}

subject_drain() { # SUBJECT N
    case $1 in
    hostq/*) hostq_drain "$2" ;;
    limit/*) limit_drain "$2" "${1#*/}" 1 ;;
    limit2/*) limit_drain "$2" "${1#*/}" 2 ;;
    peer/*) peer_drain "${1#*/}" "$2" ;;
    esac
}

# The list, begun at another subject in each round; $1 is the round.
rotated() { # ROUND SUBJECT...
    local n=$(($1 % ($# - 1)))
    shift
    printf '%s\n' "${@:n+1}" "${@:1:n}"
}
