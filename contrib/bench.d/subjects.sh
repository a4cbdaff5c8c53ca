# subjects.sh - sourced by contrib/bench: what is measured, one way to each.
#
#   hostq/stamps hostq/full    a real daemon; what queue noop audits
#   limit/stamps limit/full    limit.c: the same rows without a daemon
#   limit-two/stamps           two of them at once
#   limit-deep/stamps          one with two groups in flight
#   peer/NAME[:SETTINGS]       peers/NAME (see peers/README.md), in a database of
#                              its own; a drain tries each of its variants
#
#   subject_fill SUBJECT N     an empty queue, then N waiting jobs with $PEER_PAYLOAD
#   subject_drain SUBJECT N    works them; sets $rate (jobs/s) and $cpu (s, of
#                              the processes beside the server)
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

# Bulk rows as submit writes them, where submit itself is not measured.
hostq_load_functions() {
    "$PGBIN/psql" -XAtq -v ON_ERROR_STOP=1 -v payload="$PEER_PAYLOAD" <<'SQL'
CREATE SCHEMA bench;
CREATE FUNCTION bench.payload() RETURNS jsonb LANGUAGE sql IMMUTABLE RETURN :'payload'::jsonb;
CREATE FUNCTION bench.bodies(n int) RETURNS SETOF bigint LANGUAGE sql AS $$
    INSERT INTO hostq.request_body (id, created_at, request_id, namespace, kind, queue, priority, payload, submitted_by)
    SELECT id, now(), hostq.make_request_id('noop', id), 'default', 'noop', 'noop', 'normal', bench.payload(), session_user
    FROM (SELECT nextval('hostq.request_seq') AS id FROM generate_series(1, n)) x RETURNING id
$$;
CREATE FUNCTION bench.lane() RETURNS int LANGUAGE sql AS $$SELECT hostq.lane('noop', 'normal', NULL)$$;
CREATE FUNCTION bench.load(n int) RETURNS void LANGUAGE sql AS $$
    INSERT INTO hostq.queue (id, lane_id) SELECT id, (SELECT bench.lane()) FROM bench.bodies(n) id;
    SELECT hostq.notify_work('noop')
$$;
SQL
}

hostq_empty() {
    sql "TRUNCATE hostq.queue, hostq.finished, hostq.request_body, hostq.event, hostq.ids"
}

# Remembers in $first where the ids of what comes now begin.
hostq_mark() {
    ask "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM hostq.request_seq"
    first=$answer
}

hostq_submit() { # N [MORE OF THE REQUEST]
    sql "SELECT count(hostq.submit('{\"kind\":\"noop\"${2:-}}')) FROM generate_series(1, $1)" >/dev/null
}

hostq_fill() { # N
    "${keep_rows:-false}" || hostq_empty
    hostq_mark
    sql "SELECT bench.load($1)" >/dev/null
}

hostq_audit() { sql "UPDATE hostq.queues SET audit = '$1' WHERE name = 'noop'"; }

