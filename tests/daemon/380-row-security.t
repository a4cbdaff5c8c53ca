#!/bin/sh
# Row security: two tenants in one database. One sees and changes nothing of
# the other, through every function and view, by id too.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/hf.inc"
plan 76
pg_start
psql -Xq >/dev/null <<'SQL' || exit 99
CREATE ROLE tenant_a LOGIN IN ROLE hostq_client, hostq_operator;
CREATE ROLE tenant_b LOGIN IN ROLE hostq_client, hostq_operator;
CREATE ROLE the_daemon LOGIN IN ROLE hostq_daemon;
CREATE ROLE looker LOGIN IN ROLE hostq_operator;
CREATE ROLE stranger LOGIN;
INSERT INTO hostq.tenants (namespace, member) VALUES ('na', 'tenant_a'), ('nb', 'tenant_b');
SQL
is "row security is switched on" "$(hostq set row_security on)" "row_security = on (was off)"
daemon_start d1 --database="user=the_daemon"

as() { # ROLE CMD...
    as_role=$1
    shift
    PGUSER=$as_role "$@"
}
asql() { # ROLE SQL
    PGUSER=$1 psql -XAtq -v ON_ERROR_STOP=1 -c "$2"
}

# Each lives a life of its own, by the scripts.
for t in a b; do
    hf_instance "n$t"
    hf_templates "$(unit "t$t" 10 "\"instanceTags\":\"x=SECRET-$t\"")" "$(unit same 10)"
    PGUSER=tenant_$t
    hf requestMachines "{\"template\":{\"templateId\":\"t$t\",\"machineCount\":2}}"
    eval "req_$t=$(hf_value .requestId)"
    hf_ends "$(hf_value .requestId)" complete 10
    eval "machine_$t=$(hf_value '.requests[0].machines[0].machineId')"
    hostq submit provision "t$t" 1 -n "n$t" --request-id "own-$t" --tag "s=SECRET-$t" --metadata "{\"m\":\"SECRET-$t\"}" --delay 3600 >/dev/null
    hostq submit noop -n "n$t" --request-id "failed-$t" --param fail=permanent --tag "s=SECRET-$t" --wait 10 >/dev/null 2>&1
    hostq submit noop -n "n$t" --request-id "held-$t" --param duration_ms=600000 --tag "s=SECRET-$t" >/dev/null
    hostq submit noop -n "n$t" --param bad=1 --request-id "refused-$t" >/dev/null 2>&1
    PGUSER=postgres
done
# shellcheck disable=SC2154 # set by eval
sql "UPDATE hostq.machines SET message = 'SECRET-b', details = details || '{\"x\":\"SECRET-b\"}' WHERE namespace = 'nb'"
is "each made what it asked for" "$(sql "SELECT namespace, count(*) FROM hostq.requests WHERE namespace LIKE 'n_' GROUP BY 1 ORDER BY 1" | tr '\n' ' ')" "na|4 nb|4 "
is "the daemon got along with its role" "$(grep -c ' error ' "$tmp/d1.log")" 0

# All that is of tenant b, as text.
snapshot() {
    sql "SELECT md5(string_agg(t || md5(x), ' ' ORDER BY t, x)) FROM (
        SELECT 'body' AS t, b::text AS x FROM hostq.request_body b WHERE namespace = 'nb'
        UNION ALL SELECT 'queue', q::text FROM hostq.queue q JOIN hostq.request_body b USING (id) WHERE namespace = 'nb'
        UNION ALL SELECT 'finished', f::text FROM hostq.finished f WHERE namespace = 'nb'
        UNION ALL SELECT 'machine', m::text FROM hostq.machines m WHERE namespace = 'nb'
        UNION ALL SELECT 'return', m::text FROM hostq.request_machines m WHERE namespace = 'nb'
        UNION ALL SELECT 'event', e::text FROM hostq.event e WHERE namespace = 'nb'
        UNION ALL SELECT 'template', t::text FROM hostq.templates t WHERE namespace = 'nb'
        UNION ALL SELECT 'provider', p::text FROM hostq.providers p WHERE namespace = 'nb'
        UNION ALL SELECT 'waiter', w::text FROM hostq.waiters w JOIN hostq.request_body b USING (id) WHERE namespace = 'nb'
        UNION ALL SELECT 'abort', a::text FROM hostq.aborts a JOIN hostq.request_body b USING (id) WHERE namespace = 'nb') y"
}
before=$(snapshot)

