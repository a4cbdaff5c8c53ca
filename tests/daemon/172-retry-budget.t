#!/bin/sh
# spec/queues.md 4: a retry budget for the whole fleet. When 60 requests fail
# at once, their retries come no faster than the budget, whoever works them;
# none is lost or failed by it, and a deadline is kept.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 9
pg_start
sql "UPDATE hostq.queues SET retry_budget = 300, backoff_ms = 10 WHERE name = 'noop'; INSERT INTO hostq.queues (name, kind, audit) VALUES ('free', 'noop', 'stamps')"
daemon_start d1 --metrics_listen=127.0.0.1:0
daemon_start d2 --metrics_listen=127.0.0.1:0
noops 60 '"fail":"retry","fail_times":1,"timeout":60'
noops 60 '"fail":"retry","fail_times":1,"timeout":60,"queue":"free"'
urgent=$(submit '{"kind":"noop","fail":"retry","fail_times":1,"timeout":5}')
someone=
put_off() {
    someone=$(sql "SELECT b.request_id FROM hostq.queue q JOIN hostq.request_body b USING (id)
        WHERE note ? 'put_off' AND q.run_at > clock_timestamp() + interval '2 s' LIMIT 1")
    [ -n "$someone" ]
}
wait_for 5 put_off
like "why_not" "$(hostq explain "$someone")" "^attempt 1 failed \([a-z_]*.*\); the retry budget of queue noop, 300 a minute, puts it off to 20"
ok "all complete" wait_for 30 count_is completed 121
is "each with one retry" "$(sql "SELECT DISTINCT retry_attempt FROM hostq.requests WHERE kind = 'noop'")" 1
within() { # QUEUE SECONDS: retries begun so soon after the first
    sql "SELECT count(*) FROM hostq.requests WHERE queue = '$1' AND started_at < (SELECT min(started_at) FROM hostq.requests WHERE queue = '$1') + interval '$2 s'"
}
# A tenth of a minute's budget at once, then five a second; and the urgent one.
spans "no more than the budget in the first second" "$(within noop 1)" 37
spans "... in three" "$(within noop 3)" 47
is "a queue without a budget: at once" "$(sql "SELECT $(within free 3) = 60")" t
ok "an urgent one kept its deadline" says "(SELECT started_at < deadline FROM hostq.requests WHERE request_id = '$urgent')"
is "none failed" "$(count failed)$(count timeout)" 00
counted=$(($(metric d1 hostq_retries_put_off_total) + $(metric d2 hostq_retries_put_off_total)))
ok "the metric counts them ($counted)" [ "$counted" -ge 25 ]
