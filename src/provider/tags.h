/* tags.h - tags of machines: instanceTags of a template ("k=v;k2=v2" or an
 * object) under the tags of a request. Pure. */
#ifndef HOSTQ_PROVIDER_TAGS_H
#define HOSTQ_PROVIDER_TAGS_H

#include <jansson.h>

#include "base/err.h"

#define TAGS_MAX 50     /* of one machine */
#define TAG_KEY_MAX 128 /* characters, not bytes */
#define TAG_VALUE_MAX 256

/* Reads instanceTags. NULL, JSON null and "" give an empty object. The value
 * of a tag may hold '='. NULL and err: text of calls.md 2. */
json_t *tags_parse_new(json_t *value, struct err *err);
/* The template's with the request's over them; NULL when there are none.
 * Unreadable ones are left out: submit has refused them before. */
json_t *tags_merge_new(json_t *instance_tags, json_t *tags);

#endif
