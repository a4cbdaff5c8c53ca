#include "daemon/scan.h"

#include <stdlib.h>

enum {
    AGING_EVERY = 8,   /* one claim out of these looks at aged classes */
    FULL_FACTOR = 100, /* a full scan may cost a hundredth of the time */
    CLASSES = 3,
};

void
walks_fini(struct walks *w)
{
    free(w->list);
    w->list = NULL;
    w->count = 0;
}

static struct walk *
find(const struct walks *w, int32_t lane)
{
    int32_t base = lane_with_role(lane, LANE_MAIN);
    for (int i = 0; i < w->count; i++)
        if (w->list[i].row.lane == base)
            return &w->list[i];
    return NULL;
}

const struct walk *
walks_find(const struct walks *w, int32_t lane)
{
    return find(w, lane);
}

void
walks_update(struct walks *w, const struct lane_row *rows, int count)
{
    struct walk *list = calloc((size_t)count + 1, sizeof *list);
    if (!list)
        abort();
    for (int i = 0; i < count; i++) {
        const struct walk *old = find(w, rows[i].lane);
        if (old)
            list[i] = *old;
        else
            for (int k = 0; k < 3; k++)
                list[i].bound[k] = list[i].saved[k] = USEC_MIN;
        list[i].row = rows[i];
    }
    free(w->list);
    w->list = list;
    w->count = count;
}

static void
add(const struct walks *w, const struct walk *k, enum lane_role role, int most,
    usec_t age, struct scan *out)
{
    *out = (struct scan){
        .lane = lane_with_role(k->row.lane, role),
        .bound = w->full || role == LANE_SUSPECT ? USEC_MIN : k->bound[role],
        .most = most,
        .age = age,
    };
}

/* All scans of one class with this role, beginning with another one each
 * time, so that equal lanes share. */
static void
add_class(const struct walks *w, int class, enum lane_role role, int most,
          usec_t *age_of, struct scan *out, int *n)
{
    int lanes = 0;
    for (int i = 0; i < w->count; i++)
        lanes += w->list[i].row.priority == class;
    int first = lanes > 0 ? (int)(w->turn % (unsigned)lanes) : 0;
    int at = *n + lanes - first;
    for (int i = 0; i < w->count; i++) {
        const struct walk *k = &w->list[i];
        if (k->row.priority != class)
            continue;
        if (first-- == 0)
            at = *n;
        add(w, k, role, most, age_of ? k->row.aging : 0, &out[at++]);
    }
    *n += lanes;
}

int
walks_plan(struct walks *w, usec_t mono, int most, bool suspect,
           struct scan *out)
{
    int n = 0;
    usec_t aged = 1;
    w->turn++;
    w->suspects = suspect && w->suspects_in > 0 && --w->suspects_in == 0;
    w->full = !w->suspects && mono >= w->next_full;
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
    if (k && run_at > k->bound[role])
        k->bound[role] = run_at;
}

void
walks_done(struct walks *w, usec_t mono, usec_t took)
{
    if (w->full)
        w->next_full = usec_add(
            mono, took * FULL_FACTOR > USEC_S ? took * FULL_FACTOR : USEC_S);
}

void
walks_swap(struct walks *w)
{
    for (int i = 0; i < w->count; i++)
        for (int k = 0; k < 3; k++) {
            usec_t was = w->list[i].bound[k];
            w->list[i].bound[k] = w->list[i].saved[k];
            w->list[i].saved[k] = was;
        }
}

void
walks_wake(struct walks *w)
{
    if (w->count > 0 && w->suspects_in == 0)
        w->suspects_in = 2;
}