# shellcheck disable=SC2154 # set by eval above
: "$req_a" "$req_b" "$machine_b"

# Views and tables: no row of b's, while a's own are there.
asql tenant_a "SELECT format('SELECT %L, count(*) FILTER (WHERE x::text ~ ''SECRET-b|own-b|held-b|failed-b|refused-b|\"nb\"|,nb,|$req_b|$machine_b''), count(*) FROM hostq.%I x;', relname, relname)
    FROM pg_class WHERE relnamespace = 'hostq'::regnamespace AND relkind IN ('r', 'p', 'v') AND has_table_privilege(oid, 'SELECT') ORDER BY 1" >"$tmp/views.sql"
ok "a may read $(wc -l <"$tmp/views.sql") views and tables" [ "$(wc -l <"$tmp/views.sql")" -gt 20 ]
PGUSER=tenant_a psql -XAtq -v ON_ERROR_STOP=1 -f "$tmp/views.sql" >"$tmp/views" 2>&1
is "every one of them answered" "$(wc -l <"$tmp/views")" "$(wc -l <"$tmp/views.sql")"
is "no row of b's in any of them" "$(awk -F'|' '$2 != 0' "$tmp/views")" ""
for v in requests request_overview machine_overview events performance templates; do
    ok "... but a's own in $v" [ "$(awk -F'|' -v v=$v '$1 == v {print $3}' "$tmp/views")" -gt 0 ]
done
is "queue_status counts only a's" "$(asql tenant_a "SELECT sum(pending + claimed + processing + waiting) FROM hostq.queue_status")" 2

# Functions: each with b's names and ids in all its arguments.
cat >"$tmp/functions.sql" <<SQL
CREATE TEMP TABLE tried (f text, calls int, leaks int, example text);
DO \$\$
DECLARE
    f record;
    texts text[] := '{$req_b,own-b,held-b,failed-b,refused-b,$machine_b,nb,tb,same,na,getRequestStatus,requestMachines,requestReturnMachines,getReturnRequests,getAvailableTemplates,cancelRequest,symphony,lsf}';
    jsons text[] := ARRAY['{}', '{"requestId":"$req_b"}', '{"requestId":"own-b"}', '{"requestId":"held-b"}', '{"requests":["$req_b","own-b","held-b","failed-b"]}',
        '{"machineIds":["$machine_b"]}', '{"machineIds":["$machine_b"],"requestId":"own-b"}', '{"machines":["$machine_b"]}', '{"machines":[{"name":"$machine_b","machineId":"$machine_b"}]}',
        '{"templateId":"tb","machineCount":1}', '{"template":{"templateId":"tb","machineCount":1}}', '{"kind":"provision","templateId":"tb","machineCount":1,"namespace":"nb"}',
        '{"kind":"provision","templateId":"tb","machineCount":1,"namespace":"na"}', '{"kind":"provision","templateId":"tb","machineCount":1,"requestId":"own-b","namespace":"nb"}',
        '{"kind":"return","machineIds":["$machine_b"],"namespace":"na"}', '{"kind":"return","machineIds":["$machine_b"],"namespace":"nb"}',
        '{"kind":"noop","requestId":"held-b","namespace":"na"}', '{"kind":"noop","requestId":"held-b","namespace":"nb","tags":{"s":"x"}}',
        '{"namespace":"nb"}', '{"namespace":"nb","state":"open"}', '{"state":"dead"}', '{"template":"tb"}', '{"request":"$req_b"}', '{"machine":"$machine_b"}', '{"name":"$machine_b"}',
        '[]', '[{"templateId":"tb","valid":true,"maxNumber":1,"providerApi":"process","definition":{}}]'];
    args text[];
    call text;
    got text;
    n int;
    bad int;
    ex text;
