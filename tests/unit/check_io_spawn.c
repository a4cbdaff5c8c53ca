/* check_io_spawn.c - starting units: what the child looks like, that it
 * outlives us, errors, output, exit statuses, and the scan's time. */
#include "io/engine.h"

#include <sys/resource.h>

#include "io/procfs.h"
#include "io/reaper.h"
#include "io/spawnlock.h"
#include "io_help.h"

#define MANY 300

static char dir[64];

static void
setup(void)
{
    help_setup();
    (void)snprintf(dir, sizeof(dir), "/tmp/check_io.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
teardown(void)
{
    DIR *d = opendir(dir);
    struct dirent *entry;

    while (d != NULL && (entry = readdir(d)) != NULL)
        (void)unlinkat(dirfd(d), entry->d_name, 0);
    if (d != NULL)
        (void)closedir(d);
    (void)rmdir(dir);
}

static char *
in_dir(const char *name)
{
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    return strdup(path);
}

static void
make_file(const char *name, const char *text, mode_t mode)
{
    char *path = in_dir(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    (void)close(fd);
    free(path);
}

START_TEST(child_carries_the_marks)
{
    static const char *const extra[] = {"HOSTQ_UNIT=forged", "A=b c", "LANG=xx",
                                        NULL};
    struct engine *e = help_engine();
    char entry[160];
    struct reply r;
    struct call c;
    pid_t pid;

    (void)setenv("HOME", "/home/of/daemon", 1);
    (void)setenv("LANG", "yy", 1);
    (void)setenv("SECRET", "1", 1);
    engine_free(e);
    e = help_engine(); /* the environment is copied here */
    help_sleeper(&c, "r-1", 1);
    c.env = help_strings(extra);
    help_run(e, &c, &r);
    ck_assert_int_eq(r.end, WIRE_OK);
    ck_assert_uint_eq(r.unit_count, 1);
    ck_assert_int_eq(r.units[0].state, UNIT_ALIVE);
    ck_assert_str_eq(r.units[0].instance_id, "r-1-0");
    ck_assert_str_eq(r.units[0].request_id, "r-1");
    pid = r.units[0].pid;
    ck_assert_int_gt(pid, 1);
    ck_assert_uint_eq(r.units[0].start_time, procfs_start_time(pid));
    ck_assert_int_le(r.units[0].started_at, now_real() + USEC_S / 10);
    ck_assert_int_ge(r.units[0].started_at, now_real() - PATIENCE);
    ck_assert_int_ge(r.units[0].age, 1);
    ck_assert_int_le(r.units[0].age, PATIENCE);
    (void)snprintf(entry, sizeof(entry), "HOSTQ_DEPLOYMENT=%s", deployment);
    ck_assert(help_has_env(pid, entry));
    ck_assert(help_has_env(pid, "HOSTQ_HOST=" HOST));
    ck_assert(help_has_env(pid, "HOSTQ_REQUEST=r-1"));
    ck_assert(help_has_env(pid, "HOSTQ_UNIT=r-1-0"));
    ck_assert(!help_has_env(pid, "HOSTQ_UNIT=forged"));
    ck_assert(help_has_env(pid, "A=b c"));
    ck_assert(help_has_env(pid, "HOME=/home/of/daemon"));
    ck_assert(help_has_env(pid, "LANG=xx"));
    ck_assert(!help_has_env(pid, "LANG=yy"));
    ck_assert(!help_has_env(pid, "SECRET=1"));
    help_end(&r);
    engine_free(e);
}
END_TEST

/* The number of /proc/PID/fd entries; their targets in links. */
static int
descriptors(pid_t pid, char links[3][128])
{
    char path[64];
    DIR *d;
    int n = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    d = opendir(path);
    for (struct dirent *entry; (entry = readdir(d)) != NULL;)
        n += entry->d_name[0] != '.';
    (void)closedir(d);
    for (int i = 0; i < 3; i++) {
        ssize_t len;

        (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, i);
        len = readlink(path, links[i], 127);
        ck_assert_int_gt(len, 0);
        links[i][len] = '\0';
    }
    return n;
}

START_TEST(child_is_clean)
{
    struct engine *e;
    char links[3][128], cwd[128] = "", path[64];
    sigset_t mask;
    struct reply r;
    struct call c;
    pid_t pid;
    int leaky;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGCHLD, SIG_IGN);
    (void)sigemptyset(&mask);
    (void)sigaddset(&mask, SIGTERM);
    (void)sigaddset(&mask, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &mask, NULL);
    leaky = open("/dev/zero", O_RDONLY); /* no close-on-exec */
    ck_assert_int_ge(leaky, 0);
    e = help_engine();
    help_sleeper(&c, "r-1", 1);
    c.dir = strdup("/usr");
    help_run(e, &c, &r);
    ck_assert_int_eq(r.units[0].state, UNIT_ALIVE);
    pid = r.units[0].pid;
    ck_assert_int_eq(getsid(pid), pid);
    ck_assert_int_eq(getpgid(pid), pid);
    ck_assert_int_eq(help_status(pid, "SigBlk:", 16), 0);
    ck_assert_int_eq(help_status(pid, "SigIgn:", 16), 0);
    /* the loader closes what it opens before the program sleeps */
    for (usec_t end = now_mono() + PATIENCE; descriptors(pid, links) != 3;)
        ck_assert_int_lt(now_mono(), end);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(links[i], "/dev/null");
    (void)snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
    ck_assert_int_gt(readlink(path, cwd, sizeof(cwd) - 1), 0);
    ck_assert_str_eq(cwd, "/usr");
    /* and our own mask is as it was */
    (void)sigprocmask(SIG_BLOCK, NULL, &mask);
    ck_assert(sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGINT));
    (void)sigemptyset(&mask);
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGCHLD, SIG_DFL);
    help_end(&r);
    engine_free(e);
    (void)close(leaky);
}
END_TEST

