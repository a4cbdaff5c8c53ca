/* spawnlock.c - see spawnlock.h. */
#include "io/spawnlock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"

/* FNV-1a; seed tells the two halves of a long name's digest apart. */
static uint64_t
digest(uint64_t seed, const char *text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;

    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return h;
}

/* The name without its leading NUL; returns its length. A name that is too
 * long for an address is replaced by its digest: two names that met would
 * only keep each other busy. */
static size_t
make_name(const char *deployment, const char *host, const char *request_id,
          char *name, size_t size)
{
    CLEANUP_BUF struct buf whole = BUF_INIT(64 * 1024);
    int len;

    buf_printf(&whole, "hostq/spawn/%s/%s/%s", deployment, host, request_id);
    if (buf_ok(&whole) && whole.len <= size) {
        memcpy(name, whole.data, whole.len);
        return whole.len;
    }
    char text[64];
    len = snprintf(text, sizeof(text), "hostq/spawn/%016" PRIx64 "%016" PRIx64,
                   digest(0, buf_str(&whole)),
                   digest(UINT64_C(0x9e3779b97f4a7c15), buf_str(&whole)));
    memcpy(name, text, (size_t)len);
    return (size_t)len;
}

int
spawnlock_take(const char *deployment, const char *host, const char *request_id)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    CLEANUP_FD int fd = -1;
    size_t len;
    int high;

    len = make_name(deployment, host, request_id, addr.sun_path + 1,
                    sizeof(addr.sun_path) - 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (const struct sockaddr *)&addr,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len)) !=
        0)
        return -1;
    /* A child puts its own files on 0 to 2: the copy must not be there. */
    high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return high;
}
