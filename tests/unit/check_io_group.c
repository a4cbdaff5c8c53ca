/* check_io_group.c - a unit is all of its process group: it lives, drains and
 * is killed as long as a member does, also without its leader; and what only
 * has the same number is left alone. */
#include "io/group.h"

#include "io/procfs.h"
#include "io/reaper.h"
#include "io_help.h"

static char fifo[64];

static void
setup(void)
{
    help_setup();
    (void)snprintf(fifo, sizeof(fifo), "/tmp/check_io_%d.fifo", getpid());
    (void)unlink(fifo); /* of a killed test with this pid */
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
}

static void
teardown(void)
{
    (void)unlink(fifo);
}

/* Waits until pid has become another program. No event tells this. */
static void
await_program(pid_t pid, const char *program)
{
    char path[64], line[64] = "";

    (void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
    for (usec_t end = now_mono() + PATIENCE; now_mono() < end;) {
        (void)help_read(path, line, sizeof(line));
        if (strncmp(line, program, strlen(program)) == 0)
            break;
    }
    help_settle(pid);
}

/* Starts a script as unit r-1-0; returns the pid of its worker, which writes
 * it to $FIFO when it is ready. */
static pid_t
start_script(struct engine *e, const char *script, struct reply *r)
{
    const char *env[2] = {NULL, NULL};
    char entry[128], line[64];
    struct call c;
    pid_t worker;

    (void)snprintf(entry, sizeof(entry), "FIFO=%s", fifo);
    env[0] = entry;
    help_sh(&c, "r-1", 1, script);
    c.env = help_strings(env);
    help_run(e, &c, r);
    ck_assert_int_eq(r->units[0].state, UNIT_ALIVE);
    ck_assert_uint_gt(help_read(fifo, line, sizeof(line)), 0);
    worker = (pid_t)strtol(line, NULL, 10);
    ck_assert_int_gt(worker, 1);
    if (strstr(script, "exec sleep") != NULL)
        await_program(worker, "sleep");
    return worker;
}

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
    state = r.units[0].state;
    *code = r.units[0].code;
    reply_fini(&r);
    return state;
}

static bool
is_there(pid_t pid)
{
    struct proc_stat st;

    return procfs_stat(pid, &st) == 0 && !st.dead;
}

/* The shell ends at SIGTERM, its worker does not. */
#define STUBBORN                                                               \
    "sh -c \"trap '' TERM; echo \\$\\$ > $FIFO; exec sleep 60\" & wait"
/* Both end at SIGTERM, the worker half a second later. */
#define SLOW                                                                   \
    "sh -c \"trap 'sleep 0.5; exit' TERM; echo \\$\\$ > $FIFO; "               \
    "while :; do sleep 0.05; done\" & wait"

START_TEST(worker_outlives_its_shell)
{
    struct engine *e = help_engine();
    struct reply r;
    pid_t worker;
    int code;

    worker = start_script(e, STUBBORN, &r);
    ck_assert_int_eq(signal_unit(e, &r.units[0], SIGTERM, 200 * USEC_MS, &code),
                     UNIT_ALIVE);
    help_await_end(r.units[0].pid);
    ck_assert_int_eq(help_state(e, &r.units[0], NULL), UNIT_ALIVE);
    ck_assert_uint_eq(reaper_living(), 1);
    ck_assert_int_eq(signal_unit(e, &r.units[0], SIGKILL, PATIENCE, &code),
                     UNIT_KILLED);
    ck_assert_int_eq(code, SIGTERM); /* as its leader ended */
    ck_assert(!is_there(worker));
    ck_assert_uint_eq(reaper_living(), 0);
    ck_assert_int_eq(help_state(e, &r.units[0], NULL), UNIT_KILLED);
    reply_fini(&r);
    engine_free(e);
}
END_TEST

