/* ec2_spot.h - which spot machines are about to be taken (aws.md 1e). Pure. */
#ifndef HOSTQ_PROVIDER_EC2_SPOT_H
#define HOSTQ_PROVIDER_EC2_SPOT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/call.h"

/* Is one of the machines that were seen a spot machine that lives? */
bool ec2_spot_lives(json_t *seen);
/* Asks for the notices there are; page: token of the page, or NULL. */
void ec2_spot_form(struct buf *form, const char *page);
/* Puts a copy with grace_until, in seconds since 1970, in the place of each of
 * seen that the answer names. *next: as ec2_instances_new(). -1: the answer
 * cannot be read; seen may have some of it. */
int ec2_spot_mark(const struct reply *reply, json_t *seen, char **next,
                  struct err *err);

#endif
