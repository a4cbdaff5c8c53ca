/* states.c - the tables of states.def and their look-ups. Pure; what is legal
 * is written there and nowhere else in C. */
#include "core/states.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct state_row {
    const char *name;
    bool final;
    const char *json;
    const char *hf;
};

static const struct state_row state_rows[STATE_COUNT] = {
#define STATE(sym, name, final, json, hf) [sym] = {name, final, json, hf},
#include "core/states.def"
#undef STATE
};

static const struct edge edge_rows[] = {
#define EDGE(from, verb, to, sentence) {from, verb, to, sentence},
#include "core/states.def"
#undef EDGE
};

static const char *const reason_names[REASON_COUNT] = {
#define REASON(sym, name, text) [sym] = name,
#include "core/states.def"
#undef REASON
};

static const char *const reason_texts[REASON_COUNT] = {
#define REASON(sym, name, text) [sym] = text,
#include "core/states.def"
#undef REASON
};

#define EDGE_COUNT (sizeof(edge_rows) / sizeof(edge_rows[0]))
#define MERMAID_CAP ((size_t)16 * 1024) /* one short line per edge */

const char *
state_name(enum state s)
{
    return state_rows[s].name;
}

bool
state_is_final(enum state s)
{
    return state_rows[s].final;
}

int
state_parse(const char *name, enum state *out)
{
    for (int i = 0; i < STATE_COUNT; i++) {
        if (strcmp(state_rows[i].name, name) == 0) {
            *out = (enum state)i;
            return 0;
        }
    }
    return -1;
}

const struct edge *
state_edge(enum state from, const char *verb)
{
    for (size_t i = 0; i < EDGE_COUNT; i++) {
        if (edge_rows[i].from == from && strcmp(edge_rows[i].verb, verb) == 0)
            return &edge_rows[i];
    }
    return NULL;
}

const struct edge *
state_edges(size_t *count)
{
    *count = EDGE_COUNT;
    return edge_rows;
}

const char *
state_json_word(enum state s, bool first_started, bool partial)
{
    if (!first_started && (s == S_PENDING || s == S_CLAIMED))
        return "PENDING";
    if (partial && s == S_FAILED)
        return "PARTIAL_SUCCESS";
    return state_rows[s].json;
}

const char *
state_hf_word(enum state s)
{
    return state_rows[s].hf;
}

const char *
reason_name(enum reason r)
{
    return reason_names[r];
}

const char *
reason_text(enum reason r)
{
    return reason_texts[r];
}

const char *
reason_error_code(enum reason r)
{
    switch (r) {
    case R_NONE:
        return NULL;
    case R_CAPACITY:
        return "INSUFFICIENT_CAPACITY";
    case R_QUOTA:
        return "QUOTA_EXCEEDED";
    case R_THROTTLED:
        return "THROTTLING";
    case R_UNAVAILABLE:
    case R_NETWORK_ERROR:
    case R_TIMEOUT:
    case R_DEADLINE:
    case R_POLL_DEADLINE:
        return "SERVICE_UNAVAILABLE";
    case R_BUILDER_ERROR:
        return "VALIDATION_ERROR";
    case R_INTERNAL:
        return "INTERNAL_ERROR";
    case R_RETRIABLE_HTTP_STATUS:
    case R_NON_RETRIABLE_HTTP_STATUS:
    case R_TASK_TERMINATED:
    case R_MAX_RETRIES:
    case R_PARTIAL:
    case R_AUTH:
    case R_CONFIG:
    case REASON_COUNT:
        break;
    }
    return "PROVIDER_ERROR";
}

int
reason_parse(const char *name, enum reason *out)
{
    for (int i = 0; i < REASON_COUNT; i++) {
        if (strcmp(reason_names[i], name) == 0) {
            *out = (enum reason)i;
            return 0;
        }
    }
    return -1;
}

char *
states_mermaid_new(void)
{
    struct buf b = BUF_INIT(MERMAID_CAP);

    buf_puts(&b, "stateDiagram-v2\n    [*] --> pending : submit\n");
    for (size_t i = 0; i < EDGE_COUNT; i++) {
        buf_printf(&b, "    %s --> %s : %s\n", state_name(edge_rows[i].from),
                   state_name(edge_rows[i].to), edge_rows[i].verb);
    }
    for (int i = 0; i < STATE_COUNT; i++) {
        if (state_rows[i].final)
            buf_printf(&b, "    %s --> [*]\n", state_rows[i].name);
    }
    return buf_take(&b);
}

static json_t *
states_array_new(void)
{
    json_t *list = json_array();

    for (int i = 0; i < STATE_COUNT; i++) {
        const struct state_row *row = &state_rows[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:s, s:b, s:s, s:s, s:s}", "name", row->name, "final",
                      row->final, "json", row->json, "json_not_started",
                      state_json_word((enum state)i, false, false), "hf",
                      row->hf));
    }
    return list;
}

static json_t *
edges_array_new(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < EDGE_COUNT; i++) {
        const struct edge *e = &edge_rows[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s}", "from", state_name(e->from),
                            "verb", e->verb, "to", state_name(e->to),
                            "sentence", e->sentence));
    }
    return list;
}

static json_t *
reasons_array_new(void)
{
    json_t *list = json_array();

    for (int i = 0; i < REASON_COUNT; i++) {
        if (i == R_NONE)
            continue;
        (void)json_array_append_new(list, json_pack("{s:s, s:s}", "name",
                                                    reason_names[i], "text",
                                                    reason_texts[i]));
    }
    return list;
}

char *
states_json_new(void)
{
    json_t *all =
        json_pack("{s:o, s:o, s:o}", "states", states_array_new(), "edges",
                  edges_array_new(), "reasons", reasons_array_new());
    char *text = json_dumps(all, JSON_INDENT(1));
    json_decref(all);
    if (text == NULL)
        abort();
    return text;
}