/* With all three standard descriptors closed, the lock and the files land on
 * 0 to 2 unless care is taken. */
START_TEST(daemon_without_standard_files)
{
    struct reply r;
    struct call c;
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        struct engine *e;
        char links[3][128];
        bool ok;

        for (int i = 0; i < 3; i++)
            (void)close(i);
        e = help_engine();
        help_sleeper(&c, "r-1", 2);
        help_run(e, &c, &r);
        ok = r.units[0].state == UNIT_ALIVE && r.units[1].state == UNIT_ALIVE;
        if (ok) {
            (void)descriptors(r.units[1].pid, links);
            for (int i = 0; i < 3; i++)
                ok = ok && strcmp(links[i], "/dev/null") == 0;
        }
        help_end(&r);
        engine_free(e);
        _exit(ok ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(second_spawn_finds_the_first)
{
    struct engine *e = help_engine(), *other = help_engine();
    struct reply first, again;
    struct call c;

    help_sleeper(&c, "r-1", 3);
    help_run(e, &c, &first);
    /* the same engine, and one more unit */
    help_sleeper(&c, "r-1", 4);
    help_run(e, &c, &again);
    ck_assert_int_eq(again.end, WIRE_OK);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(again.units[i].pid, first.units[i].pid);
        ck_assert_uint_eq(again.units[i].start_time, first.units[i].start_time);
    }
    reply_fini(&first);
    help_sleeper(&c, "r-1", 4);
    help_run(other, &c, &first);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(again.units[i].pid, first.units[i].pid);
        ck_assert_int_eq(help_count(first.units[i].instance_id), 1);
    }
    reply_fini(&again);
    help_end(&first);
    engine_free(e);
    engine_free(other);
}
END_TEST

START_TEST(unit_outlives_the_daemon)
{
    struct engine *e;
    struct reply r, again;
    struct call c;
    int result[2];
    pid_t daemon, unit;

    ck_assert_int_eq(pipe(result), 0);
    daemon = fork();
    if (daemon == 0) {
        e = help_engine();
        help_sleeper(&c, "r-1", 1);
        help_run(e, &c, &r);
        (void)!write(result[1], &r.units[0].pid, sizeof(pid_t));
        (void)kill(getpid(), SIGKILL);
    }
    ck_assert_int_eq(read(result[0], &unit, sizeof(unit)), sizeof(unit));
    ck_assert_int_eq(waitpid(daemon, NULL, 0), daemon);
    e = help_engine();
    help_sleeper(&c, "r-1", 1);
    help_run(e, &c, &again);
    ck_assert_int_eq(again.units[0].state, UNIT_ALIVE);
    ck_assert_int_eq(again.units[0].pid, unit);
    ck_assert_int_ne(help_status(unit, "PPid:", 10), getpid());
    help_end(&again);
    engine_free(e);
}
END_TEST

