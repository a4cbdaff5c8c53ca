/* creds.c - see creds.h. What was found is kept per profile and credential
 * file that calls name; there are as many of them as provider instances. */
#include "io/creds.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "core/mem.h"
#include "io/credfile.h"
#include "wire/awsini.h"

#define LOOK_EVERY USEC_S
#define ENTRIES_MAX 256

/* One profile as it was read last. */
struct entry {
    struct entry *next;
    char *profile; /* as the call names it; NULL = it does not */
    char *file;    /* alike */
    bool read;
    usec_t looked; /* monotonic; when the files were looked at */
    struct credfile credentials;
    struct credfile config;
    struct aws_profile found; /* with keys of the environment over it */
    int rc;                   /* of the last read */
    struct err err;
    char *keys; /* the three in one text, of the last good read */
    uint64_t version;
};

struct creds {
    struct entry *first;
    size_t count;
    uint64_t version; /* the last one given */
};

struct creds *
creds_new(void)
{
    return mem_zero(1, sizeof(struct creds));
}

static void
wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

static void
forget_all(struct creds *c)
{
    struct entry *e;

    while ((e = c->first) != NULL) {
        c->first = e->next;
        credfile_fini(&e->credentials);
        credfile_fini(&e->config);
        aws_profile_fini(&e->found);
        free(e->profile);
        free(e->file);
        wipe(e->keys);
        free(e);
    }
    c->count = 0;
}

void
creds_free(struct creds *c)
{
    if (c == NULL)
        return;
    forget_all(c);
    free(c);
}

static bool
is_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
place(struct credfile *f, const char *variable, const char *standard)
{
    const char *path = credfile_env(variable);

    credfile_init(f, path != NULL ? path : standard);
}

static struct entry *
entry_of(struct creds *c, const struct aws_call *a)
{
    struct entry *e;

    for (e = c->first; e != NULL; e = e->next)
        if (is_same(e->profile, a->profile) &&
            is_same(e->file, a->credential_file))
            return e;
    if (c->count == ENTRIES_MAX)
        forget_all(c);
    e = mem_zero(1, sizeof(*e));
    e->profile = mem_dup(a->profile);
    e->file = mem_dup(a->credential_file);
    if (e->file != NULL) {
        credfile_init(&e->credentials, e->file);
    } else {
        place(&e->credentials, "AWS_SHARED_CREDENTIALS_FILE",
              "~/.aws/credentials");
        place(&e->config, "AWS_CONFIG_FILE", "~/.aws/config");
    }
    e->next = c->first;
    c->first = e;
    c->count++;
    return e;
}

static const char *
profile_of(const struct entry *e)
{
    const char *name = e->profile;

    if (name == NULL)
        name = credfile_env("AWS_PROFILE");
    if (name == NULL)
        name = credfile_env("AWS_DEFAULT_PROFILE");
    return name;
}

static void
set(char **to, const char *value)
{
    wipe(*to);
    *to = mem_dup(value);
}

static bool
has(const char *value)
{
    return value != NULL && value[0] != '\0';
}

/* Keys of the environment replace those of the files. 1: there are some. */
static int
keys_from_env(struct entry *e, struct err *err)
{
    const char *access = credfile_env("AWS_ACCESS_KEY_ID");
    const char *secret = credfile_env("AWS_SECRET_ACCESS_KEY");
    const char *token = credfile_env("AWS_SESSION_TOKEN");

    if (e->profile != NULL || e->file != NULL || access == NULL)
        return 0;
    if (secret == NULL)
        return err_set(err, E_FAILED,
                       "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY not");
    if (token == NULL)
        token = credfile_env("AWS_SECURITY_TOKEN");
    set(&e->found.access_key_id, access);
    set(&e->found.secret_access_key, secret);
    set(&e->found.session_token, token);
    return 1;
}

static int
later(const char *what, struct err *err)
{
    return err_set(err, E_FAILED,
                   "credentials by %s are not supported yet; set "
                   "aws_access_key_id and aws_secret_access_key",
                   what);
}

/* In the order of aws.md 1d, which tools keep: a role outranks the keys
 * beside it, as those are only the ones to ask for the role with. */
static int
keys_from_files(const struct entry *e, struct err *err)
{
    const struct aws_profile *p = &e->found;
    bool named = e->profile != NULL || e->file != NULL;

    if (has(p->role_arn))
        return later("role_arn", err);
    if (!named && credfile_env("AWS_WEB_IDENTITY_TOKEN_FILE") != NULL)
        return later("web identity", err);
    if (has(p->access_key_id) && has(p->secret_access_key))
        return 0;
    if (has(p->access_key_id) || has(p->secret_access_key))
        return err_set(err, E_FAILED, "one of the two keys is missing");
    if (has(p->credential_process))
        return later("credential_process", err);
    if (!named &&
        (credfile_env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != NULL ||
         credfile_env("AWS_CONTAINER_CREDENTIALS_FULL_URI") != NULL))
        return later("the container", err);
    return err_set(err, E_NOT_FOUND,
                   "no credentials in %s%s%s (and those of an instance's role "
                   "are not supported yet)",
                   named ? "" : "the environment, ",
                   e->credentials.path != NULL ? e->credentials.path
                                               : "~/.aws/credentials",
                   e->config.path != NULL ? " or the config file" : "");
}

