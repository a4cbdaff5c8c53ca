#!/bin/sh
# design 3.1, 3.4: a mark that had to wait for another writer of its row, who
# left the lease as it was, hits nothing though the row is still ours: it is
# asked once more, and the request is worked.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 3
pg_start
daemon_start d1 --slots=1 --prefetch=1
noops 1 '"duration_ms":2000'
wait_for 5 count_is processing 1
noops 1
wait_for 5 count_is claimed 1
# Holds the row until the mark waits for it.
cat >"$tmp/writer.sql" <<'EOF'
BEGIN;
UPDATE hostq.queue SET crashes = crashes WHERE state = 'claimed' RETURNING 'written';
DO $$ BEGIN
    FOR i IN 1..2000 LOOP
        PERFORM pg_stat_clear_snapshot();
        IF EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock') THEN
            RAISE NOTICE 'waits';
            EXIT;
        END IF;
        PERFORM pg_sleep(0.005);
    END LOOP;
END $$;
COMMIT;
EOF
psql -XAtq -f "$tmp/writer.sql" >"$tmp/writer.out" 2>&1
ok "the mark had to wait" grep -q waits "$tmp/writer.out"
ok "both end" wait_for 5 count_is completed 2
is "nothing counts as lost" "$(grep -c request.lost "$tmp"/d1.log)" 0
