/* runner.c - the loop of rounds.
 *
 * A job lives here from JOB_WORK until it is sent back with JOB_SETTLE or
 * JOB_DROP. Between, it may visit the ledger for a mark or an intent. Every
 * job is in the table by id, so that an order to drop its claim finds it in
 * any phase; a job that is away at the ledger is marked and dropped when it
 * comes back. */
#include "daemon/runner.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/metrics.h"
#include "io/engine.h"
#include "sys/clock.h"
#include "sys/log.h"

enum {
    TABLE_SIZE = 4096,  /* power of two */
    ROUNDS_MAX = 10000, /* V_NEXT rounds of one claim: a provider that never
                           ends is given back to the queue */
};

struct runner {
    int number;
    const struct env *env;
    const atomic_int_fast64_t *fence_at;
    usec_t fenced_at; /* the value of it that was obeyed */
    struct mailbox in;
    struct mailbox *out;
    struct engine *engine;
    pthread_t thread;
    struct job *table[TABLE_SIZE];
    int jobs;                      /* in the table */
    struct job *done, **done_tail; /* to be sent to the ledger at turn's end */
    bool draining;                 /* stop: no new rounds */
    bool ended;
};

static struct job **
slot_of(struct runner *r, int64_t id)
{
    return &r->table[(uint64_t)id & (TABLE_SIZE - 1)];
}

static void
table_add(struct runner *r, struct job *j)
{
    struct job **slot = slot_of(r, j->req->id);
    j->peer_next = *slot;
    *slot = j;
    r->jobs++;
}

static void
table_remove(struct runner *r, struct job *j)
{
    struct job **p = slot_of(r, j->req->id);
    while (*p != j)
        p = &(*p)->peer_next;
    *p = j->peer_next;
    r->jobs--;
}

static void
send_back(struct runner *r, struct job *j, enum job_ask ask)
{
    j->ask = ask;
    j->next = NULL;
    *r->done_tail = j;
    r->done_tail = &j->next;
}

/* The job's last way: it leaves the table. */
static void
finish(struct runner *r, struct job *j, enum job_ask ask)
{
    table_remove(r, j);
    send_back(r, j, ask);
}

/* Its call was not made, or aborted. A stop leaves the row processing (M74); a
 * canceled claim has no row any more; after a fence the row goes back under
 * its lease, in case that nobody has taken it over. */
static void
let_go(struct runner *r, struct job *j)
{
    if (!j->give_back) {
        finish(r, j, JOB_DROP);
        return;
    }
    step_back(j->req, &j->update);
    finish(r, j, JOB_SETTLE);
}

static void
settle_outcome(struct runner *r, struct job *j, struct outcome *o)
{
    step(j->req, o, request_now(j->req, now_mono()), 0, &j->update);
    finish(r, j, JOB_SETTLE);
}

static void
fail(struct runner *r, struct job *j, enum reason why, const char *text)
{
    struct outcome o;
    outcome_init(&o);
    outcome_set(&o, V_FAIL, why, "%s", text);
    o.error_code = why == R_CONFIG ? "PROVIDER_INCOMPATIBLE" : "INTERNAL_ERROR";
    settle_outcome(r, j, &o);
    outcome_fini(&o);
}

static void work(struct runner *r, struct job *j);

/* The reply is here: judge it and take the step. */
static void
judge(struct runner *r, struct job *j, struct reply *reply)
{
    usec_t now = request_now(j->req, now_mono());
    struct outcome o;
    outcome_init(&o);
    j->sent = false;
    if (reply->end == WIRE_ABORTED && reply->unit_count == 0) {
        outcome_fini(&o);
        let_go(r, j);
        return;
    }
    provider_judge(j->provider, j->req, r->env, reply, now, &o);
    step(j->req, &o, now, 0, &j->update);
    outcome_fini(&o);
    if (!j->update.again || j->dropped || ++j->rounds > ROUNDS_MAX) {
        if (j->update.again) {
            update_fini(&j->update);
            step_back(j->req, &j->update);
        }
        finish(r, j, JOB_SETTLE);
        return;
    }
    json_decref(j->req->note);
    j->req->note = json_incref(j->update.note);
    update_fini(&j->update);
    table_remove(r, j);
    work(r, j);
}

static void
send_call(struct runner *r, struct job *j)
{
    struct reply reply;
    if (j->call.type != CALL_NONE || j->rounds > 0) {
        j->sent = true;
        if (engine_submit(r->engine, (uint64_t)(uintptr_t)j, &j->call) == 0)
            return;
    }
    reply_init(&reply);
    reply.end = j->sent ? WIRE_LOST : WIRE_OK;
    judge(r, j, &reply);
    reply_fini(&reply);
}

/* Plans the next round of a job that is not in the table yet. */
static void
work(struct runner *r, struct job *j)
{
    struct request *q = j->req;
    struct err err;
    table_add(r, j);
    j->provider = provider_find(q->kind, q->provider_api);
    if (q->deadline > 0 && request_now(q, now_mono()) >=
                               policy_timeout_at(&q->policy, q->deadline)) {
        step_expired(q, &j->update);
        finish(r, j, JOB_SETTLE);
        return;
    }
    if (q->broken) {
        (void)err_set(&err, E_FAILED,
                      "%s cannot be read: a number is out of range", q->broken);
        fail(r, j, R_BUILDER_ERROR, err.text);
        return;
    }
    if (!j->provider) {
        (void)provider_refuse(q->kind, q->provider_api, &err);
        fail(r, j, R_CONFIG, err.text);
        return;
    }
    call_fini(&j->call);
    call_init(&j->call);
    intent_fini(&j->intent);
    intent_init(&j->intent);
    if (provider_plan(j->provider, q, r->env, &j->intent, &j->call, &err) < 0)
        fail(r, j, R_BUILDER_ERROR, err.text);
    else if (j->intent.body)
        send_back(r, j, JOB_INTENT);
    else if (!q->started)
        send_back(r, j, JOB_MARK);
    else
        send_call(r, j);
}

