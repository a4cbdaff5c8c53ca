# lib.sh - sourced by contrib/bench: the private cluster, daemons, waiting,
# calibration, and what becomes of samples.
#
#   cluster_start / cluster_stop      PGHOST, PGUSER, PGDATABASE are set
#   database NAME                     another one, made where it is missing
#   sql QUERY                         one psql
#   ask QUERY                         one value into $answer, on a session that
#                                     stays open; cheap enough to poll with
#   daemon_start SETTING...           pid in $daemon_pid; daemons_stop
#   wait_until SECONDS QUERY          until QUERY says t
#   calibrate                         sets $cal, ms
#   sample SUBJECT METRIC UNIT VALUE  one measured value of this repeat
#   series SUBJECT METRIC UNIT X Y    one point of a long run
#   report / write_json / plot        at the end of a scenario, of the run
# Samples go to $out/samples.tsv and $out/series.tsv; $scenario and $round say
# what is being measured.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

die() {
    echo "bench: $*" >&2
    [ ! -s "$dir/daemon.log" ] || tail -n 5 "$dir/daemon.log" >&2
    exit 1
}

left_out() {
    echo "left out: $*"
    printf '%s\n' "$*" >>"$out/left-out.txt"
}

# --- cluster ---------------------------------------------------------------

cluster_start() {
    [ -n "$PGBIN" ] || die "no PostgreSQL server"
    pgtmp_init "$dir/pg"
    # As in a real installation: the user of the machine is the user of the
    # database.
    me=$(id -un)
    printf 'local all %s peer\n' "$me" | cat - "$dir/pg/data/pg_hba.conf" >"$dir/hba"
    cat "$dir/hba" >"$dir/pg/data/pg_hba.conf"
    # WAL is kept for pg_waldump to count.
    pgtmp_start "$dir/pg" -c shared_buffers=1GB -c max_wal_size=8GB -c wal_keep_size=2GB
    export PGHOST=$dir/pg PGUSER=postgres PGDATABASE=hostq
    "$PGBIN/createuser" --superuser "$me" 2>/dev/null || true
    PGUSER=$me
    database hostq
}

# Makes NAME, with the schema, the database that is measured.
database() {
    ask_close
    PGDATABASE=$1
    if "$PGBIN/createdb" "$1" 2>/dev/null; then
        hostq migrate >/dev/null
        hostq_load_functions
    fi
    ask_open
}

cluster_stop() {
    [ ! -f "$dir/pg/data/postmaster.pid" ] || pgtmp_stop "$dir/pg" fast
}

sql() { PGOPTIONS='-c client_min_messages=warning' "$PGBIN/psql" -XAtq -v ON_ERROR_STOP=1 -c "$1"; }

ask_open() {
    coproc ASK { exec "$PGBIN/psql" -XAtq 2>&1; }
    ask_pid=$ASK_PID
}

ask() {
    echo "$1;" >&"${ASK[1]}"
    read -r answer <&"${ASK[0]}" || die "the session that polls has ended"
}

ask_close() {
    [ -n "${ask_pid:-}" ] || return 0
    kill "$ask_pid" 2>/dev/null || true
    wait "$ask_pid" 2>/dev/null || true
    ask_pid=
}

wait_until() { # SECONDS QUERY
    local end=$((SECONDS + $1))
    until ask "$2" && [ "$answer" = t ]; do
        [ "$SECONDS" -lt "$end" ] || die "after $1 s still not: $2 ($answer)"
        sleep 0.1
    done
}

# --- processes -------------------------------------------------------------

daemons=() helpers=()

daemon_start() {
    hostqd "$@" 2>>"$dir/daemon.log" &
    daemon_pid=$!
    daemons+=("$daemon_pid")
}

# CPU seconds that processes have used. With children: that of those that have
# ended, too.
cpu_of() { # self|children PID...
    local what=$1
    shift
    for pid in "$@"; do
        cat "/proc/$pid/stat" 2>/dev/null || true
    done | sed 's/.*) //' | awk -v what="$what" -v hz="$(getconf CLK_TCK)" '
        {t += $12 + $13; if (what == "children") t += $14 + $15}
        END {printf "%.2f", t / hz}'
}

