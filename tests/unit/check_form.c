/* check_form.c - bodies against what Python's urlencode writes (aws.md 1a). */
#include "wire/form.h"

#include <string.h>

#include "unit.h"

#define TEXT(literal) literal, sizeof(literal) - 1

static const struct encode_row {
    const char *data;
    size_t len;
    const char *form;
} encode_rows[] = {
    {TEXT(""), ""},
    {TEXT("i-0abcDEF"), "i-0abcDEF"},
    {TEXT("AZaz09_.-~"), "AZaz09_.-~"},
    {TEXT(" "), "+"},
    {TEXT("a b  c"), "a+b++c"},
    {TEXT("+"), "%2B"},
    {TEXT("100%"), "100%25"},
    {TEXT("!*'();:@&=$,/?#[]"),
     "%21%2A%27%28%29%3B%3A%40%26%3D%24%2C%2F%3F%23%5B%5D"},
    /* beside the ranges that stand for themselves */
    {TEXT("@[`{/:^}"), "%40%5B%60%7B%2F%3A%5E%7D"},
    {TEXT("\"<>\\|"), "%22%3C%3E%5C%7C"},
    {TEXT("a\r\n\tb"), "a%0D%0A%09b"},
    {TEXT("gr\xc3\xbc\xc3\x9f"), "gr%C3%BC%C3%9F"},
    {TEXT("\xe6\xbc\xa2\xf0\x9f\x98\x80"), "%E6%BC%A2%F0%9F%98%80"},
    {TEXT("a\0b\0"), "a%00b%00"},
    {TEXT("\x01\x7f\x80\xff"), "%01%7F%80%FF"},
};

START_TEST(bytes_are_encoded_as_urlencode_does)
{
    const struct encode_row *row = &encode_rows[_i];
    struct buf b = BUF_INIT(200);

    form_encode(&b, row->data, row->len);
    ck_assert(buf_ok(&b));
    ck_assert_str_eq(buf_str(&b), row->form);
    ck_assert_uint_eq(b.len, strlen(row->form));
    buf_fini(&b);
}
END_TEST

START_TEST(a_body_is_an_action_and_its_parameters)
{
    struct buf b = BUF_INIT(1000);

    form_begin(&b, "RunInstances", "2016-11-15");
    form_add(&b, "ClientToken", "a/b c");
    form_add_int(&b, "MinCount", 1);
    form_add_int(&b, "MaxCount", INT64_MAX);
    form_add_int(&b, "Least", INT64_MIN);
    form_add(&b, "Empty", "");
    form_add(&b, "a name", "v");
    for (int i = 1; i <= 2; i++)
        form_addf(&b, i == 1 ? "x=y" : "", "Filter.%d.Value.%s", i, "&");
    ck_assert(buf_ok(&b));
    ck_assert_str_eq(buf_str(&b),
                     "Action=RunInstances&Version=2016-11-15"
                     "&ClientToken=a%2Fb+c&MinCount=1"
                     "&MaxCount=9223372036854775807"
                     "&Least=-9223372036854775808&Empty=&a+name=v"
                     "&Filter.1.Value.%26=x%3Dy&Filter.2.Value.%26=");
    buf_fini(&b);
}
END_TEST

START_TEST(action_and_version_are_encoded_too)
{
    struct buf b = BUF_INIT(100);

    form_begin(&b, "a&b", "c=d");
    ck_assert_str_eq(buf_str(&b), "Action=a%26b&Version=c%3Dd");
    buf_fini(&b);
}
END_TEST

START_TEST(a_name_from_a_format_has_255_bytes_at_most)
{
    struct buf b = BUF_INIT(1000);
    char name[FORM_NAME_MAX + 2];

    memset(name, 'n', sizeof name);
    name[FORM_NAME_MAX] = '\0';
    form_addf(&b, "v", "%s", name);
    ck_assert(buf_ok(&b));
    ck_assert_uint_eq(b.len, 1 + FORM_NAME_MAX + 2);
    name[FORM_NAME_MAX] = 'n';
    name[FORM_NAME_MAX + 1] = '\0';
    form_addf(&b, "v", "%s", name);
    ck_assert(!buf_ok(&b));
    ck_assert_uint_eq(b.len, 1 + FORM_NAME_MAX + 2);
    buf_fini(&b);
}
END_TEST

/* printf itself refuses a character that no text of this locale has. */
START_TEST(a_name_that_cannot_be_written_breaks_the_body)
{
    struct buf b = BUF_INIT(1000);

    form_addf(&b, "v", "n%ls", L"\xfffffff");
    ck_assert(!buf_ok(&b));
    ck_assert_str_eq(buf_str(&b), "");
    buf_fini(&b);
}
END_TEST

/* A character in front of the cap is not cut in the middle. */
START_TEST(a_body_over_the_cap_is_broken)
{
    static const char whole[] = "Action=a&Version=b&n=%C3%BC";

    for (size_t cap = 0; cap <= sizeof whole; cap++) {
        struct buf b = BUF_INIT(cap);
        form_begin(&b, "a", "b");
        form_add(&b, "n", "\xc3\xbc");
        ck_assert_int_eq(buf_ok(&b), cap >= sizeof whole - 1);
        ck_assert_uint_le(b.len, cap);
        ck_assert_int_eq(strncmp(buf_str(&b), whole, b.len), 0);
        buf_fini(&b);
    }
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("form");
    TCase *t = tcase_create("form");

    tcase_add_loop_test(t, bytes_are_encoded_as_urlencode_does, 0,
                        COUNT(encode_rows));
    tcase_add_test(t, a_body_is_an_action_and_its_parameters);
    tcase_add_test(t, action_and_version_are_encoded_too);
    tcase_add_test(t, a_name_from_a_format_has_255_bytes_at_most);
    tcase_add_test(t, a_name_that_cannot_be_written_breaks_the_body);
    tcase_add_test(t, a_body_over_the_cap_is_broken);
    suite_add_tcase(s, t);
    return unit_run(s);
}
