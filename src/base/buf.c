#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_init(struct buf *b, size_t cap_bytes)
{
    *b = (struct buf)BUF_INIT(cap_bytes);
}

void
buf_fini(struct buf *b)
{
    free(b->data);
    buf_init(b, b->cap);
}

void
buf_clear(struct buf *b)
{
    b->len = 0;
    b->broken = false;
    if (b->data)
        b->data[0] = '\0';
}

bool
buf_ok(const struct buf *b)
{
    return !b->broken;
}

/* Room for more bytes and the NUL; false: over the cap. */
static bool
reserve(struct buf *b, size_t more)
{
    if (b->broken || more > b->cap - b->len) {
        b->broken = true;
        return false;
    }
    size_t need = b->len + more + 1;
    if (need <= b->room)
        return true;
    size_t room = b->room ? b->room : 64;
    while (room < need)
        room *= 2;
    b->data = realloc(b->data, room);
    if (!b->data)
        abort();
    b->room = room;
    return true;
}

void
buf_put(struct buf *b, const void *data, size_t len)
{
    if (len == 0 || !reserve(b, len))
        return;
    memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *text)
{
    buf_put(b, text, strlen(text));
}

void
buf_putc(struct buf *b, char c)
{
    buf_put(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        b->broken = true;
    else if (n > 0 && reserve(b, (size_t)n)) {
        (void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

const char *
buf_str(const struct buf *b)
{
    return b->data ? b->data : "";
}

char *
buf_take(struct buf *b)
{
    char *out = b->data;
    if (b->broken) {
        buf_fini(b);
        return NULL;
    }
    if (!out)
        out = calloc(1, 1);
    if (!out)
        abort();
    buf_init(b, b->cap);
    return out;
}
