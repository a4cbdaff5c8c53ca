/* check_step.c - outcome -> update, row by row. */
#include "core/step.h"

#include <string.h>

#include "core/mem.h"
#include "unit.h"

#define MS USEC_MS
#define S USEC_S
/* 2025-01-01T00:00:00Z; the deadline of every row that has one is T0 + 10 s */
#define T0 ((usec_t)1735689600 * USEC_S)
#define DEADLINE (T0 + 10 * S)

/* A row: a request, its outcome, and the update that is expected. Zero is the
 * usual value of a member, so that a row shows what is special. */
struct row {
    const char *name;
    /* request */
    const char *kind; /* NULL = noop */
    const char *note;
    int attempt;
    int max_retries; /* 0 = no cap, n = cap of n, -1 = cap of none */
    bool deadline;
    usec_t stop_before; /* 0 = not set */
    usec_t now;         /* from T0 */
    /* outcome */
    enum verdict verdict;
    enum reason reason;
    usec_t delay;
    const char *text, *cursor, *error_code;
    int code;
    bool keep_partial;
    /* update */
    enum state to;
    const char *verb;
    enum reason out_reason, last_reason;
    usec_t out_delay;
    int out_attempt;
    const char *message, *out_code, *out_note;
};

#define NOTE3                                                                  \
    "{\"cursor\":{\"page\":2},\"poll_count\":3,\"poll_errors\":1,"             \
    "\"last_reason\":\"throttled\",\"message\":\"slow down\"}"
#define WHEN "2025-01-01T00:00:10.000Z"

