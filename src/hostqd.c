/* hostqd.c - the daemon's main program: options, the list of parts that are
 * started in order and ended in reverse, and the loop that waits for signals
 * between. It decides nothing about requests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "core/states.h"
#include "daemon/config.h"
#include "daemon/daemon.h"
#include "daemon/metrics.h"
#include "daemon/notify.h"
#include "daemon/signals.h"
#include "daemon/web.h"
#include "sys/log.h"

#define TEXT_CAP (256 * 1024) /* of anything that is printed */

enum mode { MODE_RUN, MODE_HELP, MODE_VERSION, MODE_CHECK, MODE_SHOW };

struct hostqd {
    enum mode mode;
    struct config_source source;
    struct config *cfg;
    struct web *web; /* NULL: off */
    struct daemon *daemon;
    int status; /* exit status */
};

static const char usage[] =
    "Usage: hostqd [--config FILE] [--SETTING=VALUE ...]\n"
    "       hostqd --check-config | --show-config [--config FILE] ...\n"
    "       hostqd --help | --version\n"
    "       hostqd states --mermaid | --json\n"
    "       hostqd settings --mdoc | --markdown\n"
    "       hostqd metrics --mdoc\n"
    "\n"
    "Runs requests of the queue in a PostgreSQL database; see hostqd(8).\n"
    "Each setting may stand in the file (slots = 10), in the environment\n"
    "(HOSTQ_SLOTS=10) or on the command line (--slots=10); the last wins.\n"
    "\n"
    "Settings (HUP: read again at SIGHUP):\n";

/* What the tables of the program look like in documents. */
static void
put_mermaid(struct buf *out)
{
    CLEANUP_FREE char *text = states_mermaid_new();
    buf_puts(out, text);
}

static void
put_json(struct buf *out)
{
    CLEANUP_FREE char *text = states_json_new();
    buf_printf(out, "%s\n", text);
}

static const struct document {
    const char *word, *option;
    void (*put)(struct buf *out);
} documents[] = {
    {"states", "--mermaid", put_mermaid},
    {"states", "--json", put_json},
    {"settings", "--mdoc", config_mdoc},
    {"settings", "--markdown", config_markdown},
    {"metrics", "--mdoc", metrics_mdoc},
};

static int
complain(const char *text)
{
    (void)fprintf(stderr, "hostqd: %s\n", text);
    return E_USAGE;
}

static int
print(struct buf *out)
{
    if (buf_ok(out) && fputs(buf_str(out), stdout) >= 0 && fflush(stdout) == 0)
        return 0;
    (void)complain("cannot write the output");
    return E_FAILED;
}

static int
print_document(const char *word, const char *option)
{
    CLEANUP_BUF struct buf out = BUF_INIT(TEXT_CAP);

    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        if (strcmp(documents[i].word, word) == 0 && option &&
            strcmp(documents[i].option, option) == 0) {
            documents[i].put(&out);
            return print(&out);
        }
    }
    return complain("no such command; see hostqd --help");
}

/* Splits the command line into our own options and flags of settings; these
 * are moved to its front. */
static int
read_options(struct hostqd *h, int argc, char **argv)
{
    static const struct {
        const char *option;
        enum mode mode;
    } modes[] = {
        {"--help", MODE_HELP},
        {"--version", MODE_VERSION},
        {"--check-config", MODE_CHECK},
        {"--show-config", MODE_SHOW},
    };

    char **flags = argv + 1;
    h->source.flags = (const char *const *)flags;
    for (int i = 1; i < argc; i++) {
        size_t m = 0;
        while (m < 4 && strcmp(modes[m].option, argv[i]) != 0)
            m++;
        if (m < 4)
            h->mode = modes[m].mode;
        else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            h->source.file = argv[++i];
        else if (strncmp(argv[i], "--config=", 9) == 0)
            h->source.file = argv[i] + 9;
        else if (strncmp(argv[i], "--", 2) == 0 && argv[i][2] != '\0')
            flags[h->source.count++] = argv[i];
        else
            return complain("arguments are --NAME=VALUE; see hostqd --help");
    }
    return 0;
}

