/* ec2_launch.c - see ec2_launch.h; names of parameters: aws-wire-names.txt.
 *
 * The request's networking replaces the template's keys; its placement says
 * in which zones, and its metadata at which price. */
#include "provider/ec2_launch.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "core/mem.h"
#include "provider/ec2.h"
#include "provider/ec2_keys.h"
#include "provider/tags.h"
#include "wire/form.h"

#define ROOT_DEVICE "/dev/xvda"
#define SUBNETS "DescribeSubnets"

static const json_t *
networking(const struct request *r, const char *key)
{
    return json_object_get(json_object_get(r->payload, "networking"), key);
}

static json_t *
zones_new(const struct request *r)
{
    return ec2_list_new(json_object_get(
        json_object_get(r->payload, "placement"), "availabilityZones"));
}

static json_t *
subnets_new(const struct request *r)
{
    json_t *own = ec2_list_new(networking(r, "subnetIds"));

    if (json_array_size(own) > 0)
        return own;
    json_decref(own);
    return ec2_subnets_new(r->template_);
}

static void
add_text(struct buf *form, const json_t *template_, const char *key,
         const char *name)
{
    const char *text = json_str(template_, key);

    if (text != NULL && *text != '\0')
        form_add(form, name, text);
}

static void
add_launch_template(struct buf *form, const json_t *t)
{
    const char *id = json_str(t, "launchTemplateId");

    if (id == NULL || *id == '\0')
        return;
    form_add(form, "LaunchTemplate.LaunchTemplateId", id);
    add_text(form, t, "launchTemplateVersion", "LaunchTemplate.Version");
}

/* An ARN or a name. */
static void
add_profile(struct buf *form, const json_t *t)
{
    const char *profile = json_str(t, "instanceProfile");
    bool arn = profile != NULL && strncmp(profile, "arn:", 4) == 0;

    add_text(form, t, "instanceProfile",
             arn ? "IamInstanceProfile.Arn" : "IamInstanceProfile.Name");
}

static void
add_volume(struct buf *form, const json_t *t)
{
    int64_t size = json_int(t, "rootDeviceVolumeSize");
    int64_t iops = json_int(t, "iops");
    const char *type = json_str(t, "volumeType");
    const char *device = json_str(t, "rootDeviceName");

    if (size == 0 && iops == 0 && (type == NULL || *type == '\0'))
        return; /* the root volume is the image's */
    form_add(form, "BlockDeviceMapping.1.DeviceName",
             device != NULL && *device != '\0' ? device : ROOT_DEVICE);
    if (size != 0)
        form_add_int(form, "BlockDeviceMapping.1.Ebs.VolumeSize", size);
    add_text(form, t, "volumeType", "BlockDeviceMapping.1.Ebs.VolumeType");
    if (iops != 0)
        form_add_int(form, "BlockDeviceMapping.1.Ebs.Iops", iops);
}

/* A public address can be asked for only on a network interface, and then
 * subnet and groups are the interface's. */
static void
add_network(struct buf *form, const struct request *r, const char *subnet)
{
    const json_t *own = networking(r, "securityGroupIds");
    const json_t *public_ip = networking(r, "associatePublicIp");
    bool card = json_is_boolean(public_ip);
    const char *prefix = card ? "NetworkInterface.1." : "";
    size_t i;
    json_t *group;

    CLEANUP_JSON json_t *groups =
        ec2_list_new(json_array_size(own) > 0
                         ? own
                         : json_object_get(r->template_, "securityGroupIds"));
    if (card) {
        form_add(form, "NetworkInterface.1.DeviceIndex", "0");
        form_add(form, "NetworkInterface.1.AssociatePublicIpAddress",
                 json_is_true(public_ip) ? "true" : "false");
    }
    if (subnet != NULL)
        form_addf(form, subnet, "%sSubnetId", prefix);
    json_array_foreach(groups, i, group)
    {
        form_addf(form, json_string_value(group), "%sSecurityGroupId.%zu",
                  prefix, i + 1);
    }
    if (subnet == NULL) {
        CLEANUP_JSON json_t *zones = zones_new(r);
        if (json_array_size(zones) > 0)
            form_add(form, "Placement.AvailabilityZone",
                     json_string_value(json_array_get(zones, 0)));
    }
}