BEGIN
    PERFORM setseed(0.5);
    FOR f IN SELECT p.oid, p.proname, p.pronargs, p.proargtypes::oid[] AS types FROM pg_proc p
            WHERE p.pronamespace = 'hostq'::regnamespace AND has_function_privilege('hostq_client', p.oid, 'EXECUTE') LOOP
        bad := 0;
        n := CASE WHEN f.pronargs = 0 THEN 1 WHEN f.pronargs = 1 THEN 40 ELSE 600 END;
        FOR i IN 1..n LOOP
            args := '{}';
            FOR k IN 0..f.pronargs - 1 LOOP
                args := args || CASE f.types[k] WHEN 'jsonb'::regtype
                    THEN quote_literal(jsons[CASE WHEN f.pronargs = 1 THEN (i - 1) % cardinality(jsons) + 1 ELSE 1 + floor(random() * cardinality(jsons))::int END]) || '::jsonb'
                    WHEN 'text'::regtype
                    THEN quote_literal(texts[CASE WHEN f.pronargs = 1 THEN (i - 1) % cardinality(texts) + 1 ELSE 1 + floor(random() * cardinality(texts))::int END])
                    ELSE 'NULL' END;
            END LOOP;
            call := format('SELECT string_agg(x::text, '' '') FROM hostq.%I(%s) x', f.proname, array_to_string(args, ', '));
            BEGIN
                EXECUTE call INTO got;
            EXCEPTION WHEN others THEN
                got := SQLERRM;
            END;
            IF got ~ 'SECRET-b' THEN
                bad := bad + 1;
                ex := call || ' -> ' || left(got, 300);
            END IF;
        END LOOP;
        INSERT INTO tried VALUES (f.proname, n, bad, ex);
        ex := NULL;
    END LOOP;
END \$\$;
SELECT f, calls, leaks, example FROM tried ORDER BY 1;
SQL
PGUSER=tenant_a psql -XAtq -v ON_ERROR_STOP=1 -f "$tmp/functions.sql" >"$tmp/functions" 2>&1
ok "each of $(wc -l <"$tmp/functions") functions of a client was tried" [ "$(wc -l <"$tmp/functions")" = \
    "$(sql "SELECT count(*) FROM pg_proc p WHERE pronamespace = 'hostq'::regnamespace AND has_function_privilege('hostq_client', p.oid, 'EXECUTE')")" ]
ok "... at least 19" [ "$(wc -l <"$tmp/functions")" -ge 19 ]
is "none told anything of b's" "$(awk -F'|' '$3 != 0' "$tmp/functions")" ""
is "none changed anything of b's" "$(snapshot)" "$before"

# The same by the client, where one knows the ids.
for c in "status $req_b" "show own-b" "result failed-b" "events held-b" "explain held-b" "cancel held-b" "retry failed-b" "wait held-b --timeout 1" "watch held-b --timeout 1"; do
    # shellcheck disable=SC2086 # words
    out=$(as tenant_a hostq $c 2>&1)
    is "hostq $c: not found" $? 3
    like "... and no more" "$out" "^hostq: Request '[^']*' not found( \(.*\))?$"
done
out=$(as tenant_a hostq templates -n nb 2>&1)
is "hostq templates -n nb: exit 2" $? 2
like "... says why" "$out" "not yours"
for c in list machines; do
    out=$(as tenant_a hostq $c --json)
    shows "hostq $c: only a's" "$out" 'length > 0 and all(.namespace == "na")'
done
hf_instance nb
PGUSER=tenant_a
for s in getAvailableTemplates requestMachines requestReturnMachines getRequestStatus getReturnRequests; do
    hf $s '{"requests":[],"machines":[],"template":{"templateId":"tb","machineCount":1}}'
    is "$s.sh as another's instance: exit 1" "$hf_status" 1
    shows "... says why" "$hf_out" 'failure and (.message | contains("not yours"))'
