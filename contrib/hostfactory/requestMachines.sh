#!/bin/sh
# requestMachines: asks hostq, which is looked for beside this script, where
# make install and a build tree have it, then in PATH.
self=$0
[ -L "$self" ] && self=$(readlink -f -- "$self")
case $self in */*) dir=${self%/*} ;; *) dir=. ;; esac
for hostq in "$dir/hostq" "$dir/../../../bin/hostq" "$dir/../../hostq"; do
    [ -f "$hostq" ] && [ -x "$hostq" ] && exec "$hostq" hf requestMachines "$@"
done
command -v hostq >/dev/null && exec hostq hf requestMachines "$@"
echo '{"message":"requestMachines.sh: hostq is neither beside the script nor in PATH"}'
exit 1
