#!/bin/sh
# What the method calls refuse: code, message and details of each, exit status,
# no row, and one event `rejected`. M3 M15 M16 M17 M18 M21 M22 M23 M26
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 174
pg_start
template T '["sleep","1000"]'
template ten '["sleep","1000"]'
template bad '["sleep","1000"]'
sql "UPDATE hostq.templates SET max_number = 10 WHERE template_id = 'ten';
    UPDATE hostq.templates SET valid = false, problem = 'providerApi SpotFleet does not go with priceType ondemand',
        provider_api = 'SpotFleet' WHERE template_id = 'bad'"
daemon_start d1
asked requestMachines '{"templateId":"T","machineCount":1,"requestId":"first","tags":{"a":"1"},"metadata":{"m":1},"timeout":700,"priority":"low"}'
ok "one that is taken" wait_for 10 word_is first COMPLETED
machine=$(sql "SELECT instance_id FROM hostq.machines")

counts() {
    sql "SELECT (SELECT count(*) FROM hostq.request_body WHERE kind <> 'watch') || ' '
        || (SELECT count(*) FROM hostq.event WHERE type = 'rejected')"
}
before=$(counts)
refusals=0

# All are asked first, and judged by one jq: line n by filter n.
no() { # METHOD PARAMS EXIT FILTER
    call "$1" "$2"
    refusals=$((refusals + 1))
    printf '%s' "$call_out" | tr '\n' '?' >>"$tmp/answers"
    echo >>"$tmp/answers"
    jq -Rsc . "$tmp/call.err" >>"$tmp/errs"
    printf '%s %.70s: exit %s\n' "$1" "$2" "$3" >>"$tmp/titles"
    printf '(%s == %s and ($answers[%s] | try (call_error and said($list[%s]) and (%s)) catch false))\n' \
        "$call_status" "$3" "$((refusals - 1))" "$((refusals - 1))" "$(printf '%s' "$4" | tr '\n' ' ')" >>"$tmp/filters"
}

# On stderr: one line with field, value and limit.
said='def said($err): ($err | test("\\Ahostq: [^\n]+\n\\z")) and .error.details as $d
    | ($d.field == null or (($d | has("value") or has("limit")) | not) or ($err | contains("(\($d.field): ")))
      and ($d.limit == null or ($err | endswith(", allowed: \($d.limit))\n")))
      and (($d | has("value") | not) or ($d.value | tojson | length > 60 or test("[e.:]|[^ -~]")) or $d.field == null
           or ($err | contains(": \($d.value | tojson)"))); '

judge() {
    jq -Rn --slurpfile list "$tmp/errs" "$hf_rules$said"' [inputs | try fromjson catch null] as $answers |
        '"$(paste -sd, "$tmp/filters")" "$tmp/answers" >"$tmp/verdicts" 2>"$tmp/jq.err" || sed 's/^/# /' "$tmp/jq.err"
    judged=0
    while read -r verdict; do
        judged=$((judged + 1))
        title=$(sed -n "${judged}p" "$tmp/titles")
        if [ "$verdict" = true ]; then
            report 0 "$title"
        else
            report 1 "$title" || {
                sed -n "${judged}p" "$tmp/answers" | sed 's/^/#   got: /'
                sed -n "${judged}p" "$tmp/errs" | sed 's/^/#   stderr: /'
                sed -n "${judged}p" "$tmp/filters" | sed 's/^/#   filter: /'
            }
        fi
    done <"$tmp/verdicts"
}

more() { # MEMBERS EXIT FILTER: of a good requestMachines
    no requestMachines "{\"templateId\":\"T\",\"machineCount\":1,$1}" "$2" "$3"
}

# machineCount: required, 1..100.
for n in 0 -1 -100 -2147483649; do
    no requestMachines "{\"templateId\":\"T\",\"machineCount\":$n}" 2 \
        "refused(\"machineCount\"; \"Machine count must be positive\") and .error.details.value == $n and .error.details.limit == \"1..100\""