done
hf_instance na
hf getRequestStatus "{\"requests\":[\"$req_b\",\"$req_a\"]}"
shows "getRequestStatus: b's is unknown, a's own is not" "$hf_out" 'status_answer and [.requests[].status] == ["complete_with_error","complete"] and .requests[0].machines == []'
PGUSER=postgres
is "nothing of b's has changed" "$(snapshot)" "$before"

# No write but through functions, and into staging; no function of the house.
asql tenant_a "SELECT format('%s hostq.%I%s;', v.a, relname, v.b) FROM pg_class, (VALUES ('DELETE FROM', ''), ('INSERT INTO', ' DEFAULT VALUES'), ('TRUNCATE', '')) v (a, b)
    WHERE relnamespace = 'hostq'::regnamespace AND relkind IN ('r', 'p') AND NOT (relname = 'staging' AND v.b <> '')" >"$tmp/writes.sql"
PGUSER=tenant_a psql -Xq -f "$tmp/writes.sql" >"$tmp/writes" 2>&1
is "each of $(wc -l <"$tmp/writes.sql") writes is denied" "$(grep -c 'permission denied' "$tmp/writes")" "$(wc -l <"$tmp/writes.sql")"
for c in "set max_crashes 5" "pause noop" "resume noop"; do
    # shellcheck disable=SC2086 # words
    out=$(as tenant_a hostq $c 2>&1)
    is "hostq $c by a tenant: exit 6" $? 6
    like "... says why" "$out" "^hostq: refused by the database: .*permission denied"
done
out=$(as looker hostq submit noop 2>&1)
is "an operator submits nothing: exit 6" $? 6
is "... and sees no tenant's" "$(as looker hostq list --json)" "[]"
out=$(as stranger hostq list 2>&1)
is "a stranger is refused: exit 6" $? 6
is "... in one line" "$(printf '%s\n' "$out" | wc -l)" 1

# An id is taken for all; whose it is, and what it is, is not said.
for c in "noop --request-id held-b -n na" "noop --request-id own-b -n na" "provision ta 1 --request-id own-b -n na"; do
    # shellcheck disable=SC2086 # words
    out=$(as tenant_a hostq submit $c 2>&1)
    is "submit $c: exit 4" $? 4
    like "... it exists, and no more" "$out" "^hostq: Request '(held|own)-b' exists( \\(requestId: [^)]*\\))?$"
done
shows "... by call" "$(as tenant_a hostq call -n na '{"method":"requestMachines","params":{"templateId":"ta","machineCount":1,"requestId":"own-b"}}' 2>/dev/null)" \
    '. == {"error":{"code":"CONFLICT","message":"Request '"'own-b'"' exists","details":{"requestId":"own-b","field":"requestId"}}}'

# Behind others: why, but not how many of theirs.
sql "SELECT count(hostq.submit('{\"kind\":\"noop\",\"namespace\":\"nb\",\"duration_ms\":600000}')) FROM generate_series(1, 1000)" >/dev/null
all_busy() {
    [ "$(sql "SELECT in_flight >= slots FROM hostq.daemons WHERE state = 'alive'")" = t ]
}
ok "all slots are busy" wait_for 15 all_busy
as tenant_a hostq submit noop -n na --request-id behind >/dev/null
is "explain by a: others are ahead, no number" "$(as tenant_a hostq explain behind)" "other requests of queue noop are ahead of it"
like "... the house is told how many" "$(hostq explain behind)" '^[0-9]+ requests of queue noop are ahead of it \(100 of 100 slots are busy\)$'

is "row security is switched off" "$(hostq set row_security off)" "row_security = off (was on)"
is "... then all see all" "$(as tenant_a hostq list --json | jq '[.[].namespace] | unique | map(select(. != "default" and . != "")) | join(" ")' -r)" "na nb"
