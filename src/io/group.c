/* group.c - see group.h.
 *
 * The kernel does not list the members of a group, so all of /proc is gone
 * through; what that found is kept for all units and engines. A kept member
 * is looked at again before it counts, so that only "yes" comes from an old
 * list; "no" always comes from a new one. */
#include "io/group.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

#include "core/mem.h"
#include "io/procfs.h"

struct list {
    struct proc_member *members; /* owned; sorted by group */
    size_t count;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct list kept; /* under mutex */

static int
compare(const void *a, const void *b)
{
    const struct proc_member *x = a, *y = b;

    return (x->pgrp > y->pgrp) - (x->pgrp < y->pgrp);
}

/* Zombies and members of other sessions too: that nobody of a group is seen
 * at all means something (group_look()). One that ended meanwhile, or is
 * hidden, is left out. */
static int
list_process(struct list *l, pid_t pid)
{
    struct proc_stat st;

    if (procfs_stat(pid, &st) != 0)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -1 : 0;
    if (st.pgrp <= 1)
        return 0;
    l->members = mem_grow(l->members, l->count, sizeof(*l->members));
    l->members[l->count++] = (struct proc_member){
        .pgrp = st.pgrp, .pid = pid, .start_time = st.start_time};
    return 0;
}

/* Makes the list anew; on failure the old one stays. */
static int
list_all(void)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    struct list l = {0};
    int rc = 0, error;

    if (proc == NULL)
        return -1;
    while (rc == 0 && (errno = 0, entry = readdir(proc)) != NULL)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            rc = list_process(&l, (pid_t)strtol(entry->d_name, NULL, 10));
    error = errno;
    (void)closedir(proc);
    if (rc != 0 || error != 0) {
        free(l.members);
        errno = error;
        return -1;
    }
    if (l.count > 0)
        qsort(l.members, l.count, sizeof(*l.members), compare);
    free(kept.members);
    kept = l;
    return 0;
}

static int
is_of_unit(const struct unit_group *g, const struct proc_member *m)
{
    if (m->pid == g->pid || m->start_time < g->start_time)
        return 0;
    return procfs_member(m, m->start_time <= g->ours_until, g->scope, g->unit);
}

static const struct proc_member *
first_of(pid_t pgrp)
{
    const struct proc_member key = {.pgrp = pgrp}, *m;

    if (kept.count == 0)
        return NULL;
    m = bsearch(&key, kept.members, kept.count, sizeof(key), compare);
    while (m != NULL && m > kept.members && m[-1].pgrp == pgrp)
        m--;
    return m;
}

static int
look_at_list(const struct unit_group *g)
{
    const struct proc_member *m = first_of(g->pid);
    const struct proc_member *end = m ? kept.members + kept.count : NULL;
    int rc = 0, error = 0;

    for (; m != NULL && m < end && m->pgrp == g->pid; m++) {
        int one = is_of_unit(g, m);

        if (one > 0)
            return 1;
        if (one < 0) {
            rc = -1;
            error = errno;
        }
    }
    errno = error;
    return rc;
}

/* A group that the kernel has and /proc does not show is hidden (hidepid=), or
 * its only member was born while /proc was read. */
static int
look_anew(const struct unit_group *g)
{
    int rc;

    if (list_all() != 0)
        return -1;
    rc = look_at_list(g);
    if (rc == 0 && first_of(g->pid) == NULL && group_may_live(g->pid)) {
        errno = EACCES;
        rc = -1;
    }
    return rc;
}

bool
group_may_live(pid_t pid)
{
    return pid > 1 && (kill(-pid, 0) == 0 || errno != ESRCH);
}

int
group_look(const struct unit_group *g)
{
    int rc;

    if (!group_may_live(g->pid))
        return 0;
    pthread_mutex_lock(&mutex);
    rc = look_at_list(g);
    if (rc <= 0)
        rc = look_anew(g);
    pthread_mutex_unlock(&mutex);
    return rc;
}