static int
read_files(struct entry *e, struct err *err)
{
    const char *name = profile_of(e);
    char *credentials = NULL, *config = NULL;
    int rc = credfile_read(&e->credentials, &credentials, err);

    if (rc == 0)
        rc = credfile_read(&e->config, &config, err);
    if (rc == 0 && credentials == NULL && e->file != NULL)
        rc = err_set(err, E_NOT_FOUND, "there is no credential file %s",
                     e->credentials.path != NULL ? e->credentials.path
                                                 : e->file);
    if (rc == 0) {
        struct err why = {0};

        rc = aws_profile_read(credentials, config,
                              name != NULL ? name : "default", &e->found, &why);
        /* Nobody asked for "default", so it may be missing. */
        if (rc != 0 && why.code == E_NOT_FOUND && name == NULL)
            rc = 0;
        else if (rc != 0)
            *err = why;
    }
    wipe(credentials);
    wipe(config);
    return rc;
}

/* Has the key another content than at the last good read? */
static void
note_version(struct creds *c, struct entry *e)
{
    CLEANUP_BUF struct buf keys = BUF_INIT(SIZE_MAX / 2);
    const struct aws_profile *p = &e->found;

    buf_printf(&keys, "%s\n%s\n%s", p->access_key_id, p->secret_access_key,
               p->session_token != NULL ? p->session_token : "");
    if (is_same(buf_str(&keys), e->keys)) {
        explicit_bzero(keys.data, keys.len);
        return;
    }
    wipe(e->keys);
    e->keys = buf_take(&keys);
    e->version = ++c->version;
}

static void
read_again(struct creds *c, struct entry *e, usec_t now)
{
    struct err *err = &e->err;

    aws_profile_fini(&e->found);
    memset(&e->found, 0, sizeof(e->found));
    e->read = true;
    e->looked = now;
    e->rc = read_files(e, err);
    if (e->rc == 0)
        e->rc = keys_from_env(e, err);
    if (e->rc == 0)
        e->rc = keys_from_files(e, err);
    if (e->rc >= 0) {
        e->rc = 0;
        note_version(c, e);
        return;
    }
    if (profile_of(e) != NULL)
        (void)err_wrap(err, "profile %.80s", profile_of(e));
}

static void
look(struct creds *c, struct entry *e, usec_t now)
{
    if (e->read && now - e->looked < LOOK_EVERY)
        return;
    e->looked = now;
    if (!e->read || credfile_changed(&e->credentials) ||
        credfile_changed(&e->config))
        read_again(c, e, now);
}

/* AWS_ENDPOINT_URL_SERVICE; the names are AWS's own. */
static const char *
endpoint_of_env(const char *service)
{
    char name[128];

    if (strcmp(service, "autoscaling") == 0)
        service = "auto_scaling";
    (void)snprintf(name, sizeof(name), "AWS_ENDPOINT_URL_%s", service);
    for (char *p = name; *p != '\0'; p++)
        *p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
    return credfile_env(name);
}

static const char *
endpoint_of(const struct entry *e, const char *service)
{
    const char *ignore = credfile_env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    const char *url;

    if (ignore != NULL && strcasecmp(ignore, "true") == 0)
        return NULL;
    url = endpoint_of_env(service);
    if (url == NULL)
        url = credfile_env("AWS_ENDPOINT_URL");
    if (url == NULL && strcmp(service, "ec2") == 0 &&
        has(e->found.endpoint_url_ec2))
        url = e->found.endpoint_url_ec2;
    if (url == NULL && has(e->found.endpoint_url))
        url = e->found.endpoint_url;
    return url;
}

static const char *
region_of(const struct entry *e, const struct aws_call *a)
{
    const char *region = a->region;

    if (region == NULL)
        region = credfile_env("AWS_REGION");
    if (region == NULL)
        region = credfile_env("AWS_DEFAULT_REGION");
    if (region == NULL && has(e->found.region))
        region = e->found.region;
    return region;
}

int
creds_get(struct creds *c, const struct aws_call *a, usec_t now,
          struct creds_key *out, struct err *err)
{
    struct entry *e = entry_of(c, a);
    const struct aws_profile *p = &e->found;
    const char *ca = credfile_env("AWS_CA_BUNDLE");

    look(c, e, now);
    if (e->rc != 0) {
        *err = e->err;
        return -1;
    }
    if (ca == NULL && has(p->ca_bundle))
        ca = p->ca_bundle;
    *out = (struct creds_key){
        .access_key = p->access_key_id,
        .secret_key = p->secret_access_key,
        .session_token = has(p->session_token) ? p->session_token : NULL,
        .region = region_of(e, a),
        .endpoint = endpoint_of(e, a->service),
        .ca = ca,
        .version = e->version,
    };
    return 0;
}

bool
creds_renew(struct creds *c, const struct aws_call *a, usec_t now,
            uint64_t version)
{
    struct entry *e = entry_of(c, a);

    if (e->version == version)
        read_again(c, e, now);
    return e->rc == 0 && e->version != version;
}
