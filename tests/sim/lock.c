/* lock.c - the lock thread of a daemon (src/daemon/lock.c): registers an
 * epoch and holds its life lock. A lost connection is opened again at once
 * under the same epoch while that is alive; an epoch that was declared dead
 * is replaced by a new one. */
#include "sim.h"

void
lock_tick(struct world *w, struct daemon *d)
{
    struct conn *c = &d->conn[CONN_LOCK];
    if (c->busy)
        return;
    if (!c->session && w->now < c->again_at) {
        tick_in(w, d, CONN_LOCK, c->again_at - w->now);
    } else if (!c->session) {
        conn_connect(w, d, CONN_LOCK);
    } else if (d->relock) { /* the server does not see our lock */
        d->relock = false;
        conn_drop(w, d, CONN_LOCK);
    } else if (d->epoch != d->lock_epoch) { /* declared dead */
        d->lock_epoch = 0;
        conn_drop(w, d, CONN_LOCK);
    } else {
        tick_in(w, d, CONN_LOCK, between(w, MS, LOCK_LOOK_EVERY));
    }
}

static void
send_register(struct world *w, struct daemon *d)
{
    struct stmt *s = stmt_new(w, d, CONN_LOCK, STMT_REGISTER);
    s->epoch = broken(w, RULE_EPOCH) ? d->old_epoch : 0;
    stmt_send(w, s);
}

void
lock_answer(struct world *w, struct daemon *d, struct stmt *s)
{
    bool known = d->lock_epoch > 0 && d->epoch == d->lock_epoch;
    tick_in(w, d, CONN_LOCK, 0);
    if (s->kind == STMT_CONNECT && s->failed)
        return;
    if (s->kind == STMT_CONNECT && known) {
        s = stmt_new(w, d, CONN_LOCK, STMT_RELOCK);
        s->epoch = d->lock_epoch;
        stmt_send(w, s);
        return;
    }
    if (s->kind == STMT_CONNECT || (s->kind == STMT_RELOCK && !s->alive)) {
        send_register(w, d);
        return;
    }
    d->lock_epoch = d->epoch = s->epoch;
    d->relock = false;
    d->lock_since = w->now;
    say(w, d, "%s epoch %d",
        s->kind == STMT_RELOCK ? "holds the lock again of" : "is", d->epoch);
    ledger_kick(w, d);
}
