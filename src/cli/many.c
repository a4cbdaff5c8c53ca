/* many.c - see many.h. */
#include "cli/many.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/input.h"

#define BLANKS " \t\r\n"

static void
begin(struct many *m, const char *text)
{
    m->at = m->counted = text;
    m->line = 1;
    text += strspn(text, BLANKS);
    m->list = *text == '[';
    if (m->list)
        m->at = text + 1;
}

/* The end of the JSON value at s, which is well-formed and within a list. */
static const char *
value_end(const char *s)
{
    int depth = 0;

    for (bool quoted = false; *s != '\0'; s++) {
        if (quoted && *s == '\\' && s[1] != '\0')
            s++;
        else if (*s == '"')
            quoted = !quoted;
        else if (!quoted && (*s == '{' || *s == '['))
            depth++;
        else if (!quoted && depth > 0 && (*s == '}' || *s == ']'))
            depth--;
        else if (!quoted && depth == 0 && (*s == ',' || *s == ']'))
            break;
    }
    return s;
}

bool
many_next(struct many *m, struct many_item *item)
{
    m->at += strspn(m->at, m->list ? BLANKS "," : BLANKS);
    if (*m->at == '\0' || (m->list && *m->at == ']'))
        return false;
    const char *end = m->list ? value_end(m->at) : strchr(m->at, '\n');
    if (end == NULL)
        end = m->at + strlen(m->at);
    for (; m->counted < m->at; m->counted++)
        m->line += *m->counted == '\n';
    *item = (struct many_item){m->at, (size_t)(end - m->at), m->line};
    m->at = end;
    return true;
}

int
many_open(struct many *m, const char *text, size_t len, const char *what,
          size_t *count, struct err *err)
{
    struct many_item item;

    *count = 0;
    begin(m, text);
    /* A NUL would end the text early: as a whole it is no JSON. */
    if (m->list || strlen(text) != len) {
        CLEANUP_JSON json_t *all = input_json_new(text, len, what, err);
        if (all == NULL)
            return -1;
    }
    while (many_next(m, &item)) {
        char line[64];
        (void)snprintf(line, sizeof line, "line %zu", item.line);
        ++*count;
        if (m->list)
            continue;
        CLEANUP_JSON json_t *one =
            input_json_new(item.text, item.len, line, err);
        if (one == NULL)
            return -1;
    }
    begin(m, text);
    return 0;
}
