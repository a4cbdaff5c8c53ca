/* check_provider.c - runs tests/unit/provider/KIND/NAME.case through plan and
 * judge. A case is text: lines of '#' say what it is about, then sections
 *
 *   == request   what was claimed (JSON, see read_request)
 *   == call      the call and the intent that plan must make
 *   == error     or: the text that plan must fail with
 *   == reply     what the engine says
 *   == outcome   what judge must say to that; reply and outcome may repeat
 *
 * Members that are absent have their usual value, in the input as in what is
 * expected; everything else must be equal. Each form must be one of an action
 * of EC2, with parameters that this action has (tests/fake/ec2.names). */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "core/mem.h"
#include "ec2_names.h"
#include "provider/provider.h"
#include "unit.h"

#define FILE_MAX ((size_t)64 * 1024)

static glob_t files;
static char *names; /* text of tests/fake/ec2.names */

static const char *const call_words[] = {"none", "timer", "spawn",
                                         "look", "kill",  "http"};
static const char *const end_words[] = {"ok",      "busy",    "timeout",
                                        "aborted", "refused", "lost"};
static const char *const unit_words[] = {"unknown", "alive",  "gone",
                                         "exited",  "killed", "error"};
static const char *const verdict_words[] = {"done",  "next", "wait",
                                            "retry", "fail", "back"};

static int
word_number(const char *const *words, int count, const char *word)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0)
            return i;
    }
    ck_abort_msg("bad case: unknown word %s", word);
    return 0;
}

static const char *
text(const json_t *o, const char *key, const char *dflt)
{
    const char *s = json_string_value(json_object_get(o, key));

    return s != NULL ? s : dflt;
}

static json_int_t
number(const json_t *o, const char *key, json_int_t dflt)
{
    const json_t *n = json_object_get(o, key);

    return json_is_integer(n) ? json_integer_value(n) : dflt;
}

/* --- input --- */

static struct request *
read_request(const json_t *in)
{
    struct request *r = mem_zero(1, sizeof(*r));
    const json_t *payload = json_object_get(in, "payload");

    r->request_id = mem_dup(text(in, "request_id", "req-1"));
    r->kind = mem_dup(text(in, "kind", NULL));
    r->provider_api = mem_dup(text(in, "provider_api", NULL));
    r->retry_attempt = (int)number(in, "retry_attempt", 0);
    r->intent = (int)number(in, "intent", 0);
    r->machine_count = number(in, "machine_count", 0);
    r->db_now = number(in, "db_now", 0);
    r->deadline = number(in, "deadline", 0);
    r->template_ = json_deep_copy(json_object_get(in, "template"));
    r->payload = payload != NULL ? json_deep_copy(payload) : json_object();
    r->note = json_deep_copy(json_object_get(in, "note"));
    r->context = json_deep_copy(json_object_get(in, "context"));
    return r;
}

static enum reason
reason_of(const char *name)
{
    for (int i = 0; i < REASON_COUNT; i++) {
        if (strcmp(reason_name((enum reason)i), name) == 0)
            return (enum reason)i;
    }
    ck_abort_msg("bad case: unknown reason %s", name);
    return R_NONE;
}

/* A text, or a list of texts that make one. */
static void
read_body(json_t *in, struct reply *reply)
{
    struct buf body = BUF_INIT(FILE_MAX);
    size_t i;
    json_t *line;

    if (json_is_string(in))
        buf_puts(&body, json_string_value(in));
    json_array_foreach(in, i, line) buf_puts(&body, json_string_value(line));
    reply->body_len = body.len;
    reply->body = buf_take(&body);
}

