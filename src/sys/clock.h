/* clock.h - the only callers of clock_gettime. */
#ifndef HOSTQ_SYS_CLOCK_H
#define HOSTQ_SYS_CLOCK_H

#include "base/dur.h"

usec_t now_mono(void); /* CLOCK_MONOTONIC: for spans */
usec_t now_boot(void); /* CLOCK_BOOTTIME: the clock of processes' start times */
usec_t now_real(void); /* CLOCK_REALTIME: for log lines and signatures */

#endif
