#!/bin/sh
# Issue 6: hostq submit --many. What a file says arrives as it was written,
# under what the environment and the command line say; a refusal names its line
# and gives the exit status, the others are taken.
# shellcheck disable=SC2154 # variables of lib.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"

plan 23
pg_start
many() { # exit status in $status, the two outputs in $tmp
    status=0
    hostq submit --many "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}
rows() {
    sql "SELECT string_agg($1, ' ' ORDER BY r.created_at, r.request_id) FROM hostq.requests r"
}
fresh() {
    sql "SELECT hostq.cancel_where('{\"all\":true}', false); TRUNCATE hostq.finished, hostq.request_body, hostq.ids, hostq.unique_keys" >/dev/null
}

# Lines.
cat >"$tmp/lines" <<'E'
{"kind":"noop","requestId":"a","result":{"x":0.1,"n":12345678901234567890,"z":1.50}}

  {"kind":"nop"}
{"kind":"noop","requestId":"b","namespace":"own","priority":"low"}
E
export HOSTQ_NAMESPACE=env
many -f "$tmp/lines" --queue noop --tag t=1
unset HOSTQ_NAMESPACE
is "ids of what was taken" "$(tr '\n' ' ' <"$tmp/out")" "a b "
is "the line of what was not" "$(cat "$tmp/err")" "hostq: line 3: Unknown kind 'nop'
hostq: 1 of 3 requests refused"
is "exit status by its code" "$status" 2
is "numbers as written" "$(field a "payload->>'result'")" '{"n": 12345678901234567890, "x": 0.1, "z": 1.50}'
is "environment under the file, command line over it" "$(rows "namespace || ':' || (tags->>'t') || ':' || priority")" "env:1:normal own:1:low"
fresh
many -n tenant --priority high -f - <"$tmp/lines"
is "options are put over each" "$(rows "namespace || ':' || priority")" "tenant:high tenant:high"
fresh

# A list, with what could be taken for the end of one of its members.
printf '\357\273\277 [ {"kind":"noop","requestId":"a","result":"],{\\"[\\\\"},\n\n{"kind":"noop","requestId":"b","result":[1,[2],{"c":[]}]} ,\n 7, "x",[1,2]\n]\n' >"$tmp/list"
many -f "$tmp/list"
is "a list is taken apart" "$(rows "(payload->'result')::text")" '"],{\"[\\" [1, [2], {"c": []}]'
is "with its lines" "$(cut -d: -f2 "$tmp/err" | head -3 | tr -d '\n')" " line 4 line 4 line 4"
many -f "$tmp/list" --json
is "JSON: the answers" "$(python3 -c "import json; a = json.load(open('$tmp/out')); print(a['accepted'], a['refused'], a['answers'][0])")" \
    "2 3 {'created': False, 'requestId': 'a'}"
echo '{"kind":"noop","requestId":"a","result":"other"}' >"$tmp/other"
many -f "$tmp/other" --json
is "exit status of a conflict" "$status" 4
fresh

# Nothing is sent of a file that is no good.
printf '{"kind":"noop"}\n{"kind":\n' >"$tmp/bad"
many -f "$tmp/bad"
like "the line that is no JSON" "$(cat "$tmp/err")" "^hostq: line 2 is not JSON"
is "nothing was sent" "$status $(count pending)" "2 0"
printf '{"kind":"noop"}\n\0\n' >"$tmp/bad"
many -f "$tmp/bad"
is "a NUL" "$status $(count pending)" "2 0"
many -f "$tmp/lines" --request-id x
is "one id for many" "$status $(cat "$tmp/err")" "2 hostq: submit: --request-id is for one request"
many noop -f "$tmp/lines"
is "arguments" "$status $(count pending)" "2 0"

# All or none.
many -f "$tmp/lines" --atomic
is "nothing is taken" "$status $(count pending) $(cat "$tmp/out")" "2 0 "
is "and why is told" "$(cat "$tmp/err")" "hostq: line 3: Unknown kind 'nop'
hostq: 3 of 3 requests refused"

# More than one call.
yes '{"kind":"noop"}' | head -n 10001 >"$tmp/lines"
many -f "$tmp/lines" --atomic
like "more than one call takes" "$status $(cat "$tmp/err")" "^2 hostq: submit: --atomic takes at most 10000 requests, not 10001"
echo '{"kind":"nop"}' >>"$tmp/lines"
many -f "$tmp/lines"
is "in two calls" "$status $(count pending) $(sort -u "$tmp/out" | wc -l)" "2 10001 10001"
is "lines go on" "$(head -1 "$tmp/err")" "hostq: line 10002: Unknown kind 'nop'"
fresh

# The same ids from two sides at once: nobody waits for one who waits for him.
seq -f '{"kind":"noop","requestId":"x%05.0f"}' 5000 >"$tmp/up"
sort -r "$tmp/up" >"$tmp/down"
hostq submit --many -f "$tmp/up" >"$tmp/up.out" 2>&1 &
up=$!
many -f "$tmp/down"
wait "$up"
is "both are answered" "$? $status $(sort "$tmp/out" | cksum)" "0 0 $(sort "$tmp/up.out" | cksum)"
is "and each is there once" "$(count pending)" 5000

: >"$tmp/lines"
many -f "$tmp/lines"
is "an empty file" "$status $(cat "$tmp/out" "$tmp/err")" "0 "
