#!/bin/sh
# design 2: a person's retry of each final state: once, with a new deadline
# and attempts from 0, the old history readable; CONFLICT otherwise and while
# its clean-up is open.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 28
pg_start
sql "UPDATE hostq.settings SET value = '1' WHERE name = 'min_timeout'"
template T '["sh","-c","trap : TERM; while :; do sleep 0.1; done"]' '"readyAfter":1000'
template R '["sleep","1000"]'
daemon_start d1
again() { # ID : $status, $out
    out=$(hostq retry "$1" 2>&1)
    status=$?
}

# Of each state that can be retried.
bad=$(submit '{"kind":"noop","fail":"retry","fail_times":3,"policy":{"max_retries":2,"backoff_ms":10},"timeout":600}')
late=$(submit '{"kind":"noop","delay":60000,"timeout":1}')
gone=$(submit '{"kind":"noop","delay":60000}')
hostq cancel "$gone" >/dev/null
wait_for 5 in_state "$bad" failed
wait_for 5 in_state "$late" timeout
old_deadline=$(field "$bad" deadline)
sql "UPDATE hostq.request_body SET payload = payload || '{\"fail_times\":1}' WHERE request_id = '$bad'"
for id in "$bad" "$late" "$gone"; do
    was=$(state "$id")
    again "$id"
    is "$was: retry" "$status" 0
    expect_state "$id" completed 5
done
is "attempts from 0" "$(field "$bad" "retry_attempt, failure_reason IS NULL, error_message IS NULL, crashes")" "1|t|t|0"
is "a new deadline, the same timeout" \
    "$(field "$bad" "deadline > '$old_deadline', deadline - claimed_at BETWEEN interval '590 s' AND interval '600 s'")" "t|t"
is "the old end is readable" \
    "$(sql "SELECT e->>'to_state', e->>'reason', e->>'attempt', e#>>'{details,error_message}' LIKE '%all 2 retries used%'
        FROM jsonb_array_elements(hostq.history('$bad')) e WHERE e->>'type' = 'ended'")" "failed|max_retries|2|t"
is "and who opened it again, in order" \
    "$(sql "SELECT string_agg(e->>'type', ' ') FROM jsonb_array_elements(hostq.history('$bad')) WITH ORDINALITY x (e, n)
        WHERE e->>'type' IN ('submit', 'retry', 'ended', 'reopen', 'complete')")" "submit retry retry ended reopen retry complete"
like "the client shows it" "$(hostq events "$bad")" 'reopen'

# Twice at once is once.
sql "INSERT INTO hostq.queues (name, paused) VALUES ('nobody', true)"
id=$(submit '{"kind":"noop","queue":"nobody"}')
hostq cancel "$id" >/dev/null
for i in 1 2 3 4 5; do
    hostq retry "$id" >"$tmp/retry.$i" 2>&1 &
    eval "p$i=$!"
done
ok_count=0
for i in 1 2 3 4 5; do
    eval "wait \$p$i" && ok_count=$((ok_count + 1))
done
is "five at once: one is heard" "$ok_count" 1
is "the others: conflict" "$(cat "$tmp"/retry.? | grep -c 'only failed, timeout or canceled can be retried')" 4
is "one row" "$(sql "SELECT count(*), count(*) FILTER (WHERE e->>'type' = 'reopen') FROM hostq.requests,
    jsonb_array_elements(hostq.history('$id')) e WHERE request_id = '$id' AND e->>'type' = 'reopen'")" "1|1"
again "$id"
is "an open one: exit 4" "$status" 4
like "an open one: says so" "$out" "is pending"
again "$bad"
is "a completed one: exit 4" "$status" 4
like "a completed one: says so" "$out" "is completed"
again nobody
is "an unknown one: exit 3" "$status" 3

# While its clean-up is open.
id=$(submit '{"kind":"provision","templateId":"T","machineCount":2}')
wait_for 5 in_state "$id" waiting
ok "both machines live" wait_for 5 says "$(machine_pids | wc -l) = 2"
hostq cancel "$id" >/dev/null
cleanup_id=$(sql "SELECT request_id FROM hostq.requests WHERE cleanup_of = '$id'")
again "$id"
is "clean-up open: exit 4" "$status" 4
like "clean-up open: names it" "$out" "is still being cleaned up by '$cleanup_id'"
sql "UPDATE hostq.request_body SET payload = payload || '{\"force\":true}' WHERE request_id = '$cleanup_id'"
expect_state "$cleanup_id" completed 10
is "clean-up done: nothing is left" "$(machine_pids | wc -l)" 0
sql "UPDATE hostq.request_body SET template = template || '{\"readyAfter\":0}' WHERE request_id = '$id'"
again "$id"
is "clean-up done: it is heard" "$status" 0
expect_state "$id" completed 5
is "with machines of its own" "$(machine_pids | wc -l) $(sql "SELECT count(*) FROM hostq.machines WHERE request_id = '$id' AND status = 'running'")" "2 2"
is "under another intent" "$(field "$id" "intent > 0")" t
