/* tags.c - see tags.h. */
#include "provider/tags.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "core/mem.h"

static size_t
count_characters(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static int
add_tag(json_t *tags, const char *key, const char *value, struct err *err)
{
    if (*key == '\0')
        return err_set(err, E_USAGE, "Tag key of value '%s' is empty", value);
    if (count_characters(key) > TAG_KEY_MAX)
        return err_set(err, E_USAGE, "Tag key '%s' exceeds %d characters", key,
                       TAG_KEY_MAX);
    if (count_characters(value) > TAG_VALUE_MAX)
        return err_set(err, E_USAGE, "Tag value '%s' exceeds %d characters",
                       value, TAG_VALUE_MAX);
    if (strncmp(key, "hf:", 3) == 0 || strncmp(key, "aws:", 4) == 0)
        return err_set(err, E_USAGE, "Tag key '%s' is reserved (hf:, aws:)",
                       key);
    (void)json_object_set_new(tags, key, json_string(value));
    return 0;
}

static int
parse_text(const char *text, json_t *tags, struct err *err)
{
    CLEANUP_FREE char *copy = mem_dup(text);
    char *rest = copy;

    while (rest != NULL) {
        char *item = strsep(&rest, ";");
        item += strspn(item, " ");
        if (*item == '\0')
            continue;
        char *equals = strchr(item, '=');
        if (equals == NULL)
            return err_set(err, E_USAGE,
                           "Tag '%s' is not of the form"
                           " key=value",
                           item);
        *equals = '\0';
        if (add_tag(tags, item, equals + 1, err) != 0)
            return -1;
    }
    return 0;
}

static int
parse_object(json_t *value, json_t *tags, struct err *err)
{
    const char *key;
    json_t *v;

    json_object_foreach(value, key, v)
    {
        if (!json_is_string(v))
            return err_set(err, E_USAGE, "Tag value of '%s' is not a string",
                           key);
        if (add_tag(tags, key, json_string_value(v), err) != 0)
            return -1;
    }
    return 0;
}

json_t *
tags_parse_new(json_t *value, struct err *err)
{
    CLEANUP_JSON json_t *tags = json_object();
    int ok = 0;

    if (json_is_string(value))
        ok = parse_text(json_string_value(value), tags, err);
    else if (json_is_object(value))
        ok = parse_object(value, tags, err);
    else if (!json_absent(value))
        ok = err_set(err, E_USAGE,
                     "instanceTags is neither a string nor an"
                     " object");
    if (ok != 0)
        return NULL;
    if (json_object_size(tags) > TAGS_MAX) {
        (void)err_set(err, E_USAGE, "%zu tags exceed %d",
                      json_object_size(tags), TAGS_MAX);
        return NULL;
    }
    return json_incref(tags);
}

json_t *
tags_merge_new(json_t *instance_tags, json_t *tags)
{
    struct err ignored;
    CLEANUP_JSON json_t *all = tags_parse_new(instance_tags, &ignored);

    if (all == NULL)
        all = json_object();
    if (json_is_object(tags))
        (void)json_object_update(all, tags);
    return json_object_size(all) != 0 ? json_deep_copy(all) : NULL;
}
