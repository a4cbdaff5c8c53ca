/* cli.h - what the commands of hostq share: the parsed command line, one
 * connection made at first use, and how an answer or an error is shown.
 *
 * A command is a function of struct cli that returns the exit status
 * (design.md 8: the values of enum errcode). */
#ifndef HOSTQ_CLI_CLI_H
#define HOSTQ_CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/dur.h"
#include "base/err.h"
#include "db/conn.h"
#include "db/stmt.h"

/* Every option of every command: long name, letter, argument, help. */
#define CLI_OPTIONS(X)                                                         \
    X(DATABASE, "database", 'd', "CONNINFO",                                   \
      "database (libpq conninfo or URI)")                                      \
    X(NAMESPACE, "namespace", 'n', "NAME",                                     \
      "namespace (tenant, provider instance)")                                 \
    X(JSON, "json", 'j', NULL, "print the answer as JSON")                     \
    X(HELP, "help", 'h', NULL, "print this help")                              \
    X(TIMEOUT, "timeout", 't', "S", "seconds, or 1m30s and the like")          \
    X(FILE, "file", 'f', "FILE",                                               \
      "read the input from FILE (- = standard input)")                         \
    X(REQUEST_ID, "request-id", 0, "ID", "the request's id, else one is made") \
    X(REQUEST, "request", 0, "ID", "only machines of this request")            \
    X(QUEUE, "queue", 'q', "NAME", "queue")                                    \
    X(PRIORITY, "priority", 'p', "CLASS", "low, normal or high")               \
    X(TAG, "tag", 0, "KEY=VALUE", "tag, may be repeated")                      \
    X(METADATA, "metadata", 0, "JSON", "metadata object")                      \
    X(PARAM, "param", 0, "KEY=JSON", "any other parameter, may be repeated")   \
    X(DELAY, "delay", 0, "S", "not before this many seconds from now")         \
    X(PARTIAL, "partial-policy", 0, "POLICY", "keep or clean")                 \
    X(FORCE, "force", 0, NULL, "return without a graceful stop")               \
    X(DRAIN, "drain-timeout", 0, "S", "seconds for the graceful stop")         \
    X(WAIT, "wait", 'w', "S", "wait up to S seconds for the end")              \
    X(STATE, "state", 's', "STATE", "only this state, `open' or `dead'")       \
    X(KIND, "kind", 'k', "KIND", "only this kind")                             \
    X(TEMPLATE, "template", 0, "ID", "only this template")                     \
    X(LIMIT, "limit", 'l', "N", "at most N rows (default 100)")                \
    X(LIVING, "living", 0, NULL, "only machines that have not ended")          \
    X(STATUS, "status", 0, NULL, "only look, change nothing")                  \
    X(MODE, "mode", 0, "MODE", "symphony or lsf")                              \
    X(CONFDIR, "confdir", 0, "DIR", "folder of the template and config files") \
    X(KEY, "key", 0, "KEY", "key whose limits the request obeys")              \
    X(ORDERING_KEY, "ordering-key", 0, "KEY",                                  \
      "requests of one ordering key run one by one, in order")                 \
    X(UNIQUE, "unique", 0, "KEY", "only one open request of this key")         \
    X(UNIQUE_MODE, "unique-mode", 0, "MODE",                                   \
      "if there is one: keep it (default), replace it or refuse")              \
    X(UNIQUE_WINDOW, "unique-window", 0, "S",                                  \
      "nor one that completed within this time")                               \
    X(MANY, "many", 0, NULL, "FILE has many requests, a list or one a line")   \
    X(ATOMIC, "atomic", 0, NULL, "all of them, or none")                       \
    X(WHERE, "where", 0, "KEY=VALUE", "those that fit, may be repeated")       \
    X(DRY_RUN, "dry-run", 0, NULL, "only say how many")                        \
    X(ACCOUNT, "account", 0, "NAME", "requests of this account")               \
    X(REGION, "region", 0, "NAME", "requests of this region")                  \
    X(HOST, "host", 0, "NAME", "requests bound to this host")                  \
    X(MAX_RUNNING, "max-running", 0, "N",                                      \
      "most requests at a time, `none' for no limit")                          \
    X(RATE, "rate", 0, "N", "most starts per second, `none' for no limit")     \
    X(BURST, "burst", 0, "N", "most starts at once")                           \
    X(CRON, "cron", 0, "CRON", "when: 5 or 6 fields, or @daily and the like")  \
    X(EVERY, "every", 0, "S", "or every so many seconds")                      \
    X(TZ, "tz", 0, "ZONE", "time zone of --cron (default UTC)")                \
    X(MISSED, "missed", 0, "RULE", "missed runs: skip, one (default) or all")  \
    X(TIMES, "count", 0, "N", "so many times (default 5)")                     \
    X(WORDS, "words", 0, NULL, "names only, for completion")