static const struct row rows[] = {
    /* --- done --- */
    {.name = "done",
     .verdict = V_DONE,
     .text = "",
     .note = NOTE3,
     .code = 200,
     .to = S_COMPLETED,
     .verb = "complete"},
    {.name = "done counts although the deadline passed",
     .kind = "provision",
     .verdict = V_DONE,
     .text = "",
     .deadline = true,
     .now = 20 * S,
     .to = S_COMPLETED,
     .verb = "complete"},
    {.name = "done keeps the attempt",
     .verdict = V_DONE,
     .text = "",
     .attempt = 4,
     .to = S_COMPLETED,
     .verb = "complete",
     .out_attempt = 4},
    /* --- fail --- */
    {.name = "M5 M65 fail at once",
     .verdict = V_FAIL,
     .reason = R_CONFIG,
     .text = "bad key",
     .code = 422,
     .to = S_FAILED,
     .verb = "fail",
     .out_reason = R_CONFIG,
     .last_reason = R_CONFIG,
     .message = "bad key",
     .out_code = "PROVIDER_ERROR"},
    {.name = "the provider's own code wins",
     .verdict = V_FAIL,
     .reason = R_QUOTA,
     .text = "t",
     .error_code = "VcpuLimitExceeded",
     .to = S_FAILED,
     .verb = "fail",
     .out_reason = R_QUOTA,
     .last_reason = R_QUOTA,
     .message = "t",
     .out_code = "VcpuLimitExceeded"},
    {.name = "M5 a message is never empty",
     .verdict = V_FAIL,
     .reason = R_QUOTA,
     .text = "",
     .to = S_FAILED,
     .verb = "fail",
     .out_reason = R_QUOTA,
     .last_reason = R_QUOTA,
     .message = "a limit of the account",
     .out_code = "QUOTA_EXCEEDED"},
    {.name = "a reason is never none",
     .verdict = V_FAIL,
     .text = "odd",
     .to = S_FAILED,
     .verb = "fail",
     .out_reason = R_INTERNAL,
     .last_reason = R_INTERNAL,
     .message = "odd",
     .out_code = "INTERNAL_ERROR"},
    {.name = "M28 fail with kept units is partial",
     .kind = "provision",
     .verdict = V_FAIL,
     .reason = R_AUTH,
     .text = "no",
     .keep_partial = true,
     .to = S_FAILED,
     .verb = "fail",
     .out_reason = R_PARTIAL,
     .last_reason = R_AUTH,
     .message = "no",
     .out_code = "PROVIDER_ERROR"},
    {.name = "a definite failure past the deadline is failed",
     .kind = "provision",
     .verdict = V_FAIL,
     .reason = R_AUTH,
     .text = "no",
     .deadline = true,
     .now = 20 * S,
     .to = S_FAILED,
     .verb = "fail",
     .out_reason = R_AUTH,
     .last_reason = R_AUTH,
     .message = "no",
     .out_code = "PROVIDER_ERROR"},
    /* --- retry --- */
    {.name = "M69 first retry",
     .verdict = V_RETRY,
     .reason = R_THROTTLED,
     .text = "slow",
     .to = S_PENDING,
     .verb = "retry",
     .out_reason = R_THROTTLED,
     .last_reason = R_THROTTLED,
     .out_delay = 1 * S,
     .out_attempt = 1,
     .out_note = "{\"last_reason\":\"throttled\",\"message\":\"slow\"}"},
    {.name = "M69 F4 third retry",
     .verdict = V_RETRY,
     .reason = R_UNAVAILABLE,
     .text = "x",
     .attempt = 2,
     .to = S_PENDING,
     .verb = "retry",
     .out_reason = R_UNAVAILABLE,
     .last_reason = R_UNAVAILABLE,
     .out_delay = 4 * S,
     .out_attempt = 3,
     .out_note = "{\"last_reason\":\"unavailable\",\"message\":\"x\"}"},
    {.name = "Retry-After",
     .verdict = V_RETRY,
     .reason = R_THROTTLED,
     .text = "x",
     .delay = 7 * S,
     .to = S_PENDING,
     .verb = "retry",
     .out_reason = R_THROTTLED,
     .last_reason = R_THROTTLED,
     .out_delay = 7 * S,
     .out_attempt = 1,
     .out_note = "{\"last_reason\":\"throttled\",\"message\":\"x\"}"},
    {.name = "a retry keeps cursor and polls",
     .verdict = V_RETRY,
     .reason = R_CAPACITY,
     .text = "full",
     .note = NOTE3,
     .to = S_PENDING,
     .verb = "retry",
     .out_reason = R_CAPACITY,
     .last_reason = R_CAPACITY,
     .out_delay = 1 * S,
     .out_attempt = 1,
     .out_note = "{\"cursor\":{\"page\":2},\"poll_count\":3,"
                 "\"poll_errors\":1,\"last_reason\":\"capacity\","
                 "\"message\":\"full\"}"},
    {.name = "a retry with another cursor",
     .verdict = V_RETRY,
     .reason = R_CAPACITY,
     .text = "full",
     .note = NOTE3,
     .cursor = "{\"page\":5}",
     .to = S_PENDING,
     .verb = "retry",
     .out_reason = R_CAPACITY,
     .last_reason = R_CAPACITY,
     .out_delay = 1 * S,
     .out_attempt = 1,
     .out_note = "{\"cursor\":{\"page\":5},\"poll_count\":3,"
                 "\"poll_errors\":1,\"last_reason\":\"capacity\","
                 "\"message\":\"full\"}"},
    {.name = "a retry whose cursor ends",
     .verdict = V_RETRY,
     .reason = R_CAPACITY,
     .text = "full",
     .note = "{\"cursor\":{\"page\":2}}",
     .cursor = "null",
     .to = S_PENDING,
     .verb = "retry",
     .out_reason = R_CAPACITY,
     .last_reason = R_CAPACITY,
     .out_delay = 1 * S,
     .out_attempt = 1,
     .out_note = "{\"last_reason\":\"capacity\",\"message\":\"full\"}"},
    {.name = "M71 F6 refused: all used",
     .verdict = V_RETRY,
     .reason = R_RETRIABLE_HTTP_STATUS,
     .text = "HTTP 500",
     .attempt = 3,
     .max_retries = 3,
     .code = 500,
     .to = S_FAILED,
     .verb = "fail",
     .out_reason = R_MAX_RETRIES,
     .last_reason = R_RETRIABLE_HTTP_STATUS,
     .out_attempt = 3,
     .message = "HTTP 500 (all 3 retries used)",
     .out_code = "PROVIDER_ERROR"},
    {.name = "M71 one is left",
     .verdict = V_RETRY,
     .reason = R_RETRIABLE_HTTP_STATUS,
     .text = "HTTP 500",
     .attempt = 2,
     .max_retries = 3,
     .to = S_PENDING,
     .verb = "retry",
     .out_reason = R_RETRIABLE_HTTP_STATUS,
     .last_reason = R_RETRIABLE_HTTP_STATUS,
     .out_attempt = 3,
     .out_delay = 4 * S,
     .out_note = "{\"last_reason\":\"retriable_http_status\","
                 "\"message\":\"HTTP 500\"}"},
    {.name = "M71 max_retries before deadline",
     .verdict = V_RETRY,
     .reason = R_THROTTLED,
     .text = "x",
     .max_retries = -1,
     .deadline = true,
     .now = 20 * S,
     .to = S_FAILED,
     .verb = "fail",
     .out_reason = R_MAX_RETRIES,
     .last_reason = R_THROTTLED,
     .message = "x (all 0 retries used)",
     .out_code = "THROTTLING"},
    {.name = "M72 F7 refused at the deadline",
     .verdict = V_RETRY,
     .reason = R_CAPACITY,
     .text = "full",
     .deadline = true,
     .now = 9 * S,
     .to = S_FAILED,
     .verb = "fail",
     .out_reason = R_DEADLINE,
     .last_reason = R_CAPACITY,
     .message =
         "full (no retry: it could not start before the deadline " WHEN ")",
     .out_code = "INSUFFICIENT_CAPACITY"},
    {.name = "M72 F7 one usec earlier it is tried",
     .verdict = V_RETRY,
     .reason = R_CAPACITY,
     .text = "full",
     .deadline = true,
     .now = 9 * S - 1,
     .to = S_PENDING,
     .verb = "retry",
     .out_reason = R_CAPACITY,
     .last_reason = R_CAPACITY,
     .out_delay = 1 * S,
     .out_attempt = 1,
     .out_note = "{\"last_reason\":\"capacity\",\"message\":\"full\"}"},
    {.name = "M72 F7 buffer 500 ms",
     .verdict = V_RETRY,
     .reason = R_CAPACITY,
     .text = "full",
     .deadline = true,
     .stop_before = 500 * MS,
     .now = 8500 * MS,
     .to = S_FAILED,
     .verb = "fail",
     .out_reason = R_DEADLINE,
     .last_reason = R_CAPACITY,
     .message = "full (no retry",
     .out_code = "INSUFFICIENT_CAPACITY"},
    {.name = "M72 provision with 600 s left is retried",
     .kind = "provision",
     .verdict = V_RETRY,
     .reason = R_THROTTLED,
     .text = "x",
     .deadline = true,
     .now = 0,
     .to = S_PENDING,
     .verb = "retry",
     .out_reason = R_THROTTLED,
     .last_reason = R_THROTTLED,
     .out_delay = 1 * S,
     .out_attempt = 1,
     .out_note = "{\"last_reason\":\"throttled\",\"message\":\"x\"}"},
    {.name = "provision: a retry refused before the deadline is failed",
     .kind = "provision",
     .verdict = V_RETRY,
     .reason = R_CAPACITY,
     .text = "full",
     .deadline = true,
     .now = 9500 * MS,
     .to = S_FAILED,
     .verb = "fail",
     .out_reason = R_DEADLINE,
     .last_reason = R_CAPACITY,
     .message = "full (no retry",
     .out_code = "INSUFFICIENT_CAPACITY"},
    {.name = "M28 a refused retry with kept units is partial",
     .kind = "provision",
     .verdict = V_RETRY,
     .reason = R_CAPACITY,
     .text = "full",
     .max_retries = -1,
     .keep_partial = true,
     .to = S_FAILED,
     .verb = "fail",
     .out_reason = R_PARTIAL,
     .last_reason = R_CAPACITY,
     .message = "full (all 0 retries used)",
     .out_code = "INSUFFICIENT_CAPACITY"},
    {.name = "M28 while retries are left nothing is partial",
     .kind = "provision",
     .verdict = V_RETRY,
     .reason = R_CAPACITY,
     .text = "full",
     .keep_partial = true,
     .to = S_PENDING,
     .verb = "retry",
     .out_reason = R_CAPACITY,
     .last_reason = R_CAPACITY,
     .out_delay = 1 * S,
     .out_attempt = 1,
     .out_note = "{\"last_reason\":\"capacity\",\"message\":\"full\"}"},
    /* --- deadline of provision and return --- */
    {.name = "M6 provision: a wait at the deadline is a timeout",
     .kind = "provision",
     .verdict = V_WAIT,
     .delay = 5 * S,
     .text = "1 of 2 machines are ready",
     .deadline = true,
     .now = 10 * S,
     .to = S_TIMEOUT,
     .verb = "timeout",
     .out_reason = R_TIMEOUT,
     .last_reason = R_TIMEOUT,
     .message = "the deadline " WHEN " passed: 1 of 2 machines are ready",
     .out_code = "TIMEOUT"},
    {.name = "M6 one usec before it waits",
     .kind = "provision",
     .verdict = V_WAIT,
     .delay = 5 * S,
     .text = "1 of 2",
     .deadline = true,
     .now = 10 * S - 1,
     .to = S_WAITING,
     .verb = "wait",
     .out_delay = 1,
     .out_note = "{\"poll_count\":1,\"poll_errors\":0,"
                 "\"message\":\"1 of 2\"}"},
    {.name = "return: a retry at the deadline is a timeout",
     .kind = "return",
     .verdict = V_RETRY,
     .reason = R_TASK_TERMINATED,
     .text = "lost",
     .deadline = true,
     .now = 10 * S,
     .to = S_TIMEOUT,
     .verb = "timeout",
     .out_reason = R_TIMEOUT,
     .last_reason = R_TASK_TERMINATED,
     .message = "the deadline " WHEN " passed: lost",
     .out_code = "TIMEOUT"},
    {.name = "provision: another round at the deadline is a timeout",
     .kind = "provision",
     .verdict = V_NEXT,
     .text = "",
     .note = NOTE3,
     .deadline = true,
     .now = 11 * S,
     .to = S_TIMEOUT,
     .verb = "timeout",
     .out_reason = R_TIMEOUT,
     .last_reason = R_THROTTLED,
     .message = "the deadline " WHEN " passed",
     .out_code = "TIMEOUT"},
    {.name = "the timeout keeps its reason with kept units",
     .kind = "provision",
     .verdict = V_WAIT,
     .delay = 1 * S,
     .text = "w",
     .keep_partial = true,
     .deadline = true,
     .now = 10 * S,
     .to = S_TIMEOUT,
     .verb = "timeout",
     .out_reason = R_TIMEOUT,
     .last_reason = R_TIMEOUT,
     .message = "the deadline " WHEN " passed: w",
     .out_code = "TIMEOUT"},
    {.name = "F7 a negative buffer moves the timeout too",
     .kind = "provision",
     .verdict = V_WAIT,
     .delay = 5 * S,
     .text = "w",
     .deadline = true,
     .stop_before = -1 * S,
     .now = 10500 * MS,
     .to = S_WAITING,
     .verb = "wait",
     .out_delay = 500 * MS,
     .out_note = "{\"poll_count\":1,\"poll_errors\":0,"
                 "\"message\":\"w\"}"},
    {.name = "without a deadline nothing is late",
     .kind = "provision",
     .verdict = V_WAIT,
     .delay = 5 * S,
     .text = "w",
     .now = 99999 * S,
     .to = S_WAITING,
     .verb = "wait",
     .out_delay = 5 * S,
     .out_note = "{\"poll_count\":1,\"poll_errors\":0,"
                 "\"message\":\"w\"}"},
    /* --- wait --- */
    {.name = "M56 H2 a wait consumes no attempt",
     .verdict = V_WAIT,
     .delay = 3 * S,
     .text = "polling",
     .attempt = 2,
     .note = NOTE3,
     .to = S_WAITING,
     .verb = "wait",
     .last_reason = R_THROTTLED,
     .out_delay = 3 * S,
     .out_attempt = 2,
     .out_note = "{\"cursor\":{\"page\":2},\"poll_count\":4,"
                 "\"poll_errors\":0,\"last_reason\":\"throttled\","
                 "\"message\":\"polling\"}"},
    {.name = "H7 a poll that failed is counted",
     .verdict = V_WAIT,
     .reason = R_NETWORK_ERROR,
     .delay = 3 * S,
     .text = "refused",
     .note = NOTE3,
     .to = S_WAITING,
     .verb = "wait",
     .out_reason = R_NETWORK_ERROR,
     .last_reason = R_NETWORK_ERROR,
     .out_delay = 3 * S,
     .out_note = "{\"cursor\":{\"page\":2},\"poll_count\":4,"
                 "\"poll_errors\":2,\"last_reason\":\"network_error\","
                 "\"message\":\"refused\"}"},
    {.name = "a wait with a cursor",
     .verdict = V_WAIT,
     .delay = 1 * S,
     .text = "",
     .cursor = "{\"a\":1}",
     .to = S_WAITING,
     .verb = "wait",
     .out_delay = 1 * S,
     .out_note = "{\"cursor\":{\"a\":1},\"poll_count\":1,"
                 "\"poll_errors\":0}"},
    {.name = "a wait without words drops the old ones",
     .verdict = V_WAIT,
     .delay = 1 * S,
     .text = "",
     .note = NOTE3,
     .cursor = "null",
     .to = S_WAITING,
     .verb = "wait",
     .last_reason = R_THROTTLED,
     .out_delay = 1 * S,
     .out_note = "{\"poll_count\":4,\"poll_errors\":0,"
                 "\"last_reason\":\"throttled\"}"},
    {.name = "a wait is cut to the deadline",
     .verdict = V_WAIT,
     .delay = 30 * S,
     .text = "w",
     .deadline = true,
     .now = 8 * S,
     .to = S_WAITING,
     .verb = "wait",
     .out_delay = 2 * S,
     .out_note = "{\"poll_count\":1,\"poll_errors\":0,"
                 "\"message\":\"w\"}"},
    {.name = "another kind past its deadline is due at once",
     .verdict = V_WAIT,
     .delay = 30 * S,
     .text = "w",
     .deadline = true,
     .now = 12 * S,
     .to = S_WAITING,
     .verb = "wait",
     .out_delay = 0,
     .out_note = "{\"poll_count\":1,\"poll_errors\":0,"
                 "\"message\":\"w\"}"},
    {.name = "a reason of long ago that nobody knows",
     .verdict = V_WAIT,
     .delay = 1 * S,
     .text = "w",
     .note = "{\"last_reason\":\"bogus\"}",
     .to = S_WAITING,
     .verb = "wait",
     .out_delay = 1 * S,
     .out_note = "{\"poll_count\":1,\"poll_errors\":0,"
                 "\"last_reason\":\"bogus\",\"message\":\"w\"}"},
    {.name = "a note that is no object",
     .verdict = V_WAIT,
     .delay = 1 * S,
     .text = "w",
     .note = "[1]",
     .to = S_WAITING,
     .verb = "wait",
     .out_delay = 1 * S,
     .out_note = "{\"poll_count\":1,\"poll_errors\":0,"
                 "\"message\":\"w\"}"},
    /* --- next --- */
    {.name = "next",
     .verdict = V_NEXT,
     .text = "",
     .note = NOTE3,
     .cursor = "{\"page\":3}",
     .to = S_PROCESSING,
     .verb = "",
     .out_note = "{\"cursor\":{\"page\":3},\"poll_count\":3,"
                 "\"poll_errors\":1,\"last_reason\":\"throttled\","
                 "\"message\":\"slow down\"}"},
    {.name = "next with nothing to note",
     .verdict = V_NEXT,
     .text = "",
     .deadline = true,
     .now = 20 * S,
     .to = S_PROCESSING,
     .verb = ""},
    /* --- back --- */
    {.name = "M60 F3 back: everything kept",
     .verdict = V_BACK,
     .text = "stop",
     .attempt = 2,
     .note = NOTE3,
     .to = S_PENDING,
     .verb = "unclaim",
     .last_reason = R_THROTTLED,
     .out_attempt = 2,
     .out_note = NOTE3},
    {.name = "back past the deadline is still no verdict",
     .kind = "provision",
     .verdict = V_BACK,
     .text = "",
     .deadline = true,
     .now = 20 * S,
     .to = S_PENDING,
     .verb = "unclaim"},
};