enum failing {
    F_PATH,
    F_SEARCH,
    F_MODE,
    F_DIRECTORY,
    F_FORMAT,
    F_WORKDIR,
    F_OUTPUT,
    F_FIFO,
    F_TOO_BIG,
    F_EMPTY,
    F_PATH_REFUSED
};

static const struct fail_row {
    enum failing what;
    int code;
    const char *text; /* part of the text */
} fail_rows[] = {
    {F_PATH, ENOENT, "cannot run /no/such/program: No such file"},
    {F_SEARCH, ENOENT, "cannot run no-such-program: No such file"},
    {F_MODE, EACCES, "Permission denied"},
    {F_DIRECTORY, EACCES, "cannot run /usr: Permission denied"},
    {F_FORMAT, ENOEXEC, "format"},
    {F_WORKDIR, ENOENT, "working directory /no/such/dir: No such file"},
    {F_OUTPUT, ENOENT, "output file /no/such/r-1-0.log: No such file"},
    {F_FIFO, ENXIO, "output file"},
    {F_TOO_BIG, E2BIG, "Argument list too long"},
    {F_EMPTY, EINVAL, "no program"},
    {F_PATH_REFUSED, EACCES, "cannot run plain"},
};

static void
make_failing(struct call *c, enum failing what)
{
    const char *program = "sleep", *env[2] = {NULL, NULL};
    char *path = in_dir("plain");
    char *big = NULL, *search = NULL;

    switch (what) {
    case F_PATH:
        program = "/no/such/program";
        break;
    case F_SEARCH:
        program = "no-such-program";
        env[0] = "PATH=/no/such::/usr/bin:/bin";
        break;
    case F_DIRECTORY:
        program = "/usr";
        break;
    case F_EMPTY:
        program = "";
        break;
    case F_MODE:
        make_file("plain", "#!/bin/sh\n", 0600);
        program = path;
        break;
    case F_FORMAT:
        make_file("plain", "no program\n", 0700);
        program = path;
        break;
    case F_PATH_REFUSED:
        make_file("plain", "#!/bin/sh\n", 0600);
        ck_assert_int_gt(asprintf(&search, "PATH=/no/such:%s:/none", dir), 0);
        env[0] = search;
        program = "plain";
        break;
    case F_TOO_BIG:
        big = malloc(2000000);
        memset(big, 'x', 1999999);
        big[1999999] = '\0';
        env[0] = big;
        break;
    case F_WORKDIR:
    case F_OUTPUT:
    case F_FIFO:
        break;
    }
    const char *const argv[] = {program, "60", NULL};
    help_spawn(c, "r-1", 2, argv);
    c->env = help_strings(env);
    if (what == F_WORKDIR)
        c->dir = strdup("/no/such/dir");
    if (what == F_OUTPUT)
        c->output = strdup("/no/such/%u.log");
    if (what == F_FIFO) {
        ck_assert_int_eq(mkfifo(path, 0600), 0);
        c->output = strdup(path);
    }
    free(path);
    free(big);
    free(search);
}

START_TEST(failure_says_why)
{
    const struct fail_row *t = &fail_rows[_i];
    struct engine *e = help_engine();
    struct reply r;
    struct call c;

    make_failing(&c, t->what);
    help_run(e, &c, &r);
    ck_assert_int_eq(r.end, WIRE_OK);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(r.units[i].state, UNIT_ERROR);
        ck_assert_int_eq(r.units[i].code, t->code);
        ck_assert_ptr_nonnull(strstr(r.units[i].text, r.units[i].instance_id));
        if (i == 0)
            ck_assert_msg(strstr(r.units[i].text, t->text) != NULL, "%s",
                          r.units[i].text);
    }
    /* no process, no zombie */
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    help_end(&r);
    engine_free(e);
}
END_TEST