/* The ledger answered a mark or an intent. */
static void
come_back(struct runner *r, struct job *j)
{
    if (j->ask == JOB_REFUSED) {
        finish(r, j, JOB_SETTLE);
        return;
    }
    if (j->ask == JOB_LOST) {
        finish(r, j, JOB_DROP);
        return;
    }
    if (j->dropped || r->draining) {
        /* Durable but not sent. Draining: another daemon does it. */
        j->give_back |= !j->dropped;
        let_go(r, j);
        return;
    }
    j->req->started = true;
    send_call(r, j);
}

static void
drop(struct runner *r, struct job *j)
{
    j->dropped = true;
    if (j->sent) {
        log_event(LOG_INFO, "wire.aborted", "request=%s", j->req->request_id);
        (void)engine_abort(r->engine, (uint64_t)(uintptr_t)j);
    }
}

static void
obey(struct runner *r, const struct order *o)
{
    if (o->what == ORDER_END)
        r->ended = true;
    if (o->what == ORDER_DRAIN || o->what == ORDER_END)
        r->draining = true;
    for (int i = 0; i < TABLE_SIZE; i++) {
        struct job *next;
        if (o->what == ORDER_DROP && &r->table[i] != slot_of(r, o->id))
            continue;
        for (struct job *j = r->table[i]; j; j = next) {
            next = j->peer_next;
            if (o->what == ORDER_DROP_ALL || o->what == ORDER_ABORT ||
                (o->what == ORDER_DROP && j->req->id == o->id &&
                 j->req->lease == o->lease)) {
                j->give_back |= o->what == ORDER_DROP_ALL;
                drop(r, j);
            }
        }
    }
}

static void
take_mail(struct runner *r)
{
    struct order *orders;
    struct job *j = mailbox_take(&r->in, &orders);
    while (j) {
        struct job *next = j->next;
        j->next = NULL;
        if (j->ask == JOB_WORK)
            work(r, j);
        else
            come_back(r, j);
        j = next;
    }
    while (orders) {
        struct order *next = orders->next;
        obey(r, orders);
        free(orders);
        orders = next;
    }
}

/* When the lease could be over: the ledger may hang in a connect. */
static usec_t
fence(struct runner *r)
{
    const struct order all = {.what = ORDER_DROP_ALL};
    usec_t at = (usec_t)atomic_load(r->fence_at);
    usec_t left = usec_sub(at, now_mono());
    if (at == 0 || at == r->fenced_at)
        return 60 * USEC_S;
    if (left > 0)
        return left;
    r->fenced_at = at;
    obey(r, &all);
    return 60 * USEC_S;
}

static void
take_replies(struct runner *r)
{
    uint64_t tag;
    struct reply reply;
    reply_init(&reply);
    while (engine_next(r->engine, &tag, &reply)) {
        judge(r, (struct job *)(uintptr_t)tag, &reply);
        reply_fini(&reply);
        reply_init(&reply);
    }
    reply_fini(&reply);
}

static void *
run(void *arg)
{
    struct runner *r = arg;
    log_context("thread=runner%d", r->number);
    while (!r->ended) {
        engine_wait(r->engine, r->jobs > 0 ? fence(r) : 60 * USEC_S);
        take_mail(r);
        take_replies(r);
        struct job *done = r->done;
        r->done = NULL;
        r->done_tail = &r->done;
        mailbox_put(r->out, done);
    }
    return NULL;
}

static void
wake(void *arg)
{
    struct runner *r = arg;
    engine_wake(r->engine);
}

struct runner *
runner_start(int number, const struct env *env,
             const atomic_int_fast64_t *fence_at, struct mailbox *to_ledger,
             struct err *err)
{
    struct engine_config cfg = {
        .deployment = env->deployment,
        .host = env->host,
        .boot_id = env->boot_id,
    };
    struct runner *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->number = number;
    r->env = env;
    r->fence_at = fence_at;
    r->out = to_ledger;
    r->done_tail = &r->done;
    r->engine = engine_new(&cfg, err);
    if (!r->engine) {
        free(r);
        return NULL;
    }
    mailbox_init(&r->in, wake, r);
    if (pthread_create(&r->thread, NULL, run, r) != 0) {
        (void)err_set(err, E_FAILED, "cannot start a thread");
        mailbox_fini(&r->in);
        engine_free(r->engine);
        free(r);
        return NULL;
    }
    return r;
}

struct mailbox *
runner_mailbox(struct runner *r)
{
    return &r->in;
}

void
runner_join(struct runner *r)
{
    (void)pthread_join(r->thread, NULL);
    for (int i = 0; i < TABLE_SIZE; i++) {
        while (r->table[i]) {
            struct job *j = r->table[i];
            r->table[i] = j->peer_next;
            /* Away for a mark or an intent: the ledger has it. */
            if (j->ask != JOB_MARK && j->ask != JOB_INTENT)
                job_free(j);
        }
    }
    mailbox_fini(&r->in);
    engine_free(r->engine);
    free(r);
}
