/* ledger_bind.c - the statements of a group: what is to be written about each
 * job, as parameters. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "daemon/ledger_int.h"
#include "db/bind.h"
#include "provider/proc.h"

enum { REFUSALS_PLAIN = 2 }; /* after so many, end it without clean-up */

static bool
is_kind(const struct job *j, const char *kind)
{
    return strcmp(j->req->kind, kind) == 0;
}

static bool
has_machines(const struct job *j)
{
    return is_kind(j, "provision") || is_kind(j, "return");
}

static char *
id_text(char *text, size_t size, int64_t id)
{
    (void)snprintf(text, size, "%lld", (long long)id);
    return text;
}

static void
add_machines(const struct group *g, struct pipe *p)
{
    CLEANUP_JSON json_t *all = json_array();
    for (const struct job *j = g->settles.head; j; j = j->next)
        if (j->update.machines)
            (void)json_array_extend(all, j->update.machines);
    if (json_array_size(all) == 0)
        return;
    CLEANUP_FREE char *text = json_text_new(all);
    const char *params[] = {text};
    (void)pipe_add(p, STMT_STORE_MACHINES, params);
}

static void
add_watches(const struct ledger *l, const struct group *g, struct pipe *p)
{
    const struct env *env = &l->shared->env;
    for (const struct job *j = g->settles.head; j; j = j->next) {
        char id[24], lease[24];
        if (!j->update.seen)
            continue;
        CLEANUP_FREE char *seen = json_text_new(j->update.seen);
        const char *params[] = {id_text(id, sizeof id, j->req->id),
                                id_text(lease, sizeof lease, j->req->lease),
                                env->host, env->boot_id, seen};
        (void)pipe_add(p, STMT_STORE_WATCH, params);
    }
}

static void
add_parks(const struct ledger *l, const struct group *g, struct pipe *p)
{
    const struct env *env = &l->shared->env;
    for (const struct job *j = g->settles.head; j; j = j->next) {
        char id[24];
        const char *params[] = {id_text(id, sizeof id, j->req->id), env->host,
                                env->boot_id};
        if (j->update.seen && strcmp(j->req->provider_api, PROC_API) == 0)
            (void)pipe_add(p, STMT_PARK_WATCH, params);
    }
}

/* One statement over the ids (and leases) of the jobs that `pick` chooses. */
static void
add_ids(const struct jobs *jobs, struct pipe *p, enum stmt s,
        bool (*pick)(const struct job *), bool leases)
{
    struct bind ids, ls;
    bool any = false;
    bind_init(&ids);
    bind_init(&ls);
    for (const struct job *j = jobs->head; j; j = j->next) {
        if (!pick(j))
            continue;
        any = true;
        bind_int(&ids, j->req->id);
        bind_int(&ls, j->req->lease);
    }
    const char *params[] = {bind_done(&ids), leases ? bind_done(&ls) : NULL};
    if (any)
        (void)pipe_add(p, s, params);
    bind_fini(&ids);
    bind_fini(&ls);
}

static bool
stores_machines(const struct job *j)
{
    return j->update.machines != NULL || j->update.seen != NULL;
}

static bool
is_definite(const struct job *j)
{
    return j->update.definite;
}

static bool
needs_after_final(const struct job *j)
{
    return state_is_final(j->update.to) && has_machines(j) &&
           j->refused < REFUSALS_PLAIN;
}

static bool
lets_go(const struct job *j)
{
    return j->req->ordered && state_is_final(j->update.to);
}

static bool
needs_reroute(const struct job *j)
{
    return j->update.reroute && !state_is_final(j->update.to);
}

static bool
is_provision(const struct job *j)
{
    return is_kind(j, "provision");
}

static void
bind_json(struct bind *a, const json_t *v)
{
    CLEANUP_FREE char *text = v ? json_text_new(v) : NULL;
    bind_str(a, text);
}

static void
bind_result(struct bind *a, const json_t *v)
{
    CLEANUP_FREE char *text = v ? json_text_new(v) : NULL;
    bind_bytes(a, text, text ? strlen(text) : 0);
}

static void
bind_final(struct bind *a, const struct job *j)
{
    const struct update *u = &j->update;
    const char *reason = u->reason == R_NONE ? NULL : reason_name(u->reason);
    bind_int(&a[0], j->req->id);
    bind_int(&a[1], j->req->lease);
    bind_str(&a[2], state_name(u->to));
    bind_str(&a[3], reason);
    bind_str(&a[4], u->error_code);
    bind_str(&a[5], u->error_message);
    bind_json(&a[6], u->error_details);
    if (u->response_status)
        bind_int(&a[7], u->response_status);
    else
        bind_null(&a[7]);
    bind_result(&a[8], u->result);
    bind_int(&a[9], u->retry_attempt);
    bind_json(&a[10], u->note);
    bind_str(&a[11], j->req->namespace_);
    bind_str(&a[12], j->req->audit ? j->req->request_id : NULL);
    bind_str(&a[13], u->verb);
}

