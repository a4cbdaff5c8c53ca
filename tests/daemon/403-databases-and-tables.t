#!/bin/sh
# How the client is told which database; what it prints for people, on a
# terminal and elsewhere, holds what --json does; refusals as JSON.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 89
pg_start
template T '["sleep","1000"]'
template bad '["sleep","1000"]'
sql "UPDATE hostq.templates SET valid = false, problem = 'maxNumber is missing' WHERE template_id = 'bad'"
daemon_start d1
hostq submit provision T 2 --request-id two --wait 10 >/dev/null
hostq submit noop --delay 3600 --request-id later --tag 'ä=ö' >/dev/null

# Each way reaches the database: it knows this value.
hostq set max_crashes 7 >/dev/null
printf '[here]\nhost=%s\nuser=postgres\ndbname=hostq\n' "$PGHOST" >"$tmp/service"
uri="postgresql://postgres@/hostq?host=$(printf '%s' "$PGHOST" | sed 's|/|%2F|g')"
words="host=$PGHOST user=postgres dbname=hostq"
reach() { # NAME ASSIGNMENT... -- ARGUMENT...
    reach_name=$1
    shift
    is "$reach_name" "$(env -u PGHOST -u PGUSER -u PGDATABASE "$@" 2>&1)" 7
}
reach "service= and PGSERVICEFILE, -d" PGSERVICEFILE="$tmp/service" hostq set max_crashes -d service=here
reach "PGSERVICE" PGSERVICEFILE="$tmp/service" PGSERVICE=here hostq set max_crashes
reach "service= in HOSTQ_DATABASE" PGSERVICEFILE="$tmp/service" HOSTQ_DATABASE=service=here hostq set max_crashes
reach "a URI over the socket, -d" hostq -d "$uri" set max_crashes
reach "a URI over the socket, HOSTQ_DATABASE" HOSTQ_DATABASE="$uri" hostq set max_crashes
reach "words, --database" hostq set --database="$words" max_crashes
reach "words, HOSTQ_DATABASE" HOSTQ_DATABASE="$words" hostq set max_crashes
reach "-d goes before HOSTQ_DATABASE" HOSTQ_DATABASE="host=$tmp/nowhere" hostq -d "$words" set max_crashes
reach "the variables of libpq" PGHOST="$PGHOST" PGUSER=postgres PGDATABASE=hostq hostq set max_crashes
out=$(env -u PGHOST -u PGUSER -u PGDATABASE PGSERVICEFILE="$tmp/service" hostq -d service=there list 2>&1)
is "a service that is not there: exit 6" $? 6
like "... named" "$out" 'there'
hf_instance hostqinst
out=$(env -u PGHOST -u PGUSER -u PGDATABASE PGSERVICEFILE="$tmp/service" HOSTQ_DATABASE=service=here "$scripts/getRequestStatus.sh" two)
shows "a script by service" "$out" 'status_answer'
is "... has set nothing on fire" "$(hostq set max_crashes 3)" "max_crashes = 3 (was 7)"

# A line of fields for each row of the JSON; a time may be cut to seconds.
table='
def text: if . == null then "" elif type == "string" then . elif type == "array" then map(text) | join(",") else tojson end;
def rows($keys; $moving; $json): [inputs | split("\t")] as $rows | ($rows | length) == ($json | length)
    and all(range(0; $rows | length) as $r | range(0; $keys | length) as $c
        | [$rows[$r][$c], ($json[$r][$keys[$c]] | text), ($keys[$c] | IN($moving[]))]; .[0] == .[1] or .[0] == .[1][:19] or .[2])
    and all($rows[]; length == ($keys | length)); '
empty_columns() { # of a table on standard input
    awk -F'\t' '{ n = NF; for (i = 1; i <= NF; i++) if ($i != "") full[i] = 1 } END { for (i = 1; i <= n; i++) if (!full[i]) printf "%s ", i }'
}
columns() { # COMMAND TITLES KEYS [KEYS that move] [EMPTY COLUMNS]
    # shellcheck disable=SC2086 # words
    hostq $1 >"$tmp/tsv"
    # shellcheck disable=SC2086 # words
    hostq $1 --json >"$tmp/json"
    if jq -nRe --slurpfile json "$tmp/json" --arg keys "$3" --arg moving "${4:-}" \
        "$table"'rows($keys | split(" "); $moving | split(" "); $json[0])' "$tmp/tsv" >/dev/null 2>"$tmp/jq.err"; then
        report 0 "$1: by tabs, the fields of its JSON"
    else
        report 1 "$1: by tabs, the fields of its JSON" || sed 's/^/#   /' "$tmp/tsv" "$tmp/json" "$tmp/jq.err"
    fi
    is "... no column is empty" "$(empty_columns <"$tmp/tsv")" "${5:-}"
    script -qec "stty rows 24 cols 200 2>/dev/null; hostq $1" /dev/null </dev/null 2>&1 | tr -d '\r' >"$tmp/tty"
    is "... on a terminal with a head line" "$(head -n 1 "$tmp/tty" | sed 's/  */ /g; s/ $//')" "$2"
    is "... and as many rows" "$(wc -l <"$tmp/tty")" "$(($(wc -l <"$tmp/tsv") + 1))"
    is "... the first fields stand below their heads" "$(awk 'NR == 1 { at = index($0, $2) } NR > 1 && at > 1 && substr($0, at - 1, 1) != " "' "$tmp/tty")" ""
}
command -v script >/dev/null || skip_all "needs script (util-linux)"
columns list "REQUEST KIND STATE ATTEMPT PRIORITY CREATED TEMPLATE MACHINES DAEMON REASON" \
    "request_id kind state retry_attempt priority created_at template_id machine_count daemon_id failure_reason" "" "10 "
