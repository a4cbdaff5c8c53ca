/* check_io_sign.c - AWS calls: what is signed, where it goes, and when it is
 * sent once more. That signatures are right is check_sigv4.c's to show. */
#include <time.h>

#include "base/cleanup.h"
#include "http_help.h"
#include "wire/sigv4.h"

#define TYPE "application/x-www-form-urlencoded; charset=utf-8"
#define BODY "Action=DescribeInstances&Version=2016-11-15"
#define HOUR 3600

static char file[64];

/* At once, as tools do: threads of a server write while calls read. */
static void
write_keys(const char *id, const char *token)
{
    char made[sizeof(file) + 8];

    (void)snprintf(made, sizeof(made), "%s-XXXXXX", file);
    int fd = mkstemp(made);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fprintf(f,
                             "[default]\naws_access_key_id = %s\n"
                             "aws_secret_access_key = Secret\n",
                             id),
                     0);
    if (token != NULL)
        ck_assert_int_ge(fprintf(f, "aws_session_token = %s\n", token), 0);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(rename(made, file), 0);
}

static void
setup(void)
{
    int fd;

    help_no_env();
    (void)snprintf(file, sizeof(file), "/tmp/hostq-sign-XXXXXX");
    fd = mkstemp(file);
    ck_assert_int_ge(fd, 0);
    (void)close(fd);
    (void)setenv("AWS_SHARED_CREDENTIALS_FILE", file, 1);
    (void)setenv("AWS_REGION", "us-east-1", 1);
    write_keys("KeyOne", NULL);
}

static void
teardown(void)
{
    (void)unlink(file);
}

/* url: of the call; NULL = none, "P" and what follows = the server's. */
static void
aws_call(struct call *c, const struct server *s, const char *url)
{
    help_http(c, s, "/", BODY);
    c->http.aws.service = mem_dup("ec2");
    free(c->http.url);
    c->http.url = NULL;
    if (url != NULL && url[0] == 'P')
        c->http.url = help_format("http://127.0.0.1:%d%s", s->port, url + 1);
    else
        c->http.url = mem_dup(url);
}

/* The value of a header of a request, to be freed; NULL = there is none. */
static char *
header(const char *request, const char *name)
{
    CLEANUP_FREE char *find = help_format("\r\n%s: ", name);
    const char *at = strcasestr(request, find);

    if (at == NULL)
        return NULL;
    at += strlen(find);
    return strndup(at, strcspn(at, "\r\n"));
}

static time_t
time_of(const char *request)
{
    CLEANUP_FREE char *date = header(request, "X-Amz-Date");
    struct tm tm = {0};

    ck_assert_ptr_nonnull(date);
    ck_assert_ptr_nonnull(strptime(date, "%Y%m%dT%H%M%SZ", &tm));
    return timegm(&tm);
}

/* The request as it came is signed with those keys. */
static void
check_signature(const char *request, const char *id, const char *token,
                const char *type, const char *path)
{
    const struct sigv4_key key = {
        .access_key = id, .secret_key = "Secret", .session_token = token};
    const struct sigv4_scope scope = {
        .service = "ec2", .region = "us-east-1", .unix_time = time_of(request)};
    CLEANUP_FREE char *host = header(request, "Host");
    CLEANUP_FREE char *sent = header(request, "Authorization");
    CLEANUP_FREE char *sent_type = header(request, "Content-Type");
    CLEANUP_FREE char *sent_token = header(request, "X-Amz-Security-Token");
    const char *body = strstr(request, "\r\n\r\n") + 4;
    struct sigv4_out out;
    struct err err;

    ck_assert_str_eq(sent_type, type);
    ck_assert_str_eq(body, BODY);
    if (token != NULL)
        ck_assert_str_eq(sent_token, token);
    else
        ck_assert_ptr_null(sent_token);
    ck_assert_int_eq(sigv4_sign(&key, &scope, host, path, type, body,
                                strlen(body), &out, &err),
                     0);
    ck_assert_str_eq(sent, out.authorization);
    ck_assert_ptr_null(strstr(request, "Secret"));
}

static bool
answer_ok(struct server *s, int fd, int n, const char *text)
{
    (void)s;
    (void)n;
    (void)text;
    server_reply(fd, 200, "", "<ok/>");
    return true;
}

