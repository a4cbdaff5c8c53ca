/* kill.h - private to the engine: CALL_KILL. */
#ifndef HOSTQ_IO_KILL_H
#define HOSTQ_IO_KILL_H

#include "io/flight.h"

/* Signals every unit of f. Then f has ended, or waits in timed. scan as in
 * unit_look(). */
void kill_start(struct engine *e, struct flight *f,
                const struct proc_scan *scan);
/* Takes the ends that pidfds report; may end flights. */
void kill_collect(struct engine *e);
/* f's timer came. */
void kill_due(struct engine *e, struct flight *f);
/* Gives back what f holds. */
void kill_release(struct engine *e, struct flight *f);

#endif
