#include "wire/hash.h"

#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

static void
must(int ok)
{
    if (ok != 1)
        abort();
}

EVP_MD_CTX *
hash_start(void)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    must(ctx != NULL);
    must(EVP_DigestInit_ex(ctx, EVP_sha256(), NULL));
    return ctx;
}

void
hash_add(EVP_MD_CTX *ctx, const void *data, size_t len)
{
    must(EVP_DigestUpdate(ctx, data, len));
}

void
hash_add_text(EVP_MD_CTX *ctx, const char *text)
{
    hash_add(ctx, text, strlen(text));
}

void
hash_end_hex(EVP_MD_CTX *ctx, char out[HASH_HEX_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;

    must(EVP_DigestFinal_ex(ctx, digest, &len));
    must(len == HASH_BYTES);
    EVP_MD_CTX_free(ctx);
    hash_hex(digest, out);
}

void
hash_mac(const void *key, size_t key_len, const char *text,
         unsigned char mac[HASH_BYTES])
{
    unsigned int len = 0;

    must(HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text,
              strlen(text), mac, &len) != NULL);
    must(len == HASH_BYTES);
}

void
hash_hex(const unsigned char digest[HASH_BYTES], char out[HASH_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < HASH_BYTES; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[2 * HASH_BYTES] = '\0';
}
