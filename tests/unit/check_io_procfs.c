/* check_io_procfs.c - which processes are units: stat with odd names,
 * zombies, descendants, processes that come and go. */
#include "io/procfs.h"

#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include "io/boot.h"
#include "io/group.h"
#include "io_help.h"

/* Fields 4 to 26 as the kernel writes them: parent, group, session 77, ...
 * threads (20), 0, start time (22), memory (23), ..., code (26). */
#define FIELDS(threads, memory, code)                                          \
    " 1 77 77 0 -1 4194560 99 0 0 0 1 2 3 4 20 0 " threads " 0 123456 " memory \
    " 200 18446744073709551615 " code " 1 2 3"

static const struct stat_row {
    const char *text;
    int rc;
    bool dead, starting;
} stat_rows[] = {
    {"77 (sleep) S" FIELDS("1", "2000", "4194304"), 0, false, false},
    /* names may hold anything */
    {"77 (a) b (c d) R 1 2) S" FIELDS("1", "2000", "4194304"), 0, false, false},
    {"77 (\n) S" FIELDS("1", "2000", "4194304"), 0, false, false},
    {"77 () R" FIELDS("1", "2000", "1"), 0, false, false},
    {"77 (z) Z" FIELDS("1", "0", "0"), 0, true, false},
    /* the main thread ended, others run */
    {"77 (z) Z" FIELDS("3", "0", "0"), 0, false, false},
    {"77 (x) X" FIELDS("0", "0", "0"), 0, true, false},
    {"77 (e) R" FIELDS("1", "132", "0"), 0, false, true},
    /* no memory any more: it is ending */
    {"77 (e) R" FIELDS("1", "0", "0"), 0, false, false},
    {"", -1, false, false},
    {"77", -1, false, false},
    {"77 (sleep)", -1, false, false},
    {"77 (sleep) S", -1, false, false},
    {"77 (sleep) S 1 2 3", -1, false, false},
    {"77 (sleep) S 1 2 x", -1, false, false},
};

START_TEST(stat_line)
{
    const struct stat_row *t = &stat_rows[_i];
    struct proc_stat st = {0};

    ck_assert_int_eq(procread_parse_stat(t->text, &st), t->rc);
    if (t->rc != 0)
        return;
    ck_assert_int_eq(st.sid, 77);
    ck_assert_uint_eq(st.start_time, 123456);
    ck_assert(st.dead == t->dead);
    ck_assert(st.starting == t->starting);
}
END_TEST

START_TEST(times_of_this_boot)
{
    usec_t started = boot_real(boot_time(), procfs_start_time(getpid()));
    char id[37], file[64];
    struct err err;

    /* this test's process is young */
    ck_assert_int_le(started, now_real() + USEC_S);
    ck_assert_int_ge(started, now_real() - PATIENCE);
    ck_assert_int_ge(boot_age(procfs_start_time(getpid())), 1);
    ck_assert_int_le(boot_age(procfs_start_time(getpid())), PATIENCE);
    ck_assert_int_eq(boot_age(0), 0);
    ck_assert_int_eq(boot_age(UINT64_MAX / 1000000), 1); /* not yet */
    ck_assert_uint_ge(boot_ticks(), procfs_start_time(getpid()));
    ck_assert_int_eq(boot_real(0, 5), 0);
    ck_assert_int_eq(boot_real(5, 0), 0);
    ck_assert_uint_eq(procfs_start_time(0), 0);
    ck_assert_int_eq(boot_id(id, &err), 0);
    (void)help_read("/proc/sys/kernel/random/boot_id", file, sizeof(file));
    ck_assert_int_eq(strncmp(id, file, 36), 0);
    ck_assert_uint_eq(strlen(id), 36);
}
END_TEST

static char marks[4][128];
static char *env[5];

static void
make_marks(const char *unit)
{
    (void)snprintf(marks[0], sizeof(marks[0]), "HOSTQ_UNIT=%s", unit);
    (void)snprintf(marks[1], sizeof(marks[1]), "HOSTQ_DEPLOYMENT=%s",
                   deployment);
    (void)snprintf(marks[2], sizeof(marks[2]), "HOSTQ_HOST=%s", HOST);
    (void)snprintf(marks[3], sizeof(marks[3]), "HOSTQ_REQUEST=r-%s", unit);
    for (int i = 0; i < 4; i++)
        env[i] = marks[i];
    env[4] = NULL;
}

/* A scan that no exec disturbed. */
static void
scan(struct proc_scan *out)
{
    struct err err = {0};

    for (usec_t end = now_mono() + PATIENCE;;) {
        ck_assert_msg(procfs_scan(deployment, HOST, out, &err) == 0, "%s",
                      err.text);
        if (out->starting == 0)
            return;
        procfs_scan_fini(out);
        ck_assert_int_lt(now_mono(), end);
    }
}

