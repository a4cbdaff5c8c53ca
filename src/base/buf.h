/* buf.h - a growable string with a cap; the only string builder.
 *
 * A buffer that would pass its cap, or was given bad input, becomes broken:
 * every later append is a no-op, and buf_ok() says so once at the end. Out of
 * memory aborts (architecture.md 3.7). */
#ifndef HOSTQ_BASE_BUF_H
#define HOSTQ_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data;  /* always NUL-terminated once anything was appended */
    size_t len;  /* bytes without the NUL */
    size_t cap;  /* most bytes that len may reach */
    size_t room; /* bytes allocated */
    bool broken;
};

#define BUF_INIT(cap_bytes)                                                    \
    {                                                                          \
        NULL, 0, (cap_bytes), 0, false                                         \
    }

void buf_init(struct buf *b, size_t cap_bytes);
void buf_fini(struct buf *b);
void buf_clear(struct buf *b);
bool buf_ok(const struct buf *b);
void buf_put(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The text (never NULL; "" while empty); valid until the next change. */
const char *buf_str(const struct buf *b);
/* Moves the string out (caller frees); the buffer is empty afterwards.
 * NULL if the buffer was broken. */
char *buf_take(struct buf *b);

#endif
