#!/bin/sh
# What a machine's process is born with, and that it outlives its daemon. M10
# M41
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 23
pg_start
mkdir -m 777 "$tmp/out" "$tmp/work"
template T '["/bin/sh","-c","echo to stdout; echo to stderr >&2; exec sleep 1000"]' "\"environment\":{\"A\":\"1 2\",\"B\":\"x=y\"},\"workDir\":\"$tmp/work\""
template shell '"sleep 1000 & wait"'
daemon_start d1 --output-dir="$tmp/out"
hostq submit provision T 2 --request-id two --tag project=p --wait 10 >/dev/null
unit=$(sql "SELECT instance_id FROM hostq.machines ORDER BY 1 LIMIT 1")
pid=$(sql "SELECT details->>'pid' FROM hostq.machines WHERE instance_id = '$unit'")
became_sleep() {
    grep -q sleep "/proc/$pid/comm"
}
ok "it runs" wait_for 5 became_sleep
has() {
    tr '\0' '\n' <"/proc/$pid/environ" | grep -qxF "$1"
}
for v in "HOSTQ_DEPLOYMENT=$(sql "SELECT id FROM hostq.deployment")" "HOSTQ_HOST=$(sql "SELECT host FROM hostq.daemons")" \
    HOSTQ_REQUEST=two "HOSTQ_UNIT=$unit" "A=1 2" B=x=y; do
    ok "environment: ${v%%=*}" has "$v"
done
for v in PGPASSWORD PGUSER HOSTQ_DATABASE; do
    is "no $v" "$(tr '\0' '\n' <"/proc/$pid/environ" | grep -c "^$v=")" 0
done
is "its own session and group" "$(sed 's/^.*) //' "/proc/$pid/stat" | cut -d' ' -f3,4)" "$pid $pid"
is "no signal blocked, none ignored" "$(awk '/^Sig(Blk|Ign):/ {print $2}' "/proc/$pid/status" | tr -d '0\n')" ""
is "stdin, stdout, stderr and no more" "$(find "/proc/$pid/fd" -type l | sed 's|.*/||' | sort | tr '\n' ' ')" "0 1 2 "
is "stdin is /dev/null" "$(readlink "/proc/$pid/fd/0")" /dev/null
is "working directory" "$(readlink "/proc/$pid/cwd")" "$tmp/work"
is "its output is in output_dir" "$(sort "$tmp/out/$unit.log")" "to stderr
to stdout"
is "its tags are the request's" "$(sql "SELECT tags FROM hostq.machines WHERE instance_id = '$unit'")" '{"project": "p"}'

hostq submit provision shell 1 --request-id sh --wait 10 >/dev/null
daemon_stop "$daemon_pid"
is "the daemon stops" "$daemon_status" 0
is "... all three live on" "$(machine_pids | wc -l)" 3
daemon_start d2
daemon_stop "$daemon_pid" KILL
is "... also after one was killed" "$(machine_pids | wc -l)" 3
daemon_start d3
hostq submit return --wait 20 --param "machineIds=$(sql "SELECT jsonb_agg(instance_id) FROM hostq.machines")" --force >"$tmp/return"
like "a later daemon returns them" "$(cat "$tmp/return")" completed
is "no process is left" "$(machine_pids | wc -l)" 0
# The shell's own child was a part of the machine.
of_the_shell() {
    grep -slzxF HOSTQ_REQUEST=sh /proc/[0-9]*/environ
}
ok "nor one that a machine had started" wait_for 5 eval '! of_the_shell'
