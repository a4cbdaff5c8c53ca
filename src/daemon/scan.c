#include "daemon/scan.h"

#include <stdlib.h>

enum {
    AGING_EVERY = 8,   /* one claim out of these looks at aged classes */
    FULL_FACTOR = 100, /* a full scan may cost a hundredth of the time */
    CLASSES = 3,
    FEW = 64, /* rows, walked again at each claim: no cost that shows */
};

/* From the row of a submit to its commit: what nearly all need, however many
 * rows come, and what is waited for where few come. A later one is found after
 * the next swap. */
static const usec_t COMMIT_TIME = 20 * USEC_MS;
static const usec_t COMMIT_TIME_MOST = 2 * USEC_S;
/* However long one took: it may have waited for something else. */
static const usec_t FULL_EVERY_MOST = 30 * USEC_S;

void
walks_fini(struct walks *w)
{
    free(w->list);
    free(w->shares);
    w->list = NULL;
    w->shares = NULL;
    w->count = w->share_count = 0;
}

static int
by_lane(const void *a, const void *b)
{
    int32_t x = ((const struct walk *)a)->row.lane;
    int32_t y = ((const struct walk *)b)->row.lane;
    return (x > y) - (x < y);
}

static struct walk *
find(const struct walks *w, int32_t lane)
{
    struct walk k = {.row.lane = lane_with_role(lane, LANE_MAIN)};
    if (w->count == 0)
        return NULL;
    return bsearch(&k, w->list, (size_t)w->count, sizeof k, by_lane);
}

const struct walk *
walks_find(const struct walks *w, int32_t lane)
{
    return find(w, lane);
}

static int
by_share(const void *a, const void *b)
{
    int32_t x = ((const struct share *)a)->share;
    int32_t y = ((const struct share *)b)->share;
    return (x > y) - (x < y);
}

static struct share *
find_share(const struct walks *w, int32_t share)
{
    struct share k = {.share = share};
    if (share == 0 || w->share_count == 0)
        return NULL;
    return bsearch(&k, w->shares, (size_t)w->share_count, sizeof k, by_share);
}

void
walks_hand(struct walks *w, int32_t share, int n)
{
    struct share *s = find_share(w, share);
    if (s)
        s->active += n;
}

static void
update_shares(struct walks *w)
{
    int n = 0;
    free(w->shares);
    w->shares = calloc((size_t)w->count + 1, sizeof *w->shares);
    if (!w->shares)
        abort();
    for (int i = 0; i < w->count; i++)
        if (w->list[i].row.share != 0)
            w->shares[n++].share = w->list[i].row.share;
    qsort(w->shares, (size_t)n, sizeof *w->shares, by_share);
    w->share_count = 0;
    for (int i = 0; i < n; i++)
        if (i == 0 || w->shares[i].share != w->shares[i - 1].share)
            w->shares[w->share_count++] = w->shares[i];
}

static void
forget_bounds(struct walk *w)
{
    for (int k = 0; k < 3; k++)
        w->bound[k] = w->saved[k] = w->near[k] = w->few[k][0] = w->few[k][1] =
            USEC_MIN;
}

void
walks_update(struct walks *w, const struct lane_row *rows, int count,
             usec_t mono)
{
    struct walk *list = calloc((size_t)count + 1, sizeof *list);
    if (!list)
        abort();
    for (int i = 0; i < count; i++) {
        const struct walk *old = find(w, rows[i].lane);
        if (old)
            list[i] = *old;
        else
            forget_bounds(&list[i]);
        list[i].row = rows[i];
        list[i].row.due = usec_add(mono, rows[i].due);
    }
    free(w->list);
    w->list = list;
    w->count = count;
    update_shares(w);
}

static usec_t
later(usec_t a, usec_t b)
{
    return a > b ? a : b;
}

static usec_t
sooner(usec_t a, usec_t b)
{
    return a < b ? a : b;
}

/* Behind what was seen, where others that became ready at the same time may
 * still be committed. What has waited for longer is not walked twice. */
static usec_t
bound_of(const struct walks *w, const struct walk *k, enum lane_role role)
{
    usec_t behind = usec_sub(w->db_now, COMMIT_TIME);
    usec_t least = usec_sub(w->db_now, COMMIT_TIME_MOST);
    if (!w->many)
        behind = later(sooner(k->few[role][1], behind), least);
    return sooner(k->bound[role], behind);
}

