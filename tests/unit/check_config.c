/* check_config.c - the types and limits of settings; sources, precedence,
 * errors and reloads of the daemon's configuration. */
#include "daemon/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/log.h"
#include "unit.h"

/* One setting of each type, as hostqd has no switch yet. */
struct sample {
    char *text;
    int64_t number;
    usec_t span;
    bool flag;
    int word;
};

static int
no_x(const char *value, struct err *err)
{
    return strchr(value, 'x') ? err_set(err, E_USAGE, "must have no x") : 0;
}

static const char *const words[] = {"red", "green", "blue", NULL};
enum { TEXT, NUMBER, SPAN, FLAG, WORD, SECRET };
static const struct setting samples[] = {
    {"text", SETTING_STRING, offsetof(struct sample, text), "", 1, 8, 0, "h",
     NULL, NULL, no_x},
    {"number", SETTING_INT, offsetof(struct sample, number), "5", -3, 70, 0,
     "h", NULL, NULL, NULL},
    {"span", SETTING_DURATION, offsetof(struct sample, span), "1s",
     500 * USEC_MS, 3600 * USEC_S, 0, "h", NULL, NULL, NULL},
    {"flag", SETTING_BOOL, offsetof(struct sample, flag), "no", 0, 0, 0, "h",
     NULL, NULL, NULL},
    {"word", SETTING_ENUM, offsetof(struct sample, word), "red", 0, 0, 0, "h",
     NULL, words, NULL},
    {"secret", SETTING_STRING, offsetof(struct sample, text), "", 0, 8,
     SETTING_SECRET, "h", NULL, NULL, no_x},
};

/* What is written, and what it prints as; or the error. */
static const struct value_row {
    int setting;
    const char *value, *printed, *error;
} value_rows[] = {
    {TEXT, "a", "a", NULL},
    {TEXT, "12345678", "12345678", NULL},
    {TEXT, "", NULL, "text = : must be 1 to 8 bytes long"},
    {TEXT, "123456789", NULL, "text = 123456789: must be 1 to 8 bytes long"},
    {TEXT, "a\nb", NULL,
     "text = (not printable): must be free of control characters"},
    {TEXT, "axb", NULL, "text = axb: must have no x"},
    {SECRET, "a", "(hidden)", NULL},
    {SECRET, "", "", NULL},
    {SECRET, "axb", NULL, "secret = (hidden): must have no x"},
    {SECRET, "123456789", NULL, "secret = (hidden): must be 0 to 8 bytes long"},
    {NUMBER, "-3", "-3", NULL},
    {NUMBER, "70", "70", NULL},
    {NUMBER, "71", NULL, "number = 71: must be a whole number, -3 to 70"},
    {NUMBER, "-4", NULL, "number = -4: must be a whole number, -3 to 70"},
    {NUMBER, "7.5", NULL, "number = 7.5: must be a whole number, -3 to 70"},
    {NUMBER, "7 ", NULL, "number = 7 : must be a whole number, -3 to 70"},
    {NUMBER, "", NULL, "number = : must be a whole number, -3 to 70"},
    {NUMBER, "99999999999999999999", NULL,
     "number = 99999999999999999999: must be a whole number, -3 to 70"},
    {SPAN, "500ms", "500ms", NULL},
    {SPAN, "90", "1m30s", NULL},
    {SPAN, "1h", "1h", NULL},
    {SPAN, "499ms", NULL,
     "span = 499ms: must be a duration such as 500ms or 1m30s, 500ms to "
     "1h"},
    {SPAN, "3601", NULL,
     "span = 3601: must be a duration such as 500ms or 1m30s, 500ms to 1h"},
    {SPAN, "soon", NULL,
     "span = soon: must be a duration such as 500ms or 1m30s, 500ms to 1h"},
    {FLAG, "yes", "yes", NULL},
    {FLAG, "true", "yes", NULL},
    {FLAG, "on", "yes", NULL},
    {FLAG, "1", "yes", NULL},
    {FLAG, "no", "no", NULL},
    {FLAG, "false", "no", NULL},
    {FLAG, "off", "no", NULL},
    {FLAG, "0", "no", NULL},
    {FLAG, "maybe", NULL, "flag = maybe: must be yes or no"},
    {WORD, "blue", "blue", NULL},
    {WORD, "Blue", NULL, "word = Blue: must be red, green or blue"},
};

