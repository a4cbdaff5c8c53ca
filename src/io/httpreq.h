/* httpreq.h - private to the engine: what of an HTTP call curl is told. */
#ifndef HOSTQ_IO_HTTPREQ_H
#define HOSTQ_IO_HTTPREQ_H

#include <curl/curl.h>
#include <stdbool.h>

#include "base/err.h"
#include "core/call.h"

/* Sets method, URL, headers, body, proxy, connection time and what is never
 * done (redirects, other protocols, signals) on a handle that was reset. more:
 * headers of ours besides the call's, NULL-terminated, or NULL. ca: file of
 * authorities, or NULL = the system's. *headers is the caller's to free, after
 * the transfer; the call must live as long. Fails with E_USAGE for what must
 * not go out; texts hold no header value. */
int httpreq_set(CURL *easy, const struct http_call *c, const char *url,
                char *const *more, const char *ca, struct curl_slist **headers,
                struct err *err);

/* May be sent twice without asking: GET and HEAD. */
bool httpreq_repeatable(const struct http_call *c);

#endif
