/* check_cli_opt.c - the command line of hostq. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

#define WORDS 8

static struct cli c;
static struct err err;

static void
setup(void)
{
    memset(&c, 0, sizeof(c));
    memset(&err, 0, sizeof(err));
}

static void
teardown(void)
{
    cli_fini(&c);
}

static int
parse(const char *const *words)
{
    static char storage[WORDS][80]; /* lives as long as c */
    char *argv[WORDS + 1];
    int argc = 0;

    for (; argc < WORDS && words[argc] != NULL; argc++) {
        (void)snprintf(storage[argc], sizeof(storage[argc]), "%s", words[argc]);
        argv[argc] = storage[argc];
    }
    argv[argc] = NULL;
    return cli_parse(&c, argc, argv, &err);
}

START_TEST(options_stand_anywhere)
{
    const char *words[] = {"hostq",       "-d", "x=y",    "wait",
                           "--timeout=3", "ID", "--json", NULL};

    ck_assert_int_eq(parse(words), 0);
    ck_assert_str_eq(c.command->name, "wait");
    ck_assert_int_eq(c.arg_count, 1);
    ck_assert_str_eq(c.args[0], "ID");
    ck_assert_str_eq(cli_opt(&c, OPT_DATABASE), "x=y");
    ck_assert_str_eq(cli_opt(&c, OPT_TIMEOUT), "3");
    ck_assert(cli_has(&c, OPT_JSON) && !cli_has(&c, OPT_NAMESPACE));
}
END_TEST

START_TEST(words_that_look_like_options)
{
    const char *words[] = {"hostq", "set", "n", "-5", NULL};
    const char *after[] = {"hostq", "set", "--", "n", "-x", NULL};

    ck_assert_int_eq(parse(words), 0);
    ck_assert_str_eq(c.args[1], "-5");
    cli_fini(&c);
    setup();
    ck_assert_int_eq(parse(after), 0);
    ck_assert_str_eq(c.args[1], "-x");
}
END_TEST

START_TEST(the_last_value_counts_and_all_are_kept)
{
    const char *words[] = {"hostq", "submit", "noop", "--tag",
                           "a=1",   "--tag",  "b=2",  NULL};

    ck_assert_int_eq(parse(words), 0);
    ck_assert_int_eq(c.pair_count, 2);
    ck_assert_str_eq(c.pairs[0].value, "a=1");
    ck_assert_str_eq(cli_opt(&c, OPT_TAG), "b=2");
}
END_TEST

static const struct bad {
    const char *words[WORDS];
    const char *text;
} bads[] = {
    {{"hostq"}, "no command given"},
    {{"hostq", "nosuch"}, "unknown command 'nosuch'"},
    {{"hostq", "list", "--nosuch"}, "unknown option '--nosuch'"},
    {{"hostq", "list", "-Z"}, "unknown option '-Z'"},
    {{"hostq", "list", "--force"}, "unknown option '--force'"},
    {{"hostq", "--force", "list"}, "list does not take --force"},
    {{"hostq", "list", "--json=1"}, "--json takes no value"},
    {{"hostq", "list", "--limit"}, "--limit needs a value N"},
    {{"hostq", "wait"}, "an argument is missing"},
    {{"hostq", "list", "x"}, "'x' is one argument too many"},
    {{"hostq", "wait", "\xff"}, "argument 1 is not valid UTF-8"},
    {{"hostq", "list", "-k", "\xc3"}, "--kind: the value is not valid"},
};

START_TEST(a_bad_line_is_named)
{
    ck_assert_int_eq(parse(bads[_i].words), -1);
    ck_assert_int_eq(err.code, E_USAGE);
    ck_assert_msg(strstr(err.text, bads[_i].text) != NULL, "%s", err.text);
}
END_TEST

static const struct name {
    const char *text;
    int result;
} names[] = {
    {"default", 0},
    {"awsinst", 0},
    {"a.b_c-9", 0},
    {"", -1},
    {"../x", -1},
    {"-a", -1},
    {"a/b", -1},
    {"a b", -1},
    {"\xc3\xa9", -1},
    {"a\n", -1},
    {"0123456789012345678901234567890123456789012345678901234567890123", 0},
    {"01234567890123456789012345678901234567890123456789012345678901234", -1},
};

START_TEST(a_namespace_is_a_file_name_part)
{
    ck_assert_int_eq(cli_check_namespace(names[_i].text, "NAME", &err),
                     names[_i].result);
    if (names[_i].result != 0)
        ck_assert_msg(strncmp(err.text, "NAME: ", 6) == 0, "%s", err.text);
}
END_TEST

static const struct span {
    const char *text;
    int result;
    usec_t value;
} spans[] = {
    {"2", 0, 2 * USEC_S}, {"1m", 0, 60 * USEC_S}, {"0", 0, 0},
    {"250ms", 0, 250000}, {"-1", -1, 0},          {"x", -1, 0},
    {"99999d", -1, 0},
};

START_TEST(a_span_is_read)
{
    const char *words[] = {"hostq",     "wait",         "ID",
                           "--timeout", spans[_i].text, NULL};
    usec_t value = 0;

    ck_assert_int_eq(parse(words), 0);
    ck_assert_int_eq(cli_span(&c, OPT_TIMEOUT, 7, &value, &err),
                     spans[_i].result);
    ck_assert_int_eq(value, spans[_i].value);
    if (spans[_i].result != 0)
        ck_assert_int_eq(err.code, E_USAGE);
}
END_TEST

static const struct code {
    const char *code;
    enum errcode status;
} codes[] = {
    {"VALIDATION_ERROR", 2},   {"PROVIDER_INCOMPATIBLE", 2},
    {"TEMPLATE_NOT_FOUND", 3}, {"REQUEST_NOT_FOUND", 3},
    {"CONFLICT", 4},           {"INSUFFICIENT_CAPACITY", 1},
    {"QUOTA_EXCEEDED", 1},     {NULL, 1},
};

START_TEST(an_error_code_has_its_exit_status)
{
    ck_assert_int_eq(cli_code_status(codes[_i].code), codes[_i].status);
}
END_TEST

START_TEST(every_command_is_complete)
{
    for (const struct command *k = commands; k->name != NULL; k++) {
        ck_assert(k->run != NULL);
        ck_assert_ptr_nonnull(k->args);
        ck_assert_ptr_nonnull(k->summary);
        ck_assert_ptr_eq(cli_find(k->name), k);
        ck_assert_int_eq((k->opts & OPT_BIT(TIMEOUT)) != 0, k->timeout != NULL);
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("cli_opt");
    TCase *t = tcase_create("parse");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, options_stand_anywhere);
    tcase_add_test(t, words_that_look_like_options);
    tcase_add_test(t, the_last_value_counts_and_all_are_kept);
    tcase_add_loop_test(t, a_bad_line_is_named, 0, COUNT(bads));
    tcase_add_loop_test(t, a_namespace_is_a_file_name_part, 0, COUNT(names));
    tcase_add_loop_test(t, a_span_is_read, 0, COUNT(spans));
    tcase_add_loop_test(t, an_error_code_has_its_exit_status, 0, COUNT(codes));
    tcase_add_test(t, every_command_is_complete);
    suite_add_tcase(suite, t);
    return unit_run(suite);
}