static const struct signed_row {
    const char *token, *url, *type, *endpoint, *path;
} signed_rows[] = {
    {NULL, "P/", NULL, NULL, "/"},
    {NULL, "P", NULL, NULL, "/"},
    {NULL, "P/a/b%20c", NULL, NULL, "/a/b%20c"},
    {"Token", "P/", NULL, NULL, "/"},
    {NULL, NULL, NULL, "P", "/"},
    {NULL, "P/", NULL, "http://127.0.0.1:1/", "/"},
    {NULL, "P/", "text/plain", NULL, "/"},
};

START_TEST(calls_are_signed)
{
    const struct signed_row *row = &signed_rows[_i];
    const char *const types[] = {"content-type: text/plain", NULL};
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;
    char *endpoint;

    server_start(&s, answer_ok);
    endpoint = help_format("http://127.0.0.1:%d", s.port);
    if (row->endpoint != NULL)
        (void)setenv("AWS_ENDPOINT_URL_EC2",
                     row->endpoint[0] == 'P' ? endpoint : row->endpoint, 1);
    write_keys("KeyOne", row->token);
    aws_call(&c, &s, row->url);
    if (row->type != NULL)
        c.http.headers = help_strings(types);
    help_run(e, &c, &r);
    ck_assert_msg(r.end == WIRE_OK, "%s", r.text);
    ck_assert_int_eq(r.temporary, row->token != NULL);
    ck_assert_int_eq(server_requests(&s), 1);
    check_signature(s.seen[0], "KeyOne", row->token,
                    row->type != NULL ? row->type : TYPE, row->path);
    ck_assert_int_le(labs(time(NULL) - time_of(s.seen[0])), 30);
    reply_fini(&r);
    free(endpoint);
    engine_free(e);
    server_stop(&s);
}
END_TEST

static const struct refused_row {
    const char *service, *region, *url, *method, *env;
    enum reason why;
    const char *text;
    const char *file; /* of the call */
} refused_rows[] = {
    {"ec2", NULL, "P/", NULL, "AWS_SHARED_CREDENTIALS_FILE=/nonexistent",
     R_AUTH, "no credentials", NULL},
    {"ec2", NULL, "P/", NULL, NULL, R_AUTH, "no credential file",
     "/nonexistent"},
    {"ec2", NULL, "P/", NULL, "AWS_REGION=", R_CONFIG, "no region", NULL},
    {"ec2", "a.b/c", NULL, NULL, NULL, R_CONFIG, "not a region", NULL},
    {"ec2", "a\nb", "P/", NULL, NULL, R_CONFIG, "", NULL},
    {"ec2", NULL, "P/", "GET", NULL, R_CONFIG, "POST", NULL},
    {"ec2", NULL, "P/?a=b", NULL, NULL, R_CONFIG, "query", NULL},
    {"ec2", NULL, "not a url", NULL, NULL, R_CONFIG, "", NULL},
    {"ec2", NULL, "file:///etc/passwd", NULL, NULL, R_CONFIG, "", NULL},
    {"ec2", NULL, "https://127.0.0.1:1/", NULL, NULL, R_NETWORK_ERROR, "",
     NULL},
    {NULL, NULL, NULL, NULL, NULL, R_CONFIG, "no URL", NULL},
};

START_TEST(what_cannot_be_signed_is_not_sent)
{
    const struct refused_row *row = &refused_rows[_i];
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;

    server_start(&s, answer_ok);
    if (row->env != NULL)
        ck_assert_int_eq(putenv(strdup(row->env)), 0);
    aws_call(&c, &s, row->url);
    free(c.http.aws.service);
    c.http.aws.service = mem_dup(row->service);
    c.http.aws.region = mem_dup(row->region);
    c.http.aws.credential_file = mem_dup(row->file);
    c.http.method = mem_dup(row->method);
    help_run(e, &c, &r);
    ck_assert_msg(r.end == WIRE_REFUSED, "%d %s", (int)r.end, r.text);
    ck_assert_msg((int)r.why == (int)row->why, "%d %s", (int)r.why, r.text);
    ck_assert_msg(strstr(r.text, row->text) != NULL, "%s", r.text);
    ck_assert_ptr_null(strstr(r.text, "Secret"));
    reply_fini(&r);
    ck_assert_int_eq(server_requests(&s), 0);
    engine_free(e);
    server_stop(&s);
}
END_TEST

