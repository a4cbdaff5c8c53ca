/* hf_templates.c - judges the templates of a file: what is stored of each,
 * and what is said about those that are bad. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "cli/hf_files.h"
#include "cli/input.h"
#include "core/mem.h"
#include "provider/provider.h"

#define MAX_NUMBER 10000
#define ID_BYTES 256 /* more would not fit an index; 64 are allowed */

static void
put(json_t *object, const char *key, json_t *value)
{
    if (value == NULL || json_object_set_new(object, key, value) != 0)
        abort();
}

static void
say(struct buf *problems, int *count, const char *label, const char *text)
{
    buf_printf(problems, "%s%s: %s", problems->len != 0 ? "; " : "", label,
               text);
    ++*count;
}

/* maxNumber of a template that may be bad: the column takes -1..10000. */
static json_int_t
max_number(const json_t *t)
{
    double n = json_number_value(json_object_get(t, "maxNumber"));

    return n >= -1 && n <= MAX_NUMBER ? (json_int_t)n : 0;
}

/* "template.KEY: VALUE is not ..." is told as "KEY VALUE is not ...": the
 * first word of a problem is the key, PROVIDER_INCOMPATIBLE names it. */
static char *
problem_new(const char *text)
{
    static const char prefix[] = "template";

    if (strncmp(text, prefix, sizeof(prefix) - 1) == 0) {
        text += sizeof(prefix) - 1;
        text += strspn(text, ".: ");
    }
    char *clean = input_clean_new(text);
    char *end = clean + strcspn(clean, " ");
    if (end > clean && end[-1] == ':')
        memmove(end - 1, end, strlen(end) + 1);
    return clean;
}

static void
put_user_data(const struct hf_files *f, const json_t *t, json_t *verdict,
              struct err *err)
{
    const char *script = json_str(t, "userDataScript");

    if (script == NULL)
        return;
    CLEANUP_FREE char *text = hf_user_data_new(f, script, err);
    if (text != NULL) {
        put(verdict, "userData", json_string(text));
        return;
    }
    (void)err_wrap(err, "userDataScript");
    put(verdict, "valid", json_false());
}

static json_t *
verdict_new(const struct hf_files *f, size_t n, const json_t *t, const char *id,
            struct buf *problems, int *count)
{
    const char *api = NULL;
    struct err err = {0};
    bool valid = template_check(t, &api, &err) == 0;
    json_t *v = json_object();

    if (api == NULL)
        api = json_str(t, "providerApi");
    put(v, "n", json_integer((json_int_t)n));
    put(v, "templateId", json_string(id));
    put(v, "valid", json_boolean(valid));
    put(v, "maxNumber", json_integer(max_number(t)));
    put(v, "providerApi", api != NULL ? json_string(api) : json_null());
    if (valid)
        put_user_data(f, t, v, &err);
    if (err.text[0] == '\0')
        return v;
    CLEANUP_FREE char *why = problem_new(err.text);
    put(v, "problem", json_string(why));
    say(problems, count, id, why);
    return v;
}

/* What keeps a template from being stored at all, or NULL. */
static const char *
unusable(const json_t *t, const json_t *seen)
{
    const char *id = json_str(t, "templateId");

    if (!json_is_object(t))
        return "is not an object";
    if (id == NULL || *id == '\0')
        return "templateId is missing";
    if (strlen(id) > ID_BYTES)
        return "templateId is too long";
    return json_object_get(seen, id) != NULL
               ? "templateId is there twice, the first one counts"
               : NULL;
}

json_t *
hf_verdicts_new(const struct hf_files *f, struct buf *problems, int *count)
{
    CLEANUP_JSON json_t *seen = json_object();
    json_t *verdicts = json_array();
    size_t i;
    json_t *t;

    *count = 0;
    json_array_foreach(json_object_get(f->json, "templates"), i, t)
    {
        const char *why = unusable(t, seen);
        if (why != NULL) {
            char label[128];
            const char *id = json_str(t, "templateId");
            (void)snprintf(label, sizeof(label), "templates[%zu]%s%.64s%s", i,
                           id != NULL ? " (" : "", id != NULL ? id : "",
                           id != NULL ? ")" : "");
            say(problems, count, label, why);
            continue;
        }
        const char *id = json_str(t, "templateId");
        put(seen, id, json_true());
        if (json_array_append_new(
                verdicts, verdict_new(f, i, t, id, problems, count)) != 0)
            abort();
    }
    return verdicts;
}
