/* template.h - what the handlers' template checks share: texts that name
 * key, value and limit. */
#ifndef HOSTQ_PROVIDER_TEMPLATE_H
#define HOSTQ_PROVIDER_TEMPLATE_H

#include <jansson.h>

#include "base/err.h"

/* "template.KEY is VALUE: WANT expected", as the getters of base/json.h say
 * it; code E_USAGE; returns -1. value NULL or JSON null = missing. */
int template_refuse(struct err *err, const char *key, const json_t *value,
                    const char *want);
/* The string, or NULL: no string, or one with a NUL inside. */
const char *template_text(const json_t *value);
/* A number in [min, max] (the key may be absent: dflt). */
int template_number(const json_t *template_, const char *key, double min,
                    double max, double dflt, double *out, struct err *err);
/* A string out of a NULL-terminated list of words; absent: the first. *out
 * is a word of the list. */
int template_word(const json_t *template_, const char *key,
                  const char *const *words, const char **out, struct err *err);

#endif
