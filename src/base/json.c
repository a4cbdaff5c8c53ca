#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

json_t *
json_parse_new(const char *text, size_t len, struct err *err)
{
    json_error_t e;
    json_t *v = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
    if (!v)
        (void)err_set(err, E_USAGE, "not JSON: line %d, column %d: %s", e.line,
                      e.column, e.text);
    return v;
}

char *
json_text_new(const json_t *value)
{
    char *text =
        json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (!text)
        abort();
    return text;
}

/* The value as short text for an error. Caller frees. */
static char *
shown(const json_t *v)
{
    char *text = json_text_new(v);
    size_t at = 57;
    while (strlen(text) > 60 && at > 0 &&
           ((unsigned char)text[at] & 0xC0) == 0x80)
        at--; /* never half a character */
    if (strlen(text) > 60)
        memcpy(text + at, "...", 4);
    return text;
}

static int
wrong(const json_t *v, const char *path, const char *key, const char *want,
      struct err *err)
{
    if (!v)
        return err_set(err, E_USAGE, "%s.%s is missing: %s expected", path, key,
                       want);
    char *text = shown(v);
    (void)err_set(err, E_USAGE, "%s.%s is %s: %s expected", path, key, text,
                  want);
    free(text);
    return -1;
}

/* null counts as absent. */
static const json_t *
value_of(const json_t *obj, const char *key)
{
    const json_t *v = json_object_get(obj, key);
    return json_is_null(v) ? NULL : v;
}

int
json_get_str(const json_t *obj, const char *path, const char *key,
             const char **out, struct err *err)
{
    const json_t *v = value_of(obj, key);
    if (!json_is_string(v))
        return wrong(v, path, key, "a text", err);
    if (strlen(json_string_value(v)) != json_string_length(v))
        return err_set(err, E_USAGE, "%s.%s holds a NUL character", path, key);
    *out = json_string_value(v);
    return 0;
}

int
json_get_str_or(const json_t *obj, const char *path, const char *key,
                const char *dflt, const char **out, struct err *err)
{
    if (value_of(obj, key))
        return json_get_str(obj, path, key, out, err);
    *out = dflt;
    return 0;
}

int
json_get_int(const json_t *obj, const char *path, const char *key, int64_t min,
             int64_t max, int64_t *out, struct err *err)
{
    const json_t *v = value_of(obj, key);
    char want[80];
    (void)snprintf(want, sizeof want, "a whole number %" PRId64 "..%" PRId64,
                   min, max);
    int64_t n;
    if (json_is_integer(v)) {
        n = json_integer_value(v);
    } else if (json_is_real(v) && fabs(json_real_value(v)) < 9e15 &&
               trunc(json_real_value(v)) == json_real_value(v)) {
        n = (int64_t)json_real_value(v); /* 3.0 is 3 */
    } else {
        return wrong(v, path, key, want, err);
    }
    if (n < min || n > max)
        return wrong(v, path, key, want, err);
    *out = n;
    return 0;
}

int
json_get_int_or(const json_t *obj, const char *path, const char *key,
                int64_t min, int64_t max, int64_t dflt, int64_t *out,
                struct err *err)
{
    if (value_of(obj, key))
        return json_get_int(obj, path, key, min, max, out, err);
    *out = dflt;
    return 0;
}

int
json_get_bool_or(const json_t *obj, const char *path, const char *key,
                 bool dflt, bool *out, struct err *err)
{
    const json_t *v = value_of(obj, key);
    if (v && !json_is_boolean(v))
        return wrong(v, path, key, "true or false", err);
    *out = v ? json_is_true(v) : dflt;
    return 0;
}

bool
json_absent(const json_t *value)
{
    return value == NULL || json_typeof(value) == JSON_NULL;
}

const char *
json_str(const json_t *obj, const char *key)
{
    return json_string_value(json_object_get(obj, key));
}

/* 2^63 and more do not fit; nor does what is no number, which JSON has not. */
static int64_t
clamp(double number)
{
    if (number >= 0x1p63)
        return INT64_MAX;
    return number >= -0x1p63 ? (int64_t)number : INT64_MIN;
}

int64_t
json_int(const json_t *obj, const char *key)
{
    const json_t *v = json_object_get(obj, key);
    return json_is_real(v) ? clamp(json_real_value(v)) : json_integer_value(v);
}
