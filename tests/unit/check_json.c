/* check_json.c - typed getters and their texts. */
#include "base/json.h"

#include <string.h>

#include "base/cleanup.h"
#include "unit.h"

#define UML "\xc3\xbc" /* one character, two bytes */

static const struct text_row {
    const char *in;
    size_t len;      /* 0 = strlen(in) */
    const char *out; /* compact; NULL = refused */
    const char *error;
} text_rows[] = {
    {"{\"b\": 1,\n \"a\": [true, null, 2.5]}", 0,
     "{\"a\":[true,null,2.5],\"b\":1}", NULL},
    {"3", 0, "3", NULL},
    {"\"x\"", 0, "\"x\"", NULL},
    {"null", 0, "null", NULL},
    {" [ ] ", 0, "[]", NULL},
    {"\"" UML "\"", 0, "\"" UML "\"", NULL},
    {"\"a\\u0000b\"", 0, "\"a\\u0000b\"", NULL},
    {"{\"a\":1,\"a\":2}", 0, "{\"a\":2}", NULL},
    {"1x", 1, "1", NULL}, /* len counts, not the NUL */
    {"", 0, NULL, "not JSON: line 1, column 0: "},
    {"{\"a\":1", 0, NULL, "not JSON: line 1, column 6: "},
    {"{\"a\":1}\n\n]", 0, NULL, "not JSON: line 3, column 1: "},
    {"{a:1}", 0, NULL, "not JSON: line 1, column 2: "},
    {"'x'", 0, NULL, "not JSON: line 1, column 1: "},
    {"[1,]", 0, NULL, "not JSON: line 1, column 4: "},
    {"\"\xff\"", 0, NULL, "not JSON: line 1, column 1: "},
    {"[1]\0", 4, NULL, "not JSON: line 1, column "},
    {"99999999999999999999", 0, NULL, "not JSON: line 1, column 20: "},
};

START_TEST(texts)
{
    const struct text_row *row = &text_rows[_i];
    struct err err = {E_NONE, ""};
    size_t len = row->len ? row->len : strlen(row->in);
    CLEANUP_JSON json_t *v = json_parse_new(row->in, len, &err);

    if (row->out) {
        ck_assert_msg(v != NULL, "%s: %s", row->in, err.text);
        CLEANUP_FREE char *text = json_text_new(v);
        ck_assert_str_eq(text, row->out);
    } else {
        ck_assert_ptr_null(v);
        ck_assert_int_eq((int)err.code, E_USAGE);
        ck_assert_msg(strncmp(err.text, row->error, strlen(row->error)) == 0,
                      "%s: %s", row->in, err.text);
    }
}
END_TEST

START_TEST(deep_nesting_is_refused)
{
    enum { DEEP = 100000 };
    char *text = malloc(DEEP);
    struct err err;

    ck_assert_ptr_nonnull(text);
    memset(text, '[', DEEP);
    ck_assert_ptr_null(json_parse_new(text, DEEP, &err));
    ck_assert_int_eq((int)err.code, E_USAGE);
    free(text);
}
END_TEST

#define LONG60 "012345678901234567890123456789012345678901234567890123456789"

