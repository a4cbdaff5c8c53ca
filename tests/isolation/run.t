#!/bin/sh
# run.t [SPEC...] - races, step by step, with PostgreSQL's isolationtester: every
# *.spec here against expected/*.out. UPDATE=1 writes what came out as expected.
#
# The specs run the daemon's own statements: in a session's setup
#     @prepare cli_cancel@     becomes a PREPARE of each of sql/stmt/NAME.sql,
#     @ledger claim mark@      also with the settings of the ledger's connection.
# setup.sql has what the specs share. A spec's SQL may hold no closing brace.
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
here=$top_srcdir/tests/isolation
[ $# -gt 0 ] || set -- "$here"/*.spec
plan $#
pg_start
tester=$("$PGBIN/pg_config" --pkglibdir)/pgxs/src/test/isolation/isolationtester
[ -x "$tester" ] || skip_all "no isolationtester (Debian: postgresql-client-15)"
psql -XAtq -v ON_ERROR_STOP=1 -f "$here/setup.sql" >"$tmp/setup.out" 2>&1 || {
    sed 's/^/# /' "$tmp/setup.out"
    exit 99
}

# Puts the statements in.
expand() { # SPEC
    awk -v stmt="$top_srcdir/sql/stmt" '
        function text(name,    file, line, out) {
            file = stmt "/" name ".sql"
            while ((getline line < file) > 0)
                if (line !~ /^--/)
                    out = out line "\n"
            close(file)
            if (out == "" || index(out, "}")) {
                print "run.t: no usable statement " file > "/dev/stderr"
                exit 1
            }
            return "PREPARE " name " AS " out ";\n"
        }
        match($0, /@(prepare|ledger) [a-z_ ]+@/) {
            n = split(substr($0, RSTART + 1, RLENGTH - 2), names, " ")
            out = "DISCARD TEMP; DEALLOCATE ALL;\n"
            if (names[1] == "ledger")
                out = out text("work_settings") "CREATE TEMP TABLE set (a, b, c, d, e, f, g, h, i) AS EXECUTE work_settings(\047hostqd ledger\047, \0470\047, \0470\047);\n"
            for (i = 2; i <= n; i++)
                out = out text(names[i])
            $0 = substr($0, 1, RSTART - 1) out substr($0, RSTART + RLENGTH)
        }
        { print }' "$1"
}

# A step that waits for ever is a failure, too.
PGISOLATIONTIMEOUT=10 PG_TEST_TIMEOUT_DEFAULT=5
export PGISOLATIONTIMEOUT PG_TEST_TIMEOUT_DEFAULT
for spec; do
    name=$(basename "$spec" .spec)
    want=$here/expected/$name.out
    expand "$spec" >"$tmp/spec" &&
        "$tester" "dbname=$PGDATABASE" <"$tmp/spec" >"$tmp/$name.out" 2>&1 || echo "exit status $?" >>"$tmp/$name.out"
    [ -z "${UPDATE:-}" ] || cp "$tmp/$name.out" "$want"
    ok "$name" diff -u "$want" "$tmp/$name.out"
done
