/* pgmq.c - a client of a queue as pgmq lays it (a table with a visibility
 * time; read hides messages for a while, delete ends them), as fast as such a
 * client can be: prepared statements, 500 messages a read, deleted by one
 * array, one thread for each connection. pgmq's own functions build their
 * statement anew at each call; these do not, so the figures are a bound for
 * it. A read is no join, and neither scans nor sorts the whole queue: with the
 * statistics of an emptied table the planner did, and one took seconds. An idle
 * reader is woken by a notification of the insert, which pgmq has since 1.7.
 *   pgmq setup | fill N | drain N | latency N HZ | steady SECONDS [RATE]
 * PEER_SETTINGS: connections=4 batch=500 */
#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_CONNECTIONS = 64,
    BULK = 5000,
    BACKLOG = 20000,
    GROUP = 10, /* of steady with a rate: the least messages of one send */
    WARM_UP = 20,
    STUCK_S = 60
};

static const char *const SCHEMA =
    "CREATE TABLE queue ("
    "  msg_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,"
    "  read_ct int NOT NULL DEFAULT 0,"
    "  enqueued_at timestamptz NOT NULL DEFAULT now(),"
    "  vt timestamptz NOT NULL,"
    "  message jsonb);"
    "CREATE INDEX queue_vt ON queue (vt);"
    "CREATE FUNCTION queue_notify() RETURNS trigger LANGUAGE plpgsql AS"
    "  'BEGIN NOTIFY queue; RETURN NULL; END';"
    "CREATE TRIGGER queue_notify AFTER INSERT ON queue"
    "  FOR EACH STATEMENT EXECUTE FUNCTION queue_notify();";
static const char *const SEND =
    "INSERT INTO queue (vt, message) VALUES (clock_timestamp(), $1::jsonb)";
static const char *const SEND_BATCH =
    "INSERT INTO queue (vt, message)"
    " SELECT clock_timestamp(), $2::jsonb FROM generate_series(1, $1::int)";
static const char *const READ =
    "UPDATE queue SET vt = clock_timestamp() + interval '30 s',"
    "  read_ct = read_ct + 1"
    " WHERE msg_id = ANY (ARRAY("
    "  SELECT msg_id FROM queue WHERE vt <= clock_timestamp()"
    "  ORDER BY msg_id LIMIT $1::int FOR UPDATE SKIP LOCKED))"
    " RETURNING msg_id, read_ct, enqueued_at, vt, message";
static const char *const DELETE =
    "DELETE FROM queue WHERE msg_id = ANY ($1::bigint[])";

static int connections = 4;
static int batch = 500;
static const char *payload = "{}"; /* of messages that tell no time */
static atomic_long done;
static atomic_bool stopping;
static pthread_barrier_t start;

static double
now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double
cpu_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
sleep_s(double s)
{
    struct timespec ts = {(time_t)s, (long)((s - (double)(time_t)s) * 1e9)};
    nanosleep(&ts, NULL);
}

/* The result, or the end of the program. */
static PGresult *
check(PGconn *c, PGresult *r)
{
    ExecStatusType s = PQresultStatus(r);
    if (s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK)
        return r;
    fprintf(stderr, "pgmq: %s", PQerrorMessage(c));
    exit(1);
}

static PGconn *
connect_db(void)
{
    PGconn *c = PQconnectdb("");
    if (PQstatus(c) != CONNECTION_OK) {
        fprintf(stderr, "pgmq: %s", PQerrorMessage(c));
        exit(1);
    }
    return c;
}

static PGconn *
connect_prepared(const char *setup)
{
    PGconn *c = connect_db();
    PQclear(check(
        c, PQexec(c, "SET enable_seqscan = off; SET enable_bitmapscan = off;"
                     "SET enable_sort = off")));
    if (setup != NULL)
        PQclear(check(c, PQexec(c, setup)));
    PQclear(check(c, PQprepare(c, "send", SEND, 0, NULL)));
    PQclear(check(c, PQprepare(c, "send_batch", SEND_BATCH, 0, NULL)));
    PQclear(check(c, PQprepare(c, "read", READ, 0, NULL)));
    PQclear(check(c, PQprepare(c, "delete", DELETE, 0, NULL)));
    return c;
}

static PGresult *
call(PGconn *c, const char *statement, const char *arg)
{
    return check(c, PQexecPrepared(c, statement, 1, &arg, NULL, NULL, 0));
}

static void
send_bulk(PGconn *c, int n, const char *message)
{
    char text[16];
    const char *args[] = {text, message};
    snprintf(text, sizeof text, "%d", n);
    PQclear(check(c, PQexecPrepared(c, "send_batch", 2, args, NULL, NULL, 0)));
}