START_TEST(units_of_two_requests_are_refused)
{
    struct engine *e = help_engine();
    struct reply r;
    struct call c;

    help_sleeper(&c, "r-1", 1);
    call_add_unit(&c, "r-2-0", "r-2");
    help_run(e, &c, &r);
    ck_assert_int_eq(r.end, WIRE_LOST);
    ck_assert_ptr_nonnull(strstr(r.text, "several requests"));
    ck_assert_int_eq(help_count("r-1-0"), 0);
    reply_fini(&r);
    engine_free(e);
}
END_TEST

/* Units whose pid is known are looked at, whosever they are. */
START_TEST(recorded_units_are_not_started_again)
{
    struct engine *e = help_engine();
    struct reply first, r;
    struct unit *u;
    struct call c;

    help_sleeper(&c, "r-1", 2);
    help_run(e, &c, &first);
    ck_assert_int_eq(kill(first.units[1].pid, SIGKILL), 0);
    help_await_end(first.units[1].pid);
    for (int with = 1; with >= 0; with--) {
        help_sleeper(&c, "r-2", with);
        for (int i = 0; i < 2; i++) {
            u = call_add_unit(&c, first.units[i].instance_id, "r-1");
            u->pid = first.units[i].pid;
            u->start_time = first.units[i].start_time;
        }
        u = call_add_unit(&c, "r-3-0", "r-3"); /* nobody */
        u->pid = first.units[0].pid;
        u->start_time = first.units[0].start_time + 1;
        help_run(e, &c, &r);
        ck_assert_int_eq(r.end, WIRE_OK);
        ck_assert_int_eq(r.units[with].pid, first.units[0].pid);
        ck_assert_int_eq(r.units[with].state, UNIT_ALIVE);
        ck_assert_int_eq(r.units[with + 1].state, UNIT_KILLED);
        ck_assert_int_eq(r.units[with + 2].state, UNIT_GONE);
        ck_assert_int_eq(help_count("r-1-1"), 0);
        ck_assert_int_eq(help_count("r-3-0"), 0);
        if (with == 1)
            ck_assert_int_eq(kill(r.units[0].pid, SIGKILL), 0);
        reply_fini(&r);
    }
    help_end(&first);
    engine_free(e);
}
END_TEST

START_TEST(output_is_appended)
{
    struct engine *e = help_engine();
    struct stat st;
    struct reply r;
    struct call c;

    for (int i = 1; i <= 2; i++) {
        char request[16];

        (void)snprintf(request, sizeof(request), "r-%d", i);
        help_sh(&c, request, 1, "head -c 1048576 /dev/zero; echo oops >&2");
        c.output = in_dir("same.log");
        help_run(e, &c, &r);
        help_await_end(r.units[0].pid);
        reply_fini(&r);
    }
    char *path = in_dir("same.log");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_size, 2 * (1048576 + 5));
    free(path);
    help_sh(&c, "r-3", 2, "echo $HOSTQ_UNIT");
    c.output = in_dir("%u-%u.log");
    help_run(e, &c, &r);
    for (int i = 0; i < 2; i++) {
        char name[64], text[64];

        help_await_end(r.units[i].pid);
        (void)snprintf(name, sizeof(name), "r-3-%d-r-3-%d.log", i, i);
        path = in_dir(name);
        ck_assert_uint_eq(help_read(path, text, sizeof(text)), 6);
        ck_assert_int_eq(strncmp(text, r.units[i].instance_id, 5), 0);
        free(path);
    }
    reply_fini(&r);
    engine_free(e);
}
END_TEST

