/* check_io_race.c - one unit, one process: whoever starts it, whenever they
 * are killed (rule 3 and D10: nothing is started twice).
 *
 * The dangerous moments of a start are: the child exists but is not through
 * its exec (it cannot be seen, and the spawn lock must be held for it), and
 * the child is inside exec (the lock is gone, the marks are not there yet,
 * and a scan must say that it may lack something). */
#include "io/engine.h"

#include <pthread.h>
#include <sys/ptrace.h>
#include <time.h>

#include "io/procfs.h"
#include "io/spawnlock.h"
#include "io_help.h"

#define UNITS 50

typedef void make_call(struct call *c, const char *request, int count);

/* As help_run(), again as long as somebody else is busy with it. */
static void
run_patiently(struct engine *e, make_call *make, const char *request, int count,
              struct reply *r)
{
    struct call c;

    for (usec_t end = now_mono() + PATIENCE;;) {
        make(&c, request, count);
        help_run(e, &c, r);
        if (r->end != WIRE_BUSY)
            break;
        reply_fini(r);
        ck_assert_int_lt(now_mono(), end);
        engine_wait(e, 2 * USEC_MS);
    }
    ck_assert_int_eq(r->end, WIRE_OK);
}

static void
by_name(struct call *c, enum call_type type, const char *id,
        const char *request)
{
    call_init(c);
    c->type = type;
    c->signal = SIGKILL;
    (void)call_add_unit(c, id, request);
}

static void
kill_first(struct call *c, const char *request, int count)
{
    char unit[40];

    (void)count;
    (void)snprintf(unit, sizeof(unit), "%s-0", request);
    by_name(c, CALL_KILL, unit, request);
    c->timeout = PATIENCE;
}

/* Somebody is starting units of r-1: what is not there may be about to be.
 * Units of another request, and those known by pid, are nobody's business. */
START_TEST(not_there_is_not_said_while_somebody_starts)
{
    static const enum call_type types[] = {CALL_LOOK, CALL_KILL};
    struct engine *e = help_engine();
    int lock = spawnlock_take(deployment, HOST, "r-1");
    struct reply r;
    struct call c;

    ck_assert_int_ge(lock, 3);
    for (size_t i = 0; i < COUNT(types); i++) {
        by_name(&c, types[i], "r-2-0", "r-2");
        help_run(e, &c, &r);
        ck_assert_int_eq(r.end, WIRE_OK);
        ck_assert_int_eq(r.units[0].state, UNIT_GONE);
        reply_fini(&r);
        by_name(&c, types[i], "r-2-0", "r-2");
        (void)call_add_unit(&c, "r-1-0", "r-1");
        help_run(e, &c, &r);
        ck_assert_int_eq(r.end, WIRE_BUSY);
        ck_assert_int_eq(r.units[1].state, UNIT_UNKNOWN);
        reply_fini(&r);
        by_name(&c, types[i], "r-1-0", "r-1");
        c.units[0].pid = 2147483647;
        c.units[0].start_time = 1;
        help_run(e, &c, &r);
        ck_assert_int_eq(r.end, WIRE_OK);
        ck_assert_int_eq(r.units[0].state, UNIT_GONE);
        reply_fini(&r);
    }
    (void)close(lock);
    for (int i = 0; i < 2; i++) {
        by_name(&c, types[i], "r-1-0", "r-1");
        help_run(e, &c, &r);
        ck_assert_int_eq(r.units[0].state, UNIT_GONE);
        reply_fini(&r);
        lock = spawnlock_take(deployment, HOST, "r-1"); /* given back */
        ck_assert_int_ge(lock, 3);
        (void)close(lock);
    }
    engine_free(e);
}
END_TEST

