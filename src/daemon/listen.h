/* listen.h - a listening socket that only this machine can reach: a loopback
 * address or a unix socket. */
#ifndef HOSTQ_DAEMON_LISTEN_H
#define HOSTQ_DAEMON_LISTEN_H

#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/err.h"

struct listen_address {
    union {
        struct sockaddr any;
        struct sockaddr_storage storage;
        struct sockaddr_un path;
    } at;
    socklen_t len;
};

/* "127.0.0.1:PORT", "[::1]:PORT" or "unix:/PATH"; port 0 = any free one. */
int listen_parse(const char *text, struct listen_address *out, struct err *err);
/* The socket, listening, or -1. A socket file that nobody listens on any
 * more is replaced; one in use, and any other file, is an error. */
int listen_open(const struct listen_address *a, struct err *err);
/* Removes the file of a unix socket that listen_open() made. */
void listen_remove(const struct listen_address *a);
/* Appends the address that a listening socket really has, written as
 * listen_parse() reads it. */
void listen_print(int fd, struct buf *out);

#endif