/* The note that an end leaves: what was counted, and why the last attempt
 * failed; no cursor, no message. */
static json_t *
end_note(const struct row *row)
{
    json_t *note = json_object();

    if (row->note != NULL && row->note[0] == '{')
        note = (json_decref(note), json_loads(row->note, 0, NULL));
    (void)json_object_del(note, "cursor");
    (void)json_object_del(note, "message");
    if (row->last_reason != R_NONE)
        (void)json_object_set_new(note, "last_reason",
                                  json_string(reason_name(row->last_reason)));
    return note;
}

static json_t *
parse(const char *text)
{
    if (text == NULL)
        return NULL;
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    ck_assert_msg(value != NULL, "bad test: %s", text);
    return value;
}

static struct request *
request_of(const struct row *row)
{
    struct request *r = mem_zero(1, sizeof(*r));

    r->id = 7;
    r->lease = 77;
    r->lane = 9;
    r->audit = true;
    r->kind = mem_dup(row->kind != NULL ? row->kind : "noop");
    r->retry_attempt = row->attempt;
    r->deadline = row->deadline ? DEADLINE : 0;
    r->note = parse(row->note);
    r->policy = (struct policy){
        .max_retries = row->max_retries > 0    ? row->max_retries
                       : row->max_retries == 0 ? POLICY_UNSET
                                               : 0,
        .has_stop_before = row->stop_before != 0,
        .stop_before_deadline = row->stop_before,
        .backoff = 1 * S,
        .backoff_factor = 2,
        .max_backoff = 10 * S,
    };
    return r;
}

