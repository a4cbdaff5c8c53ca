/* policy.h - retry policy: backoff, caps, deadline. Pure. */
#ifndef HOSTQ_CORE_POLICY_H
#define HOSTQ_CORE_POLICY_H

#include <stdbool.h>

#include "base/dur.h"
#include "core/states.h"

#define POLICY_UNSET (-1)

struct policy {
    int max_retries;             /* POLICY_UNSET = no cap */
    bool has_stop_before;        /* false = the deadline itself */
    usec_t stop_before_deadline; /* may be negative */
    usec_t backoff;              /* first delay */
    double backoff_factor;
    usec_t max_backoff;
};

/* min(backoff * factor ^ retry_attempt, max_backoff), saturating, at least
 * at_least (Retry-After; 0 = none). */
usec_t policy_delay(const struct policy *p, int retry_attempt, usec_t at_least);

/* May a request whose attempt number retry_attempt just failed be tried
 * again? Returns R_NONE and *delay, or the reason of refusal: R_MAX_RETRIES
 * (checked first) or R_DEADLINE. deadline 0 = none. */
enum reason policy_retry(const struct policy *p, int retry_attempt, usec_t now,
                         usec_t deadline, usec_t at_least, usec_t *delay);

/* When a request not being worked ends as timeout: the deadline, or later
 * with a negative stop_before_deadline (design.md 2). 0 = never. */
usec_t policy_timeout_at(const struct policy *p, usec_t deadline);

#endif
