/* sign.c - see sign.h. */
#include "io/sign.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "core/mem.h"
#include "sys/clock.h"
#include "wire/awserr.h"
#include "wire/endpoint.h"
#include "wire/sigv4.h"

#define CONTENT_TYPE "application/x-www-form-urlencoded; charset=utf-8"
#define CLOCK_OFF (60 * USEC_S) /* servers allow 5 minutes */
#define LINE_CAP ((size_t)32 * 1024)

void
signer_init(struct signer *s)
{
    s->creds = creds_new();
    s->offset = 0;
}

void
signer_fini(struct signer *s)
{
    creds_free(s->creds);
    s->creds = NULL;
}

static void
clear(struct sign *g)
{
    free(g->url);
    free(g->ca);
    g->url = g->ca = NULL;
    for (int i = 0; i < SIGN_HEADERS; i++) {
        free(g->headers[i]);
        g->headers[i] = NULL;
    }
}

void
sign_fini(struct sign *g)
{
    clear(g);
    memset(g, 0, sizeof(*g));
}

/* What of a URL is signed. */
struct target {
    char *host; /* with the port where it is not the scheme's own */
    char *path;
};

static void
target_fini(struct target *t)
{
    free(t->host);
    free(t->path);
}

static char *
part_of(CURLU *u, CURLUPart part, unsigned flags)
{
    char *value = NULL, *copy;

    if (curl_url_get(u, part, &value, flags) != CURLUE_OK)
        return NULL;
    copy = mem_dup(value);
    curl_free(value);
    return copy;
}

static int
target_of(CURLU *u, const char *url, struct target *t, struct err *err)
{
    CLEANUP_BUF struct buf host = BUF_INIT(LINE_CAP);
    CLEANUP_FREE char *name = NULL, *port = NULL, *query = NULL;

    if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK)
        return err_set(err, E_USAGE, "the endpoint is not a URL");
    name = part_of(u, CURLUPART_HOST, 0);
    port = part_of(u, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
    query = part_of(u, CURLUPART_QUERY, 0);
    if (name == NULL || query != NULL)
        return err_set(err, E_USAGE, "the endpoint has no host, or a query");
    buf_puts(&host, name);
    if (port != NULL)
        buf_printf(&host, ":%s", port);
    t->path = part_of(u, CURLUPART_PATH, 0);
    t->host = buf_take(&host);
    if (t->path == NULL || t->host == NULL)
        return err_set(err, E_USAGE, "the endpoint is not a URL");
    return 0;
}

/* The type the call names, or what AWS expects. */
static const char *
type_of(const struct http_call *c, bool *ours)
{
    static const char name[] = "Content-Type:";

    *ours = false;
    for (char *const *h = c->headers; h != NULL && *h != NULL; h++)
        if (strncasecmp(*h, name, sizeof(name) - 1) == 0)
            return *h + sizeof(name) - 1 + strspn(*h + sizeof(name) - 1, " \t");
    *ours = true;
    return CONTENT_TYPE;
}

static void
put(struct sign *g, const char *name, const char *value)
{
    CLEANUP_BUF struct buf line = BUF_INIT(LINE_CAP);
    int i = 0;

    while (g->headers[i] != NULL)
        i++;
    buf_printf(&line, "%s: %s", name, value);
    g->headers[i] = buf_take(&line);
    if (g->headers[i] == NULL)
        abort(); /* sigv4_sign() refuses what is longer */
}

static int
choose_url(const struct http_call *c, const struct creds_key *key,
           struct sign *g, struct err *err)
{
    CLEANUP_BUF struct buf url = BUF_INIT(LINE_CAP);

    if (c->url != NULL || key->endpoint != NULL)
        buf_puts(&url, c->url != NULL ? c->url : key->endpoint);
    else if (endpoint_url(&url, c->aws.service, key->region, err) != 0)
        return -1;
    g->url = buf_take(&url);
    if (g->url == NULL)
        return err_set(err, E_USAGE, "the endpoint is too long");
    return 0;
}

