/* fields.h - how tests/moto/sigv4.py tells its programs a case: a line of
 * fields with a blank between, each '.' and then the hex digits of its text,
 * which holds no NUL. */
#ifndef HOSTQ_TESTS_MOTO_FIELDS_H
#define HOSTQ_TESTS_MOTO_FIELDS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum { FIELDS_MAX = 64 };

struct fields {
    char *line;
    size_t room;
    char *at[FIELDS_MAX]; /* in line */
    size_t count;
};

static inline void
fields_die(const char *why)
{
    (void)fprintf(stderr, "bad case: %s\n", why);
    exit(99);
}

/* Writes the text over its own digits. */
static inline char *
fields_decode(char *field)
{
    size_t digits = strlen(field + 1), n = 0;

    if (field[0] != '.' || digits % 2 != 0)
        fields_die(field);
    for (; n < digits / 2; n++) {
        char pair[3] = {field[1 + 2 * n], field[2 + 2 * n], '\0'};
        field[n] = (char)strtol(pair, NULL, 16);
    }
    field[n] = '\0';
    return field;
}

/* The next case of standard input; 0 at its end. */
static inline int
fields_read(struct fields *f, size_t least)
{
    char *rest, *word;

    if (getline(&f->line, &f->room, stdin) < 0)
        return 0;
    f->line[strcspn(f->line, "\n")] = '\0';
    rest = f->line;
    for (f->count = 0; (word = strsep(&rest, " ")) != NULL; f->count++) {
        if (f->count == FIELDS_MAX)
            fields_die("too many fields");
        f->at[f->count] = fields_decode(word);
    }
    if (f->count < least)
        fields_die("too few fields");
    return 1;
}

#endif
