/* conn.c - one connection with bounded waits.
 *
 * Nothing here blocks longer than its limit, except a name server that does
 * not answer: libpq resolves names itself. Every wait is a poll() on the
 * socket, never a blocking libpq call. Called by pipe.c, migrate.c and the
 * client; holds no state of its own. */
#include "db/conn.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "sys/clock.h"

#define MESSAGE_CAP 2048            /* more than struct err holds */
#define CANCEL_WAIT (USEC_MS * 500) /* for the answer to a cancel request */
#define KEYS 12

/* What an attempt adds to the caller's conninfo; NULL = nothing. */
struct target {
    const char *host, *hostaddr, *port;
};

/* 1: ready (or broken: the next libpq call says how), 0: time is over. */
static int
wait_socket(int fd, short events, usec_t until)
{
    struct pollfd p = {.fd = fd, .events = events};

    for (;;) {
        usec_t left = usec_sub(until, now_mono());
        if (left < 0)
            left = 0;
        usec_t ms = left / USEC_MS + (left % USEC_MS != 0);
        int n = poll(&p, 1, ms > 60000 ? 60000 : (int)ms);
        if (n > 0)
            return 1;
        if (n < 0 && errno != EINTR)
            return 1;
        if (left == 0)
            return 0;
    }
}

static bool
is_ready(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};

    return poll(&p, 1, 0) == 1;
}

/* libpq's texts have several lines: hints are indented, the rest is joined
 * to one. */
static int
say_lost(const PGconn *conn, struct err *err)
{
    CLEANUP_BUF struct buf b = BUF_INIT(MESSAGE_CAP);
    const char *line = PQerrorMessage(conn);

    while (*line != '\0') {
        size_t len = strcspn(line, "\n");
        if (*line != '\t' && len != 0) {
            if (b.len != 0)
                buf_puts(&b, "; ");
            buf_put(&b, line, len);
        }
        line += len + (line[len] != '\0');
    }
    return err_set(err, E_DATABASE, "%s",
                   buf_ok(&b) && b.len != 0 ? buf_str(&b)
                                            : "the connection is lost");
}

static void
ignore_notice(void *arg, const PGresult *res)
{
    (void)arg;
    (void)res;
}

static PGconn *
start(const char *database, const char *app, const struct target *t)
{
    /* A server that vanished without a word is noticed within seconds, unless
     * the caller's conninfo says otherwise: dbname is expanded in place, so it
     * wins over what stands before it, and what follows wins over it. An
     * encoding given here rides in the start packet: no round trip, and
     * PgBouncer knows it. Unix sockets never try TLS or GSS. */
    const char *keys[KEYS] = {"keepalives_idle",  "keepalives_interval",
                              "keepalives_count", "tcp_user_timeout",
                              "dbname",           "fallback_application_name",
                              "client_encoding"};
    const char *values[KEYS] = {"5", "2", "3", "10000", database, app, "UTF8"};
    int n = 7;

    if (t != NULL && t->host != NULL) {
        keys[n] = "host";
        values[n++] = t->host;
    }
    if (t != NULL && t->hostaddr != NULL) {
        keys[n] = "hostaddr";
        values[n++] = t->hostaddr;
    }
    if (t != NULL && t->port != NULL) {
        keys[n] = "port";
        values[n++] = t->port;
    }
    keys[n] = NULL;
    PGconn *conn = PQconnectStartParams(keys, values, 1);
    if (conn == NULL)
        abort();
    return conn;
}

/* Takes conn; returns it connected, or NULL. */
static PGconn *
finish(PGconn *conn, usec_t limit, usec_t until, struct err *err)
{
    PostgresPollingStatusType s = PGRES_POLLING_WRITING;

    while (PQstatus(conn) != CONNECTION_BAD && s != PGRES_POLLING_OK &&
           s != PGRES_POLLING_FAILED) {
        short events = s == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (wait_socket(PQsocket(conn), events, until) == 0) {
            const char *host = PQhost(conn);
            (void)err_set(err, E_DATABASE,
                          "no connection to '%s' within %.1f s",
                          host != NULL ? host : "", (double)limit / 1e6);
            PQfinish(conn);
            return NULL;
        }
        s = PQconnectPoll(conn);
    }
    if (PQstatus(conn) != CONNECTION_OK) {
        (void)say_lost(conn, err);
        PQfinish(conn);
        return NULL;
    }
    (void)PQsetNoticeReceiver(conn, ignore_notice, NULL);
    return conn;
}

/* The n-th element of a comma list (the only one counts for all), or NULL
 * where the list is NULL or empty. */
static char *
element_new(const char *list, int n)
{
    if (list == NULL || *list == '\0')
        return NULL;
    for (const char *comma; n > 0 && (comma = strchr(list, ',')) != NULL; n--)
        list = comma + 1;
    char *copy = strndup(list, strcspn(list, ","));
    if (copy == NULL)
        abort();
    return copy;
}

