/* fuzz_xml.c - documents of whoever answers: what the handlers are told is a
 * tree within the limits, and an error that is read is one that can be stored.
 */
#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "wire/awserr.h"
#include "wire/xml.h"

struct seen {
    int depth; /* elements open */
    int starts, ends;
    char path[XML_DEPTH_MAX][XML_PATH_MAX + 1]; /* of each */
    bool inner[XML_DEPTH_MAX];                  /* has had a child */
};

static void
must_be_utf8(const char *text)
{
    json_t *v = json_string(text);

    MUST(v != NULL);
    json_decref(v);
}

/* The path of what is open, and one name more. */
static void
on_start(void *arg, const char *path)
{
    struct seen *s = arg;
    size_t len = strlen(path);

    MUST(s->depth < XML_DEPTH_MAX && len <= XML_PATH_MAX);
    MUST(s->depth > 0 || s->starts == 0);
    if (s->depth == 0) {
        MUST(len == 0);
    } else {
        const char *outer = s->path[s->depth - 1];
        size_t n = strlen(outer);
        MUST(strncmp(path, outer, n) == 0);
        MUST(n == 0 || path[n++] == '/');
        MUST(strchr(path + n, '/') == NULL && strchr(path + n, ':') == NULL);
        s->inner[s->depth - 1] = true;
    }
    must_be_utf8(path);
    memcpy(s->path[s->depth], path, len + 1);
    s->inner[s->depth++] = false;
    s->starts++;
}

static void
on_end(void *arg, const char *path, const char *text)
{
    struct seen *s = arg;

    MUST(s->depth > 0);
    s->depth--;
    s->ends++;
    MUST(strcmp(path, s->path[s->depth]) == 0);
    MUST(strlen(text) <= XML_TEXT_MAX);
    MUST(!s->inner[s->depth] || text[0] == '\0');
    must_be_utf8(text);
}

static bool
tree(const uint8_t *data, size_t size)
{
    static const struct xml_handler handler = {on_start, on_end};
    static struct seen s;
    struct err err = {E_NONE, ""};

    s.depth = s.starts = s.ends = 0;
    bool good = xml_read(data, size, &handler, &s, &err) == 0;
    if (good)
        MUST(s.depth == 0 && s.starts > 0 && s.starts == s.ends);
    else
        MUST(err.code == E_FAILED && err.text[0]);
    return good;
}

static void
judge(const struct aws_error *e, int status, bool temporary)
{
    enum aws_class class = aws_classify(status, e, temporary);
    struct outcome o;

    MUST((unsigned)class <= AWS_OTHER);
    if (class == AWS_OK) {
        MUST(e == NULL && status >= 200 && status < 300);
        return;
    }
    outcome_init(&o);
    aws_error_outcome(class, e, status, &o);
    MUST(o.verdict == V_RETRY || o.verdict == V_FAIL);
    MUST(o.reason != R_NONE && o.error_code != NULL && o.text[0]);
    must_be_utf8(o.text);
    MUST(json_object_size(o.details) == (e != NULL ? 3 : 0));
    outcome_fini(&o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {0,   200, 302, 400, 401, 403,
                                   404, 429, 500, 503, 509};
    static const struct aws_error none;
    struct aws_error e;
    bool good = tree(data, size);
    bool said = aws_error_read(data, size, &e);

    MUST(good || !said);
    if (said)
        MUST(e.code[0]);
    else
        MUST(memcmp(&e, &none, sizeof e) == 0);
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        judge(said ? &e : NULL, statuses[i], size % 2 != 0);
    return 0;
}
