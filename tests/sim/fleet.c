/* fleet.c - the rows of daemons, their life locks and the sessions that hold
 * them: what sql/func/30_daemon.sql does. */
#include <string.h>

#include "sim.h"

struct life *
life_of(struct world *w, int epoch)
{
    if (epoch < 0 || epoch > w->db.life_count)
        epoch = 0;
    return &w->db.lives[epoch];
}

/* ---- sessions ------------------------------------------------------------ */

int
session_open(struct world *w)
{
    w->sessions =
        mem_grow(w->sessions, (size_t)w->session_count, sizeof(struct session));
    w->sessions[w->session_count] = (struct session){.open = true};
    return ++w->session_count; /* 0 is none */
}

/* Its locks are free at once, its transaction is rolled back. */
void
session_close(struct world *w, int session)
{
    struct session *x = &w->sessions[session - 1];
    if (!x->open)
        return;
    x->open = false;
    if (x->running)
        turn_unlock(w, x->running);
    x->running = NULL;
    for (int i = 1; i <= w->db.life_count; i++)
        if (w->db.lives[i].lock == session) {
            w->db.lives[i].lock = 0;
            w->db.lives[i].free_before = w->db.lives[i].free_since;
            w->db.lives[i].free_since = w->now;
        }
}

void
server_stop(struct world *w)
{
    w->db.up = false;
    for (int i = 1; i <= w->session_count; i++)
        session_close(w, i);
}

/* ---- life ------------------------------------------------------------------
 */

/* A session of ours that the server still believes in would hold it on. */
static void
hold_life(struct world *w, struct life *l, int session)
{
    if (l->lock && l->lock != session)
        session_close(w, l->lock);
    l->lock = session;
}

void
stmt_register(struct world *w, struct stmt *s)
{
    struct life *l = life_of(w, s->epoch); /* only with RULE_EPOCH out */
    if (l->epoch == 0) {
        if (w->db.life_count == EPOCHS) {
            violation(w, "a run needs more than %d epochs", EPOCHS);
            return;
        }
        l = &w->db.lives[++w->db.life_count];
        l->epoch = w->db.life_count;
    }
    s->epoch = l->epoch;
    touch(w, s->d); /* an epoch whose number it never heard is nobody's */
    l->d = s->d;
    l->touched = s->d->stalled || s->d->split || s->done; /* given up */
    l->state = D_ALIVE;
    l->blame = BLAME_OPEN;
    l->lease_until = server_now(w) + LEASE;
    hold_life(w, l, s->session);
}

/* It was declared dead and says that it lives: no request made it crash. */
static void
take_back_blame(struct world *w, struct life *l)
{
    for (int i = 0; i < l->blamed_count; i++) {
        struct row *r = row_of(w, l->blamed[i]);
        if (!r->open || r->locked || r->crashes == 0)
            continue;
        r->crashes--;
        if (r->role == LANE_SUSPECT && r->crashes < SUSPECT && !r->owner)
            r->role = LANE_RESUMED;
    }
    l->blamed_count = 0;
    if (l->blame != BLAME_OPEN)
        l->blame = BLAME_NONE; /* also for rows found later */
}

void
stmt_relock(struct world *w, struct stmt *s)
{
    struct life *l = life_of(w, s->epoch);
    s->alive = l->state != D_DEAD;
    if (!s->alive) {
        take_back_blame(w, l);
        return;
    }
    hold_life(w, l, s->session);
    l->lease_until = server_now(w) + LEASE;
}

void
stmt_heartbeat(struct world *w, struct stmt *s)
{
    struct life *l = life_of(w, s->epoch);
    struct table *t = &w->db;
    int kept = 0;
    s->alive = l->state != D_DEAD;
    if (s->alive)
        l->lease_until = server_now(w) + LEASE;
    else
        take_back_blame(w, l);
    s->sweeper = false;
    for (int i = 1; i <= t->life_count; i++) {
        const struct life *x = &t->lives[i];
        if (x->state != D_ALIVE || x->lease_until <= server_now(w))
            continue;
        s->sweeper = x->epoch == s->epoch;
        break;
    }
    s->aborts = world_new(w, (size_t)t->abort_count * sizeof(t->aborts[0]));
    for (int i = 0; i < t->abort_count; i++) {
        if (t->aborts[i].owner == s->epoch)
            s->aborts[s->abort_count++] = t->aborts[i];
        else
            t->aborts[kept++] = t->aborts[i];
    }
    t->abort_count = kept;
}

void
stmt_ends(struct world *w, struct stmt *s)
{
    struct life *l = life_of(w, s->epoch);
    if (l->state != D_DEAD)
        l->state = s->says;
}

/* ---- death ------------------------------------------------------------------
 */

void
stmt_peers(struct world *w, struct stmt *s)
{
    const struct life *own = life_of(w, s->epoch);
    s->own_held = own->lock != 0;
    s->peers = world_new(w, (size_t)w->db.life_count * sizeof(struct peer));
    for (int i = 1; i <= w->db.life_count; i++) {
        const struct life *l = &w->db.lives[i];
        bool over = l->state == D_DEAD && l->blame != BLAME_OPEN;
        if (over || l->epoch == s->epoch)
            continue;
        s->peers[s->peer_count++] = (struct peer){
            .epoch = l->epoch,
            .lock_free = l->lock == 0,
            .expired = l->lease_until < server_now(w),
            .ended = l->state == D_DEAD,
        };
    }
}

static enum blame
blame_of(struct world *w, const struct life *l, const int64_t *ids, int n)
{
    if (l->blame != BLAME_OPEN)
        return l->blame;
    if (l->state != D_ALIVE)
        return BLAME_NONE; /* it had said that it stops */
    for (int i = 0; i < n; i++) {
        const struct row *r = row_of(w, ids[i]);
        if (r->role == LANE_SUSPECT && r->state == S_PROCESSING)
            return BLAME_SUSPECTS;
    }
    return BLAME_ALL;
}

void
stmt_take_over(struct world *w, struct stmt *s)
{
    struct life *l = life_of(w, s->dead);
    int64_t ids[REQUESTS];
    int n = 0;
    bool live =
        l->state != D_DEAD && l->lock != 0 && l->lease_until > server_now(w);
    bool again = l->state == D_DEAD && l->blame != BLAME_OPEN && !s->whole;
    s->taken = -1;
    if (live || again)
        return;
    if (!s->whole)
        check_takeover(w, l);
    for (int i = 0; i < w->db.row_count; i++) {
        const struct row *r = &w->db.rows[i];
        if (!r->open || r->owner != l->epoch)
            continue;
        /* The first pass looks where work in flight lies, and may miss some;
         * either steps over rows that somebody has locked. */
        if (one_in(w, s->whole ? 16 : 8))
            continue;
        ids[n++] = r->id;
    }
    l->blame = blame_of(w, l, ids, n);
    l->state = D_DEAD;
    s->taken = give_back_rows(w, ids, n, l->epoch, l->blame);
    say(w, s->d, "takes over epoch %d: %d rows%s", l->epoch, s->taken,
        s->whole ? " more" : "");
}
