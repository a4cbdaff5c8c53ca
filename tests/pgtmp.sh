# pgtmp.sh - sourced: a private PostgreSQL in a folder, reached by unix socket
# only; everybody on this machine may connect, the superuser is postgres. The
# server refuses root, so as root it runs as postgres or nobody.
#   pgtmp_init DIR SETTING...    DIR must be new; lines of postgresql.conf
#   pgtmp_start DIR [-c x=y...]  pgtmp_stop DIR fast|immediate
#   as_pg CMD...                 runs CMD as the server's user
# Sets PGBIN, empty where there is no server. POSIX sh.
# shellcheck shell=sh
pg_user=
if [ "$(id -u)" = 0 ]; then
    pg_user=nobody
    id postgres >/dev/null 2>&1 && pg_user=postgres
fi

PGBIN=
for pg_dir in $(pg_config --bindir 2>/dev/null) /usr/lib/postgresql/*/bin; do
    [ ! -x "$pg_dir/initdb" ] || PGBIN=$pg_dir
done

as_pg() {
    if [ -n "$pg_user" ]; then
        setpriv --reuid="$pg_user" --regid="$(id -g "$pg_user")" --clear-groups \
            env -C / HOME=/ "$@"
    else
        "$@"
    fi
}

# The folder, owned by the server's user.
pgtmp_dir() {
    mkdir "$1" || return
    [ -z "$pg_user" ] || chown "$pg_user" "$1"
}

pgtmp_init() {
    pgtmp_dir "$1" &&
        as_pg "$PGBIN/initdb" -A trust -N -U postgres --no-instructions -E UTF8 \
            -D "$1/data" >/dev/null || return
    pg_conf=$1/data/postgresql.conf
    shift
    printf '%s\n' "listen_addresses = ''" "$@" | as_pg tee -a "$pg_conf" >/dev/null
}

pgtmp_start() {
    pg_at=$1
    shift
    as_pg "$PGBIN/pg_ctl" -D "$pg_at/data" -l "$pg_at/log" -w -t 60 -s \
        -o "-k $pg_at $*" start
}

pgtmp_stop() {
    as_pg "$PGBIN/pg_ctl" -D "$1/data" -m "$2" -w -s stop
}
