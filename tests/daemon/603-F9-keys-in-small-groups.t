#!/bin/sh
# F9: limited keys behind a claim that is full are not taken for empty ones: a
# daemon whose groups are smaller than what the keys may have does not rest
# while they have work.
# shellcheck disable=SC2154 # variables of lib.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 2
pg_start

sql "SELECT FROM generate_series(1, 20) k, hostq.limit_key('key-' || k, '{\"maxRunning\":10}')"
sql "SELECT count(hostq.submit(jsonb_build_object('kind', 'noop', 'key', 'key-' || i % 20 + 1))) FROM generate_series(1, 1000) i" >/dev/null
daemon_start d1 --group_size=10
ok "all complete" wait_for 60 count_is completed 1000
# A rest is up to a second, and there were nine.
spans "without a rest" "$(sql "SELECT (extract(epoch FROM max(finished_at) - min(claimed_at)) * 1000)::int FROM hostq.finished")" 4000
