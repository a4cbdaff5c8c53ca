/* child.c - see child.h; launch.c does the rest. */
#include "io/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "core/mem.h"
#include "io/launch.h"
#include "io/unit.h"

/* Most bytes of an output file's name; the kernel takes 4096. */
#define NAME_CAP ((size_t)64 * 1024)
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

/* A NULL-terminated array of owned texts. */
struct texts {
    char **list;
    size_t count;
};

struct child_maker {
    char *deployment;
    char *host;
    struct texts base; /* NAME=value of the daemon */
    unsigned char *stack;
    int null;
};

static void
texts_add(struct texts *t, const char *a, const char *b, const char *c)
{
    t->list = reallocarray(t->list, t->count + 2, sizeof(*t->list));
    if (t->list == NULL || asprintf(&t->list[t->count], "%s%s%s", a, b, c) < 0)
        abort();
    t->list[++t->count] = NULL;
}

static void
texts_fini(struct texts *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->list[i]);
    free(t->list);
    *t = (struct texts){0};
}

/* The value of NAME in a list of NAME=value, or NULL. */
static const char *
lookup(char *const *env, const char *name, size_t len)
{
    for (; env != NULL && *env != NULL; env++)
        if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
            return *env + len + 1;
    return NULL;
}

static bool
is_mark(const char *entry)
{
    static const char *const names[] = {
        "HOSTQ_DEPLOYMENT=", "HOSTQ_HOST=", "HOSTQ_REQUEST=", "HOSTQ_UNIT="};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static void
make_environment(const struct child_maker *m, const struct call *call,
                 const struct unit *u, struct texts *env)
{
    texts_add(env, "HOSTQ_DEPLOYMENT", "=", m->deployment);
    texts_add(env, "HOSTQ_HOST", "=", m->host);
    texts_add(env, "HOSTQ_REQUEST", "=", u->request_id);
    texts_add(env, "HOSTQ_UNIT", "=", u->instance_id);
    for (size_t i = 0; i < m->base.count; i++) {
        const char *text = m->base.list[i];

        if (lookup(call->env, text, strcspn(text, "=")) == NULL)
            texts_add(env, text, "", "");
    }
    for (char *const *e = call->env; e != NULL && *e != NULL; e++)
        if (!is_mark(*e))
            texts_add(env, *e, "", "");
}

/* Where the program may be, as a shell would look for it. */
static void
make_programs(const char *name, const struct texts *env, struct texts *out)
{
    const char *path = lookup(env->list, "PATH", 4);

    if (strchr(name, '/') != NULL) {
        texts_add(out, name, "", "");
        return;
    }
    if (path == NULL)
        path = DEFAULT_PATH;
    for (;;) {
        size_t len = strcspn(path, ":");
        char *dir = strndup(path, len);

        if (dir == NULL)
            abort();
        texts_add(out, len > 0 ? dir : ".", "/", name);
        free(dir);
        if (path[len] == '\0')
            break;
        path += len + 1;
    }
}

/* The output file's name with every %u replaced by the unit. */
static char *
output_name(const char *pattern, const char *instance_id)
{
    struct buf name = BUF_INIT(NAME_CAP);

    for (const char *p = pattern; *p != '\0'; p++) {
        if (p[0] == '%' && p[1] == 'u') {
            buf_puts(&name, instance_id);
            p++;
        } else {
            buf_putc(&name, *p);
        }
    }
    return buf_take(&name);
}

/* A descriptor of 3 or more: the child puts its own files on 0 to 2. */
static int
open_high(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOCTTY, 0640), high;

    if (fd < 0 || fd > 2)
        return fd;
    high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    (void)close(fd);
    return high;
}

/* A pipe without a reader must not make us wait: it is opened without
 * blocking (and refused with ENXIO), and blocks for the child as usual. */
