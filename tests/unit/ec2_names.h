/* ec2_names.h - is a form one that EC2 knows? names is the text of
 * tests/fake/ec2.names. */
#ifndef HOSTQ_TESTS_EC2_NAMES_H
#define HOSTQ_TESTS_EC2_NAMES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "unit.h"

/* Where the parameters of that action are told, or NULL. */
static inline const char *
ec2_names_of(const char *names, const char *action)
{
    char head[100];

    (void)snprintf(head, sizeof(head), "\n## ec2.%s\n", action);
    const char *at = strstr(names, head);
    return at != NULL ? at + strlen(head) : NULL;
}

/* N in the list stands for any number. */
static inline bool
ec2_names_fits(const char *line, const char *name, size_t len)
{
    const char *end = name + len;

    line += strspn(line, " ");
    while (name < end) {
        size_t digits = name[-1] == '.' ? strspn(name, "0123456789") : 0;
        bool number =
            line[-1] == '.' && *line == 'N' && strchr(". ", line[1]) != NULL;
        if (number != (digits > 0) || (!number && *line != *name))
            return false;
        line++;
        name += number ? digits : 1;
    }
    return strncmp(line, " = ", 3) == 0;
}

static inline bool
ec2_names_has(const char *list, const char *name, size_t len)
{
    while (*list == ' ') {
        if (ec2_names_fits(list, name, len))
            return true;
        list = strchr(list, '\n') + 1;
    }
    return false;
}

/* An unknown name is refused by EC2, one twice is read as it likes. */
static inline void
ec2_names_check(const char *names, const char *body)
{
    static const char start[] = "Action=", second[] = "&Version=2016-11-15";
    char action[80];
    size_t len = strcspn(body, "&");

    ck_assert_msg(strncmp(body, start, strlen(start)) == 0 &&
                      strncmp(body + len, second, strlen(second)) == 0 &&
                      len < sizeof(action),
                  "a form begins with %.*s", (int)len + 20, body);
    (void)snprintf(action, sizeof(action), "%.*s", (int)(len - strlen(start)),
                   body + strlen(start));
    const char *list = ec2_names_of(names, action);
    ck_assert_msg(list != NULL, "EC2 has no action %s", action);
    const char *at = body + len + strlen(second);
    while (*at == '&') {
        const char *name = ++at;
        len = strcspn(name, "=");
        ck_assert_msg(ec2_names_has(list, name, len),
                      "%s has no parameter %.*s", action, (int)len, name);
        at += strcspn(at, "&");
        char *again = mem_zero(len + 3, 1);
        (void)snprintf(again, len + 3, "&%.*s=", (int)len, name);
        ck_assert_msg(strstr(at, again) == NULL, "%s=.. twice", again + 1);
        free(again);
    }
    ck_assert_int_eq(*at, '\0');
}

#endif
