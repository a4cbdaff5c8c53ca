#include "db/stmt.h"

/* SQL files are longer than what ISO C promises for a literal; gcc and clang
 * have no such limit. */
#pragma GCC diagnostic ignored "-Woverlength-strings"
/* stmt_files, func_files and migrate_files, made by sql/sql2c.awk. */
#include "stmt.inc"

const char *
stmt_name(enum stmt s)
{
    return stmt_files[s].name;
}

const char *
stmt_text(enum stmt s)
{
    return stmt_files[s].text;
}

const struct sql_file *
sql_migrations(size_t *count)
{
    *count = sizeof migrate_files / sizeof migrate_files[0];
    return migrate_files;
}

const struct sql_file *
sql_functions(size_t *count)
{
    *count = sizeof func_files / sizeof func_files[0];
    return func_files;
}
