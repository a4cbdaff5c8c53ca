/* lock.c - registers an epoch, keeps its lock, hears notifications.
 *
 * A lost connection is opened again at once under the same epoch while that
 * is alive; an epoch declared dead (by another daemon, or seen by our own
 * heartbeat, which then sets shared->epoch to 0) is replaced by a new one. */
#include "daemon/lock.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/metrics.h"
#include "db/conn.h"
#include "db/migrate.h"
#include "db/rows.h"
#include "db/stmt.h"
#include "sys/clock.h"
#include "sys/log.h"

static const usec_t RETRY_MIN = 50 * USEC_MS;
static const usec_t RETRY_MAX = USEC_S;
static const usec_t LOOK_EVERY = 250 * USEC_MS;

struct lock {
    struct shared *shared;
    PGconn *conn;
    int epoch; /* the one whose lock this connection holds */
    int wake;
    atomic_bool stop;
    pthread_t thread;
};

static int
check_schema(PGconn *conn, usec_t limit, struct err *err)
{
    if (migrate_check(conn, limit, err) == 0)
        return 0;
    if (err->code == E_FAILED) {
        err->code = E_DATABASE;
        (void)err_wrap(err, "schema hostq is missing or unreadable (run "
                            "hostq migrate)");
    }
    return -1;
}

/* Settings of the database that hurt a queue, told once per registration. */
static void
warn_settings(PGconn *conn, usec_t limit)
{
    struct err err;
    CLEANUP_RESULT PGresult *res = conn_exec(
        conn, stmt_text(STMT_DATABASE_SETTINGS), 0, NULL, limit, &err);
    for (int i = 0; res && i < PQntuples(res); i++)
        log_event(LOG_WARN, "db.setting", "name=%s value=%s why=%s",
                  row_text(res, i, "name"), row_text(res, i, "value"),
                  log_quote(row_text(res, i, "why")));
}

static int
register_epoch(struct lock *l, struct err *err)
{
    struct shared *s = l->shared;
    const struct config *cfg = s->cfg;
    char pid[24], slots[24], high[24], lease[24], routes[700];
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    (void)snprintf(slots, sizeof slots, "%d", (int)cfg->slots);
    (void)snprintf(high, sizeof high, "%d", (int)cfg->slots_high);
    (void)snprintf(lease, sizeof lease, "%lld",
                   (long long)(cfg->lease / USEC_MS));
    (void)snprintf(routes, sizeof routes, "{\"%s\"}", s->route);
    const char *params[] = {cfg->name,       cfg->host, cfg->boot_id, pid,
                            PACKAGE_VERSION, routes,    slots,        lease,
                            cfg->queues,     high};
    CLEANUP_RESULT PGresult *res =
        conn_exec(l->conn, stmt_text(STMT_REGISTER), 10, params,
                  cfg->statement_timeout, err);
    if (!res)
        return -1;
    l->epoch = (int)row_int(res, 0, "epoch");
    if (!s->deployment[0])
        (void)snprintf(s->deployment, sizeof s->deployment, "%s",
                       row_text(res, 0, "deployment"));
    log_event(LOG_INFO, "daemon.registered", "epoch=%d name=%s route=%s",
              l->epoch, cfg->name, s->route);
    warn_settings(l->conn, cfg->statement_timeout);
    return 0;
}

static int
lock_again(struct lock *l, bool *alive, struct err *err)
{
    const struct config *cfg = l->shared->cfg;
    char epoch[24], lease[24];
    (void)snprintf(epoch, sizeof epoch, "%d", l->epoch);
    (void)snprintf(lease, sizeof lease, "%lld",
                   (long long)(cfg->lease / USEC_MS));
    const char *params[] = {epoch, lease};
    CLEANUP_RESULT PGresult *res =
        conn_exec(l->conn, stmt_text(STMT_RELOCK), 2, params,
                  cfg->statement_timeout, err);
    if (!res)
        return -1;
    *alive = row_bool(res, 0, "alive");
    return 0;
}

static void
hang_up(struct lock *l)
{
    atomic_store(&l->shared->lock_since, 0);
    if (l->conn)
        PQfinish(l->conn);
    l->conn = NULL;
}