START_TEST(exit_status_is_remembered)
{
    struct engine *e = help_engine(), *other = help_engine();
    struct unit named = {0};
    struct reply r;
    struct call c;
    int code;

    help_sh(&c, "r-1", 1, "exit 75");
    help_run(e, &c, &r);
    help_await_end(r.units[0].pid);
    ck_assert_int_eq(help_state(e, &r.units[0], &code), UNIT_EXITED);
    ck_assert_int_eq(code, 75);
    ck_assert_int_eq(help_state(other, &r.units[0], &code), UNIT_EXITED);
    ck_assert_int_eq(code, 75);
    /* by name only */
    named.instance_id = r.units[0].instance_id;
    named.request_id = r.units[0].request_id;
    ck_assert_int_eq(help_state(e, &named, &code), UNIT_EXITED);
    reply_fini(&r);
    /* the same call again does not start it again */
    help_sh(&c, "r-1", 1, "exit 0");
    help_run(e, &c, &r);
    ck_assert_int_eq(r.units[0].state, UNIT_EXITED);
    ck_assert_int_eq(r.units[0].code, 75);
    reply_fini(&r);
    help_sh(&c, "r-2", 1, "kill -9 $$");
    help_run(e, &c, &r);
    help_await_end(r.units[0].pid);
    ck_assert_int_eq(help_state(e, &r.units[0], &code), UNIT_KILLED);
    ck_assert_int_eq(code, SIGKILL);
    reply_fini(&r);
    engine_free(e);
    engine_free(other);
}
END_TEST