done
for n in 101 1e9 99999999999999999999; do
    no requestMachines "{\"templateId\":\"T\",\"machineCount\":$n}" 2 \
        "refused(\"machineCount\"; \"Machine count cannot exceed 100\") and .error.details.value == $n"
done
for n in '"3"' '"x"' null true '[1]' '{}'; do
    no requestMachines "{\"templateId\":\"T\",\"machineCount\":$n}" 2 \
        "refused(\"machineCount\"; \"Machine count must be positive\") and .error.details.value == $n"
done
no requestMachines '{"templateId":"T"}' 2 'refused("machineCount"; "Machine count must be positive") and .error.details.value == null'
no requestMachines '{"templateId":"T","machineCount":3.5}' 2 'refused("machineCount"; "Machine count must be a whole number")'
no requestMachines '{"machineCount":1}' 2 'refused("templateId"; "Template ID is required")'
for t in null '""' 7 '["T"]'; do
    no requestMachines "{\"templateId\":$t,\"machineCount\":1}" 2 "refused(\"templateId\"; \"Template ID is required\") and .error.details.value == $t"
done
no requestMachines '{}' 2 '.error.details.field == "templateId"'

# timeout: 60..3600, of returns too.
return_more() { # MEMBERS EXIT FILTER
    no requestReturnMachines "{\"machineIds\":[\"$machine\"],$1}" "$2" "$3"
}
for m in more return_more; do
    for n in 59 0 -1; do
        $m "\"timeout\":$n" 2 "refused(\"timeout\"; \"Timeout must be at least 60 seconds\") and .error.details.value == $n and .error.details.limit == \"60..3600 s\""
    done
    for n in 3601 1e9; do
        $m "\"timeout\":$n" 2 "refused(\"timeout\"; \"Timeout cannot exceed 3600 seconds\") and .error.details.value == $n"
    done
    for n in '"60"' 60.5 true; do
        $m "\"timeout\":$n" 2 'refused("timeout"; "Timeout must be a whole number of seconds")'
    done
done

# Tags: characters, not bytes.
letters() { # N CHARACTER
    awk -v n="$1" -v c="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%s", c }'
}
long=$(letters 129 ä)
value=$(letters 257 日)
for m in more return_more; do
    $m "\"tags\":{\"$long\":\"v\"}" 2 "refused(\"tags\"; \"Tag key '$long' exceeds 128 characters\")"
    $m "\"tags\":{\"k\":\"$value\"}" 2 "refused(\"tags.k\"; \"Tag value '$value' exceeds 256 characters\")"
    $m '"tags":{"aws:x":"v"}' 2 '.error.details.value == "aws:x"'
    $m '"tags":{"HF:x":"v"}' 2 '.error.details.value == "HF:x"'
    $m '"tags":{"":"v"}' 2 '.error.details.field == "tags"'
    $m '"tags":{"k":1}' 2 '.error.details.field == "tags.k" and .error.details.value == 1'
    $m '"tags":[]' 2 'refused("tags"; "Tags must be an object of texts")'
    $m "\"tags\":$(jq -nc '[range(51)] | map({key: tostring, value: "v"}) | from_entries')" 2 '.error.message == "51 tags exceed the limit of 50"'
    $m '"metadata":[]' 2 'refused("metadata"; "Metadata must be an object")'
    $m '"metadata":{"callback_url":"http://x/"}' 2 '.error.details.field == "metadata.callback_url" and .error.details.value == "http://x/"'
    $m '"nosuch":1' 2 "refused(\"nosuch\"; \"Unknown field 'nosuch'\")"
    $m '"kind":"noop"' 2 '.error.details.field == "kind"'
    $m '"namespace":"other"' 2 '.error.details.field == "namespace"'
    $m '"requestId":""' 2 'refused("requestId"; "Request ID must be 1 to 128 visible characters")'
    $m "\"requestId\":\"$(letters 129 a)\"" 2 '.error.details.field == "requestId"'
    $m '"requestId":"a b"' 2 '.error.details.field == "requestId"'
    $m '"requestId":7' 2 '.error.details.field == "requestId" and .error.details.value == 7'