START_TEST(value_of_every_type_and_its_limits)
{
    const struct value_row *row = &value_rows[_i];
    const struct setting *s = &samples[row->setting];
    struct sample v = {.text = strdup("was"),
                       .number = 1,
                       .span = 2,
                       .flag = false,
                       .word = 1};
    struct sample was = {.text = strdup("was"),
                         .number = 1,
                         .span = 2,
                         .flag = false,
                         .word = 1};
    struct buf out = BUF_INIT(100);
    struct err err = {.text = ""};
    int rc = setting_set(s, &v, row->value, &err);

    if (row->printed) {
        ck_assert_msg(rc == 0, "%s", err.text);
        setting_print(s, &v, &out);
        ck_assert_str_eq(buf_str(&out), row->printed);
        setting_copy(s, &was, &v);
    } else {
        ck_assert_int_eq(rc, -1);
        ck_assert_int_eq(err.code, E_USAGE);
        ck_assert_str_eq(err.text, row->error);
    }
    ck_assert(setting_same(s, &was, &v));
    buf_fini(&out);
    free(was.text);
    free(v.text);
}
END_TEST

static char folder[64], file[80];

static void
write_file(const char *text)
{
    FILE *f = fopen(file, "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

static void
setup(void)
{
    for (int i = 0; i < CONFIG_SETTINGS; i++) {
        char name[64] = "HOSTQ_";
        for (const char *c = config_settings()[i].name; *c; c++)
            name[strlen(name)] = *c == '_' ? '_' : (char)(*c - 'a' + 'A');
        (void)unsetenv(name);
    }
    (void)unsetenv("HOSTQ_CONFIG");
    (void)snprintf(folder, sizeof(folder), "/tmp/hostq-config-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(file, sizeof(file), "%s/conf", folder);
    write_file("");
}

static void
teardown(void)
{
    (void)unlink(file);
    (void)rmdir(folder);
}

static struct config *
load(int count, const char *const *flags)
{
    struct config_source source = {file, count, flags};
    struct buf errors = BUF_INIT(10000);
    struct config *cfg = config_load(&source, &errors);

    ck_assert_msg(cfg != NULL, "%s", buf_str(&errors));
    buf_fini(&errors);
    return cfg;
}

/* What a load says is wrong; FILE stands for the name of the file. */
static void
refuses(const char *text, int count, const char *const *flags,
        const char *expected)
{
    struct config_source source = {file, count, flags};
    struct buf errors = BUF_INIT(10000), seen = BUF_INIT(10000);

    write_file(text);
    ck_assert_ptr_null(config_load(&source, &errors));
    for (const char *e = buf_str(&errors); *e; e++) {
        if (strncmp(e, file, strlen(file)) == 0) {
            buf_puts(&seen, "FILE");
            e += strlen(file);
        }
        buf_putc(&seen, *e);
    }
    ck_assert_str_eq(buf_str(&seen), expected);
    buf_fini(&errors);
    buf_fini(&seen);
}

START_TEST(defaults)
{
    struct config *cfg = load(0, NULL);
    char host[256] = "";

    (void)gethostname(host, sizeof(host) - 1);
    ck_assert_str_eq(cfg->database, "");
    ck_assert_str_eq(cfg->host, host);
    ck_assert_str_eq(cfg->name, host);
    ck_assert_uint_eq(strlen(cfg->boot_id), 36);
    ck_assert_int_eq(cfg->slots, 100);
    ck_assert_int_eq(cfg->prefetch, 0);
    ck_assert_int_eq(cfg->runners, 1);
    ck_assert_str_eq(cfg->queues, "");
    ck_assert_int_eq(cfg->lease, 10 * USEC_S);
    ck_assert_int_eq(cfg->connect_timeout, 5 * USEC_S);
    ck_assert_int_eq(cfg->statement_timeout, 30 * USEC_S);
    ck_assert_int_eq(cfg->stop_grace, 30 * USEC_S);
    ck_assert_int_eq(cfg->poll_interval, USEC_S);
    ck_assert_int_eq(cfg->group_size, 1000);
    ck_assert_int_eq(cfg->max_statement_errors, 10);
    ck_assert_str_eq(cfg->output_dir, "");
    ck_assert_str_eq(cfg->log_file, "");
    ck_assert_int_eq(cfg->log_level, LOG_INFO);
    ck_assert_str_eq(cfg->metrics_listen, "");
    config_free(cfg);
}
END_TEST

START_TEST(name_follows_the_host_that_was_set)
{
    struct config *cfg = load(1, (const char *[]){"--host=h1"});

    ck_assert_str_eq(cfg->host, "h1");
    ck_assert_str_eq(cfg->name, "h1");
    config_free(cfg);
}
END_TEST

START_TEST(log_levels_are_those_of_the_log)
{
    for (int i = 0; i < CONFIG_SETTINGS; i++) {
        const struct setting *s = &config_settings()[i];
        for (int w = 0; s->words && s->words[w]; w++) {
            enum log_level level;
            ck_assert_int_eq(log_level_parse(s->words[w], &level), 0);
            ck_assert_int_eq((int)level, w);
        }
    }
}
END_TEST

/* Does --show-config have this? */
static bool
shows(const struct config *cfg, const char *text)
{
    struct buf out = BUF_INIT(10000);

    config_print(cfg, &out);
    bool found = strstr(buf_str(&out), text) != NULL;
    buf_fini(&out);
    return found;
}

START_TEST(file_with_comments_sections_and_blanks)
{
    write_file("# a comment\n; another\n\n"
               "slots = 7\r\n"
               "  prefetch=8   ; why\n"
               "[hostqd]\n"
               "queues = a,b\n"
               "[other]\n"
               "database = host=/run dbname=x password=a;b\n"
               "stop-grace = 0\n"
               "log_level = debug");
    struct config *cfg = load(0, NULL);
    char where[100];

    ck_assert_int_eq(cfg->slots, 7);
    ck_assert_int_eq(cfg->prefetch, 8);
    ck_assert_str_eq(cfg->queues, "a,b");
    ck_assert_str_eq(cfg->database, "host=/run dbname=x password=a;b");
    ck_assert_int_eq(cfg->stop_grace, 0);
    ck_assert_int_eq(cfg->log_level, LOG_DEBUG);
    (void)snprintf(where, sizeof(where), "; %s:4\n", file);
    ck_assert(shows(cfg, where));
    ck_assert(shows(cfg, "; default\n"));
    ck_assert(shows(cfg, "= (hidden)"));
    ck_assert(!shows(cfg, "password"));
    config_free(cfg);
}
END_TEST

START_TEST(flag_over_environment_over_file_over_default)
{
    static const char *const flags[] = {"--slots=1", "--slots=4"};
    struct config *cfg;

    write_file("slots = 2\nprefetch = 2\nrunners = 2\n");
    (void)setenv("HOSTQ_SLOTS", "3", 1);
    (void)setenv("HOSTQ_PREFETCH", "3", 1);
    cfg = load(2, flags);
    ck_assert_int_eq(cfg->slots, 4);
    ck_assert_int_eq(cfg->prefetch, 3);
    ck_assert_int_eq(cfg->runners, 2);
    ck_assert_int_eq(cfg->group_size, 1000);
    ck_assert(shows(cfg, "; option --slots\n"));
    ck_assert(shows(cfg, "; environment HOSTQ_PREFETCH\n"));
    config_free(cfg);
}
END_TEST

START_TEST(file_from_the_environment)
{
    struct config_source source = {NULL, 0, NULL};
    struct buf errors = BUF_INIT(10000);

    write_file("slots = 9\n");
    (void)setenv("HOSTQ_CONFIG", file, 1);
    struct config *cfg = config_load(&source, &errors);
    ck_assert_msg(cfg != NULL, "%s", buf_str(&errors));
    ck_assert_int_eq(cfg->slots, 9);
    config_free(cfg);
    (void)setenv("HOSTQ_CONFIG", "/nonexistent/x", 1);
    ck_assert_ptr_null(config_load(&source, &errors));
    ck_assert_str_eq(buf_str(&errors),
                     "/nonexistent/x: No such file or directory\n");
    buf_fini(&errors);
}
END_TEST

START_TEST(a_folder_is_no_file)
{
    struct config_source source = {folder, 0, NULL};
    struct buf errors = BUF_INIT(1000);

    ck_assert_ptr_null(config_load(&source, &errors));
    ck_assert_ptr_nonnull(strstr(buf_str(&errors), "Is a directory"));
    buf_fini(&errors);
}
END_TEST

START_TEST(every_mistake_is_named_with_its_place)
{
    static const char *const flags[] = {"--runners=17", "--bogus=1", "--slots"};

    (void)setenv("HOSTQ_LEASE", "2h", 1);
    refuses("slots = 0\nthis is nothing\n\nsloots = 5\nprefetch = 1\n"
            "[open\nprefetch = 2\nlog_level = loud\n",
            3, flags,
            "FILE:1: slots = 0: must be a whole number, 1 to 100000\n"
            "FILE:2: is not of the form name = value\n"
            "FILE:4: there is no setting 'sloots'\n"
            "FILE:6: is not of the form name = value\n"
            "FILE:7: prefetch is set in line 5 already\n"
            "FILE:8: log_level = loud: must be error, warn, info or debug\n"
            "environment HOSTQ_LEASE: lease = 2h: must be a duration such as "
            "500ms or 1m30s, 1s to 1h\n"
            "option --runners: runners = 17: must be a whole number, 1 to "
            "16\n"
            "--bogus: there is no such option\n"
            "--slots: needs a value: --slots=VALUE\n");
}
END_TEST

START_TEST(a_line_that_is_too_long_is_not_cut)
{
    struct buf text = BUF_INIT(1000);

    buf_puts(&text, "database = ");
    while (text.len < 198)
        buf_putc(&text, 'x');
    refuses(buf_str(&text), 0, NULL, "FILE:1: is longer than 197 bytes\n");
    buf_fini(&text);
}
END_TEST

/* The first and last value that each limit allows, and the next ones that it
 * does not. */
static const struct limit_row {
    const char *flag;
    bool good;
} limit_rows[] = {
    {"--slots=1", true},
    {"--slots=100000", true},
    {"--slots=0", false},
    {"--slots=100001", false},
    {"--prefetch=0", true},
    {"--prefetch=100000", true},
    {"--prefetch=-1", false},
    {"--prefetch=100001", false},
    {"--runners=16", true},
    {"--runners=0", false},
    {"--lease=1s", true},
    {"--lease=999ms", false},
    {"--lease=1h", true},
    {"--lease=3601", false},
    {"--stop-grace=0", true},
    {"--stop_grace=-1s", false},
    {"--group_size=1", true},
    {"--group_size=10000", true},
    {"--group_size=0", false},
    {"--group_size=10001", false},
    {"--queues=a", true},
    {"--queues=a,b", true},
    {"--queues=a,", false},
    {"--queues=,a", false},
    {"--queues=a,,b", false},
    {"--queues=a, b", false},
    {"--host=a/b", false},
    {"--host=a b", false},
    {"--name=a#1", false},
    {"--name=rack-7.example", true},
    {"--boot_id=b1", true},
    {"--boot_id=a/b", false},
    {"--output_dir=/x", true},
    {"--output_dir=x", false},
    {"--metrics_listen=127.0.0.1:9100", true},
    {"--metrics_listen=127.1.2.3:0", true},
    {"--metrics_listen=[::1]:65535", true},
    {"--metrics_listen=unix:/run/hostq/web", true},
    {"--metrics_listen=", true},
    {"--metrics_listen=127.0.0.1", false},
    {"--metrics_listen=127.0.0.1:65536", false},
    {"--metrics_listen=127.0.0.1:", false},
    {"--metrics_listen=:9100", false},
    {"--metrics_listen=0.0.0.0:9100", false},
    {"--metrics_listen=10.0.0.1:9100", false},
    {"--metrics_listen=[::]:9100", false},
    {"--metrics_listen=::1:9100", false},
    {"--metrics_listen=[127.0.0.1]:9100", false},
    {"--metrics_listen=localhost:9100", false},
    {"--metrics_listen=unix:web", false},
    {"--metrics_listen=unix:", false},
    {"--metrics_listen=unix:/"
     "012345678901234567890123456789012345678901234567890123456789"
     "012345678901234567890123456789012345678901234567890",
     false},
    {"--no-such=1", false},
    {"--=1", false},
    {"--slot=1", false},
    {"--slots_=1", false},
    {"-slots=1", false},
};

START_TEST(limit_of_a_setting)
{
    const struct limit_row *row = &limit_rows[_i];
    struct config_source source = {file, 1, &row->flag};
    struct buf errors = BUF_INIT(1000);
    struct config *cfg = config_load(&source, &errors);

    ck_assert_msg((cfg != NULL) == row->good, "%s: %s", row->flag,
                  buf_str(&errors));
    ck_assert_msg((errors.len == 0) == row->good, "%s", row->flag);
    config_free(cfg);
    buf_fini(&errors);
}
END_TEST

START_TEST(output_folder_must_be_there)
{
    char flag[200];
    const char *flags[] = {flag};
    struct buf errors = BUF_INIT(1000);

    (void)snprintf(flag, sizeof(flag), "--output_dir=%s", folder);
    struct config *cfg = load(1, flags);
    ck_assert_int_eq(config_check(cfg, &errors), 0);
    config_free(cfg);
    (void)snprintf(flag, sizeof(flag), "--output_dir=%s", file);
    cfg = load(1, flags);
    ck_assert_int_eq(config_check(cfg, &errors), -1);
    ck_assert_ptr_nonnull(strstr(buf_str(&errors), "Not a directory"));
    config_free(cfg);
    (void)snprintf(flag, sizeof(flag), "--output_dir=%s/none", folder);
    cfg = load(1, flags);
    ck_assert_int_eq(config_check(cfg, &errors), -1);
    ck_assert_ptr_nonnull(strstr(buf_str(&errors), "/none: No such file"));
    config_free(cfg);
    buf_fini(&errors);
}
END_TEST

/* Reloads with the log in a file; out gets what it said. */
static struct config *
reload(struct config **cfg, const char *text, struct buf *out)
{
    struct config_source source = {file, 0, NULL};
    char path[100], line[1000];

    (void)snprintf(path, sizeof(path), "%s/log", folder);
    ck_assert_int_eq(log_open(path, LOG_INFO, NULL), 0);
    write_file(text);
    struct config *next = config_reload(cfg, &source);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof(line), f))
        buf_puts(out, line + 25); /* without the time */
    (void)fclose(f);
    (void)unlink(path);
    return next;
}

START_TEST(reload_changes_what_may_change)
{
    struct buf log = BUF_INIT(10000);

    write_file("slots = 5\nlease = 20s\ndatabase = dbname=a\n");
    struct config *cfg = load(0, NULL), *was = cfg;
    struct config *next = reload(
        &cfg, "slots = 6\nlease = 30s\nhost = h2\ndatabase = dbname=b\n", &log);
    ck_assert_ptr_nonnull(next);
    ck_assert_ptr_null(cfg);
    ck_assert_ptr_eq(next->before, was);
    ck_assert_int_eq(was->slots, 5);
    ck_assert_int_eq(next->slots, 6);
    ck_assert_int_eq(next->lease, 20 * USEC_S);
    ck_assert_str_eq(next->host, was->host);
    ck_assert_str_eq(next->database, "dbname=a");
    const char *text = buf_str(&log);
    ck_assert_msg(strstr(text, "info config.changed name=slots from=\"5\" "
                               "to=\"6\"\n") != NULL,
                  "%s", text);
    ck_assert_msg(strstr(text, "warn config.needs_restart name=lease "
                               "from=\"20s\" to=\"30s\"\n") != NULL,
                  "%s", text);
    ck_assert_ptr_nonnull(strstr(text, "config.needs_restart name=host"));
    ck_assert_ptr_nonnull(strstr(text, "config.needs_restart name=database"));
    ck_assert_ptr_null(strstr(text, "dbname"));
    buf_fini(&log);
    config_free(next);
}
END_TEST

START_TEST(reload_of_a_bad_file_changes_nothing)
{
    struct buf log = BUF_INIT(10000);
    struct config *cfg = load(0, NULL), *was = cfg;

    ck_assert_ptr_null(reload(&cfg, "slots = 6\nrunners = no\n", &log));
    ck_assert_ptr_eq(cfg, was);
    ck_assert_int_eq(cfg->slots, 100);
    ck_assert_ptr_nonnull(strstr(buf_str(&log), "error config.refused "));
    ck_assert_ptr_nonnull(strstr(buf_str(&log), ":2: runners = no: must"));
    buf_fini(&log);
    config_free(cfg);
}
END_TEST

START_TEST(reload_without_a_change_makes_nothing_new)
{
    struct buf log = BUF_INIT(10000);
    struct config *cfg = load(0, NULL), *was = cfg;

    ck_assert_ptr_null(reload(&cfg, "slots = 100 ; same\n", &log));
    ck_assert_ptr_eq(cfg, was);
    ck_assert_str_eq(buf_str(&log), "");
    buf_fini(&log);
    config_free(cfg);
}
END_TEST

START_TEST(documents_name_every_setting)
{
    struct buf help = BUF_INIT(100000), mdoc = BUF_INIT(100000),
               markdown = BUF_INIT(100000);

    config_help(&help);
    config_mdoc(&mdoc);
    config_markdown(&markdown);
    for (int i = 0; i < CONFIG_SETTINGS; i++) {
        const char *name = config_settings()[i].name;
        char text[100];
        (void)snprintf(text, sizeof(text), "  --%s=VALUE\n", name);
        ck_assert_ptr_nonnull(strstr(buf_str(&help), text));
        (void)snprintf(text, sizeof(text), ".It Cm %s\n", name);
        ck_assert_ptr_nonnull(strstr(buf_str(&mdoc), text));
        (void)snprintf(text, sizeof(text), "\n| `%s` | ", name);
        ck_assert_ptr_nonnull(strstr(buf_str(&markdown), text));
    }
    for (const char *line = buf_str(&help); *line;) {
        size_t len = strcspn(line, "\n");
        ck_assert_msg(len <= 80, "%.*s", (int)len, line);
        line += len + 1;
    }
    ck_assert_ptr_nonnull(
        strstr(buf_str(&mdoc), "\nNumber, 1 to 100000; default 100; HUP.\n"));
    buf_fini(&help);
    buf_fini(&mdoc);
    buf_fini(&markdown);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("config");
    TCase *values = tcase_create("settings");
    TCase *c = tcase_create("config");

    tcase_add_loop_test(values, value_of_every_type_and_its_limits, 0,
                        COUNT(value_rows));
    suite_add_tcase(s, values);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, defaults);
    tcase_add_test(c, name_follows_the_host_that_was_set);
    tcase_add_test(c, log_levels_are_those_of_the_log);
    tcase_add_test(c, file_with_comments_sections_and_blanks);
    tcase_add_test(c, flag_over_environment_over_file_over_default);
    tcase_add_test(c, file_from_the_environment);
    tcase_add_test(c, a_folder_is_no_file);
    tcase_add_test(c, every_mistake_is_named_with_its_place);
    tcase_add_test(c, a_line_that_is_too_long_is_not_cut);
    tcase_add_loop_test(c, limit_of_a_setting, 0, COUNT(limit_rows));
    tcase_add_test(c, output_folder_must_be_there);
    tcase_add_test(c, reload_changes_what_may_change);
    tcase_add_test(c, reload_of_a_bad_file_changes_nothing);
    tcase_add_test(c, reload_without_a_change_makes_nothing_new);
    tcase_add_test(c, documents_name_every_setting);
    suite_add_tcase(s, c);
    return unit_run(s);
}
