/* due.h - a heap of points in time at which something is to be looked at.
 * Bounded: beyond DUE_MAX new ones are dropped, the poll does the rest. */
#ifndef HOSTQ_DAEMON_DUE_H
#define HOSTQ_DAEMON_DUE_H

#include "base/dur.h"

enum { DUE_MAX = 16384 };

struct due {
    usec_t at[DUE_MAX];
    int count;
};

void due_add(struct due *d, usec_t at);
/* The earliest, or USEC_MAX. */
usec_t due_next(const struct due *d);
/* Removes all up to now; were there any? */
int due_pass(struct due *d, usec_t now);

#endif