static void
check_text(const char *name, const char *what, const char *have,
           const char *want)
{
    if (want == NULL)
        ck_assert_msg(have == NULL, "%s: %s: %s", name, what, have);
    else
        ck_assert_msg(have != NULL && strncmp(have, want, strlen(want)) == 0,
                      "%s: %s: %s, not %s", name, what,
                      have != NULL ? have : "(none)", want);
}

static void
check_json(const char *name, const char *what, const json_t *have,
           const char *want)
{
    json_t *expected = parse(want);
    char *text = have != NULL ? json_dumps(have, JSON_ENCODE_ANY) : NULL;

    ck_assert_msg((have == NULL) == (expected == NULL) &&
                      (have == NULL || json_equal(have, expected)),
                  "%s: %s: %s, not %s", name, what,
                  text != NULL ? text : "(none)",
                  want != NULL ? want : "(none)");
    free(text);
    json_decref(expected);
}

static void
check_update(const struct row *row, const struct update *u)
{
    const char *name = row->name;
    bool final = state_is_final(u->to);

    ck_assert_int_eq(u->id, 7);
    ck_assert_int_eq(u->lease, 77);
    ck_assert_int_eq(u->lane, 9);
    ck_assert(u->audit);
    ck_assert_str_eq(u->kind, row->kind != NULL ? row->kind : "noop");
    ck_assert_msg(u->to == row->to, "%s: to %s", name, state_name(u->to));
    check_text(name, "verb", u->verb, row->verb);
    ck_assert_msg(u->again ==
                      (row->verdict == V_NEXT && row->to == S_PROCESSING),
                  "%s: again", name);
    ck_assert_msg(u->reason == row->out_reason, "%s: reason %s", name,
                  reason_name(u->reason));
    ck_assert_msg(u->last_reason == row->last_reason, "%s: last_reason %s",
                  name, reason_name(u->last_reason));
    ck_assert_msg(u->delay == row->out_delay, "%s: delay %lld", name,
                  (long long)u->delay);
    ck_assert_msg(u->retry_attempt == row->out_attempt, "%s: attempt %d", name,
                  u->retry_attempt);
    ck_assert_msg(u->response_status == row->code, "%s: status", name);
    check_text(name, "message", u->error_message, row->message);
    check_text(name, "code", u->error_code, row->out_code);
    if (final) {
        json_t *note = end_note(row);
        char *text = json_dumps(note, 0);
        check_json(name, "note", u->note,
                   json_object_size(note) != 0 ? text : NULL);
        free(text);
        json_decref(note);
    } else {
        check_json(name, "note", u->note, row->out_note);
    }
    check_json(name, "machines", u->machines, "[\"m\"]");
    check_json(name, "seen", u->seen, "[\"s\"]");
    check_json(name, "result", u->result, final ? "[\"r\"]" : NULL);
    check_json(name, "details", u->error_details,
               row->message != NULL ? "[\"d\"]" : NULL);
    ck_assert(u->definite && u->reroute);
    if (!u->again) /* only legal moves of states.def */
        ck_assert_msg(state_edge(S_PROCESSING, u->verb) != NULL &&
                          state_edge(S_PROCESSING, u->verb)->to == u->to,
                      "%s: no edge %s", name, u->verb);
}

