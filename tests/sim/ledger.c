/* ledger.c - the ledger thread of a daemon (src/daemon/ledger*.c): the only
 * one that writes. One statement is out at a time: a heartbeat each second, a
 * turn (what waits to be written, and a claim), and after a lost connection
 * the search for what the old one left behind. */
#include <string.h>

#include "sim.h"

void
ledger_release(struct daemon *d, struct job *j)
{
    struct job **p = &d->hand;
    while (*p && *p != j)
        p = &(*p)->next;
    if (*p)
        *p = j->next;
    j->phase = AT_GONE;
}

void
ledger_kick(struct world *w, struct daemon *d)
{
    if (!d->conn[CONN_LEDGER].busy)
        tick_in(w, d, CONN_LEDGER, between(w, 100, MS));
}

void
ledger_drop_all(struct world *w, struct daemon *d)
{
    struct job *next;
    for (struct job *j = d->hand; j; j = next) {
        next = j->next;
        runner_drop(w, d, j, true);
    }
}

static void
give_back_ahead(struct world *w, struct daemon *d)
{
    for (struct job *j = d->hand; j; j = j->next)
        if (j->phase == AT_AHEAD)
            runner_back(w, d, j);
}

/* The lock thread may have another epoch by now, or none. */
static void
adopt_epoch(struct world *w, struct daemon *d)
{
    if (d->epoch == d->ledger_epoch)
        return;
    d->ledger_epoch = d->epoch;
    d->lease_counter = 0;
    d->lease_ok_until = 0;
    d->heartbeat_at = 0;
    d->poll_at = 0;
    /* Their rows are somebody else's, now or soon; also of those that wait
     * for a slot. */
    ledger_drop_all(w, d);
    give_back_ahead(w, d);
}

/* Nobody may believe us alive any longer. */
static void
fence(struct world *w, struct daemon *d)
{
    if (d->fenced || d->ledger_epoch == 0 || d->lease_ok_until == 0 ||
        w->now < d->lease_ok_until || broken(w, RULE_SELF_FENCE))
        return;
    say(w, d, "drops its calls: its lease could have expired");
    d->fenced = true;
    ledger_drop_all(w, d);
}

static int
count_jobs(const struct daemon *d, enum phase from, enum phase to)
{
    int n = 0;
    for (const struct job *j = d->hand; j; j = j->next)
        n += j->phase >= from && j->phase <= to;
    return n;
}

static bool
has_suspect(const struct daemon *d)
{
    for (const struct job *j = d->hand; j; j = j->next)
        if (lane_role(j->req.lane) == LANE_SUSPECT)
            return true;
    return false;
}

static void
hand_over_ahead(struct world *w, struct daemon *d)
{
    for (struct job *j = d->hand; j; j = j->next) {
        if (j->phase != AT_AHEAD ||
            count_jobs(d, AT_RUNNER, AT_CALL) >= d->slots)
            continue;
        runner_take(w, d, j);
    }
}

static struct item *
add_item(struct world *w, struct stmt *s, struct job *j)
{
    if (!s->items)
        s->items = world_new(w, REQUESTS * sizeof(struct item));
    struct item *it = &s->items[s->item_count++];
    it->job = j;
    it->id = j->req.id;
    it->lease = j->req.lease;
    return it;
}

static void
send_items(struct world *w, struct daemon *d, enum stmt_kind kind,
           enum phase phase)
{
    struct stmt *s = stmt_new(w, d, CONN_LEDGER, kind);
    for (struct job *j = d->hand; j && s->item_count < REQUESTS; j = j->next)
        if (kind == STMT_UNKNOWN || j->phase == phase)
            (void)add_item(w, s, j);
    stmt_send(w, s);
}

static void
add_writes(struct world *w, struct stmt *s, struct daemon *d)
{
    for (struct job *j = d->hand; j; j = j->next) {
        if ((j->phase != AT_MARK && j->phase != AT_SETTLE) ||
            s->item_count == REQUESTS)
            continue;
        struct item *it = add_item(w, s, j);
        it->mark = j->phase == AT_MARK;
        it->u = j->update;
        it->explained = j->update.to == S_COMPLETED || j->explained;
    }
}

