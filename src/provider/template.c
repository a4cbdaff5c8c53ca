/* template.c - the check of one template of a HostFactory template file:
 * the keys that all handlers share (hostfactory.md 3), then the handler's
 * own. Unknown keys are kept and not looked at. */
#include "provider/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "provider/list.h"
#include "provider/tags.h"

#define ID_MAX 64
#define NUMBER_MAX 10000
#define SHOWN_MAX ((size_t)60) /* bytes of a value in an error text */
#define LIST_CAP 512           /* a short list of words */

static const char id_characters[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

static const char *const price_types[] = {"ondemand", "spot", "heterogeneous",
                                          NULL};
static const char *const partial_policies[] = {"clean", "keep", NULL};

int
template_refuse(struct err *err, const char *key, const json_t *value,
                const char *want)
{
    if (json_absent(value))
        return err_set(err, E_USAGE, "template.%s is missing: %s expected", key,
                       want);
    CLEANUP_FREE char *text = json_text_new(value);
    size_t shown = strlen(text);
    bool cut = shown > SHOWN_MAX;
    for (shown = cut ? SHOWN_MAX : shown; (text[shown] & 0xc0) == 0x80;)
        shown--; /* not through a character */
    return err_set(err, E_USAGE, "template.%s is %.*s%s: %s expected", key,
                   (int)shown, text, cut ? "..." : "", want);
}

const char *
template_text(const json_t *value)
{
    const char *text = json_string_value(value);

    return text != NULL && strlen(text) == json_string_length(value) ? text
                                                                     : NULL;
}

int
template_number(const json_t *template_, const char *key, double min,
                double max, double dflt, double *out, struct err *err)
{
    const json_t *value = json_object_get(template_, key);
    double number = json_number_value(value);
    char want[64];

    if (json_absent(value)) {
        *out = dflt;
        return 0;
    }
    if (!json_is_number(value) || number < min || number > max) {
        (void)snprintf(want, sizeof(want), "a number in %.0f..%.0f", min, max);
        return template_refuse(err, key, value, want);
    }
    *out = number;
    return 0;
}

int
template_word(const json_t *template_, const char *key,
              const char *const *words, const char **out, struct err *err)
{
    const json_t *value = json_object_get(template_, key);
    const char *text = template_text(value);

    if (json_absent(value)) {
        *out = words[0];
        return 0;
    }
    for (const char *const *w = words; text != NULL && *w != NULL; w++) {
        if (strcmp(*w, text) == 0) {
            *out = *w;
            return 0;
        }
    }
    CLEANUP_BUF struct buf want = BUF_INIT(LIST_CAP);
    for (const char *const *w = words; *w != NULL; w++)
        buf_printf(&want, "%s%s", w != words ? " or " : "", *w);
    return template_refuse(err, key, value, buf_str(&want));
}

static int
check_id(const json_t *template_, struct err *err)
{
    const json_t *value = json_object_get(template_, "templateId");
    const char *id = template_text(value);

    if (id == NULL || *id == '\0' || strlen(id) > ID_MAX ||
        strspn(id, id_characters) != strlen(id))
        return template_refuse(err, "templateId", value,
                               "a string of 1..64 of 0-9 A-Z a-z - _");
    return 0;
}

static bool
is_number_text(const char *text)
{
    char *end;

    return strspn(text, "0123456789.") == strlen(text) &&
           strtod(text, &end) > 0 && *end == '\0';
}

/* The text of ["Numeric", "4"] or of a plain "4"; NULL for anything else. A
 * pair is two strings, the first one of HostFactory's kinds. */
static const char *
attribute_text(const json_t *value)
{
    static const char *const kinds[] = {"String", "Numeric", "Boolean"};

    if (json_is_string(value))
        return template_text(value);
    if (json_array_size(value) != 2)
        return NULL;
    const char *kind = json_string_value(json_array_get(value, 0));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kind != NULL && strcmp(kinds[i], kind) == 0)
            return template_text(json_array_get(value, 1));
    }
    return NULL;
}

static bool
is_attribute(const json_t *value, bool numeric)
{
    if (json_is_number(value))
        return !numeric || json_number_value(value) > 0;
    if (json_is_boolean(value))
        return !numeric;
    const char *text = attribute_text(value);
    return text != NULL && *text != '\0' && (!numeric || is_number_text(text));
}

static int
check_attribute(const char *key, const json_t *value, struct err *err)
{
    bool numeric = strcmp(key, "ncpus") == 0 || strcmp(key, "nram") == 0;
    char path[SHOWN_MAX];

    if (is_attribute(value, numeric))
        return 0;
    (void)snprintf(path, sizeof(path), "attributes.%s", key);
    return template_refuse(err, path, value,
                           numeric ? "a positive number or [\"Numeric\","
                                     " \"N\"]"
                                   : "a plain value or a pair of strings"
                                     " [String|Numeric|Boolean, value]");
}

static int
check_attributes(const json_t *template_, struct err *err)
{
    static const char *const required[] = {"type", "ncpus", "nram"};
    json_t *attributes = json_object_get(template_, "attributes");
    const char *key;
    json_t *value;

    if (!json_is_object(attributes))
        return template_refuse(err, "attributes", attributes,
                               "an object with type, ncpus and nram");
    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        value = json_object_get(attributes, required[i]);
        if (check_attribute(required[i], value, err) != 0)
            return -1;
    }
    json_object_foreach(attributes, key, value)
    {
        if (check_attribute(key, value, err) != 0)
            return -1;
    }
    return 0;
}

static int
check_tags(const json_t *template_, struct err *err)
{
    json_t *tags =
        tags_parse_new(json_object_get(template_, "instanceTags"), err);

    if (tags == NULL)
        return err_wrap(err, "template.instanceTags");
    json_decref(tags);
    return 0;
}

static const char *
default_api(const char *price_type)
{
    if (strcmp(price_type, "ondemand") == 0)
        return "RunInstances";
    return strcmp(price_type, "spot") == 0 ? "SpotFleet" : "EC2Fleet";
}

/* The handler that the template names, or that its priceType means. */
static const struct provider *
find_handler(const json_t *template_, struct err *err)
{
    const json_t *value = json_object_get(template_, "providerApi");
    bool given = !json_absent(value);
    const char *name = template_text(value);
    const char *price_type = NULL;

    if (template_word(template_, "priceType", price_types, &price_type, err) !=
        0)
        return NULL;
    if (given && name == NULL) {
        (void)template_refuse(err, "providerApi", value, "a string");
        return NULL;
    }
    if (!given)
        name = default_api(price_type);
    const struct provider *p = provider_find("provision", name);
    if (p == NULL) {
        (void)provider_refuse("provision", name, err);
        if (!given)
            (void)err_wrap(err, "providerApi is missing, so priceType"
                                " decides");
    }
    return p;
}

int
template_check(const json_t *template_, const char **api, struct err *err)
{
    const char *policy;
    int64_t number;

    if (!json_is_object(template_))
        return err_set(err, E_USAGE, "template is not an object");
    if (check_id(template_, err) != 0 ||
        json_get_int(template_, "template", "maxNumber", -1, NUMBER_MAX,
                     &number, err) != 0 ||
        check_attributes(template_, err) != 0 ||
        template_word(template_, "partialPolicy", partial_policies, &policy,
                      err) != 0 ||
        check_tags(template_, err) != 0)
        return -1;
    const struct provider *p = find_handler(template_, err);
    if (p == NULL || (p->check != NULL && p->check(template_, err) != 0))
        return -1;
    *api = p->provider_api;
    return 0;
}
