/* wire.c - connections, and the way of a statement to the server and back.
 * Each part of the way may be the last: the statement may never arrive, its
 * transaction may be rolled back, or it may commit and its answer be lost. A
 * statement of a connection that the client has given up may still commit,
 * late. */
#include <string.h>

#include "sim.h"

static void
answered(struct world *w, struct daemon *d, void *arg, int64_t n)
{
    struct stmt *s = arg;
    (void)n;
    if (s->done)
        return;
    s->done = true;
    d->conn[s->role].busy = false;
    if (s->kind == STMT_CONNECT) {
        if (s->failed) {
            struct conn *c = &d->conn[s->role];
            c->wait = c->wait * 2 > S ? S : c->wait * 2;
            c->again_at = w->now + c->wait;
        } else {
            d->conn[s->role].session = s->session;
            d->conn[s->role].wait = 50 * MS;
        }
    }
    if (s->role == CONN_LOCK)
        lock_answer(w, d, s);
    else if (s->role == CONN_LEDGER)
        ledger_answer(w, d, s);
    else
        watch_answer(w, d, s);
}

/* The client notices that its connection is gone. */
static void
lost(struct world *w, struct daemon *d, void *arg, int64_t session)
{
    enum role role = (enum role)(intptr_t)arg;
    struct conn *c = &d->conn[role];
    if (c->session != (int)session)
        return;
    say(w, d, "lost its %s connection",
        role == CONN_LOCK     ? "lock"
        : role == CONN_LEDGER ? "ledger"
                              : "sweep");
    conn_drop(w, d, role);
}

static void
tell_lost(struct world *w, struct daemon *d, enum role role, int session)
{
    at(w, way(w), lost, d, (void *)(intptr_t)role, session);
}

/* The session is closed, and the client hears of it now. */
static void
refuse(struct world *w, const struct stmt *s)
{
    if (s->d->life == s->life && !s->d->split)
        tell_lost(w, s->d, s->role, s->session);
}

static void
run_stmt(struct world *w, struct stmt *s)
{
    switch (s->kind) {
    case STMT_CONNECT:
        break;
    case STMT_REGISTER:
        stmt_register(w, s);
        break;
    case STMT_RELOCK:
        stmt_relock(w, s);
        break;
    case STMT_HEARTBEAT:
        stmt_heartbeat(w, s);
        break;
    case STMT_UNKNOWN:
        stmt_unknown(w, s);
        break;
    case STMT_LOOKUP:
        stmt_lookup(w, s);
        break;
    case STMT_TURN:
        turn_commit(w, s);
        break;
    case STMT_ENDS:
        stmt_ends(w, s);
        break;
    case STMT_PEERS:
        stmt_peers(w, s);
        break;
    case STMT_TAKE_OVER:
        stmt_take_over(w, s);
        break;
    case STMT_DEADLINES:
        sweep_deadlines(w);
        break;
    case STMT_STALE:
        sweep_stale(w);
        break;
    }
}

static void
commit(struct world *w, struct daemon *none, void *arg, int64_t n)
{
    struct stmt *s = arg;
    struct session *x = &w->sessions[s->session - 1];
    (void)none;
    (void)n;
    if (!x->open) { /* rolled back when it was closed */
        refuse(w, s);
        return;
    }
    x->running = NULL;
    if (s->kind == STMT_TURN && s->item_count > 0 && one_in(w, 60)) {
        turn_unlock(w, s); /* serialization failure, deadlock */
        s->failed = true;
    } else {
        run_stmt(w, s);
    }
    if (x->lose_answer) {
        say(w, s->d, "its answer is lost after the commit");
        session_close(w, s->session);
        if (s->d->life == s->life)
            tell_lost(w, s->d, s->role, s->session);
        return;
    }
    if (s->d->life == s->life)
        at(w, way(w), answered, s->d, s, 0);
}

static void
arrive(struct world *w, struct daemon *none, void *arg, int64_t n)
{
    struct stmt *s = arg;
    const struct daemon *d = s->d;
    struct session *x = &w->sessions[s->session - 1];
    (void)none;
    if (!x->open) {
        refuse(w, s);
        return;
    }
    if (d->life == s->life && d->split) { /* it is sent again and again */
        at(w, 100 * MS, arrive, NULL, s, n);
        return;
    }
    if (s->kind == STMT_TURN && turn_must_wait(w, s)) {
        s->waited = true;
        at(w, between(w, MS / 2, 2 * MS), arrive, NULL, s, n);
        return;
    }
    x->running = s;
    if (s->kind == STMT_TURN)
        turn_begin(w, s);
    if (w->exact || s->kind != STMT_TURN)
        commit(w, NULL, s, 0);
    else /* a transaction takes time: others see it late */
        at(w, one_in(w, 50) ? between(w, 0, 2 * S) : way(w), commit, NULL, s,
           0);
}

