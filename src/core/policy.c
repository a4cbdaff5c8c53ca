/* policy.c - when a failed attempt is tried again. Pure: time comes in. */
#include "core/policy.h"

/* factor ^ n without libm: squaring, so attempt 2 000 000 000 costs no more
 * than attempt 20, and too large a power becomes infinite, which usec_mul
 * saturates. */
static double
power(double factor, int n)
{
    double result = 1;

    while (n > 0) {
        if (n & 1)
            result *= factor;
        factor *= factor;
        n >>= 1;
    }
    return result;
}

static usec_t
longer(usec_t a, usec_t b)
{
    return a > b ? a : b;
}

usec_t
policy_delay(const struct policy *p, int retry_attempt, usec_t at_least)
{
    usec_t delay = longer(p->backoff, 0);

    if (delay > 0) /* 0 * infinity is no number */
        delay = usec_mul(delay, power(p->backoff_factor, retry_attempt));
    if (delay > p->max_backoff)
        delay = longer(p->max_backoff, 0);
    return longer(delay, at_least);
}

enum reason
policy_retry(const struct policy *p, int retry_attempt, usec_t now,
             usec_t deadline, usec_t at_least, usec_t *delay)
{
    if (p->max_retries != POLICY_UNSET && retry_attempt >= p->max_retries)
        return R_MAX_RETRIES;

    usec_t wait = policy_delay(p, retry_attempt, at_least);
    if (deadline != 0) {
        usec_t stop = p->has_stop_before ? p->stop_before_deadline : 0;
        if (usec_add(now, wait) >= usec_sub(deadline, stop))
            return R_DEADLINE;
    }
    *delay = wait;
    return R_NONE;
}

usec_t
policy_timeout_at(const struct policy *p, usec_t deadline)
{
    if (deadline == 0)
        return 0;
    if (p->has_stop_before && p->stop_before_deadline < 0)
        return usec_sub(deadline, p->stop_before_deadline);
    return deadline;
}
