/* scan.h - which scans a claim walks, in which order, from which lower
 * bound. A value type of the ledger; no I/O, no clock of its own. */
#ifndef HOSTQ_DAEMON_SCAN_H
#define HOSTQ_DAEMON_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dur.h"
#include "core/lane.h"
#include "db/rows.h"

/* A lane as the daemon walks it: three scans with a lower bound each
 * (spec/queues.md 5.4). Bounds are run_at in us; USEC_MIN = none. */
#define USEC_MIN INT64_MIN

struct walk {
    struct lane_row row;
    usec_t bound[3]; /* where the next scan starts: the last run_at seen */
    usec_t saved[3]; /* the bound at the last swap: one second ago */
};

struct walks {
    struct walk *list;
    int count;
    unsigned turn;    /* counts claims: fairness and aging */
    int suspects_in;  /* the plan after so many is of suspects; 0 = none */
    bool suspects;    /* the plan in hand is of suspect scans */
    usec_t next_full; /* when the next scan without bounds is allowed */
    bool full;        /* the plan in hand has no bounds */
};

/* One scan of a claim. */
struct scan {
    int32_t lane;
    usec_t bound; /* USEC_MIN = none */
    int most;
    usec_t age; /* only rows that have been ready this long */
};

void walks_fini(struct walks *w);
/* New list of lanes; bounds of lanes that stay are kept. Takes rows. */
void walks_update(struct walks *w, const struct lane_row *rows, int count);
/* The lane of a scan, or NULL. */
const struct walk *walks_find(const struct walks *w, int32_t lane);
/* Fills out (room for count * 4 + 1) with the scans of the next claim and
 * returns how many. suspect: a row with crashes may be taken; where the plan
 * is of such rows (w->suspects), the claim may take one. */
int walks_plan(struct walks *w, usec_t mono, int most, bool suspect,
               struct scan *out);
/* A row of the claim came from this scan with this run_at. */
void walks_saw(struct walks *w, int32_t lane, usec_t run_at);
/* The claim is over, or failed: how long it took (for the next full scan, so
 * that one which takes too long is not tried again at once). */
void walks_done(struct walks *w, usec_t mono, usec_t took);
/* Once a second: every bound goes back to the value it had at the swap
 * before, so that late committers and rows that were locked are seen. */
void walks_swap(struct walks *w);
/* New work may be anywhere: the plan after the next one is of suspects. */
void walks_wake(struct walks *w);

#endif
