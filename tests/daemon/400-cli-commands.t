#!/bin/sh
# Each command of the client: what it prints, --json that jq reads, its exit
# status, its help. M36 M47
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 383

# Help needs no database.
commands=$(hostq help --words)
for c in submit wait watch status show result explain events cancel retry list machines templates validate-templates horizon \
    queues daemons pause resume schedule set adopt call hf migrate version help; do
    like "hostq knows $c" " $(echo "$commands" | tr '\n' ' ')" " $c "
done
list=$(hostq help)
for c in $commands; do
    hostq help "$c" >"$tmp/help" 2>"$tmp/err"
    is "help $c: exit 0, nothing on stderr" "$?$(cat "$tmp/err")" 0
    like "... usage and options" "$(tr '\n' ' ' <"$tmp/help")" "^usage: hostq $c .*Options:.*--database.*--help"
    [ "$c" = help ] || ok "... the same by --help" eval 'hostq "$c" --help | diff - "$tmp/help"'
    like "... it is in the list" "$list" "^  $c +[a-z]"
    is "... words for completion: its options" "$(hostq help "$c" --words)" "$(grep -oE -- '^  ...? --[a-z-]+' "$tmp/help" | sed 's/.* //')"
done
hostq >"$tmp/out" 2>"$tmp/err"
is "no command: exit 2" $? 2
is "... one line" "$(wc -l <"$tmp/err")" 1
hostq nosuch >"$tmp/out" 2>"$tmp/err"
is "unknown command: exit 2" $? 2
like "... named" "$(cat "$tmp/err")" "nosuch"
hostq help nosuch >"$tmp/out" 2>"$tmp/err"
is "help of an unknown command: exit 2" $? 2
for c in "list --nosuch" "status" "wait" "wait a b" "list x" "list --limit 0" "list --limit x" "wait x --timeout -1" "set a b c" "help a b" "list --state"; do
    # shellcheck disable=SC2086 # words
    hostq $c >"$tmp/out" 2>"$tmp/err"
    is "hostq $c: exit 2" $? 2
    is "... one line, nothing on stdout" "$(wc -l <"$tmp/err") $(wc -c <"$tmp/out")" "1 0"
done
like "version" "$(hostq version)" '^hostq [0-9]+\.[0-9]+'
shows "version --json" "$(hostq version --json)" '.version | test("^[0-9]+[.][0-9]+")'

pg_start
template T '["sleep","1000"]'
template slow '["sleep","1000"]' '"readyAfter":3600'
daemon_start d1

one_line() {
    printf '%s\n' "$out" | tr '\n\t' '  ' | tr -s ' ' | sed 's/ $//'
}
run() { # EXIT COMMAND...: stdout in $out, stderr in $err
    run_exit=$1
    shift
    out=$(hostq "$@" 2>"$tmp/err")
    run_got=$?
    err=$(cat "$tmp/err")
    is "hostq $(printf '%s' "$*" | cut -c1-60): exit $run_exit" "$run_got" "$run_exit"
}

run 0 submit provision T 2 --request-id two --tag a=b
is "... prints the id" "$out" two
run 0 submit provision T 2 --request-id two --tag a=b --json
shows "... --json" "$out" '. == {"requestId":"two","created":false}'
run 0 wait two
is "... prints how it ended" "$out" "two completed"
run 0 wait two --json
shows "... --json" "$out" '.requestId == "two" and .state == "completed" and .final == true and .status == "COMPLETED"'
run 0 status two
like "status" "$(one_line)" 'request two status COMPLETED template T machines 2 created .* running 127.0.0.1'
run 0 status two --json
shows "status --json" "$out" 'call_status and .requestId == "two"'
run 3 status nosuch
like "... says so" "$err" "^hostq: Request 'nosuch' not found"
run 3 status nosuch two
like "status of two ids: one unknown, the other is shown" "$(one_line)" "request two status COMPLETED"
run 0 show two
like "show" "$(one_line)" 'request two namespace default kind provision queue provision state completed .*provider process template T machines 2'
run 0 show two --json
shows "show --json: M47" "$out" 'keys == ["machines","request","why_not"] and .why_not == null and (.machines | length == 2)
    and (.request | .request_id == "two" and .provider_api == "process" and .status == "COMPLETED" and (.machine_ids | length == 2)
        and (.resource_ids | length == 1) and .tags == {"a":"b"})
    and (.machines[0] | .request_id == "two" and .status == "running" and .private_ip == "127.0.0.1" and (.instance_id, .resource_id | text))'
