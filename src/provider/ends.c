/* ends.c - one verdict per way a call can end. */
#include "provider/ends.h"

static const char *
text_or(const struct reply *reply, const char *words)
{
    return reply->text[0] != '\0' ? reply->text : words;
}

bool
ends_judge(const struct reply *reply, struct outcome *o)
{
    switch (reply->end) {
    case WIRE_OK:
        return false;
    case WIRE_BUSY:
        outcome_set(o, V_WAIT, R_NONE, "%s",
                    text_or(reply, "another daemon of this host is at it"));
        o->delay = ENDS_BUSY_DELAY;
        return true;
    case WIRE_TIMEOUT:
        outcome_set(o, V_RETRY, R_TIMEOUT, "%s",
                    text_or(reply, "no answer within the time of the call"));
        return true;
    case WIRE_ABORTED:
        outcome_set(o, V_BACK, R_NONE, "%s",
                    text_or(reply, "the call was aborted"));
        return true;
    case WIRE_REFUSED:
        outcome_set(o, V_RETRY,
                    reply->why != R_NONE ? reply->why : R_NETWORK_ERROR, "%s",
                    text_or(reply, "the call could not be sent"));
        return true;
    case WIRE_LOST:
        break;
    }
    outcome_set(o, V_RETRY, R_TASK_TERMINATED, "%s",
                text_or(reply, "the call was lost without a reply"));
    return true;
}
