/* commands.c - the table of commands: names, arguments, options and help
 * live here and nowhere else (hostq help and the completion print it). */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/cmd.h"

#define SUBMIT_OPTS                                                            \
    (OPT_BIT(TIMEOUT) | OPT_BIT(FILE) | OPT_BIT(REQUEST_ID) | OPT_BIT(QUEUE) | \
     OPT_BIT(PRIORITY) | OPT_BIT(TAG) | OPT_BIT(METADATA) | OPT_BIT(PARAM) |   \
     OPT_BIT(DELAY) | OPT_BIT(PARTIAL) | OPT_BIT(FORCE) | OPT_BIT(DRAIN) |     \
     OPT_BIT(WAIT) | OPT_BIT(KEY) | OPT_BIT(ORDERING_KEY) | OPT_BIT(UNIQUE) |  \
     OPT_BIT(UNIQUE_MODE) | OPT_BIT(UNIQUE_WINDOW) | OPT_BIT(MANY) |           \
     OPT_BIT(ATOMIC))
#define PAUSE_OPTS                                                             \
    (OPT_BIT(ACCOUNT) | OPT_BIT(REGION) | OPT_BIT(HOST) | OPT_BIT(WHERE) |     \
     OPT_BIT(DRY_RUN))
#define WHERE_OPTS (OPT_BIT(WHERE) | OPT_BIT(DRY_RUN))
#define SCHEDULE_OPTS                                                          \
    ((SUBMIT_OPTS & ~(OPT_BIT(REQUEST_ID) | OPT_BIT(WAIT) | OPT_BIT(MANY) |    \
                      OPT_BIT(ATOMIC))) |                                      \
     OPT_BIT(CRON) | OPT_BIT(EVERY) | OPT_BIT(TZ) | OPT_BIT(MISSED) |          \
     OPT_BIT(TIMES))
#define LIST_OPTS                                                              \
    (OPT_BIT(STATE) | OPT_BIT(KIND) | OPT_BIT(QUEUE) | OPT_BIT(TEMPLATE) |     \
     OPT_BIT(LIMIT))
#define HF_OPTS                                                                \
    (OPT_BIT(FILE) | OPT_BIT(TIMEOUT) | OPT_BIT(MODE) | OPT_BIT(CONFDIR))
#define ID 1, 1

