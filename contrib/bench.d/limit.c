/* limit.c - the most that this table layout can do: claims and settles trivial
 * requests of queue noop with the ledger's own statements, settings and group
 * size, and no daemon around them.
 *
 *   limit --stmt DIR [--group N] [--depth N] [--audit]
 *
 * DIR is sql/stmt; the database is that of the PG* variables. A chain writes
 * the settle of its last group and the claim of its next one in one pipelined
 * transaction, as a ledger with one connection does; --depth is how many
 * chains share the connection (the ledger: 1). --audit writes the events of
 * audit = full. Ends when a claim without a lower bound finds nothing, and
 * prints what was settled, the seconds from the first claim to the last settle,
 * and its own CPU seconds. Exits 1 as soon as one row is not settled. */
#include <libpq-fe.h>

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { DEPTH_MAX = 16, SETTLE_PARAMS = 14, CLAIM_PARAMS = 9 };

/* A text that grows. */
struct text {
    char *s;
    size_t len, size;
};

/* The rows in hand of one chain, as the settle's parameters. */
struct chain {
    struct text id, lease, request_id, namespace;
    int n;
    bool full; /* its claim has no lower bound */
    bool ended;
};

struct limit {
    PGconn *life, *conn;
    int group, depth, lane, epoch;
    bool audit;
    int64_t counter; /* of leases */
    int64_t bound;   /* run_at of the last row claimed, us */
    bool bounded;    /* a row was claimed since the last full claim */
    long settled;
    struct text nulls, states, zeros, verbs; /* for a group of same rows */
    int same;
};

