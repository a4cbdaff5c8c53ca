/* check_template.c - what a template file may say, and the words of each
 * refusal: key, value, limit. M37, M49 */
#include "provider/template.h"

#include <stdlib.h>
#include <string.h>

#include "json_help.h"
#include "provider/provider.h"

/* A template that passes; each row lays its keys over it, null removes. */
#define GOOD                                                                   \
    "{\"templateId\":\"T-1_a\",\"maxNumber\":10,"                              \
    "\"attributes\":{\"type\":[\"String\",\"X86_64\"],"                        \
    "\"ncpus\":[\"Numeric\",\"1\"],\"nram\":[\"Numeric\",\"1024\"]},"          \
    "\"providerApi\":\"process\",\"command\":[\"/bin/sleep\",\"9\"]}"
#define ATTR(type, ncpus, nram)                                                \
    "{\"attributes\":{\"type\":" type ",\"ncpus\":" ncpus ",\"nram\":" nram "}}"
#define X64 "[\"String\",\"X86_64\"]"
#define TEN "0123456789"
#define ID64 TEN TEN TEN TEN TEN TEN "abCD"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN
#define UML10                                                                  \
    "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"                                 \
    "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
#define UML29                                                                  \
    UML10 UML10 "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"                     \
                "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
#define UML30 UML10 UML10 UML10
#define ID_WANT ": a string of 1..64 of 0-9 A-Z a-z - _ expected"
#define MAX_WANT ": a whole number -1..10000 expected"
#define PAIR_WANT                                                              \
    ": a plain value or a pair of strings [String|Numeric|Boolean, value]"     \
    " expected"
#define NUM_WANT ": a positive number or [\"Numeric\", \"N\"] expected"
#define CMD_WANT ": a string or an array of strings, not empty expected"
#define NAME_WANT ": one without '=' and not HOSTQ_... expected"