const struct command commands[] = {
    {"submit", "provision TEMPLATE COUNT | return MACHINE... | noop | -f FILE",
     SUBMIT_OPTS, 0, -1, "submit a request and print its id",
     "the request's deadline, seconds after submit", cmd_submit, FAIL_TEXT},
    {"wait", "ID", OPT_BIT(TIMEOUT), ID,
     "wait until a request has ended (exit 5: it did not in time)",
     "how long to wait (default 600)", cmd_wait, FAIL_TEXT},
    {"watch", "ID", OPT_BIT(TIMEOUT), ID,
     "print one line per change of a request until it has ended",
     "how long to watch (default: to the end)", cmd_watch, FAIL_TEXT},
    {"status", "ID...", 0, 1, -1, "show requests as their submitter sees them",
     NULL, cmd_status, FAIL_TEXT},
    {"show", "ID", 0, ID, "show all that is known about a request", NULL,
     cmd_show, FAIL_TEXT},
    {"result", "ID", 0, ID, "print the result of a request that has ended",
     NULL, cmd_result, FAIL_TEXT},
    {"explain", "ID", 0, ID, "say in one sentence why a request is not running",
     NULL, cmd_explain, FAIL_TEXT},
    {"events", "ID", 0, ID, "print the history of a request", NULL, cmd_events,
     FAIL_TEXT},
    {"cancel", "ID... | --where KEY=VALUE", WHERE_OPTS, 0, -1,
     "end requests and remove what they made", NULL, cmd_cancel, FAIL_TEXT},
    {"redrive", "[QUEUE]", WHERE_OPTS, 0, 1, "try all failed requests again",
     NULL, cmd_redrive, FAIL_TEXT},
    {"retry", "ID... | --where KEY=VALUE", WHERE_OPTS, 0, -1,
     "try failed, timed-out or canceled requests again", NULL, cmd_retry,
     FAIL_TEXT},
    {"list", "", LIST_OPTS, 0, 0, "list requests, newest first", NULL, cmd_list,
     FAIL_TEXT},
    {"machines", "",
     OPT_BIT(REQUEST) | OPT_BIT(LIVING) | OPT_BIT(TEMPLATE) | OPT_BIT(LIMIT), 0,
     0, "list machines", NULL, cmd_machines, FAIL_TEXT},
    {"templates", "", 0, 0, 0, "list the templates of a namespace", NULL,
     cmd_templates, FAIL_TEXT},
    {"validate-templates", "[DIR]", OPT_BIT(FILE), 0, 1,
     "check a template file without storing it", NULL, cmd_validate_templates,
     FAIL_TEXT},
    {"queues", "", 0, 0, 0, "list queues with their backlog", NULL, cmd_queues,
     FAIL_TEXT},
    {"daemons", "", 0, 0, 0, "list daemons", NULL, cmd_daemons, FAIL_TEXT},
    {"horizon", "", 0, 0, 0, "list who keeps vacuum from removing dead rows",
     NULL, cmd_horizon, FAIL_TEXT},
    {"queue", "create|set NAME [OPTION=VALUE...] | show|delete NAME", 0, 2, -1,
     "make, change, show or remove a queue", NULL, cmd_queue, FAIL_TEXT},
    {"pause", "[QUEUE]", PAUSE_OPTS, 0, 1,
     "stop claiming from a queue, or by account, region or host", NULL,
     cmd_pause, FAIL_TEXT},
    {"resume", "[QUEUE]", PAUSE_OPTS, 0, 1, "claim again", NULL, cmd_resume,
     FAIL_TEXT},
    {"pauses", "", 0, 0, 0, "list what is paused or drained", NULL, cmd_pauses,
     FAIL_TEXT},
    {"drain", "HOST", OPT_BIT(WAIT), ID,
     "let the daemons of a host take no more work", NULL, cmd_drain, FAIL_TEXT},
    {"undrain", "HOST", 0, ID, "let them take work again", NULL, cmd_undrain,
     FAIL_TEXT},
    {"limit", "KEY", OPT_BIT(MAX_RUNNING) | OPT_BIT(RATE) | OPT_BIT(BURST), ID,
     "limit the requests of a key, for all daemons", NULL, cmd_limit,
     FAIL_TEXT},
    {"limits", "", 0, 0, 0, "list limited keys", NULL, cmd_limits, FAIL_TEXT},
    {"schedule",
     "set NAME KIND... | list | show NAME | delete NAME | pause NAME |"
     " resume NAME | run NAME | next [NAME]",
     SCHEDULE_OPTS, 1, -1, "submit requests again and again, at set times",
     "deadline of each request, seconds after its submit", cmd_schedule,
     FAIL_TEXT},
    {"set", "[NAME [VALUE]]", 0, 0, 2, "list, show or change settings", NULL,
     cmd_set, FAIL_TEXT},
    {"adopt", "", 0, 0, 0,
     "make a copied or restored database the deployment itself", NULL,
     cmd_adopt, FAIL_TEXT},
    {"call", "[JSON]", OPT_BIT(FILE), 0, 1,
     "answer one JSON method call (read from standard input by default)", NULL,
     cmd_call, FAIL_CALL},
    {"hf", "SCRIPT [ARGUMENT...]", HF_OPTS, 1, -1,
     "answer one of the five HostFactory scripts",
     "answer within this time (default 8.5)", cmd_hf, FAIL_HF},
    {"migrate", "", OPT_BIT(STATUS) | OPT_BIT(TIMEOUT), 0, 0,
     "make or update the schema", "limit of each step (default 600)",
     cmd_migrate, FAIL_TEXT},
    {"version", "", 0, 0, 0, "print the version", NULL, cmd_version, FAIL_TEXT},
    {"help", "[COMMAND]", OPT_BIT(WORDS), 0, 1, "print help", NULL, cmd_help,
     FAIL_TEXT},
    {NULL, NULL, 0, 0, 0, NULL, NULL, NULL, FAIL_TEXT},
};

int
cmd_help(struct cli *c)
{
    const struct command *k = NULL;
    struct err err;

    if (c->arg_count > 0 && (k = cli_find(c->args[0])) == NULL) {
        (void)err_set(&err, E_USAGE, "unknown command '%s'; see hostq help",
                      c->args[0]);
        return cli_fail(c, &err);
    }
    if (cli_has(c, OPT_WORDS))
        cli_words(k);
    else
        cli_help(k);
    return 0;
}

int
cmd_version(struct cli *c)
{
    if (cli_has(c, OPT_JSON))
        cli_print("{\"version\":\"" PACKAGE_VERSION "\"}");
    else
        cli_print("hostq " PACKAGE_VERSION);
    return 0;
}
