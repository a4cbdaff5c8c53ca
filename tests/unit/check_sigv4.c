/* check_sigv4.c - signatures against those that botocore 1.44 gives for the
 * same key, time and call. tests/moto/sigv4.t compares random ones. */
#include "wire/sigv4.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/dur.h"
#include "unit.h"

#define KEY_ID "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define FORM "application/x-www-form-urlencoded; charset=utf-8"
#define DESCRIBE "Action=DescribeInstances&Version=2016-11-15"
#define EC2_HOST "ec2.us-east-1.amazonaws.com"

static const struct sign_row {
    const char *secret, *token, *service, *region;
    int64_t unix_time;
    const char *host, *path, *type, *body;
    const char *date, *signature;
} sign_rows[] = {
    {SECRET, NULL, "ec2", "us-east-1", 1440938160, EC2_HOST, "/", FORM,
     DESCRIBE, "20150830T123600Z",
     "16bec6625521eb1b2a944bb8409fdd5a54007d61862cf7074d07d2e75a3a4950"},
    {SECRET, "", "ec2", "us-east-1", 1440938160, EC2_HOST, "/", FORM, DESCRIBE,
     "20150830T123600Z",
     "16bec6625521eb1b2a944bb8409fdd5a54007d61862cf7074d07d2e75a3a4950"},
    {SECRET, "AQoDYXdzEPT//////////wEXAMPLEtc764b==", "ec2", "us-east-1",
     1440938160, EC2_HOST, "/", FORM, DESCRIBE, "20150830T123600Z",
     "3a991a7450d4c9eec29a0f4721df3506a9992e495b56e0c3e3868e7f1ee88d68"},
    /* a port that is not the scheme's; an address */
    {SECRET, NULL, "ec2", "eu-central-1", 1700000000, "localhost:4566", "/",
     FORM, DESCRIBE, "20231114T221320Z",
     "22c8df9931e8044432efdae668f1d79f6d0156b1fef1e498e88aef1075b18f12"},
    {SECRET, "t", "autoscaling", "eu-central-1", 1700000000, "[::1]:4566", "/",
     FORM, "Action=DescribeAutoScalingGroups&Version=2011-01-01",
     "20231114T221320Z",
     "c6846e920d2156c36f4ecfd5b7cce183367cfa8896cc43493c9e7233ea6584ff"},
    /* bodies: encoded, of any bytes, empty */
    {SECRET, NULL, "ec2", "us-east-1", 1709164800, EC2_HOST, "/", FORM,
     "Action=CreateTags&Version=2016-11-15&ResourceId.1=i-1"
     "&Tag.1.Key=gr%C3%BC%C3%9F&Tag.1.Value=a+b",
     "20240229T000000Z",
     "c87f6065123072a73d7b5667be5c04103466b400dce4cd1c0da195ee3c45c91f"},
    {SECRET, NULL, "ec2", "us-east-1", 1709164800, EC2_HOST, "/", FORM,
     "k=gr\xc3\xbc\xc3\x9f \xe6\xbc\xa2", "20240229T000000Z",
     "4e786329721dbf54a322f4bc268d904b4268ed89e7414e4ccb7609ee5569b704"},
    {SECRET, NULL, "sts", "us-east-1", 946684799, "sts.us-east-1.amazonaws.com",
     "/", FORM, NULL, "19991231T235959Z",
     "3f549b8bf86f4efd854d8ad73b07d85f4942403645bcaadc2c04648560bf81a0"},
    {"/+:=%@x~", NULL, "sts", "us-east-1", 946684800,
     "sts.us-east-1.amazonaws.com", "/", FORM,
     "Action=GetCallerIdentity&Version=2011-06-15", "20000101T000000Z",
     "051bf7f79410e195d0d33fd96f8cb88321012daf7228c8845758abb63a7b0bac"},
    /* the first and the last second */
    {SECRET, NULL, "sts", "us-east-1", 0, "h", "/", FORM, "",
     "19700101T000000Z",
     "e8ea18947985a2f551e60a8a7ab81d208325ddae3d231ee059060208f6d18029"},
    {SECRET, NULL, "sts", "us-east-1", 253402300799, "h", "/", FORM, "",
     "99991231T235959Z",
     "1fd54c2ae9ffa416c12b362d184395c3a7e3a48ad973122f96f7b6471ac02403"},
    /* a path of an own endpoint is encoded a second time */
    {SECRET, NULL, "ec2", "us-east-1", 1440938160, "h:1",
     "/a/b%20c/~d.e_f-g/(x)+y/", FORM, DESCRIBE, "20150830T123600Z",
     "c904aa4ba77f3084730593560fcc46c0d43126ba3688f51aa66e0e3b316c4a91"},
    {SECRET, NULL, "ec2", "us-east-1", 1440938160, "h:1", "/...", FORM,
     DESCRIBE, "20150830T123600Z",
     "f7142e3cef4c4d30a61a98c2dca57bdc04a7e7a9b7cc24bf35448acde4e31e4d"},
    {SECRET, NULL, "ec2", "us-east-1", 1440938160, "h:1", "/", "text/plain",
     "x", "20150830T123600Z",
     "325acdea4c67e8ab3f5f68a1f2a367a560e8c72b8d88ba34cf444177b2ea7eab"},
};