static int
count_elements(const char *list)
{
    int n = 1;

    for (; list != NULL && *list != '\0'; list++)
        n += *list == ',';
    return n;
}

static const char *
option(const PQconninfoOption *options, const char *key)
{
    for (const PQconninfoOption *o = options; o->keyword != NULL; o++) {
        if (strcmp(o->keyword, key) == 0)
            return o->val;
    }
    return NULL;
}

/* The caller's own connect_timeout, where it is shorter. */
static usec_t
shorter(usec_t limit, const PQconninfoOption *options)
{
    const char *text = option(options, "connect_timeout");
    int64_t seconds;

    if (text != NULL && parse_i64(text, 1, INT32_MAX, &seconds, NULL) == 0 &&
        seconds * USEC_S < limit)
        return seconds * USEC_S;
    return limit;
}

/* Tries several hosts one by one, each with its share of the time. */
static PGconn *
open_one_of(const char *database, const char *app,
            const PQconninfoOption *options, int count, usec_t until,
            struct err *err)
{
    CLEANUP_BUF struct buf why = BUF_INIT(MESSAGE_CAP);

    for (int i = 0; i < count; i++) {
        usec_t left = usec_sub(until, now_mono()) / (count - i);
        usec_t limit = shorter(left, options);
        CLEANUP_FREE char *host = element_new(option(options, "host"), i);
        CLEANUP_FREE char *addr = element_new(option(options, "hostaddr"), i);
        CLEANUP_FREE char *port = element_new(option(options, "port"), i);
        struct target t = {host, addr, port};
        PGconn *conn = start(database, app, &t);
        conn = finish(conn, limit, usec_add(now_mono(), limit), err);
        if (conn != NULL)
            return conn;
        buf_printf(&why, "%s%s", i != 0 ? "; " : "", err->text);
    }
    (void)err_set(err, E_DATABASE, "%s", buf_str(&why));
    return NULL;
}

PGconn *
conn_start(const char *database, const char *app)
{
    PGconn *conn = start(database, app, NULL);
    PostgresPollingStatusType s = PGRES_POLLING_WRITING;

    while (PQstatus(conn) != CONNECTION_BAD && s == PGRES_POLLING_WRITING &&
           is_ready(PQsocket(conn), POLLOUT))
        s = PQconnectPoll(conn);
    return conn;
}

PGconn *
conn_continue(PGconn *started, const char *database, const char *app,
              usec_t limit, struct err *err)
{
    usec_t until = usec_add(now_mono(), limit);
    PQconninfoOption *options = PQconninfo(started);
    PGconn *conn = started;

    if (options == NULL)
        abort();
    const char *addresses = option(options, "hostaddr");
    if (addresses == NULL || *addresses == '\0')
        addresses = option(options, "host");
    int count = count_elements(addresses);
    /* libpq goes to the next host by itself, but never leaves one that does
     * not answer: then each host gets its share of what is left. */
    usec_t first = shorter(limit / (count > 1 ? count + 1 : 1), options);
    conn = finish(conn, first, usec_add(now_mono(), first), err);
    if (conn == NULL && count > 1)
        conn = open_one_of(database, app, options, count, until, err);
    PQconninfoFree(options);
    return conn;
}

PGconn *
conn_open(const char *database, const char *app, usec_t limit, struct err *err)
{
    struct err local;

    return conn_continue(conn_start(database, app), database, app, limit,
                         err != NULL ? err : &local);
}

/* Keeps the first error, else the last result. */
static void
keep(PGresult **out, PGresult *res)
{
    if (*out != NULL && PQresultStatus(*out) == PGRES_FATAL_ERROR) {
        PQclear(res);
        return;
    }
    PQclear(*out);
    *out = res;
}

/* Takes results until the statement is over. 1: over, 0: time is over. */
static int
drain(PGconn *conn, usec_t until, PGresult **out)
{
    for (;;) {
        int flush = PQflush(conn);
        if (flush <= 0 && PQisBusy(conn) == 0) {
            PGresult *res = PQgetResult(conn);
            if (res == NULL)
                return 1;
            keep(out, res);
            continue;
        }
        short events = flush == 1 ? POLLIN | POLLOUT : POLLIN;
        if (PQsocket(conn) < 0)
            return 1;
        if (wait_socket(PQsocket(conn), events, until) == 0)
            return 0;
        (void)PQconsumeInput(conn); /* a failure shows in the result */
    }
}

static void *
cancel_main(void *arg)
{
    PGcancel *cancel = arg;
    char text[256];

    (void)PQcancel(cancel, text, sizeof(text));
    PQfreeCancel(cancel);
    return NULL;
}

/* In a thread of its own, because PQcancel waits for the server, which may
 * be what does not answer. */
