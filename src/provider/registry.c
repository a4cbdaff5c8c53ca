/* registry.c - the list of providers, and the checked way to call one.
 *
 * The daemon never calls plan or judge itself: a handler that breaks the
 * contract of provider.h would end a request without a reason or poll in a
 * hot loop, so it aborts here, at the place that names it (crash-only). */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "provider/list.h"
#include "provider/provider.h"

#define ALLOWED_CAP 512 /* a short list of names */

static const struct provider *const providers[] = {
    &provider_noop,       &provider_proc_provision, &provider_proc_return,
    &provider_proc_watch, &provider_ec2_run,        &provider_ec2_return,
    &provider_ec2_watch,
    /* end */
};

#define PROVIDER_COUNT (sizeof(providers) / sizeof(providers[0]))

static void
must(bool kept)
{
    if (!kept)
        abort();
}

static bool
is_same_api(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

const struct provider *
provider_find(const char *kind, const char *api)
{
    for (size_t i = 0; i < PROVIDER_COUNT; i++) {
        const struct provider *p = providers[i];
        if (strcmp(p->kind, kind) == 0 && is_same_api(p->provider_api, api))
            return p;
    }
    return NULL;
}

/* Names that a template may carry (hostfactory.md 3), served or not yet. */
static bool
is_known_api(const char *api)
{
    static const char *const apis[] = {"RunInstances", "EC2Fleet", "SpotFleet",
                                       "ASG", "process"};

    for (size_t i = 0; i < sizeof(apis) / sizeof(apis[0]); i++) {
        if (strcmp(apis[i], api) == 0)
            return true;
    }
    return false;
}

int
provider_refuse(const char *kind, const char *api, struct err *err)
{
    CLEANUP_BUF struct buf allowed = BUF_INIT(ALLOWED_CAP);
    bool known = false;

    for (size_t i = 0; i < PROVIDER_COUNT; i++) {
        const struct provider *p = providers[i];
        if (strcmp(p->kind, kind) != 0)
            continue;
        known = true;
        if (p->provider_api != NULL)
            buf_printf(&allowed, "%s%s", allowed.len != 0 ? ", " : "",
                       p->provider_api);
    }
    if (!known)
        return err_set(err, E_USAGE, "kind '%s' is unknown", kind);
    if (api == NULL)
        return err_set(err, E_USAGE,
                       "kind '%s' needs a providerApi,"
                       " allowed: %s",
                       kind, buf_str(&allowed));
    return err_set(err, E_USAGE, "providerApi '%s' is %s, allowed: %s", api,
                   is_known_api(api) ? "not served by this version" : "unknown",
                   allowed.len != 0 ? buf_str(&allowed) : "none");
}

static bool
is_empty(const struct call *call)
{
    return call->type == CALL_NONE && call->argv == NULL && call->env == NULL &&
           call->unit_count == 0 && call->http.body == NULL;
}

static bool
has_open_intent(const struct request *r)
{
    return json_is_object(json_object_get(r->context, "intent"));
}

int
provider_plan(const struct provider *p, const struct request *r,
              const struct env *env, struct intent *intent, struct call *call,
              struct err *err)
{
    err->text[0] = '\0';
    if (p->plan(r, env, intent, call, err) != 0) {
        must(err->text[0] != '\0');
        must(is_empty(call) && intent->body == NULL);
        return -1;
    }
    if (intent->body != NULL) {
        must((p->flags & PROVIDER_INTENT) != 0 && !has_open_intent(r));
        must(strlen(intent->token) == sizeof(intent->token) - 1);
    }
    return 0;
}

void
provider_judge(const struct provider *p, const struct request *r,
               const struct env *env, const struct reply *reply, usec_t now,
               struct outcome *o)
{
    p->judge(r, env, reply, now, o);
    if (o->verdict == V_RETRY || o->verdict == V_FAIL)
        must(o->reason != R_NONE && o->text[0] != '\0');
    if (o->verdict == V_WAIT)
        must(o->delay > 0);
}

void
intent_init(struct intent *i)
{
    memset(i, 0, sizeof(*i));
}

void
intent_fini(struct intent *i)
{
    json_decref(i->body);
    free(i->route);
    free(i->resource_id);
    intent_init(i);
}
