/* ledger_conn.c - the ledger's connection and the epoch it writes under. */
#include <stdlib.h>
#include <string.h>

#include "daemon/ledger_int.h"
#include "daemon/metrics.h"
#include "db/bind.h"
#include "db/conn.h"
#include "db/rows.h"
#include "sys/clock.h"
#include "sys/log.h"

static const usec_t RECONNECT_MIN = 50 * USEC_MS;
static const usec_t RECONNECT_MAX = USEC_S;
/* How long a group waits for rows that somebody else has locked. */
static const usec_t LOCK_LIMIT = USEC_S;
/* After a reconnect: how long and how often claims of ours may turn up that
 * nobody has in hand. */
static const usec_t UNKNOWN_FOR = 60 * USEC_S;
static const usec_t UNKNOWN_EVERY = 3 * USEC_S;

usec_t
ledger_limit(const struct ledger *l)
{
    const struct config *cfg = l->shared->cfg;
    usec_t third = cfg->lease / 3;
    return cfg->statement_timeout < third ? cfg->statement_timeout : third;
}

void
ledger_order_all(struct ledger *l, enum order_what what)
{
    for (int i = 0; i < l->runner_count; i++)
        mailbox_order(runner_mailbox(l->runners[i]), what, 0, 0);
}

void
writers_close(struct ledger *l, const char *why)
{
    for (int i = 0; i < WRITERS_MAX; i++) {
        struct writer *w = &l->writers[i];
        if (w->busy) {
            w->busy = false;
            group_failed(l, &w->turn.group, "", why);
            pipe_end(&w->turn.pipe);
        }
        if (w->conn)
            PQfinish(w->conn);
        w->conn = NULL;
    }
    l->conn = NULL;
    l->writer_count = 0;
}

void
ledger_disconnect(struct ledger *l, const char *why)
{
    if (!l->conn)
        return;
    log_event(LOG_WARN, "db.lost", "why=%s", log_quote(why));
    writers_close(l, why);
    l->gate = false;
    atomic_store(&l->shared->connected, false);
    l->reconnect_at = now_mono();
    l->reconnect_wait = RECONNECT_MIN;
}

static void
bind_hand(const struct ledger *l, struct bind *ids, struct bind *leases)
{
    bind_init(ids);
    bind_init(leases);
    for (const struct job *j = l->hand; j; j = j->hand_next) {
        bind_int(ids, j->req->id);
        bind_int(leases, j->req->lease);
    }
}

/* Claims of ours whose answer was lost with the old connection. A queue that
 * is too long to be searched in time is no reason not to work; 0 then, too. */
static int
give_back_unknown(struct ledger *l, struct err *err)
{
    struct bind ids, leases;
    char epoch[24], sqlstate[6];
    bind_hand(l, &ids, &leases);
    (void)snprintf(epoch, sizeof epoch, "%d", l->epoch);
    const char *params[] = {epoch, bind_done(&ids), bind_done(&leases)};
    CLEANUP_RESULT PGresult *res =
        pipe_one(l->conn, STMT_GIVE_BACK_UNKNOWN, params,
                 usec_add(ledger_limit(l), 2 * USEC_S), sqlstate, err);
    if (res && row_int(res, 0, "n") > 0) {
        log_event(LOG_WARN, "ledger.unknown_claims", "rows=%lld",
                  (long long)row_int(res, 0, "n"));
        l->more = true;
    }
    bind_fini(&ids);
    bind_fini(&leases);
    return res || strcmp(sqlstate, "57014") == 0 ? 0 : -1;
}

/* Orders that a heartbeat took and whose answer was lost: what is not ours
 * any more is dropped. */
