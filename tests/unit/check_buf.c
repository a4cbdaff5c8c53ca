/* check_buf.c - the string builder and its cap. */
#include "base/buf.h"

#include <string.h>

#include "base/cleanup.h"
#include "unit.h"

START_TEST(empty_is_an_empty_text)
{
    struct buf b = BUF_INIT(10);

    ck_assert(buf_ok(&b));
    ck_assert_str_eq(buf_str(&b), "");
    buf_puts(&b, "");
    buf_printf(&b, "%s", "");
    ck_assert_str_eq(buf_str(&b), "");
    ck_assert_uint_eq(b.len, 0);
    buf_fini(&b);
}
END_TEST

START_TEST(appends_in_order)
{
    CLEANUP_BUF struct buf b;

    buf_init(&b, 100);
    buf_puts(&b, "one");
    buf_putc(&b, ' ');
    buf_put(&b, "two!", 3);
    buf_printf(&b, " %d %s", 3, "four");
    ck_assert_str_eq(buf_str(&b), "one two 3 four");
    ck_assert_uint_eq(b.len, strlen("one two 3 four"));
    ck_assert(buf_ok(&b));
}
END_TEST

START_TEST(holds_any_byte)
{
    CLEANUP_BUF struct buf b = BUF_INIT(10);

    buf_put(&b, "a\0b", 3);
    buf_putc(&b, '\0');
    ck_assert_uint_eq(b.len, 4);
    ck_assert_mem_eq(buf_str(&b), "a\0b\0", 5); /* and a NUL behind it */
}
END_TEST

enum how { PUTS, PUTC, PRINTF };

static void
append(struct buf *b, enum how how, size_t n)
{
    static const char many[] = "0123456789012345678901234567890123456789";

    switch (how) {
    case PUTS:
        buf_put(b, many, n);
        break;
    case PUTC:
        for (size_t i = 0; i < n; i++)
            buf_putc(b, many[i]);
        break;
    case PRINTF:
        buf_printf(b, "%.*s", (int)n, many);
        break;
    }
}

static const struct cap_row {
    size_t cap, first, then;
    bool ok;
    size_t len; /* what is in it afterwards */
} cap_rows[] = {
    {5, 5, 0, true, 5},    {5, 4, 1, true, 5},     {5, 3, 3, false, 3},
    {5, 0, 6, false, 0},   {0, 0, 0, true, 0},     {0, 0, 1, false, 0},
    {40, 39, 1, true, 40}, {64, 40, 24, true, 64}, {64, 40, 25, false, 40},
};

static void
cap_with(const struct cap_row *row, enum how how)
{
    CLEANUP_BUF struct buf b = BUF_INIT(row->cap);

    append(&b, how, row->first);
    ck_assert(buf_ok(&b));
    append(&b, how, row->then);
    ck_assert_int_eq(buf_ok(&b), row->ok);
    /* byte by byte, the bytes before the cap went in */
    ck_assert_uint_eq(b.len, how == PUTC && !row->ok ? row->cap : row->len);
    ck_assert_uint_eq(strlen(buf_str(&b)), b.len);
}

START_TEST(stops_at_the_cap)
{
    cap_with(&cap_rows[_i], PUTS);
    cap_with(&cap_rows[_i], PUTC);
    cap_with(&cap_rows[_i], PRINTF);
}
END_TEST

START_TEST(broken_stays_broken_until_cleared)
{
    CLEANUP_BUF struct buf b = BUF_INIT(4);

    buf_puts(&b, "abc");
    buf_puts(&b, "de");
    buf_putc(&b, 'x'); /* would fit */
    buf_puts(&b, "");
    ck_assert(!buf_ok(&b));
    ck_assert_str_eq(buf_str(&b), "abc");
    buf_clear(&b);
    ck_assert(buf_ok(&b));
    ck_assert_str_eq(buf_str(&b), "");
    buf_puts(&b, "abcd");
    ck_assert(buf_ok(&b));
    ck_assert_str_eq(buf_str(&b), "abcd");
}
END_TEST

START_TEST(clearing_an_unused_one)
{
    struct buf b = BUF_INIT(4);

    buf_clear(&b);
    ck_assert_str_eq(buf_str(&b), "");
    buf_fini(&b);
    buf_fini(&b); /* twice is harmless */
}
END_TEST

START_TEST(grows_far)
{
    enum { N = 100000 };
    CLEANUP_BUF struct buf b = BUF_INIT(N);

    for (int i = 0; i < N; i++)
        buf_putc(&b, (char)('a' + i % 26));
    ck_assert(buf_ok(&b));
    ck_assert_uint_eq(strlen(buf_str(&b)), N);
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(buf_str(&b)[i], 'a' + i % 26);
    buf_putc(&b, '!');
    ck_assert(!buf_ok(&b));
}
END_TEST

START_TEST(take_moves_out)
{
    CLEANUP_BUF struct buf b = BUF_INIT(10);

    buf_puts(&b, "text");
    CLEANUP_FREE char *text = buf_take(&b);
    ck_assert_str_eq(text, "text");
    ck_assert_str_eq(buf_str(&b), "");
    ck_assert_uint_eq(b.cap, 10);
    buf_puts(&b, "again");
    ck_assert_str_eq(buf_str(&b), "again");
    ck_assert_str_eq(text, "text");
}
END_TEST

START_TEST(take_of_nothing_is_an_empty_text)
{
    CLEANUP_BUF struct buf b = BUF_INIT(10);
    CLEANUP_FREE char *text = buf_take(&b);

    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(take_of_a_broken_one_is_null)
{
    CLEANUP_BUF struct buf b = BUF_INIT(3);

    buf_puts(&b, "ab");
    buf_puts(&b, "cd");
    ck_assert_ptr_null(buf_take(&b));
    ck_assert_ptr_null(b.data);
    ck_assert(buf_ok(&b));
    buf_puts(&b, "abc");
    ck_assert_str_eq(buf_str(&b), "abc");
}
END_TEST

START_TEST(a_text_may_be_made_of_itself)
{
    CLEANUP_BUF struct buf b = BUF_INIT(1000);
    CLEANUP_BUF struct buf copy = BUF_INIT(1000);

    buf_puts(&b, "x=%d");
    buf_puts(&copy, buf_str(&b)); /* never read as a format */
    ck_assert_str_eq(buf_str(&copy), "x=%d");
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("buf");
    TCase *t = tcase_create("buf");

    tcase_add_test(t, empty_is_an_empty_text);
    tcase_add_test(t, appends_in_order);
    tcase_add_test(t, holds_any_byte);
    tcase_add_loop_test(t, stops_at_the_cap, 0, COUNT(cap_rows));
    tcase_add_test(t, broken_stays_broken_until_cleared);
    tcase_add_test(t, clearing_an_unused_one);
    tcase_add_test(t, grows_far);
    tcase_add_test(t, take_moves_out);
    tcase_add_test(t, take_of_nothing_is_an_empty_text);
    tcase_add_test(t, take_of_a_broken_one_is_null);
    tcase_add_test(t, a_text_may_be_made_of_itself);
    suite_add_tcase(s, t);
    return unit_run(s);
}
