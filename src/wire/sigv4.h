/* sigv4.h - AWS Signature Version 4 for the one shape that is sent (aws.md
 * 1c): POST, no query, and the headers content-type;host;x-amz-date, with
 * x-amz-security-token where the key has a session token. Pure.
 *
 * The signature is of what goes out: whoever sends must put host, content
 * type, token and the two headers of the result on the wire byte for byte,
 * and sign each attempt anew (a server refuses one that is some minutes
 * old). */
#ifndef HOSTQ_WIRE_SIGV4_H
#define HOSTQ_WIRE_SIGV4_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Most bytes of each text, without the NUL. AWS has access keys of up to 128
 * bytes and secrets of 40, and promises no length of a session token; servers
 * refuse headers of more than 8 or 16 KiB. A host is a DNS name of 253, ':'
 * and a port. */
enum {
    SIGV4_ACCESS_KEY_MAX = 128,
    SIGV4_SECRET_KEY_MAX = 256,
    SIGV4_TOKEN_MAX = 16384,
    SIGV4_SERVICE_MAX = 64,
    SIGV4_REGION_MAX = 64,
    SIGV4_HOST_MAX = 259,
    SIGV4_PATH_MAX = 1024,
    SIGV4_CONTENT_TYPE_MAX = 128,
    SIGV4_DATE_SIZE = 17,
    SIGV4_AUTHORIZATION_SIZE = 512,
};

/* Credentials; borrowed. */
struct sigv4_key {
    const char *access_key, *secret_key;
    const char *session_token; /* NULL or "" = none */
};

/* What the derived key is good for: "ec2", "us-east-1", a day. */
struct sigv4_scope {
    const char *service, *region;
    int64_t unix_time; /* s since 1970, UTC; up to the year 9999 */
};

/* Values of two headers. */
struct sigv4_out {
    char amz_date[SIGV4_DATE_SIZE];               /* X-Amz-Date */
    char authorization[SIGV4_AUTHORIZATION_SIZE]; /* Authorization */
};

/* Signs a call. host: value of the Host header, with the port where it is not
 * the scheme's own. path: as sent, so already percent-encoded; without ".",
 * ".." and empty segments, which a server may see otherwise. body may be NULL
 * where len is 0. Fails with E_USAGE for a text that is missing, is too long
 * or holds a byte that cannot be sent or would be read as another thing; the
 * message never holds the text. Secrets are wiped from the stack. */
int sigv4_sign(const struct sigv4_key *key, const struct sigv4_scope *scope,
               const char *host, const char *path, const char *content_type,
               const void *body, size_t len, struct sigv4_out *out,
               struct err *err) __attribute__((warn_unused_result));

/* Seconds since 1970 of a Date header, "Tue, 15 Nov 1994 08:12:31 GMT" (RFC
 * 7231 7.1.1.1, the one form that may be sent), by which a wrong clock is
 * seen; -1 for all else: another form, a date that does not exist, a wrong day
 * of the week, one before 1970, NULL. */
int64_t sigv4_parse_http_date(const char *text);

#endif
