/* check_states.c - the table of states.def: words, edges, reasons. */
#include "core/states.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* design.md 2, row by row: M2 and the HostFactory words. */
static const struct word_row {
    enum state state;
    bool first_started, partial;
    const char *json, *hf;
} word_rows[] = {
    {S_PENDING, false, false, "PENDING", "running"},
    {S_CLAIMED, false, false, "PENDING", "running"},
    {S_PENDING, true, false, "IN_PROGRESS", "running"},
    {S_CLAIMED, true, false, "IN_PROGRESS", "running"},
    {S_PROCESSING, true, false, "IN_PROGRESS", "running"},
    {S_WAITING, true, false, "IN_PROGRESS", "running"},
    {S_COMPLETED, true, false, "COMPLETED", "complete"},
    {S_FAILED, true, false, "FAILED", "complete_with_error"},
    {S_FAILED, true, true, "PARTIAL_SUCCESS", "complete_with_error"},
    {S_FAILED, false, false, "FAILED", "complete_with_error"},
    {S_TIMEOUT, true, false, "TIMEOUT", "complete_with_error"},
    {S_TIMEOUT, true, true, "TIMEOUT", "complete_with_error"},
    {S_TIMEOUT, false, false, "TIMEOUT", "complete_with_error"},
    {S_CANCELED, true, false, "CANCELLED", "complete_with_error"},
    {S_CANCELED, false, false, "CANCELLED", "complete_with_error"},
};

START_TEST(M2_word_of_a_state)
{
    const struct word_row *w = &word_rows[_i];

    ck_assert_str_eq(state_json_word(w->state, w->first_started, w->partial),
                     w->json);
    ck_assert_str_eq(state_hf_word(w->state), w->hf);
}
END_TEST

/* M2: along every legal edge a word never goes back to PENDING once the
 * request was started; only a person's retry starts anew. */
START_TEST(M2_words_never_go_back)
{
    size_t count;
    const struct edge *edges = state_edges(&count);

    for (size_t i = 0; i < count; i++) {
        if (!state_is_final(edges[i].from))
            ck_assert_str_ne(state_json_word(edges[i].to, true, false),
                             "PENDING");
    }
}
END_TEST

START_TEST(names_parse_back)
{
    for (int i = 0; i < STATE_COUNT; i++) {
        enum state s = STATE_COUNT;
        ck_assert_int_eq(state_parse(state_name((enum state)i), &s), 0);
        ck_assert_int_eq((int)s, i);
    }
    for (int i = 0; i < REASON_COUNT; i++) {
        enum reason r = REASON_COUNT;
        ck_assert_int_eq(reason_parse(reason_name((enum reason)i), &r), 0);
        ck_assert_int_eq((int)r, i);
        ck_assert_str_ne(reason_text((enum reason)i), "");
    }
}
END_TEST

START_TEST(unknown_names_are_refused_and_outputs_kept)
{
    static const char *const unknown[] = {"done", "Pending", "pending ",
                                          "cancelled"};
    enum state s = S_FAILED;
    enum reason r = R_QUOTA;

    for (int i = 0; i < COUNT(unknown); i++) {
        ck_assert_int_eq(state_parse(unknown[i], &s), -1);
        ck_assert_int_eq(reason_parse(unknown[i], &r), -1);
    }
    ck_assert_int_eq((int)s, S_FAILED);
    ck_assert_int_eq((int)r, R_QUOTA);
}
END_TEST

/* M68: the fixed list of reasons, as design.md 2 writes it. */
START_TEST(M68_reasons_have_the_fixed_names)
{
    static const char *const names[] = {
        "retriable_http_status",
        "non_retriable_http_status",
        "network_error",
        "timeout",
        "task_terminated",
        "builder_error",
        "deadline",
        "poll_deadline",
        "max_retries",
        "partial",
        "throttled",
        "capacity",
        "quota",
        "auth",
        "config",
        "unavailable",
        "internal",
    };
    enum reason r;

    for (int i = 0; i < COUNT(names); i++)
        ck_assert_int_eq(reason_parse(names[i], &r), 0);
    ck_assert_int_eq(REASON_COUNT, COUNT(names) + 1);
    ck_assert_str_eq(reason_name(R_NONE), "");
}
END_TEST

static const struct code_row {
    enum reason reason;
    const char *code;
} code_rows[] = {
    {R_CAPACITY, "INSUFFICIENT_CAPACITY"},
    {R_QUOTA, "QUOTA_EXCEEDED"},
    {R_THROTTLED, "THROTTLING"},
    {R_UNAVAILABLE, "SERVICE_UNAVAILABLE"},
    {R_TIMEOUT, "SERVICE_UNAVAILABLE"},
    {R_NETWORK_ERROR, "SERVICE_UNAVAILABLE"},
    {R_BUILDER_ERROR, "VALIDATION_ERROR"},
    {R_INTERNAL, "INTERNAL_ERROR"},
    {R_AUTH, "PROVIDER_ERROR"},
    {R_CONFIG, "PROVIDER_ERROR"},
    {R_TASK_TERMINATED, "PROVIDER_ERROR"},
    {R_NON_RETRIABLE_HTTP_STATUS, "PROVIDER_ERROR"},
};

START_TEST(M5_a_reason_has_an_error_code)
{
    ck_assert_str_eq(reason_error_code(code_rows[_i].reason),
                     code_rows[_i].code);
    ck_assert_ptr_null(reason_error_code(R_NONE));
    for (int i = R_NONE + 1; i < REASON_COUNT; i++)
        ck_assert_ptr_nonnull(reason_error_code((enum reason)i));
}
END_TEST

