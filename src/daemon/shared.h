/* shared.h - the few facts that all threads of a daemon read. Atomics, or
 * behind the mutex; everything else has one owner. */
#ifndef HOSTQ_DAEMON_SHARED_H
#define HOSTQ_DAEMON_SHARED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/dur.h"
#include "base/err.h"
#include "daemon/config.h"
#include "provider/provider.h"

enum stop_stage { STOP_NONE, STOP_DRAIN, STOP_ABORT };

struct shared {
    const struct config *_Atomic cfg; /* replaced at a reload */
    struct env env;
    char deployment[64];
    char route[600];                /* host:NAME/BOOT */
    atomic_int epoch;               /* 0 = not registered (any more) */
    atomic_int_fast64_t lock_since; /* monotonic us; 0 = lock not held */
    atomic_int_fast64_t turn_at;    /* monotonic us of the ledger's last turn */
    atomic_bool connected;          /* ledger has its connection */
    atomic_int backend;             /* its server process */
    atomic_bool sweeper;            /* this daemon sweeps for all */
    atomic_int in_flight;
    atomic_int stop;                    /* enum stop_stage */
    atomic_bool failed;                 /* the daemon ends by itself, see why */
    struct err why;                     /* set once before failed */
    atomic_bool ended;                  /* the ledger has said goodbye */
    atomic_bool work;                   /* NOTIFY: something to claim */
    atomic_bool new_lane;               /* NOTIFY: lanes changed */
    atomic_bool check_peers;            /* NOTIFY: a daemon ended */
    atomic_bool heartbeat_now;          /* NOTIFY: aborts wait for us */
    atomic_bool relock;                 /* the server does not see our lock */
    atomic_bool watch_peers;            /* others own requests, or look dead */
    atomic_bool alone;                  /* no other daemon is registered */
    atomic_int_fast64_t heard_at;       /* monotonic us: NOTIFY of work */
    atomic_int_fast64_t deadline_at;    /* monotonic us: the next deadline */
    atomic_int_fast64_t schedule_at;    /* ... and run of a schedule */
    atomic_int_fast64_t lease_ok_until; /* monotonic us: until then nobody
                                           can have us declared dead by lease;
                                           0 = no lease yet */
    int wake_ledger, wake_sweep;        /* eventfds */
    pthread_mutex_t lock;
    int32_t *scans; /* all scans and their bounds, for takeover */
    usec_t *bounds;
    int scan_count;
};

void shared_wake(int eventfd);
/* Clears the eventfd. */
void shared_awake(int eventfd);
/* Ends the daemon with an error: the first one counts. */
void shared_fail(struct shared *s, const struct err *why);

#endif
