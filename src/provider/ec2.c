/* ec2.c - calls of the EC2 Query API and what their answers mean. */
#include "provider/ec2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/mem.h"
#include "provider/ends.h"
#include "wire/form.h"

#define BACKOFF_MAX (60 * USEC_S)

const json_t *
ec2_provider(const struct request *r)
{
    return json_object_get(r->context, "provider");
}

json_t *
ec2_cursor(const struct request *r, const char *key)
{
    return json_object_get(json_object_get(r->note, "cursor"), key);
}

/* AWS_CONNECTION_TIMEOUT_MS; 0 = the engine's own. */
static usec_t
connect_time(const json_t *provider)
{
    double s = json_number_value(json_object_get(provider, "connect_timeout"));
    double us = s * (double)USEC_S;

    if (!(us > 0))
        return 0;
    return us < (double)EC2_CALL_TIME ? (usec_t)us : EC2_CALL_TIME;
}

int
ec2_call(const json_t *provider, const struct buf *form, struct call *call,
         struct err *err)
{
    if (!buf_ok(form))
        return err_set(err, E_USAGE, "the call exceeds %zu bytes",
                       EC2_FORM_CAP);
    call->type = CALL_HTTP;
    call->timeout = EC2_CALL_TIME;
    call->http.method = mem_dup("POST");
    call->http.url = mem_dup(json_str(provider, "endpoint"));
    call->http.headers = mem_zero(2, sizeof(*call->http.headers));
    call->http.headers[0] =
        mem_dup("Content-Type: application/x-www-form-urlencoded; "
                "charset=utf-8");
    call->http.body = mem_dup(buf_str(form));
    call->http.body_len = form->len;
    call->http.aws.service = mem_dup("ec2");
    call->http.aws.region = mem_dup(json_str(provider, "region"));
    call->http.aws.profile = mem_dup(json_str(provider, "profile"));
    call->http.aws.credential_file =
        mem_dup(json_str(provider, "credential_file"));
    call->http.proxy = mem_dup(json_str(provider, "proxy"));
    call->http.connect_timeout = connect_time(provider);
    return 0;
}

void
ec2_add_ids(struct buf *form, json_t *ids)
{
    size_t i;
    json_t *id;

    json_array_foreach(ids, i, id)
    {
        form_addf(form, json_string_value(id), "InstanceId.%zu", i + 1);
    }
}

static void
unknown_outcome(struct outcome *o)
{
    o->reason = R_NETWORK_ERROR; /* lost, or no answer in time */
    o->definite = false;
}

bool
ec2_failed(const struct reply *reply, struct outcome *o, enum aws_class *class,
           struct aws_error *error)
{
    struct aws_error e = {0};

    *class = AWS_TRANSIENT;
    if (error != NULL)
        *error = e;
    if (ends_judge(reply, o)) {
        if (o->verdict == V_RETRY && reply->end != WIRE_REFUSED)
            unknown_outcome(o);
        return true;
    }
    if (reply->status >= 200 && reply->status < 300)
        return false;
    bool said = aws_error_read(reply->body, reply->body_len, &e);
    *class = aws_classify(reply->status, said ? &e : NULL, reply->temporary);
    aws_error_outcome(*class, said ? &e : NULL, reply->status, o);
    o->code = reply->status;
    /* Refused for good: nothing was made. One that may pass is sent again as
     * it is, for the same token. */
    o->definite = said && *class != AWS_TRANSIENT && *class != AWS_THROTTLED &&
                  *class != AWS_CREDENTIALS && *class != AWS_CLOCK;
    if (error != NULL && said)
        *error = e;
    return true;
}

void
ec2_unreadable(const struct err *err, struct outcome *o)
{
    outcome_set(o, V_RETRY, R_UNAVAILABLE, "the answer cannot be read: %s",
                err->text);
    o->definite = false;
}

void
ec2_wait_instead(const struct request *r, usec_t least, struct outcome *o)
{
    if (o->verdict != V_RETRY && o->verdict != V_FAIL)
        return;
    o->verdict = V_WAIT;
    o->definite = false;
    o->delay =
        usec_doubled(least, json_int(r->note, "poll_errors"), BACKOFF_MAX);
}

int
ec2_read(const struct reply *reply, const char *action,
         const struct xml_handler *h, void *arg, struct err *err)
{
    char root[80];

    (void)snprintf(root, sizeof(root), "%sResponse", action);
    return xml_read_as(root, reply->body, reply->body_len, h, arg, err);
}

json_t *
ec2_named_ids_new(const char *message)
{
    static const char id_bytes[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    json_t *ids = json_array();

    for (const char *at = message; (at = strstr(at, "i-")) != NULL;) {
        size_t n = 2 + strspn(at + 2, id_bytes);
        bool starts = at == message || strchr(" ',\"", at[-1]) != NULL;
        if (starts && n > 2)
            (void)json_array_append_new(ids, json_stringn(at, n));
        at += n;
    }
    return ids;
}

bool
ec2_is(const json_t *machine, const char *status)
{
    const char *is = json_str(machine, "status");

    return is != NULL && strcmp(is, status) == 0;
}

bool
ec2_lives(const json_t *machine)
{
    return ec2_is(machine, "pending") || ec2_is(machine, "running");
}

static bool
has_text(const json_t *object, const char *key)
{
    const char *text = json_str(object, key);

    return text != NULL && *text != '\0';
}

bool
ec2_is_ready(const json_t *machine)
{
    return ec2_is(machine, "running") && has_text(machine, "name") &&
           has_text(machine, "private_ip");
}
