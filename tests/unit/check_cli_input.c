/* check_cli_input.c - what is judged before it reaches SQL, and how rows are
 * shown. */
#include "cli/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/table.h"
#include "unit.h"

static const struct judged {
    const char *text;
    size_t len;          /* 0 = strlen */
    const char *refusal; /* NULL = accepted */
} judgeds[] = {
    {"{}", 0, NULL},
    {"{\"a\":12345678901234567890123}", 0, NULL},
    {"[1.5,\"\\u00e9\xc3\xa9\"]", 0, NULL},
    {"", 0, "IN is empty"},
    {" \n\t", 0, "IN is empty"},
    {"{", 0, "IN is not JSON: line 1"},
    {"{} x", 0, "IN is not JSON: line 1"},
    {"{\"a\":\"x\\u0000y\"}", 0, "IN: 'a' holds \\u0000"},
    {"{\"p\":{\"l\":[1,{\"k\":\"\\u0000\"}]}}", 0,
     "IN: 'p.l[1].k' holds \\u0000"},
    {"\"\\u0000\"", 0, "holds \\u0000"},
    {"{\"a\\u0000b\":1}", 0, "IN is not JSON"},
    {"{\"p\":{\"id\":\"a\xff\"}}", 0, "IN: 'p.id' is not valid UTF-8"},
    {"{\"\xc3\":1}", 0, "is not valid UTF-8"},
    {"\xff\xfe{}", 0, "IN is not valid UTF-8"},
    {"{\"a\":\"\\ud800\"}", 0, "IN is not JSON"},
    {"{\"a\":1}\0{}", 10, "IN is not JSON"},
};

START_TEST(json_is_judged)
{
    const struct judged *j = &judgeds[_i];
    size_t len = j->len != 0 ? j->len : strlen(j->text);
    struct err err = {0};
    CLEANUP_JSON json_t *json = input_json_new(j->text, len, "IN", &err);

    if (j->refusal == NULL) {
        ck_assert_msg(json != NULL, "%s", err.text);
        return;
    }
    ck_assert_ptr_null(json);
    ck_assert_int_eq(err.code, E_USAGE);
    ck_assert_msg(strstr(err.text, j->refusal) != NULL, "%s", err.text);
}
END_TEST

static const struct utf8 {
    const char *text;
    const char *clean;
} utf8s[] = {
    {"abc", "abc"},
    {"\xc3\xa9", "\xc3\xa9"},
    {"\xe2\x82\xac", "\xe2\x82\xac"},
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    {"a\xff"
     "b",
     "a?b"},
    {"\xc0\x80", "??"},           /* overlong */
    {"\xe0\x80\x80", "???"},      /* overlong */
    {"\xed\xa0\x80", "???"},      /* surrogate */
    {"\xf4\x90\x80\x80", "????"}, /* beyond U+10FFFF */
    {"\xe2\x82", "??"},           /* cut off */
};

START_TEST(bytes_that_are_not_utf8)
{
    const struct utf8 *u = &utf8s[_i];
    CLEANUP_FREE char *clean = input_clean_new(u->text);

    ck_assert_str_eq(clean, u->clean);
    ck_assert_int_eq(input_is_utf8(u->text, strlen(u->text)),
                     strcmp(u->text, u->clean) == 0);
}
END_TEST

START_TEST(a_file_is_read_without_its_mark)
{
    char path[] = "/tmp/hostq-check-XXXXXX";
    struct err err = {0};
    size_t len = 0;
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "\xef\xbb\xbf{}\n", 6), 6);
    CLEANUP_FREE char *text = input_read_new(path, &len, &err);
    ck_assert_str_eq(text, "{}\n");
    ck_assert_uint_eq(len, 3);
    (void)close(fd);
    (void)unlink(path);
    ck_assert_ptr_null(input_read_new(path, &len, &err));
    ck_assert_ptr_nonnull(strstr(err.text, path));
    ck_assert_ptr_null(input_read_new("/", &len, &err));
    ck_assert_int_eq(err.code, E_USAGE);
}
END_TEST

static const struct column columns[] = {
    {"id", "ID"},
    {"made_at", "MADE"},
    {"list", "LIST"},
    {NULL, NULL},
};

static void
show(bool aligned, const char *want)
{
    CLEANUP_JSON json_t *row =
        json_pack("{s:s, s:s, s:[s,i]}", "id", "\xc3\xa9\x1b[1m\n", "made_at",
                  "2024-05-06T07:08:09.123+00:00", "list", "a", 5);
    char *text = NULL;
    size_t size = 0;
    struct table t;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    table_init(&t, columns);
    table_add(&t, row);
    table_print(&t, out, aligned);
    table_fini(&t);
    (void)fclose(out);
    ck_assert_str_eq(text, want);
    free(text);
}

START_TEST(rows_are_shown)
{
    show(false, "\xc3\xa9?[1m \t2024-05-06T07:08:09\ta,5\n");
    show(true, "ID      MADE                 LIST\n"
               "\xc3\xa9?[1m   2024-05-06T07:08:09  a,5\n");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("cli_input");
    TCase *t = tcase_create("input");

    tcase_add_loop_test(t, json_is_judged, 0, COUNT(judgeds));
    tcase_add_loop_test(t, bytes_that_are_not_utf8, 0, COUNT(utf8s));
    tcase_add_test(t, a_file_is_read_without_its_mark);
    tcase_add_test(t, rows_are_shown);
    suite_add_tcase(suite, t);
    return unit_run(suite);
}