static const struct template_row {
    const char *over, *error; /* NULL = passes */
} template_rows[] = {
    {"{}", NULL},
    {"{\"someKey\":{\"of\":\"HF\"},\"pgrpName\":7}", NULL},
    /* templateId */
    {"{\"templateId\":\"" ID64 "\"}", NULL},
    {"{\"templateId\":\"" ID64 "e\"}",
     "template.templateId is \"" TEN TEN TEN TEN TEN "012345678..." ID_WANT},
    {"{\"templateId\":\"\"}", "template.templateId is \"\"" ID_WANT},
    {"{\"templateId\":\"a b\"}", "template.templateId is \"a b\"" ID_WANT},
    {"{\"templateId\":7}", "template.templateId is 7" ID_WANT},
    {"{\"templateId\":null}", "template.templateId is missing" ID_WANT},
    {"{\"templateId\":\"" LONG "x\"}",
     "template.templateId is \"" TEN TEN TEN TEN TEN "012345678..." ID_WANT},
    {"{\"templateId\":\"a" UML30 "\"}",
     "template.templateId is \"a" UML29 "..." ID_WANT}, /* no half letter */
    {"{\"templateId\":\"" UML30 "\"}",
     "template.templateId is \"" UML29 "..." ID_WANT},
    {"{\"templateId\":\"T\\u0000\"}",
     "template.templateId is \"T\\u0000\"" ID_WANT},
    /* maxNumber */
    {"{\"maxNumber\":-1}", NULL},
    {"{\"maxNumber\":0}", NULL},
    {"{\"maxNumber\":10000}", NULL},
    {"{\"maxNumber\":3.0}", NULL},
    {"{\"maxNumber\":-2}", "template.maxNumber is -2" MAX_WANT},
    {"{\"maxNumber\":10001}", "template.maxNumber is 10001" MAX_WANT},
    {"{\"maxNumber\":2.5}", "template.maxNumber is 2.5" MAX_WANT},
    {"{\"maxNumber\":\"3\"}", "template.maxNumber is \"3\"" MAX_WANT},
    {"{\"maxNumber\":null}", "template.maxNumber is missing" MAX_WANT},
    /* attributes: pairs, or plain values */
    {ATTR("\"NTX64\"", "2", "\"512\""), NULL},
    {ATTR(X64, "1.5", "[\"Numeric\",\"1024.5\"]"), NULL},
    {"{\"attributes\":{\"type\":" X64 ",\"ncpus\":1,\"nram\":1,"
     "\"rank\":[\"Numeric\",\"0\"],\"weight\":0,\"gpu\":true,"
     "\"free\":[\"Boolean\",\"1\"],\"priceInfo\":\"price:0.1\"}}",
     NULL},
    {"{\"attributes\":null}", "template.attributes is missing: an object with"
                              " type, ncpus and nram expected"},
    {"{\"attributes\":[]}", "template.attributes is []: an object with"
                            " type, ncpus and nram expected"},
    {"{\"attributes\":{\"type\":\"x\",\"ncpus\":1}}",
     "template.attributes.nram is missing" NUM_WANT},
    {ATTR("[\"String\"]", "1", "1"),
     "template.attributes.type is [\"String\"]" PAIR_WANT},
    {ATTR("[\"Text\",\"x\"]", "1", "1"),
     "template.attributes.type is [\"Text\",\"x\"]" PAIR_WANT},
    {ATTR("[1,\"x\"]", "1", "1"),
     "template.attributes.type is [1,\"x\"]" PAIR_WANT},
    {ATTR("\"\"", "1", "1"), "template.attributes.type is \"\"" PAIR_WANT},
    {ATTR("\"x\"", "0", "1"), "template.attributes.ncpus is 0" NUM_WANT},
    {ATTR("\"x\"", "true", "1"), "template.attributes.ncpus is true" NUM_WANT},
    {ATTR("\"x\"", "1", "[\"Numeric\",4]"),
     "template.attributes.nram is [\"Numeric\",4]" NUM_WANT},
    {ATTR("\"x\"", "1", "\"1e3\""),
     "template.attributes.nram is \"1e3\"" NUM_WANT},
    {ATTR("\"x\"", "1", "\"1.2.3\""),
     "template.attributes.nram is \"1.2.3\"" NUM_WANT},
    {ATTR("\"x\"", "1", "\"-1\""),
     "template.attributes.nram is \"-1\"" NUM_WANT},
    {ATTR("\"x\"", "1", "\"0\""), "template.attributes.nram is \"0\"" NUM_WANT},
    {"{\"attributes\":{\"type\":" X64 ",\"ncpus\":1,\"nram\":1,"
     "\"rank\":{}}}",
     "template.attributes.rank is {}" PAIR_WANT},
    /* policies, tags */
    {"{\"partialPolicy\":\"keep\"}", NULL},
    {"{\"partialPolicy\":\"clean\"}", NULL},
    {"{\"partialPolicy\":\"some\"}",
     "template.partialPolicy is \"some\": clean or keep expected"},
    {"{\"partialPolicy\":1}",
     "template.partialPolicy is 1: clean or keep expected"},
    {"{\"instanceTags\":\"company=abc;project=awscloud\"}", NULL},
    {"{\"instanceTags\":\"abc\"}", "template.instanceTags: Tag 'abc' is not"
                                   " of the form key=value"},
    /* the handler: M49 names value and allowed list */
    {"{\"providerApi\":\"Foo\"}",
     "providerApi 'Foo' is unknown, allowed: process, RunInstances"},
    {"{\"providerApi\":\"EC2Fleet\"}",
     "providerApi 'EC2Fleet' is"
     " not served by this version, allowed: process, RunInstances"},
    {"{\"providerApi\":\"SpotFleet\"}",
     "providerApi 'SpotFleet'"
     " is not served by this version, allowed: process, RunInstances"},
    {"{\"providerApi\":\"ASG\"}",
     "providerApi 'ASG' is not served"
     " by this version, allowed: process, RunInstances"},
    {"{\"providerApi\":\"Process\"}",
     "providerApi 'Process' is unknown, allowed: process, RunInstances"},
    {"{\"providerApi\":5}", "template.providerApi is 5: a string expected"},
    {"{\"providerApi\":null}", "template.imageId is missing: an AMI expected"},
    {"{\"providerApi\":null,\"priceType\":\"spot\"}",
     "providerApi is"
     " missing, so priceType decides: providerApi 'SpotFleet' is not served"
     " by this version, allowed: process, RunInstances"},
    {"{\"providerApi\":null,\"priceType\":\"heterogeneous\"}",
     "providerApi"
     " is missing, so priceType decides: providerApi 'EC2Fleet' is not"
     " served by this version, allowed: process, RunInstances"},
    {"{\"priceType\":\"ondemand\"}", NULL},
    {"{\"priceType\":\"cheap\"}", "template.priceType is \"cheap\": ondemand"
                                  " or spot or heterogeneous expected"},
    {"{\"priceType\":\"spot\"}",
     "template.priceType is \"spot\": ondemand expected"},
    /* process keys */
    {"{\"command\":\"exec sleep 9\"}", NULL},
    {"{\"command\":null}", "template.command is missing" CMD_WANT},
    {"{\"command\":\"\"}", "template.command is \"\"" CMD_WANT},
    {"{\"command\":[]}", "template.command is []" CMD_WANT},
    {"{\"command\":[\"\"]}", "template.command is [\"\"]" CMD_WANT},
    {"{\"command\":[\"a\",1]}", "template.command is [\"a\",1]" CMD_WANT},
    {"{\"command\":{\"a\":1}}", "template.command is {\"a\":1}" CMD_WANT},
    {"{\"environment\":{\"A\":\"1\",\"B\":\"\"}}", NULL},
    {"{\"environment\":[\"A=1\"]}",
     "template.environment is [\"A=1\"]: an object of strings expected"},
    {"{\"command\":\"a\\u0000b\"}",
     "template.command is \"a\\u0000b\"" CMD_WANT},
    {"{\"command\":[\"a\",\"\\u0000\"]}",
     "template.command is [\"a\",\"\\u0000\"]" CMD_WANT},
    {"{\"environment\":{\"A\":\"\\u0000\"}}",
     "template.environment.A: a string of at most 128 KiB expected"},
    {"{\"workDir\":\"/\\u0000\"}",
     "template.workDir is \"/\\u0000\": an absolute path expected"},
    {"{\"environment\":{\"A\":1}}",
     "template.environment.A: a string of at most 128 KiB expected"},
    {"{\"environment\":{\"A=B\":\"1\"}}",
     "template.environment has the name 'A=B'" NAME_WANT},
    {"{\"environment\":{\"\":\"1\"}}",
     "template.environment has the name ''" NAME_WANT},
    {"{\"environment\":{\"HOSTQ_UNIT\":\"1\"}}",
     "template.environment"
     " has the name 'HOSTQ_UNIT'" NAME_WANT},
    {"{\"workDir\":\"/srv\"}", NULL},
    {"{\"workDir\":\"srv\"}",
     "template.workDir is \"srv\": an absolute path expected"},
    {"{\"workDir\":\"\"}",
     "template.workDir is \"\": an absolute path expected"},
    {"{\"workDir\":1}", "template.workDir is 1: an absolute path expected"},
    {"{\"readyAfter\":0.5}", NULL},
    {"{\"readyAfter\":3600.5}",
     "template.readyAfter is 3600.5: a number in 0..3600 expected"},
    {"{\"readyAfter\":3600}", NULL},
    {"{\"readyAfter\":-0.1}",
     "template.readyAfter is -0.10000000000000001: a number in 0..3600"
     " expected"},
    {"{\"readyAfter\":3601}",
     "template.readyAfter is 3601: a number in 0..3600 expected"},
    {"{\"readyAfter\":\"5\"}",
     "template.readyAfter is \"5\": a number in 0..3600 expected"},
    {"{\"drainTimeout\":0}", NULL},
    {"{\"drainTimeout\":3600}", NULL},
    {"{\"drainTimeout\":3601}",
     "template.drainTimeout is 3601: a number in 0..3600 expected"},
    {"{\"drainTimeout\":-1}",
     "template.drainTimeout is -1: a number in 0..3600 expected"},
};

