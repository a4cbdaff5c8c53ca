/* check_metrics.c - counting from many threads, the text that Prometheus
 * reads, and the cap on label values. M76 (the counter of refused retries). */
#include "daemon/metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static void
page(struct buf *out)
{
    buf_init(out, 1000000);
    metrics_text(out);
    ck_assert(buf_ok(out));
}

/* Is there a line that is exactly this? */
static bool
has_line(const struct buf *page, const char *line)
{
    const char *at = buf_str(page);
    size_t len = strlen(line);

    for (; *at; at += strcspn(at, "\n") + 1)
        if (strncmp(at, line, len) == 0 && at[len] == '\n')
            return true;
    return false;
}

START_TEST(add_set_and_get)
{
    int64_t was = metrics_get(M_CLAIMS);

    metrics_add(M_CLAIMS, 1);
    metrics_add(M_CLAIMS, 41);
    ck_assert_int_eq(metrics_get(M_CLAIMS) - was, 42);
    metrics_set(M_EPOCH, 7);
    metrics_set(M_EPOCH, 8);
    ck_assert_int_eq(metrics_get(M_EPOCH), 8);
}
END_TEST

enum { THREADS = 4, ROUNDS = 20000 };

static void *
count_all(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        metrics_add(M_STARTED, 1);
        metrics_settled("superseded");
    }
    return NULL;
}

START_TEST(no_count_is_lost_between_threads)
{
    pthread_t threads[THREADS];
    int64_t was = metrics_get(M_STARTED);
    struct buf out;

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count_all, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_int_eq(metrics_get(M_STARTED) - was, THREADS * ROUNDS);
    page(&out);
    ck_assert(has_line(&out, "hostq_settled_total{state=\"superseded\"} "
                             "80000"));
    buf_fini(&out);
}
END_TEST

START_TEST(exposition_format)
{
    struct buf out;

    metrics_set(M_SLOTS, 100);
    metrics_set(M_UP_SINCE, 1700000000 * USEC_S + 250000);
    metrics_turn(1500 * USEC_MS);
    page(&out);
    ck_assert(has_line(&out, "# HELP hostq_slots Requests that may be worked "
                             "at the same time."));
    ck_assert(has_line(&out, "# TYPE hostq_slots gauge"));
    ck_assert(has_line(&out, "hostq_slots 100"));
    ck_assert(has_line(&out, "# TYPE hostq_start_time_seconds gauge"));
    ck_assert(has_line(&out, "hostq_start_time_seconds 1700000000.250000"));
    ck_assert(has_line(&out, "# TYPE hostq_ledger_turn_seconds_total "
                             "counter"));
    ck_assert(has_line(&out, "hostq_ledger_turn_seconds_total 1.500000"));
    ck_assert(has_line(&out, "hostq_ledger_turns_total 1"));
    buf_fini(&out);
}
END_TEST

START_TEST(every_line_is_well_formed)
{
    struct buf out;
    int metrics = 0;

    page(&out);
    ck_assert_int_eq(out.data[out.len - 1], '\n');
    for (const char *at = buf_str(&out); *at; at += strcspn(at, "\n") + 1) {
        if (strncmp(at, "# TYPE hostq_", 13) == 0) {
            size_t len = strcspn(at, "\n");
            bool total = strncmp(at + len - 14, "_total counter", 14) == 0;
            bool gauge = strncmp(at + len - 6, " gauge", 6) == 0;
            ck_assert_msg(total || gauge, "%.*s", (int)len, at);
            metrics++;
        } else {
            ck_assert(strncmp(at, "hostq_", 6) == 0 ||
                      strncmp(at, "# HELP hostq_", 13) == 0);
        }
    }
    ck_assert_int_eq(metrics, M_COUNT);
    buf_fini(&out);
}
END_TEST

START_TEST(M76_refused_retries_by_key_and_reason)
{
    struct buf out;

    metrics_retry_denied("k1", "max_retries");
    metrics_retry_denied("k1", "deadline");
    metrics_retry_denied("k1", "deadline");
    page(&out);
    ck_assert(has_line(&out, "# TYPE hostq_retry_denied_total counter"));
    ck_assert(has_line(&out, "hostq_retry_denied_total{key=\"k1\",reason="
                             "\"max_retries\"} 1"));
    ck_assert(has_line(&out, "hostq_retry_denied_total{key=\"k1\",reason="
                             "\"deadline\"} 2"));
    buf_fini(&out);
}
END_TEST

START_TEST(label_values_are_escaped)
{
    struct buf out;

    metrics_retry_denied("a\"b\\c\nd", "deadline");
    page(&out);
    ck_assert(has_line(&out, "hostq_retry_denied_total{key=\"a\\\"b\\\\c\\nd"
                             "\",reason=\"deadline\"} 1"));
    buf_fini(&out);
}
END_TEST

START_TEST(database_errors_by_class)
{
    struct buf out;

    metrics_db_error("40001");
    metrics_db_error("40P01");
    metrics_db_error("23505");
    page(&out);
    ck_assert(has_line(&out, "hostq_db_errors_total{class=\"40\"} 2"));
    ck_assert(has_line(&out, "hostq_db_errors_total{class=\"23\"} 1"));
    buf_fini(&out);
}
END_TEST

START_TEST(series_are_capped)
{
    struct buf out;
    char value[20];
    int lines = 0;

    for (int i = 0; i < METRICS_SERIES_MAX + 50; i++) {
        (void)snprintf(value, sizeof(value), "v%d", i);
        metrics_add_with(M_BUILD_INFO, 1, value, NULL);
    }
    metrics_add_with(M_BUILD_INFO, 1, "v0", NULL);
    page(&out);
    for (const char *at = buf_str(&out); *at; at += strcspn(at, "\n") + 1)
        lines += strncmp(at, "hostq_build_info{", 17) == 0;
    ck_assert_int_eq(lines, METRICS_SERIES_MAX + 1);
    ck_assert(has_line(&out, "hostq_build_info{version=\"v0\"} 2"));
    ck_assert(has_line(&out, "hostq_build_info{version=\"other\"} 50"));
    buf_fini(&out);
}
END_TEST

START_TEST(manual_names_every_metric)
{
    struct buf out = BUF_INIT(100000);
    int items = 0;

    metrics_mdoc(&out);
    for (const char *at = buf_str(&out); *at; at += strcspn(at, "\n") + 1)
        items += strncmp(at, ".It Cm hostq_", 13) == 0;
    ck_assert_int_eq(items, M_COUNT);
    ck_assert(has_line(&out, ".It Cm hostq_retry_denied_total Ns Brq key, "
                             "reason"));
    buf_fini(&out);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("metrics");
    TCase *c = tcase_create("metrics");

    tcase_add_test(c, add_set_and_get);
    tcase_add_test(c, no_count_is_lost_between_threads);
    tcase_add_test(c, exposition_format);
    tcase_add_test(c, every_line_is_well_formed);
    tcase_add_test(c, M76_refused_retries_by_key_and_reason);
    tcase_add_test(c, label_values_are_escaped);
    tcase_add_test(c, database_errors_by_class);
    tcase_add_test(c, series_are_capped);
    tcase_add_test(c, manual_names_every_metric);
    suite_add_tcase(s, c);
    return unit_run(s);
}
