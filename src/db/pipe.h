/* pipe.h - prepared statements sent together, answered together: one round
 * trip and one implicit transaction per pipe_run(). */
#ifndef HOSTQ_DB_PIPE_H
#define HOSTQ_DB_PIPE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/dur.h"
#include "base/err.h"
#include "db/stmt.h"

enum { PIPE_MAX = 64 };

struct pipe {
    PGconn *conn;                /* borrowed */
    int count;                   /* statements added */
    PGresult *results[PIPE_MAX]; /* after pipe_run; owned by the pipe */
    char sqlstate[6];            /* of the first error; "" = none or lost */
    int at;                      /* the statement whose results come next */
    bool failed;                 /* one of them did */
    struct err why;              /* and how, told when all have answered */
};

/* Opens a connection whose plans no statistics can turn (work = true) or one
 * with default settings, prepares every statement of the daemon and compares
 * parameters and columns with what db/ expects: a schema that does not fit
 * fails here, with the statement's name. */
struct pipe_options {
    const char *app; /* what pg_stat_activity shows */
    bool work;       /* the ledger's: plans that cannot turn */
    usec_t connect_limit;
    usec_t statement_limit; /* work: the server gives up after it */
    usec_t lock_limit;      /* work: waiting for a row of somebody else */
};

PGconn *pipe_open(const char *database, const struct pipe_options *opt,
                  struct err *err);

void pipe_begin(struct pipe *p, PGconn *conn);
/* Adds one statement; params in text form, copied. Returns its index. The
 * caller keeps count below PIPE_MAX. */
int pipe_add(struct pipe *p, enum stmt s, const char *const *params);
/* Sends what was added and waits for all results. 0: all succeeded. -1: the
 * whole group was rolled back (E_FAILED, sqlstate set), or the connection is
 * lost and the outcome unknown (E_DATABASE). */
int pipe_run(struct pipe *p, usec_t limit, struct err *err);
/* The same without waiting, so that several connections work at once: sends,
 * and reads what is there. 1: all results are here, 0: not yet, -1: as
 * pipe_run(). A loss that pipe_send() meets shows in pipe_poll(). */
void pipe_send(struct pipe *p);
int pipe_poll(struct pipe *p, struct err *err);
void pipe_end(struct pipe *p); /* frees the results */

/* One statement by itself, in its own transaction; caller clears. */
PGresult *pipe_one(PGconn *conn, enum stmt s, const char *const *params,
                   usec_t limit, char sqlstate[6], struct err *err);

#endif
