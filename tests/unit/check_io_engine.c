/* check_io_engine.c - the engine without processes: timers, abort, wake,
 * tags. */
#include "io/engine.h"

#include <pthread.h>

#include "io_help.h"

#define MANY 10000

static void
submit(struct engine *e, uint64_t tag, enum call_type type, usec_t timeout)
{
    struct call c;

    call_init(&c);
    c.type = type;
    c.timeout = timeout;
    ck_assert_int_eq(engine_submit(e, tag, &c), 0);
}

static void
expect(struct engine *e, uint64_t tag, enum wire_end end)
{
    struct reply r;
    uint64_t got;

    ck_assert(engine_next(e, &got, &r));
    ck_assert_uint_eq(got, tag);
    ck_assert_int_eq(r.end, end);
    reply_fini(&r);
}

START_TEST(none_replies_at_once)
{
    struct engine *e = help_engine();
    struct reply r;
    uint64_t tag;

    ck_assert(!engine_next(e, &tag, &r));
    submit(e, 7, CALL_NONE, 0);
    ck_assert_uint_eq(engine_inflight(e), 1);
    expect(e, 7, WIRE_OK);
    ck_assert_uint_eq(engine_inflight(e), 0);
    engine_free(e);
}
END_TEST

START_TEST(tag_is_unique_while_in_flight)
{
    struct engine *e = help_engine();
    struct call c;

    submit(e, 7, CALL_TIMER, USEC_S);
    call_init(&c);
    c.dir = strdup("/kept");
    ck_assert_int_eq(engine_submit(e, 7, &c), -1);
    ck_assert_str_eq(c.dir, "/kept");
    call_fini(&c);
    ck_assert(engine_abort(e, 7));
    expect(e, 7, WIRE_ABORTED);
    submit(e, 7, CALL_NONE, 0);
    expect(e, 7, WIRE_OK);
    engine_free(e);
}
END_TEST

START_TEST(timer_takes_its_time)
{
    struct engine *e = help_engine();
    usec_t start = now_mono();

    submit(e, 1, CALL_TIMER, 30 * USEC_MS);
    submit(e, 2, CALL_TIMER, 10 * USEC_MS);
    engine_wait(e, 0);
    engine_wait(e, PATIENCE);
    expect(e, 2, WIRE_OK);
    ck_assert_int_ge(now_mono() - start, 10 * USEC_MS);
    engine_wait(e, PATIENCE);
    expect(e, 1, WIRE_OK);
    ck_assert_int_ge(now_mono() - start, 30 * USEC_MS);
    ck_assert_int_lt(now_mono() - start, PATIENCE);
    engine_free(e);
}
END_TEST

START_TEST(wait_ends_at_its_timeout)
{
    struct engine *e = help_engine();
    usec_t start = now_mono();

    submit(e, 1, CALL_TIMER, USEC_MAX); /* never */
    engine_wait(e, 20 * USEC_MS);
    ck_assert_int_ge(now_mono() - start, 20 * USEC_MS);
    ck_assert_int_lt(now_mono() - start, PATIENCE);
    engine_free(e); /* with a call in flight */
}
END_TEST

START_TEST(abort_of_a_timer)
{
    struct engine *e = help_engine();
    struct reply r;
    uint64_t tag;

    submit(e, 1, CALL_TIMER, 3600 * USEC_S);
    submit(e, 2, CALL_NONE, 0);
    ck_assert(!engine_abort(e, 3));
    ck_assert(!engine_abort(e, 2)); /* its reply is there and stands */
    ck_assert(engine_abort(e, 1));
    ck_assert(!engine_abort(e, 1));
    expect(e, 2, WIRE_OK);
    expect(e, 1, WIRE_ABORTED);
    ck_assert(!engine_next(e, &tag, &r));
    ck_assert_uint_eq(engine_inflight(e), 0);
    engine_free(e);
}
END_TEST

START_TEST(ten_thousand_timers)
{
    static bool seen[MANY];
    struct engine *e = help_engine();
    usec_t start = now_mono(), submitted, last = 0;
    unsigned seed = 1;
    int done = 0;

    for (int i = 0; i < MANY; i++)
        submit(e, (uint64_t)i, CALL_TIMER, rand_r(&seed) % 300 * USEC_MS);
    submitted = now_mono();
    ck_assert_uint_eq(engine_inflight(e), MANY);
    for (int i = 0; i < MANY; i += 10)
        ck_assert(engine_abort(e, (uint64_t)i));
    while (engine_inflight(e) > 0) {
        struct reply r;
        uint64_t tag;

        engine_wait(e, PATIENCE);
        while (engine_next(e, &tag, &r)) {
            ck_assert(!seen[tag]);
            seen[tag] = true;
            ck_assert_int_eq(r.end, tag % 10 == 0 ? WIRE_ABORTED : WIRE_OK);
            reply_fini(&r);
            done++;
        }
        ck_assert_int_ge(now_mono(), last);
        last = now_mono();
        ck_assert_int_lt(last - start, PATIENCE);
    }
    ck_assert_int_eq(done, MANY);
    printf("# %d timers: submitted in %lld us, all done after %lld us\n", MANY,
           (long long)(submitted - start), (long long)(last - start));
    engine_free(e);
}
END_TEST

static void *
wake_it(void *arg)
{
    engine_wake(arg);
    return NULL;
}

START_TEST(wake_from_another_thread)
{
    struct engine *e = help_engine();
    usec_t start = now_mono();
    pthread_t thread;

    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(pthread_create(&thread, NULL, wake_it, e), 0);
        engine_wait(e, PATIENCE);
        pthread_join(thread, NULL);
    }
    ck_assert_int_lt(now_mono() - start, PATIENCE);
    engine_free(e);
}
END_TEST

START_TEST(wake_before_the_wait_is_not_lost)
{
    struct engine *e = help_engine();
    usec_t start = now_mono();

    engine_wake(e);
    engine_wake(e);
    engine_wait(e, PATIENCE);
    ck_assert_int_lt(now_mono() - start, PATIENCE);
    /* and counts once */
    start = now_mono();
    engine_wait(e, 5 * USEC_MS);
    ck_assert_int_ge(now_mono() - start, 5 * USEC_MS);
    engine_free(e);
}
END_TEST

START_TEST(needs_a_deployment_and_a_host)
{
    const struct engine_config cfg = {.deployment = "", .host = HOST};
    struct err err;

    ck_assert_ptr_null(engine_new(&cfg, &err));
    ck_assert_int_eq(err.code, E_USAGE);
    engine_free(NULL);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("io_engine");
    TCase *t = tcase_create("engine");

    tcase_add_checked_fixture(t, help_setup, NULL);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, none_replies_at_once);
    tcase_add_test(t, tag_is_unique_while_in_flight);
    tcase_add_test(t, timer_takes_its_time);
    tcase_add_test(t, wait_ends_at_its_timeout);
    tcase_add_test(t, abort_of_a_timer);
    tcase_add_test(t, ten_thousand_timers);
    tcase_add_test(t, wake_from_another_thread);
    tcase_add_test(t, wake_before_the_wait_is_not_lost);
    tcase_add_test(t, needs_a_deployment_and_a_host);
    suite_add_tcase(s, t);
    return unit_run(s);
}