/* One batch: a clean-up right behind the start must not find nobody. */
START_TEST(kill_behind_a_spawn)
{
    struct engine *e = help_engine();
    struct reply r, spawned = {0};
    enum wire_end end = WIRE_BUSY;
    struct call c;
    uint64_t tag;

    help_sleeper(&c, "r-1", 1);
    ck_assert_int_eq(engine_submit(e, 1, &c), 0);
    by_name(&c, _i == 0 ? CALL_KILL : CALL_LOOK, "r-1-0", "r-1");
    ck_assert_int_eq(engine_submit(e, 2, &c), 0);
    for (usec_t until = now_mono() + PATIENCE; engine_inflight(e) > 0;) {
        ck_assert_int_lt(now_mono(), until);
        engine_wait(e, PATIENCE);
        while (engine_next(e, &tag, &r)) {
            if (tag == 1) {
                spawned = r;
                continue;
            }
            end = r.end;
            ck_assert_int_ne(r.units[0].state, UNIT_GONE);
            reply_fini(&r);
        }
    }
    ck_assert_int_eq(spawned.units[0].state, UNIT_ALIVE);
    ck_assert_int_eq(end, WIRE_BUSY);
    /* the child has the lock until it is through its exec */
    run_patiently(e, kill_first, "r-1", 1, &r);
    ck_assert_int_eq(r.units[0].state, UNIT_KILLED);
    reply_fini(&r);
    help_end(&spawned);
    engine_free(e);
}
END_TEST

/* A daemon of its own that starts the units when `go` ends, and reports their
 * pids. */
static pid_t
start_racer(int go, int report, const char *request)
{
    pid_t pid = fork();
    struct engine *e;
    struct reply r;
    char c;

    if (pid != 0)
        return pid;
    e = help_engine();
    (void)!read(go, &c, 1);
    run_patiently(e, help_sleeper, request, UNITS, &r);
    for (size_t i = 0; i < r.unit_count; i++)
        (void)!write(report, &r.units[i].pid, sizeof(pid_t));
    engine_free(e);
    _exit(0);
}

START_TEST(two_daemons_start_each_unit_once)
{
    int go[2], report[2][2], status;
    pid_t racer[2], pid[2];
    char unit[32];

    ck_assert_int_eq(pipe2(go, O_CLOEXEC), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pipe2(report[i], O_CLOEXEC), 0);
        racer[i] = fork();
        if (racer[i] == 0) {
            (void)close(go[1]);
            _exit(waitpid(start_racer(go[0], report[i][1], "r-1"), &status, 0) <
                      0 ||
                  status != 0);
        }
        (void)close(report[i][1]);
    }
    (void)close(go[1]); /* both at once */
    for (int i = 0; i < UNITS; i++) {
        for (int j = 0; j < 2; j++)
            ck_assert_int_eq(read(report[j][0], &pid[j], sizeof(pid_t)),
                             sizeof(pid_t));
        ck_assert_int_gt(pid[0], 1);
        ck_assert_int_eq(pid[0], pid[1]);
        (void)snprintf(unit, sizeof(unit), "r-1-%d", i);
        ck_assert_int_eq(help_count(unit), 1);
        ck_assert_int_eq(kill(pid[0], SIGKILL), 0);
    }
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(waitpid(racer[i], &status, 0), racer[i]);
        ck_assert_int_eq(status, 0);
        (void)close(report[i][0]);
    }
    (void)close(go[0]);
}
END_TEST

/* What assertions tell the test's runner goes through a file that a child
 * shares. One that is killed in the middle of that leaves half a message. */
static void
tell_runner_nothing(void)
{
    struct stat st;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    for (int fd = STDERR_FILENO + 1; fd < 64; fd++)
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0)
            (void)dup2(null, fd);
}

/* A daemon that starts count units of the request. */
static pid_t
start_daemon(const char *request, int count)
{
    pid_t pid = fork();
    struct engine *e;
    struct reply r;
    struct call c;

    if (pid != 0)
        return pid;
    tell_runner_nothing();
    e = help_engine();
    help_sleeper(&c, request, count);
    help_run(e, &c, &r);
    _exit(r.end == WIRE_OK ? 0 : 1);
}

