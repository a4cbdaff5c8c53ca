/* proc_tally.c - the judge of a process provision: counts units that are
 * ready, pending, ended, and decides. Machines of earlier intents that the
 * reply does not name count as the context shows them. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "provider/ends.h"
#include "provider/machine.h"
#include "provider/proc.h"
#include "provider/tags.h"

#define LOOK_MIN (10 * USEC_MS) /* least time to the next look */
#define LOOK_FAR USEC_S         /* for what another host must tell */
#define FAILED_SHOWN 10         /* units that error_details lists */

struct tally {
    const struct request *request;
    const struct env *env;
    json_t *known; /* machines of the context by id */
    int64_t ready, pending, failed, unknown;
    usec_t next;           /* least time until one more is ready */
    struct proc_end worst; /* permanent before retriable, else the first */
    int worst_status;      /* its exit status, 0 = none */
    const json_t *past;    /* failure that an earlier round told, or NULL */
    const char *trouble;   /* why a unit could not be looked at, or NULL */
    bool intent_open;      /* before the round, or made by its plan */
    json_t *named;         /* ids that the reply was about */
    json_t *machines, *failures;
    json_t *tags;
    usec_t ready_after, since, now;
};

static usec_t
ready_after(const struct request *r)
{
    const json_t *body = proc_open_body(r);

    if (body != NULL)
        return json_int(body, "ready_after_us");
    return proc_ready_after(r->template_);
}

/* The engine measures ages on a clock that nobody sets. Where it does not
 * know one: from the round that saw the unit first, database clock. */
static usec_t
unit_age(const struct unit *u, const struct tally *t)
{
    usec_t age = u->age != 0 ? u->age : usec_sub(t->now, t->since);

    return age > 0 ? age : 0;
}

static void
add_machine(struct tally *t, json_t *machine)
{
    if (t->tags != NULL)
        (void)json_object_set(machine, "tags", t->tags);
    (void)json_array_append_new(t->machines, machine);
}

static void
tally_pending(struct tally *t, usec_t left)
{
    t->pending++;
    if (t->pending == 1 || left < t->next)
        t->next = left;
}

static void
tally_living(struct tally *t, const struct unit *u)
{
    usec_t left = usec_sub(t->ready_after, unit_age(u, t));

    if (left > 0)
        tally_pending(t, left);
    else
        t->ready++;
    add_machine(t, proc_machine_new(u, t->request, t->env,
                                    left > 0 ? "pending" : "running", NULL));
}

/* A unit that never started is no machine; one that lived is told as ended. */
static void
tally_ended(struct tally *t, const struct unit *u, const struct proc_end *end)
{
    if (u->state != UNIT_ERROR)
        add_machine(t, proc_machine_new(u, t->request, t->env, "terminated",
                                        end->text));
    if (json_array_size(t->failures) < FAILED_SHOWN)
        (void)json_array_append_new(
            t->failures,
            json_pack("{s:s, s:s, s:i, s:s}", "instance_id", u->instance_id,
                      "state", end->state, "code", u->code, "text", end->text));
    t->failed++;
    if (t->worst.state == NULL || (t->worst.retriable && !end->retriable)) {
        t->worst = *end;
        t->worst_status = u->state == UNIT_EXITED ? u->code : 0;
    }
}

static bool
is_running(const json_t *machine)
{
    const char *status = json_str(machine, "status");

    return status != NULL && strcmp(status, "running") == 0;
}

static bool
may_live(const struct unit *u)
{
    return u->state == UNIT_ALIVE || u->state == UNIT_UNKNOWN;
}

/* A return is about it, or it is known as ended: it is missing, and how it
 * ends says nothing against its template. What the table says of a living one
 * stays: "running" would bring it a second SIGTERM. */
static bool
tally_missing(struct tally *t, const struct unit *u, const json_t *machine)
{
    if (proc_machine_leaves(machine)) {
        if (!may_live(u))
            add_machine(
                t, proc_machine_new(u, t->request, t->env, "terminated", NULL));
        return true;
    }
    return proc_machine_ended(machine) && !may_live(u);
}

static void
tally_unknown(struct tally *t, const struct unit *u)
{
    t->unknown++;
    if (t->trouble == NULL && u->text[0] != '\0')
        t->trouble = u->text;
}

static void
tally_units(struct tally *t, const struct reply *reply)
{
    for (size_t i = 0; i < reply->unit_count; i++) {
        const struct unit *u = &reply->units[i];
        const json_t *m = json_object_get(t->known, u->instance_id);
        struct proc_end end;
        (void)json_object_set_new(t->named, u->instance_id, json_true());
        if (t->past != NULL && !may_live(u) &&
            (m == NULL || proc_machine_ended(m)))
            t->failed++; /* told before, and no machine since */
        else if (tally_missing(t, u, m))
            continue;
        else if (proc_unit_ended(u, is_running(m), &end))
            tally_ended(t, u, &end);
        else if (u->state == UNIT_ALIVE)
            tally_living(t, u);
        else
            tally_unknown(t, u);
    }
}

/* Living machines of earlier intents that this call did not look at. */
static void
tally_others(struct tally *t)
{
    const char *id;
    json_t *m;

    json_object_foreach(t->known, id, m)
    {
        if (!proc_machine_lives(m) || json_object_get(t->named, id) != NULL)
            continue;
        if (is_running(m))
            t->ready++;
        else
            tally_pending(t, proc_machine_is_here(m, t->env) ? LOOK_MIN
                                                             : LOOK_FAR);
    }
}

