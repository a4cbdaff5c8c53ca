/* http.c - see http.h. The whole time of a call is a timer of the engine, the
 * time to connect is curl's own; so each says for certain which it was. */
#include "io/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "core/mem.h"
#include "io/flight.h"
#include "io/httpreq.h"
#include "io/sign.h"
#include "sys/clock.h"
#include "wire/head.h"

#define TIMEOUT (60 * USEC_S)
#define REPLY_CAP ((size_t)64 * 1024 * 1024)

/* A call on the wire. */
struct http {
    CURL *easy;
    struct curl_slist *headers; /* as sent */
    struct sign sign;
    struct head head; /* of the reply */
    struct buf body;  /* of the reply; broken: over the cap */
    bool added;       /* easy is in the multi */
    bool repeatable;  /* may go out twice */
    bool sent;        /* bytes went out, or are about to */
    bool twice;       /* stopped before it went out again */
    char error[CURL_ERROR_SIZE];
};

static size_t
take_body(char *data, size_t size, size_t count, void *arg)
{
    struct http *h = arg;

    buf_put(&h->body, data, size * count);
    return buf_ok(&h->body) ? size * count : 0;
}

static size_t
take_header(char *data, size_t size, size_t count, void *arg)
{
    struct http *h = arg;

    head_add(&h->head, data, size * count);
    return size * count;
}

#if LIBCURL_VERSION_NUM >= 0x075000
/* Connected, nothing sent. curl sends again by itself where a kept connection
 * turns out to be dead: the server may have acted on the first, so only calls
 * that change nothing are let through. */
static int
before_send(void *arg, char *ip, char *local_ip, int port, int local_port)
{
    struct http *h = arg;

    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    if (h->sent && !h->repeatable) {
        h->twice = true;
        return CURL_PREREQFUNC_ABORT;
    }
    h->sent = true;
    return CURL_PREREQFUNC_OK;
}

static bool
went_out(struct http *h)
{
    return h->sent;
}
#else
static bool
went_out(struct http *h)
{
    long bytes = 0;

    (void)curl_easy_getinfo(h->easy, CURLINFO_REQUEST_SIZE, &bytes);
    return bytes > 0;
}
#endif

static CURL *
handle_get(struct http_pool *p)
{
    CURL *easy = p->count > 0 ? p->idle[--p->count] : curl_easy_init();

    if (easy == NULL)
        abort();
    return easy;
}

static void
handle_put(struct http_pool *p, CURL *easy)
{
    if (p->count == HTTP_IDLE) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    p->idle[p->count++] = easy;
}

void
http_pool_fini(struct http_pool *p)
{
    while (p->count > 0)
        curl_easy_cleanup(p->idle[--p->count]);
}

/* Off the wire, ready for another try. */
static void
stop(struct engine *e, struct http *h)
{
    if (h->added)
        (void)curl_multi_remove_handle(e->multi, h->easy);
    h->added = false;
    curl_easy_reset(h->easy);
    curl_slist_free_all(h->headers);
    h->headers = NULL;
    head_clear(&h->head);
    buf_clear(&h->body);
    h->sent = false;
    h->error[0] = '\0';
}

void
http_release(struct engine *e, struct flight *f)
{
    struct http *h = f->http;

    if (h == NULL)
        return;
    f->http = NULL;
    stop(e, h);
    handle_put(&e->http, h->easy);
    sign_fini(&h->sign);
    head_fini(&h->head);
    buf_fini(&h->body);
    free(h);
}

static void
refuse(struct engine *e, struct flight *f, enum reason why, const char *text)
{
    f->reply.why = why;
    flight_end(e, f, WIRE_REFUSED, "%s", text);
}

static void
set_callbacks(struct http *h, struct flight *f)
{
    CURL *easy = h->easy;

    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, f);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, h->error);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, h);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, h);
#if LIBCURL_VERSION_NUM >= 0x075000
    (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_send);
    (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, h);
#endif
}

/* Signs f and puts it on the wire. */
static int
send_it(struct engine *e, struct flight *f, enum reason *why, struct err *err)
{
    const struct http_call *c = &f->call.http;
    struct http *h = f->http;

    if (sign_call(&e->signer, c, &h->sign, why, err) != 0)
        return -1;
    *why = R_CONFIG;
    if (httpreq_set(h->easy, c, h->sign.url, h->sign.headers, h->sign.ca,
                    &h->headers, err) != 0)
        return -1;
    set_callbacks(h, f);
    if (curl_multi_add_handle(e->multi, h->easy) != CURLM_OK)
        abort();
    h->added = true;
    return 0;
}

