/* io_help.h - for check_io_*.c: engines, calls and real processes. Reads
 * /proc on its own, so that it can contradict src/io. */
#ifndef HOSTQ_TESTS_IO_HELP_H
#define HOSTQ_TESTS_IO_HELP_H

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/call.h"
#include "io/engine.h"
#include "sys/clock.h"
#include "unit.h"

/* No test waits longer for anything that must happen. */
#define PATIENCE (20 * USEC_S)
#define HOST "host-1"

/* Different for every test process, so that tests never meet. */
static char deployment[64];

static inline void
help_setup(void)
{
    (void)snprintf(deployment, sizeof(deployment), "test-%d-%lld", getpid(),
                   (long long)now_mono());
}

static inline struct engine *
help_engine(void)
{
    const struct engine_config cfg = {
        .deployment = deployment, .host = HOST, .boot_id = "boot-1"};
    struct err err = {0};
    struct engine *e = engine_new(&cfg, &err);

    ck_assert_msg(e != NULL, "%s", err.text);
    return e;
}

static inline char **
help_strings(const char *const *list)
{
    size_t n = 0;
    char **copy;

    while (list[n] != NULL)
        n++;
    copy = calloc(n + 1, sizeof(*copy));
    for (size_t i = 0; copy != NULL && i < n; i++)
        copy[i] = strdup(list[i]);
    return copy;
}

/* A spawn of count units "REQUEST-0", "REQUEST-1"... */
static inline void
help_spawn(struct call *c, const char *request, int count,
           const char *const *argv)
{
    char id[128];

    call_init(c);
    c->type = CALL_SPAWN;
    c->argv = help_strings(argv);
    for (int i = 0; i < count; i++) {
        (void)snprintf(id, sizeof(id), "%s-%d", request, i);
        call_add_unit(c, id, request);
    }
}

static inline void
help_sh(struct call *c, const char *request, int count, const char *script)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};

    help_spawn(c, request, count, argv);
}

/* Long enough for any test, short enough for a failed one. */
static inline void
help_sleeper(struct call *c, const char *request, int count)
{
    static const char *const argv[] = {"sleep", "60", NULL};

    help_spawn(c, request, count, argv);
}

static inline size_t
help_read(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t n;

    while (fd >= 0 && len < size - 1 &&
           (n = read(fd, text + len, size - 1 - len)) > 0)
        len += (size_t)n;
    if (fd >= 0)
        (void)close(fd);
    text[len] = '\0';
    return len;
}

/* Waits until pid is through its exec: field 26 of stat, where the code is,
 * is filled last. No event tells this. */
static inline void
help_settle(pid_t pid)
{
    char path[64], text[2048];

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    for (usec_t end = now_mono() + PATIENCE; now_mono() < end;) {
        (void)help_read(path, text, sizeof(text));
        const char *at = strrchr(text, ')');

        if (at == NULL || at[2] == 'Z')
            return;
        at += 2;
        for (int field = 3; field < 26 && at != NULL; field++)
            at = strchr(at + 1, ' ');
        if (at == NULL || strncmp(at, " 0 ", 3) != 0)
            return;
    }
    ck_abort_msg("process %d hangs in its exec", pid);
}

/* Runs one call to its end; the reply is the caller's. */
static inline void
help_run(struct engine *e, struct call *c, struct reply *r)
{
    static uint64_t tag = 1000;
    usec_t end = now_mono() + PATIENCE;
    uint64_t got = 0;

    ck_assert_int_eq(engine_submit(e, ++tag, c), 0);
    ck_assert_ptr_null(c->units);
    while (!engine_next(e, &got, r)) {
        ck_assert_msg(now_mono() < end, "no reply");
        engine_wait(e, end - now_mono());
    }
    ck_assert_uint_eq(got, tag);
    for (size_t i = 0; i < r->unit_count; i++)
        if (r->units[i].state == UNIT_ALIVE)
            help_settle(r->units[i].pid);
}

