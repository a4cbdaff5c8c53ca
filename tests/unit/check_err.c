/* check_err.c - errors: one line to return, context in front, cut by '+'. */
#include "base/err.h"

#include <stdbool.h>
#include <string.h>

#include "unit.h"

enum { ROOM = (int)sizeof(((struct err *)0)->text) };

#define UML "\xc3\xbc" /* one character, two bytes */

START_TEST(set_returns_minus_one_and_fills)
{
    struct err err = {E_NONE, ""};

    ck_assert_int_eq(err_set(&err, E_CONFLICT, "%s: %d", "a", 7), -1);
    ck_assert_int_eq((int)err.code, E_CONFLICT);
    ck_assert_str_eq(err.text, "a: 7");
}
END_TEST

START_TEST(wrap_keeps_the_code)
{
    struct err err;

    (void)err_set(&err, E_NOT_FOUND, "no such file");
    ck_assert_int_eq(err_wrap(&err, "line %d", 3), -1);
    ck_assert_int_eq(err_wrap(&err, "reading %s", "x.conf"), -1);
    ck_assert_int_eq((int)err.code, E_NOT_FOUND);
    ck_assert_str_eq(err.text, "reading x.conf: line 3: no such file");
}
END_TEST

START_TEST(nobody_asks_for_the_error)
{
    ck_assert_int_eq(err_set(NULL, E_FAILED, "x"), -1);
    ck_assert_int_eq(err_wrap(NULL, "x"), -1);
}
END_TEST

/* A text of len bytes: before, then unit again and again. */
static void
fill(char *text, size_t len, const char *before, const char *unit)
{
    size_t n = strlen(before);

    memcpy(text, before, n);
    while (n < len)
        for (const char *p = unit; *p && n < len; p++)
            text[n++] = *p;
    text[n] = '\0';
}

static const struct cut_row {
    const char *before, *unit;
    size_t len, kept; /* bytes given; bytes that stay before the '+' */
} cut_rows[] = {
    /* fits to the last byte */
    {"", "x", ROOM - 1, ROOM - 1},
    {"", "x", ROOM, ROOM - 2},
    {"", "x", 3 * ROOM, ROOM - 2},
    /* byte ROOM - 2 begins a character */
    {"", UML, 2 * ROOM, ROOM - 2},
    /* byte ROOM - 2 ends one: the half that is left goes too */
    {"a", UML, 2 * ROOM, ROOM - 3},
};

START_TEST(a_long_text_ends_in_plus)
{
    const struct cut_row *row = &cut_rows[_i];
    bool fits = row->kept == row->len;
    char text[3 * ROOM + 1];
    struct err err;

    fill(text, row->len, row->before, row->unit);
    ck_assert_int_eq(err_set(&err, E_FAILED, "%s", text), -1);
    ck_assert_uint_eq(strlen(err.text), row->kept + !fits);
    ck_assert_int_eq(strncmp(err.text, text, row->kept), 0);
    ck_assert_int_eq(err.text[row->kept], fits ? '\0' : '+');
}
END_TEST

static const struct wrap_row {
    size_t text, context; /* bytes */
} wrap_rows[] = {
    {ROOM - 1, 10}, {ROOM - 10, 10}, {1, ROOM - 1}, {1, 2 * ROOM}, {0, ROOM},
};

START_TEST(wrapping_keeps_the_front)
{
    const struct wrap_row *row = &wrap_rows[_i];
    char text[ROOM], context[2 * ROOM + 1];
    struct err err;

    fill(text, row->text, "", "t");
    fill(context, row->context, "", "c");
    (void)err_set(&err, E_TIMEOUT, "%s", text);
    ck_assert_int_eq(err_wrap(&err, "%s", context), -1);
    size_t kept = row->context < ROOM - 2 ? row->context : ROOM - 2;
    ck_assert_uint_eq(strlen(err.text), strlen(err.text) < ROOM - 2
                                            ? row->context + 2 + row->text
                                            : ROOM - 1);
    ck_assert_int_eq(strncmp(err.text, context, kept), 0);
    ck_assert_int_eq(err.text[ROOM - 2], '+');
    ck_assert_int_eq((int)err.code, E_TIMEOUT);
}
END_TEST

START_TEST(wrapping_that_just_fits)
{
    char text[ROOM];
    struct err err;

    fill(text, ROOM - 4, "", "t");
    (void)err_set(&err, E_FAILED, "%s", text);
    (void)err_wrap(&err, "c");
    ck_assert_uint_eq(strlen(err.text), ROOM - 1);
    ck_assert_int_eq(err.text[ROOM - 2], 't');
}
END_TEST

/* The numbers are the exit status of the client (design.md 8). */
static const struct name_row {
    enum errcode code;
    int status;
    const char *name;
} name_rows[] = {
    {E_NONE, 0, "ok"},
    {E_FAILED, 1, "failed"},
    {E_USAGE, 2, "bad usage or input"},
    {E_NOT_FOUND, 3, "not found"},
    {E_CONFLICT, 4, "conflict"},
    {E_TIMEOUT, 5, "timed out"},
    {E_DATABASE, 6, "database unavailable"},
    {(enum errcode)99, 99, "unknown"},
};

START_TEST(codes_are_exit_statuses)
{
    ck_assert_int_eq((int)name_rows[_i].code, name_rows[_i].status);
    ck_assert_str_eq(err_name(name_rows[_i].code), name_rows[_i].name);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("err");
    TCase *t = tcase_create("err");

    tcase_add_test(t, set_returns_minus_one_and_fills);
    tcase_add_test(t, wrap_keeps_the_code);
    tcase_add_test(t, nobody_asks_for_the_error);
    tcase_add_loop_test(t, a_long_text_ends_in_plus, 0, COUNT(cut_rows));
    tcase_add_loop_test(t, wrapping_keeps_the_front, 0, COUNT(wrap_rows));
    tcase_add_test(t, wrapping_that_just_fits);
    tcase_add_loop_test(t, codes_are_exit_statuses, 0, COUNT(name_rows));
    suite_add_tcase(s, t);
    return unit_run(s);
}