static int
open_output(const struct call *call, struct unit *u)
{
    CLEANUP_FREE char *name = NULL;
    int fd, flags;

    if (strchr(u->instance_id, '/') != NULL) {
        unit_fail(u, EINVAL, "unit %s", u->instance_id);
        return -1;
    }
    name = output_name(call->output, u->instance_id);
    if (name == NULL) {
        unit_fail(u, ENAMETOOLONG, "unit %s: output file", u->instance_id);
        return -1;
    }
    fd = open_high(name, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK);
    if (fd < 0) {
        unit_fail(u, errno, "unit %s: output file %s", u->instance_id, name);
        return -1;
    }
    flags = fcntl(fd, F_GETFL);
    (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    return fd;
}

/* The child told that it failed and exits, or has done so. */
static void
explain(const struct launch *l, const struct call *call, struct unit *u)
{
    const char *id = u->instance_id;

    switch (l->step) {
    case LAUNCH_EXEC:
        unit_fail(u, l->error, "unit %s: cannot run %s", id, call->argv[0]);
        break;
    case LAUNCH_DIR:
        unit_fail(u, l->error, "unit %s: working directory %s", id, l->dir);
        break;
    case LAUNCH_FILES:
        unit_fail(u, l->error, "unit %s: standard files", id);
        break;
    case LAUNCH_NONE:
    case LAUNCH_SESSION:
        unit_fail(u, l->error, "unit %s: new session", id);
        break;
    }
}

static pid_t
run(struct child_maker *m, struct launch *l, const struct call *call,
    struct unit *u)
{
    pid_t pid = launch_run(l, m->stack + LAUNCH_STACK_BYTES);

    if (pid < 0) {
        unit_fail(u, errno, "unit %s: cannot make a process", u->instance_id);
        return 0;
    }
    if (l->step == LAUNCH_NONE)
        return pid;
    /* It has left our memory, so it is in its exit: no wait to speak of. */
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    explain(l, call, u);
    return 0;
}

pid_t
child_spawn(struct child_maker *m, const struct call *call, struct unit *u)
{
    struct texts env = {0}, programs = {0};
    CLEANUP_FD int out = -1;
    struct launch l = {0};
    pid_t pid;

    if (call->argv == NULL || call->argv[0] == NULL ||
        call->argv[0][0] == '\0') {
        unit_fail(u, EINVAL, "unit %s: no program", u->instance_id);
        return 0;
    }
    if (call->output != NULL && (out = open_output(call, u)) < 0)
        return 0;
    make_environment(m, call, u, &env);
    make_programs(call->argv[0], &env, &programs);
    l.programs = programs.list;
    l.argv = call->argv;
    l.envp = env.list;
    l.dir = call->dir != NULL ? call->dir : "/";
    l.in = m->null;
    l.out = out >= 0 ? out : m->null;
    pid = run(m, &l, call, u);
    texts_fini(&env);
    texts_fini(&programs);
    return pid;
}

struct child_maker *
child_maker_new(const char *deployment, const char *host)
{
    static const char *const names[] = {"PATH", "HOME", "LANG", "TZ"};
    struct child_maker *m = mem_zero(1, sizeof(*m));

    m->deployment = mem_dup(deployment);
    m->host = mem_dup(host);
    m->stack = mmap(NULL, LAUNCH_STACK_BYTES, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (m->stack == MAP_FAILED)
        abort();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);

        if (value != NULL)
            texts_add(&m->base, names[i], "=", value);
    }
    if (lookup(m->base.list, "PATH", 4) == NULL)
        texts_add(&m->base, "PATH", "=", DEFAULT_PATH);
    m->null = open_high("/dev/null", O_RDWR);
    if (m->null < 0) {
        int error = errno;

        child_maker_free(m);
        errno = error;
        return NULL;
    }
    return m;
}

void
child_maker_free(struct child_maker *m)
{
    if (m == NULL)
        return;
    if (m->null >= 0)
        (void)close(m->null);
    (void)munmap(m->stack, LAUNCH_STACK_BYTES);
    texts_fini(&m->base);
    free(m->deployment);
    free(m->host);
    free(m);
}
