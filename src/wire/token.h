/* token.h - the idempotency token of a creating call. Pure. */
#ifndef HOSTQ_WIRE_TOKEN_H
#define HOSTQ_WIRE_TOKEN_H

/* Lower-case hex SHA-256 over the four parts, each with its length before it
 * (8 bytes, big-endian; intent as decimal text); out has 65 bytes. The same
 * parts give the same token for ever. */
void token_make(const char *deployment, const char *request_id, int intent,
                const char *pool, char out[65]);
/* Lower-case hex SHA-256 of data; out has 65 bytes. */
void token_sha256(const void *data, unsigned long len, char out[65]);

#endif
