/* head.h - gathers the headers of an HTTP reply, a line at a time as they come.
 * Pure. */
#ifndef HOSTQ_WIRE_HEAD_H
#define HOSTQ_WIRE_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define HEAD_CAP ((size_t)64 * 1024) /* bytes of all lines together */

struct head {
    struct buf text; /* "Name: value\n" a line, as reply_header() reads it */
    bool done;       /* the empty line after the headers came */
};

void head_init(struct head *h);
void head_fini(struct head *h);
void head_clear(struct head *h);
/* One line with its end. A status line starts a reply anew: what stood before
 * was of a "100 Continue" or of a proxy. Left out: what is no header, lines
 * with a NUL or another line in them, lines that do not fit, trailers. */
void head_add(struct head *h, const char *line, size_t len);

#endif
