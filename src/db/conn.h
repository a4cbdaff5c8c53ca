/* conn.h - one connection to the database with bounded waits. The only
 * header (with pipe.h) that shows libpq. */
#ifndef HOSTQ_DB_CONN_H
#define HOSTQ_DB_CONN_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/dur.h"
#include "base/err.h"

static inline void
cleanup_result(PGresult **res)
{
    PQclear(*res);
}
#define CLEANUP_RESULT __attribute__((cleanup(cleanup_result)))

/* Connects within limit (all hosts of a multi-host conninfo together).
 * database: libpq conninfo or URI, "" or NULL = PG* variables. app: what
 * pg_stat_activity shows. Error code E_DATABASE. */
PGconn *conn_open(const char *database, const char *app, usec_t limit,
                  struct err *err);

/* The same in two steps, so that the caller can do something while the server
 * makes its process: conn_start sends what can be sent without waiting (with
 * one host), conn_continue takes what it returned and goes on; database and
 * app are those of conn_start. */
PGconn *conn_start(const char *database, const char *app);
PGconn *conn_continue(PGconn *started, const char *database, const char *app,
                      usec_t limit, struct err *err);

/* One statement with text parameters, answered within limit; on time-out
 * the connection is canceled and unusable. Returns a result with
 * PGRES_TUPLES_OK or PGRES_COMMAND_OK, else NULL and err: E_DATABASE for
 * connection trouble, E_FAILED for an SQL error ("SQLSTATE: message"). */
PGresult *conn_exec(PGconn *conn, const char *sql, int count,
                    const char *const *params, usec_t limit, struct err *err);

/* Prepares a statement under a name, done by `until` (monotonic). Returns its
 * description (PQnparams, PQfname), else NULL and err as conn_exec. */
PGresult *conn_prepare(PGconn *conn, const char *name, const char *sql,
                       usec_t until, struct err *err);

/* A script of several statements without parameters (simple protocol). 0, or
 * -1 and err as conn_exec, an SQL error as "NAME:LINE: SQLSTATE: message". */
int conn_script(PGconn *conn, const char *name, const char *sql, usec_t limit,
                struct err *err);

/* Waits for a NOTIFY. 1: at least one came (one is taken); 0: none until
 * `until` (monotonic); -1: the connection is lost. */
int conn_notified(PGconn *conn, usec_t until, struct err *err);

/* Is the loss of the connection, not the statement, the reason? */
bool conn_is_lost(const PGconn *conn);

#endif