START_TEST(outcome_to_update)
{
    const struct row *row = &rows[_i];
    struct request *r = request_of(row);
    struct outcome o;
    struct update u;

    outcome_init(&o);
    outcome_set(&o, row->verdict, row->reason, "%s", row->text);
    o.delay = row->delay;
    o.code = row->code;
    o.error_code = row->error_code;
    o.cursor = parse(row->cursor);
    o.keep_partial = row->keep_partial;
    o.definite = o.reroute = true;
    o.machines = parse("[\"m\"]");
    o.seen = parse("[\"s\"]");
    o.result = parse("[\"r\"]");
    o.details = parse("[\"d\"]");
    step(r, &o, T0 + row->now, 12345, &u);
    outcome_fini(&o);
    request_free(r); /* the update must not need it any more */
    check_update(row, &u);
    update_fini(&u);
}
END_TEST

/* F4: delays are exact, whatever the random number. */
START_TEST(F4_delays_have_no_jitter)
{
    static const uint32_t numbers[] = {0, 1, 0x80000000u, UINT32_MAX};
    const struct row row = {.note = NULL};

    for (int i = 0; i < COUNT(numbers); i++) {
        struct request *r = request_of(&row);
        struct outcome o;
        struct update u;
        outcome_init(&o);
        outcome_set(&o, V_RETRY, R_THROTTLED, "x");
        step(r, &o, T0, numbers[i], &u);
        ck_assert_int_eq(u.delay, 1 * S);
        update_fini(&u);
        outcome_fini(&o);
        request_free(r);
    }
}
END_TEST

