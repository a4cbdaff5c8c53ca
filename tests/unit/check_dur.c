/* check_dur.c - saturating time, durations in words, dates, whole numbers. */
#include "base/dur.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "unit.h"

#define US ((usec_t)1)
#define S USEC_S
#define M (60 * USEC_S)
#define H (3600 * USEC_S)
#define D (86400 * USEC_S)

static const struct sum_row {
    usec_t a, b, sum, diff;
} sum_rows[] = {
    {0, 0, 0, 0},
    {5, 3, 8, 2},
    {-5, 3, -2, -8},
    {USEC_MAX, 0, USEC_MAX, USEC_MAX},
    {USEC_MAX, 1, USEC_MAX, USEC_MAX - 1},
    {USEC_MAX, -1, USEC_MAX - 1, USEC_MAX},
    {USEC_MAX, USEC_MAX, USEC_MAX, 0},
    {USEC_MAX, INT64_MIN, -1, USEC_MAX},
    {INT64_MIN, -1, INT64_MIN, INT64_MIN + 1},
    {INT64_MIN, 1, INT64_MIN + 1, INT64_MIN},
    {INT64_MIN, INT64_MIN, INT64_MIN, 0},
    {0, INT64_MIN, INT64_MIN, USEC_MAX},
    {-1, INT64_MIN, INT64_MIN, USEC_MAX},
};

START_TEST(sums_saturate)
{
    const struct sum_row *row = &sum_rows[_i];

    ck_assert_int_eq(usec_add(row->a, row->b), row->sum);
    ck_assert_int_eq(usec_sub(row->a, row->b), row->diff);
}
END_TEST

static const struct mul_row {
    usec_t a;
    double factor;
    usec_t product;
} mul_rows[] = {
    {0, 5, 0},
    {0, INFINITY, 0},
    {3, 2.5, 7},
    {S, 1, S},
    {S, 0.001, USEC_MS},
    {S, INFINITY, USEC_MAX},
    {S, NAN, 0},
    {S, -2, 0},
    {USEC_MAX, 1, USEC_MAX},
    {USEC_MAX, 2, USEC_MAX},
    {1, 9223372036854775807.0, USEC_MAX},
    {1, 9007199254740992.0, 9007199254740992},
};

START_TEST(products_saturate)
{
    const struct mul_row *row = &mul_rows[_i];

    ck_assert_int_eq(usec_mul(row->a, row->factor), row->product);
}
END_TEST

static const struct parse_row {
    const char *text;
    usec_t value;
} parse_rows[] = {
    {"0", 0},
    {"10", 10 * S},
    {"007", 7 * S},
    {"1.5", S + S / 2},
    {".5", S / 2},
    {"5.", 5 * S},
    {"1d", D},
    {"2h", 2 * H},
    {"3m", 3 * M},
    {"4s", 4 * S},
    {"500ms", 500 * USEC_MS},
    {"250us", 250 * US},
    {"1h30m", H + 30 * M},
    {"1d2h3m4s5ms6us", D + 2 * H + 3 * M + 4 * S + 5 * USEC_MS + 6 * US},
    {"30m1h", H + 30 * M}, /* any order */
    {"1m1m", 2 * M},
    {"2.5s", 2 * S + S / 2},
    {"0.25h", 15 * M},
    {"-5", -5 * S},
    {"-1h30m", -(H + 30 * M)},
    {"-0", 0},
    /* to the microsecond, though no double is exactly this */
    {"1.001", S + USEC_MS},
    {"1.001s", S + USEC_MS},
    {"0.000001", US},
    {"0.57s", 570 * USEC_MS},
    {"4.35ms", 4 * USEC_MS + 350 * US},
    {"0.29us", 0},
    {"0.0000001", 0},
    /* saturates */
    {"106751991d", 106751991 * D},
    {"106751992d", USEC_MAX},
    {"99999999999999999999", USEC_MAX},
    {"-99999999999999999999", -USEC_MAX},
    {"106751991d9999999h", USEC_MAX},
};

