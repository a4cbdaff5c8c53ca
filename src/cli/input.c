/* input.c - see input.h. The input's text itself goes to the database, so
 * numbers arrive there as they were written; parsing here only judges. */
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "core/mem.h"

#define PATH_CAP 512        /* of a path in an error text */
#define CHUNK 65536         /* bytes of one read */
#define MARK "\xef\xb7\x90" /* U+FDD0, never used in text: a bad byte */

const char *
input_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static int
read_all(int fd, const char *path, struct buf *b, struct err *err)
{
    CLEANUP_FREE char *chunk = mem_zero(CHUNK, 1);

    for (;;) {
        ssize_t n = read(fd, chunk, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, E_USAGE, "cannot read '%s': %s", path,
                           strerror(errno));
        if (n == 0)
            return 0;
        buf_put(b, chunk, (size_t)n);
        if (!buf_ok(b))
            return err_set(err, E_USAGE, "'%s' is longer than %zu bytes", path,
                           INPUT_MAX);
    }
}

char *
input_read_new(const char *path, size_t *len, struct err *err)
{
    bool standard = strcmp(path, "-") == 0;
    CLEANUP_FD int own = -1;
    CLEANUP_BUF struct buf b = BUF_INIT(INPUT_MAX);

    if (!standard) {
        own = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (own < 0) {
            (void)err_set(err, E_USAGE, "cannot open '%s': %s", path,
                          strerror(errno));
            return NULL;
        }
    }
    if (read_all(standard ? STDIN_FILENO : own, input_name(path), &b, err) != 0)
        return NULL;
    size_t skip = b.len >= 3 && memcmp(b.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    char *text = mem_zero(b.len - skip + 1, 1);
    if (b.len != skip)
        memcpy(text, b.data + skip, b.len - skip);
    *len = b.len - skip;
    return text;
}

/* Bytes of the well-formed character at s, or 0. */
static size_t
character(const unsigned char *s, size_t len)
{
    size_t n = s[0] < 0x80                    ? 1
               : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
               : (s[0] & 0xf0) == 0xe0        ? 3
               : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
                                              : 0;

    if (n == 0 || n > len)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

bool
input_is_utf8(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;

    while (len > 0) {
        size_t n = character(s, len);
        if (n == 0)
            return false;
        s += n;
        len -= n;
    }
    return true;
}

/* Copies text with `mark` for every bad byte. */
static void
put_marked(struct buf *b, const char *text, size_t len, const char *mark)
{
    const unsigned char *s = (const unsigned char *)text;

    while (len > 0) {
        size_t n = character(s, len);
        if (n != 0)
            buf_put(b, s, n);
        else
            buf_puts(b, mark);
        n = n != 0 ? n : 1;
        s += n;
        len -= n;
    }
}

char *
input_clean_new(const char *text)
{
    struct buf b = BUF_INIT(INPUT_MAX);

    put_marked(&b, text, strlen(text), "?");
    char *clean = buf_take(&b);
    return clean != NULL ? clean : mem_dup("");
}

static bool is_bad(json_t *value, const char *bad, size_t len,
                   struct buf *path);

static bool
is_bad_array(json_t *value, const char *bad, size_t len, struct buf *path)
{
    size_t i, keep = path->len;
    json_t *v;

    json_array_foreach(value, i, v)
    {
        buf_printf(path, "[%zu]", i);
        if (is_bad(v, bad, len, path))
            return true;
        path->len = keep;
    }
    return false;
}

static bool
is_bad_object(json_t *value, const char *bad, size_t len, struct buf *path)
{
    size_t keep = path->len;
    const char *key;
    json_t *v;

    json_object_foreach(value, key, v)
    {
        buf_printf(path, "%s%.64s", keep != 0 ? "." : "", key);
        if (memmem(key, strlen(key), bad, len) != NULL ||
            is_bad(v, bad, len, path))
            return true;
        path->len = keep;
    }
    return false;
}

/* Does a string within value hold `bad`? Then path leads to it. */
static bool
is_bad(json_t *value, const char *bad, size_t len, struct buf *path)
{
    if (json_is_string(value))
        return memmem(json_string_value(value), json_string_length(value), bad,
                      len) != NULL;
    if (json_is_array(value))
        return is_bad_array(value, bad, len, path);
    return json_is_object(value) && is_bad_object(value, bad, len, path);
}

static int
refuse_bad_utf8(const char *text, size_t len, const char *what, struct err *err)
{
    CLEANUP_BUF struct buf marked = BUF_INIT(3 * INPUT_MAX + 1);
    CLEANUP_BUF struct buf path = BUF_INIT(PATH_CAP);

    put_marked(&marked, text, len, MARK);
    CLEANUP_JSON json_t *json = json_loadb(
        buf_str(&marked), marked.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (json == NULL || !is_bad(json, MARK, strlen(MARK), &path) ||
        path.len == 0)
        return err_set(err, E_USAGE, "%s is not valid UTF-8", what);
    return err_set(err, E_USAGE, "%s: '%s' is not valid UTF-8", what,
                   buf_str(&path));
}

json_t *
input_load_new(const char *text, size_t len, json_error_t *why)
{
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_t *json = json_loadb(text, len, flags, why);

    if (json == NULL && json_error_code(why) == json_error_numeric_overflow)
        json = json_loadb(text, len, flags | JSON_DECODE_INT_AS_REAL, why);
    return json;
}

static bool
is_blank(const char *text, size_t len)
{
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL &&
           text[len - 1] != '\0')
        len--;
    return len == 0;
}

json_t *
input_json_new(const char *text, size_t len, const char *what, struct err *err)
{
    CLEANUP_BUF struct buf path = BUF_INIT(PATH_CAP);
    json_error_t why;

    if (is_blank(text, len)) {
        (void)err_set(err, E_USAGE, "%s is empty, not JSON", what);
        return NULL;
    }
    if (!input_is_utf8(text, len)) {
        (void)refuse_bad_utf8(text, len, what, err);
        return NULL;
    }
    json_t *json = input_load_new(text, len, &why);
    if (json == NULL) {
        (void)err_set(err, E_USAGE, "%s is not JSON: line %d column %d: %s",
                      what, why.line, why.column, why.text);
        return NULL;
    }
    if (is_bad(json, "", 1, &path)) {
        (void)err_set(err, E_USAGE,
                      "%s: '%s' holds \\u0000, which cannot be stored", what,
                      path.len != 0 ? buf_str(&path) : "");
        json_decref(json);
        return NULL;
    }
    return json;
}
