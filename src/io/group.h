/* group.h - what is left of a unit whose leader has ended: the members of
 * the process group that it led.
 *
 * A command run by a shell is several processes, and the shell may end first
 * ("worker | logger" at SIGTERM) or be killed. The unit lives as long as one
 * of them does.
 *
 * How a member is known. The kernel gives a number to no new process as long
 * as a group or a session has it; and a process comes into a session by its
 * birth or by founding it. So whoever is in group and session P, and was
 * born while P was known to be the unit's, is the unit's, for as long as it
 * lives and whatever it calls itself: that is how a daemon knows what its own
 * children left. Anybody else in there must carry the marks; what neither was
 * seen before nor carries them might be of another program that was given
 * the number P later, and is left alone. */
#ifndef HOSTQ_IO_GROUP_H
#define HOSTQ_IO_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct unit_group {
    const char *scope;   /* deployment and host, as struct unit_place's */
    const char *unit;    /* HOSTQ_UNIT */
    pid_t pid;           /* the leader's */
    uint64_t start_time; /* its; 0 = not known */
    uint64_t ours_until; /* clock ticks since boot up to which the group is
                            known to have been the unit's; 0 = not known */
};

/* Does a member of g other than its leader live? 1: yes; 0: no, or none that
 * is known to be the unit's; -1 with errno: cannot be told now. Zombies do
 * not live. Thread-safe; cheap where the group is gone. */
int group_look(const struct unit_group *g);
/* False: the group is gone for sure, one system call. */
bool group_may_live(pid_t pid);

#endif
