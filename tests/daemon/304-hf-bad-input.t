#!/bin/sh
# Bad input of the scripts: exit 1, one object with a message that names file
# or field, no row but the event `rejected`, and no daemon disturbed. M3 M26
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 69
pg_start
hf_instance hostqinst
hf_templates "$(unit basic 20)" "$(unit none 0)"
daemon_start d1
hf requestMachines '{"template":{"templateId":"basic","machineCount":1}}'
hf_ends "$(hf_value .requestId)" complete 10

# Rows of requests, and events `rejected`.
counts() {
    sql "SELECT (SELECT count(*) FROM hostq.request_body WHERE kind <> 'watch') || ' '
        || (SELECT count(*) FROM hostq.event WHERE type = 'rejected')"
}

failed_with() { # ERE: of the message
    printf '%s\n' "$hf_out" | jq -es --arg ere "$1" \
        "$hf_rules"' length == 1 and (.[0] | failure and (.message | test($ere)))' >/dev/null
}

refused() { # NAME ERE: the last call; no row, and one event that says the same
    now=$(sql "SELECT (SELECT count(*) FROM hostq.request_body WHERE kind <> 'watch') || ' '
        || (SELECT count(*) || ' ' || (array_agg(jsonb_build_object('method', details->>'method', 'code', code, 'namespace', namespace,
            'message', details->>'message') ORDER BY seq DESC))[1] FROM hostq.event WHERE type = 'rejected')")
    event=${now#* * }
    now=${now%%" $event"}
    hf_called=${hf_script##*/}
    if [ "$hf_status" = 1 ] && [ "$now" = "$rows $((events + 1))" ] &&
        printf '%s\n%s\n' "$hf_out" "$event" | jq -es --arg ere "$2" --arg s "${hf_called%.sh}" \
            "$hf_rules"'length == 2 and (.[0] | failure and (.message | test($ere))) and .[0].message as $m
            | .[1] | .method == $s and .namespace == "hostqinst" and .code != null and (.message | length > 5)
                and (.message as $e | $m | endswith($e) or startswith($e))' >/dev/null; then
        report 0 "$1: exit 1, a message that names it, no row, one event that says the same"
    else
        report 1 "$1: exit 1, a message that names it, no row, one event that says the same" ||
            printf '#   %s\n' "exit $hf_status" "$hf_out" "like: $2" "before: $rows $events, now: $now" "event: $event"
    fi
    events=${now#* }
}
now=$(counts)
rows=${now% *} events=${now#* }

: >"$tmp/empty"
printf ' \n\t' >"$tmp/blank"
for f in empty blank; do
    hf getAvailableTemplates -- -f "$tmp/$f"
    is "getAvailableTemplates takes an $f file" "$hf_status" 0
    shows "... as {}" "$hf_out" templates_answer
done
hf getAvailableTemplates --
is "getAvailableTemplates without -f" "$hf_status" 0
shows "... answers" "$hf_out" templates_answer

for s in requestMachines requestReturnMachines getRequestStatus getReturnRequests; do
    hf $s -- -f "$tmp/empty"
    refused "$s, empty file" "empty"
done
for s in getAvailableTemplates requestMachines requestReturnMachines getRequestStatus getReturnRequests; do
    hf $s -- -f "$tmp/nosuch"
    refused "$s, no such file" "nosuch.*No such file"
    hf $s '{"template":'
    refused "$s, not JSON" "hf_in_.* not JSON: line 1 column"
    hf $s '[1]'
    refused "$s, not an object" "hf_in_.* not a JSON object"
done
hf getRequestStatus -- -f "$tmp"
refused "a folder" "$tmp.*directory"
hf getRequestStatus -- -f "$tmp/blank"
refused "blanks only" "blank.* empty"
for s in requestMachines requestReturnMachines getRequestStatus; do
    hf $s '{}'
    case $s in
    requestMachines) key=template ;;
    requestReturnMachines) key=machines ;;
    *) key=requests ;;
    esac
    refused "$s, missing key" "$key"
done
hf requestReturnMachines '{"machines":7}'
refused "machines is a number" machines
hf getReturnRequests '{"machines":7}'
refused "getReturnRequests, machines is a number" machines
hf getRequestStatus '{"requests":true}'
refused "requests is true" requests
hf requestMachines '{"template":{"machineCount":1}}'
refused "no templateId" templateId
hf requestMachines '{"template":{"templateId":"basic"}}'
refused "no machineCount" machineCount
hf requestMachines '{"template":{"templateId":7,"machineCount":1}}'
refused "templateId is a number" 'templateId.*7'
hf requestMachines '{"template":{"templateId":"nosuch","machineCount":1}}'
refused "unknown template" "Template 'nosuch' not found"
hf requestMachines '{"template":{"templateId":"none","machineCount":1}}'
refused "maxNumber 0" "asked for 1.* 0 free.*maxNumber 0"
hf requestMachines '{"template":{"templateId":"basic","machineCount":20}}'
refused "one more than is free" "asked for 20.* 19 free.*maxNumber 20"
hf requestMachines '{"template":[{"templateId":"basic","machineCount":1},{"templateId":"basic","machineCount":1}]}'
refused "two templates" "template must be one"
for n in 0 -1 2.5 '"3"' null true 1e9 99999999999999999999 '[1]'; do
    hf requestMachines "{\"template\":{\"templateId\":\"basic\",\"machineCount\":$n}}"
    case $n in
    1e9) refused "machineCount $n" "1000000000" ;;
    *) refused "machineCount $n" "machineCount" ;;
    esac
