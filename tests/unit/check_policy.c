/* check_policy.c - delays, refusals and their boundaries: M69, M71, M72, F4,
 * F6, F7. */
#include "core/policy.h"

#include "unit.h"

#define MS USEC_MS
#define S USEC_S

static const struct policy f4 = {
    .max_retries = POLICY_UNSET,
    .backoff = 1000 * MS,
    .backoff_factor = 2,
    .max_backoff = 10000 * MS,
};

static const struct delay_row {
    usec_t backoff;
    double factor;
    usec_t max;
    int attempt;
    usec_t at_least, delay;
} delay_rows[] = {
    /* F4: 1, 2, 4, 8, 10, 10 s; attempt 200 does not overflow */
    {1 * S, 2, 10 * S, 0, 0, 1 * S},
    {1 * S, 2, 10 * S, 1, 0, 2 * S},
    {1 * S, 2, 10 * S, 2, 0, 4 * S},
    {1 * S, 2, 10 * S, 3, 0, 8 * S},
    {1 * S, 2, 10 * S, 4, 0, 10 * S},
    {1 * S, 2, 10 * S, 5, 0, 10 * S},
    {1 * S, 2, 10 * S, 200, 0, 10 * S},
    {1 * S, 2, 10 * S, 2000000000, 0, 10 * S},
    {1 * S, 2, USEC_MAX, 2000000000, 0, USEC_MAX},
    /* Retry-After: at least that, also past the cap */
    {1 * S, 2, 10 * S, 0, 3 * S, 3 * S},
    {1 * S, 2, 10 * S, 3, 3 * S, 8 * S},
    {1 * S, 2, 10 * S, 0, 30 * S, 30 * S},
    /* factor 1 stays, 1.5 is exact enough, F5's 10 ms */
    {1 * S, 1, 10 * S, 2000000000, 0, 1 * S},
    {1 * S, 1.5, 60 * S, 2, 0, 2250 * MS},
    {10 * MS, 2, 60 * S, 1, 0, 20 * MS},
    /* no backoff is no delay, whatever the power */
    {0, 2, 10 * S, 2000000000, 0, 0},
    {-5, 2, 10 * S, 1, 0, 0},
    {1 * S, 2, 0, 3, 0, 0},
    {1 * S, 2, -1, 3, 0, 0},
    /* an attempt below 0 counts as the first */
    {1 * S, 2, 10 * S, -3, 0, 1 * S},
};

START_TEST(M69_F4_delay)
{
    const struct delay_row *d = &delay_rows[_i];
    struct policy p = f4;

    p.backoff = d->backoff;
    p.backoff_factor = d->factor;
    p.max_backoff = d->max;
    ck_assert_int_eq(policy_delay(&p, d->attempt, d->at_least), d->delay);
}
END_TEST

static const struct retry_row {
    const char *name;
    int max_retries, attempt;
    bool has_stop;
    usec_t stop, now, deadline, at_least;
    enum reason refused;
    usec_t delay;
} retry_rows[] = {
    {"M71 no cap", POLICY_UNSET, 1000000, false, 0, 0, 0, 0, R_NONE, 10 * S},
    {"M71 F6 one retry left", 3, 2, false, 0, 0, 0, 0, R_NONE, 4 * S},
    {"M71 F6 none left", 3, 3, false, 0, 0, 0, 0, R_MAX_RETRIES, -1},
    {"M71 past the cap", 3, 4, false, 0, 0, 0, 0, R_MAX_RETRIES, -1},
    {"M71 cap of none", 0, 0, false, 0, 0, 0, 0, R_MAX_RETRIES, -1},
    {"M71 max_retries is checked first", 0, 0, false, 0, 100 * S, 100 * S, 0,
     R_MAX_RETRIES, -1},
    {"M72 F7 unset: the deadline itself, one usec before", POLICY_UNSET, 0,
     false, 0, 9 * S - 1, 10 * S, 0, R_NONE, 1 * S},
    {"M72 F7 unset: exactly at the deadline", POLICY_UNSET, 0, false, 0, 9 * S,
     10 * S, 0, R_DEADLINE, -1},
    {"M72 F7 buffer 500 ms, one usec before", POLICY_UNSET, 0, true, 500 * MS,
     8500 * MS - 1, 10 * S, 0, R_NONE, 1 * S},
    {"M72 F7 buffer 500 ms, at the boundary", POLICY_UNSET, 0, true, 500 * MS,
     8500 * MS, 10 * S, 0, R_DEADLINE, -1},
    {"M72 F7 buffer -1000 ms may go past", POLICY_UNSET, 0, true, -1000 * MS,
     10 * S - 1, 10 * S, 0, R_NONE, 1 * S},
    {"M72 F7 buffer -1000 ms has an end", POLICY_UNSET, 0, true, -1000 * MS,
     10 * S, 10 * S, 0, R_DEADLINE, -1},
    {"M72 a stop that is not set counts for nothing", POLICY_UNSET, 0, false,
     500 * MS, 8500 * MS, 10 * S, 0, R_NONE, 1 * S},
    {"M72 Retry-After past the deadline", POLICY_UNSET, 0, false, 0, 1 * S,
     10 * S, 9 * S, R_DEADLINE, -1},
    {"M72 no deadline", POLICY_UNSET, 0, true, 500 * MS, 8500 * MS, 0, 0,
     R_NONE, 1 * S},
    {"no overflow", POLICY_UNSET, 0, true, INT64_MIN, USEC_MAX - 1, USEC_MAX,
     USEC_MAX, R_DEADLINE, -1},
};

START_TEST(M71_M72_retry_or_refusal)
{
    const struct retry_row *row = &retry_rows[_i];
    struct policy p = f4;
    usec_t delay = -1;

    p.max_retries = row->max_retries;
    p.has_stop_before = row->has_stop;
    p.stop_before_deadline = row->stop;
    ck_assert_msg(policy_retry(&p, row->attempt, row->now, row->deadline,
                               row->at_least, &delay) == row->refused,
                  "%s", row->name);
    ck_assert_msg(delay == row->delay, "%s: %lld", row->name, (long long)delay);
}
END_TEST

static const struct end_row {
    bool has_stop;
    usec_t stop, deadline, at;
} end_rows[] = {
    {false, 0, 0, 0},
    {true, -1 * S, 0, 0},
    {false, 0, 10 * S, 10 * S},
    {true, 500 * MS, 10 * S, 10 * S},
    {true, 0, 10 * S, 10 * S},
    {true, -1 * S, 10 * S, 11 * S},
    {false, -1 * S, 10 * S, 10 * S},
};

START_TEST(F7_when_a_request_that_nobody_works_ends)
{
    const struct end_row *row = &end_rows[_i];
    struct policy p = f4;

    p.has_stop_before = row->has_stop;
    p.stop_before_deadline = row->stop;
    ck_assert_int_eq(policy_timeout_at(&p, row->deadline), row->at);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("policy");
    TCase *t = tcase_create("policy");

    tcase_add_loop_test(t, M69_F4_delay, 0, COUNT(delay_rows));
    tcase_add_loop_test(t, M71_M72_retry_or_refusal, 0, COUNT(retry_rows));
    tcase_add_loop_test(t, F7_when_a_request_that_nobody_works_ends, 0,
                        COUNT(end_rows));
    suite_add_tcase(s, t);
    return unit_run(s);
}