static void
read_reply(const json_t *in, struct reply *reply)
{
    size_t i;
    json_t *one;

    reply_init(reply);
    reply->end = (enum wire_end)word_number(end_words, COUNT(end_words),
                                            text(in, "end", "ok"));
    (void)snprintf(reply->text, sizeof(reply->text), "%s",
                   text(in, "text", ""));
    if (json_object_get(in, "why") != NULL)
        reply->why = reason_of(text(in, "why", ""));
    reply->status = (int)number(in, "status", 0);
    reply->temporary = json_is_true(json_object_get(in, "temporary"));
    read_body(json_object_get(in, "body"), reply);
    json_array_foreach(json_object_get(in, "units"), i, one)
    {
        struct unit *u = reply_add_unit(reply, text(one, "instance_id", "?"),
                                        text(one, "request_id", NULL));
        u->pid = (pid_t)number(one, "pid", 0);
        u->start_time = (uint64_t)number(one, "start_time", 0);
        u->started_at = number(one, "started_at", 0);
        u->age = number(one, "age", 0);
        u->state = (enum unit_state)word_number(unit_words, COUNT(unit_words),
                                                text(one, "state", "alive"));
        u->code = (int)number(one, "code", 0);
        (void)snprintf(u->text, sizeof(u->text), "%s", text(one, "text", ""));
    }
}

/* --- output --- */

static void
set(json_t *o, const char *key, json_t *value)
{
    (void)json_object_set_new(o, key, value);
}

static void
set_text(json_t *o, const char *key, const char *value)
{
    if (value != NULL && *value != '\0')
        set(o, key, json_string(value));
}

static void
set_number(json_t *o, const char *key, json_int_t value)
{
    if (value != 0)
        set(o, key, json_integer(value));
}

static void
set_true(json_t *o, const char *key, bool value)
{
    if (value)
        set(o, key, json_true());
}

static void
set_json(json_t *o, const char *key, json_t *value)
{
    if (value != NULL)
        (void)json_object_set(o, key, value);
}

static void
set_strings(json_t *o, const char *key, char *const *list)
{
    json_t *array = json_array();

    for (; list != NULL && *list != NULL; list++)
        (void)json_array_append_new(array, json_string(*list));
    if (json_array_size(array) != 0)
        set_json(o, key, array);
    json_decref(array);
}

/* The parameters of the form, one a line, as they are sent. */
static json_t *
show_http(const struct http_call *h)
{
    json_t *out = json_object();
    json_t *form = json_array();
    char *copy = mem_dup(h->body), *rest = copy;

    ck_assert_str_eq(h->method, "POST");
    ck_assert_str_eq(h->aws.service, "ec2");
    ck_assert_uint_eq(h->body_len, strlen(h->body));
    ec2_names_check(names, h->body);
    while (rest != NULL)
        (void)json_array_append_new(form, json_string(strsep(&rest, "&")));
    set(out, "form", form);
    set_text(out, "url", h->url);
    set_text(out, "region", h->aws.region);
    set_text(out, "profile", h->aws.profile);
    set_text(out, "credential_file", h->aws.credential_file);
    set_text(out, "proxy", h->proxy);
    set_number(out, "connect_timeout", h->connect_timeout);
    free(copy);
    return out;
}

static json_t *
show_call(const struct call *c, const struct intent *intent)
{
    json_t *out = json_object();
    json_t *units = json_array();

    set_text(out, "type", call_words[c->type]);
    set_number(out, "timeout", c->timeout);
    set_number(out, "signal", c->signal);
    set_true(out, "scan", c->scan);
    set_strings(out, "argv", c->argv);
    set_strings(out, "env", c->env);
    set_text(out, "dir", c->dir);
    set_text(out, "output", c->output);
    for (size_t i = 0; i < c->unit_count; i++) {
        json_t *u = json_object();
        set_text(u, "instance_id", c->units[i].instance_id);
        set_text(u, "request_id", c->units[i].request_id);
        set_number(u, "pid", c->units[i].pid);
        set_number(u, "start_time", (json_int_t)c->units[i].start_time);
        (void)json_array_append_new(units, u);
    }
    if (c->unit_count != 0)
        set_json(out, "units", units);
    json_decref(units);
    if (c->type == CALL_HTTP)
        set(out, "http", show_http(&c->http));
    if (intent->body != NULL) {
        json_t *i = json_object();
        json_t *body = json_copy(intent->body);
        if (c->type == CALL_HTTP) { /* what is sent is what is written down */
            ck_assert_str_eq(text(body, "form", ""), c->http.body);
            (void)json_object_del(body, "form");
        }
        set_text(i, "token", intent->token);
        set_json(i, "body", body);
        json_decref(body);
        set_text(i, "route", intent->route);
        set_text(i, "resource_id", intent->resource_id);
        set(out, "intent", i);
    }
    return out;
}

