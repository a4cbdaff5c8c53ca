/* ec2_return.c - ends machines of EC2: StopInstances and drainTimeout where
 * one is given, then TerminateInstances; with force at once, without a
 * shutdown of the system (calls.md 4). All machines of the account go into one
 * call; one that the provider does not know stops none of the others: it is
 * set apart, and is gone when it is old enough to be known. Nor does one that
 * cannot be stopped: it is terminated while the others drain.
 *
 * The watch (ec2_watch.c) says when they have ended. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "provider/ec2.h"
#include "provider/ec2_keys.h"
#include "provider/list.h"
#include "provider/machine.h"
#include "wire/form.h"

#define GROUP_MAX 500
#define KNOWN_AFTER (120 * USEC_S) /* a new machine may be unknown so long */
#define LOOK_FIRST USEC_S
#define LOOK_MAX (15 * USEC_S)
#define END_MARGIN                                                             \
    (5 * USEC_S) /* TerminateInstances so long before the                      \
                    deadline, however long the drain */
#define NAMED_MAX 5
#define UNSTOPPABLE_MAX 20

enum phase { PHASE_NONE, PHASE_STOP, PHASE_DRAIN, PHASE_END, PHASE_LOOK };

struct end {
    enum phase phase;
    json_t *machines; /* owned: of the context, then with what was told */
    json_t *ids;      /* owned: whom the call is about */
    usec_t drain;
    usec_t stop_at; /* database clock; 0 = not sent */
    bool force;
    bool cannot_stop;    /* none of them */
    json_t *unstoppable; /* borrowed: ids of some, or NULL */
    bool news;           /* the answer said of one what was not known */
};

static bool
is_same(const json_t *a, const json_t *b)
{
    return a == NULL || b == NULL ? a == b : json_equal(a, b);
}

/* What the round before left, unless that was about machines of another
 * account or region, which had a drain of their own. */
static json_t *
kept(const struct request *r, const char *key)
{
    const json_t *provider = ec2_provider(r);
    json_t *account = ec2_cursor(r, "account");

    if (account != NULL &&
        (!is_same(account, json_object_get(provider, "account")) ||
         !is_same(ec2_cursor(r, "region"),
                  json_object_get(provider, "region"))))
        return NULL;
    return ec2_cursor(r, key);
}

static usec_t
drain_time(const struct request *r)
{
    const json_t *s = json_object_get(r->payload, "drainTimeout");

    if (!json_is_number(s))
        s = json_object_get(r->context, "drainTimeout");
    double n = json_number_value(s);
    if (!(n > 0))
        return 0;
    return (usec_t)((n < EC2_DRAIN_MAX_S ? n : EC2_DRAIN_MAX_S) *
                    (double)USEC_S);
}

/* Database clock. */
static usec_t
end_at(const struct request *r, const struct end *e)
{
    usec_t drained =
        e->stop_at != 0 ? usec_add(e->stop_at, e->drain) : USEC_MAX;
    usec_t last =
        r->deadline != 0 ? usec_sub(r->deadline, END_MARGIN) : USEC_MAX;

    return drained < last ? drained : last;
}

static bool
is_unstoppable(const struct end *e, const json_t *m)
{
    return json_object_get(e->unstoppable, json_str(m, "instance_id")) != NULL;
}

static bool
is_told(const struct end *e, const json_t *m, enum phase phase)
{
    if (phase == PHASE_STOP)
        return !ec2_lives(m) || is_unstoppable(e, m);
    return ec2_is(m, "shutting-down");
}

/* Those that the call of this phase is for; those set apart come last, in a
 * call of their own. */
static void
choose(const struct request *r, struct end *e, enum phase phase)
{
    json_t *apart = kept(r, "apart"), *m;
    size_t i;

    for (int round = 0; round < 2 && json_array_size(e->ids) == 0; round++) {
        json_array_foreach(e->machines, i, m)
        {
            const char *id = json_str(m, "instance_id");
            bool is_apart = json_object_get(apart, id) != NULL;
            if (!is_told(e, m, phase) && is_apart == (round == 1) &&
                json_array_size(e->ids) < GROUP_MAX)
                (void)json_array_append_new(e->ids, json_string(id));
        }
    }
    e->phase = json_array_size(e->ids) > 0 ? phase : PHASE_LOOK;
}

