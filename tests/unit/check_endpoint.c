/* check_endpoint.c - host names of AWS services by region. */
#include "wire/endpoint.h"

#include "base/cleanup.h"
#include "unit.h"

#define LABEL_63                                                               \
    "a23456789012345678901234567890123456789012345678901234567890123"

static const struct row {
    const char *service, *region, *url; /* url NULL: refused */
} rows[] = {
    {"ec2", "us-east-1", "https://ec2.us-east-1.amazonaws.com/"},
    {"autoscaling", "eu-west-3",
     "https://autoscaling.eu-west-3.amazonaws.com/"},
    {"ec2", "us-gov-west-1", "https://ec2.us-gov-west-1.amazonaws.com/"},
    {"ec2", "cn-north-1", "https://ec2.cn-north-1.amazonaws.com.cn/"},
    {"ec2", "us-iso-east-1", "https://ec2.us-iso-east-1.c2s.ic.gov/"},
    {"ec2", "us-isob-east-1", "https://ec2.us-isob-east-1.sc2s.sgov.gov/"},
    {"ec2", "us-isof-south-1", "https://ec2.us-isof-south-1.csp.hci.ic.gov/"},
    {"ec2", "eu-isoe-west-1", "https://ec2.eu-isoe-west-1.cloud.adc-e.uk/"},
    {"ec2", "eusc-de-east-1", "https://ec2.eusc-de-east-1.amazonaws.eu/"},
    {"ec2", "mars-1", "https://ec2.mars-1.amazonaws.com/"},
    {"ec2", LABEL_63, "https://ec2." LABEL_63 ".amazonaws.com/"},
    {"ec2", LABEL_63 "4", NULL},
    {"ec2", "", NULL},
    {"", "us-east-1", NULL},
    {"ec2", "evil.example/#", NULL},
    {"ec2", "us-east-1@evil", NULL},
    {"ec2", "us-east-1\r\n", NULL},
    {"ec2", "US-EAST-1", NULL},
    {"ec2", "-us", NULL},
    {"ec2", "us-", NULL},
    {"e.c2", "us-east-1", NULL},
};

START_TEST(endpoint_by_region)
{
    const struct row *r = &rows[_i];
    CLEANUP_BUF struct buf out = BUF_INIT(256);
    struct err err = {0};
    int rc = endpoint_url(&out, r->service, r->region, &err);

    if (r->url != NULL) {
        ck_assert_int_eq(rc, 0);
        ck_assert_str_eq(buf_str(&out), r->url);
    } else {
        ck_assert_int_eq(rc, -1);
        ck_assert_int_eq(err.code, E_USAGE);
        ck_assert_str_eq(buf_str(&out), "");
    }
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("endpoint");
    TCase *t = tcase_create("endpoint");

    tcase_add_loop_test(t, endpoint_by_region, 0, COUNT(rows));
    suite_add_tcase(s, t);
    return unit_run(s);
}
