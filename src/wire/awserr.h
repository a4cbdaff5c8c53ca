/* awserr.h - what an answer of an AWS Query API that is no success means
 * (aws.md 1b). Pure. */
#ifndef HOSTQ_WIRE_AWSERR_H
#define HOSTQ_WIRE_AWSERR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/outcome.h"

struct aws_error {
    char code[128];
    char message[512];
    char request_id[80];
};

enum aws_class {
    AWS_OK,
    AWS_THROTTLED,   /* slow down; nothing was done */
    AWS_TRANSIENT,   /* may have been done or not */
    AWS_CAPACITY,    /* no room now */
    AWS_QUOTA,       /* a limit of the account */
    AWS_AUTH,        /* not allowed, until somebody changes that */
    AWS_CONFIG,      /* template, parameters */
    AWS_CREDENTIALS, /* expired or unknown: read them again, then once more */
    AWS_CLOCK,       /* our clock is wrong: by the answer's Date, once more */
    AWS_NOT_FOUND,   /* an instance that is not known (yet) */
    AWS_OTHER,       /* another refusal: final */
};

/* The first Code and Message inside an Error, and the request's id, of all the
 * forms that EC2, Auto Scaling and STS use. False: no such document (HTML,
 * empty, cut); out is empty then. Too long texts are cut. */
bool aws_error_read(const void *body, size_t len, struct aws_error *out);

/* The code decides; where it is none that we know, or e is NULL (there was no
 * error document), the status. AWS_OK only without an error document.
 * temporary_credentials: the call was signed with a session token. */
enum aws_class aws_classify(int http_status, const struct aws_error *e,
                            bool temporary_credentials);

/* Verdict, reason, code outside (calls.md 3), text "CODE: MESSAGE (request
 * ID)" and details {awsCode, awsMessage, awsRequestId}. Not for AWS_OK. */
void aws_error_outcome(enum aws_class class, const struct aws_error *e,
                       int http_status, struct outcome *o);

#endif
