/* cmd_status.c - one request: status, show, result, explain, events. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/table.h"

static const struct column status_columns[] = {
    {"requestId", "request"},     {"status", "status"},
    {"templateId", "template"},   {"machineCount", "machines"},
    {"createdAt", "created"},     {"updatedAt", "updated"},
    {"completedAt", "completed"}, {"errorMessage", "error"},
    {"progress", "progress"},     {"tags", "tags"},
    {"metadata", "metadata"},     {NULL, NULL},
};

static const struct column status_machines[] = {
    {"machineId", "MACHINE"},
    {"status", "STATUS"},
    {"privateIpAddress", "IP"},
    {"instanceType", "TYPE"},
    {"availabilityZone", "ZONE"},
    {"launchTime", "LAUNCHED"},
    {NULL, NULL},
};

static const struct column show_columns[] = {
    {"request_id", "request"},
    {"namespace", "namespace"},
    {"kind", "kind"},
    {"queue", "queue"},
    {"state", "state"},
    {"status", "status"},
    {"priority", "priority"},
    {"provider_api", "provider"},
    {"template_id", "template"},
    {"machine_count", "machines"},
    {"retry_attempt", "attempt"},
    {"not_before", "not before"},
    {"next_poll_at", "next look"},
    {"deadline", "deadline"},
    {"daemon_id", "daemon"},
    {"route", "route"},
    {"submitted_by", "submitted by"},
    {"created_at", "created"},
    {"first_started_at", "first started"},
    {"started_at", "started"},
    {"finished_at", "ended"},
    {"message", "message"},
    {"last_reason", "last reason"},
    {"failure_reason", "reason"},
    {"error_code", "error code"},
    {"error_message", "error"},
    {"error_details", "details"},
    {"response_status", "response"},
    {"resource_ids", "resources"},
    {"cleanup_of", "cleans up"},
    {"tags", "tags"},
    {"metadata", "metadata"},
    {NULL, NULL},
};

static const struct column show_machines[] = {
    {"instance_id", "MACHINE"}, {"status", "STATUS"},
    {"name", "NAME"},           {"private_ip", "IP"},
    {"host", "HOST"},           {"launch_time", "LAUNCHED"},
    {"message", "MESSAGE"},     {NULL, NULL},
};

static const struct column event_columns[] = {
    {"at", "TIME"},          {"type", "EVENT"},      {"from_state", "FROM"},
    {"to_state", "TO"},      {"attempt", "ATTEMPT"}, {"actor", "ACTOR"},
    {"daemon_id", "DAEMON"}, {"reason", "REASON"},   {"code", "CODE"},
    {"details", "DETAILS"},  {NULL, NULL},
};

static void
show_machines_of(const json_t *machines, const struct column *columns)
{
    if (json_array_size(machines) == 0)
        return;
    (void)fputc('\n', stdout);
    table_show(machines, columns);
}

int
cmd_status(struct cli *c)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;
    int status = 0;

    for (int i = 0; i < c->arg_count; i++) {
        if (cli_ask(c, STMT_CLI_STATUS, 1, &c->args[i], &a, &err) != 0) {
            int r = cli_refused(c, &a, &err);
            status = status != 0 ? status : r;
            if (err.code == E_DATABASE)
                return status;
            continue;
        }
        if (cli_has(c, OPT_JSON)) {
            cli_print(a.text);
            continue;
        }
        if (i > 0)
            (void)fputc('\n', stdout);
        table_show_one(a.json, status_columns);
        show_machines_of(json_object_get(a.json, "machines"), status_machines);
    }
    return status;
}

static bool
is_open(const char *state)
{
    static const char *const open[] = {"pending", "claimed", "processing",
                                       "waiting"};

    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
        if (strcmp(open[i], state) == 0)
            return true;
    }
    return false;
}

int
cmd_show(struct cli *c)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;

    if (cli_ask(c, STMT_CLI_SHOW, 1, c->args, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    if (cli_has(c, OPT_JSON)) {
        cli_print(a.text);
        return 0;
    }
    table_show_one(json_object_get(a.json, "request"), show_columns);
    const char *why = json_str(a.json, "why_not");
    const char *state = json_str(json_object_get(a.json, "request"), "state");
    if (why != NULL && state != NULL && is_open(state))
        (void)printf("%-16s %s\n", "waits because", why);
    show_machines_of(json_object_get(a.json, "machines"), show_machines);
    return 0;
}

int
cmd_result(struct cli *c)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;

    if (cli_ask(c, STMT_CLI_RESULT, 1, c->args, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    const char *state = json_str(a.json, "state");
    const char *message = json_str(a.json, "errorMessage");
    if (state == NULL)
        state = "";
    if (cli_has(c, OPT_JSON))
        cli_print(a.text);
    else if (!PQgetisnull(a.res, 0, 1))
        cli_print(PQgetvalue(a.res, 0, 1));
    if (strcmp(state, "completed") == 0)
        return 0;
    if (is_open(state))
        (void)err_set(&err, E_CONFLICT, "request %s has not ended: it is %s",
                      c->args[0], state);
    else
        (void)err_set(&err, E_FAILED, "request %s ended as %s%s%s", c->args[0],
                      state, message != NULL ? ": " : "",
                      message != NULL ? message : "");
    return cli_fail(c, &err);
}

int
cmd_explain(struct cli *c)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;

    if (cli_ask(c, STMT_CLI_EXPLAIN, 1, c->args, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    if (cli_has(c, OPT_JSON)) {
        cli_print(a.text);
        return 0;
    }
    const char *why = json_str(a.json, "why_not");
    const char *state = json_str(a.json, "state");
    if (why != NULL)
        cli_print(why);
    else if (state != NULL && is_open(state))
        (void)printf("nothing holds it up: it is %s\n", state);
    else
        (void)printf("it has ended: %s\n", state != NULL ? state : "");
    return 0;
}

int
cmd_events(struct cli *c)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;

    if (cli_ask(c, STMT_CLI_EVENTS, 1, c->args, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    if (cli_has(c, OPT_JSON))
        cli_print(a.text);
    else
        table_show(a.json, event_columns);
    return 0;
}
