/* json_help.h - texts of tables of tests as JSON. */
#ifndef HOSTQ_TESTS_JSON_HELP_H
#define HOSTQ_TESTS_JSON_HELP_H

#include <jansson.h>

#include "unit.h"

/* The object with the members of the other one over its own; null removes.
 * Caller owns it. */
static inline json_t *
lay_over(const char *object, const char *over)
{
    json_t *t = json_loads(object, 0, NULL);
    json_t *o = json_loads(over, JSON_ALLOW_NUL, NULL);
    const char *key;
    json_t *value;

    ck_assert_msg(t != NULL && o != NULL, "bad row %s", over);
    json_object_foreach(o, key, value)
    {
        if (json_is_null(value))
            (void)json_object_del(t, key);
        else
            (void)json_object_set(t, key, value);
    }
    json_decref(o);
    return t;
}

#endif
