#include "db/rows.h"

#include "base/json.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

static int
column(const PGresult *res, const char *name)
{
    int c = PQfnumber(res, name);
    if (c < 0)
        abort();
    return c;
}

const char *
row_text(const PGresult *res, int row, const char *name)
{
    int c = column(res, name);
    return PQgetisnull(res, row, c) ? NULL : PQgetvalue(res, row, c);
}

int64_t
row_int(const PGresult *res, int row, const char *name)
{
    const char *t = row_text(res, row, name);
    return t ? strtoll(t, NULL, 10) : 0;
}

bool
row_bool(const PGresult *res, int row, const char *name)
{
    const char *t = row_text(res, row, name);
    return t && t[0] == 't';
}

/* A column of claim.sql. */
#define COLUMN_OF(name) CLAIM_##name,
#define NAME_OF(name) #name,
enum claim_column { CLAIM_COLUMNS(COLUMN_OF) };

static const char *
claim_text(const PGresult *res, int row, enum claim_column c)
{
    return PQgetisnull(res, row, (int)c) ? NULL : PQgetvalue(res, row, (int)c);
}

static int64_t
claim_int(const PGresult *res, int row, enum claim_column c)
{
    return strtoll(PQgetvalue(res, row, (int)c), NULL, 10); /* null: "" */
}

int
row_int_array(const char *text, int64_t *out, int max)
{
    int n = 0;
    if (!text || *text != '{')
        return 0;
    for (text++; *text && *text != '}' && n < max; n++) {
        char *end;
        out[n] = strtoll(text, &end, 10);
        if (end == text)
            break;
        text = *end == ',' ? end + 1 : end;
    }
    return n;
}

struct lane_row
lane_row(const PGresult *res, int row)
{
    struct lane_row l = {
        .lane = (int32_t)row_int(res, row, "lane"),
        .priority = (int)row_int(res, row, "priority"),
        .audit = row_bool(res, row, "audit"),
        .aging = row_int(res, row, "aging_us"),
        .key = (int32_t)row_int(res, row, "key"),
        .key_runs = row_bool(res, row, "key_runs"),
        .key_rate = row_bool(res, row, "key_rate"),
        .share = (int32_t)row_int(res, row, "share"),
        .sharers = (int)row_int(res, row, "sharers"),
        .has_due = row_text(res, row, "due_us") != NULL,
        .due = row_int(res, row, "due_us"),
        .ordered = row_bool(res, row, "ordered"),
        .urgency = strtod(row_text(res, row, "urgency"), NULL),
        .policy =
            {
                .max_retries = POLICY_UNSET,
                .has_stop_before = row_text(res, row, "stop_before_us") != NULL,
                .stop_before_deadline = row_int(res, row, "stop_before_us"),
                .backoff = row_int(res, row, "backoff_us"),
                .backoff_factor =
                    strtod(row_text(res, row, "backoff_factor"), NULL),
                .max_backoff = row_int(res, row, "max_backoff_us"),
            },
    };
    if (row_text(res, row, "max_retries"))
        l.policy.max_retries = (int)row_int(res, row, "max_retries");
    return l;
}

