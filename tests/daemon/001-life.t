#!/bin/sh
# The thin path: submit, claim, work, settle; provision and return of process
# machines. M1 M4 M39 M41 M47
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
plan 14
pg_start
template T '["sleep","1000"]'
daemon_start d1

id=$(submit '{"kind":"noop"}')
expect_state "$id" completed 5

req=$(submit '{"kind":"provision","templateId":"T","machineCount":3}')
expect_state "$req" completed 5
is "M4: three machines run" \
    "$(sql "SELECT count(*) FROM hostq.machines WHERE request_id = '$req' AND status = 'running'")" 3
is "M4: as many processes" "$(machine_pids | wc -l)" 3
is "M41: the pids of the table are alive" \
    "$(sql "SELECT details->>'pid' FROM hostq.machines WHERE request_id = '$req' ORDER BY (details->>'pid')::int")" \
    "$(machine_pids | sort -n)"
is "M39: handler and resource are with the request" \
    "$(sql "SELECT provider_api, cardinality(resource_ids) > 0 FROM hostq.requests WHERE request_id = '$req'")" "process|t"
is "M47: overview" \
    "$(sql "SELECT cardinality(machine_ids), provider_api, status FROM hostq.request_overview WHERE request_id = '$req'")" \
    "3|process|COMPLETED"

machines=$(sql "SELECT jsonb_agg(instance_id) FROM hostq.machines WHERE request_id = '$req'")
ret=$(submit "{\"kind\":\"return\",\"machineIds\":$machines}")
expect_state "$ret" completed 5
is "no process left" "$(machine_pids | wc -l)" 0
is "all terminated" \
    "$(sql "SELECT DISTINCT status FROM hostq.machines WHERE request_id = '$req'")" terminated
is "none counts as taken" "$(sql "SELECT count(*) FROM hostq.machines WHERE taken_at IS NOT NULL")" 0
is "M1: both kinds are in the table" \
    "$(sql "SELECT string_agg(kind, ' ' ORDER BY kind) FROM (SELECT DISTINCT kind FROM hostq.requests WHERE kind <> 'watch') x")" \
    "noop provision return"
is "M1: at least 4 events of one life" \
    "$(sql "SELECT count(*) >= 4 FROM hostq.events WHERE request_id = '$req'")" t

daemon_stop "$daemon_pid"
is "a stopped daemon exits with 0" "$daemon_status" 0
