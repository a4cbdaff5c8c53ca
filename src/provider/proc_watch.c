/* proc_watch.c - looks at all process machines of one host, for everybody.
 *
 * A request that never ends: each round is a scan and a wait. Only a scan
 * that worked says what is there; a failed one says nothing (no `seen`), or
 * all machines of the host would be taken for ended. */
#include "base/json.h"
#include "provider/ends.h"
#include "provider/list.h"
#include "provider/proc.h"

#define INTERVAL_MS 1000
#define INTERVAL_MAX_MS ((int64_t)3600 * 1000)
#define BACKOFF_MAX (60 * USEC_S)

static usec_t
interval(const struct request *r)
{
    int64_t ms = json_int(r->payload, "interval_ms");

    if (ms <= 0)
        ms = INTERVAL_MS;
    return (ms < INTERVAL_MAX_MS ? ms : INTERVAL_MAX_MS) * USEC_MS;
}

/* Doubles with each failure in a row, up to a minute. */
static usec_t
backoff(const struct request *r)
{
    return usec_doubled(interval(r), json_int(r->note, "poll_errors"),
                        BACKOFF_MAX);
}

/* Machines that are known by pid: a program may hide its marks, and the marks
 * of another may be on a descendant only. */
static void
add_known(const struct request *r, const struct env *env, struct call *call)
{
    const json_t *machines = json_object_get(r->context, "machines");
    size_t i;
    json_t *m;

    json_array_foreach(machines, i, m)
    {
        if (json_str(m, "instance_id") != NULL && proc_machine_pid(m) > 1 &&
            proc_machine_is_here(m, env))
            proc_call_machine(call, m, r->request_id);
    }
}

static int
watch_plan(const struct request *r, const struct env *env,
           struct intent *intent, struct call *call, struct err *err)
{
    (void)intent;
    (void)err;
    call->type = CALL_LOOK;
    call->scan = true;
    add_known(r, env, call);
    return 0;
}

/* A scan reads what processes say about themselves: an id that is no UTF-8
 * is none of ours, json_pack refuses it, and it is left out. One that could
 * not be looked at (UNKNOWN) is not taken for ended. */
static json_t *
seen_new(const struct reply *reply)
{
    json_t *seen = json_array();

    for (size_t i = 0; i < reply->unit_count; i++) {
        const struct unit *u = &reply->units[i];
        if (u->state != UNIT_ALIVE && u->state != UNIT_UNKNOWN)
            continue;
        json_t *one = json_pack(
            "{s:s, s:s, s:I, s:I}", "instance_id", u->instance_id, "request_id",
            u->request_id != NULL ? u->request_id : "", "pid",
            (json_int_t)u->pid, "start_time", (json_int_t)u->start_time);
        if (one != NULL)
            (void)json_array_append_new(seen, one);
    }
    return seen;
}

static void
watch_judge(const struct request *r, const struct env *env,
            const struct reply *reply, usec_t now, struct outcome *o)
{
    (void)env;
    (void)now;
    if (!ends_judge(reply, o)) {
        outcome_set(o, V_WAIT, R_NONE, "%s", "");
        o->delay = interval(r);
        o->seen = seen_new(reply);
        return;
    }
    if (o->verdict == V_RETRY) {
        o->verdict = V_WAIT;
        o->delay = backoff(r);
    }
}

const struct provider provider_proc_watch = {
    .kind = "watch",
    .provider_api = PROC_API,
    .flags = PROVIDER_READS,
    .check = NULL,
    .plan = watch_plan,
    .judge = watch_judge,
};
