/* cmd_hf.c - one call of a HostFactory script.
 *
 * Whatever happens, standard output gets exactly one JSON object and the
 * exit status is 0 or 1, within one overall limit: HostFactory repeats a
 * call that it had to kill, and a requestMachines done twice makes twice the
 * machines. What is not the answer goes to stderr. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/cmd.h"
#include "cli/hf_files.h"
#include "cli/hf_input.h"
#include "cli/input.h"
#include "core/mem.h"
#include "db/migrate.h"
#include "sys/clock.h"

#define LIMIT (USEC_MS * 8500) /* of the whole call: 10 s is the promise */
#define LIMIT_LEAST (USEC_MS * 500)
/* Behind the last wait for an answer on its way (conn.c, CANCEL_WAIT). */
#define BACKSTOP_AFTER (USEC_MS * 900)
#define PROBLEMS_CAP ((size_t)1 << 20)

struct hf {
    struct cli *c;
    struct hf_env env;
    const struct hf_action *action;
    char *input;           /* owned: JSON for SQL */
    struct hf_files files; /* where the action needs templates */
    bool has_files;
};

/* Nothing of ours waits longer than the limit, but a name server or a dead
 * file server under the input may. */
static void
backstop(int signal_number)
{
    static const char text[] =
        "{\"message\":\"hostq: no answer within the time limit\"}\n";

    (void)signal_number;
    ssize_t n = write(STDOUT_FILENO, text, sizeof(text) - 1);
    (void)n; /* the status says it, too */
    _exit(1);
}

static void
set_backstop(usec_t span)
{
    struct itimerval t = {
        .it_value = {.tv_sec = span / USEC_S, .tv_usec = span % USEC_S}};

    (void)signal(SIGALRM, backstop);
    (void)setitimer(ITIMER_REAL, &t, NULL);
}

static void
drop_backstop(void)
{
    (void)setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
}

/* Stores what the files (or a push) hold, judged. */
static int
store(struct hf *h, struct err *err)
{
    CLEANUP_ANSWER struct answer a = ANSWER_INIT;
    CLEANUP_BUF struct buf problems = BUF_INIT(PROBLEMS_CAP);
    int count;

    CLEANUP_JSON json_t *v = hf_verdicts_new(&h->files, &problems, &count);
    CLEANUP_FREE char *verdicts = json_text_new(v);
    CLEANUP_BUF struct buf message = BUF_INIT(PROBLEMS_CAP + 256);
    if (count > 0)
        buf_printf(&message, "Not available: %s", buf_str(&problems));
    const char *params[] = {h->env.namespace_, h->files.hash,
                            h->files.config,   h->files.templates,
                            verdicts,          buf_str(&message)};
    return cli_ask(h->c, STMT_CLI_STORE_TEMPLATES, 6, params, &a, err);
}

/* One statement; *res is its row. */
static int
ask(struct hf *h, const char *hash, const char *input, PGresult **res,
    struct err *err)
{
    char version[24];
    const char *params[] = {h->c->args[0],
                            h->env.namespace_,
                            hash,
                            input,
                            h->env.lsf ? "lsf" : "symphony",
                            version};

    (void)snprintf(version, sizeof version, "%d", migrate_version());
    PQclear(*res);
    *res = cli_exec(h->c, STMT_CLI_HF, 6, params, err);
    if (*res == NULL)
        return -1;
    if (PQntuples(*res) != 1 && cli_check_schema(h->c, err) == 0)
        (void)err_set(err, E_FAILED, "hostq.hf gave no answer");
    if (PQntuples(*res) != 1)
        return -1;
    return 0;
}

static bool
is_true(const PGresult *res, int column)
{
    return PQgetvalue(res, 0, column)[0] == 't';
}

/* Input that SQL cannot read leaves its event all the same, where the
 * database can be reached; the answer is ours. */