static int
add_signature(const struct http_call *c, const struct creds_key *key,
              const struct target *t, struct sign *g, struct err *err)
{
    bool ours;
    const char *type = type_of(c, &ours);
    const struct sigv4_key k = {.access_key = key->access_key,
                                .secret_key = key->secret_key,
                                .session_token = key->session_token};
    const struct sigv4_scope scope = {
        .service = c->aws.service,
        .region = key->region,
        .unix_time = g->signed_at / USEC_S,
    };
    struct sigv4_out out;

    if (sigv4_sign(&k, &scope, t->host, t->path, type, c->body, c->body_len,
                   &out, err) != 0)
        return -1;
    put(g, "Host", t->host);
    if (ours)
        put(g, "Content-Type", type);
    put(g, "X-Amz-Date", out.amz_date);
    if (key->session_token != NULL)
        put(g, "X-Amz-Security-Token", key->session_token);
    put(g, "Authorization", out.authorization);
    return 0;
}

static int
sign_aws(struct signer *s, const struct http_call *c, struct sign *g,
         const struct creds_key *key, struct err *err)
{
    struct target t = {0};
    CURLU *u;
    int rc;

    if (key->region == NULL)
        return err_set(err, E_USAGE, "no region: set AWS_REGION");
    if (c->method != NULL && strcmp(c->method, "POST") != 0)
        return err_set(err, E_USAGE, "only POST can be signed");
    if (choose_url(c, key, g, err) != 0)
        return -1;
    u = curl_url();
    if (u == NULL)
        abort();
    g->signed_at = now_real() + s->offset;
    rc = target_of(u, g->url, &t, err);
    if (rc == 0)
        rc = add_signature(c, key, &t, g, err);
    target_fini(&t);
    curl_url_cleanup(u);
    g->ca = mem_dup(key->ca);
    g->version = key->version;
    g->temporary = key->session_token != NULL;
    return rc;
}

int
sign_call(struct signer *s, const struct http_call *c, struct sign *g,
          enum reason *why, struct err *err)
{
    struct creds_key key;

    clear(g);
    *why = R_CONFIG;
    if (c->aws.service == NULL) {
        if (c->url == NULL)
            return err_set(err, E_USAGE, "the call has no URL");
        g->url = mem_dup(c->url);
        return 0;
    }
    if (creds_get(s->creds, &c->aws, now_mono(), &key, err) != 0) {
        *why = R_AUTH;
        return -1;
    }
    return sign_aws(s, c, g, &key, err);
}

static bool
is_one_of(const char *code, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(code, *list) == 0)
            return true;
    return false;
}

/* aws.md 1b. EC2 says AuthFailure where others say what it is. */
static bool
blames_clock(const struct aws_error *e)
{
    static const char *const codes[] = {
        "RequestExpired", "RequestTimeTooSkewed", "AuthFailure", NULL};

    if (strcmp(e->code, "SignatureDoesNotMatch") == 0)
        return strstr(e->message, "not yet current") != NULL ||
               strstr(e->message, "expired") != NULL;
    return is_one_of(e->code, codes);
}

/* Also of keys that do not expire: they may have been replaced since they
 * were read, and where they were not, nothing is sent again. */
static bool
blames_keys(const struct aws_error *e)
{
    static const char *const codes[] = {
        "ExpiredToken",         "ExpiredTokenException",
        "InvalidClientTokenId", "SignatureDoesNotMatch",
        "AuthFailure",          NULL};

    return is_one_of(e->code, codes);
}

/* Date against the time that was signed with: another call may have set the
 * clock right since. */
static bool
set_clock(struct signer *s, const struct sign *g, const struct reply *r)
{
    CLEANUP_BUF struct buf text = BUF_INIT(64);
    const char *date;
    size_t len = 0;
    int64_t seconds;
    usec_t off;

    date = reply_header(r, "Date", &len);
    if (date == NULL)
        return false;
    buf_put(&text, date, len);
    seconds = buf_ok(&text) ? sigv4_parse_http_date(buf_str(&text)) : -1;
    if (seconds < 0)
        return false;
    off = usec_sub(seconds * USEC_S, g->signed_at);
    if (off < CLOCK_OFF && off > -CLOCK_OFF)
        return false;
    s->offset = usec_sub(seconds * USEC_S, now_real());
    return true;
}

bool
sign_again(struct signer *s, const struct http_call *c, struct sign *g,
           const struct reply *r)
{
    struct aws_error e;

    if (c->aws.service == NULL || r->status < 400 || r->status > 499 ||
        !aws_error_read(r->body, r->body_len, &e))
        return false;
    if (!g->clock_tried && blames_clock(&e) && set_clock(s, g, r)) {
        g->clock_tried = true;
        return true;
    }
    if (!g->keys_tried && blames_keys(&e) &&
        creds_renew(s->creds, &c->aws, now_mono(), g->version)) {
        g->keys_tried = true;
        return true;
    }
    return false;
}
