/* noop.c - the kind that does nothing, for tests and benchmarks. Its payload
 * steers the queue: doc/PROVIDERS.md lists the keys. */
#include <string.h>

#include "base/json.h"
#include "provider/ends.h"
#include "provider/list.h"

#define DURATION_MAX_MS ((int64_t)86400 * 1000)
#define WAIT_MS 100
#define COUNT_MAX 1000000

struct noop {
    int64_t duration_ms, fail_times, waits, wait_ms;
    const char *fail; /* "retry", "permanent" or "" */
};

static int
read_count(const struct request *r, const char *key, int64_t max, int64_t dflt,
           int64_t *out, struct err *err)
{
    return json_get_int_or(r->payload, "payload", key, 0, max, dflt, out, err);
}

static int
noop_read(const struct request *r, struct noop *n, struct err *err)
{
    const json_t *fail = json_object_get(r->payload, "fail");

    n->fail = "";
    if (!json_absent(fail)) {
        n->fail = json_is_string(fail) ? json_string_value(fail) : "?";
        if (strcmp(n->fail, "retry") != 0 && strcmp(n->fail, "permanent") != 0)
            return err_set(err, E_USAGE,
                           "payload.fail: '%s' is none of"
                           " retry, permanent",
                           n->fail);
    }
    if (read_count(r, "duration_ms", DURATION_MAX_MS, 0, &n->duration_ms,
                   err) != 0 ||
        read_count(r, "fail_times", COUNT_MAX, COUNT_MAX, &n->fail_times,
                   err) != 0 ||
        read_count(r, "waits", COUNT_MAX, 0, &n->waits, err) != 0 ||
        read_count(r, "wait_ms", DURATION_MAX_MS, WAIT_MS, &n->wait_ms, err) !=
            0)
        return -1;
    return 0;
}

static int
noop_plan(const struct request *r, const struct env *env, struct intent *intent,
          struct call *call, struct err *err)
{
    struct noop n = {0};

    (void)env;
    (void)intent;
    if (noop_read(r, &n, err) != 0)
        return -1;
    if (n.duration_ms != 0) {
        call->type = CALL_TIMER;
        call->timeout = n.duration_ms * USEC_MS;
    }
    return 0;
}

static void
noop_judge(const struct request *r, const struct env *env,
           const struct reply *reply, usec_t now, struct outcome *o)
{
    struct noop n = {0};
    struct err err;

    (void)env;
    (void)now;
    if (ends_judge(reply, o))
        return;
    if (noop_read(r, &n, &err) != 0) {
        outcome_set(o, V_FAIL, R_BUILDER_ERROR, "%s", err.text);
        return;
    }
    if (strcmp(n.fail, "retry") == 0 && r->retry_attempt < n.fail_times) {
        outcome_set(o, V_RETRY, R_UNAVAILABLE,
                    "attempt %d failed as its payload asks", r->retry_attempt);
        return;
    }
    if (json_int(r->note, "poll_count") < n.waits) {
        outcome_set(o, V_WAIT, R_NONE, "waiting as its payload asks");
        o->delay = n.wait_ms > 0 ? n.wait_ms * USEC_MS : 1;
        return;
    }
    if (strcmp(n.fail, "permanent") == 0) {
        outcome_set(o, V_FAIL, R_CONFIG, "failed as its payload asks");
        return;
    }
    outcome_set(o, V_DONE, R_NONE, "%s", "");
    o->result = json_deep_copy(json_object_get(r->payload, "result"));
}

const struct provider provider_noop = {
    .kind = "noop",
    .provider_api = NULL,
    .flags = PROVIDER_READS,
    .check = NULL,
    .plan = noop_plan,
    .judge = noop_judge,
};
