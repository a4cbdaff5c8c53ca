/* bind.h - PostgreSQL array literals for parameters, one value at a time. */
#ifndef HOSTQ_DB_BIND_H
#define HOSTQ_DB_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* A parameter that is an array. bind_init, bind_* ..., bind_text(). */
struct bind {
    struct buf b;
    bool some; /* a value that is not null */
};

void bind_init(struct bind *a);
void bind_fini(struct bind *a);
void bind_null(struct bind *a);
void bind_int(struct bind *a, int64_t v);
void bind_bool(struct bind *a, bool v);
void bind_str(struct bind *a, const char *v);               /* NULL = null */
void bind_bytes(struct bind *a, const void *v, size_t len); /* bytea */
/* The literal, valid until bind_fini. */
const char *bind_done(struct bind *a);
/* As bind_done; NULL where all values are null: unnest() of several arrays
 * takes a null one for as many nulls as it needs, and nothing is parsed. */
const char *bind_done_some(struct bind *a);

#endif
