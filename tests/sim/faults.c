/* faults.c - daemons start, and everything that can happen to them. Random
 * worlds come in four kinds: anything; the database restarts and nothing
 * else; one poisoned request and troubles that are no death; clients only. */
#include <string.h>

#include "sim.h"

enum { FAULTS_UNTIL_S = 15 };

void
touch(struct world *w, const struct daemon *d)
{
    for (int i = 1; i <= w->db.life_count; i++)
        if (w->db.lives[i].d == d)
            w->db.lives[i].touched = true;
}

void
daemon_start(struct world *w, struct daemon *d)
{
    struct daemon old = *d;
    memset(d, 0, sizeof(*d));
    d->number = old.number;
    d->life = old.life + 1;
    d->old_epoch = old.lock_epoch ? old.lock_epoch : old.old_epoch;
    d->slots = old.slots;
    d->prefetch = old.prefetch;
    d->wall_off = old.wall_off;
    d->up = true;
    d->mono = between(w, 0, 1000 * S);
    d->stale_at = w->now + STALE_EVERY;
    say(w, d, "starts");
    for (int k = 0; k < CONN_COUNT; k++)
        tick_in(w, d, (enum role)k, between(w, 0, 20 * MS));
}

static void
start_again(struct world *w, struct daemon *none, void *arg, int64_t n)
{
    (void)none;
    (void)n;
    daemon_start(w, arg);
}

void
daemon_die(struct world *w, struct daemon *d, const char *why)
{
    if (!d->up)
        return;
    say(w, d, "%s", why);
    touch(w, d);
    conns_die(w, d);
    d->up = false;
    d->life++;
    d->hand = NULL;
    at(w, between(w, 500 * MS, 3 * S), start_again, NULL, d, 0);
}

void
daemon_stop(struct world *w, struct daemon *d)
{
    say(w, d, "is asked to stop");
    touch(w, d);
    d->stopping = true;
    d->grace_until = w->now + between(w, 500 * MS, 2 * S);
    ledger_kick(w, d);
}

static void
go_on(struct world *w, struct daemon *none, void *arg, int64_t life)
{
    struct daemon *d = arg;
    (void)none;
    if (d->life != (int)life)
        return;
    d->stalled = false;
    say(w, d, "goes on");
}

void
daemon_stall(struct world *w, struct daemon *d, usec_t span)
{
    say(w, d, "is stopped for %d ms", (int)(span / MS));
    touch(w, d);
    d->stalled = true;
    d->continued_at = w->now + span;
    at(w, span, go_on, NULL, d, d->life);
}

static void
heal(struct world *w, struct daemon *none, void *arg, int64_t life)
{
    struct daemon *d = arg;
    (void)none;
    if (d->life != (int)life)
        return;
    d->split = false;
    say(w, d, "is reached again");
}

void
daemon_split(struct world *w, struct daemon *d, usec_t span)
{
    say(w, d, "is cut off for %d ms", (int)(span / MS));
    touch(w, d);
    d->split = true;
    d->split_until = w->now + span;
    at(w, span, heal, NULL, d, d->life);
}

static void
server_up(struct world *w, struct daemon *none, void *arg, int64_t n)
{
    (void)none;
    (void)arg;
    (void)n;
    if (--w->restarts == 0) {
        w->db.up = true;
        say(w, NULL, "the database is up");
    }
}

void
server_restart(struct world *w, usec_t span)
{
    say(w, NULL, "the database restarts");
    w->restarts++;
    conns_lose_server(w);
    server_stop(w);
    at(w, span, server_up, NULL, NULL, 0);
}

/* ---- clients
 * ------------------------------------------------------------------ */

void
client_cancel(struct world *w, struct daemon *none, void *arg, int64_t n)
{
    struct row *r = arg;
    (void)none;
    if (r->locked || !w->db.up) {
        at(w, 2 * MS, client_cancel, NULL, r, n);
        return;
    }
    (void)finish(w, r, S_CANCELED, "cancel", R_NONE);
}

void
client_retry(struct world *w, struct daemon *none, void *arg, int64_t n)
{
    (void)none;
    (void)n;
    if (w->db.up)
        (void)reopen(w, arg);
}

static void
client_submit(struct world *w, struct daemon *none, void *arg, int64_t timeout)
{
    (void)none;
    (void)arg;
    submit(w, timeout);
}

/* ---- random worlds
 * --------------------------------------------------------------- */

static void
cause_harm(struct world *w, struct daemon *d, uint64_t what)
{
    usec_t span = between(w, 50 * MS, one_in(w, 2) ? 1500 * MS : 9 * S);
    if (!d->up || d->stopping || d->stalled || d->split)
        return;
    switch (what) {
    case 0:
        daemon_die(w, d, "is killed");
        break;
    case 1:
        daemon_stall(w, d, span);
        break;
    case 2:
        daemon_split(w, d, span);
        break;
    case 3:
        say(w, d, "loses its lock");
        touch(w, d);
        conn_cut(w, d, CONN_LOCK);
        break;
    default:
        daemon_stop(w, d);
    }
}

