/* proc_provision.c - machines that are processes of this host.
 *
 * An intent names its units before any is started, so that a replay starts
 * only what is missing: the engine finds units by the marks they carry. Once
 * one round has seen all units of an intent (cursor.intent), later rounds
 * only look: a unit that ended is told as failed, never started again under
 * the same name. A definite answer closes the intent; the next attempt makes
 * a new one for what is missing then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "core/mem.h"
#include "provider/list.h"
#include "provider/proc.h"
#include "wire/token.h"

#define TOKEN_SHOWN 16  /* hex digits of the token in a unit's id */
#define UNITS_MAX 10000 /* hostfactory.md 3: maxNumber */

static json_t *
units_new(const char *token, int64_t count)
{
    json_t *units = json_array();

    for (int64_t i = 0; i < count; i++) {
        char id[64];
        (void)snprintf(id, sizeof(id), "p-%.*s-%lld", TOKEN_SHOWN, token,
                       (long long)i);
        (void)json_array_append_new(units,
                                    json_pack("{s:s}", "instance_id", id));
    }
    return units;
}

/* NULL: the name is no UTF-8, so that it cannot be stored; or there is none. */
static json_t *
output_new(const struct env *env)
{
    return env->output_dir != NULL ? json_sprintf("%s/%%u.log", env->output_dir)
                                   : NULL;
}

/* Takes output. host, boot_id and resource_id are for the SQL side: units of an
 * intent that was never answered become machines from them (intent_machines).
 */
static json_t *
body_new(const struct request *r, const struct env *env, const char *token,
         int64_t count, json_t *output)
{
    const char *dir = json_str(r->template_, "workDir");
    json_t *body = json_pack(
        "{s:o, s:o, s:o, s:s?, s:o?, s:I, s:s, s:s,"
        " s:s}",
        "units", units_new(token, count), "argv", proc_argv_new(r->template_),
        "env", proc_env_new(r->template_), "dir", dir, "output", output,
        "ready_after_us", (json_int_t)proc_ready_after(r->template_), "host",
        env->host, "boot_id", env->boot_id, "resource_id", env->host);
    if (body == NULL) /* without one the call would go out unrecorded */
        abort();
    return body;
}

static char **
strings_new(const json_t *array)
{
    size_t count = json_array_size(array);
    char **list = mem_zero(count + 1, sizeof(*list));

    for (size_t i = 0; i < count; i++)
        list[i] = mem_dup(json_string_value(json_array_get(array, i)));
    return list;
}

/* Machines of earlier intents live on while the request is open, and only
 * its own rounds look at them: they are in every call, named by their pid,
 * which a spawn looks at and never starts again. */
static void
add_others(const struct request *r, const struct env *env, json_t *others,
           struct call *call)
{
    const char *id;
    json_t *m;

    json_object_foreach(others, id, m)
    {
        if (proc_machine_lives(m) && proc_machine_is_here(m, env) &&
            (call->type == CALL_LOOK || proc_machine_pid(m) != 0))
            proc_call_machine(call, m, r->request_id);
    }
}

/* Looks at every unit of the body, whatever is known of it. */
static void
plan_look(const struct request *r, const struct env *env, const json_t *body,
          json_t *known, struct call *call)
{
    CLEANUP_JSON json_t *others = json_copy(known);
    size_t i;
    json_t *unit;

    call->type = CALL_LOOK;
    json_array_foreach(json_object_get(body, "units"), i, unit)
    {
        const char *id = json_str(unit, "instance_id");
        json_t *m = json_object_get(others, id);
        proc_call_machine(call, m != NULL ? m : unit, r->request_id);
        (void)json_object_del(others, id);
    }
    add_others(r, env, others, call);
}

/* Starts the units of the body that no machine is known of. A known one may
 * have ended meanwhile: it must not start a second time. */
static void
plan_spawn(const struct request *r, const struct env *env, const json_t *body,
           json_t *known, struct call *call)
{
    size_t i;
    json_t *unit;

    json_array_foreach(json_object_get(body, "units"), i, unit)
    {
        const char *id = json_str(unit, "instance_id");
        if (json_object_get(known, id) == NULL)
            (void)call_add_unit(call, id, r->request_id);
    }
    if (call->unit_count == 0) {
        plan_look(r, env, body, known, call);
        return;
    }
    call->type = CALL_SPAWN;
    add_others(r, env, known, call);
    call->argv = strings_new(json_object_get(body, "argv"));
    call->env = strings_new(json_object_get(body, "env"));
    call->dir = mem_dup(json_str(body, "dir"));
    call->output = mem_dup(json_str(body, "output"));
}

static char *
route_new(const struct env *env)
{
    char *route = NULL;

    if (asprintf(&route, "host:%s/%s", env->host, env->boot_id) < 0)
        abort();
    return route;
}

static int
provision_plan(const struct request *r, const struct env *env,
               struct intent *intent, struct call *call, struct err *err)
{
    const json_t *body = proc_open_body(r);
    CLEANUP_JSON json_t *known = proc_known_new(r);
    json_t *output;
    usec_t since;

    if (body != NULL) {
        if (json_array_size(json_object_get(body, "argv")) == 0)
            return err_set(err, E_FAILED, "the stored intent has no argv");
        if (proc_is_started(r, &since))
            plan_look(r, env, body, known, call);
        else
            plan_spawn(r, env, body, known, call);
        return 0;
    }
    int64_t missing = r->machine_count - proc_count_living(known);
    if (missing <= 0) {
        plan_look(r, env, NULL, known, call);
        return 0;
    }
    if (missing > UNITS_MAX)
        return err_set(err, E_USAGE, "machineCount %lld exceeds %d",
                       (long long)missing, UNITS_MAX);
    if (proc_template_check(r->template_, err) != 0)
        return -1;
    output = output_new(env);
    if (output == NULL && env->output_dir != NULL)
        return err_set(err, E_FAILED,
                       "output_dir of the daemon on %s is not UTF-8",
                       env->host);
    token_make(env->deployment, r->request_id, r->intent, env->host,
               intent->token);
    intent->body = body_new(r, env, intent->token, missing, output);
    intent->route = route_new(env);
    intent->resource_id = mem_dup(env->host);
    plan_spawn(r, env, intent->body, known, call);
    return 0;
}

const struct provider provider_proc_provision = {
    .kind = "provision",
    .provider_api = PROC_API,
    .flags = PROVIDER_INTENT,
    .check = proc_template_check,
    .plan = provision_plan,
    .judge = proc_tally_judge,
};
