/* unit.h - looking at one unit: our own child, a process known by pid and
 * start time, or one found by a scan. */
#ifndef HOSTQ_IO_UNIT_H
#define HOSTQ_IO_UNIT_H

#include <stdbool.h>

#include "core/call.h"
#include "io/procfs.h"

/* Whose units, and what is needed to say when one started. */
struct unit_place {
    char *deployment;
    char *host;
    char *scope;        /* both as one text, for the reaper */
    usec_t booted;      /* boot_time() */
    usec_t booted_read; /* monotonic; when booted was read */
};

void unit_place_init(struct unit_place *p, const char *deployment,
                     const char *host);
void unit_place_fini(struct unit_place *p);

/* State UNIT_ERROR with an errno and a text that ends in its words. */
void unit_fail(struct unit *u, int error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* u is alive as this process; fills pid, start_time and started_at. */
void unit_alive(struct unit_place *p, struct unit *u, pid_t pid,
                uint64_t start_time);

/* Fills what is known of u now; it is alive as long as its leader or a member
 * of its group is. scan is asked where no pid is known, and
 * may be NULL where all pids are. Not being able to tell leaves
 * UNIT_UNKNOWN with a text. */
void unit_look(struct unit_place *p, struct unit *u,
               const struct proc_scan *scan);

#endif