START_TEST(a_signature_is_that_of_botocore)
{
    const struct sign_row *row = &sign_rows[_i];
    struct sigv4_key key = {KEY_ID, row->secret, row->token};
    struct sigv4_scope scope = {row->service, row->region, row->unix_time};
    bool token = row->token && *row->token;
    struct err err = {.text = ""};
    struct sigv4_out out;
    char want[SIGV4_AUTHORIZATION_SIZE];

    ck_assert_msg(sigv4_sign(&key, &scope, row->host, row->path, row->type,
                             row->body, row->body ? strlen(row->body) : 0, &out,
                             &err) == 0,
                  "%s", err.text);
    ck_assert_str_eq(out.amz_date, row->date);
    (void)snprintf(want, sizeof want,
                   "AWS4-HMAC-SHA256 Credential=" KEY_ID
                   "/%.8s/%s/%s/aws4_request, "
                   "SignedHeaders=content-type;host;x-amz-date%s, "
                   "Signature=%s",
                   row->date, row->region, row->service,
                   token ? ";x-amz-security-token" : "", row->signature);
    ck_assert_str_eq(out.authorization, want);
}
END_TEST

/* One call whose texts can be exchanged. */
enum field {
    ACCESS_KEY,
    SECRET_KEY,
    TOKEN,
    SERVICE,
    REGION,
    HOST,
    PATH,
    TYPE,
    FIELDS
};

static const char *const good[FIELDS] = {KEY_ID,      SECRET, "t", "ec2",
                                         "us-east-1", "h",    "/", FORM};
static const char *const what[FIELDS] = {
    "access key", "secret key", "session token", "service",
    "region",     "host",       "path",          "content type"};
/* Visible bytes that a text may not hold. */
static const char *const nevers[FIELDS] = {
    [ACCESS_KEY] = "/,", [SECRET_KEY] = "", [TOKEN] = "",  [SERVICE] = "/,",
    [REGION] = "/,",     [HOST] = "",       [PATH] = "?#", [TYPE] = ""};

/* field is text instead; an output stays as it was where it is refused. */
static int
sign_with(enum field field, const char *text, int64_t unix_time,
          struct sigv4_out *out, struct err *err)
{
    const char *of[FIELDS];
    struct sigv4_out before;

    memcpy(of, good, sizeof of);
    if (field != FIELDS)
        of[field] = text;
    struct sigv4_key key = {of[ACCESS_KEY], of[SECRET_KEY], of[TOKEN]};
    struct sigv4_scope scope = {of[SERVICE], of[REGION], unix_time};
    memset(out, 'x', sizeof *out);
    before = *out;
    *err = (struct err){.text = ""};
    int ok =
        sigv4_sign(&key, &scope, of[HOST], of[PATH], of[TYPE], "", 0, out, err);
    if (ok != 0) {
        ck_assert_int_eq(memcmp(out, &before, sizeof before), 0);
        ck_assert_int_eq((int)err->code, E_USAGE);
    }
    return ok;
}

