/* ec2_run.c - machines by RunInstances.
 *
 * A round does the first of these that is to be done:
 *   launch  an intent is open, or machines are missing: RunInstances with the
 *           stored bytes. The answer names the machines; fewer than asked for
 *           are taken, and the next round asks for the rest with a new intent.
 *   drop    machines that stayed pending too long are terminated, and those
 *           above what was asked for: a launch that was given up (its request
 *           canceled, then retried by a person) may be seen late
 *   wait    for the watch (ec2_watch.c) to see the machines running
 * Where the subnet must be in one of some zones, a round before the first
 * launch asks which are (zones). */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "core/mem.h"
#include "provider/ec2.h"
#include "provider/ec2_launch.h"
#include "provider/list.h"
#include "provider/machine.h"
#include "provider/tags.h"
#include "wire/form.h"
#include "wire/token.h"

#define RUN_API "RunInstances"
#define DROP "TerminateInstances"
#define GROUP_MAX 100 /* machines of one launch (aws.md 1b) */
#define DROP_MAX 500  /* of one TerminateInstances, which takes 1000 */
#define PENDING_MIN_S 180
#define PENDING_MAX_S 10000
#define LOOK USEC_S /* nothing may be seen for so long */
#define LOOK_MAX                                                               \
    (10 * USEC_S) /* the watch wakes us before, unless it came                 \
                     while we were at work */

enum phase { PHASE_LAUNCH, PHASE_ZONES, PHASE_DROP, PHASE_WAIT };

struct round {
    enum phase phase;
    json_t *known;  /* borrowed: machines of the context */
    int64_t living; /* pending and running, but for the overdue */
    int64_t ready;
    json_t *drop; /* owned: ids of the overdue, or else of the surplus */
    bool surplus;
    bool fresh;      /* the answer named machines that were not known */
    usec_t next_due; /* database clock: when the next one is overdue */
    usec_t pending_time;
};

static const json_t *
open_body(const struct request *r)
{
    return json_object_get(json_object_get(r->context, "intent"), "body");
}

/* AWS_INSTANCE_PENDING_TIMEOUT_SEC; what is out of its limits is brought
 * into them. */
static usec_t
pending_time(const struct request *r)
{
    double s =
        json_number_value(json_object_get(ec2_provider(r), "pending_timeout"));

    if (!(s >= PENDING_MIN_S))
        s = PENDING_MIN_S;
    return (usec_t)(s < PENDING_MAX_S ? s : PENDING_MAX_S) * USEC_S;
}

/* What does not fit has its turn in the next round. */
static void
add_drop(struct round *x, const json_t *m)
{
    if (json_array_size(x->drop) < DROP_MAX)
        (void)json_array_append(x->drop, json_object_get(m, "instance_id"));
}

static void
count_machine(const struct request *r, const json_t *m, struct round *x)
{
    usec_t due = usec_add(json_int(m, "first_seen_us"), x->pending_time);

    if (!ec2_lives(m))
        return;
    if (ec2_is_ready(m)) {
        x->ready++;
    } else if (ec2_is(m, "pending")) {
        if (due <= r->db_now) {
            add_drop(x, m);
            return;
        }
        if (due < x->next_due)
            x->next_due = due;
    }
    x->living++;
}

/* What is not ready goes first, then the youngest. */
static void
choose_surplus(const struct request *r, struct round *x)
{
    int64_t left = x->living - r->machine_count;

    for (int ready = 0; ready < 2; ready++) {
        for (size_t i = json_array_size(x->known); i > 0 && left > 0; i--) {
            const json_t *m = json_array_get(x->known, i - 1);
            if (!ec2_lives(m) || ec2_is_ready(m) != (ready == 1))
                continue;
            add_drop(x, m);
            left--;
        }
    }
    x->surplus = true;
}

/* plan and judge of one round see the same request, so the same phase. */
static void
round_read(const struct request *r, struct round *x)
{
    size_t i;
    json_t *m;

    memset(x, 0, sizeof(*x));
    x->known = json_object_get(r->context, "machines");
    x->drop = json_array();
    x->next_due = USEC_MAX;
    x->pending_time = pending_time(r);
    json_array_foreach(x->known, i, m)
    {
        count_machine(r, m, x);
    }
    if (open_body(r) == NULL && json_array_size(x->drop) == 0 &&
        x->living > r->machine_count)
        choose_surplus(r, x);
    if (open_body(r) != NULL)
        x->phase = PHASE_LAUNCH;
    else if (json_array_size(x->drop) > 0)
        x->phase = PHASE_DROP;
    else if (x->living >= r->machine_count)
        x->phase = PHASE_WAIT;
    else
        x->phase = ec2_launch_needs_zones(r) ? PHASE_ZONES : PHASE_LAUNCH;
}