/* kill -9 at any moment, then another daemon does it again. */
START_TEST(killed_daemon_leaves_no_double)
{
    struct engine *e = help_engine();
    const char *given = getenv("SEED");
    unsigned seed =
        given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)getpid();
    int alive = 0, partial = 0;

    printf("# SEED=%u\n", seed);

    for (int round = 0; round < 40; round++) {
        const struct timespec late = {.tv_nsec = rand_r(&seed) % 12000000};
        char request[32];
        struct reply r;
        pid_t daemon;
        int before = 0;

        (void)snprintf(request, sizeof(request), "r-%d", round);
        daemon = start_daemon(request, 12);
        (void)nanosleep(&late, NULL); /* the fault, not a wait */
        (void)kill(daemon, SIGKILL);
        run_patiently(e, help_sleeper, request, 12, &r);
        (void)waitpid(daemon, NULL, 0);
        for (size_t i = 0; i < r.unit_count; i++) {
            ck_assert_int_eq(r.units[i].state, UNIT_ALIVE);
            ck_assert_int_eq(help_count(r.units[i].instance_id), 1);
            before += help_status(r.units[i].pid, "PPid:", 10) != getpid();
        }
        alive += before;
        partial += before > 0 && before < 12;
        help_end(&r);
    }
    printf("# killed daemons had started %d of %d units, and some but not all "
           "in %d of 40 rounds\n",
           alive, 40 * 12, partial);
    engine_free(e);
}
END_TEST

/* The lock is waited for and taken the moment it is free; then a scan must
 * either know the unit or say that somebody is inside exec. */
START_TEST(lock_is_not_free_before_the_unit_can_be_seen)
{
    int inside = 0, tried = 0;

    for (int round = 0; round < 150; round++) {
        bool held = false, found = false;
        struct err err;
        char request[32], unit[40];
        pid_t daemon;
        int lock, status;

        (void)snprintf(request, sizeof(request), "r-%d", round);
        (void)snprintf(unit, sizeof(unit), "%s-0", request);
        daemon = start_daemon(request, 1);
        for (;;) {
            lock = spawnlock_take(deployment, HOST, request);
            if (lock >= 0 && held)
                break;
            if (lock < 0)
                held = true;
            else
                (void)close(lock);
            lock = -1;
            if (waitpid(daemon, &status, WNOHANG) == daemon) {
                daemon = 0;
                break;
            }
        }
        if (daemon == 0 && status != 0)
            continue; /* it found us holding the lock: nothing was started */
        tried += daemon != 0;
        for (usec_t end = now_mono() + PATIENCE; !found;) {
            const struct proc_unit *u;
            struct proc_scan s;

            ck_assert_int_eq(procfs_scan(deployment, HOST, &s, &err), 0);
            u = procfs_scan_find(&s, unit);
            found = u != NULL;
            ck_assert_msg(found || s.starting != 0, "round %d: not seen",
                          round);
            inside += s.starting != 0;
            if (found)
                ck_assert_int_eq(kill(u->pid, SIGKILL), 0);
            procfs_scan_fini(&s);
            ck_assert_int_lt(now_mono(), end);
        }
        if (lock >= 0)
            (void)close(lock);
        if (daemon > 0)
            (void)waitpid(daemon, NULL, 0);
    }
    printf("# lock taken over in %d of 150 rounds, scans that met an exec: "
           "%d\n",
           tried, inside);
}
END_TEST

/* The parent goes on when exec lets go of the old memory, a moment before it
 * is replaced and long before the environment is complete. Who knows the start
 * time, or has the lock of the request, must not hear a "no" then. (Without
 * both the child is still its parent's picture.) */