static const struct refused_row {
    enum field field;
    const char *text, *error;
} refused_rows[] = {
    {ACCESS_KEY, NULL, "No access key to sign with"},
    {ACCESS_KEY, "", "No access key to sign with"},
    {SECRET_KEY, NULL, "No secret key to sign with"},
    {SECRET_KEY, "", "No secret key to sign with"},
    {SERVICE, "", "No service to sign with"},
    {REGION, "", "No region to sign with"},
    {REGION, NULL, "No region to sign with"},
    {HOST, "", "No host to sign with"},
    {PATH, "", "No path to sign with"},
    {TYPE, "", "No content type to sign with"},
    /* would be the end of the name in Credential= */
    {ACCESS_KEY, "A/B", "The access key holds byte 0x2f, which cannot be sent"},
    {ACCESS_KEY, "A,B", "The access key holds byte 0x2c, which cannot be sent"},
    {SERVICE, "ec2/", "The service holds byte 0x2f, which cannot be sent"},
    {REGION, "a/b", "The region holds byte 0x2f, which cannot be sent"},
    {REGION, ",", "The region holds byte 0x2c, which cannot be sent"},
    /* a file's last line */
    {SECRET_KEY, "secret\n",
     "The secret key holds byte 0x0a, which cannot be sent"},
    {TYPE, " a", "The content type holds byte 0x20, which cannot be sent"},
    {TYPE, "a ", "The content type holds byte 0x20, which cannot be sent"},
    {TYPE, "a  b", "The content type holds byte 0x20, which cannot be sent"},
    {TYPE, "a\tb", "The content type holds byte 0x09, which cannot be sent"},
    {PATH, "/?a=b", "The path holds byte 0x3f, which cannot be sent"},
    {PATH, "/#a", "The path holds byte 0x23, which cannot be sent"},
    {PATH, "a", "The path does not begin with /"},
    {PATH, "//", "The path holds an empty segment, . or .."},
    {PATH, "//a", "The path holds an empty segment, . or .."},
    {PATH, "/a//", "The path holds an empty segment, . or .."},
    {PATH, "/.", "The path holds an empty segment, . or .."},
    {PATH, "/./a", "The path holds an empty segment, . or .."},
    {PATH, "/a/..", "The path holds an empty segment, . or .."},
    {PATH, "/../a", "The path holds an empty segment, . or .."},
};

START_TEST(what_cannot_be_signed_is_refused)
{
    const struct refused_row *row = &refused_rows[_i];
    struct sigv4_out out;
    struct err err;

    ck_assert_int_eq(sign_with(row->field, row->text, 0, &out, &err), -1);
    ck_assert_str_eq(err.text, row->error);
}
END_TEST

static const char *const good_paths[] = {
    "/", "/a", "/a/", "/.a", "/a.", "/..a/", "/a../b", "/.../", "/a/.x/"};

START_TEST(a_dot_in_a_name_is_no_dot_segment)
{
    struct sigv4_out out;
    struct err err;

    ck_assert_int_eq(sign_with(PATH, good_paths[_i], 0, &out, &err), 0);
}
END_TEST

/* _i: the field. No byte but visible ones; a blank in the content type. */
START_TEST(no_text_holds_a_byte_that_cannot_be_sent)
{
    struct sigv4_out out;
    struct err err;

    for (int c = 1; c < 256; c++) {
        char text[5] = {'/', 'a', (char)c, 'b', '\0'};
        const char *at = _i == PATH ? text : text + 1;
        bool fine = c > 0x20 && c < 0x7f && !strchr(nevers[_i], c);
        if (_i == TYPE && c == ' ')
            fine = true;
        ck_assert_msg(sign_with((enum field)_i, at, 0, &out, &err) ==
                          (fine ? 0 : -1),
                      "%s, byte 0x%02x: %s", what[_i], (unsigned)c, err.text);
        ck_assert(fine || strstr(err.text, what[_i]));
    }
}
END_TEST