/* Every verdict with every reason, attempt, time and kind: a legal move, and
 * an end that says why (invariant I2, design.md 3.5). */
START_TEST(step_is_total)
{
    static const char *const kinds[] = {"noop",  "provision", "return",
                                        "watch", "http",      "no such kind"};
    static const usec_t times[] = {0, 9 * S, 10 * S, 11 * S};
    struct row row = {.deadline = true, .max_retries = 3};

    for (int i = 0; i < COUNT(kinds) * COUNT(times) * REASON_COUNT * 5; i++) {
        int n = i;
        row.kind = kinds[n % COUNT(kinds)];
        n /= COUNT(kinds);
        row.now = times[n % COUNT(times)];
        n /= COUNT(times);
        row.attempt = n % 5;
        for (int v = V_DONE; v <= V_BACK; v++) {
            struct request *r = request_of(&row);
            struct outcome o;
            struct update u;
            outcome_init(&o);
            outcome_set(&o, (enum verdict)v, (enum reason)(n / 5), "%s",
                        n % 2 == 0 ? "" : "text");
            o.delay = 1 * S;
            o.keep_partial = n % 3 == 0;
            step(r, &o, T0 + row.now, 0, &u);
            ck_assert(u.again || state_edge(S_PROCESSING, u.verb) != NULL);
            ck_assert(u.delay >= 0);
            if (u.to == S_FAILED || u.to == S_TIMEOUT) {
                ck_assert(u.reason != R_NONE && u.last_reason != R_NONE);
                ck_assert_str_ne(u.error_message, "");
                ck_assert_str_ne(u.error_code, "");
            }
            update_fini(&u);
            outcome_fini(&o);
            request_free(r);
        }
    }
}
END_TEST

