/* timers.c - see timers.h. Positions count from 1, so that the parent of
 * pos is pos / 2 and 0 can mean "not in the heap". */
#include "io/timers.h"

#include <stdlib.h>

static struct timer *
at(const struct timers *ts, size_t pos)
{
    return ts->heap[pos - 1];
}

static void
put(struct timers *ts, size_t pos, struct timer *t)
{
    ts->heap[pos - 1] = t;
    t->pos = pos;
}

static void
sift_up(struct timers *ts, struct timer *t)
{
    size_t pos = t->pos;

    while (pos > 1 && at(ts, pos / 2)->due > t->due) {
        put(ts, pos, at(ts, pos / 2));
        pos /= 2;
    }
    put(ts, pos, t);
}

static void
sift_down(struct timers *ts, struct timer *t)
{
    size_t pos = t->pos;

    for (size_t child; (child = pos * 2) <= ts->count; pos = child) {
        if (child < ts->count && at(ts, child + 1)->due < at(ts, child)->due)
            child++;
        if (at(ts, child)->due >= t->due)
            break;
        put(ts, pos, at(ts, child));
    }
    put(ts, pos, t);
}

static void
make_room(struct timers *ts)
{
    size_t room = ts->room ? ts->room * 2 : 64;
    struct timer **heap;

    if (ts->count < ts->room)
        return;
    heap = reallocarray(ts->heap, room, sizeof(struct timer *));
    if (heap == NULL)
        abort();
    ts->heap = heap;
    ts->room = room;
}

void
timers_init(struct timers *ts)
{
    *ts = (struct timers){0};
}

void
timers_fini(struct timers *ts)
{
    free(ts->heap);
    timers_init(ts);
}

void
timers_set(struct timers *ts, struct timer *t, usec_t due)
{
    t->due = due;
    if (t->pos == 0) {
        make_room(ts);
        t->pos = ++ts->count;
        ts->heap[t->pos - 1] = t;
    }
    sift_up(ts, t);
    sift_down(ts, t);
}

void
timers_drop(struct timers *ts, struct timer *t)
{
    size_t pos = t->pos;
    struct timer *last;

    if (pos == 0)
        return;
    last = at(ts, ts->count--);
    t->pos = 0;
    if (last == t)
        return;
    put(ts, pos, last);
    sift_up(ts, last);
    sift_down(ts, last);
}

struct timer *
timers_first(const struct timers *ts)
{
    return ts->count > 0 ? ts->heap[0] : NULL;
}
