/* check_ec2_template.c - keys of a template with providerApi RunInstances
 * (hostfactory.md 3), and the words of each refusal: key, value, limit.
 * M37 M49 */
#include <stdlib.h>
#include <string.h>

#include "json_help.h"
#include "provider/ec2.h"
#include "provider/ec2_keys.h"
#include "provider/template.h"

/* Each row lays its keys over it; null removes. */
#define GOOD                                                                   \
    "{\"templateId\":\"T\",\"imageId\":\"ami-1\",\"vmType\":\"t3.medium\","    \
    "\"subnetId\":\"subnet-a\"}"
#define NO_KEY ": no such key with providerApi RunInstances expected"
#define ONE_TYPE                                                               \
    ": one instance type with providerApi RunInstances, or vmType expected"
#define SIZE_WANT ": a whole number 1..16384 expected"
#define IOPS_WANT ": a whole number 100..64000 expected"
#define NO_IOPS                                                                \
    ": no iops unless volumeType is io1, io2 or gp3"                           \
    " expected"

static const struct template_row {
    const char *over, *error; /* NULL = passes */
} template_rows[] = {
    {"{}", NULL},
    {"{\"someKey\":1,\"pgrpName\":\"p\"}", NULL},
    {"{\"imageId\":\"resolve:ssm:/a/b\"}", NULL},
    {"{\"imageId\":null}", "template.imageId is missing: an AMI expected"},
    {"{\"imageId\":\"\"}", "template.imageId is missing: an AMI expected"},
    {"{\"imageId\":7}", "template.imageId is 7: a string expected"},
    {"{\"subnetId\":null}", "template.subnetId is missing: a subnet expected"},
    {"{\"subnetId\":\" , \"}",
     "template.subnetId is missing: a subnet expected"},
    {"{\"subnetId\":[]}", "template.subnetId is missing: a subnet expected"},
    {"{\"subnetId\":[\"subnet-a,subnet-b\"]}", NULL},
    {"{\"subnetId\":null,\"subnetIds\":[\"subnet-a\"]}", NULL},
    {"{\"vmType\":null}",
     "template.vmType is missing: an instance type expected"},
    {"{\"vmType\":7}", "template.vmType is 7: a string expected"},
    {"{\"vmType\":null,\"vmTypes\":{\"c7i.large\":1}}", NULL},
    {"{\"vmType\":null,\"vmTypes\":{\"m5.large\":1,\"t3.nano\":1}}",
     "template.vmTypes is {\"m5.large\":1,\"t3.nano\":1}" ONE_TYPE},
    {"{\"vmType\":\"\",\"vmTypes\":[\"m5.large\"]}",
     "template.vmTypes is [\"m5.large\"]" ONE_TYPE},
    {"{\"vmTypes\":{\"m5.large\":1,\"t3.nano\":1}}", NULL},
    {"{\"vmType\":null,\"launchTemplateId\":\"lt-1\",\"vmTypes\":7}",
     "template.vmTypes is 7" ONE_TYPE},
    {"{\"imageId\":null,\"vmType\":null,\"subnetId\":null,"
     "\"launchTemplateId\":\"lt-1\"}",
     NULL},
    {"{\"imageId\":null,\"launchTemplateId\":\"\"}",
     "template.imageId is missing: an AMI expected"},
    {"{\"launchTemplateVersion\":3}",
     "template.launchTemplateVersion is 3: a string expected"},
    {"{\"keyName\":[]}", "template.keyName is []: a string expected"},
    {"{\"tenancy\":{}}",
     "template.tenancy is {}: default or dedicated or host expected"},
    {"{\"tenancy\":\"own\"}",
     "template.tenancy is \"own\": default or dedicated or host expected"},
    {"{\"tenancy\":\"\"}", NULL},
    {"{\"tenancy\":\"host\"}", NULL},
    {"{\"ebsOptimized\":true}", NULL},
    {"{\"ebsOptimized\":false}", NULL},
    {"{\"ebsOptimized\":\"\"}", NULL},
    {"{\"ebsOptimized\":\"yes\"}",
     "template.ebsOptimized is \"yes\": true or false expected"},
    {"{\"spotPrice\":0.1}", NULL},
    {"{\"priceType\":\"spot\",\"spotPrice\":0.1}", NULL},
    {"{\"priceType\":\"ondemand\",\"spotPrice\":0.5}",
     "template.spotPrice is 0.5: no spotPrice where priceType is ondemand"
     " expected"},
    {"{\"spotPrice\":\"0.1\"}",
     "template.spotPrice is \"0.1\": a number in 0..1000000 expected"},
    {"{\"userData\":\"k=v\"}", "template.userData is \"k=v\"" NO_KEY},
    {"{\"interfaceType\":\"efa\"}", "template.interfaceType is \"efa\"" NO_KEY},
    {"{\"efaCount\":1}", "template.efaCount is 1" NO_KEY},
    {"{\"ec2FleetConfig\":\"f\"}", "template.ec2FleetConfig is \"f\"" NO_KEY},
    {"{\"onDemandTargetCapacityRatio\":0.5}",
     "template.onDemandTargetCapacityRatio is 0.5" NO_KEY},
    {"{\"requestValidity\":30}", "template.requestValidity is 30" NO_KEY},
    {"{\"securityGroupIds\":null}", NULL},
    {"{\"securityGroupIds\":[\"sg-1\",\"\"]}", NULL},
    {"{\"securityGroupIds\":\"sg-1\"}",
     "template.securityGroupIds is \"sg-1\": a list of strings expected"},
    {"{\"securityGroupIds\":[1]}",
     "template.securityGroupIds is [1]: a list of strings expected"},
    {"{\"rootDeviceVolumeSize\":16384}", NULL},
    {"{\"rootDeviceVolumeSize\":null}", NULL},
    {"{\"rootDeviceVolumeSize\":8.5}",
     "template.rootDeviceVolumeSize is 8.5" SIZE_WANT},
    {"{\"rootDeviceVolumeSize\":\"8\"}",
     "template.rootDeviceVolumeSize is \"8\"" SIZE_WANT},
    {"{\"rootDeviceVolumeSize\":0}",
     "template.rootDeviceVolumeSize is 0" SIZE_WANT},
    {"{\"rootDeviceVolumeSize\":16385}",
     "template.rootDeviceVolumeSize is 16385" SIZE_WANT},
    {"{\"volumeType\":\"gp3\",\"iops\":100}", NULL},
    {"{\"volumeType\":\"io2\",\"iops\":64000}", NULL},
    {"{\"volumeType\":\"tape\"}", "template.volumeType is \"tape\": gp2 or gp3"
                                  " or io1 or io2 or standard expected"},
    {"{\"volumeType\":\"io1\",\"iops\":99}", "template.iops is 99" IOPS_WANT},
    {"{\"volumeType\":\"io1\",\"iops\":64001}",
     "template.iops is 64001" IOPS_WANT},
    {"{\"iops\":100}", "template.iops is 100" NO_IOPS},
    {"{\"volumeType\":\"gp3\",\"iops\":3000,\"vmType\":\"\","
     "\"vmTypes\":{}}",
     "template.vmType is \"\": an instance type expected"},
    {"{\"imageId\":\"a\\u0000b\"}",
     "template.imageId is \"a\\u0000b\": a string expected"},
    {"{\"iops\":true}", "template.iops is true" IOPS_WANT},
    {"{\"priceType\":7}", "template.priceType is 7: ondemand or spot"
                          " expected"},
    {"{\"volumeType\":\"standard\",\"iops\":100}",
     "template.iops is 100" NO_IOPS},
    {"{\"priceType\":\"spot\",\"maxSpotPrice\":0.05}", NULL},
    {"{\"maxSpotPrice\":\"0.05\"}",
     "template.maxSpotPrice is \"0.05\": a number in 0..1000000 expected"},
    {"{\"maxSpotPrice\":-1}",
     "template.maxSpotPrice is -1: a number in 0..1000000 expected"},
    {"{\"priceType\":\"heterogeneous\"}",
     "template.priceType is \"heterogeneous\": ondemand or spot expected"},
    {"{\"drainTimeout\":3600}", NULL},
    {"{\"drainTimeout\":3601}",
     "template.drainTimeout is 3601: a number in 0..3600 expected"},
    {"{\"fleetType\":\"instant\"}", "template.fleetType is \"instant\"" NO_KEY},
    {"{\"fleetRole\":\"r\"}", "template.fleetRole is \"r\"" NO_KEY},
    {"{\"percentOnDemand\":5}", "template.percentOnDemand is 5" NO_KEY},
    {"{\"vmTypesPriority\":\"\"}", NULL},
};