columns set "NAME VALUE DEFAULT TYPE MIN MAX MEANING" "name value default type min max help"
columns queues "QUEUE PAUSED PENDING DELAYED CLAIMED PROCESSING WAITING OLDEST READY" \
    "queue paused pending delayed claimed processing waiting oldest_ready" "oldest_ready" "8 "
columns machines "MACHINE REQUEST TEMPLATE STATUS NAME IP HOST LAUNCHED MESSAGE" \
    "instance_id request_id template_id status name private_ip host launch_time message" "" "9 "
columns templates "TEMPLATE PROVIDER MAX USED AVAILABLE VALID PROBLEM" "templateId providerApi maxNumber used available valid problem"
columns daemons "DAEMON HOST PID STATE HEALTH SLOTS BUSY HEARTBEAT UP VERSION" \
    "daemon_id host pid state health slots in_flight heartbeat_age uptime version" "heartbeat_age uptime in_flight"
columns "events two" "TIME EVENT FROM TO ATTEMPT ACTOR DAEMON REASON CODE DETAILS" "at type from_state to_state attempt actor daemon_id reason code details" "" "8 9 "
is "set: each setting has a default" "$(hostq set | awk -F'\t' '$3 == "" { print $1 }')" ""
hostq set | awk -F'\t' '$2 != $3 { print $1 }' >"$tmp/changed"
is "... and has it here" "$(cat "$tmp/changed")" ""

# Refusals: JSON on standard output with --json, one line on standard error.
no() { # EXIT CODE COMMAND...
    no_exit=$1 no_code=$2
    shift 2
    out=$(hostq "$@" --json 2>"$tmp/err")
    got=$?
    if [ "$got" = "$no_exit" ] && [ "$(grep -c '^hostq: ' "$tmp/err") $(wc -l <"$tmp/err")" = "1 1" ] &&
        printf '%s' "$out" | jq -es "$hf_rules length == 1 and (.[0] | call_error and .error.code == \"$no_code\")" >/dev/null; then
        report 0 "$* --json: exit $no_exit, $no_code on stdout, one line on stderr"
    else
        report 1 "$* --json: exit $no_exit, $no_code on stdout, one line on stderr" ||
            printf '#   %s\n' "exit $got" "stdout: $out" "stderr: $(cat "$tmp/err")"
    fi
    plain=$(hostq "$@" 2>"$tmp/err.plain")
    is "... without it: the same line, nothing on stdout" "$? $plain$(cat "$tmp/err.plain")" "$no_exit $(cat "$tmp/err")"
}
no 3 TEMPLATE_NOT_FOUND submit provision nosuch 1
no 2 VALIDATION_ERROR submit provision T 101
no 2 PROVIDER_INCOMPATIBLE submit provision bad 1
no 3 REQUEST_NOT_FOUND status nosuch
no 3 REQUEST_NOT_FOUND show nosuch
no 3 REQUEST_NOT_FOUND result nosuch
no 3 REQUEST_NOT_FOUND explain nosuch
no 3 REQUEST_NOT_FOUND events nosuch
no 3 REQUEST_NOT_FOUND wait nosuch
no 3 REQUEST_NOT_FOUND watch nosuch
no 4 CONFLICT cancel two
no 4 CONFLICT retry two
no 2 VALIDATION_ERROR list --state nonsense
no 2 VALIDATION_ERROR pause nosuch
no 2 VALIDATION_ERROR resume nosuch
no 2 VALIDATION_ERROR set max_crashes 0

# What the help says is so.
like "help watch: to the end by default" "$(hostq help watch)" 'timeout S .*default: to the end'
ok "... hostq(1) says so, too" eval 'tr "\n" " " <"$top_srcdir/doc/man/hostq.1" | grep -q "until the request has ended. .It Cm status"'
like "help wait: 600" "$(hostq help wait)" 'timeout S .*default 600'
sql "INSERT INTO hostq.machines (instance_id, id, request_id, namespace, template_id, provider_api, status, name, ended_at)
    SELECT 'm-' || n, id, request_id, namespace, 'T', 'process', 'terminated', 'm-' || n, now() FROM hostq.request_body, generate_series(1, 120) n
    WHERE request_id = 'two'; SELECT count(hostq.submit('{\"kind\":\"noop\",\"delay\":3600000}')) FROM generate_series(1, 120)" >/dev/null
for c in machines list; do
    like "help $c: 100 rows" "$(hostq help $c)" 'limit N .*default 100'
    is "... of more" "$(hostq $c | wc -l) $(hostq $c --limit 103 | wc -l)" "100 103"
done