done
printf '{"template":{"templateId":"ba\377sic","machineCount":1}}' >"$tmp/latin"
hf requestMachines -- -f "$tmp/latin"
refused "not UTF-8" "UTF-8"
printf '{"requests":[{"requestId":"a\\u0000b"}]}' >"$tmp/nul"
hf getRequestStatus -- -f "$tmp/nul"
refused "NUL in a text" 'requestId.*u0000'

# Words on the command line, which leave no event.
bad() { # NAME ERE
    if [ "$hf_status" = 1 ] && failed_with "$2"; then
        report 0 "$1: exit 1 and a message that names it"
    else
        report 1 "$1: exit 1 and a message that names it" ||
            printf '#   %s\n' "exit $hf_status" "$hf_out" "like: $2"
    fi
}
hf requestMachines -- -f
bad "-f without a file" "file"
hf requestMachines -- --nosuch
bad "unknown option" "nosuch"
HF_PROVIDER_NAME='a b' hf getRequestStatus '{"requests":[]}'
bad "HF_PROVIDER_NAME is no name" "HF_PROVIDER_NAME.*a b"

# The file of templates, which only two scripts need.
templates=$HF_PROVIDER_CONFDIR/hostqinstprov_templates.json
for s in getAvailableTemplates requestMachines; do
    for what in gone text list empty; do
        case $what in
        gone) rm -f "$templates" ;;
        text) echo nonsense >"$templates" ;;
        list) echo '{"templates":{}}' >"$templates" ;;
        empty) : >"$templates" ;;
        esac
        hf $s '{"template":{"templateId":"basic","machineCount":1}}'
        bad "$s, template file $what" "hostqinst"
    done
done
hf getRequestStatus '{"requests":[]}'
is "getRequestStatus does not need the template file" "$hf_status" 0
# Not readable: root reads everything, so somebody else calls.
hf_templates "$(unit basic 20)"
chmod 600 "$templates"
[ "$(id -u)" = 0 ] || chmod 000 "$templates"
hf_out=$(as_pg "$scripts/getAvailableTemplates.sh" 2>/dev/null)
hf_status=$?
bad "unreadable template file" "hostqinst.*Permission denied"
chmod 644 "$templates"
echo '{"requests":[]}' >"$tmp/secret"
chmod 600 "$tmp/secret"
[ "$(id -u)" = 0 ] || chmod 000 "$tmp/secret"
hf_out=$(as_pg "$scripts/getRequestStatus.sh" -f "$tmp/secret" 2>/dev/null)
hf_status=$?
bad "unreadable input" "secret.*Permission denied"
now=$(counts)
is "nothing was stored by all that" "${now% *}" "$rows"
is "the daemon runs on" "$(sql "SELECT count(*) FROM hostq.daemons WHERE state = 'alive'")" 1
is "... without an error" "$(grep -c ' error ' "$tmp/d1.log")" 0
