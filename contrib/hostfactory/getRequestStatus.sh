#!/bin/sh
# getRequestStatus: asks hostq, which is looked for beside this script, where
# make install and a build tree have it, then in PATH. Not by exec: one that
# cannot be loaded must still end in one JSON object and status 1.
self=$0
[ -L "$self" ] && self=$(readlink -f -- "$self")
case $self in */*) dir=${self%/*} ;; *) dir=. ;; esac
why='is neither beside the script nor in PATH'
for hostq in "$dir/hostq" "$dir/../../../bin/hostq" "$dir/../../hostq" hostq; do
    case $hostq in
    */*) [ -f "$hostq" ] && [ -x "$hostq" ] ;;
    *) command -v hostq >/dev/null ;;
    esac || continue
    "$hostq" hf getRequestStatus "$@"
    status=$?
    [ "$status" -le 1 ] && exit "$status"
    why="ended with status $status"
    break
done
echo "{\"message\":\"getRequestStatus.sh: hostq $why\"}"
exit 1
