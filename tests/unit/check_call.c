/* check_call.c - what calls, replies and requests own. The sanitizer run is
 * what proves the releases. */
#include "core/call.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/request.h"
#include "unit.h"

START_TEST(units_are_copied_and_kept)
{
    struct call c;
    char id[32];

    call_init(&c);
    for (int i = 0; i < 100; i++) {
        (void)snprintf(id, sizeof(id), "unit-%d", i);
        struct unit *u = call_add_unit(&c, id, "req-1");
        ck_assert_int_eq(u->pid, 0);
        ck_assert_int_eq((int)u->state, UNIT_UNKNOWN);
        u->pid = i;
    }
    ck_assert_uint_eq(c.unit_count, 100);
    for (int i = 0; i < 100; i++) {
        (void)snprintf(id, sizeof(id), "unit-%d", i);
        ck_assert_str_eq(c.units[i].instance_id, id);
        ck_assert_str_eq(c.units[i].request_id, "req-1");
        ck_assert_int_eq(c.units[i].pid, i);
    }
    call_fini(&c);
    ck_assert_uint_eq(c.unit_count, 0);
    ck_assert_ptr_null(c.units);
    call_fini(&c); /* twice is harmless */
}
END_TEST

START_TEST(a_call_owns_its_strings)
{
    struct call c;

    call_init(&c);
    ck_assert_int_eq((int)c.type, CALL_NONE);
    c.argv = mem_zero(3, sizeof(*c.argv));
    c.argv[0] = mem_dup("/bin/true");
    c.argv[1] = mem_dup("x");
    c.env = mem_zero(1, sizeof(*c.env));
    c.dir = mem_dup("/");
    c.output = mem_dup("/o/%u");
    c.http.method = mem_dup("POST");
    c.http.url = mem_dup("http://h/");
    c.http.headers = mem_zero(2, sizeof(*c.http.headers));
    c.http.headers[0] = mem_dup("A: b");
    c.http.body = mem_dup("x");
    c.http.aws.service = mem_dup("ec2");
    c.http.aws.region = mem_dup("us-east-1");
    c.http.aws.profile = mem_dup("p");
    c.http.aws.credential_file = mem_dup("/f");
    c.http.proxy = mem_dup("");
    call_fini(&c);
    ck_assert_ptr_null(c.argv);
    ck_assert_ptr_null(c.dir);
}
END_TEST

START_TEST(a_reply_owns_its_units)
{
    struct reply r;

    reply_init(&r);
    ck_assert_int_eq((int)r.end, WIRE_OK);
    struct unit *u = reply_add_unit(&r, "a", NULL);
    ck_assert_ptr_null(u->request_id);
    (void)reply_add_unit(&r, "b", "req-2");
    ck_assert_str_eq(r.units[1].request_id, "req-2");
    r.body = mem_dup("body");
    r.headers = mem_dup("A: b\n");
    reply_fini(&r);
    ck_assert_uint_eq(r.unit_count, 0);
}
END_TEST

START_TEST(request_free_takes_all_and_nothing)
{
    struct request *r = mem_zero(1, sizeof(*r));

    r->request_id = mem_dup("req-1");
    r->kind = mem_dup("noop");
    r->namespace_ = mem_dup("default");
    r->provider_api = mem_dup("process");
    r->template_id = mem_dup("T");
    r->template_ = json_object();
    r->payload = json_object();
    r->note = json_object();
    r->context = json_object();
    request_free(r);
    request_free(NULL);
    request_free(mem_zero(1, sizeof(*r)));
}
END_TEST

static const struct header_row {
    const char *headers, *name, *value; /* value NULL: there is none */
} header_rows[] = {
    {NULL, "Date", NULL},
    {"", "Date", NULL},
    {"Date: x\n", "date", "x"},
    {"date:x\n", "Date", "x"},
    {"X-Date: no\nDate:  \tyes\n", "Date", "yes"},
    {"Date: first\nDate: second\n", "Date", "first"},
    {"Date:\nA: b\n", "Date", ""},
    {"Date: \t\nA: b\n", "Date", ""},
    {"Date: a b \t\n", "Date", "a b"},
    {"Etag: x\nDate: y\n", "Date", "y"},
    {"Dat: a\nDates: b\nDate", "Date", NULL},
    {"A: b\nDate: last", "DATE", "last"},
};

START_TEST(headers_are_found_by_name)
{
    const struct header_row *h = &header_rows[_i];
    struct reply r;
    size_t len = 99;

    reply_init(&r);
    r.headers = mem_dup(h->headers);
    const char *value = reply_header(&r, h->name, &len);
    if (h->value == NULL) {
        ck_assert_ptr_null(value);
    } else {
        ck_assert_ptr_nonnull(value);
        ck_assert_uint_eq(len, strlen(h->value));
        ck_assert_int_eq(strncmp(value, h->value, len), 0);
    }
    reply_fini(&r);
}
END_TEST

static const struct now_row {
    usec_t db_now, mono, mono_now, now;
} now_rows[] = {
    {1000, 50, 50, 1000},
    {1000, 50, 75, 1025},
    {USEC_MAX - 1, 0, 10, USEC_MAX},
};

/* design.md 3.2: the database's clock, carried on by a span of ours. */
START_TEST(request_now_is_the_database_clock)
{
    const struct now_row *n = &now_rows[_i];
    struct request r = {.db_now = n->db_now, .mono = n->mono};

    ck_assert_int_eq(request_now(&r, n->mono_now), n->now);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("call");
    TCase *t = tcase_create("call");

    tcase_add_test(t, units_are_copied_and_kept);
    tcase_add_test(t, a_call_owns_its_strings);
    tcase_add_test(t, a_reply_owns_its_units);
    tcase_add_loop_test(t, headers_are_found_by_name, 0, COUNT(header_rows));
    tcase_add_test(t, request_free_takes_all_and_nothing);
    tcase_add_loop_test(t, request_now_is_the_database_clock, 0,
                        COUNT(now_rows));
    suite_add_tcase(s, t);
    return unit_run(s);
}