START_TEST(M37_template)
{
    const struct template_row *row = &template_rows[_i];
    json_t *t = lay_over(GOOD, row->over);
    const char *api = "untouched";
    struct err err = {.text = ""};
    int status = template_check(t, &api, &err);

    if (row->error == NULL) {
        ck_assert_msg(status == 0, "%s: %s", row->over, err.text);
        ck_assert_str_eq(api, "process");
    } else {
        ck_assert_int_eq(status, -1);
        ck_assert_str_eq(err.text, row->error);
        ck_assert_int_eq((int)err.code, E_USAGE);
        ck_assert_str_eq(api, "untouched");
    }
    json_decref(t);
}
END_TEST

/* JSON null is the same as no key. */
START_TEST(null_is_absent)
{
    static const char *const optional[] = {
        "priceType", "partialPolicy", "instanceTags", "environment",
        "workDir",   "readyAfter",    "drainTimeout",
    };
    static const char *const required[] = {
        "templateId", "maxNumber", "attributes", "providerApi", "command",
    };
    const char *api;
    struct err err;

    for (int i = 0; i < COUNT(optional); i++) {
        json_t *t = lay_over(GOOD, "{}");
        (void)json_object_set_new(t, optional[i], json_null());
        ck_assert_msg(template_check(t, &api, &err) == 0, "%s", err.text);
        json_decref(t);
    }
    for (int i = 0; i < COUNT(required); i++) {
        json_t *t = lay_over(GOOD, "{}");
        (void)json_object_set_new(t, required[i], json_null());
        ck_assert_int_eq(template_check(t, &api, &err), -1);
        ck_assert_msg(strstr(err.text, "is missing") != NULL, "%s", err.text);
        json_decref(t);
    }
}
END_TEST

