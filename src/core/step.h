/* step.h - the only place that maps an outcome to a state. Total: cannot
 * fail, knows no clock, does no I/O. */
#ifndef HOSTQ_CORE_STEP_H
#define HOSTQ_CORE_STEP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/outcome.h"
#include "core/request.h"
#include "core/states.h"

/* What settle writes about one request: exactly the parameters of
 * sql/stmt/settle_final.sql and settle_open.sql. Strings and json are owned. */
struct update {
    int64_t id, lease;
    int32_t lane;     /* lane it was claimed from */
    const char *kind; /* static word, "unknown" for a kind that none
                         of design.md 1 is */
    bool audit;
    enum state to;           /* S_PENDING, S_WAITING or a final state */
    const char *verb;        /* edge verb: complete fail timeout wait retry
                                unclaim; "" with again */
    bool again;              /* V_NEXT: not a write (to is S_PROCESSING); work
                                another round with this note, and store the
                                machines with the next write */
    int retry_attempt;       /* of the row after the write */
    usec_t delay;            /* open: until it may be claimed again */
    enum reason reason;      /* final: failure_reason; open: this round's */
    enum reason last_reason; /* of the last attempt or poll that failed */
    char *error_code;        /* final failures: never empty */
    char *error_message;     /* final failures: never empty */
    json_t *error_details;
    int response_status; /* 0 = none */
    json_t *result;
    json_t *note;     /* new note, or NULL; of an end: last_reason and
                         the counts of polls, for the views */
    json_t *machines; /* to be stored first, or NULL */
    json_t *seen;     /* watch only */
    bool definite, reroute;
};

/* now: request_now(). Takes what o owns. deadline rules and words: design.md
 * 2. rnd is reserved for jitter and changes nothing today: delays are exact
 * (F4), and claims are spread by their lanes, not by chance.
 *
 * Of the note: a wait counts poll_count up, and poll_errors too where it has
 * a reason (a wait without one sets poll_errors to 0: it counts polls that
 * failed in a row); retries and waits write last_reason and message. */
void step(const struct request *r, struct outcome *o, usec_t now, uint32_t rnd,
          struct update *out);
/* The update of a request found past its deadline before any round. */
void step_expired(const struct request *r, struct update *out);
/* Gives the row back as it was (unclaim). */
void step_back(const struct request *r, struct update *out);
/* The row's result was refused by the database: failed, reason internal,
 * SQLSTATE in error_details; drops result, machines and the old note. */
void step_refused(struct update *u, const char *sqlstate, const char *text);
void update_fini(struct update *u);

#endif