static void
round_fini(struct round *x)
{
    json_decref(x->drop);
}

static int
plan_launch(const struct request *r, const struct env *env, int64_t missing,
            struct intent *intent, struct call *call, struct err *err)
{
    const json_t *body = open_body(r);
    CLEANUP_FREE char *subnet = ec2_launch_subnet_new(r);
    struct launch l = {
        .count = missing < GROUP_MAX ? missing : GROUP_MAX,
        .owner = env->deployment,
        .token = intent->token,
        .subnet = subnet,
    };

    if (body == NULL) {
        if (ec2_run_template_check(r->template_, err) != 0)
            return -1;
        token_make(env->deployment, r->request_id, r->intent,
                   subnet != NULL ? subnet : "", intent->token);
        CLEANUP_BUF struct buf form = BUF_INIT(EC2_FORM_CAP);
        ec2_launch_form(r, &l, &form);
        if (ec2_call(ec2_provider(r), &form, call, err) != 0)
            return -1;
        intent->body = json_pack("{s:s, s:I}", "form", buf_str(&form), "count",
                                 (json_int_t)l.count);
        if (intent->body == NULL) /* it would go out unrecorded */
            abort();
        intent->resource_id = mem_dup(intent->token);
        return 0;
    }
    const char *stored = json_str(body, "form");
    if (stored == NULL)
        return err_set(err, E_FAILED, "the stored intent has no form");
    CLEANUP_BUF struct buf form = BUF_INIT(EC2_FORM_CAP);
    buf_puts(&form, stored);
    return ec2_call(ec2_provider(r), &form, call, err);
}

static int
plan_drop(const struct request *r, json_t *ids, struct call *call,
          struct err *err)
{
    CLEANUP_BUF struct buf form = BUF_INIT(EC2_FORM_CAP);

    form_begin(&form, DROP, EC2_VERSION);
    ec2_add_ids(&form, ids);
    return ec2_call(ec2_provider(r), &form, call, err);
}

static int
run_plan(const struct request *r, const struct env *env, struct intent *intent,
         struct call *call, struct err *err)
{
    struct round x;
    int rc = 0;

    round_read(r, &x);
    if (x.phase == PHASE_LAUNCH)
        rc =
            plan_launch(r, env, r->machine_count - x.living, intent, call, err);
    else if (x.phase == PHASE_ZONES)
        rc = ec2_launch_plan_zones(r, ec2_provider(r), call, err);
    else if (x.phase == PHASE_DROP)
        rc = plan_drop(r, x.drop, call, err);
    round_fini(&x);
    return rc;
}

static json_t *
machines_new(const struct request *r, json_t *instances, const char *message)
{
    json_t *machines = json_array();
    size_t i;
    json_t *one;

    json_array_foreach(instances, i, one)
    {
        json_t *m =
            ec2_machine_new(one, r->request_id, RUN_API, ec2_provider(r));
        if (message != NULL)
            (void)json_object_set_new(m, "message", json_string(message));
        (void)json_array_append_new(machines, m);
    }
    return machines;
}

/* The next round is due when a machine is overdue, or when there is something
 * to ask for; the watch wakes us when one changes. */
static void
wait_for(const struct request *r, const struct round *x, usec_t now,
         struct outcome *o)
{
    usec_t left = usec_sub(x->next_due, now);

    if (x->living == 0)
        outcome_set(o, V_WAIT, R_NONE, "No machines discovered yet for %s",
                    r->request_id);
    else
        outcome_set(o, V_WAIT, R_NONE, "%lld of %lld machines are ready",
                    (long long)x->ready, (long long)r->machine_count);
    o->delay = left < LOOK_MAX ? left : LOOK_MAX;
    if (o->delay < LOOK)
        o->delay = LOOK;
    if (x->living >= r->machine_count)
        return;
    /* The next launch; after one that made nothing not at once. */
    o->delay = x->fresh ? USEC_MS
                        : usec_doubled(LOOK, json_int(r->note, "poll_count"),
                                       LOOK_MAX);
}

static void
judge_wait(const struct request *r, const struct round *x, usec_t now,
           struct outcome *o)
{
    if (x->living > r->machine_count) {
        outcome_set(o, V_WAIT, R_NONE, "%lld machines, %lld were asked for",
                    (long long)x->living, (long long)r->machine_count);
        o->delay = USEC_MS;
        return;
    }
    if (x->ready < r->machine_count) {
        wait_for(r, x, now, o);
        return;
    }
    outcome_set(o, V_DONE, R_NONE, "%s", "");
    o->result = json_pack("{s:I}", "machines", (json_int_t)x->ready);
}