START_TEST(a_template_is_an_object)
{
    const char *api = NULL;
    struct err err;
    json_t *t = json_array();

    ck_assert_int_eq(template_check(t, &api, &err), -1);
    ck_assert_str_eq(err.text, "template is not an object");
    ck_assert_int_eq(template_check(NULL, &api, &err), -1);
    json_decref(t);
}
END_TEST

START_TEST(an_environment_entry_has_the_kernels_limit)
{
    const size_t limit = 128 * 1024 - 2; /* with '=' and the end */
    char *text = malloc(limit + 1);
    const char *api;
    struct err err;

    for (size_t len = limit - 2; len <= limit; len++) {
        json_t *t = lay_over(GOOD, "{}");
        memset(text, 'x', len);
        text[len] = '\0';
        (void)json_object_set_new(t, "environment",
                                  json_pack("{s:s}", "A", text));
        ck_assert_int_eq(template_check(t, &api, &err),
                         len + 1 <= limit ? 0 : -1);
        json_decref(t);
    }
    free(text);
}
END_TEST

START_TEST(a_path_has_the_kernels_limit)
{
    char text[4200];
    const char *api;
    struct err err;

    for (size_t len = 4094; len <= 4097; len++) {
        json_t *t = lay_over(GOOD, "{}");
        memset(text, '/', len);
        text[len] = '\0';
        (void)json_object_set_new(t, "workDir", json_string(text));
        ck_assert_int_eq(template_check(t, &api, &err), len < 4096 ? 0 : -1);
        json_decref(t);
    }
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("template");
    TCase *t = tcase_create("template");

    tcase_add_loop_test(t, M37_template, 0, COUNT(template_rows));
    tcase_add_test(t, null_is_absent);
    tcase_add_test(t, a_template_is_an_object);
    tcase_add_test(t, an_environment_entry_has_the_kernels_limit);
    tcase_add_test(t, a_path_has_the_kernels_limit);
    suite_add_tcase(s, t);
    return unit_run(s);
}