/* What wait_for() kept. */
static void
tally_past(struct tally *t)
{
    const json_t *cursor = json_object_get(t->request->note, "cursor");
    const char *reason, *text;

    t->past = json_object_get(cursor, "failed");
    if (t->past == NULL)
        return;
    reason = json_str(t->past, "reason");
    text = json_str(t->past, "text");
    t->worst.state = "exited";
    t->worst.reason = R_CONFIG;
    t->worst.retriable = json_is_true(json_object_get(t->past, "retriable"));
    if (reason != NULL)
        (void)reason_parse(reason, &t->worst.reason);
    (void)snprintf(t->worst.text, sizeof(t->worst.text), "%s",
                   text != NULL ? text : "");
    t->worst_status = (int)json_int(t->past, "code");
    json_decref(t->failures);
    t->failures = json_deep_copy(json_object_get(t->past, "list"));
}

static void
tally_init(struct tally *t, const struct request *r, const struct env *env,
           usec_t now)
{
    memset(t, 0, sizeof(*t));
    t->request = r;
    t->env = env;
    t->known = proc_known_new(r);
    t->now = t->since = now;
    t->intent_open = proc_open_body(r) != NULL ||
                     r->machine_count > proc_count_living(t->known);
    t->ready_after = ready_after(r);
    t->named = json_object();
    t->machines = json_array();
    t->failures = json_array();
    if (proc_is_started(r, &t->since))
        tally_past(t);
    t->tags = tags_merge_new(json_object_get(r->template_, "instanceTags"),
                             json_object_get(r->payload, "tags"));
}

static void
tally_fini(struct tally *t)
{
    json_decref(t->known);
    json_decref(t->named);
    json_decref(t->machines);
    json_decref(t->failures);
    json_decref(t->tags);
}

/* A unit that ended is told as a failure once: its machine is known as ended
 * then, and the verdict may have to wait. */
static json_t *
failed_new(const struct tally *t)
{
    return json_pack("{s:s, s:b, s:s, s:i, s:O}", "reason",
                     reason_name(t->worst.reason), "retriable",
                     t->worst.retriable, "text", t->worst.text, "code",
                     t->worst_status, "list", t->failures);
}

/* Only where an intent is open may the next round take its units for seen:
 * a look at machines that were all there made none. */
static void
wait_for(struct tally *t, const struct request *r, usec_t delay,
         struct outcome *o)
{
    outcome_set(o, V_WAIT, R_NONE, "%lld of %lld machines are ready",
                (long long)t->ready, (long long)r->machine_count);
    o->delay = delay > LOOK_MIN ? delay : LOOK_MIN;
    o->cursor = t->intent_open ? json_pack("{s:i, s:I}", "intent", r->intent,
                                           "since", (json_int_t)t->since)
                               : json_null();
    if (t->intent_open && t->failed > 0)
        (void)json_object_set_new(o->cursor, "failed", failed_new(t));
}

static void
judge_failed(struct tally *t, const struct request *r, struct outcome *o)
{
    char more[64] = "";

    if (t->failed > 1)
        (void)snprintf(more, sizeof(more), " and %lld more failed",
                       (long long)(t->failed - 1));
    outcome_set(o, t->worst.retriable ? V_RETRY : V_FAIL, t->worst.reason,
                "%s%s; %lld of %lld machines live", t->worst.text, more,
                (long long)(t->ready + t->pending),
                (long long)r->machine_count);
    o->code = t->worst_status;
    o->details = json_pack("{s:O}", "failed", t->failures);
    o->definite = true;
}

/* Nothing brings the failed units back, but what is kept of the others is
 * known only when each is ready or has ended as well. */
static void
wait_for_rest(struct tally *t, const struct request *r, struct outcome *o)
{
    wait_for(t, r, t->next, o);
    outcome_set(o, V_WAIT, R_NONE, "%s; %lld of %lld machines are ready",
                t->worst.text, (long long)t->ready,
                (long long)r->machine_count);
}

static void
judge_tally(struct tally *t, const struct request *r, struct outcome *o)
{
    int64_t living = t->ready + t->pending;

    if (t->unknown > 0) {
        wait_for(t, r, ENDS_BUSY_DELAY, o);
        if (t->trouble != NULL)
            outcome_set(o, V_WAIT, R_UNAVAILABLE, "%s", t->trouble);
    } else if (t->failed > 0 && !t->worst.retriable && t->pending > 0 &&
               t->intent_open && machine_keeps_partial(r)) {
        wait_for_rest(t, r, o);
    } else if (t->failed > 0) {
        judge_failed(t, r, o);
    } else if (living < r->machine_count) {
        outcome_set(o, V_RETRY, R_TASK_TERMINATED,
                    "%lld of %lld machines are gone",
                    (long long)(r->machine_count - living),
                    (long long)r->machine_count);
        o->definite = true;
    } else if (t->pending > 0) {
        wait_for(t, r, t->next, o);
    } else {
        outcome_set(o, V_DONE, R_NONE, "%s", "");
        o->definite = true;
        o->result = json_pack("{s:I}", "machines", (json_int_t)t->ready);
    }
}

void
proc_tally_judge(const struct request *r, const struct env *env,
                 const struct reply *reply, usec_t now, struct outcome *o)
{
    struct tally t;

    tally_init(&t, r, env, now);
    tally_units(&t, reply);
    tally_others(&t);
    /* An aborted call too may have started units: they are told, so that a
     * clean-up finds them. */
    if (!ends_judge(reply, o))
        judge_tally(&t, r, o);
    o->keep_partial = t.ready + t.pending > 0 && machine_keeps_partial(r);
    if (json_array_size(t.machines) > 0)
        o->machines = json_incref(t.machines);
    tally_fini(&t);
}
