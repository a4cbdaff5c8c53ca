/* hash.h - SHA-256 and its HMAC through libcrypto, for the files of wire. A
 * failure of the library is out of memory or a broken library: abort. Pure. */
#ifndef HOSTQ_WIRE_HASH_H
#define HOSTQ_WIRE_HASH_H

#include <openssl/evp.h>
#include <stddef.h>

enum { HASH_BYTES = 32, HASH_HEX_SIZE = 2 * HASH_BYTES + 1 };

/* A digest over what is added piece by piece; hash_end_hex() frees it and
 * gives the lower-case hex digits. */
EVP_MD_CTX *hash_start(void);
void hash_add(EVP_MD_CTX *ctx, const void *data, size_t len);
void hash_add_text(EVP_MD_CTX *ctx, const char *text);
void hash_end_hex(EVP_MD_CTX *ctx, char out[HASH_HEX_SIZE]);

/* HMAC-SHA256 of a text; mac must not be key. */
void hash_mac(const void *key, size_t key_len, const char *text,
              unsigned char mac[HASH_BYTES]);
/* The lower-case hex digits of a digest. */
void hash_hex(const unsigned char digest[HASH_BYTES], char out[HASH_HEX_SIZE]);

#endif
