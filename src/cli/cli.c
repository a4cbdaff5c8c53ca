/* cli.c - the client's connection, its answers and its errors. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/input.h"
#include "core/mem.h"
#include "db/migrate.h"
#include "sys/clock.h"

#define CONNECT_LIMIT (USEC_S * 5) /* HostFactory doubles what it kills */
#define STATEMENT_LIMIT (USEC_S * 30)
#define TRIES_MAX 5
#define LEAST_LIMIT (USEC_MS * 200) /* so that the last look can answer */

/* What is left of the overall time, at most `most`. */
static usec_t
limit_of(const struct cli *c, usec_t most)
{
    if (c->until == 0)
        return most;
    usec_t left = usec_sub(c->until, now_mono());
    if (left < LEAST_LIMIT)
        return LEAST_LIMIT;
    return left < most ? left : most;
}

static const char *
database_of(const struct cli *c)
{
    const char *database = cli_opt(c, OPT_DATABASE);

    return database != NULL ? database : getenv("HOSTQ_DATABASE");
}

void
cli_connect_early(struct cli *c)
{
    c->starting = conn_start(database_of(c), "hostq");
}

int
cli_connect(struct cli *c, struct err *err)
{
    const char *database = database_of(c);

    if (c->conn != NULL)
        return 0;
    if (c->starting == NULL)
        c->starting = conn_start(database, "hostq");
    c->conn = conn_continue(c->starting, database, "hostq",
                            limit_of(c, CONNECT_LIMIT), err);
    c->starting = NULL;
    if (c->conn == NULL)
        return err_wrap(err, "database unavailable");
    return 0;
}

void
cli_disconnect(struct cli *c)
{
    PQfinish(c->starting);
    c->starting = NULL;
    PQfinish(c->conn);
    c->conn = NULL;
}

static bool
has_class(const char *state, const char *const *classes)
{
    for (; *classes != NULL; classes++) {
        if (strncmp(state, *classes, strlen(*classes)) == 0)
            return true;
    }
    return false;
}

/* err holds "SQLSTATE: message". Says what it means to the caller. */
static int
explain(struct err *err)
{
    static const char *const schema[] = {"3F000", "42883", "42P01", NULL};
    static const char *const away[] = {"08", "25006", "53", "57P", "58", NULL};
    static const char *const rights[] = {"28", "42501", NULL};

    if (has_class(err->text, schema)) {
        err->code = E_DATABASE;
        return err_wrap(err, "schema hostq is missing or older than this"
                             " client: run hostq migrate");
    }
    if (has_class(err->text, away)) {
        err->code = E_DATABASE;
        return err_wrap(err, "database unavailable");
    }
    if (has_class(err->text, rights)) {
        err->code = E_DATABASE;
        return err_wrap(err, "refused by the database");
    }
    return err_wrap(err, "database error");
}

int
cli_check_schema(struct cli *c, struct err *err)
{
    if (migrate_check(c->conn, limit_of(c, STATEMENT_LIMIT), err) == 0)
        return 0;
    return err->code == E_FAILED ? explain(err) : -1;
}

static int
check_schema(struct cli *c, struct err *err)
{
    if (c->checked)
        return 0;
    if (cli_check_schema(c, err) != 0)
        return -1;
    c->checked = true;
    return 0;
}

PGresult *
cli_exec(struct cli *c, enum stmt s, int count, const char *const *params,
         struct err *err)
{
    if (cli_connect(c, err) != 0 || check_schema(c, err) != 0)
        return NULL;
    PGresult *res;
    int tries = 0;
    /* Deadlock, serialization: nothing was done, the same again. */
    do
        res = conn_exec(c->conn, stmt_text(s), count, params,
                        limit_of(c, STATEMENT_LIMIT), err);
    while (res == NULL && err->code == E_FAILED &&
           strncmp(err->text, "40", 2) == 0 && ++tries < TRIES_MAX);
    if (res != NULL)
        return res;
    if (err->code == E_DATABASE)
        (void)err_wrap(err, "database unavailable");
    else
        (void)explain(err);
    if (conn_is_lost(c->conn))
        cli_disconnect(c);
    return NULL;
}

enum errcode
cli_code_status(const char *code)
{
    static const struct {
        const char *code;
        enum errcode status;
    } known[] = {
        {"VALIDATION_ERROR", E_USAGE},       {"PROVIDER_INCOMPATIBLE", E_USAGE},
        {"TEMPLATE_NOT_FOUND", E_NOT_FOUND}, {"REQUEST_NOT_FOUND", E_NOT_FOUND},
        {"SCHEDULE_NOT_FOUND", E_NOT_FOUND}, {"CONFLICT", E_CONFLICT},
    };

    for (size_t i = 0; code != NULL && i < sizeof(known) / sizeof(known[0]);
         i++) {
        if (strcmp(known[i].code, code) == 0)
            return known[i].status;
    }
    return E_FAILED;
}

