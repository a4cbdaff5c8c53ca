/* cmd_submit.c - submit, cancel, retry. The request goes to the database as
 * objects, each over the one before: what the environment says, the input
 * file as it was written, the command line, and of that what is JSON itself
 * (again as it was written). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/input.h"
#include "core/mem.h"

#define PARAMS_CAP ((size_t)4 << 20)

static void
must(int r)
{
    if (r != 0)
        abort();
}

static void
put_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        must(json_object_set_new(object, key, json_string(text)));
}

/* A number where the text is one (the database judges it), else text. */
static json_t *
number_new(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

    if (json_is_number(value))
        return value;
    json_decref(value);
    return json_string(text);
}

static void
put_number(json_t *object, const char *key, const char *text)
{
    if (text != NULL)
        must(json_object_set_new(object, key, number_new(text)));
}

/* The key (caller frees) and the value of KEY=VALUE. */
static char *
split_new(const char *text, const char *option, const char **value,
          struct err *err)
{
    const char *end = strchr(text, '=');

    if (end == NULL || end == text) {
        (void)err_set(err, E_USAGE, "--%s: '%s' is not KEY=VALUE", option,
                      text);
        return NULL;
    }
    char *key = strndup(text, (size_t)(end - text));
    if (key == NULL)
        abort();
    *value = end + 1;
    return key;
}

static void
put_json_text(struct buf *b, const char *text)
{
    CLEANUP_JSON json_t *value = json_string(text);
    CLEANUP_FREE char *json = json_text_new(value);

    buf_puts(b, json);
}

/* A member whose value is JSON as it was written, so that numbers arrive
 * unchanged; what is no JSON is text. */
static int
put_param(struct buf *params, const char *text, struct err *err)
{
    const char *value;
    struct err ignored;
    CLEANUP_FREE char *key = split_new(text, "param", &value, err);

    if (key == NULL)
        return -1;
    CLEANUP_JSON json_t *json =
        input_json_new(value, strlen(value), key, &ignored);
    buf_putc(params, params->len != 0 ? ',' : '{');
    put_json_text(params, key);
    buf_putc(params, ':');
    if (json != NULL)
        buf_puts(params, value);
    else
        put_json_text(params, value);
    return 0;
}

static int
put_params(const struct cli *c, struct buf *params, struct err *err)
{
    const char *metadata = cli_opt(c, OPT_METADATA);

    for (int i = 0; i < c->pair_count; i++) {
        if (c->pairs[i].opt == OPT_PARAM &&
            put_param(params, c->pairs[i].value, err) != 0)
            return -1;
    }
    if (metadata != NULL) {
        CLEANUP_JSON json_t *json =
            input_json_new(metadata, strlen(metadata), "--metadata", err);
        if (json == NULL)
            return -1;
        buf_printf(params, "%c\"metadata\":", params->len != 0 ? ',' : '{');
        buf_puts(params, metadata);
    }
    buf_puts(params, params->len != 0 ? "}" : "{}");
    if (!buf_ok(params))
        return err_set(err, E_USAGE, "the parameters are too long");
    return 0;
}

static int
put_tags(const struct cli *c, json_t *o, struct err *err)
{
    CLEANUP_JSON json_t *tags = json_object();

    for (int i = 0; i < c->pair_count; i++) {
        const char *value;
        if (c->pairs[i].opt != OPT_TAG)
            continue;
        CLEANUP_FREE char *key =
            split_new(c->pairs[i].value, "tag", &value, err);
        if (key == NULL)
            return -1;
        put_text(tags, key, value);
    }
    if (json_object_size(tags) > 0)
        must(json_object_set(o, "tags", tags));
    return 0;
}

/* A span as whole seconds or milliseconds, rounded up. */
static int
put_span(const struct cli *c, json_t *object, const char *key, enum opt opt,
         usec_t unit, struct err *err)
{
    usec_t span;

    if (!cli_has(c, opt))
        return 0;
    if (cli_span(c, opt, 0, &span, err) != 0)
        return -1;
    must(json_object_set_new(object, key,
                             json_integer(span / unit + (span % unit != 0))));
    return 0;
}

