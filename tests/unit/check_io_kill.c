/* check_io_kill.c - signals reach the units and nobody else, and their ends
 * are waited for. */
#include "io/engine.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "io/procfs.h"
#include "io/reaper.h"
#include "io_help.h"

static char fifo[64];

static void
setup(void)
{
    help_setup();
    (void)snprintf(fifo, sizeof(fifo), "/tmp/check_io_%d.fifo", getpid());
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
}

static void
teardown(void)
{
    (void)unlink(fifo);
}

/* Starts a script as unit r-1-0 and reads the line that it writes to $FIFO:
 * an event that says how far it is. */
static void
start_script(struct engine *e, const char *script, struct reply *r,
             char line[64])
{
    const char *env[2] = {NULL, NULL};
    char entry[128];
    struct call c;

    (void)snprintf(entry, sizeof(entry), "FIFO=%s", fifo);
    env[0] = entry;
    help_sh(&c, "r-1", 1, script);
    c.env = help_strings(env);
    help_run(e, &c, r);
    ck_assert_int_eq(r->units[0].state, UNIT_ALIVE);
    ck_assert_uint_gt(help_read(fifo, line, 64), 0);
}

/* Signals u; returns what it is then. */
static enum unit_state
signal_unit(struct engine *e, const struct unit *u, int sig, usec_t timeout,
            int *code)
{
    enum unit_state state;
    struct reply r;
    struct call c;

    help_look(&c, CALL_KILL, u);
    c.signal = sig;
    c.timeout = timeout;
    help_run(e, &c, &r);
    ck_assert_int_eq(r.end, WIRE_OK);
    ck_assert_uint_eq(r.unit_count, 1);
    state = r.units[0].state;
    if (code != NULL)
        *code = r.units[0].code;
    reply_fini(&r);
    return state;
}

START_TEST(term_is_honoured)
{
    struct engine *e = help_engine();
    usec_t start = now_mono();
    struct reply r;
    struct call c;
    int code;

    help_sleeper(&c, "r-1", 1);
    help_run(e, &c, &r);
    ck_assert_int_eq(signal_unit(e, &r.units[0], SIGTERM, PATIENCE, &code),
                     UNIT_KILLED);
    ck_assert_int_eq(code, SIGTERM);
    ck_assert_int_lt(now_mono() - start, PATIENCE);
    ck_assert_uint_eq(reaper_living(), 0);
    /* and once more: it stays what it is */
    ck_assert_int_eq(signal_unit(e, &r.units[0], SIGTERM, PATIENCE, &code),
                     UNIT_KILLED);
    reply_fini(&r);
    engine_free(e);
}
END_TEST

START_TEST(term_is_ignored_kill_is_not)
{
    struct engine *e = help_engine();
    usec_t start;
    struct reply r;
    char line[64];
    int code;

    start_script(e, "trap '' TERM; echo > $FIFO; exec sleep 60", &r, line);
    start = now_mono();
    ck_assert_int_eq(signal_unit(e, &r.units[0], SIGTERM, 100 * USEC_MS, NULL),
                     UNIT_ALIVE);
    ck_assert_int_ge(now_mono() - start, 100 * USEC_MS);
    ck_assert_int_eq(signal_unit(e, &r.units[0], SIGTERM, 0, NULL), UNIT_ALIVE);
    ck_assert_int_eq(signal_unit(e, &r.units[0], SIGKILL, PATIENCE, &code),
                     UNIT_KILLED);
    ck_assert_int_eq(code, SIGKILL);
    reply_fini(&r);
    engine_free(e);
}
END_TEST

START_TEST(exit_by_a_handler_is_an_exit)
{
    struct engine *e = help_engine();
    struct reply r;
    char line[64];
    int code;

    start_script(
        e, "trap 'exit 7' TERM; echo > $FIFO; while :; do sleep 0.05; done", &r,
        line);
    ck_assert_int_eq(signal_unit(e, &r.units[0], SIGTERM, PATIENCE, &code),
                     UNIT_EXITED);
    ck_assert_int_eq(code, 7);
    reply_fini(&r);
    engine_free(e);
}
END_TEST

