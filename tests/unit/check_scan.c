/* check_scan.c - the order of the scans of a claim, their lower bounds, and
 * that no lane, class or suspect is forgotten. M19, design 3.10. */
#include "daemon/scan.h"

#include <string.h>

#include "unit.h"

enum { LANES = 4, ROOM = LANES * 4 + 1, PLANS = 1000 };

/* Two lanes of class normal, one of each other. */
static const struct lane_row rows[LANES] = {
    {.lane = 4, .priority = 1, .aging = 600 * USEC_S},
    {.lane = 8, .priority = 2, .aging = 600 * USEC_S},
    {.lane = 12, .priority = 0, .aging = 600 * USEC_S},
    {.lane = 16, .priority = 1, .aging = 600 * USEC_S},
};

static struct walks w;
static struct scan plan[ROOM];

static void
setup(void)
{
    memset(&w, 0, sizeof(w));
    walks_update(&w, rows, LANES);
}

static void
teardown(void)
{
    walks_fini(&w);
}

static int
class_of(const struct scan *s)
{
    return walks_find(&w, s->lane)->row.priority;
}

/* Plans until one has no scans of aged classes. */
static int
plain_plan(void)
{
    int n;

    do
        n = walks_plan(&w, 0, 100, false, plan);
    while (plan[0].age != 0);
    return n;
}

START_TEST(M19_classes_in_order_and_resumed_rows_first)
{
    int n = plain_plan();

    ck_assert_int_eq(n, 2 * LANES);
    for (int i = 1; i < n; i++) {
        int was = class_of(&plan[i - 1]), is = class_of(&plan[i]);
        ck_assert_int_le(was, is);
        if (was == is)
            ck_assert(lane_role(plan[i - 1].lane) == LANE_RESUMED ||
                      lane_role(plan[i].lane) == LANE_MAIN);
    }
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(plan[i].most, 100);
}
END_TEST

START_TEST(equal_lanes_take_turns)
{
    int first[2] = {0, 0};

    for (int i = 0; i < PLANS; i++) {
        int n = plain_plan();
        for (int k = 0; k < n; k++)
            if (plan[k].lane == 4 || plan[k].lane == 16) {
                first[plan[k].lane == 16]++;
                break;
            }
    }
    ck_assert_int_gt(first[0], PLANS * 2 / 5);
    ck_assert_int_gt(first[1], PLANS * 2 / 5);
}
END_TEST

/* One claim out of eight begins with classes that waited too long: low before
 * normal, never high, and never for the whole claim. */
START_TEST(M19_an_old_class_goes_first_now_and_then)
{
    int aged = 0;

    for (int i = 0; i < 80; i++) {
        int n = walks_plan(&w, 0, 100, false, plan);
        int k = 0;
        for (; k < n && plan[k].age != 0; k++) {
            ck_assert_int_eq(plan[k].age, 600 * USEC_S);
            ck_assert_int_ne(class_of(&plan[k]), 0);
            ck_assert_int_lt(plan[k].most, 100);
            ck_assert(k == 0 || class_of(&plan[k]) <= class_of(&plan[k - 1]));
        }
        ck_assert_int_eq(n - k, 2 * LANES);
        ck_assert(k == 0 || k == 2 * (LANES - 1));
        aged += k != 0;
    }
    ck_assert_int_eq(aged, 10);
}
END_TEST

/* The bounds of a lane's scans as the next plan has them. */
static usec_t
bound_of(int32_t lane)
{
    int n = plain_plan();

    for (int i = 0; i < n; i++)
        if (plan[i].lane == lane)
            return plan[i].bound;
    ck_abort_msg("no such scan");
}

/* The first plan has no bounds; the next such plan may come when it cost less
 * than a hundredth of the time between. */
START_TEST(full_scans_are_rare)
{
    (void)walks_plan(&w, 0, 1, false, plan);
    ck_assert(w.full);
    walks_done(&w, 0, 50 * USEC_MS);
    (void)walks_plan(&w, 5 * USEC_S - 1, 1, false, plan);
    ck_assert(!w.full);
    walks_done(&w, 5 * USEC_S - 1, 50 * USEC_S);
    (void)walks_plan(&w, 5 * USEC_S, 1, false, plan);
    ck_assert(w.full);
    walks_done(&w, 5 * USEC_S, 1);
    (void)walks_plan(&w, 6 * USEC_S - 1, 1, false, plan);
    ck_assert(!w.full);
    (void)walks_plan(&w, 6 * USEC_S, 1, false, plan);
    ck_assert(w.full);
}
END_TEST

