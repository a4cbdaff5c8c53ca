/* child.h - starts one unit as a process of its own.
 *
 * The child leads a new session, has no signal blocked, ignored or handled,
 * reads /dev/null, writes to the call's output file (or /dev/null), has no
 * other descriptor, runs in the call's directory, and has the daemon's PATH,
 * HOME, LANG and TZ, the call's own variables and the HOSTQ_ marks in its
 * environment; umask and limits are the daemon's. Nothing ties it to the
 * daemon: it survives its death. */
#ifndef HOSTQ_IO_CHILD_H
#define HOSTQ_IO_CHILD_H

#include "core/call.h"

struct child_maker;

/* What all children share is copied: the two marks and, from this process's
 * environment, the variables named above. Not thread-safe: one per engine. */
struct child_maker *child_maker_new(const char *deployment, const char *host);
void child_maker_free(struct child_maker *m);

/* Starts unit u of a CALL_SPAWN and returns its pid once the exec happened.
 * On failure 0, and u says so (UNIT_ERROR, errno in code, text): then no
 * process is left. The caller waits for the child (reaper.h). */
pid_t child_spawn(struct child_maker *m, const struct call *call,
                  struct unit *u);

#endif
