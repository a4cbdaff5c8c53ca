/* provider.h - what a kind of work must be able to do: plan a call, judge
 * its reply. Pure: no I/O, no clock, no log; it returns text. */
#ifndef HOSTQ_PROVIDER_PROVIDER_H
#define HOSTQ_PROVIDER_PROVIDER_H

#include <jansson.h>

#include "base/err.h"
#include "core/call.h"
#include "core/outcome.h"
#include "core/request.h"

/* Read-only configuration of the daemon that a provider may see. */
struct env {
    const char *deployment; /* uuid of hostq.deployment */
    const char *host;       /* this daemon's host name */
    const char *boot_id;    /* of this host now */
    const char *output_dir; /* where children's output goes, or NULL */
};

/* What the intent of a creating call is: committed before the call. */
struct intent {
    char token[65];    /* hex hash(deployment, request, intent, pool) */
    json_t *body;      /* owned; what the call is made from, replayed as is;
                          NULL after plan: nothing is created this round,
                          so there is no intent to commit */
    char *route;       /* owned; e.g. "host:NAME/BOOT", or NULL */
    char *resource_id; /* owned; what is being created, or NULL */
};

enum provider_flags {
    PROVIDER_INTENT = 1, /* plan() makes an intent where none is open and
                            something must be created */
    PROVIDER_READS = 2,  /* rounds only look; a cursor may stay in memory */
};

struct provider {
    const char *kind;
    const char *provider_api; /* NULL: the kind has none */
    unsigned flags;
    /* Judges a template (kinds that have one); pure. NULL = anything goes.
     * The error names key, value and limit; code E_USAGE. */
    int (*check)(const json_t *template_, struct err *err);
    /* Fills call (and, with PROVIDER_INTENT and no open intent in the
     * request's context, intent). The call is built from the stored intent
     * body where one is open. -1: builder error, text in err. */
    int (*plan)(const struct request *r, const struct env *env,
                struct intent *intent, struct call *call, struct err *err);
    /* now: request_now() at the time of the reply. Total. */
    void (*judge)(const struct request *r, const struct env *env,
                  const struct reply *reply, usec_t now, struct outcome *o);
};

/* The provider for a kind and api (api may be NULL), or NULL. */
const struct provider *provider_find(const char *kind, const char *api);
/* Says why provider_find() has none: the value and what is allowed. Returns
 * -1, code E_USAGE. */
int provider_refuse(const char *kind, const char *api, struct err *err);
/* Checked wrappers: they assert the contract (a failed plan has text and an
 * empty call; RETRY and FAIL have reason and text; WAIT has a delay). The
 * caller has initialised intent, call and outcome. */
int provider_plan(const struct provider *p, const struct request *r,
                  const struct env *env, struct intent *intent,
                  struct call *call, struct err *err);
void provider_judge(const struct provider *p, const struct request *r,
                    const struct env *env, const struct reply *reply,
                    usec_t now, struct outcome *o);

/* Checks one template of a HostFactory template file: common keys
 * (hostfactory.md 3) and then the handler's check. *api gets the handler's
 * name (default by priceType). */
int template_check(const json_t *template_, const char **api, struct err *err);

void intent_init(struct intent *i);
void intent_fini(struct intent *i);

#endif
