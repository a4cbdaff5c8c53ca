/* migrate.c - see migrate.h. Released files never change, so a recorded
 * checksum that differs from ours means a database of another program
 * version or a file that was tampered with: refused, never repaired. */
#include "db/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "db/conn.h"
#include "db/stmt.h"

enum { COL_VERSION, COL_NAME, COL_SHA256, COL_COMPATIBLE };

static int
version_of(const struct sql_file *file)
{
    char digits[8] = "";
    int64_t n;

    (void)snprintf(digits, sizeof(digits), "%.*s",
                   (int)strspn(file->name, "0123456789"), file->name);
    if (parse_i64(digits, 1, 999999, &n, NULL) != 0)
        abort(); /* the build let a file without a number in */
    return (int)n;
}

int
migrate_version(void)
{
    size_t count;
    const struct sql_file *files = sql_migrations(&count);

    return count > 0 ? version_of(&files[count - 1]) : 0;
}

static int
row_int(const PGresult *rows, int row, int column)
{
    int64_t n;

    if (parse_i64(PQgetvalue(rows, row, column), 0, INT32_MAX, &n, NULL) != 0)
        return 0;
    return (int)n;
}

/* Row of a version, or -1. */
static int
find_row(const PGresult *rows, int version)
{
    for (int i = 0; i < PQntuples(rows); i++) {
        if (row_int(rows, i, COL_VERSION) == version)
            return i;
    }
    return -1;
}

static int
check_row(const PGresult *rows, int row, struct err *err)
{
    int version = row_int(rows, row, COL_VERSION);
    const char *sha256 = PQgetvalue(rows, row, COL_SHA256);
    size_t count;
    const struct sql_file *files = sql_migrations(&count);

    for (size_t i = 0; i < count; i++) {
        if (version_of(&files[i]) != version)
            continue;
        if (strcmp(files[i].sha256, sha256) == 0)
            return 0;
        return err_set(err, E_DATABASE,
                       "schema refused: migration %s was"
                       " applied with sha256 %.12s..., this program has"
                       " %.12s...",
                       files[i].name, sha256, files[i].sha256);
    }
    return err_set(err, E_DATABASE,
                   "schema refused: it has version %d (%s),"
                   " this program knows up to %d (compatible from %d)",
                   version, PQgetvalue(rows, row, COL_NAME), migrate_version(),
                   row_int(rows, PQntuples(rows) - 1, COL_COMPATIBLE));
}

/* Do the rows fit this program? *missing: how many are to be applied. */
static int
check_rows(const PGresult *rows, int *missing, struct err *err)
{
    size_t count;
    const struct sql_file *files = sql_migrations(&count);

    *missing = 0;
    for (int i = PQntuples(rows); i > 0; i--) {
        if (check_row(rows, i - 1, err) != 0)
            return -1;
    }
    for (size_t i = 0; i < count; i++) {
        bool applied = find_row(rows, version_of(&files[i])) >= 0;
        if (applied && *missing > 0)
            return err_set(err, E_DATABASE,
                           "schema refused: %s is applied,"
                           " but one before it is not",
                           files[i].name);
        *missing += !applied;
    }
    return 0;
}

static int
check_server(const PGconn *conn, struct err *err)
{
    int version = PQserverVersion(conn);

    if (version >= MIGRATE_SERVER_MIN)
        return 0;
    return err_set(err, E_DATABASE,
                   "server refused: it is PostgreSQL %d.%d,"
                   " %d or newer is needed",
                   version / 10000, version % 10000,
                   MIGRATE_SERVER_MIN / 10000);
}