/* What a shell started is part of the unit. */
START_TEST(whole_group_is_signalled)
{
    struct engine *e = help_engine();
    struct reply r;
    char line[64];
    pid_t inner;

    start_script(e, "sleep 60 & echo $! > $FIFO; wait", &r, line);
    inner = (pid_t)strtol(line, NULL, 10);
    ck_assert_int_gt(inner, 1);
    ck_assert_int_eq(signal_unit(e, &r.units[0], SIGKILL, PATIENCE, NULL),
                     UNIT_KILLED);
    help_await_end(inner);
    reply_fini(&r);
    engine_free(e);
}
END_TEST

/* Not our child: the daemon that started it is dead. */
START_TEST(unit_of_a_dead_daemon)
{
    struct engine *e;
    struct unit u = {0};
    int result[2];
    struct reply r;
    struct call c;
    pid_t daemon;

    ck_assert_int_eq(pipe(result), 0);
    daemon = fork();
    if (daemon == 0) {
        e = help_engine();
        help_sleeper(&c, "r-1", 1);
        help_run(e, &c, &r);
        (void)!write(result[1], &r.units[0], sizeof(u));
        (void)kill(getpid(), SIGKILL);
    }
    ck_assert_int_eq(read(result[0], &u, sizeof(u)), sizeof(u));
    ck_assert_int_eq(waitpid(daemon, NULL, 0), daemon);
    e = help_engine();
    u.instance_id = strdup("r-1-0");
    u.request_id = strdup("r-1");
    if (_i == 1) { /* nothing known but its name: found by its marks */
        u.pid = 0;
        u.start_time = 0;
    }
    ck_assert_int_eq(help_state(e, &u, NULL), UNIT_ALIVE);
    ck_assert_int_eq(signal_unit(e, &u, SIGTERM, PATIENCE, NULL), UNIT_GONE);
    ck_assert_int_eq(help_count("r-1-0"), 0);
    free(u.instance_id);
    free(u.request_id);
    engine_free(e);
}
END_TEST

/* A pid that is another program's by now is left alone. */
static const struct reuse_row {
    const char *what;
    bool leader, marked;
    const char *unit; /* whose marks it has */
    bool start_known, start_wrong;
} reuse_rows[] = {
    {"start time differs", true, true, "r-1-0", true, true},
    {"start time differs, no marks", true, false, "", true, true},
    {"marks of another unit", true, true, "r-1-1", true, false},
    {"marks of another unit, start not known", true, true, "r-1-1", false,
     false},
    {"no marks, start not known", true, false, "", false, false},
    {"leads no session", false, true, "r-1-0", true, false},
};

START_TEST(reused_pid_is_not_signalled)
{
    const struct reuse_row *t = &reuse_rows[_i];
    struct engine *e = help_engine();
    char marks[4][128], *env[5] = {NULL};
    char id[] = "r-1-0", request[] = "r-1";
    struct unit u = {.instance_id = id, .request_id = request};

    (void)snprintf(marks[0], sizeof(marks[0]), "HOSTQ_UNIT=%s", t->unit);
    (void)snprintf(marks[1], sizeof(marks[1]), "HOSTQ_DEPLOYMENT=%s",
                   deployment);
    (void)snprintf(marks[2], sizeof(marks[2]), "HOSTQ_HOST=%s", HOST);
    (void)snprintf(marks[3], sizeof(marks[3]), "HOSTQ_REQUEST=r-1");
    for (int i = 0; t->marked && i < 4; i++)
        env[i] = marks[i];
    u.pid = help_stranger(t->leader, env);
    if (t->start_known)
        u.start_time = procfs_start_time(u.pid) - (t->start_wrong ? 1 : 0);
    ck_assert_int_eq(help_state(e, &u, NULL), UNIT_GONE);
    ck_assert_int_eq(signal_unit(e, &u, SIGKILL, PATIENCE, NULL), UNIT_GONE);
    ck_assert_msg(help_untouched(u.pid), "%s: signalled", t->what);
    help_end_stranger(u.pid);
    engine_free(e);
}
END_TEST

