/* boot.c - see boot.h. */
#include "io/boot.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/clock.h"

/* The text of a small file; false if there is none. */
static bool
read_text(const char *path, char *text, size_t size)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t n;

    if (fd < 0)
        return false;
    while (len < size - 1 && (n = read(fd, text + len, size - 1 - len)) > 0)
        len += (size_t)n;
    text[len] = '\0';
    return len > 0;
}

/* btime of /proc/stat: whole seconds. Read by line, as the interrupt
 * counters of a large machine fill many pages. */
static usec_t
read_btime(void)
{
    FILE *file = fopen("/proc/stat", "re");
    char *line = NULL;
    size_t room = 0;
    usec_t btime = 0;

    if (file == NULL)
        return 0;
    while (btime == 0 && getline(&line, &room, file) > 0)
        if (strncmp(line, "btime ", 6) == 0)
            btime = usec_mul(USEC_S, (double)strtoll(line + 6, NULL, 10));
    free(line);
    (void)fclose(file);
    return btime;
}

/* btime is cut to the second, which would make every process up to a second
 * older than it is. /proc/uptime knows hundredths; it is believed where it
 * agrees with btime (containers may show an uptime of their own). */
usec_t
boot_time(void)
{
    usec_t btime = read_btime(), boot;
    char text[128];

    if (!read_text("/proc/uptime", text, sizeof(text)))
        return btime;
    boot = now_real() - (usec_t)(strtod(text, NULL) * (double)USEC_S);
    if (btime != 0 && (boot < btime - USEC_S || boot > btime + 2 * USEC_S))
        return btime;
    return boot;
}

usec_t
boot_real(usec_t booted, uint64_t ticks)
{
    long hz = sysconf(_SC_CLK_TCK);

    if (booted == 0 || ticks == 0 || hz <= 0)
        return 0;
    return usec_add(booted,
                    usec_mul((usec_t)ticks, (double)USEC_S / (double)hz));
}

usec_t
boot_age(uint64_t ticks)
{
    long hz = sysconf(_SC_CLK_TCK);
    usec_t age;

    if (ticks == 0 || hz <= 0)
        return 0;
    age = usec_sub(now_boot(),
                   usec_mul((usec_t)ticks, (double)USEC_S / (double)hz));
    return age > 0 ? age : 1;
}

uint64_t
boot_ticks(void)
{
    long hz = sysconf(_SC_CLK_TCK);

    return hz <= 0 ? 0 : (uint64_t)(now_boot() / (USEC_S / hz));
}

int
boot_id(char out[37], struct err *err)
{
    static const char path[] = "/proc/sys/kernel/random/boot_id";
    char text[64];

    if (!read_text(path, text, sizeof(text)) || strcspn(text, "\n") != 36)
        return err_set(err, E_FAILED, "cannot read the boot id from %s", path);
    memcpy(out, text, 36);
    out[36] = '\0';
    return 0;
}
