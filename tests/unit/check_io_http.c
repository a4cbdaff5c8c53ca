/* check_io_http.c - HTTP calls against a server in the test that answers well
 * and badly: what was found, and above all whether anything was sent. */
#include "http_help.h"

#include <dlfcn.h>
#include <netdb.h>

/* --- names: libcurl asks here, as a program's own symbol comes first --- */

static pthread_mutex_t name_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t name_change = PTHREAD_COND_INITIALIZER;
static bool name_asked, name_release;

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
            struct addrinfo **out)
{
    int (*next)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **);

    if (node != NULL && strcmp(node, "none.test") == 0)
        return EAI_NONAME;
    if (node != NULL && strcmp(node, "slow.test") == 0) {
        pthread_mutex_lock(&name_lock);
        name_asked = true;
        pthread_cond_broadcast(&name_change);
        while (!name_release)
            pthread_cond_wait(&name_change, &name_lock);
        pthread_mutex_unlock(&name_lock);
        return EAI_NONAME;
    }
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    return next(node, service, hints, out);
}

static void
release_names(void)
{
    pthread_mutex_lock(&name_lock);
    name_release = true;
    pthread_cond_broadcast(&name_change);
    pthread_mutex_unlock(&name_lock);
}

/* --- the server --- */

static bool
starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool
answer_badly(int fd, const char *path)
{
    if (starts(path, "/close"))
        return true;
    if (starts(path, "/cut-head"))
        server_puts(fd, "HTTP/1.1 200 OK\r\nContent-Le");
    else if (starts(path, "/cut-body"))
        server_puts(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234");
    else if (starts(path, "/cut-chunk"))
        server_puts(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "4\r\nabcd\r\n9\r\nab");
    else if (starts(path, "/garbage"))
        server_puts(fd, "SSH-2.0-hello there\r\n");
    else if (starts(path, "/half")) {
        server_puts(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234");
        server_hang(fd);
    } else if (starts(path, "/hang"))
        server_hang(fd);
    else
        return false;
    return true;
}

static bool
answer(struct server *s, int fd, int n, const char *text)
{
    const char *path = strchr(text, ' ');

    (void)n;
    path = path != NULL ? path + 1 : "";
    if (answer_badly(fd, path))
        return false;
    if (starts(path, "/echo"))
        server_reply(fd, 200, "X-One: 1\r\nx-two:   2\r\n", text);
    else if (starts(path, "/zero"))
        server_send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na\0b", 41);
    else if (starts(path, "/redirect"))
        server_reply(fd, 302, "Location: /echo\r\n", "moved");
    else if (starts(path, "/503"))
        server_reply(fd, 503, "Retry-After: 7\r\n", "<html>busy</html>");
    else if (starts(path, "/204"))
        server_puts(fd, "HTTP/1.1 204 No Content\r\n\r\n");
    else if (starts(path, "/chunks"))
        server_puts(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "4\r\nabcd\r\n0\r\n\r\n");
    else if (starts(path, "/hundred")) {
        server_puts(fd, "HTTP/1.1 103 Early Hints\r\nLink: early\r\n\r\n");
        server_reply(fd, 200, "Link: late\r\n", "x");
    } else if (starts(path, "/until-close")) {
        server_puts(fd, "HTTP/1.1 200 OK\r\n\r\nall of it");
        return false;
    } else if (starts(path, "/late")) {
        server_await(s, 2);
        server_reply(fd, 200, "", "late");
    } else {
        server_reply(fd, 404, "", "");
    }
    return true;
}

/* --- one call, one end --- */

static const struct end_row {
    const char *url; /* a path of the server, or a whole URL */
    const char *body;
    usec_t timeout;
    size_t cap;
    enum wire_end end;
    enum reason why;
    int status;
    const char *text; /* body of the reply, or a part of why not */
} end_rows[] = {
    {"/503", "x", 0, 0, WIRE_OK, R_NONE, 503, "<html>busy</html>"},
    {"/redirect", NULL, 0, 0, WIRE_OK, R_NONE, 302, "moved"},
    {"/204", "x", 0, 0, WIRE_OK, R_NONE, 204, ""},
    {"/none", NULL, 0, 0, WIRE_OK, R_NONE, 404, ""},
    {"/chunks", NULL, 0, 0, WIRE_OK, R_NONE, 200, "abcd"},
    {"/until-close", NULL, 0, 0, WIRE_OK, R_NONE, 200, "all of it"},
    {"/hundred", NULL, 0, 0, WIRE_OK, R_NONE, 200, "x"},
    {"/503", NULL, 0, 17, WIRE_OK, R_NONE, 503, "<html>busy</html>"},
    {"/503", NULL, 0, 16, WIRE_LOST, R_NONE, 0, "more than 16 bytes"},
    {"/chunks", NULL, 0, 3, WIRE_LOST, R_NONE, 0, "more than 3 bytes"},
    {"/close", "x", 0, 0, WIRE_LOST, R_NONE, 0, "Empty reply"},
    {"/cut-head", "x", 0, 0, WIRE_LOST, R_NONE, 0, "within its headers"},
    {"/cut-body", "x", 0, 0, WIRE_LOST, R_NONE, 0, "5 bytes remaining"},
    {"/cut-chunk", "x", 0, 0, WIRE_LOST, R_NONE, 0, ""},
    {"/garbage", "x", 0, 0, WIRE_LOST, R_NONE, 0, "HTTP/0.9"},
    {"/hang", "x", 50 * USEC_MS, 0, WIRE_TIMEOUT, R_NONE, 0,
     "no whole reply within 50ms (sent, or a part of it; no reply)"},
    {"/half", "x", 80 * USEC_MS, 0, WIRE_TIMEOUT, R_NONE, 0,
     "(sent, and the reply began)"},
    {"http://none.test/", "x", 0, 0, WIRE_REFUSED, R_NETWORK_ERROR, 0,
     "none.test"},
    {"ftp://127.0.0.1/", NULL, 0, 0, WIRE_REFUSED, R_CONFIG, 0, "http"},
    {"file:///etc/passwd", NULL, 0, 0, WIRE_REFUSED, R_CONFIG, 0, "http"},
    {"127.0.0.1/", NULL, 0, 0, WIRE_REFUSED, R_CONFIG, 0, "http"},
    {"http://", NULL, 0, 0, WIRE_REFUSED, R_CONFIG, 0, ""},
    {"http://u:secret@127.0.0.1/", NULL, 0, 0, WIRE_REFUSED, R_CONFIG, 0, ""},
    {"http://127.0.0.1/\r\nX: y", NULL, 0, 0, WIRE_REFUSED, R_CONFIG, 0,
     "cannot be sent"},
};

static void
check_reply(const struct reply *r, const struct end_row *row)
{
    ck_assert_msg((int)r->end == (int)row->end, "%s: end %d, %s", row->url,
                  (int)r->end, r->text);
    ck_assert_int_eq((int)r->why, (int)row->why);
    ck_assert_int_eq(r->status, row->status);
    ck_assert(!r->temporary);
    if (row->end == WIRE_OK) {
        ck_assert_str_eq(r->text, "");
        ck_assert_str_eq(r->body, row->text);
        ck_assert_uint_eq(r->body_len, strlen(row->text));
        ck_assert_ptr_nonnull(r->headers);
        return;
    }
    ck_assert_ptr_null(r->body);
    ck_assert_ptr_null(r->headers);
    ck_assert_msg(r->text[0] != '\0' && strstr(r->text, row->text) != NULL,
                  "%s: %s", row->url, r->text);
    ck_assert_ptr_null(strstr(r->text, "secret"));
}

START_TEST(each_end_is_told)
{
    const struct end_row *row = &end_rows[_i];
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;

    server_start(&s, answer);
    help_http(&c, &s, row->url, row->body);
    if (row->url[0] != '/') {
        free(c.http.url);
        c.http.url = mem_dup(row->url);
    }
    if (row->timeout > 0)
        c.timeout = row->timeout;
    c.http.reply_cap = row->cap;
    help_run(e, &c, &r);
    check_reply(&r, row);
    ck_assert_int_eq(server_requests(&s),
                     row->url[0] == '/' && row->end != WIRE_REFUSED);
    reply_fini(&r);
    ck_assert_uint_eq(engine_inflight(e), 0);
    engine_free(e);
    server_stop(&s);
}
END_TEST

/* --- what is sent --- */

static const struct sent_row {
    const char *method, *body;
    const char *headers[4];
    const char *has[4];   /* parts of the request */
    const char *hasnt[4]; /* no parts of it, any case */
} sent_rows[] = {
    {NULL,
     NULL,
     {NULL},
     {"GET /echo HTTP/1.1\r\n", "User-Agent: hostq/"},
     {"Content-Type", "Content-Length", "Expect"}},
    {NULL,
     "a=b",
     {"Content-Type: text/plain", "X-Key:  two words", NULL},
     {"POST /echo HTTP/1.1\r\n", "\r\nContent-Type: text/plain\r\n",
      "\r\nContent-Length: 3\r\n", "\r\n\r\na=b"},
     {"urlencoded", "Expect"}},
    {"POST",
     NULL,
     {NULL},
     {"POST /echo", "Content-Length: 0\r\n"},
     {"Content-Type"}},
    {"PUT",
     "x",
     {"X-Empty: ", NULL},
     {"PUT /echo", "\r\nX-Empty:\r\n", "\r\n\r\nx"},
     {"Expect"}},
    {"PUT", NULL, {NULL}, {"PUT /echo", "Content-Length: 0\r\n"}, {NULL}},
    {"DELETE", NULL, {NULL}, {"DELETE /echo"}, {"Content-Length"}},
    {"OPTIONS", NULL, {NULL}, {"OPTIONS /echo"}, {"Content-Length"}},
    {"DELETE", "x", {NULL}, {"DELETE /echo", "Content-Length: 1\r\n"}, {NULL}},
    {"GET", "x", {NULL}, {"GET /echo", "Content-Length: 1\r\n"}, {NULL}},
};

START_TEST(the_request_is_as_asked)
{
    const struct sent_row *row = &sent_rows[_i];
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;

    server_start(&s, answer);
    help_http(&c, &s, "/echo", row->body);
    c.http.method = mem_dup(row->method);
    c.http.headers = help_strings(row->headers);
    help_run(e, &c, &r);
    ck_assert_msg(r.end == WIRE_OK, "%s", r.text);
    ck_assert_int_eq(r.status, 200);
    for (int i = 0; i < COUNT(row->has) && row->has[i] != NULL; i++)
        ck_assert_msg(strstr(r.body, row->has[i]) != NULL, "no %s in %s",
                      row->has[i], r.body);
    for (int i = 0; i < COUNT(row->hasnt) && row->hasnt[i] != NULL; i++)
        ck_assert_msg(strcasestr(r.body, row->hasnt[i]) == NULL, "%s in %s",
                      row->hasnt[i], r.body);
    ck_assert_ptr_nonnull(strstr(r.headers, "X-One: 1\nx-two:   2\n"));
    ck_assert_ptr_null(strchr(r.headers, '\r'));
    reply_fini(&r);
    engine_free(e);
    server_stop(&s);
}
END_TEST

static const struct bad_row {
    const char *method, *header;
} bad_rows[] = {
    {"", NULL},
    {"PO ST", NULL},
    {"GET /x HTTP/1.1\r\nA: b\r\n\r\nGET", NULL},
    {"ABCDEFGHIJKLMNOPQRSTU", NULL},
    {NULL, "secret"},
    {NULL, ": secret"},
    {NULL, "A B: secret"},
    {NULL, "A: secret\r\nB: c"},
    {NULL, "A: secret\n"},
    {NULL, "A: secret\x7f"},
    {NULL, "A;secret"},
};

/* Nothing can be smuggled into a request, and errors do not quote it. */
START_TEST(what_is_no_header_is_refused)
{
    const struct bad_row *row = &bad_rows[_i];
    const char *const headers[] = {"Good: one", row->header, NULL};
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;

    server_start(&s, answer);
    help_http(&c, &s, "/echo", "x");
    c.http.method = mem_dup(row->method);
    c.http.headers = help_strings(headers);
    help_run(e, &c, &r);
    ck_assert_int_eq((int)r.end, WIRE_REFUSED);
    ck_assert_int_eq((int)r.why, R_CONFIG);
    ck_assert_ptr_null(strstr(r.text, "secret"));
    reply_fini(&r);
    ck_assert_int_eq(server_requests(&s), 0);
    engine_free(e);
    server_stop(&s);
}
END_TEST

START_TEST(sizes_are_capped)
{
    struct engine *e = help_engine();
    char *longer = mem_zero(70000, 1);
    const char *headers[] = {longer, NULL};
    struct server s;
    struct reply r;
    struct call c;

    server_start(&s, answer);
    memset(longer, 'a', 69999);
    help_http(&c, &s, "/", "x");
    free(c.http.url);
    c.http.url = help_format("http://127.0.0.1/%s", longer);
    help_run(e, &c, &r);
    ck_assert_int_eq((int)r.end, WIRE_REFUSED);
    reply_fini(&r);

    help_http(&c, &s, "/", "x");
    c.http.proxy = help_format("http://%s", longer);
    help_run(e, &c, &r);
    ck_assert_int_eq((int)r.end, WIRE_REFUSED);
    reply_fini(&r);

    help_http(&c, &s, "/", "x");
    longer[1] = ':';
    c.http.headers = help_strings(headers);
    help_run(e, &c, &r);
    ck_assert_int_eq((int)r.end, WIRE_REFUSED);
    ck_assert_int_eq((int)r.why, R_CONFIG);
    reply_fini(&r);
    ck_assert_int_eq(server_requests(&s), 0);
    free(longer);
    engine_free(e);
    server_stop(&s);
}
END_TEST

/* A body above 1 MiB is what libcurl would ask "Expect: 100-continue" for. */
START_TEST(no_expect_and_no_copy_of_zero_bytes)
{
    struct engine *e = help_engine();
    size_t size = 1025 * 1024;
    struct server s;
    struct reply r;
    struct call c;

    server_start(&s, answer);
    help_http(&c, &s, "/echo", NULL);
    c.http.body = mem_zero(size, 1);
    memset(c.http.body, 'x', size);
    c.http.body[10] = '\0';
    c.http.body_len = size;
    help_run(e, &c, &r);
    ck_assert_msg(r.end == WIRE_OK, "%s", r.text);
    ck_assert_ptr_null(strcasestr(r.body, "Expect"));
    ck_assert_ptr_nonnull(strstr(r.body, "Content-Length: 1049600\r\n"));
    reply_fini(&r);

    help_http(&c, &s, "/zero", NULL);
    help_run(e, &c, &r);
    ck_assert_uint_eq(r.body_len, 3);
    ck_assert_int_eq(memcmp(r.body, "a\0b\0", 4), 0);
    reply_fini(&r);

    help_http(&c, &s, "/echo", NULL);
    c.http.method = mem_dup("HEAD");
    help_run(e, &c, &r);
    ck_assert_int_eq((int)r.end, WIRE_OK);
    ck_assert_uint_eq(r.body_len, 0);
    ck_assert_ptr_nonnull(strstr(s.seen[2], "HEAD /echo"));
    reply_fini(&r);
    engine_free(e);
    server_stop(&s);
}
END_TEST

START_TEST(headers_of_early_replies_are_dropped)
{
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;
    size_t len;

    server_start(&s, answer);
    help_http(&c, &s, "/hundred", NULL);
    help_run(e, &c, &r);
    ck_assert_int_eq(strncmp(reply_header(&r, "Link", &len), "late", 4), 0);
    ck_assert_ptr_null(strstr(r.headers, "early"));
    reply_fini(&r);
    engine_free(e);
    server_stop(&s);
}
END_TEST

static bool
answer_long_headers(struct server *s, int fd, int n, const char *text)
{
    char line[1024];

    (void)s;
    (void)n;
    (void)text;
    server_puts(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    memset(line, 'x', sizeof(line));
    memcpy(line, "A: ", 3);
    memcpy(line + sizeof(line) - 2, "\r\n", 2);
    for (int i = 0; i < 100; i++)
        server_send(fd, line, sizeof(line));
    server_puts(fd, "\r\n");
    return true;
}

START_TEST(headers_are_capped_at_a_line)
{
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;

    server_start(&s, answer_long_headers);
    help_http(&c, &s, "/", NULL);
    help_run(e, &c, &r);
    ck_assert_msg(r.end == WIRE_OK, "%s", r.text);
    size_t len = strlen(r.headers);
    ck_assert_uint_le(len, 65536);
    ck_assert_uint_gt(len, 63 * 1024);
    ck_assert_int_eq(r.headers[len - 1], '\n');
    ck_assert_int_eq(r.headers[len - 2], 'x');
    reply_fini(&r);
    engine_free(e);
    server_stop(&s);
}
END_TEST

/* --- no connection --- */

START_TEST(nobody_listens)
{
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;

    server_bind(&s);
    help_http(&c, &s, "/", "x");
    help_run(e, &c, &r);
    ck_assert_int_eq((int)r.end, WIRE_REFUSED);
    ck_assert_int_eq((int)r.why, R_NETWORK_ERROR);
    ck_assert_ptr_nonnull(strstr(r.text, "127.0.0.1"));
    reply_fini(&r);
    engine_free(e);
    (void)close(s.fd);
}
END_TEST

START_TEST(no_tls_at_the_other_end)
{
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;

    server_start(&s, answer);
    help_http(&c, &s, "/", "x");
    free(c.http.url);
    c.http.url = help_format("https://127.0.0.1:%d/", s.port);
    c.http.connect_timeout = 200 * USEC_MS;
    help_run(e, &c, &r);
    ck_assert_msg(r.end == WIRE_REFUSED, "%d %s", (int)r.end, r.text);
    ck_assert_int_eq((int)r.why, R_NETWORK_ERROR);
    reply_fini(&r);

    help_http(&c, &s, "/", "x");
    free(c.http.url);
    c.http.url = help_format("https://127.0.0.1:%d/", s.port);
    c.timeout = 100 * USEC_MS;
    help_run(e, &c, &r);
    ck_assert_int_eq((int)r.end, WIRE_TIMEOUT);
    ck_assert_msg(strstr(r.text, "nothing sent: no connection") != NULL, "%s",
                  r.text);
    reply_fini(&r);
    engine_free(e);
    server_stop(&s);
}
END_TEST

/* A queue of connections that is full lets no other one in: it hangs. */
START_TEST(connecting_has_a_time_of_its_own)
{
    struct engine *e = help_engine();
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fill[8];
    struct server s;
    struct reply r;
    struct call c;

    server_bind(&s);
    at.sin_port = htons((uint16_t)s.port);
    ck_assert_int_eq(listen(s.fd, 0), 0);
    for (int i = 0; i < COUNT(fill); i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fill[i], (struct sockaddr *)&at, sizeof(at));
    }
    help_http(&c, &s, "/", "x");
    c.http.connect_timeout = 50 * USEC_MS;
    c.timeout = 5 * USEC_S;
    help_run(e, &c, &r);
    ck_assert_msg(r.end == WIRE_REFUSED, "%d %s", (int)r.end, r.text);
    ck_assert_int_eq((int)r.why, R_NETWORK_ERROR);
    reply_fini(&r);

    help_http(&c, &s, "/", "x");
    c.timeout = 50 * USEC_MS;
    help_run(e, &c, &r);
    ck_assert_int_eq((int)r.end, WIRE_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(r.text, "nothing sent: no connection"));
    reply_fini(&r);
    for (int i = 0; i < COUNT(fill); i++)
        (void)close(fill[i]);
    (void)close(s.fd);
    engine_free(e);
}
END_TEST

/* libcurl would wait for the thread that asks for the name. */
START_TEST(a_slow_name_holds_nobody_up)
{
    struct engine *e = help_engine();
    usec_t start = now_mono();
    struct reply r;
    struct call c;
    uint64_t tag;

    call_init(&c);
    c.type = CALL_HTTP;
    c.timeout = 50 * USEC_MS;
    c.http.url = mem_dup("http://slow.test/");
    help_run(e, &c, &r);
    ck_assert_int_eq((int)r.end, WIRE_TIMEOUT);
    ck_assert_msg(strstr(r.text, "the name is not resolved") != NULL, "%s",
                  r.text);
    reply_fini(&r);

    call_init(&c);
    c.type = CALL_HTTP;
    c.http.url = mem_dup("http://slow.test/");
    ck_assert_int_eq(engine_submit(e, 1, &c), 0);
    engine_wait(e, 0);
    ck_assert(engine_abort(e, 1));
    ck_assert(engine_next(e, &tag, &r));
    ck_assert_int_eq((int)r.end, WIRE_ABORTED);
    reply_fini(&r);

    call_init(&c);
    c.type = CALL_HTTP;
    c.http.url = mem_dup("http://slow.test/");
    ck_assert_int_eq(engine_submit(e, 1, &c), 0);
    engine_wait(e, 0);
    engine_free(e);
    ck_assert_int_lt(now_mono() - start, PATIENCE);
    ck_assert(name_asked);
    release_names();
}
END_TEST

/* --- several calls --- */

static void
await(struct engine *e, uint64_t *tag, struct reply *r)
{
    usec_t end = now_mono() + PATIENCE;

    while (!engine_next(e, tag, r)) {
        ck_assert_msg(now_mono() < end, "no reply");
        engine_wait(e, end - now_mono());
    }
}

START_TEST(connections_are_kept)
{
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;

    server_start(&s, answer);
    for (int i = 0; i < 20; i++) {
        help_http(&c, &s, i % 3 == 0 ? "/503" : "/echo", i % 2 ? "x" : NULL);
        help_run(e, &c, &r);
        ck_assert_int_eq((int)r.end, WIRE_OK);
        reply_fini(&r);
    }
    ck_assert_int_eq(s.connections, 1);
    ck_assert_int_eq(s.requests, 20);
    engine_free(e);
    server_stop(&s);
}
END_TEST

START_TEST(forty_at_once)
{
    struct engine *e = help_engine();
    bool seen[40] = {false};
    struct server s;
    struct reply r;
    struct call c;
    uint64_t tag;

    server_start(&s, answer);
    for (int i = 0; i < COUNT(seen); i++) {
        char *text = help_format("number-%d-", i);

        help_http(&c, &s, "/echo", text);
        ck_assert_int_eq(engine_submit(e, (uint64_t)i, &c), 0);
        free(text);
    }
    for (int i = 0; i < COUNT(seen); i++) {
        await(e, &tag, &r);
        char *text = help_format("number-%d-", (int)tag);

        ck_assert_msg(r.end == WIRE_OK, "%s", r.text);
        ck_assert(!seen[tag]);
        seen[tag] = true;
        ck_assert_ptr_nonnull(strstr(r.body, text));
        free(text);
        reply_fini(&r);
    }
    engine_free(e);
    server_stop(&s);
}
END_TEST

START_TEST(a_late_reply_lets_others_pass)
{
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;
    uint64_t tag;

    server_start(&s, answer);
    help_http(&c, &s, "/late", NULL);
    ck_assert_int_eq(engine_submit(e, 1, &c), 0);
    engine_wait(e, 0);
    call_init(&c);
    c.type = CALL_TIMER;
    c.timeout = USEC_MS;
    ck_assert_int_eq(engine_submit(e, 3, &c), 0);
    await(e, &tag, &r);
    ck_assert_uint_eq(tag, 3);
    reply_fini(&r);
    help_http(&c, &s, "/echo", NULL);
    ck_assert_int_eq(engine_submit(e, 2, &c), 0);
    for (int i = 0; i < 2; i++) {
        await(e, &tag, &r);
        ck_assert_int_eq((int)r.end, WIRE_OK);
        if (tag == 1)
            ck_assert_str_eq(r.body, "late");
        reply_fini(&r);
    }
    engine_free(e);
    server_stop(&s);
}
END_TEST

START_TEST(abort_closes_the_connection)
{
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;
    uint64_t tag;

    server_start(&s, answer);
    help_http(&c, &s, "/half", "x");
    ck_assert_int_eq(engine_submit(e, 1, &c), 0);
    while (server_requests(&s) == 0)
        engine_wait(e, 10 * USEC_MS);
    ck_assert(engine_abort(e, 1));
    ck_assert(!engine_abort(e, 1));
    ck_assert(engine_next(e, &tag, &r));
    ck_assert_int_eq((int)r.end, WIRE_ABORTED);
    ck_assert_ptr_null(r.body);
    ck_assert_int_eq(r.status, 0);
    reply_fini(&r);
    pthread_join(s.reader[0], NULL); /* it saw the end */
    s.connections = 0;
    help_http(&c, &s, "/hang", "x");
    ck_assert_int_eq(engine_submit(e, 1, &c), 0);
    engine_wait(e, 0);
    engine_free(e); /* with a call in flight */
    server_stop(&s);
}
END_TEST

/* The first request of a connection is answered, at the second it ends. */
static bool
answer_first_only(struct server *s, int fd, int n, const char *text)
{
    (void)s;
    (void)text;
    if (n == 1)
        return false;
    server_reply(fd, 200, "", "ok");
    return true;
}

/* libcurl sends again by itself over another connection; the server may have
 * acted on what it did not answer, so only a GET may. */
START_TEST(a_post_is_never_sent_twice)
{
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;

    server_start(&s, answer_first_only);
    for (int i = 0; i < 2; i++) {
        help_http(&c, &s, "/", "x");
        help_run(e, &c, &r);
        ck_assert_int_eq((int)r.end, i == 0 ? WIRE_OK : WIRE_LOST);
        reply_fini(&r);
    }
    ck_assert_int_eq(server_requests(&s), 2);
    engine_free(e);
    server_stop(&s);

    e = help_engine();
    server_start(&s, answer_first_only);
    for (int i = 0; i < 2; i++) {
        help_http(&c, &s, "/", NULL);
        help_run(e, &c, &r);
        ck_assert_msg(r.end == WIRE_OK, "%s", r.text);
        reply_fini(&r);
    }
    ck_assert_int_eq(server_requests(&s), 3);
    engine_free(e);
    server_stop(&s);
}
END_TEST

/* --- proxies --- */

static const struct proxy_row {
    const char *upper, *lower, *none; /* HTTP_PROXY, http_proxy, NO_PROXY; P =
                                         the server's URL */
    const char *call;                 /* of the call */
    bool used;
} proxy_rows[] = {
    {"P", NULL, NULL, NULL, true},
    {NULL, "P", NULL, NULL, true},
    {"http://127.0.0.1:1", "P", NULL, NULL, true},
    {"P", NULL, "none.test", NULL, false},
    {"P", NULL, NULL, "", false},
    {"", NULL, NULL, NULL, false},
    {NULL, NULL, NULL, NULL, false},
    {NULL, NULL, NULL, "P", true},
    {"http://127.0.0.1:1", NULL, NULL, "P", true},
};

static void
set_env(const char *name, const char *value, const char *url)
{
    if (value != NULL)
        (void)setenv(name, strcmp(value, "P") == 0 ? url : value, 1);
}

/* none.test cannot be resolved here, but by a proxy. */
START_TEST(proxies_of_the_environment)
{
    const struct proxy_row *row = &proxy_rows[_i];
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;
    char *url;

    server_start(&s, answer);
    url = help_format("http://127.0.0.1:%d", s.port);
    set_env("HTTP_PROXY", row->upper, url);
    set_env("http_proxy", row->lower, url);
    set_env("NO_PROXY", row->none, url);
    help_http(&c, &s, "/", NULL);
    if (row->call != NULL)
        c.http.proxy = mem_dup(strcmp(row->call, "P") == 0 ? url : row->call);
    free(c.http.url);
    c.http.url = mem_dup("http://none.test/echo");
    help_run(e, &c, &r);
    ck_assert_int_eq((int)r.end, row->used ? WIRE_OK : WIRE_REFUSED);
    if (row->used)
        ck_assert_ptr_nonnull(strstr(s.seen[0], "GET http://none.test/echo"));
    reply_fini(&r);
    free(url);
    engine_free(e);
    server_stop(&s);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("io_http");
    TCase *t = tcase_create("http");

    tcase_add_checked_fixture(t, help_no_env, NULL);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, each_end_is_told, 0, COUNT(end_rows));
    tcase_add_loop_test(t, the_request_is_as_asked, 0, COUNT(sent_rows));
    tcase_add_loop_test(t, what_is_no_header_is_refused, 0, COUNT(bad_rows));
    tcase_add_test(t, sizes_are_capped);
    tcase_add_test(t, no_expect_and_no_copy_of_zero_bytes);
    tcase_add_test(t, headers_of_early_replies_are_dropped);
    tcase_add_test(t, headers_are_capped_at_a_line);
    tcase_add_test(t, nobody_listens);
    tcase_add_test(t, no_tls_at_the_other_end);
    tcase_add_test(t, connecting_has_a_time_of_its_own);
    tcase_add_test(t, a_slow_name_holds_nobody_up);
    tcase_add_test(t, connections_are_kept);
    tcase_add_test(t, forty_at_once);
    tcase_add_test(t, a_late_reply_lets_others_pass);
    tcase_add_test(t, abort_closes_the_connection);
    tcase_add_test(t, a_post_is_never_sent_twice);
    tcase_add_loop_test(t, proxies_of_the_environment, 0, COUNT(proxy_rows));
    suite_add_tcase(s, t);
    return unit_run(s);
}