static bool
all_stopped(const struct end *e)
{
    size_t i;
    json_t *m;

    json_array_foreach(e->machines, i, m)
    {
        if (!ec2_is(m, "stopped") && !ec2_is(m, "shutting-down") &&
            !is_unstoppable(e, m))
            return false;
    }
    return true;
}

/* While the others drain, those that cannot are terminated, but for what was
 * set apart: that waits until the others are told. */
static void
choose_unstoppable(const struct request *r, struct end *e)
{
    json_t *apart = kept(r, "apart"), *m;
    size_t i;

    json_array_foreach(e->machines, i, m)
    {
        if (is_unstoppable(e, m) && !is_told(e, m, PHASE_END) &&
            json_object_get(apart, json_str(m, "instance_id")) == NULL)
            (void)json_array_append(e->ids, json_object_get(m, "instance_id"));
    }
    e->phase = json_array_size(e->ids) > 0 ? PHASE_END : PHASE_DRAIN;
}

/* plan and judge of one round see the same request, so the same phase. */
static void
end_read(const struct request *r, struct end *e)
{
    memset(e, 0, sizeof(*e));
    e->ids = json_array();
    e->machines = json_deep_copy(json_object_get(r->context, "machines"));
    e->drain = drain_time(r);
    e->force = json_is_true(json_object_get(r->payload, "force"));
    e->stop_at = json_integer_value(kept(r, "stop_at"));
    e->cannot_stop = json_is_true(kept(r, "cannot_stop"));
    e->unstoppable = kept(r, "unstoppable");
    if (json_array_size(e->machines) == 0) {
        e->phase = PHASE_NONE;
        return;
    }
    if (!e->force && !e->cannot_stop && e->drain > 0) {
        choose(r, e, PHASE_STOP);
        if (e->phase == PHASE_STOP && r->db_now < end_at(r, e))
            return;
        json_array_clear(e->ids);
        if (!all_stopped(e) && e->stop_at != 0 && r->db_now < end_at(r, e)) {
            choose_unstoppable(r, e);
            return;
        }
    }
    choose(r, e, PHASE_END);
}

static void
end_fini(struct end *e)
{
    json_decref(e->ids);
    json_decref(e->machines);
}

static const char *
action(const struct end *e)
{
    return e->phase == PHASE_STOP ? "StopInstances" : "TerminateInstances";
}

static int
return_plan(const struct request *r, const struct env *env,
            struct intent *intent, struct call *call, struct err *err)
{
    CLEANUP_BUF struct buf form = BUF_INIT(EC2_FORM_CAP);
    struct end e;
    int rc = 0;

    (void)env;
    (void)intent;
    end_read(r, &e);
    if (e.phase == PHASE_STOP || e.phase == PHASE_END) {
        form_begin(&form, action(&e), EC2_VERSION);
        ec2_add_ids(&form, e.ids);
        if (e.phase == PHASE_END && e.force) {
            form_add(&form, "Force", "true");
            form_add(&form, "SkipOsShutdown", "true");
        }
        rc = ec2_call(ec2_provider(r), &form, call, err);
    }
    end_fini(&e);
    return rc;
}

static json_t *
by_id_new(const struct end *e)
{
    json_t *all = json_object(), *m;
    size_t i;

    json_array_foreach(e->machines, i, m)
    {
        (void)json_object_set(all, json_str(m, "instance_id"), m);
    }
    return all;
}

/* What the answer says of the state of each, as machines of the requests that
 * made them. */
static json_t *
told_new(const struct request *r, struct end *e, json_t *instances)
{
    CLEANUP_JSON json_t *all = by_id_new(e);
    json_t *machines = json_array(), *one;
    size_t i;

    json_array_foreach(instances, i, one)
    {
        json_t *m = json_object_get(all, json_str(one, "instance_id"));
        const char *owner = json_str(m, "request_id");
        if (m == NULL)
            continue;
        e->news |= !ec2_is(m, json_str(one, "status"));
        (void)json_object_set(m, "status", json_object_get(one, "status"));
        (void)json_array_append_new(
            machines, machine_new(json_str(one, "instance_id"),
                                  owner != NULL ? owner : r->request_id,
                                  r->provider_api, json_str(one, "status")));
    }
    return machines;
}

