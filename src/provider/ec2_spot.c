/* ec2_spot.c - see ec2_spot.h. */
#include "provider/ec2_spot.h"

#include <stdlib.h>
#include <string.h>

#include "base/dur.h"
#include "base/json.h"
#include "core/mem.h"
#include "provider/ec2.h"
#include "wire/form.h"

#define SPOT "DescribeSpotInstanceRequests"
#define NOTICE_S 120 /* from the notice to the end */
#define PAGE_MAX 1000

static bool
is_spot(const json_t *machine)
{
    const char *type = json_str(machine, "price_type");

    return type != NULL && strcmp(type, "spot") == 0;
}

bool
ec2_spot_lives(json_t *seen)
{
    size_t i;
    json_t *m;

    json_array_foreach(seen, i, m)
    {
        if (is_spot(m) && ec2_lives(m))
            return true;
    }
    return false;
}

void
ec2_spot_form(struct buf *form, const char *page)
{
    form_begin(form, SPOT, EC2_VERSION);
    form_add(form, "Filter.1.Name", "status-code");
    form_add(form, "Filter.1.Value.1", "marked-for-termination");
    form_add(form, "Filter.1.Value.2", "marked-for-stop");
    form_add_int(form, "MaxResults", PAGE_MAX);
    if (page != NULL)
        form_add(form, "NextToken", page);
}

struct reading {
    json_t *until;            /* instance_id -> seconds */
    char *instance, *updated; /* of the item in hand */
    char *next;
};

static void
keep(char **to, const char *text)
{
    free(*to);
    *to = text != NULL && *text != '\0' ? mem_dup(text) : NULL;
}

static void
on_end(void *arg, const char *path, const char *text)
{
    struct reading *r = arg;
    struct err ignored;
    usec_t at;

    if (strcmp(path, "nextToken") == 0)
        keep(&r->next, text);
    else if (strcmp(path, "spotInstanceRequestSet/item/instanceId") == 0)
        keep(&r->instance, text);
    else if (strcmp(path, "spotInstanceRequestSet/item/status/updateTime") == 0)
        keep(&r->updated, text);
    if (strcmp(path, "spotInstanceRequestSet/item") != 0)
        return;
    if (r->instance != NULL && r->updated != NULL &&
        dur_parse_utc(r->updated, &at, &ignored) == 0)
        (void)json_object_set_new(
            r->until, r->instance,
            json_integer((json_int_t)(at / USEC_S) + NOTICE_S));
    keep(&r->instance, NULL);
    keep(&r->updated, NULL);
}

int
ec2_spot_mark(const struct reply *reply, json_t *seen, char **next,
              struct err *err)
{
    static const struct xml_handler handler = {NULL, on_end};
    struct reading r = {.until = json_object()};
    int rc = ec2_read(reply, SPOT, &handler, &r, err);
    size_t i;
    json_t *m;

    json_array_foreach(seen, i, m)
    {
        json_t *until = json_object_get(r.until, json_str(m, "instance_id"));
        if (until == NULL)
            continue;
        json_t *marked = json_copy(m);
        (void)json_object_set(marked, "grace_until", until);
        (void)json_array_set_new(seen, i, marked);
    }
    *next = rc == 0 ? r.next : NULL;
    if (rc != 0)
        free(r.next);
    free(r.instance);
    free(r.updated);
    json_decref(r.until);
    return rc;
}
