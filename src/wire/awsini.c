/* awsini.c - see awsini.h. Not on inih, which cuts lines at 200 bytes where
 * it is packaged: a session token has more than a thousand. */
#include "wire/awsini.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "base/buf.h"
#include "core/mem.h"

#define LINE_CAP ((size_t)64 * 1024) /* bytes; a token has some thousand */
#define BLANK " \t"

/* Where each key of a profile goes. */
static const struct field {
    const char *key;
    size_t at;
    bool is_key; /* one of the three that come from one file */
} fields[] = {
#define FIELD(key, member, is_key)                                             \
    {                                                                          \
        key, offsetof(struct aws_profile, member), is_key                      \
    }
    FIELD("aws_access_key_id", access_key_id, true),
    FIELD("aws_secret_access_key", secret_access_key, true),
    FIELD("aws_session_token", session_token, true),
    FIELD("region", region, false),
    FIELD("endpoint_url", endpoint_url, false),
    FIELD("ca_bundle", ca_bundle, false),
    FIELD("role_arn", role_arn, false),
    FIELD("source_profile", source_profile, false),
    FIELD("credential_source", credential_source, false),
    FIELD("credential_process", credential_process, false),
    FIELD("web_identity_token_file", web_identity_token_file, false),
    FIELD("sso_session", sso_session, false),
    FIELD("sso_start_url", sso_start_url, false),
    FIELD("services", services, false),
#undef FIELD
};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

/* Which section of a file is read. */
enum wanted {
    WANT_CREDENTIALS, /* [NAME] */
    WANT_CONFIG,      /* [profile NAME], [default] */
    WANT_SERVICES,    /* [services NAME] */
};

struct reader {
    enum wanted wanted;
    const char *name;
    struct aws_profile *out;
    bool found;      /* the section was there */
    bool in_section; /* the line belongs to a section */
    bool inside;     /* ... to the one that is wanted */
    bool has_key;    /* a key came in this section */
    size_t indent;   /* of that key */
    struct buf key;  /* that key where its value is empty, else "" */
};

static void
wipe_buf(struct buf *b)
{
    if (b->data != NULL)
        OPENSSL_cleanse(b->data, b->room);
    buf_fini(b);
}

static void
set(char **to, const char *value)
{
    if (*to != NULL)
        OPENSSL_cleanse(*to, strlen(*to));
    free(*to);
    *to = mem_dup(value);
}

static char **
member(struct aws_profile *p, const struct field *f)
{
    return (char **)(void *)((char *)p + f->at);
}

void
aws_profile_fini(struct aws_profile *p)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        set(member(p, &fields[i]), NULL);
    set(&p->endpoint_url_ec2, NULL);
}

/* "WORD NAME" or "WORD 'NAME'" with that word and name? */
static bool
is_section(const char *text, const char *word, const char *name)
{
    size_t n = strlen(word), len;

    if (strncmp(text, word, n) != 0 || strspn(text + n, BLANK) == 0)
        return false;
    text += n + strspn(text + n, BLANK);
    len = strlen(text);
    if (len >= 2 && (text[0] == '"' || text[0] == '\'') &&
        text[len - 1] == text[0]) {
        text++;
        len -= 2;
    }
    return strlen(name) == len && memcmp(text, name, len) == 0;
}

static bool
is_wanted(const struct reader *r, const char *section)
{
    switch (r->wanted) {
    case WANT_CREDENTIALS:
        return strcmp(section, r->name) == 0;
    case WANT_CONFIG:
        return is_section(section, "profile", r->name) ||
               (strcmp(section, "default") == 0 &&
                strcmp(r->name, "default") == 0);
    case WANT_SERVICES:
        break;
    }
    return is_section(section, "services", r->name);
}

static void
take(struct reader *r, const char *key, const char *value)
{
    if (r->wanted == WANT_SERVICES)
        return;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (strcasecmp(key, fields[i].key) == 0)
            set(member(r->out, &fields[i]), value);
}

/* A line below "OUTER =" that stands further to the right. */
static void
take_nested(struct reader *r, const char *outer, const char *key,
            const char *value)
{
    if (r->wanted == WANT_SERVICES && strcasecmp(outer, "ec2") == 0 &&
        strcasecmp(key, "endpoint_url") == 0)
        set(&r->out->endpoint_url_ec2, value);
}

static char *
trim(char *text)
{
    size_t len;

    text += strspn(text, BLANK);
    len = strlen(text);
    while (len > 0 && strchr(BLANK, text[len - 1]) != NULL)
        text[--len] = '\0';
    return text;
}

