/* request.h - the snapshot of one claimed row. Immutable after decode;
 * owned by exactly one runner until it is settled. */
#ifndef HOSTQ_CORE_REQUEST_H
#define HOSTQ_CORE_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/dur.h"
#include "core/policy.h"

struct request {
    int64_t id;            /* internal number; not shown outside */
    int64_t lease;         /* fence token; every write names it */
    int32_t lane;          /* lane it was claimed from (lane.h roles) */
    bool started;          /* the claim made it processing already */
    bool audit;            /* lane's audit = full: write every event */
    bool ordered;          /* its end lets the next of its ordering key go */
    char *request_id;      /* the text id that users know */
    char *namespace_;      /* provider instance or tenant */
    char *kind;            /* "provision", "return", "noop", "watch" */
    char *provider_api;    /* "process", ...; NULL where the kind has none */
    char *template_id;     /* NULL where the kind has none */
    int retry_attempt;     /* first try = 0 */
    int crashes;           /* unannounced deaths of its daemon so far */
    int intent;            /* counter; see design.md 3.3 */
    int64_t machine_count; /* units asked for; of a return: number of ids */
    usec_t db_now;         /* database clock when it was claimed */
    usec_t mono;           /* our monotonic clock when the reply arrived */
    usec_t created;        /* database clock */
    usec_t deadline;       /* database clock; 0 = none */
    json_t *template_;     /* copy made at submit, or NULL */
    json_t *payload;       /* what was asked; never NULL */
    json_t *note;          /* {cursor, poll_count, poll_errors, last_reason,
                              message} of earlier rounds, or NULL */
    json_t *context;       /* {intent:{token, body}, machines:[...],
                              elsewhere:n} as the kind needs, or NULL */
    const char *broken;    /* static: which of template, payload, context the
                              row has but C cannot hold; NULL = none */
    struct policy policy;  /* queue's, with the request's own over it */
};

/* Frees all members and the struct; NULL is allowed. */
void request_free(struct request *r);

/* The database's clock as far as this request knows: db_now + elapsed. */
usec_t request_now(const struct request *r, usec_t mono_now);

#endif