/* Trouble that is nobody's death. */
static void
cause_trouble(struct world *w, struct daemon *d, uint64_t what)
{
    int ledger = d->conn[CONN_LEDGER].session;
    if (what == 0) {
        server_restart(w, between(w, 20 * MS, 6 * S));
    } else if (what == 1 && d->up) {
        conn_cut(w, d, one_in(w, 3) ? CONN_SWEEP : CONN_LEDGER);
    } else if (d->up && ledger) {
        w->sessions[ledger - 1].lose_answer = true;
    }
}

static void
fault(struct world *w, struct daemon *none, void *arg, int64_t n)
{
    struct daemon *d = &w->daemons[chance(w, (uint64_t)w->daemon_count)];
    (void)none;
    (void)arg;
    (void)n;
    if (w->mode == MODE_RESTART)
        server_restart(w, between(w, 20 * MS, 6 * S));
    else if (w->mode == MODE_POISON || one_in(w, 2))
        cause_trouble(w, d, chance(w, 3));
    else
        cause_harm(w, d, chance(w, 5));
}

static void
random_script(struct world *w, struct script *c)
{
    bool often = one_in(w, 3);
    c->kind = one_in(w, 4) ? "provision" : "noop";
    c->fails = often ? (int)chance(w, 4) : 0;
    c->waits = one_in(w, 4) ? (int)chance(w, 4) : 0;
    c->nexts = one_in(w, 6) ? (int)chance(w, 3) : 0;
    c->hopeless = one_in(w, 10);
    c->call = one_in(w, 12) ? between(w, S, 8 * S) : between(w, MS, 600 * MS);
    if (c->call > S)
        c->nexts = 0;
    c->wait = between(w, 50 * MS, 2 * S);
    c->policy = (struct policy){
        .max_retries = one_in(w, 2) ? POLICY_UNSET : (int)chance(w, 5),
        .backoff = between(w, 10 * MS, S),
        .backoff_factor = 2,
        .max_backoff = 4 * S,
    };
    if (one_in(w, 8)) {
        c->policy.has_stop_before = true;
        c->policy.stop_before_deadline = between(w, -S, 2 * S);
    }
}

static void
random_requests(struct world *w)
{
    int n = 3 + (int)chance(w, REQUESTS - 2);
    for (int i = 0; i < n; i++) {
        random_script(w, &w->scripts[i]);
        usec_t timeout = one_in(w, 3) ? between(w, 4 * S, 30 * S) : 0;
        at(w, between(w, 0, 4 * S), client_submit, NULL, NULL, timeout);
    }
    if (w->mode == MODE_POISON)
        w->scripts[chance(w, 3)].poison = true;
    for (int i = 0; i < n; i++) {
        if (w->mode == MODE_POISON || !one_in(w, 4))
            continue;
        usec_t when = between(w, 4 * S, 12 * S);
        at(w, when, client_cancel, NULL, &w->db.rows[i], 0);
        if (one_in(w, 2))
            at(w, when + between(w, MS, 3 * S), client_retry, NULL,
               &w->db.rows[i], 0);
    }
}

void
world_random(struct world *w, uint64_t seed, int mode)
{
    static const int weights[] = {MODE_MIXED,  MODE_MIXED,  MODE_MIXED,
                                  MODE_MIXED,  MODE_MIXED,  MODE_RESTART,
                                  MODE_POISON, MODE_CLIENTS};
    world_open(w, seed);
    w->mode = (enum mode)(mode >= 0 ? mode : weights[chance(w, 8)]);
    w->daemon_count = 2 + (int)chance(w, DAEMONS - 1);
    for (int i = 0; i < w->daemon_count; i++) {
        struct daemon *d = &w->daemons[i];
        d->number = i;
        d->slots = 1 + (int)chance(w, 4);
        d->prefetch = (int)chance(w, 3);
        d->wall_off = one_in(w, 3) ? 3600 * S : between(w, -S, S);
    }
    random_requests(w);
    int faults = w->mode == MODE_CLIENTS ? 0 : 1 + (int)chance(w, 8);
    for (int i = 0; i < faults; i++)
        at(w, between(w, 0, FAULTS_UNTIL_S * S), fault, NULL, NULL, 0);
    w->busy_until = FAULTS_UNTIL_S * S;
    w->calm_at = (FAULTS_UNTIL_S + 10) * S;
}

/* ---- the run
 * ------------------------------------------------------------------------ */

static void
look(struct world *w, struct daemon *none, void *arg, int64_t n)
{
    check_often(w);
    at(w, 100 * MS, look, none, arg, n);
}

static bool
all_over(const struct world *w)
{
    if (w->now < w->busy_until)
        return false;
    for (int i = 0; i < w->db.row_count; i++)
        if (w->db.rows[i].open)
            return false;
    for (int i = 0; i < w->daemon_count; i++)
        if (w->daemons[i].up && w->daemons[i].hand)
            return false;
    return true;
}

bool
world_run(struct world *w)
{
    for (int i = 0; i < w->daemon_count; i++)
        daemon_start(w, &w->daemons[i]);
    at(w, 100 * MS, look, NULL, NULL, 0);
    while (!all_over(w) && world_step(w))
        continue;
    if (!w->violation[0])
        check_end(w);
    return !w->violation[0];
}