/* A message that says when it was sent. */
static const char *
stamped(char *to, size_t room)
{
    snprintf(to, room, "{\"t\": %.9f}", now_s());
    return to;
}

/* One read and the delete of what it gave; returns how many. */
static int
work_once(PGconn *c, void (*started)(const char *message, void *arg), void *arg)
{
    char limit[16];
    snprintf(limit, sizeof limit, "%d", batch);
    PGresult *r = call(c, "read", limit);
    int n = PQntuples(r);
    if (n > 0) {
        char *ids = malloc((size_t)n * 21 + 3);
        size_t at = 0;
        if (ids == NULL)
            abort();
        ids[at++] = '{';
        for (int i = 0; i < n; i++) {
            started(PQgetvalue(r, i, 4), arg);
            at += (size_t)sprintf(ids + at, "%s%s", i > 0 ? "," : "",
                                  PQgetvalue(r, i, 0));
        }
        ids[at++] = '}';
        ids[at] = '\0';
        PQclear(call(c, "delete", ids));
        free(ids);
    }
    PQclear(r);
    return n;
}

/* Pick-up times in ms that one worker has seen. */
struct pickups {
    double *ms;
    size_t n, room;
};
static struct pickups picked[MAX_CONNECTIONS];

static void
collect(const char *message, void *arg)
{
    struct pickups *p = arg;
    const char *t = strchr(message, ':');
    if (t == NULL)
        return;
    if (p->n == p->room) {
        p->room = p->room * 2 + 1024;
        p->ms = realloc(p->ms, p->room * sizeof *p->ms);
        if (p->ms == NULL)
            abort();
    }
    p->ms[p->n++] = (now_s() - strtod(t + 1, NULL)) * 1e3;
}

static void *
worker(void *arg)
{
    PGconn *c = connect_prepared(NULL);
    pthread_barrier_wait(&start);
    while (!atomic_load(&stopping)) {
        int n = work_once(c, collect, arg);
        if (n > 0)
            atomic_fetch_add(&done, n);
        else
            sleep_s(0.001);
    }
    PQfinish(c);
    return NULL;
}

/* Starts the workers, all at once, when they are connected. */
static void
start_workers(pthread_t thread[])
{
    pthread_barrier_init(&start, NULL, (unsigned)connections + 1);
    for (int i = 0; i < connections; i++)
        pthread_create(&thread[i], NULL, worker, &picked[i]);
    pthread_barrier_wait(&start);
}

static void
join_workers(const pthread_t thread[])
{
    atomic_store(&stopping, true);
    for (int i = 0; i < connections; i++)
        pthread_join(thread[i], NULL);
}

static void
fill(long n)
{
    PGconn *c = connect_prepared(NULL);
    for (; n > 0; n -= BULK)
        send_bulk(c, n < BULK ? (int)n : BULK, payload);
    PQfinish(c);
}

static void
drain(long n)
{
    pthread_t thread[MAX_CONNECTIONS];
    long seen = 0;
    start_workers(thread);
    double first = now_s(), cpu = cpu_s(), since = first;
    while (atomic_load(&done) < n) {
        long is = atomic_load(&done);
        if (is != seen) {
            seen = is;
            since = now_s();
        } else if (now_s() - since > STUCK_S) {
            fprintf(stderr, "pgmq: stuck at %ld of %ld\n", is, n);
            exit(1);
        }
        sleep_s(0.0005);
    }
    double last = now_s();
    cpu = cpu_s() - cpu;
    join_workers(thread);
    printf("jobs/s %.0f\ncpu_s %.3f\n", (double)n / (last - first), cpu);
}

static void
reader(long n)
{
    PGconn *c = connect_prepared("LISTEN queue");
    struct pickups p = {NULL, 0, 0};
    size_t want = (size_t)n + WARM_UP, seen = want;
    while (p.n < want) {
        struct pollfd fd = {PQsocket(c), POLLIN, 0};
        PGnotify *note;
        while (work_once(c, collect, &p) == batch)
            continue;
        if (p.n != seen)
            alarm(STUCK_S); /* ends the process when nothing more comes */
        seen = p.n;
        /* A notification that came with a reply is here already. */
        if ((note = PQnotifies(c)) == NULL && p.n < want) {
            poll(&fd, 1, 1000);
            PQconsumeInput(c);
            note = PQnotifies(c);
        }
        for (; note != NULL; note = PQnotifies(c))
            PQfreemem(note);
    }
    for (size_t i = WARM_UP; i < want; i++)
        printf("pickup_ms %.3f\n", p.ms[i]);
    free(p.ms);
    PQfinish(c);
}

