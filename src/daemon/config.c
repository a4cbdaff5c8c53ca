/* config.c - where the values of the settings come from: one pass over file,
 * environment and command line, all through setting_set(). */
#include "daemon/config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "core/mem.h"
#include "io/boot.h"
#include "sys/log.h"

enum {
    ERRORS_CAP = 64 * 1024, /* bytes of a report */
    PATH_BYTES = 4095,
    /* inih's buffer has room for CR, LF and NUL. */
    LINE_BYTES = INI_MAX_LINE - 3,
};

/* One pass over all sources. */
struct load {
    struct config *cfg;
    struct buf *errors; /* a line each; nothing added = all is well */
    const char *file;
    int line;
    int lines[CONFIG_SETTINGS]; /* where the file has it; 0 = not */
};

static const struct setting *
setting(int i)
{
    return &config_settings()[i];
}

/* Index in the table, or -1; '-' counts as '_'. */
static int
find(const char *name, size_t len)
{
    for (int i = 0; i < CONFIG_SETTINGS; i++) {
        const char *n = setting(i)->name;
        size_t k = 0;
        while (k < len && n[k] &&
               (n[k] == name[k] || (n[k] == '_' && name[k] == '-')))
            k++;
        if (k == len && n[k] == '\0')
            return i;
    }
    return -1;
}

static void
set(struct load *l, int i, const char *where, const char *value)
{
    struct err err;

    if (setting_set(setting(i), l->cfg, value, &err) < 0) {
        buf_printf(l->errors, "%s: %s\n", where, err.text);
        return;
    }
    free(l->cfg->from[i]);
    l->cfg->from[i] = mem_dup(where);
}

/* inih's handler for one `name = value`. */
static int
from_line(void *arg, const char *section, const char *name, const char *value)
{
    struct load *l = arg;
    int i = find(name, strlen(name));
    char where[PATH_BYTES + 20];

    (void)section;
    (void)snprintf(where, sizeof(where), "%s:%d", l->file, l->line);
    if (i < 0) {
        buf_printf(l->errors, "%s: there is no setting '%.100s'\n", where,
                   name);
    } else if (l->lines[i] > 0) {
        buf_printf(l->errors, "%s: %s is set in line %d already\n", where, name,
                   l->lines[i]);
    } else {
        l->lines[i] = l->line;
        set(l, i, where, value);
    }
    return 1;
}

/* Each line is a text of its own for inih: so every bad one is found, an
 * indented one continues nothing, and sections do not matter. */
static void
read_line(struct load *l, char *line, size_t len)
{
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        line[--len] = '\0';
    if (strlen(line) != len)
        buf_printf(l->errors, "%s:%d: has a NUL byte\n", l->file, l->line);
    else if (len > LINE_BYTES)
        buf_printf(l->errors, "%s:%d: is longer than %d bytes\n", l->file,
                   l->line, LINE_BYTES);
    else if (ini_parse_string(line, from_line, l) != 0)
        buf_printf(l->errors, "%s:%d: is not of the form name = value\n",
                   l->file, l->line);
}

static void
read_file(struct load *l, const char *path)
{
    FILE *file = fopen(path, "re");
    CLEANUP_FREE char *line = NULL;
    size_t room = 0;
    ssize_t len;

    if (!file) {
        buf_printf(l->errors, "%s: %s\n", path, strerror(errno));
        return;
    }
    l->file = path;
    while ((len = getline(&line, &room, file)) >= 0) {
        l->line++;
        read_line(l, line, (size_t)len);
    }
    if (ferror(file))
        buf_printf(l->errors, "%s: %s\n", path, strerror(errno));
    (void)fclose(file);
}

static void
read_files(struct load *l, const char *path)
{
    if (!path)
        path = getenv("HOSTQ_CONFIG");
    if (!path && access(CONFIG_FILE, F_OK) == 0)
        path = CONFIG_FILE;
    if (path && *path)
        read_file(l, path);
}