static int
drop_lost(struct ledger *l, struct err *err)
{
    struct bind ids, leases;
    char sqlstate[6];
    if (!l->hand)
        return 0;
    bind_hand(l, &ids, &leases);
    const char *params[] = {bind_done(&ids), bind_done(&leases)};
    CLEANUP_RESULT PGresult *res =
        pipe_one(l->conn, STMT_LOOKUP, params,
                 usec_add(ledger_limit(l), 2 * USEC_S), sqlstate, err);
    struct id_set ours = id_set_of(res);
    for (const struct job *j = l->hand; res && j; j = j->hand_next)
        if (!id_set_has(&ours, j->req->id))
            mailbox_order(runner_mailbox(l->runners[(uint64_t)j->req->id %
                                                    (unsigned)l->runner_count]),
                          ORDER_DROP, j->req->id, j->req->lease);
    id_set_fini(&ours);
    bind_fini(&ids);
    bind_fini(&leases);
    return res ? 0 : -1;
}

/* A server process of a lost connection must not work on. */
static int
end_backend(struct ledger *l, const struct writer *old, struct err *err)
{
    char pid[24], sqlstate[6];
    (void)snprintf(pid, sizeof pid, "%d", old->backend);
    const char *params[] = {pid, old->app};
    if (old->backend == 0)
        return 0;
    CLEANUP_RESULT PGresult *res =
        pipe_one(l->conn, STMT_END_BACKEND, params,
                 usec_add(ledger_limit(l), 2 * USEC_S), sqlstate, err);
    /* Not ours to end (another role's by now): the looks must do. */
    return res || sqlstate[0] ? 0 : -1;
}

/* What the old connections left behind, before anything is claimed anew. */
static int
settle_past(struct ledger *l, struct err *err)
{
    if (l->epoch == 0 || l->lease_counter == 0)
        return 0; /* has claimed nothing yet */
    for (int i = 0; i < WRITERS_MAX; i++)
        if (end_backend(l, &l->writers[i], err) < 0)
            return -1;
    l->unknown_at = usec_add(now_mono(), UNKNOWN_EVERY);
    l->unknown_until = usec_add(now_mono(), UNKNOWN_FOR);
    return give_back_unknown(l, err) < 0 ? -1 : drop_lost(l, err);
}

void
ledger_look_for_unknown(struct ledger *l)
{
    struct err err;
    usec_t now = now_mono();
    if (now < l->unknown_at || now >= l->unknown_until || l->epoch == 0)
        return;
    l->unknown_at = usec_add(now, UNKNOWN_EVERY);
    if (give_back_unknown(l, &err) < 0)
        ledger_disconnect(l, err.text);
}

static void
writer_name(const struct ledger *l, int number, char *app, size_t size)
{
    (void)snprintf(app, size, "hostqd %s %d", number == 0 ? "ledger" : "writer",
                   l->epoch);
}

static int
writer_open(struct ledger *l, int number, struct err *err)
{
    const struct config *cfg = l->shared->cfg;
    struct writer *w = &l->writers[number];
    char app[sizeof w->app];
    writer_name(l, number, app, sizeof app);
    const struct pipe_options opt = {
        .app = app,
        .work = true,
        .connect_limit = cfg->connect_timeout,
        .statement_limit = ledger_limit(l),
        .lock_limit = LOCK_LIMIT,
    };
    w->conn = pipe_open(cfg->database, &opt, err);
    return w->conn ? 0 : -1;
}

/* The first one settles the past before the others are opened. Until all are,
 * app and backend are those of the connections before. */
static int
writers_open(struct ledger *l, struct err *err)
{
    int count = (int)l->shared->cfg->writers;
    if (writer_open(l, 0, err) < 0)
        return -1;
    l->conn = l->writers[0].conn;
    if (settle_past(l, err) < 0)
        return -1;
    for (int i = 1; i < count; i++)
        if (writer_open(l, i, err) < 0)
            return -1;
    for (int i = 0; i < WRITERS_MAX; i++) {
        struct writer *w = &l->writers[i];
        w->backend = w->conn ? PQbackendPID(w->conn) : 0;
        writer_name(l, i, w->app, sizeof w->app);
    }
    l->writer_count = count;
    return 0;
}