static void
keep(const struct request *r, const struct end *e, json_t *apart,
     struct outcome *o)
{
    const json_t *provider = ec2_provider(r);

    o->cursor = json_pack("{s:O*, s:O*, s:I, s:b, s:O*, s:O*}", "account",
                          json_object_get(provider, "account"), "region",
                          json_object_get(provider, "region"), "stop_at",
                          (json_int_t)e->stop_at, "cannot_stop", e->cannot_stop,
                          "apart", apart, "unstoppable", e->unstoppable);
}

/* The ids that the cursor holds under this key. */
static json_t *
kept_new(const struct request *r, const char *key)
{
    json_t *ids = kept(r, key);

    return json_is_object(ids) ? json_copy(ids) : json_object();
}

/* Is one left that was not told to end, beside those? */
static bool
any_other(const struct end *e, json_t *ids)
{
    size_t i;
    json_t *m;

    json_array_foreach(e->machines, i, m)
    {
        if (!is_told(e, m, PHASE_END) &&
            json_object_get(ids, json_str(m, "instance_id")) == NULL)
            return true;
    }
    return false;
}

/* Adds those of e that the message names to ids. False: no news, or it is
 * about all that are left. */
static bool
add_named(const struct end *e, const char *message, json_t *ids)
{
    CLEANUP_JSON json_t *named = ec2_named_ids_new(message);
    CLEANUP_JSON json_t *all = by_id_new(e);
    size_t i, before = json_object_size(ids);
    json_t *id;

    json_array_foreach(named, i, id)
    {
        if (json_object_get(all, json_string_value(id)) != NULL)
            (void)json_object_set_new(ids, json_string_value(id), json_true());
    }
    return json_object_size(ids) > before && any_other(e, ids);
}

/* Some are refused for themselves (protected against termination): they are
 * set apart, and stop the others no longer. False: no news. */
static bool
judge_refused(const struct request *r, const struct end *e,
              const struct aws_error *error, struct outcome *o)
{
    CLEANUP_JSON json_t *apart = kept_new(r, "apart");

    if (!add_named(e, error->message, apart))
        return false;
    outcome_set(o, V_WAIT, R_NONE, "%s", error->message);
    o->definite = false;
    o->delay = USEC_MS;
    keep(r, e, apart, o);
    return true;
}

/* The provider does not know some of them. The next call is another one, or
 * comes later. */
static void
judge_unknown(const struct request *r, const struct end *e,
              const struct aws_error *error, struct outcome *o)
{
    CLEANUP_JSON json_t *named = ec2_named_ids_new(error->message);
    CLEANUP_JSON json_t *all = by_id_new(e);
    CLEANUP_JSON json_t *apart = kept_new(r, "apart");
    json_t *id;
    size_t i;
    bool news = false;

    o->machines = json_array();
    json_array_foreach(named, i, id)
    {
        const char *name = json_string_value(id);
        const json_t *m = json_object_get(all, name);
        const char *owner = json_str(m, "request_id");
        if (m == NULL)
            continue;
        if (usec_add(json_int(m, "first_seen_us"), KNOWN_AFTER) > r->db_now) {
            news |= json_object_get(apart, name) == NULL;
            (void)json_object_set_new(apart, name, json_true());
            continue;
        }
        news = true;
        (void)json_array_append_new(
            o->machines,
            machine_new(name, owner != NULL ? owner : r->request_id,
                        r->provider_api, "terminated"));
    }
    outcome_set(o, V_WAIT, R_NONE, "%s", error->message);
    o->definite = false;
    o->delay = news ? USEC_MS : LOOK_FIRST;
    keep(r, e, apart, o);
}

/* Not stoppable, or not in this state: terminated instead. EC2 names one at a
 * time, so at last it is all of them. */
