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

/* One that ended meanwhile, or is hidden, is no member. */
static int
list_process(struct list *l, pid_t pid)
{
    struct proc_stat st;

    if (procfs_stat(pid, &st) != 0)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -1 : 0;
    if (st.dead || st.pgrp != st.sid || st.pgrp == pid || st.pgrp <= 1)
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
is_of_unit(const struct group *g, const struct proc_member *m)
{
    if (m->start_time < g->start_time)
        return 0;
    return procfs_member(m, m->start_time <= g->ours_until, g->scope, g->unit);
}

static int
look_at_list(const struct group *g)
{
    const struct proc_member key = {.pgrp = g->pid};
    const struct proc_member *end = kept.members + kept.count, *m;
    int rc = 0, error = 0;

    if (kept.count == 0)
        return 0;
    m = bsearch(&key, kept.members, kept.count, sizeof(key), compare);
    while (m != NULL && m > kept.members && m[-1].pgrp == g->pid)
        m--;
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

bool
group_may_live(pid_t pid)
{
    return pid > 1 && (kill(-pid, 0) == 0 || errno != ESRCH);
}

int
group_look(const struct group *g)
{
    int rc;

    if (!group_may_live(g->pid))
        return 0;
    pthread_mutex_lock(&mutex);
    rc = look_at_list(g);
    if (rc <= 0)
        rc = list_all() == 0 ? look_at_list(g) : -1;
    pthread_mutex_unlock(&mutex);
    return rc;
}
