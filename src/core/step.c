/* step.c - outcome -> state. The only place that decides it.
 *
 * Invariants: every path sets a legal verb (states.def); an end that is no
 * success has a reason, an error code and a message; nothing is lost, what
 * the outcome owned is in the update or released with the outcome. Called by
 * the runner after judge; never reads a clock. */
#include "core/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

#define MESSAGE_SIZE 640 /* an outcome's text and a sentence before it */

/* A request may be freed before its update is written, so the update names
 * the kind by a word that lives for ever. */
static const char *
kind_word(const char *kind)
{
    static const char *const kinds[] = {
        "provision", "return", "noop", "watch",   "http",   "create",
        "configure", "start",  "stop", "restart", "delete",
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i], kind) == 0)
            return kinds[i];
    }
    return "unknown";
}

/* Kinds that end as timeout after the round in hand; the others let a round
 * that outlives the deadline count (design.md 2). */
static bool
ends_at_deadline(const struct request *r)
{
    return strcmp(r->kind, "provision") == 0 || strcmp(r->kind, "return") == 0;
}

static bool
is_late(const struct request *r, usec_t now)
{
    usec_t end = policy_timeout_at(&r->policy, r->deadline);

    return end != 0 && now >= end;
}

/* json_string() gives NULL for what is no UTF-8: then the key stays away. */
static void
note_string(json_t *note, const char *key, const char *text)
{
    json_t *value = json_string(text);

    if (value == NULL || *text == '\0')
        (void)json_object_del(note, key);
    else
        (void)json_object_set(note, key, value);
    json_decref(value);
}

static enum reason
note_reason(const json_t *note)
{
    const char *name = json_string_value(json_object_get(note, "last_reason"));
    enum reason reason = R_NONE;

    if (name != NULL)
        (void)reason_parse(name, &reason);
    return reason;
}

static json_int_t
note_count(const json_t *note, const char *key)
{
    return json_integer_value(json_object_get(note, key));
}

/* The update goes to another thread: it shares no value with the request. */
static json_t *
note_copy_new(const struct request *r)
{
    return json_is_object(r->note) ? json_deep_copy(r->note) : json_object();
}

static void
note_give(json_t *note, struct update *out)
{
    if (json_object_size(note) != 0)
        out->note = json_incref(note);
    json_decref(note);
}

static void
note_cursor(json_t *note, const struct outcome *o)
{
    if (json_is_null(o->cursor))
        (void)json_object_del(note, "cursor");
    else if (o->cursor != NULL)
        (void)json_object_set(note, "cursor", o->cursor);
}

static void
update_begin(const struct request *r, struct update *out)
{
    memset(out, 0, sizeof(*out));
    out->id = r->id;
    out->lease = r->lease;
    out->lane = r->lane;
    out->kind = kind_word(r->kind);
    out->audit = r->audit;
    out->retry_attempt = r->retry_attempt;
}

static json_t *
take(json_t **value)
{
    json_t *taken = *value;

    *value = NULL;
    return taken;
}

/* Only an end has a result; every update has the status of its answer. The
 * cursor ends here: a person's retry starts anew. */
static void
end(const struct request *r, struct update *out, enum state to,
    const char *verb, struct outcome *o)
{
    json_t *note = note_copy_new(r);

    out->to = to;
    out->verb = verb;
    out->result = take(&o->result);
    (void)json_object_del(note, "cursor");
    (void)json_object_del(note, "message");
    if (out->last_reason != R_NONE)
        note_string(note, "last_reason", reason_name(out->last_reason));
    note_give(note, out);
}

static void
end_badly(const struct request *r, struct update *out, enum state to,
          const char *verb, enum reason reason, enum reason last,
          const char *code, const char *message, struct outcome *o)
{
    out->reason = reason;
    out->last_reason = last;
    end(r, out, to, verb, o);
    out->error_code = mem_dup(code);
    out->error_message =
        mem_dup(*message != '\0' ? message : reason_text(reason));
    out->error_details = take(&o->details);
}

static void
deadline_text(const struct request *r, char *text, size_t size)
{
    dur_print_utc(r->deadline, text, size);
}

static void
step_timeout(const struct request *r, struct outcome *o, struct update *out)
{
    char message[MESSAGE_SIZE];
    char when[40];
    enum reason last = o->reason != R_NONE ? o->reason : note_reason(r->note);

    deadline_text(r, when, sizeof(when));
    (void)snprintf(message, sizeof(message), "the deadline %s passed%s%s", when,
                   o->text[0] != '\0' ? ": " : "", o->text);
    end_badly(r, out, S_TIMEOUT, "timeout", R_TIMEOUT,
              last != R_NONE ? last : R_TIMEOUT, "TIMEOUT", message, o);
}

static void
step_fail(const struct request *r, struct outcome *o, enum reason reason,
          const char *message, struct update *out)
{
    const char *code = o->error_code;

    if (code == NULL)
        code = reason_error_code(o->reason);
    if (o->keep_partial)
        reason = R_PARTIAL;
    end_badly(r, out, S_FAILED, "fail", reason, o->reason, code, message, o);
}

static void
step_refuse(const struct request *r, struct outcome *o, enum reason why,
            struct update *out)
{
    char message[MESSAGE_SIZE];
    char when[40];