done
more '"priority":"urgent"' 2 'refused("priority"; "Priority must be low, normal or high") and .error.details.value == "urgent"'
more '"priority":1' 2 '.error.details.field == "priority"'
more '"partialPolicy":"some"' 2 'refused("partialPolicy"; "Partial policy must be keep or clean")'
# M20 waits for AWS: with process machines both are refused by name.
more '"placement":{"regions":["r"]}' 2 '.error.details.field == "placement"'
more '"networking":{"subnetIds":["s"]}' 2 '.error.details.field == "networking"'
return_more '"force":"yes"' 2 'refused("force"; "Force must be true or false")'
for n in -1 3601 1.5 '"5"'; do
    return_more "\"drainTimeout\":$n" 2 'refused("drainTimeout"; "Drain timeout must be 0 to 3600 seconds")'
done
return_more '"priority":"high"' 2 '.error.details.field == "priority"'

# Templates.
no requestMachines '{"templateId":"invalid-template","machineCount":1}' 3 '.error == {"code":"TEMPLATE_NOT_FOUND",
    "message":"Template '"'invalid-template'"' not found","details":{"templateId":"invalid-template","availableTemplates":["T","ten"]}}'
no requestMachines '{"templateId":"ten","machineCount":11}' 1 '.error.code == "INSUFFICIENT_CAPACITY" and .error.message == "Requested 11, maximum 10"
    and .error.details.requestedCount == 11 and .error.details.availableCapacity == 10 and (.error.details | has("instanceType", "region"))'
no requestMachines '{"templateId":"bad","machineCount":1}' 2 '.error.code == "PROVIDER_INCOMPATIBLE"
    and .error.details == {"templateId":"bad","providerType":"SpotFleet","key":"providerApi"} and (.error.message | contains("bad") and contains("SpotFleet"))'

# Machines of a return.
no requestReturnMachines '{}' 2 'refused("machineIds"; "Machine IDs are required")'
no requestReturnMachines '{"machineIds":[]}' 2 'refused("machineIds"; "Machine IDs are required")'
no requestReturnMachines '{"machineIds":"m"}' 2 'refused("machineIds"; "Machine IDs are required")'
no requestReturnMachines "{\"machineIds\":[\"$machine\",\"i-1\",\"i-2\"]}" 2 "refused(\"machineIds[1]\"; \"Machine 'i-1' not found\") and .error.details.value == \"i-1\""
no requestReturnMachines '{"machineIds":[7]}' 2 '.error.details.field == "machineIds[0]"'

# The same id with other parameters.
conflict='.error.code == "CONFLICT" and .error.details.requestId == "first" and .error.details.field'
same='"templateId":"T","machineCount":1,"requestId":"first","metadata":{"m":1},"timeout":700,"priority":"low"'
no requestMachines "{$same,\"tags\":{\"a\":\"2\"}}" 4 "$conflict == \"tags\""
no requestMachines "{$same}" 4 "$conflict == \"tags\""
no requestMachines "{$same,\"tags\":{\"a\":\"1\"},\"partialPolicy\":\"keep\"}" 4 "$conflict == \"partialPolicy\""
return_more '"requestId":"first"' 4 "$conflict == \"kind\""

# Ids that nobody has; methods that are none.
for m in getRequestStatus getReturnRequests cancelRequest; do
    no $m '{"requestId":"nosuch"}' 3 '.error == {"code":"REQUEST_NOT_FOUND","message":"Request '"'nosuch'"' not found","details":{"requestId":"nosuch"}}'
    no $m '{"requestId":7}' 2 '.error.details.field == "requestId"'
    no $m '{"requestId":"first","more":1}' 2 '.error.details.field == "more"'
done
no getRequestStatus '{}' 2 'refused("requestId"; "Request ID is required")'
no cancelRequest '{"requestId":null}' 2 'refused("requestId"; "Request ID is required")'
no cancelRequest '{"requestId":"first"}' 4 '.error.code == "CONFLICT" and .error.details.field == "state"'
no getAvailableTemplates '{"x":1}' 2 '.error.details.field == "x"'
no dropEverything '{}' 2 "refused(\"method\"; \"Unknown method 'dropEverything'\")"
no '' '{}' 2 '.error.details.field == "method"'
no getRequestStatus '[]' 2 'refused("params"; "Params must be an object")'
no getRequestStatus '"first"' 2 '.error.details.field == "params"'

