/* permits.h - what this daemon may do of limited keys: permits (most at a
 * time) and starts (per second), taken from the database in blocks and worked
 * off here. A value type of the ledger; no I/O, no clock of its own.
 *
 * A key has several scans (classes, roles of lanes), and its room is to be
 * divided between them before it is known which of them has rows: the one
 * that had some last gets most, the others one each, in turns where there is
 * less room than scans. A key whose scans found nothing is dry, and rests
 * until there is a reason to believe otherwise. */
#ifndef HOSTQ_DAEMON_PERMITS_H
#define HOSTQ_DAEMON_PERMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/lane.h"
#include "db/rows.h"

struct scan;

struct permit {
    int32_t key;     /* number of the key in the database */
    bool runs, rate; /* which limits it has */
    int held;        /* may run at a time */
    int counted;     /* what the database counts as ours: held, or what was in
                        hand when it was asked, if that was more */
    int used;        /* rows in hand, of whatever state */
    int starts;      /* may be claimed yet */
    bool dry;        /* nothing of it was due when we last looked */
    bool gone;       /* we walk no lane of it any more: all goes back */
    /* Of the plan in hand: */
    int scans;     /* how many scans of the key it could have */
    int given;     /* room that it gave to them */
    int at;        /* counts them */
    int found;     /* rows that came */
    int best;      /* order of the best scan that had rows */
    int32_t liked; /* the scan that had rows last; 0: none */
    int misses;    /* plans in a row that found nothing */
    bool probe;    /* it is of another scan than the liked one */
    unsigned turn;
};

struct permits {
    struct permit *list; /* sorted by key */
    int count;
};

void permits_fini(struct permits *p);
/* The limited keys of these lanes; what is known of those that stay is kept,
 * and of others what is still held or in hand: it has to be given back. */
void permits_update(struct permits *p, const struct lane_row *rows, int count);
/* The limits of a key, or NULL: it has none. */
struct permit *permits_find(const struct permits *p, int32_t key);
/* How many rows of the key may be claimed, at most most. */
int permit_room(const struct permit *k, int most);

/* Divides the room of each key between its scans: sets their most, drops those
 * that get nothing, and returns how many are left. */
int permits_divide(struct permits *p, struct scan *scans, int n);
/* A row of the claim came from this scan, whose class has this priority. */
void permits_saw(struct permits *p, int32_t key, int32_t scan, int priority);
/* The claim's rows were all seen; part: it was not of all scans of the plan
 * (suspects only, or full before its end), so those that gave nothing may have
 * some. False: a key may have more, look again. */
bool permits_done(struct permits *p, bool part);
/* A row left our hands. */
void permits_release(struct permits *p, int32_t key);
/* Rows of any key may have come. */
void permits_wake(struct permits *p);
/* Is the database to be asked about this key: it could use more, or holds
 * what it does not use? most: how many rows there is room for. */
bool permit_is_asked(const struct permit *k, int most);
/* What the database answered for a key. held < 0: as before. */
void permits_take(struct permits *p, int32_t key, int held, int starts,
                  bool work);
/* A new epoch holds nothing. What is in hand stays counted. */
void permits_forget(struct permits *p);

#endif
