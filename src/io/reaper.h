/* reaper.h - the units that this process started itself: which of them live,
 * and how those that ended did. Only a parent learns an exit status, and
 * only once, so what is collected here is remembered for a later look.
 *
 * One table per process, as the kernel has one list of children per process:
 * any runner may ask for any unit. Thread-safe. Only pids in the table are
 * ever waited for, never "any child". */
#ifndef HOSTQ_IO_REAPER_H
#define HOSTQ_IO_REAPER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/call.h"

/* Ended units that are remembered; the oldest is forgotten first. */
#define REAPER_REMEMBER 10000

/* Before the first start: with SIGCHLD ignored, which is inherited over exec,
 * the kernel would throw exit statuses away; it is set to its default. */
void reaper_prepare(void);

/* u was started by this process: instance_id, request_id, pid, start_time
 * and started_at are copied. scope tells deployments and hosts apart:
 * that of struct unit_place. */
void reaper_add(const char *scope, const struct unit *u);

/* If u was started by this process (and is the same one, where u's pid is
 * known): fills pid, start_time, started_at, state and code and returns true;
 * collects its exit status first where it just ended. */
bool reaper_look(const char *scope, struct unit *u);

/* Collects all that ended. Cheap where none did. */
void reaper_collect(void);
/* How many live, as far as collected. */
size_t reaper_living(void);
/* Calls visit for every living unit of the scope (collected first); visit
 * must not call the reaper. */
void reaper_each(const char *scope,
                 void (*visit)(const struct unit *u, void *arg), void *arg);

#endif
