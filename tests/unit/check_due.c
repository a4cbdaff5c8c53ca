/* check_due.c - the heap of times, and the mailbox between threads. */
#include "daemon/due.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "daemon/mailbox.h"
#include "unit.h"

static struct due d;

static void
setup(void)
{
    d.count = 0;
}

START_TEST(empty)
{
    ck_assert_int_eq(due_next(&d), USEC_MAX);
    ck_assert_int_eq(due_pass(&d, USEC_MAX), 0);
}
END_TEST

START_TEST(earliest_first_whatever_the_order)
{
    unsigned seed = (unsigned)_i + 1;
    usec_t all[200];

    for (int i = 0; i < COUNT(all); i++) {
        seed = seed * 1103515245u + 12345u;
        all[i] = (usec_t)(seed >> 16) % 50; /* with equal ones */
        due_add(&d, all[i]);
    }
    for (usec_t now = 0; now < 50; now++) {
        int want = 0;
        for (int i = 0; i < COUNT(all); i++)
            want += all[i] == now;
        ck_assert_int_eq(due_pass(&d, now - 1), 0);
        if (want > 0)
            ck_assert_int_eq(due_next(&d), now);
        ck_assert_int_eq(due_pass(&d, now), want);
    }
    ck_assert_int_eq(d.count, 0);
}
END_TEST

START_TEST(the_limit_itself_is_due)
{
    due_add(&d, 100);
    due_add(&d, 101);
    ck_assert_int_eq(due_pass(&d, 99), 0);
    ck_assert_int_eq(due_pass(&d, 100), 1);
    ck_assert_int_eq(due_next(&d), 101);
}
END_TEST

/* More than fit: nothing breaks, and the polls find the rest. */
START_TEST(full)
{
    for (int i = 0; i < DUE_MAX + 10; i++)
        due_add(&d, DUE_MAX - i);
    ck_assert_int_eq(d.count, DUE_MAX);
    ck_assert_int_eq(due_pass(&d, USEC_MAX), DUE_MAX);
}
END_TEST

/* The mailbox: jobs and orders come out as they went in, once, and the
 * reader is woken for each put. */
static int woken;

static void
wake(void *arg)
{
    (*(int *)arg)++;
}

static struct job *
job_with(int64_t id, struct job *next)
{
    struct request *r = calloc(1, sizeof(*r));

    ck_assert_ptr_nonnull(r);
    r->id = id;
    struct job *j = job_new(r);
    j->next = next;
    return j;
}

START_TEST(mailbox_keeps_the_order)
{
    struct mailbox m;
    struct order *orders;
    int64_t want = 1;

    woken = 0;
    mailbox_init(&m, wake, &woken);
    ck_assert_ptr_null(mailbox_take(&m, &orders));
    ck_assert_ptr_null(orders);
    mailbox_put(&m, NULL);
    ck_assert_int_eq(woken, 0);
    mailbox_put(&m, job_with(1, job_with(2, NULL)));
    mailbox_order(&m, ORDER_DROP, 7, 70);
    mailbox_put(&m, job_with(3, NULL));
    mailbox_order(&m, ORDER_END, 0, 0);
    ck_assert_int_eq(woken, 4);
    for (struct job *j = mailbox_take(&m, &orders), *next; j; j = next) {
        next = j->next;
        ck_assert_int_eq(j->req->id, want++);
        job_free(j);
    }
    ck_assert_int_eq(want, 4);
    ck_assert_int_eq(orders->what, ORDER_DROP);
    ck_assert_int_eq(orders->id, 7);
    ck_assert_int_eq(orders->lease, 70);
    ck_assert_int_eq(orders->next->what, ORDER_END);
    ck_assert_ptr_null(orders->next->next);
    free(orders->next);
    free(orders);
    ck_assert_ptr_null(mailbox_take(&m, &orders));
    /* What nobody took is freed. */
    mailbox_put(&m, job_with(4, NULL));
    mailbox_order(&m, ORDER_DRAIN, 0, 0);
    mailbox_fini(&m);
}
END_TEST

enum { WRITERS = 4, EACH = 5000 };

static struct mailbox shared;

static void
no_wake(void *arg)
{
    (void)arg;
}

static void *
write_jobs(void *arg)
{
    int64_t base = *(const int64_t *)arg;

    for (int i = 0; i < EACH; i++)
        mailbox_put(&shared, job_with(base + i, NULL));
    return NULL;
}

START_TEST(mailbox_between_threads)
{
    pthread_t threads[WRITERS];
    int64_t bases[WRITERS];
    int64_t next[WRITERS] = {0};
    int left = WRITERS * EACH;
    struct order *orders;

    mailbox_init(&shared, no_wake, NULL);
    for (int i = 0; i < WRITERS; i++) {
        bases[i] = (int64_t)i * EACH;
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, write_jobs, &bases[i]), 0);
    }
    while (left > 0)
        for (struct job *j = mailbox_take(&shared, &orders), *n; j; j = n) {
            n = j->next;
            int64_t writer = j->req->id / EACH;
            ck_assert_int_eq(j->req->id % EACH, next[writer]++);
            job_free(j);
            left--;
        }
    for (int i = 0; i < WRITERS; i++)
        (void)pthread_join(threads[i], NULL);
    mailbox_fini(&shared);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("due");
    TCase *t = tcase_create("due");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, empty);
    tcase_add_loop_test(t, earliest_first_whatever_the_order, 0, 20);
    tcase_add_test(t, the_limit_itself_is_due);
    tcase_add_test(t, full);
    tcase_add_test(t, mailbox_keeps_the_order);
    tcase_add_test(t, mailbox_between_threads);
    suite_add_tcase(s, t);
    return unit_run(s);
}