/* As they are with the answer. A replay names again what was there before,
 * in the states of now; what is being ended stays so. */
static void
count_told(const struct request *r, json_t *machines, struct round *x)
{
    CLEANUP_JSON json_t *all = json_object();
    const char *id;
    size_t i;
    json_t *m;

    json_array_foreach(x->known, i, m)
    {
        (void)json_object_set(all, json_str(m, "instance_id"), m);
    }
    json_array_foreach(machines, i, m)
    {
        json_t *known = json_object_get(all, json_str(m, "instance_id"));
        if (known != NULL && !ec2_lives(known))
            continue;
        json_t *now = json_copy(m);
        if (known != NULL)
            (void)json_object_update_missing(now, known);
        else
            (void)json_object_set_new(now, "first_seen_us",
                                      json_integer((json_int_t)r->db_now));
        x->fresh |= known == NULL;
        (void)json_object_set_new(all, json_str(m, "instance_id"), now);
    }
    x->living = x->ready = 0;
    x->next_due = USEC_MAX;
    json_object_foreach(all, id, m)
    {
        count_machine(r, m, x);
    }
}

static void
judge_launch(const struct request *r, const struct reply *reply,
             struct round *x, usec_t now, struct outcome *o)
{
    enum aws_class class;
    struct err err;

    if (ec2_failed(reply, o, &class, NULL))
        return;
    CLEANUP_JSON json_t *instances =
        ec2_instances_new(reply, RUN_API, NULL, &err);
    if (instances == NULL) {
        ec2_unreadable(&err, o);
        return;
    }
    o->machines = machines_new(r, instances, NULL);
    count_told(r, o->machines, x);
    judge_wait(r, x, now, o);
    o->definite = true;
}

/* Those that EC2 does not know: pending for so long they are none that are
 * not known yet, and in the next call they would stop the others again. */
static json_t *
gone_new(const struct request *r, const struct round *x, const char *message)
{
    CLEANUP_JSON json_t *named = ec2_named_ids_new(message);
    json_t *machines = json_array(), *id, *drop;
    size_t i, k;

    json_array_foreach(named, i, id)
    {
        json_array_foreach(x->drop, k, drop)
        {
            if (json_equal(id, drop))
                (void)json_array_append_new(
                    machines, machine_new(json_string_value(id), r->request_id,
                                          RUN_API, "terminated"));
        }
    }
    return machines;
}

static void
judge_drop(const struct request *r, const struct reply *reply, struct round *x,
           struct outcome *o)
{
    char message[80];
    struct aws_error error;
    enum aws_class class;
    struct err err;

    if (ec2_failed(reply, o, &class, &error)) {
        if (class == AWS_NOT_FOUND && !x->surplus)
            o->machines = gone_new(r, x, error.message);
        o->definite = false;
        return;
    }
    CLEANUP_JSON json_t *instances = ec2_instances_new(reply, DROP, NULL, &err);
    if (instances == NULL) {
        ec2_unreadable(&err, o);
        return;
    }
    if (x->surplus) {
        o->machines = machines_new(r, instances, "more than were asked for");
        outcome_set(o, V_WAIT, R_NONE, "%zu machines were too many",
                    json_array_size(x->drop));
        o->delay = USEC_MS;
        return;
    }
    (void)snprintf(message, sizeof(message), "still pending after %lld s",
                   (long long)(x->pending_time / USEC_S));
    o->machines = machines_new(r, instances, message);
    outcome_set(
        o, V_RETRY, R_CAPACITY, "%zu machines were still pending after %lld s",
        json_array_size(x->drop), (long long)(x->pending_time / USEC_S));
}

static void
run_judge(const struct request *r, const struct env *env,
          const struct reply *reply, usec_t now, struct outcome *o)
{
    struct round x;
    enum aws_class class;

    (void)env;
    round_read(r, &x);
    if (x.phase == PHASE_LAUNCH)
        judge_launch(r, reply, &x, now, o);
    else if (x.phase == PHASE_DROP)
        judge_drop(r, reply, &x, o);
    else if (x.phase == PHASE_ZONES)
        ec2_launch_judge_zones(r, reply, o);
    else if (!ec2_failed(&(struct reply){.end = reply->end, .status = 200}, o,
                         &class, NULL))
        judge_wait(r, &x, now, o);
    o->keep_partial = x.living > 0 && machine_keeps_partial(r);
    round_fini(&x);
}

const struct provider provider_ec2_run = {
    .kind = "provision",
    .provider_api = RUN_API,
    .flags = PROVIDER_INTENT,
    .check = ec2_run_template_check,
    .plan = run_plan,
    .judge = run_judge,
};
