/* check_log.c - log lines: their form, levels, quoting, limits, files. */
#include "sys/log.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define UML "\xc3\xbc" /* one character, two bytes */
#define TS "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z "

static char path[64], path_old[80];

static void
setup(void)
{
    (void)snprintf(path, sizeof path, "/tmp/hostq-log.XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    (void)close(fd);
    (void)snprintf(path_old, sizeof path_old, "%s.1", path);
    log_context("%s", "");
    ck_assert_int_eq(log_open(path, LOG_INFO, NULL), 0);
}

static void
teardown(void)
{
    (void)unlink(path);
    (void)unlink(path_old);
}

/* What the file holds. */
static const char *
text_of(const char *file)
{
    static char text[200000];
    FILE *f = fopen(file, "re");

    ck_assert_ptr_nonnull(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    (void)fclose(f);
    return text;
}

static int
lines_of(const char *text)
{
    int n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* The file is one line that matches the pattern (ERE). */
static void
one_line(const char *pattern)
{
    const char *text = text_of(path);
    regex_t re;

    ck_assert_int_eq(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
    ck_assert_int_eq(lines_of(text), 1);
    ck_assert_msg(regexec(&re, text, 0, NULL, 0) == 0, "%s", text);
    regfree(&re);
}

START_TEST(a_line_has_time_level_event_and_pairs)
{
    log_event(LOG_WARN, "request.lost", "id=%d text=%s", 7, log_quote("a b"));
    one_line(TS "warn request\\.lost id=7 text=\"a b\"\n$");
}
END_TEST

START_TEST(a_line_without_pairs)
{
    log_event(LOG_ERROR, "stop", "%s", "");
    one_line(TS "error stop ?\n$");
}
END_TEST

START_TEST(context_is_on_every_line_until_cleared)
{
    log_context("thread=%s n=%d", "ledger", 2);
    log_event(LOG_INFO, "e", "k=1");
    one_line(TS "info e thread=ledger n=2 k=1\n$");
    log_context("%s", "");
    log_event(LOG_INFO, "f", "k=2");
    ck_assert_ptr_nonnull(strstr(text_of(path), " info f k=2\n"));
}
END_TEST

static void *
other_thread(void *none)
{
    log_context("thread=%s", "other");
    log_event(LOG_INFO, "inner", "k=1");
    return none;
}

START_TEST(context_belongs_to_its_thread)
{
    pthread_t thread;

    log_context("thread=%s", "main");
    ck_assert_int_eq(pthread_create(&thread, NULL, other_thread, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    log_event(LOG_INFO, "outer", "k=1");
    ck_assert_ptr_nonnull(strstr(text_of(path), " inner thread=other k=1\n"));
    ck_assert_ptr_nonnull(strstr(text_of(path), " outer thread=main k=1\n"));
}
END_TEST

START_TEST(a_level_lets_through_what_is_graver)
{
    static const char *const events[] = {"e.error", "e.warn", "e.info",
                                         "e.debug"};

    log_set_level((enum log_level)_i);
    for (int level = LOG_ERROR; level <= LOG_DEBUG; level++) {
        log_event((enum log_level)level, events[level], "k=1");
        log_event_limited((enum log_level)level, "limited", events[level],
                          "k=1");
    }
    ck_assert_int_eq(lines_of(text_of(path)), 2 * (_i + 1));
    for (int level = LOG_ERROR; level <= LOG_DEBUG; level++)
        ck_assert_int_eq(strstr(text_of(path), events[level]) != NULL,
                         level <= _i);
}
END_TEST

static const struct level_row {
    const char *text;
    int level; /* -1 = unknown */
} level_rows[] = {
    {"error", LOG_ERROR},
    {"warn", LOG_WARN},
    {"info", LOG_INFO},
    {"debug", LOG_DEBUG},
    {"ERROR", LOG_ERROR},
    {"Warning", LOG_WARN},
    {"LOG_INFO", LOG_INFO},
    {"LOG_DEBUG", LOG_DEBUG},
    {"log_err", LOG_ERROR},
    {"LOG_WARNING", LOG_WARN},
    {"notice", LOG_INFO},
    {"LOG_NOTICE", LOG_INFO},
    {"crit", LOG_ERROR},
    {"LOG_EMERG", LOG_ERROR},
    {"alert", LOG_ERROR},
    {"critical", LOG_ERROR},
    {"fatal", LOG_ERROR},
    {"trace", LOG_DEBUG},
    {"", -1},
    {"LOG_", -1},
    {"LOG_LOG_INFO", -1},
    {"inf", -1},
    {"info ", -1},
    {"3", -1},
};

START_TEST(words_for_levels)
{
    enum log_level got = (enum log_level)77;
    int rc = log_level_parse(level_rows[_i].text, &got);

    ck_assert_int_eq(rc, level_rows[_i].level < 0 ? -1 : 0);
    ck_assert_int_eq((int)got,
                     level_rows[_i].level < 0 ? 77 : level_rows[_i].level);
}
END_TEST

#define TEN "0123456789"
#define C99 TEN TEN TEN TEN TEN TEN TEN TEN TEN "012345678"
#define C396 C99 C99 C99 C99

static const struct quote_row {
    const char *text, *quoted;
} quote_rows[] = {
    {NULL, "\"\""},
    {"", "\"\""},
    {"plain", "\"plain\""},
    {"a b=c", "\"a b=c\""},
    {"say \"hi\"", "\"say \\\"hi\\\"\""},
    {"C:\\x", "\"C:\\\\x\""},
    {"a\nb", "\"a\\nb\""},
    {"tab\there\r\x1b[0m\x7f", "\"tab?here??[0m?\""},
    {UML, "\"" UML "\""},
    /* messages of libpq end in a newline, others in a backslash and an n */
    {"gone\n", "\"gone\""},
    {"gone\n\n", "\"gone\""},
    {"\n", "\"\""},
    {"C:\\n", "\"C:\\\\n\""},
    {"\\", "\"\\\\\""},
    {"x\\n\n", "\"x\\\\n\""},
    /* cut at 400 bytes with the first quote, never within a character */
    {C396 "abc", "\"" C396 "abc\""},
    {C396 "abcd", "\"" C396 "abc\""},
    {C396 "ab" UML, "\"" C396 "ab\""},
    {C396 "a" UML "x", "\"" C396 "a" UML "\""},
    {C396 "ab\"", "\"" C396 "ab\""},
    {C396 "ab\nc", "\"" C396 "ab\""},
};

START_TEST(quoting)
{
    ck_assert_str_eq(log_quote(quote_rows[_i].text), quote_rows[_i].quoted);
}
END_TEST

START_TEST(eight_quotes_in_one_line)
{
    log_event(LOG_INFO, "e", "%s%s%s%s%s%s%s%s", log_quote("1"), log_quote("2"),
              log_quote("3"), log_quote("4"), log_quote("5"), log_quote("6"),
              log_quote("7"), log_quote("8"));
    one_line(" e \"1\"\"2\"\"3\"\"4\"\"5\"\"6\"\"7\"\"8\"\n$");
}
END_TEST

START_TEST(a_long_line_is_cut_and_still_a_line)
{
    static const int lengths[] = {3900, 4050, 4080, 4095, 4096, 4097, 8000};
    char pad[8192];

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memset(pad, 'x', sizeof pad);
        pad[lengths[i]] = '\0';
        log_event(LOG_INFO, "e", "%s", pad);
        ck_assert_int_eq(lines_of(text_of(path)), (int)i + 1);
    }
    ck_assert_uint_le(strlen(text_of(path)),
                      sizeof lengths / sizeof(int) * 4096);
}
END_TEST

START_TEST(the_same_at_most_once_a_second)
{
    for (int i = 0; i < 5; i++)
        log_event_limited(LOG_WARN, "db.error", "08006", "n=%d", i);
    one_line("warn db\\.error n=0\n$");
    /* another code, another event */
    log_event_limited(LOG_WARN, "db.error", "57P01", "n=9");
    log_event_limited(LOG_WARN, "db.lost", "08006", "n=9");
    ck_assert_int_eq(lines_of(text_of(path)), 3);
    /* a second later the next one tells of the four */
    (void)poll(NULL, 0, 1050);
    log_event_limited(LOG_WARN, "db.error", "08006", "n=%d", 5);
    ck_assert_ptr_nonnull(
        strstr(text_of(path), "warn db.error repeated=4 n=5\n"));
}
END_TEST

START_TEST(more_kinds_than_the_table_holds_are_not_limited)
{
    for (int i = 0; i < 100; i++) {
        char code[20];
        (void)snprintf(code, sizeof code, "c%d", i);
        log_event_limited(LOG_WARN, "e", code, "n=%d", i);
        log_event_limited(LOG_WARN, "e", code, "n=%d", i);
    }
    /* never fewer than one line for each kind */
    ck_assert_int_ge(lines_of(text_of(path)), 100);
}
END_TEST

START_TEST(reopened_after_it_was_moved)
{
    log_event(LOG_INFO, "before", "k=1");
    ck_assert_int_eq(rename(path, path_old), 0);
    log_event(LOG_INFO, "between", "k=1");
    log_reopen();
    log_event(LOG_INFO, "after", "k=1");
    one_line("info after k=1\n$");
    ck_assert_int_eq(lines_of(text_of(path_old)), 2);
}
END_TEST

START_TEST(keeps_its_file_when_the_new_one_fails)
{
    ck_assert_int_eq(rename(path, path_old), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    log_reopen();
    log_event(LOG_INFO, "after", "k=1");
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(lines_of(text_of(path_old)), 1);
}
END_TEST

START_TEST(a_file_that_cannot_be)
{
    struct err err;

    ck_assert_int_eq(log_open("/nonexistent/x.log", LOG_INFO, &err), -1);
    ck_assert_int_eq((int)err.code, E_USAGE);
    ck_assert_str_eq(err.text, "cannot open log file '/nonexistent/x.log': No "
                               "such file or directory");
    log_event(LOG_INFO, "still", "k=1"); /* the old file stays */
    one_line("info still k=1\n$");
}
END_TEST

START_TEST(not_readable_by_others)
{
    struct stat st;

    (void)umask(0);
    (void)unlink(path);
    log_reopen();
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("log");
    TCase *t = tcase_create("log");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_line_has_time_level_event_and_pairs);
    tcase_add_test(t, a_line_without_pairs);
    tcase_add_test(t, context_is_on_every_line_until_cleared);
    tcase_add_test(t, context_belongs_to_its_thread);
    tcase_add_loop_test(t, a_level_lets_through_what_is_graver, LOG_ERROR,
                        LOG_DEBUG + 1);
    tcase_add_loop_test(t, words_for_levels, 0, COUNT(level_rows));
    tcase_add_loop_test(t, quoting, 0, COUNT(quote_rows));
    tcase_add_test(t, eight_quotes_in_one_line);
    tcase_add_test(t, a_long_line_is_cut_and_still_a_line);
    tcase_add_test(t, the_same_at_most_once_a_second);
    tcase_add_test(t, more_kinds_than_the_table_holds_are_not_limited);
    tcase_add_test(t, reopened_after_it_was_moved);
    tcase_add_test(t, keeps_its_file_when_the_new_one_fails);
    tcase_add_test(t, a_file_that_cannot_be);
    tcase_add_test(t, not_readable_by_others);
    suite_add_tcase(s, t);
    return unit_run(s);
}