daemons_cpu() { cpu_of self "${daemons[@]}"; }

# All of the server, since its start.
server_cpu() {
    local master
    nap 0.3 # backends that are just ending
    master=$(head -n 1 "$dir/pg/data/postmaster.pid")
    # shellcheck disable=SC2046 # pids
    cpu_of children "$master" $(cat "/proc/$master/task/$master/children")
}

daemons_stop() {
    local pid
    for pid in "${daemons[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in "${daemons[@]}"; do
        wait "$pid" 2>/dev/null || true
    done
    daemons=()
}

helper() { # CMD...: in the background, ended with the run at the latest
    "$@" >/dev/null 2>&1 &
    helpers+=("$!")
}

# Waits without a process of its own.
nap() { # SECONDS
    [ -n "${nap_fd:-}" ] || exec {nap_fd}<> <(:)
    read -rt "$1" -u "$nap_fd" || true
}

helpers_stop() {
    local pid
    for pid in "${helpers[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    helpers=()
}

# --- samples ---------------------------------------------------------------

# ms that a fixed piece of work takes on one core: what noise looks like.
calibrate() {
    local start=${EPOCHREALTIME/./}
    head -c 100000000 /dev/zero | sha256sum >/dev/null
    cal=$(((${EPOCHREALTIME/./} - start) / 1000))
}

sample() {
    [ -n "$4" ] || die "$1: no value for $2"
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$scenario" "$1" "$2" "$3" "$round" "$4" "$cal" >>"$out/samples.tsv"
}

series() {
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$scenario" "$1" "$2" "$3" "$round" "$4" "$5" >>"$out/series.tsv"
}

# The quantile P (0..1) of the numbers on standard input.
quantile() {
    sort -g | awk -v p="$1" '{v[NR] = $1} END {
        i = int(p * NR); if (i < p * NR) i++; if (i < 1) i = 1
        if (NR) print v[i]; else print "none"}'
}

# What B - A of N requests is for 10,000 of them.
per_10k() { awk -v a="$1" -v b="$2" -v n="$3" 'BEGIN {printf "%.3f", (b - a) / n * 10000}'; }

# A quotient with three digits.
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {if (b > 0) printf "%.3f", a / b; else print "none"}'; }

# The table of one scenario: median and spread of each subject's samples.
report() {
    sort -t $'\t' -s -k2,2 -k3,3 -k4,4 -k6,6g "$out/samples.tsv" | awk -F '\t' -v scenario="$1" '
    function flush() {
        if (n) printf "%-9s %-33s %-34s %9s  (%s .. %s; n=%d) %s\n", scenario, subject, metric,
            v[int((n + 1) / 2)], v[1], v[n], n, unit
        n = 0
    }
    $1 != scenario {next}
    $2 != subject || $3 != metric || $4 != unit {flush(); subject = $2; metric = $3; unit = $4}
    {v[++n] = $6; if (!lo || $7 < lo) lo = $7; if ($7 > hi) hi = $7}
    END {flush(); printf "%-9s %-33s %-34s %9s  (%s .. %s) ms\n", scenario, "calibration", "", "", lo, hi}'
}

machine() {
    awk -F ': *' '/^model name/ {print "cpu\t" $2; exit}' /proc/cpuinfo
    printf 'cores\t%s\n' "$(nproc)"
    awk '/^MemTotal/ {print "memory_mb\t" int($2 / 1024)}' /proc/meminfo
    printf 'kernel\t%s\n' "$(uname -sr)"
    printf 'load_at_start\t%s\n' "$(cut -d' ' -f1 /proc/loadavg)"
    printf 'postgresql\t%s\n' "$(sql 'SHOW server_version')"
    printf 'hostq\t%s\n' "$(hostq version | head -n 1)"
    printf 'commit\t%s\n' "$(git -C "$top" describe --always --dirty 2>/dev/null || echo unknown)"
    printf 'started\t%s\n' "$(date -u +%FT%TZ)"
}

