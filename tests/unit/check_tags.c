/* check_tags.c - instanceTags and their limits: M10, M17. */
#include "provider/tags.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define K128 HUNDRED TEN TEN "01234567"
#define V256 HUNDRED HUNDRED TEN TEN TEN TEN TEN "012345"
#define UML "\xc3\xbc" /* one character, two bytes */

static const struct tag_row {
    const char *in; /* JSON; NULL = no value */
    const char *out, *error;
} tag_rows[] = {
    {NULL, "{}", NULL},
    {"null", "{}", NULL},
    {"\"\"", "{}", NULL},
    {"\"company=abc;project=awscloud\"",
     "{\"company\":\"abc\",\"project\":\"awscloud\"}", NULL},
    {"\"a=b=c; d=;;\"", "{\"a\":\"b=c\",\"d\":\"\"}", NULL},
    {"\"a=1;a=2\"", "{\"a\":\"2\"}", NULL},
    {"{\"k\":\"v;w=x\"}", "{\"k\":\"v;w=x\"}", NULL},
    {"\"nothing\"", NULL, "Tag 'nothing' is not of the form key=value"},
    {"\"=v\"", NULL, "Tag key of value 'v' is empty"},
    {"{\"k\":3}", NULL, "Tag value of 'k' is not a string"},
    {"[\"a=b\"]", NULL, "instanceTags is neither a string nor an object"},
    {"3", NULL, "instanceTags is neither a string nor an object"},
    {"\"hf:owner=x\"", NULL, "Tag key 'hf:owner' is reserved (hf:, aws:)"},
    {"{\"aws:x\":\"y\"}", NULL, "Tag key 'aws:x' is reserved (hf:, aws:)"},
    {"\"" K128 "=v\"", "{\"" K128 "\":\"v\"}", NULL},
    {"\"" K128 "9=v\"", NULL, "Tag key '" K128 "9' exceeds 128 characters"},
    {"\"" V256 "\"", NULL, "Tag '" V256 "' is not of the form key=value"},
    {"\"k=" V256 "\"", "{\"k\":\"" V256 "\"}", NULL},
    {"\"k=" V256 "6\"", NULL, "Tag value '" V256 "6' exceeds 256 characters"},
};

START_TEST(M17_tags_of_a_template)
{
    const struct tag_row *row = &tag_rows[_i];
    json_t *in =
        row->in != NULL ? json_loads(row->in, JSON_DECODE_ANY, NULL) : NULL;
    struct err err = {.text = ""};
    json_t *tags = tags_parse_new(in, &err);

    if (row->error != NULL) {
        ck_assert_ptr_null(tags);
        ck_assert_str_eq(err.text, row->error);
        ck_assert_int_eq((int)err.code, E_USAGE);
    } else {
        json_t *want = json_loads(row->out, 0, NULL);
        ck_assert_msg(json_equal(tags, want), "%s: %s", row->in, err.text);
        json_decref(want);
    }
    json_decref(tags);
    json_decref(in);
}
END_TEST

/* M17: characters, not bytes. */
START_TEST(M17_a_key_of_128_umlauts_passes)
{
    char text[600] = "";
    struct err err;

    for (int i = 0; i < 128; i++)
        strcat(text, UML);
    json_t *in = json_pack("{s:s}", text, "v");
    json_t *tags = tags_parse_new(in, &err);
    ck_assert_ptr_nonnull(tags);
    json_decref(tags);
    json_decref(in);
    strcat(text, UML);
    in = json_pack("{s:s}", text, "v");
    ck_assert_ptr_null(tags_parse_new(in, &err));
    json_decref(in);
}
END_TEST

START_TEST(at_most_50_tags)
{
    json_t *in = json_object();
    struct err err;
    char key[16];

    for (int i = 0; i < 50; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        (void)json_object_set_new(in, key, json_string("v"));
    }
    json_t *tags = tags_parse_new(in, &err);
    ck_assert_ptr_nonnull(tags);
    json_decref(tags);
    (void)json_object_set_new(in, "one more", json_string("v"));
    ck_assert_ptr_null(tags_parse_new(in, &err));
    ck_assert_str_eq(err.text, "51 tags exceed 50");
    json_decref(in);
}
END_TEST

static const struct merge_row {
    const char *instance_tags, *tags, *out;
} merge_rows[] = {
    {"\"a=1;b=2\"", "{\"b\":\"3\"}", "{\"a\":\"1\",\"b\":\"3\"}"},
    {"null", "null", NULL},
    {"\"a=1\"", "[]", "{\"a\":\"1\"}"},
    {"\"bad\"", "{\"b\":\"3\"}", "{\"b\":\"3\"}"},
};

START_TEST(M10_the_request_wins_over_the_template)
{
    const struct merge_row *row = &merge_rows[_i];
    json_t *a = json_loads(row->instance_tags, JSON_DECODE_ANY, NULL);
    json_t *b = json_loads(row->tags, JSON_DECODE_ANY, NULL);
    json_t *all = tags_merge_new(a, b);

    if (row->out == NULL) {
        ck_assert_ptr_null(all);
    } else {
        json_t *want = json_loads(row->out, 0, NULL);
        ck_assert(json_equal(all, want));
        json_decref(want);
    }
    json_decref(all);
    json_decref(a);
    json_decref(b);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("tags");
    TCase *t = tcase_create("tags");

    tcase_add_loop_test(t, M17_tags_of_a_template, 0, COUNT(tag_rows));
    tcase_add_test(t, M17_a_key_of_128_umlauts_passes);
    tcase_add_test(t, at_most_50_tags);
    tcase_add_loop_test(t, M10_the_request_wins_over_the_template, 0,
                        COUNT(merge_rows));
    suite_add_tcase(s, t);
    return unit_run(s);
}