START_TEST(M37_template)
{
    const struct template_row *row = &template_rows[_i];
    json_t *t = lay_over(GOOD, row->over);
    struct err err = {.text = ""};
    int status = ec2_run_template_check(t, &err);

    if (row->error == NULL)
        ck_assert_msg(status == 0, "%s: %s", row->over, err.text);
    else
        ck_assert_msg(status == -1 && strcmp(err.text, row->error) == 0,
                      "%s: %s", row->over, err.text);
    json_decref(t);
}
END_TEST

/* JSON null is the same as no key. */
START_TEST(null_is_absent)
{
    static const char *const optional[] = {
        "keyName",      "securityGroupIds", "rootDeviceVolumeSize",
        "iops",         "volumeType",       "maxSpotPrice",
        "drainTimeout", "fleetType",        "priceType",
        "spotPrice",    "tenancy",          "ebsOptimized",
    };
    struct err err;

    for (int i = 0; i < COUNT(optional); i++) {
        json_t *t = lay_over(GOOD, "{}");
        (void)json_object_set_new(t, optional[i], json_null());
        ck_assert_msg(ec2_run_template_check(t, &err) == 0, "%s", err.text);
        json_decref(t);
    }
    json_t *t = lay_over(GOOD, "{}");
    (void)json_object_set_new(t, "imageId", json_null());
    ck_assert_int_eq(ec2_run_template_check(t, &err), -1);
    ck_assert_str_eq(err.text, "template.imageId is missing: an AMI expected");
    json_decref(t);
}
END_TEST

