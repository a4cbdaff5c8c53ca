/* runner.c - the rounds of a job (src/daemon/runner.c): mark if it is not
 * durable yet, call, judge, step, settle. What the outside world does is in
 * the request's script; what becomes of it is decided by core/step.c. */
#include <string.h>

#include "sim.h"

/* A call on its way: its effect happens though its daemon may be gone. */
struct effect {
    struct job *job;
    int64_t id, token;
    int call;
};

usec_t
mono_now(const struct world *w, const struct daemon *d)
{
    return d->mono + w->now;
}

/* What the daemon takes for the database's clock. */
static usec_t
job_now(const struct world *w, const struct daemon *d, const struct job *j)
{
    if (broken(w, RULE_CLOCK))
        return server_now(w) + d->wall_off;
    return request_now(&j->req, mono_now(w, d));
}

static void
to_settle(struct world *w, struct daemon *d, struct job *j)
{
    struct update *u = &j->update;
    struct update plain = {
        .to = u->to,
        .verb = u->verb,
        .retry_attempt = u->retry_attempt,
        .delay = u->delay,
        .reason = u->reason,
        .note = world_note(w, json_incref(u->note)),
    };
    j->explained = u->reason != R_NONE && u->error_code && u->error_message &&
                   *u->error_message;
    update_fini(u);
    *u = plain; /* its note lives as long as the world */
    j->phase = AT_SETTLE;
    ledger_kick(w, d);
}

/* Its call was not made, or aborted. */
static void
let_go(struct world *w, struct daemon *d, struct job *j)
{
    if (!j->give_back) {
        ledger_release(d, j);
        return;
    }
    step_back(&j->req, &j->update);
    to_settle(w, d, j);
}

void
runner_back(struct world *w, struct daemon *d, struct job *j)
{
    j->give_back = true;
    let_go(w, d, j);
}

static void send_call(struct world *w, struct daemon *d, struct job *j);

/* What the outside answered, from the request's script. */
static void
judge(const struct world *w, const struct job *j, struct outcome *o)
{
    const struct script *c = &w->scripts[j->req.id - 1];
    json_int_t polls =
        json_integer_value(json_object_get(j->req.note, "poll_count"));
    if (j->rounds < c->nexts)
        outcome_set(o, V_NEXT, R_NONE, "another round");
    else if (j->req.retry_attempt < c->fails)
        outcome_set(o, V_RETRY, R_UNAVAILABLE, "not now");
    else if (polls < c->waits)
        outcome_set(o, V_WAIT, R_NONE, "not yet");
    else if (c->hopeless)
        outcome_set(o, V_FAIL, R_CONFIG, "never");
    else
        outcome_set(o, V_DONE, R_NONE, "%s", "");
    o->delay = o->verdict == V_WAIT ? c->wait : 0;
}

static void
reply(struct world *w, struct daemon *d, void *arg, int64_t call)
{
    struct job *j = arg;
    struct outcome o;
    if (j->phase != AT_CALL || j->call != (int)call)
        return;
    outcome_init(&o);
    judge(w, j, &o);
    step(&j->req, &o, job_now(w, d, j), 0, &j->update);
    outcome_fini(&o);
    say(w, d, "has the reply of r%d: %s", (int)j->req.id,
        j->update.again ? "next round" : j->update.verb);
    if (!j->update.again || d->stopping) {
        if (j->update.again) {
            update_fini(&j->update);
            step_back(&j->req, &j->update);
        }
        to_settle(w, d, j);
        return;
    }
    j->rounds++;
    j->req.note = world_note(w, json_incref(j->update.note));
    update_fini(&j->update);
    send_call(w, d, j);
}

static void
take_effect(struct world *w, struct daemon *none, void *arg, int64_t n)
{
    const struct effect *e = arg;
    (void)none;
    (void)n;
    if (e->job->call == e->call) /* not aborted before */
        check_effect(w, e->id, e->token);
}

static void
poison(struct world *w, struct daemon *d, void *arg, int64_t call)
{
    const struct job *j = arg;
    if (j->phase != AT_CALL || j->call != (int)call)
        return;
    check_kill(w, d, j);
    daemon_die(w, d, "is killed by a poisoned request");
}

static void
send_call(struct world *w, struct daemon *d, struct job *j)
{
    const struct script *c = &w->scripts[j->req.id - 1];
    struct effect *e = world_new(w, sizeof(*e));
    check_send(w, j);
    j->phase = AT_CALL;
    j->call++;
    *e = (struct effect){j, j->req.id, j->req.lease * 16 + j->rounds, j->call};
    usec_t span = c->call + between(w, 0, c->call / 2);
    at(w, span / 4, take_effect, NULL, e, 0);
    if (c->poison)
        at(w, span / 2, poison, d, j, j->call);
    at(w, span, reply, d, j, j->call);
}

static void
work(struct world *w, struct daemon *d, void *arg, int64_t n)
{
    struct job *j = arg;
    usec_t end = policy_timeout_at(&j->req.policy, j->req.deadline);
    (void)n;
    if (j->phase != AT_RUNNER)
        return;
    if (j->dropped) {
        let_go(w, d, j);
    } else if (end != 0 && job_now(w, d, j) >= end) {
        step_expired(&j->req, &j->update);
        to_settle(w, d, j);
    } else if (d->stopping) {
        runner_back(w, d, j);
    } else if (!j->req.started && !broken(w, RULE_MARK)) {
        j->phase = AT_MARK;
        ledger_kick(w, d);
    } else {
        send_call(w, d, j);
    }
}

void
runner_take(struct world *w, struct daemon *d, struct job *j)
{
    j->phase = AT_RUNNER;
    at(w, between(w, 0, MS), work, d, j, 0);
}

void
runner_marked(struct world *w, struct daemon *d, struct job *j)
{
    if (j->dropped || d->stopping) { /* durable, but not sent */
        j->give_back |= !j->dropped;
        let_go(w, d, j);
    } else {
        j->req.started = true;
        send_call(w, d, j);
    }
}

void
runner_drop(struct world *w, struct daemon *d, struct job *j, bool give_back)
{
    if (j->phase != AT_RUNNER && j->phase != AT_MARK && j->phase != AT_CALL)
        return; /* it is with the ledger */
    j->dropped = true;
    j->give_back |= give_back;
    if (j->phase != AT_CALL)
        return; /* dropped when it comes back, or is looked at */
    say(w, d, "aborts the call of r%d", (int)j->req.id);
    j->call++;
    let_go(w, d, j);
}

/* The ledger may hang in a connect: the runner looks by itself. */
void
runner_fence(struct world *w, struct daemon *d, void *arg, int64_t lease_until)
{
    (void)arg;
    if (d->lease_ok_until == lease_until && !broken(w, RULE_SELF_FENCE))
        ledger_drop_all(w, d);
}