static void
add(const struct walks *w, const struct walk *k, enum lane_role role, int most,
    usec_t age, struct scan *out)
{
    *out = (struct scan){
        .lane = lane_with_role(k->row.lane, role),
        .key = k->row.key,
        .bound =
            w->full || role == LANE_SUSPECT ? USEC_MIN : bound_of(w, k, role),
        .most = most,
        .age = age,
    };
}

/* Lanes that are walked in an order of their own. */
static bool
is_sorted(const struct walk *k)
{
    return k->row.share != 0 || k->row.has_due;
}

/* Who has least in hand, and what ends soonest, weighed against each other;
 * a day or more is not urgent. */
static void
score_all(struct walks *w, usec_t mono)
{
    w->most_active = 1;
    for (int i = 0; i < w->share_count; i++)
        if (w->shares[i].active > w->most_active)
            w->most_active = w->shares[i].active;
    for (int i = 0; i < w->count; i++) {
        struct walk *k = &w->list[i];
        const struct share *s = find_share(w, k->row.share);
        k->gave = 0;
        double active = s ? (double)s->active / w->most_active : 0;
        double left = 1;
        if (k->row.has_due)
            left = (double)usec_sub(k->row.due, mono) / (86400.0 * USEC_S);
        left = left < 0 ? 0 : left > 1 ? 1 : left;
        k->score = (1 - k->row.urgency) * active + k->row.urgency * left;
    }
}

static int
by_place(const void *a, const void *b)
{
    const struct walk *x = *(struct walk *const *)a;
    const struct walk *y = *(struct walk *const *)b;
    if (x->place < y->place || x->place > y->place)
        return x->place < y->place ? -1 : 1;
    if (x->row.has_due != y->row.has_due)
        return x->row.has_due ? -1 : 1;
    return (x->row.due > y->row.due) - (x->row.due < y->row.due);
}

/* Who shares gets no more at once than his part. */
static int
part_of(const struct walk *k, int most)
{
    return k->row.share != 0 && k->row.sharers > 1
               ? (most - 1) / k->row.sharers + 1
               : most;
}

/* Sorted by score; but of the lanes of one share each counts those before it
 * as done, or whoever has many deadlines would get many parts. One that gave
 * nothing does not count: most of them are empty when their time is over. */
static void
sort_lanes(struct walks *w, struct walk **lanes, int n, int most)
{
    for (int i = 0; i < n; i++)
        lanes[i]->place = lanes[i]->score;
    qsort(lanes, (size_t)n, sizeof(struct walk *), by_place);
    for (int i = 0; i < w->share_count; i++)
        w->shares[i].placed = 0;
    for (int i = 0; i < n; i++) {
        struct walk *k = lanes[i];
        struct share *s = find_share(w, k->row.share);
        if (!s)
            continue;
        k->place += (1 - k->row.urgency) * s->placed * part_of(k, most) /
                    w->most_active;
        s->placed += !k->dry;
    }
    qsort(lanes, (size_t)n, sizeof(struct walk *), by_place);
}

/* The lanes of one class that are sorted, or those that are not, which begin
 * with another one each time, so that equal lanes share. */
static int
lanes_of(struct walks *w, int class, bool sorted, int most, struct walk **lanes)
{
    int n = 0;
    for (int i = 0; i < w->count; i++)
        n += w->list[i].row.priority == class &&
             is_sorted(&w->list[i]) == sorted;
    int first = n > 0 ? (int)(w->turn % (unsigned)n) : 0;
    int at = n - first;
    for (int i = 0; i < w->count; i++) {
        struct walk *k = &w->list[i];
        if (k->row.priority != class || is_sorted(k) != sorted)
            continue;
        if (first-- == 0)
            at = 0;
        lanes[at++] = k;
    }
    if (sorted)
        sort_lanes(w, lanes, n, most);
    return n;
}

/* All scans of one class with this role. Where some lanes are sorted and some
 * are not, each sort begins every other time. */
