/* cmd_list.c - many rows: list, machines, templates, queues, daemons,
 * horizon; and what changes a setting or the house: set, adopt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/table.h"

#define LIMIT_MAX 100000 /* of hostq.list() */

static const struct column list_columns[] = {
    {"request_id", "REQUEST"},
    {"kind", "KIND"},
    {"state", "STATE"},
    {"retry_attempt", "ATTEMPT"},
    {"priority", "PRIORITY"},
    {"created_at", "CREATED"},
    {"template_id", "TEMPLATE"},
    {"machine_count", "MACHINES"},
    {"daemon_id", "DAEMON"},
    {"failure_reason", "REASON"},
    {NULL, NULL},
};

static const struct column machine_columns[] = {
    {"instance_id", "MACHINE"},
    {"request_id", "REQUEST"},
    {"template_id", "TEMPLATE"},
    {"status", "STATUS"},
    {"name", "NAME"},
    {"private_ip", "IP"},
    {"host", "HOST"},
    {"launch_time", "LAUNCHED"},
    {"message", "MESSAGE"},
    {NULL, NULL},
};

static const struct column template_columns[] = {
    {"templateId", "TEMPLATE"}, {"providerApi", "PROVIDER"},
    {"maxNumber", "MAX"},       {"used", "USED"},
    {"available", "AVAILABLE"}, {"valid", "VALID"},
    {"problem", "PROBLEM"},     {NULL, NULL},
};

static const struct column queue_columns[] = {
    {"queue", "QUEUE"},     {"paused", "PAUSED"},
    {"pending", "PENDING"}, {"delayed", "DELAYED"},
    {"claimed", "CLAIMED"}, {"processing", "PROCESSING"},
    {"waiting", "WAITING"}, {"oldest_ready", "OLDEST READY"},
    {NULL, NULL},
};

static const struct column daemon_columns[] = {
    {"daemon_id", "DAEMON"},
    {"host", "HOST"},
    {"pid", "PID"},
    {"state", "STATE"},
    {"health", "HEALTH"},
    {"slots", "SLOTS"},
    {"in_flight", "BUSY"},
    {"heartbeat_age", "HEARTBEAT"},
    {"uptime", "UP"},
    {"version", "VERSION"},
    {NULL, NULL},
};

static const struct column horizon_columns[] = {
    {"holder", "HOLDER"}, {"name", "NAME"}, {"since", "SINCE"},
    {"age", "AGE"},       {"xids", "XIDS"}, {"holds", "HOLDS"},
    {NULL, NULL},
};

static const struct column setting_columns[] = {
    {"name", "NAME"},    {"value", "VALUE"}, {"default", "DEFAULT"},
    {"type", "TYPE"},    {"min", "MIN"},     {"max", "MAX"},
    {"help", "MEANING"}, {NULL, NULL},
};

