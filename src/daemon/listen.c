/* listen.c - see listen.h. */
#include "daemon/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dur.h"

enum { BACKLOG = 16 };

static const char unix_prefix[] = "unix:";

static int
parse_unix(const char *path, struct listen_address *out, struct err *err)
{
    struct sockaddr_un *un = &out->at.path;

    if (path[0] != '/')
        return err_set(err, E_USAGE,
                       "must name an absolute path after 'unix:'");
    if (strlen(path) >= sizeof(un->sun_path))
        return err_set(err, E_USAGE, "path must be at most %zu bytes long",
                       sizeof(un->sun_path) - 1);
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, strlen(path) + 1);
    out->len = sizeof(*un);
    return 0;
}

/* host has no brackets any more. */
static int
parse_ip(const char *host, bool v6, uint16_t port, struct listen_address *out,
         struct err *err)
{
    struct sockaddr_in *in = (struct sockaddr_in *)&out->at.storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out->at.storage;
    bool local;

    if (inet_pton(v6 ? AF_INET6 : AF_INET, host,
                  v6 ? (void *)&in6->sin6_addr : (void *)&in->sin_addr) != 1)
        return err_set(err, E_USAGE,
                       "must be 127.0.0.1:PORT, [::1]:PORT or "
                       "unix:/PATH");
    if (v6) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(port);
        out->len = sizeof(*in6);
        local = IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
    } else {
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        out->len = sizeof(*in);
        local = ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (!local)
        return err_set(err, E_USAGE,
                       "must be a loopback address (127.0.0.1 "
                       "or [::1]) or unix:/PATH");
    return 0;
}

int
listen_parse(const char *text, struct listen_address *out, struct err *err)
{
    struct listen_address a = {.len = 0};
    const char *colon = strrchr(text, ':');
    char host[INET6_ADDRSTRLEN + 2] = "";
    int64_t port;

    if (strncmp(text, unix_prefix, strlen(unix_prefix)) == 0) {
        if (parse_unix(text + strlen(unix_prefix), &a, err) < 0)
            return -1;
        *out = a;
        return 0;
    }
    size_t len = colon ? (size_t)(colon - text) : 0;
    bool v6 = text[0] == '[' && len > 2 && text[len - 1] == ']';
    if (len > 0 && len < sizeof(host))
        memcpy(host, text + v6, len - (v6 ? 2 : 0));
    if (colon && parse_i64(colon + 1, 0, UINT16_MAX, &port, NULL) < 0)
        return err_set(err, E_USAGE, "port must be 0 to %d", UINT16_MAX);
    if (parse_ip(host, v6, colon ? (uint16_t)port : 0, &a, err) < 0)
        return -1;
    *out = a;
    return 0;
}

/* Makes room for a unix socket: removes one whose owner is gone. */
static int
clear_path(const struct listen_address *a, struct err *err)
{
    const char *path = a->at.path.sun_path;
    CLEANUP_FD int fd = -1;
    struct stat st;

    if (lstat(path, &st) != 0)
        return 0; /* bind() will say what else is wrong */
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, E_USAGE, "'%s' is there and is no socket", path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set(err, E_FAILED, "no socket: %s", strerror(errno));
    if (connect(fd, &a->at.any, a->len) == 0)
        errno = EADDRINUSE;
    if (errno != ECONNREFUSED)
        return err_set(err, E_FAILED, "'%s': %s", path, strerror(errno));
    if (unlink(path) != 0)
        return err_set(err, E_FAILED, "cannot remove '%s': %s", path,
                       strerror(errno));
    return 0;
}

int
listen_open(const struct listen_address *a, struct err *err)
{
    int family = a->at.any.sa_family, on = 1;

    if (family == AF_UNIX && clear_path(a, err) < 0)
        return -1;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set(err, E_FAILED, "no socket: %s", strerror(errno));
    if (family != AF_UNIX)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, &a->at.any, a->len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    (void)err_set(err, E_FAILED, "%s", strerror(errno));
    (void)close(fd);
    return -1;
}

void
listen_remove(const struct listen_address *a)
{
    if (a->at.any.sa_family == AF_UNIX)
        (void)unlink(a->at.path.sun_path);
}

void
listen_print(int fd, struct buf *out)
{
    struct listen_address a = {.len = sizeof(a.at)};
    const struct sockaddr_in *in = (struct sockaddr_in *)&a.at.storage;
    const struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&a.at.storage;
    char host[INET6_ADDRSTRLEN];

    if (getsockname(fd, &a.at.any, &a.len) != 0)
        return;
    switch (a.at.any.sa_family) {
    case AF_UNIX:
        buf_printf(out, "%s%s", unix_prefix, a.at.path.sun_path);
        break;
    case AF_INET6:
        buf_printf(out, "[%s]:%u",
                   inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host)),
                   ntohs(in6->sin6_port));
        break;
    default:
        buf_printf(out, "%s:%u",
                   inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host)),
                   ntohs(in->sin_port));
    }
}
