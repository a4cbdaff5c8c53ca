/* check_xml.c - what the handlers are told, and what is refused and why. */
#include "wire/xml.h"

#include <limits.h>
#include <string.h>

#include "base/buf.h"
#include "unit.h"

#define TEXT(literal) literal, sizeof(literal) - 1

/* "<PATH" for each start, ">PATH=TEXT" for each end. */
static void
note_start(void *arg, const char *path)
{
    buf_printf(arg, "<%s", path);
}

static void
note_end(void *arg, const char *path, const char *text)
{
    buf_printf(arg, ">%s=%s", path, text);
}

static const struct xml_handler note = {note_start, note_end};

static const struct good_row {
    const char *xml, *told;
} good_rows[] = {
    {"<r/>", "<>="},
    {"<r>a</r>", "<>=a"},
    {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<r>a</r>\n", "<>=a"},
    {"<r><a>1</a><b/></r>", "<<a>a=1<b>b=>="},
    {"<r>\n  <a>\n    <b> x </b>\n  </a>\n</r>\n", "<<a<a/b>a/b= x >a=>="},
    /* text beside children is dropped, the same name is found at each level */
    {"<r>x<i>y<i>1</i>z</i>w</r>", "<<i<i/i>i/i=1>i=>="},
    {"<r><a>1</a><a>2</a></r>", "<<a>a=1<a>a=2>="},
    /* namespaces and attributes are dropped */
    {"<r xmlns='http://ec2.amazonaws.com/doc/2016-11-15/'><a b='c'>1</a></r>",
     "<<a>a=1>="},
    {"<n:r xmlns:n='u'><n:a><m:n:b>1</m:n:b></n:a></n:r>",
     "<<a<a/b>a/b=1>a=>="},
    /* text comes in pieces */
    {"<r>a&amp;b&#252;<!-- c --><![CDATA[<d>]]>e\r\nf</r>",
     "<>=a&b\xc3\xbc<d>e\nf"},
    {"<r><?pi x?><!-- - --><a>\xe6\xbc\xa2</a></r>", "<<a>a=\xe6\xbc\xa2>="},
    {"\xef\xbb\xbf<r>a</r>", "<>=a"},
    {"<r>a</r><!-- b --> ", "<>=a"},
};

START_TEST(handlers_are_told_paths_and_texts)
{
    const struct good_row *row = &good_rows[_i];
    struct buf told = BUF_INIT(1000);
    struct err err = {E_NONE, ""};
    size_t len = strlen(row->xml);

    ck_assert_int_eq(xml_read(row->xml, len, &note, &told, &err), 0);
    ck_assert_str_eq(buf_str(&told), row->told);
    ck_assert_int_eq((int)err.code, E_NONE);
    buf_fini(&told);
}
END_TEST

START_TEST(utf16_is_told_as_utf8)
{
    static const char xml[] = "\xff\xfe<\0r\0>\0\xfc\0<\0/\0r\0>\0";
    struct buf told = BUF_INIT(100);
    struct err err;

    ck_assert_int_eq(xml_read(TEXT(xml), &note, &told, &err), 0);
    ck_assert_str_eq(buf_str(&told), "<>=\xc3\xbc");
    buf_fini(&told);
}
END_TEST

START_TEST(either_handler_may_be_missing)
{
    static const struct xml_handler none = {NULL, NULL};
    static const struct xml_handler start = {note_start, NULL};
    static const struct xml_handler end = {NULL, note_end};
    static const char xml[] = "<r><a>1</a></r>";
    struct buf told = BUF_INIT(1000);
    struct err err;

    ck_assert_int_eq(xml_read(TEXT(xml), &none, NULL, &err), 0);
    ck_assert_int_eq(xml_read(TEXT(xml), &start, &told, &err), 0);
    ck_assert_str_eq(buf_str(&told), "<<a");
    buf_clear(&told);
    ck_assert_int_eq(xml_read(TEXT(xml), &end, &told, &err), 0);
    ck_assert_str_eq(buf_str(&told), ">a=1>=");
    buf_fini(&told);
}
END_TEST

static const struct bad_row {
    const char *xml;
    size_t len;
    const char *why; /* a part of the text */
} bad_rows[] = {
    {TEXT(""), "XML, line 1: no element found"},
    {TEXT(" \n\n "), "line 3"},
    {TEXT("<html><body>502<br></body></html>"), "mismatched tag"},
    {TEXT("Bad gateway"), "line 1"},
    {TEXT("<r>\n<a>\n</r>"), "line 3: mismatched tag"},
    {TEXT("<r><a>1</a>"), "no element found"},
    {TEXT("<r>1</r"), "line 1"},
    {TEXT("<r/><r/>"), "junk after document element"},
    {TEXT("<r>a\0b</r>"), "not well-formed"},
    {TEXT("<r>a</r>\0"), "line 1"},
    {TEXT("<r>\xff</r>"), "not well-formed"},
    {TEXT("<r>\xc3</r>"), "line 1"},
    {TEXT("<r>&unknown;</r>"), "undefined entity"},
    {TEXT("<r a='1' a='2'/>"), "duplicate attribute"},
    /* what it says it is written in does not count */
    {TEXT("<?xml version='1.0' encoding='ISO-8859-1'?><r>\xfc</r>"),
     "not well-formed"},
    {TEXT("\xff\xfe<\0r\0>\0\x00\xd8<\0/\0r\0>\0"), "line 1"},
    {TEXT("<!DOCTYPE r><r/>"), "XML, line 1: DOCTYPE is refused"},
    {TEXT("<?xml version='1.0'?>\n<!DOCTYPE html SYSTEM 'u'><r/>"),
     "line 2: DOCTYPE is refused"},
    {TEXT("<!DOCTYPE r PUBLIC 'p' 'file:///etc/passwd'><r/>"), "DOCTYPE"},
    {TEXT("<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><r>&a;</r>"),
     "DOCTYPE"},
    {TEXT("<!DOCTYPE r [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><r>&b;</r>"),
     "DOCTYPE"},
};

START_TEST(bad_documents_are_refused)
{
    const struct bad_row *row = &bad_rows[_i];
    struct buf told = BUF_INIT(1000);
    struct err err = {E_NONE, ""};

    ck_assert_int_eq(xml_read(row->xml, row->len, &note, &told, &err), -1);
    ck_assert_int_eq((int)err.code, E_FAILED);
    ck_assert_msg(strstr(err.text, row->why) != NULL, "%s", err.text);
    ck_assert_ptr_null(strstr(err.text, "passwd"));
    buf_fini(&told);
}
END_TEST

static const struct root_row {
    const char *root, *xml;
    int rc;
} root_rows[] = {
    {"r", "<r><a/></r>", 0},
    {"r", "<n:r xmlns:n='u'><n:a/></n:r>", 0},
    {"r", "<R><a/></R>", -1},
    {"r", "<rr><a/></rr>", -1},
    {"rr", "<r><rr><a/></rr></r>", -1},
    {"r", "<html><r><a/></r></html>", -1},
};

START_TEST(another_root_is_refused)
{
    const struct root_row *row = &root_rows[_i];
    struct buf told = BUF_INIT(1000);
    struct err err = {E_NONE, ""};

    ck_assert_int_eq(
        xml_read_as(row->root, row->xml, strlen(row->xml), &note, &told, &err),
        row->rc);
    ck_assert_str_eq(buf_str(&told), row->rc == 0 ? "<<a>a=>=" : "");
    ck_assert_str_eq(err.text,
                     row->rc == 0 ? ""
                                  : "XML, line 1: the document is another one");
    buf_fini(&told);
}
END_TEST

/* aws.md 1e: nothing before the end may be taken for the whole. */
START_TEST(a_cut_document_is_refused)
{
    static const char xml[] = "<?xml version='1.0'?><n:r xmlns:n='u'><a>1</a>"
                              "<b><![CDATA[2]]>&amp;\xc3\xbc</b><c/></n:r>";
    struct buf told = BUF_INIT(10000);
    struct err err;

    for (size_t len = 0; len < sizeof xml - 1; len++)
        ck_assert_int_eq(xml_read(xml, len, &note, &told, &err), -1);
    ck_assert_int_eq(xml_read(TEXT(xml), &note, &told, &err), 0);
    buf_fini(&told);
}
END_TEST

static void
put_many(struct buf *b, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_puts(b, text);
}

/* depth elements inside each other, the innermost empty. */
static int
read_nested(size_t depth, bool in_one_tag, struct buf *told, struct err *err)
{
    struct buf xml = BUF_INIT(10000);

    buf_clear(told);
    put_many(&xml, "<a>", in_one_tag ? depth - 1 : depth);
    if (in_one_tag)
        buf_puts(&xml, "<a/>");
    put_many(&xml, "</a>", in_one_tag ? depth - 1 : depth);
    int rc = xml_read(buf_str(&xml), xml.len, &note, told, err);
    buf_fini(&xml);
    return rc;
}

START_TEST(depth_has_a_limit)
{
    struct buf told = BUF_INIT(100000);
    struct err err;

    for (int one = 0; one <= 1; one++) {
        ck_assert_int_eq(read_nested(XML_DEPTH_MAX, one, &told, &err), 0);
        ck_assert_int_eq(read_nested(XML_DEPTH_MAX + 1, one, &told, &err), -1);
        ck_assert_str_eq(err.text, "XML, line 1: too deep");
        /* after the refusal nobody is told of an end */
        ck_assert_ptr_null(strchr(buf_str(&told), '>'));
        ck_assert_int_eq(read_nested(2000, one, &told, &err), -1);
    }
    buf_fini(&told);
}
END_TEST

START_TEST(paths_have_a_limit)
{
    struct err err;

    for (size_t more = 0; more <= 2; more++) {
        struct buf xml = BUF_INIT(10000), told = BUF_INIT(10000);
        buf_puts(&xml, "<r><a><");
        put_many(&xml, "n", XML_PATH_MAX - 2 + (more & 1));
        /* what follows a refused name is not told either */
        buf_puts(&xml, more == 2 ? "n><b/></n" : "/");
        buf_puts(&xml, "></a></r>");
        ck_assert_int_eq(xml_read(buf_str(&xml), xml.len, &note, &told, &err),
                         more == 0 ? 0 : -1);
        if (more > 0) {
            ck_assert_str_eq(err.text, "XML, line 1: names too long");
            ck_assert_str_eq(buf_str(&told), "<<a");
        }
        buf_fini(&told);
        buf_fini(&xml);
    }
}
END_TEST

static void
count_text(void *arg, const char *path, const char *text)
{
    size_t *longest = arg;

    (void)path;
    if (strlen(text) > *longest)
        *longest = strlen(text);
}

START_TEST(texts_have_a_limit)
{
    static const struct xml_handler handler = {NULL, count_text};
    struct err err;

    for (size_t more = 0; more <= 1; more++) {
        struct buf xml = BUF_INIT(1000000);
        size_t longest = 0;
        buf_puts(&xml, "<r>\n<a>");
        put_many(&xml, "t", XML_TEXT_MAX + more);
        buf_puts(&xml, "</a></r>");
        ck_assert_int_eq(
            xml_read(buf_str(&xml), xml.len, &handler, &longest, &err),
            more == 0 ? 0 : -1);
        ck_assert_uint_eq(longest, more == 0 ? XML_TEXT_MAX : 0);
        if (more > 0)
            ck_assert_str_eq(err.text, "XML, line 2: text too long");
        buf_fini(&xml);
    }
}
END_TEST

/* expat hands text of UTF-16 on piece by piece, and does not stop at once. */
START_TEST(long_texts_in_utf16)
{
    static const struct xml_handler none;
    static char xml[2 * XML_TEXT_MAX + 10000];
    struct err err;

    memset(xml, 0, sizeof xml);
    memcpy(xml, "\xff\xfe<\0r\0>\0", 8);
    for (size_t i = 8; i < sizeof xml; i += 2)
        xml[i] = 't';
    ck_assert_int_eq(xml_read(xml, sizeof xml, &none, NULL, &err), -1);
    ck_assert_str_eq(err.text, "XML, line 1: text too long");
}
END_TEST

/* The limit is of one element, not of the document: pages have megabytes. */
START_TEST(many_elements_are_read)
{
    static const struct xml_handler handler = {NULL, count_text};
    struct buf xml = BUF_INIT((size_t)64 * 1024 * 1024);
    size_t longest = 0;
    struct err err;

    buf_puts(&xml, "<r>");
    put_many(&xml, "  <i><a>12345678</a>\n</i>\n", 100000);
    buf_puts(&xml, "</r>");
    ck_assert_int_eq(xml_read(buf_str(&xml), xml.len, &handler, &longest, &err),
                     0);
    ck_assert_uint_eq(longest, 8);
    buf_fini(&xml);
}
END_TEST

/* Not looked at: the length alone is enough. */
START_TEST(more_bytes_than_an_int_are_refused)
{
    struct err err;

    ck_assert_int_eq(xml_read("<r/>", (size_t)INT_MAX + 1, &note, NULL, &err),
                     -1);
    ck_assert_str_eq(err.text, "XML of 2147483648 bytes is too long");
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("xml");
    TCase *t = tcase_create("xml");

    tcase_add_loop_test(t, handlers_are_told_paths_and_texts, 0,
                        COUNT(good_rows));
    tcase_add_test(t, utf16_is_told_as_utf8);
    tcase_add_test(t, either_handler_may_be_missing);
    tcase_add_loop_test(t, bad_documents_are_refused, 0, COUNT(bad_rows));
    tcase_add_loop_test(t, another_root_is_refused, 0, COUNT(root_rows));
    tcase_add_test(t, a_cut_document_is_refused);
    tcase_add_test(t, depth_has_a_limit);
    tcase_add_test(t, paths_have_a_limit);
    tcase_add_test(t, texts_have_a_limit);
    tcase_add_test(t, long_texts_in_utf16);
    tcase_add_test(t, many_elements_are_read);
    tcase_add_test(t, more_bytes_than_an_int_are_refused);
    suite_add_tcase(s, t);
    return unit_run(s);
}
