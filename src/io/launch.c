/* launch.c - see launch.h.
 *
 * How the exec is confirmed. The child is made by clone(CLONE_VM |
 * CLONE_VFORK): the calling thread sleeps until the child has left its memory
 * by exec or by exit. So at return the outcome is known without a pipe, a
 * failing step and its errno are left in struct launch (memory is shared),
 * there is never a child "on its way" between two turns of the engine, and
 * nothing is paid for the daemon's own size (fork copies page tables, makes
 * every thread fault on its pages afterwards, and is refused where memory is
 * not overcommitted; measured with 50 MB: 0.08 ms a start, with fork 5.6 ms).
 * Only this thread waits, as long as the kernel needs to find the directory
 * and the program; unbounded only where a network file system hangs. A fork
 * with a close-on-exec pipe would move that wait out of the thread, at the
 * price of all the above; posix_spawn cannot be used, as it closes
 * descriptors before exec (see next).
 *
 * Why a killed parent opens no window. The caller holds the spawn lock of
 * the request. The child's copy of it is marked close-on-exec, not closed:
 * close_range(CLOSE_RANGE_CLOEXEC). So from clone to exec the name stays
 * taken even if the parent dies at once, and whoever gets the lock later
 * looks at /proc at a moment when the child either has exited or has gone
 * through the exec that gives it its marks. exec drops the old memory (which
 * also wakes the parent), then closes descriptors, then fills in the new
 * environment. A scan in between finds a session leader "inside exec" and is
 * repeated (procfs.c).
 *
 * The child shares the parent's memory and thread-local data until exec. It
 * runs raw system calls only, writes nothing but struct launch, all signals
 * are blocked in it while handlers of the parent could still run, and
 * sanitizers must keep off: their bookkeeping would see calls that never
 * return. */
#include "io/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__clang__) && __clang_major__ >= 14
#define UNINSTRUMENTED __attribute__((disable_sanitizer_instrumentation))
#else
#define UNINSTRUMENTED                                                         \
    __attribute__((no_sanitize("address", "thread", "undefined")))
#endif

/* ThreadSanitizer's own clone() takes the child for a fork and changes the
 * thread's state, which the child shares: it is called by its other name. */
#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#endif
#endif
#ifdef THREAD_SANITIZER
int __clone(int (*)(void *), void *, int, void *, ...);
#define clone __clone
#endif

UNINSTRUMENTED static void
child_fail(struct launch *l, enum launch_step step)
{
    l->error = errno;
    l->step = step;
    for (;;)
        (void)syscall(SYS_exit_group, 127);
}

/* exec resets handlers by itself; ignored signals stay ignored. All zero is
 * SIG_DFL with no flags and an empty mask in the kernel's struct sigaction,
 * whatever its layout. */
UNINSTRUMENTED static void
child_signals(void)
{
    static const unsigned long dflt[16];

    for (int sig = 1; sig < _NSIG; sig++)
        if (sig != SIGKILL && sig != SIGSTOP)
            (void)syscall(SYS_rt_sigaction, sig, dflt, NULL, _NSIG / 8);
}

UNINSTRUMENTED static void
child_files(struct launch *l)
{
    if (syscall(SYS_dup3, l->in, 0, 0) < 0 ||
        syscall(SYS_dup3, l->out, 1, 0) < 0 ||
        syscall(SYS_dup3, l->out, 2, 0) < 0)
        child_fail(l, LAUNCH_FILES);
    if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
        return;
    /* Older than Linux 5.11. */
    for (unsigned fd = 3; fd < l->fd_end; fd++)
        (void)syscall(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
}

/* A candidate that is not there, or may not be run, does not end the search;
 * the latter is what is reported if nothing else is found. */
UNINSTRUMENTED static void
child_exec(struct launch *l)
{
    bool refused = false;

    for (char **program = l->programs; *program != NULL; program++) {
        (void)syscall(SYS_execve, *program, l->argv, l->envp);
        if (errno == EACCES)
            refused = true;
        else if (errno != ENOENT && errno != ENOTDIR)
            child_fail(l, LAUNCH_EXEC);
    }
    errno = refused ? EACCES : ENOENT;
    child_fail(l, LAUNCH_EXEC);
}

UNINSTRUMENTED static int
child_main(void *arg)
{
    static const unsigned long none[2];
    struct launch *l = arg;

    if (syscall(SYS_setsid) < 0)
        child_fail(l, LAUNCH_SESSION);
    child_signals();
    child_files(l);
    if (syscall(SYS_chdir, l->dir) < 0)
        child_fail(l, LAUNCH_DIR);
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, none, NULL, _NSIG / 8);
    child_exec(l);
    return 127;
}

static unsigned
descriptor_end(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 1U << 20)
        return 1U << 20;
    return (unsigned)limit.rlim_cur;
}

/* Raw mask calls: the library's leave its own signals unblocked. */
pid_t
launch_run(struct launch *l, void *stack_end)
{
    static const unsigned long all[2] = {~0UL, ~0UL};
    unsigned long before[2] = {0, 0};
    pid_t pid;
    int error;

    l->step = LAUNCH_NONE;
    l->error = 0;
    l->fd_end = descriptor_end();
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, all, before, _NSIG / 8);
    pid = clone(child_main, stack_end, CLONE_VM | CLONE_VFORK | SIGCHLD, l);
    error = errno;
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, before, NULL, _NSIG / 8);
    errno = error;
    return pid;
}
