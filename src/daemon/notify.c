/* notify.c - through libsystemd where it is present, else the protocol
 * itself: one datagram to the unix socket that NOTIFY_SOCKET names. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "daemon/notify.h"

#include <stdio.h>
#include <stdlib.h>

#include "sys/clock.h"

#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>

static void
tell(const char *text)
{
    (void)sd_notify(0, text);
}

usec_t
notify_watchdog_interval(void)
{
    uint64_t usec;

    return sd_watchdog_enabled(0, &usec) > 0 ? (usec_t)(usec / 3) : USEC_MAX;
}

#else
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"

static void
tell(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;

    if (len == 0 || len >= sizeof(to.sun_path))
        return;
    memcpy(to.sun_path, path, len);
    if (path[0] == '@') /* the abstract name space */
        to.sun_path[0] = '\0';
    CLEANUP_FD int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 &&
        sendto(fd, text, strlen(text), MSG_NOSIGNAL,
               (const struct sockaddr *)&to,
               (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
        return; /* the supervisor will find out by itself */
}

usec_t
notify_watchdog_interval(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    int64_t n;

    if (!usec || parse_i64(usec, 1, INT64_MAX, &n, NULL) < 0)
        return USEC_MAX;
    int64_t to = getpid();
    if (pid && (parse_i64(pid, 1, INT32_MAX, &to, NULL) < 0 || to != getpid()))
        return USEC_MAX;
    return n / 3;
}
#endif

void
notify_ready(void)
{
    tell("READY=1");
}

void
notify_stopping(void)
{
    tell("STOPPING=1");
}

void
notify_reloading(void)
{
    char text[80];

    (void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
                   (long long)now_mono());
    tell(text);
}

void
notify_watchdog(void)
{
    tell("WATCHDOG=1");
}
