/* http.h - private to the engine: CALL_HTTP, in the engine's one curl_multi.
 * A call is sent once; sign.c may ask for one more try (sign.h). */
#ifndef HOSTQ_IO_HTTP_H
#define HOSTQ_IO_HTTP_H

#include <curl/curl.h>
#include <stddef.h>

#include "core/call.h"

struct engine;
struct flight;

/* Handles that wait for their next use; connections live in the multi. */
#define HTTP_IDLE 32

struct http_pool {
    CURL *idle[HTTP_IDLE];
    size_t count;
};

/* Sends f. Then f is in wired, or has ended. */
void http_start(struct engine *e, struct flight *f);
/* Moves bytes, ends what is finished. */
void http_run(struct engine *e);
/* f's timer came: the whole time is over. */
void http_due(struct engine *e, struct flight *f);
/* Drops what f has on the wire; its reply keeps what it has. */
void http_release(struct engine *e, struct flight *f);
void http_pool_fini(struct http_pool *p);

#endif
