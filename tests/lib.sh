# lib.sh - for tests/daemon/*.t: TAP, a private PostgreSQL, daemons, waiting.
# Sourced by POSIX sh. Every process started here is stopped by its own pid.
#
#   plan N / skip_all WHY      ok NAME CMD...   is NAME GOT WANT
#   like NAME GOT ERE          wait_for SECONDS CMD...
#   pg_start / pg_stop MODE / pg_go    sql QUERY
#   daemon_start NAME [--setting=value...]; pid in $daemon_pid
#   daemon_stop PID [SIGNAL]; daemon_log NAME
#   submit JSON -> request id; state ID; expect_state ID STATE SECONDS
#   ec2_start [ARGS...]: tests/fake/ec2, which says what ARGS and orders are; it
#     is at $ec2_url, its pid in $ec2_pid (of the last one started)
#   ec2_control JSON   ec2_state JQ   ec2_counters JQ   ec2_log JQ [SINCE]

set -u
top_srcdir=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
top_builddir=$(cd "${top_builddir:-$top_srcdir}" && pwd)
PATH="$top_builddir:$PATH"
export PATH
unset HF_PROVIDER_NAME HF_PROVIDER_CONFDIR HOSTQ_DATABASE HOSTQ_NAMESPACE HOSTQ_CONFIG
LC_ALL=C
TZ=UTC
export LC_ALL TZ

tap_n=0
tap_failed=0
tap_planned=
pids=
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hqt.XXXXXX")
chmod 755 "$tmp"
. "$top_srcdir/tests/pgtmp.sh"

plan() {
    tap_planned=$1
    echo "1..$1"
}

# Before or after the plan.
skip_all() {
    [ -n "$tap_planned" ] || echo "1..0 # SKIP $*"
    while [ "$tap_n" -lt "${tap_planned:-0}" ]; do
        tap_n=$((tap_n + 1))
        echo "ok $tap_n # SKIP $*"
    done
    exit 0
}

