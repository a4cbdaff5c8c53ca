/* setting.h - one line of the table of settings: what may be written and how
 * it is read. Values live in a struct of the caller, found by offset. */
#ifndef HOSTQ_DAEMON_SETTING_H
#define HOSTQ_DAEMON_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum setting_type {
    SETTING_STRING,   /* char *, owned, never NULL; min and max in bytes */
    SETTING_INT,      /* int64_t */
    SETTING_DURATION, /* usec_t; min and max too */
    SETTING_BOOL,     /* bool: yes or no */
    SETTING_ENUM,     /* int: index in words */
};

enum setting_flags {
    SETTING_RELOAD = 1, /* may change at HUP */
    SETTING_SECRET = 2, /* never shown */
};

struct setting {
    const char *name;
    enum setting_type type;
    size_t offset;
    const char *dflt; /* as it would be written */
    int64_t min, max;
    unsigned flags;
    const char *help;         /* one sentence or two, no final newline */
    const char *dflt_help;    /* what the default means; NULL: itself */
    const char *const *words; /* SETTING_ENUM: ends with NULL */
    /* What is wrong with a string, or NULL = nothing; err gets the text. */
    int (*check)(const char *value, struct err *err);
};

/* Reads value into the struct at base; on error nothing changes and err
 * names setting, value and limit. E_USAGE. */
int setting_set(const struct setting *s, void *base, const char *value,
                struct err *err);
/* Appends the value as it would be written; hides a secret one. */
void setting_print(const struct setting *s, const void *base, struct buf *out);
/* Appends what may be written: "1 to 100000", "1s to 1h", "error, warn...";
 * nothing for a string. */
void setting_limits(const struct setting *s, struct buf *out);
/* Are the two values the same? */
bool setting_same(const struct setting *s, const void *a, const void *b);
/* Copies the value; frees the string that was there. */
void setting_copy(const struct setting *s, void *to, const void *from);
/* Frees a string; anything else is left as it is. */
void setting_fini(const struct setting *s, void *base);

#endif
