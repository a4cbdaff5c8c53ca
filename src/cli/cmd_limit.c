/* cmd_limit.c - limits of keys: limit, limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/table.h"

static const struct column limit_columns[] = {
    {"key", "KEY"},     {"maxRunning", "MAX RUNNING"},
    {"held", "HELD"},   {"ratePerSecond", "RATE/S"},
    {"burst", "BURST"}, {NULL, NULL},
};

/* A number as it was written, null for "none"; else text, which the database
 * refuses by its name. */
static void
put_limit(const struct cli *c, json_t *limit, const char *key, enum opt opt)
{
    const char *text = cli_opt(c, opt);
    json_t *value;

    if (text == NULL)
        return;
    if (strcmp(text, "none") == 0)
        value = json_null();
    else
        value = json_loads(text, JSON_DECODE_ANY, NULL);
    if (value == NULL)
        value = json_string(text);
    if (json_object_set_new(limit, key, value) != 0)
        abort();
}

int
cmd_limit(struct cli *c)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    CLEANUP_JSON json_t *limit = json_object();
    struct err err;

    put_limit(c, limit, "maxRunning", OPT_MAX_RUNNING);
    put_limit(c, limit, "ratePerSecond", OPT_RATE);
    put_limit(c, limit, "burst", OPT_BURST);
    CLEANUP_FREE char *text = json_text_new(limit);
    const char *params[] = {c->args[0], text};
    if (cli_ask(c, STMT_CLI_LIMIT, 2, params, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    if (cli_has(c, OPT_JSON)) {
        cli_print(a.text);
    } else {
        CLEANUP_JSON json_t *rows = json_pack("[O]", a.json);
        table_show(rows, limit_columns);
    }
    return 0;
}

int
cmd_limits(struct cli *c)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;

    if (cli_ask(c, STMT_CLI_LIMITS, 0, NULL, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    if (cli_has(c, OPT_JSON))
        cli_print(a.text);
    else
        table_show(a.json, limit_columns);
    return 0;
}
