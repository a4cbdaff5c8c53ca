#!/bin/sh
# Machines of two hosts: each is ended only by a daemon of its host; while one
# host is down the other's are gone at once, and the rest is named at the
# deadline. M11 M86
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 23
pg_start
template T '["sleep","1000"]'
template slow '["sleep","1000"]' '"readyAfter":1.5'
sql "SELECT hostq.set('min_timeout', '1')" >/dev/null

# A stopped daemon takes nothing, so the other one gets what is asked for now.
daemon_start a --host=alpha --boot-id=boot-a
a=$daemon_pid
daemon_start b --host=beta --boot-id=boot-b
b=$daemon_pid
kill -STOP "$b"
asked requestMachines '{"requestId":"on-a","templateId":"T","machineCount":2}'
ok "two on alpha" wait_for 8 word_is on-a COMPLETED
kill -CONT "$b"
kill -STOP "$a"
asked requestMachines '{"requestId":"on-b","templateId":"T","machineCount":3}'
ok "three on beta" wait_for 8 word_is on-b COMPLETED
kill -CONT "$a"
daemon_stop "$a"
is "host and boot of each are in the table" "$(sql "SELECT DISTINCT request_id, host, boot_id FROM hostq.machines ORDER BY 1" | tr '\n' ' ')" \
    "on-a|alpha|boot-a on-b|beta|boot-b "
ids=$(sql "SELECT jsonb_agg(instance_id ORDER BY random()) FROM hostq.machines")
on_a=$(sql "SELECT jsonb_agg(instance_id) FROM hostq.machines WHERE host = 'alpha'")

# Alpha is down: nobody else touches its processes.
asked requestReturnMachines "{\"requestId\":\"both\",\"machineIds\":$ids,\"timeout\":3}"
three_gone() {
    [ "$(sql "SELECT count(*) FROM hostq.machines WHERE host = 'beta' AND status = 'terminated'")" = 3 ]
}
t0=$(date +%s%N)
ok "a return over both: beta's are gone at once" wait_for 3 three_gone
ms=$((($(date +%s%N) - t0) / 1000000))
ok "... $ms ms" [ "$ms" -lt 2500 ]
is "alpha's live" "$(machine_pids | wc -l)" 2
waits_for_alpha() {
    hostq explain both | grep -q "no living daemon serves host alpha (boot boot-a)"
}
ok "explain says what it waits for" wait_for 3 waits_for_alpha
like "... and until when" "$(hostq explain both)" 'deadline 20[0-9-]* [0-9:]* UTC'
shows "it is in progress" "$(status_of both)" '.result | call_status and .status == "IN_PROGRESS"
    and ([.machines[].status] | sort == ["running","running","terminated","terminated","terminated"])'
ok "at the deadline it ends" wait_for 10 word_is both TIMEOUT
shows "... and names the rest" "$(status_of both)" ".result | .errorMessage as \$m | all(${on_a}[]; . as \$i | \$m | contains(\$i))"
shows "HostFactory: three succeed, two fail" "$(hostq hf getRequestStatus both)" 'status_answer and (.requests[0] | .status == "complete_with_error"
    and ([.machines[] | select(.result == "succeed")] | length == 3)
    and ([.machines[] | select(.result == "fail" and .status == "running" and .message != "")] | length == 2))'
is "alpha's live on" "$(machine_pids | wc -l)" 2

# A return of alpha's only: claimed by none but alpha.
asked requestReturnMachines "{\"requestId\":\"only-a\",\"machineIds\":$on_a,\"timeout\":600}"
ok "a return of alpha's waits" wait_for 3 eval 'hostq explain only-a | grep -q "no living daemon serves host alpha"'
is "... nobody has claimed it" "$(sql "SELECT count(*) FROM hostq.events WHERE request_id = 'only-a' AND type = 'claim'")" 0
daemon_start a2 --host=alpha --boot-id=boot-a
ok "alpha is back: it ends" wait_for 10 word_is only-a COMPLETED
is "... by alpha's daemon" "$(sql "SELECT DISTINCT split_part(daemon_id, '#', 1) FROM hostq.events WHERE request_id = 'only-a' AND type = 'claim'")" a2
is "no process is left" "$(machine_pids | wc -l)" 0

# A provision that was begun on beta goes on there only.
kill -STOP "$daemon_pid"
asked requestMachines '{"requestId":"begun","templateId":"slow","machineCount":2}'
ok "a provision is begun on beta" wait_for 8 pids_are 2
daemon_stop "$b" KILL
kill -CONT "$daemon_pid"
ok "... beta dies: it waits for beta" wait_for 8 eval 'hostq explain begun | grep -q "host beta (boot boot-b)"'
is "... alpha starts none" "$(machine_pids | wc -l)" 2
daemon_start b2 --host=beta --boot-id=boot-b
ok "... beta is back: it completes" wait_for 10 word_is begun COMPLETED
is "... with the two" "$(machine_pids | wc -l)" 2
