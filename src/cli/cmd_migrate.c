/* cmd_migrate.c - makes or updates the schema, or says how it stands. */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/table.h"
#include "db/migrate.h"

#define STEP_LIMIT (USEC_S * 600)

static const struct column columns[] = {
    {"version", "VERSION"},
    {"name", "FILE"},
    {"applied_at", "APPLIED"},
    {"applied_by", "BY"},
    {"compatible_from", "COMPATIBLE FROM"},
    {"sha256", "SHA256"},
    {NULL, NULL},
};

static void
must(int r)
{
    if (r != 0)
        abort();
}

static void
say_applied(void *arg, const char *name)
{
    must(json_array_append_new(arg, json_string(name)));
}

static json_t *
rows_new(const PGresult *res)
{
    json_t *rows = json_array();

    for (int i = 0; i < PQntuples(res); i++) {
        json_t *row = json_object();
        for (int k = 0; k < PQnfields(res); k++)
            must(json_object_set_new(row, PQfname(res, k),
                                     json_string(PQgetvalue(res, i, k))));
        must(json_array_append_new(rows, row));
    }
    return rows;
}

/* Exit 0: nothing to do, 1: something is to be applied, 6: refused. */
static int
look(struct cli *c, usec_t limit)
{
    CLEANUP_RESULT PGresult *res = NULL;
    struct err err = {0};
    int missing;

    int r = migrate_look(c->conn, limit, &res, &missing, &err);
    CLEANUP_JSON json_t *rows = rows_new(res);
    if (cli_has(c, OPT_JSON)) {
        CLEANUP_JSON json_t *all =
            json_pack("{s:i, s:i, s:O}", "known", migrate_version(), "missing",
                      missing, "applied", rows);
        CLEANUP_FREE char *text = json_text_new(all);
        cli_print(text);
    } else
        table_show(rows, columns);
    if (r == 0 && missing == 0)
        return 0;
    if (r == 0)
        (void)err_set(&err, E_FAILED,
                      "%d migration%s to be applied: run hostq migrate",
                      missing, missing == 1 ? "" : "s");
    return cli_fail(c, &err);
}

int
cmd_migrate(struct cli *c)
{
    CLEANUP_JSON json_t *applied = json_array();
    struct err err = {0};
    usec_t limit;
    size_t i;
    json_t *name;

    if (cli_span(c, OPT_TIMEOUT, STEP_LIMIT, &limit, &err) != 0 ||
        cli_connect(c, &err) != 0)
        return cli_fail(c, &err);
    if (cli_has(c, OPT_STATUS))
        return look(c, limit);
    if (migrate_run(c->conn, limit, say_applied, applied, &err) != 0)
        return cli_fail(c, &err);
    if (cli_has(c, OPT_JSON)) {
        CLEANUP_JSON json_t *all = json_pack(
            "{s:i, s:O}", "version", migrate_version(), "applied", applied);
        CLEANUP_FREE char *text = json_text_new(all);
        cli_print(text);
        return 0;
    }
    json_array_foreach(applied, i, name)
    {
        (void)printf("applied %s\n", json_string_value(name));
    }
    (void)printf("schema is at version %d\n", migrate_version());
    return 0;
}
