# peer.sh - sourced by the peers: each is called as README.md says.
# shellcheck shell=bash
here=$(cd "$(dirname "$0")" && pwd)
. "$here/versions"

usage() {
    echo "usage: ${0##*/} variants | install DIR | setup DIR | fill DIR N | drain DIR N |" \
        "latency DIR N HZ | steady DIR SECONDS [RATE]" >&2
    exit 2
}

# left_out REASON: this peer cannot be measured here.
left_out() {
    echo "$1"
    exit 3
}

# npm_install DIR PACKAGE@VERSION...: with the pinned runtime beside them, as a
# package that has the program in it. No package's script is run.
npm_install() {
    local dir=$1 arch
    shift
    command -v npm >/dev/null || left_out "no npm"
    case $(uname -sm) in
    "Linux x86_64") arch=linux-x64 ;;
    "Linux aarch64") arch=linux-arm64 ;;
    *) left_out "no node package for $(uname -sm)" ;;
    esac
    mkdir -p "$dir"
    echo '{"private": true}' >"$dir/package.json"
    npm install --prefix "$dir" --ignore-scripts --no-audit --no-fund --loglevel=error \
        "node-$arch@$node_version" "pg@$pg_version" "$@" >"$dir/npm.log" 2>&1 ||
        left_out "npm install failed: $(grep -m 1 . "$dir/npm.log")"
    ln -sf "../node_modules/node-$arch/bin/node" "$dir/node_modules/.node"
}

# run_node DIR PROGRAM.mjs ARGUMENT...: the program is read from the folder of
# the packages, where they are found by name.
run_node() {
    local dir=$1 program=$2
    shift 2
    cp "$here/harness.mjs" "$here/$program" "$dir/"
    NODE_ENV=production exec "$dir/node_modules/.node" "$dir/$program" "$@"
}
