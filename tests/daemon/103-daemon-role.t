#!/bin/sh
# design 3.11: a daemon needs no more than the role hostq_daemon, and a client
# no more than hostq_client.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 10
pg_start
template T '["sleep","1000"]'
template K '["sleep","1000"]' '"readyAfter":1000'
sql "CREATE ROLE d LOGIN IN ROLE hostq_daemon; CREATE ROLE c LOGIN IN ROLE hostq_client"
# The deployment is younger than its partitions would be.
daemon_start d1 --database="user=d" --slots=10
as_client() {
    PGUSER=c hostq "$@"
}
by_client() { # JSON
    printf '%s' "$1" | as_client submit -f -
}

id=$(by_client '{"kind":"noop","fail":"retry","fail_times":1,"waits":1,"policy":{"backoff_ms":10}}')
expect_state "$id" completed 5
id=$(by_client '{"kind":"provision","templateId":"T","machineCount":2}')
expect_state "$id" completed 5
machines=$(sql "SELECT jsonb_agg(instance_id) FROM hostq.machines WHERE request_id = '$id'")
id=$(by_client "{\"kind\":\"return\",\"machineIds\":$machines}")
expect_state "$id" completed 5
id=$(by_client '{"kind":"provision","templateId":"K","machineCount":2}')
expect_state "$id" waiting 5
ok "cancel" as_client cancel "$id"
ok "its clean-up" wait_for 5 says "(SELECT count(*) = 1 FROM hostq.requests WHERE cleanup_of = '$id' AND state = 'completed')"
id=$(by_client '{"kind":"noop","duration_ms":60000,"timeout":1}')
late=$(by_client '{"kind":"noop","delay":60000,"timeout":1}')
expect_state "$late" timeout 5
ok "the coming partitions are made" wait_for 5 says "(SELECT count(*) FROM pg_inherits WHERE inhparent::regclass::text LIKE 'hostq.%'
    AND inhrelid::regclass::text !~ 'default|pkey|_idx') >= 4"
daemon_stop "$daemon_pid" KILL
daemon_start d2 --database="user=d"
ok "takeover" wait_for 8 says "(SELECT daemon_id = 'd2#2' FROM hostq.requests WHERE request_id = '$id')"
is "and nothing was refused" "$(cat "$tmp"/d?.log | grep -E 'db.error|db.lost')" ""