/* The pid that a scan knows for unit, 0 = none. */
static pid_t
scanned(const char *unit)
{
    const struct proc_unit *found;
    struct proc_scan s;
    pid_t pid;

    scan(&s);
    found = procfs_scan_find(&s, unit);
    pid = found != NULL ? found->pid : 0;
    if (found != NULL)
        ck_assert_uint_eq(found->start_time, procfs_start_time(pid));
    procfs_scan_fini(&s);
    return pid;
}

START_TEST(scan_finds_a_marked_leader)
{
    struct proc_scan s;
    pid_t pid;

    make_marks("u-1");
    pid = help_stranger(true, env);
    scan(&s);
    ck_assert_uint_eq(s.count, 1);
    ck_assert_str_eq(s.units[0].unit, "u-1");
    ck_assert_str_eq(s.units[0].request, "r-u-1");
    ck_assert_int_eq(s.units[0].pid, pid);
    ck_assert_uint_ge(s.processes, 2);
    procfs_scan_fini(&s);
    help_end_stranger(pid);
    ck_assert_int_eq(scanned("u-1"), 0);
}
END_TEST

START_TEST(scan_wants_all_marks_and_a_session)
{
    pid_t pid;

    make_marks("u-1");
    pid = help_stranger(false, env); /* not a leader */
    ck_assert_int_eq(scanned("u-1"), 0);
    help_end_stranger(pid);
    marks[2][sizeof("HOSTQ_HOST=") - 1] ^= 1; /* another host */
    pid = help_stranger(true, env);
    ck_assert_int_eq(scanned("u-1"), 0);
    help_end_stranger(pid);
    make_marks("u-1");
    env[1] = env[3]; /* no deployment */
    env[3] = NULL;
    pid = help_stranger(true, env);
    ck_assert_int_eq(scanned("u-1"), 0);
    help_end_stranger(pid);
}
END_TEST

START_TEST(zombie_is_gone)
{
    uint64_t start;
    pid_t pid;

    make_marks("u-1");
    pid = help_stranger(true, env);
    start = procfs_start_time(pid);
    ck_assert_int_eq(procfs_check(deployment, HOST, "u-1", pid, &start), 1);
    (void)kill(pid, SIGKILL);
    help_await_end(pid);
    ck_assert_uint_ne(procfs_start_time(pid), 0); /* it is there */
    ck_assert_int_eq(procfs_check(deployment, HOST, "u-1", pid, &start), 0);
    ck_assert_int_eq(scanned("u-1"), 0);
    (void)waitpid(pid, NULL, 0);
    ck_assert_uint_eq(procfs_start_time(pid), 0);
    ck_assert_int_eq(procfs_check(deployment, HOST, "u-1", pid, &start), 0);
}
END_TEST

/* A unit with a descendant that leads a session of its own: both carry the
 * marks, the older one is the unit. */
START_TEST(oldest_leader_is_the_unit)
{
    pid_t first, second;

    make_marks("u-1");
    first = help_stranger(true, env);
    /* the clock of start times ticks every 10 ms */
    for (usec_t end = now_mono() + PATIENCE;;) {
        second = help_stranger(true, env);
        if (procfs_start_time(second) > procfs_start_time(first))
            break;
        help_end_stranger(second);
        ck_assert_int_lt(now_mono(), end);
    }
    ck_assert_int_eq(scanned("u-1"), first);
    help_end_stranger(first);
    ck_assert_int_eq(scanned("u-1"), second);
    help_end_stranger(second);
}
END_TEST

START_TEST(odd_process_name)
{
    int ready[2], c;
    pid_t pid;

    make_marks("u-1");
    pid = help_stranger(true, env);
    ck_assert_int_eq(scanned("u-1"), pid);
    help_end_stranger(pid);
    /* the same with a name that looks like the rest of the line */
    ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_NAME, ") Z 1 1 1 1");
        (void)setsid();
        (void)!write(ready[1], "x", 1);
        for (;;)
            pause();
    }
    (void)!read(ready[0], &c, 1);
    uint64_t start = procfs_start_time(pid);
    ck_assert_uint_ne(start, 0);
    ck_assert_int_eq(procfs_check(deployment, HOST, "u-1", pid, &start), 1);
    help_end_stranger(pid);
}
END_TEST

/* check() with a start time that is known: only another unit's marks speak
 * against it. Without one all marks are needed. */
