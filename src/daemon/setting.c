/* setting.c - see setting.h. */
#include "daemon/setting.h"

#include <stdlib.h>
#include <string.h>

#include "base/dur.h"
#include "core/mem.h"

enum { SHOWN_BYTES = 100 }; /* of a bad value in an error */

static const char *const yes_words[] = {"yes", "true", "on", "1", NULL};
static const char *const no_words[] = {"no", "false", "off", "0", NULL};

/* Of the values that are no strings. */
static const size_t sizes[] = {
    [SETTING_INT] = sizeof(int64_t),
    [SETTING_DURATION] = sizeof(usec_t),
    [SETTING_BOOL] = sizeof(bool),
    [SETTING_ENUM] = sizeof(int),
};

static void *
at(const struct setting *s, void *base)
{
    return (char *)base + s->offset;
}

static const void *
at_const(const struct setting *s, const void *base)
{
    return (const char *)base + s->offset;
}

/* Index of text in words, or -1. */
static int
word_index(const char *const *words, const char *text)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    return -1;
}

void
setting_limits(const struct setting *s, struct buf *out)
{
    char low[32], high[32];

    switch (s->type) {
    case SETTING_STRING:
        break;
    case SETTING_INT:
        buf_printf(out, "%lld to %lld", (long long)s->min, (long long)s->max);
        break;
    case SETTING_DURATION:
        dur_print(s->min, low, sizeof(low));
        dur_print(s->max, high, sizeof(high));
        buf_printf(out, "%s to %s", low, high);
        break;
    case SETTING_BOOL:
        buf_puts(out, "yes or no");
        break;
    case SETTING_ENUM:
        for (int i = 0; s->words[i]; i++)
            buf_printf(out, "%s%s",
                       i == 0            ? ""
                       : s->words[i + 1] ? ", "
                                         : " or ",
                       s->words[i]);
        break;
    }
}

static bool
has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    return false;
}

/* "slots = 0: must be a whole number, 1 to 100000" */
static int
refuse(const struct setting *s, const char *value, const char *why,
       struct err *err)
{
    if (s->flags & SETTING_SECRET)
        value = "(hidden)";
    else if (has_control(value))
        value = "(not printable)";
    return err_set(err, E_USAGE, "%s = %.*s: %s", s->name, SHOWN_BYTES, value,
                   why);
}

static int
refuse_limits(const struct setting *s, const char *value, const char *what,
              struct err *err)
{
    struct buf why = BUF_INIT(400);

    buf_printf(&why, "must be %s", what);
    setting_limits(s, &why);
    (void)refuse(s, value, buf_str(&why), err);
    buf_fini(&why);
    return -1;
}

static void
copy_string(char **to, const char *from)
{
    char *copy = mem_dup(from);

    free(*to);
    *to = copy;
}

static int
set_string(const struct setting *s, char **to, const char *value,
           struct err *err)
{
    size_t len = strlen(value);
    struct err why;

    if (len < (size_t)s->min || len > (size_t)s->max) {
        (void)err_set(&why, E_USAGE, "must be %lld to %lld bytes long",
                      (long long)s->min, (long long)s->max);
        return refuse(s, value, why.text, err);
    }
    if (has_control(value))
        return refuse(s, value, "must be free of control characters", err);
    if (s->check && s->check(value, &why) < 0)
        return refuse(s, value, why.text, err);
    copy_string(to, value);
    return 0;
}

static int
set_number(const struct setting *s, int64_t *to, const char *value,
           struct err *err)
{
    return parse_i64(value, s->min, s->max, to, NULL) < 0
               ? refuse_limits(s, value, "a whole number, ", err)
               : 0;
}

static int
set_duration(const struct setting *s, usec_t *to, const char *value,
             struct err *err)
{
    usec_t d;

    if (dur_parse(value, &d, NULL) < 0 || d < s->min || d > s->max)
        return refuse_limits(s, value, "a duration such as 500ms or 1m30s, ",
                             err);
    *to = d;
    return 0;
}

static int
set_bool(const struct setting *s, bool *to, const char *value, struct err *err)
{
    bool yes = word_index(yes_words, value) >= 0;

    if (!yes && word_index(no_words, value) < 0)
        return refuse_limits(s, value, "", err);
    *to = yes;
    return 0;
}

static int
set_word(const struct setting *s, int *to, const char *value, struct err *err)
{
    int i = word_index(s->words, value);

    if (i < 0)
        return refuse_limits(s, value, "", err);
    *to = i;
    return 0;
}

int
setting_set(const struct setting *s, void *base, const char *value,
            struct err *err)
{
    switch (s->type) {
    case SETTING_STRING:
        return set_string(s, at(s, base), value, err);
    case SETTING_INT:
        return set_number(s, at(s, base), value, err);
    case SETTING_DURATION:
        return set_duration(s, at(s, base), value, err);
    case SETTING_BOOL:
        return set_bool(s, at(s, base), value, err);
    case SETTING_ENUM:
        return set_word(s, at(s, base), value, err);
    }
    abort();
}

void
setting_print(const struct setting *s, const void *base, struct buf *out)
{
    const void *v = at_const(s, base);
    char text[32];

    switch (s->type) {
    case SETTING_STRING:
        if ((s->flags & SETTING_SECRET) && **(char *const *)v != '\0')
            buf_puts(out, "(hidden)");
        else
            buf_puts(out, *(char *const *)v);
        break;
    case SETTING_INT:
        buf_printf(out, "%lld", (long long)*(const int64_t *)v);
        break;
    case SETTING_DURATION:
        dur_print(*(const usec_t *)v, text, sizeof(text));
        buf_puts(out, text);
        break;
    case SETTING_BOOL:
        buf_puts(out, *(const bool *)v ? yes_words[0] : no_words[0]);
        break;
    case SETTING_ENUM:
        buf_puts(out, s->words[*(const int *)v]);
        break;
    }
}

bool
setting_same(const struct setting *s, const void *a, const void *b)
{
    const void *va = at_const(s, a), *vb = at_const(s, b);

    if (s->type == SETTING_STRING)
        return strcmp(*(char *const *)va, *(char *const *)vb) == 0;
    return memcmp(va, vb, sizes[s->type]) == 0;
}

void
setting_copy(const struct setting *s, void *to, const void *from)
{
    const void *f = at_const(s, from);

    if (s->type == SETTING_STRING)
        copy_string(at(s, to), *(char *const *)f);
    else
        memcpy(at(s, to), f, sizes[s->type]);
}

void
setting_fini(const struct setting *s, void *base)
{
    if (s->type != SETTING_STRING)
        return;
    char **v = at(s, base);
    free(*v);
    *v = NULL;
}
