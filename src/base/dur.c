#include "base/dur.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

usec_t
usec_add(usec_t a, usec_t b)
{
    usec_t sum;
    if (!__builtin_add_overflow(a, b, &sum))
        return sum;
    return a > 0 ? INT64_MAX : INT64_MIN;
}

usec_t
usec_sub(usec_t a, usec_t b)
{
    usec_t diff;
    if (!__builtin_sub_overflow(a, b, &diff))
        return diff;
    return a >= 0 ? INT64_MAX : INT64_MIN;
}

usec_t
usec_doubled(usec_t a, int64_t times, usec_t max)
{
    if (max < a)
        max = a;
    for (int64_t i = 0; i < times && a < max; i++)
        a = usec_add(a, a);
    return a < max ? a : max;
}

usec_t
usec_mul(usec_t a, double factor)
{
    double product = (double)a * factor;
    /* 2^63 as a double; NaN (0 * infinity) counts as 0. */
    if (product >= 9223372036854775807.0)
        return USEC_MAX;
    return product > 0 ? (usec_t)product : 0;
}

struct unit_name {
    const char *name;
    usec_t size;
};

static const struct unit_name units[] = {
    {"d", 86400 * USEC_S}, {"h", 3600 * USEC_S}, {"m", 60 * USEC_S},
    {"s", USEC_S},         {"ms", USEC_MS},      {"us", 1},
};
enum { UNIT_COUNT = sizeof units / sizeof units[0] };

static const struct unit_name *
unit_at(const char *text)
{
    const struct unit_name *found = NULL;
    for (size_t i = 0; i < UNIT_COUNT; i++)
        if (strncmp(text, units[i].name, strlen(units[i].name)) == 0 &&
            (!found || strlen(units[i].name) > strlen(found->name)))
            found = &units[i];
    return found;
}

/* One number at *text, digits and at most one dot; moves *text past it. */
static bool
number_at(const char **text, double *out)
{
    size_t len = strspn(*text, "0123456789.");
    char copy[40];
    char *end;
    if (len == 0 || len >= sizeof copy)
        return false;
    memcpy(copy, *text, len);
    copy[len] = '\0';
    *out = strtod(copy, &end);
    *text += len;
    return *end == '\0';
}

int
dur_parse(const char *text, usec_t *out, struct err *err)
{
    const char *p = text;
    bool minus = *p == '-';
    usec_t sum = 0;
    p += minus;
    do {
        double n;
        const char *after = p;
        if (!number_at(&after, &n))
            return err_set(err, E_USAGE,
                           "'%s' is not a duration (like 1h30m, 500ms, 10)",
                           text);
        const struct unit_name *u = unit_at(after);
        if (!u && (*after != '\0' || p != text + minus))
            return err_set(err, E_USAGE,
                           "'%s' is not a duration: unknown unit at '%s'", text,
                           after);
        usec_t size = u ? u->size : USEC_S;
        /* No double is exactly 1.001: the nearest microsecond is meant. */
        double whole = floor(n);
        usec_t part = usec_mul(size, n - whole + 0.5 / (double)size);
        sum = usec_add(sum, usec_add(usec_mul(size, whole), part));
        p = after + (u ? strlen(u->name) : 0);
    } while (*p);
    *out = minus ? -sum : sum;
    return 0;
}

void
dur_print(usec_t d, char *text, size_t size)
{
    size_t at = 0;
    bool minus = d < 0;
    uint64_t left = minus ? 0 - (uint64_t)d : (uint64_t)d;
    if (left == 0) {
        (void)snprintf(text, size, "0s");
        return;
    }
    if (size > 0)
        text[0] = '\0';
    if (minus && size > 1)
        text[at++] = '-';
    for (size_t i = 0; i < UNIT_COUNT && at < size; i++) {
        uint64_t n = left / (uint64_t)units[i].size;
        left %= (uint64_t)units[i].size;
        if (n == 0)
            continue;
        int wrote =
            snprintf(text + at, size - at, "%" PRIu64 "%s", n, units[i].name);
        at += wrote > 0 ? (size_t)wrote : 0;
    }
}

/* Days since 1970-01-01 to a date (proleptic Gregorian calendar). */
static void
civil(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = (int64_t)yoe + era * 400 + (*month <= 2);
}

void
dur_print_utc(usec_t t, char *text, size_t size)
{
    int64_t ms = t / USEC_MS - (t % USEC_MS < 0);
    int64_t days = ms / 86400000 - (ms % 86400000 < 0);
    unsigned in_day = (unsigned)(ms - days * 86400000);
    int64_t year;
    unsigned month, day;
    civil(days, &year, &month, &day);
    (void)snprintf(text, size, "%04" PRId64 "-%02u-%02uT%02u:%02u:%02u.%03uZ",
                   year, month, day, in_day / 3600000, in_day / 60000 % 60,
                   in_day / 1000 % 60, in_day % 1000);
}

static int64_t
days_since_1970(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t yoe = year - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* The number of n digits at p, or -1. */
static int64_t
digits(const char *p, size_t n)
{
    int64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        value = value * 10 + (p[i] - '0');
    }
    return value;
}

int
dur_parse_utc(const char *text, usec_t *out, struct err *err)
{
    static const struct {
        size_t at, n;
        int64_t min, max;
    } parts[] = {{0, 4, 0, 9999}, {5, 2, 1, 12},  {8, 2, 1, 31},
                 {11, 2, 0, 23},  {14, 2, 0, 59}, {17, 2, 0, 60}};
    static const char form[] = "0000-00-00T00:00:00";
    int64_t v[6];
    size_t len = strlen(text);
    bool good = len >= sizeof(form) && text[len - 1] == 'Z';
    for (size_t i = 0; good && form[i] != '\0'; i++)
        good = form[i] == '0' || text[i] == form[i];
    for (size_t i = 0; good && i < 6; i++) {
        v[i] = digits(text + parts[i].at, parts[i].n);
        good = v[i] >= parts[i].min && v[i] <= parts[i].max;
    }
    if (!good)
        return err_set(err, E_USAGE, "'%s' is not a time in UTC", text);
    *out = (((days_since_1970(v[0], v[1], v[2]) * 24 + v[3]) * 60 + v[4]) * 60 +
            v[5]) *
           USEC_S;
    return 0;
}

int
parse_i64(const char *text, int64_t min, int64_t max, int64_t *out,
          struct err *err)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || strchr(" \t\n\r\f\v+", *text))
        return err_set(err, E_USAGE, "'%s' is not a whole number", text);
    if (errno == ERANGE || v < min || v > max)
        return err_set(err, E_USAGE,
                       "'%s' is out of range %" PRId64 "..%" PRId64, text, min,
                       max);
    *out = v;
    return 0;
}