static int
put_unique(const struct cli *c, json_t *o, struct err *err)
{
    CLEANUP_JSON json_t *unique = json_object();

    put_text(unique, "key", cli_opt(c, OPT_UNIQUE));
    put_text(unique, "mode", cli_opt(c, OPT_UNIQUE_MODE));
    if (put_span(c, unique, "window", OPT_UNIQUE_WINDOW, USEC_S, err) != 0)
        return -1;
    if (json_object_size(unique) > 0)
        must(json_object_set(o, "unique", unique));
    return 0;
}

static int
put_options(const struct cli *c, json_t *o, struct err *err)
{
    put_text(o, "requestId", cli_opt(c, OPT_REQUEST_ID));
    put_text(o, "queue", cli_opt(c, OPT_QUEUE));
    put_text(o, "priority", cli_opt(c, OPT_PRIORITY));
    put_text(o, "key", cli_opt(c, OPT_KEY));
    put_text(o, "orderingKey", cli_opt(c, OPT_ORDERING_KEY));
    put_text(o, "partialPolicy", cli_opt(c, OPT_PARTIAL));
    put_text(o, "namespace", cli_opt(c, OPT_NAMESPACE));
    if (put_unique(c, o, err) != 0)
        return -1;
    if (cli_has(c, OPT_FORCE))
        must(json_object_set_new(o, "force", json_true()));
    if (put_tags(c, o, err) != 0 ||
        put_span(c, o, "timeout", OPT_TIMEOUT, USEC_S, err) != 0 ||
        put_span(c, o, "delay", OPT_DELAY, USEC_MS, err) != 0)
        return -1;
    return put_span(c, o, "drainTimeout", OPT_DRAIN, USEC_S, err);
}

/* The arguments: what is asked for. */
static int
put_arguments(const struct cli *c, json_t *o, struct err *err)
{
    const char *kind = c->arg_count > 0 ? c->args[0] : NULL;

    put_text(o, "kind", kind);
    if (kind != NULL && strcmp(kind, "return") == 0 && c->arg_count > 1) {
        json_t *ids = json_array();
        for (int i = 1; i < c->arg_count; i++)
            must(json_array_append_new(ids, json_string(c->args[i])));
        must(json_object_set_new(o, "machineIds", ids));
        return 0;
    }
    int most = kind != NULL && strcmp(kind, "provision") == 0 ? 3 : 1;
    if (c->arg_count > most)
        return err_set(err, E_USAGE,
                       "submit: '%s' is one argument too many;"
                       " see hostq help submit",
                       c->args[most]);
    put_text(o, "templateId", c->arg_count > 1 ? c->args[1] : NULL);
    put_number(o, "machineCount", c->arg_count > 2 ? c->args[2] : NULL);
    return 0;
}

/* The file's text, checked, or "{}" without one. */
static char *
read_object_new(const struct cli *c, struct err *err)
{
    const char *path = cli_opt(c, OPT_FILE);
    size_t len;

    if (path == NULL) {
        char *none = strdup("{}");
        if (none == NULL)
            abort();
        return none;
    }
    char *text = input_read_new(path, &len, err);
    if (text == NULL)
        return NULL;
    CLEANUP_JSON json_t *json =
        input_json_new(text, len, input_name(path), err);
    if (json_is_object(json))
        return text;
    if (json != NULL)
        (void)err_set(err, E_USAGE, "%s is not a JSON object",
                      input_name(path));
    free(text);
    return NULL;
}

int
submit_options_new(const struct cli *c, char *parts[SUBMIT_PARTS],
                   struct err *err)
{
    CLEANUP_JSON json_t *base = json_object();
    CLEANUP_JSON json_t *over = json_object();
    CLEANUP_BUF struct buf own = BUF_INIT(PARAMS_CAP);