static bool
answer_connect(struct server *s, int fd, int n, const char *text)
{
    (void)s;
    (void)n;
    (void)text;
    server_reply(fd, 403, "", "");
    return false;
}

/* Without an endpoint the service's own host, here asked of a proxy. */
START_TEST(the_service_s_own_host)
{
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;

    server_start(&s, answer_connect);
    aws_call(&c, &s, NULL);
    c.http.proxy = help_format("http://127.0.0.1:%d", s.port);
    c.http.aws.region = mem_dup("cn-north-1");
    help_run(e, &c, &r);
    ck_assert_int_eq((int)r.end, WIRE_REFUSED);
    ck_assert_int_eq((int)r.why, R_NETWORK_ERROR);
    ck_assert_ptr_nonnull(
        strstr(s.seen[0], "CONNECT ec2.cn-north-1.amazonaws.com.cn:443 "));
    ck_assert_ptr_null(strcasestr(s.seen[0], "Authorization"));
    reply_fini(&r);
    engine_free(e);
    server_stop(&s);
}
END_TEST

static bool
answer_connected(struct server *s, int fd, int n, const char *text)
{
    (void)s;
    (void)n;
    (void)text;
    server_puts(fd, "HTTP/1.1 200 Connected\r\n\r\n");
    return true;
}

START_TEST(authorities_come_from_the_environment)
{
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;

    (void)setenv("AWS_CA_BUNDLE", "/nonexistent/ca.pem", 1);
    server_start(&s, answer_connected);
    aws_call(&c, &s, NULL);
    c.http.proxy = help_format("http://127.0.0.1:%d", s.port);
    help_run(e, &c, &r);
    ck_assert_int_eq((int)r.end, WIRE_REFUSED);
    ck_assert_msg((int)r.why == R_CONFIG, "%d %s", (int)r.why, r.text);
    ck_assert_ptr_nonnull(strstr(r.text, "/nonexistent/ca.pem"));
    reply_fini(&r);
    engine_free(e);
    server_stop(&s);
}
END_TEST

/* --- once more --- */

/* How the server refuses. */
static struct refusal {
    int times;  /* how many requests are refused */
    int gather; /* so many must have come before one is answered */
    int status;
    const char *code;
    const char *message;
    long ahead;       /* Date header: s ahead of the time, growing
                         where there are many; 1 = none */
    const char *keys; /* written to the file before the reply; "" = other
                         ones each time, or NULL */
    const char *token;
} refusal;