raws=0
raw() { # TEXT ERE: not a call at all; the event says what the answer does
    call_out=$(printf '%s' "$1" | hostq call 2>"$tmp/call.err")
    call_status=$?
    raws=$((raws + 1))
    raw_is "$(printf '%.40s' "$1")" "$2"
}
raw_is() { # NAME ERE
    is "$1: exit 2, one line on stderr" "$call_status $(grep -c '^hostq: ' "$tmp/call.err") $(wc -l <"$tmp/call.err")" "2 1 1"
    shows "... VALIDATION_ERROR, and an event with the same text" "[$call_out,$(sql "SELECT jsonb_build_object('method', details->'method',
        'code', code, 'message', details->'message') FROM hostq.event WHERE type = 'rejected' ORDER BY seq DESC LIMIT 1")]" \
        '.[0].error.message as $m | (.[0] | call_error and .error.code == "VALIDATION_ERROR" and (.error.message | test("'"$2"'")))
         and (.[1] | .code == "VALIDATION_ERROR" and .method == "" and .message == $m)'
}
raw 'garbage' 'standard input is not JSON: line 1'
raw '' 'standard input is empty'
raw '[]' 'not a JSON object'
raw '"x"' 'not a JSON object'
raw '{"method":"getRequestStatus","params":{"requestId":"x"}' 'not JSON: line 1'
raw '{"params":{}}' 'Unknown method'
raw "$(printf '{"method":"getRequestStatus","params":{"requestId":"\377"}}')" 'params.requestId.* not valid UTF-8'
raw '{"method":"getRequestStatus","params":{"requestId":"a\u0000"}}' 'params.requestId.*u0000'
raw '{"method":"getRequestStatus","params":{},"parms":{}}' "Unknown field 'parms'"
shows "... the field is named" "$call_out" '.error.details | .field == "parms" and (.limit | contains("params"))'
like "... on stderr, too" "$(cat "$tmp/call.err")" '\(parms: \{\}, allowed: .*params\)$'
raws=$((raws + 1))
call_out=$(printf '{"method":7,"params":{}}' | hostq call 2>/dev/null)
is "method is a number: exit 2" $? 2
shows "... VALIDATION_ERROR" "$call_out" 'call_error and .error.details.field == "method"'

# From a file, and what else hides there.
from() { # ARGUMENT...
    call_out=$(hostq call "$@" 2>"$tmp/call.err" </dev/null)
    call_status=$?
}
echo '{"method":"getRequestStatus","params":{"requestId":"first"}}' >"$tmp/call.json"
from -f "$tmp/call.json"
shows "call -f FILE" "$call_out" '.result.requestId == "first"'
call_out=$(hostq call - <"$tmp/call.json")
shows "call -" "$call_out" '.result.requestId == "first"'
call_out=$(hostq call -f - <"$tmp/call.json")
shows "call -f -" "$call_out" '.result.requestId == "first"'
raws=$((raws + 4))
from -f "$tmp/nosuch"
raw_is "a file that is not there" 'nosuch.*No such file'
from -f "$tmp"
raw_is "a folder" 'irectory'
from -f "$tmp/call.json" '{}'
raw_is "JSON and -f" 'not both'
chmod 600 "$tmp/call.json"
[ "$(id -u)" = 0 ] || chmod 000 "$tmp/call.json"
call_out=$(as_pg "$top_builddir/hostq" call -f "$tmp/call.json" 2>"$tmp/call.err")
call_status=$?
raw_is "a file that may not be read" 'Permission denied'

