#!/bin/sh
# M69, M71, M72, F4, F6, F7, F8: delays, caps and deadlines of retries, told
# by the events; M64: failed is never seen before it is final; M76: counters
# and log.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 31
pg_start
retry() { # POLICY [MEMBERS] -> id
    submit "{\"kind\":\"noop\",\"fail\":\"retry\",\"policy\":{$1}${2:+,$2}}"
}
delays() { # not_before - time of the failed attempt, rounded to 50 ms
    sql "SELECT string_agg(((extract(epoch FROM (details->>'not_before')::timestamptz - at) * 1000 + 25)::int / 50 * 50)::text, ' '
        ORDER BY at) FROM hostq.events WHERE request_id = '$1' AND type = 'retry'"
}

# F4 with a tenth of its times; the event is written a moment after the row.
f4=$(retry '"backoff_ms":100,"backoff_factor":2,"max_backoff_ms":1000,"max_retries":6')
far=$(retry '"backoff_ms":100,"backoff_factor":2,"max_backoff_ms":10000,"max_retries":null')
further=$(retry '"backoff_ms":31536000000,"backoff_factor":1000,"max_backoff_ms":31536000000,"max_retries":null')
sql "UPDATE hostq.queue SET retry_attempt = 200 WHERE id IN (hostq.request_key('$far'), hostq.request_key('$further'))"
f6=$(retry '"backoff_ms":10,"max_retries":3')
nocap=$(retry '"backoff_ms":1,"max_backoff_ms":2,"max_retries":null' '"fail_times":20')
none=$(retry '"max_retries":0')
plain=$(submit '{"kind":"noop","fail":"retry"}')
wrong=$(submit '{"kind":"noop","fail":"sometimes"}')

# F7: deadline 2 s, three stops.
early=$(retry '"backoff_ms":50,"max_backoff_ms":200,"max_retries":10000,"stop_before_deadline_ms":500' '"timeout":2')
at=$(retry '"backoff_ms":750,"max_backoff_ms":750,"max_retries":10000,"stop_before_deadline_ms":null' '"timeout":2')
after=$(retry '"backoff_ms":650,"max_backoff_ms":650,"max_retries":10000,"stop_before_deadline_ms":-1000' '"timeout":2')
daemon_start d1 --metrics_listen=127.0.0.1:0

expect_state "$nocap" completed 5
is "M71: no cap, no end" "$(field "$nocap" retry_attempt)" 20
expect_state "$f6" failed 5
is "M71, F6: reasons" "$(field "$f6" "failure_reason, last_reason, retry_attempt, error_code")" \
    "max_retries|unavailable|3|SERVICE_UNAVAILABLE"
is "F6: exactly 4 tries" "$(sql "SELECT count(*) FROM hostq.events WHERE request_id = '$f6' AND type = 'retry'")" 3
expect_state "$none" failed 5
is "M71: a cap of none" "$(field "$none" "failure_reason, retry_attempt")" "max_retries|0"
is "F8: what cannot be built is not tried again" "$(field "$wrong" "state, failure_reason, retry_attempt")" "failed|builder_error|0"
like "and says why" "$(field "$wrong" error_message)" sometimes

expect_state "$f4" failed 10
is "M69, F4: 1 2 4 8 10 10" "$(delays "$f4")" "100 200 400 800 1000 1000"
is "M69: attempt + 1 each time" \
    "$(sql "SELECT string_agg(attempt::text, ' ' ORDER BY at) FROM hostq.events WHERE request_id = '$f4' AND type = 'retry'")" \
    "0 1 2 3 4 5"
is "without a policy of its own the queue's counts" "$(field "$plain" "failure_reason, retry_attempt") $(delays "$plain")" \
    "max_retries|2 1000 2000"
is "F4: attempt 200 does not overflow" "$(delays "$far") $(field "$far" "retry_attempt, state")" "10000 201|pending"
is "nor with a factor of 1000" \
    "$(field "$further" "not_before > now() + interval '364 days', retry_attempt")" "t|201"

deadline_of() { # NAME ID STOP DELAY: what F7 asks
    is "$1: failed for the deadline" "$(field "$2" "state, failure_reason, last_reason")" "failed|deadline|unavailable"
    is "$1: calls = attempt + 1" \
        "$(sql "SELECT count(*) FROM hostq.events WHERE request_id = '$2' AND type = 'retry'")" "$(field "$2" retry_attempt)"
    is "$1: each retry could start before, one more could not" \
        "$(sql "SELECT max((e.details->>'not_before')::timestamptz) < r.deadline - interval '$3 ms',
                r.failed_at + interval '$4 ms' >= r.deadline - interval '$3 ms',
                r.failed_at < r.deadline - interval '$3 ms' + interval '500 ms'
            FROM hostq.requests r JOIN hostq.events e USING (request_id)
            WHERE request_id = '$2' AND e.type = 'retry' GROUP BY r.deadline, r.failed_at")" "t|t|t"
}
wait_for 10 in_state "$after" failed
deadline_of "M72, F7: 500 ms before the deadline" "$early" 500 200
deadline_of "M72, F7: the deadline itself" "$at" 0 750
deadline_of "M72, F7: 1000 ms past it" "$after" -1000 650

# M64, F8: polled every 5 ms.
sql "CREATE FUNCTION public.watch(id text) RETURNS text LANGUAGE plpgsql AS \$\$
    DECLARE
        seen text[] := '{}';
        s text;
    BEGIN
        LOOP
            s := (SELECT state FROM hostq.requests WHERE request_id = id);
            IF s <> ALL (seen) THEN seen := seen || s; END IF;
            EXIT WHEN s IN ('completed', 'failed', 'timeout', 'canceled');
            PERFORM pg_sleep(0.005);
        END LOOP;
        RETURN (SELECT string_agg(x, ' ' ORDER BY x) FROM unnest(seen) x);
    END \$\$"
id=$(retry '"backoff_ms":30,"backoff_factor":1,"max_retries":9' '"fail_times":8,"duration_ms":20')
is "M64: failed is never seen" "$(sql "SELECT public.watch('$id')")" "completed pending processing"

is "M76: refusals by key and reason" \
    "$(metric d1 'hostq_retry_denied_total{key="noop",reason="max_retries"}') $(metric d1 'hostq_retry_denied_total{key="noop",reason="deadline"}')" \
    "4 3"
like "M76: retries" "$(metric d1 hostq_retries_total)" '^[4-9][0-9]$'
like "M76: a retry in the log" "$(grep "request.retry .*$f6" "$tmp/d1.log" | head -n 1)" \
    "request.retry .*request=$f6 attempt=1 reason=unavailable backoff_ms=10 not_before=20..-..-..T..:..:..\.[0-9]+Z deadline=none"
like "M76: with its deadline" "$(grep "request.retry .*$early" "$tmp/d1.log" | head -n 1)" 'deadline=20..-..-..T..:..:..\.[0-9]+Z'
like "M76: a refusal" "$(grep "request.retry_denied .*$f6" "$tmp/d1.log")" 'attempt=3 reason=max_retries last_reason=unavailable deadline_in_s=none'
like "M76: seconds to the deadline" "$(grep "request.retry_denied .*$early" "$tmp/d1.log")" 'reason=deadline .*deadline_in_s=0\.[5-9]'