void
http_start(struct engine *e, struct flight *f)
{
    const struct call *c = &f->call;
    struct http *h = mem_zero(1, sizeof(*h));
    enum reason why = R_CONFIG;
    struct err err;

    h->easy = handle_get(&e->http);
    h->repeatable = httpreq_repeatable(&c->http);
    head_init(&h->head);
    buf_init(&h->body, c->http.reply_cap > 0 ? c->http.reply_cap : REPLY_CAP);
    f->http = h;
    if (send_it(e, f, &why, &err) != 0) {
        refuse(e, f, why, err.text);
        return;
    }
    flight_move(e, f, &e->wired);
    timers_set(&e->timers, &f->timer,
               usec_add(now_mono(), c->timeout > 0 ? c->timeout : TIMEOUT));
}

static const char *
phase_of(struct http *h)
{
    curl_off_t name = 0, reply = 0;

    (void)curl_easy_getinfo(h->easy, CURLINFO_NAMELOOKUP_TIME_T, &name);
    (void)curl_easy_getinfo(h->easy, CURLINFO_STARTTRANSFER_TIME_T, &reply);
    if (went_out(h))
        return reply > 0 ? "sent, and the reply began"
                         : "sent, or a part of it; no reply";
    if (name == 0)
        return "nothing sent: the name is not resolved";
    return "nothing sent: no connection, or no TLS";
}

void
http_due(struct engine *e, struct flight *f)
{
    char span[32];

    dur_print(f->call.timeout > 0 ? f->call.timeout : TIMEOUT, span,
              sizeof(span));
    flight_end(e, f, WIRE_TIMEOUT, "no whole reply within %s (%s)", span,
               phase_of(f->http));
}

static enum reason
reason_of(CURLcode rc)
{
    switch ((int)rc) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_LOGIN_DENIED:
    case CURLE_SSL_CACERT_BADFILE:
        return R_CONFIG;
    default:
        return R_NETWORK_ERROR;
    }
}

static void
failed(struct engine *e, struct flight *f, CURLcode rc)
{
    const struct http *h = f->http;
    const char *text = h->error[0] != '\0' ? h->error : curl_easy_strerror(rc);

    if (!buf_ok(&h->body))
        flight_end(e, f, WIRE_LOST, "the reply has more than %zu bytes",
                   h->body.cap);
    else if (h->twice)
        flight_end(e, f, WIRE_LOST, "the connection ended without a reply");
    else if (went_out(f->http))
        flight_end(e, f, WIRE_LOST, "%s", text);
    else
        refuse(e, f, reason_of(rc), text);
}

/* The reply so far is dropped; the time goes on. */
static void
once_more(struct engine *e, struct flight *f)
{
    enum reason why = R_CONFIG;
    struct err err;

    stop(e, f->http);
    free(f->reply.body);
    free(f->reply.headers);
    reply_init(&f->reply);
    if (send_it(e, f, &why, &err) != 0)
        refuse(e, f, why, err.text);
}

static void
answered(struct engine *e, struct flight *f)
{
    struct http *h = f->http;
    struct reply *r = &f->reply;
    long status = 0;

    if (!h->head.done) { /* libcurl takes what came for a reply */
        flight_end(e, f, WIRE_LOST, "the reply ends within its headers");
        return;
    }
    (void)curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
    r->status = (int)status;
    r->body_len = h->body.len;
    r->body = buf_take(&h->body);
    r->headers = buf_take(&h->head.text);
    r->temporary = h->sign.temporary;
    if (sign_again(&e->signer, &f->call.http, &h->sign, r))
        once_more(e, f);
    else
        flight_ok(e, f);
}

void
http_run(struct engine *e)
{
    CURLMsg *m;
    int left;

    if (TAILQ_EMPTY(&e->wired))
        return;
    (void)curl_multi_perform(e->multi, &left);
    while ((m = curl_multi_info_read(e->multi, &left)) != NULL) {
        CURLcode rc = m->data.result;
        char *arg = NULL;

        (void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &arg);
        if (rc == CURLE_OK)
            answered(e, (struct flight *)(void *)arg);
        else
            failed(e, (struct flight *)(void *)arg, rc);
    }
}
