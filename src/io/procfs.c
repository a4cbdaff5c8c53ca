/* procfs.c - see procfs.h. */
#include "io/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "core/mem.h"
#include "io/procread.h"

static bool
is_gone(int error)
{
    return error == ENOENT || error == ESRCH;
}

static bool
same(const char *mark, const char *wanted)
{
    return mark != NULL && strcmp(mark, wanted) == 0;
}

static void
scan_add(struct proc_scan *scan, const struct marks *m, pid_t pid,
         const struct proc_stat *st)
{
    struct proc_unit *u;

    if (scan->count == scan->room) {
        scan->room = scan->room ? scan->room * 2 : 64;
        scan->units = reallocarray(scan->units, scan->room, sizeof(*u));
        if (scan->units == NULL)
            abort();
    }
    u = &scan->units[scan->count++];
    u->unit = mem_dup(m->unit);
    u->request = mem_dup(m->request != NULL ? m->request : "");
    u->leads = st->sid == pid;
    u->pid = st->sid;
    u->start_time = u->leads ? st->start_time : 0;
}

static bool
is_alive(pid_t pid)
{
    CLEANUP_FD int dir = procread_open(pid);
    struct proc_stat st;

    return dir >= 0 && procread_stat(dir, &st) == 0 && !st.dead;
}

/* -1 with errno: it could not be looked at, though it may be there. */
static int
scan_process(int proc, const char *name, const struct marks *wanted,
             struct environ_text *env, struct proc_scan *scan)
{
    CLEANUP_FD int dir = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    pid_t pid = (pid_t)strtol(name, NULL, 10);
    struct stat owner;
    struct proc_stat st;
    struct marks m;

    if (dir < 0 || fstat(dir, &owner) != 0)
        return -1;
    if (owner.st_uid != geteuid())
        return 0;
    if (procread_process(dir, &st, env) != 0)
        return -1;
    if (st.dead || !procread_may_be_unit(&st))
        return 0;
    if (st.starting) {
        if (st.sid == pid || !is_alive(st.sid))
            scan->starting = pid;
        return 0;
    }
    procread_marks(env, &m);
    if (same(m.deployment, wanted->deployment) && same(m.host, wanted->host) &&
        m.unit != NULL && m.unit[0] != '\0')
        scan_add(scan, &m, pid, &st);
    return 0;
}

static int
compare_units(const void *a, const void *b)
{
    const struct proc_unit *x = a, *y = b;
    int order = strcmp(x->unit, y->unit);

    if (order != 0)
        return order;
    if (x->leads != y->leads)
        return x->leads ? -1 : 1;
    if (x->start_time != y->start_time)
        return x->start_time < y->start_time ? -1 : 1;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Sorts and keeps the oldest leader of each unit; without one the group that
 * shows its marks. The leader of that one may hide them, or be a zombie. */
static void
scan_finish(struct proc_scan *scan)
{
    size_t kept = 0;

    if (scan->count == 0)
        return;
    qsort(scan->units, scan->count, sizeof(*scan->units), compare_units);
    for (size_t i = 1; i < scan->count; i++) {
        struct proc_unit *u = &scan->units[i];

        if (strcmp(u->unit, scan->units[kept].unit) != 0) {
            scan->units[++kept] = *u;
            continue;
        }
        free(u->unit);
        free(u->request);
    }
    scan->count = kept + 1;
    for (size_t i = 0; i < scan->count; i++)
        if (!scan->units[i].leads)
            scan->units[i].start_time = procfs_start_time(scan->units[i].pid);
}

/* The directory stream is the caller's. */
static int
scan_all(DIR *proc, const struct marks *wanted, struct environ_text *env,
         struct proc_scan *scan, struct err *err)
{
    struct dirent *entry;

    while ((errno = 0, entry = readdir(proc)) != NULL) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        scan->processes++;
        /* EACCES: hidepid= hides another user's process. */
        if (scan_process(dirfd(proc), entry->d_name, wanted, env, scan) != 0 &&
            !is_gone(errno) && !procread_is_refused(errno))
            return err_set(err, E_FAILED, "cannot look at /proc/%s: %s",
                           entry->d_name, strerrordesc_np(errno));
    }
    if (errno != 0)
        return err_set(err, E_FAILED, "cannot read /proc: %s",
                       strerrordesc_np(errno));
    return 0;
}

int
procfs_scan(const char *deployment, const char *host, struct proc_scan *out,
            struct err *err)
{
    const struct marks wanted = {.deployment = deployment, .host = host};
    struct environ_text env = {0};
    struct proc_scan scan = {0};
    DIR *proc = opendir("/proc");
    int rc;

    if (proc == NULL)
        return err_set(err, E_FAILED, "cannot open /proc: %s",
                       strerrordesc_np(errno));
    rc = scan_all(proc, &wanted, &env, &scan, err);
    (void)closedir(proc);
    free(env.data);
    if (rc != 0) {
        procfs_scan_fini(&scan);
        return -1;
    }
    scan_finish(&scan);
    *out = scan;
    return 0;
}

