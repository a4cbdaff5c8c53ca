/* check_io_timers.c - the heap against a sorted array. */
#include "io/timers.h"

#include <stdlib.h>

#include "unit.h"

#define MANY 2000

static int
by_due(const void *a, const void *b)
{
    usec_t x = *(const usec_t *)a, y = *(const usec_t *)b;

    return (x > y) - (x < y);
}

START_TEST(comes_out_in_order)
{
    static struct timer timer[MANY];
    static usec_t due[MANY];
    struct timers ts;
    unsigned seed = (unsigned)_i + 1;
    int left = MANY;

    timers_init(&ts);
    for (int i = 0; i < MANY; i++) {
        timer[i] = (struct timer){0};
        timers_set(&ts, &timer[i], rand_r(&seed) % 500);
    }
    /* some move, some leave */
    for (int i = 0; i < MANY; i += 3)
        timers_set(&ts, &timer[i], rand_r(&seed) % 500);
    for (int i = 1; i < MANY; i += 7) {
        timers_drop(&ts, &timer[i]);
        timers_drop(&ts, &timer[i]);
        ck_assert_uint_eq(timer[i].pos, 0);
        left--;
    }
    ck_assert_int_eq((int)ts.count, left);
    for (int i = 0, n = 0; i < MANY; i++)
        if (timer[i].pos != 0)
            due[n++] = timer[i].due;
    qsort(due, (size_t)left, sizeof(due[0]), by_due);
    for (int i = 0; i < left; i++) {
        struct timer *t = timers_first(&ts);

        ck_assert_int_eq(t->due, due[i]);
        timers_drop(&ts, t);
    }
    ck_assert_ptr_null(timers_first(&ts));
    timers_fini(&ts);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("io_timers");
    TCase *t = tcase_create("timers");

    tcase_add_loop_test(t, comes_out_in_order, 0, 20);
    suite_add_tcase(s, t);
    return unit_run(s);
}
