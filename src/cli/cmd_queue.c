/* cmd_queue.c - queues and what is paused: queue, pause, resume, pauses,
 * drain, undrain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/table.h"
#include "sys/clock.h"

static const struct column pause_columns[] = {
    {"scope", "SCOPE"}, {"value", "VALUE"}, {"since", "SINCE"},
    {"by", "BY"},       {NULL, NULL},
};

static const struct column policy_columns[] = {
    {"name", "queue"},
    {"kind", "kind"},
    {"max_retries", "max_retries"},
    {"stop_before_deadline_ms", "stop_before_deadline_ms"},
    {"backoff_ms", "backoff_ms"},
    {"backoff_factor", "backoff_factor"},
    {"max_backoff_ms", "max_backoff_ms"},
    {"timeout_s", "timeout_s"},
    {"audit", "audit"},
    {"results", "results"},
    {"retention_s", "retention_s"},
    {"retry_budget", "retry_budget"},
    {"claim_order", "claim_order"},
    {"fair_by", "fair_by"},
    {"urgency_weight", "urgency_weight"},
    {NULL, NULL},
};

/* Asks, and prints the answer or a line. */
static int
change(struct cli *c, enum stmt s, int count, const char *const *params,
       const char *what, const char *done)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;

    if (cli_ask(c, s, count, params, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    if (cli_has(c, OPT_JSON))
        cli_print(a.text);
    else
        (void)printf("%s %s\n", what, done);
    return 0;
}

static int
set_pause(struct cli *c, bool on)
{
    static const struct {
        enum opt opt;
        const char *scope;
    } scopes[] = {
        {OPT_ACCOUNT, "account"}, {OPT_REGION, "region"}, {OPT_HOST, "host"}};
    const char *done = on ? "paused" : "resumed";
    int asked = c->arg_count, status = 0;
    struct err err;

    if (cli_has(c, OPT_WHERE) && asked == 0)
        return bulk_pause(c, on);

    for (int i = 0; i < 3; i++) {
        const char *value = cli_opt(c, scopes[i].opt);
        const char *params[] = {scopes[i].scope, value, on ? "t" : "f"};
        if (value == NULL)
            continue;
        asked++;
        int r = change(c, STMT_CLI_PAUSE_SCOPE, 3, params, value, done);
        status = status != 0 ? status : r;
    }
    if (asked == 0) {
        (void)err_set(&err, E_USAGE,
                      "%s: a queue, --account, --region, --host or --where is "
                      "missing",
                      c->command->name);
        return cli_fail(c, &err);
    }
    if (c->arg_count > 0) {
        int r = change(c, on ? STMT_CLI_PAUSE : STMT_CLI_RESUME, 1, c->args,
                       c->args[0], done);
        status = status != 0 ? status : r;
    }
    return status;
}

int
cmd_pause(struct cli *c)
{
    return set_pause(c, true);
}

int
cmd_resume(struct cli *c)
{
    return set_pause(c, false);
}

int
cmd_pauses(struct cli *c)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;

    if (cli_ask(c, STMT_CLI_PAUSES, 0, NULL, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    if (cli_has(c, OPT_JSON))
        cli_print(a.text);
    else
        table_show(a.json, pause_columns);
    return 0;
}

/* Until nothing of the host is in flight; asks again and again, as a drain
 * that is set already is no error. */
static int
wait_drained(struct cli *c, const char *const *params, usec_t until)
{
    for (;;) {
        CLEANUP_ANSWER struct answer a = ANSWER_INIT;
        struct err err;
        if (cli_ask(c, STMT_CLI_PAUSE_SCOPE, 3, params, &a, &err) != 0)
            return cli_refused(c, &a, &err);
        if (json_int(a.json, "inFlight") == 0)
            return 0;
        if (now_mono() >= until) {
            (void)err_set(&err, E_TIMEOUT, "%lld requests are still at work",
                          (long long)json_int(a.json, "inFlight"));
            return cli_fail(c, &err);
        }
        struct timespec pause = {0, 200L * 1000 * 1000};
        (void)nanosleep(&pause, NULL);
    }
}

int
cmd_drain(struct cli *c)
{
    const char *params[] = {"drain", c->args[0], "t"};
    struct err err;
    usec_t wait;

    if (cli_span(c, OPT_WAIT, 0, &wait, &err) != 0)
        return cli_fail(c, &err);
    int status =
        change(c, STMT_CLI_PAUSE_SCOPE, 3, params, c->args[0], "is drained");
    if (status != 0 || !cli_has(c, OPT_WAIT))
        return status;
    (void)fflush(stdout);
    return wait_drained(c, params, usec_add(now_mono(), wait));
}

int
cmd_undrain(struct cli *c)
{
    const char *params[] = {"drain", c->args[0], "f"};

    return change(c, STMT_CLI_PAUSE_SCOPE, 3, params, c->args[0],
                  "takes work again");
}

/* NAME=VALUE arguments: a number or null where the value is one, else text;
 * the database judges it. */
static int
put_policy(const struct cli *c, json_t *o, struct err *err)
{
    for (int i = 2; i < c->arg_count; i++) {
        const char *end = strchr(c->args[i], '=');
        if (end == NULL || end == c->args[i])
            return err_set(err, E_USAGE, "queue: '%s' is not NAME=VALUE",
                           c->args[i]);
        CLEANUP_FREE char *key =
            strndup(c->args[i], (size_t)(end - c->args[i]));
        json_t *value = strcmp(end + 1, "none") == 0
                            ? json_null()
                            : json_loads(end + 1, JSON_DECODE_ANY, NULL);
        if (!json_is_number(value) && !json_is_null(value)) {
            json_decref(value);
            value = json_string(end + 1);
        }
        if (key == NULL || json_object_set_new(o, key, value) != 0)
            abort();
    }
    return 0;
}

static int
queue_set(struct cli *c, bool create)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    CLEANUP_JSON json_t *options = json_object();
    struct err err;

    if (put_policy(c, options, &err) != 0)
        return cli_fail(c, &err);
    CLEANUP_FREE char *text = json_text_new(options);
    const char *params[] = {c->args[1], text, create ? "t" : "f"};
    if (cli_ask(c, STMT_CLI_QUEUE_SET, 3, params, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    if (cli_has(c, OPT_JSON))
        cli_print(a.text);
    else
        table_show_one(a.json, policy_columns);
    return 0;
}

int
cmd_queue(struct cli *c)
{
    const char *verb = c->args[0];
    const char *params[] = {c->args[1]};
    struct err err;

    if (strcmp(verb, "create") == 0 || strcmp(verb, "set") == 0)
        return queue_set(c, verb[0] == 'c');
    if (strcmp(verb, "show") == 0 && c->arg_count == 2)
        return queue_set(c, false);
    if (strcmp(verb, "delete") == 0 && c->arg_count == 2)
        return change(c, STMT_CLI_QUEUE_DELETE, 1, params, c->args[1],
                      "deleted");
    (void)err_set(&err, E_USAGE, "queue: create, set, show or delete, not '%s'",
                  verb);
    return cli_fail(c, &err);
}
