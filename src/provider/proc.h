/* proc.h - what the process providers share: the keys of a process template,
 * units as machines, and what the end of a unit means. Pure. */
#ifndef HOSTQ_PROVIDER_PROC_H
#define HOSTQ_PROVIDER_PROC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "core/call.h"
#include "core/request.h"
#include "provider/provider.h"

#define PROC_API "process"
#define PROC_TEXT 256 /* bytes for words about one unit */

/* The keys of a template with providerApi "process" (doc/PROVIDERS.md). */
int proc_template_check(const json_t *template_, struct err *err);
/* Of a template that passed the check: what one unit is started from. NULL
 * where the key is absent. */
json_t *proc_argv_new(const json_t *template_);
json_t *proc_env_new(const json_t *template_); /* array of "KEY=VALUE" */
usec_t proc_ready_after(const json_t *template_);

/* A machine of the context counts as living: pending or running. */
bool proc_machine_lives(const json_t *machine);
/* Shutting down: some return has sent it SIGTERM, or will. */
bool proc_machine_leaves(const json_t *machine);
bool proc_machine_ended(const json_t *machine);
/* On this host and boot; one whose context names no host is taken for here.
 * Its pid means nothing anywhere else. */
bool proc_machine_is_here(const json_t *machine, const struct env *env);
/* 0 = not known. */
pid_t proc_machine_pid(const json_t *machine);
/* The context's machines by instance_id, and how many of them live. */
json_t *proc_known_new(const struct request *r);
int64_t proc_count_living(json_t *known);
/* Body of the open intent, or NULL. */
const json_t *proc_open_body(const struct request *r);
/* Has a round seen all units of the open intent? *since: when, database
 * clock; untouched where not. */
bool proc_is_started(const struct request *r, usec_t *since);
/* Adds the machine's process, with what is known of it, to a call. */
void proc_call_machine(struct call *call, const json_t *machine,
                       const char *request_id);

/* How a unit ended. */
struct proc_end {
    bool retriable;
    enum reason reason;
    const char *state; /* word for error_details */
    char text[PROC_TEXT];
};

/* False while the unit lives or was not looked at; else *end says how it
 * ended and whether another try may go better. was_ready: its exit status
 * says nothing against the template any more. */
bool proc_unit_ended(const struct unit *u, bool was_ready,
                     struct proc_end *end);
/* The machine object of a unit; message may be NULL. */
json_t *proc_machine_new(const struct unit *u, const struct request *r,
                         const struct env *env, const char *status,
                         const char *message);
/* The judge of provision (proc_tally.c): counts what the reply and the
 * context show, and decides. */
void proc_tally_judge(const struct request *r, const struct env *env,
                      const struct reply *reply, usec_t now, struct outcome *o);

#endif
