/* check_registry.c - finding a provider, and the wrappers that hold handlers
 * to their contract. */
#include "provider/provider.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "unit.h"

static const struct find_row {
    const char *kind, *api;
    const char *refusal; /* NULL = found */
} find_rows[] = {
    {"noop", NULL, NULL},
    {"provision", "process", NULL},
    {"return", "process", NULL},
    {"watch", "process", NULL},
    {"noop", "process",
     "providerApi 'process' is not served by this version, allowed: none"},
    {"provision", NULL,
     "kind 'provision' needs a providerApi, allowed:"
     " process, RunInstances"},
    {"provision", "Foo",
     "providerApi 'Foo' is unknown, allowed: process, RunInstances"},
    {"return", "RunInstances", NULL},
    {"watch", "aws", NULL},
    {"return", "EC2Fleet",
     "providerApi 'EC2Fleet' is not served by"
     " this version, allowed: process, RunInstances"},
    {"juggle", NULL, "kind 'juggle' is unknown"},
    {"", "", "kind '' is unknown"},
};

START_TEST(M49_find_or_refuse)
{
    const struct find_row *row = &find_rows[_i];
    const struct provider *p = provider_find(row->kind, row->api);
    struct err err;

    if (row->refusal == NULL) {
        ck_assert_ptr_nonnull(p);
        ck_assert_str_eq(p->kind, row->kind);
        return;
    }
    ck_assert_ptr_null(p);
    ck_assert_int_eq(provider_refuse(row->kind, row->api, &err), -1);
    ck_assert_str_eq(err.text, row->refusal);
    ck_assert_int_eq((int)err.code, E_USAGE);
}
END_TEST

START_TEST(intents_are_released)
{
    struct intent i;

    intent_init(&i);
    i.body = json_object();
    i.route = mem_dup("host:a/b");
    i.resource_id = mem_dup("a");
    intent_fini(&i);
    ck_assert_ptr_null(i.body);
    ck_assert_ptr_null(i.route);
}
END_TEST

/* --- a handler that does as it is told --- */

enum plan_what {
    PLAN_GOOD,
    PLAN_SILENT,
    PLAN_FAIL,
    PLAN_FAIL_WITH_CALL,
    PLAN_FAIL_WITH_UNIT,
    PLAN_FAIL_WITH_INTENT,
    PLAN_INTENT,
    PLAN_SHORT_TOKEN,
};

static enum plan_what plan_does;
static struct outcome judge_says;

static int
fake_plan(const struct request *r, const struct env *env, struct intent *intent,
          struct call *call, struct err *err)
{
    (void)r;
    (void)env;
    switch (plan_does) {
    case PLAN_GOOD:
        call->type = CALL_LOOK;
        return 0;
    case PLAN_SILENT:
        return -1;
    case PLAN_FAIL:
        break;
    case PLAN_FAIL_WITH_CALL:
        call->type = CALL_LOOK;
        break;
    case PLAN_FAIL_WITH_UNIT:
        (void)call_add_unit(call, "u", "r");
        break;
    case PLAN_FAIL_WITH_INTENT:
        intent->body = json_object();
        break;
    case PLAN_INTENT:
    case PLAN_SHORT_TOKEN:
        intent->body = json_object();
        memset(intent->token, 'a',
               plan_does == PLAN_INTENT ? sizeof(intent->token) - 1 : 10);
        return 0;
    }
    return err_set(err, E_FAILED, "cannot be built");
}

static void
fake_judge(const struct request *r, const struct env *env,
           const struct reply *reply, usec_t now, struct outcome *o)
{
    (void)r;
    (void)env;
    (void)reply;
    (void)now;
    *o = judge_says;
}

static int
run_plan(unsigned flags, enum plan_what what, const char *context)
{
    const struct provider p = {
        .kind = "fake", .flags = flags, .plan = fake_plan, .judge = fake_judge};
    struct request r = {.context = NULL};
    const struct env env = {.host = "h"};
    struct intent intent;
    struct call call;
    struct err err = {.text = "left over"};

    plan_does = what;
    if (context != NULL)
        r.context = json_loads(context, 0, NULL);
    intent_init(&intent);
    call_init(&call);
    int status = provider_plan(&p, &r, &env, &intent, &call, &err);
    if (status != 0)
        ck_assert_str_eq(err.text, "cannot be built");
    intent_fini(&intent);
    call_fini(&call);
    json_decref(r.context);
    return status;
}

