/* ledger_beat.c - the heartbeat: the one statement of an idle daemon. It
 * renews the lease, and its answer says what else is to be done: drop
 * requests, read the lanes, take our lock again, watch other daemons, claim. */
#include <stdlib.h>
#include <string.h>

#include "daemon/ledger_int.h"
#include "daemon/metrics.h"
#include "db/bind.h"
#include "db/rows.h"
#include "sys/clock.h"
#include "sys/log.h"

/* A daemon that was idle soon tells that it is not: others watch the life
 * lock only of those that hold requests. */
static const usec_t BUSY_SOON = 200 * USEC_MS;
/* Bounds are remembered so often: later commits than this are rare. */
static const usec_t MARK_EVERY = 200 * USEC_MS;

/* One heartbeat under way. */
struct beat {
    char epoch[24], lease[24], flight[24], slots[24];
    struct bind scans, bounds;
    bool look; /* the database looks for work */
    bool full; /* ... from the beginning of each lane */
    bool gate; /* the idle gate is tried */
    int64_t lock_since;
    usec_t sent;
};

static void
take_aborts(struct ledger *l, const PGresult *res)
{
    enum { MOST = 4096 };
    static _Thread_local int64_t ids[MOST], leases[MOST];
    int n = row_int_array(row_text(res, 0, "abort_ids"), ids, MOST);
    (void)row_int_array(row_text(res, 0, "abort_leases"), leases, MOST);
    for (int i = 0; i < n; i++)
        mailbox_order(
            runner_mailbox(
                l->runners[(uint64_t)ids[i] % (unsigned)l->runner_count]),
            ORDER_DROP, ids[i], leases[i]);
}

/* What the heartbeat says of the other daemons and of our lock. */
static void
read_peers(struct ledger *l, const struct beat *b, const PGresult *res)
{
    struct shared *s = l->shared;
    bool watch = row_bool(res, 0, "watch");
    atomic_store(&s->alone, !row_bool(res, 0, "peers"));
    if (!atomic_exchange(&s->watch_peers, watch) && watch)
        shared_wake(s->wake_sweep);
    if (!row_bool(res, 0, "held") && b->lock_since > 0 &&
        atomic_load(&s->lock_since) == b->lock_since)
        atomic_store(&s->relock, true);
}

/* The sweep sleeps until then. */
static void
read_time(struct ledger *l, const PGresult *res, const char *column,
          atomic_int_fast64_t *told)
{
    usec_t at = USEC_MAX;
    if (row_text(res, 0, column))
        at = usec_add(now_mono(), row_int(res, 0, column));
    if (at < atomic_exchange(told, at))
        shared_wake(l->shared->wake_sweep);
}

static void
read_work(struct ledger *l, const struct beat *b, const PGresult *res)
{
    usec_t now = now_mono();
    if (b->gate && row_bool(res, 0, "gate"))
        l->gate = l->gate_tried = true;
    if (!b->look)
        return;
    usec_t next =
        row_text(res, 0, "next_us") ? row_int(res, 0, "next_us") : USEC_MAX;
    /* A full look that found something leaves the full scan to the claim. */
    l->walks.full = b->full && next > 0;
    walks_done(&l->walks, now, usec_sub(now, b->sent));
    if (next == 0) {
        walks_wake(&l->walks);
        ledger_expect_work(l);
    } else if (next < LEDGER_BEAT_EVERY) {
        due_add(&l->due, usec_add(now, next));
    }
}

static void
read_heartbeat(struct ledger *l, const struct beat *b, const PGresult *res,
               bool lanes_read)
{
    struct shared *s = l->shared;
    const char *lanes = row_text(res, 0, "lanes");
    atomic_store(&s->sweeper, row_bool(res, 0, "sweeper"));
    if (!row_bool(res, 0, "alive")) {
        log_event(LOG_WARN, "daemon.declared_dead", "epoch=%d", l->epoch);
        int ours = l->epoch; /* the lock thread may have a new one already */
        (void)atomic_compare_exchange_strong(&s->epoch, &ours, 0);
        ledger_adopt_epoch(l);
        return;
    }
    l->lease_ok_until = usec_add(b->sent, s->cfg->lease);
    atomic_store(&s->lease_ok_until, l->lease_ok_until);
    l->fenced = false;
    if (strcmp(l->lanes_seen, lanes) != 0 && !lanes_read)
        atomic_store(&s->new_lane, true);
    (void)snprintf(l->lanes_seen, sizeof l->lanes_seen, "%s", lanes);
    take_aborts(l, res);
    read_peers(l, b, res);
    read_time(l, res, "deadline_us", &s->deadline_at);
    read_time(l, res, "schedule_us", &s->schedule_at);
    read_work(l, b, res);
}

/* Where rows may lie that nobody has told us of. */
static void
bind_scans(const struct ledger *l, struct beat *b)
{
    for (int i = 0; i < l->walks.count; i++) {
        const struct walk *w = &l->walks.list[i];
        for (int role = LANE_MAIN; role <= LANE_SUSPECT; role++) {
            if (role == LANE_SUSPECT && l->suspects > 0)
                continue;
            bind_int(&b->scans,
                     lane_with_role(w->row.lane, (enum lane_role)role));
            if (b->full || role == LANE_SUSPECT || w->bound[role] == USEC_MIN)
                bind_null(&b->bounds);
            else
                bind_int(&b->bounds, w->bound[role]);
        }
    }
}

