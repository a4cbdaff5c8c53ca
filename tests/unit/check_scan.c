/* check_scan.c - the order of the scans of a claim, their lower bounds, and
 * that no lane, class or suspect is forgotten. M19, design 3.10. */
#include "daemon/scan.h"

#include <string.h>

#include "unit.h"

enum { LANES = 4, MANY = 50, ROOM = (MANY + 2) * 4 + 1, PLANS = 1000 };

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
    walks_update(&w, rows, LANES, 0);
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

/* All rows of these tests are old by then. */
static const usec_t LONG_AFTER = 3600 * USEC_S;

/* Plans until one has no scans of aged classes. */
static int
plan_at(usec_t db_now)
{
    int n;

    do
        n = walks_plan(&w, 0, db_now, 100, false, plan);
    while (plan[0].age != 0);
    return n;
}

static int
plain_plan(void)
{
    return plan_at(LONG_AFTER);
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
        int n = walks_plan(&w, 0, LONG_AFTER, 100, false, plan);
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
bound_at(int32_t lane, usec_t db_now)
{
    int n = plan_at(db_now);

    for (int i = 0; i < n; i++)
        if (plan[i].lane == lane)
            return plan[i].bound;
    ck_abort_msg("no such scan");
}

static usec_t
bound_of(int32_t lane)
{
    return bound_at(lane, LONG_AFTER);
}

/* The first plan has no bounds; the next such plan may come when it cost less
 * than a hundredth of the time between. */
START_TEST(full_scans_are_rare)
{
    (void)walks_plan(&w, 0, LONG_AFTER, 1, false, plan);
    ck_assert(w.full);
    walks_done(&w, 0, 50 * USEC_MS);
    (void)walks_plan(&w, 5 * USEC_S - 1, LONG_AFTER, 1, false, plan);
    ck_assert(!w.full);
    walks_done(&w, 5 * USEC_S - 1, 50 * USEC_S);
    (void)walks_plan(&w, 5 * USEC_S, LONG_AFTER, 1, false, plan);
    ck_assert(w.full);
    walks_done(&w, 5 * USEC_S, 1);
    (void)walks_plan(&w, 6 * USEC_S - 1, LONG_AFTER, 1, false, plan);
    ck_assert(!w.full);
    (void)walks_plan(&w, 6 * USEC_S, LONG_AFTER, 1, false, plan);
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
    walks_swap(&w, 0);
    ck_assert_int_eq(bound_of(4), USEC_MIN); /* as before the first second */
    walks_saw(&w, 4, 2000);
    walks_swap(&w, 0);
    ck_assert_int_eq(bound_of(4), 1000); /* as at the swap before */
    walks_swap(&w, 0);
    ck_assert_int_eq(bound_of(4), 2000);
}
END_TEST

/* A row that is committed after one that became ready later. */
START_TEST(what_is_committed_late_is_walked)
{
    usec_t now = 3600 * USEC_S;

    w.next_full = USEC_MAX;
    walks_saw(&w, 4, now - USEC_MS);
    /* Few rows: all of the last two seconds. */
    ck_assert_int_eq(bound_at(4, now), now - 2 * USEC_S);
    /* Many: those of the last 20 ms. */
    for (int i = 0; i < 1000; i++)
        walks_saw(&w, 4, now - USEC_MS);
    ck_assert_int_eq(bound_at(4, now), now - 20 * USEC_MS);
    /* One by one: 64 to 128 rows, however soon they come. */
    for (int i = 1; i <= 1000; i++) {
        walks_saw(&w, 4, now + i * USEC_MS);
        usec_t bound = bound_at(4, now + i * USEC_MS);
        ck_assert_int_ge(bound, now + (i - 128) * USEC_MS);
        ck_assert(i <= 128 || bound <= now + (i - 64) * USEC_MS);
    }
    /* A backlog is not walked twice. */
    ck_assert_int_eq(bound_at(4, now + 3000 * USEC_MS), now + USEC_S);
}
END_TEST

START_TEST(daemons_take_turns_to_go_back)
{
    w.next_full = USEC_MAX;
    w.peers = 3;
    w.rank = 1;
    walks_saw(&w, 4, 1000);
    walks_mark(&w);
    walks_swap(&w, 3 * USEC_S);
    ck_assert_int_eq(bound_of(4), 1000); /* another's turn: to the mark */
    walks_saw(&w, 4, 2000);
    walks_mark(&w);
    walks_saw(&w, 4, 2500);
    walks_swap(&w, 4 * USEC_S);
    ck_assert_int_eq(bound_of(4), 1000); /* ours: a whole second */
    walks_saw(&w, 4, 3000);
    walks_swap(&w, 5 * USEC_S);
    ck_assert_int_eq(bound_of(4), 2000);
}
END_TEST

START_TEST(lanes_that_stay_keep_their_bounds)
{
    w.next_full = USEC_MAX;
    walks_saw(&w, 16, 1000);
    walks_saw(&w, 8, 1000);
    walks_update(&w, rows + 2, 2, 0);
    ck_assert_int_eq(w.count, 2);
    ck_assert_int_eq(bound_of(16), 1000);
    ck_assert_ptr_null(walks_find(&w, 8));
    ck_assert_ptr_null(walks_find(&w, 9));
    walks_update(&w, rows, LANES, 0);
    ck_assert_int_eq(bound_of(16), 1000);
    ck_assert_int_eq(bound_of(8), USEC_MIN); /* it was away: all over again */
    walks_update(&w, rows, 0, 0);
    ck_assert_int_eq(walks_plan(&w, 0, LONG_AFTER, 9, true, plan), 0);
}
END_TEST

/* After a wake: new work first, then the suspects of all lanes in one plan of
 * their own, once; however often it is woken in between. */
START_TEST(suspects_have_a_plan_of_their_own)
{
    (void)walks_plan(&w, 0, LONG_AFTER, 9, true, plan);
    ck_assert(!w.suspects);
    for (int i = 0; i < 5; i++) {
        walks_wake(&w);
        (void)walks_plan(&w, 0, LONG_AFTER, 9, true, plan);
        ck_assert(!w.suspects);
        walks_wake(&w);
        ck_assert_int_eq(walks_plan(&w, 0, LONG_AFTER, 9, true, plan), LANES);
        ck_assert(w.suspects);
        ck_assert(!w.full);
        for (int k = 0; k < LANES; k++) {
            ck_assert_int_eq(lane_role(plan[k].lane), LANE_SUSPECT);
            ck_assert_int_eq(plan[k].most, 1);
            ck_assert_int_eq(plan[k].bound, USEC_MIN);
        }
        (void)walks_plan(&w, 0, LONG_AFTER, 9, true, plan);
        ck_assert(!w.suspects);
    }
}
END_TEST

START_TEST(no_suspects_while_one_is_in_hand)
{
    walks_wake(&w);
    for (int i = 0; i < 20; i++) {
        int n = walks_plan(&w, 0, LONG_AFTER, 9, false, plan);
        ck_assert(!w.suspects);
        for (int k = 0; k < n; k++)
            ck_assert_int_ne(lane_role(plan[k].lane), LANE_SUSPECT);
    }
    (void)walks_plan(&w, 0, LONG_AFTER, 9, true, plan);
    (void)walks_plan(&w, 0, LONG_AFTER, 9, true, plan);
    ck_assert(w.suspects);
}
END_TEST

START_TEST(without_lanes_there_is_nothing_to_wait_for)
{
    walks_update(&w, rows, 0, 0);
    walks_wake(&w);
    ck_assert_int_eq(w.suspects_in, 0);
}
END_TEST

/* Lanes of one class in the order of a plain plan's main scans. */
static void
plain_order(const int32_t *want, int count)
{
    int at = 0, n = plain_plan();

    for (int i = 0; i < n; i++)
        if (lane_role(plan[i].lane) == LANE_MAIN)
            ck_assert_int_eq(plan[i].lane, want[at++]);
    ck_assert_int_eq(at, count);
}

/* ... where share 4 has five in hand, and 12 one. */
static void
order_of(const struct lane_row *lanes, int count, const int32_t *want)
{
    walks_fini(&w);
    walks_update(&w, lanes, count, USEC_S);
    walks_hand(&w, 4, 5);
    walks_hand(&w, 12, 1);
    plain_order(want, count);
}

START_TEST(F20_what_ends_soonest_goes_first)
{
    const usec_t hour = 3600 * USEC_S;
    struct lane_row r[3] = {
        {.lane = 4,
         .priority = 1,
         .has_due = true,
         .due = 30 * hour,
         .urgency = 1},
        {.lane = 8,
         .priority = 1,
         .has_due = true,
         .due = 25 * hour,
         .urgency = 1},
        {.lane = 12, .priority = 1, .has_due = true, .due = 1, .urgency = 1},
    };

    order_of(r, 3, (int32_t[]){12, 8, 4});
}
END_TEST

START_TEST(F21_who_has_least_goes_first)
{
    struct lane_row r[3] = {
        {.lane = 4, .priority = 1, .share = 4, .sharers = 3},
        {.lane = 8, .priority = 1, .share = 8, .sharers = 3},
        {.lane = 12, .priority = 1, .share = 12, .sharers = 3},
    };

    order_of(r, 3, (int32_t[]){8, 12, 4});
    ck_assert_int_eq(plan[0].most, 34); /* a third of 100, rounded up */
}
END_TEST

START_TEST(F21_urgency_is_weighed)
{
    const usec_t hour = 3600 * USEC_S;
    struct lane_row r[3] = {
        {.lane = 4,
         .priority = 1,
         .share = 4,
         .has_due = true,
         .due = hour,
         .urgency = 0.5},
        {.lane = 8,
         .priority = 1,
         .share = 8,
         .has_due = true,
         .due = 24 * hour,
         .urgency = 0.5},
        {.lane = 12,
         .priority = 1,
         .share = 12,
         .has_due = true,
         .due = 12 * hour,
         .urgency = 0.5},
    };

    /* 4: 5 of 5 and an hour 0.52; 8: none and a day 0.5; 12: 1 of 5, 0.35 */
    order_of(r, 3, (int32_t[]){12, 8, 4});
    r[0].urgency = r[1].urgency = r[2].urgency = 0.9;
    order_of(r, 3, (int32_t[]){4, 12, 8});
}
END_TEST

/* 4 and 8 are of one share, 12 and 16 of another: each has its first lane
 * before the second one of the other. */
START_TEST(F21_many_deadlines_are_no_more_than_one)
{
    const usec_t hour = 3600 * USEC_S;
    struct lane_row r[4] = {
        {.lane = 4, .due = hour},
        {.lane = 8, .due = hour + 1},
        {.lane = 12, .due = 23 * hour},
        {.lane = 16, .due = 23 * hour + 1},
    };

    for (int i = 0; i < 4; i++) {
        r[i].priority = r[i].has_due = 1;
        r[i].share = i < 2 ? 4 : 12;
        r[i].sharers = 2;
        r[i].urgency = 0.5;
    }
    walks_update(&w, r, 4, 0);
    plain_order((int32_t[]){4, 12, 8, 16}, 4);
    ck_assert_int_eq(plan[0].most, 50);
    for (int i = 0; i < 4; i++)
        r[i].urgency = 1; /* then only the deadline counts */
    walks_update(&w, r, 4, 0);
    plain_order((int32_t[]){4, 8, 12, 16}, 4);
}
END_TEST

static int
place_of(int32_t lane)
{
    int at = 0;

    for (int n = plain_plan(); at < n && plan[at].lane != lane; at++)
        continue;
    return at;
}

/* 4 has many lanes, of which only the last one gives anything, and nothing in
 * hand; 1000 has all slots, and more waiting in two lanes. */
START_TEST(F21_empty_lanes_do_not_count)
{
    struct lane_row r[MANY + 2] = {0};

    for (int i = 0; i < MANY + 2; i++)
        r[i] = (struct lane_row){
            .lane = i < MANY ? 4 + i * 4 : 1000 + (i - MANY) * 4,
            .priority = 1,
            .has_due = true,
            .due = 3600 * USEC_S + i,
            .urgency = 0.5,
            .share = i < MANY ? 4 : 1000,
            .sharers = 2,
        };
    walks_update(&w, r, MANY + 2, 0);
    walks_hand(&w, 1000, 10);
    /* A claim that is full tells of the lanes before its last row, so that soon
     * the one that is not empty goes before who has more. */
    int claims = 0;
    while (place_of(r[MANY - 1].lane) > place_of(1000)) {
        ck_assert_int_lt(claims++, MANY);
        walks_saw(&w, 1000, 1);
        walks_saw(&w, 1004, 1);
        walks_found(&w, false);
    }
    ck_assert(walks_find(&w, 4)->dry);
    ck_assert(!walks_find(&w, 1004)->dry);
    /* One that is not full tells of all; who gives again counts again. */
    walks_found(&w, true);
    ck_assert(walks_find(&w, 1004)->dry);
    walks_saw(&w, 1004, 1);
    ck_assert(!walks_find(&w, 1004)->dry);
}
END_TEST

/* Neither sort of lane waits behind the other for ever. */
START_TEST(sorted_and_other_lanes_take_turns)
{
    struct lane_row r[2] = {
        {.lane = 4, .priority = 1},
        {.lane = 8, .priority = 1, .has_due = true, .due = 1, .urgency = 1},
    };
    int first = 0;

    walks_update(&w, r, 2, 0);
    for (int i = 0; i < PLANS; i++) {
        (void)plain_plan();
        first += lane_with_role(plan[0].lane, LANE_MAIN) == 4;
    }
    ck_assert_int_gt(first, PLANS / 3);
    ck_assert_int_lt(first, PLANS * 2 / 3);
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
    tcase_add_test(t, what_is_committed_late_is_walked);
    tcase_add_test(t, daemons_take_turns_to_go_back);
    tcase_add_test(t, lanes_that_stay_keep_their_bounds);
    tcase_add_test(t, suspects_have_a_plan_of_their_own);
    tcase_add_test(t, no_suspects_while_one_is_in_hand);
    tcase_add_test(t, without_lanes_there_is_nothing_to_wait_for);
    tcase_add_test(t, F20_what_ends_soonest_goes_first);
    tcase_add_test(t, F21_who_has_least_goes_first);
    tcase_add_test(t, F21_urgency_is_weighed);
    tcase_add_test(t, F21_many_deadlines_are_no_more_than_one);
    tcase_add_test(t, F21_empty_lanes_do_not_count);
    tcase_add_test(t, sorted_and_other_lanes_take_turns);
    suite_add_tcase(s, t);
    return unit_run(s);
}