START_TEST(plans_that_keep_the_contract)
{
    ck_assert_int_eq(run_plan(0, PLAN_GOOD, NULL), 0);
    ck_assert_int_eq(run_plan(0, PLAN_FAIL, NULL), -1);
    ck_assert_int_eq(run_plan(PROVIDER_INTENT, PLAN_INTENT, NULL), 0);
    ck_assert_int_eq(run_plan(PROVIDER_INTENT, PLAN_GOOD, "{\"intent\":{}}"),
                     0);
}
END_TEST

static const struct break_row {
    unsigned flags;
    enum plan_what does;
    const char *context;
} break_rows[] = {
    {0, PLAN_SILENT, NULL},
    {0, PLAN_FAIL_WITH_CALL, NULL},
    {0, PLAN_FAIL_WITH_UNIT, NULL},
    {PROVIDER_INTENT, PLAN_FAIL_WITH_INTENT, NULL},
    {0, PLAN_INTENT, NULL},                            /* no flag */
    {PROVIDER_INTENT, PLAN_INTENT, "{\"intent\":{}}"}, /* a second */
    {PROVIDER_INTENT, PLAN_SHORT_TOKEN, NULL},
};

START_TEST(a_plan_that_breaks_the_contract_aborts)
{
    const struct break_row *b = &break_rows[_i];

    (void)run_plan(b->flags, b->does, b->context);
}
END_TEST

static const struct judge_row {
    enum verdict verdict;
    enum reason reason;
    usec_t delay;
    const char *text;
} good_rows[] =
    {
        {V_DONE, R_NONE, 0, ""},      {V_NEXT, R_NONE, 0, ""},
        {V_WAIT, R_NONE, 1, ""},      {V_RETRY, R_QUOTA, 0, "x"},
        {V_FAIL, R_INTERNAL, 0, "x"}, {V_BACK, R_NONE, 0, ""},
},
  bad_rows[] = {
      {V_WAIT, R_NONE, 0, "x"},  {V_WAIT, R_NONE, -1, "x"},
      {V_RETRY, R_NONE, 1, "x"}, {V_RETRY, R_QUOTA, 1, ""},
      {V_FAIL, R_NONE, 1, "x"},  {V_FAIL, R_QUOTA, 1, ""},
};

static void
run_judge(const struct judge_row *row)
{
    const struct provider p = {.kind = "fake", .judge = fake_judge};
    const struct request r = {.kind = NULL};
    const struct env env = {.host = "h"};
    struct reply reply;
    struct outcome o;

    reply_init(&reply);
    outcome_init(&o);
    outcome_init(&judge_says);
    outcome_set(&judge_says, row->verdict, row->reason, "%s", row->text);
    judge_says.delay = row->delay;
    provider_judge(&p, &r, &env, &reply, 0, &o);
    ck_assert_int_eq((int)o.verdict, (int)row->verdict);
}

START_TEST(a_judge_that_keeps_the_contract)
{
    run_judge(&good_rows[_i]);
}
END_TEST

START_TEST(a_judge_that_breaks_the_contract_aborts)
{
    run_judge(&bad_rows[_i]);
}
END_TEST

int
main(void)
{
    const char *fork_mode = getenv("CK_FORK");
    Suite *s = suite_create("registry");
    TCase *t = tcase_create("registry");

    tcase_add_loop_test(t, M49_find_or_refuse, 0, COUNT(find_rows));
    tcase_add_test(t, intents_are_released);
    tcase_add_test(t, plans_that_keep_the_contract);
    tcase_add_loop_test(t, a_judge_that_keeps_the_contract, 0,
                        COUNT(good_rows));
    /* An abort can only be seen from another process. */
    if (fork_mode == NULL || strcmp(fork_mode, "no") != 0) {
        tcase_add_loop_test_raise_signal(t,
                                         a_plan_that_breaks_the_contract_aborts,
                                         SIGABRT, 0, COUNT(break_rows));
        tcase_add_loop_test_raise_signal(
            t, a_judge_that_breaks_the_contract_aborts, SIGABRT, 0,
            COUNT(bad_rows));
    }
    suite_add_tcase(s, t);
    return unit_run(s);
}
