/* batch.h - private to the engine: the calls that need a scan of /proc.
 * They are taken in batches, each served by one scan. */
#ifndef HOSTQ_IO_BATCH_H
#define HOSTQ_IO_BATCH_H

#include "io/flight.h"

/* Goes on with the batch, or makes one from e->queued; stops when the time
 * of one turn is used up. */
void batch_run(struct engine *e);
/* When batch_run() has something to do (monotonic); USEC_MAX = nothing. */
usec_t batch_due(const struct engine *e);

#endif