run 0 result two
run 0 result two --json
shows "result --json" "$out" 'keys == ["errorCode","errorDetails","errorMessage","requestId","responseStatus","result","state","status"] and .state == "completed"'
run 0 explain two
is "explain: it has ended" "$out" "it has ended: completed"
run 0 explain two --json
shows "explain --json" "$out" '. == {"requestId":"two","state":"completed","why_not":null}'
run 0 events two
ok "events: submit, claim, start, intent, complete in order" eval 'echo "$out" | cut -f2 | tr "\n" " " | grep -Eq "^submit claim start intent .*complete $"'
run 0 events two --json
shows "events --json" "$out" 'type == "array" and length >= 5 and ([.[].at] == ([.[].at] | sort)) and .[0].type == "submit" and .[0].actor == "postgres"
    and .[-1].to_state == "completed" and all(.[]; .request_id == "two")'
for c in show result explain events cancel retry wait watch; do
    run 3 $c nosuch
    like "... says so" "$err" "^hostq: Request 'nosuch' not found"
done

run 0 submit noop --request-id said --param 'result={"a":[1,2.50]}' --wait 10
is "submit --wait: id and end" "$(one_line)" "said said completed"
run 0 result said
shows "result prints it as it was given" "$out" '. == {"a":[1,2.50]}'
run 1 submit noop --request-id broken --param fail=permanent --wait 10
like "submit --wait of one that fails: why" "$err" "request broken ended as failed: failed as its payload asks"
run 1 result broken
like "result: why" "$err" "request broken ended as failed: failed as its payload asks"
run 1 wait broken
run 0 retry broken
is "retry" "$out" "broken pending"
run 1 wait broken
run 4 retry two
like "retry of a completed one: says so" "$err" "Request 'two' is completed; only failed, timeout or canceled can be retried"
run 4 cancel two
like "cancel of a completed one: says so" "$err" "Request 'two' has ended: completed"

run 0 submit noop --request-id later --delay 3600
run 4 result later
like "result of an open one: says so" "$err" "request later has not ended: it is pending"
run 0 explain later
like "explain: why it is not running" "$out" '^it was submitted to run not before 20[0-9-]* [0-9:]* UTC$'
run 4 cancel later two
is "... cancels the first, names the second" "$out|${err%%:*}: ${err#*: }" "later canceled|hostq: Request 'two' has ended: completed (state: \"completed\")"
run 0 cancel later
is "cancel twice is no error" "$out" "later canceled"
run 1 result later
like "... it says who" "$err" "request later ended as canceled: canceled by postgres"

run 0 list
like "list: newest first" "$(echo "$out" | cut -f1 | grep -v ^watch: | tr '\n' ' ')" '^later broken said two $'
run 0 list --json
shows "list --json" "$out" '[.[] | select(.kind != "watch").request_id] == ["later","broken","said","two"] and all(has("template") | not)'
for f in "--state completed" "--state dead" "--kind noop" "--queue provision" "--template T" "--limit 1" "--state open"; do
    # shellcheck disable=SC2086 # words
    run 0 list $f --json
    case $f in
    *completed) want='[.[].request_id] == ["said","two"]' ;;
    *dead) want='[.[].request_id] == ["broken"]' ;;
    *noop) want='[.[].request_id] == ["later","broken","said"]' ;;
    *provision | *T) want='[.[].request_id] == ["two"]' ;;
    *1) want='length == 1' ;;
    *open) want='all(.kind == "watch")' ;;
    esac
    shows "list $f" "$out" "$want"
done
run 2 list --state nonsense
like "... named" "$err" "Unknown state 'nonsense'"
run 0 list -n nosuch --json
is "list of an empty namespace" "$out" "[]"