static json_t *
claim_json(const PGresult *res, int row, enum claim_column c)
{
    const char *t = claim_text(res, row, c);
    json_t *v = t ? json_loads(t, JSON_DECODE_ANY, NULL) : NULL;
    /* jsonb holds larger numbers than 64 bits; as a real they will do. */
    if (t && !v)
        v = json_loads(t, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
    return v;
}

/* As claim_json; *broken names the first that even a real does not hold. */
static json_t *
claim_json_of(const PGresult *res, int row, enum claim_column c,
              const char **broken)
{
    static const char *const names[] = {CLAIM_COLUMNS(NAME_OF)};
    json_t *v = claim_json(res, row, c);
    if (!v && !*broken && claim_text(res, row, c))
        *broken = names[c];
    return v;
}

static char *
claim_dup(const PGresult *res, int row, enum claim_column c)
{
    const char *t = claim_text(res, row, c);
    char *copy = t ? strdup(t) : NULL;
    if (t && !copy)
        abort();
    return copy;
}

/* The request's own settings over the queue's. A null unsets a cap. */
static void
override_policy(struct policy *p, const json_t *own)
{
    const json_t *v = json_object_get(own, "max_retries");
    if (v)
        p->max_retries =
            json_is_number(v) ? (int)json_number_value(v) : POLICY_UNSET;
    v = json_object_get(own, "stop_before_deadline_ms");
    if (v) {
        p->has_stop_before = json_is_number(v);
        p->stop_before_deadline = (usec_t)json_number_value(v) * USEC_MS;
    }
    v = json_object_get(own, "backoff_ms");
    if (v)
        p->backoff = (usec_t)json_number_value(v) * USEC_MS;
    v = json_object_get(own, "backoff_factor");
    if (v)
        p->backoff_factor = json_number_value(v);
    v = json_object_get(own, "max_backoff_ms");
    if (v)
        p->max_backoff = (usec_t)json_number_value(v) * USEC_MS;
}

struct request *
request_row(const PGresult *res, int row, const struct lane_row *lane,
            int64_t lease, usec_t mono)
{
    struct request *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->id = claim_int(res, row, CLAIM_id);
    r->lease = lease;
    r->lane = request_row_lane(res, row);
    r->started = *PQgetvalue(res, row, CLAIM_started) == 't';
    r->audit = lane->audit;
    r->ordered = lane->ordered;
    r->request_id = claim_dup(res, row, CLAIM_request_id);
    r->namespace_ = claim_dup(res, row, CLAIM_namespace);
    r->kind = claim_dup(res, row, CLAIM_kind);
    r->provider_api = claim_dup(res, row, CLAIM_provider_api);
    r->template_id = claim_dup(res, row, CLAIM_template_id);
    r->retry_attempt = (int)claim_int(res, row, CLAIM_retry_attempt);
    r->crashes = (int)claim_int(res, row, CLAIM_crashes);
    r->intent = (int)claim_int(res, row, CLAIM_intent);
    r->machine_count = claim_int(res, row, CLAIM_machine_count);
    r->db_now = claim_int(res, row, CLAIM_now_us);
    r->mono = mono;
    r->created = claim_int(res, row, CLAIM_created_us);
    r->deadline = claim_int(res, row, CLAIM_deadline_us);
    r->template_ = claim_json_of(res, row, CLAIM_template, &r->broken);
    r->payload = claim_json_of(res, row, CLAIM_payload, &r->broken);
    r->note = claim_json(res, row, CLAIM_note);
    r->context = claim_json_of(res, row, CLAIM_context, &r->broken);
    /* A return is the work of who made its machines. */
    const char *api = json_str(r->context, "provider_api");
    if (api) {
        free(r->provider_api);
        r->provider_api = mem_dup(api);
    }
    r->policy = lane->policy;
    json_t *own = claim_json(res, row, CLAIM_policy);
    override_policy(&r->policy, own);
    json_decref(own);
    return r;
}

usec_t
request_row_now(const PGresult *res, int row)
{
    return claim_int(res, row, CLAIM_now_us);
}

usec_t
request_row_run_at(const PGresult *res, int row)
{
    return claim_int(res, row, CLAIM_run_at_us);
}

int32_t
request_row_lane(const PGresult *res, int row)
{
    return (int32_t)claim_int(res, row, CLAIM_lane_id);
}

static int
cmp_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

struct id_set
id_set_of(const PGresult *res)
{
    struct id_set s = {NULL, res ? PQntuples(res) : 0};
    s.v = calloc((size_t)s.n + 1, sizeof *s.v);
    if (!s.v)
        abort();
    int id = s.n > 0 ? column(res, "id") : 0;
    bool sorted = true;
    for (int i = 0; i < s.n; i++) {
        s.v[i] = strtoll(PQgetvalue(res, i, id), NULL, 10);
        sorted = sorted && (i == 0 || s.v[i - 1] < s.v[i]);
    }
    if (!sorted)
        qsort(s.v, (size_t)s.n, sizeof *s.v, cmp_id);
    return s;
}

bool
id_set_has(const struct id_set *s, int64_t id)
{
    return bsearch(&id, s->v, (size_t)s->n, sizeof *s->v, cmp_id) != NULL;
}

void
id_set_fini(struct id_set *s)
{
    free(s->v);
    s->v = NULL;
    s->n = 0;
}
