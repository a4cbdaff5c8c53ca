/* opt.c - the command line: one table of options, one of commands, and the
 * help texts made from both. Options may stand anywhere; "--" ends them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/input.h"
#include "core/mem.h"

#define NAMESPACE_MAX 64
#define SPAN_MAX (USEC_S * 86400 * 3650)
#define COMMON                                                                 \
    (OPT_BIT(DATABASE) | OPT_BIT(NAMESPACE) | OPT_BIT(JSON) | OPT_BIT(HELP))

struct def {
    const char *name;
    char letter; /* 0 = none */
    const char *arg;
    const char *help;
};

static const struct def defs[OPT_COUNT] = {
#define X(sym, name, letter, arg, help) {name, letter, arg, help},
    CLI_OPTIONS(X)
#undef X
};

static bool
takes(const struct command *command, int opt)
{
    return ((command->opts | COMMON) >> opt & 1) != 0;
}

static int
by_name(const char *name, size_t len)
{
    for (int i = 0; i < OPT_COUNT; i++) {
        if (strlen(defs[i].name) == len && memcmp(defs[i].name, name, len) == 0)
            return i;
    }
    return -1;
}

static int
by_letter(char letter)
{
    for (int i = 0; i < OPT_COUNT; i++) {
        if (defs[i].letter == letter)
            return i;
    }
    return -1;
}

static int
unknown_option(const struct cli *c, const char *word, struct err *err)
{
    if (c->command == NULL)
        return err_set(err, E_USAGE, "unknown option '%s'", word);
    return err_set(err, E_USAGE, "%s: unknown option '%s'; see hostq help %s",
                   c->command->name, word, c->command->name);
}

/* An option at argv[*at]; moves *at over its value. */
static int
parse_option(struct cli *c, int argc, char **argv, int *at, struct err *err)
{
    const char *word = argv[*at];
    const char *value = NULL;
    int opt;

    if (word[1] == '-') {
        size_t len = strcspn(word + 2, "=");
        opt = by_name(word + 2, len);
        if (word[2 + len] == '=')
            value = word + 3 + len;
    } else {
        opt = by_letter(word[1]);
        if (word[2] != '\0')
            value = word + 2;
    }
    if (opt < 0 || (c->command != NULL && !takes(c->command, opt)))
        return unknown_option(c, word, err);
    if (defs[opt].arg == NULL && value != NULL)
        return err_set(err, E_USAGE, "option --%s takes no value",
                       defs[opt].name);
    if (defs[opt].arg != NULL && value == NULL) {
        if (*at + 1 >= argc)
            return err_set(err, E_USAGE, "option --%s needs a value %s",
                           defs[opt].name, defs[opt].arg);
        value = argv[++*at];
    }
    if (value == NULL)
        value = "";
    if (opt != OPT_DATABASE && opt != OPT_FILE && opt != OPT_CONFDIR &&
        !input_is_utf8(value, strlen(value)))
        return err_set(err, E_USAGE,
                       "option --%s: the value is not valid UTF-8",
                       defs[opt].name);
    c->pairs[c->pair_count++] = (struct pair){(enum opt)opt, value};
    return 0;
}

static int
parse_word(struct cli *c, const char *word, struct err *err)
{
    if (!input_is_utf8(word, strlen(word)))
        return err_set(err, E_USAGE, "argument %d is not valid UTF-8",
                       c->arg_count + (c->command != NULL));
    if (c->command != NULL) {
        c->args[c->arg_count++] = word;
        return 0;
    }
    c->command = cli_find(word);
    if (c->command == NULL)
        return err_set(err, E_USAGE, "unknown command '%s'; see hostq help",
                       word);
    for (int i = 0; i < c->pair_count; i++) {
        if (!takes(c->command, (int)c->pairs[i].opt))
            return err_set(err, E_USAGE, "%s does not take --%s",
                           c->command->name, defs[c->pairs[i].opt].name);
    }
    return 0;
}

static bool
is_option(const char *word)
{
    /* "-" is standard input, "-5" a number. */
    return word[0] == '-' && word[1] != '\0' &&
           strchr("0123456789", word[1]) == NULL;
}

const char *
cli_opt(const struct cli *c, enum opt opt)
{
    for (int i = c->pair_count; i > 0; i--) {
        if (c->pairs[i - 1].opt == opt)
            return c->pairs[i - 1].value;
    }
    return NULL;
}

const char *
cli_option_name(enum opt opt)
{
    return defs[opt].name;
}

bool
cli_has(const struct cli *c, enum opt opt)
{
    return cli_opt(c, opt) != NULL;
}

int
cli_check_namespace(const char *text, const char *what, struct err *err)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz";
    size_t len = strlen(text);

    if (len == 0 || len > NAMESPACE_MAX || strchr(letters, text[0]) == NULL)
        return err_set(err, E_USAGE,
                       "%s: '%.80s' is not a name of 1..%d"
                       " characters that begins with a letter or digit",
                       what, text, NAMESPACE_MAX);
    for (size_t i = 0; i < len; i++) {
        if (strchr(letters, text[i]) == NULL && strchr("._-", text[i]) == NULL)
            return err_set(err, E_USAGE,
                           "%s: '%.80s' has a character other"
                           " than 0-9 A-Z a-z . _ -",
                           what, text);
    }
    return 0;
}

