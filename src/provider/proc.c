/* proc.c - units as machines, and what the end of one means. */
#include "provider/proc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "provider/machine.h"

/* Exit statuses that a program can tell us something with (sysexits.h). All
 * others, 0 too, mean that the template is wrong: a machine does not end. */
static const struct exit_row {
    int status;
    bool retriable;
    enum reason reason;
    const char *words;
} exit_rows[] = {
    {75, true, R_UNAVAILABLE, "temporary failure"},
    {77, false, R_AUTH, "not allowed"},
    {78, false, R_CONFIG, "configuration error"},
};

static bool
has_status(const json_t *machine, const char *word)
{
    const char *status = json_str(machine, "status");

    return status != NULL && strcmp(status, word) == 0;
}

bool
proc_machine_lives(const json_t *machine)
{
    return has_status(machine, "running") || has_status(machine, "pending");
}

bool
proc_machine_leaves(const json_t *machine)
{
    return has_status(machine, "shutting-down");
}

bool
proc_machine_ended(const json_t *machine)
{
    return has_status(machine, "terminated");
}

json_t *
proc_known_new(const struct request *r)
{
    const json_t *machines = json_object_get(r->context, "machines");
    json_t *known = json_object();
    size_t i;
    json_t *m;

    json_array_foreach(machines, i, m)
    {
        const char *id = json_str(m, "instance_id");
        if (id != NULL)
            (void)json_object_set(known, id, m);
    }
    return known;
}

int64_t
proc_count_living(json_t *known)
{
    int64_t n = 0;
    const char *id;
    json_t *m;

    json_object_foreach(known, id, m) n += proc_machine_lives(m);
    return n;
}

const json_t *
proc_open_body(const struct request *r)
{
    return json_object_get(json_object_get(r->context, "intent"), "body");
}

bool
proc_is_started(const struct request *r, usec_t *since)
{
    const json_t *cursor = json_object_get(r->note, "cursor");
    const json_t *intent = json_object_get(cursor, "intent");

    if (!json_is_integer(intent) || json_integer_value(intent) != r->intent)
        return false;
    *since = json_int(cursor, "since");
    return true;
}

bool
proc_machine_is_here(const json_t *machine, const struct env *env)
{
    const char *host = json_str(machine, "host");
    const char *boot_id = json_str(machine, "boot_id");

    return host == NULL ||
           (strcmp(host, env->host) == 0 &&
            (boot_id == NULL || strcmp(boot_id, env->boot_id) == 0));
}

pid_t
proc_machine_pid(const json_t *machine)
{
    return (pid_t)json_int(json_object_get(machine, "details"), "pid");
}

void
proc_call_machine(struct call *call, const json_t *machine,
                  const char *request_id)
{
    const json_t *details = json_object_get(machine, "details");
    const char *id = json_str(machine, "instance_id");
    const char *owner = json_str(machine, "request_id");
    struct unit *u =
        call_add_unit(call, id, owner != NULL ? owner : request_id);

    u->pid = proc_machine_pid(machine);
    u->start_time = (uint64_t)json_int(details, "start_time");
}

static void
end_set(struct proc_end *end, bool retriable, enum reason reason,
        const char *state)
{
    end->retriable = retriable;
    end->reason = reason;
    end->state = state;
}

static void
end_exited(const struct unit *u, bool was_ready, struct proc_end *end)
{
    const char *words = "a machine must not end";

    end_set(end, false, R_CONFIG, "exited");
    if (was_ready) {
        end_set(end, true, R_TASK_TERMINATED, "exited");
        words = "after it was ready";
    }
    for (size_t i = 0; i < sizeof(exit_rows) / sizeof(exit_rows[0]); i++) {
        if (!was_ready && exit_rows[i].status == u->code) {
            end_set(end, exit_rows[i].retriable, exit_rows[i].reason, "exited");
            words = exit_rows[i].words;
        }
    }
    (void)snprintf(end->text, sizeof(end->text),
                   "unit %s: ended with status %d (%s)", u->instance_id,
                   u->code, words);
}

/* Errors of a start that say nothing against the template: the host has no
 * room, or its disks are not well, or a program is just being replaced. */
static const struct errno_row {
    int code;
    enum reason reason;
} errno_rows[] = {
    {EAGAIN, R_CAPACITY}, {ENOMEM, R_CAPACITY},     {EMFILE, R_CAPACITY},
    {ENFILE, R_CAPACITY}, {ENOSPC, R_CAPACITY},     {EDQUOT, R_CAPACITY},
    {EIO, R_UNAVAILABLE}, {ETXTBSY, R_UNAVAILABLE}, {EROFS, R_UNAVAILABLE},
};

static void
end_error(const struct unit *u, struct proc_end *end)
{
    end_set(end, false, R_CONFIG, "not started");
    for (size_t i = 0; i < sizeof(errno_rows) / sizeof(errno_rows[0]); i++)
        if (errno_rows[i].code == u->code)
            end_set(end, true, errno_rows[i].reason, "not started");
    if (u->text[0] != '\0')
        (void)snprintf(end->text, sizeof(end->text), "%s", u->text);
    else
        (void)snprintf(end->text, sizeof(end->text),
                       "unit %s: could not be started", u->instance_id);
    outcome_clean(end->text); /* the engine may have cut a character */
}

bool
proc_unit_ended(const struct unit *u, bool was_ready, struct proc_end *end)
{
    switch (u->state) {
    case UNIT_UNKNOWN:
    case UNIT_ALIVE:
        return false;
    case UNIT_EXITED:
        end_exited(u, was_ready, end);
        return true;
    case UNIT_ERROR:
        end_error(u, end);
        return true;
    case UNIT_KILLED:
        end_set(end, true, R_TASK_TERMINATED, "killed");
        (void)snprintf(end->text, sizeof(end->text),
                       "unit %s: ended by signal %d", u->instance_id, u->code);
        return true;
    case UNIT_GONE:
        break;
    }
    end_set(end, true, R_TASK_TERMINATED, "gone");
    (void)snprintf(end->text, sizeof(end->text),
                   "unit %s: gone, how it ended is not known", u->instance_id);
    return true;
}

static void
set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

json_t *
proc_machine_new(const struct unit *u, const struct request *r,
                 const struct env *env, const char *status, const char *message)
{
    const char *owner = u->request_id != NULL ? u->request_id : r->request_id;
    json_t *m = machine_new(u->instance_id, owner, PROC_API, status);

    set(m, "resource_id", json_string(env->host));
    set(m, "name", json_string(u->instance_id));
    set(m, "private_ip", json_string("127.0.0.1"));
    set(m, "instance_type", json_string(PROC_API));
    set(m, "availability_zone", json_string(env->host));
    set(m, "price_type", json_string("ondemand"));
    set(m, "units", json_integer(1));
    set(m, "host", json_string(env->host));
    set(m, "boot_id", json_string(env->boot_id));
    if (u->started_at > 0)
        set(m, "launch_time", json_integer(u->started_at / USEC_S));
    if (u->pid != 0)
        set(m, "details",
            json_pack("{s:I, s:I}", "pid", (json_int_t)u->pid, "start_time",
                      (json_int_t)u->start_time));
    if (message != NULL)
        set(m, "message", json_string(message));
    return m;
}