static const struct get_row {
    const char *obj;
    const char *str, *str_error; /* NULL, NULL: the default is taken */
    int64_t num;                 /* in 1..9 */
    const char *num_error;
} get_rows[] = {
    {"{\"k\":\"v\"}", "v", NULL, 0, "o.k is \"v\": a whole number 1..9"},
    {"{\"k\":\"\"}", "", NULL, 0, "o.k is \"\": a whole number 1..9"},
    {"{\"k\":3}", NULL, "o.k is 3: a text", 3, NULL},
    {"{\"k\":3.0}", NULL, "o.k is 3.0: a text", 3, NULL},
    {"{\"k\":1}", NULL, "o.k is 1: a text", 1, NULL},
    {"{\"k\":9}", NULL, "o.k is 9: a text", 9, NULL},
    {"{\"k\":0}", NULL, "o.k is 0: a text", 0, "o.k is 0: a whole number 1..9"},
    {"{\"k\":10}", NULL, "o.k is 10: a text", 0,
     "o.k is 10: a whole number 1..9"},
    {"{\"k\":-3}", NULL, "o.k is -3: a text", 0,
     "o.k is -3: a whole number 1..9"},
    {"{\"k\":3.5}", NULL, "o.k is 3.5: a text", 0,
     "o.k is 3.5: a whole number 1..9"},
    {"{\"k\":1e300}", NULL, "o.k is 1.0000000000000001e300: a text", 0,
     "o.k is 1.0000000000000001e300: a whole number 1..9"},
    {"{\"k\":true}", NULL, "o.k is true: a text", 0,
     "o.k is true: a whole number 1..9"},
    {"{\"k\":[1]}", NULL, "o.k is [1]: a text", 0,
     "o.k is [1]: a whole number 1..9"},
    {"{\"k\":{\"b\":1,\"a\":2}}", NULL, "o.k is {\"a\":2,\"b\":1}: a text", 0,
     "o.k is {\"a\":2,\"b\":1}: a whole number 1..9"},
    {"{\"k\":\"a\\u0000b\"}", NULL, "o.k holds a NUL character", 0,
     "o.k is \"a\\u0000b\": a whole number 1..9"},
    /* a long value is shown in part, and never half a character */
    {"{\"k\":[\"" LONG60 "\"]}", NULL,
     "o.k is [\"0123456789012345678901234567890123456789012345678901234...: a "
     "text",
     0,
     "o.k is [\"0123456789012345678901234567890123456789012345678901234...: a "
     "whole number 1..9"},
    {"{\"k\":[\"012345678901234567890123456789012345678901234567890123" UML
     "6789\"]}",
     NULL,
     "o.k is [\"012345678901234567890123456789012345678901234567890123...: a "
     "text",
     0,
     "o.k is [\"012345678901234567890123456789012345678901234567890123...: a "
     "whole number 1..9"},
    /* absent, null, no object at all */
    {"{}", NULL, NULL, -1, NULL},
    {"{\"k\":null}", NULL, NULL, -1, NULL},
    {"{\"K\":1}", NULL, NULL, -1, NULL},
    {"[]", NULL, NULL, -1, NULL},
};

/* An error of row begins with start and names what was expected. */
static void
refused(int rc, const struct err *err, const char *start)
{
    ck_assert_int_eq(rc, -1);
    ck_assert_int_eq((int)err->code, E_USAGE);
    ck_assert_msg(strncmp(err->text, start, strlen(start)) == 0, "%s",
                  err->text);
}

START_TEST(gets_a_text)
{
    const struct get_row *row = &get_rows[_i];
    CLEANUP_JSON json_t *o = json_loads(row->obj, JSON_ALLOW_NUL, NULL);
    const char *must = "unchanged", *may = "unchanged";
    struct err e1 = {E_NONE, ""}, e2 = {E_NONE, ""};
    int rc1 = json_get_str(o, "o", "k", &must, &e1);
    int rc2 = json_get_str_or(o, "o", "k", "default", &may, &e2);

    if (row->str) {
        ck_assert_int_eq(rc1, 0);
        ck_assert_int_eq(rc2, 0);
        ck_assert_str_eq(must, row->str);
        ck_assert_str_eq(may, row->str);
    } else if (row->str_error) {
        refused(rc1, &e1, row->str_error);
        refused(rc2, &e2, row->str_error);
        ck_assert_str_eq(must, "unchanged");
        ck_assert_str_eq(may, "unchanged");
    } else {
        refused(rc1, &e1, "o.k is missing: a text expected");
        ck_assert_int_eq(rc2, 0);
        ck_assert_str_eq(must, "unchanged");
        ck_assert_str_eq(may, "default");
    }
}
END_TEST

START_TEST(gets_a_whole_number)
{
    const struct get_row *row = &get_rows[_i];
    CLEANUP_JSON json_t *o = json_loads(row->obj, JSON_ALLOW_NUL, NULL);
    int64_t must = 42, may = 42;
    struct err e1 = {E_NONE, ""}, e2 = {E_NONE, ""};
    int rc1 = json_get_int(o, "o", "k", 1, 9, &must, &e1);
    int rc2 = json_get_int_or(o, "o", "k", 1, 9, 77, &may, &e2);

    if (row->num_error) {
        refused(rc1, &e1, row->num_error);
        refused(rc2, &e2, row->num_error);
        ck_assert_int_eq(must, 42);
        ck_assert_int_eq(may, 42);
    } else if (row->num < 0) {
        refused(rc1, &e1, "o.k is missing: a whole number 1..9 expected");
        ck_assert_int_eq(rc2, 0);
        ck_assert_int_eq(must, 42);
        ck_assert_int_eq(may, 77); /* a default may be out of range */
    } else {
        ck_assert_int_eq(rc1, 0);
        ck_assert_int_eq(rc2, 0);
        ck_assert_int_eq(must, row->num);
        ck_assert_int_eq(may, row->num);
    }
}
END_TEST

