/* web.h - GET /metrics and GET /healthz on a socket that only this machine
 * can reach. A thread of its own, by libmicrohttpd; reads atomics and asks
 * the health function, nothing else. */
#ifndef HOSTQ_DAEMON_WEB_H
#define HOSTQ_DAEMON_WEB_H

#include "base/err.h"

struct web;

/* 0: well; -1: why not, in err. Called by the thread of the server. */
typedef int (*web_health)(const void *arg, struct err *err);

/* Listens (listen.h has the forms of the address) without answering yet, so
 * that an address in use is known before anything else starts. */
struct web *web_open(const char *address, struct err *err);
/* Starts to answer. */
int web_serve(struct web *w, web_health health, const void *arg,
              struct err *err);
/* Ends the thread: health is not called any more. */
void web_stop(struct web *w);
void web_close(struct web *w); /* NULL allowed */

#endif
