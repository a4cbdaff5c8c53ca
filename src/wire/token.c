/* token.c - see token.h. A wrong token would make machines twice. */
#include "wire/token.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "wire/hash.h"

/* The length first, 8 bytes, most significant first: ("ab","c") and
 * ("a","bc") differ. */
static void
add_part(EVP_MD_CTX *ctx, const char *part)
{
    uint64_t len = strlen(part);
    unsigned char head[8];

    for (int i = 0; i < 8; i++)
        head[i] = (unsigned char)(len >> (56 - 8 * i));
    hash_add(ctx, head, sizeof(head));
    hash_add(ctx, part, len);
}

void
token_make(const char *deployment, const char *request_id, int intent,
           const char *pool, char out[65])
{
    char number[16];
    EVP_MD_CTX *ctx = hash_start();

    (void)snprintf(number, sizeof(number), "%d", intent);
    add_part(ctx, deployment);
    add_part(ctx, request_id);
    add_part(ctx, number);
    add_part(ctx, pool);
    hash_end_hex(ctx, out);
}

void
token_sha256(const void *data, unsigned long len, char out[65])
{
    EVP_MD_CTX *ctx = hash_start();

    hash_add(ctx, data, len);
    hash_end_hex(ctx, out);
}
