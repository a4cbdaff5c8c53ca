/* clock.c - for LD_PRELOAD: a process whose time of day is wrong by
 * HOSTQ_FAKE_CLOCK seconds, as on a host that nobody has set. The monotonic
 * and the boot clock stay right: a wrong time of day does not turn them, and
 * start times in /proc are on the boot clock. Built by who needs it:
 *   cc -shared -fPIC -o clock.so clock.c */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t
wrong_by(void)
{
    const char *text = getenv("HOSTQ_FAKE_CLOCK");

    return text ? (time_t)strtol(text, NULL, 10) : 0;
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
    long rc = syscall(SYS_clock_gettime, id, ts);

    if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        ts->tv_sec += wrong_by();
    return (int)rc;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec ts;

    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
        return -1;
    *tv = (struct timeval){ts.tv_sec, ts.tv_nsec / 1000};
    return 0;
}

time_t
time(time_t *out)
{
    struct timespec ts;

    if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
        return -1;
    if (out)
        *out = ts.tv_sec;
    return ts.tv_sec;
}
