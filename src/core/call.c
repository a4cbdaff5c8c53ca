/* call.c - life and growth of calls and replies. */
#include "core/call.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"

static void
strings_free(char **list)
{
    for (char **p = list; p != NULL && *p != NULL; p++)
        free(*p);
    free(list);
}

static void
http_free(struct http_call *h)
{
    free(h->method);
    free(h->url);
    strings_free(h->headers);
    free(h->body);
    free(h->proxy);
    free(h->aws.service);
    free(h->aws.region);
    free(h->aws.profile);
    free(h->aws.credential_file);
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
    http_free(&c->http);
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
    free(r->body);
    free(r->headers);
    reply_init(r);
}

const char *
reply_header(const struct reply *r, const char *name, size_t *len)
{
    size_t n = strlen(name);

    for (const char *at = r->headers; at != NULL && *at != '\0';) {
        size_t line = strcspn(at, "\n");

        if (line > n && at[n] == ':' && strncasecmp(at, name, n) == 0) {
            size_t skip = n + 1 + strspn(at + n + 1, " \t");

            while (line > skip && strchr(" \t", at[line - 1]) != NULL)
                line--;
            *len = line - skip;
            return at + skip;
        }
        at += line + (at[line] == '\n');
    }
    return NULL;
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
