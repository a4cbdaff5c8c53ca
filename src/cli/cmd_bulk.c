/* cmd_bulk.c - many requests at once: submit --many, cancel --where, retry
 * --where, redrive. By filter the database changes a chunk at a time, each its
 * own transaction; this is the loop around it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/input.h"
#include "cli/many.h"
#include "cli/table.h"
#include "core/mem.h"

#define CALL_MAX 10000 /* of hostq.submit_many() */
#define PASSES 5       /* what was locked is tried again so often */

static void
must(int r)
{
    if (r != 0)
        abort();
}

/* What all chunks said. */
struct totals {
    json_int_t matched, changed, skipped;
    json_t *states, *examples; /* owned */
};

static void
add_chunk(struct totals *t, const json_t *a)
{
    const char *state;
    json_t *n;
    size_t i;

    t->matched += json_int(a, "matched");
    t->changed += json_int(a, "changed");
    t->skipped += json_int(a, "skipped");
    json_object_foreach(json_object_get(a, "states"), state, n)
    {
        json_int_t sum = json_int(t->states, state) + json_integer_value(n);
        must(json_object_set_new(t->states, state, json_integer(sum)));
    }
    json_array_foreach(json_object_get(a, "examples"), i, n)
    {
        if (json_array_size(t->examples) < 3)
            must(json_array_append(t->examples, n));
    }
}

/* One walk over all requests. */
static int
walk(struct cli *c, enum stmt s, const char *filter, struct totals *t,
     struct answer *a, struct err *err)
{
    char after[24] = "0";

    t->matched = t->changed = t->skipped = 0;
    for (;;) {
        const char *params[] = {filter, cli_has(c, OPT_DRY_RUN) ? "t" : "f",
                                after};
        if (cli_ask(c, s, 3, params, a, err) != 0)
            return -1;
        add_chunk(t, a->json);
        const json_t *next = json_object_get(a->json, "next");
        if (!json_is_integer(next))
            return 0;
        (void)snprintf(after, sizeof after, "%lld",
                       (long long)json_integer_value(next));
    }
}

static int
put_where(const struct cli *c, json_t *filter, struct err *err)
{
    for (int i = 0; i < c->pair_count; i++) {
        const char *text = c->pairs[i].value;
        const char *end = strchr(text, '=');
        if (c->pairs[i].opt != OPT_WHERE)
            continue;
        if (end == NULL || end == text)
            return err_set(err, E_USAGE, "--where: '%s' is not KEY=VALUE",
                           text);
        CLEANUP_FREE char *key = strndup(text, (size_t)(end - text));
        if (key == NULL)
            abort();
        must(json_object_set_new(filter, key, json_string(end + 1)));
    }
    if (cli_has(c, OPT_NAMESPACE))
        must(json_object_set_new(filter, "namespace",
                                 json_string(cli_opt(c, OPT_NAMESPACE))));
    return 0;
}

static void
tell(const struct cli *c, const struct totals *t, const char *done)
{
    CLEANUP_JSON json_t *all =
        json_pack("{s:I, s:I, s:I, s:O, s:O}", "matched", t->matched, "changed",
                  t->changed, "skipped", t->skipped, "states", t->states,
                  "examples", t->examples);
    CLEANUP_FREE char *text = json_text_new(all);
    CLEANUP_FREE char *states = json_text_new(t->states);
    CLEANUP_FREE char *some = json_text_new(t->examples);

    if (cli_has(c, OPT_JSON))
        cli_print(text);
    else if (cli_has(c, OPT_DRY_RUN))
        (void)printf("%lld would be %s %s, such as %s\n", (long long)t->matched,
                     done, states, some);
    else
        (void)printf("%lld %s, %lld left alone\n", (long long)t->changed, done,
                     (long long)t->skipped);
}

static int
by_filter(struct cli *c, enum stmt s, json_t *filter, const char *done)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    CLEANUP_JSON json_t *states = json_object();
    CLEANUP_JSON json_t *examples = json_array();
    struct totals t = {0, 0, 0, states, examples};
    json_int_t changed = 0;
    struct err err;

    if (put_where(c, filter, &err) != 0)
        return cli_fail(c, &err);
    CLEANUP_FREE char *text = json_text_new(filter);
    for (int pass = 0; pass < PASSES; pass++) {
        if (walk(c, s, text, &t, &a, &err) != 0)
            return cli_refused(c, &a, &err);
        changed += t.changed;
        /* A retry that is refused is refused the next time, too. */
        if (t.skipped == 0 || s == STMT_CLI_RETRY_WHERE)
            break;
    }
    t.changed = changed;
    tell(c, &t, done);
    return 0;
}

int
bulk_cancel(struct cli *c)
{
    CLEANUP_JSON json_t *filter = json_object();

    return by_filter(c, STMT_CLI_CANCEL_WHERE, filter, "canceled");
}

int
bulk_pause(struct cli *c, bool on)
{
    CLEANUP_JSON json_t *filter = json_object();

    return by_filter(c, on ? STMT_CLI_PAUSE_WHERE : STMT_CLI_RESUME_WHERE,
                     filter, on ? "paused" : "resumed");
}

