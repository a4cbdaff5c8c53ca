/* states.h - states, edges, reasons and the words shown outside, as tables
 * from states.def. Pure. */
#ifndef HOSTQ_CORE_STATES_H
#define HOSTQ_CORE_STATES_H

#include <stdbool.h>
#include <stddef.h>

enum state {
#define STATE(sym, name, final, json, hf) sym,
#include "core/states.def"
#undef STATE
    STATE_COUNT
};

enum reason {
#define REASON(sym, name, text) sym,
#include "core/states.def"
#undef REASON
    REASON_COUNT
};

struct edge {
    enum state from;
    const char *verb;
    enum state to;
    const char *sentence;
};

const char *state_name(enum state s);
bool state_is_final(enum state s);
/* 0, or -1 for an unknown name. */
int state_parse(const char *name, enum state *out);
/* The edge from s by verb, or NULL: not legal. */
const struct edge *state_edge(enum state from, const char *verb);
const struct edge *state_edges(size_t *count);

/* Words seen from outside (design.md 2). first_started: the row was started
 * once; partial: failure_reason is `partial`. */
const char *state_json_word(enum state s, bool first_started, bool partial);
const char *state_hf_word(enum state s);

const char *reason_name(enum reason r);
const char *reason_text(enum reason r);
/* The code of the method calls (calls.md 3) that a failure with this reason
 * carries where the provider named none; NULL for R_NONE. */
const char *reason_error_code(enum reason r);
int reason_parse(const char *name, enum reason *out);

/* The whole table as a Mermaid diagram or as JSON {states, edges, reasons};
 * caller frees. */
char *states_mermaid_new(void);
char *states_json_new(void);

#endif
