/* check_permits.c - room of limited keys and how a plan divides it: never more
 * than there is, every scan gets its turn, a key without work rests. F9. */
#include "daemon/permits.h"

#include <string.h>

#include "daemon/scan.h"
#include "unit.h"

enum { LANES = 3, SCANS = 2 * LANES, KEY = 7 };

/* A key with a lane of each class, and a lane without a key. */
static const struct lane_row rows[LANES + 1] = {
    {.lane = 4, .priority = 0, .key = KEY, .key_runs = true},
    {.lane = 8, .priority = 1, .key = KEY, .key_runs = true},
    {.lane = 12, .priority = 2, .key = KEY, .key_runs = true},
    {.lane = 16, .priority = 1},
};

static struct permits p;
static struct scan plan[SCANS + 2];

static void
setup(void)
{
    memset(&p, 0, sizeof(p));
    permits_update(&p, rows, LANES + 1);
}

static void
teardown(void)
{
    permits_fini(&p);
}

/* A plan as walks_plan() makes it, divided; returns how many scans are left. */
static int
divide(int most)
{
    int n = 0;

    for (int i = 0; i <= LANES; i++)
        for (int role = LANE_RESUMED; role >= LANE_MAIN; role--)
            plan[n++] = (struct scan){
                .lane = lane_with_role(rows[i].lane, (enum lane_role)role),
                .key = rows[i].key,
                .most = most,
            };
    return permits_divide(&p, plan, n);
}

/* What the key's scans of the plan may take. */
static int
given(int n)
{
    int sum = 0;

    for (int i = 0; i < n; i++) {
        ck_assert_int_gt(plan[i].most, 0);
        sum += plan[i].key == KEY ? plan[i].most : 0;
    }
    return sum;
}

static int
most_of(int n, int32_t lane)
{
    for (int i = 0; i < n; i++)
        if (plan[i].lane == lane)
            return plan[i].most;
    return 0;
}

START_TEST(F9_never_more_than_there_is)
{
    for (int held = 0; held < 12; held++) {
        permits_take(&p, KEY, held, 0, true);
        for (int i = 0; i < 50; i++) {
            int n = divide(100);
            ck_assert_int_eq(given(n), held);
            ck_assert_int_eq(most_of(n, 16), 100);
            if (held > 0 && i % 3 == 0) { /* it may have had a row */
                permits_saw(&p, KEY, plan[0].lane, 0);
                permits_release(&p, KEY);
            }
            (void)permits_done(&p, false);
            permits_wake(&p);
        }
    }
}
END_TEST

START_TEST(F9_what_is_in_hand_counts)
{
    permits_take(&p, KEY, 5, 0, true);
    (void)divide(100);
    for (int i = 0; i < 3; i++)
        permits_saw(&p, KEY, 8, 1);
    (void)permits_done(&p, false);
    ck_assert_int_eq(given(divide(100)), 2);
    permits_release(&p, KEY);
    ck_assert_int_eq(given(divide(100)), 3);
    permits_take(&p, KEY, 2, 0, true); /* lowered: none until two have ended */
    ck_assert_int_eq(given(divide(100)), 0);
    permits_release(&p, KEY);
    permits_release(&p, KEY);
    ck_assert_int_eq(given(divide(100)), 2);
}
END_TEST

START_TEST(F9_a_rate_is_spent)
{
    struct lane_row r = {
        .lane = 4, .priority = 1, .key = KEY, .key_rate = true};

    permits_update(&p, &r, 1);
    ck_assert_int_eq(permit_room(permits_find(&p, KEY), 100), 0);
    permits_take(&p, KEY, -1, 3, true);
    ck_assert_int_eq(permit_room(permits_find(&p, KEY), 100), 3);
    permits_saw(&p, KEY, 4, 1);
    permits_release(&p, KEY); /* an end brings no start back */
    ck_assert_int_eq(permit_room(permits_find(&p, KEY), 100), 2);
    permits_take(&p, KEY, -1, 0, true);
    ck_assert_int_eq(permit_room(permits_find(&p, KEY), 100), 0);
}
END_TEST

