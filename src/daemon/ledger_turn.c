/* ledger_turn.c - one transaction of the ledger: everything that waits to be
 * written, and where there is room a claim. Knows when to take and give up
 * the idle gate, and when to look again. */
#include <poll.h>
#include <string.h>

#include "daemon/ledger_int.h"
#include "daemon/metrics.h"
#include "db/rows.h"
#include "sys/clock.h"

/* Less than this is not worth a transaction beside another one. */
enum { BESIDE_MIN = 64 };

static void
turn_begin(struct turn *t, PGconn *conn)
{
    t->gate_at = t->claim_at = -1;
    t->want = 0;
    t->release = false;
    t->group.conn = conn;
    pipe_begin(&t->pipe, conn);
}

/* Nothing to say: no transaction. */
static void
turn_send(struct writer *w)
{
    w->busy = w->turn.pipe.count > 0;
    w->turn.sent = now_mono();
    pipe_send(&w->turn.pipe);
}

/* The gate belongs to an idle ledger: taken before the last claim of one
 * that is about to wait, given up as soon as it has work, so that another
 * idle daemon can have it. */
static void
add_all(struct ledger *l, struct turn *t, bool leave_plain)
{
    int want = claim_want(l);
    t->release = l->gate && l->found;
    group_take(l, &t->group, leave_plain);
    group_add(l, &t->group, &t->pipe);
    if (t->release)
        (void)pipe_add(&t->pipe, STMT_GATE_RELEASE, NULL);
    if (t->group.alone || want <= 0 || !l->more || l->no_claim)
        return;
    if (l->idle && !l->gate && !l->gate_tried)
        t->gate_at = pipe_add(&t->pipe, STMT_GATE_TAKE, NULL);
    t->want = want;
    claim_add(l, t);
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
        claim_note(l, t);
        /* The first empty claim: once more, with the gate. */
        l->more = !l->idle || (!was_idle && !l->gate_tried);
        plan_poll(l);
    }
}

static void
turn_end(struct ledger *l, struct writer *w, int rc, const struct err *err)
{
    struct turn *t = &w->turn;
    w->busy = false;
    t->took = usec_sub(now_mono(), t->sent);
    metrics_turn(t->took);
    if (rc < 0)
        failed(l, t, err);
    else
        succeeded(l, t);
    pipe_end(&t->pipe);
}

static usec_t
turn_limit(const struct ledger *l, const struct turn *t)
{
    return usec_add(t->sent, usec_add(ledger_limit(l), 2 * USEC_S));
}

void
ledger_reap(struct ledger *l)
{
    struct err err;
    for (int i = 0; i < WRITERS_MAX; i++) {
        struct writer *w = &l->writers[i];
        int rc = w->busy ? pipe_poll(&w->turn.pipe, &err) : 0;
        if (w->busy && rc == 0 && now_mono() >= turn_limit(l, &w->turn)) {
            w->turn.pipe.sqlstate[0] = '\0';
            rc = err_set(&err, E_DATABASE,
                         "the database did not answer in time");
        }
        if (rc != 0)
            turn_end(l, w, rc, &err);
    }
}

bool
ledger_busy(const struct ledger *l)
{
    for (int i = 0; i < WRITERS_MAX; i++)
        if (l->writers[i].busy)
            return true;
    return false;
}

/* Until a writer is answered. */
static void
wait_for_answer(const struct ledger *l)
{
    struct pollfd fds[WRITERS_MAX];
    nfds_t n = 0;
    usec_t until = INT64_MAX;
    for (int i = 0; i < l->writer_count; i++) {
        const struct writer *w = &l->writers[i];
        short events = PQflush(w->conn) > 0 ? POLLIN | POLLOUT : POLLIN;
        if (!w->busy)
            continue;
        fds[n++] = (struct pollfd){PQsocket(w->conn), events, 0};
        if (turn_limit(l, &w->turn) < until)
            until = turn_limit(l, &w->turn);
    }
    usec_t left = usec_sub(until, now_mono());
    if (left > 0)
        (void)poll(fds, n, (int)(left / USEC_MS) + 1);
}

/* While the first writer claims, the others settle: two claims at a time
 * would walk over each other's rows. */
static void
settle_beside(struct ledger *l)
{
    for (int i = 1; i < l->writer_count; i++) {
        struct writer *w = &l->writers[i];
        if (w->busy)
            continue;
        if (l->settles.count < BESIDE_MIN)
            return;
        turn_begin(&w->turn, w->conn);
        group_take_plain(l, &w->turn.group);
        group_add(l, &w->turn.group, &w->turn.pipe);
        turn_send(w);
    }
}

static void
one_turn(struct ledger *l)
{
    struct writer *first = &l->writers[0];
    bool beside = l->more && !l->no_claim && claim_want(l) >= BESIDE_MIN;
    if (beside)
        settle_beside(l);
    /* What they cannot keep up with is the first one's, too. */
    bool leave = beside && ledger_busy(l) &&
                 l->settles.count < l->shared->cfg->group_size;
    turn_begin(&first->turn, l->conn);
    add_all(l, &first->turn, leave);
    l->no_claim = false;
    turn_send(first);
    claim_read(l);
    while (first->busy) {
        wait_for_answer(l);
        ledger_take_mail(l);
        ledger_reap(l);
        if (first->busy && beside)
            settle_beside(l);
    }
}

/* Is there more to do than to claim and to settle? */
static bool
is_asked(const struct ledger *l)
{
    const struct shared *s = l->shared;
    usec_t now = now_mono();
    return atomic_load(&s->stop) != STOP_NONE || atomic_load(&s->failed) ||
           atomic_load(&s->work) || atomic_load(&s->new_lane) ||
           atomic_load(&s->epoch) != l->epoch || now >= l->heartbeat_at ||
           now >= due_next(&l->due) || now >= permits_due(l) ||
           (l->later.head && now >= l->later_at);
}

/* The server need not wait until the rows of a large claim are read. */
static bool
claims_on(const struct ledger *l)
{
    return claim_unread(l) >= BESIDE_MIN && l->conn && l->more &&
           claim_want(l) >= BESIDE_MIN && l->walks.suspects_in == 0 &&
           l->suspects == 0 && !is_asked(l);
}

void
ledger_turn(struct ledger *l)
{
    do
        one_turn(l);
    while (claims_on(l));
    claim_read(l);
}
