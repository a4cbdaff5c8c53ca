/* check_awsini.c - the two files of AWS tools, as tools and people write them
 * (aws.md 1d). */
#include "wire/awsini.h"

#include <string.h>

#include "base/buf.h"
#include "unit.h"

#define LINE_CAP (64 * 1024) /* of awsini.c */

/* Every member that is there, "name=value;" each. */
static void
show(const struct aws_profile *p, struct buf *out)
{
    const struct {
        const char *name, *value;
    } members[] = {
        {"id", p->access_key_id},
        {"secret", p->secret_access_key},
        {"token", p->session_token},
        {"region", p->region},
        {"url", p->endpoint_url},
        {"ec2", p->endpoint_url_ec2},
        {"ca", p->ca_bundle},
        {"role", p->role_arn},
        {"source", p->source_profile},
        {"from", p->credential_source},
        {"process", p->credential_process},
        {"web", p->web_identity_token_file},
        {"sso", p->sso_session},
        {"sso_url", p->sso_start_url},
        {"services", p->services},
    };

    for (int i = 0; i < COUNT(members); i++)
        if (members[i].value != NULL)
            buf_printf(out, "%s=%s;", members[i].name, members[i].value);
}

static const struct good_row {
    const char *credentials, *config; /* NULL = no such file */
    const char *profile;
    const char *shown;
} good_rows[] = {
    {"[default]\naws_access_key_id = A\naws_secret_access_key = S\n", NULL,
     "default", "id=A;secret=S;"},
    {"[default]\naws_access_key_id=A\n[p]\naws_access_key_id=B\n"
     "aws_secret_access_key=T\naws_session_token=U\n[q]\naws_session_token=V",
     NULL, "p", "id=B;secret=T;token=U;"},
    {NULL, "[default]\nregion = r1\n[profile p]\nregion = r2\n", "default",
     "region=r1;"},
    {NULL, "[default]\nregion = r1\n[profile p]\nregion = r2\n", "p",
     "region=r2;"},
    {NULL, "[profile default]\nregion = r1\n", "default", "region=r1;"},
    {NULL, "[profile \"p\"]\nregion = r\n", "p", "region=r;"},
    {NULL, "[profile 'my p']\nregion = r\n", "my p", "region=r;"},
    {NULL, "[profile\t my p ] # words\nregion = r\n", "my p", "region=r;"},
    {NULL, "[profile \"p]\nregion = r\n", "\"p", "region=r;"},
    {NULL, "[profile \"]\nregion = r\n", "\"", "region=r;"},
    {NULL, "[profile 'p\"]\nregion = r\n", "'p\"", "region=r;"},
    /* names that are only near */
    {NULL,
     "[profile p]\nregion=r\n[profile pp]\nregion=x\n[profilep]\n"
     "region=x\n[p]\nregion=x\n[profile P]\nregion=x\n[profile]\n"
     "region=x\n[prof p]\nregion=x\n[sso-session p]\nregion=x\n",
     "p", "region=r;"},
    {"[p]\nregion=r\n[profile p]\nregion=x\n[P]\nregion=x\n[ p2 ]\nregion=x",
     NULL, "p", "region=r;"},
    /* a section that comes twice is one */
    {"[p]\nregion=a\nca_bundle=c\n[q]\n[p]\nregion=b\n", NULL, "p",
     "region=b;ca=c;"},
    {"[p]\n", "", "p", ""},
    {"", "[profile p]", "p", ""},
    /* every key; unknown ones are left alone */
    {NULL,
     "[profile p]\nregion=1\nendpoint_url=2\nca_bundle=3\nrole_arn=4\n"
     "source_profile=5\ncredential_source=6\ncredential_process=7\n"
     "web_identity_token_file=8\nsso_session=9\nsso_start_url=10\n"
     "services=11\nAWS_ACCESS_KEY_ID=12\nAws_Secret_Access_Key=13\n"
     "aws_session_token=14\noutput=json\nregions=x\nregio=x\n",
     "p",
     "id=12;secret=13;token=14;region=1;url=2;ca=3;role=4;source=5;from=6;"
     "process=7;web=8;sso=9;sso_url=10;services=11;"},
    /* blanks, comments, ends of lines */
    {"# c\n; c\n\n \t\n  # c\n[p] ; c\n\tregion \t=\t r \t\n\t# c\n", NULL, "p",
     "region=r;"},
    {"[p]\nregion = r # c\nca_bundle = c\t; c\nendpoint_url = http://h/#a;b\n",
     NULL, "p", "region=r;url=http://h/#a;b;ca=c;"},
    {"[p]\nregion = # c\nca_bundle =;c\n", NULL, "p", "region=;ca=;"},
    {"[p]\r\nregion = r\r\n\r\nca_bundle=c\r\n", NULL, "p", "region=r;ca=c;"},
    {"\xef\xbb\xbf[p]\nregion=r", NULL, "p", "region=r;"},
    {"[p]\nregion : r\nca_bundle = c:d=e\nrole_arn: a=b\n", NULL, "p",
     "region=r;ca=c:d=e;role=a=b;"},
    {"[p]\nregion=a\nregion=b\n", NULL, "p", "region=b;"},
    /* a value that goes on, and a nested block, are none of the profile's */
    {NULL,
     "[profile p]\nregion = r\n  endpoint_url = x\n  words\n  [q]\n  = x\n"
     "s3 =\n  endpoint_url = x\n  addressing_style = path\n\n  ca_bundle = x\n"
     "ca_bundle = c\n",
     "p", "region=r;ca=c;"},
    /* the first line may stand to the right, the others with it */
    {"[p]\n  region = r\n  ca_bundle = c\n role_arn = a\n", NULL, "p",
     "region=r;ca=c;role=a;"},
    {"[q]\nregion = x\n[p]\n  region = r\n", NULL, "p", "region=r;"},
    {"[p]\n  region = r\n  [q]\n  region = x\n", NULL, "p", "region=r;"},
    /* services */
    {NULL,
     "[services s]\nec2 =\n  endpoint_url = http://e\n"
     "[profile p]\nservices = s\nendpoint_url = http://o\n",
     "p", "url=http://o;ec2=http://e;services=s;"},
    {NULL,
     "[profile p]\nservices = my s\n[services 'my s']\ns3 =\n"
     "  endpoint_url = http://3\nEC2=\n\n  # c\n  other = x\n"
     "\tEndpoint_URL: http://e # c\n  endpoint_urls = x\nsts =\n"
     "  endpoint_url = http://t\n",
     "p", "ec2=http://e;services=my s;"},
    /* not of ec2, not nested, not of that section, not there */
    {NULL,
     "[profile p]\nservices = s\n[services s]\nendpoint_url = x\nregion = x\n"
     "ec2 = y\n  endpoint_url = x\nec2 =\nendpoint_url = x\n[services t]\n"
     "ec2 =\n  endpoint_url = x\n",
     "p", "services=s;"},
    {NULL, "[profile p]\nservices = s\n[services s]\nec2 =\n words\n", "p",
     "services=s;"},
    {NULL, "[profile p]\nservices =\n[services ]\nec2 =\n endpoint_url = x\n",
     "p", "services=;"},
    {"[p]\nservices=s\n[services s]\nec2=\n endpoint_url=x\n", NULL, "p",
     "services=s;"},
    {"[p]\nservices=s\n", "[services s]\nec2=\n endpoint_url=e\n", "p",
     "ec2=e;services=s;"},
    /* both files: credentials win, keys go together */
    {"[p]\nregion = c\naws_access_key_id = A\naws_secret_access_key = S\n",
     "[profile p]\nregion = d\nca_bundle = b\naws_access_key_id = X\n"
     "aws_secret_access_key = Y\naws_session_token = Z\n",
     "p", "id=A;secret=S;region=c;ca=b;"},
    {"[p]\naws_access_key_id = A\n",
     "[profile p]\naws_access_key_id = X\naws_secret_access_key = Y\n", "p",
     "id=A;"},
    {"[p]\naws_secret_access_key = S\n",
     "[profile p]\naws_access_key_id = X\naws_session_token = Z\n", "p",
     "secret=S;"},
    {"[p]\naws_session_token = T\nregion = c\n",
     "[profile p]\naws_access_key_id = X\naws_secret_access_key = Y\n", "p",
     "id=X;secret=Y;region=c;"},
    {"[q]\nregion = c\n", "[profile p]\nregion = d\n", "p", "region=d;"},
};

