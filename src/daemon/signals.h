/* signals.h - signals as events of the main thread. No handler ever runs:
 * the signals are blocked in every thread and fetched here. */
#ifndef HOSTQ_DAEMON_SIGNALS_H
#define HOSTQ_DAEMON_SIGNALS_H

#include "base/dur.h"

enum signal_event {
    SIGNAL_NONE,   /* the time is over, or signals_wake() was called */
    SIGNAL_STOP,   /* TERM or INT */
    SIGNAL_RELOAD, /* HUP */
};

/* Before the first thread is started: they inherit the mask. SIGPIPE is
 * blocked too, so that a closed socket is an error and not a death. */
void signals_block(void);

/* The next event, within timeout. */
enum signal_event signals_wait(usec_t timeout);

/* From any thread: signals_wait() returns. */
void signals_wake(void);

#endif
