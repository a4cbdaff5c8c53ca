#include "db/bind.h"

#include <stdlib.h>
#include <string.h>

/* A group is bounded by its row count; this only stops runaway growth. */
static const size_t BIND_CAP = (size_t)512 << 20;

void
bind_init(struct bind *a)
{
    buf_init(&a->b, BIND_CAP);
    a->some = false;
    buf_putc(&a->b, '{');
}

void
bind_fini(struct bind *a)
{
    buf_fini(&a->b);
}

static void
comma(struct bind *a)
{
    if (a->b.len > 1)
        buf_putc(&a->b, ',');
}

void
bind_null(struct bind *a)
{
    comma(a);
    buf_puts(&a->b, "NULL");
}

void
bind_int(struct bind *a, int64_t v)
{
    char digits[24];
    char *p = digits + sizeof digits;
    uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
    do
        *--p = (char)('0' + u % 10);
    while ((u /= 10) > 0);
    if (v < 0)
        *--p = '-';
    comma(a);
    a->some = true;
    buf_put(&a->b, p, (size_t)(digits + sizeof digits - p));
}

void
bind_bool(struct bind *a, bool v)
{
    comma(a);
    a->some = true;
    buf_putc(&a->b, v ? 't' : 'f');
}

void
bind_str(struct bind *a, const char *v)
{
    if (!v) {
        bind_null(a);
        return;
    }
    comma(a);
    a->some = true;
    buf_putc(&a->b, '"');
    while (*v) {
        size_t plain = strcspn(v, "\"\\");
        buf_put(&a->b, v, plain);
        v += plain;
        if (*v) {
            buf_putc(&a->b, '\\');
            buf_putc(&a->b, *v++);
        }
    }
    buf_putc(&a->b, '"');
}

void
bind_bytes(struct bind *a, const void *v, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *p = v;
    if (!v) {
        bind_null(a);
        return;
    }
    comma(a);
    a->some = true;
    buf_puts(&a->b, "\"\\\\x");
    for (size_t i = 0; i < len; i++) {
        char two[2] = {hex[p[i] >> 4], hex[p[i] & 15]};
        buf_put(&a->b, two, 2);
    }
    buf_putc(&a->b, '"');
}

const char *
bind_done(struct bind *a)
{
    buf_putc(&a->b, '}');
    if (!buf_ok(&a->b))
        abort();
    return buf_str(&a->b);
}

const char *
bind_done_some(struct bind *a)
{
    return a->some ? bind_done(a) : NULL;
}
