/* hf_files.c - reads template and config file (hostfactory.md 1: names in
 * order, the first that exists counts). Runs at each getAvailableTemplates
 * and requestMachines, so it parses no more than it must. */
#include "cli/hf_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/input.h"
#include "core/mem.h"
#include "wire/token.h"

#define HASH_CAP (4 * INPUT_MAX)
#define PATH_CAP 4096

static const char *const template_names[] = {
    "prov_templates.json",
    "awsprov_templates.json",
    "templates.json",
};
static const char *const config_names[] = {
    "prov_config.json",
    "awsprov_config.json",
    "config.json",
};
#define NAMES 3

/* Path of the n-th name; NULL where that one needs an instance name. */
static char *
path_new(const char *dir, const char *name, const char *const *names, int n)
{
    struct buf b = BUF_INIT(PATH_CAP);

    if (n == 0 && name == NULL)
        return NULL;
    buf_printf(&b, "%s%s%s%s", dir,
               dir[0] != '\0' && dir[strlen(dir) - 1] == '/' ? "" : "/",
               n == 0 ? name : "", names[n]);
    return buf_take(&b);
}

/* The first that exists (or cannot be looked at), or NULL. */
static char *
find_new(const char *dir, const char *name, const char *const *names)
{
    for (int n = 0; n < NAMES; n++) {
        char *path = path_new(dir, name, names, n);
        if (path != NULL && (access(path, F_OK) == 0 || errno != ENOENT))
            return path;
        free(path);
    }
    return NULL;
}

static json_t *
parse_new(const char *text, size_t len, const char *what, struct err *err)
{
    json_t *json = input_json_new(text, len, what, err);

    if (json == NULL || json_is_object(json))
        return json;
    (void)err_set(err, E_USAGE, "%s is not a JSON object", what);
    json_decref(json);
    return NULL;
}

static int
take_templates(struct hf_files *f, size_t len, bool pushed, struct err *err)
{
    f->json = parse_new(f->templates, len, f->template_path, err);
    if (f->json == NULL)
        return -1;
    /* What HostFactory sends may be one instead of a list. */
    json_t *one = json_object_get(f->json, "templates");
    if (pushed && json_is_object(one) &&
        json_object_set_new(f->json, "templates", json_pack("[O]", one)) != 0)
        abort();
    if (!json_is_array(json_object_get(f->json, "templates")))
        return err_set(err, E_USAGE, "%s: templates is missing or not a list",
                       f->template_path);
    return 0;
}

char *
hf_user_data_new(const struct hf_files *f, const char *value, struct err *err)
{
    CLEANUP_BUF struct buf b = BUF_INIT(PATH_CAP);
    size_t len;

    if (*value == '\0' || strchr(value, '\n') != NULL)
        return mem_dup(value);
    if (*value != '/') {
        buf_printf(&b, "%s/%s", f->dir, value);
        if (!buf_ok(&b) || access(buf_str(&b), F_OK) != 0)
            return mem_dup(value);
        value = buf_str(&b);
    }
    char *text = input_read_new(value, &len, err);
    if (text != NULL && (strlen(text) != len || !input_is_utf8(text, len))) {
        (void)err_set(err, E_USAGE, "'%s' is not text", value);
        free(text);
        return NULL;
    }
    return text;
}

static void
hash_part(struct buf *b, const char *text)
{
    buf_printf(b, "%zu:", strlen(text));
    buf_puts(b, text);
}

/* The version is in it, because another one may judge otherwise. */
static void
make_hash(struct hf_files *f)
{
    CLEANUP_BUF struct buf b = BUF_INIT(HASH_CAP);
    size_t i;
    json_t *t;

    hash_part(&b, PACKAGE_VERSION);
    hash_part(&b, f->templates);
    hash_part(&b, f->config);
    json_array_foreach(json_object_get(f->json, "templates"), i, t)
    {
        const char *script =
            json_string_value(json_object_get(t, "userDataScript"));
        if (script == NULL)
            continue;
        CLEANUP_FREE char *text = hf_user_data_new(f, script, NULL);
        hash_part(&b, text != NULL ? text : "unreadable");
    }
    token_sha256(buf_str(&b), b.len, f->hash);
}

static int
read_config(struct hf_files *f, const char *name, struct err *err)
{
    CLEANUP_FREE char *path = find_new(f->dir, name, config_names);
    size_t len;

    if (path == NULL) {
        f->config = mem_dup("{}");
        return 0;
    }
    f->config = input_read_new(path, &len, err);
    if (f->config == NULL)
        return -1;
    CLEANUP_JSON json_t *json = parse_new(f->config, len, path, err);
    return json != NULL ? 0 : -1;
}

json_t *
hf_config_new(const char *dir, const char *name, struct err *err)
{
    CLEANUP_FREE char *path = find_new(dir, name, config_names);
    size_t len;

    CLEANUP_FREE char *text =
        path != NULL ? input_read_new(path, &len, err) : NULL;
    return text != NULL ? parse_new(text, len, path, err) : NULL;
}

int
hf_files_read(const char *dir, const char *name, struct hf_files *f,
              struct err *err)
{
    size_t len;

    memset(f, 0, sizeof(*f));
    f->dir = mem_dup(dir);
    f->template_path = find_new(dir, name, template_names);
    if (f->template_path == NULL)
        return err_set(err, E_USAGE,
                       "there is no template file in '%s'"
                       " (%s%sawsprov_templates.json or templates.json)",
                       dir, name != NULL ? name : "",
                       name != NULL ? "prov_templates.json, " : "");
    f->templates = input_read_new(f->template_path, &len, err);
    if (f->templates == NULL || take_templates(f, len, false, err) != 0 ||
        read_config(f, name, err) != 0)
        return -1;
    make_hash(f);
    return 0;
}

int
hf_files_read_one(const char *path, struct hf_files *f, struct err *err)
{
    const char *slash = strrchr(path, '/');
    size_t len;

    memset(f, 0, sizeof(*f));
    f->dir =
        slash != NULL ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    if (f->dir == NULL)
        abort();
    f->template_path = mem_dup(path);
    f->config = mem_dup("{}");
    f->templates = input_read_new(path, &len, err);
    return f->templates != NULL ? take_templates(f, len, false, err) : -1;
}

int
hf_files_push(const char *text, size_t len, struct hf_files *f, struct err *err)
{
    free(f->template_path);
    free(f->templates);
    json_decref(f->json);
    f->json = NULL;
    f->template_path = mem_dup("the pushed templates");
    f->templates = mem_dup(text);
    if (f->config == NULL)
        f->config = mem_dup("{}");
    if (f->dir == NULL)
        f->dir = mem_dup(".");
    return take_templates(f, len, true, err);
}

void
hf_files_fini(struct hf_files *f)
{
    free(f->template_path);
    free(f->templates);
    json_decref(f->json);
    free(f->config);
    free(f->dir);
    memset(f, 0, sizeof(*f));
}
