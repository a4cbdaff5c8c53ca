/* web.c - see web.h. */
#include "daemon/web.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "core/mem.h"
#include "daemon/listen.h"
#include "daemon/metrics.h"
#include "sys/log.h"

enum {
    CONNECTIONS = 16, /* a scraper or two and a probe */
    TIMEOUT_S = 10,
    PAGE_CAP = 4 * 1024 * 1024, /* every series at its cap fits */
};

struct web {
    struct listen_address address;
    int fd; /* -1 once the server has it */
    struct MHD_Daemon *server;
    web_health health;
    const void *arg;
};

/* What a path answers; fills out and returns the status. */
struct page {
    const char *path, *type;
    unsigned (*make)(const struct web *w, struct buf *out);
};

static unsigned
make_metrics(const struct web *w, struct buf *out)
{
    (void)w;
    metrics_text(out);
    return MHD_HTTP_OK;
}

static unsigned
make_health(const struct web *w, struct buf *out)
{
    struct err err;

    if (w->health(w->arg, &err) == 0) {
        buf_puts(out, "ok\n");
        return MHD_HTTP_OK;
    }
    buf_printf(out, "%s\n", err.text);
    return MHD_HTTP_SERVICE_UNAVAILABLE;
}

static const struct page pages[] = {
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", make_metrics},
    {"/healthz", "text/plain; charset=utf-8", make_health},
};

static const struct page *
page_of(const char *path)
{
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        if (strcmp(pages[i].path, path) == 0)
            return &pages[i];
    return NULL;
}

static enum MHD_Result
send_text(struct MHD_Connection *c, unsigned status, const char *type,
          const char *text, size_t len)
{
    /* The server only reads it, whatever its signature says. */
    struct MHD_Response *r = MHD_create_response_from_buffer(
        len, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = MHD_NO;

    if (!r)
        return MHD_NO;
    if (MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type) &&
        (status != MHD_HTTP_METHOD_NOT_ALLOWED ||
         MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD")))
        result = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result
say(struct MHD_Connection *c, unsigned status, const char *text)
{
    return send_text(c, status, "text/plain; charset=utf-8", text,
                     strlen(text));
}

static enum MHD_Result
answer(void *arg, struct MHD_Connection *c, const char *url, const char *method,
       const char *version, const char *upload, size_t *upload_size,
       void **state)
{
    static char seen;
    const struct page *page = page_of(url);
    CLEANUP_BUF struct buf text = BUF_INIT(PAGE_CAP);

    (void)version;
    (void)upload;
    if (!page)
        return say(c, MHD_HTTP_NOT_FOUND, "not found\n");
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
        strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return say(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    /* An answer at the first call, before a body is read, would close the
     * connection: right for the refusals above, not for a scraper. */
    if (!*state || *upload_size > 0) {
        *state = &seen;
        *upload_size = 0;
        return MHD_YES;
    }
    unsigned status = page->make(arg, &text);
    if (!buf_ok(&text))
        return say(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "too long\n");
    return send_text(c, status, page->type, buf_str(&text), text.len);
}

struct web *
web_open(const char *address, struct err *err)
{
    struct web *w = mem_zero(1, sizeof(*w));
    CLEANUP_BUF struct buf at = BUF_INIT(200);

    w->fd = -1;
    if (listen_parse(address, &w->address, err) == 0)
        w->fd = listen_open(&w->address, err);
    if (w->fd < 0) {
        (void)err_wrap(err, "metrics_listen = %s", address);
        free(w);
        return NULL;
    }
    listen_print(w->fd, &at);
    log_event(LOG_INFO, "web.listening", "address=%s", buf_str(&at));
    return w;
}

int
web_serve(struct web *w, web_health health, const void *arg, struct err *err)
{
    w->health = health;
    w->arg = arg;
    w->server = MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD, 0, NULL, NULL, answer, w,
        MHD_OPTION_LISTEN_SOCKET, w->fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)TIMEOUT_S, MHD_OPTION_END);
    if (!w->server)
        return err_set(err, E_FAILED, "cannot start the metrics server");
    w->fd = -1;
    return 0;
}

void
web_stop(struct web *w)
{
    if (w->server)
        MHD_stop_daemon(w->server);
    w->server = NULL;
}

void
web_close(struct web *w)
{
    if (!w)
        return;
    web_stop(w);
    if (w->fd >= 0)
        (void)close(w->fd);
    listen_remove(&w->address);
    free(w);
}
