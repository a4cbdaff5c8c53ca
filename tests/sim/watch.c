/* watch.c - the sweep thread of a daemon (src/daemon/sweep.c): looks at the
 * others' life locks, takes over the work of the dead, and where it is the
 * sweeper runs the nets. A free lock counts as death only when it was seen
 * free for FREE_FOR, and neither that nor an expired lease counts until our
 * own lock connection is SETTLED old: a server that was restarted has freed
 * every lock at once. */
#include "sim.h"

static struct suspect *
suspect_of(struct daemon *d, int epoch)
{
    for (int i = 0; i < d->suspect_count; i++)
        if (d->suspects[i].epoch == epoch)
            return &d->suspects[i];
    d->suspects[d->suspect_count] = (struct suspect){.epoch = epoch};
    return &d->suspects[d->suspect_count++];
}

/* Is this one dead? soon: look again soon. */
static bool
is_dead(struct world *w, struct daemon *d, const struct peer *p, bool settled,
        bool *soon)
{
    if (p->ended)
        return true;
    if (!settled || (!p->lock_free && !p->expired))
        return false; /* forgotten, too, where it was suspected */
    if (!p->lock_free)
        return true;
    struct suspect *x = suspect_of(d, p->epoch);
    x->seen = true;
    if (x->free_since == 0)
        x->free_since = w->now;
    if (w->now - x->free_since < FREE_FOR && !broken(w, RULE_FREE_FOR)) {
        *soon = true;
        return false;
    }
    return true;
}

static void
judge_peers(struct world *w, struct daemon *d, const struct stmt *s)
{
    bool settled = d->lock_since > 0 && w->now - d->lock_since >= SETTLED;
    bool soon = false;
    int kept = 0;
    if (s->peer_count > 0 && !s->own_held) {
        settled = false;
        if (d->lock_since > 0)
            d->relock = true;
    }
    if (broken(w, RULE_RESTART))
        settled = true;
    for (int i = 0; i < d->suspect_count; i++)
        d->suspects[i].seen = false;
    for (int i = 0; i < s->peer_count; i++)
        if (is_dead(w, d, &s->peers[i], settled, &soon))
            d->todo[d->todo_count++] = s->peers[i];
    for (int i = 0; i < d->suspect_count; i++)
        if (d->suspects[i].seen)
            d->suspects[kept++] = d->suspects[i];
    d->suspect_count = kept;
    d->peers_at = w->now + (soon ? PEERS_SOON : PEERS_EVERY);
}

static void
send_take_over(struct world *w, struct daemon *d)
{
    struct stmt *s = stmt_new(w, d, CONN_SWEEP, STMT_TAKE_OVER);
    s->dead = d->todo[d->todo_count - 1].epoch;
    s->whole = d->todo_whole;
    stmt_send(w, s);
}

void
watch_tick(struct world *w, struct daemon *d)
{
    struct conn *c = &d->conn[CONN_SWEEP];
    if (c->busy)
        return;
    if (d->stopping) /* it looks after nobody any more */
        return;
    if (!c->session) {
        if (w->now >= c->again_at && d->epoch > 0)
            conn_connect(w, d, CONN_SWEEP);
        else
            tick_in(w, d, CONN_SWEEP, 100 * MS);
    } else if (d->todo_count > 0) {
        send_take_over(w, d);
    } else if (w->now >= d->peers_at && d->epoch > 0) {
        stmt_send(w, stmt_new(w, d, CONN_SWEEP, STMT_PEERS));
    } else if (d->sweeper && w->now >= d->deadlines_at) {
        d->deadlines_at = w->now + DEADLINES_EVERY;
        stmt_send(w, stmt_new(w, d, CONN_SWEEP, STMT_DEADLINES));
    } else if (d->sweeper && w->now >= d->stale_at) {
        d->stale_at = w->now + STALE_EVERY;
        stmt_send(w, stmt_new(w, d, CONN_SWEEP, STMT_STALE));
    } else {
        usec_t wait = d->peers_at - w->now;
        tick_in(w, d, CONN_SWEEP, wait > 0 ? wait : PEERS_SOON);
    }
}

void
watch_answer(struct world *w, struct daemon *d, struct stmt *s)
{
    tick_in(w, d, CONN_SWEEP, 0);
    if (s->kind == STMT_CONNECT && s->failed) {
        d->conn[CONN_SWEEP].again_at = w->now + 500 * MS;
    } else if (s->kind == STMT_PEERS) {
        judge_peers(w, d, s);
    } else if (s->kind == STMT_TAKE_OVER) {
        /* Two passes: work in flight at once, then the whole queue. */
        d->todo_whole = !s->whole && s->taken >= 0;
        if (!d->todo_whole)
            d->todo_count--;
    }
}
