/* sweep.h - looks after the others: dead daemons, deadlines, nets, house.
 * Own thread, own connection with default plan settings. */
#ifndef HOSTQ_DAEMON_SWEEP_H
#define HOSTQ_DAEMON_SWEEP_H

#include "base/err.h"
#include "daemon/shared.h"

struct sweep;

struct sweep *sweep_start(struct shared *shared, struct err *err);
/* Returns when the thread has ended (shared->ended is set before). */
void sweep_join(struct sweep *s);

#endif