enum opt {
#define X(sym, name, letter, arg, help) OPT_##sym,
    CLI_OPTIONS(X)
#undef X
        OPT_COUNT
};
#define OPT_BIT(sym) (UINT64_C(1) << OPT_##sym)

/* How a command shows that it failed. */
enum fail_as {
    FAIL_TEXT, /* one line on stderr */
    FAIL_CALL, /* {"error":{code,message,details}} on stdout, exit by code */
    FAIL_HF,   /* {"message":...} on stdout, exit 1 */
};

struct cli;

struct command {
    const char *name;
    const char *args;    /* synopsis of the arguments, "" = none */
    uint64_t opts;       /* OPT_BITs besides the common ones */
    int min, max;        /* number of arguments; max -1 = any */
    const char *summary; /* one line */
    const char *timeout; /* what --timeout means here, NULL where absent */
    int (*run)(struct cli *c);
    enum fail_as fail_as;
};

struct pair {
    enum opt opt;
    const char *value; /* borrowed from argv; "" for a switch */
};

struct cli {
    const struct command *command; /* NULL until it is known */
    const char **args;             /* arguments of the command */
    int arg_count;
    struct pair *pairs; /* options in the order given */
    int pair_count;
    usec_t until;     /* monotonic: end of all waits; 0 = each
                         step has its own limit */
    PGconn *conn;     /* made at first use */
    PGconn *starting; /* begun by cli_connect_early, not yet answered */
    bool checked;     /* the schema fits, or the command looks itself */
};

/* The table of commands, ended by an entry without a name. */
extern const struct command commands[];

/* Parses argv into c (zeroed). On -1 c->command is set where it is known.
 * E_USAGE names the argument. */
int cli_parse(struct cli *c, int argc, char **argv, struct err *err);
void cli_fini(struct cli *c);

/* The last value given, or NULL; "" for a switch. */
const char *cli_opt(const struct cli *c, enum opt opt);
const char *cli_option_name(enum opt opt);
bool cli_has(const struct cli *c, enum opt opt);
/* --namespace, else HOSTQ_NAMESPACE, else NULL. */
const char *cli_namespace(const struct cli *c);
/* A namespace is 1..64 of 0-9 A-Z a-z . _ - and begins with a letter or a
 * digit. what names the source in the error. */
int cli_check_namespace(const char *text, const char *what, struct err *err);
/* A duration option; dflt where it is absent. In [0, 10 years]. */
int cli_span(const struct cli *c, enum opt opt, usec_t dflt, usec_t *out,
             struct err *err);
/* Prints the help of one command, or the list of all (NULL). */
void cli_help(const struct command *command);
const struct command *cli_find(const char *name);
void cli_words(const struct command *command);

/* Has the server make its process while we read our input. */
void cli_connect_early(struct cli *c);
/* Connects if need be. E_DATABASE: "database unavailable: ...". */
int cli_connect(struct cli *c, struct err *err);
void cli_disconnect(struct cli *c);
/* E_DATABASE: the schema is too old or too new for this client. Connected. */
int cli_check_schema(struct cli *c, struct err *err);
/* Runs one statement. Trouble with the connection, the rights or the schema
 * is E_DATABASE, any other SQL error E_FAILED. Caller clears. */
PGresult *cli_exec(struct cli *c, enum stmt s, int count,
                   const char *const *params, struct err *err);

/* An answer of one of our functions: first column of the first row. */
struct answer {
    PGresult *res;    /* owned; the other columns */
    const char *text; /* as the database wrote it; NULL = null */
    json_t *json;     /* owned; NULL where text is */
};

#define ANSWER_INIT                                                            \
    {                                                                          \
        NULL, NULL, NULL                                                       \
    }
#define CLEANUP_ANSWER __attribute__((cleanup(answer_fini)))

/* -1 also for an answer {"error":...}: err has its status and one line that
 * names field, value and limit; a->text is set then. */
int cli_ask(struct cli *c, enum stmt s, int count, const char *const *params,
            struct answer *a, struct err *err);
void answer_fini(struct answer *a);

/* The exit status for an error code of calls.md 3. */
enum errcode cli_code_status(const char *code);

/* Shows err in the way of the command; returns the exit status. */
int cli_fail(const struct cli *c, const struct err *err);
/* As cli_fail, but with --json, and of a call, an answer that is an error
 * object is printed as it is. */
int cli_refused(const struct cli *c, const struct answer *a,
                const struct err *err);
/* Prints text and a newline on standard output. */
void cli_print(const char *text);
/* Ends output: 0, or 1 where standard output could not be written. */
int cli_flush(void);

#endif
