/* check_cli_templates.c - the files of a provider instance: which one is
 * read, what is stored of it, and when it counts as changed. */
#include "cli/hf_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "unit.h"

#define GOOD                                                                   \
    "{\"templateId\":\"%s\",\"maxNumber\":3,\"providerApi\":"                  \
    "\"process\",\"command\":[\"true\"],\"attributes\":{\"type\":\"a\","       \
    "\"ncpus\":1,\"nram\":1}%s}"

static char dir[] = "/tmp/hostq-check-XXXXXX";
static struct hf_files files;
static struct err err;

static const char *const names[] = {
    "xprov_templates.json", "awsprov_templates.json", "templates.json",
    "xprov_config.json",    "awsprov_config.json",    "boot.sh",
};

static const char *
path_of(const char *name)
{
    static char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static void
put(const char *name, const char *text)
{
    FILE *f = fopen(path_of(name), "w");

    ck_assert_ptr_nonnull(f);
    (void)fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

static void
put_templates(const char *name, const char *id, const char *more)
{
    char text[1024];

    (void)snprintf(text, sizeof(text), "{\"templates\":[" GOOD "]}", id, more);
    put(name, text);
}

static void
setup(void)
{
    (void)snprintf(dir, sizeof(dir), "/tmp/hostq-check-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    memset(&files, 0, sizeof(files));
}

static void
teardown(void)
{
    hf_files_fini(&files);
    for (int i = 0; i < COUNT(names); i++)
        (void)unlink(path_of(names[i]));
    (void)rmdir(dir);
}

static void
read_hash(char out[65])
{
    hf_files_fini(&files);
    ck_assert_msg(hf_files_read(dir, "x", &files, &err) == 0, "%s", err.text);
    (void)snprintf(out, 65, "%s", files.hash);
}

START_TEST(the_first_name_that_exists_counts)
{
    ck_assert_int_eq(hf_files_read(dir, "x", &files, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, dir));
    hf_files_fini(&files);
    for (int i = 2; i >= 0; i--) {
        put_templates(names[i], "t", "");
        ck_assert_int_eq(hf_files_read(dir, "x", &files, &err), 0);
        ck_assert_str_eq(files.template_path, path_of(names[i]));
        ck_assert_str_eq(files.config, "{}");
        hf_files_fini(&files);
    }
    ck_assert_int_eq(hf_files_read(dir, NULL, &files, &err), 0);
    ck_assert_str_eq(files.template_path, path_of("awsprov_templates.json"));
}
END_TEST

START_TEST(every_change_changes_the_hash)
{
    char hash[5][65];

    put_templates("templates.json", "t", ",\"userDataScript\":\"boot.sh\"");
    read_hash(hash[0]);
    put("boot.sh", "one");
    read_hash(hash[1]);
    put("boot.sh", "two");
    read_hash(hash[2]);
    put("awsprov_config.json", "{\"a\":1}");
    read_hash(hash[3]);
    put_templates("templates.json", "u", ",\"userDataScript\":\"boot.sh\"");
    read_hash(hash[4]);
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(hash[i], hash[k]);
    }
    char again[65];
    read_hash(again);
    ck_assert_str_eq(again, hash[4]);
}
END_TEST

static const struct broken {
    const char *text, *why;
} brokens[] = {
    {"", "is empty"},
    {"[]", "is not a JSON object"},
    {"{}", "templates is missing"},
    {"{\"templates\":{}}", "templates is missing"},
    {"{\"templates\":[}", "is not JSON"},
};

START_TEST(a_broken_file_is_named)
{
    put("templates.json", brokens[_i].text);
    ck_assert_int_eq(hf_files_read(dir, "x", &files, &err), -1);
    ck_assert_msg(strstr(err.text, brokens[_i].why) != NULL, "%s", err.text);
    ck_assert_ptr_nonnull(strstr(err.text, "/templates.json"));
}
END_TEST

START_TEST(a_broken_config_is_named)
{
    put_templates("templates.json", "t", "");
    put("xprov_config.json", "nope");
    ck_assert_int_eq(hf_files_read(dir, "x", &files, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "/xprov_config.json"));
}
END_TEST

START_TEST(each_template_is_judged)
{
    CLEANUP_BUF struct buf problems = BUF_INIT(4096);
    char text[2048];
    int count = 0;

    (void)snprintf(text, sizeof(text),
                   "{\"templates\":[" GOOD ",%s," GOOD
                   ",{\"maxNumber\":1},7," GOOD "]}",
                   "good", "", "{\"templateId\":\"bad\",\"maxNumber\":99999}",
                   "good", "", "late", ",\"userDataScript\":\"/nope/boot\"");
    put("templates.json", text);
    ck_assert_int_eq(hf_files_read(dir, "x", &files, &err), 0);
    CLEANUP_JSON json_t *v = hf_verdicts_new(&files, &problems, &count);
    ck_assert_uint_eq(json_array_size(v), 3);
    ck_assert_int_eq(count, 5);
    const json_t *good = json_array_get(v, 0), *bad = json_array_get(v, 1);
    ck_assert(json_is_true(json_object_get(good, "valid")));
    ck_assert_str_eq(json_str(good, "providerApi"), "process");
    ck_assert_ptr_null(json_str(good, "problem"));
    ck_assert(json_is_false(json_object_get(bad, "valid")));
    ck_assert_int_eq(json_int(bad, "maxNumber"), 0);
    ck_assert_ptr_eq(strstr(json_str(bad, "problem"), "maxNumber "),
                     json_str(bad, "problem"));
    const json_t *late = json_array_get(v, 2);
    ck_assert_int_eq(json_int(late, "n"), 5);
    ck_assert(json_is_false(json_object_get(late, "valid")));
    ck_assert_ptr_nonnull(strstr(json_str(late, "problem"), "/nope/boot"));
    ck_assert_ptr_nonnull(strstr(buf_str(&problems), "templates[2] (good)"));
    ck_assert_ptr_nonnull(strstr(buf_str(&problems), "templates[3]: "));
    ck_assert_ptr_nonnull(strstr(buf_str(&problems), "templates[4]: "));
}
END_TEST

START_TEST(a_boot_script_is_a_file_or_a_text)
{
    put_templates("templates.json", "t", ",\"userDataScript\":\"boot.sh\"");
    put("boot.sh", "echo from file\n");
    ck_assert_int_eq(hf_files_read(dir, "x", &files, &err), 0);
    CLEANUP_FREE char *file = hf_user_data_new(&files, "boot.sh", &err);
    ck_assert_str_eq(file, "echo from file\n");
    CLEANUP_FREE char *text = hf_user_data_new(&files, "echo hi", &err);
    ck_assert_str_eq(text, "echo hi");
    ck_assert_ptr_null(hf_user_data_new(&files, "/nope/boot", &err));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("cli_templates");
    TCase *t = tcase_create("files");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_first_name_that_exists_counts);
    tcase_add_test(t, every_change_changes_the_hash);
    tcase_add_loop_test(t, a_broken_file_is_named, 0, COUNT(brokens));
    tcase_add_test(t, a_broken_config_is_named);
    tcase_add_test(t, each_template_is_judged);
    tcase_add_test(t, a_boot_script_is_a_file_or_a_text);
    suite_add_tcase(suite, t);
    return unit_run(suite);
}