static inline void
help_look(struct call *c, enum call_type type, const struct unit *u)
{
    struct unit *to;

    call_init(c);
    c->type = type;
    to = call_add_unit(c, u->instance_id, u->request_id);
    to->pid = u->pid;
    to->start_time = u->start_time;
}

/* What a look says of u, by pid and start time if it has them. */
static inline enum unit_state
help_state(struct engine *e, const struct unit *u, int *code)
{
    enum unit_state state;
    struct reply r;
    struct call c;

    help_look(&c, CALL_LOOK, u);
    help_run(e, &c, &r);
    ck_assert_int_eq(r.end, WIRE_OK);
    ck_assert_uint_eq(r.unit_count, 1);
    state = r.units[0].state;
    if (code != NULL)
        *code = r.units[0].code;
    reply_fini(&r);
    return state;
}

/* Waits for the end of a process by an event; it need not be our child. */
static inline void
help_await_end(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd p = {.fd = fd, .events = POLLIN};

    if (fd < 0)
        return;
    ck_assert_int_gt(poll(&p, 1, (int)(PATIENCE / USEC_MS)), 0);
    (void)close(fd);
}

/* Ends what a spawn started, each by its pid. */
static inline void
help_end(struct reply *r)
{
    for (size_t i = 0; i < r->unit_count; i++)
        if (r->units[i].state == UNIT_ALIVE && r->units[i].pid > 1)
            (void)kill(-r->units[i].pid, SIGKILL);
    for (size_t i = 0; i < r->unit_count; i++)
        if (r->units[i].state == UNIT_ALIVE && r->units[i].pid > 1)
            help_await_end(r->units[i].pid);
    reply_fini(r);
}

/* NAME=value in /proc/PID/environ? */
static inline bool
help_has_env(pid_t pid, const char *entry)
{
    static char text[256 * 1024];
    char path[64];
    size_t len;

    (void)snprintf(path, sizeof(path), "/proc/%d/environ", pid);
    len = help_read(path, text, sizeof(text));
    for (const char *p = text; p < text + len; p += strlen(p) + 1)
        if (strcmp(p, entry) == 0)
            return true;
    return false;
}

/* How many processes carry HOSTQ_UNIT=unit of this deployment. */
static inline int
help_count(const char *unit)
{
    char mark[160], ours[160];
    struct dirent *entry;
    DIR *dir = opendir("/proc");
    int n = 0;

    ck_assert_ptr_nonnull(dir);
    (void)snprintf(mark, sizeof(mark), "HOSTQ_UNIT=%s", unit);
    (void)snprintf(ours, sizeof(ours), "HOSTQ_DEPLOYMENT=%s", deployment);
    while ((entry = readdir(dir)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (pid > 0 && help_has_env(pid, mark) && help_has_env(pid, ours))
            n++;
    }
    (void)closedir(dir);
    return n;
}

/* A value of /proc/PID/status, or -1. */
static inline long long
help_status(pid_t pid, const char *key, int base)
{
    char path[64], text[8192];
    const char *at;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
    (void)help_read(path, text, sizeof(text));
    at = strstr(text, key);
    return at != NULL ? strtoll(at + strlen(key), NULL, base) : -1;
}

/* A process made without src/io: leads its session if asked, runs `cat` with
 * the environment given, and has proved that it does. Ours to wait for; ends
 * by itself when we are gone, as its input ends. */
static inline pid_t
help_stranger(bool leader, char *const *env)
{
    int in[2], out[2];
    char c = 'x';
    pid_t pid;

    ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        if (leader)
            (void)setsid();
        (void)dup2(in[0], 0);
        (void)dup2(out[1], 1);
        (void)execle("/bin/cat", "cat", (char *)NULL, env);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    ck_assert_int_eq(write(in[1], &c, 1), 1);
    ck_assert_int_eq(read(out[0], &c, 1), 1);
    (void)close(out[0]);
    return pid; /* in[1] stays open */
}

static inline void
help_end_stranger(pid_t pid)
{
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
}

/* Alive and never signalled: a child of ours that has not changed. */
static inline bool
help_untouched(pid_t pid)
{
    siginfo_t info = {.si_pid = 0};

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
}

#endif
