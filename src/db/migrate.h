/* migrate.h - brings a database to this program's schema. */
#ifndef HOSTQ_DB_MIGRATE_H
#define HOSTQ_DB_MIGRATE_H

#include <libpq-fe.h>

#include "base/dur.h"
#include "base/err.h"

#define MIGRATE_SERVER_MIN 150000 /* security_invoker views */

/* Number of the newest migration compiled in. */
int migrate_version(void);

/* May this program work with the schema? E_DATABASE, in one line with both
 * versions: it is older than this program's own, or no longer compatible
 * with it; or the server is too old. E_FAILED ("SQLSTATE: ..."): it cannot
 * be read, so most likely it is missing. */
int migrate_check(PGconn *conn, usec_t limit, struct err *err);

/* Called for each migration that was applied. */
typedef void migrate_say(void *arg, const char *name);

/* Applies what is missing and all functions, in one transaction under an
 * advisory lock; say (after the commit) may be NULL. Each step has `limit`.
 * Nothing is changed on failure: E_DATABASE for a server that is too old, a
 * schema that is newer or differs, missing rights and connection trouble;
 * E_FAILED for an error in a script ("FILE:LINE: ..."). */
int migrate_run(PGconn *conn, usec_t limit, migrate_say *say, void *arg,
                struct err *err);

/* What is recorded: columns version, name, sha256, compatible_from,
 * applied_at, applied_by, in order; no rows where there is no schema.
 * *missing: migrations of this program that are not applied. -1 also where
 * the schema is newer or differs (*out is set then). Caller clears. */
int migrate_look(PGconn *conn, usec_t limit, PGresult **out, int *missing,
                 struct err *err);

#endif
