/* table.h - rows for people: aligned with a head line on a terminal, plain
 * and separated by tabs elsewhere. */
#ifndef HOSTQ_CLI_TABLE_H
#define HOSTQ_CLI_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct column {
    const char *key;   /* member of the row's object; NULL ends a list */
    const char *title; /* head line */
};

struct table {
    const struct column *columns;
    size_t width; /* number of columns */
    char **cells; /* owned, row by row */
    size_t count; /* of cells */
};

void table_init(struct table *t, const struct column *columns);
void table_fini(struct table *t);
/* Adds one row from an object; a member that is missing or null is empty. */
void table_add(struct table *t, const json_t *row);
/* aligned: with head line and columns of equal width. */
void table_print(const struct table *t, FILE *out, bool aligned);

/* Shows an array of objects on standard output. */
void table_show(const json_t *rows, const struct column *columns);
/* Shows one object's listed members, one "title: value" line each; members
 * that are missing or null are left out. */
void table_show_one(const json_t *object, const struct column *columns);

/* A value as one line without control characters; caller frees. */
char *table_text_new(const json_t *value);

#endif