START_TEST(nobody_there)
{
    struct engine *e = help_engine();
    char id[] = "r-1-0", request[] = "r-1";
    struct unit u = {.instance_id = id, .request_id = request};
    struct reply r;
    struct call c;

    ck_assert_int_eq(signal_unit(e, &u, SIGKILL, PATIENCE, NULL), UNIT_GONE);
    u.pid = 1;
    u.start_time = 1;
    ck_assert_int_eq(signal_unit(e, &u, SIGKILL, PATIENCE, NULL), UNIT_GONE);
    u.pid = -1; /* "everybody" to kill(2) */
    ck_assert_int_eq(signal_unit(e, &u, SIGKILL, PATIENCE, NULL), UNIT_GONE);
    u.pid = 2147483647;
    ck_assert_int_eq(signal_unit(e, &u, SIGKILL, PATIENCE, NULL), UNIT_GONE);
    /* no units at all */
    call_init(&c);
    c.type = CALL_KILL;
    c.signal = SIGTERM;
    c.timeout = PATIENCE;
    help_run(e, &c, &r);
    ck_assert_int_eq(r.end, WIRE_OK);
    ck_assert_uint_eq(r.unit_count, 0);
    reply_fini(&r);
    engine_free(e);
}
END_TEST

START_TEST(no_such_signal)
{
    struct engine *e = help_engine();
    struct reply r;
    struct call c;
    int code;

    help_sleeper(&c, "r-1", 1);
    help_run(e, &c, &r);
    ck_assert_int_eq(signal_unit(e, &r.units[0], 0, PATIENCE, &code),
                     UNIT_ERROR);
    ck_assert_int_eq(code, EINVAL);
    ck_assert_int_eq(signal_unit(e, &r.units[0], 1000, PATIENCE, &code),
                     UNIT_ERROR);
    ck_assert_int_eq(help_state(e, &r.units[0], NULL), UNIT_ALIVE);
    help_end(&r);
    engine_free(e);
}
END_TEST

START_TEST(two_kills_and_an_abort)
{
    struct engine *e = help_engine();
    struct reply r, k;
    char line[64];
    struct call c;
    uint64_t tag;

    start_script(e, "trap '' TERM; echo > $FIFO; exec sleep 60", &r, line);
    for (uint64_t i = 1; i <= 3; i++) {
        help_look(&c, CALL_KILL, &r.units[0]);
        c.signal = SIGTERM;
        c.timeout = PATIENCE;
        ck_assert_int_eq(engine_submit(e, i, &c), 0);
    }
    engine_wait(e, 20 * USEC_MS);
    ck_assert(!engine_next(e, &tag, &k));
    ck_assert(engine_abort(e, 2));
    ck_assert(engine_next(e, &tag, &k));
    ck_assert_uint_eq(tag, 2);
    ck_assert_int_eq(k.end, WIRE_ABORTED);
    ck_assert_int_eq(k.units[0].state, UNIT_ALIVE);
    reply_fini(&k);
    help_look(&c, CALL_KILL, &r.units[0]);
    c.signal = SIGKILL;
    c.timeout = PATIENCE;
    ck_assert_int_eq(engine_submit(e, 4, &c), 0);
    /* all three that wait see the end */
    for (usec_t end = now_mono() + PATIENCE; engine_inflight(e) > 0;) {
        ck_assert_int_lt(now_mono(), end);
        engine_wait(e, PATIENCE);
        while (engine_next(e, &tag, &k)) {
            ck_assert_int_eq(k.units[0].state, UNIT_KILLED);
            ck_assert_int_eq(k.units[0].code, SIGKILL);
            reply_fini(&k);
        }
    }
    reply_fini(&r);
    engine_free(e);
}
END_TEST

