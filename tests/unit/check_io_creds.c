/* check_io_creds.c - where credentials, region and endpoint come from. */
#include "io/creds.h"

#include "base/cleanup.h"
#include "http_help.h"
#include "io/credfile.h"

static char dir[64];
static char ec2[] = "ec2", p[] = "p";

static void
write_file(const char *name, const char *text)
{
    CLEANUP_FREE char *path = help_format("%s/%s", dir, name);
    CLEANUP_FREE char *next = help_format("%s/next", dir);
    FILE *f = fopen(next, "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(rename(next, path), 0);
}

static void
remove_file(const char *name)
{
    CLEANUP_FREE char *path = help_format("%s/%s", dir, name);

    (void)unlink(path);
}

static void
setup(void)
{
    CLEANUP_FREE char *aws = NULL;

    help_no_env();
    (void)snprintf(dir, sizeof(dir), "/tmp/hostq-creds-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)setenv("HOME", dir, 1);
    aws = help_format("%s/.aws", dir);
    ck_assert_int_eq(mkdir(aws, 0700), 0);
}

static void
teardown(void)
{
    CLEANUP_FREE char *aws = help_format("%s/.aws", dir);

    remove_file(".aws/credentials");
    remove_file(".aws/config");
    remove_file("other");
    (void)rmdir(aws);
    (void)rmdir(dir);
}

#define DEFAULT                                                                \
    "[default]\naws_access_key_id = AK\naws_secret_access_key = SK\n"
#define ENV_KEYS "AWS_ACCESS_KEY_ID=EK", "AWS_SECRET_ACCESS_KEY=ES"

static const struct source_row {
    const char *env[5];
    const char *credentials, *config;
    const char *profile, *file; /* of the call; file: "other" */
    const char *key;            /* NULL = an error, */
    const char *error;          /* whose text has this */
    const char *token;
    enum errcode code;
} source_rows[] = {
    {.credentials = DEFAULT, .key = "AK"},
    {.env = {ENV_KEYS}, .key = "EK"},
    {.env = {ENV_KEYS}, .credentials = DEFAULT, .key = "EK"},
    {.env = {ENV_KEYS, "AWS_SESSION_TOKEN=ET"}, .key = "EK", .token = "ET"},
    {.env = {ENV_KEYS, "AWS_SECURITY_TOKEN=ET"}, .key = "EK", .token = "ET"},
    /* a token of the file does not go with keys of the environment */
    {.env = {ENV_KEYS},
     .credentials = DEFAULT "aws_session_token = FT\n",
     .key = "EK"},
    {.credentials = DEFAULT "aws_session_token = FT\n",
     .key = "AK",
     .token = "FT"},
    {.env = {"AWS_ACCESS_KEY_ID=EK"},
     .credentials = DEFAULT,
     .error = "AWS_SECRET_ACCESS_KEY not",
     .code = E_FAILED},
    {.env = {"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=ES"},
     .credentials = DEFAULT,
     .key = "AK"},
    {.config = DEFAULT, .key = "AK"},
    {.env = {"AWS_PROFILE=p"},
     .credentials =
         DEFAULT "[p]\naws_access_key_id = PK\naws_secret_access_key = PS\n",
     .key = "PK"},
    {.env = {"AWS_DEFAULT_PROFILE=p"},
     .config = "[profile p]\naws_access_key_id = PK\n"
               "aws_secret_access_key = PS\n",
     .key = "PK"},
    {.env = {"AWS_PROFILE=p"},
     .credentials = DEFAULT,
     .error = "profile p: ",
     .code = E_NOT_FOUND},
    /* A profile of the call outranks keys of the environment, that of
     * AWS_PROFILE does not. */
    {.env = {ENV_KEYS, "AWS_PROFILE=default"},
     .credentials = DEFAULT,
     .key = "EK"},
    {.env = {ENV_KEYS},
     .credentials = DEFAULT,
     .profile = "default",
     .key = "AK"},
    {.profile = "p", .error = "profile p: ", .code = E_NOT_FOUND},
    {.env = {ENV_KEYS},
     .credentials = DEFAULT,
     .file = "none",
     .error = "no credential file",
     .code = E_NOT_FOUND},
    {.env = {ENV_KEYS},
     .credentials = DEFAULT,
     .file = ".aws",
     .error = "is not a file",
     .code = E_FAILED},
    {.env = {ENV_KEYS}, .config = DEFAULT, .file = ".aws/config", .key = "AK"},
    {.error = "no credentials in the environment, ", .code = E_NOT_FOUND},
    {.env = {"AWS_SHARED_CREDENTIALS_FILE=/dev/null",
             "AWS_CONFIG_FILE=/dev/null"},
     .credentials = DEFAULT,
     .error = "no credentials",
     .code = E_NOT_FOUND},
    {.env = {"AWS_SHARED_CREDENTIALS_FILE=$HOME/.aws/config"},
     .config = DEFAULT,
     .key = "AK"},
    {.credentials = "[default]\naws_access_key_id = AK\n",
     .error = "one of the two",
     .code = E_FAILED},
    /* what comes later is said, not passed over */
    {.credentials = DEFAULT "role_arn = arn:x\n",
     .error = "role_arn are not supported yet",
     .code = E_FAILED},
    {.env = {"AWS_WEB_IDENTITY_TOKEN_FILE=/t"},
     .credentials = DEFAULT,
     .error = "web identity are not",
     .code = E_FAILED},
    {.config = "[default]\ncredential_process = /bin/x\n",
     .error = "credential_process are not",
     .code = E_FAILED},
    {.env = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x"},
     .error = "the container are not",
     .code = E_FAILED},
    {.env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://x"},
     .error = "the container are not",
     .code = E_FAILED},
};

static void
set_env(const char *const *list)
{
    for (; *list != NULL; list++)
        ck_assert_int_eq(putenv(strdup(*list)), 0);
}

START_TEST(sources_in_their_order)
{
    const struct source_row *row = &source_rows[_i];
    struct creds *c = creds_new();
    struct aws_call a = {.service = ec2, .profile = mem_dup(row->profile)};
    struct creds_key key = {0};
    struct err err = {0};
    int rc;

    set_env(row->env);
    if (row->credentials != NULL)
        write_file(".aws/credentials", row->credentials);
    if (row->config != NULL)
        write_file(".aws/config", row->config);
    if (row->file != NULL)
        a.credential_file = help_format("%s/%s", dir, row->file);
    rc = creds_get(c, &a, 0, &key, &err);
    if (row->key != NULL) {
        ck_assert_msg(rc == 0, "%s", err.text);
        ck_assert_str_eq(key.access_key, row->key);
        ck_assert_int_eq(key.secret_key[1], key.access_key[0] == 'P'   ? 'S'
                                            : key.access_key[0] == 'E' ? 'S'
                                                                       : 'K');
        if (row->token != NULL)
            ck_assert_str_eq(key.session_token, row->token);
        else
            ck_assert_ptr_null(key.session_token);
    } else {
        ck_assert_int_eq(rc, -1);
        ck_assert_int_eq((int)err.code, (int)row->code);
        ck_assert_msg(strstr(err.text, row->error) != NULL, "%s", err.text);
        ck_assert_ptr_null(strstr(err.text, "SK"));
    }
    free(a.profile);
    free(a.credential_file);
    creds_free(c);
}
END_TEST

static const struct place_row {
    const char *env[5];
    const char *config; /* after DEFAULT */
    const char *service, *region_of_call;
    const char *region, *endpoint, *ca;
} place_rows[] = {
    {.service = "ec2"},
    {.service = "ec2", .config = "region = r1\n", .region = "r1"},
    {.service = "ec2",
     .env = {"AWS_DEFAULT_REGION=r2"},
     .config = "region = r1\n",
     .region = "r2"},
    {.service = "ec2",
     .env = {"AWS_DEFAULT_REGION=r2", "AWS_REGION=r3"},
     .region = "r3"},
    {.service = "ec2",
     .env = {"AWS_REGION=r3"},
     .region_of_call = "r4",
     .region = "r4"},
    {.service = "ec2",
     .config = "endpoint_url = http://p\n",
     .endpoint = "http://p"},
    {.service = "ec2",
     .env = {"AWS_ENDPOINT_URL=http://e"},
     .config = "endpoint_url = http://p\n",
     .endpoint = "http://e"},
    {.service = "ec2",
     .env = {"AWS_ENDPOINT_URL=http://e", "AWS_ENDPOINT_URL_EC2=http://s"},
     .endpoint = "http://s"},
    {.service = "sts",
     .env = {"AWS_ENDPOINT_URL=http://e", "AWS_ENDPOINT_URL_EC2=http://s"},
     .endpoint = "http://e"},
    {.service = "autoscaling",
     .env = {"AWS_ENDPOINT_URL_AUTO_SCALING=http://a"},
     .endpoint = "http://a"},
    {.service = "ec2",
     .env = {"AWS_ENDPOINT_URL=http://e",
             "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=True"},
     .config = "endpoint_url = http://p\n"},
    {.service = "ec2",
     .env = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false"},
     .config = "endpoint_url = http://p\n",
     .endpoint = "http://p"},
    {.service = "ec2",
     .config = "services = s\n[services s]\nec2 =\n"
               "  endpoint_url = http://nested\n",
     .endpoint = "http://nested"},
    {.service = "sts",
     .config = "services = s\n[services s]\nec2 =\n"
               "  endpoint_url = http://nested\n"},
    {.service = "ec2", .config = "ca_bundle = /ca1\n", .ca = "/ca1"},
    {.service = "ec2",
     .env = {"AWS_CA_BUNDLE=/ca2"},
     .config = "ca_bundle = /ca1\n",
     .ca = "/ca2"},
};

static void
same_or_null(const char *got, const char *want)
{
    if (want == NULL)
        ck_assert_msg(got == NULL, "%s", got);
    else
        ck_assert_str_eq(got, want);
}

START_TEST(region_endpoint_and_authorities)
{
    const struct place_row *row = &place_rows[_i];
    CLEANUP_FREE char *config =
        help_format(DEFAULT "%s", row->config != NULL ? row->config : "");
    CLEANUP_FREE char *service = strdup(row->service);
    CLEANUP_FREE char *region = mem_dup(row->region_of_call);
    const struct aws_call a = {.service = service, .region = region};
    struct creds *c = creds_new();
    struct creds_key key = {0};
    struct err err = {0};

    set_env(row->env);
    write_file(".aws/config", config);
    ck_assert_msg(creds_get(c, &a, 0, &key, &err) == 0, "%s", err.text);
    same_or_null(key.region, row->region);
    same_or_null(key.endpoint, row->endpoint);
    same_or_null(key.ca, row->ca);
    creds_free(c);
}
END_TEST

static const char *
get(struct creds *c, const struct aws_call *a, usec_t now, uint64_t *version)
{
    struct creds_key key = {0};
    struct err err = {0};

    if (creds_get(c, a, now, &key, &err) != 0)
        return "error";
    *version = key.version;
    return key.access_key;
}

#define KEYS(id)                                                               \
    "[default]\naws_access_key_id=" id "\naws_secret_access_key=S\n"

START_TEST(files_are_read_again_when_they_change)
{
    const struct aws_call a = {.service = ec2};
    struct creds *c = creds_new();
    uint64_t first = 0, v = 0;

    write_file(".aws/credentials", KEYS("one"));
    ck_assert_str_eq(get(c, &a, 0, &first), "one");
    write_file(".aws/credentials", KEYS("two"));
    ck_assert_str_eq(get(c, &a, USEC_S - 1, &v), "one"); /* not looked at */
    ck_assert_uint_eq(v, first);
    ck_assert_str_eq(get(c, &a, USEC_S, &v), "two");
    ck_assert_uint_ne(v, first);
    /* the same keys in a new file are no other version */
    first = v;
    write_file(".aws/credentials", KEYS("two") "#\n");
    ck_assert_str_eq(get(c, &a, 2 * USEC_S, &v), "two");
    ck_assert_uint_eq(v, first);
    /* a file that goes, comes, is unreadable */
    remove_file(".aws/credentials");
    ck_assert_str_eq(get(c, &a, 3 * USEC_S, &v), "error");
    write_file(".aws/config", KEYS("three"));
    ck_assert_str_eq(get(c, &a, 3 * USEC_S + 1, &v), "error");
    ck_assert_str_eq(get(c, &a, 4 * USEC_S, &v), "three");
    creds_free(c);
}
END_TEST

START_TEST(refused_keys_are_looked_for_at_once)
{
    const struct aws_call a = {.service = ec2};
    struct creds *c = creds_new();
    uint64_t first = 0, v = 0;

    write_file(".aws/credentials", KEYS("one"));
    ck_assert_str_eq(get(c, &a, 0, &first), "one");
    ck_assert(!creds_renew(c, &a, 1, first));
    write_file(".aws/credentials", KEYS("two"));
    ck_assert(creds_renew(c, &a, 2, first));
    ck_assert_str_eq(get(c, &a, 3, &v), "two");
    /* Another call was signed with the first, too: no need to read. */
    remove_file(".aws/credentials");
    ck_assert(creds_renew(c, &a, 4, first));
    ck_assert(!creds_renew(c, &a, 5, v));
    ck_assert_str_eq(get(c, &a, 6, &v), "error");
    creds_free(c);
}
END_TEST

START_TEST(profiles_and_files_are_kept_apart)
{
    struct aws_call a = {.service = ec2};
    struct creds *c = creds_new();
    uint64_t v = 0, w = 0;
    char name[32];

    write_file(".aws/credentials", KEYS("one") "[p]\naws_access_key_id=two\n"
                                               "aws_secret_access_key=S\n");
    write_file("other", KEYS("three"));
    ck_assert_str_eq(get(c, &a, 0, &v), "one");
    a.profile = p;
    ck_assert_str_eq(get(c, &a, 0, &w), "two");
    ck_assert_uint_ne(v, w);
    a.profile = NULL;
    a.credential_file = help_format("%s/other", dir);
    ck_assert_str_eq(get(c, &a, 0, &v), "three");
    free(a.credential_file);
    a.credential_file = NULL;
    ck_assert_str_eq(get(c, &a, 0, &v), "one");
    /* more of them than are kept */
    for (int i = 0; i < 300; i++) {
        (void)snprintf(name, sizeof(name), "none-%d", i);
        a.profile = name;
        ck_assert_str_eq(get(c, &a, 0, &v), "error");
    }
    a.profile = p;
    ck_assert_str_eq(get(c, &a, 0, &v), "two");
    creds_free(c);
    creds_free(NULL);
}
END_TEST

static const struct path_row {
    const char *path, *expanded; /* NULL: no place */
} path_rows[] = {
    {"/a/b", "/a/b"},
    {"~/x", "/home/x"},
    {"~", "/home"},
    {"~user/x", "~user/x"},
    {"a~/x", "a~/x"},
    {"$ONE/x", "1/x"},
    {"${ONE}x$ONE", "1x1"},
    {"$NONE/x", "$NONE/x"},
    {"${ONE", "${ONE"},
    {"${", "${"},
    {"$", "$"},
    {"$$ONE", "$1"},
    {"${}", "${}"},
    {"", ""},
};

START_TEST(paths_are_expanded)
{
    struct credfile f;

    (void)setenv("HOME", "/home", 1);
    (void)setenv("ONE", "1", 1);
    credfile_init(&f, path_rows[_i].path);
    ck_assert_str_eq(f.path, path_rows[_i].expanded);
    credfile_fini(&f);
}
END_TEST

START_TEST(odd_files)
{
    CLEANUP_FREE char *big = mem_zero(1024 * 1024 + 2, 1);
    CLEANUP_FREE char *fifo = help_format("%s/other", dir);
    struct credfile f;
    struct err err;
    char *text;

    (void)unsetenv("HOME");
    credfile_init(&f, "~/x");
    ck_assert_ptr_null(f.path);
    ck_assert_int_eq(credfile_read(&f, &text, &err), 0);
    ck_assert_ptr_null(text);
    ck_assert(!credfile_changed(&f));
    credfile_fini(&f);

    /* a pipe nobody writes to must not hold the thread up */
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    credfile_init(&f, fifo);
    ck_assert_int_eq(credfile_read(&f, &text, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "is not a file"));
    (void)unlink(fifo);
    memset(big, 'x', 1024 * 1024 + 1);
    write_file("other", big);
    ck_assert_int_eq(credfile_read(&f, &text, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "more than 1048576 bytes"));
    big[1024 * 1024] = '\0';
    write_file("other", big);
    ck_assert_int_eq(credfile_read(&f, &text, &err), 0);
    ck_assert_uint_eq(strlen(text), 1024 * 1024);
    ck_assert(!credfile_changed(&f));
    free(text);
    remove_file("other");
    ck_assert(credfile_changed(&f));
    credfile_fini(&f);

    big[5000] = '\0'; /* longer than a path may be */
    credfile_init(&f, big);
    ck_assert_ptr_null(f.path);
    credfile_init(&f, "/nonexistent/a/loop");
    ck_assert_int_eq(credfile_read(&f, &text, &err), 0);
    credfile_fini(&f);
    credfile_init(&f, dir);
    ck_assert_int_eq(credfile_read(&f, &text, &err), -1);
    credfile_fini(&f);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("io_creds");
    TCase *t = tcase_create("creds");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, sources_in_their_order, 0, COUNT(source_rows));
    tcase_add_loop_test(t, region_endpoint_and_authorities, 0,
                        COUNT(place_rows));
    tcase_add_test(t, files_are_read_again_when_they_change);
    tcase_add_test(t, refused_keys_are_looked_for_at_once);
    tcase_add_test(t, profiles_and_files_are_kept_apart);
    tcase_add_loop_test(t, paths_are_expanded, 0, COUNT(path_rows));
    tcase_add_test(t, odd_files);
    suite_add_tcase(s, t);
    return unit_run(s);
}