void
ledger_connect(struct ledger *l)
{
    struct err err;
    if (writers_open(l, &err) < 0) {
        writers_close(l, err.text);
        log_event_limited(LOG_WARN, "db.unreachable", "ledger", "why=%s",
                          log_quote(err.text));
        if (l->reconnect_wait < RECONNECT_MIN)
            l->reconnect_wait = RECONNECT_MIN;
        l->reconnect_at = usec_add(now_mono(), l->reconnect_wait);
        l->reconnect_wait = l->reconnect_wait * 2 > RECONNECT_MAX
                                ? RECONNECT_MAX
                                : l->reconnect_wait * 2;
        return;
    }
    log_event(LOG_INFO, "db.connected", "backend=%d", l->writers[0].backend);
    metrics_add(M_RECONNECTS, 1);
    atomic_store(&l->shared->backend, l->writers[0].backend);
    atomic_store(&l->shared->connected, true);
    l->heartbeat_at = l->lanes_at = l->walks.next_full = 0;
    l->more = true;
    l->idle = l->gate_tried = false;
}

static void
start_runners(struct ledger *l)
{
    struct shared *s = l->shared;
    int count = (int)s->cfg->runners;
    struct err err;
    l->runners = calloc((size_t)count, sizeof(struct runner *));
    if (!l->runners)
        abort();
    for (int i = 0; i < count; i++) {
        struct runner *r =
            runner_start(i, &s->env, &s->lease_ok_until, &l->in, &err);
        if (!r) {
            shared_fail(s, &err);
            break;
        }
        l->runners[l->runner_count++] = r;
    }
}

/* The epoch may have been changed by the lock thread. */
void
ledger_adopt_epoch(struct ledger *l)
{
    int epoch = atomic_load(&l->shared->epoch);
    if (epoch == l->epoch)
        return;
    if (!l->runners)
        start_runners(l);
    /* A session is known by its epoch to those who end it (take_over). */
    if (l->conn)
        ledger_disconnect(l, "the daemon has a new epoch");
    metrics_set(M_EPOCH, epoch);
    l->epoch = epoch;
    l->lease_counter = 0;
    permits_forget(&l->permits);
    atomic_store(&l->shared->lease_ok_until, 0);
    l->more = true;
    l->heartbeat_at = 0;
    /* Calls of the old epoch, and what waits for a slot: their rows are
     * somebody else's, now or soon. */
    ledger_give_back_ahead(l);
    if (l->hand)
        ledger_order_all(l, ORDER_DROP_ALL);
}

/* Nobody may believe us alive any longer: drop the calls (design.md 3.7). */
void
ledger_fence(struct ledger *l)
{
    if (l->fenced || l->epoch == 0 || now_mono() < l->lease_ok_until ||
        l->lease_ok_until == 0)
        return;
    log_event(LOG_WARN, "daemon.fenced", "epoch=%d in_flight=%d", l->epoch,
              l->out);
    l->fenced = true;
    ledger_order_all(l, ORDER_DROP_ALL);
}

void
ledger_error(struct ledger *l, const char *what, const char *sqlstate,
             const char *text)
{
    struct err why;
    if (!sqlstate[0])
        return;
    metrics_db_error(sqlstate);
    log_event_limited(LOG_ERROR, "db.error", sqlstate,
                      "during=%s sqlstate=%s text=%s", what, sqlstate,
                      log_quote(text));
    if (strncmp(sqlstate, "53", 2) == 0 || strncmp(sqlstate, "57", 2) == 0 ||
        strcmp(sqlstate, "55P03") == 0 ||
        ++l->errors < l->shared->cfg->max_statement_errors)
        return;
    (void)err_set(&why, E_DATABASE,
                  "%d statement errors in a row, the last during %s: %s",
                  l->errors, what, text);
    shared_fail(l->shared, &why);
}
