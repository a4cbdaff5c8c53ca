/* ledger_claim.c - what comes in: lanes and claimed rows. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ledger_int.h"
#include "daemon/metrics.h"
#include "db/bind.h"
#include "sys/clock.h"
#include "sys/log.h"

int
claim_unread(const struct ledger *l)
{
    return l->unread.rows ? PQntuples(l->unread.rows) : 0;
}

int
claim_want(const struct ledger *l)
{
    const struct config *cfg = l->shared->cfg;
    int want = (int)(cfg->slots + cfg->prefetch) - l->out - l->ahead.count -
               claim_unread(l);
    if (want > cfg->group_size)
        want = (int)cfg->group_size;
    if (l->announced || l->epoch == 0 || l->fenced || want < 0)
        return 0;
    return want;
}

static void
bind_scans(const struct ledger *l, const struct scan *s, int n, struct bind *a)
{
    for (int i = 0; i < 5; i++)
        bind_init(&a[i]);
    for (int i = 0; i < n; i++) {
        const struct walk *w = walks_find(&l->walks, s[i].lane);
        bind_int(&a[0], s[i].lane);
        if (s[i].bound == USEC_MIN)
            bind_null(&a[1]);
        else
            bind_int(&a[1], s[i].bound);
        bind_int(&a[2], s[i].most);
        bind_int(&a[3], s[i].age);
        if (w && w->row.audit)
            bind_int(&a[4], s[i].lane);
    }
}

int
claim_common_room(const struct ledger *l)
{
    const struct config *cfg = l->shared->cfg;
    if (cfg->slots_high == 0)
        return INT_MAX;
    return (int)(cfg->slots - cfg->slots_high) - l->common - claim_unread(l);
}

/* Leaves slots_high to class high: while others have room the claim takes no
 * more than that, then only scans of class high stay. Returns how many. */
static int
keep_slots(const struct ledger *l, struct turn *t, struct scan *scans, int n)
{
    int room = claim_common_room(l);
    int left = 0;
    if (room > 0) {
        if (t->want > room)
            t->want = room;
        return n;
    }
    for (int i = 0; i < n; i++) {
        const struct walk *w = walks_find(&l->walks, scans[i].lane);
        if (w && w->row.priority == 0)
            scans[left++] = scans[i];
    }
    return left;
}

void
claim_add(struct ledger *l, struct turn *t)
{
    struct scan *scans = calloc((size_t)l->walks.count * 4 + 1, sizeof *scans);
    struct bind a[5];
    char most[24], lease[24], epoch[24], start[24];
    if (!scans)
        abort();
    usec_t now = now_mono();
    int n = walks_plan(&l->walks, now, usec_add(now, l->db_ahead), t->want,
                       l->suspects == 0, scans);
    n = keep_slots(l, t, scans, n);
    n = permits_divide(&l->permits, scans, n);
    int room = (int)l->shared->cfg->slots - l->out - claim_unread(l);
    t->lease = ((int64_t)l->epoch << 38) | ++l->lease_counter;
    bind_scans(l, scans, n, a);
    (void)snprintf(most, sizeof most, "%d", l->walks.suspects ? 1 : t->want);
    (void)snprintf(lease, sizeof lease, "%lld", (long long)t->lease);
    (void)snprintf(epoch, sizeof epoch, "%d", l->epoch);
    (void)snprintf(start, sizeof start, "%d",
                   l->ahead.count > 0 || room < 0 ? 0 : room);
    const char *params[] = {most,
                            lease,
                            bind_done(&a[0]),
                            bind_done_some(&a[1]),
                            bind_done(&a[2]),
                            bind_done(&a[3]),
                            epoch,
                            start,
                            bind_done(&a[4])};
    t->claim_at = pipe_add(&t->pipe, STMT_CLAIM, params);
    for (int i = 0; i < 5; i++)
        bind_fini(&a[i]);
    free(scans);
}