START_TEST(M19_the_best_scan_that_had_rows_gets_most)
{
    permits_take(&p, KEY, 20, 0, true);
    (void)divide(100);
    permits_saw(&p, KEY, 12, 2);
    permits_saw(&p, KEY, 8, 1);
    (void)permits_done(&p, false);
    int n = divide(100); /* 18 are left: 1 for each of the others */
    ck_assert_int_eq(most_of(n, 8), 18 - SCANS + 1);
    ck_assert_int_eq(most_of(n, 4), 1);
    permits_saw(&p, KEY, 4, 0);
    permits_saw(&p, KEY, 8, 1);
    (void)permits_done(&p, false);
    n = divide(100);
    ck_assert_int_eq(most_of(n, 4), 16 - SCANS + 1);
}
END_TEST

/* With one permit, whichever scan had rows last, each other one is tried
 * again and again. */
START_TEST(F9_with_room_for_one_every_scan_has_its_turn)
{
    int tried[LANES + 1][2] = {{0}};

    permits_take(&p, KEY, 1, 0, true);
    for (int i = 0; i < 400; i++) {
        int n = divide(100);
        ck_assert_int_eq(given(n), 1);
        for (int k = 0; k < n; k++)
            if (plan[k].key == KEY)
                tried[plan[k].lane / 4 - 1][lane_role(plan[k].lane)]++;
        if (most_of(n, 8)) {
            permits_saw(&p, KEY, 8, 1);
            permits_release(&p, KEY);
        }
        (void)permits_done(&p, false);
        ck_assert(!permits_find(&p, KEY)->dry);
    }
    for (int i = 0; i < LANES; i++) {
        ck_assert_int_ge(tried[i][LANE_MAIN], 400 / SCANS / 8);
        ck_assert_int_ge(tried[i][LANE_RESUMED], 400 / SCANS / 8);
    }
    ck_assert_int_ge(tried[1][LANE_MAIN], 250);
}
END_TEST

/* Plans of a key with that many lanes of one class, of which one has the only
 * row; until it is taken, or 0. */
static int
plans_until_found(int lanes, int32_t lane)
{
    struct lane_row list[6] = {{.lane = 0}};
    struct walks w = {.next_full = USEC_MAX};
    struct scan scans[6 * 4 + 1];
    int n;

    for (int i = 0; i < lanes; i++)
        list[i] = (struct lane_row){
            .lane = 4 * (i + 1), .priority = 1, .key = KEY, .key_runs = true};
    walks_update(&w, list, lanes, 0);
    permits_forget(&p);
    permits_update(&p, list, lanes);
    for (int i = 1; i <= 100; i++) {
        /* As a ledger does: asks when it rests, and 10 times a second. */
        if (i % 7 == 1 || permits_find(&p, KEY)->dry)
            permits_take(&p, KEY, 1, 0, true);
        n = walks_plan(&w, 0, 0, 100, false, scans);
        n = permits_divide(&p, scans, n);
        for (int k = 0; k < n; k++)
            if (scans[k].lane == lane) {
                walks_fini(&w);
                return i;
            }
        (void)permits_done(&p, false);
    }
    walks_fini(&w);
    return 0;
}

/* Plans begin with another lane each time; so does the key, but not in step
 * with them. */
START_TEST(F9_with_room_for_one_every_lane_has_its_turn)
{
    for (int lanes = 1; lanes <= 6; lanes++)
        for (int i = 1; i <= lanes; i++) {
            ck_assert_int_gt(plans_until_found(lanes, 4 * i), 0);
            ck_assert_int_gt(plans_until_found(lanes, 4 * i + 1), 0);
        }
}
END_TEST

/* Work that is locked: the key rests all the same, though it is told of it. */
START_TEST(a_key_whose_work_is_locked_rests)
{
    permits_take(&p, KEY, 1, 0, true);
    for (int i = 1; i <= 100; i++) {
        (void)divide(100);
        if (permits_done(&p, false))
            return;
        permits_take(&p, KEY, 1, 0, true);
    }
    ck_abort_msg("it never rests");
}
END_TEST

/* Plans until the key rests; false: it never does. */
static int
plans_until_dry(int held)
{
    permits_take(&p, KEY, held, 0, true);
    for (int i = 1; i <= 100; i++) {
        int n = divide(100);
        ck_assert_int_gt(given(n), 0);
        if (permits_done(&p, false))
            return i;
    }
    return 0;
}

