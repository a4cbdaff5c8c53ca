/* json.h - typed getters over jansson; an error names the path, the value
 * and what was expected. json_t is borrowed unless the name says _new. */
#ifndef HOSTQ_BASE_JSON_H
#define HOSTQ_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Parses one JSON text (whole input, UTF-8, no duplicate check). The error
 * names line and column. */
json_t *json_parse_new(const char *text, size_t len, struct err *err);
/* Compact text, sorted keys; caller frees. Aborts when out of memory. */
char *json_text_new(const json_t *value);

/* path is what the caller calls the object in errors ("template",
 * "params"). A missing key is an error unless the name says _or. */
int json_get_str(const json_t *obj, const char *path, const char *key,
                 const char **out, struct err *err);
int json_get_str_or(const json_t *obj, const char *path, const char *key,
                    const char *dflt, const char **out, struct err *err);
int json_get_int(const json_t *obj, const char *path, const char *key,
                 int64_t min, int64_t max, int64_t *out, struct err *err);
int json_get_int_or(const json_t *obj, const char *path, const char *key,
                    int64_t min, int64_t max, int64_t dflt, int64_t *out,
                    struct err *err);
int json_get_bool_or(const json_t *obj, const char *path, const char *key,
                     bool dflt, bool *out, struct err *err);

/* A key that is not there, or is null. */
bool json_absent(const json_t *value);

/* Unchecked forms for values that our own SQL made. */
const char *json_str(const json_t *obj, const char *key); /* NULL if none */
int64_t json_int(const json_t *obj, const char *key); /* 0 if none; saturates */

#endif
