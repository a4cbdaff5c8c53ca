/* check_outcome.c - the outcome's text is always something a database takes
 * as text and as json. */
#include "core/outcome.h"

#include <string.h>

#include "unit.h"

START_TEST(silence_is_no_success)
{
    struct outcome o;

    outcome_init(&o);
    ck_assert_int_eq((int)o.verdict, V_FAIL);
    ck_assert_int_eq((int)o.reason, R_INTERNAL);
    ck_assert_str_ne(o.text, "");
    o.result = json_true();
    o.seen = json_array();
    o.cursor = json_object();
    o.details = json_object();
    o.machines = json_array();
    outcome_fini(&o);
    ck_assert_ptr_null(o.seen);
}
END_TEST

static const struct text_row {
    const char *in, *out;
} text_rows[] = {
    {"plain", "plain"},
    {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
    {"\xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf",
     "\xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf"},
    {"\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80"},
    {"\xe0\xa4\x84 \xc2\x80 \xf0\x90\x80\x80",
     "\xe0\xa4\x84 \xc2\x80 \xf0\x90\x80\x80"},
    {"latin1 \xfc.", "latin1 ?."},
    {"\x80", "?"},
    {"cut \xe2\x82", "cut ??"},
    {"cut \xf0\x9f\x98", "cut ???"},
    {"overlong \xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf", "overlong ?? ??? ????"},
    {"surrogate \xed\xa0\x80", "surrogate ???"},
    {"too far \xf4\x90\x80\x80 \xf5\x80\x80\x80", "too far ???? ????"},
    {"\xfe\xff", "??"},
    {"three \xe2\x82z", "three ??z"},
};

START_TEST(text_is_utf8)
{
    struct outcome o;

    outcome_init(&o);
    outcome_set(&o, V_RETRY, R_CAPACITY, "%s", text_rows[_i].in);
    ck_assert_str_eq(o.text, text_rows[_i].out);
    ck_assert_int_eq((int)o.verdict, V_RETRY);
    ck_assert_int_eq((int)o.reason, R_CAPACITY);
    json_t *s = json_string(o.text); /* jansson's own judgement */
    ck_assert_ptr_nonnull(s);
    json_decref(s);
    outcome_fini(&o);
}
END_TEST

/* Every length around the end of the buffer, with a character that may be
 * cut in two: always ends in '+', never half a character. */
START_TEST(long_text_is_cut_and_marked)
{
    struct outcome o;
    char text[600];
    const size_t most = sizeof(o.text) - 1;

    outcome_init(&o);
    for (size_t len = most - 3; len < most + 4; len++) {
        memset(text, 'x', len);
        memcpy(text + len - 3, "\xe2\x82\xac", 3);
        text[len] = '\0';
        outcome_set(&o, V_FAIL, R_CONFIG, "%s", text);
        json_t *s = json_string(o.text);
        ck_assert_ptr_nonnull(s);
        json_decref(s);
        if (len <= most) {
            ck_assert_str_eq(o.text, text);
        } else {
            ck_assert_uint_eq(strlen(o.text), most);
            ck_assert_int_eq(o.text[most - 1], '+');
        }
    }
    outcome_fini(&o);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("outcome");
    TCase *t = tcase_create("outcome");

    tcase_add_test(t, silence_is_no_success);
    tcase_add_loop_test(t, text_is_utf8, 0, COUNT(text_rows));
    tcase_add_test(t, long_text_is_cut_and_marked);
    suite_add_tcase(s, t);
    return unit_run(s);
}
