#!/bin/sh
# The main program: options and their errors, /metrics and /healthz, HUP, two
# steps of stopping, and an end with one clear line. M76
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
plan 26

status_of() { # CMD... : exit status; output in $tmp/out
    "$@" >"$tmp/out" 2>&1
    echo $?
}
get() { # PATH [curl options] : "BODY CODE"
    path=$1
    shift
    curl -sS -m 5 -w '%{http_code}' "$@" "http://$address$path" | tr '\n' ' '
}
health_is() {
    get /healthz | grep -Eq "$1"
}
metric() { # LINE WITHOUT VALUE : value
    curl -sS -m 5 "http://$address/metrics" | awk -v m="$1" '$1 == m { print $2 }'
}
metric_is() {
    [ "$(metric "$1")" = "$2" ]
}
ended() { # STATUS LOG ERE
    wait_for 10 gone "$daemon_pid" && wait "$daemon_pid"
    [ $? = "$1" ] && grep -Eq "$3" "$tmp/$2"
}

# Without a database.
is "--check-config: nothing wrong" "$(status_of hostqd --check-config)" 0
printf 'slots = 0\nlease = 2h\n' >"$tmp/bad.conf"
is "--check-config: status" \
    "$(HOSTQ_RUNNERS=17 status_of hostqd --config "$tmp/bad.conf" --check-config --prefetch=x)" 2
is "--check-config: every mistake with its place" \
    "$(sed -n "s|$tmp|TMP|;s/: must be.*//p" "$tmp/out")" \
    "hostqd: TMP/bad.conf:1: slots = 0
hostqd: TMP/bad.conf:2: lease = 2h
hostqd: environment HOSTQ_RUNNERS: runners = 17
hostqd: option --prefetch: prefetch = x"
is "bad settings do not start" "$(status_of hostqd --slots=0)" 2
like "--show-config: value and where from" \
    "$(HOSTQ_SLOTS=7 hostqd --show-config --database='password=x')" \
    'slots += 7 +; environment HOSTQ_SLOTS'
is "--show-config: no password" \
    "$(hostqd --show-config --database='password=x' | grep -c password)" 0
is "states --json is JSON" "$(hostqd states --json | jq -r '.states | length > 5')" true
like "states --mermaid" "$(hostqd states --mermaid)" 'pending --> claimed : claim'
is "no such command" "$(status_of hostqd states --bogus)" 2

pg_start
cat >"$tmp/d.conf" <<END
slots = 5
metrics_listen = 127.0.0.1:0
END
daemon_start d1 --config="$tmp/d.conf"
address=$(sed -n 's/.* web.listening address=//p' "$tmp/d1.log")
ok "/healthz: ok" wait_for 5 health_is '^ok 200$'
id=$(submit '{"kind":"noop"}')
expect_state "$id" completed 5
ok "/metrics: counts what was settled" \
    wait_for 2 metric_is 'hostq_settled_total{state="completed"}' 1
is "/metrics: slots" "$(metric hostq_slots)" 5
id=$(submit '{"kind":"noop","fail":"retry","policy":{"max_retries":0}}')
expect_state "$id" failed 5
ok "M76: refused retries are counted by key and reason" \
    wait_for 2 metric_is 'hostq_retry_denied_total{key="noop",reason="max_retries"}' 1
like "404" "$(get /x)" ' 404$'
like "405" "$(get /metrics -X POST -d x)" ' 405$'

is "an address in use: exit 1" "$(status_of hostqd --name=d2 --metrics_listen="$address")" 1
is "and nothing was registered" \
    "$(sql "SELECT count(*) FROM hostq.daemons WHERE name = 'd2'")" 0

printf 'slots = 6\nrunners = 2\nmetrics_listen = 127.0.0.1:0\n' >"$tmp/d.conf"
kill -HUP "$daemon_pid"
ok "HUP changes slots" wait_for 5 metric_is hostq_slots 6
like "HUP names what needs a restart" "$(cat "$tmp/d1.log")" \
    'config.needs_restart name=runners from="1" to="2"'

pg_stop fast
ok "/healthz: no database" wait_for 10 health_is 'database.* 503$'
# shellcheck disable=SC2119 # no options
pg_go
ok "/healthz: it is back" wait_for 15 health_is '^ok 200$'

id=$(submit '{"kind":"noop","duration_ms":60000}')
wait_for 5 in_state "$id" processing
kill "$daemon_pid"
ok "/healthz: stopping" wait_for 5 health_is 'stopping 503$'
daemon_stop "$daemon_pid"
is "the second TERM ends it at once" "$daemon_status" 0

sql "UPDATE hostq.schema_version SET compatible_from = 9999"
hostqd --name=d3 --log_file="$tmp/d3.log" 2>"$tmp/d3.err" &
daemon_pid=$!
pids="$pids $daemon_pid"
ok "a newer schema: exit 6 and one line" ended 6 d3.err '^hostqd: .*9999'