/* The settings, or exit status 2 with every mistake on a line. */
static int
load(struct hostqd *h)
{
    CLEANUP_BUF struct buf errors = BUF_INIT(TEXT_CAP);

    h->cfg = config_load(&h->source, &errors);
    if (h->cfg && config_check(h->cfg, &errors) == 0)
        return 0;
    const char *text = buf_str(&errors);
    while (*text) {
        size_t len = strcspn(text, "\n");
        (void)fprintf(stderr, "hostqd: %.*s\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
    return E_USAGE;
}

static int
start_log(struct hostqd *h, struct err *err)
{
    const char *file = h->cfg->log_file;

    if (log_open(*file ? file : NULL, (enum log_level)h->cfg->log_level, err) <
        0)
        return -1;
    log_event(LOG_INFO, "hostqd.started", "version=%s pid=%ld name=%s",
              PACKAGE_VERSION, (long)getpid(), h->cfg->name);
    return 0;
}

static void
stop_log(struct hostqd *h)
{
    log_event(LOG_INFO, "hostqd.ended", "status=%d", h->status);
}

static int
open_web(struct hostqd *h, struct err *err)
{
    if (h->cfg->metrics_listen[0] == '\0')
        return 0;
    h->web = web_open(h->cfg->metrics_listen, err);
    return h->web ? 0 : -1;
}

static void
close_web(struct hostqd *h)
{
    web_close(h->web);
}

static int
start_daemon(struct hostqd *h, struct err *err)
{
    h->daemon = daemon_start(h->cfg, err);
    return h->daemon ? 0 : -1;
}

/* The one clear line of an end that nobody asked for. */
static void
tell_failure(const struct hostqd *h, const char *why)
{
    if (h->cfg->log_file[0] != '\0')
        log_event(LOG_ERROR, "hostqd.failed", "why=%s", log_quote(why));
    (void)complain(why);
}

static void
finish_daemon(struct hostqd *h)
{
    const struct err *why = daemon_error(h->daemon);

    if (why)
        tell_failure(h, why->text);
    int status = daemon_finish(h->daemon);
    if (h->status == 0)
        h->status = status;
}

static int
health(const void *arg, struct err *err)
{
    return daemon_health(arg, err);
}

static int
serve_web(struct hostqd *h, struct err *err)
{
    return h->web ? web_serve(h->web, health, h->daemon, err) : 0;
}

static void
stop_web(struct hostqd *h)
{
    if (h->web)
        web_stop(h->web);
}

static int
tell_ready(struct hostqd *h, struct err *err)
{
    (void)h;
    (void)err;
    notify_ready();
    return 0;
}

static void
tell_stopping(struct hostqd *h)
{
    (void)h;
    notify_stopping();
}

/* Started from first to last, ended from last to first. */
static const struct part {
    int (*start)(struct hostqd *h, struct err *err);
    void (*stop)(struct hostqd *h);
} parts[] = {
    {start_log, stop_log},
    {open_web, close_web}, /* an address in use ends us before any claim */
    {start_daemon, finish_daemon},
    {serve_web, stop_web}, /* ends first: it asks the daemon */
    {tell_ready, tell_stopping},
};
enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static void
reload(struct hostqd *h)
{
    notify_reloading();
    log_reopen();
    struct config *next = config_reload(&h->cfg, &h->source);
    if (next) {
        h->cfg = next;
        log_set_level((enum log_level)next->log_level);
        daemon_reload(h->daemon, next);
    }
    log_event(LOG_INFO, "hostqd.reloaded", "changed=%s", next ? "yes" : "no");
    notify_ready();
}

/* A daemon that cannot reach its database is well enough to live; one whose
 * ledger does not turn is not. */
static void
watch(const struct hostqd *h)
{
    struct err err;

    if (daemon_health(h->daemon, &err) == 0 || err.code != E_TIMEOUT)
        notify_watchdog();
}

/* Until the daemon has ended: by two steps of signals, or by itself. */
static void
wait_for_end(struct hostqd *h)
{
    usec_t every = notify_watchdog_interval();
    bool stopping = false;

    if (every > USEC_S)
        every = USEC_S;
    while (!daemon_wait(h->daemon, 0)) {
        switch (signals_wait(every)) {
        case SIGNAL_STOP:
            if (stopping) {
                daemon_kill(h->daemon);
            } else {
                notify_stopping();
                daemon_stop(h->daemon);
            }
            stopping = true;
            break;
        case SIGNAL_RELOAD:
            reload(h);
            break;
        case SIGNAL_NONE:
            break;
        }
        watch(h);
    }
}

static int
run(struct hostqd *h)
{
    struct err err = {.code = E_FAILED, .text = ""};
    int n = 0;

    while (n < PARTS && parts[n].start(h, &err) == 0)
        n++;
    if (n == PARTS) {
        wait_for_end(h);
    } else {
        h->status = (int)err.code;
        tell_failure(h, err.text);
    }
    while (n > 0)
        parts[--n].stop(h);
    return h->status;
}

static int
obey(struct hostqd *h)
{
    CLEANUP_BUF struct buf out = BUF_INIT(TEXT_CAP);

    switch (h->mode) {
    case MODE_HELP:
        buf_puts(&out, usage);
        config_help(&out);
        return print(&out);
    case MODE_VERSION:
        buf_puts(&out, "hostqd " PACKAGE_VERSION "\n");
        return print(&out);
    case MODE_RUN:
    case MODE_CHECK:
    case MODE_SHOW:
        break;
    }
    if (load(h) != 0)
        return E_USAGE;
    if (h->mode == MODE_RUN)
        return run(h);
    if (h->mode == MODE_SHOW)
        config_print(h->cfg, &out);
    return print(&out);
}

int
main(int argc, char **argv)
{
    struct hostqd h = {.mode = MODE_RUN};

    if (argc > 1 && argv[1][0] != '-')
        return print_document(argv[1], argc == 3 ? argv[2] : NULL);
    signals_block();
    int status = read_options(&h, argc, argv);
    if (status == 0)
        status = obey(&h);
    config_free(h.cfg);
    return status;
}
