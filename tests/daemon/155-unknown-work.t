#!/bin/sh
# D11, M49, jobs.md 4: a stored request that no daemon knows how to work (kind,
# provider, template, payload altered by SQL) fails with a clear reason and
# never waits for ever; others are not held up.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 13
pg_start
template T '["sleep","1000"]'
one='{"kind":"provision","templateId":"T","machineCount":1}'
altered() { # SET -> id of a provision whose body is altered
    id=$(submit "$one")
    sql "UPDATE hostq.request_body SET $1 WHERE request_id = '$id'"
    echo "$id"
}
kind=$(altered "kind = 'conjure'")
provider=$(altered "provider_api = 'Foo'")
none=$(altered "provider_api = NULL")
body=$(altered "template = NULL")
command=$(altered "template = template - 'command'")
payload=$(altered "payload = '[]'")
policy=$(altered "policy = '[1,2]'")
good=$(submit "$one")
plain=$(submit '{"kind":"noop"}')
daemon_start d1

expect_state "$good" completed 5
expect_state "$plain" completed 5
refused() { # NAME ID REASON TEXT
    wait_for 3 in_state "$2" failed
    like "$1" "$(field "$2" "state, failure_reason, retry_attempt, error_message")" "^failed\\|$3\\|0\\|.*$4"
}
refused "an unknown kind" "$kind" config "conjure"
refused "an unknown provider: value and what there is" "$provider" config "Foo.*process"
refused "no provider" "$none" config "provider"
refused "no template" "$body" '[a-z_]+' "template"
refused "a template without its command" "$command" '[a-z_]+' "command"
ok "a payload of another shape ends" wait_for 3 says "EXISTS (SELECT FROM hostq.finished WHERE id = hostq.request_key('$payload'))"
ok "a policy of another shape ends" wait_for 3 says "EXISTS (SELECT FROM hostq.finished WHERE id = hostq.request_key('$policy'))"
is "nothing is left open" "$(sql "SELECT count(*) FROM hostq.requests WHERE state IN ('pending', 'claimed', 'processing', 'waiting') AND kind <> 'watch'")" 0
like "and only the good ones were begun" "$(machine_pids | wc -l)" '^[123]$'
is "each has a code" "$(sql "SELECT count(*) FROM hostq.requests WHERE state = 'failed' AND coalesce(error_code, '') = ''")" 0
is "the daemon lives" "$(kill -0 "$daemon_pid" && echo alive)" alive
