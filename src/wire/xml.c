/* xml.c - on expat, which fetches nothing from outside; a DOCTYPE, and with it
 * every entity of one's own, is refused (aws.md 1e). */
#include "wire/xml.h"

#include <expat.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct reading {
    XML_Parser parser;
    const struct xml_handler *handler;
    void *arg;
    const char *root; /* its name, or NULL: any */
    int depth;        /* 1: inside the root */
    struct buf path;
    size_t starts[XML_DEPTH_MAX]; /* length of the path before each name */
    struct buf text;
    bool inner;          /* the element in hand has had a child */
    const char *refused; /* why we stopped, or NULL */
};

static void
refuse(struct reading *r, const char *why)
{
    if (r->refused == NULL)
        r->refused = why;
    (void)XML_StopParser(r->parser, XML_FALSE);
}

static void
cut_path(struct reading *r, size_t len)
{
    r->path.len = len;
    if (r->path.data != NULL)
        r->path.data[len] = '\0';
}

static void XMLCALL
on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *r = arg;
    const char *colon = strrchr(name, ':');
    const char *local = colon != NULL ? colon + 1 : name;

    (void)attributes;
    if (r->depth == 0 && r->root != NULL && strcmp(local, r->root) != 0) {
        refuse(r, "the document is another one");
        return;
    }
    if (r->depth == XML_DEPTH_MAX) {
        refuse(r, "too deep");
        return;
    }
    r->starts[r->depth] = r->path.len;
    if (r->depth > 0) {
        if (r->path.len > 0)
            buf_putc(&r->path, '/');
        buf_puts(&r->path, local);
    }
    r->depth++;
    r->inner = false;
    buf_clear(&r->text);
    if (!buf_ok(&r->path))
        refuse(r, "names too long");
    else if (r->handler->start != NULL)
        r->handler->start(r->arg, buf_str(&r->path));
}

static void XMLCALL
on_end(void *arg, const XML_Char *name)
{
    struct reading *r = arg;

    (void)name;
    if (r->refused != NULL)
        return;
    if (r->handler->end != NULL)
        r->handler->end(r->arg, buf_str(&r->path),
                        r->inner ? "" : buf_str(&r->text));
    r->inner = true;
    buf_clear(&r->text);
    cut_path(r, r->starts[--r->depth]);
}

/* In pieces: at entities, ends of lines, ends of buffers. */
static void XMLCALL
on_text(void *arg, const XML_Char *text, int len)
{
    struct reading *r = arg;

    buf_put(&r->text, text, (size_t)len);
    if (!buf_ok(&r->text))
        refuse(r, "text too long");
}

static void XMLCALL
on_doctype(void *arg, const XML_Char *name, const XML_Char *system_id,
           const XML_Char *public_id, int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    refuse(arg, "DOCTYPE is refused");
}

static void
set_handlers(struct reading *r)
{
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
}

int
xml_read(const void *data, size_t len, const struct xml_handler *h, void *arg,
         struct err *err)
{
    return xml_read_as(NULL, data, len, h, arg, err);
}

int
xml_read_as(const char *root, const void *data, size_t len,
            const struct xml_handler *h, void *arg, struct err *err)
{
    struct reading r = {
        .root = root,
        .parser = XML_ParserCreate("UTF-8"),
        .handler = h,
        .arg = arg,
        .path = BUF_INIT(XML_PATH_MAX),
        .text = BUF_INIT(XML_TEXT_MAX),
    };
    int rc = 0;

    if (r.parser == NULL)
        abort();
    if (len > INT_MAX) {
        rc = err_set(err, E_FAILED, "XML of %zu bytes is too long", len);
    } else {
        set_handlers(&r);
        if (XML_Parse(r.parser, data, (int)len, XML_TRUE) != XML_STATUS_OK)
            rc = err_set(err, E_FAILED, "XML, line %lu: %s",
                         (unsigned long)XML_GetCurrentLineNumber(r.parser),
                         r.refused != NULL
                             ? r.refused
                             : XML_ErrorString(XML_GetErrorCode(r.parser)));
    }
    XML_ParserFree(r.parser);
    buf_fini(&r.path);
    buf_fini(&r.text);
    return rc;
}