static void
add_claim(struct world *w, struct stmt *s, struct daemon *d)
{
    int out = count_jobs(d, AT_RUNNER, AT_CALL);
    int ahead = count_jobs(d, AT_AHEAD, AT_AHEAD);
    int want = d->slots + d->prefetch - out - ahead;
    if (want <= 0 || w->now < d->poll_at || d->fenced || d->stopping ||
        d->ledger_epoch == 0)
        return;
    d->suspect_turn = !d->suspect_turn && !has_suspect(d);
    s->suspects = d->suspect_turn;
    s->want = s->suspects ? 1 : want;
    s->want_started = ahead == 0 && d->slots > out ? d->slots - out : 0;
    d->lease_counter++;
    s->claim_lease = ((int64_t)d->ledger_epoch << 38) | d->lease_counter;
}

/* First TERM: no more claims, what was not started goes back. Then the calls
 * have a grace time; what is still out stays processing. */
static bool
stop_next(struct world *w, struct daemon *d)
{
    struct stmt *s;
    if (!d->told) {
        d->told = true;
        give_back_ahead(w, d);
        s = stmt_new(w, d, CONN_LEDGER, STMT_ENDS);
        s->says = D_STOPPING;
        stmt_send(w, s);
        return true;
    }
    if (!d->aborted && w->now >= d->grace_until) {
        d->aborted = true;
        struct job *next;
        for (struct job *j = d->hand; j; j = next) {
            next = j->next;
            runner_drop(w, d, j, false);
        }
    }
    if (d->hand)
        return false;
    s = stmt_new(w, d, CONN_LEDGER, STMT_ENDS);
    s->says = D_DEAD;
    stmt_send(w, s);
    return true;
}

static void
send_turn(struct world *w, struct daemon *d)
{
    struct stmt *s = stmt_new(w, d, CONN_LEDGER, STMT_TURN);
    add_writes(w, s, d);
    add_claim(w, s, d);
    if (s->item_count > 0 || s->want > 0) {
        stmt_send(w, s);
        return;
    }
    usec_t next = d->heartbeat_at;
    if (d->poll_at > w->now && d->poll_at < next)
        next = d->poll_at;
    if (d->stopping && !d->aborted && d->grace_until < next)
        next = d->grace_until;
    if (next <= w->now) /* no epoch: the lock thread brings one */
        next = w->now + 50 * MS;
    tick_in(w, d, CONN_LEDGER, next - w->now);
}

void
ledger_tick(struct world *w, struct daemon *d)
{
    struct conn *c = &d->conn[CONN_LEDGER];
    if (c->busy)
        return;
    adopt_epoch(w, d);
    fence(w, d);
    hand_over_ahead(w, d);
    if (!c->session) {
        if (d->ledger_epoch > 0 && w->now >= c->again_at)
            conn_connect(w, d, CONN_LEDGER);
        else
            tick_in(w, d, CONN_LEDGER, 50 * MS);
    } else if (d->ledger_epoch > 0 && w->now >= d->heartbeat_at) {
        d->heartbeat_at = w->now + BEAT_EVERY;
        stmt_send(w, stmt_new(w, d, CONN_LEDGER, STMT_HEARTBEAT));
    } else if (count_jobs(d, AT_LOOKUP, AT_LOOKUP) > 0) {
        send_items(w, d, STMT_LOOKUP, AT_LOOKUP);
    } else if (d->ledger_epoch > 0 && w->now >= d->unknown_at &&
               w->now < d->unknown_until) {
        d->unknown_at = w->now + UNKNOWN_EVERY;
        send_items(w, d, STMT_UNKNOWN, AT_GONE);
    } else if (!d->stopping || !stop_next(w, d)) {
        send_turn(w, d);
    }
}

/* ---- answers ----------------------------------------------------------------
 */

/* What the old connection left behind, before anything is claimed anew. */
static void
settle_past(struct world *w, struct daemon *d)
{
    d->heartbeat_at = 0;
    if (d->ledger_epoch == 0 || d->lease_counter == 0)
        return;
    if (d->old_session && !one_in(w, 8)) /* end_backend; may not be allowed */
        session_close(w, d->old_session);
    d->unknown_at = w->now + UNKNOWN_EVERY;
    d->unknown_until = w->now + UNKNOWN_FOR;
    send_items(w, d, STMT_UNKNOWN, AT_GONE);
}

