/* http_help.h - for check_io_http.c and check_io_sign.c: a server in the test
 * that does what a function says, right or wrong, and calls to it. */
#ifndef HOSTQ_TESTS_HTTP_HELP_H
#define HOSTQ_TESTS_HTTP_HELP_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/socket.h>

#include "core/mem.h"
#include "io_help.h"

#define SERVER_CONNECTIONS 64
#define SERVER_REQUEST ((size_t)2 * 1024 * 1024)

struct server;

/* Answers request number n (from 0; all connections together) on fd. False:
 * the connection is closed. */
typedef bool server_answer(struct server *s, int fd, int n, const char *text);

struct server {
    int fd;
    int port;
    server_answer *answer;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t change;
    /* under the lock: */
    int requests;
    int connections;
    int open_fd[SERVER_CONNECTIONS];
    pthread_t reader[SERVER_CONNECTIONS];
    char *seen[SERVER_CONNECTIONS]; /* the first requests, as they came */
};

struct server_conn {
    struct server *s;
    int number;
    int fd;
};

/* Reads one request; NULL at the end. The caller frees. */
static inline char *
server_read(int fd)
{
    char *text = calloc(1, SERVER_REQUEST);
    size_t len = 0, want = 0;

    while (text != NULL && len < SERVER_REQUEST - 1) {
        ssize_t n = recv(fd, text + len, want != 0 ? want - len : 1, 0);
        const char *end, *length;

        if (n <= 0)
            break;
        len += (size_t)n;
        end = want == 0 ? strstr(text, "\r\n\r\n") : NULL;
        if (end != NULL) {
            length = strcasestr(text, "\r\nContent-Length:");
            want = len;
            if (length != NULL)
                want += (size_t)strtoul(length + 17, NULL, 10);
            if (want >= SERVER_REQUEST)
                break;
        }
        if (want != 0 && len == want)
            return text;
    }
    free(text);
    return NULL;
}

static inline void
server_send(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

static inline void
server_puts(int fd, const char *text)
{
    server_send(fd, text, strlen(text));
}

/* A whole reply; headers are lines that end in "\r\n". */
static inline void
server_reply(int fd, int status, const char *headers, const char *body)
{
    char head[4096];

    (void)snprintf(head, sizeof(head),
                   "HTTP/1.1 %d Words\r\nContent-Length: %zu\r\n%s\r\n", status,
                   strlen(body), headers);
    server_puts(fd, head);
    server_puts(fd, body);
}

/* Until the other side goes. */
static inline void
server_hang(int fd)
{
    char c;

    while (recv(fd, &c, 1, 0) > 0)
        ;
}

static inline void *
server_serve(void *arg)
{
    struct server_conn *c = arg;
    struct server *s = c->s;
    bool more = true;
    char *text;

    while (more && (text = server_read(c->fd)) != NULL) {
        pthread_mutex_lock(&s->lock);
        int n = s->requests++;

        if (n < SERVER_CONNECTIONS)
            s->seen[n] = strdup(text);
        pthread_cond_broadcast(&s->change);
        pthread_mutex_unlock(&s->lock);
        more = s->answer(s, c->fd, n, text);
        free(text);
    }
    pthread_mutex_lock(&s->lock);
    (void)close(c->fd);
    s->open_fd[c->number] = -1;
    pthread_mutex_unlock(&s->lock);
    free(c);
    return NULL;
}

static inline void *
server_accept(void *arg)
{
    struct server *s = arg;
    int fd;

    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        struct server_conn *c = mem_zero(1, sizeof(*c));

        pthread_mutex_lock(&s->lock);
        *c = (struct server_conn){.s = s, .number = s->connections, .fd = fd};
        s->open_fd[c->number] = fd;
        if (pthread_create(&s->reader[c->number], NULL, server_serve, c) != 0)
            abort();
        if (++s->connections == SERVER_CONNECTIONS)
            abort();
        pthread_mutex_unlock(&s->lock);
    }
    return NULL;
}

/* Binds a port of its own without listening: connections are refused. */
static inline void
server_bind(struct server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);

    memset(s, 0, sizeof(*s));
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(s->fd, (struct sockaddr *)&at, len), 0);
    ck_assert_int_eq(getsockname(s->fd, (struct sockaddr *)&at, &len), 0);
    s->port = ntohs(at.sin_port);
}

static inline void
server_start(struct server *s, server_answer *answer)
{
    server_bind(s);
    s->answer = answer;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->change, NULL);
    ck_assert_int_eq(listen(s->fd, 64), 0);
    ck_assert_int_eq(pthread_create(&s->thread, NULL, server_accept, s), 0);
}

static inline void
server_stop(struct server *s)
{
    (void)shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    (void)close(s->fd);
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < s->connections; i++)
        if (s->open_fd[i] >= 0)
            (void)shutdown(s->open_fd[i], SHUT_RDWR);
    pthread_mutex_unlock(&s->lock);
    for (int i = 0; i < s->connections; i++)
        pthread_join(s->reader[i], NULL);
    for (int i = 0; i < SERVER_CONNECTIONS; i++)
        free(s->seen[i]);
}

/* Waits until count requests have come in. */
static inline void
server_await(struct server *s, int count)
{
    pthread_mutex_lock(&s->lock);
    while (s->requests < count)
        pthread_cond_wait(&s->change, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

static inline int
server_requests(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    int n = s->requests;
    pthread_mutex_unlock(&s->lock);
    return n;
}

static inline char *help_format(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
static inline char *
help_format(const char *fmt, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, fmt);
    ck_assert_int_ge(vasprintf(&text, fmt, args), 0);
    va_end(args);
    return text;
}

/* A call to path of s; body NULL = GET. */
static inline void
help_http(struct call *c, const struct server *s, const char *path,
          const char *body)
{
    call_init(c);
    c->type = CALL_HTTP;
    c->timeout = PATIENCE;
    c->http.url = help_format("http://127.0.0.1:%d%s", s->port, path);
    c->http.body = mem_dup(body);
    c->http.body_len = body != NULL ? strlen(body) : 0;
}

/* No variable of the environment of whoever runs the tests counts. */
static inline void
help_no_env(void)
{
    static const char *const names[] = {
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "no_proxy",
        "NO_PROXY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_CONFIG_FILE",
        "AWS_CA_BUNDLE",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_EC2",
        "AWS_ENDPOINT_URL_AUTO_SCALING",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    };

    help_setup();
    for (int i = 0; i < COUNT(names); i++)
        (void)unsetenv(names[i]);
    (void)setenv("HOME", "/nonexistent", 1);
}

#endif
