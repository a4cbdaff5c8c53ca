/* fuzz_form.c - names and values, each up to the next NUL: what a server
 * decodes from the body is what was put in, and a body has only the bytes that
 * urlencode writes. The first byte is the cap, 0 = as much as it takes. */
#include "wire/form.h"

#include <string.h>

#include "fuzz.h"

static int
hex_digit(char c)
{
    MUST((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'));
    return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* Decodes up to a '&' or '=' or the end; moves *at there. */
static void
decode(const char **at, struct buf *out)
{
    const char *p = *at;

    for (; *p != '\0' && *p != '&' && *p != '='; p++) {
        char c = *p;
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            c = (char)(hex_digit(p[1]) * 16 + hex_digit(p[2]));
            p += 2;
            MUST(c != ' ' && !form_unreserved(c));
        } else {
            MUST(form_unreserved(c));
        }
        buf_putc(out, c);
    }
    *at = p;
}

static void
must_decode_to(const char **at, const char *text, size_t len)
{
    struct buf b = BUF_INIT(SIZE_MAX / 2);

    decode(at, &b);
    MUST(b.len == len && memcmp(buf_str(&b), text, len) == 0);
    buf_fini(&b);
}

static const char *
next_text(const char *at, const char *end)
{
    const char *after = at + strlen(at) + 1;

    return after < end ? after : end;
}

/* text ends with a NUL at end. */
static void
names_and_values(const char *text, const char *end, size_t cap)
{
    struct buf b = BUF_INIT(cap);

    form_begin(&b, "A", "1");
    for (const char *name = text; name < end;) {
        const char *value = next_text(name, end);
        form_add(&b, name, value);
        form_addf(&b, value, "%.200s", name);
        name = next_text(value, end);
    }
    MUST(b.len <= cap);
    MUST(buf_ok(&b) || cap < 256);
    const char *at = buf_str(&b);
    if (buf_ok(&b)) {
        MUST(strncmp(at, "Action=A&Version=1", 18) == 0);
        at += 18;
        for (const char *name = text; name < end;) {
            const char *value = next_text(name, end);
            for (int i = 0; i < 2; i++) {
                MUST(*at++ == '&');
                must_decode_to(&at, name,
                               i ? strnlen(name, 200) : strlen(name));
                MUST(*at++ == '=');
                must_decode_to(&at, value, strlen(value));
            }
            name = next_text(value, end);
        }
        MUST(*at == '\0');
    }
    buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = malloc(size);
    struct buf b = BUF_INIT(3 * size);

    MUST(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    form_encode(&b, text, size - 1);
    MUST(buf_ok(&b));
    const char *at = buf_str(&b);
    must_decode_to(&at, text, size - 1);
    MUST(*at == '\0');
    buf_fini(&b);
    names_and_values(text, text + size - 1,
                     data[0] ? data[0] : 12 * size + 100);
    free(text);
    return 0;
}
