#include "sys/clock.h"

#include <stdlib.h>
#include <time.h>

static usec_t
read_clock(clockid_t id)
{
    struct timespec ts;
    if (clock_gettime(id, &ts) != 0)
        abort();
    return (usec_t)ts.tv_sec * USEC_S + ts.tv_nsec / 1000;
}

usec_t
now_mono(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

usec_t
now_boot(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

usec_t
now_real(void)
{
    return read_clock(CLOCK_REALTIME);
}
