/* creds.h - credentials, region and endpoint of AWS calls, from where users of
 * AWS tools expect them (aws.md 1d): environment and shared files. Roles, web
 * identity, containers, instances and credential processes are not read yet;
 * where they would be the source, the error says so. One per engine.
 *
 * Files are read at first use. At most once a second a use looks whether one
 * was replaced or written, and reads it again. */
#ifndef HOSTQ_IO_CREDS_H
#define HOSTQ_IO_CREDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dur.h"
#include "base/err.h"
#include "core/call.h"

struct creds;

/* What was found; borrowed until the next function of creds.h. */
struct creds_key {
    const char *access_key;
    const char *secret_key;
    const char *session_token; /* NULL = the keys do not expire */
    const char *region;        /* NULL = none is configured */
    const char *endpoint;      /* URL configured for the service, or NULL */
    const char *ca;            /* file of authorities, or NULL */
    uint64_t version;          /* another number when the keys changed */
};

struct creds *creds_new(void);
void creds_free(struct creds *c);

/* Credentials for a call. now: monotonic. A profile or a file that the call
 * names outranks keys of the environment. Fails with E_NOT_FOUND (none) or
 * E_FAILED (a source is broken, or not supported yet); no secret in the text.
 */
int creds_get(struct creds *c, const struct aws_call *a, usec_t now,
              struct creds_key *out, struct err *err);

/* The keys of that version were refused: reads the files again. True if there
 * are others now. */
bool creds_renew(struct creds *c, const struct aws_call *a, usec_t now,
                 uint64_t version);

#endif