static json_t *
show_outcome(const struct outcome *o)
{
    json_t *out = json_object();

    set_text(out, "verdict", verdict_words[o->verdict]);
    set_text(out, "reason", reason_name(o->reason));
    set_number(out, "delay", o->delay);
    set_number(out, "code", o->code);
    set_text(out, "error_code", o->error_code);
    set_text(out, "text", o->text);
    set_json(out, "result", o->result);
    set_json(out, "cursor", o->cursor);
    set_json(out, "details", o->details);
    set_json(out, "machines", o->machines);
    set_json(out, "seen", o->seen);
    set_true(out, "definite", o->definite);
    set_true(out, "reroute", o->reroute);
    set_true(out, "keep_partial", o->keep_partial);
    return out;
}

static void
compare(const char *path, const char *what, json_t *have, const json_t *want)
{
    char *a = json_dumps(have, JSON_INDENT(1) | JSON_SORT_KEYS);
    char *b = json_dumps(want, JSON_INDENT(1) | JSON_SORT_KEYS);

    ck_assert_msg(json_equal(have, want), "%s: %s\n%s\nis not\n%s", path, what,
                  a, b);
    free(a);
    free(b);
    json_decref(have);
}

/* --- one case --- */

struct run {
    const char *path;
    struct request *r;
    const struct provider *p;
    struct env env;
    struct reply reply;
    usec_t now;
    int compared;
};

static void
run_plan(struct run *run, const json_t *want, const char *error)
{
    struct intent intent;
    struct call call;
    struct err err = {.text = ""};

    intent_init(&intent);
    call_init(&call);
    int status = provider_plan(run->p, run->r, &run->env, &intent, &call, &err);
    if (error != NULL) {
        ck_assert_msg(status == -1, "%s: plan did not fail", run->path);
        ck_assert_msg(strcmp(err.text, error) == 0,
                      "%s: error\n%s\nis not"
                      "\n%s",
                      run->path, err.text, error);
    } else {
        ck_assert_msg(status == 0, "%s: plan: %s", run->path, err.text);
        compare(run->path, "call", show_call(&call, &intent), want);
    }
    intent_fini(&intent);
    call_fini(&call);
    run->compared++;
}

static void
run_judge(struct run *run, const json_t *want)
{
    struct outcome o;

    outcome_init(&o);
    provider_judge(run->p, run->r, &run->env, &run->reply, run->now, &o);
    compare(run->path, "outcome", show_outcome(&o), want);
    outcome_fini(&o);
    run->compared++;
}

static void
run_section(struct run *run, const char *name, const char *body)
{
    json_error_t where;

    if (strcmp(name, "error") == 0) {
        run_plan(run, NULL, body);
        return;
    }
    json_t *value = json_loads(body, 0, &where);
    ck_assert_msg(value != NULL, "%s: section %s: line %d: %s", run->path, name,
                  where.line, where.text);
    if (strcmp(name, "request") == 0) {
        run->r = read_request(value);
        run->now = number(value, "now", run->r->db_now);
        if (json_is_null(json_object_get(value, "output_dir")))
            run->env.output_dir = NULL;
        run->p = provider_find(run->r->kind, run->r->provider_api);
        ck_assert_msg(run->p != NULL, "%s: no provider", run->path);
    } else if (strcmp(name, "call") == 0) {
        run_plan(run, value, NULL);
    } else if (strcmp(name, "reply") == 0) {
        reply_fini(&run->reply);
        read_reply(value, &run->reply);
    } else if (strcmp(name, "outcome") == 0) {
        run_judge(run, value);
    } else {
        ck_abort_msg("%s: unknown section %s", run->path, name);
    }
    json_decref(value);
}

