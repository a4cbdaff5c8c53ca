/* sigv4.c - see sigv4.h. The canonical request is hashed as it is made, so no
 * copy of the session token or of the body is left behind. */
#include "wire/sigv4.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/dur.h"
#include "wire/form.h"
#include "wire/hash.h"

#define TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* A byte of a header's value; one blank between two others is one, too. */
static bool
sendable(const char *at, const char *text, bool blanks)
{
    if (*at > ' ' && *at <= '~')
        return true;
    /* Servers make one blank of several, and none at the ends. */
    return blanks && *at == ' ' && at != text && at[1] != ' ' && at[1] != '\0';
}

/* Not empty, at most max bytes, all of them sendable and none of never. */
static int
check_text(const char *what, const char *text, size_t max, const char *never,
           bool blanks, struct err *err)
{
    if (text == NULL || *text == '\0')
        return err_set(err, E_USAGE, "No %s to sign with", what);
    if (strnlen(text, max + 1) > max)
        return err_set(err, E_USAGE, "The %s exceeds %zu bytes", what, max);
    for (const char *at = text; *at != '\0'; at++)
        if (!sendable(at, text, blanks) || strchr(never, *at) != NULL)
            return err_set(err, E_USAGE,
                           "The %s holds byte 0x%02x, which cannot be sent",
                           what, (unsigned)(unsigned char)*at);
    return 0;
}

/* A server takes "//", "/./" and "/../" away before it signs, or does not. */
static int
check_path(const char *path, struct err *err)
{
    if (check_text("path", path, SIGV4_PATH_MAX, "?#", false, err) != 0)
        return -1;
    if (*path != '/')
        return err_set(err, E_USAGE, "The path does not begin with /");
    for (const char *at = path; at != NULL; at = strchr(at + 1, '/')) {
        size_t len = strcspn(at + 1, "/");
        bool last = at[1 + len] == '\0';
        if ((len == 0 && !last) || (len == 1 && at[1] == '.') ||
            (len == 2 && at[1] == '.' && at[2] == '.'))
            return err_set(err, E_USAGE,
                           "The path holds an empty segment, . or ..");
    }
    return 0;
}

static bool
has_token(const struct sigv4_key *key)
{
    return key->session_token != NULL && *key->session_token != '\0';
}

/* '/' and ',' would end the name of a key or of a scope early. */
static int
check_names(const struct sigv4_key *key, const struct sigv4_scope *scope,
            struct err *err)
{
    if (check_text("access key", key->access_key, SIGV4_ACCESS_KEY_MAX, "/,",
                   false, err) != 0 ||
        check_text("secret key", key->secret_key, SIGV4_SECRET_KEY_MAX, "",
                   false, err) != 0 ||
        check_text("service", scope->service, SIGV4_SERVICE_MAX, "/,", false,
                   err) != 0 ||
        check_text("region", scope->region, SIGV4_REGION_MAX, "/,", false,
                   err) != 0)
        return -1;
    if (has_token(key) && check_text("session token", key->session_token,
                                     SIGV4_TOKEN_MAX, "", false, err) != 0)
        return -1;
    if (scope->unix_time < 0 || scope->unix_time > TIME_MAX)
        return err_set(err, E_USAGE,
                       "The time to sign with is not between"
                       " the years 1970 and 9999");
    return 0;
}

/* 20060102T150405Z */
static void
print_date(int64_t unix_time, char out[SIGV4_DATE_SIZE])
{
    char text[32];

    dur_print_utc(unix_time * USEC_S, text, sizeof text);
    (void)snprintf(out, SIGV4_DATE_SIZE, "%.4s%.2s%.2sT%.2s%.2s%.2sZ", text,
                   text + 5, text + 8, text + 11, text + 14, text + 17);
}

static const char *
signed_headers(const struct sigv4_key *key)
{
    return has_token(key) ? "content-type;host;x-amz-date;x-amz-security-token"
                          : "content-type;host;x-amz-date";
}

/* Encoded once more: all services but S3 want that. */
static void
add_path(EVP_MD_CTX *ctx, const char *path)
{
    for (const char *at = path; *at != '\0'; at++) {
        char hex[4];
        if (*at == '/' || form_unreserved(*at)) {
            hash_add(ctx, at, 1);
            continue;
        }
        (void)snprintf(hex, sizeof hex, "%%%02X", (unsigned)*at);
        hash_add_text(ctx, hex);
    }
}

static void
add_header(EVP_MD_CTX *ctx, const char *name, const char *value)
{
    hash_add_text(ctx, name);
    hash_add_text(ctx, ":");
    hash_add_text(ctx, value);
    hash_add_text(ctx, "\n");
}

struct request {
    const char *host, *path, *content_type;
    const void *body;
    size_t len;
};

/* The digest of the canonical request. */
static void
hash_request(const struct sigv4_key *key, const struct request *r,
             const char *amz_date, char out[HASH_HEX_SIZE])
{
    EVP_MD_CTX *of_body = hash_start();
    char body[HASH_HEX_SIZE];

    hash_add(of_body, r->body, r->len);
    hash_end_hex(of_body, body);

    EVP_MD_CTX *ctx = hash_start();
    hash_add_text(ctx, "POST\n");
    add_path(ctx, r->path);
    hash_add_text(ctx, "\n\n"); /* no query */
    add_header(ctx, "content-type", r->content_type);
    add_header(ctx, "host", r->host);
    add_header(ctx, "x-amz-date", amz_date);
    if (has_token(key))
        add_header(ctx, "x-amz-security-token", key->session_token);
    hash_add_text(ctx, "\n");
    hash_add_text(ctx, signed_headers(key));
    hash_add_text(ctx, "\n");
    hash_add_text(ctx, body);
    hash_end_hex(ctx, out);
}

