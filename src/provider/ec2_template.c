/* ec2_template.c - the keys of a template with providerApi "RunInstances"
 * (hostfactory.md 3). */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "provider/ec2.h"
#include "provider/ec2_keys.h"
#include "provider/template.h"

#define VOLUME_MAX_GIB 16384
#define IOPS_MIN 100
#define IOPS_MAX 64000
#define PRICE_MAX 1000000

static const char *const price_types[] = {"ondemand", "spot", NULL};
static const char *const volume_types[] = {"gp2", "gp3",      "io1",
                                           "io2", "standard", NULL};

static const char *const tenancies[] = {"default", "dedicated", "host", NULL};

/* Keys that only the other handlers can obey, and those of LSF that none of
 * them does: a machine that is not what its template says is worse than none.
 */
static const char *const foreign[] = {
    "fleetType",       "fleetRole",
    "vmTypesOnDemand", "vmTypesPriority",
    "percentOnDemand", "userData",
    "interfaceType",   "efaCount",
    "ec2FleetConfig",  "onDemandTargetCapacityRatio",
    "requestValidity"};

static bool
is_absent(const json_t *value)
{
    const char *text = template_text(value);

    return json_absent(value) || (text != NULL && *text == '\0');
}

static int
check_texts(const json_t *template_, struct err *err)
{
    static const char *const keys[] = {
        "imageId",         "vmType",           "keyName",
        "instanceProfile", "launchTemplateId", "launchTemplateVersion",
        "rootDeviceName",  "userDataScript",   "placementGroupName"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const json_t *value = json_object_get(template_, keys[i]);
        if (!is_absent(value) && template_text(value) == NULL)
            return template_refuse(err, keys[i], value, "a string");
    }
    return 0;
}

/* What must be there, unless a launch template may have it. */
static int
check_needed(const json_t *template_, struct err *err)
{
    json_t *subnets;

    if (!is_absent(json_object_get(template_, "launchTemplateId")))
        return 0;
    if (is_absent(json_object_get(template_, "imageId")))
        return template_refuse(err, "imageId", NULL, "an AMI");
    subnets = ec2_subnets_new(template_);
    size_t n = json_array_size(subnets);
    json_decref(subnets);
    if (n == 0)
        return template_refuse(err, "subnetId", NULL, "a subnet");
    if (ec2_vm_type(template_) == NULL)
        return template_refuse(err, "vmType",
                               json_object_get(template_, "vmType"),
                               "an instance type");
    return 0;
}

/* Of several types one would have to be chosen, and the order of the file does
 * not outlive the database, which sorts keys. */
static int
check_types(const json_t *template_, struct err *err)
{
    const json_t *types = json_object_get(template_, "vmTypes");

    if (is_absent(types) || !is_absent(json_object_get(template_, "vmType")) ||
        (json_is_object(types) && json_object_size(types) <= 1))
        return 0;
    return template_refuse(err, "vmTypes", types,
                           "one instance type with providerApi RunInstances,"
                           " or vmType");
}

static int
check_groups(const json_t *template_, struct err *err)
{
    const json_t *groups = json_object_get(template_, "securityGroupIds");
    size_t i;
    json_t *g;

    if (json_absent(groups))
        return 0;
    if (!json_is_array(groups))
        return template_refuse(err, "securityGroupIds", groups,
                               "a list of strings");
    json_array_foreach(groups, i, g)
    {
        if (template_text(g) == NULL)
            return template_refuse(err, "securityGroupIds", groups,
                                   "a list of strings");
    }
    return 0;
}

static int
check_whole(const json_t *template_, const char *key, int64_t min, int64_t max,
            struct err *err)
{
    const json_t *value = json_object_get(template_, key);
    json_int_t n = json_integer_value(value);
    char want[64];

    if (json_absent(value) || (json_is_integer(value) && n >= min && n <= max))
        return 0;
    (void)snprintf(want, sizeof(want), "a whole number %lld..%lld",
                   (long long)min, (long long)max);
    return template_refuse(err, key, value, want);
}

static int
check_volume(const json_t *template_, struct err *err)
{
    const json_t *iops = json_object_get(template_, "iops");
    const char *type;

    if (check_whole(template_, "rootDeviceVolumeSize", 1, VOLUME_MAX_GIB,
                    err) != 0 ||
        template_word(template_, "volumeType", volume_types, &type, err) != 0 ||
        check_whole(template_, "iops", IOPS_MIN, IOPS_MAX, err) != 0)
        return -1;
    if (json_is_integer(iops) &&
        (strcmp(type, "gp2") == 0 || strcmp(type, "standard") == 0))
        return template_refuse(err, "iops", iops,
                               "no iops unless volumeType is io1, io2 or gp3");
    return 0;
}

static int
check_place(const json_t *template_, struct err *err)
{
    const json_t *optimized = json_object_get(template_, "ebsOptimized");
    const char *tenancy;

    if (!is_absent(optimized) && !json_is_boolean(optimized))
        return template_refuse(err, "ebsOptimized", optimized, "true or false");
    if (is_absent(json_object_get(template_, "tenancy")))
        return 0;
    return template_word(template_, "tenancy", tenancies, &tenancy, err);
}

/* spotPrice is LSF's: priceType spot and maxSpotPrice in one. */
static int
check_price(const json_t *template_, struct err *err)
{
    const json_t *lsf = json_object_get(template_, "spotPrice");
    const char *price_type;
    double price;

    if (template_word(template_, "priceType", price_types, &price_type, err) !=
            0 ||
        template_number(template_, "maxSpotPrice", 0, PRICE_MAX, 0, &price,
                        err) != 0 ||
        template_number(template_, "spotPrice", 0, PRICE_MAX, 0, &price, err) !=
            0)
        return -1;
    if (!is_absent(lsf) && !ec2_is_spot(template_))
        return template_refuse(err, "spotPrice", lsf,
                               "no spotPrice where priceType is ondemand");
    return 0;
}

static int
check_foreign(const json_t *template_, struct err *err)
{
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        const json_t *value = json_object_get(template_, foreign[i]);
        if (!is_absent(value))
            return template_refuse(err, foreign[i], value,
                                   "no such key with providerApi RunInstances");
    }
    return 0;
}

int
ec2_run_template_check(const json_t *template_, struct err *err)
{
    double drain;

    if (check_price(template_, err) != 0 || check_texts(template_, err) != 0 ||
        check_types(template_, err) != 0 || check_needed(template_, err) != 0 ||
        check_groups(template_, err) != 0 ||
        check_volume(template_, err) != 0 || check_place(template_, err) != 0 ||
        check_foreign(template_, err) != 0)
        return -1;
    return template_number(template_, "drainTimeout", 0, EC2_DRAIN_MAX_S, 0,
                           &drain, err);
}