START_TEST(unit_inside_exec_is_not_taken_for_gone)
{
    struct engine *e = help_engine();
    int inside = 0, held = 0;

    for (int round = 0; round < 300; round++) {
        char request[32], unit[40];
        uint64_t start, tag;
        struct reply r;
        struct call c;
        int rc = -1;

        (void)snprintf(request, sizeof(request), "r-%d", round);
        (void)snprintf(unit, sizeof(unit), "%s-0", request);
        help_sleeper(&c, request, 1);
        ck_assert_int_eq(engine_submit(e, 1, &c), 0);
        while (!engine_next(e, &tag, &r))
            engine_wait(e, PATIENCE);
        ck_assert_int_eq(r.units[0].state, UNIT_ALIVE);
        start = r.units[0].start_time;
        ck_assert_int_eq(
            procfs_check(deployment, HOST, unit, r.units[0].pid, &start), 1);
        for (usec_t end = now_mono() + PATIENCE; rc != 1;) {
            int lock = spawnlock_take(deployment, HOST, request);

            ck_assert_int_lt(now_mono(), end);
            if (lock < 0) {
                held++;
                continue;
            }
            start = 0;
            rc = procfs_check(deployment, HOST, unit, r.units[0].pid, &start);
            ck_assert(rc == 1 || (rc == -1 && errno == EAGAIN));
            inside += rc != 1;
            (void)close(lock);
        }
        help_end(&r);
    }
    printf("# looks that met an exec: %d, the lock held by the child: %d\n",
           inside, held);
    engine_free(e);
}
END_TEST

/* A daemon that lets itself be traced; stops once before it starts. */
static pid_t
start_traced_daemon(const char *request)
{
    pid_t pid = fork();
    struct engine *e;
    struct reply r;
    struct call c;

    if (pid != 0)
        return pid;
    e = help_engine();
    help_sleeper(&c, request, 2);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(77);
    (void)raise(SIGSTOP);
    help_run(e, &c, &r);
    _exit(0);
}

/* Waits for a stop of pid with this event. */
static bool
await_event(pid_t pid, int event)
{
    int status;

    while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
        if (status >> 16 == event)
            return true;
        (void)ptrace(PTRACE_CONT, pid, NULL, NULL);
    }
    return false;
}

/* Two runners of one daemon: each starts its own units and looks at and ends
 * the other's; the table of children is shared. No check in the threads. */
struct runner {
    struct engine *engine;
    const char *request;
    struct reply mine;
    struct runner *other;
    pthread_barrier_t *barrier;
    int ended;
};

static void
await_reply(struct engine *e, struct call *c, struct reply *r)
{
    uint64_t tag;

    (void)engine_submit(e, 1, c);
    while (!engine_next(e, &tag, r))
        engine_wait(e, PATIENCE);
}

static void *
run_runner(void *arg)
{
    struct runner *me = arg;
    struct reply r;
    struct call c;

    help_sleeper(&c, me->request, 30);
    await_reply(me->engine, &c, &me->mine);
    (void)pthread_barrier_wait(me->barrier);
    for (size_t i = 0; i < me->other->mine.unit_count; i++) {
        const struct unit *u = &me->other->mine.units[i];

        help_look(&c, i % 2 == 0 ? CALL_LOOK : CALL_KILL, u);
        c.signal = SIGKILL;
        c.timeout = PATIENCE;
        await_reply(me->engine, &c, &r);
        me->ended += r.units[0].state == UNIT_KILLED;
        reply_fini(&r);
    }
    return NULL;
}