/* " #" and " ;" begin a comment; within a word they do not. */
static void
cut_comment(char *text)
{
    for (char *p = text; *p != '\0'; p++)
        if ((*p == '#' || *p == ';') &&
            (p == text || strchr(BLANK, p[-1]) != NULL)) {
            *p = '\0';
            return;
        }
}

static bool
read_section(struct reader *r, char *text)
{
    char *end = strchr(text, ']');

    if (end == NULL)
        return false;
    *end = '\0';
    r->in_section = true;
    r->inside = is_wanted(r, trim(text + 1));
    r->found = r->found || r->inside;
    r->has_key = false;
    buf_clear(&r->key);
    return true;
}

/* key = value at a column. False: it is none. */
static bool
read_pair(struct reader *r, size_t indent, char *text)
{
    bool deeper = r->has_key && indent > r->indent;
    char *at = strpbrk(text, "=:");
    char *key, *value;

    if (deeper && (buf_str(&r->key)[0] == '\0' || at == NULL))
        return true; /* a value that goes on; none of ours does */
    if (!r->in_section || at == NULL || at == text)
        return false;
    *at = '\0';
    key = trim(text);
    cut_comment(at + 1);
    value = trim(at + 1);
    if (deeper) {
        if (r->inside)
            take_nested(r, buf_str(&r->key), key, value);
        return true;
    }
    r->has_key = true;
    r->indent = indent;
    buf_clear(&r->key);
    if (value[0] == '\0')
        buf_puts(&r->key, key);
    if (r->inside)
        take(r, key, value);
    return true;
}

static bool
read_line(struct reader *r, char *line)
{
    size_t indent = strspn(line, BLANK);
    char *text = trim(line);

    if (text[0] == '\0' || text[0] == '#' || text[0] == ';')
        return true;
    if (text[0] == '[' && !(r->has_key && indent > r->indent))
        return read_section(r, text);
    return read_pair(r, indent, text);
}

static int
read_text(struct reader *r, const char *text, struct err *err)
{
    const char *file = r->wanted == WANT_CREDENTIALS ? "credentials" : "config";
    struct buf line = BUF_INIT(LINE_CAP);
    int number = 0, rc = 0;

    buf_init(&r->key, LINE_CAP);
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3; /* the mark some editors put first */
    while (rc == 0 && *text != '\0') {
        size_t len = strcspn(text, "\n");
        size_t cr = len > 0 && text[len - 1] == '\r' ? 1 : 0;

        number++;
        buf_clear(&line);
        buf_put(&line, text, len - cr);
        if (!buf_ok(&line))
            rc = err_set(err, E_USAGE, "%s file, line %d: too long", file,
                         number);
        else if (line.len > 0 && !read_line(r, line.data))
            rc = err_set(err, E_USAGE,
                         "%s file, line %d: neither [section] nor key = value",
                         file, number);
        text += len + (text[len] == '\n');
    }
    wipe_buf(&line);
    buf_fini(&r->key);
    return rc;
}

/* What over says replaces what out says; keys go together, so that a token
 * of one file never comes to a key of the other. */
static void
merge(struct aws_profile *out, struct aws_profile *over)
{
    bool keys = over->access_key_id != NULL || over->secret_access_key != NULL;

    for (size_t i = 0; i < FIELD_COUNT; i++) {
        char **from = member(over, &fields[i]);

        if (fields[i].is_key ? keys : *from != NULL)
            set(member(out, &fields[i]), *from);
    }
}

/* Reads one section of one file into out; *found: it is there. */
static int
read_part(enum wanted wanted, const char *text, const char *name,
          struct aws_profile *out, bool *found, struct err *err)
{
    struct reader r = {.wanted = wanted, .name = name, .out = out};
    int rc = text != NULL ? read_text(&r, text, err) : 0;

    *found = *found || r.found;
    return rc;
}

static int
read_files(const char *credentials, const char *config, const char *profile,
           struct aws_profile *out, struct err *err)
{
    struct aws_profile over = {0};
    bool found = false, services = false;
    int rc = read_part(WANT_CONFIG, config, profile, out, &found, err);

    if (rc == 0)
        rc = read_part(WANT_CREDENTIALS, credentials, profile, &over, &found,
                       err);
    merge(out, &over);
    aws_profile_fini(&over);
    if (rc == 0 && out->services != NULL)
        rc = read_part(WANT_SERVICES, config, out->services, out, &services,
                       err);
    if (rc == 0 && !found)
        rc = err_set(err, E_NOT_FOUND, "there is no profile %.80s", profile);
    return rc;
}

int
aws_profile_read(const char *credentials, const char *config,
                 const char *profile, struct aws_profile *out, struct err *err)
{
    int rc;

    memset(out, 0, sizeof(*out));
    rc = read_files(credentials, config, profile, out, err);
    if (rc != 0)
        aws_profile_fini(out);
    return rc;
}
