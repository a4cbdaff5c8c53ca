# inflight - 10,000 requests in flight in one daemon, each at a timer of its
# own (payload duration_ms): its memory.
# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of contrib/bench

rss_mb() { awk -v what="$1:" '$1 == what {printf "%.1f", $2 / 1024}' "/proc/$daemon_pid/status"; }

scenario_inflight() {
    hostq_audit stamps
    for round in $(seq "$repeat"); do
        hostq_empty
        hostq_mark
        calibrate
        daemon_start --name=bench --slots=10000
        wait_until 10 "SELECT EXISTS (SELECT FROM hostq.daemons WHERE state = 'alive')"
        nap 1
        sample "1 daemon" "idle, RSS" MB "$(rss_mb VmRSS)"
        hostq_submit 10000 ',"duration_ms":20000'
        wait_until 60 "SELECT count(*) = 10000 FROM hostq.queue WHERE state = 'processing'"
        sample "1 daemon" "10000 in flight, RSS" MB "$(rss_mb VmRSS)"
        hostq_all_done 120
        sample "1 daemon" "highest RSS" MB "$(rss_mb VmHWM)"
        daemons_stop
        hostq_rate 10000
    done
    hostq_empty
}