/* The call waits for the last one. */
START_TEST(drain_is_waited_for)
{
    struct engine *e = help_engine();
    usec_t start;
    struct reply r;
    pid_t worker;
    int code;

    worker = start_script(e, SLOW, &r);
    start = now_mono();
    ck_assert_int_eq(signal_unit(e, &r.units[0], SIGTERM, PATIENCE, &code),
                     UNIT_KILLED);
    ck_assert_int_ge(now_mono() - start, 400 * USEC_MS);
    ck_assert_int_lt(now_mono() - start, PATIENCE);
    ck_assert(!is_there(worker));
    reply_fini(&r);
    engine_free(e);
}
END_TEST

/* Runs a daemon that starts the script and dies; u is the unit it left. */
static pid_t
leave_behind(const char *script, struct unit *u)
{
    static char id[] = "r-1-0", request[] = "r-1";
    pid_t result_pid[2];
    int result[2];
    struct reply r;

    ck_assert_int_eq(pipe(result), 0);
    pid_t daemon = fork();
    if (daemon == 0) {
        struct engine *e = help_engine();

        result_pid[0] = start_script(e, script, &r);
        result_pid[1] = r.units[0].pid;
        (void)!write(result[1], result_pid, sizeof(result_pid));
        (void)kill(getpid(), SIGKILL);
    }
    ck_assert_int_eq(read(result[0], result_pid, sizeof(result_pid)),
                     sizeof(result_pid));
    ck_assert_int_eq(waitpid(daemon, NULL, 0), daemon);
    (void)close(result[0]);
    (void)close(result[1]);
    *u = (struct unit){.instance_id = id, .request_id = request};
    u->pid = result_pid[1];
    u->start_time = procfs_start_time(u->pid);
    ck_assert_uint_ne(u->start_time, 0);
    return result_pid[0];
}

static void
kill_leader(const struct unit *u)
{
    ck_assert_int_eq(kill(u->pid, SIGKILL), 0);
    help_await_end(u->pid);
}

/* Nothing known but marks and the leader's numbers; or not even those. */
START_TEST(crashed_leader_of_a_dead_daemon)
{
    struct engine *e = help_engine();
    struct reply all;
    struct unit u;
    struct call c;
    pid_t worker;
    int code;

    worker = leave_behind(STUBBORN, &u);
    kill_leader(&u);
    if (_i == 1)
        u.start_time = 0;
    if (_i == 2)
        u.pid = 0;
    ck_assert_int_eq(help_state(e, &u, NULL), UNIT_ALIVE);
    /* nor is it started a second time */
    help_look(&c, CALL_SPAWN, &u);
    c.argv = help_strings((const char *const[]){"sleep", "60", NULL});
    help_run(e, &c, &all);
    ck_assert_int_eq(all.units[0].state, UNIT_ALIVE);
    ck_assert_int_eq(help_count("r-1-0"), 1);
    reply_fini(&all);
    ck_assert_int_eq(signal_unit(e, &u, SIGTERM, 100 * USEC_MS, &code),
                     UNIT_ALIVE);
    ck_assert_int_eq(signal_unit(e, &u, SIGKILL, PATIENCE, &code), UNIT_GONE);
    ck_assert(!is_there(worker));
    ck_assert_int_eq(help_state(e, &u, NULL), UNIT_GONE);
    engine_free(e);
}
END_TEST

/* Nobody in it carries marks: known to who started it, to others not. */
START_TEST(group_that_hides_its_marks)
{
    static const char script[] =
        "exec env -i FIFO=$FIFO sh -c 'sleep 60 & echo $! > $FIFO; wait'";
    struct engine *e = help_engine();
    struct reply r;
    struct unit u;
    pid_t worker;
    int code;

    if (_i == 0) {
        worker = start_script(e, script, &r);
        kill_leader(&r.units[0]);
        for (int i = 0; i < 3; i++)
            ck_assert_int_eq(help_state(e, &r.units[0], NULL), UNIT_ALIVE);
        ck_assert_int_eq(signal_unit(e, &r.units[0], SIGKILL, PATIENCE, &code),
                         UNIT_KILLED);
        ck_assert_int_eq(code, SIGKILL);
        ck_assert(!is_there(worker));
        reply_fini(&r);
    } else {
        worker = leave_behind(script, &u);
        kill_leader(&u);
        ck_assert_int_eq(help_state(e, &u, NULL), UNIT_GONE);
        ck_assert_int_eq(signal_unit(e, &u, SIGKILL, PATIENCE, &code),
                         UNIT_GONE);
        ck_assert(is_there(worker));
        (void)kill(worker, SIGKILL);
    }
    engine_free(e);
}
END_TEST

