/* ec2_launch.h - the body of RunInstances, from template and request. */
#ifndef HOSTQ_PROVIDER_EC2_LAUNCH_H
#define HOSTQ_PROVIDER_EC2_LAUNCH_H

#include "base/buf.h"
#include "core/call.h"
#include "core/outcome.h"
#include "core/request.h"

struct launch {
    int64_t count;      /* at most; at least one */
    const char *owner;  /* deployment */
    const char *token;  /* ClientToken */
    const char *subnet; /* NULL: none named */
};

/* What is needed to make count machines, with the owner, request and user
 * tags on instances and volumes. */
void ec2_launch_form(const struct request *r, const struct launch *l,
                     struct buf *form);
/* The subnet to use: of the request, else of the template; where the request
 * wants certain zones, what judge_zones chose. NULL: none. Caller frees. */
char *ec2_launch_subnet_new(const struct request *r);

/* Must a round ask first in which zones the subnets are? */
bool ec2_launch_needs_zones(const struct request *r);
int ec2_launch_plan_zones(const struct request *r, const json_t *provider,
                          struct call *call, struct err *err);
/* The first subnet in a wanted zone goes into the cursor; none: failed. */
void ec2_launch_judge_zones(const struct request *r, const struct reply *reply,
                            struct outcome *o);

#endif
