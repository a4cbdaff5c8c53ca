/* daemon.h - the working part of hostqd as its main program sees it: the
 * ledger, the runners, the sweep and the connection that holds the lock.
 *
 * All functions are called by the main thread only. Signals are blocked in
 * every thread (signals.h); threads started here inherit that. */
#ifndef HOSTQ_DAEMON_DAEMON_H
#define HOSTQ_DAEMON_DAEMON_H

#include <stdbool.h>

#include "base/dur.h"
#include "base/err.h"
#include "daemon/config.h"

struct daemon;

/* Starts the threads. cfg is borrowed until daemon_finish() and does not
 * change while the daemon lives. An absent database is no error: the daemon
 * keeps trying. NULL and err for what cannot get better by waiting, such as
 * a thread that cannot be made. */
struct daemon *daemon_start(const struct config *cfg, struct err *err);

/* HUP: the settings flagged RELOAD may differ from those in force, no other
 * does. cfg, and every one before it, stays valid until daemon_finish(): to
 * swap a pointer is enough. Never waits for a thread. */
void daemon_reload(struct daemon *d, const struct config *cfg);

/* First TERM: no more claims, what has not started goes back, rounds may
 * finish within stop_grace. Returns at once; a second call changes nothing. */
void daemon_stop(struct daemon *d);

/* Second TERM: abort the calls now and write nothing for them. Returns at
 * once. Allowed without daemon_stop(). */
void daemon_kill(struct daemon *d);

/* True when the threads are done: after a stop, or because the daemon ended
 * by itself. Waits up to timeout (0: only looks). Whoever ends last calls
 * signals_wake(), so that the main thread looks at once. */
bool daemon_wait(struct daemon *d, usec_t timeout);

/* Why the daemon ended, or ends, by itself (schema too old, statement errors
 * in a row); NULL when it did not. Valid until daemon_finish(). */
const struct err *daemon_error(const struct daemon *d);

/* For /healthz and the watchdog: 0 when connected, registered and turning.
 * -1 and err: E_DATABASE while the database cannot be reached, E_TIMEOUT
 * when the ledger has not turned for longer than its waits allow (the
 * supervisor's case), E_CONFLICT while stopping, else E_FAILED. Called by the
 * web thread too: reads atomics only. */
int daemon_health(const struct daemon *d, struct err *err);

/* Joins what is left (stops it first if nobody did), frees everything and
 * returns the exit status: 0, or the code of daemon_error(). */
int daemon_finish(struct daemon *d);

#endif