START_TEST(durations_in_words)
{
    const struct parse_row *row = &parse_rows[_i];
    struct err err = {E_NONE, ""};
    usec_t got = -1;

    ck_assert_msg(dur_parse(row->text, &got, &err) == 0, "%s: %s", row->text,
                  err.text);
    ck_assert_msg(got == row->value, "%s is %" PRId64, row->text, got);
}
END_TEST

static const struct refuse_row {
    const char *text, *error;
} refuse_rows[] = {
    {"", "'' is not a duration (like 1h30m, 500ms, 10)"},
    {"-", "'-' is not a duration (like 1h30m, 500ms, 10)"},
    {".", "'.' is not a duration (like 1h30m, 500ms, 10)"},
    {"s", "'s' is not a duration (like 1h30m, 500ms, 10)"},
    {"--1", "'--1' is not a duration (like 1h30m, 500ms, 10)"},
    {"+1", "'+1' is not a duration (like 1h30m, 500ms, 10)"},
    {" 1", "' 1' is not a duration (like 1h30m, 500ms, 10)"},
    {"1.2.3s", "'1.2.3s' is not a duration (like 1h30m, 500ms, 10)"},
    {"1h-30m", "'1h-30m' is not a duration (like 1h30m, 500ms, 10)"},
    {"inf", "'inf' is not a duration (like 1h30m, 500ms, 10)"},
    {"nan", "'nan' is not a duration (like 1h30m, 500ms, 10)"},
    {"1 ", "'1 ' is not a duration: unknown unit at ' '"},
    {"1 s", "'1 s' is not a duration: unknown unit at ' s'"},
    {"1h30", "'1h30' is not a duration: unknown unit at ''"},
    {"5w", "'5w' is not a duration: unknown unit at 'w'"},
    {"1e3", "'1e3' is not a duration: unknown unit at 'e3'"},
    {"0x10", "'0x10' is not a duration: unknown unit at 'x10'"},
    {"1H", "'1H' is not a duration: unknown unit at 'H'"},
    /* read as the longest unit that fits: minutes need a number behind */
    {"1msx", "'1msx' is not a duration (like 1h30m, 500ms, 10)"},
};

START_TEST(what_is_not_a_duration)
{
    const struct refuse_row *row = &refuse_rows[_i];
    struct err err = {E_NONE, ""};
    usec_t got = 42;

    ck_assert_int_eq(dur_parse(row->text, &got, &err), -1);
    ck_assert_str_eq(err.text, row->error);
    ck_assert_int_eq((int)err.code, E_USAGE);
    ck_assert_int_eq(got, 42);
}
END_TEST

