/* ec2.h - what the handlers of EC2 share: calls, answers, instances as
 * machines, and the keys of their templates. Pure.
 *
 * A handler is told of its account in the request's context
 * (hostq.aws_context): provider {account, region, profile, credential_file,
 * endpoint, proxy, connect_timeout (s), pending_timeout (s)}, user_data,
 * machines [{instance_id, request_id, status, name, private_ip,
 * first_seen_us}]. Members may be absent. */
#ifndef HOSTQ_PROVIDER_EC2_H
#define HOSTQ_PROVIDER_EC2_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "core/call.h"
#include "core/outcome.h"
#include "core/request.h"
#include "provider/provider.h"
#include "wire/awserr.h"
#include "wire/xml.h"

#define EC2_VERSION "2016-11-15"
#define EC2_FORM_CAP ((size_t)256 * 1024) /* user data: 16 KiB at most */
#define EC2_CALL_TIME (60 * USEC_S)
#define EC2_TAG_OWNER "hf:owner"
#define EC2_TAG_REQUEST "hf:request"

/* The keys of a template that RunInstances is called with. */
int ec2_run_template_check(const json_t *template_, struct err *err);

/* Borrowed from the request: how its account is called, and a member of what
 * its last round left; NULL where there is none. */
const json_t *ec2_provider(const struct request *r);
json_t *ec2_cursor(const struct request *r, const char *key);

/* A POST of the form to the account of provider. -1: the form is too long. */
int ec2_call(const json_t *provider, const struct buf *form, struct call *call,
             struct err *err);
/* "InstanceId.N" of each. */
void ec2_add_ids(struct buf *form, json_t *ids);

/* Reads a success of that action (xml.h). -1: malformed, cut, or another
 * document, as a proxy's page is: nothing of it counts. */
int ec2_read(const struct reply *reply, const char *action,
             const struct xml_handler *h, void *arg, struct err *err);
/* The instances that an answer lists, as an array of objects with those keys
 * of machine.h that the answer names (status, name, private_ip, ...) and:
 * owner, owner_request (our tags), token (client token). *next: the token of
 * the next page, owned, or NULL. NULL: as ec2_read(). */
json_t *ec2_instances_new(const struct reply *reply, const char *action,
                          char **next, struct err *err);
/* The machine object of such an instance, of that request. */
json_t *ec2_machine_new(json_t *instance, const char *request_id,
                        const char *provider_api, const json_t *provider);

/* True: the call did not succeed and o says what that means: a definite
 * refusal is definite; an unknown outcome is a retry that leaves the intent
 * open. error (may be NULL) gets what AWS said. False: look at the body. */
bool ec2_failed(const struct reply *reply, struct outcome *o,
                enum aws_class *class, struct aws_error *error);
/* A success that cannot be read: unknown outcome. */
void ec2_unreadable(const struct err *err, struct outcome *o);
/* For rounds that only look: no attempt is used up, the next look comes after
 * a delay that doubles with each failure in a row, from least to a minute. */
void ec2_wait_instead(const struct request *r, usec_t least, struct outcome *o);
/* The ids that "The instance IDs 'i-1, i-2' do not exist" names. */
json_t *ec2_named_ids_new(const char *message);

/* Machines of the context. */
bool ec2_is(const json_t *machine, const char *status);
/* Pending or running. */
bool ec2_lives(const json_t *machine);
/* Running, with name and address: all that HostFactory needs. */
bool ec2_is_ready(const json_t *machine);

#endif
