/* config.h - the settings of hostqd, from one table.
 *
 * A value comes from the command line (--slots=10), else from the
 * environment (HOSTQ_SLOTS), else from the file, else it is the default. All
 * go through one setter, and every mistake is reported, not only the first.
 * The struct is a value that never changes once loaded: a reload makes a new
 * one. */
#ifndef HOSTQ_DAEMON_CONFIG_H
#define HOSTQ_DAEMON_CONFIG_H

#include <stdint.h>

#include "base/buf.h"
#include "base/dur.h"
#include "daemon/setting.h"

#define CONFIG_FILE "/etc/hostq/hostqd.conf"
enum { CONFIG_SETTINGS = 21 };

/* Fields have the names of the settings. Strings are never NULL; "" is what
 * the table says about it (off, none, all). */
struct config {
    char *database;
    char *name; /* of this daemon, for people */
    char *host; /* routes and machines name it */
    char *boot_id;
    int64_t slots;
    int64_t slots_high;
    int64_t prefetch;
    int64_t runners;
    char *queues; /* "a,b", "" = all */
    usec_t lease;
    usec_t connect_timeout;
    usec_t statement_timeout;
    usec_t stop_grace;
    usec_t poll_interval;
    int64_t group_size;
    int64_t writers;
    int64_t max_statement_errors;
    char *output_dir;
    char *log_file;
    int log_level; /* enum log_level */
    char *metrics_listen;
    /* Where each value came from, in the order of the table; owned. */
    char *from[CONFIG_SETTINGS];
    struct config *before; /* what a reload replaced; owned, as threads may
                              still read it */
};

/* Where to look; kept by the caller for reloads. */
struct config_source {
    const char *file; /* --config; NULL: $HOSTQ_CONFIG, else CONFIG_FILE
                         where there is one */
    int count;
    const char *const *flags; /* "--slots=10" and the like, nothing else */
};

/* NULL on any mistake; errors then has one line for each: where it stands,
 * setting, value, limit. */
struct config *config_load(const struct config_source *source,
                           struct buf *errors);
void config_free(struct config *cfg); /* and all before; NULL allowed */

/* HUP: reads the sources again. Settings flagged RELOAD are taken over;
 * others are only logged as needing a restart. Returns a new struct that owns
 * *old as `before` and sets *old to NULL; or NULL when nothing is to change,
 * be it that a mistake was found (logged) or that all is as it was. */
struct config *config_reload(struct config **old,
                             const struct config_source *source);

/* What only this machine can tell: folders that must be there. 0, or -1 and
 * one line each in errors. */
int config_check(const struct config *cfg, struct buf *errors);

/* Appends "name = value" and where it came from, a line each (--show-config);
 * can be read back as a file. */
void config_print(const struct config *cfg, struct buf *out);
/* Appends the options of --help. */
void config_help(struct buf *out);
/* Appends the table as hostqd.conf(5) has it, and for Markdown. */
void config_mdoc(struct buf *out);
void config_markdown(struct buf *out);

/* The table. */
const struct setting *config_settings(void);

#endif
