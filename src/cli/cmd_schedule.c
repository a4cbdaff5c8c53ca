/* cmd_schedule.c - schedule: one command, whose first argument says what is
 * done; the request of `set` is made as by submit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/table.h"

#define COUNT_MAX 1000 /* of hostq.schedule_next() */
#define TIME_OPTS                                                              \
    (OPT_BIT(CRON) | OPT_BIT(EVERY) | OPT_BIT(TZ) | OPT_BIT(MISSED) |          \
     OPT_BIT(TIMES))
#define COMMON                                                                 \
    (OPT_BIT(DATABASE) | OPT_BIT(NAMESPACE) | OPT_BIT(JSON) | OPT_BIT(HELP))

static const struct column list_columns[] = {
    {"name", "SCHEDULE"},    {"namespace", "NAMESPACE"},
    {"when", "WHEN"},        {"timezone", "ZONE"},
    {"missed", "MISSED"},    {"state", "STATE"},
    {"next_local", "NEXT"},  {"last_request_id", "LAST"},
    {"last_error", "ERROR"}, {NULL, NULL},
};

static const struct column show_columns[] = {
    {"name", "schedule"},
    {"namespace", "namespace"},
    {"cron", "cron"},
    {"every", "every"},
    {"timezone", "zone"},
    {"missed", "missed"},
    {"paused", "paused"},
    {"next_times", "next"},
    {"last_at", "last"},
    {"last_request_id", "last request"},
    {"last_error", "last error"},
    {"request", "request"},
    {"created_by", "created by"},
    {"created_at", "created"},
    {"updated_at", "updated"},
    {NULL, NULL},
};

static void
put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        abort();
}

static void
put_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        put(object, key, json_string(text));
}

/* A period that is no whole number of seconds is refused by the database. */
static int
put_times(const struct cli *c, json_t *object, struct err *err)
{
    usec_t every;

    put_text(object, "namespace", cli_namespace(c));
    put_text(object, "cron", cli_opt(c, OPT_CRON));
    put_text(object, "timezone", cli_opt(c, OPT_TZ));
    if (!cli_has(c, OPT_EVERY))
        return 0;
    if (cli_span(c, OPT_EVERY, 0, &every, err) != 0)
        return -1;
    put(object, "every",
        every % USEC_S == 0 ? json_integer(every / USEC_S)
                            : json_real((double)every / (double)USEC_S));
    return 0;
}

static int
set(struct cli *c, struct answer *a, struct err *err)
{
    CLEANUP_JSON json_t *schedule = json_object();
    struct cli request = *c; /* what follows the name is a submit */
    char *parts[SUBMIT_PARTS + 1];

    request.args += 2;
    request.arg_count -= 2;
    put_text(schedule, "name", c->args[1]);
    put_text(schedule, "missed", cli_opt(c, OPT_MISSED));
    if (put_times(c, schedule, err) != 0 ||
        submit_parts_new(&request, parts, err) != 0)
        return -1;
    parts[SUBMIT_PARTS] = json_text_new(schedule);
    int r = cli_ask(c, STMT_CLI_SCHEDULE_SET, SUBMIT_PARTS + 1,
                    (const char *const *)parts, a, err);
    for (int i = 0; i <= SUBMIT_PARTS; i++)
        free(parts[i]);
    return r;
}

static int
next(struct cli *c, struct answer *a, struct err *err)
{
    CLEANUP_JSON json_t *what = json_object();
    int64_t n;

    if (put_times(c, what, err) != 0)
        return -1;
    put_text(what, "name", c->arg_count > 1 ? c->args[1] : NULL);
    if (cli_has(c, OPT_TIMES)) {
        if (parse_i64(cli_opt(c, OPT_TIMES), 1, COUNT_MAX, &n, err) != 0) {
            err->code = E_USAGE;
            return err_wrap(err, "--count");
        }
        put(what, "count", json_integer(n));
    }
    CLEANUP_FREE char *text = json_text_new(what);
    const char *params[] = {text};
    return cli_ask(c, STMT_CLI_SCHEDULE_NEXT, 1, params, a, err);
}