static void
judge_not_stopped(const struct request *r, struct end *e,
                  const struct aws_error *error, struct outcome *o)
{
    CLEANUP_JSON json_t *ids = kept_new(r, "unstoppable");

    e->cannot_stop = !add_named(e, error->message, ids) ||
                     json_object_size(ids) > UNSTOPPABLE_MAX;
    if (!e->cannot_stop)
        e->unstoppable = ids;
    outcome_set(o, V_WAIT, R_NONE, "cannot be stopped: %s", error->message);
    o->definite = false;
    o->delay = USEC_MS;
    keep(r, e, kept(r, "apart"), o);
}

static void
judge_failed(const struct request *r, struct end *e, enum aws_class class,
             const struct aws_error *error, struct outcome *o)
{
    if (class == AWS_NOT_FOUND) {
        judge_unknown(r, e, error, o);
        return;
    }
    if (e->phase == PHASE_STOP && o->definite) {
        judge_not_stopped(r, e, error, o);
        return;
    }
    if (e->phase == PHASE_END && o->definite && judge_refused(r, e, error, o))
        return;
    if (r->deadline == 0)
        ec2_wait_instead(r, LOOK_MAX, o); /* a clean-up does not end so */
    o->definite = false;
}

static usec_t
next_look(const struct request *r, const struct end *e, usec_t now)
{
    usec_t delay =
        usec_doubled(LOOK_FIRST, json_int(r->note, "poll_count"), LOOK_MAX);
    usec_t left = usec_sub(end_at(r, e), now);

    if ((e->phase == PHASE_DRAIN || e->phase == PHASE_STOP) && left < delay)
        delay = left;
    return delay > USEC_MS ? delay : USEC_MS;
}

static void
judge_left(const struct request *r, struct end *e, usec_t now,
           struct outcome *o)
{
    CLEANUP_BUF struct buf names = BUF_INIT(sizeof(o->text));
    enum phase phase = e->phase == PHASE_STOP ? PHASE_STOP : PHASE_END;
    size_t i, left = 0;
    bool more = false;
    json_t *m;

    json_array_foreach(e->machines, i, m)
    {
        if (ec2_is(m, "terminated"))
            continue;
        more |= !is_told(e, m, is_unstoppable(e, m) ? PHASE_END : phase);
        if (left++ < NAMED_MAX)
            buf_printf(&names, "%s %.64s", left > 1 ? "," : "",
                       json_str(m, "instance_id"));
    }
    if (left == 0 && json_int(r->context, "elsewhere") == 0) {
        outcome_set(o, V_DONE, R_NONE, "%s", "");
        o->result =
            json_pack("{s:I}", "machines", (json_int_t)r->machine_count);
        return;
    }
    if (left > NAMED_MAX)
        buf_printf(&names, " and %zu more", left - NAMED_MAX);
    outcome_set(o, V_WAIT, R_NONE, "still there:%s", buf_str(&names));
    o->delay = more && e->news ? USEC_MS : next_look(r, e, now);
    if (left == 0) {
        outcome_set(o, V_WAIT, R_NONE, "machines elsewhere are left");
        o->delay = USEC_MS;
        o->reroute = true;
    }
    keep(r, e, kept(r, "apart"), o);
}

static void
return_judge(const struct request *r, const struct env *env,
             const struct reply *reply, usec_t now, struct outcome *o)
{
    struct aws_error error;
    enum aws_class class;
    struct err err;
    struct end e;

    (void)env;
    end_read(r, &e);
    if (e.phase != PHASE_STOP && e.phase != PHASE_END) {
        if (!ec2_failed(&(struct reply){.end = reply->end, .status = 200}, o,
                        &class, NULL))
            judge_left(r, &e, now, o);
    } else if (ec2_failed(reply, o, &class, &error)) {
        judge_failed(r, &e, class, &error, o);
    } else {
        CLEANUP_JSON json_t *instances =
            ec2_instances_new(reply, action(&e), NULL, &err);
        if (instances == NULL) {
            ec2_unreadable(&err, o);
        } else {
            o->machines = told_new(r, &e, instances);
            if (e.phase == PHASE_STOP && e.stop_at == 0)
                e.stop_at = now;
            judge_left(r, &e, now, o);
        }
    }
    end_fini(&e);
}

const struct provider provider_ec2_return = {
    .kind = "return",
    .provider_api = "RunInstances",
    .flags = 0,
    .check = NULL,
    .plan = return_plan,
    .judge = return_judge,
};