/* Of the request, else of the template; NULL: up to the on-demand price. */
static const json_t *
max_price(const struct request *r)
{
    const json_t *metadata = json_object_get(r->payload, "metadata");
    const json_t *prices[] = {
        json_object_get(metadata, "max-spot-price"),
        json_object_get(r->template_, "maxSpotPrice"),
        json_object_get(r->template_, "spotPrice"),
    };

    for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
        if (!json_absent(prices[i]))
            return prices[i];
    }
    return NULL;
}

/* A decimal, never 2e-05; nine places, as in submit's check. */
static void
print_price(double price, char *text, size_t size)
{
    (void)snprintf(text, size, "%.9f", price);
    size_t len = strlen(text);
    while (text[len - 1] == '0')
        len--;
    text[text[len - 1] == '.' ? len - 1 : len] = '\0';
}

static void
add_price(struct buf *form, const struct request *r)
{
    const json_t *price = max_price(r);
    char text[40];

    if (!ec2_is_spot(r->template_))
        return;
    form_add(form, "InstanceMarketOptions.MarketType", "spot");
    if (json_is_number(price)) {
        print_price(json_number_value(price), text, sizeof(text));
        form_add(form, "InstanceMarketOptions.SpotOptions.MaxPrice", text);
    } else if (json_is_string(price)) {
        form_add(form, "InstanceMarketOptions.SpotOptions.MaxPrice",
                 json_string_value(price));
    }
}

static void
add_user_data(struct buf *form, const struct request *r)
{
    const char *text = json_str(r->context, "user_data");

    if (text == NULL || *text == '\0')
        return;
    size_t len = strlen(text);
    CLEANUP_FREE char *coded = mem_zero(len / 3 * 4 + 5, 1);
    (void)EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)text,
                          (int)len);
    form_add(form, "UserData", coded);
}

static void
add_tag(struct buf *form, int spec, int *n, const char *key, const char *value)
{
    ++*n;
    form_addf(form, key, "TagSpecification.%d.Tag.%d.Key", spec, *n);
    form_addf(form, value, "TagSpecification.%d.Tag.%d.Value", spec, *n);
}

static void
add_tags(struct buf *form, const struct request *r, const char *owner)
{
    static const char *const types[] = {"instance", "volume"};
    CLEANUP_JSON json_t *tags =
        tags_merge_new(json_object_get(r->template_, "instanceTags"),
                       json_object_get(r->payload, "tags"));
    const char *key;
    json_t *value;

    for (int spec = 1; spec <= 2; spec++) {
        int n = 0;
        form_addf(form, types[spec - 1], "TagSpecification.%d.ResourceType",
                  spec);
        add_tag(form, spec, &n, EC2_TAG_OWNER, owner);
        add_tag(form, spec, &n, EC2_TAG_REQUEST, r->request_id);
        json_object_foreach(tags, key, value)
        {
            add_tag(form, spec, &n, key, json_string_value(value));
        }
    }
}

void
ec2_launch_form(const struct request *r, const struct launch *l,
                struct buf *form)
{
    const json_t *t = r->template_;
    const char *type = ec2_vm_type(t);

