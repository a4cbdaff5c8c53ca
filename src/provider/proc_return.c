/* proc_return.c - ends processes: SIGTERM, drainTimeout, SIGKILL; the last
 * one before the deadline, however long the drain.
 *
 * One round per look; between rounds the note's cursor keeps when SIGTERM was
 * sent (database clock) and whether SIGKILL was. A machine whose status is
 * shutting-down has had its SIGTERM, from this return or another one, and
 * gets no second: programs take that for "at once". A machine that is gone
 * already is a success. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "provider/ends.h"
#include "provider/list.h"
#include "provider/machine.h"
#include "provider/proc.h"

#define DRAIN_DEFAULT_S 5
#define DRAIN_MAX_S 3600
#define END_WAIT (500 * USEC_MS) /* CALL_KILL waits so long for the ends */
/* SIGKILL is due so long before the deadline: its round must be claimed
 * before that, and what a first one missed gets another. */
#define KILL_MARGIN (2 * END_WAIT + USEC_S)
/* Less is left, and no SIGTERM was sent: it would be the last signal. */
#define TERM_MARGIN (2 * END_WAIT)
#define LOOK_FIRST (100 * USEC_MS)
#define LOOK_MAX USEC_S
#define LOOK_MIN (10 * USEC_MS)
#define NAMED_MAX 5 /* machines that a message names */

enum phase {
    PHASE_NONE, /* no machine of this route lives */
    PHASE_TERM, /* some had no SIGTERM yet */
    PHASE_LOOK, /* all had it, and time to drain is left */
    PHASE_KILL,
};

struct drain {
    enum phase phase;
    usec_t drain;   /* from SIGTERM to SIGKILL */
    usec_t term_at; /* database clock; 0 = not sent */
    bool killed;    /* SIGKILL was sent: none is spared from then on */
};

/* The machines that this return must still end, by instance_id. */
static json_t *
living_new(const struct request *r)
{
    json_t *living = proc_known_new(r);
    const char *id;
    json_t *m;
    void *next;

    json_object_foreach_safe(living, next, id, m)
    {
        if (proc_machine_ended(m))
            (void)json_object_del(living, id);
    }
    return living;
}

static bool
any_not_leaving(json_t *living)
{
    const char *id;
    json_t *m;

    json_object_foreach(living, id, m)
    {
        if (!proc_machine_leaves(m))
            return true;
    }
    return false;
}

/* The request's own time, else the longest of its machines' templates. */
static usec_t
drain_time(const struct request *r)
{
    const json_t *s = json_object_get(r->payload, "drainTimeout");

    if (!json_is_number(s))
        s = json_object_get(r->context, "drainTimeout");
    double number = json_is_number(s) ? json_number_value(s) : DRAIN_DEFAULT_S;
    if (number < 0)
        number = 0;
    if (number > DRAIN_MAX_S)
        number = DRAIN_MAX_S;
    return (usec_t)(number * (double)USEC_S);
}

/* Database clock. */
static usec_t
kill_at(const struct request *r, const struct drain *d)
{
    usec_t drained = USEC_MAX, last = USEC_MAX;

    if (d->term_at != 0)
        drained = usec_add(d->term_at, d->drain);
    if (r->deadline != 0)
        last =
            usec_sub(r->deadline, d->term_at != 0 ? KILL_MARGIN : TERM_MARGIN);
    return drained < last ? drained : last;
}

/* plan and judge of one round see the same request, so the same phase. */
static void
drain_read(const struct request *r, json_t *living, struct drain *d)
{
    const json_t *cursor = json_object_get(r->note, "cursor");

    d->drain = drain_time(r);
    d->term_at = json_int(cursor, "term_at");
    d->killed = json_is_true(json_object_get(cursor, "killed"));
    if (json_object_size(living) == 0)
        d->phase = PHASE_NONE;
    else if (json_is_true(json_object_get(r->payload, "force")) || d->killed ||
             r->db_now >= kill_at(r, d))
        d->phase = PHASE_KILL;
    else if (any_not_leaving(living))
        d->phase = PHASE_TERM;
    else
        d->phase = PHASE_LOOK;
}

static usec_t
kill_wait(const struct drain *d)
{
    if (d->phase == PHASE_TERM && d->drain < END_WAIT)
        return d->drain;
    return d->phase == PHASE_LOOK ? 0 : END_WAIT;
}

static int
return_plan(const struct request *r, const struct env *env,
            struct intent *intent, struct call *call, struct err *err)
{
    CLEANUP_JSON json_t *living = living_new(r);
    struct drain d;
    const char *id;
    json_t *m;

    (void)env;
    (void)intent;
    (void)err;
    drain_read(r, living, &d);
    if (d.phase == PHASE_NONE)
        return 0;
    json_object_foreach(living, id, m)
    {
        if (d.phase != PHASE_TERM || !proc_machine_leaves(m))
            proc_call_machine(call, m, r->request_id);
    }
    if (d.phase == PHASE_LOOK) {
        call->type = CALL_LOOK;
        return 0;
    }
    call->type = CALL_KILL;
    call->signal = d.phase == PHASE_TERM ? SIGTERM : SIGKILL;
    call->timeout = kill_wait(&d);
    return 0;
}

