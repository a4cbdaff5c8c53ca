/* fuzz_head.c - lines as a server sends them: they are gathered within the
 * cap, one header a line, and every one is found again by its name. */
#include <string.h>
#include <strings.h>

#include "core/call.h"
#include "fuzz.h"
#include "wire/head.h"

/* The first line of that name, looked for in another way. */
static const char *
first_of(const char *text, const char *name, size_t n)
{
    while (*text != '\0') {
        if (strncasecmp(text, name, n) == 0 && text[n] == ':')
            return text;
        text = strchr(text, '\n') + 1;
    }
    return NULL;
}

static void
must_find(const struct reply *r, const char *line)
{
    const char *end = strchr(line, '\n'), *colon = strchr(line, ':');
    size_t n = (size_t)(colon - line), len = 0;
    char *name = strndup(line, n);

    MUST(name != NULL);
    const char *value = reply_header(r, name, &len);
    const char *first = first_of(r->headers, name, n);
    MUST(value != NULL && first != NULL && first <= line);
    end = strchr(first, '\n');
    MUST(value > first + n && value + len <= end);
    MUST(len == 0 || !strchr(" \t", value[0]));
    MUST(len == 0 || !strchr(" \t", value[len - 1]));
    MUST(strspn(first + n + 1, " \t") + len <= (size_t)(end - first - 1) - n);
    for (const char *p = value + len; p < end; p++)
        MUST(*p == ' ' || *p == '\t');
    free(name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data;
    struct reply r;
    struct head h;
    size_t len = 0;

    head_init(&h);
    reply_init(&r);
    while (size > 0) {
        const char *end = memchr(at, '\n', size);
        size_t n = end != NULL ? (size_t)(end - at) + 1 : size;
        head_add(&h, at, n);
        MUST(buf_ok(&h.text) && h.text.len <= HEAD_CAP);
        at += n;
        size -= n;
    }
    MUST(strlen(buf_str(&h.text)) == h.text.len);
    r.headers = buf_take(&h.text);
    for (const char *line = r.headers; *line != '\0';) {
        const char *end = strchr(line, '\n');
        MUST(end != NULL && memchr(line, ':', (size_t)(end - line)) != NULL);
        MUST(strncmp(line, "HTTP/", 5) != 0);
        must_find(&r, line);
        line = end + 1;
    }
    MUST(reply_header(&r, "no such header", &len) == NULL ||
         strcasestr(r.headers, "no such header:") != NULL);
    reply_fini(&r);
    head_fini(&h);
    return 0;
}
