/* input.h - files and JSON from outside, judged before they reach SQL. */
#ifndef HOSTQ_CLI_INPUT_H
#define HOSTQ_CLI_INPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define INPUT_MAX ((size_t)32 << 20) /* bytes of one input file */

/* The whole file ("-" = standard input) as text with a NUL behind it; a byte
 * order mark is dropped. Caller frees. E_USAGE names the file. */
char *input_read_new(const char *path, size_t *len, struct err *err);

/* Parses what the caller calls `what`. Refuses, by the path of the string,
 * what PostgreSQL cannot store: \u0000 and bytes that are not UTF-8. E_USAGE
 * (an empty text is an error, too). */
json_t *input_json_new(const char *text, size_t len, const char *what,
                       struct err *err);

/* Parses what has been judged or our own SQL made; a whole number that no
 * int64 holds becomes a real. NULL and *why. */
json_t *input_load_new(const char *text, size_t len, json_error_t *why);

/* What an error calls the file: "-" is standard input. */
const char *input_name(const char *path);

bool input_is_utf8(const char *text, size_t len);
/* A copy with '?' for every byte that is not UTF-8. Caller frees. */
char *input_clean_new(const char *text);

#endif