START_TEST(two_runners_share_the_children)
{
    struct runner runner[2] = {{.request = "r-0"}, {.request = "r-1"}};
    pthread_barrier_t barrier;
    pthread_t thread[2];

    ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, 2), 0);
    for (int i = 0; i < 2; i++) {
        runner[i].engine = help_engine();
        runner[i].other = &runner[1 - i];
        runner[i].barrier = &barrier;
    }
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(
            pthread_create(&thread[i], NULL, run_runner, &runner[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(runner[i].mine.end, WIRE_OK);
        ck_assert_int_eq(runner[i].ended, 15);
        for (size_t j = 0; j < 30; j++)
            ck_assert_int_eq(
                help_state(runner[i].engine, &runner[i].mine.units[j], NULL),
                j % 2 == 0 ? UNIT_ALIVE : UNIT_KILLED);
    }
    for (int i = 0; i < 2; i++) {
        help_end(&runner[i].mine);
        engine_free(runner[i].engine);
    }
    (void)pthread_barrier_destroy(&barrier);
}
END_TEST

/* Lets pid run up to the entry of its first execve. */
static void
run_to_execve(pid_t pid)
{
    struct __ptrace_syscall_info info = {.op = PTRACE_SYSCALL_INFO_NONE};
    int status;

    do {
        ck_assert_int_eq(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
        ck_assert_int_eq(waitpid(pid, &status, __WALL), pid);
        ck_assert(WIFSTOPPED(status));
        (void)ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
    } while (info.op != PTRACE_SYSCALL_INFO_ENTRY ||
             info.entry.nr != SYS_execve);
}

static void
expect_busy(struct engine *e)
{
    struct reply r;
    struct call c;

    ck_assert_int_eq(help_count("r-1-0"), 0);
    help_sleeper(&c, "r-1", 2);
    help_run(e, &c, &r);
    ck_assert_int_eq(r.end, WIRE_BUSY);
    reply_fini(&r);
}

START_TEST(parent_killed_between_clone_and_exec)
{
    const long options =
        PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD;
    struct engine *e = help_engine();
    unsigned long message = 0;
    pid_t daemon, child;
    struct reply r;
    int status;

    daemon = start_traced_daemon("r-1");
    ck_assert_int_eq(waitpid(daemon, &status, 0), daemon);
    if (!WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, daemon, NULL, options) != 0) {
        printf("# ptrace is not allowed here: not tried\n");
        engine_free(e);
        return;
    }
    (void)ptrace(PTRACE_CONT, daemon, NULL, NULL);
    ck_assert(await_event(daemon, PTRACE_EVENT_VFORK));
    ck_assert_int_eq(ptrace(PTRACE_GETEVENTMSG, daemon, NULL, &message), 0);
    child = (pid_t)message;
    ck_assert_int_eq(waitpid(child, &status, __WALL), child);
    ck_assert(WIFSTOPPED(status));
    /* the child stands before its first instruction; its parent dies */
    ck_assert_int_eq(kill(daemon, SIGKILL), 0);
    ck_assert_int_eq(waitpid(daemon, &status, __WALL), daemon);
    ck_assert(WIFSIGNALED(status));
    /* no marks to be seen, but the lock is held, up to the last moment */
    expect_busy(e);
    run_to_execve(child);
    expect_busy(e);
    /* on to the exec: from here on it can be seen */
    (void)ptrace(PTRACE_CONT, child, NULL, NULL);
    ck_assert(await_event(child, PTRACE_EVENT_EXEC));
    ck_assert_int_eq(ptrace(PTRACE_DETACH, child, NULL, NULL), 0);
    run_patiently(e, help_sleeper, "r-1", 2, &r);
    ck_assert_int_eq(r.units[0].state, UNIT_ALIVE);
    ck_assert_int_eq(r.units[0].pid, child);
    ck_assert_int_eq(r.units[1].state, UNIT_ALIVE);
    ck_assert_int_eq(help_count("r-1-0"), 1);
    ck_assert_int_eq(help_count("r-1-1"), 1);
    help_end(&r);
    engine_free(e);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("io_race");
    TCase *t = tcase_create("race");

    tcase_add_checked_fixture(t, help_setup, NULL);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, not_there_is_not_said_while_somebody_starts);
    tcase_add_loop_test(t, kill_behind_a_spawn, 0, 2);
    tcase_add_loop_test(t, two_daemons_start_each_unit_once, 0, 4);
    tcase_add_test(t, killed_daemon_leaves_no_double);
    tcase_add_test(t, lock_is_not_free_before_the_unit_can_be_seen);
    tcase_add_test(t, unit_inside_exec_is_not_taken_for_gone);
    tcase_add_test(t, two_runners_share_the_children);
    tcase_add_test(t, parent_killed_between_clone_and_exec);
    suite_add_tcase(s, t);
    return unit_run(s);
}
