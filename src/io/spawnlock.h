/* spawnlock.h - the right to start units of one request on this host.
 *
 * The lock is an abstract unix socket, bound and never listened on:
 * "\0hostq/spawn/<deployment>/<host>/<request_id>". The kernel gives the
 * name to one holder and takes it back when the last descriptor is closed,
 * so there is nothing to clean up after a crash. Whoever holds it may look
 * for the units of that request and start those that are missing, or say of
 * one that it is gone: without it a unit that is not there may be about to
 * be.
 *
 * The descriptor is close-on-exec. A child that was made while the lock is
 * held has a copy of it until its exec: killing the parent at any instruction
 * does not free the name while such a child may still become a unit. See
 * child.c for the rest of that argument.
 *
 * Limits: abstract names have no owner, so another local user could hold one
 * and keep a request busy; and they belong to a network namespace: daemons
 * of one host must share theirs (as they must share the pid namespace and
 * the user). */
#ifndef HOSTQ_IO_SPAWNLOCK_H
#define HOSTQ_IO_SPAWNLOCK_H

/* The descriptor (3 or more), or -1 with errno; EADDRINUSE = somebody else
 * holds it. close() gives it back. */
int spawnlock_take(const char *deployment, const char *host,
                   const char *request_id);

#endif
