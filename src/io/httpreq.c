/* httpreq.c - see httpreq.h. An option that curl refuses is out of memory or
 * a mistake of ours, as sizes are checked before: both abort. */
#include "io/httpreq.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"

#define CONNECT_TIMEOUT (10 * USEC_S)
#define URL_MAX 65536 /* bytes; servers refuse far less */
#define HEADER_MAX 65536
#define METHOD_MAX 20

static void
must(CURLcode rc)
{
    if (rc != CURLE_OK)
        abort();
}

static const char *
method_of(const struct http_call *c)
{
    if (c->method != NULL)
        return c->method;
    return c->body != NULL ? "POST" : "GET";
}

bool
httpreq_repeatable(const struct http_call *c)
{
    const char *method = method_of(c);

    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

/* RFC 9110 5.6.2 */
static size_t
token_len(const char *text)
{
    return strspn(text, "!#$%&'*+-.^_`|~0123456789"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "abcdefghijklmnopqrstuvwxyz");
}

/* No byte that ends a line or a word in between. */
static bool
is_clean(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
            return false;
    return true;
}

static int
add_header(struct curl_slist **list, const char *line, struct err *err)
{
    CLEANUP_BUF struct buf text = BUF_INIT(HEADER_MAX);
    size_t name = token_len(line);
    struct curl_slist *longer;

    if (name == 0 || line[name] != ':' || !is_clean(line))
        return err_set(err, E_USAGE, "a header of the call is not well-formed");
    /* "Name:" would take a header away; "Name;" sends an empty one. */
    if (line[name + 1 + strspn(line + name + 1, " \t")] == '\0') {
        buf_put(&text, line, name);
        buf_putc(&text, ';');
    } else {
        buf_puts(&text, line);
    }
    if (!buf_ok(&text))
        return err_set(err, E_USAGE, "a header of the call is too long");
    longer = curl_slist_append(*list, buf_str(&text));
    if (longer == NULL)
        abort();
    *list = longer;
    return 0;
}

static bool
has_header(const struct curl_slist *list, const char *name)
{
    size_t n = strlen(name);

    for (; list != NULL; list = list->next)
        if (strncasecmp(list->data, name, n) == 0 &&
            (list->data[n] == ':' || list->data[n] == ';'))
            return true;
    return false;
}

/* Headers that curl would add by itself. */
static void
without(struct curl_slist **list, const char *name)
{
    CLEANUP_BUF struct buf text = BUF_INIT(64);
    struct curl_slist *longer;

    if (has_header(*list, name))
        return;
    buf_printf(&text, "%s:", name);
    longer = curl_slist_append(*list, buf_str(&text));
    if (longer == NULL)
        abort();
    *list = longer;
}

static int
set_headers(CURL *easy, char *const *lines, char *const *more,
            struct curl_slist **out, struct err *err)
{
    struct curl_slist *list = NULL;
    int rc = 0;

    for (; rc == 0 && more != NULL && *more != NULL; more++)
        rc = add_header(&list, *more, err);
    for (; rc == 0 && lines != NULL && *lines != NULL; lines++)
        rc = add_header(&list, *lines, err);
    if (rc != 0) {
        curl_slist_free_all(list);
        return -1;
    }
    without(&list, "Expect");
    without(&list, "Content-Type");
    must(curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list));
    *out = list;
    return 0;
}

static void
set_method(CURL *easy, const struct http_call *c)
{
    const char *method = method_of(c);
    bool bare = c->body == NULL &&
                (strcmp(method, "DELETE") == 0 ||
                 strcmp(method, "OPTIONS") == 0 || httpreq_repeatable(c));

    if (bare && strcmp(method, "HEAD") == 0) {
        must(curl_easy_setopt(easy, CURLOPT_NOBODY, 1L));
        return;
    }
    if (bare) {
        must(curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L));
    } else {
        must(curl_easy_setopt(easy, CURLOPT_POST, 1L));
        must(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                              c->body != NULL ? (curl_off_t)c->body_len : 0));
        must(curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                              c->body != NULL ? c->body : ""));
    }
    if (strcmp(method, bare ? "GET" : "POST") != 0)
        must(curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method));
}

/* NULL: curl looks into the environment itself, but not for HTTP_PROXY in
 * upper case, which it takes only for other schemes (aws.md 1d). */
static const char *
proxy_of(const struct http_call *c, const char *url)
{
    const char *proxy;

    if (c->proxy != NULL)
        return c->proxy;
    if (strncasecmp(url, "http:", 5) != 0 || getenv("http_proxy") != NULL)
        return NULL;
    proxy = getenv("HTTP_PROXY");
    return proxy != NULL && proxy[0] != '\0' ? proxy : NULL;
}

static long
connect_ms(const struct http_call *c)
{
    usec_t span = c->connect_timeout > 0 ? c->connect_timeout : CONNECT_TIMEOUT;
    usec_t ms = (span - 1) / USEC_MS + 1;

    return ms > INT_MAX ? INT_MAX : (long)ms;
}

static void
set_always(CURL *easy)
{
    must(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
    must(curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L));
    must(curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L));
    must(curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L));
    must(curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L));
    must(curl_easy_setopt(easy, CURLOPT_SSLVERSION,
                          (long)CURL_SSLVERSION_TLSv1_2));
    /* One call, one connection: how it ended is known of each. */
    must(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                          (long)CURL_HTTP_VERSION_1_1));
    must(curl_easy_setopt(easy, CURLOPT_USERAGENT, "hostq/" PACKAGE_VERSION));
#if LIBCURL_VERSION_NUM >= 0x075700
    /* A dropped call does not wait for the thread that resolves its name. */
    must(curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L));
#endif
}

static int
check(const struct http_call *c, const char *url, const char *proxy,
      struct err *err)
{
    const char *method = method_of(c);
    size_t len = strlen(method);

    if (strncasecmp(url, "http://", 7) != 0 &&
        strncasecmp(url, "https://", 8) != 0)
        return err_set(err, E_USAGE, "the URL is not one of http or https");
    if (strlen(url) > URL_MAX || !is_clean(url))
        return err_set(err, E_USAGE,
                       "the URL is too long or has bytes that "
                       "cannot be sent");
    if (len == 0 || len > METHOD_MAX || token_len(method) != len)
        return err_set(err, E_USAGE, "the method is not a word");
    if (proxy != NULL && (strlen(proxy) > URL_MAX || !is_clean(proxy)))
        return err_set(err, E_USAGE, "the proxy is not a host and port");
    return 0;
}

int
httpreq_set(CURL *easy, const struct http_call *c, const char *url,
            char *const *more, const char *ca, struct curl_slist **headers,
            struct err *err)
{
    const char *proxy = proxy_of(c, url);

    if (check(c, url, proxy, err) != 0 ||
        set_headers(easy, c->headers, more, headers, err) != 0)
        return -1;
    set_always(easy);
    set_method(easy, c);
    must(curl_easy_setopt(easy, CURLOPT_URL, url));
    must(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms(c)));
    if (proxy != NULL)
        must(curl_easy_setopt(easy, CURLOPT_PROXY, proxy));
    if (ca != NULL)
        must(curl_easy_setopt(easy, CURLOPT_CAINFO, ca));
    return 0;
}