static void
too_long(struct world *w, struct daemon *d, void *arg, int64_t n)
{
    struct stmt *s = arg;
    (void)n;
    if (s->done)
        return;
    say(w, d, "waited too long for an answer");
    if (s->kind == STMT_CONNECT) {
        s->failed = true;
        answered(w, d, s, 0);
    } else {
        conn_drop(w, d, s->role);
    }
}

struct stmt *
stmt_new(struct world *w, struct daemon *d, enum role role, enum stmt_kind kind)
{
    struct stmt *s = world_new(w, sizeof(*s));
    s->kind = kind;
    s->d = d;
    s->life = d->life;
    s->role = role;
    s->session = d->conn[role].session;
    s->epoch = role == CONN_LEDGER ? d->ledger_epoch : d->epoch;
    return s;
}

void
stmt_send(struct world *w, struct stmt *s)
{
    struct conn *c = &s->d->conn[s->role];
    c->busy = true;
    c->stmt = s;
    at(w, s->kind == STMT_CONNECT ? CONNECT_LIMIT : STATEMENT_LIMIT, too_long,
       s->d, s, 0);
    at(w, way(w), arrive, NULL, s, 0);
}

static void
connected(struct world *w, struct daemon *none, void *arg, int64_t n)
{
    struct stmt *s = arg;
    (void)none;
    (void)n;
    if (s->d->life != s->life || s->d->split)
        return; /* nobody there, or no way: too_long ends it */
    s->failed = !w->db.up;
    if (!s->failed)
        s->session = session_open(w);
    at(w, way(w), answered, s->d, s, 0);
}

void
conn_connect(struct world *w, struct daemon *d, enum role role)
{
    struct stmt *s = stmt_new(w, d, role, STMT_CONNECT);
    d->conn[role].busy = true;
    d->conn[role].stmt = s;
    if (d->conn[role].wait < 50 * MS)
        d->conn[role].wait = 50 * MS;
    at(w, CONNECT_LIMIT, too_long, d, s, 0);
    at(w, way(w), connected, NULL, s, 0);
}

static void
server_hears(struct world *w, struct daemon *none, void *arg, int64_t session)
{
    (void)none;
    (void)arg;
    session_close(w, (int)session);
}

void
conn_drop(struct world *w, struct daemon *d, enum role role)
{
    struct conn *c = &d->conn[role];
    struct stmt *s = c->busy ? c->stmt : NULL;
    int session = c->session;
    if (s)
        s->done = true;
    /* A backend at work hears of it only when it has done its work, and one
     * that cannot be reached when it can be reached again. */
    usec_t delay = one_in(w, 4) ? between(w, MS, S) : way(w);
    if (d->split)
        delay += d->split_until - w->now;
    if (session)
        at(w, delay, server_hears, NULL, NULL, session);
    c->session = 0;
    c->busy = false;
    c->stmt = NULL;
    c->again_at = w->now;
    c->wait = 50 * MS;
    if (role == CONN_LOCK)
        d->lock_since = 0;
    /* What the ledger wrote is sent again, what it claimed is looked for. */
    if (role == CONN_LEDGER)
        d->old_session = session;
    if (role == CONN_SWEEP) {
        d->todo_count = 0;
        c->again_at = w->now + 500 * MS;
    }
    tick_in(w, d, role, between(w, MS, 3 * MS));
}

void
conn_cut(struct world *w, struct daemon *d, enum role role)
{
    int session = d->conn[role].session;
    if (!session)
        return;
    session_close(w, session);
    tell_lost(w, d, role, session);
}

void
conns_die(struct world *w, struct daemon *d)
{
    for (int k = 0; k < CONN_COUNT; k++) {
        int session = d->conn[k].session;
        if (session && k == CONN_LOCK)
            session_close(w, session); /* its backend does nothing else */
        else if (session)              /* a backend at work does not look */
            at(w, one_in(w, 3) ? between(w, MS, 2 * S) : way(w), server_hears,
               NULL, NULL, session);
    }
}

void
conns_lose_server(struct world *w)
{
    for (int i = 0; i < w->daemon_count; i++) {
        struct daemon *d = &w->daemons[i];
        for (int k = 0; k < CONN_COUNT && d->up; k++) {
            usec_t delay = between(w, 0, S);
            if (d->split)
                delay += d->split_until - w->now;
            if (d->conn[k].session)
                at(w, delay, lost, d, (void *)(intptr_t)k, d->conn[k].session);
        }
    }
}

static void
tick(struct world *w, struct daemon *d, void *arg, int64_t n)
{
    enum role role = (enum role)(intptr_t)arg;
    if (n != d->tick[role])
        return; /* another one was planned since */
    if (role == CONN_LOCK)
        lock_tick(w, d);
    else if (role == CONN_LEDGER)
        ledger_tick(w, d);
    else
        watch_tick(w, d);
}

/* Plans the next look of a thread, in place of the one planned before. */
void
tick_in(struct world *w, struct daemon *d, enum role role, usec_t delay)
{
    d->tick[role]++;
    at(w, delay < 0 ? 0 : delay, tick, d, (void *)(intptr_t)role,
       d->tick[role]);
}