static void
add_class(struct walks *w, int class, enum lane_role role, int most,
          const usec_t *age_of, struct scan *out, int *n)
{
    struct walk **lanes = calloc((size_t)w->count + 1, sizeof(struct walk *));
    if (!lanes)
        abort();
    for (unsigned pass = 0; pass < 2; pass++) {
        bool sorted = (w->turn + pass) % 2 == 0;
        int count = lanes_of(w, class, sorted, most, lanes);
        for (int i = 0; i < count; i++)
            add(w, lanes[i], role, part_of(lanes[i], most),
                age_of ? lanes[i]->row.aging : 0, &out[(*n)++]);
    }
    free(lanes);
}

int
walks_plan(struct walks *w, usec_t mono, usec_t db_now, int most, bool suspect,
           struct scan *out)
{
    int n = 0;
    usec_t aged = 1;
    w->turn++;
    w->db_now = db_now;
    w->many = w->rows > FEW;
    w->rows = 0;
    score_all(w, mono);
    w->suspects = suspect && w->suspects_in > 0 && --w->suspects_in == 0;
    w->full = !w->suspects && mono >= w->next_full;
    /* Lanes of a key without room are not in this plan: the next question for
     * permits looks there, and the plan after it. */
    for (int i = 0; w->full && i < w->count; i++)
        if (w->list[i].row.key != 0)
            forget_bounds(&w->list[i]);
    if (w->suspects) {
        for (int class = 0; class < CLASSES; class ++)
            add_class(w, class, LANE_SUSPECT, 1, NULL, out, &n);
        return n;
    }
    if (w->turn % AGING_EVERY == 0)
        for (int class = CLASSES - 1; class > 0; class --)
            for (int role = LANE_RESUMED; role >= LANE_MAIN; role--)
                add_class(w, class, (enum lane_role)role, most / 4 + 1, &aged,
                          out, &n);
    for (int class = 0; class < CLASSES; class ++) {
        add_class(w, class, LANE_RESUMED, most, NULL, out, &n);
        add_class(w, class, LANE_MAIN, most, NULL, out, &n);
    }
    return n;
}

void
walks_saw(struct walks *w, int32_t lane, usec_t run_at)
{
    struct walk *k = find(w, lane);
    enum lane_role role = lane_role(lane);
    w->rows++;
    if (!k)
        return;
    k->gave |= 1U << role;
    k->dry = false;
    k->bound[role] = later(k->bound[role], run_at);
    if (++k->seen[role] < FEW)
        return;
    k->seen[role] = 0;
    k->few[role][1] = k->few[role][0];
    k->few[role][0] = k->bound[role];
}

void
walks_found(struct walks *w, bool all)
{
    double last[CLASSES] = {-1, -1, -1}; /* no place is below 0 */

    /* A row of an aged scan says nothing of the lanes before its own. */
    if (w->suspects || (!all && w->turn % AGING_EVERY == 0))
        return;
    for (int i = 0; i < w->count; i++) {
        const struct walk *k = &w->list[i];
        if ((k->gave & 1U << LANE_MAIN) && is_sorted(k) &&
            k->place > last[k->row.priority])
            last[k->row.priority] = k->place;
    }
    for (int i = 0; i < w->count; i++) {
        struct walk *k = &w->list[i];
        if (k->gave == 0 && (all || k->place < last[k->row.priority]))
            k->dry = true;
    }
}

void
walks_done(struct walks *w, usec_t mono, usec_t took)
{
    if (w->full)
        w->next_full = usec_add(
            mono, later(USEC_S, sooner(took * FULL_FACTOR, FULL_EVERY_MOST)));
}

void
walks_swap(struct walks *w, usec_t db_now)
{
    bool ours = w->peers <= 1 || db_now / USEC_S % w->peers == w->rank;
    for (int i = 0; i < w->count; i++)
        for (int k = 0; k < 3; k++) {
            struct walk *x = &w->list[i];
            usec_t was = x->bound[k];
            x->bound[k] = ours ? x->saved[k] : x->near[k];
            x->saved[k] = was;
        }
}

void
walks_mark(struct walks *w)
{
    for (int i = 0; i < w->count; i++)
        for (int k = 0; k < 3; k++)
            w->list[i].near[k] = w->list[i].bound[k];
}

void
walks_wake(struct walks *w)
{
    if (w->count > 0 && w->suspects_in == 0)
        w->suspects_in = 2;
}
