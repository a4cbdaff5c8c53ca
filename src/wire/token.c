/* token.c - SHA-256 through libcrypto. A failure of the digest is out of
 * memory or a broken library: abort, a wrong token would make machines
 * twice. */
#include "wire/token.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_BYTES 32

static void
must(int ok)
{
    if (ok != 1)
        abort();
}

static void
finish_hex(EVP_MD_CTX *ctx, char out[65])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    must(EVP_DigestFinal_ex(ctx, digest, &len));
    must(len == DIGEST_BYTES);
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[2 * DIGEST_BYTES] = '\0';
    EVP_MD_CTX_free(ctx);
}

static EVP_MD_CTX *
start(void)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    must(ctx != NULL);
    must(EVP_DigestInit_ex(ctx, EVP_sha256(), NULL));
    return ctx;
}

/* The length first, 8 bytes, most significant first: ("ab","c") and
 * ("a","bc") differ. */
static void
add_part(EVP_MD_CTX *ctx, const char *part)
{
    uint64_t len = strlen(part);
    unsigned char head[8];

    for (int i = 0; i < 8; i++)
        head[i] = (unsigned char)(len >> (56 - 8 * i));
    must(EVP_DigestUpdate(ctx, head, sizeof(head)));
    must(EVP_DigestUpdate(ctx, part, len));
}

void
token_make(const char *deployment, const char *request_id, int intent,
           const char *pool, char out[65])
{
    char number[16];
    EVP_MD_CTX *ctx = start();

    (void)snprintf(number, sizeof(number), "%d", intent);
    add_part(ctx, deployment);
    add_part(ctx, request_id);
    add_part(ctx, number);
    add_part(ctx, pool);
    finish_hex(ctx, out);
}

void
token_sha256(const void *data, unsigned long len, char out[65])
{
    EVP_MD_CTX *ctx = start();

    must(EVP_DigestUpdate(ctx, data, len));
    finish_hex(ctx, out);
}
