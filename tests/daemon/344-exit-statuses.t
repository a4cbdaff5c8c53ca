#!/bin/sh
# What the end of a unit that is not ready means: 75 is tried again with
# backoff, 77, 78 and others are final, a signal is tried again, a program
# that cannot be run is named. M5 M27
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 38
pg_start
sql "UPDATE hostq.queues SET backoff_ms = 200, max_backoff_ms = 1000 WHERE name = 'provision'"
mkdir -m 777 "$tmp/runs"
counted() { # ID COMMAND: the command sees its number in $n
    template "$1" "[\"/bin/sh\",\"-c\",\"echo x >>$tmp/runs/$1; n=\$(wc -l <$tmp/runs/$1); $2\"]" '"readyAfter":0.2'
}
counted again 'if [ $n -le 2 ]; then exit 75; fi; exec sleep 1000'
counted signal 'if [ $n -le 1 ]; then kill -9 $$; fi; exec sleep 1000'
counted config 'exit 78'
counted auth 'exit 77'
counted zero 'exit 0'
counted three 'exit 3'
counted never 'exit 75'
template noprog '["/nonexistent/program","-x"]' '"readyAfter":0.2'
: >"$tmp/noexec"
template noexec "[\"$tmp/noexec\"]"
template nodir '["sleep","1000"]' '"workDir":"/nonexistent/dir"'
daemon_start d1
runs() {
    wc -l <"$tmp/runs/$1"
}

for t in again signal config auth zero three noprog noexec nodir; do
    asked requestMachines "{\"requestId\":\"$t\",\"templateId\":\"$t\",\"machineCount\":1}"
done
submit '{"kind":"provision","templateId":"never","machineCount":1,"requestId":"never","policy":{"max_retries":2}}' >/dev/null

ok "status 75 twice, then well: COMPLETED" wait_for 15 word_is again COMPLETED
is "... two retries, three runs" "$(sql "SELECT retry_attempt FROM hostq.requests WHERE request_id = 'again'") $(runs again)" "2 3"
is "... for this reason" "$(sql "SELECT DISTINCT reason FROM hostq.events WHERE request_id = 'again' AND type = 'retry'")" unavailable
is "... with growing delays" "$(sql "SELECT bool_and((SELECT min(s.at) FROM hostq.events s WHERE s.request_id = 'again' AND s.type = 'start' AND s.at > e.at)
    - e.at > e.attempt * interval '180 ms'), count(*) FROM hostq.events e WHERE request_id = 'again' AND type = 'retry'")" "t|2"
is "... one machine lives, each try had its own name" \
    "$(sql "SELECT count(*) FILTER (WHERE ended_at IS NULL), count(*) FROM hostq.machines WHERE request_id = 'again'")" "1|3"
ok "ended by a signal, then well: COMPLETED" wait_for 15 word_is signal COMPLETED
is "... two runs" "$(runs signal)" 2
is "... for this reason" "$(sql "SELECT DISTINCT reason FROM hostq.events WHERE request_id = 'signal' AND type = 'retry'")" task_terminated

final() { # ID REASON ERE
    ok "$1: FAILED" wait_for 10 word_is "$1" FAILED
    like "... message" "$(sql "SELECT error_message FROM hostq.requests WHERE request_id = '$1'")" "$3"
    is "... no retry, reason" "$(sql "SELECT retry_attempt, failure_reason, last_reason, error_code FROM hostq.requests WHERE request_id = '$1'")" \
        "0|$2|$2|PROVIDER_ERROR"
    [ ! -e "$tmp/runs/$1" ] || is "... one run" "$(runs "$1")" 1
}
final config config 'status 78 \(configuration error\)'
final auth auth 'status 77 \(not allowed\)'
final zero config 'status 0 \(a machine must not end\)'
final three config 'status 3 '
final noprog config '/nonexistent/program.*No such file'
final noexec config 'noexec.*Permission denied'
final nodir config '/nonexistent/dir.*No such file'
ok "never: FAILED" wait_for 15 word_is never FAILED
is "... after all its retries" "$(sql "SELECT retry_attempt, failure_reason, last_reason, error_code FROM hostq.requests WHERE request_id = 'never'") $(runs never)" \
    "2|max_retries|unavailable|SERVICE_UNAVAILABLE 3"
is "no machine of a failed one lives" "$(sql "SELECT count(*) FROM hostq.machines m JOIN hostq.requests r USING (request_id)
    WHERE m.ended_at IS NULL AND r.state = 'failed'")" 0
is "none failed without code and message" "$(sql "SELECT count(*) FROM hostq.requests WHERE state = 'failed' AND (coalesce(error_code, '') = '' OR coalesce(error_message, '') = '')")" 0
ok "two processes" wait_for 5 pids_are 2
