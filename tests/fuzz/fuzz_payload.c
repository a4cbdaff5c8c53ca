/* fuzz_payload.c - what is asked of a provider: {"kind", "api", "template",
 * "payload", "row"}. Plan and judge neither crash nor break their contract,
 * which provider_plan() and provider_judge() assert, and step() takes every
 * outcome. What our own SQL adds to a request is no guess but one of rows. */
#include <string.h>

#include "core/mem.h"
#include "core/step.h"
#include "fuzz.h"
#include "provider/provider.h"

enum { NOW = 1000000 };

static const struct env env = {"deployment", "host", "boot", NULL};

#define MACHINE                                                                \
    "{\"instance_id\":\"p-0\",\"request_id\":\"req-1\","                       \
    "\"status\":\"running\",\"details\":{\"pid\":3,\"start_time\":4},"         \
    "\"provider_api\":\"process\",\"intent\":0}"

static const struct row {
    const char *note, *context; /* as JSON; NULL = none */
} rows[] = {
    {NULL, NULL},
    {NULL, "{\"machines\":[],\"owed\":2,\"elsewhere\":0}"},
    {NULL, "{\"machines\":[" MACHINE "],\"owed\":1,\"elsewhere\":1}"},
    {NULL, "{\"intent\":{\"token\":\"t\",\"body\":{\"command\":[\"sleep\"],"
           "\"units\":[\"p-1\"]}},\"machines\":[" MACHINE "],\"owed\":1}"},
    {"{\"poll_count\":3,\"cursor\":{\"term_at\":5,\"killed\":false}}",
     "{\"machines\":[" MACHINE "],\"elsewhere\":0}"},
    {"{\"poll_count\":3,\"cursor\":{\"term_at\":5,\"killed\":true}}",
     "{\"machines\":[" MACHINE "],\"elsewhere\":1}"},
};

static json_t *
object_of(const json_t *asked, const char *key)
{
    json_t *o = json_object_get(asked, key);

    return json_is_object(o) ? json_incref(o) : NULL;
}

static struct request *
request_of(const json_t *asked, const struct provider *p)
{
    struct request *r = mem_zero(1, sizeof *r);
    uint64_t number =
        (uint64_t)json_integer_value(json_object_get(asked, "row"));

    r->id = 1;
    r->request_id = mem_dup("req-1");
    r->namespace_ = mem_dup("default");
    r->kind = mem_dup(p->kind);
    r->provider_api = p->provider_api ? mem_dup(p->provider_api) : NULL;
    r->machine_count = 2;
    r->db_now = NOW;
    r->template_ = object_of(asked, "template");
    r->payload = object_of(asked, "payload");
    if (!r->payload)
        r->payload = json_object();
    const struct row *row = &rows[number % (sizeof rows / sizeof rows[0])];
    r->note = row->note ? json_loads(row->note, 0, NULL) : NULL;
    r->context = row->context ? json_loads(row->context, 0, NULL) : NULL;
    return r;
}

/* The engine answers for every unit that was named, each in its own way. */
static void
answer(const struct call *call, int way, struct reply *reply)
{
    reply_init(reply);
    reply->end = (enum wire_end)(way % (WIRE_LOST + 1));
    for (size_t i = 0; i < call->unit_count; i++) {
        struct unit *u = reply_add_unit(reply, call->units[i].instance_id,
                                        call->units[i].request_id);
        u->state = (enum unit_state)(((size_t)way + i) % (UNIT_ERROR + 1));
        u->pid = (pid_t)i + 1;
        u->code = way;
    }
}

static void
work(const struct provider *p, const struct request *r)
{
    struct intent intent;
    struct call call;
    struct err err = {E_NONE, ""};

    intent_init(&intent);
    call_init(&call);
    bool planned = provider_plan(p, r, &env, &intent, &call, &err) == 0;
    MUST(planned || err.text[0]);
    for (int way = 0; planned && way < 30; way++) {
        struct reply reply;
        struct outcome o;
        struct update u;

        answer(&call, way, &reply);
        outcome_init(&o);
        provider_judge(p, r, &env, &reply, NOW + way, &o);
        step(r, &o, NOW + way, 0, &u);
        MUST(u.id == r->id);
        update_fini(&u);
        outcome_fini(&o);
        reply_fini(&reply);
    }
    call_fini(&call);
    intent_fini(&intent);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *asked = json_loadb((const char *)data, size, 0, NULL);
    const char *kind = json_string_value(json_object_get(asked, "kind"));
    const char *api = json_string_value(json_object_get(asked, "api"));
    const struct provider *p = kind ? provider_find(kind, api) : NULL;

    if (p) {
        struct request *r = request_of(asked, p);
        struct err err;
        const char *found;
        /* Others never get as far: submit refuses them. */
        if (!r->template_ || template_check(r->template_, &found, &err) == 0)
            work(p, r);
        request_free(r);
    }
    json_decref(asked);
    return 0;
}