static void
read_heartbeat(struct world *w, struct daemon *d, const struct stmt *s,
               usec_t sent)
{
    d->sweeper = s->sweeper;
    if (!s->alive) {
        say(w, d, "hears that epoch %d was declared dead", s->epoch);
        if (d->epoch == s->epoch)
            d->epoch = 0;
        return;
    }
    d->lease_ok_until = sent + LEASE;
    d->fenced = false;
    at(w, d->lease_ok_until - w->now, runner_fence, d, NULL, d->lease_ok_until);
    for (int i = 0; i < s->abort_count; i++)
        for (struct job *j = d->hand; j; j = j->next)
            if (j->req.id == s->aborts[i].id &&
                j->req.lease == s->aborts[i].lease) {
                runner_drop(w, d, j, false);
                break;
            }
}

/* Only jobs at the runner hear of it; those at the ledger find out. */
static void
drop_lost(struct world *w, struct daemon *d, struct stmt *s)
{
    for (int i = 0; i < s->item_count; i++)
        if (!s->items[i].hit && s->items[i].job->phase != AT_GONE)
            runner_drop(w, d, s->items[i].job, false);
}

static void
write_done(struct world *w, struct daemon *d, struct item *it)
{
    struct job *j = it->job;
    if (it->mark && it->hit) {
        runner_marked(w, d, j);
    } else if (it->hit) {
        ledger_release(d, j);
    } else if (broken(w, RULE_LOOKUP)) {
        check_lost(w, j);
        ledger_release(d, j);
    } else {
        j->phase = AT_LOOKUP;
        j->again = it->mark ? AT_MARK : AT_SETTLE;
    }
}

static void
lookup_done(struct world *w, struct daemon *d, struct stmt *s)
{
    char text[24];
    for (int i = 0; i < s->item_count; i++) {
        struct job *j = s->items[i].job;
        if (s->items[i].hit) {
            j->phase = j->again; /* still ours: write it again */
            continue;
        }
        say(w, d, "lost r%d lease %s: its result is dropped", (int)j->req.id,
            lease_text(j->req.lease, text));
        check_lost(w, j);
        ledger_release(d, j);
    }
}

static void
new_job(struct world *w, struct daemon *d, const struct claimed *c)
{
    struct job *j = world_new(w, sizeof(*j));
    const struct script *script = &w->scripts[c->id - 1];
    char text[24];
    j->req = (struct request){
        .id = c->id,
        .lease = c->lease,
        .lane = lane_with_role(4, c->role),
        .started = c->started,
        .kind = (char *)(uintptr_t)script->kind,
        .retry_attempt = c->attempt,
        .crashes = c->crashes,
        .db_now = c->now,
        .mono = mono_now(w, d),
        .deadline = c->deadline,
        .note = c->note,
        .policy = script->policy,
    };
    j->next = d->hand;
    d->hand = j;
    say(w, d, "claims r%d lease %s%s", (int)c->id, lease_text(c->lease, text),
        c->started ? "" : " ahead of a slot");
    if (c->started)
        runner_take(w, d, j);
    else
        j->phase = AT_AHEAD;
}

static void
turn_done(struct world *w, struct daemon *d, struct stmt *s)
{
    /* Rolled back: all stays as it was, and is sent again. */
    for (int i = 0; i < s->item_count && !s->failed; i++)
        write_done(w, d, &s->items[i]);
    for (int i = 0; i < s->claimed_count && !s->failed; i++)
        new_job(w, d, &s->claimed[i]);
    if (s->want > 0)
        d->poll_at = s->claimed_count > 0 || s->failed
                         ? w->now
                         : w->now + between(w, 100 * MS, S);
}

void
ledger_answer(struct world *w, struct daemon *d, struct stmt *s)
{
    tick_in(w, d, CONN_LEDGER, 0);
    if (s->kind == STMT_CONNECT && !s->failed)
        settle_past(w, d);
    else if (s->kind == STMT_HEARTBEAT)
        read_heartbeat(w, d, s, d->heartbeat_at - BEAT_EVERY);
    else if (s->kind == STMT_UNKNOWN)
        drop_lost(w, d, s);
    else if (s->kind == STMT_LOOKUP)
        lookup_done(w, d, s);
    else if (s->kind == STMT_TURN)
        turn_done(w, d, s);
    else if (s->kind == STMT_ENDS && s->says == D_DEAD)
        daemon_die(w, d, "has stopped");
}