static json_t *
machine_of(const struct unit *u, const json_t *known, const char *status)
{
    const char *owner = json_str(known, "request_id");

    return machine_new(u->instance_id, owner != NULL ? owner : u->request_id,
                       PROC_API, status);
}

/* A signal that found nobody is an end as well. */
static bool
is_gone(const struct unit *u)
{
    return u->state == UNIT_GONE || u->state == UNIT_EXITED ||
           u->state == UNIT_KILLED ||
           (u->state == UNIT_ERROR && u->code == ESRCH);
}

/* Takes the ended ones out of living, and says what changed. One that could
 * not be signalled or looked at stops none of the others; it is named. */
static json_t *
take_reply_new(const struct drain *d, const struct reply *reply, json_t *living,
               const struct unit **refused)
{
    json_t *machines = json_array();

    for (size_t i = 0; i < reply->unit_count; i++) {
        const struct unit *u = &reply->units[i];
        const json_t *m = json_object_get(living, u->instance_id);
        if (m == NULL)
            continue;
        if (is_gone(u)) {
            (void)json_array_append_new(machines,
                                        machine_of(u, m, "terminated"));
            (void)json_object_del(living, u->instance_id);
        } else if (u->state == UNIT_ERROR || u->state == UNIT_UNKNOWN) {
            if (*refused == NULL && u->text[0] != '\0')
                *refused = u;
        } else if (d->phase != PHASE_LOOK && !proc_machine_leaves(m)) {
            (void)json_array_append_new(machines,
                                        machine_of(u, m, "shutting-down"));
        }
    }
    if (json_array_size(machines) == 0) {
        json_decref(machines);
        return NULL;
    }
    return machines;
}

static void
judge_route_done(const struct request *r, struct outcome *o)
{
    int64_t elsewhere = json_int(r->context, "elsewhere");

    if (elsewhere > 0) {
        outcome_set(o, V_WAIT, R_NONE, "%lld machines on other hosts are left",
                    (long long)elsewhere);
        o->delay = USEC_MS;
        o->reroute = true;
        o->cursor = json_null(); /* the next route starts with SIGTERM */
        return;
    }
    outcome_set(o, V_DONE, R_NONE, "%s", "");
    o->result = json_pack("{s:I}", "machines", (json_int_t)r->machine_count);
}

static void
name_living(json_t *living, struct buf *names)
{
    const char *id;
    json_t *m;
    size_t n = 0;

    json_object_foreach(living, id, m)
    {
        if (n++ < NAMED_MAX)
            buf_printf(names, "%s %.64s", n > 1 ? "," : "", id);
    }
    if (n > NAMED_MAX)
        buf_printf(names, " and %zu more", n - NAMED_MAX);
}

static usec_t
next_look(const struct request *r, const struct drain *d, usec_t now)
{
    usec_t delay =
        usec_doubled(LOOK_FIRST, json_int(r->note, "poll_count"), LOOK_MAX);
    usec_t left = usec_sub(kill_at(r, d), now);

    if (!d->killed && left < delay)
        delay = left;
    return delay > LOOK_MIN ? delay : LOOK_MIN;
}

/* When this round's signal went out: the call waited its full time since
 * then, or none would live. */
static usec_t
sent_at(const struct request *r, const struct drain *d, usec_t now)
{
    usec_t at = usec_sub(now, kill_wait(d));

    return at > r->db_now ? at : r->db_now;
}

static void
judge_living(const struct request *r, struct drain *d, json_t *living,
             const struct unit *refused, usec_t now, struct outcome *o)
{
    CLEANUP_BUF struct buf names = BUF_INIT(sizeof(o->text));

    if (d->term_at == 0)
        d->term_at = sent_at(r, d, now);
    d->killed = d->killed || d->phase == PHASE_KILL;
    name_living(living, &names);
    if (refused != NULL)
        outcome_set(o, V_WAIT, refused->code == EPERM ? R_AUTH : R_UNAVAILABLE,
                    "%s; still alive:%s", refused->text, buf_str(&names));
    else
        outcome_set(o, V_WAIT, R_NONE, "still alive:%s", buf_str(&names));
    o->delay = next_look(r, d, now);
    o->cursor = json_pack("{s:I, s:b}", "term_at", (json_int_t)d->term_at,
                          "killed", d->killed);
}

static void
return_judge(const struct request *r, const struct env *env,
             const struct reply *reply, usec_t now, struct outcome *o)
{
    CLEANUP_JSON json_t *living = living_new(r);
    const struct unit *refused = NULL;
    struct drain d;

    (void)env;
    if (ends_judge(reply, o))
        return;
    drain_read(r, living, &d);
    o->machines = take_reply_new(&d, reply, living, &refused);
    if (json_object_size(living) == 0)
        judge_route_done(r, o);
    else
        judge_living(r, &d, living, refused, now, o);
}

const struct provider provider_proc_return = {
    .kind = "return",
    .provider_api = PROC_API,
    .flags = 0,
    .check = NULL,
    .plan = return_plan,
    .judge = return_judge,
};
