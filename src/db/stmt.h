/* stmt.h - the SQL text of sql/stmt, sql/func and sql/migrate, compiled in
 * by sql/sql2c.awk (stmt.inc). The only SQL in the product. */
#ifndef HOSTQ_DB_STMT_H
#define HOSTQ_DB_STMT_H

#include <stddef.h>

/* STMT_CLAIM for sql/stmt/claim.sql and so on: one per file, sorted. */
#include "stmt_enum.inc"

const char *stmt_name(enum stmt s); /* "claim" */
const char *stmt_text(enum stmt s); /* without comments' header */

struct sql_file {
    const char *name;   /* "0001_first.sql" */
    const char *sha256; /* lower-case hex of the file */
    const char *text;
};

/* sql/migrate in order of number; sql/func in order of name. */
const struct sql_file *sql_migrations(size_t *count);
const struct sql_file *sql_functions(size_t *count);

#endif
