/* fuzz_words.c - texts that people and other programs write: durations,
 * whole numbers, dates of HTTP, tags, JSON. */
#include <jansson.h>
#include <string.h>

#include "base/dur.h"
#include "base/json.h"
#include "fuzz.h"
#include "provider/tags.h"
#include "wire/sigv4.h"

static void
duration(const char *text)
{
    struct err err = {E_NONE, ""};
    usec_t d = 42, again = 0;
    char shown[60];

    if (dur_parse(text, &d, &err) != 0) {
        MUST(d == 42 && err.code == E_USAGE && err.text[0]);
        return;
    }
    dur_print(d, shown, sizeof shown);
    MUST(dur_parse(shown, &again, &err) == 0);
    MUST(again == d);
}

static void
whole_number(const char *text)
{
    struct err err = {E_NONE, ""};
    int64_t n = 42;

    if (parse_i64(text, -1000, 1000, &n, &err) != 0)
        MUST(n == 42 && err.code == E_USAGE && err.text[0]);
    else
        MUST(n >= -1000 && n <= 1000);
}

/* Read back from another form of it: "Tue, 15 Nov 1994 08:12:31 GMT". */
static void
http_date(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t t = sigv4_parse_http_date(text);
    char utc[40], again[40];

    if (t == -1)
        return;
    MUST(t >= 0 && strlen(text) == 29);
    dur_print_utc(t * USEC_S, utc, sizeof utc);
    (void)snprintf(again, sizeof again, " %.2s %.3s %.4s %.8s GMT", utc + 8,
                   months + 3 * ((utc[5] - '0') * 10 + utc[6] - '1'), utc,
                   utc + 11);
    /* A leap second is the next one. */
    MUST(strcmp(text + 4, again) == 0 || strncmp(text + 23, "60", 2) == 0);
}

static void
tags(json_t *value)
{
    struct err err = {E_NONE, ""};
    json_t *found = tags_parse_new(value, &err);
    const char *key;
    json_t *tag;

    if (!found) {
        MUST(err.code == E_USAGE && err.text[0]);
        return;
    }
    MUST(json_object_size(found) <= TAGS_MAX);
    json_object_foreach(found, key, tag) MUST(key[0] && json_is_string(tag));
    json_decref(found);
}

static void
json(const char *text, size_t size)
{
    struct err err = {E_NONE, ""};
    json_t *v = json_parse_new(text, size, &err);
    const char *s = NULL;
    int64_t n = 0;

    if (!v) {
        MUST(err.code == E_USAGE && err.text[0]);
        return;
    }
    char *shown = json_text_new(v);
    json_t *again = json_parse_new(shown, strlen(shown), &err);
    MUST(json_equal(v, again));
    if (json_get_str_or(v, "o", "k", NULL, &s, &err) == 0)
        MUST(!s || strlen(s) <= size);
    if (json_get_int(v, "o", "k", 1, 9, &n, &err) == 0)
        MUST(n >= 1 && n <= 9);
    tags(v);
    json_decref(again);
    free(shown);
    json_decref(v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    MUST(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    duration(text);
    whole_number(text);
    http_date(text);
    json_t *whole = json_string(text);
    if (whole)
        tags(whole);
    json_decref(whole);
    json(text, size);
    free(text);
    return 0;
}