static const struct length_row {
    enum field field;
    size_t max;
} length_rows[] = {
    {ACCESS_KEY, SIGV4_ACCESS_KEY_MAX},
    {SECRET_KEY, SIGV4_SECRET_KEY_MAX},
    {TOKEN, SIGV4_TOKEN_MAX},
    {SERVICE, SIGV4_SERVICE_MAX},
    {REGION, SIGV4_REGION_MAX},
    {HOST, SIGV4_HOST_MAX},
    {PATH, SIGV4_PATH_MAX},
    {TYPE, SIGV4_CONTENT_TYPE_MAX},
};

START_TEST(no_text_is_longer_than_its_limit)
{
    const struct length_row *row = &length_rows[_i];
    char *text = malloc(row->max + 2), want[100];
    struct sigv4_out out;
    struct err err;

    memset(text, 'a', row->max + 1);
    text[0] = row->field == PATH ? '/' : 'a';
    text[row->max + 1] = '\0';
    ck_assert_int_eq(sign_with(row->field, text, 0, &out, &err), -1);
    (void)snprintf(want, sizeof want, "The %s exceeds %zu bytes",
                   what[row->field], row->max);
    ck_assert_str_eq(err.text, want);
    text[row->max] = '\0';
    ck_assert_int_eq(sign_with(row->field, text, 0, &out, &err), 0);
    free(text);
}
END_TEST

/* Nothing is cut where every text is as long as it may be. */
START_TEST(the_longest_of_all_fits)
{
    static char access[SIGV4_ACCESS_KEY_MAX + 1],
        secret[SIGV4_SECRET_KEY_MAX + 1], token[SIGV4_TOKEN_MAX + 1],
        service[SIGV4_SERVICE_MAX + 1], region[SIGV4_REGION_MAX + 1],
        host[SIGV4_HOST_MAX + 1], path[SIGV4_PATH_MAX + 1],
        type[SIGV4_CONTENT_TYPE_MAX + 1];
    struct sigv4_out out;
    struct err err;

    memset(access, 'K', SIGV4_ACCESS_KEY_MAX);
    memset(secret, 'S', SIGV4_SECRET_KEY_MAX);
    memset(token, 'T', SIGV4_TOKEN_MAX);
    memset(service, 's', SIGV4_SERVICE_MAX);
    memset(region, 'r', SIGV4_REGION_MAX);
    memset(host, 'h', SIGV4_HOST_MAX);
    memcpy(host + SIGV4_HOST_MAX - 6, ":65535", 6);
    memset(path, 'p', SIGV4_PATH_MAX);
    path[0] = '/';
    memset(type, 'c', SIGV4_CONTENT_TYPE_MAX);
    struct sigv4_key key = {access, secret, token};
    struct sigv4_scope scope = {service, region, 1440938160};
    ck_assert_int_eq(
        sigv4_sign(&key, &scope, host, path, type, "b", 1, &out, &err), 0);
    ck_assert_str_eq(
        strstr(out.authorization, "SignedHeaders"),
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "
        "Signature=c3de954d5e27eeea2cfcd9e294cf2abe"
        "d601aaed82c0ce20192fd09f96965dd5");
}
END_TEST

START_TEST(a_time_has_a_year_of_four_digits)
{
    static const int64_t bad[] = {INT64_MIN, -1, INT64_C(253402300800),
                                  INT64_MAX};
    struct sigv4_out out;
    struct err err;

    for (int i = 0; i < COUNT(bad); i++) {
        ck_assert_int_eq(sign_with(FIELDS, NULL, bad[i], &out, &err), -1);
        ck_assert_str_eq(err.text, "The time to sign with is not between the "
                                   "years 1970 and 9999");
    }
}
END_TEST