/* Four steps of HMAC lead from the secret to the key of a day, a region and a
 * service, the fifth to the signature. They take some microseconds, so the
 * derived key is not kept. */
static void
sign_text(const char *secret, const char *day, const struct sigv4_scope *scope,
          const char *text, char out[HASH_HEX_SIZE])
{
    char first[sizeof "AWS4" + SIGV4_SECRET_KEY_MAX];
    const char *const steps[] = {day, scope->region, scope->service,
                                 "aws4_request", text};
    enum { STEPS = sizeof steps / sizeof steps[0] };
    unsigned char macs[STEPS][HASH_BYTES];

    (void)snprintf(first, sizeof first, "AWS4%s", secret);
    hash_mac(first, strlen(first), steps[0], macs[0]);
    for (int i = 1; i < STEPS; i++)
        hash_mac(macs[i - 1], HASH_BYTES, steps[i], macs[i]);
    hash_hex(macs[STEPS - 1], out);
    OPENSSL_cleanse(first, sizeof first);
    OPENSSL_cleanse(macs, sizeof macs);
}

int
sigv4_sign(const struct sigv4_key *key, const struct sigv4_scope *scope,
           const char *host, const char *path, const char *content_type,
           const void *body, size_t len, struct sigv4_out *out, struct err *err)
{
    const struct request r = {host, path, content_type, body, len};
    char hash[HASH_HEX_SIZE], signature[HASH_HEX_SIZE], day[9];
    char where[sizeof "20060102///aws4_request" + SIGV4_REGION_MAX +
               SIGV4_SERVICE_MAX];
    char text[sizeof where + SIGV4_DATE_SIZE + HASH_HEX_SIZE + 32];

    if (check_names(key, scope, err) != 0 || check_path(path, err) != 0 ||
        check_text("host", host, SIGV4_HOST_MAX, "", false, err) != 0 ||
        check_text("content type", content_type, SIGV4_CONTENT_TYPE_MAX, "",
                   true, err) != 0)
        return -1;
    print_date(scope->unix_time, out->amz_date);
    hash_request(key, &r, out->amz_date, hash);
    (void)snprintf(day, sizeof day, "%.8s", out->amz_date);
    (void)snprintf(where, sizeof where, "%s/%s/%s/aws4_request", day,
                   scope->region, scope->service);
    (void)snprintf(text, sizeof text, "AWS4-HMAC-SHA256\n%s\n%s\n%s",
                   out->amz_date, where, hash);
    sign_text(key->secret_key, day, scope, text, signature);
    (void)snprintf(out->authorization, sizeof out->authorization,
                   "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, "
                   "Signature=%s",
                   key->access_key, where, signed_headers(key), signature);
    return 0;
}

/* Where the three letters stand in a list of such, or -1. */
static int
find_name(const char *names, const char *text)
{
    for (int i = 0; names[3 * i] != '\0'; i++)
        if (strncmp(names + 3 * i, text, 3) == 0)
            return i;
    return -1;
}

/* The digits at text. */
static int
number_at(const char *text, int digits)
{
    int n = 0;

    for (int i = 0; i < digits; i++)
        n = n * 10 + (text[i] - '0');
    return n;
}

/* Days of a month, 0 = January. */
static int
month_days(int month, int year)
{
    static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month] + (month == 1 && leap);
}

/* Days from 1970-01-01 to a day, month 0 = January. */
static int
days_since_1970(int year, int month, int day)
{
    int before = year - 1;
    int days = (year - 1970) * 365 + day - 1;

    for (int m = 0; m < month; m++)
        days += month_days(m, year);
    /* The leap days of all years before, less the 477 of those to 1969. */
    return days + before / 4 - before / 100 + before / 400 - 477;
}

/* 'a' stands for anything, '0' for a digit, the rest for itself. */
static bool
has_shape(const char *text, const char *shape)
{
    if (strnlen(text, strlen(shape) + 1) != strlen(shape))
        return false;
    for (; *shape != '\0'; shape++, text++) {
        bool digit = *text >= '0' && *text <= '9';
        if (*shape != 'a' && !(*shape == '0' ? digit : *text == *shape))
            return false;
    }
    return true;
}

int64_t
sigv4_parse_http_date(const char *text)
{
    if (text == NULL || !has_shape(text, "aaa, 00 aaa 0000 00:00:00 GMT"))
        return -1;
    int weekday = find_name("SunMonTueWedThuFriSat", text);
    int month = find_name("JanFebMarAprMayJunJulAugSepOctNovDec", text + 8);
    int day = number_at(text + 5, 2), year = number_at(text + 12, 4);
    int hour = number_at(text + 17, 2), minute = number_at(text + 20, 2);
    int second = number_at(text + 23, 2);

    /* 60 is a leap second, and the first second of the next minute here. */
    if (month < 0 || year < 1970 || day < 1 || day > month_days(month, year) ||
        hour > 23 || minute > 59 || second > 60)
        return -1;
    int days = days_since_1970(year, month, day);
    if (weekday != (days + 4) % 7) /* 1970-01-01 was a Thursday */
        return -1;
    return (int64_t)days * 86400 + hour * 3600 + minute * 60 + second;
}
