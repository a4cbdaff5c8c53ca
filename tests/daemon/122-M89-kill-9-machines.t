#!/bin/sh
# M39, M89, D10: two daemons start 1,000 process machines, one is killed with
# -9 half way: 1,000 processes in the table and on the host, none twice, none
# lost.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 10
pg_start
template T '["sleep","1000"]'
# REQUEST UNIT of each living machine of this deployment.
processes() {
    grep -szHaE '^HOSTQ_(DEPLOYMENT|REQUEST|UNIT)=' /proc/[0-9]*/environ | tr '\0' '\n' |
        awk -F '/environ:HOSTQ_|=' -v own="$(sql "SELECT id FROM hostq.deployment")" '
            { of[$1, $2] = $3; file[$1] }
            END { for (f in file) if (of[f, "DEPLOYMENT"] == own) print of[f, "REQUEST"], of[f, "UNIT"] }'
}

daemon_start d1
victim=$daemon_pid
daemon_start d2 --metrics_listen=127.0.0.1:0
settled_daemons
sql "SELECT count(hostq.submit('{\"kind\":\"provision\",\"templateId\":\"T\",\"machineCount\":1}')) FROM generate_series(1, 1000)" >/dev/null
wait_for 10 says "(SELECT count(*) FROM hostq.finished) >= 300"
killed=$(now)
kill -9 "$victim"
ok "all complete" wait_for 20 count_is completed 1000
spans "taken over within a second" "$(sql "SELECT ((extract(epoch FROM max(at)) * 1000000 - $killed) / 1000)::int
    FROM hostq.events WHERE type = 'reclaim'")" 1000
is "in the table" "$(sql "SELECT count(*), count(DISTINCT request_id), count(DISTINCT instance_id), count(DISTINCT details->>'pid')
    FROM hostq.machines WHERE status = 'running'")" "1000|1000|1000|1000"
processes | sort >"$tmp/host"
is "on the host" "$(wc -l <"$tmp/host")" 1000
is "none twice" "$(sort -u -k1,1 "$tmp/host" | wc -l) $(sort -u -k2,2 "$tmp/host" | wc -l)" "1000 1000"
is "the same ones" "$(sql "SELECT request_id || ' ' || instance_id FROM hostq.machines" | sort | cmp - "$tmp/host" 2>&1)" ""
is "no intent is left open" "$(sql "SELECT count(*) FROM hostq.intents")" 0
ok "the killed one had some in hand" says "(SELECT count(*) FROM hostq.events WHERE type = 'reclaim') > 0"
is "no attempt failed" "$(sql "SELECT count(*) FROM hostq.events WHERE type = 'retry'")" 0
is "no write missed its row" "$(metric d2 hostq_lost_ownership_total)" 0
