/* call.c - life and growth of calls and replies. */
#include "core/call.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static void
strings_free(char **list)
{
    for (char **p = list; p != NULL && *p != NULL; p++)
        free(*p);
    free(list);
}

static void
units_free(struct unit *units, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(units[i].instance_id);
        free(units[i].request_id);
    }
    free(units);
}

static struct unit *
unit_add(struct unit **units, size_t *count, const char *instance_id,
         const char *request_id)
{
    *units = mem_grow(*units, *count, sizeof(**units));
    struct unit *u = &(*units)[(*count)++];
    memset(u, 0, sizeof(*u));
    u->instance_id = mem_dup(instance_id);
    u->request_id = mem_dup(request_id);
    return u;
}

void
call_init(struct call *c)
{
    memset(c, 0, sizeof(*c));
}

void
call_fini(struct call *c)
{
    strings_free(c->argv);
    strings_free(c->env);
    free(c->dir);
    free(c->output);
    units_free(c->units, c->unit_count);
    call_init(c);
}

void
reply_init(struct reply *r)
{
    memset(r, 0, sizeof(*r));
}

void
reply_fini(struct reply *r)
{
    units_free(r->units, r->unit_count);
    reply_init(r);
}

struct unit *
call_add_unit(struct call *c, const char *instance_id, const char *request_id)
{
    return unit_add(&c->units, &c->unit_count, instance_id, request_id);
}

struct unit *
reply_add_unit(struct reply *r, const char *instance_id, const char *request_id)
{
    return unit_add(&r->units, &r->unit_count, instance_id, request_id);
}