START_TEST(check_weighs_marks_and_start_time)
{
    char *none[] = {NULL};
    uint64_t start, zero = 0, wrong;
    pid_t marked, plain, inner;

    make_marks("u-1");
    marked = help_stranger(true, env);
    plain = help_stranger(true, none);
    inner = help_stranger(false, env);
    start = procfs_start_time(marked);
    wrong = start + 1;
    ck_assert_int_eq(procfs_check(deployment, HOST, "u-1", marked, &start), 1);
    ck_assert_int_eq(procfs_check(deployment, HOST, "u-1", marked, &wrong), 0);
    ck_assert_int_eq(procfs_check(deployment, HOST, "u-2", marked, &start), 0);
    ck_assert_int_eq(procfs_check("other", HOST, "u-1", marked, &start), 0);
    ck_assert_int_eq(procfs_check(deployment, "other", "u-1", marked, &start),
                     0);
    ck_assert_int_eq(procfs_check(deployment, HOST, "u-1", marked, &zero), 1);
    ck_assert_uint_eq(zero, start);
    zero = 0;
    ck_assert_int_eq(procfs_check(deployment, HOST, "u-1", plain, &zero), 0);
    start = procfs_start_time(plain);
    ck_assert_int_eq(procfs_check(deployment, HOST, "u-1", plain, &start), 1);
    start = procfs_start_time(inner);
    ck_assert_int_eq(procfs_check(deployment, HOST, "u-1", inner, &start), 0);
    ck_assert_int_eq(procfs_check(deployment, HOST, "u-1", 0, &zero), 0);
    ck_assert_int_eq(procfs_check(deployment, HOST, "u-1", -1, &zero), 0);
    help_end_stranger(marked);
    help_end_stranger(plain);
    help_end_stranger(inner);
}
END_TEST

/* A service with ProtectProc=: others' processes look as if there were none.
 * In a process of its own, as mounts and users are for ever. */
static int
run_hidden(pid_t other)
{
    struct unit_group g = {.scope = "d/h", .unit = "u-1", .pid = other};
    uint64_t start = procfs_start_time(other), zero = 0;

    if (start == 0 || unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("proc", "/proc", "proc", 0, "hidepid=2") != 0 ||
        setgroups(0, NULL) != 0 || setresgid(65534, 65534, 65534) != 0 ||
        setresuid(65534, 65534, 65534) != 0 || procfs_start_time(other) != 0)
        return 77;
    if (procfs_check("d", "h", "u-1", other, &start) != -1 || errno != EACCES)
        return 1;
    if (procfs_check("d", "h", "u-1", other, &zero) != -1)
        return 2;
    if (group_look(&g) != -1 || errno != EACCES)
        return 3;
    if (procfs_check("d", "h", "u-1", 2147483647, &start) != 0)
        return 4;
    return procfs_check("d", "h", "u-1", 1, &start) == 0 ? 0 : 5;
}

START_TEST(hidden_is_not_gone)
{
    char *none[] = {NULL};
    pid_t other = help_stranger(true, none), pid = fork();
    int status = 0;

    if (pid == 0)
        _exit(run_hidden(other));
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    help_end_stranger(other);
    ck_assert(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        printf("# no mount namespaces here: hidden processes not tried\n");
    else
        ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

/* Processes that start, exec and vanish during scans never fail one and
 * never hide the unit. */
START_TEST(scan_among_short_lived_processes)
{
    pid_t unit, churn, parent = getpid();

    make_marks("u-1");
    unit = help_stranger(true, env);
    churn = fork();
    if (churn == 0) {
        while (getppid() == parent) {
            pid_t pid = fork();

            if (pid == 0) {
                (void)setsid();
                (void)execle("/bin/true", "true", (char *)NULL, environ);
                _exit(127);
            }
            (void)waitpid(pid, NULL, 0);
        }
        _exit(0);
    }
    for (int i = 0; i < 300; i++)
        ck_assert_int_eq(scanned("u-1"), unit);
    help_end_stranger(churn);
    help_end_stranger(unit);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("io_procfs");
    TCase *t = tcase_create("procfs");

    tcase_add_checked_fixture(t, help_setup, NULL);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, stat_line, 0, COUNT(stat_rows));
    tcase_add_test(t, times_of_this_boot);
    tcase_add_test(t, scan_finds_a_marked_leader);
    tcase_add_test(t, scan_wants_all_marks_and_a_session);
    tcase_add_test(t, zombie_is_gone);
    tcase_add_test(t, oldest_leader_is_the_unit);
    tcase_add_test(t, odd_process_name);
    tcase_add_test(t, check_weighs_marks_and_start_time);
    tcase_add_test(t, hidden_is_not_gone);
    tcase_add_test(t, scan_among_short_lived_processes);
    suite_add_tcase(s, t);
    return unit_run(s);
}