START_TEST(a_profile_is_read)
{
    const struct good_row *row = &good_rows[_i];
    struct buf shown = BUF_INIT(1000);
    struct err err = {E_NONE, ""};
    struct aws_profile p;

    memset(&p, 'x', sizeof p);
    int rc =
        aws_profile_read(row->credentials, row->config, row->profile, &p, &err);
    ck_assert_msg(rc == 0, "%s", err.text);
    show(&p, &shown);
    ck_assert_str_eq(buf_str(&shown), row->shown);
    buf_fini(&shown);
    aws_profile_fini(&p);
}
END_TEST

static const struct bad_row {
    const char *credentials, *config;
    enum errcode code;
    const char *text;
} bad_rows[] = {
    {NULL, NULL, E_NOT_FOUND, "there is no profile p"},
    {"", "", E_NOT_FOUND, "there is no profile p"},
    {"[profile p]\n", "[p]\n", E_NOT_FOUND, "there is no profile p"},
    {"[q]\n", "[default]\nregion=r\n[services p]\n", E_NOT_FOUND,
     "there is no profile p"},
    {"[p]\naws_secret_access_key SECRET\n", NULL, E_USAGE,
     "credentials file, line 2: neither [section] nor key = value"},
    {"[p]\r\n\r\nSECRET\r\n", NULL, E_USAGE,
     "credentials file, line 3: neither [section] nor key = value"},
    {"[p]\n= SECRET\n", NULL, E_USAGE,
     "credentials file, line 2: neither [section] nor key = value"},
    {"[p]\n: SECRET", NULL, E_USAGE,
     "credentials file, line 2: neither [section] nor key = value"},
    {"[p]\ns3 =\n  = SECRET", NULL, E_USAGE,
     "credentials file, line 3: neither [section] nor key = value"},
    {"aws_secret_access_key = SECRET\n[p]\n", NULL, E_USAGE,
     "credentials file, line 1: neither [section] nor key = value"},
    {"[p\naws_secret_access_key = SECRET\n", NULL, E_USAGE,
     "credentials file, line 1: neither [section] nor key = value"},
    {"[p]\naws_secret_access_key = SECRET\nwords\n", NULL, E_USAGE,
     "credentials file, line 3: neither [section] nor key = value"},
    {"[p]\naws_secret_access_key = SECRET\n", "[profile p]\nwords\n", E_USAGE,
     "config file, line 2: neither [section] nor key = value"},
    /* another section's mistake, too: it may be ours behind it */
    {NULL, "[profile p]\nregion=r\n[profile q]\nwords\n", E_USAGE,
     "config file, line 4: neither [section] nor key = value"},
    {"[p]\naws_secret_access_key = SECRET\nx", "[profile p]\nregion=r\n",
     E_USAGE, "credentials file, line 3: neither [section] nor key = value"},
};