/* Nobody asks for them: they are collected all the same. */
START_TEST(dead_children_do_not_stay)
{
    struct engine *e = help_engine();
    siginfo_t info;
    struct reply r;
    struct call c;

    help_sh(&c, "r-1", 5, "exit 1");
    help_run(e, &c, &r);
    reply_fini(&r);
    for (usec_t end = now_mono() + PATIENCE; reaper_living() > 0;) {
        ck_assert_int_lt(now_mono(), end);
        engine_wait(e, USEC_S);
    }
    ck_assert_int_eq(waitid(P_ALL, 0, &info, WEXITED | WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    engine_free(e);
}
END_TEST

START_TEST(memory_of_ended_children_is_bounded)
{
    struct unit u = {.instance_id = NULL, .request_id = NULL};
    siginfo_t info;
    char id[32];

    u.request_id = id;
    u.instance_id = id;
    /* children that are not ours to wait for are forgotten at once */
    (void)snprintf(id, sizeof(id), "u-x");
    u.pid = getppid();
    reaper_add("s", &u);
    ck_assert(!reaper_look("s", &u));
    for (int i = 0; i < REAPER_REMEMBER + 10; i++) {
        pid_t pid = vfork();

        if (pid == 0)
            _exit(i % 100);
        (void)waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
        (void)snprintf(id, sizeof(id), "u-%d", i);
        u.pid = pid;
        u.state = UNIT_ALIVE;
        reaper_add("s", &u);
        if (!reaper_look("s", &u))
            ck_abort_msg("forgotten too early");
    }
    reaper_collect();
    ck_assert_uint_eq(reaper_living(), 0);
    u.pid = 0;
    (void)snprintf(id, sizeof(id), "u-9");
    ck_assert(!reaper_look("s", &u));
    (void)snprintf(id, sizeof(id), "u-10");
    ck_assert(reaper_look("s", &u));
    ck_assert_int_eq(u.code, 10);
    ck_assert(!reaper_look("t", &u));
}
END_TEST

/* A command that is a daemon at heart: its environment is gone, but pid and
 * start time are known, and to us it is a child. */
START_TEST(unit_that_hides_its_marks)
{
    struct engine *e = help_engine();
    struct unit known;
    struct reply r, all;
    struct call c;

    help_sh(&c, "r-1", 1, "exec env -i sleep 600");
    help_run(e, &c, &r);
    known = r.units[0];
    for (usec_t end = now_mono() + PATIENCE; help_count("r-1-0") > 0;)
        ck_assert_int_lt(now_mono(), end);
    ck_assert_int_eq(help_state(e, &known, NULL), UNIT_ALIVE);
    call_init(&c);
    c.type = CALL_LOOK;
    c.scan = true;
    help_run(e, &c, &all);
    ck_assert_uint_eq(all.unit_count, 1);
    ck_assert_int_eq(all.units[0].pid, known.pid);
    ck_assert_str_eq(all.units[0].request_id, "r-1");
    reply_fini(&all);
    /* a stranger's eye: another process, which is told pid and start time */
    pid_t pid = fork();
    int status;
    if (pid == 0) {
        struct engine *o = help_engine();
        bool ok = help_state(o, &known, NULL) == UNIT_ALIVE;

        help_look(&c, CALL_LOOK, &known);
        c.scan = true;
        help_run(o, &c, &all);
        ok = ok && all.unit_count == 1 && all.units[0].pid == known.pid;
        reply_fini(&all);
        engine_free(o);
        _exit(ok ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    help_end(&r);
    engine_free(e);
}
END_TEST

START_TEST(lock_keeps_others_out)
{
    static const char *const requests[] = {
        "r-1",
        /* longer than an address: by digest */
        "req-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    };
    struct engine *e = help_engine();
    const char *request = requests[_i];
    struct reply r;
    struct call c;
    int lock, other;

    lock = spawnlock_take(deployment, HOST, request);
    ck_assert_int_ge(lock, 3);
    ck_assert_int_eq(fcntl(lock, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(spawnlock_take(deployment, HOST, request), -1);
    ck_assert_int_eq(errno, EADDRINUSE);
    other = spawnlock_take(deployment, "host-2", request);
    ck_assert_int_ge(other, 3);
    (void)close(other);
    help_sleeper(&c, request, 1);
    help_run(e, &c, &r);
    ck_assert_int_eq(r.end, WIRE_BUSY);
    ck_assert_int_eq(r.units[0].state, UNIT_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(r.text, "another daemon"));
    ck_assert_int_eq(help_count(r.units[0].instance_id), 0);
    reply_fini(&r);
    (void)close(lock);
    help_sleeper(&c, request, 1);
    help_run(e, &c, &r);
    ck_assert_int_eq(r.end, WIRE_OK);
    ck_assert_int_eq(r.units[0].state, UNIT_ALIVE);
    /* given back */
    lock = spawnlock_take(deployment, HOST, request);
    ck_assert_int_ge(lock, 3);
    (void)close(lock);
    help_end(&r);
    engine_free(e);
}
END_TEST

/* With 0, 1, 2... descriptors left: a call is lost, refused or done, and what
 * it says about processes is true. */
START_TEST(without_descriptors)
{
    bool done = false;

    for (int spare = 0; !done; spare++) {
        struct engine *e = help_engine();
        struct rlimit limit, before;
        struct reply r;
        struct call c;
        char request[32];
        int fd = dup(0);

        ck_assert_int_lt(spare, 50);
        (void)close(fd);
        (void)snprintf(request, sizeof(request), "r-%d", spare);
        help_sleeper(&c, request, 2);
        c.output = in_dir("%u.log");
        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
        limit = before;
        limit.rlim_cur = (rlim_t)(fd + spare);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        help_run(e, &c, &r);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
        ck_assert(r.end == WIRE_LOST || r.end == WIRE_OK);
        for (size_t i = 0; i < r.unit_count; i++) {
            const struct unit *u = &r.units[i];

            ck_assert(r.end == WIRE_OK || u->state == UNIT_UNKNOWN);
            ck_assert(r.end == WIRE_LOST || u->state == UNIT_ALIVE ||
                      (u->state == UNIT_ERROR && u->code == EMFILE));
            ck_assert_int_eq(help_count(u->instance_id),
                             u->state == UNIT_ALIVE);
        }
        done = r.end == WIRE_OK && r.units[0].state == UNIT_ALIVE;
        ck_assert(r.end == WIRE_OK || r.text[0] != '\0');
        help_end(&r);
        engine_free(e);
    }
}
END_TEST

START_TEST(no_descriptor_is_left)
{
    int before = dup(0), after;

    (void)close(before);
    for (int i = 0; i < 3; i++) {
        struct engine *e = help_engine();
        struct reply r, k;
        struct call c;
        char request[32];

        (void)snprintf(request, sizeof(request), "r-%d", i);
        help_sleeper(&c, request, 3);
        c.output = in_dir("%u.log");
        help_run(e, &c, &r);
        help_look(&c, CALL_KILL, &r.units[0]);
        c.signal = SIGSTOP; /* does not end: its pidfd is open at the end */
        c.timeout = USEC_MAX;
        ck_assert_int_eq(engine_submit(e, 1, &c), 0);
        engine_wait(e, 0);
        help_look(&c, CALL_KILL, &r.units[1]);
        c.signal = SIGKILL;
        c.timeout = PATIENCE;
        help_run(e, &c, &k);
        reply_fini(&k);
        help_end(&r);
        engine_free(e);
        after = dup(0);
        (void)close(after);
        ck_assert_int_eq(before, after);
    }
}
END_TEST

START_TEST(abort_names_what_was_started)
{
    struct engine *e = help_engine();
    size_t alive = 0, before;
    struct reply r;
    struct call c;
    uint64_t tag;

    reaper_collect();
    before = reaper_living();
    help_sleeper(&c, "r-1", MANY);
    ck_assert_int_eq(engine_submit(e, 1, &c), 0);
    /* until the first turn that started some; one turn cannot do them all */
    for (usec_t end = now_mono() + PATIENCE; help_count("r-1-0") == 0;) {
        ck_assert_int_lt(now_mono(), end);
        engine_wait(e, 0);
    }
    ck_assert(engine_abort(e, 1));
    ck_assert(engine_next(e, &tag, &r));
    ck_assert_int_eq(r.end, WIRE_ABORTED);
    ck_assert_uint_eq(r.unit_count, MANY);
    for (size_t i = 0; i < MANY; i++)
        alive += r.units[i].state == UNIT_ALIVE;
    ck_assert_uint_ge(alive, 1);
    ck_assert_uint_eq(alive + before, reaper_living());
    for (size_t i = 0; i < MANY; i++)
        if (r.units[i].state == UNIT_UNKNOWN)
            ck_assert_int_eq(r.units[i].pid, 0);
    int lock = spawnlock_take(deployment, HOST, "r-1");
    ck_assert_int_ge(lock, 3);
    (void)close(lock);
    help_end(&r);
    engine_free(e);
}
END_TEST

START_TEST(scan_of_many)
{
    struct engine *e = help_engine();
    usec_t start = now_mono(), spawned, scanned;
    struct reply r, all;
    struct call c;

    help_sleeper(&c, "r-1", MANY);
    help_run(e, &c, &r);
    spawned = now_mono() - start;
    ck_assert_int_eq(r.end, WIRE_OK);
    call_init(&c);
    c.type = CALL_LOOK;
    c.scan = true;
    start = now_mono();
    help_run(e, &c, &all);
    scanned = now_mono() - start;
    ck_assert_int_eq(all.end, WIRE_OK);
    ck_assert_uint_eq(all.unit_count, MANY);
    for (size_t i = 0; i < MANY; i++)
        ck_assert_int_eq(all.units[i].state, UNIT_ALIVE);
    printf("# %d units spawned in %lld us (%lld per s), scanned in %lld us\n",
           MANY, (long long)spawned, (long long)(MANY * USEC_S / (spawned + 1)),
           (long long)scanned);
    reply_fini(&all);
    help_end(&r);
    engine_free(e);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("io_spawn");
    TCase *t = tcase_create("spawn");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, child_carries_the_marks);
    tcase_add_test(t, child_is_clean);
    tcase_add_test(t, daemon_without_standard_files);
    tcase_add_test(t, second_spawn_finds_the_first);
    tcase_add_test(t, unit_outlives_the_daemon);
    tcase_add_loop_test(t, failure_says_why, 0, COUNT(fail_rows));
    tcase_add_test(t, units_of_two_requests_are_refused);
    tcase_add_test(t, recorded_units_are_not_started_again);
    tcase_add_test(t, output_is_appended);
    tcase_add_test(t, exit_status_is_remembered);
    tcase_add_test(t, dead_children_do_not_stay);
    tcase_add_test(t, memory_of_ended_children_is_bounded);
    tcase_add_test(t, unit_that_hides_its_marks);
    tcase_add_loop_test(t, lock_keeps_others_out, 0, 2);
    tcase_add_test(t, without_descriptors);
    tcase_add_test(t, no_descriptor_is_left);
    tcase_add_test(t, abort_names_what_was_started);
    tcase_add_test(t, scan_of_many);
    suite_add_tcase(s, t);
    return unit_run(s);
}