static void
into_hand(struct ledger *l, struct job *j)
{
    j->hand_prev = NULL;
    j->hand_next = l->hand;
    if (l->hand)
        l->hand->hand_prev = j;
    l->hand = j;
    l->suspects += lane_role(j->req->lane) == LANE_SUSPECT;
    walks_hand(&l->walks, j->share, 1);
    l->common += j->common;
}

/* Gives each runner its share of a list of jobs. */
static void
hand_over(struct ledger *l, struct jobs *list)
{
    struct jobs *share = calloc((size_t)l->runner_count, sizeof *share);
    struct job *j;
    if (!share)
        abort();
    for (int i = 0; i < l->runner_count; i++)
        jobs_init(&share[i]);
    while ((j = jobs_pop(list))) {
        j->ask = JOB_WORK;
        jobs_add(&share[(uint64_t)j->req->id % (unsigned)l->runner_count], j);
        l->out++;
    }
    for (int i = 0; i < l->runner_count; i++)
        mailbox_put(runner_mailbox(l->runners[i]), share[i].head);
    free(share);
}

void
claim_hand_over_ahead(struct ledger *l)
{
    struct jobs now;
    jobs_init(&now);
    while (l->ahead.count > 0 && l->out + now.count < l->shared->cfg->slots)
        jobs_add(&now, jobs_pop(&l->ahead));
    hand_over(l, &now);
}

/* A claimed row that waits for a slot. */
struct ahead {
    int class;
    enum lane_role role;
    usec_t run_at;
    struct job *job;
};

/* The order in which a claim walks: classes, resumed rows first, then time. */
static int
by_walk(const void *a, const void *b)
{
    const struct ahead *x = a, *y = b;
    if (x->class != y->class)
        return x->class - y->class;
    if (x->role != y->role)
        return (int)y->role - (int)x->role;
    return (x->run_at > y->run_at) - (x->run_at < y->run_at);
}

static void
add_ahead(struct ledger *l, struct ahead *list, int n)
{
    qsort(list, (size_t)n, sizeof *list, by_walk);
    for (int i = 0; i < n; i++)
        jobs_add(&l->ahead, list[i].job);
}

/* What a claim that found so many rows says about the next one. */
static void
learn(struct ledger *l, const struct turn *t, int n)
{
    /* With a suspect in hand the others wait for its end. */
    bool suspects = l->suspects == 0 && l->walks.suspects_in > 0;
    /* A claim that is full says nothing of the scans behind its last row. */
    bool all = permits_done(&l->permits, l->walks.suspects || n >= t->want);
    l->found = n > 0;
    l->idle = n == 0 && all && t->want > 0 && !l->walks.suspects && !suspects;
    l->more = !l->idle;
    if (n > 0)
        l->gate_tried = false;
}

static void
saw(struct ledger *l, int32_t lane, usec_t run_at)
{
    const struct walk *w;
    walks_saw(&l->walks, lane, run_at);
    if (l->permits.count > 0 && (w = walks_find(&l->walks, lane)))
        permits_saw(&l->permits, w->row.key, lane, w->row.priority);
}

void
claim_note(struct ledger *l, struct turn *t)
{
    PGresult *res = t->pipe.results[t->claim_at];
    int n = PQntuples(res);
    t->pipe.results[t->claim_at] = NULL; /* l->unread's now */
    l->unread = (struct unread){res, t->lease, now_mono()};
    if (n > 0)
        l->db_ahead = usec_sub(request_row_now(res, 0), l->unread.at);
    for (int i = 0; i < n; i++)
        saw(l, request_row_lane(res, i), request_row_run_at(res, i));
    walks_found(&l->walks, n < t->want);
    walks_done(&l->walks, l->unread.at, t->took);
    metrics_add(M_CLAIMS, 1);
    metrics_add(M_CLAIMED_ROWS, n);
    learn(l, t, n);
}