run 0 machines
is "machines: two lines" "$(echo "$out" | wc -l)" 2
run 0 machines --json
shows "machines --json" "$out" 'length == 2 and all(.[]; .status == "running" and .result == "succeed" and .request_id == "two" and .taken_at == null)'
run 0 submit return "$(echo "$out" | jq -r '.[0].instance_id')" --request-id back --wait 10
run 0 machines --living --json
shows "machines --living" "$out" 'length == 1'
run 0 machines --request back --json
shows "machines --request, of a return" "$out" 'length == 1 and .[0].status == "terminated" and .[0].return_ids == ["back"]'
run 0 machines --template slow --json
is "machines --template" "$out" "[]"

run 0 templates --json
shows "templates --json" "$out" '[.[] | .templateId, .used, .valid] == ["T", 1, true, "slow", 0, true]'
run 0 templates
like "templates" "$(echo "$out" | tr '\t' ' ')" '^T process 10000 1 9999 (t|true) $'
run 0 queues --json
shows "queues --json: backlog and policy" "$out" '[.[].queue] | contains(["http","noop","provision","return"])'
run 0 pause noop
is "pause" "$out" "noop paused"
run 0 pause noop --json
shows "pause twice, --json" "$out" '. == {"queue":"noop","paused":true}'
# Daemons hear of it at once, but not in the same moment.
stays() {
    held=$(hostq submit noop)
    ! hostq wait "$held" --timeout 0.3 >/dev/null 2>&1
}
ok "... nothing more is claimed" wait_for 5 stays
run 0 explain "$held"
is "explain: paused" "$out" "queue noop is paused"
run 0 queues --json
shows "M36: the backlog" "$out" '[.[] | select(.queue == "noop") | .paused, .pending] == [true, 1]'
run 0 resume noop
is "resume" "$out" "noop resumed"
run 0 wait "$held" --timeout 10
run 2 pause nosuch
like "... named" "$err" "Unknown queue 'nosuch'"

run 0 daemons --json
shows "daemons --json" "$out" 'length == 1 and (.[0] | .name == "d1" and .state == "alive" and .health == "ok" and .slots == 100)'
# The count is that of the last heartbeat.
heard_idle() {
    [ "$(sql "SELECT sum(in_flight) FROM hostq.daemons WHERE state = 'alive'")" = 0 ]
}
wait_for 5 heard_idle
run 0 daemons
like "daemons" "$(echo "$out" | tr '\t' ' ')" '^d1#1 .* alive ok 100 0 '

run 0 set --json
shows "set --json: all settings" "$out" 'length > 10 and all(.[]; has("name", "value", "default", "help"))'
run 0 set
is "set: a line each" "$(echo "$out" | wc -l)" "$(hostq set --json | jq length)"
run 0 set max_crashes
is "set NAME" "$out" 3
run 0 set max_crashes 5
is "set NAME VALUE" "$out" "max_crashes = 5 (was 3)"
run 0 set max_crashes 3 --json
shows "... --json" "$out" '. == {"name":"max_crashes","value":"3","was":"5"}'
run 2 set max_crashes 0
like "... out of its limits" "$err" 'max_crashes must be a whole number from 1 to 100'
run 2 set max_crashes x
run 3 set nosuch
run 2 set nosuch 1
like "... unknown" "$err" "Unknown setting 'nosuch'"
run 2 set regional_capacity '{x'
run 0 adopt
is "adopt: nothing to do" "$out" "this database is deployment $(sql "SELECT id FROM hostq.deployment") already"
run 0 adopt --json
shows "... --json" "$out" 'keys == ["adopted","cleanups","deployment"] and .adopted == false and .cleanups == 0'
run 0 migrate --status --json
shows "migrate --status --json" "$out" '.missing == 0 and .known == (.applied | length)'
run 0 migrate
like "migrate: nothing to do" "$out" '^schema is at version [0-9]+$'

# Output that cannot be written is no success.
if [ -w /dev/full ]; then
    hostq list >/dev/full 2>"$tmp/err"
    is "standard output is full: exit 1" $? 1
    like "... says so" "$(cat "$tmp/err")" "standard output"
fi
