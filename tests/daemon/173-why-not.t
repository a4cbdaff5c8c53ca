#!/bin/sh
# F33, spec/queues.md 4: hostq explain names who holds things up where that
# takes a second session or a daemon: a locked row, queues that no daemon
# serves, slots, a retry that the deadline refused, a refused submit.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 10
PG_OPTIONS="-c max_prepared_transactions=2"
pg_start
explains() { # NAME ID ERE
    like "$1" "$(hostq explain "$2" 2>&1)" "$3"
}
# Asked inside a statement of its own, so that the daemon cannot be faster.
says_of() { # ID ERE
    says "coalesce(hostq.why_not('$1'), '') ~ '$2'"
}
daemon_start d1 --slots=1 --queues=provision,noop
id=$(submit '{"kind":"return","machineIds":["nosuch"]}')
like "a refused submit is no request" "$id" error
sql "INSERT INTO hostq.queues (name, kind) VALUES ('aside', 'noop')"
id=$(submit '{"kind":"noop","queue":"aside"}')
explains "no daemon for its queue" "$id" '^no living daemon serves queue aside$'
run=$(submit '{"kind":"noop","duration_ms":60000}')
expect_state "$run" processing 5
wait_for 5 says "(SELECT in_flight = 1 FROM hostq.daemons WHERE name = 'd1')"
next=$(submit '{"kind":"noop"}')
wait_for 5 says_of "$next" "slots"
explains "its slots are busy, and with what" "$next" \
    '^(all 1 slots are busy \(1 of queue noop\); it is next in queue noop|daemon d1#1 holds it and starts it when one of its 1 slots is free)$'
# A session that has locked the row, in a transaction that idles.
later=$(submit '{"kind":"noop","delay":1500}')
mkfifo "$tmp/in"
PGAPPNAME=payroll psql -XAtq <"$tmp/in" >/dev/null 2>&1 &
holder=$!
pids="$pids $holder"
exec 8>"$tmp/in"
echo "BEGIN; SELECT FROM hostq.queue WHERE id = hostq.request_key('$later') FOR UPDATE;" >&8
wait_for 5 says "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'payroll' AND backend_xid IS NOT NULL)"
pid=$(sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'payroll'")
wait_for 5 says_of "$later" "locked"
explains "its row is locked, by whom" "$later" "^its row is locked by pid $pid \(payroll, user postgres\) since 20"
echo "PREPARE TRANSACTION 'two phases'; \\q" >&8
exec 8>&-
wait "$holder"
explains "... by a prepared transaction" "$later" "^its row is locked by prepared transaction two phases \(user postgres\) since 20"
sql "ROLLBACK PREPARED 'two phases'"
ok "... by nobody any more" says "hostq.why_not('$later') !~ 'locked'"
# Ended badly: says how.
hostq cancel "$run" >/dev/null
late=$(submit '{"kind":"noop","fail":"retry","fail_times":9,"timeout":60,"policy":{"backoff_ms":3600000,"max_backoff_ms":3600000}}')
expect_state "$late" failed 5
explains "the deadline refused a retry" "$late" '^it ended as failed: the retry after attempt 1 could not have started before its deadline 20.* UTC \([a-z_]+\)$'
template T '["true"]'
sql "SELECT hostq.set('account_limit', '2')" >/dev/null
submit '{"kind":"provision","requestId":"odd","templateId":"T","machineCount":3}' >/dev/null
explains "a submit that a limit refused" odd "^hostq: there is no request 'odd': its submit was refused at .* UTC: Account quota would be exceeded \(0 machines lived or were owed, 3 more were asked for, account_limit is 2\)"