void
procfs_scan_fini(struct proc_scan *scan)
{
    for (size_t i = 0; i < scan->count; i++) {
        free(scan->units[i].unit);
        free(scan->units[i].request);
    }
    free(scan->units);
    *scan = (struct proc_scan){0};
}

static int
compare_name(const void *key, const void *member)
{
    return strcmp(key, ((const struct proc_unit *)member)->unit);
}

const struct proc_unit *
procfs_scan_find(const struct proc_scan *scan, const char *unit)
{
    if (scan->count == 0)
        return NULL;
    return bsearch(unit, scan->units, scan->count, sizeof(*scan->units),
                   compare_name);
}

/* Do the marks fit? With a known start time an absent mark is no objection,
 * a different one is. */
static bool
marks_fit(const struct marks *m, const struct marks *wanted, bool known)
{
    const char *const pair[3][2] = {
        {m->deployment, wanted->deployment},
        {m->host, wanted->host},
        {m->unit, wanted->unit},
    };

    for (int i = 0; i < 3; i++)
        if (pair[i][0] == NULL ? !known : strcmp(pair[i][0], pair[i][1]) != 0)
            return false;
    return true;
}

/* procfs_check() once the process is open; errors are errno. */
static int
check_process(int dir, pid_t pid, const struct marks *wanted,
              uint64_t *start_time, struct environ_text *env)
{
    bool known = *start_time != 0;
    struct proc_stat st;
    struct stat owner;
    struct marks m;

    if (procread_process(dir, &st, env) != 0)
        return -1;
    if (st.dead || st.sid != pid || (known && st.start_time != *start_time))
        return 0;
    if (st.starting && !known) {
        errno = EAGAIN;
        return -1;
    }
    if (!known && (fstat(dir, &owner) != 0 || owner.st_uid != geteuid()))
        return 0;
    procread_marks(env, &m);
    if (!marks_fit(&m, wanted, known))
        return 0;
    *start_time = st.start_time;
    return 1;
}

/* hidepid= and ProtectProc= let a process look as if it were not there. errno
 * stays, or becomes EACCES. */
static bool
is_hidden(pid_t pid)
{
    int error = errno;
    bool hidden = pid > 1 && (kill(pid, 0) == 0 || errno != ESRCH);

    errno = hidden && is_gone(error) ? EACCES : error;
    return hidden;
}

int
procfs_check(const char *deployment, const char *host, const char *unit,
             pid_t pid, uint64_t *start_time)
{
    const struct marks wanted = {
        .deployment = deployment, .host = host, .unit = unit};
    struct environ_text env = {0};
    CLEANUP_FD int dir = procread_open(pid);
    int rc = -1;

    if (dir >= 0)
        rc = check_process(dir, pid, &wanted, start_time, &env);
    free(env.data);
    /* Found, and then not: it is ending. (What is hidden is ENOENT.) */
    if (rc < 0 && dir >= 0 && errno == ESRCH)
        return 0;
    if (rc < 0 && (is_gone(errno) || procread_is_refused(errno)) &&
        !is_hidden(pid))
        return 0;
    return rc;
}

static bool
marks_are(const struct marks *m, const char *scope, const char *unit)
{
    size_t len;

    if (m->deployment == NULL || m->host == NULL || !same(m->unit, unit))
        return false;
    len = strlen(m->deployment);
    return strncmp(scope, m->deployment, len) == 0 && scope[len] == '/' &&
           strcmp(scope + len + 1, m->host) == 0;
}

static int
check_member(int dir, const struct proc_member *m, bool is_known,
             const char *scope, const char *unit, struct environ_text *env)
{
    struct proc_stat st;
    struct marks marks;

    if (procread_process(dir, &st, env) != 0)
        return -1;
    if (st.dead || st.pgrp != m->pgrp || st.sid != m->pgrp ||
        st.start_time != m->start_time)
        return 0;
    if (is_known)
        return 1;
    if (st.starting) {
        errno = EAGAIN;
        return -1;
    }
    procread_marks(env, &marks);
    return marks_are(&marks, scope, unit);
}

int
procfs_member(const struct proc_member *m, bool is_known, const char *scope,
              const char *unit)
{
    struct environ_text env = {0};
    CLEANUP_FD int dir = procread_open(m->pid);
    int rc = -1;

    if (dir >= 0)
        rc = check_member(dir, m, is_known, scope, unit, &env);
    free(env.data);
    return rc < 0 && is_gone(errno) ? 0 : rc;
}

int
procfs_stat(pid_t pid, struct proc_stat *out)
{
    CLEANUP_FD int dir = procread_open(pid);

    return dir < 0 ? -1 : procread_stat(dir, out);
}

uint64_t
procfs_start_time(pid_t pid)
{
    struct proc_stat st;

    return procfs_stat(pid, &st) == 0 ? st.start_time : 0;
}