static int
open_lock(struct lock *l, struct err *err)
{
    const struct config *cfg = l->shared->cfg;
    bool alive = false;
    hang_up(l);
    l->conn =
        conn_open(cfg->database, "hostqd lock", cfg->connect_timeout, err);
    if (!l->conn)
        return -1;
    if (check_schema(l->conn, cfg->statement_timeout, err) < 0) {
        /* A schema that does not fit does not get better by waiting. */
        if (!conn_is_lost(l->conn))
            shared_fail(l->shared, err);
        goto fail;
    }
    if (l->epoch > 0 && atomic_load(&l->shared->epoch) == l->epoch &&
        lock_again(l, &alive, err) < 0)
        goto fail;
    if (!alive && register_epoch(l, err) < 0)
        goto fail;
    atomic_store(&l->shared->epoch, l->epoch);
    atomic_store(&l->shared->relock, false);
    atomic_store(&l->shared->lock_since, now_mono());
    atomic_store(&l->shared->work, true); /* what was told meanwhile is lost */
    shared_wake(l->shared->wake_ledger);
    return 0;
fail:
    hang_up(l);
    return -1;
}

static void
hear(struct lock *l)
{
    struct shared *s = l->shared;
    PGnotify *n;
    bool any = false;
    while ((n = PQnotifies(l->conn))) {
        /* The gate that we gave up is for others. */
        if (n->be_pid == atomic_load(&s->backend) &&
            strcmp(n->extra, "-gate") == 0) {
            PQfreemem(n);
            continue;
        }
        any = true;
        if (strcmp(n->relname, "hostq_work") != 0)
            atomic_store(&s->heartbeat_now, true);
        else if (strcmp(n->extra, "+lane") == 0)
            atomic_store(&s->new_lane, true);
        else if (strcmp(n->extra, "-daemon") == 0)
            atomic_store(&s->check_peers, true);
        atomic_store(&s->work, true);
        PQfreemem(n);
    }
    if (!any)
        return;
    shared_wake(s->wake_ledger);
    /* Somebody may have work by now: the sweep watches for a while. */
    atomic_store(&s->heard_at, now_mono());
    if (!atomic_load(&s->alone) || atomic_load(&s->check_peers))
        shared_wake(s->wake_sweep);
}

static void
listen_once(struct lock *l)
{
    struct pollfd fds[2] = {{PQsocket(l->conn), POLLIN, 0},
                            {l->wake, POLLIN, 0}};
    (void)poll(fds, 2, (int)(LOOK_EVERY / USEC_MS));
    if (!PQconsumeInput(l->conn) || PQstatus(l->conn) == CONNECTION_BAD) {
        log_event(LOG_WARN, "lock.lost", "why=%s",
                  log_quote(PQerrorMessage(l->conn)));
        hang_up(l);
        return;
    }
    hear(l);
    if (atomic_exchange(&l->shared->relock, false)) {
        log_event(LOG_WARN, "lock.lost", "why=%s",
                  "\"the server does not see it\"");
        hang_up(l);
        return;
    }
    /* Declared dead: our own heartbeat saw it. A new epoch. */
    if (atomic_load(&l->shared->epoch) != l->epoch) {
        l->epoch = 0;
        hang_up(l);
    }
}

static void *
run(void *arg)
{
    struct lock *l = arg;
    struct err err;
    usec_t wait = RETRY_MIN;
    log_context("thread=lock");
    while (!atomic_load(&l->stop)) {
        if (atomic_load(&l->shared->failed)) {
            struct pollfd fd = {l->wake, POLLIN, 0};
            (void)poll(&fd, 1, -1);
        } else if (l->conn) {
            listen_once(l);
            wait = RETRY_MIN;
        } else if (open_lock(l, &err) == 0) {
            metrics_add(M_RECONNECTS, 1);
        } else {
            struct pollfd fd = {l->wake, POLLIN, 0};
            log_event_limited(LOG_WARN, "db.unreachable", "lock", "why=%s",
                              log_quote(err.text));
            (void)poll(&fd, 1, (int)(wait / USEC_MS));
            wait = wait * 2 > RETRY_MAX ? RETRY_MAX : wait * 2;
        }
    }
    return NULL;
}

struct lock *
lock_start(struct shared *shared, struct err *err)
{
    struct lock *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->shared = shared;
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->wake < 0 || pthread_create(&l->thread, NULL, run, l) != 0) {
        (void)err_set(err, E_FAILED, "cannot start the lock thread");
        if (l->wake >= 0)
            (void)close(l->wake);
        free(l);
        return NULL;
    }
    return l;
}

void
lock_stop(struct lock *l)
{
    if (!l)
        return;
    atomic_store(&l->stop, true);
    shared_wake(l->wake);
    (void)pthread_join(l->thread, NULL);
    hang_up(l);
    (void)close(l->wake);
    free(l);
}
