#!/bin/sh
# hostq schedule: what each of its actions prints, refuses and does; explain of
# a run that is not there yet; and progress, by status and watch.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 72
pg_start
# Neither daemon nor client need more than their roles.
sql "CREATE ROLE d LOGIN IN ROLE hostq_daemon; CREATE ROLE c LOGIN IN ROLE hostq_client"
daemon_start d1 --database="user=d"

run() { # EXIT COMMAND...: stdout in $out, stderr in $err
    run_exit=$1
    shift
    out=$(hostq "$@" 2>"$tmp/err")
    run_got=$?
    err=$(cat "$tmp/err")
    is "hostq $(printf '%s' "$*" | cut -c1-60): exit $run_exit" "$run_got" "$run_exit"
}

# Bad usage names what is wrong.
for c in "|an argument is missing" "nosuch|.nosuch. is none of set, list" "set|the name is missing" "list x|.x. is one argument too many" "show|the name is missing" \
    "delete a b|.b. is one argument too many" "list --cron x|schedule list does not take --cron" "next --missed one|schedule next does not take --missed" \
    "set x --count 3|schedule set does not take --count" "next --count 0|--count: " "set x --cron @daily|a kind or -f FILE is missing"; do
    # shellcheck disable=SC2086 # words
    run 2 schedule ${c%%|*}
    like "... says so" "$err" "^hostq: .*${c#*|}"
done
run 2 schedule set x --cron "61 * * * *" noop
is "... field, value and limit" "$err" "hostq: Cron field minute cannot be '61' (cron.minute: \"61\", allowed: 0..59: values, lists, ranges low-high, * and steps after a range or *)"
run 2 schedule set x --cron @daily --tz Mars/Base noop
like "... the zone" "$err" "Unknown time zone 'Mars/Base'"
run 2 schedule set x --every 1500ms noop
like "... the period" "$err" "whole number of seconds .every: 1.5, allowed: 1..315360000 s"
run 2 schedule set x --cron @daily --missed never noop
run 2 schedule set x --cron @daily noop --param colour=1
like "... its request" "$err" "Unknown field 'colour' .request.colour: 1"
run 0 schedule list
is "none was stored" "$out" ""

run 0 schedule set night --cron "30 2 * * *" --tz Europe/Berlin --missed all noop --timeout 1m --param result=7
like "... prints the next time" "$out" '^night next 20[0-9-]*T0[01]:30:00\.000Z$'
run 0 schedule list
like "list" "$out" '^night	default	30 2 \* \* \*	Europe/Berlin	all	ok	20[0-9-]* 02:30:00 \+0[12]:00	'
run 0 schedule show night
like "show" "$(echo "$out" | tr -s ' ' | tr '\n' ' ')" 'schedule night namespace default cron 30 2 \* \* \* zone Europe/Berlin missed all .*request .*"timeout"'
ok "show --json" eval 'hostq schedule show night --json | jq -e ".request == {\"kind\":\"noop\",\"timeout\":60,\"result\":7} and (.next_times | length == 5)"'
echo '{"kind":"noop","priority":"high"}' >"$tmp/request"
run 0 schedule set hour --every 1h -f "$tmp/request" -n other
is "a file, a period, a namespace" "$(sql "SELECT every, request, namespace FROM hostq.schedules WHERE name = 'hour'")" '01:00:00|{"kind": "noop", "priority": "high"}|other'

run 0 schedule next --cron "30 2 * * *" --tz Europe/Berlin --count 2
is "two times" "$(echo "$out" | grep -cE '^20[0-9-]* 02:30:00 \+0[12]:00$')" 2
run 0 schedule next night
is "five" "$(echo "$out" | wc -l)" 5
run 3 schedule next nosuch
run 3 schedule run nosuch
like "not found" "$err" "Schedule 'nosuch' not found"

at=$(sql "SELECT extract(epoch FROM next_at)::bigint FROM hostq.schedules WHERE name = 'night'")
run 3 explain "sched:night:$at"
like "explain of a run to come" "$err" "there is no request 'sched:night:$at': schedule night makes it at 20"
run 0 schedule pause night
is "... paused" "$out" "night paused"
run 3 explain "sched:night:$at"
like "explain: paused" "$err" ": schedule night is paused"
run 0 schedule run night
id=$out
like "... prints the id" "$id" '^sched:night:now-[0-9]+$'
expect_state "$id" completed 5
is "with its result" "$(hostq result "$id")" 7
run 0 schedule resume night
like "... next" "$out" '^night next 20'
run 2 submit noop --request-id sched:x:1
like "others' ids" "$err" "begin with sched: are reserved"
run 0 schedule delete night
is "... deleted" "$out" "night deleted"

# Progress of a running request.
slow=$(submit '{"kind":"noop","duration_ms":20000}')
wait_for 5 in_state "$slow" processing
hostq watch "$slow" >"$tmp/watch" &
watcher=$!
pids="$pids $watcher"
for step in 1 2; do
    sql "SELECT hostq.report('$slow', '{\"done\":$step,\"total\":2,\"message\":\"step $step\"}')" >/dev/null
    ok "watch prints step $step" wait_for 5 grep -q "processing .* $((step * 50)) % ($step of 2): step $step\$" "$tmp/watch"
done
like "status, too" "$(hostq status "$slow" | tr -s ' ')" '^progress 100 % \(2 of 2\): step 2$'

# Reports that come while requests are settled keep none from ending.
noops 40 '"duration_ms":300'
said=0
while [ "$(count completed)" -lt 41 ] && [ $said -lt 2000 ]; do
    said=$((said + $(sql "SELECT count(hostq.report(request_id, '{\"progress\":50}')) FROM hostq.requests WHERE state = 'processing'")))
done
ok "all complete among reports ($said)" [ "$(count completed)" -ge 41 ]
is "each at its first attempt" "$(sql "SELECT max(retry_attempt), max(crashes) FROM hostq.requests")" "0|0"

# A tenant's schedule is run by a daemon that is no superuser.
sql "INSERT INTO hostq.tenants VALUES ('mine', 'c')"
hostq set row_security on >/dev/null
PGUSER=c hostq schedule set tick --every 1s -n mine noop >/dev/null
made() {
    [ "$(sql "SELECT count(*) FROM hostq.requests WHERE namespace = 'mine' AND request_id ~ '^sched:mine/tick:[0-9]+$' AND state = 'completed'")" -ge 2 ]
}
ok "a tenant's runs are made" wait_for 6 made
is "and nothing was refused" "$(grep -E 'db.error|db.lost' "$tmp/d1.log")" ""