    put_text(base, "namespace", cli_namespace(c));
    if (put_arguments(c, over, err) != 0 || put_options(c, over, err) != 0 ||
        put_params(c, &own, err) != 0)
        return -1;
    parts[0] = json_text_new(base);
    parts[2] = json_text_new(over);
    parts[3] = mem_dup(buf_str(&own));
    return 0;
}

int
submit_parts_new(const struct cli *c, char *parts[SUBMIT_PARTS],
                 struct err *err)
{
    if (c->arg_count == 0 && !cli_has(c, OPT_FILE))
        return err_set(err, E_USAGE,
                       "submit: a kind or -f FILE is missing;"
                       " see hostq help submit");
    if (submit_options_new(c, parts, err) != 0)
        return -1;
    parts[1] = read_object_new(c, err);
    if (parts[1] != NULL)
        return 0;
    free(parts[0]);
    free(parts[2]);
    free(parts[3]);
    return -1;
}

static int
submit(struct cli *c, struct answer *a, struct err *err)
{
    char *parts[SUBMIT_PARTS];

    if (submit_parts_new(c, parts, err) != 0)
        return -1;
    int r = cli_ask(c, STMT_CLI_SUBMIT, SUBMIT_PARTS,
                    (const char *const *)parts, a, err);
    for (int i = 0; i < SUBMIT_PARTS; i++)
        free(parts[i]);
    return r;
}

int
cmd_submit(struct cli *c)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;
    usec_t wait;

    if (cli_has(c, OPT_MANY))
        return bulk_submit(c);
    if (cli_span(c, OPT_WAIT, 0, &wait, &err) != 0)
        return cli_fail(c, &err);
    if (submit(c, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    const char *id = json_str(a.json, "requestId");
    cli_print(cli_has(c, OPT_JSON) ? a.text : id != NULL ? id : a.text);
    if (!cli_has(c, OPT_WAIT) || id == NULL)
        return 0;
    (void)fflush(stdout);
    return follow_wait(c, id, wait);
}

/* One statement per id; the first failure gives the exit status. */
static int
each(struct cli *c, enum stmt s, const char *done)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    struct err err;
    int status = 0;

    for (int i = 0; i < c->arg_count; i++) {
        if (cli_ask(c, s, 1, &c->args[i], &a, &err) != 0) {
            int r = cli_refused(c, &a, &err);
            status = status != 0 ? status : r;
            if (err.code == E_DATABASE)
                return status;
            continue;
        }
        if (cli_has(c, OPT_JSON))
            cli_print(a.text);
        else
            (void)printf("%s %s\n", c->args[i], done);
    }
    return status;
}

/* Either ids, or a filter. */
static bool
is_filtered(struct cli *c, struct err *err)
{
    err->text[0] = '\0';
    if (cli_has(c, OPT_WHERE) && c->arg_count > 0)
        (void)err_set(err, E_USAGE, "%s: either ids or --where",
                      c->command->name);
    else if (!cli_has(c, OPT_WHERE) && c->arg_count == 0)
        (void)err_set(err, E_USAGE, "%s: an id or --where is missing",
                      c->command->name);
    return cli_has(c, OPT_WHERE);
}

int
cmd_cancel(struct cli *c)
{
    struct err err;
    bool filtered = is_filtered(c, &err);

    if (err.text[0] != '\0')
        return cli_fail(c, &err);
    if (filtered)
        return bulk_cancel(c);
    return each(c, STMT_CLI_CANCEL, "canceled");
}

int
cmd_retry(struct cli *c)
{
    struct err err;
    bool filtered = is_filtered(c, &err);

    if (err.text[0] != '\0')
        return cli_fail(c, &err);
    if (filtered)
        return bulk_retry(c);
    return each(c, STMT_CLI_RETRY, "pending");
}