/* Cuts the text at lines "== NAME" and runs one section after the other. */
static void
run_text(struct run *run, char *all)
{
    char *section = strstr(all, "\n== ");

    ck_assert_msg(section != NULL, "%s: no section", run->path);
    while (section != NULL) {
        char *name = section + 4;
        char *body = strchr(name, '\n');
        ck_assert_msg(body != NULL, "%s: empty section", run->path);
        char *next = strstr(body, "\n== ");
        *body++ = '\0';
        if (next != NULL)
            *next = '\0';
        else
            body[strlen(body) - 1] = '\0'; /* the newline at the end */
        run_section(run, name, body);
        section = next;
    }
}

/* NULL: there is none, it is empty, or too long. */
static char *
read_file(const char *path)
{
    char *all = mem_zero(FILE_MAX, 1);
    FILE *f = fopen(path, "r");
    size_t len = f != NULL ? fread(all, 1, FILE_MAX - 1, f) : 0;

    if (f != NULL)
        (void)fclose(f);
    if (len > 0 && len < FILE_MAX - 1)
        return all;
    free(all);
    return NULL;
}

START_TEST(provider_case)
{
    struct run run = {.path = files.gl_pathv[_i]};
    char *all = read_file(run.path);

    ck_assert_msg(all != NULL, "%s: none, or too long", run.path);
    run.env = (struct env){"dep-1", "node1", "boot1", "/out"};
    reply_init(&run.reply);
    run_text(&run, all);
    ck_assert_msg(run.compared > 0, "%s: nothing is expected", run.path);
    reply_fini(&run.reply);
    request_free(run.r);
    free(all);
}
END_TEST

/* A case file cannot hold bytes that are no text, a process can. */
START_TEST(watch_leaves_out_what_is_no_text)
{
    const struct provider *p = provider_find("watch", "process");
    struct request r = {.payload = NULL};
    struct reply reply;
    struct outcome o;

    outcome_init(&o);
    reply_init(&reply);
    reply_add_unit(&reply, "bad \xff", "req-1")->state = UNIT_ALIVE;
    reply_add_unit(&reply, "good", "bad \xff")->state = UNIT_ALIVE;
    reply_add_unit(&reply, "good", "req-1")->state = UNIT_ALIVE;
    provider_judge(p, &r, NULL, &reply, 0, &o);
    ck_assert_uint_eq(json_array_size(o.seen), 1);
    outcome_fini(&o);
    reply_fini(&reply);
}
END_TEST

START_TEST(output_dir_that_is_no_text)
{
    const struct provider *p = provider_find("provision", "process");
    const struct env env = {"dep-1", "node1", "boot1", "/out \xff"};
    char id[] = "req-1";
    struct request r = {.request_id = id, .machine_count = 1};
    struct err err = {.text = ""};
    struct intent intent;
    struct call call;

    r.template_ = json_pack("{s:s, s:s}", "templateId", "T", "command", "x");
    intent_init(&intent);
    call_init(&call);
    ck_assert_int_eq(provider_plan(p, &r, &env, &intent, &call, &err), -1);
    ck_assert_str_eq(err.text,
                     "output_dir of the daemon on node1 is not UTF-8");
    json_decref(r.template_);
}
END_TEST

/* A case file is smaller than what cannot be sent. */
START_TEST(a_form_has_a_limit)
{
    const struct provider *p = provider_find("provision", "RunInstances");
    const struct env env = {"dep-1", "node1", "boot1", NULL};
    size_t len = (size_t)256 * 1024;
    char *user_data = mem_zero(len + 1, 1);
    char id[] = "req-1";
    struct request r = {.request_id = id, .machine_count = 1};
    struct err err = {.text = ""};
    struct intent intent;
    struct call call;

    memset(user_data, 'x', len);
    r.template_ = json_pack("{s:s, s:s, s:s}", "imageId", "ami-1", "vmType",
                            "t3.medium", "subnetId", "subnet-a");
    r.context = json_pack("{s:s}", "user_data", user_data);
    intent_init(&intent);
    call_init(&call);
    ck_assert_int_eq(provider_plan(p, &r, &env, &intent, &call, &err), -1);
    ck_assert_str_eq(err.text, "the call exceeds 262144 bytes");
    json_decref(r.template_);
    json_decref(r.context);
    free(user_data);
}
END_TEST

