/* timers.h - a binary heap of points in time. The members are embedded in
 * whatever waits; nothing is allocated for one of them. Not thread-safe. */
#ifndef HOSTQ_IO_TIMERS_H
#define HOSTQ_IO_TIMERS_H

#include <stddef.h>

#include "base/dur.h"

struct timer {
    usec_t due; /* monotonic */
    size_t pos; /* place in the heap + 1; 0 = not in it */
};

struct timers {
    struct timer **heap;
    size_t count;
    size_t room;
};

void timers_init(struct timers *ts);
/* The members stay with their owners. */
void timers_fini(struct timers *ts);
/* Adds t, or moves it where it is in already. */
void timers_set(struct timers *ts, struct timer *t, usec_t due);
/* Takes t out; nothing happens where it is not in. */
void timers_drop(struct timers *ts, struct timer *t);
/* The earliest one, or NULL. */
struct timer *timers_first(const struct timers *ts);

#endif
