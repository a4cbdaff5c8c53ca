# discovery - 50 open requests with 10,000 machines at a stand-in for EC2 on
# this machine (tests/fake/ec2): what one look of the watch costs while nothing
# changes. Its time has the stand-in's own in it.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

discovery_server() {
    mkdir "$dir/ec2"
    python3 "$top/tests/fake/ec2" --port 0 --dir "$dir/ec2" >"$dir/ec2.log" 2>&1 &
    daemons+=("$!")
    until [ -s "$dir/ec2/port" ]; do nap 0.05; done
    url=http://127.0.0.1:$(cat "$dir/ec2/port")
    # The last of each launch stays pending, so that requests stay open.
    curl -sS -o /dev/null --data-binary '{"pending_last":1}' "$url/control"
}

discovery_calls() { curl -sS "$url/control/counters" | sed 's/.*"DescribeInstances": *\([0-9]*\).*/\1/'; }

discovery_machines() {
    echo '{"templates":[{"templateId":"E","maxNumber":10000,"providerApi":"RunInstances","imageId":"ami-1","vmType":"t3.medium",
        "subnetId":"subnet-a","attributes":{"type":["String","X86_64"],"ncpus":["Numeric","1"],"nram":["Numeric","1"]}}]}' >"$dir/conf/awsprov_templates.json"
    echo "{\"AWS_REGION\":\"us-east-1\",\"AWS_ENDPOINT_URL\":\"$url\",\"AWS_INSTANCE_PENDING_TIMEOUT_SEC\":9000}" >"$dir/conf/awsprov_config.json"
    HF_PROVIDER_NAME=bench HF_PROVIDER_CONFDIR=$dir/conf "$top/contrib/hostfactory/getAvailableTemplates.sh" >/dev/null
    sql "SELECT hostq.set('max_machine_count', '1000'), hostq.set('watch_pending_ms', '100')" >/dev/null
    sql "SELECT count(hostq.submit('{\"kind\":\"provision\",\"namespace\":\"bench\",\"templateId\":\"E\",\"machineCount\":200,\"timeout\":3600}'))
        FROM generate_series(1, 50)" >/dev/null
    AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any daemon_start --name=bench
    wait_until 300 "SELECT count(*) = 9900 FROM hostq.machines WHERE status = 'running'"
}

scenario_discovery() {
    local url looks=20 polls cpu server calls start us
    polls="(SELECT (note->>'poll_count')::int FROM hostq.queue JOIN hostq.request_body b USING (id) WHERE b.kind = 'watch' AND b.account IS NOT NULL)"
    mkdir -p "$dir/conf"
    hostq_empty
    discovery_server
    discovery_machines
    for round in $(seq "$repeat"); do
        calibrate
        start=${EPOCHREALTIME/./} cpu=$(cpu_of self "$daemon_pid") server=$(server_cpu) calls=$(discovery_calls)
        wait_until 300 "SELECT $polls >= $(sql "SELECT $polls") + $looks"
        us=$((${EPOCHREALTIME/./} - start))
        sample hostq "a look" ms "$((us / looks / 1000 - 100))"
        sample hostq "a look, calls" n "$((($(discovery_calls) - calls) / looks))"
        sample hostq "a look, CPU of hostqd" ms "$(awk -v a="$cpu" -v b="$(cpu_of self "$daemon_pid")" -v n=$looks 'BEGIN {printf "%.0f", (b - a) / n * 1000}')"
        sample hostq "a look, CPU of the server" ms "$(awk -v a="$server" -v b="$(server_cpu)" -v n=$looks 'BEGIN {printf "%.0f", (b - a) / n * 1000}')"
        sample hostq "highest RSS of hostqd" MB "$(awk '$1 == "VmHWM:" {printf "%.1f", $2 / 1024}' "/proc/$daemon_pid/status")"
    done
    daemons_stop
    sql "DELETE FROM hostq.machines" 2>/dev/null || true
    hostq_empty
}