static void
note_refused(struct hf *h, const struct err *why)
{
    CLEANUP_FREE char *clean = input_clean_new(why->text);
    CLEANUP_JSON json_t *text = json_string(clean);
    CLEANUP_FREE char *input = json_text_new(text);
    PGresult *res = NULL;
    struct err ignored;

    (void)ask(h, NULL, input, &res, &ignored);
    PQclear(res);
}

/* HostFactory pushed templates and the setting says to keep them. */
static int
store_pushed(struct hf *h, PGresult **res, struct err *err)
{
    if (h->input == NULL)
        return -1;
    if (hf_files_push(h->input, strlen(h->input), &h->files, err) != 0) {
        note_refused(h, err);
        return -1;
    }
    if (store(h, err) != 0)
        return -1;
    return ask(h, NULL, "{}", res, err);
}

static int
work(struct hf *h, PGresult **res, struct err *err)
{
    const char *hash = h->has_files ? h->files.hash : NULL;

    if (ask(h, hash, h->input, res, err) != 0)
        return -1;
    if (is_true(*res, 3)) {
        /* A second client with other files may store at the same time; then
         * what is stored counts, rather than a quarrel without end. */
        if (store(h, err) != 0 || ask(h, hash, h->input, res, err) != 0)
            return -1;
        if (is_true(*res, 3) && ask(h, NULL, h->input, res, err) != 0)
            return -1;
    }
    if (is_true(*res, 4) && store_pushed(h, res, err) != 0)
        return -1;
    return 0;
}

static void
print_log(const struct hf *h, const char *text)
{
    struct err err;
    size_t i;
    json_t *line;

    CLEANUP_JSON json_t *log = json_parse_new(text, strlen(text), &err);
    json_array_foreach(log, i, line)
    {
        if (json_is_string(line))
            (void)fprintf(stderr, "hostq: %s: %s\n", h->c->args[0],
                          json_string_value(line));
    }
}

static int
print_answer(const struct hf *h, const PGresult *res)
{
    int status = strcmp(PQgetvalue(res, 0, 0), "0") == 0 ? 0 : 1;

    /* What goes with a good answer are warnings. */
    if (status != 0 || !h->env.quiet)
        print_log(h, PQgetvalue(res, 0, 2));
    drop_backstop();
    cli_print(PQgetvalue(res, 0, 1));
    (void)fflush(stdout);
    return status;
}

static int
read_all(struct hf *h, struct err *err)
{
    struct cli *c = h->c;

    if (cli_has(c, OPT_HELP))
        return err_set(err, E_USAGE, "%s: hostq help hf tells the options",
                       c->args[0]);
    if (hf_env_read(c, &h->env, err) != 0)
        return -1;
    h->action = hf_action_find(c->args[0], err);
    if (h->action == NULL)
        return -1;
    cli_connect_early(c);
    h->input = hf_input_new(c, h->action, err);
    if (h->input == NULL) {
        note_refused(h, err);
        return -1;
    }
    if (!h->action->needs_templates || h->env.dir == NULL)
        return 0;
    h->has_files = true;
    return hf_files_read(h->env.dir, h->env.name, &h->files, err);
}

int
cmd_hf(struct cli *c)
{
    struct hf h = {.c = c};
    CLEANUP_RESULT PGresult *res = NULL;
    struct err err = {0};
    usec_t limit = LIMIT;
    int status;

    c->checked = true; /* cli_hf.sql looks itself */
    set_backstop(LIMIT + BACKSTOP_AFTER);
    status = cli_span(c, OPT_TIMEOUT, LIMIT, &limit, &err);
    if (limit < LIMIT_LEAST)
        limit = LIMIT_LEAST;
    set_backstop(limit + BACKSTOP_AFTER);
    c->until = usec_add(now_mono(), limit);
    if (status == 0 && read_all(&h, &err) == 0 && work(&h, &res, &err) == 0)
        status = print_answer(&h, res);
    else {
        drop_backstop();
        status = cli_fail(c, &err);
    }
    hf_env_fini(&h.env);
    hf_files_fini(&h.files);
    free(h.input);
    return status;
}
