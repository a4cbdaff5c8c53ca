/* config_doc.c - the table of settings as text: for --show-config, --help,
 * the manual and Markdown. The pages in doc/ are compared with it. */
#include <stdio.h>
#include <string.h>

#include "daemon/config.h"

enum {
    NAME_WIDTH = 22,
    VALUE_WIDTH = 24,
    HELP_INDENT = 8,
    COLUMNS = 80,
};

static const char *const type_words[] = {
    [SETTING_STRING] = "Text",       [SETTING_INT] = "Number",
    [SETTING_DURATION] = "Duration", [SETTING_BOOL] = "Switch",
    [SETTING_ENUM] = "One of",
};

/* Appends len bytes of text, broken at blanks into indented lines. */
static void
wrap(struct buf *out, size_t indent, const char *text, size_t len)
{
    while (len > 0) {
        size_t line = len;
        if (line > COLUMNS - indent) {
            line = COLUMNS - indent;
            while (line > 0 && text[line] != ' ')
                line--;
        }
        buf_printf(out, "%*s%.*s\n", (int)indent, "", (int)line, text);
        line += line < len; /* the blank */
        text += line;
        len -= line;
    }
}

/* "Number, 1 to 100000; default 100; HUP." */
static void
facts(const struct setting *s, struct buf *out)
{
    buf_puts(out, type_words[s->type]);
    if (s->type != SETTING_STRING)
        buf_puts(out, s->type == SETTING_ENUM ? " " : ", ");
    setting_limits(s, out);
    buf_printf(out, "; default%s %s", s->dflt_help ? ":" : "",
               s->dflt_help ? s->dflt_help : s->dflt);
    if (s->flags & SETTING_RELOAD)
        buf_puts(out, "; HUP");
    buf_putc(out, '.');
}

void
config_print(const struct config *cfg, struct buf *out)
{
    const struct setting *s = config_settings();

    for (int i = 0; i < CONFIG_SETTINGS; i++) {
        struct buf value = BUF_INIT(8192);
        setting_print(&s[i], cfg, &value);
        buf_printf(out, "%-*s = %-*s ; %s\n", NAME_WIDTH, s[i].name,
                   VALUE_WIDTH, buf_str(&value), cfg->from[i]);
        buf_fini(&value);
    }
}

void
config_help(struct buf *out)
{
    const struct setting *s = config_settings();

    for (int i = 0; i < CONFIG_SETTINGS; i++) {
        struct buf text = BUF_INIT(2000);
        buf_printf(&text, "%s ", s[i].help);
        facts(&s[i], &text);
        buf_printf(out, "  --%s=VALUE\n", s[i].name);
        wrap(out, HELP_INDENT, buf_str(&text), text.len);
        buf_fini(&text);
    }
}

void
config_mdoc(struct buf *out)
{
    const struct setting *s = config_settings();

    for (int i = 0; i < CONFIG_SETTINGS; i++) {
        const char *help = s[i].help, *stop;
        struct buf text = BUF_INIT(2000);
        buf_printf(out, ".It Cm %s\n", s[i].name);
        /* mdoc wants every sentence to begin a line. */
        while ((stop = strstr(help, ". "))) {
            wrap(out, 0, help, (size_t)(stop - help) + 1);
            help = stop + 2;
        }
        wrap(out, 0, help, strlen(help));
        facts(&s[i], &text);
        wrap(out, 0, buf_str(&text), text.len);
        buf_fini(&text);
    }
}

void
config_markdown(struct buf *out)
{
    const struct setting *s = config_settings();

    buf_puts(out, "| setting | meaning | values |\n|---|---|---|\n");
    for (int i = 0; i < CONFIG_SETTINGS; i++) {
        buf_printf(out, "| `%s` | %s | ", s[i].name, s[i].help);
        facts(&s[i], out);
        buf_puts(out, " |\n");
    }
}