static void
show_set(const struct cli *c, const json_t *answer)
{
    const char *at = json_str(answer, "nextAt");
    bool paused = json_is_true(json_object_get(answer, "paused"));

    (void)printf("%s %s", c->args[1], paused ? "paused" : "next ");
    (void)printf("%s\n", paused || at == NULL ? "" : at);
}

static void
show_list(const struct cli *c, const json_t *answer)
{
    (void)c;
    table_show(answer, list_columns);
}

static void
show_one(const struct cli *c, const json_t *answer)
{
    (void)c;
    table_show_one(answer, show_columns);
}

static void
show_deleted(const struct cli *c, const json_t *answer)
{
    (void)answer;
    (void)printf("%s deleted\n", c->args[1]);
}

static void
show_run(const struct cli *c, const json_t *answer)
{
    const char *id = json_str(answer, "requestId");

    (void)c;
    cli_print(id != NULL ? id : "");
}

static void
show_times(const struct cli *c, const json_t *answer)
{
    size_t i;
    json_t *t;

    (void)c;
    json_array_foreach(answer, i, t)
    {
        cli_print(json_string_value(t));
    }
}

static const struct action {
    const char *name;
    enum stmt stmt;
    int min, max;  /* arguments after the name of the action; -1 = any */
    uint64_t opts; /* of those of the command */
    int (*ask)(struct cli *c, struct answer *a, struct err *err);
    void (*show)(const struct cli *c, const json_t *answer);
} actions[] = {
    {"set", STMT_CLI_SCHEDULE_SET, 1, -1, ~OPT_BIT(TIMES), set, show_set},
    {"list", STMT_CLI_SCHEDULE_LIST, 0, 0, COMMON, NULL, show_list},
    {"show", STMT_CLI_SCHEDULE_SHOW, 1, 1, COMMON, NULL, show_one},
    {"delete", STMT_CLI_SCHEDULE_DELETE, 1, 1, COMMON, NULL, show_deleted},
    {"pause", STMT_CLI_SCHEDULE_PAUSE, 1, 1, COMMON, NULL, show_set},
    {"resume", STMT_CLI_SCHEDULE_RESUME, 1, 1, COMMON, NULL, show_set},
    {"run", STMT_CLI_SCHEDULE_RUN, 1, 1, COMMON, NULL, show_run},
    {"next", STMT_CLI_SCHEDULE_NEXT, 0, 1,
     COMMON | (TIME_OPTS & ~OPT_BIT(MISSED)), next, show_times},
};

static const struct action *
find_action(const struct cli *c, struct err *err)
{
    const struct action *x = NULL;

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        if (strcmp(actions[i].name, c->args[0]) == 0)
            x = &actions[i];
    if (x == NULL)
        (void)err_set(err, E_USAGE,
                      "schedule: '%s' is none of set, list, show, delete,"
                      " pause, resume, run, next",
                      c->args[0]);
    else if (c->arg_count - 1 < x->min)
        (void)err_set(err, E_USAGE, "schedule %s: the name is missing",
                      x->name);
    else if (x->max >= 0 && c->arg_count - 1 > x->max)
        (void)err_set(err, E_USAGE,
                      "schedule %s: '%s' is one argument too many", x->name,
                      c->args[x->max + 1]);
    else
        return x;
    return NULL;
}

int
cmd_schedule(struct cli *c)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;
    const struct action *x = find_action(c, &err);

    if (x == NULL)
        return cli_fail(c, &err);
    for (int i = 0; i < c->pair_count; i++) {
        if ((x->opts >> c->pairs[i].opt & 1) != 0)
            continue;
        (void)err_set(&err, E_USAGE, "schedule %s does not take --%s", x->name,
                      cli_option_name(c->pairs[i].opt));
        return cli_fail(c, &err);
    }
    const char *ns = cli_namespace(c);
    bool list = x->stmt == STMT_CLI_SCHEDULE_LIST;
    const char *params[] = {list ? ns : c->args[c->arg_count > 1],
                            ns != NULL ? ns : "default"};
    int r = x->ask != NULL
                ? x->ask(c, &a, &err)
                : cli_ask(c, x->stmt, list ? 1 : 2, params, &a, &err);
    if (r != 0)
        return cli_refused(c, &a, &err);
    if (cli_has(c, OPT_JSON))
        cli_print(a.text);
    else
        x->show(c, a.json);
    return 0;
}
