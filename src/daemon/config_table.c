/* config_table.c - the table of settings, and what only this machine can
 * tell about them.
 *
 * Adding a setting: a field in struct config, a line in the table, a
 * paragraph in hostqd.conf(5), which tests/lint/config-doc compares. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "daemon/config.h"
#include "daemon/listen.h"

enum {
    QUEUE_BYTES = 128, /* of a queue's name */
    PATH_BYTES = 4095,
};

/* Names end up in routes (host:NAME/BOOT), daemon ids (NAME#EPOCH) and lists
 * with commas. */
static int
check_name(const char *value, struct err *err)
{
    if (strpbrk(value, " ,/#\"'\\"))
        return err_set(err, E_USAGE,
                       "must be free of blanks, quotes and "
                       "any of , / # \\");
    return 0;
}

static int
check_queues(const char *value, struct err *err)
{
    while (*value) {
        size_t len = strcspn(value, ",");
        if (len == 0 || len > QUEUE_BYTES || strcspn(value, " ") < len ||
            strcmp(value + len, ",") == 0)
            return err_set(err, E_USAGE,
                           "must be names of 1 to %d bytes "
                           "with single commas between them",
                           QUEUE_BYTES);
        value += len + (value[len] == ',');
    }
    return 0;
}

static int
check_folder(const char *value, struct err *err)
{
    if (*value && *value != '/')
        return err_set(err, E_USAGE, "must be an absolute path");
    return 0;
}

static int
check_listen(const char *value, struct err *err)
{
    struct listen_address a;

    return *value ? listen_parse(value, &a, err) : 0;
}

/* In the order of enum log_level. */
static const char *const levels[] = {"error", "warn", "info", "debug", NULL};

#define FIELD(field) .name = #field, .offset = offsetof(struct config, field)
#define STRING .type = SETTING_STRING
#define INT .type = SETTING_INT
#define DURATION .type = SETTING_DURATION
#define MS USEC_MS
#define S USEC_S
#define RELOAD .flags = SETTING_RELOAD

static const struct setting settings[] = {
    {FIELD(database), STRING, .dflt = "", .max = 4096, .flags = SETTING_SECRET,
     .dflt_help = "the PG* variables",
     .help = "The database: a connection string or URI of libpq, which also "
             "reads the PG* variables and service files."},
    {FIELD(name), STRING, .dflt = "", .max = 128, .check = check_name,
     .dflt_help = "the host", .help = "What people call this daemon."},
    {FIELD(host), STRING, .dflt = "", .max = 253, .check = check_name,
     .dflt_help = "the machine's host name",
     .help = "The host that machines of provider process belong to."},
    {FIELD(boot_id), STRING, .dflt = "", .max = 64, .check = check_name,
     .dflt_help = "the kernel's boot id",
     .help = "Which boot of the host this is: machines do not outlive it."},
    {FIELD(slots), INT, .dflt = "100", .min = 1, .max = 100000, RELOAD,
     .help = "Requests that are worked at the same time."},
    {FIELD(slots_high), INT, .dflt = "0", .min = 0, .max = 100000,
     .help = "Of the slots, how many are kept free for requests of priority "
             "high."},
    {FIELD(prefetch), INT, .dflt = "0", .min = 0, .max = 100000, RELOAD,
     .help = "Requests that are claimed ahead of a free slot."},
    {FIELD(runners), INT, .dflt = "1", .min = 1, .max = 16,
     .help = "Threads that work requests."},
    {FIELD(queues), STRING, .dflt = "", .max = 4096, .check = check_queues,
     .dflt_help = "all",
     .help = "The queues to serve: names with commas between them."},
    {FIELD(lease), DURATION, .dflt = "10s", .min = 1 * S, .max = 3600 * S,
     .help = "A daemon that could not renew its lease for this long counts "
             "as dead."},
    {FIELD(connect_timeout), DURATION, .dflt = "5s", .min = 100 * MS,
     .max = 600 * S, RELOAD,
     .help = "Longest wait for a connection to the database."},
    {FIELD(statement_timeout), DURATION, .dflt = "30s", .min = 100 * MS,
     .max = 3600 * S, RELOAD,
     .help = "Longest wait for the answer of the database."},
    {FIELD(stop_grace), DURATION, .dflt = "30s", .min = 0, .max = 3600 * S,
     RELOAD,
     .help = "How long rounds may go on after TERM; 0 aborts their calls at "
             "once."},
    {FIELD(poll_interval), DURATION, .dflt = "1s", .min = 10 * MS,
     .max = 3600 * S, RELOAD,
     .help = "How often an idle daemon looks for work that nobody told it "
             "about."},
    {FIELD(group_size), INT, .dflt = "1000", .min = 1, .max = 10000, RELOAD,
     .help = "Most requests that one statement claims or writes."},
    {FIELD(writers), INT, .dflt = "2", .min = 1, .max = 4,
     .help = "Connections that work at the same time when there is much to do: "
             "one claims, the others settle."},
    {FIELD(max_statement_errors), INT, .dflt = "10", .min = 1, .max = 1000000,
     RELOAD,
     .help = "The daemon ends after so many refused statements in a row."},
    {FIELD(output_dir), STRING, .dflt = "", .max = PATH_BYTES,
     .check = check_folder, .dflt_help = "none is kept",
     .help = "Folder for the output of the processes that are started."},
    {FIELD(log_file), STRING, .dflt = "", .max = PATH_BYTES,
     .dflt_help = "standard error",
     .help = "File for the log; HUP opens it again."},
    {FIELD(log_level), .type = SETTING_ENUM, .words = levels, .dflt = "info",
     RELOAD, .help = "Least level that is logged."},
    {FIELD(metrics_listen), STRING, .dflt = "", .max = 128,
     .check = check_listen, .dflt_help = "off",
     .help = "Address for /metrics and /healthz: 127.0.0.1:PORT, [::1]:PORT "
             "or unix:/PATH. Port 0 takes a free one and logs it."},
};

_Static_assert(sizeof(settings) / sizeof(settings[0]) == CONFIG_SETTINGS,
               "one entry of from[] for each setting");

const struct setting *
config_settings(void)
{
    return settings;
}

int
config_check(const struct config *cfg, struct buf *errors)
{
    struct stat st;

    if (cfg->output_dir[0] == '\0')
        return 0;
    CLEANUP_JSON json_t *text = json_string(cfg->output_dir);
    if (!text) {
        buf_printf(errors, "output_dir: the path is not UTF-8\n");
        return -1;
    }
    if (stat(cfg->output_dir, &st) == 0 && !S_ISDIR(st.st_mode))
        errno = ENOTDIR;
    else if (access(cfg->output_dir, W_OK | X_OK) == 0)
        return 0;
    buf_printf(errors, "output_dir = %s: %s\n", cfg->output_dir,
               strerror(errno));
    return -1;
}