static void __attribute__((format(printf, 1, 2), noreturn))
die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("limit: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static void
text_add(struct text *t, const char *s, size_t len)
{
    if (t->len + len + 1 > t->size) {
        t->size = 2 * (t->len + len + 1);
        t->s = realloc(t->s, t->size);
        if (!t->s)
            die("out of memory");
    }
    memcpy(t->s + t->len, s, len);
    t->len += len;
    t->s[t->len] = '\0';
}

/* Appends an element of an array; s has nothing that needs a quote. */
static void
array_add(struct text *t, const char *s)
{
    text_add(t, t->len == 0 ? "{" : ",", 1);
    text_add(t, s, strlen(s));
}

static const char *
array_done(struct text *t)
{
    text_add(t, t->len == 0 ? "{}" : "}", t->len == 0 ? 2 : 1);
    return t->s;
}

static void
array_of(struct text *t, const char *s, int n)
{
    t->len = 0;
    for (int i = 0; i < n; i++)
        array_add(t, s);
    (void)array_done(t);
}

/* The text of DIR/NAME.sql. */
static char *
read_stmt(const char *dir, const char *name)
{
    char path[4096], line[4096];
    struct text t = {0};
    (void)snprintf(path, sizeof path, "%s/%s.sql", dir, name);
    FILE *f = fopen(path, "r");
    if (!f)
        die("%s: %s", path, strerror(errno));
    while (fgets(line, sizeof line, f))
        text_add(&t, line, strlen(line));
    (void)fclose(f);
    if (!t.s)
        die("%s is empty", path);
    return t.s;
}

static PGresult *
ask(PGconn *conn, const char *query, int n, const char *const *params)
{
    PGresult *res = PQexecParams(conn, query, n, NULL, params, NULL, NULL, 0);
    if (PQresultStatus(res) != PGRES_TUPLES_OK)
        die("%s", PQerrorMessage(conn));
    return res;
}

static int
ask_int(PGconn *conn, const char *query, int n, const char *const *params)
{
    PGresult *res = ask(conn, query, n, params);
    if (PQntuples(res) != 1)
        die("%d rows of: %s", PQntuples(res), query);
    int value = (int)strtol(PQgetvalue(res, 0, 0), NULL, 10);
    PQclear(res);
    return value;
}

static void
prepare(PGconn *conn, const char *dir, const char *name, int params)
{
    char *text = read_stmt(dir, name);
    PGresult *res = PQprepare(conn, name, text, 0, NULL);
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        die("%s: %s", name, PQerrorMessage(conn));
    PQclear(res);
    free(text);
    res = PQdescribePrepared(conn, name);
    if (PQnparams(res) != params)
        die("%s has %d parameters now, this program knows %d", name,
            PQnparams(res), params);
    PQclear(res);
}

static PGconn *
connect_db(void)
{
    PGconn *conn = PQconnectdb("");
    if (PQstatus(conn) != CONNECTION_OK)
        die("%s", PQerrorMessage(conn));
    return conn;
}

/* An epoch of its own, with the lock that a daemon holds, and the working
 * connection with the ledger's settings and statements. */
static void
open_all(struct limit *l, const char *dir)
{
    const char *settings[] = {"limit", "0", "0"};
    char pid[24];
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    const char *self[] = {pid};
    l->life = connect_db();
    l->epoch = ask_int(l->life,
                       "SELECT hostq.register_daemon('limit', 'limit', 'limit',"
                       " $1::int, 'limit', '{}', 1, 86400000)",
                       1, self);
    l->lane = ask_int(l->life,
                      "SELECT base * 4 FROM hostq.lanes"
                      " WHERE queue = 'noop' AND priority = 'normal'"
                      " AND route IS NULL AND retired_at IS NULL",
                      0, NULL);
    l->conn = connect_db();
    char *text = read_stmt(dir, "work_settings");
    PQclear(ask(l->conn, text, 3, settings));
    free(text);
    prepare(l->conn, dir, "settle_final", SETTLE_PARAMS);
    prepare(l->conn, dir, "claim", CLAIM_PARAMS);
    if (PQsetnonblocking(l->conn, 1) != 0 || !PQenterPipelineMode(l->conn))
        die("%s", PQerrorMessage(l->conn));
}

/* The parameters that are alike for all rows of a group. */
static void
alike(struct limit *l, int n)
{
    if (l->same == n)
        return;
    l->same = n;
    array_of(&l->nulls, "NULL", n);
    array_of(&l->states, "completed", n);
    array_of(&l->zeros, "0", n);
    array_of(&l->verbs, "complete", n);
}

static void
send_settle(struct limit *l, struct chain *c)
{
    alike(l, c->n);
    const char *null = l->nulls.s;
    const char *params[SETTLE_PARAMS] = {
        array_done(&c->id),
        array_done(&c->lease),
        l->states.s,
        null,       /* reason */
        null,       /* error code */
        null,       /* message */
        null,       /* details */
        null,       /* response status */
        null,       /* response body */
        l->zeros.s, /* retry_attempt */
        null,       /* note */
        array_done(&c->namespace),
        l->audit ? array_done(&c->request_id) : null,
        l->verbs.s,
    };
    if (!PQsendQueryPrepared(l->conn, "settle_final", SETTLE_PARAMS, params,
                             NULL, NULL, 0))
        die("%s", PQerrorMessage(l->conn));
}

static void
send_claim(struct limit *l, struct chain *c)
{
    char most[24], lease[24], lane[24], bound[32], most_of[32], epoch[24];
    int64_t number = ((int64_t)l->epoch << 38) | ++l->counter;
    c->full = !l->bounded;
    (void)snprintf(most, sizeof most, "%d", l->group);
    (void)snprintf(most_of, sizeof most_of, "{%d}", l->group);
    (void)snprintf(lease, sizeof lease, "%lld", (long long)number);
    (void)snprintf(lane, sizeof lane, "{%d}", l->lane);
    (void)snprintf(epoch, sizeof epoch, "%d", l->epoch);
    if (c->full)
        (void)snprintf(bound, sizeof bound, "{NULL}");
    else
        (void)snprintf(bound, sizeof bound, "{%lld}", (long long)l->bound);
    const char *params[CLAIM_PARAMS] = {most,  lease,   lane,
                                        bound, most_of, "{0}",
                                        epoch, most,    l->audit ? lane : "{}"};
    if (!PQsendQueryPrepared(l->conn, "claim", CLAIM_PARAMS, params, NULL, NULL,
                             0))
        die("%s", PQerrorMessage(l->conn));
    c->id.len = c->lease.len = c->request_id.len = c->namespace.len = 0;
    text_add(&c->lease, lease, strlen(lease)); /* kept for read_claim() */
}

static void
send_turn(struct limit *l, struct chain *c)
{
    if (c->n > 0)
        send_settle(l, c);
    send_claim(l, c);
    if (!PQpipelineSync(l->conn) || PQflush(l->conn) < 0)
        die("%s", PQerrorMessage(l->conn));
}

/* The next result; reads while it writes, so that a large group cannot
 * deadlock against a large answer. */
static PGresult *
next_result(PGconn *conn)
{
    while (PQisBusy(conn)) {
        int unsent = PQflush(conn);
        struct pollfd fd = {PQsocket(conn), POLLIN, 0};
        if (unsent > 0)
            fd.events |= POLLOUT;
        if (unsent < 0 || (poll(&fd, 1, -1) < 0 && errno != EINTR) ||
            !PQconsumeInput(conn))
            die("%s", PQerrorMessage(conn));
    }
    return PQgetResult(conn);
}

static PGresult *
answer(PGconn *conn)
{
    PGresult *res = next_result(conn);
    if (PQresultStatus(res) != PGRES_TUPLES_OK)
        die("%s", PQerrorMessage(conn));
    PGresult *end = next_result(conn);
    if (end)
        die("an answer too many");
    return res;
}

static int
column(const PGresult *res, const char *name)
{
    int n = PQfnumber(res, name);
    if (n < 0)
        die("the claim has no column %s", name);
    return n;
}

static void
read_claim(struct limit *l, struct chain *c, const PGresult *res)
{
    int id = column(res, "id"), started = column(res, "started"),
        run_at = column(res, "run_at_us"), name = column(res, "namespace"),
        request_id = column(res, "request_id");
    char lease[24];
    (void)snprintf(lease, sizeof lease, "%s", c->lease.s);
    c->lease.len = 0;
    c->n = PQntuples(res);
    for (int i = 0; i < c->n; i++) {
        int64_t at = strtoll(PQgetvalue(res, i, run_at), NULL, 10);
        if (PQgetvalue(res, i, started)[0] != 't')
            die("a row was claimed but not started");
        if (at > l->bound)
            l->bound = at;
        array_add(&c->id, PQgetvalue(res, i, id));
        array_add(&c->lease, lease);
        array_add(&c->namespace, PQgetvalue(res, i, name));
        if (l->audit)
            array_add(&c->request_id, PQgetvalue(res, i, request_id));
    }
    /* Nothing above the bound: once more without it. */
    l->bounded = c->n > 0;
    c->ended = c->n == 0 && c->full;
}

static void
read_turn(struct limit *l, struct chain *c)
{
    if (c->n > 0) {
        PGresult *res = answer(l->conn);
        if (PQntuples(res) != c->n)
            die("%d of %d rows were settled", PQntuples(res), c->n);
        l->settled += c->n;
        PQclear(res);
    }
    PGresult *res = answer(l->conn);
    read_claim(l, c, res);
    PQclear(res);
    res = next_result(l->conn);
    if (PQresultStatus(res) != PGRES_PIPELINE_SYNC)
        die("the transaction did not end: %s", PQerrorMessage(l->conn));
    PQclear(res);
}

static void
drain(struct limit *l)
{
    struct chain chains[DEPTH_MAX] = {0};
    int open = l->depth;
    for (int i = 0; i < l->depth; i++)
        send_turn(l, &chains[i]);
    for (int i = 0; open > 0; i = (i + 1) % l->depth) {
        struct chain *c = &chains[i];
        if (c->ended)
            continue;
        read_turn(l, c);
        if (c->ended)
            open--;
        else
            send_turn(l, c);
    }
}

static double
seconds(struct timespec t)
{
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const char *
read_options(struct limit *l, int argc, char **argv)
{
    static const struct option options[] = {{"stmt", 1, NULL, 's'},
                                            {"group", 1, NULL, 'g'},
                                            {"depth", 1, NULL, 'd'},
                                            {"audit", 0, NULL, 'a'},
                                            {NULL, 0, NULL, 0}};
    const char *dir = NULL;
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 's')
            dir = optarg;
        else if (c == 'g')
            l->group = (int)strtol(optarg, NULL, 10);
        else if (c == 'd')
            l->depth = (int)strtol(optarg, NULL, 10);
        else if (c == 'a')
            l->audit = true;
        else
            exit(2);
    }
    if (!dir || optind < argc || l->group < 1 || l->depth < 1 ||
        l->depth > DEPTH_MAX)
        die("usage: limit --stmt DIR [--group N] [--depth N] [--audit]");
    return dir;
}

int
main(int argc, char **argv)
{
    struct limit l = {.group = 500, .depth = 1};
    struct timespec begin, end;
    struct rusage use;
    open_all(&l, read_options(&l, argc, argv));
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    drain(&l);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    (void)getrusage(RUSAGE_SELF, &use);
    double cpu = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
                 1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
    printf("settled %ld\nseconds %.6f\ncpu_s %.6f\n", l.settled,
           seconds(end) - seconds(begin), cpu);
    char epoch[24];
    (void)snprintf(epoch, sizeof epoch, "%d", l.epoch);
    const char *params[] = {epoch};
    PQclear(
        ask(l.life, "SELECT hostq.daemon_ends($1::int, 'dead')", 1, params));
    PQfinish(l.conn);
    PQfinish(l.life);
    return 0;
}