static int
show(struct cli *c, enum stmt s, int count, const char *const *params,
     const struct column *columns)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;

    if (cli_ask(c, s, count, params, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    if (cli_has(c, OPT_JSON))
        cli_print(a.text != NULL ? a.text : "[]");
    else
        table_show(a.json, columns);
    return 0;
}

static void
put(json_t *filter, const char *key, json_t *value)
{
    if (json_object_set_new(filter, key, value) != 0)
        abort();
}

static void
put_option(const struct cli *c, json_t *filter, const char *key, enum opt opt)
{
    const char *text =
        opt == OPT_NAMESPACE ? cli_namespace(c) : cli_opt(c, opt);

    if (text != NULL)
        put(filter, key, json_string(text));
}

static int
put_limit(const struct cli *c, json_t *filter, struct err *err)
{
    const char *text = cli_opt(c, OPT_LIMIT);
    int64_t n;

    if (text == NULL)
        return 0;
    if (parse_i64(text, 1, LIMIT_MAX, &n, err) != 0) {
        err->code = E_USAGE;
        return err_wrap(err, "--limit");
    }
    put(filter, "limit", json_integer(n));
    return 0;
}

static int
show_filtered(struct cli *c, enum stmt s, json_t *filter,
              const struct column *columns)
{
    CLEANUP_FREE char *text = NULL;
    struct err err;

    if (put_limit(c, filter, &err) != 0)
        return cli_fail(c, &err);
    text = json_text_new(filter);
    const char *params[] = {text};
    return show(c, s, 1, params, columns);
}

int
cmd_list(struct cli *c)
{
    CLEANUP_JSON json_t *filter = json_object();

    put_option(c, filter, "namespace", OPT_NAMESPACE);
    put_option(c, filter, "state", OPT_STATE);
    put_option(c, filter, "kind", OPT_KIND);
    put_option(c, filter, "queue", OPT_QUEUE);
    put_option(c, filter, "template", OPT_TEMPLATE);
    return show_filtered(c, STMT_CLI_LIST, filter, list_columns);
}

int
cmd_machines(struct cli *c)
{
    CLEANUP_JSON json_t *filter = json_object();

    put_option(c, filter, "namespace", OPT_NAMESPACE);
    put_option(c, filter, "request", OPT_REQUEST);
    put_option(c, filter, "template", OPT_TEMPLATE);
    if (cli_has(c, OPT_LIVING))
        put(filter, "status", json_string("living"));
    return show_filtered(c, STMT_CLI_MACHINES, filter, machine_columns);
}

int
cmd_templates(struct cli *c)
{
    const char *name = cli_namespace(c);
    const char *params[] = {name != NULL ? name : "default"};

    return show(c, STMT_CLI_TEMPLATES, 1, params, template_columns);
}

int
cmd_queues(struct cli *c)
{
    return show(c, STMT_CLI_QUEUES, 0, NULL, queue_columns);
}

int
cmd_daemons(struct cli *c)
{
    return show(c, STMT_CLI_DAEMONS, 0, NULL, daemon_columns);
}

int
cmd_horizon(struct cli *c)
{
    return show(c, STMT_CLI_HORIZON, 0, NULL, horizon_columns);
}

static int
show_setting(struct cli *c)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;
    size_t i;
    json_t *row;

    if (cli_ask(c, STMT_CLI_SETTINGS, 0, NULL, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    json_array_foreach(a.json, i, row)
    {
        const char *name = json_str(row, "name");
        if (name == NULL || strcmp(name, c->args[0]) != 0)
            continue;
        CLEANUP_FREE char *text = table_text_new(
            cli_has(c, OPT_JSON) ? row : json_object_get(row, "value"));
        cli_print(text);
        return 0;
    }
    (void)err_set(&err, E_NOT_FOUND,
                  "there is no setting '%s'; hostq set lists them", c->args[0]);
    return cli_fail(c, &err);
}

int
cmd_set(struct cli *c)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;

    if (c->arg_count == 0)
        return show(c, STMT_CLI_SETTINGS, 0, NULL, setting_columns);
    if (c->arg_count == 1)
        return show_setting(c);
    if (cli_ask(c, STMT_CLI_SET, 2, c->args, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    if (cli_has(c, OPT_JSON)) {
        cli_print(a.text);
        return 0;
    }
    const char *was = json_str(a.json, "was");
    (void)printf("%s = %s (was %s)\n", c->args[0], c->args[1],
                 was != NULL ? was : "unset");
    return 0;
}

int
cmd_adopt(struct cli *c)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;

    if (cli_ask(c, STMT_CLI_ADOPT, 0, NULL, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    if (cli_has(c, OPT_JSON)) {
        cli_print(a.text);
        return 0;
    }
    const char *id = json_str(a.json, "deployment");
    if (id == NULL)
        id = "unknown";
    if (json_is_true(json_object_get(a.json, "adopted")))
        (void)printf("this database is deployment %s from now on; clean-ups "
                     "made: %lld\n",
                     id, (long long)json_int(a.json, "cleanups"));
    else
        (void)printf("this database is deployment %s already\n", id);
    return 0;
}