START_TEST(mistakes_are_told_without_what_stands_there)
{
    const struct bad_row *row = &bad_rows[_i];
    static const struct aws_profile empty;
    struct err err = {E_NONE, ""};
    struct aws_profile p;

    memset(&p, 'x', sizeof p);
    ck_assert_int_eq(
        aws_profile_read(row->credentials, row->config, "p", &p, &err), -1);
    ck_assert_int_eq((int)err.code, (int)row->code);
    ck_assert_str_eq(err.text, row->text);
    ck_assert_mem_eq(&p, &empty, sizeof p);
    aws_profile_fini(&p); /* harmless */
}
END_TEST

/* Tokens have thousands of bytes; what is longer than any is a mistake, and a
 * secret all the same. */
START_TEST(huge_lines)
{
    static const char begin[] = "[p]\naws_secret_access_key=";
    static char text[LINE_CAP + 100];
    size_t key = strlen("aws_secret_access_key=");
    struct aws_profile p;
    struct err err;

    for (size_t more = 0; more <= 1; more++) {
        size_t len = LINE_CAP - key + more;
        memcpy(text, begin, sizeof begin - 1);
        memset(text + sizeof begin - 1, 'S', len);
        memcpy(text + sizeof begin - 1 + len, "\r\n", 3);
        int rc = aws_profile_read(text, NULL, "p", &p, &err);
        ck_assert_int_eq(rc, more == 0 ? 0 : -1);
        if (more == 0) {
            ck_assert_uint_eq(strlen(p.secret_access_key), len);
        } else {
            ck_assert_int_eq((int)err.code, E_USAGE);
            ck_assert_str_eq(err.text, "credentials file, line 2: too long");
            ck_assert_ptr_null(p.secret_access_key);
        }
        aws_profile_fini(&p);
    }
}
END_TEST

START_TEST(a_long_name_of_a_profile_is_cut)
{
    char name[1000];
    struct aws_profile p;
    struct err err;

    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    ck_assert_int_eq(aws_profile_read("[p]", NULL, name, &p, &err), -1);
    ck_assert_uint_eq(strlen(err.text), strlen("there is no profile ") + 80);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("awsini");
    TCase *t = tcase_create("awsini");

    tcase_add_loop_test(t, a_profile_is_read, 0, COUNT(good_rows));
    tcase_add_loop_test(t, mistakes_are_told_without_what_stands_there, 0,
                        COUNT(bad_rows));
    tcase_add_test(t, huge_lines);
    tcase_add_test(t, a_long_name_of_a_profile_is_cut);
    suite_add_tcase(s, t);
    return unit_run(s);
}
