/* ledger.h - the one thread that writes: claims, marks, intents, settles and
 * heartbeats, in groups, on one connection. */
#ifndef HOSTQ_DAEMON_LEDGER_H
#define HOSTQ_DAEMON_LEDGER_H

#include "base/err.h"
#include "daemon/shared.h"

struct ledger;

struct ledger *ledger_new(struct shared *shared);
/* Starts the thread. The ledger starts its runners itself, once the daemon
 * is registered and knows its deployment. */
int ledger_start(struct ledger *l, struct err *err);
/* Waits for the thread. */
void ledger_join(struct ledger *l);
void ledger_free(struct ledger *l);

#endif
