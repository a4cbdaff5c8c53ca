/* outcome.h - what a provider found out. It never names a state. */
#ifndef HOSTQ_CORE_OUTCOME_H
#define HOSTQ_CORE_OUTCOME_H

#include <jansson.h>

#include "base/dur.h"
#include "core/states.h"

enum verdict {
    V_DONE,  /* the work is finished */
    V_NEXT,  /* another round at once, with the new cursor */
    V_WAIT,  /* poll again after delay; not a retry, no attempt consumed */
    V_RETRY, /* transient; consumes an attempt */
    V_FAIL,  /* permanent */
    V_BACK,  /* give back, no verdict (engine aborted the call at a stop) */
};

struct outcome {
    enum verdict verdict;
    enum reason reason;     /* RETRY and FAIL: not R_NONE */
    usec_t delay;           /* WAIT: > 0; RETRY: at least this, 0 = policy */
    int code;               /* HTTP status or exit status; 0 = none */
    const char *error_code; /* static or provider's word, or NULL */
    char text[400];         /* RETRY and FAIL: not empty; WAIT: the message;
                               valid UTF-8, written by outcome_set() */
    json_t *result;         /* owned; what `hostq result` shows, or NULL */
    json_t *cursor;         /* owned; where the next round goes on; NULL = the
                               one before stays, JSON null = none any more */
    json_t *details;        /* owned; error_details, or NULL */
    json_t *machines;       /* owned; array of machine objects (machine.h),
                               or NULL */
    json_t *seen;           /* owned; watch: the full list of what is there */
    bool definite;          /* the open intent got a definite answer: settle
                               it and count intent up */
    bool reroute;           /* return: this route is finished, others left */
    bool keep_partial;      /* FAIL: units exist and policy is keep */
};

/* Until something is set it says V_FAIL, internal: silence is no success. */
void outcome_init(struct outcome *o);
void outcome_fini(struct outcome *o);
/* verdict, reason and text in one line. A text too long ends in '+'; bytes
 * that are no UTF-8 become '?'. */
void outcome_set(struct outcome *o, enum verdict v, enum reason r,
                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Bytes that are no UTF-8 become '?': for texts that go into json. */
void outcome_clean(char *text);

#endif
