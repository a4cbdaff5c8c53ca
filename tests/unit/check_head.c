/* check_head.c - headers of replies as servers and proxies send them. */
#include "wire/head.h"

#include <string.h>

#include "unit.h"

#define TEXT(literal) literal, sizeof(literal) - 1

static const struct row {
    const char *lines; /* as they come, each with its end */
    size_t len;
    const char *text;
    bool done;
} rows[] = {
    {TEXT(""), "", false},
    {TEXT("HTTP/1.1 200 OK\r\n"), "", false},
    {TEXT("HTTP/1.1 200 OK\r\nA: b\r\nC:d\r\n\r\n"), "A: b\nC:d\n", true},
    {TEXT("HTTP/2 200\r\na: b\r\n\r\n"), "a: b\n", true},
    {TEXT("HTTP/1.1 200\nA: b\n\n"), "A: b\n", true},
    {TEXT("HTTP/1.1 200 OK\r\nA: b\r\n"), "A: b\n", false},
    {TEXT("HTTP/1.1 200 OK\r\nA: b\r\nCut"), "A: b\n", false},
    /* what is of another reply is dropped */
    {TEXT("HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nC: d\r\n"
          "\r\n"),
     "C: d\n", true},
    {TEXT("HTTP/1.1 200 Connection established\r\nVia: p\r\n\r\n"
          "HTTP/1.1 200 OK\r\nC: d\r\n"),
     "C: d\n", false},
    /* trailers */
    {TEXT("HTTP/1.1 200 OK\r\nA: b\r\n\r\nDate: x\r\n\r\n"), "A: b\n", true},
    /* no headers */
    {TEXT("HTTP/1.1 200 OK\r\nwords\r\nA: b\r\nHTTP\r\n\r\n"), "A: b\n", true},
    {TEXT("A: b\0c\r\nB: c\r\n\r\n"), "B: c\n", true},
    {TEXT("A\r\r\n\r\r\n"), "", true},
    {TEXT("A: b\rc\r\r\n"), "A: b\rc\n", false},
};

static void
add_lines(struct head *h, const char *lines, size_t len)
{
    while (len > 0) {
        const char *end = memchr(lines, '\n', len);
        size_t n = end != NULL ? (size_t)(end - lines) + 1 : len;

        head_add(h, lines, n);
        lines += n;
        len -= n;
    }
}

START_TEST(lines_are_gathered)
{
    const struct row *row = &rows[_i];
    struct head h;

    head_init(&h);
    add_lines(&h, row->lines, row->len);
    ck_assert_str_eq(buf_str(&h.text), row->text);
    ck_assert_int_eq(h.done, row->done);
    ck_assert(buf_ok(&h.text));
    head_clear(&h);
    ck_assert_str_eq(buf_str(&h.text), "");
    ck_assert(!h.done);
    head_fini(&h);
}
END_TEST

/* Two headers in one line would be a header that nobody sent. */
START_TEST(a_line_is_one_line)
{
    struct head h;

    head_init(&h);
    head_add(&h, TEXT("A: b\nDate: x\r\n"));
    ck_assert_str_eq(buf_str(&h.text), "");
    head_fini(&h);
}
END_TEST

START_TEST(lines_that_do_not_fit_are_left_out)
{
    static char line[HEAD_CAP + 10];
    struct head h;

    head_init(&h);
    memset(line, 'x', sizeof line);
    memcpy(line, "A: ", 3);
    head_add(&h, line, HEAD_CAP);
    ck_assert_uint_eq(h.text.len, 0);
    head_add(&h, line, HEAD_CAP - 1 - 5);
    ck_assert_uint_eq(h.text.len, HEAD_CAP - 5);
    head_add(&h, TEXT("B: cc\r\n"));
    ck_assert_uint_eq(h.text.len, HEAD_CAP - 5);
    head_add(&h, TEXT("B: c\r\n"));
    ck_assert_uint_eq(h.text.len, HEAD_CAP);
    head_add(&h, TEXT(":\r\n"));
    ck_assert_uint_eq(h.text.len, HEAD_CAP);
    ck_assert_str_eq(buf_str(&h.text) + HEAD_CAP - 7, "x\nB: c\n");
    ck_assert(!h.done);
    head_add(&h, TEXT("\r\n"));
    ck_assert(h.done && buf_ok(&h.text));
    head_fini(&h);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("head");
    TCase *t = tcase_create("head");

    tcase_add_loop_test(t, lines_are_gathered, 0, COUNT(rows));
    tcase_add_test(t, a_line_is_one_line);
    tcase_add_test(t, lines_that_do_not_fit_are_left_out);
    suite_add_tcase(s, t);
    return unit_run(s);
}