static void
latency(long n, double hz)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        reader(n);
        exit(0);
    }
    PGconn *c = connect_prepared(NULL);
    sleep_s(1); /* the reader is idle by then */
    double next = now_s();
    for (long i = 0; i < n + WARM_UP; i++) {
        char message[64];
        next += 1 / hz;
        if (next > now_s())
            sleep_s(next - now_s());
        else
            next = now_s();
        PQclear(call(c, "send", stamped(message, sizeof message)));
    }
    PQfinish(c);
    if (waitpid(child, &status, 0) != child || status != 0)
        exit(1);
}

/* What steady sends: up to a backlog, or at a rate of messages per second. */
struct producing {
    double rate, begin;
    long sent;
};

static void *
producer(void *arg)
{
    struct producing *p = arg;
    PGconn *c = connect_prepared(NULL);
    char message[64];
    while (!atomic_load(&stopping)) {
        long n = 0, due = (long)(p->rate * (now_s() - p->begin)) - p->sent;
        if (p->rate > 0 && due >= GROUP)
            n = due < BULK ? due : BULK;
        else if (p->rate <= 0 && p->sent - atomic_load(&done) < BACKLOG)
            n = BULK;
        else
            sleep_s(0.001);
        if (n > 0)
            send_bulk(c, (int)n,
                      p->rate > 0 ? stamped(message, sizeof message) : payload);
        p->sent += n;
    }
    PQfinish(c);
    return NULL;
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Percentiles over all workers. */
static void
print_pickups(void)
{
    static const double wanted[] = {50, 99, 99.9};
    struct pickups all = {NULL, 0, 0};
    for (int i = 0; i < connections; i++)
        all.room += picked[i].n;
    all.ms = malloc((all.room + 1) * sizeof *all.ms);
    if (all.ms == NULL)
        abort();
    for (int i = 0; i < connections; i++) {
        memcpy(all.ms + all.n, picked[i].ms, picked[i].n * sizeof *all.ms);
        all.n += picked[i].n;
    }
    qsort(all.ms, all.n, sizeof *all.ms, by_size);
    for (size_t i = 0; i < 3 && all.n > 0; i++)
        printf("pickup_p%g_ms %.3f\n", wanted[i],
               all.ms[(size_t)((double)(all.n - 1) * wanted[i] / 100)]);
    free(all.ms);
}

static void
steady(long seconds, double rate)
{
    pthread_t thread[MAX_CONNECTIONS], filler;
    struct producing p = {rate, 0, 0};
    if (rate <= 0)
        fill(p.sent = BACKLOG);
    start_workers(thread);
    double begin = p.begin = now_s(), at = begin;
    long seen = atomic_load(&done);
    pthread_create(&filler, NULL, producer, &p);
    for (long i = 1; i <= seconds; i++) {
        sleep_s(begin + (double)i - now_s());
        double t = now_s();
        long is = atomic_load(&done);
        printf("completed_per_s %.0f\n", (double)(is - seen) / (t - at));
        fflush(stdout);
        at = t;
        seen = is;
    }
    join_workers(thread);
    pthread_join(filler, NULL);
    if (rate > 0)
        print_pickups();
}

static void
read_settings(void)
{
    const char *text = getenv("PEER_SETTINGS");
    if (getenv("PEER_PAYLOAD") != NULL)
        payload = getenv("PEER_PAYLOAD");
    char *copy = strdup(text != NULL ? text : "");
    for (char *w = strtok(copy, " "); w != NULL; w = strtok(NULL, " ")) {
        if (sscanf(w, "connections=%d", &connections) != 1 &&
            sscanf(w, "batch=%d", &batch) != 1) {
            fprintf(stderr, "pgmq: no setting %s\n", w);
            exit(2);
        }
    }
    free(copy);
    if (connections < 1 || connections > MAX_CONNECTIONS || batch < 1)
        exit(2);
}

int
main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    long n = argc > 2 ? atol(argv[2]) : 0;
    read_settings();
    if (strcmp(command, "setup") == 0) {
        PGconn *c = connect_db();
        PQclear(check(c, PQexec(c, SCHEMA)));
        PQfinish(c);
        return 0;
    }
    if (strcmp(command, "fill") == 0) {
        fill(n);
        return 0;
    }
    printf("note pgmq-style deletes a message when it is done; "
           "connections=%d batch=%d\n",
           connections, batch);
    fflush(stdout);
    if (strcmp(command, "drain") == 0)
        drain(n);
    else if (strcmp(command, "latency") == 0 && argc > 3)
        latency(n, atof(argv[3]));
    else if (strcmp(command, "steady") == 0)
        steady(n, argc > 3 ? atof(argv[3]) : 0);
    else
        return 2;
    return 0;
}