const char *
cli_namespace(const struct cli *c)
{
    const char *text = cli_opt(c, OPT_NAMESPACE);

    if (text == NULL)
        text = getenv("HOSTQ_NAMESPACE");
    return text != NULL && *text != '\0' ? text : NULL;
}

static int
check_count(const struct cli *c, struct err *err)
{
    const struct command *k = c->command;

    if (cli_has(c, OPT_HELP))
        return 0;
    const char *name = cli_namespace(c);
    if (name != NULL &&
        cli_check_namespace(
            name, cli_has(c, OPT_NAMESPACE) ? "--namespace" : "HOSTQ_NAMESPACE",
            err) != 0)
        return -1;
    if (c->arg_count < k->min)
        return err_set(err, E_USAGE,
                       "%s: an argument is missing; usage: hostq %s %s",
                       k->name, k->name, k->args);
    if (k->max >= 0 && c->arg_count > k->max)
        return err_set(err, E_USAGE,
                       "%s: '%s' is one argument too many;"
                       " usage: hostq %s %s",
                       k->name, c->args[k->max], k->name, k->args);
    return 0;
}

int
cli_parse(struct cli *c, int argc, char **argv, struct err *err)
{
    bool words_only = false;

    c->args = mem_zero((size_t)argc + 1, sizeof(*c->args));
    c->pairs = mem_zero((size_t)argc + 1, sizeof(*c->pairs));
    for (int i = 1; i < argc; i++) {
        int r;
        if (!words_only && strcmp(argv[i], "--") == 0) {
            words_only = true;
            continue;
        }
        if (!words_only && is_option(argv[i]))
            r = parse_option(c, argc, argv, &i, err);
        else
            r = parse_word(c, argv[i], err);
        if (r != 0)
            return -1;
    }
    if (c->command == NULL && cli_has(c, OPT_HELP))
        c->command = cli_find("help");
    if (c->command == NULL)
        return err_set(err, E_USAGE, "no command given; see hostq help");
    return check_count(c, err);
}

void
cli_fini(struct cli *c)
{
    cli_disconnect(c);
    free(c->args);
    free(c->pairs);
    c->args = NULL;
    c->pairs = NULL;
}

int
cli_span(const struct cli *c, enum opt opt, usec_t dflt, usec_t *out,
         struct err *err)
{
    const char *text = cli_opt(c, opt);
    usec_t span;

    if (text == NULL) {
        *out = dflt;
        return 0;
    }
    if (dur_parse(text, &span, err) != 0) {
        if (err != NULL)
            err->code = E_USAGE;
        return err_wrap(err, "--%s", defs[opt].name);
    }
    if (span < 0 || span > SPAN_MAX)
        return err_set(err, E_USAGE, "--%s: '%s' is not within 0 s..10 years",
                       defs[opt].name, text);
    *out = span;
    return 0;
}

const struct command *
cli_find(const char *name)
{
    for (const struct command *k = commands; k->name != NULL; k++) {
        if (strcmp(k->name, name) == 0)
            return k;
    }
    return NULL;
}

static void
help_options(uint64_t mask, const char *timeout)
{
    for (int i = 0; i < OPT_COUNT; i++) {
        const struct def *d = &defs[i];
        char name[48];
        if ((mask >> i & 1) == 0)
            continue;
        (void)snprintf(name, sizeof(name), "--%s%s%s", d->name,
                       d->arg != NULL ? " " : "", d->arg != NULL ? d->arg : "");
        (void)printf("  %c%c%c %-24s %s\n", d->letter != 0 ? '-' : ' ',
                     d->letter != 0 ? d->letter : ' ',
                     d->letter != 0 ? ',' : ' ', name,
                     i == OPT_TIMEOUT ? timeout : d->help);
    }
}

void
cli_help(const struct command *command)
{
    if (command == NULL) {
        (void)printf("usage: hostq COMMAND [OPTION...] [ARGUMENT...]\n\n");
        for (const struct command *k = commands; k->name != NULL; k++)
            (void)printf("  %-18s %s\n", k->name, k->summary);
        (void)printf("\nOptions of every command:\n");
        help_options(COMMON, NULL);
        (void)printf("\nhostq help COMMAND tells more; hostq(1) tells all.\n");
        return;
    }
    (void)printf("usage: hostq %s [OPTION...]%s%s\n\n%s\n\nOptions:\n",
                 command->name, *command->args != '\0' ? " " : "",
                 command->args, command->summary);
    help_options(command->opts | COMMON, command->timeout);
}

void
cli_words(const struct command *command)
{
    if (command == NULL) {
        for (const struct command *k = commands; k->name != NULL; k++)
            (void)printf("%s\n", k->name);
        return;
    }
    for (int i = 0; i < OPT_COUNT; i++) {
        if (takes(command, i))
            (void)printf("--%s\n", defs[i].name);
    }
}
