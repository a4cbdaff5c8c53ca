/* fuzz_awsini.c - the name of a profile, the credentials file and the config
 * file, each up to the next NUL; what is missing is no file. What was read can
 * be written and read again, keys are of one file, and an error tells nothing
 * of what stands there. */
#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "wire/awsini.h"

static const struct member {
    const char *key;
    size_t at;
} members[] = {
    {"aws_access_key_id", offsetof(struct aws_profile, access_key_id)},
    {"aws_secret_access_key", offsetof(struct aws_profile, secret_access_key)},
    {"aws_session_token", offsetof(struct aws_profile, session_token)},
    {"region", offsetof(struct aws_profile, region)},
    {"endpoint_url", offsetof(struct aws_profile, endpoint_url)},
    {"ca_bundle", offsetof(struct aws_profile, ca_bundle)},
    {"role_arn", offsetof(struct aws_profile, role_arn)},
    {"source_profile", offsetof(struct aws_profile, source_profile)},
    {"credential_source", offsetof(struct aws_profile, credential_source)},
    {"credential_process", offsetof(struct aws_profile, credential_process)},
    {"web_identity_token_file",
     offsetof(struct aws_profile, web_identity_token_file)},
    {"sso_session", offsetof(struct aws_profile, sso_session)},
    {"sso_start_url", offsetof(struct aws_profile, sso_start_url)},
    {"services", offsetof(struct aws_profile, services)},
};

enum { MEMBERS = sizeof members / sizeof members[0], KEYS = 3 };

static const char *
value_of(const struct aws_profile *p, int i)
{
    return *(char *const *)(const void *)((const char *)p + members[i].at);
}

static bool
is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
write_down(const struct aws_profile *p, struct buf *out)
{
    buf_puts(out, "[profile 'p q']\r\n");
    for (int i = 0; i < MEMBERS; i++)
        if (value_of(p, i) != NULL)
            buf_printf(out, "%s=%s\r\n", members[i].key, value_of(p, i));
    if (p->endpoint_url_ec2 != NULL)
        buf_printf(out, "[services '%s']\r\nec2=\r\n\tendpoint_url=%s\r\n",
                   p->services, p->endpoint_url_ec2);
    MUST(buf_ok(out));
}

static void
must_read_again(const struct aws_profile *p, size_t size)
{
    struct buf text = BUF_INIT(2 * size + 1000);
    struct aws_profile again;
    struct err err;

    write_down(p, &text);
    MUST(aws_profile_read(NULL, buf_str(&text), "p q", &again, &err) == 0);
    for (int i = 0; i < MEMBERS; i++)
        MUST(is_same(value_of(p, i), value_of(&again, i)));
    MUST(is_same(p->endpoint_url_ec2, again.endpoint_url_ec2));
    aws_profile_fini(&again);
    buf_fini(&text);
}

static bool
all_keys_stand_in(const struct aws_profile *p, const char *text)
{
    for (int i = 0; i < KEYS; i++) {
        const char *value = value_of(p, i);
        if (value != NULL && (text == NULL || strstr(text, value) == NULL))
            return false;
    }
    return true;
}

/* Line numbers and the name that was asked for are all that differs. */
static void
must_tell_nothing(const struct err *err, const char *profile)
{
    static const char *const texts[] = {
        " file, line #: too long",
        " file, line #: neither [section] nor key = value"};
    char text[sizeof err->text], *to = text;

    if (err->code == E_NOT_FOUND) {
        (void)snprintf(text, sizeof text, "there is no profile %.80s", profile);
        MUST(strcmp(text, err->text) == 0);
        return;
    }
    MUST(err->code == E_USAGE);
    for (const char *p = err->text; *p != '\0'; p++)
        if (!isdigit((unsigned char)*p))
            *to++ = *p;
        else if (to > text && to[-1] != '#')
            *to++ = '#';
    *to = '\0';
    const char *file = text[2] == 'e' ? "credentials" : "config";
    size_t n = strlen(file);
    MUST(strncmp(text, file, n) == 0);
    MUST(strcmp(text + n, texts[0]) == 0 || strcmp(text + n, texts[1]) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct aws_profile none;
    struct err err = {E_NONE, ""};
    struct aws_profile p;
    char *copy = malloc(size + 1);

    MUST(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = '\0';
    const char *end = copy + size;
    const char *credentials = copy + strlen(copy) + 1;
    const char *config =
        credentials < end ? credentials + strlen(credentials) + 1 : end;
    if (credentials >= end)
        credentials = NULL;
    if (config >= end)
        config = NULL;
    if (aws_profile_read(credentials, config, copy, &p, &err) == 0) {
        MUST(all_keys_stand_in(&p, credentials) ||
             all_keys_stand_in(&p, config));
        must_read_again(&p, size);
        aws_profile_fini(&p);
    } else {
        MUST(memcmp(&p, &none, sizeof p) == 0);
        must_tell_nothing(&err, copy);
    }
    free(copy);
    return 0;
}
