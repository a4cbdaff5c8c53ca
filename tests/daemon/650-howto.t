#!/bin/sh
# The commands of doc/howto are run as they stand there, with a daemon beside
# them, and say what is written.
# shellcheck disable=SC2154 # variables of lib.sh
. "${top_srcdir:-$(dirname "$0")/../..}/tests/lib.sh"

set -- "$top_srcdir"/doc/howto/*.md
plan $(($# + 1))
pg_start
daemon_start howto
mkdir "$tmp/here" && cd "$tmp/here" || exit 99
for file; do
    mkdir "$tmp/howto"
    ok "$(basename "$file")" sh "$top_srcdir/tests/howto" "$file" "$tmp/howto"
    rm -rf "$tmp/howto"
done
is "no file is left where it was started" "$(ls "$tmp/here")" ""
