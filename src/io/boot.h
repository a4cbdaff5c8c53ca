/* boot.h - which boot of the host this is, and the kernel's start times as
 * times of day. */
#ifndef HOSTQ_IO_BOOT_H
#define HOSTQ_IO_BOOT_H

#include <stdint.h>

#include "base/dur.h"
#include "base/err.h"

/* Real time at boot as of now (it moves when the clock is set); 0 where it
 * cannot be read. */
usec_t boot_time(void);
/* Clock ticks since boot (proc_stat.start_time) as real time; 0 where one of
 * the two is not known. */
usec_t boot_real(usec_t booted, uint64_t ticks);
/* How long ago that was, whatever the real clock says; 0 where it is not
 * known, else at least 1. */
usec_t boot_age(uint64_t ticks);
/* Now, in clock ticks since boot. */
uint64_t boot_ticks(void);
/* /proc/sys/kernel/random/boot_id: 36 characters. */
int boot_id(char out[37], struct err *err);

#endif
