/* engine.h - does what calls ask for and says how it ended. One per runner
 * thread: only that thread uses it, except for engine_wake(). It does not
 * block outside engine_wait().
 *
 *   engine_submit(e, tag, &call);
 *   for (;;) {
 *       engine_wait(e, timeout);
 *       while (engine_next(e, &tag, &reply))
 *           ...judge, reply_fini(&reply)...
 *   }
 *
 * What each call (core/call.h) does; a unit is alive as long as its leader or
 * a member of its group is:
 * CALL_NONE   the reply is ready at once.
 * CALL_TIMER  WIRE_OK after call.timeout.
 * CALL_SPAWN  A unit that is there already is ALIVE; one that this process
 *             started before and that ended is EXITED or KILLED, one whose
 *             pid is given and that is not there is GONE: neither is started
 *             again. The others, which must be of one request, are started:
 *             ALIVE (with pid, start_time, started_at), or ERROR with errno
 *             in code: then there is certainly no process of that name.
 *             WIRE_BUSY: somebody else is starting units of that request, or
 *             a process that might be one hangs inside its exec.
 * CALL_LOOK   ALIVE, EXITED and KILLED (children of this process, as long as
 *             remembered), GONE. With pid and start_time that process is
 *             looked at, else it is searched for by its marks, under the
 *             spawn lock of its request: what is gone then is not about to be
 *             started. With scan the reply lists all units found, and those
 *             of the call's units that are known by pid and start_time and
 *             ALIVE or UNKNOWN; those two tell which of several processes with
 *             the same marks is the unit. WIRE_BUSY: as above, or somebody
 *             else has the lock.
 * CALL_KILL   finds units as CALL_LOOK does (WIRE_BUSY: nobody was signalled),
 *             signals the process group of each, waits up to call.timeout for
 *             the ends; then as CALL_LOOK: what is still ALIVE did not end.
 *             ERROR: could not be signalled, errno in code. GONE: not there,
 *             nothing was signalled.
 * CALL_HTTP   sends the request once and replies with what came: WIRE_OK with
 *             any status. WIRE_REFUSED: certainly nothing was sent, why and
 *             text say why not. WIRE_TIMEOUT: no whole reply within
 *             call.timeout. WIRE_LOST: it was sent, or a part of it, and no
 *             whole reply came (or one over the cap).
 * UNKNOWN in a WIRE_OK reply to a look or kill: could not be looked at, text
 * says why. WIRE_LOST: nothing is known (no descriptors left, no /proc);
 * units may be there.
 *
 * Units are looked for among the processes of the user that runs this; all
 * daemons of a host must run as one user. pids are of this boot. */
#ifndef HOSTQ_IO_ENGINE_H
#define HOSTQ_IO_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/dur.h"
#include "base/err.h"
#include "core/call.h"

struct engine;

struct engine_config {
    const char *deployment; /* uuid; HOSTQ_DEPLOYMENT of the units */
    const char *host;       /* HOSTQ_HOST of the units */
    const char *boot_id;    /* of this host now */
};

/* The strings are copied. The first one in a process must be made before
 * other threads change its environment or signal dispositions. */
struct engine *engine_new(const struct engine_config *cfg, struct err *err);
/* Drops what is in flight; started units stay. NULL is allowed. */
void engine_free(struct engine *e);

/* Takes the call's content; call is empty afterwards (as after call_init).
 * 0, or -1 and nothing taken: a call with that tag is in flight. */
int engine_submit(struct engine *e, uint64_t tag, struct call *call);

/* Ends a call with WIRE_ABORTED; the reply is ready at once and names the
 * units as far as known: those started stay. A kill is not taken back. False:
 * no such call, or its reply is ready already and stands. */
bool engine_abort(struct engine *e, uint64_t tag);

/* Works. Returns when a reply is ready, engine_wake() was called (also
 * before), or the time is over: at once with timeout 0, USEC_MAX = never. */
void engine_wait(struct engine *e, usec_t timeout);
/* Any thread. */
void engine_wake(struct engine *e);

/* Moves one reply out (the caller's, reply_fini), oldest first; false if
 * none is ready. out is not read. */
bool engine_next(struct engine *e, uint64_t *tag, struct reply *out);

/* Calls submitted whose reply was not taken yet. */
size_t engine_inflight(const struct engine *e);

#endif