/* The text, or where it is longer than `most` bytes its two ends: what is
 * wrong with a long value is said behind it. */
static char *
ends_new(const char *text, size_t most)
{
    size_t len = strlen(text);
    size_t head = most / 2, tail = len - most / 2;
    char *out;

    if (len <= most)
        return mem_dup(text);
    while (head > 0 && (text[head] & 0xc0) == 0x80)
        head--; /* not through a character */
    while ((text[tail] & 0xc0) == 0x80)
        tail++;
    if (asprintf(&out, "%.*s...%s", (int)head, text, text + tail) < 0)
        abort();
    return out;
}

/* One line for an error object: message, and what of field, value and limit
 * it has. */
static int
say_refused(const json_t *error, struct err *err)
{
    const char *code = json_str(error, "code");
    const char *text = json_str(error, "message");
    const json_t *details = json_object_get(error, "details");
    const char *field = json_str(details, "field");
    const char *limit = json_str(details, "limit");
    const json_t *value = json_object_get(details, "value");

    CLEANUP_FREE char *said = ends_new(text != NULL ? text : "refused", 220);
    (void)err_set(err, cli_code_status(code), "%s", said);
    if (field == NULL || (value == NULL && limit == NULL))
        return -1;
    CLEANUP_FREE char *json = value != NULL ? json_text_new(value) : NULL;
    CLEANUP_FREE char *shown = ends_new(json != NULL ? json : "none", 120);
    return err_set(err, err->code, "%s (%s: %s%s%s)", said, field, shown,
                   limit != NULL ? ", allowed: " : "",
                   limit != NULL ? limit : "");
}

int
cli_ask(struct cli *c, enum stmt s, int count, const char *const *params,
        struct answer *a, struct err *err)
{
    answer_fini(a);
    a->res = cli_exec(c, s, count, params, err);
    if (a->res == NULL)
        return -1;
    if (PQntuples(a->res) == 0 || PQgetisnull(a->res, 0, 0))
        return 0;
    a->text = PQgetvalue(a->res, 0, 0);
    json_error_t why;
    a->json = input_load_new(a->text, strlen(a->text), &why);
    if (a->json == NULL)
        return err_set(err, E_FAILED, "%s: the answer is not JSON: %s",
                       stmt_name(s), why.text);
    const json_t *error = json_object_get(a->json, "error");
    return json_is_object(error) ? say_refused(error, err) : 0;
}

void
answer_fini(struct answer *a)
{
    PQclear(a->res);
    json_decref(a->json);
    *a = (struct answer)ANSWER_INIT;
}

static const char *
call_code(enum errcode code)
{
    switch (code) {
    case E_USAGE:
        return "VALIDATION_ERROR";
    case E_NOT_FOUND:
        return "REQUEST_NOT_FOUND";
    case E_CONFLICT:
        return "CONFLICT";
    case E_TIMEOUT:
    case E_DATABASE:
        return "SERVICE_UNAVAILABLE";
    case E_NONE:
    case E_FAILED:
        break;
    }
    return "INTERNAL_ERROR";
}

static void
print_json(json_t *object)
{
    CLEANUP_FREE char *text = json_text_new(object);

    json_decref(object);
    cli_print(text);
}

static json_t *
message_new(const char *text)
{
    CLEANUP_FREE char *clean = input_clean_new(text);
    json_t *s = json_string_nocheck(clean);

    if (s == NULL)
        abort();
    return s;
}

int
cli_fail(const struct cli *c, const struct err *err)
{
    enum fail_as as = c->command != NULL ? c->command->fail_as : FAIL_TEXT;

    (void)fprintf(stderr, "hostq: %s\n", err->text);
    if (as == FAIL_HF) {
        print_json(json_pack("{s:o}", "message", message_new(err->text)));
        return E_FAILED;
    }
    if (as == FAIL_CALL)
        print_json(json_pack(
            "{s:{s:s, s:o, s:o}}", "error", "code", call_code(err->code),
            "message", message_new(err->text), "details",
            err->code == E_USAGE
                ? json_pack("{s:s, s:n, s:s}", "field", "request", "value",
                            "limit", "one JSON object with method and params")
                : json_object()));
    return (int)err->code;
}

int
cli_refused(const struct cli *c, const struct answer *a, const struct err *err)
{
    if (a->text == NULL ||
        (!cli_has(c, OPT_JSON) && c->command->fail_as != FAIL_CALL))
        return cli_fail(c, err);
    (void)fprintf(stderr, "hostq: %s\n", err->text);
    cli_print(a->text);
    return (int)err->code;
}

void
cli_print(const char *text)
{
    (void)fputs(text, stdout);
    (void)fputc('\n', stdout);
}

int
cli_flush(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return 0;
    if (errno != EPIPE)
        (void)fprintf(stderr, "hostq: cannot write standard output%s%s\n",
                      errno != 0 ? ": " : "",
                      errno != 0 ? strerror(errno) : "");
    return 1;
}
