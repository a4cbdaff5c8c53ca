# files.sh - sourced by lints: the files of the tree that somebody wrote.
# shellcheck shell=sh
written_files() {
    git ls-files -co --exclude-standard 2>/dev/null ||
        find . -type f ! -path './.git/*' | sed 's|^\./||'
}
