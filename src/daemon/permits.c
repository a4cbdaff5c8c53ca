#include "daemon/permits.h"

#include <limits.h>
#include <stdlib.h>

#include "daemon/scan.h"

enum { PROBE_EVERY = 4 }; /* with room for one: every so often another scan */

void
permits_fini(struct permits *p)
{
    free(p->list);
    p->list = NULL;
    p->count = 0;
}

static int
by_key(const void *a, const void *b)
{
    int32_t x = ((const struct permit *)a)->key;
    int32_t y = ((const struct permit *)b)->key;
    return (x > y) - (x < y);
}

struct permit *
permits_find(const struct permits *p, int32_t key)
{
    struct permit k = {.key = key};
    if (key == 0 || p->count == 0)
        return NULL;
    return bsearch(&k, p->list, (size_t)p->count, sizeof k, by_key);
}

static void
drop_doubles(struct permits *p)
{
    int n = 0;
    for (int i = 0; i < p->count; i++)
        if (n == 0 || p->list[n - 1].key != p->list[i].key)
            p->list[n++] = p->list[i];
    p->count = n;
}

/* Keys whose lanes are gone: paused, or this host is drained. */
static void
keep_gone(const struct permits *p, struct permits *new)
{
    int count = new->count;
    for (int i = 0; i < p->count; i++) {
        const struct permit *old = &p->list[i];
        if (permits_find(&(struct permits){new->list, count}, old->key) ||
            (old->counted == 0 && old->used == 0 && old->starts == 0))
            continue;
        struct permit *k = &new->list[new->count++];
        *k = *old;
        k->gone = k->dry = true;
    }
    qsort(new->list, (size_t) new->count, sizeof *new->list, by_key);
}

void
permits_update(struct permits *p, const struct lane_row *rows, int count)
{
    struct permits new = {
        calloc((size_t)(count + p->count) + 1, sizeof *new.list), 0};
    if (!new.list)
        abort();
    for (int i = 0; i < count; i++) {
        const struct permit *old = permits_find(p, rows[i].key);
        if (rows[i].key == 0)
            continue;
        struct permit *k = &new.list[new.count++];
        if (old)
            *k = *old;
        k->key = rows[i].key;
        k->runs = rows[i].key_runs;
        k->rate = rows[i].key_rate;
        k->dry = k->gone = false;
        k->misses = 0;
    }
    qsort(new.list, (size_t) new.count, sizeof *new.list, by_key);
    drop_doubles(&new);
    keep_gone(p, &new);
    free(p->list);
    *p = new;
}

int
permit_room(const struct permit *k, int most)
{
    int room = most;
    if (k->runs && k->held - k->used < room)
        room = k->held - k->used;
    if (k->rate && k->starts < room)
        room = k->starts;
    return room > 0 ? room : 0;
}

static bool
is_liked(const struct permit *k, const struct scan *s)
{
    return k->liked != 0 && s->lane == k->liked && s->age == 0;
}

/* A scan of the plan and its place among those of its key, in order of their
 * numbers: what takes turns must not go round with the plan, which does. */
struct place {
    int32_t key, lane;
    int at;     /* in the plan */
    int number; /* of all, and of those that are not the liked one */
    int other;
};

static int
by_lane(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->lane != y->lane)
        return x->lane < y->lane ? -1 : 1;
    return x->at - y->at;
}

static int
by_plan(const void *a, const void *b)
{
    return ((const struct place *)a)->at - ((const struct place *)b)->at;
}

/* In the order of the plan; owned by the caller. */
static struct place *
places_new(const struct permits *p, const struct scan *scans, int n)
{
    struct place *list = calloc((size_t)n + 1, sizeof *list);
    if (!list)
        abort();
    for (int i = 0; i < n; i++)
        list[i] = (struct place){scans[i].key, scans[i].lane, i, 0, 0};
    qsort(list, (size_t)n, sizeof *list, by_lane);
    for (int i = 0; i < n; i++) {
        const struct permit *k = permits_find(p, list[i].key);
        bool first = i == 0 || list[i - 1].key != list[i].key;
        if (!first)
            list[i].number = list[i - 1].number + 1;
        if (!first && k)
            list[i].other =
                list[i - 1].other + !is_liked(k, &scans[list[i - 1].at]);
    }
    qsort(list, (size_t)n, sizeof *list, by_plan);
    return list;
}

