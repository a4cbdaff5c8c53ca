/* pipe.c - libpq's pipeline mode with bounded waits.
 *
 * The connection is non-blocking, so that a large group cannot deadlock
 * against a large answer: pipe_run() reads while it writes. */
#include "db/pipe.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/conn.h"
#include "db/rows.h"
#include "sys/clock.h"

/* What this daemon believes about a statement. */
struct shape {
    enum stmt stmt;
    int params;
    const char *columns; /* comma separated (one more at the end may be there),
                            NULL = not looked at */
};

#define NAME_AND_COMMA(name) #name ","

static const struct shape shapes[] = {
    {STMT_AFTER_FINAL, 2, NULL},
    {STMT_CLAIM, 9, CLAIM_COLUMNS(NAME_AND_COMMA)},
    {STMT_CLOSE_INTENTS, 2, NULL},
    {STMT_DAEMON_ENDS, 2, NULL},
    {STMT_END_BACKEND, 2, NULL},
    {STMT_GATE_RELEASE, 0, NULL},
    {STMT_GATE_TAKE, 0, "taken"},
    {STMT_GIVE_BACK_UNKNOWN, 3, "n"},
    {STMT_HEARTBEAT, 7,
     "alive,sweeper,abort_ids,abort_leases,held,peers,watch,lanes,gate,"
     "next_us,deadline_us,schedule_us"},
    {STMT_LANES, 3,
     "lane,priority,queue,audit,max_retries,stop_before_us,backoff_us,"
     "backoff_factor,max_backoff_us,aging_us,key,key_runs,key_rate,"
     "share,sharers,due_us,urgency,ordered,peers,rank"},
    {STMT_LATE_MACHINES, 1, "made"},
    {STMT_LOCK_ROWS, 2, NULL},
    {STMT_LOCKED, 1, "id"},
    {STMT_LOOKUP, 2, "id"},
    {STMT_MARK, 3, "id"},
    {STMT_OPEN_INTENT, 6, "ours"},
    {STMT_ORDER_GOES_ON, 2, NULL},
    {STMT_PARK_WATCH, 3, NULL},
    {STMT_PEERS, 1, "epoch,lock_free,expired,ended,own_held"},
    {STMT_REROUTE, 1, NULL},
    {STMT_SETTLE_FINAL, 14, "id,told"},
    {STMT_SETTLE_OPEN, 13, "id"},
    {STMT_STORE_MACHINES, 1, "stored"},
    {STMT_STORE_WATCH, 5, "changed"},
    {STMT_SWEEP_BOOTS, 2, NULL},
    {STMT_SWEEP_DEADLINES, 1, "n,put_off"},
    {STMT_SWEEP_HOUSE, 0, "horizon_us"},
    {STMT_SWEEP_PARTITIONS, 0, "n"},
    {STMT_SWEEP_REROUTE, 0, "n"},
    {STMT_SWEEP_RETENTION, 1, "n"},
    {STMT_SWEEP_SCHEDULES, 1, "n,next_us"},
    {STMT_SWEEP_STALE, 1, "n"},
    {STMT_TAKE_OVER, 4, "taken"},
    {STMT_TAKE_PERMITS, 9, "key,held,starts,work"},
};
enum { SHAPE_COUNT = sizeof shapes / sizeof shapes[0] };

static const struct shape *
shape_of(enum stmt s)
{
    for (size_t i = 0; i < SHAPE_COUNT; i++)
        if (shapes[i].stmt == s)
            return &shapes[i];
    abort(); /* a statement that pipe_open() does not prepare */
}

static int
check_columns(const struct shape *sh, const PGresult *res, struct err *err)
{
    const char *want = sh->columns;
    for (int i = 0; want && *want; i++) {
        size_t len = strcspn(want, ",");
        const char *have = i < PQnfields(res) ? PQfname(res, i) : "";
        if (strlen(have) != len || strncmp(have, want, len) != 0)
            return err_set(err, E_DATABASE,
                           "schema does not fit this hostqd: statement %s, "
                           "column %d is '%s', expected '%.*s'",
                           stmt_name(sh->stmt), i + 1, have, (int)len, want);
        want = want[len] ? want + len + 1 : NULL;
    }
    return 0;
}

static int
prepare_one(PGconn *conn, const struct shape *sh, usec_t until, struct err *err)
{
    const char *name = stmt_name(sh->stmt);
    CLEANUP_RESULT PGresult *desc =
        conn_prepare(conn, name, stmt_text(sh->stmt), until, err);
    if (!desc) {
        err->code = E_DATABASE;
        return err_wrap(err, "cannot prepare statement %s", name);
    }
    if (PQnparams(desc) != sh->params)
        return err_set(err, E_DATABASE,
                       "schema does not fit this hostqd: statement %s has %d "
                       "parameters, expected %d",
                       name, PQnparams(desc), sh->params);
    return check_columns(sh, desc, err);
}

static int
work_settings(PGconn *conn, const struct pipe_options *opt, struct err *err)
{
    char statement[24], lock[24];
    (void)snprintf(statement, sizeof statement, "%lld",
                   (long long)(opt->statement_limit / USEC_MS));
    (void)snprintf(lock, sizeof lock, "%lld",
                   (long long)(opt->lock_limit / USEC_MS));
    const char *params[] = {opt->app, statement, lock};
    CLEANUP_RESULT PGresult *res =
        conn_exec(conn, stmt_text(STMT_WORK_SETTINGS), 3, params,
                  opt->connect_limit, err);
    return res ? 0 : -1;
}

