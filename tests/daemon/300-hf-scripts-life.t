#!/bin/sh
# The five scripts under the environment of Symphony: one whole life, as
# HostFactory lives it. M38 M41 M47
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 52
pg_start
hf_instance hostqinst
hf_templates "$(unit basic 10 '"instanceTags":"company=abc;project=q"')"

hf getAvailableTemplates '{}'
is "getAvailableTemplates answers without a daemon" "$hf_status" 0
shows "... templates with the mandatory keys" "$hf_out" templates_answer
shows "... all of the ten are free" "$hf_out" '.templates[0] | .availableNumber == 10 and .maxNumber == 10'
daemon_start d1

hf requestMachines '{"template":{"templateId":"basic","machineCount":3}}'
is "requestMachines exits with 0" "$hf_status" 0
shows "... exactly message and requestId" "$hf_out" request_answer
is "... and nothing on stderr" "$hf_err" ""
req=$(hf_value .requestId)
like "the id is req- and a UUID" "$req" '^req-'
hf_ends "$req" complete 10
shows "complete: three machines, all succeed and running" "$hf_out" '.requests[0] | .requestId == "'"$req"'"
    and .message == "" and (.machines | length == 3 and all(.result == "succeed" and .status == "running"
    and .message == "" and .priceType == "ondemand" and .privateIpAddress == "127.0.0.1" and .publicIpAddress == null
    and .instanceTags == "company=abc;project=q"))'
shows "names and ids are unique" "$hf_out" '[.requests[0].machines[].name] | unique | length == 3'
started=$hf_out
is "M41: as many processes, of the same ids" \
    "$(for p in $(machine_pids); do tr '\0' '\n' <"/proc/$p/environ" | sed -n 's/^HOSTQ_UNIT=//p'; done | sort)" \
    "$(hf_value '.requests[0].machines[].machineId' | sort)"
hf getAvailableTemplates '{}'
shows "seven are free now" "$hf_out" '.templates[0].availableNumber == 7'

all=$(printf '%s' "$started" | jq -c '{machines: [.requests[0].machines[] | {name, machineId}]}')
hf getReturnRequests "$all"
shows "getReturnRequests: healthy machines are not listed" "$hf_out" 'returns_answer and .requests == []'

first=$(printf '%s' "$started" | jq -r '.requests[0].machines[0].name')
hf requestReturnMachines "{\"machines\":[{\"name\":\"$first\"}]}"
is "requestReturnMachines by name exits with 0" "$hf_status" 0
shows "... exactly message and requestId" "$hf_out" 'request_answer and .message == "Delete VM success."'
one=$(hf_value .requestId)
like "the id is ret- and a UUID" "$one" '^ret-'
hf_ends "$one" complete 10
shows "the machine is told as terminated and succeed" "$hf_out" '.requests[0].machines | length == 1
    and all(.name == "'"$first"'" and .status == "terminated" and .result == "succeed" and .message == "")'
is "two processes are left" "$(machine_pids | wc -l)" 2
hf getRequestStatus "{\"requests\":[{\"requestId\":\"$req\"}]}"
shows "the ended request is still complete, only the machine's status changed" "$hf_out" \
    '.requests[0] | .status == "complete" and (.machines | length == 3 and all(.result == "succeed"))
     and ([.machines[].status] | sort == ["running","running","terminated"])'
hf getReturnRequests "$all"
shows "getReturnRequests: only the one that is gone" "$hf_out" 'returns_answer
    and .requests == [{"machine":"'"$first"'","gracePeriod":0}]'

rest=$(printf '%s' "$started" | jq -c '{machines: [.requests[0].machines[1:][] | {name, machineId}]}')
hf requestReturnMachines "$rest"
two=$(hf_value .requestId)
hf_ends "$two" complete 10
shows "the rest is returned by id" "$hf_out" '.requests[0].machines | length == 2
    and all(.status == "terminated" and .result == "succeed")'
is "no process is left" "$(machine_pids | wc -l)" 0
hf getReturnRequests '{}'
shows "what was returned was not taken: an empty list" "$hf_out" 'returns_answer and .requests == []'
hf getRequestStatus "{\"requests\":[{\"requestId\":\"$two\"},{\"requestId\":\"$req\"},{\"requestId\":\"$two\"},{\"requestId\":\"$one\"}]}"
shows "both kinds in one call, in order, repeats repeated" "$hf_out" \
    'status_answer and [.requests[].requestId] == ["'"$two"'","'"$req"'","'"$two"'","'"$one"'"]
     and all(.requests[]; .status == "complete") and ([.requests[].machines | length] == [2, 3, 2, 1])'
hf getAvailableTemplates '{}'
shows "all of the ten are free again" "$hf_out" '.templates[0].availableNumber == 10'

# A script finds hostq beside it, where it is installed, by a link, in PATH.
mkdir -p "$tmp/p/libexec/hostq/scripts" "$tmp/p/bin" "$tmp/beside" "$tmp/links" "$tmp/alone"
cp "$scripts"/*.sh "$tmp/p/libexec/hostq/scripts"
cp "$scripts"/*.sh "$tmp/beside"
cp "$scripts"/*.sh "$tmp/alone"
cp "$(command -v hostq)" "$tmp/p/bin/hostq"
cp "$(command -v hostq)" "$tmp/beside/hostq"
ln -s "$tmp/beside/getRequestStatus.sh" "$tmp/links/status"
for at in p/libexec/hostq/scripts/getRequestStatus.sh beside/getRequestStatus.sh links/status; do
    out=$(cd / && PATH=/usr/bin:/bin "$tmp/$at" "$req")
    shows "hostq is found from $at" "$out" '.requests[0].status == "complete"'
done
out=$(cd / && PATH=/usr/bin:/bin "$tmp/alone/getRequestStatus.sh" "$req")
is "nowhere: exit 1" $? 1
shows "... and one object that says so" "$out" failure

# One that cannot be run, or does not live to answer.
for how in loader interpreter signal three; do
    # shellcheck disable=SC2034 # used by eval
    case $how in
    loader) # of another machine: its loader is not here
        sed 's|/ld-linux|/no-linux|' "$(command -v hostq)" >"$tmp/alone/hostq"
        says='12[67]' ;;
    interpreter) printf '#!/nonexistent/sh\n' >"$tmp/alone/hostq" && says='12[67]' ;;
    signal) printf '#!/bin/sh\nkill -9 $$\n' >"$tmp/alone/hostq" && says=137 ;;
    three) printf '#!/bin/sh\nexit 3\n' >"$tmp/alone/hostq" && says=3 ;;
    esac
    chmod 755 "$tmp/alone/hostq"
    for s in getAvailableTemplates requestMachines requestReturnMachines getRequestStatus getReturnRequests; do
        hf_raw=$tmp/alone/out
        "$tmp/alone/$s.sh" -f /dev/null >"$hf_raw" 2>/dev/null
        hf_status=$?
        hf_out=$(cat "$hf_raw")
        ok "$s.sh, hostq fails by $how: exit 1, one object that says so" eval \
            'hf_is_well && [ "$hf_status" = 1 ] && printf "%s" "$hf_out" | grep -Eq "^.\"message\":\"$s.sh: hostq .*$says"'
    done
done