# Requests per second of those since hostq_mark, which must be N, all of them
# completed; from the claim of the first to the end of the last. In $rate; the
# rows of a claim in $claim.
hostq_rate() { # N
    local n
    IFS='|' read -r n rate claim < <(sql "SELECT count(*), round(count(*) / extract(epoch FROM max(finished_at) - min(claimed_at))),
            round(count(*)::numeric / nullif(count(DISTINCT lease), 0), 1)
        FROM hostq.finished WHERE id > $first AND state = 'completed'")
    [ "$n" = "$1" ] || die "$n of $1 requests are completed"
    ask "SELECT count(*) FROM hostq.queue WHERE id > $first"
    [ "$answer" = 0 ] || die "$answer requests are left in the queue"
}

hostq_all_done() { # SECONDS
    wait_until "$1" "SELECT (SELECT coalesce(max(id), 0) FROM hostq.finished) >= (SELECT last_value FROM hostq.request_seq)
        AND NOT EXISTS (SELECT FROM hostq.queue WHERE id > $first)"
}

hostq_drain() { # N
    daemon_start --name=bench --slots=4000
    hostq_all_done 600
    cpu=$(daemons_cpu)
    daemons_stop
    hostq_rate "$1"
}

c_program() { # NAME: bench.d/NAME.c, built once
    [ ! -x "$dir/$1" ] || return 0
    # shellcheck disable=SC2046 # flags
    ${CC:-cc} -O2 -o "$dir/$1" "$here/bench.d/$1.c" -I"$(pg_config --includedir)" \
        -L"$(pg_config --libdir)" -lpq || die "cannot build $1.c"
}

limit_build() {
    c_program limit
    group=$(hostqd --show-config | sed -n 's/^group_size *= *\([0-9]*\).*/\1/p')
    [ -n "$group" ] || die "hostqd --show-config names no group_size"
}

limit_drain() { # N AUDIT PROCESSES DEPTH
    local i pids=() option=(--depth "$4")
    limit_build
    [ "$2" = stamps ] || option+=(--audit)
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

peer_database() { echo "peer_${1//[^a-z0-9]/_}"; }

peer() { # NAME VERB ARGUMENT...
    local name=$1 verb=$2
    shift 2
    PGDATABASE=$(peer_database "$name") PEER_SETTINGS=${settings:-} \
        "$here/bench.d/peers/$name" "$verb" "$dir/peer-$name" "$@"
}

# Sets $peer and $settings of peer/NAME:SETTINGS.
peer_of() {
    peer=${1#*/}
    settings=${peer#*:}
    [ "$settings" != "$peer" ] || settings=
    peer=${peer%%:*}
}

# Each subject, a peer once for each of its variants.
with_variants() {
    local s v
    for s in "$@"; do
        case $s in
        peer/*:* | [!p]*) echo "$s" ;;
        peer/*) "$here/bench.d/peers/${s#*/}" variants | while read -r v; do echo "$s:$v"; done ;;
        esac
    done
}

# Installs the peers that can be had; sets $peers.
peers_install() {
    local name why
    peers=()
    for name in graphile-worker pg-boss river pgmq; do
        mkdir -p "$dir/peer-$name"
        if [ ! -x "$here/bench.d/peers/$name" ]; then
            left_out "$name (not here)"
        elif why=$(peer "$name" install 2>"$dir/peer-$name.log"); then
            peers+=("$name")
        else
            left_out "$name: $(printf '%s\n' "${why:-$(tail -n 1 "$dir/peer-$name.log")}" | tail -n 1)"
        fi
    done
}

# An empty database with the peer's schema.
peer_fresh() { # NAME
    local db
    db=$(peer_database "$1")
    "$PGBIN/dropdb" --force --if-exists "$db" 2>/dev/null
    "$PGBIN/createdb" "$db"
    peer_try "$1" setup
}

# A verb that must succeed; its output in $text.
peer_try() { # NAME VERB ARGUMENT...
    text=$(peer "$@" 2>>"$dir/peer-$1.log") || die "$1: $2 failed: $(tail -n 3 "$dir/peer-$1.log")"
}

peer_drain() { # NAME N
    local text
    peer_try "$1" drain "$2"
    rate=$(printf '%s\n' "$text" | awk '$1 == "jobs/s" {printf "%.0f", $2}')
    cpu=$(printf '%s\n' "$text" | awk '$1 == "cpu_s" {print $2}')
    [ -n "$rate" ] || die "$1: drain tells no rate"
}

# --- any -------------------------------------------------------------------

subject_fill() { # SUBJECT N
    case $1 in
    hostq/* | limit*)
        hostq_audit "${1#*/}"
        hostq_fill "$2"
        ;;
    peer/*)
        peer_of "$1"
        peer_fresh "$peer"
        peer_try "$peer" fill "$2"
        ;;
    *) die "no subject $1" ;;
    esac
}

subject_drain() { # SUBJECT N
    case $1 in
    hostq/*) hostq_drain "$2" ;;
    limit/*) limit_drain "$2" "${1#*/}" 1 1 ;;
    limit-two/*) limit_drain "$2" "${1#*/}" 2 1 ;;
    limit-deep/*) limit_drain "$2" "${1#*/}" 1 2 ;;
    peer/*)
        peer_of "$1"
        peer_drain "$peer" "$2"
        ;;
    esac
    settings=
}

# Of $subjects those that are no limit; those that are hostq.
working_subjects() { printf '%s\n' "${subjects[@]}" | grep -Ev '^limit|:' || true; }
hostq_subjects() { printf '%s\n' "${subjects[@]}" | grep '^hostq/' || true; }

# The list, begun at another subject in each round; $1 is the round.
rotated() { # ROUND SUBJECT...
    local n=$(($1 % ($# - 1)))
    shift
    printf '%s\n' "${@:n+1}" "${@:1:n}"
}
