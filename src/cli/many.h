/* many.h - a file of requests: a JSON list, or one object per line. The
 * requests are taken out as they were written, so that numbers arrive in the
 * database unchanged. */
#ifndef HOSTQ_CLI_MANY_H
#define HOSTQ_CLI_MANY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct many {
    const char *at;      /* what is left; owned by the caller */
    const char *counted; /* lines up to here are in `line` */
    size_t line;
    bool list; /* a JSON list */
};

struct many_item {
    const char *text; /* not ended by a NUL */
    size_t len;
    size_t line; /* where it begins, from 1 */
};

/* Begins with text, which input_read_new() gave, and refuses what is no JSON
 * or cannot be stored (input_json_new()). *count: how many requests. */
int many_open(struct many *m, const char *text, size_t len, const char *what,
              size_t *count, struct err *err);

/* The next request; false at the end. */
bool many_next(struct many *m, struct many_item *item);

#endif
