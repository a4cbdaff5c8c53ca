/* ledger_turn.c - one transaction of the ledger: everything that waits to be
 * written, and where there is room a claim. Knows when to take and give up
 * the idle gate, and when to look again. */
#include <string.h>

#include "daemon/ledger_int.h"
#include "daemon/metrics.h"
#include "db/rows.h"
#include "sys/clock.h"

/* What a turn sends besides its group. */
struct turn {
    struct group group;
    struct pipe pipe;
    int want;      /* rows asked for */
    int64_t lease; /* of the claim */
    bool release;  /* the gate is given up */
    int gate_at;   /* index in the pipe, or -1 */
    int claim_at;  /* the same */
    usec_t took;
};

/* The gate belongs to an idle ledger: taken before the last claim of one
 * that is about to wait, given up as soon as it has work, so that another
 * idle daemon can have it. */
static void
add_all(struct ledger *l, struct turn *t)
{
    t->gate_at = t->claim_at = -1;
    t->want = claim_want(l);
    t->release = l->gate && l->found;
    group_take(l, &t->group);
    pipe_begin(&t->pipe, l->conn);
    group_add(l, &t->group, &t->pipe);
    if (t->release)
        (void)pipe_add(&t->pipe, STMT_GATE_RELEASE, NULL);
    if (t->group.alone || t->want <= 0 || !l->more || l->no_claim)
        return;
    if (l->idle && !l->gate && !l->gate_tried)
        t->gate_at = pipe_add(&t->pipe, STMT_GATE_TAKE, NULL);
    t->claim_at = claim_add(l, &t->pipe, t->want);
    t->lease = claim_lease(l);
}

/* An idle ledger that holds the gate is woken by notify and polls only as a
 * net. Without the gate it may be another idle daemon's (then that one is
 * woken), or a submit that is about to commit held it shared just now: so it
 * looks again, first soon, then ever more rarely. */
static void
plan_poll(struct ledger *l)
{
    usec_t poll = l->shared->cfg->poll_interval;
    usec_t wait = poll;
    if (l->found) {
        l->idle_wait = LEDGER_IDLE_WAIT_MIN;
    } else if (l->idle && !l->gate) {
        wait = l->idle_wait;
        l->idle_wait = l->idle_wait * 2 < poll ? l->idle_wait * 2 : poll;
    }
    l->poll_at = usec_add(now_mono(), wait);
}

static void
failed(struct ledger *l, struct turn *t, const struct err *err)
{
    const char *sqlstate = t->pipe.sqlstate;
    if (!t->group.alone || strncmp(sqlstate, "42", 2) == 0)
        ledger_error(l, "settle and claim", sqlstate, err->text);
    else if (sqlstate[0]) /* a row's own trouble does not end us */
        metrics_db_error(sqlstate);
    /* Locks of a session outlive the transaction that took them. */
    l->gate |= t->gate_at >= 0;
    if (t->claim_at >= 0 && strcmp(sqlstate, "55P03") != 0)
        walks_done(&l->walks, now_mono(), t->took);
    /* It may have been the claim that took so long: once without it. */
    l->no_claim = t->claim_at >= 0 && strcmp(sqlstate, "57014") == 0;
    group_failed(l, &t->group, l->no_claim ? "40000" : sqlstate, err->text);
    if (!sqlstate[0])
        ledger_disconnect(l, err->text);
}

static void
succeeded(struct ledger *l, struct turn *t)
{
    /* A look at suspects alone, which finds nothing, proves nothing. */
    if (t->claim_at < 0 || !l->walks.suspects) {
        l->errors = 0;
        l->write_wait = 0;
    }
    if (t->release)
        l->gate = false;
    group_done(l, &t->group, &t->pipe);
    if (t->gate_at >= 0) {
        l->gate = l->conn && row_bool(t->pipe.results[t->gate_at], 0, "taken");
        l->gate_tried = true;
    }
    if (t->claim_at >= 0) {
        bool was_idle = l->idle;
        claim_read(l, t->pipe.results[t->claim_at], t->lease, t->want, t->took);
        /* The first empty claim: once more, with the gate. */
        l->more = !l->idle || (!was_idle && !l->gate_tried);
        plan_poll(l);
    }
}

void
ledger_turn(struct ledger *l)
{
    struct turn t;
    struct err err;
    add_all(l, &t);
    l->no_claim = false;
    if (t.pipe.count == 0)
        return;
    usec_t before = now_mono();
    int rc = pipe_run(&t.pipe, usec_add(ledger_limit(l), 2 * USEC_S), &err);
    t.took = usec_sub(now_mono(), before);
    metrics_turn(t.took);
    if (rc < 0)
        failed(l, &t, &err);
    else
        succeeded(l, &t);
    pipe_end(&t.pipe);
}