static bool
answer_refusing(struct server *s, int fd, int n, const char *text)
{
    const struct refusal *f = &refusal;
    char date[64] = "", body[512], id[32];
    time_t t = time(NULL) + f->ahead * (f->times > 2 ? n + 1 : 1);
    struct tm tm;

    (void)text;
    if (n >= f->times) {
        server_reply(fd, 200, "", "<ok/>");
        return true;
    }
    server_await(s, f->gather);
    (void)snprintf(id, sizeof(id), "Key%d", n);
    if (f->keys != NULL)
        write_keys(f->keys[0] != '\0' ? f->keys : id, f->token);
    if (f->ahead != 1 && gmtime_r(&t, &tm) != NULL)
        (void)strftime(date, sizeof(date),
                       "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
    (void)snprintf(body, sizeof(body),
                   "<Response><Errors><Error><Code>%s</Code><Message>%s"
                   "</Message></Error></Errors><RequestID>r</RequestID>"
                   "</Response>",
                   f->code, f->message != NULL ? f->message : "no");
    server_reply(fd, f->status, date, body);
    return true;
}

static const struct again_row {
    struct refusal refusal;
    const char *token; /* of the first keys */
    int sent;          /* requests in all */
    int status;        /* of the reply */
} again_rows[] = {
    /* the clock */
    {{1, 0, 400, "RequestExpired", NULL, HOUR, NULL, NULL}, NULL, 2, 200},
    {{1, 0, 400, "RequestExpired", NULL, -HOUR, NULL, NULL}, NULL, 2, 200},
    {{1, 0, 403, "RequestTimeTooSkewed", NULL, HOUR, NULL, NULL}, NULL, 2, 200},
    {{1, 0, 401, "AuthFailure", NULL, HOUR, NULL, NULL}, NULL, 2, 200},
    {{1, 0, 403, "SignatureDoesNotMatch",
      "Signature not yet current: 2 is later than 1", -HOUR, NULL, NULL},
     NULL,
     2,
     200},
    {{1, 0, 403, "SignatureDoesNotMatch", "Signature expired: 1 is earlier",
      HOUR, NULL, NULL},
     NULL,
     2,
     200},
    {{1, 0, 403, "SignatureDoesNotMatch", "check your secret", HOUR, NULL,
      NULL},
     NULL,
     1,
     403},
    {{1, 0, 403, "UnauthorizedOperation", NULL, HOUR, NULL, NULL},
     NULL,
     1,
     403},
    {{1, 0, 400, "RequestExpired", NULL, 30, NULL, NULL}, NULL, 1, 400},
    {{1, 0, 400, "RequestExpired", NULL, -30, NULL, NULL}, NULL, 1, 400},
    {{1, 0, 400, "RequestExpired", NULL, 1, NULL, NULL}, NULL, 1, 400},
    {{1, 0, 500, "RequestExpired", NULL, HOUR, NULL, NULL}, NULL, 1, 500},
    {{1, 0, 200, "RequestExpired", NULL, HOUR, NULL, NULL}, NULL, 1, 200},
    {{9, 0, 400, "RequestExpired", NULL, HOUR, NULL, NULL}, NULL, 2, 400},
    /* the credentials */
    {{1, 0, 400, "ExpiredToken", NULL, 0, "KeyTwo", "Two"}, "One", 2, 200},
    {{1, 0, 400, "ExpiredTokenException", NULL, 0, "KeyTwo", "Two"},
     "One",
     2,
     200},
    {{1, 0, 403, "InvalidClientTokenId", NULL, 0, "KeyTwo", NULL},
     NULL,
     2,
     200},
    {{1, 0, 401, "AuthFailure", NULL, 0, "KeyTwo", "Two"}, "One", 2, 200},
    {{1, 0, 401, "AuthFailure", NULL, 0, "KeyTwo", NULL}, NULL, 2, 200},
    {{1, 0, 401, "AuthFailure", NULL, 0, "KeyOne", NULL}, NULL, 1, 401},
    {{1, 0, 403, "SignatureDoesNotMatch", "check your secret", 0, "KeyTwo",
      NULL},
     NULL,
     2,
     200},
    {{1, 0, 400, "ExpiredToken", NULL, 0, "KeyOne", "One"}, "One", 1, 400},
    {{1, 0, 400, "ExpiredToken", NULL, 0, NULL, NULL}, "One", 1, 400},
    {{1, 0, 503, "ExpiredToken", NULL, 0, "KeyTwo", "Two"}, "One", 1, 503},
    {{9, 0, 400, "ExpiredToken", NULL, 0, "KeyTwo", "Two"}, "One", 2, 400},
    {{9, 0, 400, "ExpiredToken", NULL, 0, "", "Two"}, "One", 2, 400},
    /* one after the other */
    {{9, 0, 401, "AuthFailure", NULL, HOUR, "KeyTwo", "Two"}, "One", 3, 401},
    {{2, 0, 401, "AuthFailure", NULL, HOUR, "KeyTwo", "Two"}, "One", 3, 200},
};

START_TEST(sent_once_more_where_it_helps)
{
    const struct again_row *row = &again_rows[_i];
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;

    refusal = row->refusal;
    server_start(&s, answer_refusing);
    write_keys("KeyOne", row->token);
    aws_call(&c, &s, "P/");
    help_run(e, &c, &r);
    ck_assert_msg(r.end == WIRE_OK, "%s", r.text);
    ck_assert_int_eq(server_requests(&s), row->sent);
    ck_assert_int_eq(r.status, row->status);
    check_signature(s.seen[0], "KeyOne", row->token, TYPE, "/");
    if (row->sent == 2 && row->refusal.keys == NULL) {
        long moved = time_of(s.seen[1]) - time_of(s.seen[0]);

        ck_assert_int_le(labs(moved - row->refusal.ahead), 30);
        check_signature(s.seen[1], "KeyOne", NULL, TYPE, "/");
    }
    if (row->sent >= 2 && row->refusal.keys != NULL &&
        row->refusal.keys[0] != '\0')
        check_signature(s.seen[row->sent - 1], row->refusal.keys,
                        row->refusal.token, TYPE, "/");
    reply_fini(&r);
    engine_free(e);
    server_stop(&s);
}
END_TEST

START_TEST(the_clock_stays_corrected)
{
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;

    refusal = (struct refusal){
        .times = 1, .status = 400, .code = "RequestExpired", .ahead = HOUR};
    server_start(&s, answer_refusing);
    for (int i = 0; i < 2; i++) {
        aws_call(&c, &s, "P/");
        help_run(e, &c, &r);
        ck_assert_int_eq(r.status, 200);
        reply_fini(&r);
    }
    ck_assert_int_eq(server_requests(&s), 3);
    ck_assert_int_le(labs(time(NULL) + HOUR - time_of(s.seen[2])), 30);
    engine_free(e);
    server_stop(&s);
}
END_TEST

static void
two_at_once(void)
{
    struct engine *e = help_engine();
    usec_t end = now_mono() + PATIENCE;
    struct server s;
    struct reply r;
    struct call c;
    uint64_t tag;

    server_start(&s, answer_refusing);
    for (uint64_t i = 1; i <= 2; i++) {
        aws_call(&c, &s, "P/");
        ck_assert_int_eq(engine_submit(e, i, &c), 0);
    }
    while (engine_inflight(e) > 0) {
        ck_assert_int_lt(now_mono(), end);
        engine_wait(e, PATIENCE);
        while (engine_next(e, &tag, &r)) {
            ck_assert_msg(r.end == WIRE_OK, "%s", r.text);
            ck_assert_int_eq(r.status, 200);
            reply_fini(&r);
        }
    }
    ck_assert_int_eq(server_requests(&s), 4);
    engine_free(e);
    server_stop(&s);
}

/* The first refusal mends clock or keys; the second call gets its second try
 * as well, although nothing is left to mend. */
START_TEST(two_calls_share_what_was_mended)
{
    refusal = (struct refusal){.times = 2,
                               .gather = 2,
                               .status = 400,
                               .code = "RequestExpired",
                               .ahead = HOUR};
    two_at_once();
    write_keys("KeyOne", "One");
    refusal = (struct refusal){.times = 2,
                               .gather = 2,
                               .status = 400,
                               .code = "ExpiredToken",
                               .keys = "KeyTwo",
                               .token = "Two"};
    two_at_once();
}
END_TEST

START_TEST(what_is_not_aws_goes_out_as_it_is)
{
    struct engine *e = help_engine();
    struct server s;
    struct reply r;
    struct call c;

    refusal = (struct refusal){
        .times = 1, .status = 400, .code = "RequestExpired", .ahead = HOUR};
    server_start(&s, answer_refusing);
    help_http(&c, &s, "/", "x");
    help_run(e, &c, &r);
    ck_assert_int_eq(r.status, 400);
    ck_assert_int_eq(server_requests(&s), 1);
    ck_assert_ptr_null(strcasestr(s.seen[0], "Authorization"));
    ck_assert_ptr_null(strcasestr(s.seen[0], "X-Amz"));
    reply_fini(&r);
    engine_free(e);
    server_stop(&s);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("io_sign");
    TCase *t = tcase_create("sign");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, calls_are_signed, 0, COUNT(signed_rows));
    tcase_add_loop_test(t, what_cannot_be_signed_is_not_sent, 0,
                        COUNT(refused_rows));
    tcase_add_test(t, the_service_s_own_host);
    tcase_add_test(t, authorities_come_from_the_environment);
    tcase_add_loop_test(t, sent_once_more_where_it_helps, 0, COUNT(again_rows));
    tcase_add_test(t, the_clock_stays_corrected);
    tcase_add_test(t, two_calls_share_what_was_mended);
    tcase_add_test(t, what_is_not_aws_goes_out_as_it_is);
    suite_add_tcase(s, t);
    return unit_run(s);
}