START_TEST(many_at_once)
{
    struct engine *e = help_engine();
    usec_t start;
    struct reply r, k;
    struct call c;

    help_sleeper(&c, "r-1", 200);
    help_run(e, &c, &r);
    call_init(&c);
    c.type = CALL_KILL;
    c.signal = SIGTERM;
    c.timeout = PATIENCE;
    for (size_t i = 0; i < r.unit_count; i++) {
        struct unit *u = call_add_unit(&c, r.units[i].instance_id, "r-1");

        u->pid = r.units[i].pid;
        u->start_time = r.units[i].start_time;
    }
    start = now_mono();
    help_run(e, &c, &k);
    printf("# 200 units ended in %lld us\n", (long long)(now_mono() - start));
    ck_assert_uint_eq(k.unit_count, 200);
    for (size_t i = 0; i < k.unit_count; i++)
        ck_assert_int_eq(k.units[i].state, UNIT_KILLED);
    reply_fini(&k);
    reply_fini(&r);
    engine_free(e);
}
END_TEST

/* Makes system call nr fail: always, or only with an argument 3 that is not
 * 0. False where filters are not allowed. */
static bool
forbid(unsigned nr, bool with_flags, unsigned error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args[3])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, with_flags ? 1 : 0, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT(code), code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* As on older kernels: no pidfd_open, or no signal to a group through one.
 * In a process of its own, as a filter is for ever. */
static int
run_old_kernel(bool no_pidfd)
{
    struct engine *e = help_engine();
    struct reply mine, r;
    struct unit foreign = {0};
    struct call c;
    int result[2], code = 0;
    pid_t daemon;

    ck_assert_int_eq(pipe(result), 0);
    daemon = fork();
    if (daemon == 0) {
        struct engine *o = help_engine();

        help_sleeper(&c, "r-2", 1);
        help_run(o, &c, &r);
        (void)!write(result[1], &r.units[0], sizeof(foreign));
        _exit(0);
    }
    ck_assert_int_eq(read(result[0], &foreign, sizeof(foreign)),
                     sizeof(foreign));
    (void)waitpid(daemon, NULL, 0);
    if (no_pidfd ? !forbid(SYS_pidfd_open, false, ENOSYS)
                 : !forbid(SYS_pidfd_send_signal, true, EINVAL))
        return 77;
    help_sleeper(&c, "r-1", 1);
    help_run(e, &c, &mine);
    if (signal_unit(e, &mine.units[0], SIGTERM, PATIENCE, &code) !=
            UNIT_KILLED ||
        code != SIGTERM)
        return 1;
    char id[] = "r-2-0", request[] = "r-2";
    foreign.instance_id = id;
    foreign.request_id = request;
    foreign.start_time++;
    if (signal_unit(e, &foreign, SIGTERM, PATIENCE, NULL) != UNIT_GONE)
        return 2;
    foreign.start_time--;
    if (help_state(e, &foreign, NULL) != UNIT_ALIVE)
        return 3;
    if (signal_unit(e, &foreign, SIGTERM, PATIENCE, NULL) != UNIT_GONE)
        return 4;
    if (help_count("r-2-0") != 0)
        return 5;
    reply_fini(&mine);
    engine_free(e);
    return 0;
}

START_TEST(old_kernel)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(run_old_kernel(_i == 0));
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        printf("# no seccomp filters here: old kernels not tried\n");
    else
        ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("io_kill");
    TCase *t = tcase_create("kill");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, term_is_honoured);
    tcase_add_test(t, term_is_ignored_kill_is_not);
    tcase_add_test(t, exit_by_a_handler_is_an_exit);
    tcase_add_test(t, whole_group_is_signalled);
    tcase_add_loop_test(t, unit_of_a_dead_daemon, 0, 2);
    tcase_add_loop_test(t, reused_pid_is_not_signalled, 0, COUNT(reuse_rows));
    tcase_add_test(t, nobody_there);
    tcase_add_test(t, no_such_signal);
    tcase_add_test(t, two_kills_and_an_abort);
    tcase_add_test(t, many_at_once);
    tcase_add_loop_test(t, old_kernel, 0, 2);
    suite_add_tcase(s, t);
    return unit_run(s);
}
