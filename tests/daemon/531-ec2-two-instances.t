#!/bin/sh
# Two provider instances with equal template ids, in one database and region,
# each with keys of an account of its own (a stand-in each): neither sees,
# counts, loses or ends machines of the other. M11 M24 M41
# shellcheck disable=SC2154 # set by eval
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 28
pg_start
ec2_no_keys
instances="one two"
for i in $instances; do
    ec2_start --key "AKID$i" --secret "secret-of-$i"
    eval "url_$i=\$ec2_url"
    printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "AKID$i" "secret-of-$i" >"$tmp/keys.$i"
    ec2_instance "$i" "\"AWS_CREDENTIAL_FILE\":\"$tmp/keys.$i\""
    hf_templates "$(image basic 10)"
done
as() { # one|two: its scripts and its stand-in
    hf_instance "$1"
    eval "ec2_url=\$url_$1"
}
ec2_quick
hostq set watch_grace_ms 0 >/dev/null
daemon_start d1

for i in $instances; do
    as "$i"
    hf requestMachines '{"template":{"templateId":"basic","machineCount":2}}'
    eval "req_$i=\$(hf_value .requestId)"
done
req='' all='' # set by eval
for i in $instances; do
    as "$i"
    eval "req=\$req_$i"
    hf_ends "$req" complete 20
    eval "all_$i=\$(hf_value '{machines: [.requests[0].machines[] | {name, machineId}]}' | jq -c .)"
    is "$i: two machines of its own account" "$(hf_value '.requests[0].machines[].machineId' | sort)" "$(ec2_lives | sort)"
    hf getAvailableTemplates '{}'
    shows "... eight of ten are left" "$hf_out" 'templates_answer and .templates[0].availableNumber == 8'
done
is "each account has a watch" "$(sql "SELECT count(*), count(DISTINCT request_id) FROM hostq.requests WHERE kind = 'watch'")" "2|2"

# All looks of both, twice: nothing is missed.
looks() {
    ec2_counters '.calls.DescribeInstances // 0'
}
looks_are() { # N
    [ "$(looks)" -ge "$1" ]
}
for i in $instances; do
    as "$i"
    ok "$i: three looks more" wait_for 20 looks_are $(($(looks) + 3))
done
for i in $instances; do
    as "$i"
    eval "all=\$all_$i"
    hf getReturnRequests "$all"
    shows "$i: none of its machines is taken for gone" "$hf_out" 'returns_answer and .requests == []'
    is "... both live" "$(ec2_lives | wc -l)" 2
done

# Machines of the other instance are unknown ones.
as two
hf requestReturnMachines "$all_one"
shows "two is asked to return the machines of one: it has none" "$hf_out" 'request_answer and (.message | startswith("No Active VM."))'
hf_ends "$(hf_value .requestId)" complete 20
call_as() { # NAMESPACE METHOD PARAMS
    call_out=$(hostq call -n "$1" "{\"method\":\"$2\",\"params\":$3}")
}
call_as two requestReturnMachines "{\"machineIds\":$(printf '%s' "$all_one" | jq -c '[.machines[].machineId]')}"
shows "... the method call refuses it" "$call_out" 'call_error and .error.code == "VALIDATION_ERROR" and .error.details.field == "machineIds[0]"'
as one
is "... they live" "$(ec2_lives | wc -l)" 2

# The limit of an account is that of each.
hostq set account_limit 3 >/dev/null
for i in $instances; do
    call_as "$i" requestMachines '{"templateId":"basic","machineCount":2}'
    shows "$i: M24: 2 + 2 > 3, the other account does not count" "$call_out" 'call_error and .error.code == "QUOTA_EXCEEDED"
        and .error.details == {"currentUsage":2,"requestedAdditional":2,"accountLimit":3}'
done

# Taken from one; returned by both.
first=$(printf '%s' "$all_one" | jq -r '.machines[0].machineId')
ec2_control "{\"take\":{\"ids\":[\"$first\"],\"state\":\"gone\"}}" >"$tmp/control"
taken() {
    hf getReturnRequests '{}'
    [ "$(hf_value '.requests | length')" = 1 ]
}
ok "a machine of one vanishes, and is handed to one" wait_for 20 taken
is "... by its name" "$(hf_value '.requests[0].machine')" "$(printf '%s' "$all_one" | jq -r '.machines[0].name')"
as two
hf getReturnRequests '{}'
shows "... not to two" "$hf_out" 'returns_answer and .requests == []'
for i in $instances; do
    as "$i"
    eval "all=\$all_$i"
    hf requestReturnMachines "$all"
    hf_ends "$(hf_value .requestId)" complete 20
    is "$i: nothing is left" "$(ec2_lives)" ""
    is "... no call was refused" "$(ec2_log '[.[] | select(.status != 200)] | length')" 0
done
daemon_stop "$daemon_pid"
