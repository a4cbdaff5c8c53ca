/* procfs.c - see procfs.h.
 *
 * Each process is read through a descriptor of its directory: that names
 * the process and not the number, so stat and environ never come from two
 * processes, and one that ends meanwhile is ESRCH.
 *
 * An exec replaces the memory first and the environment last; in between
 * /proc/PID/environ is empty. The kernel writes the bounds of the code
 * (startcode of stat) after those of the environment, so startcode 0 means
 * "inside exec", and anything else read before the environment means that
 * the environment is complete. Must not be simplified: it closes the gap
 * between the release of the spawn lock, which exec closes, and the moment
 * when the marks can be seen. */
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

/* The kernel allows 6 MiB of arguments and environment at most (3/4 of the
 * largest stack limit it takes into account). */
#define ENVIRON_CAP ((size_t)6 * 1024 * 1024)

struct environ_text {
    char *data;
    size_t len;
    size_t room;
};

struct marks {
    const char *deployment; /* all borrowed; NULL = not there */
    const char *host;
    const char *request;
    const char *unit;
};

static bool
is_gone(int error)
{
    return error == ENOENT || error == ESRCH;
}

static bool
is_refused(int error)
{
    return error == EACCES || error == EPERM;
}

int
procfs_parse_stat(const char *text, struct proc_stat *out)
{
    enum {
        GROUP = 5,
        SESSION = 6,
        THREADS = 20,
        START = 22,
        VSIZE = 23,
        CODE = 26
    };
    const char *at = strrchr(text, ')');
    unsigned long long field[CODE + 1] = {0};
    char state;

    if (at == NULL || at[1] != ' ' || at[2] == '\0' || at[3] != ' ')
        return -1;
    state = at[2];
    at += 3;
    for (int i = 4; i <= CODE; i++) {
        char *end;

        field[i] = strtoull(at, &end, 10);
        if (end == at)
            return -1;
        at = end;
    }
    out->pgrp = (pid_t)field[GROUP];
    out->sid = (pid_t)field[SESSION];
    out->start_time = field[START];
    /* A main thread that ended before the others is a zombie too, of a
     * process that lives. */
    out->dead =
        state == 'X' || state == 'x' || (state == 'Z' && field[THREADS] <= 1);
    /* No memory at all: it is ending. */
    out->starting = !out->dead && field[CODE] == 0 && field[VSIZE] > 0;
    return 0;
}

static int
read_stat(int dir, struct proc_stat *out)
{
    CLEANUP_FD int fd = openat(dir, "stat", O_RDONLY | O_CLOEXEC);
    char text[2048];
    ssize_t n;

    if (fd < 0)
        return -1;
    n = read(fd, text, sizeof(text) - 1);
    if (n < 0)
        return -1;
    text[n] = '\0';
    if (procfs_parse_stat(text, out) != 0) {
        errno = ESRCH;
        return -1;
    }
    return 0;
}

static void
environ_room(struct environ_text *env)
{
    if (env->room > env->len + 1)
        return;
    env->room = env->room ? env->room * 2 : 8192;
    env->data = realloc(env->data, env->room);
    if (env->data == NULL)
        abort();
}

/* An environment that may not be read is an empty one. */
static int
read_environ(int dir, struct environ_text *env)
{
    CLEANUP_FD int fd = openat(dir, "environ", O_RDONLY | O_CLOEXEC);
    ssize_t n;

    env->len = 0;
    environ_room(env);
    env->data[0] = '\0';
    if (fd < 0)
        return is_refused(errno) ? 0 : -1;
    while (env->len < ENVIRON_CAP) {
        environ_room(env);
        n = read(fd, env->data + env->len, env->room - env->len - 1);
        if (n < 0)
            return is_refused(errno) ? 0 : -1;
        if (n == 0)
            break;
        env->len += (size_t)n;
    }
    env->data[env->len] = '\0';
    return 0;
}

/* A session leader, or in its group; kernel threads are in none. */
static bool
may_be_unit(const struct proc_stat *st)
{
    return st->sid > 1 && st->pgrp == st->sid;
}

/* stat, and of what may be (part of) a unit a complete environment. An empty
 * one is read again after another look at stat: the process may have gone into
 * exec between the two. */
static int
read_process(int dir, struct proc_stat *st, struct environ_text *env)
{
    for (int i = 0; i < 3; i++) {
        env->len = 0;
        if (read_stat(dir, st) != 0)
            return -1;
        if (st->dead || st->starting || !may_be_unit(st))
            return 0;
        if (read_environ(dir, env) != 0)
            return -1;
        if (env->len > 0)
            return 0;
    }
    return 0;
}

static void
take_mark(const char *entry, const char *key, const char **value)
{
    size_t len = strlen(key);

    if (*value == NULL && strncmp(entry, key, len) == 0 && entry[len] == '=')
        *value = entry + len + 1;
}

static void
find_marks(const struct environ_text *env, struct marks *m)
{
    const char *p;

    *m = (struct marks){0};
    for (size_t at = 0; at < env->len; at += strlen(p) + 1) {
        p = env->data + at;
        if (strncmp(p, "HOSTQ_", 6) != 0)
            continue;
        take_mark(p, "HOSTQ_DEPLOYMENT", &m->deployment);
        take_mark(p, "HOSTQ_HOST", &m->host);
        take_mark(p, "HOSTQ_REQUEST", &m->request);
        take_mark(p, "HOSTQ_UNIT", &m->unit);
    }
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
    if (read_process(dir, &st, env) != 0)
        return -1;
    if (st.dead || !may_be_unit(&st))
        return 0;
    if (st.starting) {
        if (st.sid == pid)
            scan->starting = pid;
        return 0;
    }
    find_marks(env, &m);
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
            !is_gone(errno) && !is_refused(errno))
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

static int
open_process(pid_t pid)
{
    char path[32];

    if (pid <= 1) { /* init is no unit, and the others are no process */
        errno = ESRCH;
        return -1;
    }
    (void)snprintf(path, sizeof(path), "/proc/%d", pid);
    return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
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

    if (read_process(dir, &st, env) != 0)
        return -1;
    if (st.dead || st.sid != pid || (known && st.start_time != *start_time))
        return 0;
    if (st.starting && !known) {
        errno = EAGAIN;
        return -1;
    }
    if (!known && (fstat(dir, &owner) != 0 || owner.st_uid != geteuid()))
        return 0;
    find_marks(env, &m);
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
    CLEANUP_FD int dir = open_process(pid);
    int rc = -1;

    if (dir >= 0)
        rc = check_process(dir, pid, &wanted, start_time, &env);
    free(env.data);
    if (rc < 0 && (is_gone(errno) || is_refused(errno)) && !is_hidden(pid))
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

    if (read_process(dir, &st, env) != 0)
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
    find_marks(env, &marks);
    return marks_are(&marks, scope, unit);
}

int
procfs_member(const struct proc_member *m, bool is_known, const char *scope,
              const char *unit)
{
    struct environ_text env = {0};
    CLEANUP_FD int dir = open_process(m->pid);
    int rc = -1;

    if (dir >= 0)
        rc = check_member(dir, m, is_known, scope, unit, &env);
    free(env.data);
    return rc < 0 && is_gone(errno) ? 0 : rc;
}

int
procfs_stat(pid_t pid, struct proc_stat *out)
{
    CLEANUP_FD int dir = open_process(pid);

    return dir < 0 ? -1 : read_stat(dir, out);
}

uint64_t
procfs_start_time(pid_t pid)
{
    struct proc_stat st;

    return procfs_stat(pid, &st) == 0 ? st.start_time : 0;
}