static const struct edge_row {
    const char *value;
    int64_t number;
    bool ok;
} edge_rows[] = {
    {"9223372036854775807", INT64_MAX, true},
    {"-9223372036854775808", INT64_MIN, true},
    {"8999999999999999.0", 8999999999999999, true},
    {"-8999999999999999.0", -8999999999999999, true},
    {"-0.0", 0, true},
    {"9e15", 0, false}, /* doubles soon skip numbers from here */
    {"-1e19", 0, false},
    {"0.9999999", 0, false},
};

START_TEST(numbers_at_the_edge)
{
    const struct edge_row *row = &edge_rows[_i];
    CLEANUP_JSON json_t *v = json_loads(row->value, JSON_DECODE_ANY, NULL);
    CLEANUP_JSON json_t *o = json_pack("{s:O}", "k", v);
    int64_t got = 42;
    int rc = json_get_int(o, "o", "k", INT64_MIN, INT64_MAX, &got, NULL);

    ck_assert_int_eq(rc, row->ok ? 0 : -1);
    ck_assert_int_eq(got, row->ok ? row->number : 42);
}
END_TEST

static const struct bool_row {
    const char *obj;
    bool dflt, value;
    const char *error;
} bool_rows[] = {
    {"{\"k\":true}", false, true, NULL},
    {"{\"k\":false}", true, false, NULL},
    {"{\"k\":null}", true, true, NULL},
    {"{}", true, true, NULL},
    {"{}", false, false, NULL},
    {"{\"k\":1}", false, false, "o.k is 1: true or false expected"},
    {"{\"k\":\"true\"}", false, false,
     "o.k is \"true\": true or false expected"},
};

START_TEST(gets_yes_or_no)
{
    const struct bool_row *row = &bool_rows[_i];
    CLEANUP_JSON json_t *o = json_loads(row->obj, 0, NULL);
    struct err err = {E_NONE, ""};
    bool got = !row->value;
    int rc = json_get_bool_or(o, "o", "k", row->dflt, &got, &err);

    if (row->error) {
        refused(rc, &err, row->error);
        ck_assert_int_eq(got, !row->value);
    } else {
        ck_assert_int_eq(rc, 0);
        ck_assert_int_eq(got, row->value);
    }
}
END_TEST

START_TEST(unchecked_forms)
{
    CLEANUP_JSON json_t *o =
        json_loads("{\"s\":\"x\",\"n\":7,\"r\":7.9,\"z\":null}", 0, NULL);

    ck_assert_str_eq(json_str(o, "s"), "x");
    ck_assert_ptr_null(json_str(o, "n"));
    ck_assert_ptr_null(json_str(o, "z"));
    ck_assert_ptr_null(json_str(NULL, "s"));
    ck_assert(json_absent(json_object_get(o, "none")));
    ck_assert(json_absent(json_object_get(o, "z")));
    ck_assert(!json_absent(json_object_get(o, "n")));
    ck_assert_int_eq(json_int(o, "n"), 7);
    ck_assert_int_eq(json_int(o, "r"), 7);
    ck_assert_int_eq(json_int(o, "s"), 0);
    ck_assert_int_eq(json_int(o, "none"), 0);
    ck_assert_int_eq(json_int(NULL, "n"), 0);
    json_decref(o);
    o = json_pack("{s:f, s:f, s:f, s:f}", "huge", 1e300, "low", -1e300, "edge",
                  0x1p63, "fits", -0x1p63);
    ck_assert_int_eq(json_int(o, "huge"), INT64_MAX);
    ck_assert_int_eq(json_int(o, "low"), INT64_MIN);
    ck_assert_int_eq(json_int(o, "edge"), INT64_MAX);
    ck_assert_int_eq(json_int(o, "fits"), INT64_MIN);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("json");
    TCase *t = tcase_create("json");

    tcase_add_loop_test(t, texts, 0, COUNT(text_rows));
    tcase_add_test(t, deep_nesting_is_refused);
    tcase_add_loop_test(t, gets_a_text, 0, COUNT(get_rows));
    tcase_add_loop_test(t, gets_a_whole_number, 0, COUNT(get_rows));
    tcase_add_loop_test(t, numbers_at_the_edge, 0, COUNT(edge_rows));
    tcase_add_loop_test(t, gets_yes_or_no, 0, COUNT(bool_rows));
    tcase_add_test(t, unchecked_forms);
    suite_add_tcase(s, t);
    return unit_run(s);
}
