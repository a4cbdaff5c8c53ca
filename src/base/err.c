#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef err_set
#undef err_wrap

/* A text that did not fit ends in '+', and never in half a character. */
static void
mark_cut(struct err *err)
{
    size_t at = sizeof err->text - 2;
    while (at > 0 && ((unsigned char)err->text[at] & 0xC0) == 0x80)
        at--;
    err->text[at] = '+';
    err->text[at + 1] = '\0';
}

static void __attribute__((format(printf, 2, 0)))
put(struct err *err, const char *fmt, va_list ap)
{
    int n = vsnprintf(err->text, sizeof err->text, fmt, ap);
    if (n >= (int)sizeof err->text)
        mark_cut(err);
}

int
err_set(struct err *err, enum errcode code, const char *fmt, ...)
{
    va_list ap;
    if (!err)
        return -1;
    err->code = code;
    va_start(ap, fmt);
    put(err, fmt, ap);
    va_end(ap);
    return -1;
}

int
err_wrap(struct err *err, const char *fmt, ...)
{
    char was[sizeof err->text];
    va_list ap;
    if (!err)
        return -1;
    memcpy(was, err->text, sizeof was);
    va_start(ap, fmt);
    put(err, fmt, ap);
    va_end(ap);
    size_t len = strlen(err->text);
    int n = snprintf(err->text + len, sizeof err->text - len, ": %s", was);
    if (n >= (int)(sizeof err->text - len))
        mark_cut(err);
    return -1;
}

const char *
err_name(enum errcode code)
{
    switch (code) {
#define X(c, status, text)                                                     \
    case c:                                                                    \
        return text;
        ERR_CODES(X)
#undef X
    }
    return "unknown";
}
