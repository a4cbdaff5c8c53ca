#include "daemon/mailbox.h"

#include <stdlib.h>

void
mailbox_init(struct mailbox *m, void (*wake)(void *), void *arg)
{
    (void)pthread_mutex_init(&m->lock, NULL);
    m->head = NULL;
    m->tail = &m->head;
    m->orders = NULL;
    m->orders_tail = &m->orders;
    m->wake = wake;
    m->arg = arg;
}

void
mailbox_fini(struct mailbox *m)
{
    struct order *o;
    struct job *j = mailbox_take(m, &o);
    while (j) {
        struct job *next = j->next;
        job_free(j);
        j = next;
    }
    while (o) {
        struct order *next = o->next;
        free(o);
        o = next;
    }
    (void)pthread_mutex_destroy(&m->lock);
}

void
mailbox_put(struct mailbox *m, struct job *list)
{
    struct job *last = list;
    if (!list)
        return;
    while (last->next)
        last = last->next;
    (void)pthread_mutex_lock(&m->lock);
    *m->tail = list;
    m->tail = &last->next;
    (void)pthread_mutex_unlock(&m->lock);
    m->wake(m->arg);
}

void
mailbox_order(struct mailbox *m, enum order_what what, int64_t id,
              int64_t lease)
{
    struct order *o = calloc(1, sizeof *o);
    if (!o)
        abort();
    o->what = what;
    o->id = id;
    o->lease = lease;
    (void)pthread_mutex_lock(&m->lock);
    *m->orders_tail = o;
    m->orders_tail = &o->next;
    (void)pthread_mutex_unlock(&m->lock);
    m->wake(m->arg);
}

struct job *
mailbox_take(struct mailbox *m, struct order **orders)
{
    (void)pthread_mutex_lock(&m->lock);
    struct job *jobs = m->head;
    m->head = NULL;
    m->tail = &m->head;
    *orders = m->orders;
    m->orders = NULL;
    m->orders_tail = &m->orders;
    (void)pthread_mutex_unlock(&m->lock);
    return jobs;
}