START_TEST(a_key_rests_when_all_its_scans_found_nothing)
{
    for (int held = 1; held <= SCANS + 2; held++) {
        int most = held < SCANS ? SCANS - held + 1 : 1;
        ck_assert_int_eq(plans_until_dry(held), most);
        ck_assert_int_eq(given(divide(100)), 0);
        permits_wake(&p);
        ck_assert_int_gt(given(divide(100)), 0);
        (void)permits_done(&p, true); /* suspects say nothing of others */
        ck_assert(!permits_find(&p, KEY)->dry);
    }
}
END_TEST

START_TEST(what_is_not_used_is_given_back)
{
    struct permit *k = permits_find(&p, KEY);

    permits_take(&p, KEY, 3, 0, true);
    ck_assert(permit_is_asked(k, 100)); /* could use more */
    ck_assert(!permit_is_asked(k, 3));
    ck_assert(permit_is_asked(k, 0)); /* holds what it cannot use */
    permits_take(&p, KEY, 3, 0, false);
    ck_assert(permit_is_asked(k, 100));
    permits_take(&p, KEY, 0, 0, false);
    ck_assert(!permit_is_asked(k, 100));
    ck_assert(!permit_is_asked(k, 0));
}
END_TEST

START_TEST(a_new_epoch_holds_nothing_but_counts_what_is_in_hand)
{
    permits_take(&p, KEY, 5, 0, true);
    permits_saw(&p, KEY, 8, 1);
    permits_forget(&p);
    ck_assert_int_eq(permit_room(permits_find(&p, KEY), 9), 0);
    permits_take(&p, KEY, 2, 0, true);
    ck_assert_int_eq(permit_room(permits_find(&p, KEY), 9), 1);
}
END_TEST

START_TEST(limits_that_change)
{
    struct lane_row r[2] = {
        {.lane = 4, .priority = 1, .key = 9, .key_runs = true},
        {.lane = 8, .priority = 1, .key = KEY, .key_runs = true},
    };

    permits_take(&p, KEY, 4, 0, true);
    permits_saw(&p, KEY, 8, 1);
    permits_update(&p, r, 2); /* another order of keys than of lanes */
    ck_assert_int_eq(p.count, 2);
    ck_assert_int_eq(permit_room(permits_find(&p, KEY), 9), 3);
    ck_assert_int_eq(permit_room(permits_find(&p, 9), 9), 0);
    ck_assert_ptr_null(permits_find(&p, 0));
    permits_release(&p, KEY);
    permits_take(&p, KEY, 0, 0, false);
    permits_update(&p, rows + LANES, 1);
    ck_assert_ptr_null(permits_find(&p, KEY));
    permits_release(&p, KEY); /* of a limit that is gone */
}
END_TEST

START_TEST(what_is_held_of_a_key_that_is_gone_goes_back)
{
    struct permit *k;

    permits_take(&p, KEY, 4, 0, true);
    permits_saw(&p, KEY, 8, 1);
    permits_update(&p, rows + LANES, 1); /* its lanes are paused */
    k = permits_find(&p, KEY);
    ck_assert_ptr_nonnull(k);
    permits_wake(&p);
    ck_assert(k->dry);
    ck_assert(permit_is_asked(k, 100)); /* three can go back */
    permits_take(&p, KEY, 1, 0, true);
    ck_assert(!permit_is_asked(k, 100));
    permits_release(&p, KEY);
    ck_assert(permit_is_asked(k, 100)); /* and the last one */
    permits_take(&p, KEY, 0, 0, false);
    permits_update(&p, rows + LANES, 1);
    ck_assert_ptr_null(permits_find(&p, KEY));
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("permits");
    TCase *t = tcase_create("permits");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, F9_never_more_than_there_is);
    tcase_add_test(t, F9_what_is_in_hand_counts);
    tcase_add_test(t, F9_a_rate_is_spent);
    tcase_add_test(t, M19_the_best_scan_that_had_rows_gets_most);
    tcase_add_test(t, F9_with_room_for_one_every_scan_has_its_turn);
    tcase_add_test(t, F9_with_room_for_one_every_lane_has_its_turn);
    tcase_add_test(t, a_key_rests_when_all_its_scans_found_nothing);
    tcase_add_test(t, a_key_whose_work_is_locked_rests);
    tcase_add_test(t, what_is_not_used_is_given_back);
    tcase_add_test(t, a_new_epoch_holds_nothing_but_counts_what_is_in_hand);
    tcase_add_test(t, limits_that_change);
    tcase_add_test(t, what_is_held_of_a_key_that_is_gone_goes_back);
    suite_add_tcase(s, t);
    return unit_run(s);
}