static int
add_heartbeat(struct ledger *l, struct beat *b, struct pipe *p, usec_t now)
{
    struct shared *s = l->shared;
    int flight = l->out + l->ahead.count;
    if (flight == 0 && l->hand)
        flight = 1; /* waits to be written */
    b->sent = l->beat_sent = now;
    b->lock_since = atomic_load(&s->lock_since);
    b->look = l->idle && !l->more && claim_want(l) > 0;
    b->full = now >= l->walks.next_full;
    b->gate = b->look && !l->gate;
    (void)snprintf(b->epoch, sizeof b->epoch, "%d", l->epoch);
    (void)snprintf(b->lease, sizeof b->lease, "%lld",
                   (long long)(s->cfg->lease / USEC_MS));
    (void)snprintf(b->flight, sizeof b->flight, "%d", flight);
    (void)snprintf(b->slots, sizeof b->slots, "%lld", (long long)s->cfg->slots);
    if (b->look)
        bind_scans(l, b);
    const char *params[] = {b->epoch,
                            b->lease,
                            b->flight,
                            b->slots,
                            b->gate ? "t" : "f",
                            b->look ? bind_done(&b->scans) : NULL,
                            b->look ? bind_done(&b->bounds) : NULL};
    l->told_busy = flight > 0;
    l->heartbeat_at = usec_add(now, LEDGER_BEAT_EVERY);
    return pipe_add(p, STMT_HEARTBEAT, params);
}

/* Once a second; at once when aborts wait; soon when the last one said that
 * we hold nothing and now we do. */
static bool
is_due(struct ledger *l, usec_t now)
{
    if (l->epoch == 0)
        return false;
    if (atomic_exchange(&l->shared->heartbeat_now, false))
        return true;
    if (l->hand && !l->told_busy && l->heartbeat_at > now + BUSY_SOON)
        l->heartbeat_at = usec_add(now, BUSY_SOON);
    if (now < l->heartbeat_at)
        return false;
    if (l->heartbeat_at == 0 || l->hand ||
        now - l->beat_sent >= LEDGER_BEAT_EVERY)
        return true;
    l->heartbeat_at = usec_add(l->beat_sent, LEDGER_BEAT_EVERY);
    return false;
}

/* When the database's clock has its next whole second. */
static usec_t
next_second(const struct ledger *l, usec_t now)
{
    usec_t part = usec_add(now, l->db_ahead) % USEC_S;
    return usec_add(now, USEC_S - (part > 0 ? part : 0));
}

/* True: they went back. Before the heartbeat looks, so that it has the same
 * bounds as the claim that follows. */
static bool
move_bounds(struct ledger *l, usec_t now)
{
    bool back = now >= l->swap_at;
    if (back) {
        claim_publish_bounds(l);
        walks_swap(&l->walks, usec_add(now, l->db_ahead));
        l->swap_at = next_second(l, now);
    }
    if (now >= l->mark_at) {
        walks_mark(&l->walks);
        l->mark_at = usec_add(now, MARK_EVERY);
    }
    return back;
}

void
ledger_beat(struct ledger *l)
{
    struct shared *s = l->shared;
    usec_t now = now_mono();
    struct pipe p;
    struct beat b = {.look = false};
    struct err err;
    int beat_at = -1, lanes_at = -1, permits_at = -1;
    bind_init(&b.scans);
    bind_init(&b.bounds);
    pipe_begin(&p, l->conn);
    bool swapped = move_bounds(l, now);
    if (is_due(l, now))
        beat_at = add_heartbeat(l, &b, &p, now);
    if (swapped && !b.look)
        walks_wake(&l->walks);
    if (now >= l->lanes_at || atomic_exchange(&s->new_lane, false)) {
        lanes_at = lanes_add(l, &p);
        l->lanes_at = USEC_MAX;
    }
    if (now >= permits_due(l))
        permits_at = permits_add(l, &p);
    if (pipe_run(&p, usec_add(ledger_limit(l), 2 * USEC_S), &err) < 0) {
        /* Locks of a session outlive the transaction that took them. */
        l->gate |= b.gate;
        /* It may have been the look that took so long. */
        l->walks.full = b.look && b.full;
        walks_done(&l->walks, now_mono(), usec_sub(now_mono(), now));
        if (lanes_at >= 0)
            l->lanes_at = usec_add(now, LEDGER_BEAT_EVERY);
        ledger_error(l, "heartbeat", p.sqlstate, err.text);
        if (!p.sqlstate[0])
            ledger_disconnect(l, err.text);
    } else {
        if (lanes_at >= 0)
            lanes_read(l, p.results[lanes_at]);
        if (beat_at >= 0)
            read_heartbeat(l, &b, p.results[beat_at], lanes_at >= 0);
        if (permits_at >= 0)
            permits_read(l, p.results[permits_at]);
    }
    pipe_end(&p);
    bind_fini(&b.scans);
    bind_fini(&b.bounds);
}
