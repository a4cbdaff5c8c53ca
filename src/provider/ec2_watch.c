/* ec2_watch.c - looks at all machines of an account and region, for everybody:
 * one paged question for our owner tag (aws.md 1f), whatever the number of
 * requests. What it says is compared with the table in SQL
 * (hostq.store_aws_watch); only a complete look says what is missing, so pages
 * are kept in the cursor, in memory, until the last one is there. While spot
 * machines live, a second question asks which of them are about to be taken. */
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "provider/ec2.h"
#include "provider/ec2_spot.h"
#include "provider/list.h"
#include "wire/form.h"

#define LOOK "DescribeInstances"
#define PAGE_MAX 1000 /* MaxResults of DescribeInstances */
#define INTERVAL_MS 5000
#define MACHINES_API "RunInstances" /* of those that no row knows */

static usec_t
interval(const struct request *r)
{
    int64_t ms = json_int(r->context, "interval_ms");

    return (ms > 0 ? ms : INTERVAL_MS) * USEC_MS;
}

/* The second question, when the first one is answered. */
static bool
asks_spot(const struct request *r)
{
    return json_is_true(ec2_cursor(r, "spot"));
}

static void
instances_form(struct buf *form, const char *owner, const char *page)
{
    form_begin(form, LOOK, EC2_VERSION);
    form_add(form, "Filter.1.Name", "tag:" EC2_TAG_OWNER);
    form_add(form, "Filter.1.Value.1", owner);
    form_add_int(form, "MaxResults", PAGE_MAX);
    if (page != NULL)
        form_add(form, "NextToken", page);
}

static int
watch_plan(const struct request *r, const struct env *env,
           struct intent *intent, struct call *call, struct err *err)
{
    const char *page = json_string_value(ec2_cursor(r, "page"));
    CLEANUP_BUF struct buf form = BUF_INIT(EC2_FORM_CAP);

    (void)intent;
    if (asks_spot(r))
        ec2_spot_form(&form, page);
    else
        instances_form(&form, env->deployment, page);
    return ec2_call(ec2_provider(r), &form, call, err);
}

/* A page that names itself as the next one would be asked for without an
 * end: its look is not one. */
static bool
goes_on(const struct request *r, const char *next, struct err *err)
{
    const char *page = json_string_value(ec2_cursor(r, "page"));

    if (next == NULL || page == NULL || strcmp(next, page) != 0)
        return true;
    (void)err_set(err, E_FAILED, "the next page is the same");
    return false;
}

/* A filter is the provider's promise; what is not ours stays out. */
static void
add_seen(const struct request *r, const struct env *env, json_t *instances,
         json_t *seen)
{
    size_t i;
    json_t *one;

    json_array_foreach(instances, i, one)
    {
        const char *owner = json_str(one, "owner");
        const char *request_id = json_str(one, "owner_request");
        if (owner == NULL || strcmp(owner, env->deployment) != 0)
            continue;
        (void)json_array_append_new(
            seen, ec2_machine_new(one, request_id != NULL ? request_id : "",
                                  MACHINES_API, ec2_provider(r)));
    }
}

static void
look_on(json_t *seen, bool spot, const char *page, struct outcome *o)
{
    outcome_set(o, V_NEXT, R_NONE, "%s", "");
    o->cursor =
        json_pack("{s:b, s:s*, s:O}", "spot", spot, "page", page, "seen", seen);
}

static void
look_done(const struct request *r, json_t *seen, struct outcome *o)
{
    outcome_set(o, V_WAIT, R_NONE, "%s", "");
    o->delay = interval(r);
    o->cursor = json_null();
    o->seen = json_incref(seen);
}

static void
look_failed(const struct request *r, struct outcome *o)
{
    ec2_wait_instead(r, interval(r), o);
    o->cursor = json_null();
}

static void
judge_instances(const struct request *r, const struct env *env,
                const struct reply *reply, struct outcome *o)
{
    CLEANUP_JSON json_t *seen = json_array();
    CLEANUP_FREE char *next = NULL;
    struct err err;

    CLEANUP_JSON json_t *instances =
        ec2_instances_new(reply, LOOK, &next, &err);
    if (instances == NULL || !goes_on(r, next, &err)) {
        ec2_unreadable(&err, o);
        look_failed(r, o);
        return;
    }
    (void)json_array_extend(seen, ec2_cursor(r, "seen"));
    add_seen(r, env, instances, seen);
    if (next != NULL)
        look_on(seen, false, next, o);
    else if (ec2_spot_lives(seen))
        look_on(seen, true, NULL, o);
    else
        look_done(r, seen, o);
}

static void
judge_spot(const struct request *r, const struct reply *reply,
           struct outcome *o)
{
    CLEANUP_JSON json_t *seen = json_copy(ec2_cursor(r, "seen"));
    CLEANUP_FREE char *next = NULL;
    struct err err;

    if (ec2_spot_mark(reply, seen, &next, &err) == 0 && next != NULL &&
        goes_on(r, next, &err))
        look_on(seen, true, next, o);
    else
        look_done(r, seen, o);
}

static void
watch_judge(const struct request *r, const struct env *env,
            const struct reply *reply, usec_t now, struct outcome *o)
{
    enum aws_class class;

    (void)now;
    if (!ec2_failed(reply, o, &class, NULL)) {
        if (asks_spot(r))
            judge_spot(r, reply, o);
        else
            judge_instances(r, env, reply, o);
    } else if (asks_spot(r) &&
               (o->verdict == V_RETRY || o->verdict == V_FAIL)) {
        outcome_fini(o); /* of the machines all is known */
        outcome_init(o);
        look_done(r, ec2_cursor(r, "seen"), o);
    } else {
        look_failed(r, o);
    }
}

const struct provider provider_ec2_watch = {
    .kind = "watch",
    .provider_api = "aws",
    .flags = PROVIDER_READS,
    .check = NULL,
    .plan = watch_plan,
    .judge = watch_judge,
};
