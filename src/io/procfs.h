/* procfs.h - what /proc says about units.
 *
 * A unit is a process that leads its own session and has the four marks
 * HOSTQ_DEPLOYMENT, HOSTQ_HOST, HOSTQ_REQUEST and HOSTQ_UNIT in its
 * environment. Its descendants inherit the marks. Those in its process group
 * are the unit too, and all of it once the leader has ended (group.h); others
 * do not count. Where one of those leads a session, the oldest process of that
 * HOSTQ_UNIT is the unit. Only processes of our own user are looked at.
 *
 * pid and start time (field 22 of /proc/PID/stat) name one process for as
 * long as the host is up. So where the start time is known the marks are not
 * needed to know a unit again, and only speak against it when they are
 * another unit's: a program that writes its title over its environment
 * (setproctitle) keeps its identity. */
#ifndef HOSTQ_IO_PROCFS_H
#define HOSTQ_IO_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "io/procread.h"

struct proc_unit {
    char *unit;          /* HOSTQ_UNIT */
    char *request;       /* HOSTQ_REQUEST; "" if it has none */
    pid_t pid;           /* the leader's */
    uint64_t start_time; /* its; 0: it has ended, the group has not */
    bool leads;          /* false: its marks were seen in its group only */
};

/* A process in the group that its session's leader leads or led. */
struct proc_member {
    pid_t pgrp;
    pid_t pid;
    uint64_t start_time;
};

struct proc_scan {
    struct proc_unit *units; /* owned; sorted by unit, each once */
    size_t count;
    size_t room;
    size_t processes; /* looked at, of all users */
    pid_t starting;   /* a session leader, or a process whose leader is gone,
                         inside exec; 0 = none: the scan may lack one unit;
                         scan again */
};

/* One pass over /proc. -1 where a process could not be looked at for a
 * reason other than that it is gone (no descriptors left): an incomplete
 * scan is none. */
int procfs_scan(const char *deployment, const char *host, struct proc_scan *out,
                struct err *err);
void procfs_scan_fini(struct proc_scan *scan);
/* NULL: not there. */
const struct proc_unit *procfs_scan_find(const struct proc_scan *scan,
                                         const char *unit);

/* Is pid this unit? 1: yes, *start_time is filled; 0: no, or it ended (a
 * zombie is gone); -1 with errno: cannot be told now (EAGAIN: inside exec;
 * EACCES: there is one of that number, and it is hidden). *start_time 0 = not
 * known: then all marks must be there. A child whose parent has let go of it
 * in this moment (clone, before its exec replaces the memory) still shows its
 * parent's: a "no" without the start time counts only under the spawn lock of
 * the request (spawnlock.h), which such a child holds. */
int procfs_check(const char *deployment, const char *host, const char *unit,
                 pid_t pid, uint64_t *start_time);

/* Is m still there, and of this unit? is_known: it is the unit's if it is
 * there, else it must have all marks. 1, 0, or -1 with errno: cannot be told
 * now. scope is "deployment/host". */
int procfs_member(const struct proc_member *m, bool is_known, const char *scope,
                  const char *unit);

/* -1 with errno: ESRCH or ENOENT where there is no such process. */
int procfs_stat(pid_t pid, struct proc_stat *out);
/* The start time of a process, alive or zombie; 0 = no such process. */
uint64_t procfs_start_time(pid_t pid);

#endif
