/* sign.h - private to the engine: adds credentials to an HTTP call when it is
 * sent, and finds out from the reply whether another clock or other
 * credentials would have done better (aws.md 1b, 1c).
 *
 *   sign_call() -> sent -> reply -> sign_again()? -> sign_call() -> sent
 *
 * Calls with no aws.service pass through unsigned. No secret is in any error
 * text. */
#ifndef HOSTQ_IO_SIGN_H
#define HOSTQ_IO_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "core/call.h"
#include "io/creds.h"

#define SIGN_HEADERS 6 /* host, type, date, token, authorization, NULL */

/* One per engine. */
struct signer {
    struct creds *creds;
    usec_t offset; /* how far the servers' clock is ahead of ours */
};

/* One per call on its way. */
struct sign {
    char *url;                   /* owned; where the call goes */
    char *ca;                    /* owned; file of authorities, or NULL */
    char *headers[SIGN_HEADERS]; /* owned; NULL-terminated */
    usec_t signed_at;            /* real clock and offset; 0 = not yet */
    uint64_t version;            /* creds_key.version of what signed it */
    bool temporary;              /* what signed it has a session token */
    bool clock_tried;            /* sign_again() was for a clock already */
    bool keys_tried;             /* ... for credentials */
};

void signer_init(struct signer *s);
void signer_fini(struct signer *s);

/* Before each time c is sent. *why: R_AUTH (no credentials) or R_CONFIG where
 * it fails. */
int sign_call(struct signer *s, const struct http_call *c, struct sign *g,
              enum reason *why, struct err *err);

/* c was answered with r: true if it should be signed and sent once more, as
 * the clock is corrected now or other credentials were found. Each of the two
 * at most once per call. */
bool sign_again(struct signer *s, const struct http_call *c, struct sign *g,
                const struct reply *r);

void sign_fini(struct sign *g);

#endif