static void
read_environment(struct load *l)
{
    for (int i = 0; i < CONFIG_SETTINGS; i++) {
        char name[64], where[80];
        (void)snprintf(name, sizeof(name), "HOSTQ_%s", setting(i)->name);
        for (char *c = name; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        const char *value = getenv(name);
        if (!value)
            continue;
        (void)snprintf(where, sizeof(where), "environment %s", name);
        set(l, i, where, value);
    }
}

static void
read_flag(struct load *l, const char *flag)
{
    size_t len = strcspn(flag, "=");
    int i = strncmp(flag, "--", 2) == 0 ? find(flag + 2, len - 2) : -1;
    char where[80];

    if (i < 0) {
        buf_printf(l->errors, "%.*s: there is no such option\n", (int)len,
                   flag);
    } else if (flag[len] == '\0') {
        buf_printf(l->errors, "%s: needs a value: %s=VALUE\n", flag, flag);
    } else {
        (void)snprintf(where, sizeof(where), "option --%s", setting(i)->name);
        set(l, i, where, flag + len + 1);
    }
}

/* Defaults that the machine knows; they pass the same checks. */
static void
fill_in(struct load *l)
{
    struct config *cfg = l->cfg;
    char host[256] = "", boot[37] = "";
    struct err err;

    (void)gethostname(host, sizeof(host) - 1);
    if (cfg->host[0] == '\0')
        set(l, find("host", 4), "default, the machine's host name", host);
    if (cfg->boot_id[0] == '\0') {
        if (boot_id(boot, &err) < 0)
            buf_printf(l->errors, "boot_id: %s\n", err.text);
        set(l, find("boot_id", 7), "default, the kernel's boot id", boot);
    }
    if (cfg->host[0] == '\0')
        buf_printf(l->errors,
                   "host: must be set, as the machine has no host name\n");
    if (cfg->name[0] == '\0')
        set(l, find("name", 4), "default, the host", cfg->host);
}

struct config *
config_load(const struct config_source *source, struct buf *errors)
{
    struct load l = {.cfg = mem_zero(1, sizeof(struct config)),
                     .errors = errors};
    size_t before = errors->len;

    for (int i = 0; i < CONFIG_SETTINGS; i++)
        set(&l, i, "default", setting(i)->dflt);
    read_files(&l, source->file);
    read_environment(&l);
    for (int i = 0; i < source->count; i++)
        read_flag(&l, source->flags[i]);
    fill_in(&l);
    if (errors->len > before || !buf_ok(errors)) {
        config_free(l.cfg);
        return NULL;
    }
    return l.cfg;
}

void
config_free(struct config *cfg)
{
    while (cfg) {
        struct config *before = cfg->before;
        for (int i = 0; i < CONFIG_SETTINGS; i++) {
            setting_fini(setting(i), cfg);
            free(cfg->from[i]);
        }
        free(cfg);
        cfg = before;
    }
}

static void
log_mistakes(const char *errors)
{
    while (*errors) {
        char line[1024];
        size_t len = strcspn(errors, "\n");
        (void)snprintf(line, sizeof(line), "%.*s", (int)len, errors);
        log_event(LOG_ERROR, "config.refused", "error=%s", log_quote(line));
        errors += len + (errors[len] == '\n');
    }
}

/* One setting that is not what it was: takes it over (true) or leaves it. */
static bool
take_over(const struct setting *s, const struct config *old,
          struct config *next)
{
    CLEANUP_BUF struct buf was = BUF_INIT(PATH_BYTES + 1);
    CLEANUP_BUF struct buf is = BUF_INIT(PATH_BYTES + 1);
    bool reload = s->flags & SETTING_RELOAD;

    setting_print(s, old, &was);
    setting_print(s, next, &is);
    log_event(reload ? LOG_INFO : LOG_WARN,
              reload ? "config.changed" : "config.needs_restart",
              "name=%s from=%s to=%s", s->name, log_quote(buf_str(&was)),
              log_quote(buf_str(&is)));
    if (!reload)
        setting_copy(s, next, old);
    return reload;
}

struct config *
config_reload(struct config **old, const struct config_source *source)
{
    CLEANUP_BUF struct buf errors = BUF_INIT(ERRORS_CAP);
    struct config *next = config_load(source, &errors);
    bool changed = false;

    if (!next) {
        log_mistakes(buf_str(&errors));
        return NULL;
    }
    for (int i = 0; i < CONFIG_SETTINGS; i++)
        if (!setting_same(setting(i), *old, next) &&
            take_over(setting(i), *old, next))
            changed = true;
    if (!changed) {
        config_free(next);
        return NULL;
    }
    next->before = *old;
    *old = NULL;
    return next;
}
