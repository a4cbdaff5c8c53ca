#!/bin/sh
# spec/queues.md 5.4: the lower bound of a claim does not hide what became
# ready before others that were claimed, and is committed after them.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$top_srcdir/tests/daemon/queue.inc"
plan 5
pg_start
noops 1
daemon_start d1
wait_for 5 count_is completed 1

# Twelve transactions go on for 150 ms after their submit, while another
# session submits every 10 ms.
sql "CREATE TABLE public.ended (request_id text, at timestamptz);
    CREATE PROCEDURE public.slow() LANGUAGE plpgsql AS \$\$ DECLARE r jsonb; BEGIN
        FOR i IN 1..12 LOOP
            r := hostq.submit(jsonb_build_object('kind', 'noop', 'requestId', 'slow-' || i));
            PERFORM pg_sleep(0.15);
            COMMIT;
            INSERT INTO public.ended VALUES (r->>'requestId', clock_timestamp());
            COMMIT;
            PERFORM pg_sleep(0.1 + 0.1 * random());
            COMMIT;
        END LOOP;
    END \$\$;
    CREATE PROCEDURE public.quick() LANGUAGE plpgsql AS \$\$ BEGIN
        WHILE (SELECT count(*) < 12 FROM public.ended) LOOP
            PERFORM hostq.submit('{\"kind\":\"noop\"}');
            COMMIT;
            PERFORM pg_sleep(0.01);
            COMMIT;
        END LOOP;
    END \$\$"
sql "CALL public.quick()" &
quick=$!
sql "CALL public.slow()"
wait "$quick"
all=$(sql "SELECT count(*) FROM hostq.request_body")
ok "all complete" wait_for 10 count_is completed "$all"
is "others were started while they were not committed" "$(sql "SELECT count(*) FROM public.ended e JOIN hostq.requests s USING (request_id)
    WHERE EXISTS (SELECT FROM hostq.requests o WHERE o.created_at > s.created_at AND o.started_at < e.at)")" 12
went_before=$(sql "SELECT max(n) FROM (SELECT (SELECT count(*) FROM hostq.requests o WHERE o.created_at > e.at AND o.started_at < s.started_at) n
    FROM public.ended e JOIN hostq.requests s USING (request_id)) x")
ok "few that came after their commit start before them" [ "$went_before" -le 10 ]

# One that is committed after seconds with others, when the daemon has come to
# rest: the look of a heartbeat finds it, and so does the claim after it, after
# 30 s at most (where such looks take long, they are rare: daemon/scan.c). Also
# where the key of all of them has a limit, and permits must be asked for first.
after_seconds() { # ID MEMBERS
    psql -XAtq -c "BEGIN" -c "SELECT FROM hostq.submit('{\"kind\":\"noop\",\"requestId\":\"$1\"$2}')" -c "SELECT pg_sleep(4)" -c "COMMIT" &
    last=$!
    wait_for 5 says "EXISTS (SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(4)')"
    sql "DO \$\$ BEGIN
        FOR i IN 1..60 LOOP
            PERFORM hostq.submit('{\"kind\":\"noop\"$2}');
            COMMIT;
            PERFORM pg_sleep(0.05);
            COMMIT;
        END LOOP;
    END \$\$"
    wait "$last"
    expect_state "$1" completed 40
}
after_seconds last ""
hostq limit one --max-running 1 >/dev/null
id=$(submit '{"kind":"noop","key":"one"}') # makes the lane
wait_for 5 in_state "$id" completed
after_seconds last-of-key ',"key":"one"'
