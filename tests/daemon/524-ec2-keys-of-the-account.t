#!/bin/sh
# Keys from AWS_SHARED_CREDENTIALS_FILE: none yet, broken, expired, replaced,
# refused for good; and a provider at whose port nobody listens. What cannot be
# signed or sent is said and tried again, and has made nothing. M27
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
. "$top_srcdir/tests/daemon/hf.inc"
. "$top_srcdir/tests/daemon/ec2.inc"
plan 36
pg_start
ec2_no_keys
HOME=$tmp/home AWS_SHARED_CREDENTIALS_FILE=$tmp/credentials AWS_CONFIG_FILE=$tmp/config
export HOME AWS_SHARED_CREDENTIALS_FILE AWS_CONFIG_FILE
mkdir "$HOME"
ec2_start --key AKIDEXAMPLE --secret one
ec2_instance default
hf_templates "$(image basic 100)"
ec2_quick
hf getAvailableTemplates '{}'

file() { # LINE...: another file in place of the one there was
    printf '%s\n' '[default]' "$@" >"$tmp/credentials.new"
    mv "$tmp/credentials.new" "$tmp/credentials"
}
keys() { # SECRET [TOKEN]
    file "aws_access_key_id = AKIDEXAMPLE" "aws_secret_access_key = $1" ${2:+"aws_session_token = $2"}
}
server() { # CONTROL
    ec2_control "$1" >"$tmp/control" || echo "# refused: $(cat "$tmp/control")"
}
accepts() { # SECRET [TOKEN]
    server "{\"credentials\":{\"key\":\"AKIDEXAMPLE\",\"secret\":\"$1\"${2:+,\"token\":\"$2\"}}}"
}
ask() { # ID [RETRIES]
    submit "{\"kind\":\"provision\",\"requestId\":\"$1\",\"templateId\":\"basic\",\"machineCount\":1,
        \"policy\":{\"backoff_ms\":100,\"backoff_factor\":1,\"max_retries\":${2:-500}}}" >/dev/null
}
row() { # ID COLUMNS
    sql "SELECT $2 FROM hostq.request_overview WHERE request_id = '$1'"
}
launches() { # ID JQ
    ec2_log "[.[] | select(.action == \"RunInstances\" and .params[\"TagSpecification.1.Tag.2.Value\"] == \"$1\")] | $2"
}
tried() { # ID TEXT
    [ "$(row "$1" "retry_attempt > 1 AND coalesce(message, '') LIKE '%$2%'")" = t ]
}
daemon_start d1

# None at all.
ask none
ask few 2
ok "no keys at all: it is said where they were looked for, and tried again" wait_for 10 tried none "no credentials in the environment, $tmp/credentials or the config file"
expect_state few failed 10
is "... to the end, if there is one" "$(row few "error_code || ' ' || last_reason || ' ' || retry_attempt") $(row few error_message | grep -c "no credentials in .*all 2 retries used")" "PROVIDER_ERROR auth 2 1"
hf getRequestStatus '{"requests":[{"requestId":"none"}]}'
shows "... a script tells it while it runs" "$hf_out" 'status_answer and (.requests[0] | .status == "running" and .machines == [] and (.message | contains("no credentials")))'
file "aws_access_key_id = AKIDEXAMPLE"
ok "one key alone" wait_for 10 tried none "one of the two keys is missing"
file "aws_access_key_id = AKIDEXAMPLE" "aws_secret_access_key = one" "role_arn = arn:aws:iam::1:role/r"
ok "a role, which is not supported" wait_for 10 tried none "role_arn are not supported"
rm "$tmp/credentials"
mkdir "$tmp/credentials"
ok "a folder" wait_for 10 tried none "$tmp/credentials is not a file"
rmdir "$tmp/credentials"
is "nothing was sent meanwhile" "$(ec2_log length)" 0
is "... one intent is open, with one token" "$(sql "SELECT count(*) FROM hostq.intents") $(sql "SELECT count(DISTINCT details->>'token') FROM hostq.events WHERE request_id = 'none' AND type = 'intent'")" "1 1"
token=$(sql "SELECT token FROM hostq.intents")
keys one
expect_state none completed 20
is "... which is launched once the file is there" "$(launches none 'map(.token) | join(" ")')" "$token"

# Keys that do not expire: refused is refused, but for those that were replaced.
accepts two
ask refused
expect_state refused failed 10
is "keys that do not expire and are refused end it: PROVIDER_ERROR after one call" \
    "$(row refused "error_code || ' ' || retry_attempt || ' ' || (error_message LIKE 'AuthFailure: %')")" "PROVIDER_ERROR 0 true"
keys two
ask again
expect_state again completed 20
is "... replaced a moment before the call they are used at once" "$(row again retry_attempt) $(launches again 'map(.status) | join(" ")' | grep -c '200$')" "0 1"

# Keys that expire, in each of the words for it.
accepts three tokenA
keys three tokenA
ask temporary
expect_state temporary completed 20
for code in ExpiredToken ExpiredTokenException InvalidClientTokenId AuthFailure; do
    server "{\"fault\":{\"action\":\"RunInstances\",\"kind\":\"error\",\"times\":2,\"code\":\"$code\",\"status\":400}}"
    ask "$code"
    expect_state "$code" completed 20
    is "... with the same keys it takes a try of the queue's each time, and the same token" \
        "$(row "$code" retry_attempt) $(launches "$code" '"\(length) \(map(.token) | unique | length)"')" "2 3 1"
done
accepts four tokenB
ask expired
ok "keys that expired" wait_for 10 tried expired AuthFailure
keys four tokenB
expect_state expired completed 20
is "... one instance" "$(ec2_state '[.instances[] | select(.tags["hf:request"] == "expired")] | length')" 1

# A right that is missing is no matter of keys.
server '{"fault":{"action":"RunInstances","kind":"error","times":1000,"code":"UnauthorizedOperation","status":403}}'
ask right
expect_state right failed 10
is "... after one call" "$(launches right length)" 1
server '{"fault":null}'

# Nobody listens at the port.
port=${ec2_url##*:}
kill "$ec2_pid"
wait "$ec2_pid" 2>/dev/null
ask nobody
ask never 3
ok "a port that nobody listens at is tried again" wait_for 10 tried nobody "127.0.0.1"
expect_state never failed 10
is "... to the end, if there is one" "$(row never "error_code || ' ' || last_reason || ' ' || retry_attempt")" "SERVICE_UNAVAILABLE network_error 3"
token=$(sql "SELECT token FROM hostq.intents WHERE id = hostq.request_key('nobody')")
ec2_start --port "$port" --key AKIDEXAMPLE --secret four --token tokenB
expect_state nobody completed 20
is "... one launch, by the token that was written down before" "$(launches nobody 'map(.token) | join(" ")')" "$token"
is "... and none of the one that had ended" "$(launches never length)" 0
is "no secret is in a log or a row" "$(grep -lE 'secret_access|tokenA|tokenB' "$tmp"/d1.log; sql "SELECT count(*) FROM hostq.event e WHERE e::text ~ 'tokenA|tokenB|three|four'")" 0
daemon_stop "$daemon_pid"