static const struct date_row {
    const char *text;
    int64_t unix_time;
} date_rows[] = {
    {"Tue, 15 Nov 1994 08:12:31 GMT", 784887151},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Sun, 31 Dec 1972 23:59:59 GMT", 94694399},
    {"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
    {"Wed, 01 Mar 2000 00:00:00 GMT", 951868800},
    {"Sun, 09 Sep 2001 01:46:40 GMT", 1000000000},
    {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199},
    {"Sun, 28 Feb 2100 23:59:59 GMT", 4107542399},
    {"Mon, 01 Mar 2100 00:00:00 GMT", 4107542400},
    {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
    /* a leap second */
    {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
    /* no such header, or not one date */
    {NULL, -1},
    {"", -1},
    {"Tue", -1},
    {"Tue, 15 Nov 1994 08:12:31 GM", -1},
    {"Tue, 15 Nov 1994 08:12:31 GMT ", -1},
    {" Tue, 15 Nov 1994 08:12:31 GMT", -1},
    {"Tue, 15 Nov 1994 08:12:31 UTC", -1},
    {"Tue, 15 Nov 1994 08:12:31 +00", -1},
    {"Tue. 15 Nov 1994 08:12:31 GMT", -1},
    {"Tue, 15-Nov-1994 08:12:31 GMT", -1},
    /* forms that a server must not send any more */
    {"Tuesday, 15-Nov-94 08:12:31 GMT", -1},
    {"Tue Nov 15 08:12:31 1994", -1},
    {"1994-11-15T08:12:31Z", -1},
    /* no such day or time */
    {"Mon, 15 Nov 1994 08:12:31 GMT", -1},
    {"tue, 15 Nov 1994 08:12:31 GMT", -1},
    {"Sat, 15 nov 1994 08:12:31 GMT", -1},
    {"Tue, 15 Nov 1994 24:00:00 GMT", -1},
    {"Tue, 15 Nov 1994 08:60:31 GMT", -1},
    {"Tue, 15 Nov 1994 08:12:61 GMT", -1},
    {"Tue, -5 Nov 1994 08:12:31 GMT", -1},
    {"Tue,  5 Nov 1994 08:12:31 GMT", -1},
    {"Thu, 0: Nov 1994 08:12:31 GMT", -1},
    {"Sun, 00 Jan 1996 00:00:00 GMT", -1},
    {"Thu, 30 Feb 2023 00:00:00 GMT", -1},
    {"Wed, 29 Feb 2023 00:00:00 GMT", -1},
    {"Mon, 29 Feb 2100 00:00:00 GMT", -1},
    {"Wed, 31 Apr 2024 00:00:00 GMT", -1},
    {"Wed, 31 Dec 1969 00:00:00 GMT", -1},
};

START_TEST(a_date_header_is_a_time)
{
    ck_assert_int_eq(sigv4_parse_http_date(date_rows[_i].text),
                     date_rows[_i].unix_time);
}
END_TEST

/* Each day of 800 years, written by another calendar. */
START_TEST(every_day_is_read)
{
    static const char *const weekdays[] = {"Thu", "Fri", "Sat", "Sun",
                                           "Mon", "Tue", "Wed"};
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (int64_t day = 0; day < INT64_C(2) * 146097; day++) {
        int64_t at = day * 86400 + day * 7 % 86400;
        char utc[32], text[40];
        dur_print_utc(at * USEC_S, utc, sizeof utc);
        (void)snprintf(text, sizeof text, "%s, %.2s %.3s %.4s %.8s GMT",
                       weekdays[day % 7], utc + 8,
                       months + 3 * (atoi(utc + 5) - 1), utc, utc + 11);
        ck_assert_msg(sigv4_parse_http_date(text) == at, "%s", text);
    }
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("sigv4");
    TCase *t = tcase_create("sigv4");

    tcase_add_loop_test(t, a_signature_is_that_of_botocore, 0,
                        COUNT(sign_rows));
    tcase_add_loop_test(t, what_cannot_be_signed_is_refused, 0,
                        COUNT(refused_rows));
    tcase_add_loop_test(t, a_dot_in_a_name_is_no_dot_segment, 0,
                        COUNT(good_paths));
    tcase_add_loop_test(t, no_text_holds_a_byte_that_cannot_be_sent, 0, FIELDS);
    tcase_add_loop_test(t, no_text_is_longer_than_its_limit, 0,
                        COUNT(length_rows));
    tcase_add_test(t, the_longest_of_all_fits);
    tcase_add_test(t, a_time_has_a_year_of_four_digits);
    tcase_add_loop_test(t, a_date_header_is_a_time, 0, COUNT(date_rows));
    tcase_add_test(t, every_day_is_read);
    suite_add_tcase(s, t);
    return unit_run(s);
}
