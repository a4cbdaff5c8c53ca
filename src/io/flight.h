/* flight.h - private to the engine (engine.c, batch.c, http.c, kill.c): a
 * call on its way, and the engine that owns it.
 *
 *   engine_submit --+--> direct --+----------------------+--> ready
 *                   +--> queued --+--> batch (one scan) -+
 *                   +--> timed (timer; kills that wait) -+
 *                   +--> wired (HTTP) -------------------+
 *
 * A flight is in exactly one list at any time. */
#ifndef HOSTQ_IO_FLIGHT_H
#define HOSTQ_IO_FLIGHT_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/call.h"
#include "io/child.h"
#include "io/http.h"
#include "io/procfs.h"
#include "io/sign.h"
#include "io/timers.h"
#include "io/unit.h"

/* Work that can be put off may take this long in one turn. */
#define FLIGHT_TURN (20 * USEC_MS)

TAILQ_HEAD(flights, flight);

/* The right to start units of a request, or to say that one is not there. */
struct flight_lock {
    int fd;
    const char *request_id; /* of a unit of the call */
};

struct flight {
    uint64_t tag;
    struct call call;
    struct reply reply;
    struct flights *list; /* where it is */
    TAILQ_ENTRY(flight) link;
    struct timer timer;        /* in engine.timers where something is due */
    struct flight_lock *locks; /* owned; in the batch: its spawn locks */
    size_t lock_count;
    size_t next_unit;        /* spawn: the first one not dealt with */
    struct kill_slot *slots; /* kill that waits: one per unit */
    size_t open_slots;       /* kill: units not known to have ended */
    usec_t kill_until;       /* kill: monotonic */
    bool kill_polls;         /* kill: a unit without a pidfd is among them */
    struct http *http;       /* owned; HTTP: what is on the wire, or NULL */
};

struct engine {
    struct unit_place place;
    char *boot_id;
    CURLM *multi;
    int epoll;         /* pidfds of kills that wait */
    size_t pidfds;     /* how many are in it */
    atomic_bool woken; /* set by engine_wake(), any thread */
    struct child_maker *maker;
    struct timers timers;
    void *by_tag;          /* tree of flights */
    size_t inflight;       /* submitted and not yet returned */
    usec_t reaped;         /* monotonic; last reaper_collect() */
    struct flights direct; /* looks and kills that need no scan */
    struct flights queued; /* those that need one, spawns */
    struct flights timed;
    struct flights wired;  /* HTTP */
    struct flights batch;  /* batch.c: share one scan */
    struct flights ready;  /* reply is there */
    struct proc_scan scan; /* of the batch; valid if scanned */
    bool scanned;
    unsigned scan_tries;
    usec_t scan_due; /* monotonic; not before */
    struct http_pool http;
    struct signer signer;
};

/* Moves f to another list; its timer is dropped. */
void flight_move(struct engine *e, struct flight *f, struct flights *to);
/* Gives f's spawn locks back. */
void flight_unlock(struct flight *f);
/* Ends f: the call's units become the reply's (unless the reply has units of
 * its own), locks, pidfds and the wire are given back, the reply is ready. */
void flight_end(struct engine *e, struct flight *f, enum wire_end end,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void flight_ok(struct engine *e, struct flight *f);

#endif