START_TEST(bounds_rise_and_fall_back)
{
    w.next_full = USEC_MAX;
    ck_assert_int_eq(bound_of(4), USEC_MIN);
    walks_saw(&w, 4, 1000);
    walks_saw(&w, 4, 900); /* an older one does not lower it */
    walks_saw(&w, 5, 70);
    walks_saw(&w, 4000, 1); /* a lane that is gone */
    ck_assert_int_eq(bound_of(4), 1000);
    ck_assert_int_eq(bound_of(5), 70);
    ck_assert_int_eq(bound_of(8), USEC_MIN);
    walks_swap(&w);
    ck_assert_int_eq(bound_of(4), USEC_MIN); /* as before the first second */
    walks_saw(&w, 4, 2000);
    walks_swap(&w);
    ck_assert_int_eq(bound_of(4), 1000); /* as at the swap before */
    walks_swap(&w);
    ck_assert_int_eq(bound_of(4), 2000);
}
END_TEST

START_TEST(lanes_that_stay_keep_their_bounds)
{
    w.next_full = USEC_MAX;
    walks_saw(&w, 16, 1000);
    walks_saw(&w, 8, 1000);
    walks_update(&w, rows + 2, 2);
    ck_assert_int_eq(w.count, 2);
    ck_assert_int_eq(bound_of(16), 1000);
    ck_assert_ptr_null(walks_find(&w, 8));
    ck_assert_ptr_null(walks_find(&w, 9));
    walks_update(&w, rows, LANES);
    ck_assert_int_eq(bound_of(16), 1000);
    ck_assert_int_eq(bound_of(8), USEC_MIN); /* it was away: all over again */
    walks_update(&w, rows, 0);
    ck_assert_int_eq(walks_plan(&w, 0, 9, true, plan), 0);
}
END_TEST

/* After a wake: new work first, then the suspects of all lanes in one plan of
 * their own, once; however often it is woken in between. */
START_TEST(suspects_have_a_plan_of_their_own)
{
    (void)walks_plan(&w, 0, 9, true, plan);
    ck_assert(!w.suspects);
    for (int i = 0; i < 5; i++) {
        walks_wake(&w);
        (void)walks_plan(&w, 0, 9, true, plan);
        ck_assert(!w.suspects);
        walks_wake(&w);
        ck_assert_int_eq(walks_plan(&w, 0, 9, true, plan), LANES);
        ck_assert(w.suspects);
        ck_assert(!w.full);
        for (int k = 0; k < LANES; k++) {
            ck_assert_int_eq(lane_role(plan[k].lane), LANE_SUSPECT);
            ck_assert_int_eq(plan[k].most, 1);
            ck_assert_int_eq(plan[k].bound, USEC_MIN);
        }
        (void)walks_plan(&w, 0, 9, true, plan);
        ck_assert(!w.suspects);
    }
}
END_TEST

START_TEST(no_suspects_while_one_is_in_hand)
{
    walks_wake(&w);
    for (int i = 0; i < 20; i++) {
        int n = walks_plan(&w, 0, 9, false, plan);
        ck_assert(!w.suspects);
        for (int k = 0; k < n; k++)
            ck_assert_int_ne(lane_role(plan[k].lane), LANE_SUSPECT);
    }
    (void)walks_plan(&w, 0, 9, true, plan);
    (void)walks_plan(&w, 0, 9, true, plan);
    ck_assert(w.suspects);
}
END_TEST

START_TEST(without_lanes_there_is_nothing_to_wait_for)
{
    walks_update(&w, rows, 0);
    walks_wake(&w);
    ck_assert_int_eq(w.suspects_in, 0);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("scan");
    TCase *t = tcase_create("scan");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, M19_classes_in_order_and_resumed_rows_first);
    tcase_add_test(t, equal_lanes_take_turns);
    tcase_add_test(t, M19_an_old_class_goes_first_now_and_then);
    tcase_add_test(t, full_scans_are_rare);
    tcase_add_test(t, bounds_rise_and_fall_back);
    tcase_add_test(t, lanes_that_stay_keep_their_bounds);
    tcase_add_test(t, suspects_have_a_plan_of_their_own);
    tcase_add_test(t, no_suspects_while_one_is_in_hand);
    tcase_add_test(t, without_lanes_there_is_nothing_to_wait_for);
    suite_add_tcase(s, t);
    return unit_run(s);
}
