/* ends.h - what every provider says to a call that did not end well. */
#ifndef HOSTQ_PROVIDER_ENDS_H
#define HOSTQ_PROVIDER_ENDS_H

#include <stdbool.h>

#include "core/call.h"
#include "core/outcome.h"

#define ENDS_BUSY_DELAY (200 * USEC_MS)

/* True: the reply's end decides and o is set. False (WIRE_OK): look at the
 * units. A lost or timed-out call is never definite: its intent stays open
 * and its bytes are replayed. */
bool ends_judge(const struct reply *reply, struct outcome *o);

#endif
