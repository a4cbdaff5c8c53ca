#!/bin/sh
# Bad input of `hostq submit`: one line that names field, value and limit, its
# exit status, no row, one event `rejected` where the database was asked. M3
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 52
pg_start
template T '["sleep","1000"]'
daemon_start d1
counts() {
    sql "SELECT (SELECT count(*) FROM hostq.request_body WHERE kind <> 'watch') || ' '
        || (SELECT count(*) FROM hostq.event WHERE type = 'rejected')"
}
now=$(counts)
rows=${now% *} events=${now#* }

no() { # EXIT EVENTS ERE ARGUMENT...
    no_exit=$1 no_events=$2 no_ere=$3
    shift 3
    out=$(hostq submit "$@" 2>"$tmp/err")
    got=$?
    was=$events
    now=$(counts)
    events=${now#* }
    no_name=$(printf 'submit %s: exit %s' "$*" "$no_exit" | tr '\n' ' ' | cut -c1-120)
    if [ "$got" = "$no_exit" ] && [ -z "$out" ] && [ "$(wc -l <"$tmp/err")" = 1 ] && grep -Eq -- "^hostq: .*$no_ere" "$tmp/err" &&
        [ "$now" = "$rows $((was + no_events))" ]; then
        report 0 "$no_name, one line, no row, $no_events events"
    else
        report 1 "$no_name, one line, no row, $no_events events" || {
            sed 's/^/#   stderr: /' "$tmp/err"
            printf '#   %s\n' "exit $got" "stdout: $out" "like: $no_ere" "before: $rows $was, now: $now"
        }
    fi
}

for n in 0 -1 x 3.5x; do
    no 2 1 "Machine count must be positive \(machineCount: .*$n.*, allowed: 1..100\)" provision T "$n"
done
no 2 1 'Machine count cannot exceed 100 \(machineCount: 101, allowed: 1..100\)' provision T 101
no 2 1 'Machine count cannot exceed 100 \(machineCount: 1000000000(\.0)?, ' provision T 1e9
no 2 1 'whole number \(machineCount: 3.5, ' provision T 3.5
no 2 1 'Machine count must be positive \(machineCount: "3", ' provision T --param 'machineCount="3"'
no 2 1 'Machine count must be positive \(machineCount: (null|none), ' provision T
no 2 1 'Template ID is required \(templateId: ' provision
no 3 1 "Template 'nosuch' not found" provision nosuch 1
no 2 1 'Timeout must be at least 60 seconds \(timeout: 59, allowed: 60..3600 s\)' provision T 1 --timeout 59
no 2 1 'Timeout cannot exceed 3600 seconds \(timeout: 3601, allowed: 60..3600 s\)' provision T 1 --timeout 1h1s
no 2 0 '--timeout.*soon' provision T 1 --timeout soon
letters() { # N CHARACTER
    awk -v n="$1" -v c="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%s", c }'
}
no 2 1 "Tag key '(ä)+\.\.\.(ä)+' exceeds 128 characters \(tags: .*, allowed: 128 characters\)" provision T 1 --tag "$(letters 129 ä)=v"
no 2 1 "Tag value '(日)+\.\.\.(日)+' exceeds 256 characters \(tags.k: .*, allowed: 256 characters\)" provision T 1 --tag "k=$(letters 257 日)"
no 2 0 "--tag: 'k' is not KEY=VALUE" provision T 1 --tag k
no 2 0 "--tag: '=v' is not KEY=VALUE" provision T 1 --tag =v
no 2 1 "Unknown field 'nosuch' \(nosuch: 1, allowed: " provision T 1 --param nosuch=1
no 2 1 "Priority must be low, normal or high \(priority: \"urgent\", allowed: low, normal, high\)" provision T 1 --priority urgent
no 2 1 "Partial policy must be keep or clean \(partialPolicy: \"some\"" provision T 1 --partial-policy some
no 2 1 "Unknown queue 'nosuch'" noop --queue nosuch
no 2 1 "takes only kind" noop --queue provision
no 2 1 "Unknown kind 'nonsense'" nonsense
no 2 1 "Machine 'i-1' not found \(machineIds\[0\]: \"i-1\"" return i-1
no 2 1 "Machine IDs are required" return
no 2 1 "Drain timeout must be 0 to 3600 seconds \(drainTimeout: 3601" return --param 'machineIds=[]' --drain-timeout 3601 --param 'machineIds=["x"]'
no 2 1 "Request ID must be 1 to 128 visible characters \(requestId: " noop --request-id 'a b'
no 2 1 "Metadata must be an object \(metadata: " noop --metadata '[1]'
no 2 0 '--metadata is not JSON' noop --metadata '{x'
no 2 0 "kind or -f FILE" # nothing at all
no 2 0 "too many" noop more
no 2 0 "too many" provision T 1 2
no 2 0 "unknown option '--nosuch'" noop --nosuch
no 2 0 "namespace.*a b" noop -n 'a b'
no 2 0 "cannot open '$tmp/nosuch': No such file" -f "$tmp/nosuch"
no 2 0 "directory" -f "$tmp"
printf '{"kind":' >"$tmp/bad" && no 2 0 "bad is not JSON: line 1" -f "$tmp/bad"
printf '[]' >"$tmp/bad" && no 2 0 "bad is not a JSON object" -f "$tmp/bad"
: >"$tmp/bad" && no 2 0 "bad is empty" -f "$tmp/bad"
printf '{"kind":"noop\377"}' >"$tmp/bad" && no 2 0 "UTF-8" -f "$tmp/bad"
printf '{"kind":"noop","x":1}' >"$tmp/bad" && no 2 1 "Unknown field 'x'" -f "$tmp/bad"
# Not readable: root reads everything, so somebody else calls.
chmod 600 "$tmp/bad"
[ "$(id -u)" = 0 ] || chmod 000 "$tmp/bad"
out=$(as_pg hostq submit -f "$tmp/bad" 2>&1)
is "unreadable file: exit 2" $? 2
is "... named" "$out" "hostq: cannot open '$tmp/bad': Permission denied"
shows "with --json the refusal is an object on stdout" "$(hostq submit provision T 0 --json 2>/dev/null)" 'refused("machineCount"; "Machine count must be positive")'
events=$((events + 1))
hostq submit noop --request-id taken >/dev/null
rows=$((rows + 1))
no 4 1 "Request 'taken' exists with another duration_ms" noop --request-id taken --param duration_ms=1

# What is just allowed passes.
good() {
    out=$(hostq submit "$@" 2>"$tmp/err")
    is "taken: submit $(printf '%s' "$*" | cut -c1-60)" $? 0
}
good provision T 1 --tag "$(letters 128 ä)=$(letters 256 日)" --timeout 60
good provision T 3.0 --timeout 1h
printf '\357\273\277{"kind":"noop","metadata":{"n":1.50}}' >"$tmp/good"
good -f "$tmp/good" --tag a=b=c
is "a file and options together" "$(sql "SELECT tags->>'a', metadata FROM hostq.requests WHERE request_id = '$out'")" 'b=c|{"n": 1.50}'
out=$(printf '{"kind":"noop"}' | hostq submit -f -)
is "from standard input" $? 0
is "the daemon was not disturbed" "$(grep -c ' error ' "$tmp/d1.log")" 0