int
bulk_retry(struct cli *c)
{
    CLEANUP_JSON json_t *filter = json_object();

    return by_filter(c, STMT_CLI_RETRY_WHERE, filter, "tried again");
}

int
cmd_redrive(struct cli *c)
{
    CLEANUP_JSON json_t *filter = json_object();

    must(json_object_set_new(filter, "state", json_string("failed")));
    if (c->arg_count > 0)
        must(json_object_set_new(filter, "queue", json_string(c->args[0])));
    return by_filter(c, STMT_CLI_RETRY_WHERE, filter, "tried again");
}

/* Prints the ids of what was taken, and on standard error the lines of what
 * was not. How many were; the status goes by the first. */
static size_t
tell_answers(const json_t *answers, const size_t *lines, int *status)
{
    size_t i, refused = 0;
    json_t *a;

    json_array_foreach(answers, i, a)
    {
        const json_t *error = json_object_get(a, "error");
        const char *id = json_str(a, "requestId");
        if (id != NULL && lines != NULL)
            cli_print(id);
        if (error == NULL)
            continue;
        const char *message = json_str(error, "message");
        const char *code = json_str(error, "code");
        const json_t *details = json_object_get(error, "details");
        const char *field = json_str(details, "field");
        refused++;
        if (field != NULL && strcmp(field, "atomic") == 0)
            continue; /* not by itself: the one that was says why */
        if (lines != NULL)
            (void)fprintf(stderr, "hostq: line %zu: %s\n", lines[i],
                          message != NULL ? message : "refused");
        if (*status == 0)
            *status = (int)cli_code_status(code != NULL ? code : "");
    }
    return refused;
}

/* The next requests, CALL_MAX at most, as a JSON list; how many. */
static size_t
take_part(struct many *m, struct buf *list, size_t *lines)
{
    struct many_item item;
    size_t n = 0;

    buf_clear(list);
    buf_putc(list, '[');
    while (n < CALL_MAX && many_next(m, &item)) {
        buf_puts(list, n != 0 ? "," : "");
        buf_put(list, item.text, item.len);
        lines[n++] = item.line;
    }
    buf_putc(list, ']');
    return n;
}

static int
submit_parts(struct cli *c, struct many *m, char *const parts[SUBMIT_PARTS])
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    CLEANUP_BUF struct buf list = BUF_INIT(2 * INPUT_MAX);
    CLEANUP_FREE size_t *lines = mem_zero(CALL_MAX, sizeof *lines);
    bool json = cli_has(c, OPT_JSON);
    size_t n, all = 0, refused = 0;
    struct err err;
    int status = 0;

    do {
        n = take_part(m, &list, lines);
        const char *params[] = {parts[0], buf_str(&list), parts[2], parts[3],
                                cli_has(c, OPT_ATOMIC) ? "t" : "f"};
        if (n == 0 && all > 0)
            break;
        if (cli_ask(c, STMT_CLI_SUBMIT_MANY, 5, params, &a, &err) != 0)
            return cli_refused(c, &a, &err);
        if (json)
            cli_print(a.text);
        all += n;
        refused += tell_answers(json_object_get(a.json, "answers"),
                                json ? NULL : lines, &status);
    } while (n == CALL_MAX);
    (void)fflush(stdout);
    if (refused > 0 && !json)
        (void)fprintf(stderr, "hostq: %zu of %zu requests refused\n", refused,
                      all);
    return status;
}

/* What the file cannot be given by. */
static int
check_options(const struct cli *c, struct err *err)
{
    static const enum opt single[] = {OPT_REQUEST_ID, OPT_WAIT};

    if (!cli_has(c, OPT_FILE) || c->arg_count > 0)
        return err_set(err, E_USAGE,
                       "submit: --many needs -f FILE and no arguments");
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++) {
        if (cli_has(c, single[i]))
            return err_set(err, E_USAGE, "submit: --%s is for one request",
                           cli_option_name(single[i]));
    }
    return 0;
}

int
bulk_submit(struct cli *c)
{
    const char *path = cli_opt(c, OPT_FILE);
    char *parts[SUBMIT_PARTS] = {NULL, NULL, NULL, NULL};
    struct err err;
    struct many m;
    size_t len, count;
    int status;

    if (check_options(c, &err) != 0)
        return cli_fail(c, &err);
    CLEANUP_FREE char *text = input_read_new(path, &len, &err);
    if (text == NULL ||
        many_open(&m, text, len, input_name(path), &count, &err) != 0)
        return cli_fail(c, &err);
    if (cli_has(c, OPT_ATOMIC) && count > CALL_MAX) {
        (void)err_set(&err, E_USAGE,
                      "submit: --atomic takes at most %d requests, not %zu",
                      CALL_MAX, count);
        return cli_fail(c, &err);
    }
    if (submit_options_new(c, parts, &err) != 0)
        status = cli_fail(c, &err);
    else
        status = submit_parts(c, &m, parts);
    for (int i = 0; i < SUBMIT_PARTS; i++)
        free(parts[i]);
    return status;
}
