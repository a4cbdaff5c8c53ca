/* dur.h - time as a number: microseconds, saturating arithmetic, and the
 * written form of a duration ("1h30m", "500ms", "10" = seconds). */
#ifndef HOSTQ_BASE_DUR_H
#define HOSTQ_BASE_DUR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef int64_t usec_t; /* microseconds: a point in time or a span */

#define USEC_MS ((usec_t)1000)
#define USEC_S ((usec_t)1000000)
#define USEC_MAX INT64_MAX

usec_t usec_add(usec_t a, usec_t b);      /* saturates at both ends */
usec_t usec_sub(usec_t a, usec_t b);      /* saturates at both ends */
usec_t usec_mul(usec_t a, double factor); /* a >= 0; saturates */
/* a (> 0) doubled so many times, up to max, or a where that is more. */
usec_t usec_doubled(usec_t a, int64_t times, usec_t max);

/* Reads "1h30m", "500ms", "2.5s", "250us", "1d", or a bare number of
 * seconds; negative allowed with a leading '-'. */
int dur_parse(const char *text, usec_t *out, struct err *err);
/* Writes the shortest exact form into text. */
void dur_print(usec_t d, char *text, size_t size);
/* RFC 3339 in UTC with Z and milliseconds, from microseconds since 1970. */
void dur_print_utc(usec_t t, char *text, size_t size);
/* Reads "2024-12-19T14:32:22.000Z", as microseconds since 1970; parts of a
 * second are dropped. */
int dur_parse_utc(const char *text, usec_t *out, struct err *err);

/* A whole number in [min, max], decimal, nothing around it. */
int parse_i64(const char *text, int64_t min, int64_t max, int64_t *out,
              struct err *err);

#endif
