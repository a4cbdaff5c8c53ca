#include "db/rows.h"

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
row_json(const PGresult *res, int row, const char *name)
{
    const char *t = row_text(res, row, name);
    json_t *v = t ? json_loads(t, JSON_DECODE_ANY, NULL) : NULL;
    /* jsonb holds larger numbers than 64 bits; as a real they will do. */
    if (t && !v)
        v = json_loads(t, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
    return v;
}

/* As row_json; *broken names the first that even a real does not hold. */
static json_t *
row_json_of(const PGresult *res, int row, const char *name, const char **broken)
{
    json_t *v = row_json(res, row, name);
    if (!v && !*broken && row_text(res, row, name))
        *broken = name;
    return v;
}

static char *
row_dup(const PGresult *res, int row, const char *name)
{
    const char *t = row_text(res, row, name);
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
    r->id = row_int(res, row, "id");
    r->lease = lease;
    r->lane = request_row_lane(res, row);
    r->started = row_bool(res, row, "started");
    r->audit = lane->audit;
    r->request_id = row_dup(res, row, "request_id");
    r->namespace_ = row_dup(res, row, "namespace");
    r->kind = row_dup(res, row, "kind");
    r->provider_api = row_dup(res, row, "provider_api");
    r->template_id = row_dup(res, row, "template_id");
    r->retry_attempt = (int)row_int(res, row, "retry_attempt");
    r->crashes = (int)row_int(res, row, "crashes");
    r->intent = (int)row_int(res, row, "intent");
    r->machine_count = row_int(res, row, "machine_count");
    r->db_now = row_int(res, row, "now_us");
    r->mono = mono;
    r->created = row_int(res, row, "created_us");
    r->deadline = row_int(res, row, "deadline_us");
    r->template_ = row_json_of(res, row, "template", &r->broken);
    r->payload = row_json_of(res, row, "payload", &r->broken);
    r->note = row_json(res, row, "note");
    r->context = row_json_of(res, row, "context", &r->broken);
    r->policy = lane->policy;
    json_t *own = row_json(res, row, "policy");
    override_policy(&r->policy, own);
    json_decref(own);
    return r;
}

usec_t
request_row_run_at(const PGresult *res, int row)
{
    return row_int(res, row, "run_at_us");
}

int32_t
request_row_lane(const PGresult *res, int row)
{
    return (int32_t)row_int(res, row, "lane_id");
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
    for (int i = 0; i < s.n; i++)
        s.v[i] = row_int(res, i, "id");
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