judge
after=$(counts)
is "no row was left behind" "${after% *}" "${before% *}"
is "one event for each of $((refusals + raws))" "${after#* }" "$((${before#* } + refusals + raws))"
shows "an event names method, code and details" "$(sql "SELECT jsonb_agg(details) FROM hostq.events WHERE type = 'rejected' AND code = 'TEMPLATE_NOT_FOUND'")" \
    'length == 1 and (.[0] | .method == "requestMachines" and .details.templateId == "invalid-template" and .message != null)'
is "the ids of refused requests stay free" "$(sql "SELECT count(*) FROM hostq.ids WHERE request_id <> 'first' AND request_id !~ '^watch'")" 0
is "the daemon was not disturbed" "$(grep -c ' error ' "$tmp/d1.log")" 0

# What is just inside the limits passes.
good() { # METHOD PARAMS
    call "$1" "$2"
    shows "$(printf 'taken: %s %.60s' "$1" "$2")" "$call_out" '.result.requestId | name_rule'
}
sql "UPDATE hostq.queues SET paused = true WHERE name IN ('provision', 'return')"
k128=$(letters 128 ä) v256=$(letters 256 日)
good requestMachines "{\"templateId\":\"T\",\"machineCount\":100,\"timeout\":3600,\"tags\":{\"$k128\":\"$v256\"}}"
good requestMachines '{"templateId":"T","machineCount":1.0,"timeout":60,"tags":{},"metadata":{},"priority":null,"requestId":null}'
good requestMachines "{\"templateId\":\"ten\",\"machineCount\":10,\"requestId\":\"$(letters 128 é)\"}"
good requestReturnMachines "{\"machineIds\":[\"$machine\",\"$machine\"],\"timeout\":60,\"drainTimeout\":3600,\"force\":true,\"tags\":{\"$k128\":\"$v256\"}}"
is "the tag is stored as it was given" "$(status_of "$(call_value .result.requestId)" | jq -r '.result.tags | keys[0]')" "$k128"

# The limits are settings.
limits() { # NAME VALUE
    is "set $1" "$(hostq set "$1" "$2" | sed 's/ (was.*//')" "$1 = $2"
}
limits max_machine_count 3
call requestMachines '{"templateId":"T","machineCount":4}'
shows "... 4 are refused" "$call_out" 'refused("machineCount"; "Machine count cannot exceed 3") and .error.details.value == 4 and .error.details.limit == "1..3"'
good requestMachines '{"templateId":"T","machineCount":3}'
shows "... scripts are bound by the template only" "$(hostq hf requestMachines T 4)" request_answer
limits max_timeout 7200
good requestMachines '{"templateId":"T","machineCount":1,"timeout":7200}'
call requestMachines '{"templateId":"T","machineCount":1,"timeout":7201}'
shows "... 7201 s are refused" "$call_out" 'refused("timeout"; "Timeout cannot exceed 7200 seconds") and .error.details.limit == "60..7200 s"'
limits min_timeout 5
good requestMachines '{"templateId":"T","machineCount":1,"timeout":5}'
call requestMachines '{"templateId":"T","machineCount":1,"timeout":4}'
shows "... 4 s are refused" "$call_out" 'refused("timeout"; "Timeout must be at least 5 seconds") and .error.details.limit == "5..7200 s"'
limits default_timeout 90
good requestMachines '{"templateId":"T","machineCount":1}'
is "... the deadline of one without" "$(sql "SELECT deadline - created_at FROM hostq.requests WHERE request_id = '$(call_value .result.requestId)'")" "00:01:30"
good requestReturnMachines "{\"machineIds\":[\"$machine\"]}"
is "... of a return, too" "$(sql "SELECT deadline - created_at FROM hostq.requests WHERE request_id = '$(call_value .result.requestId)'")" "00:01:30"
is "... and by the scripts" "$(sql "SELECT deadline - created_at FROM hostq.requests WHERE request_id = '$(hostq hf requestMachines T 1 | jq -r .requestId)'")" "00:01:30"
good requestMachines '{"templateId":"T","machineCount":1,"timeout":60}'
is "... one with a timeout has its own" "$(sql "SELECT deadline - created_at FROM hostq.requests WHERE request_id = '$(call_value .result.requestId)'")" "00:01:00"