/* EC2 takes no more than 1000 ids in a call; the rest has its turn later. */
START_TEST(overdue_machines_go_in_groups)
{
    const struct provider *p = provider_find("provision", "RunInstances");
    const struct env env = {"dep-1", "node1", "boot1", NULL};
    char id[] = "req-1";
    struct request r = {.request_id = id, .machine_count = 1001};
    struct err err = {.text = ""};
    struct intent intent;
    struct call call;
    json_t *machines = json_array();

    for (int i = 0; i < 1001; i++)
        (void)json_array_append_new(
            machines, json_pack("{s:o, s:s}", "instance_id",
                                json_sprintf("i-%d", i), "status", "pending"));
    r.db_now = 1735689600 * USEC_S;
    r.context = json_pack("{s:o}", "machines", machines);
    intent_init(&intent);
    call_init(&call);
    ck_assert_int_eq(provider_plan(p, &r, &env, &intent, &call, &err), 0);
    ck_assert_ptr_nonnull(strstr(call.http.body, "&InstanceId.500=i-499"));
    ck_assert_ptr_null(strstr(call.http.body, "&InstanceId.501="));
    call_fini(&call);
    json_decref(r.context);
}
END_TEST

START_TEST(there_are_cases)
{
    ck_assert_uint_gt(files.gl_pathc, 0);
    ck_assert_ptr_nonnull(names);
}
END_TEST

/* What the check of each form finds, and what it lets pass. */
START_TEST(names_are_compared)
{
    static const struct {
        const char *name;
        bool is_there;
    } rows[] = {
        {".SubnetId", true},
        {".SubnetIds", false},
        {".Subnet", false},
        {".SecurityGroupId.12", true},
        {".SecurityGroupId.N", false},
        {".SecurityGroupId", false},
        {".SecurityGroupId.1.2", false},
        {".TagSpecification.1.Tag.50.Value", true},
        {".TagSpecification.1.Tag.Value", false},
        {".Force", false},
        {".", false},
    };
    const char *list = ec2_names_of(names, "RunInstances");

    for (int i = 0; i < COUNT(rows); i++) {
        const char *name = rows[i].name + 1; /* what is before it is no digit */
        ck_assert_msg(ec2_names_has(list, name, strlen(name)) ==
                          rows[i].is_there,
                      "%s", name);
    }
    ck_assert_ptr_null(ec2_names_of(names, "RunInstance"));
}
END_TEST

int
main(void)
{
    char pattern[4096];
    Suite *s = suite_create("provider");
    TCase *t = tcase_create("provider");

    (void)snprintf(pattern, sizeof(pattern), "%s/tests/unit/provider/*/*.case",
                   unit_top());
    (void)glob(pattern, 0, NULL, &files);
    (void)snprintf(pattern, sizeof(pattern), "%s/tests/fake/ec2.names",
                   unit_top());
    names = read_file(pattern);
    tcase_add_test(t, there_are_cases);
    tcase_add_test(t, names_are_compared);
    tcase_add_test(t, a_form_has_a_limit);
    tcase_add_test(t, overdue_machines_go_in_groups);
    tcase_add_test(t, output_dir_that_is_no_text);
    tcase_add_test(t, watch_leaves_out_what_is_no_text);
    tcase_add_loop_test(t, provider_case, 0, (int)files.gl_pathc);
    suite_add_tcase(s, t);
    int status = unit_run(s);
    globfree(&files);
    free(names);
    return status;
}