/* "-- compatible_from: N" among the first lines, else what held before. */
static int
compatible_from(const struct sql_file *file, int before)
{
    static const char mark[] = "-- compatible_from: ";
    const char *line = file->text;

    while (strncmp(line, "--", 2) == 0) {
        if (strncmp(line, mark, sizeof(mark) - 1) == 0)
            return (int)strtol(line + sizeof(mark) - 1, NULL, 10);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return before;
}

static int
apply(PGconn *conn, const struct sql_file *file, int compatible, usec_t limit,
      struct err *err)
{
    char version[16], from[16];

    if (conn_script(conn, file->name, file->text, limit, err) != 0)
        return -1;
    (void)snprintf(version, sizeof(version), "%d", version_of(file));
    (void)snprintf(from, sizeof(from), "%d", compatible);
    const char *params[] = {version, file->name, file->sha256, from};
    CLEANUP_RESULT PGresult *res =
        conn_exec(conn, stmt_text(STMT_MIGRATE_RECORD), 4, params, limit, err);
    return res != NULL ? 0 : err_wrap(err, "%s", file->name);
}

static int
apply_all(PGconn *conn, const PGresult *rows, usec_t limit, struct err *err)
{
    size_t count;
    const struct sql_file *files = sql_migrations(&count);
    int last = PQntuples(rows);
    int compatible = last > 0 ? row_int(rows, last - 1, COL_COMPATIBLE) : 1;

    for (size_t i = 0; i < count; i++) {
        if (find_row(rows, version_of(&files[i])) >= 0)
            continue;
        compatible = compatible_from(&files[i], compatible);
        if (apply(conn, &files[i], compatible, limit, err) != 0)
            return -1;
    }
    files = sql_functions(&count);
    for (size_t i = 0; i < count; i++) {
        if (conn_script(conn, files[i].name, files[i].text, limit, err) != 0)
            return -1;
    }
    return conn_script(conn, "migrate_commit.sql",
                       stmt_text(STMT_MIGRATE_COMMIT), limit, err);
}

/* The transaction is open when this returns 0. */
static int
begin(PGconn *conn, usec_t limit, PGresult **rows, struct err *err)
{
    int missing;

    if (check_server(conn, err) != 0 ||
        conn_script(conn, "migrate_begin.sql", stmt_text(STMT_MIGRATE_BEGIN),
                    limit, err) != 0)
        return -1;
    *rows = conn_exec(conn, stmt_text(STMT_MIGRATE_ROWS), 0, NULL, limit, err);
    return *rows != NULL ? check_rows(*rows, &missing, err) : -1;
}

int
migrate_run(PGconn *conn, usec_t limit, migrate_say *say, void *arg,
            struct err *err)
{
    CLEANUP_RESULT PGresult *rows = NULL;
    struct err ignored;
    size_t count;
    const struct sql_file *files = sql_migrations(&count);

    if (begin(conn, limit, &rows, err) != 0 ||
        apply_all(conn, rows, limit, err) != 0) {
        if (!conn_is_lost(conn))
            (void)conn_script(conn, "migrate_rollback.sql",
                              stmt_text(STMT_MIGRATE_ROLLBACK), limit,
                              &ignored);
        if (strstr(err->text, "42501: ") != NULL)
            err->code = E_DATABASE;
        return -1;
    }
    for (size_t i = 0; say != NULL && i < count; i++) {
        if (find_row(rows, version_of(&files[i])) < 0)
            say(arg, files[i].name);
    }
    return 0;
}

/* No such schema, or no such table in it. */
static bool
is_absent(const struct err *err)
{
    return strncmp(err->text, "3F000", 5) == 0 ||
           strncmp(err->text, "42P01", 5) == 0;
}

int
migrate_check(PGconn *conn, usec_t limit, struct err *err)
{
    int ours = migrate_version();

    if (check_server(conn, err) != 0)
        return -1;
    CLEANUP_RESULT PGresult *res =
        conn_exec(conn, stmt_text(STMT_SCHEMA_VERSION), 0, NULL, limit, err);
    if (res == NULL)
        return -1;
    int version = row_int(res, 0, 0);
    int compatible = row_int(res, 0, 1);
    if (version < ours)
        return err_set(err, E_DATABASE,
                       "schema version %d is older than this program's %d:"
                       " run hostq migrate",
                       version, ours);
    if (compatible > ours)
        return err_set(err, E_DATABASE,
                       "schema version %d works with programs from schema"
                       " version %d on, this one has %d: update it",
                       version, compatible, ours);
    return 0;
}

int
migrate_look(PGconn *conn, usec_t limit, PGresult **out, int *missing,
             struct err *err)
{
    *out = NULL;
    *missing = 0;
    if (check_server(conn, err) != 0)
        return -1;
    *out = conn_exec(conn, stmt_text(STMT_MIGRATE_ROWS), 0, NULL, limit, err);
    if (*out == NULL && is_absent(err))
        *out = PQmakeEmptyPGresult(conn, PGRES_TUPLES_OK);
    if (*out == NULL)
        return -1;
    return check_rows(*out, missing, err);
}