START_TEST(a_very_long_number_is_refused)
{
    char text[200];
    usec_t got = 42;
    struct err err;

    memset(text, '1', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(dur_parse(text, &got, &err), -1);
    ck_assert_int_eq(got, 42);
}
END_TEST

static const struct print_row {
    usec_t value;
    const char *text;
} print_rows[] = {
    {0, "0s"},
    {1, "1us"},
    {USEC_MS, "1ms"},
    {1500, "1ms500us"},
    {S, "1s"},
    {90 * S, "1m30s"},
    {H, "1h"},
    {D, "1d"},
    {D + 1, "1d1us"},
    {25 * H + 61 * S, "1d1h1m1s"},
    {600 * S, "10m"},
    {-90 * S, "-1m30s"},
    {-1, "-1us"},
    {USEC_MAX, "106751991d4h54s775ms807us"},
    {INT64_MIN, "-106751991d4h54s775ms808us"},
};

START_TEST(durations_are_printed)
{
    const struct print_row *row = &print_rows[_i];
    char text[60];
    usec_t again;

    dur_print(row->value, text, sizeof text);
    ck_assert_str_eq(text, row->text);
    ck_assert_int_eq(dur_parse(text, &again, NULL), 0);
    ck_assert_int_eq(again, row->value == INT64_MIN ? -USEC_MAX : row->value);
}
END_TEST

START_TEST(a_printed_duration_is_read_as_the_same)
{
    uint64_t x = 88172645463325252U; /* xorshift: the same every time */

    for (int i = 0; i < 20000; i++) {
        char text[60];
        usec_t again = 0;
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        usec_t d = (usec_t)(x >> (1 + i % 63));
        dur_print(d, text, sizeof text);
        ck_assert_int_eq(dur_parse(text, &again, NULL), 0);
        ck_assert_msg(again == d, "%s: %" PRId64 " is not %" PRId64, text,
                      again, d);
    }
}
END_TEST

START_TEST(a_short_room_is_never_left)
{
    static const usec_t values[] = {0, 1, -1, 90 * S, USEC_MAX, INT64_MIN};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char whole[60];
        dur_print(values[i], whole, sizeof whole);
        for (size_t size = 0; size <= 40; size++) {
            char text[60];
            memset(text, '#', sizeof text);
            dur_print(values[i], text, size);
            ck_assert_int_eq(text[size], '#');
            if (size > 0)
                ck_assert_int_eq(strncmp(text, whole, strnlen(text, size)), 0);
        }
    }
}
END_TEST

/* The dates were computed with date(1). */
static const struct date_row {
    int64_t seconds;
    usec_t more;
    const char *text;
} date_rows[] = {
    {0, 0, "1970-01-01T00:00:00.000Z"},
    {0, 999, "1970-01-01T00:00:00.000Z"},
    {0, 1000, "1970-01-01T00:00:00.001Z"},
    {0, -1, "1969-12-31T23:59:59.999Z"},
    {0, -1000, "1969-12-31T23:59:59.999Z"},
    {0, -1001, "1969-12-31T23:59:59.998Z"},
    {86399, 999999, "1970-01-01T23:59:59.999Z"},
    {951782400, 0, "2000-02-29T00:00:00.000Z"},
    {951868799, 0, "2000-02-29T23:59:59.000Z"},
    {951868800, 0, "2000-03-01T00:00:00.000Z"},
    {1709164800, 0, "2024-02-29T00:00:00.000Z"},
    {1735689599, 0, "2024-12-31T23:59:59.000Z"},
    {1740787200, 0, "2025-03-01T00:00:00.000Z"},
    {2147483648, 0, "2038-01-19T03:14:08.000Z"},
    {4107542400, 0, "2100-03-01T00:00:00.000Z"},
    {4107542399, 0, "2100-02-28T23:59:59.000Z"},
    {253402300799, 0, "9999-12-31T23:59:59.000Z"},
    {-62135596800, 0, "0001-01-01T00:00:00.000Z"},
    {-2203891200, 0, "1900-03-01T00:00:00.000Z"},
    {-2203891201, 0, "1900-02-28T23:59:59.000Z"},
};

START_TEST(dates_in_utc)
{
    const struct date_row *row = &date_rows[_i];
    char text[40];

    dur_print_utc(row->seconds * S + row->more, text, sizeof text);
    ck_assert_str_eq(text, row->text);
}
END_TEST

START_TEST(dates_of_all_time_are_in_bounds)
{
    char text[40];

    dur_print_utc(USEC_MAX, text, sizeof text);
    ck_assert_str_eq(text, "294247-01-10T04:00:54.775Z");
    dur_print_utc(INT64_MIN, text, sizeof text);
    ck_assert_str_eq(text, "-290308-12-21T19:59:05.224Z");
    dur_print_utc(0, text, 5);
    ck_assert_str_eq(text, "1970");
}
END_TEST

