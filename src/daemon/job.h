/* job.h - one claimed request on its way through the threads. Owned by one
 * thread at a time; handed over only by mailbox_put() and mailbox_take(). */
#ifndef HOSTQ_DAEMON_JOB_H
#define HOSTQ_DAEMON_JOB_H

#include <stdbool.h>

#include "core/call.h"
#include "core/request.h"
#include "core/step.h"
#include "provider/provider.h"

/* What the job's next owner is asked to do. */
enum job_ask {
    JOB_WORK,    /* to a runner: a fresh claim */
    JOB_READY,   /* to a runner: mark or intent is committed; send the call */
    JOB_LOST,    /* to a runner: mark or intent hit no row; drop it */
    JOB_REFUSED, /* to a runner: the database refused the mark or intent; the
                    update says so */
    JOB_MARK,    /* to the ledger: make it processing, then READY */
    JOB_INTENT,  /* to the ledger: commit the intent, then READY */
    JOB_SETTLE,  /* to the ledger: write the update; the job ends */
    JOB_DROP,    /* to the ledger: nothing to write; the job ends */
};

struct job {
    struct job *next; /* in a mailbox or list */
    enum job_ask ask;
    struct request *req; /* owned */
    const struct provider *provider;
    struct intent intent;  /* filled by plan, committed by the ledger */
    struct call call;      /* planned, not yet sent */
    struct update update;  /* result of step() */
    bool dropped;          /* canceled or ownership lost: abort, no write */
    bool give_back;        /* dropped, but its row may still be ours */
    bool sent;             /* its call is in the engine */
    bool alone;            /* its group failed: settle it by itself */
    int refused;           /* times the database refused its settle */
    int unsure;            /* times it failed alone, perhaps not by itself */
    int rounds;            /* V_NEXT rounds of this claim */
    bool common;           /* of a class below high (slots_high) */
    int32_t key;           /* limited key it counts for, 0 = none */
    int32_t share;         /* whose it is in the lane's queue, 0 = nobody's */
    struct job *peer_next; /* runner's table of jobs by id */
    struct job *hand_prev, *hand_next; /* ledger's list of all in hand */
};

struct job *job_new(struct request *req);
void job_free(struct job *j); /* NULL allowed */

#endif
