/* check.c - what must hold, whatever happens: I1 to I6 of the design as far
 * as they have a meaning here, and the rules of the lease. The witness keeps
 * its own books from the moves it sees, so that it does not believe the
 * table, which is what it judges. */
#include <string.h>

#include "sim.h"

static struct witness *
of(struct world *w, int64_t id)
{
    return &w->witness[id - 1];
}

static int
claim_of(const struct witness *k, int64_t lease)
{
    for (int i = 0; i < k->claim_count; i++)
        if (k->claims[i] == lease)
            return i;
    return -1;
}

/* A claim takes what nobody has, under a lease that was never used. */
void
check_claim(struct world *w, const struct row *r, int64_t lease)
{
    struct witness *k = of(w, r->id);
    char text[24];
    if (k->holder)
        violation(w, "r%d is claimed while lease %s holds it", (int)r->id,
                  lease_text(k->holder, text));
    if (claim_of(k, lease) >= 0)
        violation(w, "r%d is claimed twice under lease %s", (int)r->id,
                  lease_text(lease, text));
    if (k->claim_count == 64) {
        violation(w, "r%d is claimed 64 times", (int)r->id);
        return;
    }
    k->claims[k->claim_count] = lease;
    k->started[k->claim_count++] = false;
    k->holder = lease;
}

/* Only the last claim writes, and only until it is over. */
void
check_write(struct world *w, const struct row *r, int64_t lease)
{
    char text[24];
    if (of(w, r->id)->holder != lease)
        violation(w, "r%d is written by the lost claim %s", (int)r->id,
                  lease_text(lease, text));
}

static void
check_time(struct world *w, const struct row *r, const char *verb)
{
    usec_t deadline = of(w, r->id)->deadline;
    if (strcmp(verb, "timeout") == 0 &&
        (deadline == 0 || server_now(w) < deadline))
        violation(w, "r%d times out before its deadline", (int)r->id);
}

static void
check_blame(struct world *w, const struct row *r)
{
    bool guilty = w->scripts[r->id - 1].poison;
    if (!guilty && w->mode != MODE_MIXED)
        violation(w, "r%d ends for a crash that was none of its own",
                  (int)r->id);
}

/* Every move is an edge of core/states.def; final is final. */
void
check_move(struct world *w, struct row *r, const char *verb, enum state to)
{
    struct witness *k = of(w, r->id);
    const struct edge *e = state_edge(r->state, verb);
    char text[24];
    say(w, NULL, "r%d %s: %s -> %s%s%s", (int)r->id, verb, state_name(r->state),
        state_name(to), k->holder ? ", lease " : "",
        k->holder ? lease_text(k->holder, text) : "");
    if (!e || e->to != to)
        violation(w, "r%d: no edge leads from %s by %s to %s", (int)r->id,
                  state_name(r->state), verb, state_name(to));
    check_time(w, r, verb);
    if (strcmp(verb, "crash") == 0)
        check_blame(w, r);
    if (strcmp(verb, "reopen") == 0)
        k->retries = k->kills = 0;
    k->retries += strcmp(verb, "retry") == 0;
    if (strcmp(verb, "complete") == 0) {
        bool done = false;
        for (int i = 0; i < k->effect_count; i++)
            done |= k->effects[i] / 16 == k->holder;
        if (!done)
            violation(w, "r%d has a result of a call that was never made",
                      (int)r->id);
    }
    int claim = claim_of(k, k->holder);
    if (to == S_PROCESSING && claim >= 0)
        k->started[claim] = true;
    if (to != S_PROCESSING && to != S_CLAIMED)
        k->holder = 0;
    int cap = w->scripts[r->id - 1].policy.max_retries;
    if (cap != POLICY_UNSET && k->retries > cap)
        violation(w, "r%d is retried more than %d times", (int)r->id, cap);
}

/* Durable before sent. */
void
check_send(struct world *w, const struct job *j)
{
    const struct witness *k = of(w, j->req.id);
    int claim = claim_of(k, j->req.lease);
    if (claim < 0 || !k->started[claim])
        violation(w, "r%d is sent before that is durable", (int)j->req.id);
}

/* Every daemon that a poisoned request kills is counted, whoever frees the
 * row: it kills so many and no more. */
void
check_kill(struct world *w, const struct daemon *d, const struct job *j)
{
    struct witness *k = of(w, j->req.id);
    const struct life *l = life_of(w, (int)(j->req.lease >> 38));
    if (k->holder != j->req.lease || l->state != D_ALIVE || d->stopping)
        return; /* it was taken over before, or says that it stops */
    if (++k->kills > MAX_CRASHES)
        violation(w, "r%d kills a daemon for the %dth time", (int)j->req.id,
                  k->kills);
}

