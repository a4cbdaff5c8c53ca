/* cmd_call.c - the JSON method form: one object in, one object out, always;
 * the exit status tells the kind of error (design.md 8). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/input.h"

/* The input as it was written; *json only judges it. */
static char *
read_call_new(const struct cli *c, json_t **json, struct err *err)
{
    const char *path = cli_opt(c, OPT_FILE);
    const char *what = "the call";
    char *text;
    size_t len;

    if (c->arg_count > 0 && path != NULL) {
        (void)err_set(err, E_USAGE, "call: give JSON or -f FILE, not both");
        return NULL;
    }
    if (c->arg_count > 0 && strcmp(c->args[0], "-") != 0) {
        len = strlen(c->args[0]);
        text = strdup(c->args[0]);
        if (text == NULL)
            abort();
    } else {
        what = input_name(path != NULL ? path : "-");
        text = input_read_new(path != NULL ? path : "-", &len, err);
        if (text == NULL)
            return NULL;
    }
    *json = input_json_new(text, len, what, err);
    return text;
}

/* A call that SQL cannot read leaves its event all the same, where the
 * database can be reached; the answer is ours. */
static void
note_refused(struct cli *c, const char *namespace_, const struct err *why)
{
    CLEANUP_FREE char *clean = input_clean_new(why->text);
    CLEANUP_JSON json_t *call =
        json_pack("{s:n, s:s}", "method", "params", clean);
    CLEANUP_FREE char *text = call != NULL ? json_text_new(call) : NULL;
    const char *params[] = {text, namespace_};
    struct err ignored;

    PQclear(cli_exec(c, STMT_CLI_CALL, 2, params, &ignored));
}

int
cmd_call(struct cli *c)
{
    const char *name = cli_namespace(c);
    CLEANUP_JSON json_t *json = NULL;
    struct err err = {0};

    if (name == NULL)
        name = "default";
    if (c->arg_count > 0 && strcmp(c->args[0], "-") != 0)
        cli_connect_early(c); /* what is typed may take its time */
    CLEANUP_FREE char *text = read_call_new(c, &json, &err);
    if (json != NULL && !json_is_object(json))
        (void)err_set(&err, E_USAGE,
                      "the call is not a JSON object"
                      " {\"method\",\"params\"}");
    if (!json_is_object(json)) {
        note_refused(c, name, &err);
        return cli_fail(c, &err);
    }
    const char *params[] = {text, name};
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    if (cli_ask(c, STMT_CLI_CALL, 2, params, &a, &err) != 0)
        return cli_refused(c, &a, &err);
    cli_print(a.text);
    return 0;
}
