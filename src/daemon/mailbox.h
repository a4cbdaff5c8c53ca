/* mailbox.h - where threads meet: jobs and short orders, in order of
 * putting. Putting never blocks for long and wakes the reader. */
#ifndef HOSTQ_DAEMON_MAILBOX_H
#define HOSTQ_DAEMON_MAILBOX_H

#include <pthread.h>
#include <stdint.h>

#include "daemon/job.h"

/* An order to a runner. */
enum order_what {
    ORDER_DROP,     /* drop this claim: its row is not ours any more */
    ORDER_DROP_ALL, /* drop every claim: none of the rows is ours any more */
    ORDER_DRAIN,    /* stop: begin no new call */
    ORDER_ABORT,    /* stop: abort the calls, write nothing for them */
    ORDER_END,      /* end the thread */
};

struct order {
    struct order *next;
    enum order_what what;
    int64_t id, lease; /* of ORDER_DROP */
};

struct mailbox {
    pthread_mutex_t lock;
    struct job *head, **tail;
    struct order *orders, **orders_tail;
    void (*wake)(void *arg); /* called after a put, without the lock */
    void *arg;
};

void mailbox_init(struct mailbox *m, void (*wake)(void *), void *arg);
void mailbox_fini(struct mailbox *m); /* frees what is left */
/* Takes a list of jobs (linked by next, ended by NULL). */
void mailbox_put(struct mailbox *m, struct job *list);
void mailbox_order(struct mailbox *m, enum order_what what, int64_t id,
                   int64_t lease);
/* Moves everything out; the caller owns both lists. */
struct job *mailbox_take(struct mailbox *m, struct order **orders);

#endif