/* Every open state must have a way to every end that can befall it, and a
 * final one none but a person's retry (design.md 2: final is final). */
START_TEST(final_states_have_no_way_out_but_reopen)
{
    size_t count;
    const struct edge *edges = state_edges(&count);

    for (size_t i = 0; i < count; i++) {
        const struct edge *e = &edges[i];
        ck_assert_str_ne(e->sentence, "");
        if (!state_is_final(e->from))
            continue;
        ck_assert_str_eq(e->verb, "reopen");
        ck_assert_int_eq((int)e->to, S_PENDING);
        ck_assert_int_ne((int)e->from, S_COMPLETED);
        ck_assert_int_ne((int)e->from, S_SUPERSEDED);
    }
}
END_TEST

START_TEST(open_states_can_be_ended)
{
    static const char *const verbs[] = {"timeout", "cancel", "supersede"};

    for (int s = 0; s < STATE_COUNT; s++) {
        for (int v = 0; v < COUNT(verbs); v++) {
            const struct edge *e = state_edge((enum state)s, verbs[v]);
            if (state_is_final((enum state)s))
                ck_assert_ptr_null(e);
            else
                ck_assert(e != NULL && state_is_final(e->to));
        }
    }
    ck_assert_ptr_null(state_edge(S_PENDING, "complete"));
    ck_assert_ptr_null(state_edge(S_WAITING, "start"));
}
END_TEST

START_TEST(edges_are_unique)
{
    size_t count;
    const struct edge *edges = state_edges(&count);

    for (size_t i = 0; i < count; i++)
        ck_assert_ptr_eq(state_edge(edges[i].from, edges[i].verb), &edges[i]);
}
END_TEST

START_TEST(mermaid_shows_every_edge_once)
{
    size_t count, lines = 0;
    char *text = states_mermaid_new();
    char line[128];
    const struct edge *edges = state_edges(&count);

    ck_assert(strncmp(text, "stateDiagram-v2\n", 16) == 0);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(line, sizeof(line), "    %s --> %s : %s\n",
                       state_name(edges[i].from), state_name(edges[i].to),
                       edges[i].verb);
        ck_assert_ptr_nonnull(strstr(text, line));
    }
    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    ck_assert_uint_eq(lines, 2 + count + 5); /* head, submit, five ends */
    free(text);
}
END_TEST

/* The diagram in doc/STATES.md is the table's. */
START_TEST(the_document_shows_this_table)
{
    static char text[64 * 1024];
    char path[4096];

    (void)snprintf(path, sizeof(path), "%s/doc/STATES.md", unit_top());
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "%s", path);
    size_t len = fread(text, 1, sizeof(text) - 1, f);
    text[len] = '\0';
    (void)fclose(f);
    char *begin = strstr(text, "```mermaid\n");
    ck_assert_ptr_nonnull(begin);
    begin += strlen("```mermaid\n");
    char *end = strstr(begin, "```");
    ck_assert_ptr_nonnull(end);
    *end = '\0';
    char *diagram = states_mermaid_new();
    ck_assert_str_eq(begin, diagram);
    free(diagram);
    /* and every state and reason has its words there */
    *end = '`';
    for (int i = 0; i < STATE_COUNT; i++) {
        (void)snprintf(path, sizeof(path), "**%s**", state_name((enum state)i));
        ck_assert_msg(strstr(text, path) != NULL, "%s", path);
    }
    for (int i = R_NONE + 1; i < REASON_COUNT; i++) {
        (void)snprintf(path, sizeof(path), "| %s | %s |",
                       reason_name((enum reason)i),
                       reason_text((enum reason)i));
        ck_assert_msg(strstr(text, path) != NULL, "%s", path);
    }
}
END_TEST

START_TEST(json_has_all_three_tables)
{
    size_t count;
    char *text = states_json_new();
    json_t *all = json_loads(text, 0, NULL);
    (void)state_edges(&count);

    const json_t *states = json_object_get(all, "states");
    ck_assert_uint_eq(json_array_size(states), STATE_COUNT);
    ck_assert_uint_eq(json_array_size(json_object_get(all, "edges")), count);
    ck_assert_uint_eq(json_array_size(json_object_get(all, "reasons")),
                      REASON_COUNT - 1);
    const json_t *pending = json_array_get(states, S_PENDING);
    ck_assert_str_eq(
        json_string_value(json_object_get(pending, "json_not_started")),
        "PENDING");
    ck_assert_str_eq(json_string_value(json_object_get(pending, "json")),
                     "IN_PROGRESS");
    json_decref(all);
    free(text);
}
END_TEST

int
main(void)
{
    Suite *s = suite_create("states");
    TCase *t = tcase_create("states");

    tcase_add_loop_test(t, M2_word_of_a_state, 0, COUNT(word_rows));
    tcase_add_test(t, M2_words_never_go_back);
    tcase_add_test(t, names_parse_back);
    tcase_add_test(t, unknown_names_are_refused_and_outputs_kept);
    tcase_add_test(t, M68_reasons_have_the_fixed_names);
    tcase_add_loop_test(t, M5_a_reason_has_an_error_code, 0, COUNT(code_rows));
    tcase_add_test(t, final_states_have_no_way_out_but_reopen);
    tcase_add_test(t, open_states_can_be_ended);
    tcase_add_test(t, edges_are_unique);
    tcase_add_test(t, mermaid_shows_every_edge_once);
    tcase_add_test(t, the_document_shows_this_table);
    tcase_add_test(t, json_has_all_three_tables);
    suite_add_tcase(s, t);
    return unit_run(s);
}
