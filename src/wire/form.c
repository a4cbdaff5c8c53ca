/* form.c - see form.h. */
#include "wire/form.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool
form_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' ||
           c == '~';
}

void
form_encode(struct buf *out, const char *data, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t run = i;
        while (run < len && form_unreserved(data[run]))
            run++;
        buf_put(out, data + i, run - i);
        i = run;
        if (i == len)
            break;
        if (data[i] == ' ')
            buf_putc(out, '+');
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)data[i]);
        i++;
    }
}

static void
encode_text(struct buf *out, const char *text)
{
    form_encode(out, text, strlen(text));
}

void
form_begin(struct buf *out, const char *action, const char *version)
{
    buf_puts(out, "Action=");
    encode_text(out, action);
    form_add(out, "Version", version);
}

void
form_add(struct buf *out, const char *name, const char *value)
{
    buf_putc(out, '&');
    encode_text(out, name);
    buf_putc(out, '=');
    encode_text(out, value);
}

void
form_add_int(struct buf *out, const char *name, int64_t value)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, value);
    form_add(out, name, text);
}

void
form_addf(struct buf *out, const char *value, const char *name_fmt, ...)
{
    char name[FORM_NAME_MAX + 1];
    va_list ap;

    va_start(ap, name_fmt);
    int n = vsnprintf(name, sizeof name, name_fmt, ap);
    va_end(ap);
    if (n < 0 || n > FORM_NAME_MAX)
        out->broken = true;
    else
        form_add(out, name, value);
}