static void
cancel_start(PGconn *conn)
{
    PGcancel *cancel = PQgetCancel(conn);
    pthread_t thread;

    if (cancel == NULL)
        return;
    if (pthread_create(&thread, NULL, cancel_main, cancel) != 0) {
        PQfreeCancel(cancel);
        return;
    }
    (void)pthread_detach(thread);
}

/* After a time-out nothing may use the connection: PQstatus says bad. */
static void
make_unusable(PGconn *conn)
{
    if (PQsocket(conn) >= 0)
        (void)shutdown(PQsocket(conn), SHUT_RDWR);
    while (PQstatus(conn) == CONNECTION_OK && PQconsumeInput(conn) == 1)
        continue;
}

/* Line of the script that the server points at, or 0. */
static int
error_line(const PGresult *res, const char *sql)
{
    const char *text = PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION);
    int64_t position;
    int line = 1;

    if (text == NULL || parse_i64(text, 1, INT32_MAX, &position, NULL) != 0)
        return 0;
    for (; *sql != '\0' && position > 1; sql++) {
        position -= (*sql & 0xc0) != 0x80; /* characters, not bytes */
        line += *sql == '\n';
    }
    return line;
}

static int
say_sql(const PGresult *res, const char *script, const char *sql,
        struct err *err)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

    (void)err_set(err, E_FAILED, "%s: %s", state != NULL ? state : "XX000",
                  text != NULL ? text : "unknown error");
    if (script == NULL)
        return -1;
    int line = error_line(res, sql);
    return line != 0 ? err_wrap(err, "%s:%d", script, line)
                     : err_wrap(err, "%s", script);
}

/* What came of a statement that was sent (sent = what PQsend... said). */
static PGresult *
answer(PGconn *conn, int sent, const char *script, const char *sql,
       usec_t limit, struct err *err)
{
    PGresult *res = NULL;

    int over = sent == 1 ? drain(conn, usec_add(now_mono(), limit), &res) : 1;
    if (over == 0) {
        /* The answer may be on its way: then it counts. */
        cancel_start(conn);
        int late = drain(conn, usec_add(now_mono(), CANCEL_WAIT), &res);
        make_unusable(conn);
        if (late == 0 || PQresultStatus(res) == PGRES_FATAL_ERROR) {
            PQclear(res);
            (void)err_set(err, E_DATABASE, "no answer within %.1f s",
                          (double)limit / 1e6);
            return NULL;
        }
    }
    ExecStatusType status = PQresultStatus(res);
    if (sent == 1 && (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK))
        return res;
    if (sent != 1 || PQstatus(conn) != CONNECTION_OK ||
        status != PGRES_FATAL_ERROR)
        (void)say_lost(conn, err);
    else
        (void)say_sql(res, script, sql, err);
    PQclear(res);
    return NULL;
}

PGresult *
conn_exec(PGconn *conn, const char *sql, int count, const char *const *params,
          usec_t limit, struct err *err)
{
    (void)PQsetnonblocking(conn, 1);
    int sent = PQsendQueryParams(conn, sql, count, NULL, params, NULL, NULL, 0);
    PGresult *res = answer(conn, sent, NULL, sql, limit, err);
    (void)PQsetnonblocking(conn, 0);
    return res;
}

PGresult *
conn_prepare(PGconn *conn, const char *name, const char *sql, usec_t until,
             struct err *err)
{
    (void)PQsetnonblocking(conn, 1);
    int sent = PQsendPrepare(conn, name, sql, 0, NULL);
    CLEANUP_RESULT PGresult *done =
        answer(conn, sent, NULL, sql, usec_sub(until, now_mono()), err);
    PGresult *res = NULL;
    if (done != NULL) {
        sent = PQsendDescribePrepared(conn, name);
        res = answer(conn, sent, NULL, sql, usec_sub(until, now_mono()), err);
    }
    (void)PQsetnonblocking(conn, 0);
    return res;
}

int
conn_script(PGconn *conn, const char *name, const char *sql, usec_t limit,
            struct err *err)
{
    (void)PQsetnonblocking(conn, 1);
    int sent = PQsendQuery(conn, sql);
    PGresult *res = answer(conn, sent, name, sql, limit, err);
    (void)PQsetnonblocking(conn, 0);
    int status = res != NULL ? 0 : -1;
    PQclear(res);
    return status;
}

int
conn_notified(PGconn *conn, usec_t until, struct err *err)
{
    for (;;) {
        if (PQconsumeInput(conn) == 0)
            return say_lost(conn, err);
        PGnotify *n = PQnotifies(conn);
        if (n != NULL) {
            PQfreemem(n);
            return 1;
        }
        if (wait_socket(PQsocket(conn), POLLIN, until) == 0)
            return 0;
    }
}

bool
conn_is_lost(const PGconn *conn)
{
    return conn == NULL || PQstatus(conn) == CONNECTION_BAD;
}