/* A descendant with a session of its own is no part of the unit. */
START_TEST(helper_with_its_own_session)
{
    struct engine *e = help_engine();
    struct reply r;
    pid_t helper;
    int code;

    helper = start_script(
        e, "setsid sh -c 'echo $$ > $FIFO; exec sleep 60' & wait", &r);
    ck_assert_int_eq(signal_unit(e, &r.units[0], SIGKILL, PATIENCE, &code),
                     UNIT_KILLED);
    ck_assert(is_there(helper));
    (void)kill(helper, SIGKILL);
    reply_fini(&r);
    engine_free(e);
}
END_TEST

/* A scan that is told the unit's numbers; what it lists of it. */
static size_t
look_everywhere(struct engine *e, const struct unit *known, struct unit *found)
{
    struct reply all;
    struct call c;
    size_t n;

    if (known != NULL)
        help_look(&c, CALL_LOOK, known);
    else
        call_init(&c);
    c.type = CALL_LOOK;
    c.scan = true;
    help_run(e, &c, &all);
    ck_assert_int_eq(all.end, WIRE_OK);
    n = all.unit_count;
    if (n > 0) {
        *found = all.units[0];
        ck_assert_str_eq(found->instance_id, "r-1-0");
        ck_assert_str_eq(found->request_id, "r-1");
        ck_assert_int_eq(found->state, UNIT_ALIVE);
    }
    reply_fini(&all);
    return n;
}

/* The marks are on a descendant only: the unit is the process that is known,
 * while it or its group lives; then only the descendant is left, and is told
 * as what it is. */
START_TEST(known_process_goes_before_marks)
{
    struct engine *e = help_engine();
    struct unit u, found;
    pid_t helper;

    helper = leave_behind("setsid sh -c 'echo $$ > $FIFO; exec sleep 60' & "
                          "exec env -i sh -c 'sleep 60 & exec sleep 60'",
                          &u);
    for (usec_t end = now_mono() + PATIENCE; help_count("r-1-0") > 1;)
        ck_assert_int_lt(now_mono(), end);
    ck_assert_uint_eq(look_everywhere(e, NULL, &found), 1);
    ck_assert_int_eq(found.pid, helper); /* nobody knows better */
    ck_assert_uint_eq(look_everywhere(e, &u, &found), 1);
    ck_assert_int_eq(found.pid, u.pid);
    ck_assert_uint_eq(found.start_time, u.start_time);
    (void)kill(-u.pid, SIGKILL);
    help_await_end(u.pid);
    ck_assert_uint_eq(look_everywhere(e, &u, &found), 1);
    ck_assert_int_eq(found.pid, helper);
    ck_assert_uint_eq(found.start_time, procfs_start_time(helper));
    (void)kill(helper, SIGKILL);
    help_await_end(helper);
    ck_assert_uint_eq(look_everywhere(e, &u, &found), 0);
    engine_free(e);
}
END_TEST

/* Its leader crashed, the group is told under the leader's numbers. */
START_TEST(group_is_listed_as_its_leader)
{
    struct engine *e = help_engine();
    struct unit u, found;
    pid_t worker;

    worker = leave_behind(STUBBORN, &u);
    kill_leader(&u);
    ck_assert_uint_eq(look_everywhere(e, &u, &found), 1);
    ck_assert_int_eq(found.pid, u.pid);
    ck_assert_uint_eq(found.start_time, u.start_time);
    (void)kill(worker, SIGKILL);
    help_await_end(worker);
    ck_assert_uint_eq(look_everywhere(e, &u, &found), 0);
    engine_free(e);
}
END_TEST

/* Numbers of a unit that ended, given to another program since: its leader
 * has ended too, and left a member. */