void
claim_read(struct ledger *l)
{
    struct unread u = l->unread;
    struct jobs start;
    int n = claim_unread(l), waiting = 0;
    if (!u.rows)
        return;
    struct ahead *ahead = calloc((size_t)n + 1, sizeof *ahead);
    if (!ahead)
        abort();
    jobs_init(&start);
    for (int i = 0; i < n; i++) {
        int32_t lane = request_row_lane(u.rows, i);
        const struct walk *w = walks_find(&l->walks, lane);
        struct request *r = request_row(u.rows, i, &w->row, u.lease, u.at);
        struct job *j = job_new(r);
        j->key = w->row.key;
        j->share = w->row.share;
        j->common = w->row.priority > 0;
        into_hand(l, j);
        if (r->started)
            jobs_add(&start, j);
        else
            ahead[waiting++] = (struct ahead){w->row.priority, lane_role(lane),
                                              request_row_run_at(u.rows, i), j};
    }
    PQclear(u.rows);
    l->unread.rows = NULL;
    add_ahead(l, ahead, waiting);
    free(ahead);
    metrics_add(M_STARTED, start.count);
    hand_over(l, &start);
}

int
lanes_add(struct ledger *l, struct pipe *p)
{
    const struct shared *s = l->shared;
    struct bind routes, queues;
    const char *q = s->cfg->queues;
    bind_init(&routes);
    bind_init(&queues);
    bind_str(&routes, s->route);
    while (*q) {
        char name[200];
        size_t len = strcspn(q, ", ");
        (void)snprintf(name, sizeof name, "%.*s", (int)len, q);
        if (len > 0)
            bind_str(&queues, name);
        q += len + strspn(q + len, ", ");
    }
    char epoch[24];
    (void)snprintf(epoch, sizeof epoch, "%d", l->epoch);
    const char *params[] = {bind_done(&routes), bind_done(&queues), epoch};
    int at = pipe_add(p, STMT_LANES, params);
    bind_fini(&routes);
    bind_fini(&queues);
    return at;
}

void
claim_publish_bounds(struct ledger *l)
{
    struct shared *s = l->shared;
    int n = l->walks.count * 3;
    int32_t *scans = calloc((size_t)n + 1, sizeof *scans);
    usec_t *bounds = calloc((size_t)n + 1, sizeof *bounds);
    if (!scans || !bounds)
        abort();
    for (int i = 0; i < n; i++) {
        const struct walk *w = &l->walks.list[i / 3];
        scans[i] = w->row.lane + i % 3;
        bounds[i] = w->bound[i % 3] == USEC_MIN ? 0 : w->bound[i % 3];
    }
    (void)pthread_mutex_lock(&s->lock);
    free(s->scans);
    free(s->bounds);
    s->scans = scans;
    s->bounds = bounds;
    s->scan_count = n;
    (void)pthread_mutex_unlock(&s->lock);
}

/* What waits for a slot, of lanes that we are not to walk any more: paused, or
 * this host is drained. */
static void
give_back_foreign(struct ledger *l)
{
    struct jobs ours;
    struct job *j;
    jobs_init(&ours);
    while ((j = jobs_pop(&l->ahead))) {
        if (walks_find(&l->walks, j->req->lane)) {
            jobs_add(&ours, j);
            continue;
        }
        step_back(j->req, &j->update);
        j->ask = JOB_SETTLE;
        jobs_add(&l->settles, j);
    }
    while ((j = jobs_pop(&ours)))
        jobs_add(&l->ahead, j);
}

void
lanes_read(struct ledger *l, const PGresult *res)
{
    int n = PQntuples(res);
    struct lane_row *rows = calloc((size_t)n + 1, sizeof *rows);
    if (!rows)
        abort();
    for (int i = 0; i < n; i++)
        rows[i] = lane_row(res, i);
    if (n > l->walks.count)
        l->more = true;
    if (n > 0) {
        l->walks.peers = (int)row_int(res, 0, "peers");
        l->walks.rank = (int)row_int(res, 0, "rank");
    }
    walks_update(&l->walks, rows, n, now_mono());
    permits_update(&l->permits, rows, n);
    ledger_recount(l);
    give_back_foreign(l);
    free(rows);
    claim_publish_bounds(l);
}