/* A text that came past outcome_set() costs the message, not the row. */
START_TEST(a_message_that_is_no_text_is_left_out)
{
    const struct row row = {.note = NOTE3};
    struct request *r = request_of(&row);
    struct outcome o;
    struct update u;

    outcome_init(&o);
    outcome_set(&o, V_RETRY, R_CAPACITY, "x");
    o.text[0] = '\xff';
    step(r, &o, T0, 0, &u);
    check_json("no text", "note", u.note,
               "{\"cursor\":{\"page\":2},\"poll_count\":3,"
               "\"poll_errors\":1,\"last_reason\":\"capacity\"}");
    update_fini(&u);
    outcome_fini(&o);
    request_free(r);
}
END_TEST

START_TEST(kind_is_a_word_that_outlives_the_request)
{
    static const char *const kinds[] = {
        "provision", "return", "noop", "watch",   "http",   "create",
        "configure", "start",  "stop", "restart", "delete",
    };

    for (int i = 0; i <= COUNT(kinds); i++) {
        const char *kind = i < COUNT(kinds) ? kinds[i] : "other";
        struct row row = {.kind = kind};
        struct request *r = request_of(&row);
        struct update u;
        step_back(r, &u);
        ck_assert_ptr_ne(u.kind, r->kind);
        ck_assert_str_eq(u.kind, i < COUNT(kinds) ? kind : "unknown");
        update_fini(&u);
        request_free(r);
    }
}
END_TEST

START_TEST(M60_back_keeps_everything)
{
    const struct row row = {.note = NOTE3, .attempt = 3, .deadline = true};
    struct request *r = request_of(&row);
    struct update u;

    step_back(r, &u);
    ck_assert_int_eq((int)u.to, S_PENDING);
    ck_assert_str_eq(u.verb, "unclaim");
    ck_assert_int_eq(u.retry_attempt, 3);
    ck_assert_int_eq(u.delay, 0);
    check_json("back", "note", u.note, NOTE3);
    ck_assert_ptr_ne(u.note, r->note);
    ck_assert_ptr_null(u.error_message);
    update_fini(&u);
    request_free(r);
}
END_TEST

static const struct expired_row {
    const char *note;
    enum reason last;
    const char *message, *out_note;
} expired_rows[] = {
    {NULL, R_TIMEOUT, "the deadline " WHEN " passed",
     "{\"last_reason\":\"timeout\"}"},
    {NOTE3, R_THROTTLED, "the deadline " WHEN " passed: slow down",
     "{\"poll_count\":3,\"poll_errors\":1,"
     "\"last_reason\":\"throttled\"}"},
};