START_TEST(number_that_was_given_away)
{
    static char id[] = "r-1-0", request[] = "r-1";
    struct engine *e = help_engine();
    struct unit u = {.instance_id = id, .request_id = request};
    char mark[128], *env[] = {mark, NULL};
    int result[2], code;
    pid_t member;

    (void)snprintf(mark, sizeof(mark), "HOSTQ_UNIT=%s",
                   _i == 0 ? "r-1-0" : "r-1-1");
    if (_i == 2)
        env[0] = NULL;
    ck_assert_int_eq(pipe2(result, O_CLOEXEC), 0);
    u.pid = fork();
    if (u.pid == 0) {
        (void)setsid();
        member = fork();
        if (member == 0) {
            (void)execle("/bin/sleep", "sleep", "60", (char *)NULL, env);
            _exit(127);
        }
        (void)!write(result[1], &member, sizeof(member));
        for (;;)
            pause();
    }
    ck_assert_int_eq(read(result[0], &member, sizeof(member)), sizeof(member));
    await_program(member, "sleep");
    u.start_time = procfs_start_time(u.pid);
    (void)kill(u.pid, SIGKILL);
    ck_assert_int_eq(waitpid(u.pid, NULL, 0), u.pid);
    ck_assert_int_eq(getpgid(member), u.pid);
    ck_assert_int_eq(help_state(e, &u, NULL), UNIT_GONE);
    ck_assert_int_eq(signal_unit(e, &u, SIGKILL, PATIENCE, &code), UNIT_GONE);
    ck_assert(is_there(member));
    (void)kill(member, SIGKILL);
    engine_free(e);
}
END_TEST

/* Its parent does not wait for the last member, and is in another group. */
START_TEST(zombies_do_not_live)
{
    struct unit_group g = {
        .scope = "d/h", .unit = "u", .ours_until = UINT64_MAX};
    int result[2];
    pid_t pids[2];

    ck_assert_int_eq(pipe2(result, O_CLOEXEC), 0);
    g.pid = fork();
    if (g.pid == 0) {
        (void)setsid();
        if (fork() != 0)
            pause();
        pids[0] = fork();
        if (pids[0] == 0)
            pause();
        pids[1] = getpid();
        (void)setpgid(0, 0);
        (void)!write(result[1], pids, sizeof(pids));
        pause();
    }
    ck_assert_int_eq(read(result[0], pids, sizeof(pids)), sizeof(pids));
    (void)kill(g.pid, SIGKILL);
    (void)waitpid(g.pid, NULL, 0);
    ck_assert_int_eq(group_look(&g), 1);
    g.ours_until = 0; /* no marks, and not seen before */
    ck_assert_int_eq(group_look(&g), 0);
    g.ours_until = procfs_start_time(pids[0]);
    ck_assert_int_eq(group_look(&g), 1);
    g.ours_until--;
    ck_assert_int_eq(group_look(&g), 0);
    g.ours_until = UINT64_MAX;
    g.start_time = procfs_start_time(pids[0]) + 1; /* older than its leader */
    ck_assert_int_eq(group_look(&g), 0);
    g.start_time = 0;
    (void)kill(pids[0], SIGKILL);
    help_await_end(pids[0]);
    ck_assert(group_may_live(g.pid));
    ck_assert_int_eq(group_look(&g), 0);
    (void)kill(pids[1], SIGKILL);
    g.pid = 1;
    ck_assert_int_eq(group_look(&g), 0);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("io_group");
    TCase *t = tcase_create("group");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, worker_outlives_its_shell);
    tcase_add_test(t, drain_is_waited_for);
    tcase_add_loop_test(t, crashed_leader_of_a_dead_daemon, 0, 3);
    tcase_add_loop_test(t, group_that_hides_its_marks, 0, 2);
    tcase_add_test(t, helper_with_its_own_session);
    tcase_add_test(t, known_process_goes_before_marks);
    tcase_add_test(t, group_is_listed_as_its_leader);
    tcase_add_loop_test(t, number_that_was_given_away, 0, 3);
    tcase_add_test(t, zombies_do_not_live);
    suite_add_tcase(s, t);
    return unit_run(s);
}