PGconn *
pipe_open(const char *database, const struct pipe_options *opt, struct err *err)
{
    PGconn *conn = conn_open(database, opt->app, opt->connect_limit, err);
    if (!conn)
        return NULL;
    usec_t until = usec_add(now_mono(), opt->connect_limit);
    if (opt->work && work_settings(conn, opt, err) < 0)
        goto fail;
    for (size_t i = 0; i < SHAPE_COUNT; i++)
        if (prepare_one(conn, &shapes[i], until, err) < 0)
            goto fail;
    if (PQsetnonblocking(conn, 1) != 0) {
        (void)err_set(err, E_DATABASE, "%s", PQerrorMessage(conn));
        goto fail;
    }
    return conn;
fail:
    PQfinish(conn);
    return NULL;
}

void
pipe_begin(struct pipe *p, PGconn *conn)
{
    memset(p, 0, sizeof *p);
    p->conn = conn;
}

int
pipe_add(struct pipe *p, enum stmt s, const char *const *params)
{
    assert(p->count < PIPE_MAX);
    if (p->count == 0)
        (void)PQenterPipelineMode(p->conn);
    /* A failure here shows again as a lost connection in pipe_run(). */
    (void)PQsendQueryPrepared(p->conn, stmt_name(s), shape_of(s)->params,
                              params, NULL, NULL, 0);
    return p->count++;
}

/* Waits until something can be read or written, at most until `until`. -1:
 * too late. */
static int
pump(PGconn *conn, usec_t until, struct err *err)
{
    usec_t left = usec_sub(until, now_mono());
    struct pollfd fd = {PQsocket(conn), POLLIN, 0};
    if (left <= 0)
        return err_set(err, E_DATABASE, "the database did not answer in time");
    if (PQflush(conn) > 0)
        fd.events |= POLLOUT;
    if (poll(&fd, 1, (int)(left / USEC_MS) + 1) < 0 && errno != EINTR)
        return err_set(err, E_DATABASE, "poll: %s", strerror(errno));
    return 0;
}

static void
keep_error(struct pipe *p, const PGresult *res)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    if (p->sqlstate[0])
        return;
    (void)snprintf(p->sqlstate, sizeof p->sqlstate, "%s",
                   state ? state : "XX000");
    (void)err_set(&p->why, E_FAILED, "%s: %s", p->sqlstate,
                  text ? text : PQerrorMessage(p->conn));
}

/* The next result, NULL at the end of a statement; true: it was the last. */
static bool
take(struct pipe *p, PGresult *res)
{
    ExecStatusType st = PQresultStatus(res);
    if (!res) {
        p->at++;
    } else if (st == PGRES_PIPELINE_SYNC) {
        PQclear(res);
        return true;
    } else if (st == PGRES_TUPLES_OK || st == PGRES_COMMAND_OK) {
        PQclear(p->results[p->at]);
        p->results[p->at] = res;
    } else {
        if (st == PGRES_FATAL_ERROR)
            keep_error(p, res);
        PQclear(res);
        p->failed = true;
    }
    return false;
}

void
pipe_send(struct pipe *p)
{
    p->sqlstate[0] = '\0';
    p->at = 0;
    p->failed = false;
    if (p->count > 0 && PQpipelineSync(p->conn))
        (void)PQflush(p->conn);
}

static int
lost(struct pipe *p, struct err *err)
{
    p->sqlstate[0] = '\0';
    return err_set(err, E_DATABASE, "%s", PQerrorMessage(p->conn));
}

int
pipe_poll(struct pipe *p, struct err *err)
{
    PGconn *conn = p->conn;
    if (p->count == 0)
        return 1;
    if (PQstatus(conn) == CONNECTION_BAD || PQflush(conn) < 0 ||
        !PQconsumeInput(conn))
        return lost(p, err);
    while (!PQisBusy(conn)) {
        PGresult *res = PQgetResult(conn);
        if (PQstatus(conn) == CONNECTION_BAD) {
            PQclear(res);
            return lost(p, err);
        }
        if (!take(p, res))
            continue;
        (void)PQexitPipelineMode(conn);
        if (!p->failed)
            return 1;
        if (!p->sqlstate[0])
            return err_set(err, E_DATABASE, "connection lost");
        *err = p->why;
        return -1;
    }
    return 0;
}

int
pipe_run(struct pipe *p, usec_t limit, struct err *err)
{
    usec_t until = usec_add(now_mono(), limit);
    int rc;
    pipe_send(p);
    while ((rc = pipe_poll(p, err)) == 0) {
        if (pump(p->conn, until, err) < 0) {
            p->sqlstate[0] = '\0';
            return -1;
        }
    }
    return rc < 0 ? -1 : 0;
}

void
pipe_end(struct pipe *p)
{
    for (int i = 0; i < p->count; i++)
        PQclear(p->results[i]);
    p->count = 0;
}

PGresult *
pipe_one(PGconn *conn, enum stmt s, const char *const *params, usec_t limit,
         char sqlstate[6], struct err *err)
{
    struct pipe p;
    pipe_begin(&p, conn);
    (void)pipe_add(&p, s, params);
    int rc = pipe_run(&p, limit, err);
    memcpy(sqlstate, p.sqlstate, sizeof p.sqlstate);
    PGresult *res = rc == 0 ? p.results[0] : NULL;
    if (res)
        p.results[0] = NULL;
    pipe_end(&p);
    return res;
}