START_TEST(M6_expired_before_a_round)
{
    const struct expired_row *e = &expired_rows[_i];
    const struct row row = {
        .kind = "http", .note = e->note, .deadline = true, .attempt = 2};
    struct request *r = request_of(&row);
    struct update u;

    step_expired(r, &u);
    ck_assert_int_eq((int)u.to, S_TIMEOUT);
    ck_assert_str_eq(u.verb, "timeout");
    ck_assert_int_eq((int)u.reason, R_TIMEOUT);
    ck_assert_int_eq((int)u.last_reason, (int)e->last);
    ck_assert_str_eq(u.error_code, "TIMEOUT");
    ck_assert_str_eq(u.error_message, e->message);
    ck_assert_int_eq(u.retry_attempt, 2);
    ck_assert(!u.definite);
    check_json("expired", "note", u.note, e->out_note);
    update_fini(&u);
    request_free(r);
}
END_TEST

START_TEST(a_refused_result_ends_as_internal)
{
    const struct row row = {.attempt = 1};
    struct request *r = request_of(&row);
    struct outcome o;
    struct update u;

    outcome_init(&o);
    outcome_set(&o, V_DONE, R_NONE, "%s", "");
    o.result = parse("[1]");
    o.machines = parse("[2]");
    o.seen = parse("[3]");
    o.definite = true;
    step(r, &o, T0, 0, &u);
    outcome_fini(&o);
    request_free(r);
    step_refused(&u, "22P05", "unsupported Unicode escape sequence");
    ck_assert_int_eq((int)u.to, S_FAILED);
    ck_assert_str_eq(u.verb, "fail");
    ck_assert_int_eq((int)u.reason, R_INTERNAL);
    ck_assert_int_eq((int)u.last_reason, R_INTERNAL);
    ck_assert_str_eq(u.error_code, "INTERNAL_ERROR");
    ck_assert_str_eq(u.error_message, "the database refused the result: "
                                      "unsupported Unicode escape sequence");
    check_json("refused", "details", u.error_details,
               "{\"sqlstate\":\"22P05\"}");
    ck_assert_ptr_null(u.result);
    ck_assert_ptr_null(u.machines);
    ck_assert_ptr_null(u.seen);
    check_json("refused", "note", u.note, "{\"last_reason\":\"internal\"}");
    /* the machines were not stored: the intent stays open for the clean-up */
    ck_assert(!u.definite && !u.again);
    ck_assert_int_eq(u.id, 7);
    ck_assert_int_eq(u.lease, 77);
    ck_assert_int_eq(u.lane, 9);
    ck_assert_int_eq(u.retry_attempt, 1);
    ck_assert_str_eq(u.kind, "noop");
    ck_assert(u.audit);
    update_fini(&u);
}
END_TEST

/* The note, which may be what was refused, is dropped as well, and an open
 * move becomes an end: nothing is tried a second time with the same bytes. */
START_TEST(a_refused_wait_ends_too)
{
    const struct row row = {.note = NOTE3};
    struct request *r = request_of(&row);
    struct outcome o;
    struct update u;

    outcome_init(&o);
    outcome_set(&o, V_WAIT, R_NONE, "w");
    o.delay = 5 * S;
    step(r, &o, T0, 0, &u);
    outcome_fini(&o);
    step_refused(&u, "23514", "check \xff violated");
    ck_assert_int_eq((int)u.to, S_FAILED);
    ck_assert_int_eq(u.delay, 0);
    check_json("refused", "note", u.note, "{\"last_reason\":\"internal\"}");
    ck_assert_str_eq(u.error_message,
                     "the database refused the result: check ? violated");
    update_fini(&u);
    request_free(r);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("step");
    TCase *t = tcase_create("step");

    tcase_add_loop_test(t, outcome_to_update, 0, COUNT(rows));
    tcase_add_test(t, F4_delays_have_no_jitter);
    tcase_add_test(t, step_is_total);
    tcase_add_test(t, a_message_that_is_no_text_is_left_out);
    tcase_add_test(t, kind_is_a_word_that_outlives_the_request);
    tcase_add_test(t, M60_back_keeps_everything);
    tcase_add_loop_test(t, M6_expired_before_a_round, 0, COUNT(expired_rows));
    tcase_add_test(t, a_refused_result_ends_as_internal);
    tcase_add_test(t, a_refused_wait_ends_too);
    suite_add_tcase(s, t);
    return unit_run(s);
}
