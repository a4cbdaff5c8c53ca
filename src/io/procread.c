/* procread.c - see procread.h.
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
#include "io/procread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* The kernel allows 6 MiB of arguments and environment at most (3/4 of the
 * largest stack limit it takes into account). */
#define ENVIRON_CAP ((size_t)6 * 1024 * 1024)

bool
procread_is_refused(int error)
{
    return error == EACCES || error == EPERM;
}

int
procread_parse_stat(const char *text, struct proc_stat *out)
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

int
procread_stat(int dir, struct proc_stat *out)
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
    if (procread_parse_stat(text, out) != 0) {
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
        return procread_is_refused(errno) ? 0 : -1;
    while (env->len < ENVIRON_CAP) {
        environ_room(env);
        n = read(fd, env->data + env->len, env->room - env->len - 1);
        if (n < 0)
            return procread_is_refused(errno) ? 0 : -1;
        if (n == 0)
            break;
        env->len += (size_t)n;
    }
    env->data[env->len] = '\0';
    return 0;
}

bool
procread_may_be_unit(const struct proc_stat *st)
{
    return st->sid > 1 && st->pgrp == st->sid;
}

/* stat, and of what may be (part of) a unit a complete environment. An empty
 * one is read again after another look at stat: the process may have gone into
 * exec between the two. */
int
procread_process(int dir, struct proc_stat *st, struct environ_text *env)
{
    for (int i = 0; i < 3; i++) {
        env->len = 0;
        if (procread_stat(dir, st) != 0)
            return -1;
        if (st->dead || st->starting || !procread_may_be_unit(st))
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

void
procread_marks(const struct environ_text *env, struct marks *m)
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

int
procread_open(pid_t pid)
{
    char path[32];

    if (pid <= 1) { /* init is no unit, and the others are no process */
        errno = ESRCH;
        return -1;
    }
    (void)snprintf(path, sizeof(path), "/proc/%d", pid);
    return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}