report() { # STATUS NAME
    tap_n=$((tap_n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $tap_n - $2"
    else
        tap_failed=$((tap_failed + 1))
        echo "not ok $tap_n - $2"
        return 1
    fi
}

ok() {
    ok_name=$1
    shift
    if "$@" >"$tmp/ok.out" 2>&1; then
        report 0 "$ok_name"
    else
        report 1 "$ok_name" || sed 's/^/#   /' "$tmp/ok.out"
        echo "#   failed: $*"
        diagnose
    fi
}

is() {
    if [ "$2" = "$3" ]; then
        report 0 "$1"
    else
        report 1 "$1" || printf '%s\n' "got:  $2" "want: $3" | sed 's/^/#   /'
        diagnose
    fi
}

like() {
    if printf '%s\n' "$2" | grep -Eq -- "$3"; then
        report 0 "$1"
    else
        report 1 "$1" || printf '%s\n' "got:  $2" "like: $3" | sed 's/^/#   /'
        diagnose
    fi
}

diagnose() {
    for log in "$tmp"/*.log; do
        [ -f "$log" ] || continue
        echo "#   --- $(basename "$log")"
        tail -n 12 "$log" | sed 's/^/#   /'
    done
}

# Polls at 20 ms until CMD succeeds; false when the time is over.
wait_for() {
    wf_until=$(($(date +%s%N) + $1 * 1000000000))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s%N)" -lt "$wf_until" ] || return 1
        sleep 0.02
    done
}

pg_go() { # [-c setting=value ...]
    # shellcheck disable=SC2086 # options
    pgtmp_start "$tmp/pg" ${PG_OPTIONS:-} "$@"
}

pg_stop() { # fast | immediate
    pgtmp_stop "$tmp/pg" "$1"
}

# The cluster of a test: a copy of one that was made and migrated once.
pg_start() {
    [ -n "$PGBIN" ] || skip_all "no PostgreSQL server on this machine"
    PGHOST=$tmp/pg PGUSER=postgres PGDATABASE=hostq
    export PGBIN PGHOST PGUSER PGDATABASE
    cache=$top_builddir/pg-cache.tar
    exec 9>"$cache.lock"
    flock 9
    if [ "$cache" -nt "$top_builddir/hostq" ]; then
        pgtmp_dir "$tmp/pg"
        as_pg tar -C "$tmp/pg" -xf - <"$cache"
        flock -u 9
        pg_go || exit 99
    else
        pgtmp_init "$tmp/pg" "fsync = off" "max_connections = 200" \
            "log_min_messages = warning" || exit 99
        pg_go || exit 99
        "$PGBIN/createdb" hostq && hostq migrate >"$tmp/migrate.out" 2>&1 || {
            cat "$tmp/migrate.out"
            exit 99
        }
        pg_stop fast
        tar -C "$tmp/pg" --owner=0 --group=0 -cf "$cache.new" data && mv "$cache.new" "$cache"
        flock -u 9
        pg_go
    fi
    exec 9>&-
    # A copy is another deployment: tests that run side by side must not find
    # each other's machines.
    pg_deployment=$(sql "UPDATE hostq.deployment SET id = gen_random_uuid() RETURNING id")
}

sql() {
    psql -XAtq -v ON_ERROR_STOP=1 -c "$1"
}

# Starts a daemon and waits until it is registered.
daemon_start() {
    daemon_name=$1
    shift
    before=$(sql "SELECT count(*) FROM hostq.daemons WHERE name = '$daemon_name'")
    hostqd --name="$daemon_name" "$@" >>"$tmp/$daemon_name.log" 2>&1 &
    daemon_pid=$!
    pids="$pids $daemon_pid"
    wait_for 15 daemon_is_up "$before" || {
        echo "# daemon $daemon_name did not start"
        diagnose
        return 1
    }
}

daemon_is_up() {
    [ "$(sql "SELECT count(*) FROM hostq.daemons WHERE name = '$daemon_name'")" -gt "$1" ] &&
        grep -q db.connected "$tmp/$daemon_name.log"
}

gone() {
    ! kill -0 "$1" 2>/dev/null
}

# Exit status of the daemon in $daemon_status. Only one that stands still is
# continued: the leak sanitizer stops its own process at the end, and waits for
# ever when another's SIGCONT takes that stop away.
daemon_stop() {
    kill -"${2:-TERM}" "$1" 2>/dev/null
    case $(ps -o stat= -p "$1") in T*) kill -CONT "$1" ;; esac
    wait "$1" 2>/dev/null
    daemon_status=$?
}

submit() { # JSON of hostq.submit
    sql "SELECT coalesce(r->>'requestId', r::text) FROM hostq.submit(\$json\$$1\$json\$) r"
}

state() {
    sql "SELECT state FROM hostq.requests WHERE request_id = '$1'"
}

in_state() {
    [ "$(state "$1")" = "$2" ]
}

expect_state() { # ID STATE SECONDS
    if wait_for "$3" in_state "$1" "$2"; then
        report 0 "$1 becomes $2"
    else
        report 1 "$1 becomes $2" || echo "#   is: $(state "$1")"
        sql "SELECT * FROM hostq.requests WHERE request_id = '$1'" | sed 's/^/#   /'
        diagnose
    fi
}

# A process template T (of namespace default) whose command is $2 (json).
template() { # ID COMMAND_JSON [MORE_JSON_MEMBERS]
    sql "SELECT hostq.store_templates('default', 'test', '{}', coalesce((SELECT jsonb_agg(jsonb_build_object(
            'templateId', template_id, 'definition', definition, 'valid', valid, 'problem', problem,
            'providerApi', provider_api, 'maxNumber', max_number) ORDER BY ordinal) FROM hostq.templates
            WHERE namespace = 'default' AND template_id <> '$1'), '[]') || \$json\$[{\"templateId\":\"$1\",
        \"definition\":{\"templateId\":\"$1\",\"maxNumber\":10000,\"providerApi\":\"process\",
        \"attributes\":{\"type\":[\"String\",\"X86_64\"],\"ncpus\":[\"Numeric\",\"1\"],\"nram\":[\"Numeric\",\"1024\"]},
        \"command\":$2${3:+,$3}},\"valid\":true,\"providerApi\":\"process\",\"maxNumber\":10000}]\$json\$::jsonb, '')" >/dev/null
}

# Skips the test where there is no python3.
ec2_start() {
    python3 -c '' 2>/dev/null || skip_all "no python3"
    ec2_dir=$(mktemp -d "$tmp/ec2.XXXXXX")
    python3 "$top_srcdir/tests/fake/ec2" --port 0 --dir "$ec2_dir" "$@" \
        >>"$tmp/ec2.log" 2>&1 &
    ec2_pid=$!
    pids="$pids $ec2_pid"
    wait_for 15 test -s "$ec2_dir/port" || {
        echo "# the stand-in for EC2 did not start"
        diagnose
        return 1
    }
    ec2_url=http://127.0.0.1:$(cat "$ec2_dir/port")
}

ec2_control() { # prints the answer; false when the order is refused
    curl -sS --fail-with-body --data-binary "$1" "$ec2_url/control"
}

ec2_state() {
    curl -sS "$ec2_url/control/state" | jq -r "$1"
}

ec2_counters() {
    curl -sS "$ec2_url/control/counters" | jq -r "$1"
}

ec2_log() {
    curl -sS "$ec2_url/control/log?since=${2:-0}" | jq -r "$1"
}

# Pids of living machines of this test's deployment.
machine_pids() {
    deployment=$(sql "SELECT id FROM hostq.deployment") || deployment=${pg_deployment:-none}
    # Only session leaders are machines; zombies are gone.
    grep -slzxF "HOSTQ_DEPLOYMENT=$deployment" /proc/[0-9]*/environ | sed 's/environ$/stat/' |
        xargs -r cat 2>/dev/null | sed 's/^\([0-9]*\) (.*) /\1 /' |
        awk '$2 != "Z" && $5 == $1 { print $1 }' # pid state ppid pgrp session
}

cleanup() {
    status=$?
    trap - EXIT
    # Daemons first: they would start new ones.
    for p in $pids; do
        kill -9 "$p" 2>/dev/null
        kill -CONT "$p" 2>/dev/null
        wait "$p" 2>/dev/null
    done
    for p in $(machine_pids 2>/dev/null); do
        kill -9 "$p" 2>/dev/null
    done
    if [ -f "$tmp/pg/data/postmaster.pid" ]; then
        pg_stop immediate
    fi
    if [ -n "$tap_planned" ] && [ "$status" = 0 ] && [ "$tap_planned" != "$tap_n" ]; then
        echo "# planned $tap_planned, ran $tap_n"
        status=1
    fi
    [ "$tap_failed" = 0 ] || status=1
    if [ "$status" = 0 ] || [ -z "${KEEP:-}" ]; then
        rm -rf "$tmp"
    else
        echo "# kept: $tmp"
    fi
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT HUP
trap 'diagnose; exit 124' TERM # tests/limit: the time is over
