# recovery - a daemon that holds work is killed with -9: how long until all of
# its rows run elsewhere. Of four daemons the one that holds most is killed.
# Another must have held its lock for 3 s, as a takeover asks for (after a
# restart of the server all locks are free for a moment).
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

# Kills the daemon that holds most of what runs; sets $at and $killed, its epoch.
recovery_kill() {
    local pid i
    IFS='|' read -r killed pid < <(sql "SELECT d.epoch, d.pid FROM hostq.queue q JOIN hostq.daemons d ON d.epoch = q.owner
        WHERE q.state = 'processing' GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 1")
    sql "CREATE TABLE bench.held AS SELECT id FROM hostq.queue WHERE owner = $killed"
    at=$EPOCHREALTIME
    kill -9 "$pid"
    wait "$pid" 2>/dev/null || true
    for i in "${!daemons[@]}"; do
        [ "${daemons[i]}" != "$pid" ] || unset 'daemons[i]'
    done
    daemons=("${daemons[@]}")
}

scenario_recovery() {
    local n at killed ms
    hostq_empty
    hostq_audit stamps
    sql "DROP TABLE IF EXISTS bench.held"
    round=1
    calibrate
    for n in 1 2 3 4; do
        daemon_start --name=bench --slots=100
    done
    for n in $(seq "$kills"); do
        wait_until 30 "SELECT count(*) = 4 AND count(*) FILTER (WHERE started_at < clock_timestamp() - interval '3.5 s') > 1
            FROM hostq.daemons WHERE state = 'alive'"
        hostq_mark
        hostq_submit 20 ',"duration_ms":600000'
        wait_until 30 "SELECT count(*) = 20 FROM hostq.queue WHERE state = 'processing'"
        recovery_kill
        wait_until 60 "SELECT count(*) = 20 FROM hostq.queue WHERE state = 'processing' AND owner <> $killed"
        ms=$(sql "SELECT round(((extract(epoch FROM max(started_at)) - $at) * 1000)::numeric, 1) FROM hostq.queue JOIN bench.held USING (id);
            DROP TABLE bench.held; SELECT FROM hostq.request_body b, hostq.cancel(b.request_id) WHERE b.id > $first" | grep .)
        series "kill -9" "until all run elsewhere" ms "$n" "$ms"
        daemon_start --name=bench --slots=100
        wait_until 30 "SELECT NOT EXISTS (SELECT FROM hostq.queue)"
    done
    daemons_stop
    for n in p50=0.5 p99=0.99 max=1; do
        ms=$(awk -F '\t' '$1 == "recovery" {print $7}' "$out/series.tsv" | quantile "${n#*=}")
        sample "kill -9" "until all run elsewhere, ${n%=*}" ms "$ms"
    done
    sample "kill -9" "kills" "" "$kills"
    hostq_empty
}