/* One effect for each attempt token (lease and round). */
void
check_effect(struct world *w, int64_t id, int64_t token)
{
    struct witness *k = of(w, id);
    for (int i = 0; i < k->effect_count; i++)
        if (k->effects[i] == token)
            violation(w, "r%d: two effects of one attempt", (int)id);
    if (k->effect_count < 128)
        k->effects[k->effect_count++] = token;
    else
        violation(w, "r%d has 128 effects", (int)id);
}

/* What is given up as lost is lost. */
void
check_lost(struct world *w, const struct job *j)
{
    if (of(w, j->req.id)->holder == j->req.lease)
        violation(w, "r%d is given up as lost though it is not",
                  (int)j->req.id);
}

/* Only the dead are taken over. */
void
check_takeover(struct world *w, const struct life *l)
{
    if (l->state == D_DEAD)
        return; /* it had said so */
    if (!l->touched)
        violation(w, "epoch %d is taken over though it was never harmed",
                  l->epoch);
    bool expired = l->lease_until < server_now(w);
    /* One who looks now and then cannot see that it was held between two
     * losses. */
    bool twice = l->free_before && w->now - l->free_before < 12 * S;
    if (!expired && !twice && w->now - l->free_since < FREE_FOR - PEERS_SOON)
        violation(w,
                  "epoch %d is taken over though its lock was free for"
                  " %d ms only",
                  l->epoch, (int)((w->now - l->free_since) / MS));
}

/* ---- looked at again and again ------------------------------------------- */

static bool
in_hand(const struct world *w, int64_t id, int64_t lease)
{
    int holders = 0;
    for (int i = 0; i < w->daemon_count; i++)
        for (const struct job *j = w->daemons[i].hand; j; j = j->next)
            holders += j->req.id == id && j->req.lease == lease;
    return holders > 0;
}

/* A row that its owner does not know is found and freed. */
static void
check_orphans(struct world *w)
{
    for (int i = 0; i < w->db.row_count; i++) {
        const struct row *r = &w->db.rows[i];
        struct witness *k = &w->witness[i];
        if (!r->open || !r->owner || in_hand(w, r->id, r->lease))
            k->orphan_since = 0;
        else if (k->orphan_since == 0)
            k->orphan_since = w->now;
        usec_t since =
            k->orphan_since > w->calm_at ? k->orphan_since : w->calm_at;
        if (k->orphan_since && w->now - since > 15 * S)
            violation(w, "r%d is owned by epoch %d, and nobody works it",
                      (int)r->id, r->owner);
    }
}

/* No call runs when another may have been started: not beyond the lease, but
 * for a daemon that is stopped and cannot know. */
static void
check_fenced(struct world *w, const struct daemon *d)
{
    if (!d->up || d->stalled || w->now < d->continued_at + 50 * MS)
        return;
    for (const struct job *j = d->hand; j; j = j->next) {
        const struct life *l = life_of(w, (int)(j->req.lease >> 38));
        if (j->phase == AT_CALL && l->lease_until + 50 * MS < server_now(w))
            violation(w, "the call of r%d goes on though its lease is over",
                      (int)j->req.id);
    }
}

static void
check_believers(struct world *w, const struct daemon *d)
{
    for (int i = d->number + 1; i < w->daemon_count; i++)
        for (const struct job *a = d->hand; a; a = a->next)
            for (const struct job *b = w->daemons[i].hand; b; b = b->next)
                if (a->req.id == b->req.id && a->req.lease == b->req.lease)
                    violation(w, "two daemons believe in one lease of r%d",
                              (int)a->req.id);
}

void
check_often(struct world *w)
{
    for (int i = 0; i < w->daemon_count; i++) {
        check_fenced(w, &w->daemons[i]);
        check_believers(w, &w->daemons[i]);
    }
    check_orphans(w);
    if (w->now < w->calm_at + CALM_LIMIT)
        return;
    for (int i = 0; i < w->db.row_count; i++)
        if (w->db.rows[i].open)
            violation(w, "r%d is still %s", i + 1,
                      state_name(w->db.rows[i].state));
    violation(w, "a job is still in hand after all requests ended");
}

/* Every request ended, in one place, with a reason, after its attempts. */
void
check_end(struct world *w)
{
    for (int i = 0; i < w->db.row_count; i++) {
        const struct row *r = &w->db.rows[i];
        if (r->open || !state_is_final(r->state))
            violation(w, "r%d has not ended", i + 1);
        if (r->finished_at == 0 || (r->state != S_COMPLETED && !r->explained))
            violation(w, "r%d ended without saying why", i + 1);
        if (r->attempt != w->witness[i].retries)
            violation(w, "r%d says %d retries, and had %d", i + 1, r->attempt,
                      w->witness[i].retries);
        if (w->scripts[i].poison && r->state == S_COMPLETED)
            violation(w, "r%d is poison and completed", i + 1);
    }
}
