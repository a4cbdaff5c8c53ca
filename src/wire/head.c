/* head.c - see head.h. A server, or whoever stands between, writes the lines.
 */
#include "wire/head.h"

#include <string.h>

void
head_init(struct head *h)
{
    buf_init(&h->text, HEAD_CAP);
    h->done = false;
}

void
head_fini(struct head *h)
{
    buf_fini(&h->text);
    h->done = false;
}

void
head_clear(struct head *h)
{
    buf_clear(&h->text);
    h->done = false;
}

static bool
is_header(const char *line, size_t len)
{
    return memchr(line, ':', len) != NULL && memchr(line, '\0', len) == NULL &&
           memchr(line, '\n', len) == NULL;
}

void
head_add(struct head *h, const char *line, size_t len)
{
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        head_clear(h);
        return;
    }
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        len--;
    if (!h->done && len > 0 && is_header(line, len) &&
        len < h->text.cap - h->text.len) {
        buf_put(&h->text, line, len);
        buf_putc(&h->text, '\n');
    }
    h->done = h->done || len == 0;
}