# $out/bench.json: machine facts, every sample with its calibration, series.
write_json() {
    touch "$out/series.tsv" "$out/left-out.txt" "$out/samples.tsv"
    awk -F '\t' '
    function q(s) {gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return "\"" s "\""}
    function num(s) {return s ~ /^-?[0-9]+(\.[0-9]+)?$/ ? s : q(s)}
    function part(name) {printf "%s\n %s: ", (parts++ ? "," : "{"), q(name)}
    FNR == 1 {file++}
    FILENAME ~ /machine.tsv$/ {m[++mn] = "  " q($1) ": " num($2)}
    FILENAME ~ /samples.tsv$/ {
        k = $1 FS $2 FS $3 FS $4
        if (!(k in values)) {keys[++kn] = k; sep = ""} else sep = ", "
        values[k] = values[k] sep num($6); cals[k] = cals[k] sep num($7); rounds[k] = rounds[k] sep num($5)
    }
    FILENAME ~ /series.tsv$/ {
        k = $1 FS $2 FS $3 FS $4 FS $5
        if (!(k in xs)) {skeys[++sn] = k; sep = ""} else sep = ", "
        xs[k] = xs[k] sep num($6); ys[k] = ys[k] sep num($7)
    }
    FILENAME ~ /left-out.txt$/ {lo[++ln] = "  " q($0)}
    END {
        part("machine"); printf "{"
        for (i = 1; i <= mn; i++) printf "%s\n%s", (i > 1 ? "," : ""), m[i]
        printf "\n }"
        part("results"); printf "["
        for (i = 1; i <= kn; i++) {
            split(keys[i], f, FS)
            printf "%s\n  {\"scenario\": %s, \"subject\": %s, \"metric\": %s, \"unit\": %s,\n   \"samples\": [%s],\n   \"rounds\": [%s],\n   \"calibration_ms\": [%s]}",
                (i > 1 ? "," : ""), q(f[1]), q(f[2]), q(f[3]), q(f[4]), values[keys[i]], rounds[keys[i]], cals[keys[i]]
        }
        printf "\n ]"
        part("series"); printf "["
        for (i = 1; i <= sn; i++) {
            split(skeys[i], f, FS)
            printf "%s\n  {\"scenario\": %s, \"subject\": %s, \"metric\": %s, \"unit\": %s, \"round\": %s,\n   \"x\": [%s],\n   \"y\": [%s]}",
                (i > 1 ? "," : ""), q(f[1]), q(f[2]), q(f[3]), q(f[4]), num(f[5]), xs[skeys[i]], ys[skeys[i]]
        }
        printf "\n ]"
        part("left_out"); printf "["
        for (i = 1; i <= ln; i++) printf "%s\n%s", (i > 1 ? "," : ""), lo[i]
        printf "\n ]\n}\n"
    }' "$out/machine.tsv" "$out/samples.tsv" "$out/series.tsv" "$out/left-out.txt" >"$out/bench.json"
}

# One picture per scenario that has series.
plot() {
    local s lines subject metric
    [ -s "$out/series.tsv" ] || return 0
    if ! command -v gnuplot >/dev/null; then
        left_out "plots (package gnuplot is not there); their points are in series.tsv"
        return 0
    fi
    for s in $(cut -f1 "$out/series.tsv" | sort -u); do
        lines=
        while IFS=$'\t' read -r subject metric; do
            awk -F '\t' -v s="$s" -v a="$subject" -v b="$metric" \
                '$1 == s && $2 == a && $3 == b {print $6, $7}' "$out/series.tsv" >"$out/plot-$s-${subject//\//_}-${metric// /_}.dat"
            lines="$lines${lines:+, }'$out/plot-$s-${subject//\//_}-${metric// /_}.dat' with linespoints title '$subject $metric'"
        done < <(awk -F '\t' -v s="$s" '$1 == s {print $2 "\t" $3}' "$out/series.tsv" | sort -u)
        gnuplot -e "set terminal png size 1000,500; set output '$out/$s.png'; set yrange [0:*]; set xlabel 's'; set title '$s'; plot $lines"
        rm -f "$out/plot-$s"-*.dat
    done
}