/* Of its room, what the key gives to a scan of this plan. */
static int
part_of(struct permit *k, const struct scan *s, const struct place *at)
{
    bool liked = is_liked(k, s);
    int room = k->given, scans = k->scans, number = at->number;
    unsigned turn = k->turn;
    if (room >= scans)
        return liked || (k->liked == 0 && k->at++ == 0) ? room - scans + 1 : 1;
    k->probe = k->liked != 0 && room == 1 && turn % PROBE_EVERY == 0;
    if (k->probe) {
        turn /= PROBE_EVERY;
    } else if (k->liked != 0) {
        if (liked)
            return 1;
        room--;
        scans--;
        number = at->other;
    }
    return (int)(((unsigned)number + turn) % (unsigned)scans) < room;
}

int
permits_divide(struct permits *p, struct scan *scans, int n)
{
    int left = 0;
    if (p->count == 0)
        return n;
    for (int i = 0; i < p->count; i++) {
        struct permit *k = &p->list[i];
        k->scans = k->at = k->found = k->given = 0;
        k->probe = false;
        k->best = INT_MAX;
        k->turn++;
    }
    for (int i = 0; i < n; i++) {
        struct permit *k = permits_find(p, scans[i].key);
        if (!k)
            continue;
        int room = k->dry ? 0 : permit_room(k, scans[i].most);
        k->scans++;
        if (room > k->given)
            k->given = room;
    }
    struct place *places = places_new(p, scans, n);
    for (int i = 0; i < n; i++) {
        struct permit *k = permits_find(p, scans[i].key);
        if (k)
            scans[i].most =
                k->given > 0 ? part_of(k, &scans[i], &places[i]) : 0;
        if (scans[i].most > 0)
            scans[left++] = scans[i];
    }
    free(places);
    return left;
}

void
permits_saw(struct permits *p, int32_t key, int32_t scan, int priority)
{
    struct permit *k = permits_find(p, key);
    int order = priority * 2 + (lane_role(scan) != LANE_RESUMED);
    if (!k)
        return;
    k->used++;
    k->starts -= k->starts > 0;
    k->found++;
    if (order < k->best) {
        k->best = order;
        k->liked = scan;
    }
}

/* A plan of the key that found nothing. */
static void
missed(struct permit *k)
{
    if (k->probe)
        return;
    k->liked = 0;
    k->misses++;
    k->dry = k->misses + k->given > k->scans;
}

bool
permits_done(struct permits *p, bool part)
{
    bool all = true;
    for (int i = 0; i < p->count; i++) {
        struct permit *k = &p->list[i];
        if (k->given == 0)
            continue;
        if (k->found > 0)
            k->misses = 0;
        else if (!part)
            missed(k);
        all = all && (k->dry || permit_room(k, 1) == 0);
        k->given = 0;
    }
    return all;
}

void
permits_release(struct permits *p, int32_t key)
{
    struct permit *k = permits_find(p, key);
    if (k && k->used > 0)
        k->used--;
}

void
permits_wake(struct permits *p)
{
    for (int i = 0; i < p->count; i++) {
        p->list[i].dry = p->list[i].gone;
        p->list[i].misses = 0;
    }
}

bool
permit_is_asked(const struct permit *k, int most)
{
    if (k->dry || most <= 0)
        return (k->runs && k->counted > k->used) || (k->rate && k->starts > 0);
    return permit_room(k, most) < most;
}

void
permits_take(struct permits *p, int32_t key, int held, int starts, bool work)
{
    struct permit *k = permits_find(p, key);
    if (!k)
        return;
    if (held >= 0) {
        k->held = held;
        k->counted = held > k->used ? held : k->used;
    }
    k->starts = starts;
    /* What it missed counts on: work that is locked is not looked for for ever.
     */
    if (k->dry || !work)
        k->misses = 0;
    k->dry = !work || k->gone;
}

void
permits_forget(struct permits *p)
{
    for (int i = 0; i < p->count; i++) {
        struct permit *k = &p->list[i];
        k->held = k->counted = k->starts = k->given = 0;
        k->dry = k->gone;
    }
}