    form_begin(form, "RunInstances", EC2_VERSION);
    form_add_int(form, "MinCount", 1);
    form_add_int(form, "MaxCount", l->count);
    form_add(form, "ClientToken", l->token);
    add_launch_template(form, t);
    add_text(form, t, "imageId", "ImageId");
    if (type != NULL)
        form_add(form, "InstanceType", type);
    add_text(form, t, "keyName", "KeyName");
    add_text(form, t, "placementGroupName", "Placement.GroupName");
    add_text(form, t, "tenancy", "Placement.Tenancy");
    if (json_is_true(json_object_get(t, "ebsOptimized")))
        form_add(form, "EbsOptimized", "true");
    add_profile(form, t);
    add_network(form, r, l->subnet);
    add_volume(form, t);
    add_price(form, r);
    add_user_data(form, r);
    add_tags(form, r, l->owner);
}

static const char *
chosen_subnet(const struct request *r)
{
    return json_str(json_object_get(r->note, "cursor"), "subnet");
}

char *
ec2_launch_subnet_new(const struct request *r)
{
    CLEANUP_JSON json_t *subnets = subnets_new(r);
    const char *chosen = chosen_subnet(r);

    return mem_dup(chosen != NULL
                       ? chosen
                       : json_string_value(json_array_get(subnets, 0)));
}

bool
ec2_launch_needs_zones(const struct request *r)
{
    CLEANUP_JSON json_t *zones = zones_new(r);
    CLEANUP_JSON json_t *subnets = subnets_new(r);

    return json_array_size(zones) > 0 && json_array_size(subnets) > 0 &&
           chosen_subnet(r) == NULL;
}

int
ec2_launch_plan_zones(const struct request *r, const json_t *provider,
                      struct call *call, struct err *err)
{
    CLEANUP_JSON json_t *subnets = subnets_new(r);
    CLEANUP_BUF struct buf form = BUF_INIT(EC2_FORM_CAP);
    size_t i;
    json_t *id;

    form_begin(&form, SUBNETS, EC2_VERSION);
    json_array_foreach(subnets, i, id)
    {
        form_addf(&form, json_string_value(id), "SubnetId.%zu", i + 1);
    }
    return ec2_call(provider, &form, call, err);
}

struct zone_reading {
    json_t *zones; /* borrowed: wanted */
    char *subnet;  /* of the item in hand */
    bool fits;
    char *chosen;
};

static void
zone_end(void *arg, const char *path, const char *text)
{
    struct zone_reading *z = arg;
    size_t i;
    json_t *zone;

    if (strcmp(path, "subnetSet/item/subnetId") == 0) {
        free(z->subnet);
        z->subnet = mem_dup(text);
    } else if (strcmp(path, "subnetSet/item/availabilityZone") == 0) {
        json_array_foreach(z->zones, i, zone)
        {
            z->fits |= strcmp(json_string_value(zone), text) == 0;
        }
    } else if (strcmp(path, "subnetSet/item") == 0) {
        if (z->fits && z->chosen == NULL) {
            z->chosen = z->subnet;
            z->subnet = NULL;
        }
        z->fits = false;
    }
}

static void
zone_start(void *arg, const char *path)
{
    (void)arg;
    (void)path;
}

void
ec2_launch_judge_zones(const struct request *r, const struct reply *reply,
                       struct outcome *o)
{
    static const struct xml_handler handler = {zone_start, zone_end};
    CLEANUP_JSON json_t *zones = zones_new(r);
    struct zone_reading z = {.zones = zones};
    enum aws_class class;
    struct err err;

    if (ec2_failed(reply, o, &class, NULL))
        return;
    if (ec2_read(reply, SUBNETS, &handler, &z, &err) != 0) {
        ec2_unreadable(&err, o);
    } else if (z.chosen == NULL) {
        outcome_set(o, V_FAIL, R_CONFIG,
                    "none of the subnets is in placement.availabilityZones");
        o->error_code = "VALIDATION_ERROR";
    } else {
        outcome_set(o, V_WAIT, R_NONE, "subnet %s is chosen", z.chosen);
        o->delay = USEC_MS;
        o->cursor = json_pack("{s:s}", "subnet", z.chosen);
    }
    free(z.subnet);
    free(z.chosen);
}