static void
bind_open(struct bind *a, const struct job *j)
{
    const struct update *u = &j->update;
    bool retry = strcmp(u->verb, "retry") == 0;
    bool back = strcmp(u->verb, "unclaim") == 0;
    /* A round that ended well clears the suspicion; giving back does not. */
    int crashes = back ? j->req->crashes : 0;
    enum lane_role role = retry ? LANE_MAIN
                          : back && lane_role(j->req->lane) == LANE_SUSPECT
                              ? LANE_SUSPECT
                              : LANE_RESUMED;
    bind_int(&a[0], j->req->id);
    bind_int(&a[1], j->req->lease);
    bind_str(&a[2], state_name(u->to));
    bind_int(&a[3], u->delay);
    bind_int(&a[4], u->retry_attempt);
    bind_json(&a[5], u->note);
    bind_int(&a[6], lane_with_role(j->req->lane, role));
    bind_bool(&a[7], u->definite);
    bind_int(&a[8], crashes);
    bind_str(&a[9], j->req->namespace_);
    /* A retry always writes its attempt. */
    bind_str(&a[10], j->req->audit || retry ? j->req->request_id : NULL);
    bind_str(&a[11], u->verb);
    bind_str(&a[12], reason_name(u->reason));
}

static int
add_settles(const struct group *g, struct pipe *p, bool final)
{
    struct bind a[14];
    const char *params[14];
    int columns = final ? 14 : 13;
    int n = 0;
    int at = -1;
    for (int i = 0; i < columns; i++)
        bind_init(&a[i]);
    for (const struct job *j = g->settles.head; j; j = j->next) {
        if (state_is_final(j->update.to) != final)
            continue;
        n++;
        if (final)
            bind_final(a, j);
        else
            bind_open(a, j);
    }
    for (int i = 0; i < columns; i++)
        params[i] = bind_done_some(&a[i]);
    if (n > 0)
        at = pipe_add(p, final ? STMT_SETTLE_FINAL : STMT_SETTLE_OPEN, params);
    for (int i = 0; i < columns; i++)
        bind_fini(&a[i]);
    return at;
}

static int
add_marks(const struct group *g, struct pipe *p)
{
    struct bind a[3];
    int at = -1;
    for (int i = 0; i < 3; i++)
        bind_init(&a[i]);
    for (const struct job *j = g->marks.head; j; j = j->next) {
        bind_int(&a[0], j->req->id);
        bind_int(&a[1], j->req->lease);
        if (j->req->audit)
            bind_int(&a[2], j->req->id);
    }
    const char *params[] = {bind_done(&a[0]), bind_done(&a[1]),
                            bind_done(&a[2])};
    if (g->marks.count > 0)
        at = pipe_add(p, STMT_MARK, params);
    for (int i = 0; i < 3; i++)
        bind_fini(&a[i]);
    return at;
}

static int
add_intents(const struct group *g, struct pipe *p)
{
    int first = -1;
    for (const struct job *j = g->intents.head; j; j = j->next) {
        char id[24], lease[24];
        CLEANUP_FREE char *body = json_text_new(j->intent.body);
        const char *params[] = {id_text(id, sizeof id, j->req->id),
                                id_text(lease, sizeof lease, j->req->lease),
                                j->intent.token,
                                body,
                                j->intent.route,
                                j->intent.resource_id};
        int at = pipe_add(p, STMT_OPEN_INTENT, params);
        if (first < 0)
            first = at;
    }
    return first;
}

void
group_add(struct ledger *l, struct group *g, struct pipe *p)
{
    add_ids(&g->settles, p, STMT_LOCK_ROWS, stores_machines, true);
    add_machines(g, p);
    add_watches(l, g, p);
    add_ids(&g->settles, p, STMT_CLOSE_INTENTS, is_definite, true);
    g->at_final = add_settles(g, p, true);
    add_ids(&g->settles, p, STMT_AFTER_FINAL, needs_after_final, true);
    add_ids(&g->settles, p, STMT_ORDER_GOES_ON, lets_go, true);
    g->at_open = add_settles(g, p, false);
    add_ids(&g->settles, p, STMT_REROUTE, needs_reroute, false);
    add_parks(l, g, p);
    g->at_mark = add_marks(g, p);
    g->at_intent = add_intents(g, p);
}

void
group_add_late(const struct jobs *jobs, struct pipe *p)
{
    add_ids(jobs, p, STMT_LATE_MACHINES, is_provision, false);
}
