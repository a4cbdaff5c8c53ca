#!/bin/sh
# M62, F2: real rows have exactly the columns of their state, and not even the
# owner of the tables can store another shape. (Every shape: tests/sql/shapes.sql)
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 20
pg_start
daemon_start d1 --slots=1 --prefetch=1

# What the row has of: daemon_id lease claimed started next_poll completed
# failed canceled reason message
columns() {
    field "$1" "concat(daemon_id IS NOT NULL, lease IS NOT NULL, claimed_at IS NOT NULL, started_at IS NOT NULL, ' ',
        next_poll_at IS NOT NULL, ' ', completed_at IS NOT NULL, failed_at IS NOT NULL, canceled_at IS NOT NULL, ' ',
        failure_reason IS NOT NULL, error_message IS NOT NULL)"
}
refused() { # NAME UPDATE
    like "$1" "$(sql "$2" 2>&1)" 'violates check constraint'
}

good=$(submit '{"kind":"noop","result":{"a":1}}')
expect_state "$good" completed 5
is "completed keeps claimed_at and started_at" "$(columns "$good")" "tttt f tff ff"
is "and its result" "$(field "$good" "convert_from(response_body, 'UTF8')::jsonb")" '{"a": 1}'
bad=$(submit '{"kind":"noop","fail":"permanent"}')
expect_state "$bad" failed 5
is "failed: failed_at, reason, message" "$(columns "$bad")" "tttt f ftf tt"
is "and its attempt" "$(field "$bad" retry_attempt)" 0
wait=$(submit '{"kind":"noop","waits":1,"wait_ms":60000}')
expect_state "$wait" waiting 5
is "waiting holds no daemon" "$(columns "$wait")" "ffff t fff ff"
run=$(submit '{"kind":"noop","duration_ms":60000}')
expect_state "$run" processing 5
ahead=$(submit '{"kind":"noop"}')
expect_state "$ahead" claimed 5
pending=$(submit '{"kind":"noop"}')
is "pending has none of them" "$(columns "$pending")" "ffff f fff ff"
is "claimed has not started" "$(columns "$ahead")" "tttf f fff ff"
is "processing" "$(columns "$run")" "tttt f fff ff"
gone=$(submit '{"kind":"noop"}')
hostq cancel "$gone" >/dev/null
is "canceled: canceled_at" "$(columns "$gone")" "ffff f fft ft"

refused "pending with a daemon" "UPDATE hostq.queue SET owner = 1 WHERE id = hostq.request_key('$pending')"
refused "claimed without one" "UPDATE hostq.queue SET owner = NULL WHERE id = hostq.request_key('$ahead')"
refused "processing without started_at" "UPDATE hostq.queue SET started_at = NULL WHERE id = hostq.request_key('$run')"
refused "waiting with a lease" "UPDATE hostq.queue SET lease = 1 WHERE id = hostq.request_key('$wait')"
refused "completed without started_at" "UPDATE hostq.finished SET started_at = NULL WHERE id = hostq.request_key('$good')"
refused "failed without a reason" "UPDATE hostq.finished SET failure_reason = NULL WHERE id = hostq.request_key('$bad')"
