/* outcome.c - life of an outcome, and the one writer of its text. */
#include "core/outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Length of the UTF-8 character at p, or 0 when there is none. Strings end
 * with NUL, which is no continuation byte, so nothing past the end is read. */
static size_t
utf8_length(const unsigned char *p)
{
    size_t len = 0;

    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        len = 2;
    else if ((p[0] & 0xf0) == 0xe0)
        len = 3;
    else if (p[0] >= 0xf0 && p[0] <= 0xf4)
        len = 4;
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0; /* overlong, surrogate, or past U+10FFFF */
    return len;
}

/* The text goes into jsonb and into a text column: a byte that is no UTF-8
 * (a program's output, a character cut in two) would fail the whole row. */
void
outcome_clean(char *text)
{
    unsigned char *p = (unsigned char *)text;

    while (*p != '\0') {
        size_t len = utf8_length(p);
        if (len == 0)
            *p = '?';
        p += len != 0 ? len : 1;
    }
}

void
outcome_set(struct outcome *o, enum verdict v, enum reason r, const char *fmt,
            ...)
{
    va_list args;

    o->verdict = v;
    o->reason = r;
    va_start(args, fmt);
    int len = vsnprintf(o->text, sizeof(o->text), fmt, args);
    va_end(args);
    if (len >= (int)sizeof(o->text))
        memcpy(o->text + sizeof(o->text) - 2, "+", 2);
    outcome_clean(o->text);
}

void
outcome_init(struct outcome *o)
{
    memset(o, 0, sizeof(*o));
    /* V_DONE is 0: a handler that forgets to decide must not succeed. */
    outcome_set(o, V_FAIL, R_INTERNAL, "the handler gave no verdict");
}

void
outcome_fini(struct outcome *o)
{
    json_decref(o->result);
    json_decref(o->cursor);
    json_decref(o->details);
    json_decref(o->machines);
    json_decref(o->seen);
    outcome_init(o);
}
