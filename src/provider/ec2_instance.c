/* ec2_instance.c - the instances that answers of EC2 list: RunInstances,
 * DescribeInstances, and those that change a state (aws.md 1a, response
 * paths). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/mem.h"
#include "provider/ec2.h"
#include "provider/machine.h"

/* Where an instance is: DescribeInstances, or the others. */
static const char *const item_paths[] = {
    "reservationSet/item/instancesSet/item", "instancesSet/item"};

/* Text elements below an instance, and the key of machine.h that they are. */
static const struct {
    const char *path, *key;
} fields[] = {
    {"instanceId", "instance_id"},
    {"instanceState/name", "status"},
    {"currentState/name", "status"},
    {"privateIpAddress", "private_ip"},
    {"ipAddress", "public_ip"},
    {"privateDnsName", "private_dns"},
    {"instanceType", "instance_type"},
    {"placement/availabilityZone", "availability_zone"},
    {"stateReason/message", "message"},
    {"clientToken", "token"},
    {"instanceLifecycle", "lifecycle"},
    {"launchTime", "launched"},
};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

struct reading {
    json_t *list;
    json_t *item, *tags; /* of the instance that is being read */
    char *key;           /* of its tag */
    char *next;
};

/* The part of the path below an instance, or NULL; "" is the instance. */
static const char *
below(const char *path)
{
    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(item_paths[i]);
        if (strncmp(path, item_paths[i], n) != 0)
            continue;
        if (path[n] == '\0')
            return path + n;
        if (path[n] == '/')
            return path + n + 1;
    }
    return NULL;
}

static void
on_start(void *arg, const char *path)
{
    struct reading *r = arg;
    const char *rest = below(path);

    if (rest == NULL || *rest != '\0')
        return;
    json_decref(r->item);
    json_decref(r->tags);
    r->item = json_object();
    r->tags = json_object();
}

static void
put_text(json_t *object, const char *key, const char *text)
{
    if (text != NULL && *text != '\0')
        (void)json_object_set_new(object, key, json_string(text));
}

/* Private DNS name, else address (hostfactory.md 2), once it is running: HF
 * matches by it, so it must not change afterwards. */
static void
put_name(json_t *item)
{
    const char *dns = json_str(item, "private_dns");
    const char *ip = json_str(item, "private_ip");

    if (ec2_is(item, "running"))
        put_text(item, "name", dns != NULL ? dns : ip);
}

static void
put_tags(json_t *item, json_t *tags)
{
    put_text(item, "owner", json_str(tags, EC2_TAG_OWNER));
    put_text(item, "owner_request", json_str(tags, EC2_TAG_REQUEST));
    (void)json_object_del(tags, EC2_TAG_OWNER);
    (void)json_object_del(tags, EC2_TAG_REQUEST);
    const char *key;
    void *next;
    json_t *value;
    json_object_foreach_safe(tags, next, key, value)
    {
        if (strncmp(key, "aws:", 4) == 0)
            (void)json_object_del(tags, key);
    }
    if (json_object_size(tags) > 0)
        (void)json_object_set(item, "tags", tags);
}

static void
end_item(struct reading *r)
{
    const char *lifecycle = json_str(r->item, "lifecycle");
    bool spot = lifecycle != NULL && strcmp(lifecycle, "spot") == 0;
    const char *launched = json_str(r->item, "launched");
    struct err ignored;
    usec_t at;

    if (launched != NULL && dur_parse_utc(launched, &at, &ignored) == 0) {
        (void)json_object_set_new(r->item, "launch_time",
                                  json_integer((json_int_t)(at / USEC_S)));
        put_text(r->item, "price_type", spot ? "spot" : "ondemand");
    }
    (void)json_object_del(r->item, "launched");
    (void)json_object_del(r->item, "lifecycle");
    put_name(r->item);
    put_tags(r->item, r->tags);
    if (json_str(r->item, "instance_id") != NULL &&
        json_str(r->item, "status") != NULL)
        (void)json_array_append(r->list, r->item);
    json_decref(r->item);
    json_decref(r->tags);
    r->item = r->tags = NULL;
}

static void
on_end(void *arg, const char *path, const char *text)
{
    struct reading *r = arg;
    const char *rest = below(path);

    if (strcmp(path, "nextToken") == 0 && *text != '\0') {
        free(r->next);
        r->next = mem_dup(text);
    }
    if (rest == NULL || r->item == NULL)
        return;
    if (*rest == '\0') {
        end_item(r);
        return;
    }
    if (strcmp(rest, "tagSet/item/key") == 0 ||
        strcmp(rest, "tagSet/item") == 0) {
        free(r->key);
        r->key = rest[11] == '/' ? mem_dup(text) : NULL;
        return;
    }
    if (strcmp(rest, "tagSet/item/value") == 0 && r->key != NULL)
        (void)json_object_set_new(r->tags, r->key, json_string(text));
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (strcmp(rest, fields[i].path) == 0)
            put_text(r->item, fields[i].key, text);
    }
}

json_t *
ec2_instances_new(const struct reply *reply, const char *action, char **next,
                  struct err *err)
{
    static const struct xml_handler handler = {on_start, on_end};
    struct reading r = {.list = json_array()};
    int rc = ec2_read(reply, action, &handler, &r, err);

    json_decref(r.item);
    json_decref(r.tags);
    free(r.key);
    if (rc == 0 && next != NULL) {
        *next = r.next;
        r.next = NULL;
    }
    free(r.next);
    if (rc == 0)
        return r.list;
    json_decref(r.list);
    return NULL;
}

json_t *
ec2_machine_new(json_t *instance, const char *request_id,
                const char *provider_api, const json_t *provider)
{
    static const char *const taken[] = {"owner", "owner_request", "token"};
    json_t *m = machine_new(json_str(instance, "instance_id"), request_id,
                            provider_api, json_str(instance, "status"));
    const char *token = json_str(instance, "token");

    (void)json_object_update_missing(m, instance);
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        (void)json_object_del(m, taken[i]);
    put_text(m, "resource_id", token);
    put_text(m, "account", json_str(provider, "account"));
    put_text(m, "region", json_str(provider, "region"));
    if (ec2_lives(m))
        (void)json_object_del(m, "message"); /* why it is in a state: of none
                                                that lives */
    return m;
}
