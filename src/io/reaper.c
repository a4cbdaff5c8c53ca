/* reaper.c - see reaper.h.
 *
 * SIGCHLD is not used: a signal's owner would have to be agreed on by the
 * whole process. Instead reaper_collect() asks the kernel with one call
 * whether any child has ended (without collecting it: it might be somebody
 * else's) and only then goes through the table. */
#include "io/reaper.h"

#include <errno.h>
#include <pthread.h>
#include <search.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/wait.h>

#include "core/mem.h"
#include "io/boot.h"
#include "io/group.h"

struct kid {
    char *scope;
    struct unit unit;    /* state ALIVE while in living */
    bool orphaned;       /* its leader ended as below, its group lives */
    enum unit_state end; /* of the leader */
    int code;
    uint64_t ours_until; /* group.h; while orphaned */
    TAILQ_ENTRY(kid) link;
};

TAILQ_HEAD(kids, kid);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
/* All below: under mutex. */
static void *by_name; /* tree of struct kid */
static struct kids living = TAILQ_HEAD_INITIALIZER(living);
static struct kids ended = TAILQ_HEAD_INITIALIZER(ended);
static size_t living_count, ended_count;
static size_t orphaned_count; /* of living */

static int
compare(const void *a, const void *b)
{
    const struct kid *x = a, *y = b;
    int order = strcmp(x->unit.instance_id, y->unit.instance_id);

    return order != 0 ? order : strcmp(x->scope, y->scope);
}

static struct kid *
find(const char *scope, const char *instance_id)
{
    struct kid key = {
        .scope = (char *)(uintptr_t)scope,
        .unit.instance_id = (char *)(uintptr_t)instance_id,
    };
    struct kid **at = tfind(&key, &by_name, compare);

    return at != NULL ? *at : NULL;
}

static void
forget(struct kid *k)
{
    if (k->unit.state == UNIT_ALIVE) {
        TAILQ_REMOVE(&living, k, link);
        living_count--;
        orphaned_count -= k->orphaned;
    } else {
        TAILQ_REMOVE(&ended, k, link);
        ended_count--;
    }
    (void)tdelete(k, &by_name, compare);
    free(k->scope);
    free(k->unit.instance_id);
    free(k->unit.request_id);
    free(k);
}

/* False: it lives, or k was forgotten. */
static bool
collect_leader(struct kid *k)
{
    siginfo_t info = {.si_pid = 0};
    int rc;

    /* Until it is waited for its number, so its group, can be no other's. */
    k->ours_until = boot_ticks();
    do
        rc = waitid(P_PID, (id_t)k->unit.pid, &info, WEXITED | WNOHANG);
    while (rc != 0 && errno == EINTR);
    /* Not our child (any more): this is a fork of the process that started
     * it, or somebody waited for it. How it ended cannot be known. */
    if (rc != 0) {
        forget(k);
        return false;
    }
    if (info.si_pid == 0)
        return false;
    k->end = info.si_code == CLD_EXITED ? UNIT_EXITED : UNIT_KILLED;
    k->code = info.si_status;
    k->orphaned = true;
    orphaned_count++;
    return true;
}

/* What cannot be looked at counts as alive. */
static bool
group_lives(struct kid *k)
{
    const struct unit_group g = {.scope = k->scope,
                                 .unit = k->unit.instance_id,
                                 .pid = k->unit.pid,
                                 .start_time = k->unit.start_time,
                                 .ours_until = k->ours_until};
    uint64_t now = boot_ticks();
    int rc = group_look(&g);

    if (rc > 0)
        k->ours_until = now;
    return rc != 0;
}

/* May free k: use what find() says afterwards. */
static void
collect(struct kid *k)
{
    if (k->unit.state != UNIT_ALIVE || (!k->orphaned && !collect_leader(k)) ||
        group_lives(k))
        return;
    TAILQ_REMOVE(&living, k, link);
    living_count--;
    orphaned_count--;
    k->orphaned = false;
    k->unit.state = k->end;
    k->unit.code = k->code;
    TAILQ_INSERT_TAIL(&ended, k, link);
    if (++ended_count > REAPER_REMEMBER)
        forget(TAILQ_FIRST(&ended));
}

static void
collect_all(void)
{
    siginfo_t info = {.si_pid = 0};
    bool none = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
                info.si_pid == 0;

    if (none && orphaned_count == 0)
        return;
    for (struct kid *k = TAILQ_FIRST(&living), *next; k != NULL; k = next) {
        next = TAILQ_NEXT(k, link);
        if (!none || k->orphaned)
            collect(k);
    }
}

void
reaper_prepare(void)
{
    struct sigaction sa;

    if (sigaction(SIGCHLD, NULL, &sa) != 0)
        return;
    if ((sa.sa_flags & SA_SIGINFO) == 0 && sa.sa_handler == SIG_IGN)
        sa.sa_handler = SIG_DFL;
    else if ((sa.sa_flags & SA_NOCLDWAIT) == 0)
        return;
    sa.sa_flags &= ~SA_NOCLDWAIT;
    (void)sigaction(SIGCHLD, &sa, NULL);
}

void
reaper_add(const char *scope, const struct unit *u)
{
    struct kid *k = mem_zero(1, sizeof(*k)), *old;

    k->scope = mem_dup(scope);
    k->unit.instance_id = mem_dup(u->instance_id);
    k->unit.request_id = mem_dup(u->request_id);
    k->unit.pid = u->pid;
    k->unit.start_time = u->start_time;
    k->unit.started_at = u->started_at;
    k->unit.state = UNIT_ALIVE;
    pthread_mutex_lock(&mutex);
    old = find(scope, u->instance_id);
    if (old != NULL)
        forget(old);
    TAILQ_INSERT_TAIL(&living, k, link);
    living_count++;
    if (tsearch(k, &by_name, compare) == NULL)
        abort();
    pthread_mutex_unlock(&mutex);
}

/* Is what the caller knows of u the same process? */
static bool
is_same(const struct unit *known, const struct unit *u)
{
    return (u->pid <= 0 || u->pid == known->pid) &&
           (u->start_time == 0 || known->start_time == 0 ||
            u->start_time == known->start_time);
}

bool
reaper_look(const char *scope, struct unit *u)
{
    struct kid *k;
    bool found;

    pthread_mutex_lock(&mutex);
    k = find(scope, u->instance_id);
    if (k != NULL && k->unit.state == UNIT_ALIVE) {
        collect(k);
        k = find(scope, u->instance_id);
    }
    found = k != NULL && is_same(&k->unit, u);
    if (found) {
        u->pid = k->unit.pid;
        u->start_time = k->unit.start_time;
        u->started_at = k->unit.started_at;
        u->state = k->unit.state;
        u->code = k->unit.code;
    }
    pthread_mutex_unlock(&mutex);
    return found;
}

void
reaper_collect(void)
{
    pthread_mutex_lock(&mutex);
    if (living_count > 0)
        collect_all();
    pthread_mutex_unlock(&mutex);
}

size_t
reaper_living(void)
{
    size_t n;

    pthread_mutex_lock(&mutex);
    n = living_count;
    pthread_mutex_unlock(&mutex);
    return n;
}

void
reaper_each(const char *scope, void (*visit)(const struct unit *u, void *arg),
            void *arg)
{
    const struct kid *k;

    pthread_mutex_lock(&mutex);
    if (living_count > 0)
        collect_all();
    TAILQ_FOREACH(k, &living, link)
    if (strcmp(k->scope, scope) == 0)
        visit(&k->unit, arg);
    pthread_mutex_unlock(&mutex);
}