    if (why == R_MAX_RETRIES) {
        (void)snprintf(message, sizeof(message), "%s (all %d retries used)",
                       o->text, r->policy.max_retries);
    } else {
        deadline_text(r, when, sizeof(when));
        (void)snprintf(message, sizeof(message),
                       "%s (no retry: it could not start before the deadline"
                       " %s)",
                       o->text, when);
    }
    step_fail(r, o, why, message, out);
}

static void
step_retry(const struct request *r, struct outcome *o, usec_t now,
           struct update *out)
{
    usec_t delay = 0;
    enum reason why = policy_retry(&r->policy, r->retry_attempt, now,
                                   r->deadline, o->delay, &delay);

    if (why != R_NONE) {
        step_refuse(r, o, why, out);
        return;
    }
    out->to = S_PENDING;
    out->verb = "retry";
    out->retry_attempt = r->retry_attempt + 1;
    out->delay = delay;
    out->reason = out->last_reason = o->reason;

    json_t *note = note_copy_new(r);
    note_cursor(note, o);
    note_string(note, "last_reason", reason_name(o->reason));
    note_string(note, "message", o->text);
    note_give(note, out);
}

static void
step_wait(const struct request *r, struct outcome *o, usec_t now,
          struct update *out)
{
    usec_t limit = policy_timeout_at(&r->policy, r->deadline);
    usec_t left = limit != 0 ? usec_sub(limit, now) : USEC_MAX;

    out->to = S_WAITING;
    out->verb = "wait";
    out->delay = o->delay < left ? o->delay : left;
    if (out->delay < 0)
        out->delay = 0;

    json_t *note = note_copy_new(r);
    json_int_t errors =
        o->reason != R_NONE ? note_count(note, "poll_errors") + 1 : 0;
    note_cursor(note, o);
    (void)json_object_set_new(note, "poll_count",
                              json_integer(note_count(note, "poll_count") + 1));
    (void)json_object_set_new(note, "poll_errors", json_integer(errors));
    if (errors != 0)
        note_string(note, "last_reason", reason_name(o->reason));
    note_string(note, "message", o->text);
    out->reason = o->reason;
    out->last_reason = note_reason(note);
    note_give(note, out);
}

static void
step_next(const struct request *r, struct outcome *o, struct update *out)
{
    json_t *note = note_copy_new(r);

    out->again = true;
    out->to = S_PROCESSING;
    out->verb = "";
    note_cursor(note, o);
    note_give(note, out);
}

static void
give_back(const struct request *r, struct update *out)
{
    out->to = S_PENDING;
    out->verb = "unclaim";
    out->last_reason = note_reason(r->note);
    note_give(note_copy_new(r), out);
}

void
step(const struct request *r, struct outcome *o, usec_t now, uint32_t rnd,
     struct update *out)
{
    bool late = ends_at_deadline(r) && is_late(r, now);

    (void)rnd; /* step.h says what for */
    if (o->reason == R_NONE && (o->verdict == V_FAIL || o->verdict == V_RETRY))
        o->reason = R_INTERNAL; /* total: an end without a reason is refused */
    update_begin(r, out);
    out->response_status = o->code;
    out->definite = o->definite;
    out->reroute = o->reroute;
    out->machines = take(&o->machines);
    out->seen = take(&o->seen);
    switch (o->verdict) {
    case V_DONE:
        end(r, out, S_COMPLETED, "complete", o);
        return;
    case V_FAIL:
        step_fail(r, o, o->reason, o->text, out);
        return;
    case V_BACK:
        give_back(r, out);
        return;
    case V_NEXT:
        if (late)
            break;
        step_next(r, o, out);
        return;
    case V_WAIT:
        if (late)
            break;
        step_wait(r, o, now, out);
        return;
    case V_RETRY:
        if (late)
            break;
        step_retry(r, o, now, out);
        return;
    }
    step_timeout(r, o, out);
}

void
step_expired(const struct request *r, struct update *out)
{
    struct outcome o;
    const char *message =
        json_string_value(json_object_get(r->note, "message"));

    outcome_init(&o);
    outcome_set(&o, V_WAIT, R_NONE, "%s", message != NULL ? message : "");
    update_begin(r, out);
    step_timeout(r, &o, out);
    outcome_fini(&o);
}

void
step_back(const struct request *r, struct update *out)
{
    update_begin(r, out);
    give_back(r, out);
}

void
step_refused(struct update *u, const char *sqlstate, const char *text)
{
    struct update plain = {
        .id = u->id,
        .lease = u->lease,
        .lane = u->lane,
        .kind = u->kind,
        .audit = u->audit,
        .retry_attempt = u->retry_attempt,
    };
    const struct request none = {.note = NULL};
    struct outcome o;

    outcome_init(&o);
    outcome_set(&o, V_FAIL, R_INTERNAL, "the database refused the result: %s",
                text);
    o.details = json_pack("{s:s}", "sqlstate", sqlstate);
    step_fail(&none, &o, R_INTERNAL, o.text, &plain);
    outcome_fini(&o);
    update_fini(u);
    *u = plain;
}

void
update_fini(struct update *u)
{
    free(u->error_code);
    free(u->error_message);
    json_decref(u->error_details);
    json_decref(u->result);
    json_decref(u->note);
    json_decref(u->machines);
    json_decref(u->seen);
    memset(u, 0, sizeof(*u));
}