static const struct whole_row {
    const char *text;
    int64_t min, max, value;
    const char *error;
} whole_rows[] = {
    {"0", 0, 0, 0, NULL},
    {"-1", -1, 10, -1, NULL},
    {"10", -1, 10, 10, NULL},
    {"0010", 0, 10, 10, NULL},
    {"-0", 0, 10, 0, NULL},
    {"9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX, NULL},
    {"-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN, NULL},
    {"11", -1, 10, 0, "'11' is out of range -1..10"},
    {"-2", -1, 10, 0, "'-2' is out of range -1..10"},
    {"9223372036854775808", INT64_MIN, INT64_MAX, 0,
     "'9223372036854775808' is out of range "
     "-9223372036854775808..9223372036854775807"},
    {"99999999999999999999999", 0, 10, 0,
     "'99999999999999999999999' is out of range 0..10"},
    {"", 0, 10, 0, "'' is not a whole number"},
    {"-", 0, 10, 0, "'-' is not a whole number"},
    {"+1", 0, 10, 0, "'+1' is not a whole number"},
    {" 1", 0, 10, 0, "' 1' is not a whole number"},
    {"1 ", 0, 10, 0, "'1 ' is not a whole number"},
    {"\t1", 0, 10, 0, "'\t1' is not a whole number"},
    {"1.0", 0, 10, 0, "'1.0' is not a whole number"},
    {"1e1", 0, 10, 0, "'1e1' is not a whole number"},
    {"0x1", 0, 10, 0, "'0x1' is not a whole number"},
    {"--1", 0, 10, 0, "'--1' is not a whole number"},
    {"one", 0, 10, 0, "'one' is not a whole number"},
};

START_TEST(whole_numbers)
{
    const struct whole_row *row = &whole_rows[_i];
    struct err err = {E_NONE, ""};
    int64_t got = 42;
    int rc = parse_i64(row->text, row->min, row->max, &got, &err);

    if (row->error) {
        ck_assert_int_eq(rc, -1);
        ck_assert_str_eq(err.text, row->error);
        ck_assert_int_eq((int)err.code, E_USAGE);
        ck_assert_int_eq(got, 42);
    } else {
        ck_assert_msg(rc == 0, "%s: %s", row->text, err.text);
        ck_assert_int_eq(got, row->value);
    }
}
END_TEST

START_TEST(doubled)
{
    ck_assert_int_eq(usec_doubled(3, 0, 100), 3);
    ck_assert_int_eq(usec_doubled(3, -1, 100), 3);
    ck_assert_int_eq(usec_doubled(3, 2, 100), 12);
    ck_assert_int_eq(usec_doubled(3, 50, 100), 100);
    ck_assert_int_eq(usec_doubled(300, 0, 100), 300);
    ck_assert_int_eq(usec_doubled(300, 9, 100), 300);
    ck_assert_int_eq(usec_doubled(1, INT64_MAX, USEC_MAX), USEC_MAX);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("dur");
    TCase *t = tcase_create("dur");

    tcase_add_loop_test(t, sums_saturate, 0, COUNT(sum_rows));
    tcase_add_loop_test(t, products_saturate, 0, COUNT(mul_rows));
    tcase_add_loop_test(t, durations_in_words, 0, COUNT(parse_rows));
    tcase_add_loop_test(t, what_is_not_a_duration, 0, COUNT(refuse_rows));
    tcase_add_test(t, a_very_long_number_is_refused);
    tcase_add_loop_test(t, durations_are_printed, 0, COUNT(print_rows));
    tcase_add_test(t, a_printed_duration_is_read_as_the_same);
    tcase_add_test(t, a_short_room_is_never_left);
    tcase_add_loop_test(t, dates_in_utc, 0, COUNT(date_rows));
    tcase_add_test(t, dates_of_all_time_are_in_bounds);
    tcase_add_loop_test(t, whole_numbers, 0, COUNT(whole_rows));
    tcase_add_test(t, doubled);
    suite_add_tcase(s, t);
    return unit_run(s);
}
