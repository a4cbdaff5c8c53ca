/* table.c - see table.h. Widths count characters, not bytes. */
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "core/mem.h"

#define CELL_CAP ((size_t)1 << 20) /* bytes of one shown value */

void
table_init(struct table *t, const struct column *columns)
{
    memset(t, 0, sizeof(*t));
    t->columns = columns;
    while (columns[t->width].key != NULL)
        t->width++;
}

void
table_fini(struct table *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->cells[i]);
    free(t->cells);
    t->cells = NULL;
    t->count = 0;
}

/* Control characters would let a stored text rewrite the terminal. */
static char *
harmless_new(const char *text)
{
    char *copy = mem_dup(text != NULL ? text : "");

    for (char *s = copy; *s != '\0'; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = *s == '\n' || *s == '\t' || *s == '\r' ? ' ' : '?';
    }
    /* C1 controls are two bytes in UTF-8: c2 80..9f. */
    for (char *s = copy; (s = strchr(s, 0xc2)) != NULL; s++) {
        if ((unsigned char)s[1] >= 0x80 && (unsigned char)s[1] <= 0x9f) {
            s[0] = '?';
            s[1] = '?';
        }
    }
    return copy;
}

static char *
list_new(const json_t *value)
{
    CLEANUP_BUF struct buf b = BUF_INIT(CELL_CAP);
    size_t i;
    json_t *v;

    json_array_foreach(value, i, v)
    {
        CLEANUP_FREE char *one = table_text_new(v);
        buf_printf(&b, "%s%s", i != 0 ? "," : "", one);
    }
    return mem_dup(buf_str(&b));
}

char *
table_text_new(const json_t *value)
{
    if (json_absent(value))
        return mem_dup("");
    if (json_is_string(value))
        return harmless_new(json_string_value(value));
    if (json_is_array(value))
        return list_new(value);
    CLEANUP_FREE char *text = json_text_new(value);
    return harmless_new(text);
}

static bool
is_time(const char *key)
{
    size_t len = strlen(key);

    return (len > 3 && strcmp(key + len - 3, "_at") == 0) ||
           strcmp(key, "at") == 0 || strcmp(key, "deadline") == 0 ||
           strcmp(key, "not_before") == 0 || strcmp(key, "lease_until") == 0;
}

/* Times are cut to seconds: "2024-05-06T07:08:09". */
static char *
cell_new(const struct column *column, const json_t *row)
{
    char *text = table_text_new(json_object_get(row, column->key));

    if (is_time(column->key) && strlen(text) > 19 && text[4] == '-')
        text[19] = '\0';
    return text;
}

void
table_add(struct table *t, const json_t *row)
{
    for (size_t i = 0; i < t->width; i++) {
        t->cells = mem_grow(t->cells, t->count, sizeof(*t->cells));
        t->cells[t->count++] = cell_new(&t->columns[i], row);
    }
}

static size_t
characters(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += (*text & 0xc0) != 0x80;
    return n;
}

/* The last column is not padded. */
static void
print_cell(FILE *out, const char *text, size_t width, bool last)
{
    (void)fputs(text, out);
    if (last) {
        (void)fputc('\n', out);
        return;
    }
    for (size_t n = characters(text); n < width + 2; n++)
        (void)fputc(' ', out);
}

static void
print_aligned(const struct table *t, FILE *out)
{
    CLEANUP_FREE size_t *widths = mem_zero(t->width, sizeof(*widths));

    for (size_t i = 0; i < t->width; i++)
        widths[i] = characters(t->columns[i].title);
    for (size_t i = 0; i < t->count; i++) {
        size_t n = characters(t->cells[i]);
        if (n > widths[i % t->width])
            widths[i % t->width] = n;
    }
    for (size_t i = 0; i < t->width; i++)
        print_cell(out, t->columns[i].title, widths[i], i + 1 == t->width);
    for (size_t i = 0; i < t->count; i++)
        print_cell(out, t->cells[i], widths[i % t->width],
                   (i + 1) % t->width == 0);
}

void
table_print(const struct table *t, FILE *out, bool aligned)
{
    if (aligned) {
        print_aligned(t, out);
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        (void)fputs(t->cells[i], out);
        (void)fputc((i + 1) % t->width == 0 ? '\n' : '\t', out);
    }
}

void
table_show(const json_t *rows, const struct column *columns)
{
    struct table t;
    size_t i;
    json_t *row;

    table_init(&t, columns);
    json_array_foreach(rows, i, row)
    {
        table_add(&t, row);
    }
    table_print(&t, stdout, isatty(STDOUT_FILENO) == 1);
    table_fini(&t);
}

void
table_show_one(const json_t *object, const struct column *columns)
{
    for (const struct column *k = columns; k->key != NULL; k++) {
        CLEANUP_FREE char *text = cell_new(k, object);
        if (*text != '\0')
            (void)printf("%-16s %s\n", k->title, text);
    }
}