/* "a comma list, an array, an array of comma lists" */
START_TEST(lists_have_many_forms)
{
    static const char *const forms[] = {"\"a,b, c\"", "[\"a\",\"b\",\"c\"]",
                                        "[\"a,b\",\"\",7,\"c\"]",
                                        "[\" a ,,b\",\"c,\"]"};

    for (int i = 0; i < COUNT(forms); i++) {
        json_t *in = json_loads(forms[i], JSON_DECODE_ANY, NULL);
        json_t *list = ec2_list_new(in);
        json_t *want = json_pack("[sss]", "a", "b", "c");
        ck_assert_msg(json_equal(list, want), "%s", forms[i]);
        json_decref(want);
        json_decref(list);
        json_decref(in);
    }
    json_t *none = ec2_list_new(NULL);
    ck_assert_uint_eq(json_array_size(none), 0);
    json_decref(none);
}
END_TEST

START_TEST(keys_in_several_forms)
{
    static const struct {
        const char *template_, *subnets, *vm_type;
        bool spot;
    } rows[] = {
        {"{}", "[]", NULL, false},
        {"{\"subnetIds\":\"a,b\",\"subnetId\":\"c\",\"vmType\":\"t\","
         "\"vmTypes\":{\"u\":1}}",
         "[\"a\", \"b\"]", "t", false},
        {"{\"subnetIds\":[],\"subnetId\":\"c\",\"vmType\":\"\","
         "\"vmTypes\":{\"u\":1}}",
         "[\"c\"]", "u", false},
        {"{\"vmType\":null,\"vmTypes\":[\"u\"]}", "[]", NULL, false},
        {"{\"priceType\":\"spot\"}", "[]", NULL, true},
        {"{\"priceType\":null,\"spotPrice\":0.1}", "[]", NULL, true},
        {"{\"priceType\":\"ondemand\",\"spotPrice\":0.1}", "[]", NULL, false},
        {"{\"priceType\":7,\"spotPrice\":null}", "[]", NULL, false},
    };

    for (int i = 0; i < COUNT(rows); i++) {
        json_t *t = json_loads(rows[i].template_, 0, NULL);
        json_t *subnets = ec2_subnets_new(t);
        char *text = json_dumps(subnets, 0);
        ck_assert_str_eq(text, rows[i].subnets);
        ck_assert_pstr_eq(ec2_vm_type(t), rows[i].vm_type);
        ck_assert_msg(ec2_is_spot(t) == rows[i].spot, "%s", rows[i].template_);
        free(text);
        json_decref(subnets);
        json_decref(t);
    }
}
END_TEST

START_TEST(ids_are_found_in_a_message)
{
    static const struct {
        const char *message, *ids;
    } rows[] = {
        {"The instance IDs 'i-1, i-0ab' do not exist", "[\"i-1\", \"i-0ab\"]"},
        {"i-1", "[\"i-1\"]"},
        {"ami-1 hi-2 i- i-, \"i-3\",i-4", "[\"i-3\", \"i-4\"]"},
        {"", "[]"},
    };

    for (int i = 0; i < COUNT(rows); i++) {
        json_t *have = ec2_named_ids_new(rows[i].message);
        char *text = json_dumps(have, 0);
        ck_assert_str_eq(text, rows[i].ids);
        free(text);
        json_decref(have);
    }
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("ec2_template");
    TCase *t = tcase_create("ec2_template");

    tcase_add_loop_test(t, M37_template, 0, COUNT(template_rows));
    tcase_add_test(t, null_is_absent);
    tcase_add_test(t, lists_have_many_forms);
    tcase_add_test(t, keys_in_several_forms);
    tcase_add_test(t, ids_are_found_in_a_message);
    suite_add_tcase(s, t);
    return unit_run(s);
}
