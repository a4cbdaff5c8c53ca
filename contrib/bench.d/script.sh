# script - the five calls of HostFactory, direct and through PgBouncer, beside
# what any client of libpq pays. 100 calls each.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

script_calls() { # SUBJECT CALL CMD...
    local subject=$1 call=$2 start us
    shift 2
    for _ in $(seq "$calls"); do
        start=${EPOCHREALTIME/./}
        "$@" >"$dir/answer" || die "$call: $(cat "$dir/answer")"
        us=$((${EPOCHREALTIME/./} - start))
        sample "$subject" "$call" ms "$((us / 1000)).$((us / 100 % 10))"
    done
}

# Of the machine that is first in the list.
script_return() {
    echo "{\"machines\":[{\"machineId\":\"${machines[0]}\"}]}" >"$dir/return.json"
    machines=("${machines[@]:1}")
    "$hf/requestReturnMachines.sh" -f "$dir/return.json"
}

script_all() { # SUBJECT
    script_calls "$1" getAvailableTemplates "$hf/getAvailableTemplates.sh"
    script_calls "$1" requestMachines "$hf/requestMachines.sh" T 1
    script_calls "$1" getRequestStatus "$hf/getRequestStatus.sh" "$id"
    script_calls "$1" getReturnRequests "$hf/getReturnRequests.sh" -f "$dir/empty.json"
    script_calls "$1" requestReturnMachines script_return
}

# PgBouncer, as contrib/hostfactory/README.md has it.
script_pooler() {
    local bouncer
    bouncer=$(PATH=$PATH:/usr/sbin command -v pgbouncer) || return
    pgtmp_dir "$dir/pool"
    cat >"$dir/pool.ini" <<INI
[databases]
hostq = host=$dir/pg dbname=hostq user=postgres
[pgbouncer]
unix_socket_dir = $dir/pool
listen_port = 6432
auth_type = hba
auth_hba_file = $dir/pool.hba
auth_file = $dir/pool.users
pool_mode = transaction
logfile = $dir/pool/log
pidfile = $dir/pool/pid
INI
    echo "local all all peer" >"$dir/pool.hba"
    echo "\"$PGUSER\" \"\"" >"$dir/pool.users"
    as_pg "$bouncer" -q -d "$dir/pool.ini" >/dev/null 2>&1
    until [ -s "$dir/pool/pid" ] && [ -S "$dir/pool/.s.PGSQL.6432" ]; do nap 0.05; done
    pool_pid=$(cat "$dir/pool/pid")
    daemons+=("$pool_pid")
}

# As many machines as the calls return; they live until then, or an hour.
script_machines() {
    local id
    daemon_start --name=bench --slots=100
    id=$("$hf/requestMachines.sh" M $((2 * calls)) | sed 's/.*"requestId": *"//; s/".*//')
    wait_until 120 "SELECT state = 'completed' FROM hostq.requests WHERE request_id = '$id'"
    daemons_stop
    mapfile -t machines < <(sql "SELECT instance_id FROM hostq.machines WHERE ended_at IS NULL ORDER BY machine_id")
    [ ${#machines[@]} = $((2 * calls)) ] || die "${#machines[@]} machines"
}

# What was asked for is canceled, and what lives is returned.
script_end() {
    sql "SELECT FROM hostq.queue JOIN hostq.request_body b USING (id), hostq.cancel(b.request_id) WHERE b.kind = 'provision'"
    daemon_start --name=bench --slots=100
    wait_until 120 "SELECT NOT EXISTS (SELECT FROM hostq.machines WHERE ended_at IS NULL)"
    daemons_stop
}

scenario_script() {
    local hf=$top/contrib/hostfactory id machines=() calls=100 pool_pid
    mkdir -p "$dir/conf"
    cat >"$dir/conf/awsprov_templates.json" <<'JSON'
{"templates":[
{"templateId":"T","maxNumber":10000,"providerApi":"process","command":["sleep","9"],
 "attributes":{"type":["String","X86_64"],"ncpus":["Numeric","1"],"nram":["Numeric","1"]}},
{"templateId":"M","maxNumber":10000,"providerApi":"process","command":["sleep","3600"],
 "attributes":{"type":["String","X86_64"],"ncpus":["Numeric","1"],"nram":["Numeric","1"]}}]}
JSON
    export HF_PROVIDER_NAME=bench HF_PROVIDER_CONFDIR=$dir/conf
    echo '{}' >"$dir/empty.json"
    hostq_empty
    calibrate
    "$hf/getAvailableTemplates.sh" >/dev/null
    script_machines
    id=$("$hf/requestMachines.sh" T 1 | sed 's/.*"requestId": *"//; s/".*//')
    script_calls baseline /bin/true /bin/true
    script_calls baseline "psql, SELECT 1" "$PGBIN/psql" -XAtqc "SELECT 1"
    calibrate
    script_all direct
    if script_pooler; then
        export PGHOST="$dir/pool" PGPORT=6432
        calibrate
        script_all pooled
        export PGHOST="$dir/pg"
        unset PGPORT
        daemons_stop
    else
        left_out "the scripts through PgBouncer (package pgbouncer is not there)"
    fi
    script_end
    unset HF_PROVIDER_NAME HF_PROVIDER_CONFDIR
    sql "TRUNCATE hostq.machines CASCADE" 2>/dev/null
    hostq_empty
}
