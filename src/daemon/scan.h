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
    struct lane_row row; /* due: on the monotonic clock */
    usec_t bound[3];     /* where the next scan starts: the last run_at seen */
    usec_t saved[3];     /* the bound at the last swap: one second ago */
    usec_t near[3];      /* the bound at the last mark: a moment ago */
    usec_t few[3][2];    /* the bound a few rows ago, and about twice as many */
    int seen[3];         /* rows since then */
    double score;        /* of the plan in hand: the least goes first */
    double place;        /* the same, behind other lanes of its share */
    unsigned gave; /* roles that gave a row to the plan in hand, as bits */
    bool dry;      /* when it was asked last it gave none */
};

/* One of those who share the slots of a queue with fair_by. */
struct share {
    int32_t share;
    int active; /* requests in hand */
    int placed; /* lanes of it in the list that is being made */
};

struct walks {
    struct walk *list;
    int count;
    struct share *shares; /* sorted */
    int share_count;
    int most_active;  /* of a share, at least 1 */
    unsigned turn;    /* counts claims: fairness and aging */
    int peers, rank;  /* living daemons, and which of them we are */
    int suspects_in;  /* the plan after so many is of suspects; 0 = none */
    bool suspects;    /* the plan in hand is of suspect scans */
    usec_t db_now;    /* of the plan in hand */
    int rows;         /* seen since that plan */
    bool many;        /* more than a few since the plan before */
    usec_t next_full; /* when the next scan without bounds is allowed */
    bool full;        /* the plan in hand has no bounds */
};

/* One scan of a claim. */
struct scan {
    int32_t lane;
    int32_t key;  /* limited key, 0 = none (permits.h) */
    usec_t bound; /* USEC_MIN = none */
    int most;
    usec_t age; /* only rows that have been ready this long */
};

void walks_fini(struct walks *w);
/* New list of lanes, sorted by lane, read at this time; bounds of lanes that
 * stay are kept. Nothing counts as in hand: see walks_hand(). */
void walks_update(struct walks *w, const struct lane_row *rows, int count,
                  usec_t mono);
/* So many more requests of a share are in hand (0: nobody's). */
void walks_hand(struct walks *w, int32_t share, int n);
/* The lane of a scan, or NULL. */
const struct walk *walks_find(const struct walks *w, int32_t lane);
/* Fills out (room for count * 4 + 1) with the scans of the next claim and
 * returns how many. db_now is the database's clock: of what became ready just
 * now some is not committed, so a bound is a moment or a few rows behind.
 * suspect: a row with crashes may be taken; where the plan is of such rows
 * (w->suspects), the claim may take one. */
int walks_plan(struct walks *w, usec_t mono, usec_t db_now, int most,
               bool suspect, struct scan *out);
/* A row of the claim came from this scan with this run_at. */
void walks_saw(struct walks *w, int32_t lane, usec_t run_at);
/* All rows of the claim were seen; all: there were no more of them. */
void walks_found(struct walks *w, bool all);
/* The claim is over, or failed: how long it took (for the next full scan, so
 * that one which takes too long is not tried again at once). */
void walks_done(struct walks *w, usec_t mono, usec_t took);
/* Once a second, with the database's clock: every bound goes back to the value
 * it had at the swap before, so that late committers and rows that were locked
 * are seen. Daemons take turns, because each walks over what all have taken
 * since; whose turn it is not goes back to the last mark only. */
void walks_swap(struct walks *w, usec_t db_now);
/* A few times a second: remembers the bounds. */
void walks_mark(struct walks *w);
/* New work may be anywhere: the plan after the next one is of suspects. */
void walks_wake(struct walks *w);

#endif
