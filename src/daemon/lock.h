/* lock.h - the connection that says this daemon lives: it holds the epoch's
 * advisory lock and listens; it runs nothing else. */
#ifndef HOSTQ_DAEMON_LOCK_H
#define HOSTQ_DAEMON_LOCK_H

#include "base/err.h"
#include "daemon/shared.h"

struct lock;

/* Starts the thread that registers this daemon as soon as the database is
 * there (fills shared->deployment, then shared->epoch) and keeps the lock. A
 * schema that does not fit ends the daemon. */
struct lock *lock_start(struct shared *shared, struct err *err);
/* Closes the connection, which frees the lock; the last thing at a stop. */
void lock_stop(struct lock *l);

#endif
